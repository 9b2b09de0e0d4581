//! What auditors ask: what there is, who has it, which rules count, and what is not back.

use super::{ALL, by_unit, tree};
use crate::db;
use crate::domain::calendar::local_date;
use crate::domain::device::DeviceStatus;
use crate::domain::ids::{LegalEntityId, UnitId};
use crate::domain::organisation::LegalEntity;
use crate::domain::policy::Action;
use crate::domain::report::{
    DeviceRow, NotReturnedRow, Report, ReportScope, RulesRow, SignedOutRow, SubscriptionRow, UnitPlace,
    UnitTree,
};
use crate::domain::subscription::SubscriptionStatus;
use crate::domain::wipe::WipePolicy;
use crate::services::{Ctx, ServiceError};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// Whether something of this owner, with somebody of this unit, is in the scope. What nobody has is in no unit.
fn covers(
    scope: &ReportScope,
    within: &BTreeMap<UnitId, &UnitPlace>,
    (owner, unit): (LegalEntityId, Option<UnitId>),
) -> bool {
    let is_everywhere = scope.unit_id.is_none() && scope.coordinator_id.is_none();
    scope.legal_entity_id.is_none_or(|id| id == owner)
        && (is_everywhere || unit.is_some_and(|unit| within.contains_key(&unit)))
}

/// The units of a scope whatever the legal entity, which is asked of the owner.
fn units_of<'t>(tree: &'t UnitTree, scope: &ReportScope) -> BTreeMap<UnitId, &'t UnitPlace> {
    tree.within(&ReportScope {
        legal_entity_id: None,
        ..*scope
    })
}

/// Rows in the order of the names of their legal entities, and the one of all.
fn by_owner<A: Default + Clone, R>(
    entities: &[LegalEntity],
    gathered: &BTreeMap<LegalEntityId, A>,
    add: impl Fn(&mut A, &A),
    row: impl Fn(Option<LegalEntityId>, String, &A) -> R,
) -> (Vec<R>, Option<R>) {
    let mut named: Vec<(&LegalEntity, &A)> = entities
        .iter()
        .filter_map(|entity| Some((entity, gathered.get(&entity.id)?)))
        .collect();
    named.sort_by(|(one, _), (other, _)| (&one.name, one.id).cmp(&(&other.name, other.id)));
    let mut total = A::default();
    let mut rows = Vec::new();
    for (entity, own) in named {
        add(&mut total, own);
        rows.push(row(Some(entity.id), entity.name.clone(), own));
    }
    (rows, Some(row(None, ALL.to_owned(), &total)))
}

#[derive(Clone, Default)]
struct DeviceSums {
    in_stock: u64,
    assigned: u64,
    lost: u64,
    stolen: u64,
    retired: u64,
    without_imei: u64,
}

impl DeviceSums {
    const fn of(&mut self, status: DeviceStatus) -> &mut u64 {
        match status {
            DeviceStatus::InStock => &mut self.in_stock,
            DeviceStatus::Assigned => &mut self.assigned,
            DeviceStatus::Lost => &mut self.lost,
            DeviceStatus::Stolen => &mut self.stolen,
            DeviceStatus::Retired => &mut self.retired,
        }
    }

    fn add(&mut self, other: &Self) {
        for status in DeviceStatus::ALL {
            *self.of(*status) += *other.clone().of(*status);
        }
        self.without_imei += other.without_imei;
    }
}

/// Which telephones and tablets there are.
///
/// # Errors
/// As [`Ctx::read`].
pub async fn devices(ctx: &Ctx, scope: ReportScope) -> Result<Report<DeviceRow>, ServiceError> {
    let as_of = ctx.app.clock.now();
    ctx.read(Action::ReadReport, move |connection| {
        let tree = tree(connection)?;
        let within = units_of(&tree, &scope);
        let mut gathered: BTreeMap<LegalEntityId, DeviceSums> = BTreeMap::new();
        for count in db::reports::devices(connection)? {
            if covers(&scope, &within, (count.owner, count.unit)) {
                let sums = gathered.entry(count.owner).or_default();
                *sums.of(count.status) += count.number;
                sums.without_imei += if count.has_imei { 0 } else { count.number };
            }
        }
        let entities = db::legal_entities::all(connection)?;
        let (rows, total) = by_owner(&entities, &gathered, DeviceSums::add, |id, name, sums| DeviceRow {
            legal_entity_id: id,
            legal_entity: name,
            number: sums.in_stock + sums.assigned + sums.lost + sums.stolen + sums.retired,
            assigned: sums.assigned,
            in_stock: sums.in_stock,
            lost: sums.lost,
            stolen: sums.stolen,
            retired: sums.retired,
            without_imei: sums.without_imei,
        });
        Ok(Report {
            as_of,
            period: None,
            counted: "Devices in the register, by owner. With a unit or a coordinator, those that people there have. \
                      `GET /v1/devices` lists them one by one.",
            rows,
            total,
        })
    })
    .await
}

