//! Placeholder
use super::*;
/// Enqueue.
pub fn enqueue(
    _tx: &mut Tx<'_>,
    _job: &crate::domain::job::Job,
    _run_at: chrono::DateTime<chrono::Utc>,
) -> Result<(), DbError> {
    Ok(())
}
