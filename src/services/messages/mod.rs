//! The mails of cases: written when they are due, delivered by a job, shown to those who watch.
//!
//! A mail is written once, in the transaction that puts it in the queue, and kept sealed until it is delivered; every
//! try hands over the same bytes. Both writing and delivering read the case first: a mail that nobody needs any more
//! is called off, however long it has waited.
//!
//! People get at most one ordinary mail a day. What there is to tell somebody is told in one mail: on its own, or as a
//! digest, which is the mail of one message that carries others.

mod asked;
mod attachments;
mod compose;
mod daily;
mod deliver;
mod parcel;
pub(super) mod recipients;
mod resend;
mod sort;
mod sweep;
mod trail;
mod unreached;
mod wanted;
mod watch;
mod write;

pub use crate::db::messages::MessageFilter;
pub(super) use asked::asked_role;
pub(super) use compose::sender;
pub use deliver::{Delivery, deliver};
pub use resend::{NewBounce, deliveries, report_bounce, resend};
pub use sweep::sweep;
pub(super) use trail::{cancel_in, supersede_in};
pub(super) use wanted::{MAIL_IS_OFF, asks, is_receipt, leaves_at, next_departure};
pub use watch::{PlannedMail, get, list, preview, timeline};
