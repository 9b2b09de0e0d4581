//! Work that is done outside the request that caused it: what it is, how often it is tried, when again.
//!
//! A job carries ids and nothing else. What it needs to know it reads when it runs, so that it acts on the
//! truth of that moment and the job table never holds personal data or codes.

use super::ids::{AddOnId, JobId, LegalEntityId, MessageId, ScimConnectionId, SnapshotId, TerminationId};
use crate::text_enum;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How often a process may die with a job in its hands before the job is held for the cause.
pub const MAX_CRASHES: i32 = 3;
/// The pause before the second attempt; it doubles with each attempt.
const FIRST_RETRY: TimeDelta = TimeDelta::seconds(15);
/// The longest pause between two attempts, before the jitter.
const LONGEST_RETRY: TimeDelta = TimeDelta::hours(6);

text_enum! {
    /// The kinds of jobs. The word is stored: a word that was once used keeps its meaning.
    pub enum JobKind {
        /// Hand one message to the mail server.
        SendMail = "send_mail",
        /// Open a scheduled termination when its day has come.
        OpenTermination = "open_termination",
        /// Note that a leave is over when its last day has passed.
        NoteBack = "note_back",
        /// Destroy the sealed codes of a termination.
        DestroyCodes = "destroy_codes",
        /// Apply an accepted snapshot, some rows at a time.
        ApplySnapshot = "apply_snapshot",
        /// Tell the service desk that a snapshot is held.
        TellSnapshotHeld = "tell_snapshot_held",
        /// Tell the desk that a directory's connection is silent.
        ReportSilence = "report_silence",
        /// Tell whoever ordered an add-on that it has ended.
        TellAddOnEnded = "tell_add_on_ended",
        /// Plan the mails of the cases of a legal entity anew.
        ReplanTerminations = "replan_terminations",
    }
}

text_enum! {
    /// Where a job is in its life.
    pub enum JobState {
        /// Waits for its time.
        Ready = "ready",
        /// A worker holds its lease.
        Running = "running",
        /// Failed and waits for the next attempt.
        Retry = "retry",
        /// Done.
        Done = "done",
        /// Given up; somebody has to look. It can be resumed.
        Dead = "dead",
        /// Called off by somebody, or no longer needed.
        Cancelled = "cancelled",
    }
}

impl JobState {
    /// Whether somebody may call the job off. A running one may have had its effect already.
    pub const fn can_be_cancelled(self) -> bool {
        match self {
            Self::Ready | Self::Retry | Self::Dead => true,
            Self::Running | Self::Done | Self::Cancelled => false,
        }
    }

    /// Whether somebody may set the job going again.
    pub const fn can_be_resumed(self) -> bool {
        match self {
            Self::Dead => true,
            Self::Ready | Self::Running | Self::Retry | Self::Done | Self::Cancelled => false,
        }
    }
}

/// One piece of work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Job {
    /// Hand one message to the mail server.
    SendMail {
        /// The message.
        message_id: MessageId,
    },
    /// Open a scheduled termination when its day has come.
    OpenTermination {
        /// The termination.
        termination_id: TerminationId,
        /// The day on which the devices are due back. A day that moves makes another job; the one for the day
        /// before finds nothing to do.
        day: NaiveDate,
    },
    /// Note that a leave is over when its last day has passed.
    NoteBack {
        /// The termination.
        termination_id: TerminationId,
        /// The first day on which the holder is back. A day that moves makes another job.
        day: NaiveDate,
    },
    /// Destroy the sealed codes of a termination.
    DestroyCodes {
        /// The termination.
        termination_id: TerminationId,
    },
    /// Apply an accepted snapshot, some rows at a time.
    ApplySnapshot {
        /// The snapshot.
        snapshot_id: SnapshotId,
    },
    /// Tell the service desk that a snapshot is held.
    TellSnapshotHeld {
        /// The snapshot.
        snapshot_id: SnapshotId,
    },
    /// Tell the desk that a directory's connection is silent.
    ReportSilence {
        /// The connection.
        connection_id: ScimConnectionId,
        /// This silence; also in the `Message-ID` of the mail, on every attempt.
        alarm: Uuid,
    },
    /// Tell whoever ordered an add-on that it has ended.
    TellAddOnEnded {
        /// The add-on.
        add_on_id: AddOnId,
    },
    /// Plan the mails of the cases of a legal entity anew, because its schedule changed.
    ReplanTerminations {
        /// The legal entity.
        legal_entity_id: LegalEntityId,
        /// The version of it that the change made.
        version: i64,
    },
}

