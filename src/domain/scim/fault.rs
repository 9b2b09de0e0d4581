//! What is wrong with a SCIM request.

use thiserror::Error;

/// The words of RFC 7644 table 9 that are used here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScimType {
    /// The filter is none, or not one that is supported.
    InvalidFilter,
    /// The value is taken.
    Uniqueness,
    /// The attribute cannot be changed like that.
    Mutability,
    /// The body does not have the structure of the message.
    InvalidSyntax,
    /// The path names nothing.
    InvalidPath,
    /// The path does not lead to anything that could be changed.
    NoTarget,
    /// A value is missing or does not fit its attribute.
    InvalidValue,
}

impl ScimType {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidFilter => "invalidFilter",
            Self::Uniqueness => "uniqueness",
            Self::Mutability => "mutability",
            Self::InvalidSyntax => "invalidSyntax",
            Self::InvalidPath => "invalidPath",
            Self::NoTarget => "noTarget",
            Self::InvalidValue => "invalidValue",
        }
    }
}

/// A request that cannot be followed. The text repeats nothing of what was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{detail}")]
pub struct ScimFault {
    /// The stable word.
    pub kind: ScimType,
    /// What to do about it.
    pub detail: &'static str,
}

impl ScimFault {
    /// A fault of this kind.
    pub const fn new(kind: ScimType, detail: &'static str) -> Self {
        Self { kind, detail }
    }

    pub(super) const fn value(detail: &'static str) -> Self {
        Self::new(ScimType::InvalidValue, detail)
    }

    pub(super) const fn syntax(detail: &'static str) -> Self {
        Self::new(ScimType::InvalidSyntax, detail)
    }

    pub(super) const fn filter(detail: &'static str) -> Self {
        Self::new(ScimType::InvalidFilter, detail)
    }

    pub(super) const fn path(detail: &'static str) -> Self {
        Self::new(ScimType::InvalidPath, detail)
    }
}
