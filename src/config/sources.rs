//! Reads the sources and lays them over each other: file, then environment, then flags. Knows names, not values.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};

use super::ENV_PREFIX;
use super::error::Problem;
use super::explain::Origin;
use super::flags::RawSettings;
use super::issuers;
use super::settings::{SETTINGS, Setting, find};

/// What the strongest source says about one setting.
pub(super) struct Given {
    pub text: SecretString,
    pub origin: Origin,
    /// The text is the path of a file with the value.
    in_file: bool,
}

/// All that the sources say.
#[derive(Default)]
pub(super) struct Sources {
    pub given: BTreeMap<&'static str, Given>,
    /// `$CREDENTIALS_DIRECTORY`, where systemd puts credentials.
    pub credentials: Option<PathBuf>,
    /// The `[[issuers]]` tables.
    pub issuers: Vec<(toml::Table, Origin)>,
    pub problems: Vec<Problem>,
}

impl Sources {
    /// Reads everything; whatever is wrong is kept as a problem.
    pub fn read(flags: &RawSettings, env: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut sources = Self::default();
        let env: BTreeMap<String, String> = env.into_iter().collect();
        sources.credentials = env.get("CREDENTIALS_DIRECTORY").map(PathBuf::from);
        let from_env = env
            .get("HANDBACK_CONFIG")
            .filter(|path| !path.is_empty())
            .map(PathBuf::from);
        if let Some(path) = flags.config.clone().or(from_env) {
            sources.read_file(&path);
        }
        env.iter()
            .for_each(|(name, value)| sources.read_variable(name, value));
        sources.read_flags(flags);
        sources.open_files();
        sources
    }

    fn read_file(&mut self, path: &Path) {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => {
                return self.problem(
                    "config",
                    None,
                    format!("cannot read {}: {}", path.display(), error.kind()),
                );
            }
        };
        match text.parse::<toml::Table>() {
            Ok(table) => self.read_table(path, "", &table),
            // The error's own text repeats the line, which may hold a password.
            Err(error) => {
                let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or("");
                let line = before.matches('\n').count() + 1;
                self.problem(
                    "config",
                    None,
                    format!("{} is not TOML: line {line}: {}", path.display(), error.message()),
                );
            }
        }
    }

    fn read_table(&mut self, path: &Path, prefix: &str, table: &toml::Table) {
        let origin = Origin::File(path.to_owned());
        for (name, value) in table {
            let key = format!("{prefix}{name}");
            let named = find(&key)
                .map(|setting| (setting, false))
                .or_else(|| find_in_file(&key, "_file", |s| s.key.to_owned()));
            if key == issuers::SECTION {
                self.read_issuers(value, &origin);
                continue;
            }
            match (value, named) {
                (toml::Value::Table(inner), None) if is_section(&key) => {
                    self.read_table(path, &format!("{key}."), inner)
                }
                (_, None) if is_section(&key) => {
                    self.problem(
                        &key,
                        Some(origin.to_string()),
                        "is a section of settings, not a setting".to_owned(),
                    );
                }
                (_, None) => self.unknown(&key, &origin, known_keys()),
                (value, Some((setting, in_file))) => match text_of(setting, value) {
                    Some(text) => self.give(setting, text, origin.clone(), in_file),
                    None => self.problem(
                        &key,
                        Some(origin.to_string()),
                        format!(
                            "must be {}, not {}",
                            setting.kind.expected(),
                            with_article(value.type_str())
                        ),
                    ),
                },
            }
        }
    }

    fn read_issuers(&mut self, value: &toml::Value, origin: &Origin) {
        let tables: Option<Vec<toml::Table>> = value
            .as_array()
            .and_then(|members| members.iter().map(|member| member.as_table().cloned()).collect());
        match tables {
            Some(tables) => self
                .issuers
                .extend(tables.into_iter().map(|table| (table, origin.clone()))),
            None => self.problem(
                issuers::SECTION,
                Some(origin.to_string()),
                "must be written as [[issuers]] tables".to_owned(),
            ),
        }
    }

    fn read_variable(&mut self, name: &str, value: &str) {
        if !name.starts_with(ENV_PREFIX) || name == "HANDBACK_CONFIG" {
            return;
        }
        let origin = Origin::Environment(name.to_owned());
        let plain = SETTINGS
            .iter()
            .find(|setting| setting.env_name() == name)
            .map(|setting| (setting, false));
        match plain.or_else(|| find_in_file(name, "_FILE", Setting::env_name)) {
            Some((setting, in_file)) => self.give(setting, value.to_owned(), origin, in_file),
            None => self.unknown(name, &origin, SETTINGS.iter().map(Setting::env_name)),
        }
    }

    fn read_flags(&mut self, flags: &RawSettings) {
        for (flag, value) in &flags.values {
            let Some(setting) = find(flag.key) else { continue };
            let file = if flag.in_file { "-file" } else { "" };
            let origin = Origin::Flag(format!("--{}{file}", setting.flag_name()));
            self.give(setting, value.expose_secret().to_owned(), origin, flag.in_file);
        }
    }

    /// Lays a value over what weaker sources said. One source must not give a value and a file with the value.
    fn give(&mut self, setting: &'static Setting, text: String, origin: Origin, in_file: bool) {
        let text = SecretString::from(text);
        let earlier = self.given.insert(
            setting.key,
            Given {
                text,
                origin: origin.clone(),
                in_file,
            },
        );
        if earlier
            .is_some_and(|earlier| std::mem::discriminant(&earlier.origin) == std::mem::discriminant(&origin))
        {
            self.problem(
                setting.key,
                Some(origin.to_string()),
                "is given twice: as a value and as a file".to_owned(),
            );
        }
    }

    /// Replaces the path of each file that holds a value by what the file holds.
    fn open_files(&mut self) {
        let mut problems = Vec::new();
        for (key, given) in self.given.iter_mut().filter(|(_, given)| given.in_file) {
            let path = given.text.expose_secret();
            match std::fs::read_to_string(path) {
                Ok(text) => given.text = SecretString::from(text.trim_end_matches(['\r', '\n'])),
                Err(error) => problems.push(Problem {
                    setting: (*key).to_owned(),
                    source: Some(given.origin.to_string()),
                    // Not the path: somebody may have put the secret itself there.
                    message: format!("cannot read the file it names: {}", error.kind()),
                }),
            }
        }
        self.problems.append(&mut problems);
    }

    fn unknown(&mut self, name: &str, origin: &Origin, known: impl Iterator<Item = String>) {
        let source = match origin {
            Origin::Environment(_) => "environment".to_owned(),
            Origin::Default | Origin::Credential | Origin::File(_) | Origin::Flag(_) => origin.to_string(),
        };
        let hint = nearest(name, known)
            .map(|near| format!("; did you mean {near}?"))
            .unwrap_or_default();
        self.problem(name, Some(source), format!("no such setting{hint}"));
    }

    fn problem(&mut self, setting: &str, source: Option<String>, message: String) {
        self.problems.push(Problem {
            setting: setting.to_owned(),
            source,
            message,
        });
    }
}

