//! Placeholder
use super::ids::{MessageId, TerminationId};
/// Job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Job {
    /// Send.
    SendMail {
        /// id
        message_id: MessageId,
    },
    /// Open.
    OpenTermination {
        /// id
        termination_id: TerminationId,
    },
    /// Destroy.
    DestroyCodes {
        /// id
        termination_id: TerminationId,
    },
}
