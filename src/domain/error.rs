//! Why the rules of the trade refuse something.

use thiserror::Error;

/// The state of a thing does not allow what was asked.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DomainError {
    /// The command does not fit the state.
    #[error("{entity} in state {from} cannot {command}")]
    InvalidTransition {
        /// What it is about.
        entity: &'static str,
        /// The state it is in.
        from: &'static str,
        /// What was asked.
        command: &'static str,
    },
}
