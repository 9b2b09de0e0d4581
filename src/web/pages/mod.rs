//! The pages people see: a view of plain values in, one complete HTML document out.
//!
//! Must not do IO, read a request or decide anything. Every page works without JavaScript, loads nothing
//! from anywhere, carries its one style sheet inline (allow it in the Content-Security-Policy with
//! [`style_sha256_base64`]) and escapes whatever a person wrote.
//!
//! No view has `Debug`: they carry names, and some the token of an action link.

pub mod confirm;
mod done;
mod fields;
mod frame;
pub mod lists;
mod mailbox;
pub mod mailbox_pages;
mod message;
mod receipt;
pub mod site;
pub mod status;
#[cfg(test)]
mod tests;
mod verify;

pub use confirm::ConfirmPage;
pub use done::{DonePage, OpenItem, Undo};
pub use frame::{Site, style_sha256_base64};
pub use mailbox::{MailPage, MailboxPage, MailboxRow};
pub use message::{ErrorKind, ErrorPage, GonePage, Renewed, RenewedPage};
pub use receipt::ReceiptPage;
pub use verify::{Verdict, VerifyPage};
