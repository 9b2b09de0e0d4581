//! `[[issuers]]`: whose access tokens are accepted besides our own. A table per issuer, in the TOML file alone: a list
//! of tables has no good shape as a flag or a variable.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use url::{Host, Url};

use super::error::Problem;
use super::explain::{Explanation, Origin};
use super::settings::{Fallback, Kind, Setting, setting, words};
use super::sources::{nearest, text_of, with_article};
use super::values::{parse_text, redact_url};
use crate::crypto::access_token::external::{SignatureAlgorithm, TokenType};
use crate::domain::actor::Scope;

/// The name of the tables.
pub(super) const SECTION: &str = "issuers";

/// An issuer whose access tokens are accepted.
#[derive(Clone, Debug)]
pub struct IssuerConfig {
    /// `iss` of its tokens, letter by letter.
    pub issuer: String,
    /// Where its keys are: https, or http on this machine.
    pub jwks_url: Url,
    /// `aud` of the tokens that are meant for us.
    pub audience: String,
    /// What its tokens may be signed with.
    pub algorithms: Vec<SignatureAlgorithm>,
    /// How it marks access tokens.
    pub token_type: TokenType,
    /// The claim with the client's id.
    pub client_claim: String,
    /// The claim with the scopes.
    pub scope_claim: String,
    /// Which of its words is which of our scopes; when empty, its words are ours.
    pub scopes: BTreeMap<String, Scope>,
    /// Longest life of a token.
    pub max_lifetime: Duration,
}

impl IssuerConfig {
    /// Our scope for a word of the issuer; none for one that means nothing here.
    pub fn scope(&self, word: &str) -> Option<Scope> {
        if self.scopes.is_empty() {
            word.parse().ok()
        } else {
            self.scopes.get(word).copied()
        }
    }
}

/// Every setting of one issuer, in the order in which it is documented.
#[rustfmt::skip]
pub static ISSUER_SETTINGS: &[Setting] = &[
    setting("issuer", Kind::Text, Fallback::Nothing,
        "The issuer: `iss` of its tokens, letter by letter. Must be set."),
    setting("jwks_url", Kind::Form("an https address, or an http address on this machine"), Fallback::Nothing,
        "Where it publishes its keys (`jwks_uri` of its metadata). Must be set."),
    setting("audience", Kind::Text, Fallback::Derived("<public_url>"),
        "What `aud` must be or hold for a token that is meant for us."),
    setting("algorithms", Kind::List("ES256, PS256, RS256, EdDSA"), Fallback::Value("ES256,PS256,RS256,EdDSA"),
        "Signatures that it may use."),
    setting("token_type", words!(TokenType), Fallback::Value("at+jwt"),
        "`typ` of its access tokens. With JWT, ID tokens are told apart by their claims; prefer at+jwt where it can be had."),
    setting("client_claim", Kind::Text, Fallback::Value("client_id"),
        "The claim with the client's id."),
    setting("scope_claim", Kind::Text, Fallback::Value("scope"),
        "The claim with what the token allows: words of a text, or a list."),
    setting("scopes", Kind::List("pairs <its word>=<our scope>"), Fallback::Derived("its words are ours"),
        "Which of its words is which of our scopes. Other words allow nothing."),
    setting("max_lifetime_seconds", Kind::Number { min: 60, max: 86_400 }, Fallback::Value("86400"),
        "Longest life of a token, in seconds; one that lives longer is refused."),
];

/// One `[[issuers]]` table on its way to an [`IssuerConfig`].
struct Entry<'a> {
    number: usize,
    table: &'a toml::Table,
    origin: &'a Origin,
    explained: Vec<Explanation>,
    problems: Vec<Problem>,
}

/// Reads the tables of the file. What is wrong with one becomes a problem, as with other settings.
pub(super) fn read(
    tables: &[(toml::Table, Origin)],
    public_url: &str,
    own_issuer: &str,
) -> (Vec<IssuerConfig>, Vec<Explanation>, Vec<Problem>) {
    let (mut issuers, mut explained, mut problems) = (Vec::new(), Vec::new(), Vec::new());
    let mut names = BTreeSet::from([own_issuer.to_owned()]);
    for (number, (table, origin)) in tables.iter().enumerate() {
        let mut entry = Entry {
            number,
            table,
            origin,
            explained: Vec::new(),
            problems: Vec::new(),
        };
        entry.find_unknown();
        let issuer = entry.issuer(public_url);
        if let Some(issuer) = &issuer
            && !names.insert(issuer.issuer.clone())
        {
            entry.refuse("issuer", "is our own token.issuer, or is named twice");
        }
        issuers.extend(issuer);
        explained.append(&mut entry.explained);
        problems.append(&mut entry.problems);
    }
    (issuers, explained, problems)
}

