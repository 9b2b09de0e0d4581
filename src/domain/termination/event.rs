//! What a command did. Events become audit entries and cause mails and jobs, so they carry ids and words only:
//! no names, no free text, no codes.

use super::words::{
    AbsenceChoice, ActorRole, BreachDecision, CheckKind, CheckState, CodeAnswer, CodeKind, CostBearer,
    DamageCause, DeviceOutcome, ItemKind, NumberDecision, ReopenCause, TerminationKind, TerminationState,
    TransferSide,
};
use crate::domain::ids::{ItemId, TerminationId};
use crate::domain::wipe::{WipeLevel, WipeState};
use chrono::NaiveDate;
use serde::Serialize;

/// Something that happened in a termination. Serialized as its facts alone; [`Event::name`] says what they mean.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
#[expect(missing_docs, reason = "the fields repeat the words of the aggregate")]
pub enum Event {
    /// A case was opened.
    TerminationOpened {
        termination: TerminationId,
        kind: TerminationKind,
        state: TerminationState,
        end_on: NaiveDate,
        return_by: NaiveDate,
        items: usize,
    },
    /// The holder was handed something more.
    ItemAdded {
        termination: TerminationId,
        item: ItemId,
        kind: ItemKind,
    },
    /// The devices are due back.
    Begun { termination: TerminationId },
    /// The end moved.
    Rescheduled {
        termination: TerminationId,
        state: TerminationState,
        end_on: NaiveDate,
        return_by: NaiveDate,
    },
    /// It is another kind of case than it was.
    Reclassified {
        termination: TerminationId,
        from: TerminationKind,
        to: TerminationKind,
    },
    /// The end was withdrawn.
    Cancelled { termination: TerminationId },
    /// Reset and wipe are forbidden.
    Held { termination: TerminationId },
    /// Reset and wipe are allowed again.
    Released { termination: TerminationId },
    /// The holder says that something is done.
    CheckDeclared {
        termination: TerminationId,
        item: ItemId,
        check: CheckKind,
    },
    /// The holder takes back that something is done.
    DeclarationWithdrawn {
        termination: TerminationId,
        item: ItemId,
        check: CheckKind,
    },
    /// A check was answered.
    CheckSettled {
        termination: TerminationId,
        item: ItemId,
        check: CheckKind,
        state: CheckState,
        role: ActorRole,
    },
    /// The answer to a check was replaced or supplemented.
    CheckCorrected {
        termination: TerminationId,
        item: ItemId,
        check: CheckKind,
        from: CheckState,
        to: CheckState,
        role: ActorRole,
    },
    /// The answer to a check no longer holds.
    CheckReopened {
        termination: TerminationId,
        item: ItemId,
        check: CheckKind,
        cause: ReopenCause,
    },
    /// It was said what became of a code.
    CodeAnswered {
        termination: TerminationId,
        item: ItemId,
        code: CodeKind,
        answer: CodeAnswer,
    },
    /// It was decided what happens to a number.
    NumberDecided {
        termination: TerminationId,
        item: ItemId,
        decision: NumberDecision,
    },
    /// The holder asked to take a number over privately.
    NumberRequested {
        termination: TerminationId,
        item: ItemId,
    },
    /// The holder does not ask for it any more.
    NumberRequestWithdrawn {
        termination: TerminationId,
        item: ItemId,
    },
    /// It was reported, or decided, what became of a device that does not come back.
    OutcomeReported {
        termination: TerminationId,
        item: ItemId,
        outcome: DeviceOutcome,
    },
    /// The police have been told of a theft or a loss.
    PoliceReportNoted {
        termination: TerminationId,
        item: ItemId,
    },
    /// Something was concluded about the personal data on a device that is gone.
    BreachAssessed {
        termination: TerminationId,
        item: ItemId,
        decision: BreachDecision,
    },
    /// A legal entity approved a transfer.
    TransferApproved {
        termination: TerminationId,
        item: ItemId,
        side: TransferSide,
    },
    /// What was decided about a device was withdrawn.
    DisposalWithdrawn {
        termination: TerminationId,
        item: ItemId,
        outcome: DeviceOutcome,
    },
    /// A device is damaged, or more is known about that.
    DamageRecorded {
        termination: TerminationId,
        item: ItemId,
        cause: DamageCause,
        bearer: CostBearer,
    },
    /// More, or something else, is known about a wipe.
    WipeAssessed {
        termination: TerminationId,
        item: ItemId,
        state: WipeState,
        level: WipeLevel,
    },
    /// Later contact contradicts a wipe.
    WipeContradicted {
        termination: TerminationId,
        item: ItemId,
    },
    /// It was decided to close in spite of a contradicted wipe.
    ContradictionAccepted {
        termination: TerminationId,
        item: ItemId,
    },
    /// The one who answered took the answer back.
    AnswerUndone {
        termination: TerminationId,
        item: ItemId,
        checks: Vec<CheckKind>,
    },
    /// It is known what becomes of a device while its holder is away.
    Arranged {
        termination: TerminationId,
        item: ItemId,
        choice: AbsenceChoice,
    },
    /// A device is nobody's to give back any more: it was handed in for others, or for a loan.
    LetGo {
        termination: TerminationId,
        item: ItemId,
        choice: AbsenceChoice,
    },
    /// The holder has a device again that was put away.
    HandedBack {
        termination: TerminationId,
        item: ItemId,
    },
    /// The days of the leave are others than were known.
    LeaveMoved {
        termination: TerminationId,
        from: NaiveDate,
        back_on: Option<NaiveDate>,
    },
    /// The leave is over.
    HolderBack { termination: TerminationId },
    /// One side says that a device goes along with its holder.
    AlongProposed {
        termination: TerminationId,
        item: ItemId,
    },
    /// The other side does not want it.
    AlongDeclined {
        termination: TerminationId,
        item: ItemId,
    },
    /// Everything is settled.
    Completed {
        termination: TerminationId,
        deviations: usize,
    },
    /// A completed case is open again.
    Reopened {
        termination: TerminationId,
        cause: ReopenCause,
    },
}

