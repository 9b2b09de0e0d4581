//! Whether the database answers.

use super::{DbConnection, DbError};
use diesel::prelude::*;
use diesel::sql_types::Integer;

/// Asks the database for something that costs nothing.
///
/// # Errors
/// It does not answer.
pub fn ping(connection: &mut DbConnection) -> Result<(), DbError> {
    diesel::select(1.into_sql::<Integer>()).get_result::<i32>(connection)?;
    Ok(())
}