impl Job {
    /// Its kind.
    pub const fn kind(&self) -> JobKind {
        match self {
            Self::SendMail { .. } => JobKind::SendMail,
            Self::OpenTermination { .. } => JobKind::OpenTermination,
            Self::NoteBack { .. } => JobKind::NoteBack,
            Self::DestroyCodes { .. } => JobKind::DestroyCodes,
            Self::ApplySnapshot { .. } => JobKind::ApplySnapshot,
            Self::TellSnapshotHeld { .. } => JobKind::TellSnapshotHeld,
            Self::ReportSilence { .. } => JobKind::ReportSilence,
            Self::TellAddOnEnded { .. } => JobKind::TellAddOnEnded,
            Self::ReplanTerminations { .. } => JobKind::ReplanTerminations,
        }
    }

    /// How often it is tried before it is given up.
    pub const fn max_attempts(&self) -> i32 {
        match self {
            // With the longest pauses about two and a half days: a mail server may be away over a weekend.
            Self::SendMail { .. }
            | Self::TellSnapshotHeld { .. }
            | Self::ReportSilence { .. }
            | Self::TellAddOnEnded { .. } => 20,
            Self::OpenTermination { .. }
            | Self::NoteBack { .. }
            | Self::DestroyCodes { .. }
            | Self::ApplySnapshot { .. }
            | Self::ReplanTerminations { .. } => 12,
        }
    }

    /// Its place in the queue: the lower number goes first.
    pub const fn priority(&self) -> i32 {
        match self {
            Self::OpenTermination { .. } | Self::NoteBack { .. } => 10,
            // Before the mails that it may call off.
            Self::ReplanTerminations { .. } => 15,
            Self::SendMail { .. }
            | Self::TellSnapshotHeld { .. }
            | Self::ReportSilence { .. }
            | Self::TellAddOnEnded { .. } => 20,
            Self::ApplySnapshot { .. } => 25,
            Self::DestroyCodes { .. } => 30,
        }
    }

    /// What makes two jobs of one kind the same work: only one of them is queued or running at a time.
    pub fn dedupe_key(&self) -> Option<String> {
        match self {
            Self::SendMail { message_id } => Some(message_id.to_string()),
            Self::OpenTermination { termination_id, day } | Self::NoteBack { termination_id, day } => {
                Some(format!("{termination_id} {day}"))
            }
            Self::DestroyCodes { termination_id } => Some(termination_id.to_string()),
            Self::ApplySnapshot { snapshot_id } | Self::TellSnapshotHeld { snapshot_id } => {
                Some(snapshot_id.to_string())
            }
            Self::ReportSilence { alarm, .. } => Some(alarm.to_string()),
            Self::TellAddOnEnded { add_on_id } => Some(add_on_id.to_string()),
            Self::ReplanTerminations {
                legal_entity_id,
                version,
            } => Some(format!("{legal_entity_id} {version}")),
        }
    }
}

/// The right to work on a job. The token rises with every claim, so a worker that lost its lease can be
/// told from the one that has it now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The job.
    pub job: JobId,
    /// The number of the claim.
    pub token: i64,
}

/// A job in the hands of a worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimedJob {
    /// The right to work on it.
    pub lease: Lease,
    /// Its kind.
    pub kind: JobKind,
    /// The work; none when the stored arguments cannot be read.
    pub job: Option<Job>,
    /// The number of this attempt, from 1.
    pub attempt: i32,
    /// How many attempts it has.
    pub max_attempts: i32,
    /// When it was due.
    pub run_at: DateTime<Utc>,
}

/// A job as it is shown to those who watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobRecord {
    /// Its id.
    pub id: JobId,
    /// The word of its kind; a newer version of the service may have written one that is unknown here.
    pub kind: String,
    /// The id of what it is about, if it has one.
    pub dedupe_key: Option<String>,
    /// Its state.
    pub state: JobState,
    /// When it is or was due.
    pub run_at: DateTime<Utc>,
    /// How many attempts were begun.
    pub attempt: i32,
    /// How many it has.
    pub max_attempts: i32,
    /// How often a process died with it.
    pub crash_count: i32,
    /// Why the last attempt failed, without personal data.
    pub last_error: Option<String>,
    /// When it was enqueued.
    pub created_at: DateTime<Utc>,
    /// When the last attempt began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it was done, given up or called off.
    pub finished_at: Option<DateTime<Utc>>,
}

/// What becomes of a job whose attempt failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterFailure {
    /// It is tried again after this pause.
    Retry(TimeDelta),
    /// Its attempts are used up.
    Dead,
}

/// What becomes of a job whose attempt number `attempt` failed. For `jitter` see [`retry_delay`].
pub fn after_failure(attempt: i32, max_attempts: i32, jitter: f64) -> AfterFailure {
    if attempt < max_attempts {
        AfterFailure::Retry(retry_delay(attempt, jitter))
    } else {
        AfterFailure::Dead
    }
}

/// What becomes of a job whose worker vanished: tried again, unless it is the likely cause.
pub const fn after_crash(crash_count: i32, attempt: i32, max_attempts: i32) -> JobState {
    if crash_count >= MAX_CRASHES || attempt >= max_attempts {
        JobState::Dead
    } else {
        JobState::Retry
    }
}

