//! Reads typed values out of the sources. A bad value becomes a problem and a stand-in, so that the reading goes on and
//! finds the other problems too; a configuration with problems is never handed out.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use secrecy::ExposeSecret;

use super::error::Problem;
use super::explain::{Explanation, Origin};
use super::issuers::{self, IssuerConfig};
use super::settings::{Fallback, Kind, find};
use super::sources::Sources;
use super::values;

/// Hands out each setting once, typed.
pub(super) struct Reader {
    sources: Sources,
    derived: BTreeMap<&'static str, (String, Origin)>,
    explained: Vec<Explanation>,
    /// Shown after all others, as in the file.
    issuers_explained: Vec<Explanation>,
}

impl Reader {
    pub fn new(sources: Sources) -> Self {
        Self {
            sources,
            derived: BTreeMap::new(),
            explained: Vec::new(),
            issuers_explained: Vec::new(),
        }
    }

    /// Says what an unset setting is, for one whose default follows from others.
    pub fn derive(&mut self, key: &'static str, value: String, origin: Origin) {
        self.derived.insert(key, (value, origin));
    }

    /// True if any source gives the setting a value.
    pub fn is_given(&self, key: &str) -> bool {
        self.sources
            .given
            .get(key)
            .is_some_and(|given| !given.text.expose_secret().is_empty())
    }

    /// Where systemd puts credentials.
    pub fn credentials(&self) -> Option<&PathBuf> {
        self.sources.credentials.as_ref()
    }

    /// Notes that settings do not go together.
    pub fn refuse(&mut self, key: &str, message: &str) {
        self.sources.problems.push(Problem {
            setting: key.to_owned(),
            source: None,
            message: message.to_owned(),
        });
    }

    /// A setting that may be missing. An empty text counts as missing.
    pub fn optional<T>(&mut self, key: &'static str, parse: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let Some(setting) = find(key) else {
            self.refuse(key, "is read but is not in the table of settings");
            return None;
        };
        let (text, origin) = match (
            self.sources.given.get(key),
            self.derived.get(key),
            setting.default,
        ) {
            (Some(given), _, _) => (given.text.expose_secret().to_owned(), given.origin.clone()),
            (None, Some((text, origin)), _) => (text.clone(), origin.clone()),
            (None, None, Fallback::Value(text)) => (text.to_owned(), Origin::Default),
            (None, None, Fallback::Derived(_) | Fallback::Nothing) => (String::new(), Origin::Default),
        };
        let absent = text.is_empty() && setting.default == Fallback::Nothing;
        let value = (!absent).then(|| setting.shown(&text));
        self.explained.push(Explanation {
            setting,
            entry: None,
            value: value.clone(),
            origin: origin.clone(),
        });
        let shown = value?;
        let parsed = parse(&text);
        if parsed.is_none() {
            let message = format!("must be {}, not {shown:?}", setting.kind.expected());
            let source = Some(origin.to_string());
            self.sources.problems.push(Problem {
                setting: key.to_owned(),
                source,
                message,
            });
        }
        parsed
    }

    /// A setting that always has a value.
    pub fn parsed<T>(&mut self, key: &'static str, stand_in: T, parse: impl FnOnce(&str) -> Option<T>) -> T {
        self.optional(key, parse).unwrap_or(stand_in)
    }

    /// A whole number or a size, within the bounds of the table.
    pub fn number<T: TryFrom<u64> + Default>(&mut self, key: &'static str) -> T {
        let kind = find(key).map(|setting| setting.kind);
        self.parsed(key, T::default(), |text| {
            let (number, min, max) = match kind {
                Some(Kind::Number { min, max }) => (text.parse().ok()?, min, max),
                Some(Kind::Bytes { min, max }) => (values::parse_bytes(text)?, min, max),
                Some(
                    Kind::Flag | Kind::Words(_) | Kind::Path | Kind::Text | Kind::Form(_) | Kind::List(_),
                )
                | None => {
                    return None;
                }
            };
            (min..=max)
                .contains(&number)
                .then(|| T::try_from(number).ok())
                .flatten()
        })
    }

    pub fn seconds(&mut self, key: &'static str) -> Duration {
        Duration::from_secs(self.number(key))
    }

    pub fn flag(&mut self, key: &'static str) -> bool {
        self.parsed(key, false, |text| text.parse().ok())
    }

    pub fn word<T: FromStr + Default>(&mut self, key: &'static str) -> T {
        self.parsed(key, T::default(), |text| text.parse().ok())
    }

    pub fn path(&mut self, key: &'static str) -> PathBuf {
        self.parsed(key, PathBuf::new(), |text| {
            (!text.is_empty()).then(|| PathBuf::from(text))
        })
    }

    pub fn text(&mut self, key: &'static str) -> String {
        self.parsed(key, String::new(), values::parse_text)
    }

    /// The issuers of the file, in its order.
    pub fn issuers(&mut self, public_url: &str, own_issuer: &str) -> Vec<IssuerConfig> {
        let (issuers, mut explained, mut problems) =
            issuers::read(&self.sources.issuers, public_url, own_issuer);
        self.issuers_explained.append(&mut explained);
        self.sources.problems.append(&mut problems);
        issuers
    }

    /// What was read and what was wrong with it.
    pub fn finish(self) -> (Vec<Explanation>, Vec<Problem>) {
        let mut explained = self.explained;
        explained.extend(self.issuers_explained);
        (explained, self.sources.problems)
    }
}
