//! Action links: what a person can do from a mail, without an account.

use super::ids::{ActionLinkId, MessageId, PersonId, TerminationId};
use crate::text_enum;
use chrono::{DateTime, TimeDelta, Utc};

text_enum! {
    /// The one thing that a link is for.
    pub enum LinkPurpose {
        /// Confirm what came back.
        Confirm = "confirm",
        /// The holder's page: see where the case stands, and say what is done.
        Status = "status",
    }
}

text_enum! {
    /// What somebody answered through a link, in one word.
    pub enum LinkAnswer {
        /// What is filled in is right.
        Confirm = "confirm",
        /// The employment goes on, or the date is wrong.
        WrongDate = "wrong_date",
        /// It is somebody else's to confirm.
        HandOver = "hand_over",
    }
}

text_enum! {
    /// Why a link stopped working before it was used or expired.
    pub enum RevokeReason {
        /// Somebody else is the manager now.
        ReceiverChanged = "receiver_changed",
        /// Another link of the same case was used.
        Answered = "answered",
        /// The case was completed or cancelled.
        Closed = "closed",
        /// The dates moved; the mail named others.
        Rescheduled = "rescheduled",
        /// Its reader has another address now; who reads the one before is not known.
        AddressChanged = "address_changed",
    }
}

/// A link as it is stored: the token itself is only in the mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionLink {
    /// Its id.
    pub id: ActionLinkId,
    /// The case.
    pub termination_id: TerminationId,
    /// What it is for.
    pub purpose: LinkPurpose,
    /// Whom it was mailed to.
    pub person_id: PersonId,
    /// The mail that carries it.
    pub message_id: MessageId,
    /// SHA-256 of the token.
    pub token_hash: Vec<u8>,
    /// When it was made.
    pub issued_at: DateTime<Utc>,
    /// Until when it works.
    pub expires_at: DateTime<Utc>,
    /// When it was used, the word for the answer, and a digest of the whole answer.
    pub used: Option<LinkUse>,
    /// When it was revoked, and why.
    pub revoked: Option<(DateTime<Utc>, RevokeReason)>,
    /// When the answer that was given through it was taken back, the latest time.
    pub undone_at: Option<DateTime<Utc>>,
}

/// How a link was used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkUse {
    /// When.
    pub at: DateTime<Utc>,
    /// What was answered.
    pub answer: LinkAnswer,
    /// SHA-256 over the whole answer but its codes, to tell a repeated one from another one.
    pub answer_hash: Vec<u8>,
}

/// For so long an answer can be taken back by whoever has the link.
pub const UNDO_WITHIN: TimeDelta = TimeDelta::hours(24);

impl ActionLink {
    /// Whether it can still be used.
    pub fn is_live(&self, now: DateTime<Utc>) -> bool {
        self.used.is_none() && self.revoked.is_none() && now < self.expires_at
    }
}
