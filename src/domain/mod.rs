//! The rules of the trade: pure values and functions. No clock, no database, no network, no randomness:
//! `now` and new ids come in as arguments, new states and events go out.

pub mod action_link;
pub mod actor;
pub mod assignment;
pub mod calendar;
pub mod code;
pub mod device;
pub mod employment;
pub mod error;
pub mod ids;
pub mod instance;
pub mod job;
pub mod language;
pub mod message;
pub mod note;
pub mod once;
pub mod organisation;
pub mod page;
pub mod person;
pub mod policy;
pub mod record;
pub mod scim;
pub mod service_account;
pub mod snapshot;
pub mod source;
pub mod subscription;
pub mod task;
pub mod termination;
pub mod text;
pub mod text_enum;
pub mod timeline;
pub mod unit;
pub mod unmatched;
pub mod wipe;
pub mod worklist;
