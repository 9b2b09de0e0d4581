//! Members of a merge patch (RFC 7396): absent means unchanged, null means cleared.
//!
//! ```ignore
//! #[serde(default, deserialize_with = "not_null")]
//! name: Option<String>,
//! #[serde(default, deserialize_with = "nullable")]
//! org_number: Option<Option<String>>,
//! ```

use serde::{Deserialize, Deserializer};

/// A member that cannot be cleared: null is of the wrong type.
///
/// # Errors
/// The value is not a `T`.
pub fn not_null<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// A member that null clears.
///
/// # Errors
/// The value is neither null nor a `T`.
pub fn nullable<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}

/// A member that must be there and may be null: left out is an error, never "no value".
///
/// # Errors
/// The value has another type.
pub fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Option::deserialize(deserializer)
}
