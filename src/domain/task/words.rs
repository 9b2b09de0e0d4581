//! The closed sets of words of tasks. They are stored, sent and audited.

use crate::domain::termination::CheckKind;
use crate::text_enum;

text_enum! {
    /// What is to be done.
    pub enum TaskKind {
        /// Change notice (personal): somebody is new, has another name, moves, leaves or is away.
        Staff = "staff",
        /// Change notice (organisation): a unit is made, merged, split or renamed.
        Organisation = "organisation",
        /// Change notice (telefontider): a unit answers its telephones at other hours.
        PhoneHours = "phone_hours",
        /// Change notice (övrigt): anything else that the desk should know.
        Other = "other",
        /// Update the telephony directory.
        Directory = "directory",
        /// Divert a number, or tell callers something else than a ringing tone.
        Diversion = "diversion",
        /// Block a subscription, at once.
        BlockSubscription = "block_subscription",
        /// A mail came back, or nobody could be found to send it to.
        UnreachableRecipient = "unreachable_recipient",
        /// Ask HR: the holder or the manager says that the date is wrong, or that the person stays.
        ConfirmEnd = "confirm_end",
        /// Transfer a number to its holder, before the subscription is terminated.
        NumberTransfer = "number_transfer",
        /// Terminate a subscription with the operator.
        TerminateSubscription = "terminate_subscription",
        /// Move a number to another employment, unit or legal entity.
        MoveNumber = "move_number",
        /// The operator need not release a number any more that was to be transferred: decide what happens to it.
        TransferOverdue = "transfer_overdue",
        /// Ask whoever ordered an add-on without an end whether it is still needed (behövs detta?).
        AddOnReview = "add_on_review",
        /// Follow up a device that has not come back.
        Claim = "claim",
        /// Lock or wipe a device over the MDM.
        ClearMdm = "clear_mdm",
        /// Take a device back that was lent, on the last day of the loan.
        LoanReturn = "loan_return",
    }
}

impl TaskKind {
    /// How many business days from today there are, where no day is given. A default that nobody has decided on: the
    /// sources name no times for the desk.
    pub const fn business_days(self) -> i64 {
        match self {
            Self::BlockSubscription | Self::ClearMdm | Self::TransferOverdue => 0,
            Self::UnreachableRecipient | Self::ConfirmEnd | Self::Diversion | Self::LoanReturn => 1,
            Self::Staff
            | Self::PhoneHours
            | Self::Directory
            | Self::TerminateSubscription
            | Self::MoveNumber => 2,
            Self::Organisation | Self::Other | Self::NumberTransfer | Self::Claim => 5,
            Self::AddOnReview => 20,
        }
    }

    /// Whether the telephony system carries it out, so that it can say that it has.
    pub const fn is_for_telephony(self) -> bool {
        match self {
            Self::Staff
            | Self::Organisation
            | Self::PhoneHours
            | Self::Other
            | Self::Directory
            | Self::Diversion
            | Self::BlockSubscription
            | Self::TerminateSubscription
            | Self::MoveNumber => true,
            Self::UnreachableRecipient
            | Self::ConfirmEnd
            | Self::NumberTransfer
            | Self::TransferOverdue
            | Self::AddOnReview
            | Self::Claim
            | Self::ClearMdm
            | Self::LoanReturn => false,
        }
    }

    /// The check of its item that it is the work for: whoever settles the one settles the other.
    pub const fn check(self) -> Option<CheckKind> {
        match self {
            Self::Directory => Some(CheckKind::Directory),
            Self::NumberTransfer | Self::TerminateSubscription | Self::MoveNumber => Some(CheckKind::Number),
            Self::Staff
            | Self::Organisation
            | Self::PhoneHours
            | Self::Other
            | Self::Diversion
            | Self::BlockSubscription
            | Self::UnreachableRecipient
            | Self::ConfirmEnd
            | Self::TransferOverdue
            | Self::AddOnReview
            | Self::Claim
            | Self::ClearMdm
            | Self::LoanReturn => None,
        }
    }

