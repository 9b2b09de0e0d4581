//! Pages of a list. Lists are read by key, never by offset: a page costs the same wherever it stands, and
//! rows that come and go between two pages neither repeat nor hide others.

use uuid::Uuid;

/// The most rows of one page.
pub const MAX_LIMIT: u32 = 200;
/// The rows of a page when nobody says.
pub const DEFAULT_LIMIT: u32 = 50;

/// Which page is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// How many rows, 1 to [`MAX_LIMIT`].
    pub limit: u32,
    /// The id of the last row of the page before; ids rise with time, so they are the order of every list.
    pub after: Option<Uuid>,
}

impl Default for PageRequest {
    fn default() -> Self {
        Self {
            limit: DEFAULT_LIMIT,
            after: None,
        }
    }
}

impl PageRequest {
    /// How many rows to read: one more than asked for tells whether there is a next page.
    pub const fn rows_to_read(self) -> i64 {
        self.limit as i64 + 1
    }

    /// Where the rows begin: the lowest id there is, or the one after `after`.
    pub fn lower_bound(self) -> String {
        self.after.map_or_else(String::new, |id| id.to_string())
    }
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// The id to continue after; none on the last page.
    pub next: Option<Uuid>,
}

impl<T> Page<T> {
    /// Makes a page out of the rows that were read for `request` (see [`PageRequest::rows_to_read`]).
    pub fn from_rows(mut rows: Vec<T>, request: PageRequest, id: impl Fn(&T) -> Uuid) -> Self {
        let limit = request.limit as usize;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = if more { rows.last().map(id) } else { None };
        Self { items: rows, next }
    }

    /// The same page with other rows.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(change).collect(),
            next: self.next,
        }
    }
}
