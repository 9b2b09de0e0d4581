//! The frame of every list: read by key, one row more than asked for, so that it is known whether more follow.

use super::DbError;
use crate::domain::page::{Page, PageRequest};
use uuid::Uuid;

/// Reads the rows of one page of a boxed query: those after the page before, in the order of their ids. The caller has
/// a `Row` and names its table; the query has no order yet.
macro_rules! keyset_rows {
    ($connection:expr, $query:expr, $table:ident, $page:expr) => {
        $query
            .filter($table::id.gt($page.lower_bound()))
            .order($table::id)
            .limit($page.rows_to_read())
            .select(Row::as_select())
            .load::<Row>($connection)
    };
}
pub(super) use keyset_rows;

/// The page that these rows make (see [`keyset_rows`]).
///
/// # Errors
/// [`DbError::Corrupt`] for a row that is no value of the domain.
pub(super) fn page_of<R, T>(
    rows: Vec<R>,
    page: PageRequest,
    id: impl Fn(&T) -> Uuid,
) -> Result<Page<T>, DbError>
where
    T: TryFrom<R, Error = DbError>,
{
    let values = rows.into_iter().map(T::try_from).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::from_rows(values, page, id))
}