impl Event {
    /// The stable name, as audit and webhooks show it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::TerminationOpened { .. } => "termination.opened",
            Self::ItemAdded { .. } => "termination.item_added",
            Self::Begun { .. } => "termination.begun",
            Self::Rescheduled { .. } => "termination.rescheduled",
            Self::Reclassified { .. } => "termination.reclassified",
            Self::Cancelled { .. } => "termination.cancelled",
            Self::Held { .. } => "termination.held",
            Self::Released { .. } => "termination.released",
            Self::CheckDeclared { .. } => "termination.check_declared",
            Self::DeclarationWithdrawn { .. } => "termination.declaration_withdrawn",
            Self::CheckSettled { .. } => "termination.check_settled",
            Self::CheckCorrected { .. } => "termination.check_corrected",
            Self::CheckReopened { .. } => "termination.check_reopened",
            Self::CodeAnswered { .. } => "termination.code_answered",
            Self::NumberDecided { .. } => "termination.number_decided",
            Self::NumberRequested { .. } => "termination.number_requested",
            Self::NumberRequestWithdrawn { .. } => "termination.number_request_withdrawn",
            Self::OutcomeReported { .. } => "termination.outcome_reported",
            Self::PoliceReportNoted { .. } => "termination.police_report_noted",
            Self::BreachAssessed { .. } => "termination.breach_assessed",
            Self::TransferApproved { .. } => "termination.transfer_approved",
            Self::DisposalWithdrawn { .. } => "termination.disposal_withdrawn",
            Self::DamageRecorded { .. } => "termination.damage_recorded",
            Self::WipeAssessed { .. } => "termination.wipe_assessed",
            Self::WipeContradicted { .. } => "termination.wipe_contradicted",
            Self::ContradictionAccepted { .. } => "termination.contradiction_accepted",
            Self::AnswerUndone { .. } => "termination.answer_undone",
            Self::Arranged { .. } => "termination.arranged",
            Self::LetGo { .. } => "termination.let_go",
            Self::HandedBack { .. } => "termination.handed_back",
            Self::LeaveMoved { .. } => "termination.leave_moved",
            Self::HolderBack { .. } => "termination.holder_back",
            Self::AlongProposed { .. } => "termination.along_proposed",
            Self::AlongDeclined { .. } => "termination.along_declined",
            Self::Completed { .. } => "termination.completed",
            Self::Reopened { .. } => "termination.reopened",
        }
    }

    /// The case it happened in.
    pub const fn termination(&self) -> TerminationId {
        match self {
            Self::TerminationOpened { termination, .. }
            | Self::ItemAdded { termination, .. }
            | Self::Begun { termination }
            | Self::Rescheduled { termination, .. }
            | Self::Reclassified { termination, .. }
            | Self::Cancelled { termination }
            | Self::Held { termination }
            | Self::Released { termination }
            | Self::CheckDeclared { termination, .. }
            | Self::DeclarationWithdrawn { termination, .. }
            | Self::CheckSettled { termination, .. }
            | Self::CheckCorrected { termination, .. }
            | Self::CheckReopened { termination, .. }
            | Self::CodeAnswered { termination, .. }
            | Self::NumberDecided { termination, .. }
            | Self::NumberRequested { termination, .. }
            | Self::NumberRequestWithdrawn { termination, .. }
            | Self::OutcomeReported { termination, .. }
            | Self::PoliceReportNoted { termination, .. }
            | Self::BreachAssessed { termination, .. }
            | Self::TransferApproved { termination, .. }
            | Self::DisposalWithdrawn { termination, .. }
            | Self::DamageRecorded { termination, .. }
            | Self::WipeAssessed { termination, .. }
            | Self::WipeContradicted { termination, .. }
            | Self::ContradictionAccepted { termination, .. }
            | Self::AnswerUndone { termination, .. }
            | Self::Arranged { termination, .. }
            | Self::LetGo { termination, .. }
            | Self::HandedBack { termination, .. }
            | Self::LeaveMoved { termination, .. }
            | Self::HolderBack { termination }
            | Self::AlongProposed { termination, .. }
            | Self::AlongDeclined { termination, .. }
            | Self::Completed { termination, .. }
            | Self::Reopened { termination, .. } => *termination,
        }
    }
}