/// The setting whose name with this suffix it is, if that setting may come in a file.
fn find_in_file(
    name: &str,
    suffix: &str,
    name_of: impl Fn(&Setting) -> String,
) -> Option<(&'static Setting, bool)> {
    let stem = name.strip_suffix(suffix)?;
    SETTINGS
        .iter()
        .find(|setting| setting.allows_file() && name_of(setting) == stem)
        .map(|setting| (setting, true))
}

/// What may stand in the file.
fn known_keys() -> impl Iterator<Item = String> {
    let tables = std::iter::once(issuers::SECTION.to_owned());
    SETTINGS.iter().flat_map(key_and_section).chain(tables)
}

fn key_and_section(setting: &Setting) -> impl Iterator<Item = String> {
    let section = setting.key.split_once('.').map(|(section, _)| section.to_owned());
    std::iter::once(setting.key.to_owned()).chain(section)
}

fn is_section(key: &str) -> bool {
    SETTINGS.iter().any(|setting| {
        setting
            .key
            .strip_prefix(key)
            .is_some_and(|rest| rest.starts_with('.'))
    })
}

/// A TOML value as text: the three sources then share one reading of values.
pub(super) fn text_of(setting: &Setting, value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(flag) => Some(flag.to_string()),
        toml::Value::Array(members) if matches!(setting.kind, super::settings::Kind::List(_)) => {
            let members: Option<Vec<&str>> = members.iter().map(toml::Value::as_str).collect();
            members.map(|members| members.join(","))
        }
        toml::Value::Array(_) | toml::Value::Table(_) | toml::Value::Float(_) | toml::Value::Datetime(_) => {
            None
        }
    }
}

pub(super) fn with_article(kind: &str) -> String {
    let article = if kind.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {kind}")
}

/// The known name that is most like this one, if any is like it at all.
pub(super) fn nearest(name: &str, known: impl Iterator<Item = String>) -> Option<String> {
    known
        .map(|candidate| {
            (
                strsim::normalized_damerau_levenshtein(name, &candidate),
                candidate,
            )
        })
        .filter(|(likeness, _)| *likeness >= 0.6)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, candidate)| candidate)
}
