//! What a transaction does last: it writes its audit entries and the answer that is kept under an idempotency key, and
//! asks whether what the one who acts came with is still good. Each on its own would be a way to PostgreSQL and back, so
//! there all of it is one statement.
//!
//! No use case that an account may call changes accounts: one that revoked itself would be refused here.

use super::audit::{self, Columns};
use super::authority::{require, said};
use super::idempotency::{self, AnswerRow};
use super::prepared::{Prepared, run_on_sqlite};
use super::{DbConnection, DbError};
use crate::domain::actor::Actor;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::sql_types::{BigInt, Bool, Text};

/// What is to be written at the end.
#[derive(Default)]
pub(super) struct Ending {
    /// What the audit is to remember.
    pub(super) trail: audit::Drafts,
    /// The answer to keep.
    pub(super) answer: Option<AnswerRow>,
}

impl Ending {
    /// Adds that of a part that succeeded.
    pub(super) fn extend(&mut self, part: Self) {
        self.trail.extend(part.trail);
        self.answer = part.answer.or_else(|| self.answer.take());
    }

    const fn is_empty(&self) -> bool {
        self.trail.is_empty() && self.answer.is_none()
    }
}

/// Ends the work of a transaction; what is left is the commit.
///
/// # Errors
/// [`DbError::Revoked`]; [`DbError::Busy`] when another request with the same idempotency key was first.
pub(super) fn finish(connection: &mut DbConnection, ending: &Ending, actor: &Actor) -> Result<(), DbError> {
    match connection {
        DbConnection::Postgres(inner) if !ending.is_empty() => {
            let (is_good, is_kept) = at_once(inner, ending, actor)?;
            said(is_good)?;
            first(is_kept)?;
            match actor {
                // Asked with the rest.
                Actor::ServiceAccount { .. } => Ok(()),
                _ => require(connection, actor),
            }
        }
        DbConnection::Postgres(_) => require(connection, actor),
        DbConnection::Sqlite(inner) => {
            audit::write_each(inner, &ending.trail)?;
            if let Some(answer) = &ending.answer {
                first(run_on_sqlite(idempotency::keep(answer), inner)? == 1)?;
            }
            require(connection, actor)
        }
    }
}

/// Whoever comes second runs again, and finds the answer of the first.
const fn first(is_kept: bool) -> Result<(), DbError> {
    if is_kept { Ok(()) } else { Err(DbError::Busy) }
}

fn at_once(connection: &mut PgConnection, ending: &Ending, actor: &Actor) -> QueryResult<(bool, bool)> {
    let answer = ending.answer.as_ref();
    let all = AtOnce {
        trail: (!ending.trail.is_empty()).then(|| Columns::of(&ending.trail)),
        answer: answer.map(|answer| Box::new(idempotency::keep(answer)) as Box<dyn QueryFragment<Pg> + '_>),
        account: match actor {
            Actor::ServiceAccount { id, version, .. } => Some((id.to_string(), *version)),
            _ => None,
        },
    };
    Prepared::<_, (Bool, Bool)>::new(all).get_result(connection)
}

/// All of it. Whether the account is still good, and whether the answer is kept now.
struct AtOnce<'e> {
    trail: Option<Columns<'e>>,
    answer: Option<Box<dyn QueryFragment<Pg> + 'e>>,
    account: Option<(String, i64)>,
}

impl QueryFragment<Pg> for AtOnce<'_> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let mut joint = "WITH ";
        if let Some(trail) = &self.trail {
            pass.push_sql(joint);
            trail.walk_ast(pass.reborrow())?;
            joint = ", ";
        }
        if let Some(answer) = &self.answer {
            pass.push_sql(joint);
            pass.push_sql("kept AS (");
            answer.walk_ast(pass.reborrow())?;
            pass.push_sql(" RETURNING 1)");
        }
        pass.push_sql(" SELECT ");
        match &self.account {
            Some((id, version)) => {
                pass.push_sql("EXISTS (SELECT 1 FROM service_account WHERE id = ");
                pass.push_bind_param::<Text, _>(id)?;
                pass.push_sql(" AND version = ");
                pass.push_bind_param::<BigInt, _>(version)?;
                pass.push_sql(" AND revoked_at IS NULL)");
            }
            None => pass.push_sql("TRUE"),
        }
        pass.push_sql(match self.answer {
            Some(_) => ", EXISTS (SELECT 1 FROM kept)",
            None => ", TRUE",
        });
        Ok(())
    }
}
