//! What it takes to answer a repeated request the same way: its key, and the answer that was given.

/// What makes a request the same request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnceKey {
    /// Who asks: the keys of two callers never meet.
    pub actor: String,
    /// The method and the route pattern.
    pub route: String,
    /// The key as the caller chose it.
    pub key: String,
    /// SHA-256 over everything that the caller sent.
    pub fingerprint: Vec<u8>,
}

/// An answer as it went out, to be sent again byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The headers that belong to the answer.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}