/// The pause after attempt number `attempt` (from 1): 15 seconds, doubled with each attempt, at most six
/// hours, times `jitter`. A random `jitter` between 0.5 and 1.5 keeps many jobs that failed together from
/// coming back together; what is outside is brought in.
pub fn retry_delay(attempt: i32, jitter: f64) -> TimeDelta {
    let doublings = attempt.saturating_sub(1).clamp(0, 20);
    let seconds = (FIRST_RETRY.num_seconds() << doublings).min(LONGEST_RETRY.num_seconds());
    let factor = jitter.clamp(0.5, 1.5);
    TimeDelta::milliseconds((seconds as f64 * 1_000.0 * factor) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_doubles_up_to_six_hours_and_jitter_halves_it_at_most() {
        let seconds: Vec<i64> = (1..=13)
            .map(|attempt| retry_delay(attempt, 1.0).num_seconds())
            .collect();
        assert_eq!(
            seconds,
            [
                15, 30, 60, 120, 240, 480, 960, 1_920, 3_840, 7_680, 15_360, 21_600, 21_600
            ]
        );
        assert_eq!(retry_delay(1, 0.5), TimeDelta::milliseconds(7_500));
        assert_eq!(retry_delay(i32::MAX, 9.0), TimeDelta::hours(9));
        assert_eq!(retry_delay(0, -1.0), TimeDelta::milliseconds(7_500));
        assert_eq!(
            retry_delay(i32::MIN, f64::INFINITY),
            TimeDelta::milliseconds(22_500)
        );
    }

    #[test]
    fn mail_is_tried_for_more_than_two_days_before_it_is_given_up() {
        let mail = Job::SendMail {
            message_id: Uuid::nil().into(),
        };
        let mut waited = TimeDelta::zero();
        for attempt in 1.. {
            match after_failure(attempt, mail.max_attempts(), 1.0) {
                AfterFailure::Retry(pause) => waited += pause,
                AfterFailure::Dead => break,
            }
        }
        assert!(waited > TimeDelta::days(2), "{waited}");
    }

    #[test]
    fn the_third_crash_or_the_last_attempt_ends_in_dead() {
        assert_eq!(after_crash(2, 2, 12), JobState::Retry);
        assert_eq!(after_crash(3, 3, 12), JobState::Dead);
        assert_eq!(after_crash(1, 12, 12), JobState::Dead);
    }

    #[test]
    fn stored_jobs_keep_their_form() {
        let id = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001);
        let forms = [
            (
                Job::SendMail {
                    message_id: id.into(),
                },
                format!(r#"{{"kind":"send_mail","message_id":"{id}"}}"#),
            ),
            (
                Job::OpenTermination {
                    termination_id: id.into(),
                    day: NaiveDate::from_ymd_opt(2027, 2, 26).unwrap(),
                },
                format!(r#"{{"kind":"open_termination","termination_id":"{id}","day":"2027-02-26"}}"#),
            ),
            (
                Job::NoteBack {
                    termination_id: id.into(),
                    day: NaiveDate::from_ymd_opt(2027, 9, 1).unwrap(),
                },
                format!(r#"{{"kind":"note_back","termination_id":"{id}","day":"2027-09-01"}}"#),
            ),
            (
                Job::DestroyCodes {
                    termination_id: id.into(),
                },
                format!(r#"{{"kind":"destroy_codes","termination_id":"{id}"}}"#),
            ),
            (
                Job::ApplySnapshot {
                    snapshot_id: id.into(),
                },
                format!(r#"{{"kind":"apply_snapshot","snapshot_id":"{id}"}}"#),
            ),
            (
                Job::TellSnapshotHeld {
                    snapshot_id: id.into(),
                },
                format!(r#"{{"kind":"tell_snapshot_held","snapshot_id":"{id}"}}"#),
            ),
            (
                Job::ReportSilence {
                    connection_id: id.into(),
                    alarm: id,
                },
                format!(r#"{{"kind":"report_silence","connection_id":"{id}","alarm":"{id}"}}"#),
            ),
            (
                Job::TellAddOnEnded { add_on_id: id.into() },
                format!(r#"{{"kind":"tell_add_on_ended","add_on_id":"{id}"}}"#),
            ),
            (
                Job::ReplanTerminations {
                    legal_entity_id: id.into(),
                    version: 2,
                },
                format!(r#"{{"kind":"replan_terminations","legal_entity_id":"{id}","version":2}}"#),
            ),
        ];
        for (job, stored) in &forms {
            assert_eq!(&serde_json::to_string(job).unwrap(), stored);
            assert_eq!(&serde_json::from_str::<Job>(stored).unwrap(), job);
            assert!(stored.contains(&format!(r#""kind":"{}""#, job.kind())));
        }
        assert_eq!(forms.len(), JobKind::ALL.len(), "a new kind is stored too");
    }
}
