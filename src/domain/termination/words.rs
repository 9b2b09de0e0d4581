//! The closed sets of words of a termination. The words are stable: they are stored, sent and audited.

use crate::domain::wipe::DataClass;
use crate::text_enum;

text_enum! {
    /// Why there is a case.
    pub enum TerminationKind {
        /// An employment ends on a known day.
        Ordinary = "ordinary",
        /// An employment ends at once.
        Immediate = "immediate",
        /// The holder has died.
        Deceased = "deceased",
        /// An elected representative's mandate ends.
        MandateEnd = "mandate_end",
        /// The holder moves to another unit or legal entity.
        Transfer = "transfer",
        /// A long leave of absence.
        Absence = "absence",
    }
}

impl TerminationKind {
    /// Whether the devices are to stay as they are until somebody has decided: the wipe of a phone whose holder has
    /// died, was sent home or goes on elsewhere cannot be taken back.
    pub const fn is_held_at_first(self) -> bool {
        match self {
            Self::Immediate | Self::Deceased | Self::Transfer => true,
            Self::Ordinary | Self::MandateEnd | Self::Absence => false,
        }
    }

    /// Whether the holder is asked for anything by mail. Nobody writes to somebody who has died; somebody who is sent
    /// home is talked to, and not told in advance; of somebody on leave, the manager says what becomes of the phone.
    pub const fn asks_the_holder(self) -> bool {
        match self {
            Self::Immediate | Self::Deceased | Self::Absence => false,
            Self::Ordinary | Self::MandateEnd | Self::Transfer => true,
        }
    }

    /// Whether the desk is to act the moment the case is known, such as by blocking the subscription.
    pub const fn needs_the_desk_at_once(self) -> bool {
        match self {
            Self::Immediate | Self::Deceased => true,
            Self::Ordinary | Self::MandateEnd | Self::Transfer | Self::Absence => false,
        }
    }
}

text_enum! {
    /// Where a case stands.
    pub enum TerminationState {
        /// The end is known; the devices are not due back yet.
        Scheduled = "scheduled",
        /// The devices are due back.
        Open = "open",
        /// Every mandatory check is settled.
        Completed = "completed",
        /// The end was withdrawn.
        Cancelled = "cancelled",
    }
}

text_enum! {
    /// What an item is.
    pub enum ItemKind {
        /// A handset.
        Device = "device",
        /// A telephone subscription.
        Subscription = "subscription",
    }
}

text_enum! {
    /// One question about an item.
    pub enum CheckKind {
        /// What belongs to work is saved.
        RecordsSaved = "records_saved",
        /// The handset is back, and it is the right one.
        Returned = "returned",
        /// What was handed out with it is back.
        Accessories = "accessories",
        /// The factory state was seen, released from accounts.
        Reset = "reset",
        /// The data is gone, to the level that the policy asks for.
        Wiped = "wiped",
        /// Activation lock or factory reset protection is gone, and the MDM record is released.
        LocksCleared = "locks_cleared",
        /// Every kind of code is accounted for.
        Codes = "codes",
        /// SIM, eSIM and memory card are settled.
        Sim = "sim",
        /// What happens to the number is decided and done.
        Number = "number",
        /// The telephony directory is updated.
        Directory = "directory",
    }
}

impl CheckKind {
    /// The checks of a kind of item, in the order of work.
    pub const fn of(item: ItemKind) -> &'static [Self] {
        match item {
            ItemKind::Device => &[
                Self::RecordsSaved,
                Self::Returned,
                Self::Accessories,
                Self::Reset,
                Self::Wiped,
                Self::LocksCleared,
                Self::Codes,
                Self::Sim,
            ],
            ItemKind::Subscription => &[Self::Number, Self::Directory],
        }
    }

    /// Whether a case cannot complete without it, for a device with data of that class.
    pub const fn is_mandatory(self, class: DataClass) -> bool {
        match self {
            Self::Returned | Self::Reset | Self::Wiped | Self::Codes | Self::Number | Self::Directory => true,
            Self::LocksCleared => match class {
                DataClass::Standard => false,
                DataClass::Secrecy => true,
            },
            Self::RecordsSaved | Self::Accessories | Self::Sim => false,
        }
    }

    /// Whether it destroys data, so that a preservation hold forbids it.
    pub const fn destroys_data(self) -> bool {
        match self {
            Self::Reset | Self::Wiped => true,
            Self::RecordsSaved
            | Self::Returned
            | Self::Accessories
            | Self::LocksCleared
            | Self::Codes
            | Self::Sim
            | Self::Number
            | Self::Directory => false,
        }
    }

    /// Whether a yes means that somebody has seen the handset.
    pub(super) const fn needs_the_handset(self) -> bool {
        match self {
            Self::Reset | Self::Wiped | Self::LocksCleared => true,
            Self::RecordsSaved
            | Self::Returned
            | Self::Accessories
            | Self::Codes
            | Self::Sim
            | Self::Number
            | Self::Directory => false,
        }
    }

    /// Whether a role may settle it. Only the desk and technicians can say that the directory is updated.
    pub(super) const fn may_be_settled_by(self, role: ActorRole) -> bool {
        match role {
            ActorRole::Desk | ActorRole::Technician => true,
            ActorRole::Receiver => !matches!(self, Self::Directory),
            ActorRole::Holder | ActorRole::Mdm | ActorRole::System => false,
        }
    }
}

