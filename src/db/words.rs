//! Words that stand in the text of a query instead of being bound.
//!
//! An index over some of the rows serves a query only if the database sees, while it makes the plan, that the query wants
//! just those rows. A bound word is not known then: SQLite passes over the index, and PostgreSQL makes the plan anew
//! each time.

use diesel::backend::Backend;
use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::Text;

macro_rules! words {
    ($($(#[$meta:meta])* $name:ident = $text:literal),+ $(,)?) => { $(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, QueryId)]
        pub(super) struct $name;

        impl Expression for $name {
            type SqlType = Text;
        }

        impl<Source> AppearsOnTable<Source> for $name {}

        impl<Source> SelectableExpression<Source> for $name {}

        impl<Group> ValidGrouping<Group> for $name {
            type IsAggregate = is_aggregate::Never;
        }

        impl<DB: Backend> QueryFragment<DB> for $name {
            fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
                pass.push_sql(concat!("'", $text, "'"));
                Ok(())
            }
        }
    )+ };
}

words! {
    /// Of a case, a task or a claim that somebody is to deal with.
    Open = "open",
    /// Of a case whose devices are not due yet.
    Scheduled = "scheduled",
    /// Of a mail that is not written yet.
    Planned = "planned",
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::claim::ClaimState;
    use crate::domain::message::MessageState;
    use crate::domain::task::TaskState;
    use crate::domain::termination::TerminationState;
    use diesel::debug_query;
    use diesel::sqlite::Sqlite;

    #[test]
    fn each_word_is_the_one_of_the_domain() {
        let open = debug_query::<Sqlite, _>(&diesel::select(Open)).to_string();
        let planned = debug_query::<Sqlite, _>(&diesel::select(Planned)).to_string();
        let scheduled = debug_query::<Sqlite, _>(&diesel::select(Scheduled)).to_string();
        for (text, word) in [
            (&scheduled, TerminationState::Scheduled.as_str()),
            (&open, TerminationState::Open.as_str()),
            (&open, TaskState::Open.as_str()),
            (&open, ClaimState::Open.as_str()),
            (&planned, MessageState::Planned.as_str()),
        ] {
            assert!(text.starts_with(&format!("SELECT '{word}'")), "{text}");
        }
    }
}
