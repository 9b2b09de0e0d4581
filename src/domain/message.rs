//! Mails: planned with the case, written when they are due, kept until they are delivered.

use super::ids::{MessageId, PersonId, TerminationId};
use super::language::Language;
use super::record::Meta;
use super::timeline::{MessageStep, RecipientRole};
use crate::text_enum;
use chrono::{DateTime, NaiveDate, Utc};

text_enum! {
    /// Where a mail is on its way.
    pub enum MessageState {
        /// It will be written when it is due.
        Planned = "planned",
        /// It is written and waits to be delivered.
        Queued = "queued",
        /// The mail server took it.
        Sent = "sent",
        /// A newer mail of the same case made it superfluous before it was written.
        Superseded = "superseded",
        /// The case no longer needs it.
        Cancelled = "cancelled",
        /// It could not be written or delivered; the reason is kept.
        Failed = "failed",
    }
}

/// One mail of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its id; also the local part of its `Message-ID`, on every attempt.
    pub id: MessageId,
    /// The case.
    pub termination_id: TerminationId,
    /// Which mail of the timeline it is.
    pub step: MessageStep,
    /// Who is asked to act.
    pub to: RecipientRole,
    /// Who is told as well.
    pub copy_to: Vec<RecipientRole>,
    /// Where it is on its way.
    pub state: MessageState,
    /// Why it is superseded, cancelled or failed: a stable word.
    pub state_reason: Option<String>,
    /// When it is due.
    pub due_at: DateTime<Utc>,
    /// Whom it was written to. Resolved when it is written, not when it is planned.
    pub recipient_id: Option<PersonId>,
    /// The language it was written in.
    pub language: Option<Language>,
    /// Its subject.
    pub subject: Option<String>,
    /// When it was written.
    pub queued_at: Option<DateTime<Utc>>,
    /// When the mail server took it.
    pub sent_at: Option<DateTime<Utc>>,
    /// What the mail server said.
    pub server_reply: Option<String>,
    /// The T0 that its time was counted from, if a timeline planned it.
    pub planned_from: Option<NaiveDate>,
    /// Version and dates.
    pub meta: Meta,
}

impl Message {
    /// A message that will be written when it is due.
    pub fn planned(
        id: MessageId,
        termination_id: TerminationId,
        (step, to, copy_to): (MessageStep, RecipientRole, Vec<RecipientRole>),
        due_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            id,
            termination_id,
            step,
            to,
            copy_to,
            state: MessageState::Planned,
            state_reason: None,
            due_at,
            recipient_id: None,
            language: None,
            subject: None,
            queued_at: None,
            sent_at: None,
            server_reply: None,
            planned_from: None,
            meta: Meta::new(now),
        }
    }

    /// The same mail again, as if it had never been written.
    pub fn again(&self, id: MessageId, due_at: DateTime<Utc>, now: DateTime<Utc>) -> Self {
        Self {
            planned_from: self.planned_from,
            ..Self::planned(
                id,
                self.termination_id,
                (self.step, self.to, self.copy_to.clone()),
                due_at,
                now,
            )
        }
    }
}
