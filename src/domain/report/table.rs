//! A report as a table that a spreadsheet can open.

use crate::domain::ids::{LegalEntityId, UnitId};
use crate::domain::termination::DataClass;

/// A value in a table.
pub trait Cell {
    /// Its text. What people have written never begins like a formula: a spreadsheet would run it.
    fn cell(&self) -> String;
}

impl Cell for String {
    fn cell(&self) -> String {
        // The characters at which spreadsheets begin to calculate, or skip to where they do.
        if self.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) {
            format!("'{self}")
        } else {
            self.clone()
        }
    }
}

/// Several values in one cell.
impl Cell for Vec<String> {
    fn cell(&self) -> String {
        self.join("; ").cell()
    }
}

impl<T: Cell> Cell for Option<T> {
    fn cell(&self) -> String {
        self.as_ref().map(Cell::cell).unwrap_or_default()
    }
}

macro_rules! plain_cells {
    ($($name:ty),+) => {$(
        impl Cell for $name {
            fn cell(&self) -> String {
                self.to_string()
            }
        }
    )+};
}

plain_cells!(
    u64,
    i64,
    bool,
    LegalEntityId,
    UnitId,
    DataClass,
    crate::domain::employment::EmploymentKind,
    crate::domain::wipe::WipeLevel,
    crate::domain::ids::TerminationId,
    crate::domain::termination::CheckState,
    crate::domain::termination::DeviceOutcome,
    crate::domain::termination::ItemKind,
    crate::domain::termination::TerminationState,
    chrono::NaiveDate
);

/// A row of a table.
pub trait Table {
    /// The names of the columns.
    const HEADER: &'static [&'static str];

    /// The row, cell by cell.
    fn cells(&self) -> Vec<String>;
}

/// Declares a row: the columns of the table are the members of the JSON, in the same order.
macro_rules! row {
    ($(#[$meta:meta])* pub struct $name:ident { $($(#[$fmeta:meta])* pub $field:ident: $type:ty,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
        pub struct $name { $($(#[$fmeta])* pub $field: $type,)+ }

        impl $crate::domain::report::Table for $name {
            const HEADER: &'static [&'static str] = &[$(stringify!($field)),+];

            fn cells(&self) -> Vec<String> {
                vec![$($crate::domain::report::Cell::cell(&self.$field)),+]
            }
        }
    };
}
pub(super) use row;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_people_write_begins_like_a_formula() {
        for text in ["=1+1", "+46", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"] {
            assert_eq!(text.to_owned().cell(), format!("'{text}"));
        }
        for text in ["Ekskolan", "1=1", "", "a-b"] {
            assert_eq!(text.to_owned().cell(), text);
        }
        assert_eq!(Some("=1".to_owned()).cell(), "'=1");
    }
}
