//! Reports: each is one query or two, whatever the number of cases.

mod audit;
mod flow;
mod lists;

pub use audit::{devices, not_returned, rules, signed_out, subscriptions};
pub use flow::{lead_times, overdue, reuse};
pub use lists::{ListScope, hand_in_list, receipt_list};

use super::ServiceError;
use crate::db::{self, DbConnection};
use crate::domain::ids::UnitId;
use crate::domain::report::{ReportScope, UnitPlace, UnitTree};
use std::collections::BTreeMap;

/// The name of the row in which all are together.
const ALL: &str = "*";

fn tree(connection: &mut DbConnection) -> Result<UnitTree, ServiceError> {
    Ok(UnitTree::of(db::reports::units(connection)?))
}

/// What was gathered for each unit in the scope, by name, and for all of them.
struct ByUnit<'t, A> {
    rows: Vec<(&'t UnitPlace, A)>,
    total: A,
}

/// Gathers facts by unit, and all of them.
fn by_unit<'t, F, A: Default>(
    tree: &'t UnitTree,
    scope: &ReportScope,
    facts: impl IntoIterator<Item = (UnitId, F)>,
    gather: impl Fn(&mut A, &F),
) -> ByUnit<'t, A> {
    let within = tree.within(scope);
    let mut gathered: BTreeMap<UnitId, A> = BTreeMap::new();
    let mut total = A::default();
    for (unit, fact) in facts {
        if within.contains_key(&unit) {
            gather(gathered.entry(unit).or_default(), &fact);
            gather(&mut total, &fact);
        }
    }
    let named = gathered
        .into_iter()
        .filter_map(|(id, all)| Some((*within.get(&id)?, all)));
    let mut rows: Vec<(&UnitPlace, A)> = named.collect();
    rows.sort_by(|(one, _), (other, _)| (&one.name, one.id).cmp(&(&other.name, other.id)));
    ByUnit { rows, total }
}

impl<A> ByUnit<'_, A> {
    /// The rows and the total, written by the id and name of the unit.
    fn finish<R>(self, row: impl Fn(Option<UnitId>, String, A) -> R) -> (Vec<R>, Option<R>) {
        let rows = self
            .rows
            .into_iter()
            .map(|(unit, all)| row(Some(unit.id), unit.name.clone(), all));
        let rows = rows.collect();
        (rows, Some(row(None, ALL.to_owned(), self.total)))
    }
}
