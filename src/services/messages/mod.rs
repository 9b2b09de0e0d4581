//! The mails of cases: written when they are due, delivered by a job, shown to those who watch.
//!
//! A mail is written once, in the transaction that puts it in the queue, and kept sealed until it is delivered; every
//! try hands over the same bytes. Both writing and delivering read the case first: a mail that nobody needs any more
//! is called off, however long it has waited.

mod asked;
mod compose;
mod deliver;
mod parcel;
pub(super) mod recipients;
mod sweep;
mod trail;
mod wanted;
mod watch;

pub use crate::db::messages::MessageFilter;
pub(super) use asked::asked_role;
pub(super) use compose::sender;
pub use deliver::{Delivery, deliver};
pub use sweep::sweep;
pub(super) use trail::supersede_in;
pub(super) use wanted::{MAIL_IS_OFF, asks, next_departure};
pub use watch::{PlannedMail, get, list, preview, timeline};
