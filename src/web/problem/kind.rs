//! The closed list of problem types. A type is contract: it is never renamed and never changes its status.

/// What the type URI of every problem begins with. It is a name, not an address: the list is in the
/// description of `/openapi.yaml`, which `/docs` shows.
pub const BASE: &str = "urn:handback:problem:";

macro_rules! problem_types {
    ($($(#[$doc:meta])* $variant:ident = $slug:literal, $status:literal, $title:literal, $meaning:literal;)+) => {
        /// Every reason for which a request is not answered with success.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ProblemType { $(#[doc = $title] $variant),+ }

        impl ProblemType {
            /// Every type, in the order of its status.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The last part of the type URI.
            pub const fn slug(self) -> &'static str {
                match self { $(Self::$variant => $slug),+ }
            }

            /// The HTTP status.
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status),+ }
            }

            /// The same short sentence whenever the type occurs.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title),+ }
            }

            /// What happened and what the caller can do, for the documentation.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning),+ }
            }
        }
    };
}

problem_types! {
    MalformedRequest = "malformed-request", 400, "The request cannot be understood",
        "A header, a query parameter or the form of the request is wrong. `errors` names it. Mend the request; repeating it does not help.";
    MalformedBody = "malformed-body", 400, "The body is not readable JSON",
        "The body is not UTF-8, not JSON, repeats a member of an object or is nested deeper than 16 levels.";
    IdempotencyKeyMissing = "idempotency-key-missing", 400, "The Idempotency-Key header is missing",
        "This operation must not happen twice. Send `Idempotency-Key` with a fresh UUID, and the same one again whenever you repeat the request.";
    CursorInvalid = "cursor-invalid", 400, "The cursor does not belong to this list",
        "The cursor was changed, comes from another list or was used with other filters. Begin again without it.";
    Unauthenticated = "unauthenticated", 401, "An access token is needed",
        "Get one from `POST /oauth/token` and send it as `Authorization: Bearer …`.";
    InvalidToken = "invalid-token", 401, "The access token is not valid",
        "It has expired, was changed, or its service account was revoked or changed since. Get a new one.";
    Forbidden = "forbidden", 403, "Not allowed",
        "The access token does not have a scope that allows this.";
    NotFound = "not-found", 404, "Nothing is here",
        "There is no such resource, or it is not yours to see: the answer is the same.";
    MethodNotAllowed = "method-not-allowed", 405, "The resource does not have this method",
        "`Allow` lists the methods it has.";
    NotAcceptable = "not-acceptable", 406, "None of the accepted formats is available",
        "The resource has no representation that fits `Accept`.";
    BodyTimeout = "body-timeout", 408, "The body did not arrive in time",
        "The connection was closed. Send the request again; nothing was done.";
    Conflict = "conflict", 409, "It clashes with something that exists",
        "`code` says with what, for example a serial number that another device has.";
    InvalidState = "invalid-state", 409, "The state of the resource does not allow it",
        "`code` says why. Read the resource again before you decide what to do.";
    LinkGone = "link-gone", 410, "The link no longer works",
        "It was used, has expired or was revoked. The newest mail has the one that works.";
    Gone = "gone", 410, "It was here and is not any more",
        "`code` says why. It does not come back: repeating the request does not help.";
    PreconditionFailed = "precondition-failed", 412, "The resource has changed",
        "`If-Match` names another version than the current one, whose tag is in `ETag`. Read it again, then decide.";
    BodyTooLarge = "body-too-large", 413, "The body is too large",
        "Send less at a time. The limit is 256 KiB unless the operation says otherwise.";
    UnsupportedMediaType = "unsupported-media-type", 415, "The body has the wrong media type",
        "Send `Content-Type: application/json`, in UTF-8, without `Content-Encoding`.";
    ValidationFailed = "validation-failed", 422, "Something in the request breaks a rule",
        "`errors` lists what: a JSON pointer into the body (RFC 6901) or a parameter, a stable code and what to do.";
    IdempotencyKeyReused = "idempotency-key-reused", 422, "The idempotency key belongs to another request",
        "The same key came with another path or body before. Use a fresh key for a new request.";
    PreconditionRequired = "precondition-required", 428, "The If-Match header is missing",
        "Edits name the version they are meant for: read the resource and send its `ETag` as `If-Match`.";
    RateLimited = "rate-limited", 429, "Too many requests",
        "Wait as long as `Retry-After` says. `RateLimit` tells on every answer how many are left.";
    InternalError = "internal-error", 500, "A fault of ours",
        "Nothing was changed. Repeat the request with the same idempotency key; if it stays, report `instance`.";
    Busy = "busy", 503, "Too much at once",
        "Nothing was changed. Repeat after `Retry-After` seconds.";
    Unavailable = "unavailable", 503, "Storage is not available",
        "Nothing was changed. Repeat after `Retry-After` seconds.";
    IssuerUnavailable = "issuer-unavailable", 503, "The keys of the token's issuer cannot be had",
        "The token can be neither accepted nor refused. Repeat after `Retry-After` seconds.";
    DeadlineExceeded = "deadline-exceeded", 503, "It took too long",
        "The request may have been carried out. Repeat it with the same idempotency key to find out.";
    NotReady = "not-ready", 503, "The service is not ready",
        "`detail` names the parts that are not.";
}

impl ProblemType {
    /// The type URI.
    pub fn uri(self) -> String {
        format!("{BASE}{}", self.slug())
    }

    /// The types as a table in Markdown: the reference that `/docs` and the README show.
    pub fn reference() -> String {
        let mut table = String::from("| Status | Type | What it means |\n|---|---|---|\n");
        for kind in Self::ALL {
            let (status, slug, title, meaning) = (kind.status(), kind.slug(), kind.title(), kind.meaning());
            table.push_str(&format!("| {status} | `{BASE}{slug}` | {title}. {meaning} |\n"));
        }
        table
    }
}
