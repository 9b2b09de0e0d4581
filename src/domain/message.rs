//! Mails: planned with the case, written when they are due, kept until they are delivered.

use super::ids::{DeliveryNoteId, MessageId, PersonId, TerminationId};
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
        /// The mail server took it, and it came back.
        Bounced = "bounced",
        /// A newer mail of the same case made it superfluous before it was written.
        Superseded = "superseded",
        /// The case no longer needs it.
        Cancelled = "cancelled",
        /// It could not be written or delivered; the reason is kept.
        Failed = "failed",
    }
}

impl MessageState {
    /// Whether it was given up: whoever it was for did not get it.
    pub const fn is_undelivered(self) -> bool {
        match self {
            Self::Failed | Self::Bounced => true,
            Self::Planned | Self::Queued | Self::Sent | Self::Superseded | Self::Cancelled => false,
        }
    }
}

/// The stable word of a message that is planned again because its recipient cannot be reached.
pub const UNREACHABLE: &str = "unreachable";
/// The stable word of a message that somebody asked to be sent again.
pub const RESENT: &str = "resent";

text_enum! {
    /// What came of one try to deliver a mail.
    pub enum MailOutcome {
        /// The mail server took it.
        Accepted = "accepted",
        /// It could not be handed over now, or nobody knows; it is tried again.
        Deferred = "deferred",
        /// The mail server will never take it.
        Refused = "refused",
        /// It was taken and came back.
        Bounced = "bounced",
    }
}

/// One line of the delivery log of a message. Lines are added and never changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryNote {
    /// Its id.
    pub id: DeliveryNoteId,
    /// The message that was handed over: of a digest, the one that carries the others.
    pub message_id: MessageId,
    /// When.
    pub at: DateTime<Utc>,
    /// What came of it.
    pub outcome: MailOutcome,
    /// What the other side said: one line, without addresses.
    pub reply: Option<String>,
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
    /// Why it is superseded, cancelled, failed or planned again: a stable word.
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
    /// The message in whose mail it is told, if that is a digest.
    pub carried_by: Option<MessageId>,
    /// The message that it is a copy of: it tells somebody what somebody else is asked.
    pub copy_of: Option<MessageId>,
    /// Since when the mail server does not take it.
    pub deferred_since: Option<DateTime<Utc>>,
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
            carried_by: None,
            copy_of: None,
            deferred_since: None,
            meta: Meta::new(now),
        }
    }

    /// The same mail, planned again as if it had never been written.
    pub fn again(&self, id: MessageId, due_at: DateTime<Utc>, now: DateTime<Utc>) -> Self {
        Self {
            planned_from: self.planned_from,
            copy_of: self.copy_of,
            ..Self::planned(
                id,
                self.termination_id,
                (self.step, self.to, self.copy_to.clone()),
                due_at,
                now,
            )
        }
    }

    /// This mail in place of one that waits to be written, whose id it takes: a plan that moves leaves nothing behind.
    /// Nothing if that one is as it should be.
    pub fn in_place_of(self, standing: Self) -> Option<Self> {
        let kept = Self {
            id: standing.id,
            meta: standing.meta,
            ..self
        };
        if kept == standing {
            return None;
        }
        let meta = Meta {
            // It is planned now; what was planned before is no longer.
            created_at: self.meta.created_at,
            ..standing.meta.changed(self.meta.updated_at)
        };
        Some(Self { meta, ..kept })
    }

    /// A copy of this mail, which is being written, for somebody who is to know.
    pub fn copy(&self, id: MessageId, to: RecipientRole, now: DateTime<Utc>) -> Self {
        Self {
            copy_of: Some(self.id),
            ..Self::planned(id, self.termination_id, (self.step, to, Vec::new()), now, now)
        }
    }

    /// Whether it is planned because an earlier one did not reach anybody: it does not wait for another day.
    pub fn is_planned_again(&self) -> bool {
        self.state_reason
            .as_deref()
            .is_some_and(|reason| [UNREACHABLE, RESENT].contains(&reason))
    }

    /// The message that is handed over with it, and whose id is in the `Message-ID`.
    pub fn carrier(&self) -> MessageId {
        self.carried_by.unwrap_or(self.id)
    }
}