    /// Whether a case that is complete answers it. What is left after the holder and the devices are done with, such as
    /// a diversion, stays.
    pub const fn is_moot_when_completed(self) -> bool {
        match self {
            Self::UnreachableRecipient | Self::ConfirmEnd => true,
            Self::Staff
            | Self::Organisation
            | Self::PhoneHours
            | Self::Other
            | Self::Directory
            | Self::Diversion
            | Self::BlockSubscription
            | Self::NumberTransfer
            | Self::TerminateSubscription
            | Self::MoveNumber
            | Self::TransferOverdue
            | Self::AddOnReview
            | Self::Claim
            | Self::ClearMdm
            | Self::LoanReturn => false,
        }
    }
}

text_enum! {
    /// What a change notice (ändringsanmälan) is about.
    pub enum NoticeKind {
        /// Staff (personal).
        Staff = "staff",
        /// The organisation.
        Organisation = "organisation",
        /// Phone hours (telefontider).
        PhoneHours = "phone_hours",
        /// Anything else (övrigt).
        Other = "other",
    }
}

impl From<NoticeKind> for TaskKind {
    fn from(kind: NoticeKind) -> Self {
        match kind {
            NoticeKind::Staff => Self::Staff,
            NoticeKind::Organisation => Self::Organisation,
            NoticeKind::PhoneHours => Self::PhoneHours,
            NoticeKind::Other => Self::Other,
        }
    }
}

text_enum! {
    /// Where a task stands.
    pub enum TaskState {
        /// Somebody is to do it.
        Open = "open",
        /// It is done: entered in the telephony system, where that is what it is about.
        Done = "done",
        /// It will not be done, for a stated reason.
        Declined = "declined",
        /// It need not be done any more.
        Withdrawn = "withdrawn",
    }
}

text_enum! {
    /// What changes for a member of staff.
    pub enum StaffChange {
        /// Somebody begins.
        New = "new",
        /// Somebody has another name.
        NameChange = "name_change",
        /// Somebody moves to the unit.
        Moved = "moved",
        /// Somebody leaves.
        Ended = "ended",
        /// Somebody is on leave.
        Leave = "leave",
    }
}

text_enum! {
    /// What changes in the organisation.
    pub enum OrganisationChange {
        /// The unit is new.
        Created = "created",
        /// The unit becomes part of another.
        Merged = "merged",
        /// The unit becomes several.
        Split = "split",
        /// The unit has another name.
        Renamed = "renamed",
    }
}

text_enum! {
    /// Why a number is diverted: callers are told another thing for each.
    pub enum DiversionCause {
        /// The holder has left: "slutat, hänvisa till …".
        Ended = "ended",
        /// The holder is on leave: "åter …".
        Leave = "leave",
        /// The holder is back from a leave: the number rings again.
        Back = "back",
        /// Callers are referred on, and nothing is said of the holder.
        Neutral = "neutral",
    }
}

text_enum! {
    /// Who asks about the end of an employment.
    pub enum EndAsker {
        /// The one whose employment ends.
        Holder = "holder",
        /// The one who takes the devices back.
        Receiver = "receiver",
    }
}

text_enum! {
    /// What somebody says about the end of an employment.
    pub enum EndClaim {
        /// The holder goes on with us.
        Staying = "staying",
        /// The employment goes on, or ends on another day.
        WrongDate = "wrong_date",
    }
}

text_enum! {
    /// Why the service withdrew a task.
    pub enum WithdrawReason {
        /// The end of the employment was withdrawn.
        Cancelled = "cancelled",
        /// The case is complete.
        Completed = "completed",
        /// The case no longer asks for it.
        NotNeeded = "not_needed",
        /// What it was about has been settled in another way.
        Settled = "settled",
        /// Whoever asked took the question back.
        TakenBack = "taken_back",
    }
}
