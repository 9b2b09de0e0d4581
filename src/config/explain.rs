//! Where each value came from, and the tables that say so: for `handback check-config` and for the README.

use std::fmt;
use std::fmt::Write as _;
use std::path::PathBuf;

use super::issuers::{self, ISSUER_SETTINGS};
use super::settings::{SETTINGS, Setting};

/// Where a value came from, weakest first: a later source overrides an earlier one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// The table of settings.
    Default,
    /// A credential that systemd handed to the service (`$CREDENTIALS_DIRECTORY`).
    Credential,
    /// The TOML file at this path.
    File(PathBuf),
    /// The environment variable of this name.
    Environment(String),
    /// The command-line flag of this name, with its dashes.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Credential => f.write_str("systemd credential"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::Flag(name) => write!(f, "flag {name}"),
        }
    }
}

/// One setting with the value it has. Secrets are already hidden.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The setting.
    pub setting: &'static Setting,
    /// For a setting of an `[[issuers]]` table, which table, counted from 0.
    pub entry: Option<usize>,
    /// Its value as it may be shown; nothing if it is not set.
    pub value: Option<String>,
    /// Where the value came from.
    pub origin: Origin,
}

impl Explanation {
    /// The setting as an operator finds it: `http.body_limit`, `issuers[0].audience`.
    pub fn key(&self) -> String {
        match self.entry {
            Some(number) => format!("{}[{number}].{}", issuers::SECTION, self.setting.key),
            None => self.setting.key.to_owned(),
        }
    }
}

/// Every setting with its value and source.
#[derive(Clone, Debug)]
pub struct Explained(pub(super) Vec<Explanation>);

impl Explained {
    /// All explanations, in the order of the table of settings.
    pub fn all(&self) -> &[Explanation] {
        &self.0
    }

    /// Where the value of the setting with this TOML path came from.
    pub fn origin(&self, key: &str) -> Option<&Origin> {
        self.0
            .iter()
            .find(|explanation| explanation.key() == key)
            .map(|explanation| &explanation.origin)
    }

    /// Setting, value and source in aligned columns, one line each.
    pub fn table(&self) -> String {
        let shown = |e: &Explanation| e.value.clone().unwrap_or_else(|| "(not set)".to_owned());
        let width = |of: &dyn Fn(&Explanation) -> usize| self.0.iter().map(of).max().unwrap_or(0);
        let keys = width(&|e| e.key().len());
        let values = width(&|e| shown(e).chars().count());
        self.0.iter().fold(String::new(), |mut table, e| {
            // Writing to a String cannot fail.
            let _ = writeln!(table, "{:keys$}  {:values$}  {}", e.key(), shown(e), e.origin);
            table
        })
    }
}

/// The table of the README: every setting with its variable, values, default and meaning, in Markdown.
pub fn readme_table() -> String {
    let mut table = String::from(
        "| Setting | Environment variable | Values | Default | Meaning |\n|---|---|---|---|---|\n",
    );
    for setting in SETTINGS {
        let file = if setting.allows_file() {
            format!(", `{}_FILE`", setting.env_name())
        } else {
            String::new()
        };
        // Writing to a String cannot fail.
        let _ = writeln!(
            table,
            "| `{}` | `{}`{file} | {} | {} | {} |",
            setting.key,
            setting.env_name(),
            escape(&setting.kind.expected()),
            default_of(setting),
            escape(setting.help)
        );
    }
    table
}

/// The table of the README for the settings of one `[[issuers]]` table.
pub fn readme_issuer_table() -> String {
    let mut table = String::from("| Setting | Values | Default | Meaning |\n|---|---|---|---|\n");
    for setting in ISSUER_SETTINGS {
        // Writing to a String cannot fail.
        let _ = writeln!(
            table,
            "| `{}` | {} | {} | {} |",
            setting.key,
            escape(&setting.kind.expected()),
            default_of(setting),
            escape(setting.help)
        );
    }
    table
}

fn default_of(setting: &Setting) -> String {
    match setting.default.shown() {
        "" => String::new(),
        text => format!("`{text}`"),
    }
}

/// Markdown takes `<word>` for HTML and hides it.
fn escape(text: &str) -> String {
    text.replace('<', "&lt;")
}