#[derive(Clone, Default)]
struct SubscriptionSums {
    /// How many, and what they cost.
    available: (u64, u64),
    assigned: (u64, u64),
    terminated: (u64, u64),
}

impl SubscriptionSums {
    const fn of(&mut self, status: SubscriptionStatus) -> &mut (u64, u64) {
        match status {
            SubscriptionStatus::Available => &mut self.available,
            // It is in use until it is theirs.
            SubscriptionStatus::Assigned | SubscriptionStatus::ToBeTransferred => &mut self.assigned,
            SubscriptionStatus::Terminated => &mut self.terminated,
        }
    }

    fn add(&mut self, other: &Self) {
        for (sum, more) in [
            (&mut self.available, other.available),
            (&mut self.assigned, other.assigned),
            (&mut self.terminated, other.terminated),
        ] {
            *sum = (sum.0 + more.0, sum.1 + more.1);
        }
    }
}

/// Which subscriptions there are.
///
/// # Errors
/// As [`Ctx::read`].
pub async fn subscriptions(ctx: &Ctx, scope: ReportScope) -> Result<Report<SubscriptionRow>, ServiceError> {
    let as_of = ctx.app.clock.now();
    ctx.read(Action::ReadReport, move |connection| {
        let tree = tree(connection)?;
        let within = units_of(&tree, &scope);
        let mut gathered: BTreeMap<LegalEntityId, SubscriptionSums> = BTreeMap::new();
        for count in db::reports::subscriptions(connection)? {
            if covers(&scope, &within, (count.owner, count.unit)) {
                let sum = gathered.entry(count.owner).or_default().of(count.status);
                *sum = (sum.0 + count.number, sum.1 + count.cost_ore);
            }
        }
        let entities = db::legal_entities::all(connection)?;
        let (rows, total) = by_owner(&entities, &gathered, SubscriptionSums::add, |id, name, sums| {
            SubscriptionRow {
                legal_entity_id: id,
                legal_entity: name,
                number: sums.available.0 + sums.assigned.0 + sums.terminated.0,
                assigned: sums.assigned.0,
                available: sums.available.0,
                terminated: sums.terminated.0,
                monthly_cost_ore: sums.available.1 + sums.assigned.1,
                unused_cost_ore: sums.available.1,
            }
        });
        Ok(Report {
            as_of,
            period: None,
            counted: "Subscriptions in the register, by owner. With a unit or a coordinator, those that people there \
                      have. `GET /v1/subscriptions` lists them one by one.",
            rows,
            total,
        })
    })
    .await
}

/// What is signed out, by kind of employment.
///
/// # Errors
/// As [`Ctx::read`].
pub async fn signed_out(ctx: &Ctx, scope: ReportScope) -> Result<Report<SignedOutRow>, ServiceError> {
    let as_of = ctx.app.clock.now();
    ctx.read(Action::ReadReport, move |connection| {
        let tree = tree(connection)?;
        let within = tree.within(&scope);
        let entities = db::legal_entities::all(connection)?;
        let names: BTreeMap<LegalEntityId, &str> = entities
            .iter()
            .map(|entity| (entity.id, entity.name.as_str()))
            .collect();
        let mut gathered = BTreeMap::new();
        let mut total = (0, 0);
        for fact in db::reports::signed_out(connection)? {
            let Some(unit) = within.get(&fact.unit) else {
                continue;
            };
            let name = names.get(&unit.legal_entity_id).copied().unwrap_or_default();
            let own: &mut (u64, u64) = gathered
                .entry((name, unit.legal_entity_id, fact.kind))
                .or_default();
            for sum in [own, &mut total] {
                if fact.is_device {
                    sum.0 += fact.number;
                } else {
                    sum.1 += fact.number;
                }
            }
        }
        let rows = gathered
            .into_iter()
            .map(|((name, id, kind), (devices, subscriptions))| SignedOutRow {
                legal_entity_id: Some(id),
                legal_entity: name.to_owned(),
                kind: Some(kind),
                devices,
                subscriptions,
            });
        Ok(Report {
            as_of,
            period: None,
            counted: "What somebody has now, by the legal entity and the kind of the employment that it belongs to. \
                      Elected representatives are `elected`; pupils are not in the register.",
            rows: rows.collect(),
            total: Some(SignedOutRow {
                legal_entity_id: None,
                legal_entity: ALL.to_owned(),
                kind: None,
                devices: total.0,
                subscriptions: total.1,
            }),
        })
    })
    .await
}

