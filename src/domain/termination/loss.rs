//! A device that does not come back. Loss and theft close as deviations, never as returned, reset or wiped.
//!
//! A phone that is gone may be a personal data breach. The controller has 72 hours to notify the supervisory authority
//! from when it learned of it, unless the breach is unlikely to be a risk to anybody (GDPR art. 33.1), and documents
//! what happened in either case (art. 33.5). So nothing completes before somebody has decided.

use super::Termination;
use super::check::{Act, Reason, Settlement};
use super::event::Event;
use super::item::Item;
use super::words::{BreachDecision, CheckKind, CheckState, DeviceOutcome, TerminationState};
use crate::domain::error::DomainError;
use crate::domain::ids::ItemId;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// How long after it learned of a breach a controller may take to notify it (GDPR art. 33.1).
pub const BREACH_NOTIFIED_WITHIN: TimeDelta = TimeDelta::hours(72);

/// What is known of a device that is lost or stolen. It stays as history when the device comes back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Loss {
    /// When the employer learned of it.
    pub known_at: DateTime<Utc>,
    /// When it was first reported here.
    pub reported_at: DateTime<Utc>,
    /// The number of the police report.
    pub police_report: Option<Reason>,
    /// What was concluded about the personal data on it.
    pub breach: Option<BreachAssessment>,
}

/// A report that a device is lost or stolen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LossReport {
    /// Lost or stolen.
    pub outcome: DeviceOutcome,
    /// What happened.
    pub reason: Reason,
    /// When the employer learned of it; when it is reported, if nothing is said.
    pub known_at: Option<DateTime<Utc>>,
    /// The number of the police report.
    pub police_report: Option<Reason>,
}

impl LossReport {
    /// The report of somebody who says no more than what happened.
    pub const fn new(outcome: DeviceOutcome, reason: Reason) -> Self {
        Self {
            outcome,
            reason,
            known_at: None,
            police_report: None,
        }
    }
}

/// What was concluded about the personal data on a device that is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BreachAssessment {
    /// What the device held, how it was protected, what may follow and what was done about it (art. 33.5).
    pub facts: Reason,
    /// What follows.
    pub conclusion: BreachConclusion,
    /// Whether the people concerned are told (art. 34).
    pub informs_people: bool,
    /// Who assessed it, and when.
    pub act: Act,
}

/// What follows from the assessment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "decision", rename_all = "snake_case", deny_unknown_fields)]
pub enum BreachConclusion {
    /// Nobody has decided yet.
    Undecided,
    /// It is unlikely to be a risk to anybody, and is not notified.
    NoNotification,
    /// The supervisory authority has been notified.
    Notified {
        /// When.
        at: DateTime<Utc>,
        /// What the authority calls it.
        reference: Option<Reason>,
        /// Why it took longer than 72 hours, if it did (art. 33.1).
        late_reason: Option<Reason>,
    },
}

impl BreachConclusion {
    /// The word of it.
    pub const fn decision(&self) -> BreachDecision {
        match self {
            Self::Undecided => BreachDecision::Undecided,
            Self::NoNotification => BreachDecision::NoNotification,
            Self::Notified { .. } => BreachDecision::Notified,
        }
    }

    /// Whether a notification came too late without saying why.
    fn lacks_late_reason(&self, known_at: DateTime<Utc>) -> bool {
        match self {
            Self::Notified { at, late_reason, .. } => {
                *at > known_at + BREACH_NOTIFIED_WITHIN && late_reason.is_none()
            }
            Self::Undecided | Self::NoNotification => false,
        }
    }
}

impl Loss {
    /// What a report makes of what was known. From lost to stolen it is the same loss: the clock never starts later.
    fn after(before: Option<Self>, report: &LossReport, at: DateTime<Utc>) -> Self {
        let known_at = report.known_at.map_or(at, |known| known.min(at));
        match before {
            Some(before) => Self {
                known_at: report
                    .known_at
                    .map_or(before.known_at, |known| known.min(before.known_at)),
                police_report: report.police_report.clone().or(before.police_report),
                ..before
            },
            None => Self {
                known_at,
                reported_at: at,
                police_report: report.police_report.clone(),
                breach: None,
            },
        }
    }

