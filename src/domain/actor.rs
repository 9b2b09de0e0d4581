//! Who does something: the subject of every authorization decision and of every audit entry.

use super::ids::{ActionLinkId, PersonId, ScimConnectionId, ScimTokenId, ServiceAccountId};
use crate::text_enum;

text_enum! {
    /// What a service account may be used for.
    pub enum Scope {
        /// Deliver employment documents.
        Hr = "hr",
        /// Deliver MDM reports.
        Mdm = "mdm",
        /// Keep the register and work with terminations, codes included.
        Desk = "desk",
        /// Read everything but codes.
        Read = "read",
        /// Say what a telephony system has carried out, such as a diversion.
        Telephony = "telephony",
        /// Beside another scope: see who people with a protected identity are.
        Protected = "protected",
        /// Set up legal entities, sources and the service itself.
        Admin = "admin",
    }
}

/// The one who acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A system that calls the API with an access token.
    ServiceAccount {
        /// The account.
        id: ServiceAccountId,
        /// What the presented token allows.
        scopes: Vec<Scope>,
        /// The account's version when the token was issued; a revoked or changed account has another.
        version: i64,
    },
    /// Whoever holds the action link that was mailed to a person. Not authenticated as that person.
    LinkHolder {
        /// The link.
        link: ActionLinkId,
        /// The person it was mailed to.
        person: PersonId,
    },
    /// A directory that keeps its accounts here.
    ScimConnection {
        /// The connection.
        id: ScimConnectionId,
        /// The token that it came with.
        token: ScimTokenId,
    },
    /// The service itself: a job or a sweep.
    System,
    /// Somebody with a shell on the machine.
    Operator,
}

impl Actor {
    /// The stable word for the kind of actor, as the audit shows it.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::ServiceAccount { .. } => "service_account",
            Self::LinkHolder { .. } => "link_holder",
            Self::ScimConnection { .. } => "scim_connection",
            Self::System => "system",
            Self::Operator => "operator",
        }
    }

    /// The pseudonymous id of the actor, as the audit shows it; empty for the service and the operator.
    pub fn id(&self) -> String {
        match self {
            Self::ServiceAccount { id, .. } => id.to_string(),
            Self::LinkHolder { link, .. } => link.to_string(),
            Self::ScimConnection { id, .. } => id.to_string(),
            Self::System | Self::Operator => String::new(),
        }
    }

    /// Whether the actor holds the scope. The service and the operator hold every scope.
    pub fn has_scope(&self, scope: Scope) -> bool {
        match self {
            Self::ServiceAccount { scopes, .. } => scopes.contains(&scope),
            Self::LinkHolder { .. } | Self::ScimConnection { .. } => false,
            Self::System | Self::Operator => true,
        }
    }
}