text_enum! {
    /// Where a check stands.
    pub enum CheckState {
        /// Nobody has answered.
        Open = "open",
        /// The holder says that it is done. Settles nothing.
        Declared = "declared",
        /// It is done.
        Done = "done",
        /// The question does not arise, for a stated reason.
        NotApplicable = "not_applicable",
        /// It is not done and will not be, for a stated reason.
        Deviation = "deviation",
    }
}

impl CheckState {
    /// Whether the question is answered by somebody who may answer it.
    pub const fn is_settled(self) -> bool {
        match self {
            Self::Done | Self::NotApplicable | Self::Deviation => true,
            Self::Open | Self::Declared => false,
        }
    }
}

text_enum! {
    /// How a check can be settled.
    pub enum Answer {
        /// It is done.
        Done = "done",
        /// The question does not arise. Needs a reason.
        NotApplicable = "not_applicable",
        /// It is not done and will not be. Needs a reason.
        Deviation = "deviation",
    }
}

impl From<Answer> for CheckState {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Done => Self::Done,
            Answer::NotApplicable => Self::NotApplicable,
            Answer::Deviation => Self::Deviation,
        }
    }
}

text_enum! {
    /// What became of a device.
    pub enum DeviceOutcome {
        /// It came back.
        Returned = "returned",
        /// It went to another employment or unit.
        Transferred = "transferred",
        /// Nobody knows where it is.
        Lost = "lost",
        /// Somebody took it.
        Stolen = "stolen",
        /// The holder bought it.
        BoughtOut = "bought_out",
        /// It was destroyed.
        Destroyed = "destroyed",
    }
}

text_enum! {
    /// What becomes of a device while its holder is on leave.
    pub enum AbsenceChoice {
        /// The holder keeps it.
        Keep = "keep",
        /// It is handed in, and put away for the holder.
        HandIn = "hand_in",
        /// It is handed in for good: somebody else may have it.
        Restock = "restock",
        /// It is lent to somebody until a day.
        Lend = "lend",
    }
}

text_enum! {
    /// What was decided about the breach of personal data that a loss may be.
    pub enum BreachDecision {
        /// Nobody has decided yet.
        Undecided = "undecided",
        /// It is unlikely to be a risk to anybody, and is not notified.
        NoNotification = "no_notification",
        /// The supervisory authority has been notified.
        Notified = "notified",
    }
}

text_enum! {
    /// Which of the two legal entities of a transfer.
    pub enum TransferSide {
        /// The one that owns the device.
        Giving = "giving",
        /// The one that takes it over.
        Receiving = "receiving",
    }
}

text_enum! {
    /// Why a device is damaged.
    pub enum DamageCause {
        /// An accident.
        Accident = "accident",
        /// Wear.
        Wear = "wear",
        /// A fault of the device.
        Fault = "fault",
        /// Somebody else.
        ThirdParty = "third_party",
        /// Careless handling.
        Carelessness = "carelessness",
        /// Intent.
        Intent = "intent",
        /// Nobody knows.
        Unknown = "unknown",
    }
}

text_enum! {
    /// What the insurance says about a damage.
    #[derive(Default)]
    pub enum InsuranceState {
        /// Nobody has asked it.
        #[default]
        NotClaimed = "not_claimed",
        /// It has been asked.
        Claimed = "claimed",
        /// It pays.
        Covered = "covered",
        /// It does not pay.
        Declined = "declined",
    }
}

