//! The commands that are given at random, and what the model makes of the decisions among them.

use super::*;

/// One command, with small numbers for everything: things by number, reasons by number (0 is none), days by number.
#[derive(Clone, Debug)]
pub(super) enum Op {
    Declare(u128, CheckKind, ActorRole),
    Undeclare(u128, CheckKind, ActorRole),
    Settle(u128, CheckKind, Said, bool, ActorRole),
    Code(u128, CodeKind, CodeAnswer, ActorRole),
    /// With or without a name of who decided.
    Number(u128, NumberPlan, bool, ActorRole),
    /// The holder asks for the number.
    Ask(u128, ActorRole),
    /// With the hour, before or at noon, at which the employer learned of it.
    Outcome(u128, DeviceOutcome, u8, Option<i64>, ActorRole),
    Police(u128, ActorRole),
    Breach(u128, Concluded, ActorRole),
    Dispose(u128, Fate, u8, ActorRole),
    Approve(u128, TransferSide, ActorRole),
    Withdraw(u128, ActorRole),
    Wipe(u128, WipeLevel, bool),
    Accept(u128, ActorRole),
    Hold(u8, ActorRole),
    Release(ActorRole),
    Reschedule(u64, u64),
    Begin(u64),
    Cancel(ActorRole),
    Reopen(ActorRole),
    /// What rules do by themselves.
    Complete,
    Arrange(u128, Plan, ActorRole),
    HandBack(u128, ActorRole),
    /// The day on which the holder is back, and today.
    Leave(Option<u64>, u64),
    NoteBack(u64),
    Become(TerminationKind),
}

/// What becomes of a device during a leave.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Plan {
    Keep,
    PutAway,
    ToStock,
    Loan,
}

impl Plan {
    pub(super) const ALL: [Self; 4] = [Self::Keep, Self::PutAway, Self::ToStock, Self::Loan];

    /// A reason that no person gives.
    pub(super) fn why(self) -> u8 {
        match self {
            Self::Keep => 110,
            Self::PutAway => 111,
            Self::ToStock => 112,
            Self::Loan => 113,
        }
    }

    pub(super) fn leaves_no_question_about(self, check: CheckKind) -> bool {
        match self {
            Self::Keep => true,
            Self::PutAway => ![CheckKind::Returned, CheckKind::Accessories].contains(&check),
            Self::ToStock | Self::Loan => false,
        }
    }

    pub(super) fn is_for_others(self) -> bool {
        [Self::ToStock, Self::Loan].contains(&self)
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Said {
    pub(super) answer: Answer,
    pub(super) why: u8,
}

/// What is said of a breach.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Concluded {
    Nothing,
    NoNotification,
    InTime,
    /// After more than 72 hours, without a word on why.
    Late,
}

/// What is decided about a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum NumberPlan {
    End,
    Wait,
    MoveSomewhere,
    MoveToJob,
    MoveToUnit,
    MoveToOtherEntity,
    Hand,
}

impl NumberPlan {
    pub(super) const ALL: [Self; 7] = [
        Self::End,
        Self::Wait,
        Self::MoveSomewhere,
        Self::MoveToJob,
        Self::MoveToUnit,
        Self::MoveToOtherEntity,
        Self::Hand,
    ];
}

/// What is decided about a device.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Fate {
    Sold,
    Scrapped,
    GoesAlong,
    ToUnit,
    ToOtherEntity,
}

impl Fate {
    pub(super) const ALL: [Self; 5] = [
        Self::Sold,
        Self::Scrapped,
        Self::GoesAlong,
        Self::ToUnit,
        Self::ToOtherEntity,
    ];

    pub(super) fn outcome(self) -> DeviceOutcome {
        match self {
            Self::Sold => DeviceOutcome::BoughtOut,
            Self::Scrapped => DeviceOutcome::Destroyed,
            Self::GoesAlong | Self::ToUnit | Self::ToOtherEntity => DeviceOutcome::Transferred,
        }
    }

    /// A reason that no person gives.
    pub(super) fn why(self) -> u8 {
        match self {
            Self::Sold => 100,
            Self::Scrapped => 101,
            Self::GoesAlong | Self::ToUnit | Self::ToOtherEntity => 102,
        }
    }

    pub(super) fn leaves_no_question_about(self, check: CheckKind) -> bool {
        match self {
            Self::Sold | Self::ToUnit | Self::ToOtherEntity => check == CheckKind::Returned,
            Self::Scrapped => {
                [CheckKind::Returned, CheckKind::Reset, CheckKind::LocksCleared].contains(&check)
            }
            Self::GoesAlong => true,
        }
    }
}
