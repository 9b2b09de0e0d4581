//! The picture of the layers in the crate documentation, kept true. Imports point down; nobody reaches for
//! what another layer is for.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Which modules of the crate each layer may name. A module may always name itself.
const MAY_USE: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("clock", &[]),
    ("crypto", &[]),
    ("telemetry", &["config"]),
    // The words of the configuration are declared with the macro that the domain offers, and those of signatures where
    // they mean something.
    ("config", &["domain", "crypto"]),
    ("db", &["domain", "clock", "crypto"]),
    ("integrations", &["domain", "config", "crypto"]),
    ("mail", &["domain"]),
    (
        "app",
        &["domain", "clock", "config", "crypto", "db", "integrations"],
    ),
    (
        "services",
        &[
            "domain",
            "clock",
            "config",
            "crypto",
            "db",
            "app",
            "mail",
            "integrations",
        ],
    ),
    ("jobs", &["domain", "clock", "config", "app", "services"]),
    (
        "web",
        &["domain", "clock", "config", "crypto", "app", "services", "mail"],
    ),
    (
        "startup",
        &[
            "domain",
            "clock",
            "config",
            "crypto",
            "db",
            "integrations",
            "app",
            "services",
        ],
    ),
    (
        "demo",
        &[
            "domain",
            "clock",
            "config",
            "crypto",
            "app",
            "services",
            "jobs",
            "web",
            "startup",
            "db",
            "cli",
            "integrations",
        ],
    ),
    (
        "cli",
        &[
            "domain",
            "clock",
            "config",
            "crypto",
            "app",
            "services",
            "jobs",
            "web",
            "startup",
            "db",
            "telemetry",
            "demo",
        ],
    ),
];

/// Crates that only the named layers may use.
const RESERVED: &[(&str, &[&str])] = &[
    ("diesel", &["db"]),
    ("diesel_migrations", &["db"]),
    ("actix_web", &["web", "cli", "demo"]),
    ("lettre", &["integrations"]),
    ("reqwest", &["integrations", "demo"]),
    ("jsonwebtoken", &["crypto"]),
    ("aws_lc_rs", &["crypto", "integrations", "web"]),
    ("anyhow", &["cli", "demo"]),
    ("clap", &["cli", "config", "demo"]),
    ("askama", &["mail", "web", "services"]),
];

/// No file grows past this many lines. Generated text is excepted.
const MOST_LINES: usize = 600;

struct Source {
    path: PathBuf,
    layer: String,
    text: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let inside = path.strip_prefix(&root).unwrap();
                let first = inside.components().next().unwrap().as_os_str().to_str().unwrap();
                let layer = first.trim_end_matches(".rs").to_owned();
                let text = std::fs::read_to_string(&path).unwrap();
                found.push(Source { layer, text, path });
            }
        }
    }
    found
}

/// The code of a file without comments and without its tests.
fn code(text: &str) -> String {
    let before_tests = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    before_tests
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .collect::<Vec<_>>()
        .join("\n")
}

fn is_test_file(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "tests")
        || path
            .file_name()
            .is_some_and(|name| name == "tests.rs" || name == "harness.rs")
}

/// The first segments of all `crate::x` paths.
fn crate_paths(code: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        // `$crate::` in a macro is written for whoever expands it.
        if code[..at].ends_with('$') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let inside = group.split('}').next().unwrap_or_default();
            names.extend(inside.split(',').map(first_segment));
        } else {
            names.push(first_segment(rest));
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

fn first_segment(text: &str) -> String {
    text.trim_start()
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
        .collect()
}

#[test]
fn imports_point_down() {
    let allowed: BTreeMap<&str, &[&str]> = MAY_USE.iter().copied().collect();
    let macros = ["text_enum", "on_both", "on_each"];
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| !is_test_file(&source.path)) {
        if ["main", "lib"].contains(&source.layer.as_str()) {
            continue;
        }
        let Some(may_use) = allowed.get(source.layer.as_str()) else {
            wrong.push(format!(
                "{}: the layer `{}` is not in the picture",
                source.path.display(),
                source.layer
            ));
            continue;
        };
        for name in crate_paths(&code(&source.text)) {
            let fine =
                name == source.layer || may_use.contains(&name.as_str()) || macros.contains(&name.as_str());
            if !fine {
                wrong.push(format!(
                    "{}: `{}` may not use `{name}`",
                    source.path.display(),
                    source.layer
                ));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "imports against the picture of the layers:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn each_foreign_world_has_one_door() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| !is_test_file(&source.path)) {
        let code = code(&source.text);
        for (name, layers) in RESERVED {
            let used = code.contains(&format!("{name}::")) || code.contains(&format!("use {name};"));
            if used && !layers.contains(&source.layer.as_str()) {
                wrong.push(format!(
                    "{}: `{name}` belongs to {layers:?}",
                    source.path.display()
                ));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "crates used outside their layer:\n{}",
        wrong.join("\n")
    );
}

/// The macros panic when nobody reads any more; `cli::out` does not.
#[test]
fn nothing_is_printed_past_the_one_place_that_bears_a_closed_pipe() {
    let printing: Vec<String> = sources()
        .iter()
        .filter(|source| !is_test_file(&source.path))
        .filter(|source| {
            ["print!(", "println!("]
                .iter()
                .any(|name| code(&source.text).contains(name))
        })
        .map(|source| source.path.display().to_string())
        .collect();
    assert!(
        printing.is_empty(),
        "use crate::cli::out:\n{}",
        printing.join("\n")
    );
}

#[test]
fn no_file_is_too_long_to_read() {
    let long: Vec<String> = sources()
        .iter()
        .filter(|source| !source.path.ends_with("db/schema.rs"))
        .filter(|source| source.text.lines().count() > MOST_LINES)
        .map(|source| format!("{}: {} lines", source.path.display(), source.text.lines().count()))
        .collect();
    assert!(long.is_empty(), "split these files:\n{}", long.join("\n"));
}