    /// Whether the report brings nothing new.
    fn knows(&self, report: &LossReport) -> bool {
        let number = &report.police_report;
        report.known_at.is_none_or(|known| known >= self.known_at)
            && (number.is_none() || *number == self.police_report)
    }

    /// Whether nobody has decided about the breach yet.
    fn is_undecided(&self) -> bool {
        let decided = self
            .breach
            .as_ref()
            .is_some_and(|breach| breach.conclusion.decision() != BreachDecision::Undecided);
        !decided
    }
}

impl Termination {
    /// Reports that a device is lost or stolen. Possible under a hold: it destroys no data, and people must be
    /// able to say it at once.
    ///
    /// # Errors
    /// `NotAllowed`, `Unsupported` for another outcome, `UnknownItem`, `UnknownCheck` for a subscription,
    /// `InvalidTransition` if the case is not active or somebody else has the device by now, `Conflict` if the receiver
    /// contradicts what is recorded, or somebody has decided what becomes of the device: that decision is withdrawn first.
    pub fn report_outcome(
        &mut self,
        item: ItemId,
        report: LossReport,
        act: Act,
    ) -> Result<Vec<Event>, DomainError> {
        act.require_answerable()?;
        require_supported(report.outcome)?;
        let found = self.item(item)?;
        let returned = found.check(CheckKind::Returned)?;
        let is_known = found.outcome == Some(report.outcome)
            && returned.reason.as_ref() == Some(&report.reason)
            && found.loss.as_ref().is_some_and(|loss| loss.knows(&report));
        if is_known {
            return Ok(Vec::new());
        }
        self.require_active("report_outcome")?;
        if found.disposal.is_some() || (found.outcome.is_some() && !act.by.role.may_correct()) {
            return Err(DomainError::Conflict);
        }
        found.require_not_let_go("report_outcome")?;

        let termination = self.id;
        let found = self.item_mut(item)?;
        if let Some(arrangement) = &mut found.arrangement {
            arrangement.handed_back = None;
        }
        found.drop_proposal();
        let before = found.loss.take().filter(|_| found.is_missing());
        found.loss = Some(Loss::after(before, &report, act.at));
        let LossReport { outcome, reason, .. } = report;
        found.outcome = Some(outcome);
        found.identity_confirmed = false;
        let mut events = vec![Event::OutcomeReported {
            termination,
            item,
            outcome,
        }];
        for check in found.closed_by_loss() {
            events.extend(found.write(termination, check, Settlement::deviation(reason.clone()), &act));
        }
        Ok(events)
    }

    /// Notes the number of the police report about a device that is gone.
    ///
    /// # Errors
    /// `NotAllowed` for anybody but the desk and technicians, `UnknownItem`, `UnknownCheck` for a subscription,
    /// `InvalidTransition` if the case is not active or the device is not missing.
    pub fn note_police_report(
        &mut self,
        item: ItemId,
        number: Reason,
        act: &Act,
    ) -> Result<Vec<Event>, DomainError> {
        const COMMAND: &str = "note_police_report";
        act.require_may_correct()?;
        self.item(item)?.check(CheckKind::Returned)?;
        self.require_active(COMMAND)?;
        let termination = self.id;
        let found = self.item_mut(item)?;
        if !found.is_missing() {
            return Err(not_missing(COMMAND));
        }
        let loss = found.loss.as_mut().ok_or_else(|| not_missing(COMMAND))?;
        if loss.police_report.as_ref() == Some(&number) {
            return Ok(Vec::new());
        }
        loss.police_report = Some(number);
        Ok(vec![Event::PoliceReportNoted { termination, item }])
    }

