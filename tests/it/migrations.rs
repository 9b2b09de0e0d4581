//! Both databases get the same shape, up and down, and it is the one that the queries were compiled for.

use super::support::db::{TestDb, for_each_database};
use handback::db::{DatabaseUrl, migrations};
use std::collections::BTreeMap;
use std::path::Path;

fn folders(database: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("migrations")
        .join(database);
    let mut names: Vec<String> = std::fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn both_databases_have_the_same_migrations() {
    assert_eq!(folders("sqlite"), folders("postgres"));
}

/// The columns of every table in `schema.rs`, by table.
fn compiled() -> BTreeMap<String, Vec<String>> {
    let text = include_str!("../../src/db/schema.rs");
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut current = String::new();
    for line in text.lines().map(str::trim) {
        if let Some((name, rest)) = line.split_once(" (")
            && rest.ends_with(") {")
            && !name.contains("::")
        {
            current = name.to_owned();
        } else if let Some((column, kind)) = line.split_once(" -> ") {
            let kind = kind.trim_end_matches(',');
            tables
                .entry(current.clone())
                .or_default()
                .push(format!("{column} {kind}"));
        }
    }
    tables
}

/// The word of `schema.rs` for a column type of either database.
fn word(kind: &str) -> &'static str {
    match kind.to_lowercase().as_str() {
        "text" => "Text",
        "timestamp" | "timestamp without time zone" => "Timestamp",
        "date" => "Date",
        "boolean" => "Bool",
        "bigint" => "BigInt",
        "integer" => "Integer",
        "blob" | "bytea" => "Binary",
        other => panic!("unknown column type {other}"),
    }
}

#[test]
fn both_databases_have_the_columns_that_the_queries_were_compiled_for() {
    for_each_database(async |db: &TestDb| {
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for column in db
            .columns()
            .into_iter()
            .filter(|column| column.table != "__diesel_schema_migrations")
        {
            let kind = word(&column.kind);
            let kind = if column.is_nullable {
                format!("Nullable<{kind}>")
            } else {
                kind.to_owned()
            };
            found
                .entry(column.table)
                .or_default()
                .push(format!("{} {kind}", column.name));
        }
        assert_eq!(found, compiled(), "{}", db.kind());
    });
}

#[test]
fn migrations_can_be_run_twice_and_nothing_is_left_to_run() {
    for_each_database(async |db: &TestDb| {
        let url: &DatabaseUrl = db.url();
        assert!(migrations::pending(url).unwrap().is_empty());
        assert!(migrations::run(url).unwrap().is_empty());
    });
}