impl Entry<'_> {
    fn issuer(&mut self, public_url: &str) -> Option<IssuerConfig> {
        let issuer = self.required("issuer", parse_text);
        let jwks_url = self.required("jwks_url", parse_jwks_url);
        let audience = self.value("audience", public_url, parse_text);
        let algorithms = self.value("algorithms", "", parse_words);
        let token_type = self.value("token_type", "", |text| text.parse().ok());
        let client_claim = self.value("client_claim", "", parse_text);
        let scope_claim = self.value("scope_claim", "", parse_text);
        let scopes = self.value("scopes", "", parse_scopes);
        let max_lifetime = self.value("max_lifetime_seconds", "", |text| {
            let seconds: u64 = text.parse().ok()?;
            (60..=86_400)
                .contains(&seconds)
                .then(|| Duration::from_secs(seconds))
        });
        Some(IssuerConfig {
            issuer: issuer?,
            jwks_url: jwks_url?,
            audience: audience?,
            algorithms: algorithms?,
            token_type: token_type?,
            client_claim: client_claim?,
            scope_claim: scope_claim?,
            scopes: scopes?,
            max_lifetime: max_lifetime?,
        })
    }

    /// A setting that must be there.
    fn required<T>(&mut self, key: &'static str, parse: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        if !self.table.contains_key(key) {
            self.refuse(key, "must be set for every issuer");
            return None;
        }
        self.value(key, "", parse)
    }

    /// A setting's value: the table's, else the one that it derives from, else its default.
    fn value<T>(
        &mut self,
        key: &'static str,
        derived: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let setting = ISSUER_SETTINGS.iter().find(|setting| setting.key == key)?;
        let (text, origin) = match self.table.get(key) {
            Some(value) => match text_of(setting, value) {
                Some(text) => (text, self.origin.clone()),
                None => {
                    let found = with_article(value.type_str());
                    self.refuse(key, &format!("must be {}, not {found}", setting.kind.expected()));
                    return None;
                }
            },
            None => match setting.default {
                Fallback::Value(text) => (text.to_owned(), Origin::Default),
                Fallback::Derived(_) | Fallback::Nothing => (derived.to_owned(), Origin::Default),
            },
        };
        let parsed = parse(&text);
        // Somebody may have put a password into an address; that is refused, and not repeated.
        let shown = if text.contains("://") {
            redact_url(&text)
        } else {
            text
        };
        if parsed.is_none() {
            self.refuse(
                key,
                &format!("must be {}, not {shown:?}", setting.kind.expected()),
            );
        }
        self.explained.push(Explanation {
            setting,
            entry: Some(self.number),
            value: (!shown.is_empty()).then_some(shown),
            origin,
        });
        parsed
    }

    fn find_unknown(&mut self) {
        let known = |key: &str| ISSUER_SETTINGS.iter().any(|setting| setting.key == key);
        let unknown: Vec<&String> = self.table.keys().filter(|key| !known(key)).collect();
        for key in unknown {
            let names = ISSUER_SETTINGS.iter().map(|setting| setting.key.to_owned());
            let hint = nearest(key, names)
                .map(|near| format!("; did you mean {near}?"))
                .unwrap_or_default();
            self.refuse(key, &format!("no such setting{hint}"));
        }
    }

    fn refuse(&mut self, key: &str, message: &str) {
        self.problems.push(Problem {
            setting: format!("{SECTION}[{}].{key}", self.number),
            source: Some(self.origin.to_string()),
            message: message.to_owned(),
        });
    }
}

/// An address that keys may be fetched from: whoever can change what it answers can sign tokens.
fn parse_jwks_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let safe = match url.scheme() {
        "https" => true,
        "http" => is_this_machine(&url),
        _ => false,
    };
    let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    (safe && plain && url.has_host()).then_some(url)
}

/// Whether an address names this machine as what it is: `localhost` or a loopback address.
pub fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => IpAddr::from(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::from(address).is_loopback(),
        None => false,
    }
}

fn parse_words<T: FromStr + Ord>(text: &str) -> Option<Vec<T>> {
    let words: Option<BTreeSet<T>> = text.split(',').map(|word| word.trim().parse().ok()).collect();
    words.map(|words| words.into_iter().collect())
}

/// `its.word=hr,other=read`. Our scope comes last: the issuer's words may hold an equals sign.
fn parse_scopes(text: &str) -> Option<BTreeMap<String, Scope>> {
    if text.is_empty() {
        return Some(BTreeMap::new());
    }
    let pair = |pair: &str| {
        let (word, scope) = pair.trim().rsplit_once('=')?;
        let word = word.trim();
        (!word.is_empty()).then_some((word.to_owned(), scope.trim().parse().ok()?))
    };
    text.split(',').map(pair).collect()
}