text_enum! {
    /// Who stands for the cost of a damage.
    pub enum CostBearer {
        /// The employer, as ever unless somebody decides otherwise.
        Employer = "employer",
        /// The insurance.
        Insurance = "insurance",
        /// The holder, on a legal ground.
        Holder = "holder",
    }
}

text_enum! {
    /// Which code of a device. The code itself is never here.
    pub enum CodeKind {
        /// The code that unlocks the screen.
        ScreenLock = "screen_lock",
        /// The PIN of the SIM.
        SimPin = "sim_pin",
        /// Any other code, such as that of an app that belongs to work.
        Other = "other",
    }
}

text_enum! {
    /// What became of a code.
    pub enum CodeAnswer {
        /// The receiver has it.
        Received = "received",
        /// There is none.
        NotApplicable = "not_applicable",
        /// The wiped device no longer asks for it.
        NotNeededAfterWipe = "not_needed_after_wipe",
        /// The holder refuses to give it.
        Refused = "refused",
        /// Nobody knows. Answers the question, but settles nothing.
        Unknown = "unknown",
    }
}

text_enum! {
    /// What happens to a number.
    pub enum NumberDecision {
        /// The subscription is terminated.
        Terminate = "terminate",
        /// The number waits for a new holder.
        Reuse = "reuse",
        /// The number goes to another employment or unit, the holder's own or somebody else's.
        Move = "move",
        /// The holder takes the number over privately.
        TransferToPrivate = "transfer_to_private",
    }
}

impl NumberDecision {
    /// Whether somebody has to do something with the operator or in the telephony system, so that only the desk can say
    /// that it is done.
    pub const fn needs_the_desk(self) -> bool {
        match self {
            Self::Terminate | Self::Move | Self::TransferToPrivate => true,
            Self::Reuse => false,
        }
    }
}

text_enum! {
    /// Whether the serial number or IMEI read from a handset is that of the handset that was handed out.
    pub enum IdentityMatch {
        /// It is.
        Confirmed = "confirmed",
        /// It is not.
        Mismatch = "mismatch",
    }
}

text_enum! {
    /// In which role somebody acts in a case.
    pub enum ActorRole {
        /// The one whose employment ends.
        Holder = "holder",
        /// The one who takes the devices back.
        Receiver = "receiver",
        /// The service desk or a coordinator.
        Desk = "desk",
        /// Somebody who examines handsets.
        Technician = "technician",
        /// The MDM, through the wipe policy.
        Mdm = "mdm",
        /// The service itself, or HR through it.
        System = "system",
    }
}

impl ActorRole {
    /// Whether a person answers for the act in this role, other than the holder.
    pub const fn is_answerable(self) -> bool {
        match self {
            Self::Receiver | Self::Desk | Self::Technician => true,
            Self::Holder | Self::Mdm | Self::System => false,
        }
    }

    /// Whether the role may change what somebody else has answered.
    pub const fn may_correct(self) -> bool {
        match self {
            Self::Desk | Self::Technician => true,
            Self::Holder | Self::Receiver | Self::Mdm | Self::System => false,
        }
    }
}

text_enum! {
    /// Why a settled check, or a completed case, is open again.
    pub enum ReopenCause {
        /// Somebody decided so.
        Decision = "decision",
        /// Later contact contradicts the wipe.
        WipeContradicted = "wipe_contradicted",
        /// What is known about the wipe is no longer enough.
        WipeNotProved = "wipe_not_proved",
        /// The device turned out not to have come back.
        NotReturned = "not_returned",
        /// A lost or stolen device came back.
        DeviceFound = "device_found",
        /// A code turned out to be unknown.
        CodeUnknown = "code_unknown",
        /// Something else shall happen to the number.
        NumberDecisionChanged = "number_decision_changed",
        /// The one who answered took the answer back.
        AnswerUndone = "answer_undone",
        /// What was decided about the device was withdrawn.
        DisposalWithdrawn = "disposal_withdrawn",
        /// Something else becomes of the device while its holder is away.
        ArrangementChanged = "arrangement_changed",
        /// The employment ends: what the leave left open is asked after all.
        EmploymentEnds = "employment_ends",
    }
}