    /// Records what was concluded about the personal data on a device that is or was gone. Also possible when the end
    /// of the employment was withdrawn: the clock does not stop for that.
    ///
    /// # Errors
    /// `NotAllowed` for anybody but the desk and technicians, `UnknownItem`, `UnknownCheck` for a subscription,
    /// `InvalidTransition` if the case is completed or the device was never missing, `NeedsReason` for a notification
    /// after more than 72 hours that does not say why.
    pub fn assess_breach(
        &mut self,
        item: ItemId,
        assessment: BreachAssessment,
    ) -> Result<Vec<Event>, DomainError> {
        const COMMAND: &str = "assess_breach";
        assessment.act.require_may_correct()?;
        self.item(item)?.check(CheckKind::Returned)?;
        if self.state == TerminationState::Completed {
            return Err(self.impossible(COMMAND));
        }
        let termination = self.id;
        let found = self.item_mut(item)?;
        let loss = found.loss.as_mut().ok_or_else(|| not_missing(COMMAND))?;
        if assessment.conclusion.lacks_late_reason(loss.known_at) {
            return Err(DomainError::NeedsReason);
        }
        let says_the_same = |before: &BreachAssessment| {
            let BreachAssessment {
                facts,
                conclusion,
                informs_people,
                act: _,
            } = before;
            (facts, conclusion, informs_people)
                == (
                    &assessment.facts,
                    &assessment.conclusion,
                    &assessment.informs_people,
                )
        };
        if loss.breach.as_ref().is_some_and(says_the_same) {
            return Ok(Vec::new());
        }
        let decision = assessment.conclusion.decision();
        loss.breach = Some(assessment);
        Ok(vec![Event::BreachAssessed {
            termination,
            item,
            decision,
        }])
    }

    /// When the first of the breaches that nobody has decided about must be notified at the latest.
    pub fn breach_notify_by(&self) -> Option<DateTime<Utc>> {
        self.items.iter().filter_map(Item::breach_notify_by).min()
    }
}

const fn not_missing(command: &'static str) -> DomainError {
    DomainError::InvalidTransition {
        entity: "device",
        from: "not_missing",
        command,
    }
}

fn require_supported(outcome: DeviceOutcome) -> Result<(), DomainError> {
    match outcome {
        DeviceOutcome::Lost | DeviceOutcome::Stolen => Ok(()),
        // A return is proved by its check, and the others are decided.
        DeviceOutcome::Returned
        | DeviceOutcome::Transferred
        | DeviceOutcome::BoughtOut
        | DeviceOutcome::Destroyed => Err(DomainError::Unsupported(outcome.as_str())),
    }
}

impl Item {
    /// When the breach must be notified at the latest, while the device is gone and nobody has decided.
    pub fn breach_notify_by(&self) -> Option<DateTime<Utc>> {
        let loss = self.loss.as_ref().filter(|_| self.is_missing())?;
        loss.is_undecided()
            .then(|| loss.known_at + BREACH_NOTIFIED_WITHIN)
    }

    /// Whether a theft was not reported to the police, as far as is known.
    pub(super) fn lacks_police_report(&self) -> bool {
        let is_reported = || {
            self.loss
                .as_ref()
                .is_some_and(|loss| loss.police_report.is_some())
        };
        self.outcome == Some(DeviceOutcome::Stolen) && !is_reported()
    }

    /// The return itself, and every check that says nothing yet or says that it is done.
    fn closed_by_loss(&self) -> Vec<CheckKind> {
        let closes = |kind: CheckKind, state: CheckState| match state {
            CheckState::Open | CheckState::Declared | CheckState::Done => true,
            CheckState::NotApplicable | CheckState::Deviation => kind == CheckKind::Returned,
        };
        self.checks
            .iter()
            .filter(|check| closes(check.kind, check.state))
            .map(|check| check.kind)
            .collect()
    }
}