/// The rules for return and exchange, and whether they are common.
///
/// # Errors
/// As [`Ctx::read`].
pub async fn rules(ctx: &Ctx, legal_entity: Option<LegalEntityId>) -> Result<Report<RulesRow>, ServiceError> {
    let as_of = ctx.app.clock.now();
    ctx.read(Action::ReadReport, move |connection| {
        let mut entities = db::legal_entities::all(connection)?;
        entities.retain(|entity| legal_entity.is_none_or(|id| id == entity.id));
        entities.sort_by(|one, other| (&one.name, one.id).cmp(&(&other.name, other.id)));
        Ok(Report {
            as_of,
            period: None,
            counted: "The rules that count for cases opened from now on. Common are the standard policy and \
                      timelines, with no closed days or quiet periods of one's own. The timelines in full: \
                      `GET /v1/legal-entities/{id}/timelines`.",
            rows: entities.iter().map(rules_of).collect(),
            total: None,
        })
    })
    .await
}

fn rules_of(entity: &LegalEntity) -> RulesRow {
    let schedule = &entity.schedule;
    let counts = [
        schedule.timelines.len(),
        schedule.closed_days.len(),
        schedule.quiet_periods.len(),
    ];
    let [own_timelines, closed_days, quiet_periods] = counts.map(|count| count as u64);
    RulesRow {
        legal_entity_id: entity.id,
        legal_entity: entity.name.clone(),
        is_common: entity.wipe_policy == WipePolicy::default() && counts == [0; 3] && schedule.sends_mail,
        wipe_standard: entity.wipe_policy.standard,
        wipe_secrecy: entity.wipe_policy.secrecy,
        own_timelines,
        closed_days,
        quiet_periods,
        sends_mail: schedule.sends_mail,
    }
}

#[derive(Default)]
struct Left {
    devices: [u64; 2],
    subscriptions: [u64; 2],
    first_end: Option<NaiveDate>,
}

/// What is with people whose employment has ended.
///
/// # Errors
/// As [`Ctx::read`].
pub async fn not_returned(ctx: &Ctx, scope: ReportScope) -> Result<Report<NotReturnedRow>, ServiceError> {
    let as_of = ctx.app.clock.now();
    let today = local_date(as_of);
    ctx.read(Action::ReadReport, move |connection| {
        let tree = tree(connection)?;
        let facts = db::reports::not_returned(connection, today)?
            .into_iter()
            .map(|fact| (fact.unit, fact));
        let gathered = by_unit(&tree, &scope, facts, |left: &mut Left, fact| {
            let [with_case, without_case] = if fact.is_device {
                &mut left.devices
            } else {
                &mut left.subscriptions
            };
            *(if fact.has_case { with_case } else { without_case }) += fact.number;
            left.first_end = [left.first_end, fact.first_end].into_iter().flatten().min();
        });
        let (rows, total) = gathered.finish(|unit_id, unit, left| NotReturnedRow {
            unit_id,
            unit,
            devices_with_case: left.devices[0],
            devices_without_case: left.devices[1],
            subscriptions_with_case: left.subscriptions[0],
            subscriptions_without_case: left.subscriptions[1],
            oldest_days: left
                .first_end
                .map(|end| u64::try_from((today - end).num_days()).unwrap_or(0)),
        });
        Ok(Report {
            as_of,
            period: None,
            counted: "What is registered with an employment that has ended, by its unit. With a case: a case under \
                      way asks for it. Age in calendar days since the last day of the employment.",
            rows,
            total,
        })
    })
    .await
}
