//! A mailbox as RFC 5322 §3.4 calls it: an address with an optional display name.

use std::fmt;
use std::str::FromStr;

/// An e-mail address with an optional display name, such as `Handback <handback@exempelkommunen.example>`.
/// Holds no control or text-direction characters, so it cannot smuggle a header line into a mail.
#[derive(Clone, PartialEq, Eq)]
pub struct Mailbox {
    name: Option<String>,
    address: String,
}

/// The text is not a mailbox. The rejected text is not repeated: it may be somebody's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an e-mail address with an optional name")]
pub struct InvalidMailbox;

impl Mailbox {
    /// A mailbox of its parts; an empty name counts as none.
    ///
    /// # Errors
    /// [`InvalidMailbox`] for an address without one `@` between two usable parts, or a name with control characters.
    pub fn new(name: Option<&str>, address: &str) -> Result<Self, InvalidMailbox> {
        let name = name.map(str::trim).filter(|name| !name.is_empty());
        if name.is_some_and(has_unsafe_characters) || !is_address(address) {
            return Err(InvalidMailbox);
        }
        Ok(Self {
            name: name.map(str::to_owned),
            address: address.to_owned(),
        })
    }

    /// Stands where a bad value was, in a configuration that is never handed out.
    pub(super) fn stand_in() -> Self {
        Self {
            name: None,
            address: String::new(),
        }
    }

    /// The display name.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The address alone: `local@domain`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The part of the address after the `@`.
    pub fn domain(&self) -> &str {
        self.address.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

/// Reads `local@domain`, `Name <local@domain>` or `"Name" <local@domain>`.
impl FromStr for Mailbox {
    type Err = InvalidMailbox;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let Some((name, rest)) = text.rsplit_once('<') else {
            return Self::new(None, text);
        };
        let address = rest.strip_suffix('>').ok_or(InvalidMailbox)?;
        let name = name.trim();
        let name = name
            .strip_prefix('"')
            .and_then(|name| name.strip_suffix('"'))
            .unwrap_or(name);
        Self::new(Some(name), address)
    }
}

impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{name} <{}>", self.address),
            None => f.write_str(&self.address),
        }
    }
}

/// Personal data stays out of logs: only the domain shows.
impl fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mailbox(…@{})", self.domain())
    }
}

/// True for text that must not enter a header: C0 and C1 controls, DEL, line and paragraph separators, and the
/// characters that turn the direction of text, with which a name can be made to look like another.
pub fn has_unsafe_characters(text: &str) -> bool {
    text.chars().any(|c| {
        c.is_control()
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    })
}

/// Stricter than RFC 5321 allows: no quoted local parts, no address literals, no comments. Nobody's mailbox has them,
/// and every one of them is a way to make two programs read one address differently.
fn is_address(address: &str) -> bool {
    let Some((local, domain)) = address.split_once('@') else {
        return false;
    };
    let local_ok = (1..=64).contains(&local.len())
        && local
            .split('.')
            .all(|atom| !atom.is_empty() && atom.chars().all(is_atom_character));
    let label_ok = |label: &str| {
        (1..=63).contains(&label.len())
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    local_ok && address.len() <= 254 && domain.split('.').all(label_ok)
}

/// `atext` of RFC 5322 §3.2.3, and the letters beyond ASCII of RFC 6532.
fn is_atom_character(c: char) -> bool {
    c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mailbox_is_read_with_and_without_a_name() {
        let named: Mailbox = "\"Kundtjänst, telefoni\" <telefoni@exempelkommunen.example>"
            .parse()
            .unwrap();
        assert_eq!(named.name(), Some("Kundtjänst, telefoni"));
        assert_eq!(named.address(), "telefoni@exempelkommunen.example");
        assert_eq!(named.domain(), "exempelkommunen.example");
        let bare: Mailbox = " telefoni@exempelkommunen.example ".parse().unwrap();
        assert_eq!(bare.name(), None);
        assert_eq!(bare.to_string(), "telefoni@exempelkommunen.example");
    }

    #[test]
    fn what_could_mean_two_things_is_no_mailbox() {
        for text in [
            "",
            "telefoni",
            "@exempel.example",
            "a@",
            "a@b@c",
            "a b@c",
            "a@b,c@d",
            "a@-b",
            "a..b@c",
            "Name <a@b",
            "Name <a@b> x",
            "\"a b\"@c",
            "a@[127.0.0.1]",
            "Na\u{202e}me <a@b>",
            "Name\r\nBcc: x <a@b>",
            "a@b\r\nRCPT TO:<c@d>",
            "a@b\0",
        ] {
            assert_eq!(text.parse::<Mailbox>(), Err(InvalidMailbox), "{text:?}");
        }
    }

    #[test]
    fn debug_output_does_not_name_the_person() {
        let mailbox: Mailbox = "Kim Exempel <kim.exempel@exempelkommunen.example>"
            .parse()
            .unwrap();
        assert_eq!(format!("{mailbox:?}"), "Mailbox(…@exempelkommunen.example)");
    }
}
