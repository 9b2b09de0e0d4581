//! A report as JSON or as a table.

use crate::domain::report::Table;
use crate::web::extract::{accepts_json, prefers};
use crate::web::problem::{Problem, ProblemType};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use utoipa::ToSchema;

/// A table in UTF-8, with a line of names first (RFC 4180).
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(
    dead_code,
    reason = "it stands in the description of the API, in place of bytes"
)]
pub struct CsvFile(Vec<u8>);

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Csv,
}

/// What is written as JSON in whole and as a table by its rows.
pub(super) trait Written: Serialize {
    type Row: Table;

    /// The rows of the table: that of all together comes last.
    fn table(&self) -> impl Iterator<Item = &Self::Row>;
}

impl Format {
    /// What the caller likes best; JSON for those who do not say, and where both are the same to them.
    pub(super) fn of(request: &HttpRequest) -> Result<Self, Problem> {
        if prefers(request, "text/csv") {
            Ok(Self::Csv)
        } else if accepts_json(request) {
            Ok(Self::Json)
        } else {
            Err(Problem::new(ProblemType::NotAcceptable))
        }
    }

    pub(super) fn answer<R: Written>(self, name: &str, report: &R) -> Result<HttpResponse, Problem> {
        let mut answer = HttpResponse::Ok();
        answer.insert_header(("vary", "accept"));
        if self == Self::Json {
            return Ok(answer.json(report));
        }
        let mut table = csv::Writer::from_writer(Vec::new());
        let failed = |error: csv::Error| Problem::internal(error.to_string());
        table.write_record(R::Row::HEADER).map_err(failed)?;
        for row in report.table() {
            table.write_record(row.cells()).map_err(failed)?;
        }
        let bytes = table
            .into_inner()
            .map_err(|error| Problem::internal(error.to_string()))?;
        Ok(answer
            .content_type("text/csv; charset=utf-8; header=present")
            .insert_header((
                "content-disposition",
                format!("attachment; filename=\"{name}.csv\""),
            ))
            .body(bytes))
    }
}

/// Declares the answers: each names its rows, so that the description of the API does.
macro_rules! reports_out {
    ($($(#[$doc:meta])* $name:ident of $row:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, serde::Serialize, utoipa::ToSchema)]
        pub struct $name {
            /// When it was made.
            as_of: chrono::DateTime<chrono::Utc>,
            /// The first day of the period; null if it is about how things are.
            from: Option<chrono::NaiveDate>,
            /// The last day of the period.
            to: Option<chrono::NaiveDate>,
            /// How was counted.
            #[schema(max_length = 500)]
            counted: &'static str,
            /// The rows, by name.
            #[schema(max_items = 100_000)]
            rows: Vec<$row>,
            /// All of them together; null where they cannot be added up. The last line of the table.
            total: Option<$row>,
        }

        impl From<$crate::domain::report::Report<$row>> for $name {
            fn from(report: $crate::domain::report::Report<$row>) -> Self {
                Self {
                    as_of: report.as_of,
                    from: report.period.map(|period| period.from),
                    to: report.period.map(|period| period.to),
                    counted: report.counted,
                    rows: report.rows,
                    total: report.total,
                }
            }
        }

        impl answer::Written for $name {
            type Row = $row;

            fn table(&self) -> impl Iterator<Item = &$row> {
                self.rows.iter().chain(&self.total)
            }
        }
    )+};
}
pub(super) use reports_out;
