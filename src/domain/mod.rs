//! The rules of the trade: pure values and functions. No clock, no database, no network, no randomness:
//! `now` and new ids come in as arguments, new states and events go out.

pub mod action_link;
pub mod actor;
pub mod error;
pub mod ids;
pub mod job;
pub mod language;
pub mod termination;
pub mod text_enum;
pub mod wipe;
