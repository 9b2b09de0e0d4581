//! Why the domain refuses a command. A closed list: each refusal has one stable code, and none repeats what
//! somebody sent, because it may be a name, a number or a code.

use super::termination::{ActorRole, CheckKind};
use super::wipe::WipeLevel;

/// A refused command. A refused command has changed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DomainError {
    /// The command does not exist in this state.
    #[error("the {entity} is {from}: {command} is not possible")]
    InvalidTransition {
        /// What was to change, such as `termination` or `check`.
        entity: &'static str,
        /// The state it is in.
        from: &'static str,
        /// The command that was refused.
        command: &'static str,
    },
    /// A preservation hold forbids reset and wipe. The reason is kept in the case, not here.
    #[error("a preservation hold forbids it")]
    Held,
    /// The serial number or IMEI read from the handset is not the one that was handed out.
    #[error("the device is not the one that was handed out")]
    WrongDevice,
    /// What is known about the wipe is less than the policy of the device's data class asks for.
    #[error("the wipe is {actual}, the policy asks for {required}")]
    PolicyNotMet {
        /// The lowest level that the policy accepts.
        required: WipeLevel,
        /// The level of what is known.
        actual: WipeLevel,
    },
    /// Something that happened later contradicts the wipe.
    #[error("later contact with the device contradicts the wipe")]
    Contradicted,
    /// The statement is about a handset in the receiver's hands, and this one has not come back.
    #[error("the device has not been returned")]
    NotReturned,
    /// Something must be answered before the check can be settled: a code kind, or what happens to the number.
    #[error("{check} has unanswered questions")]
    Unanswered {
        /// The check.
        check: CheckKind,
    },
    /// A reason is mandatory.
    #[error("a reason is needed")]
    NeedsReason,
    /// This role may not do that.
    #[error("not allowed for the role {role}")]
    NotAllowed {
        /// The role that tried.
        role: ActorRole,
    },
    /// The case has no such item.
    #[error("the case has no such item")]
    UnknownItem,
    /// The item has no such check.
    #[error("the item has no such check")]
    UnknownCheck,
    /// A number is to go to its holder, and is not terminated or used in another way before somebody who is named has
    /// decided otherwise.
    #[error("the number is to be transferred to its holder: say who decided otherwise, and why")]
    TransferUnderWay,
    /// A different answer is already recorded; the desk or a technician can correct it.
    #[error("a different answer is already recorded")]
    Conflict,
    /// A word of the domain that this version cannot act on.
    #[error("{0} is not supported here")]
    Unsupported(&'static str),
}

impl DomainError {
    /// The stable code that callers may match on.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::InvalidTransition { .. } => "invalid_transition",
            Self::Held => "held",
            Self::WrongDevice => "wrong_device",
            Self::PolicyNotMet { .. } => "wipe_policy_not_met",
            Self::Contradicted => "wipe_contradicted",
            Self::NotReturned => "not_returned",
            Self::Unanswered { .. } => "unanswered",
            Self::NeedsReason => "needs_reason",
            Self::NotAllowed { .. } => "not_allowed",
            Self::UnknownItem => "unknown_item",
            Self::UnknownCheck => "unknown_check",
            Self::TransferUnderWay => "number_transfer_under_way",
            Self::Conflict => "conflicting_answer",
            Self::Unsupported(_) => "unsupported",
        }
    }
}
