//! What a change of an account means. An account that is switched off is no employment that has ended: it may be a
//! leave, a lock or a group that somebody edited. So it confirms what HR says, or is asked about.

use crate::domain::employment::{Employment, EmploymentState};
use crate::domain::ids::{
    AccountReviewId, AccountSignalId, EmploymentId, PersonId, ScimConnectionId, ScimUserId,
};
use crate::domain::record::Meta;
use crate::text_enum;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

/// How long an account may be off before somebody is asked: much is switched on again at once.
pub const GRACE: TimeDelta = TimeDelta::hours(4);
/// How near the end of an employment must be for an account that is switched off to belong to it.
const NEAR: TimeDelta = TimeDelta::days(30);

text_enum! {
    /// What became of an account.
    pub enum SignalKind {
        /// It was switched off.
        Inactive = "inactive",
        /// It was switched on again.
        Active = "active",
        /// It was deleted.
        Deleted = "deleted",
    }
}

text_enum! {
    /// What is asked about.
    pub enum ReviewReason {
        /// The account was switched off.
        Inactive = "inactive",
        /// The account was deleted.
        Deleted = "deleted",
    }
}

text_enum! {
    /// Where the question about an account stands.
    pub enum ReviewState {
        /// It is not asked yet: the account may be switched on again.
        Waiting = "waiting",
        /// Somebody has to answer it.
        Open = "open",
        /// HR says that the employment ends: the question is answered.
        Confirmed = "confirmed",
        /// The account was switched on again.
        Cleared = "cleared",
        /// Somebody answered it.
        Resolved = "resolved",
    }
}

impl ReviewState {
    /// Whether the question still stands.
    pub const fn is_pending(self) -> bool {
        matches!(self, Self::Waiting | Self::Open)
    }
}

text_enum! {
    /// What somebody found out. None of these ends an employment: that is for the HR system to say.
    pub enum ReviewResolution {
        /// The employment goes on: a leave, a locked account, a mistake in the directory.
        StillEmployed = "still_employed",
        /// The employment ends, and HR is asked to enter the day.
        HrAsked = "hr_asked",
        /// The account is not one of a person who can have a device.
        NotRelevant = "not_relevant",
    }
}

/// One change of an account, kept for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountSignal {
    /// Its id.
    pub id: AccountSignalId,
    /// Who said so.
    pub connection_id: ScimConnectionId,
    /// The account; it may be gone.
    pub user_id: ScimUserId,
    /// Whom the account belonged to, if that was known.
    pub person_id: Option<PersonId>,
    /// What became of it.
    pub kind: SignalKind,
    /// When.
    pub at: DateTime<Utc>,
}

/// The question whether somebody is leaving whose account is off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountReview {
    /// Its id.
    pub id: AccountReviewId,
    /// Who said that the account is off.
    pub connection_id: ScimConnectionId,
    /// The account; it may be gone.
    pub user_id: ScimUserId,
    /// Whom it belongs to, if that is known.
    pub person_id: Option<PersonId>,
    /// What is asked about.
    pub reason: ReviewReason,
    /// Where it stands.
    pub state: ReviewState,
    /// When it is looked at again without anybody doing anything.
    pub due_at: DateTime<Utc>,
    /// The employment whose end confirms it.
    pub employment_id: Option<EmploymentId>,
    /// What somebody found out.
    pub resolution: Option<ReviewResolution>,
    /// When it was answered, whoever or whatever answered it.
    pub closed_at: Option<DateTime<Utc>>,
    /// Version and dates.
    pub meta: Meta,
}

/// The end of an employment that explains why an account is off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmploymentEnd {
    /// The employment.
    pub employment_id: EmploymentId,
    /// Its last day.
    pub last_day: NaiveDate,
}

/// The last end of somebody's employments, if all of them have ended or end soon. None while one goes on: the account
/// may be off for a reason of its own.
pub fn confirming_end(employments: &[Employment], today: NaiveDate) -> Option<EmploymentEnd> {
    let mut latest: Option<EmploymentEnd> = None;
    let known = employments
        .iter()
        .filter(|employment| employment.document.state == EmploymentState::Active);
    for employment in known {
        let last_day = employment.document.end_date.filter(|end| *end <= today + NEAR)?;
        if latest.is_none_or(|latest| latest.last_day < last_day) {
            latest = Some(EmploymentEnd {
                employment_id: employment.id,
                last_day,
            });
        }
    }
    latest
}
