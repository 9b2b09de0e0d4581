//! What somebody has to look at.

use super::ids::{LegalEntityId, PersonId, UnitId};
use crate::text_enum;
use chrono::TimeDelta;

text_enum! {
    /// One kind of cases under way that need a look.
    #[derive(Default)]
    pub enum Worklist {
        /// Nobody answers for them: no manager, next level or coordinator can be written to.
        #[default]
        Unowned = "unowned",
        /// The devices were due back before today. Not while their holder is on leave and nothing is to be done before
        /// they are back.
        Overdue = "overdue",
        /// The devices are due back today or within a week.
        DueSoon = "due_soon",
        /// Later contact contradicts the wipe of a device.
        Contradicted = "contradicted",
        /// A device is gone, and nobody has decided whether that breach of personal data is notified. The clock runs on
        /// when the end of the employment is withdrawn, so those are here too.
        BreachDue = "breach_due",
        /// A preservation hold forbids reset and wipe until somebody decides.
        Held = "held",
        /// A wipe was ordered, and the MDM has not told yet how it went.
        WaitingForMdm = "waiting_for_mdm",
        /// A number is to go to its holder privately, and has not gone: the operator has to release it only for a time.
        NumberTransfer = "number_transfer",
        /// A mail of the case failed, or has waited for longer than [`UNDELIVERED_AFTER`] to be taken. Receipts count after
        /// the completion of the case too, other mails do not.
        UndeliveredMail = "undelivered_mail",
    }
}

/// How far ahead [`Worklist::DueSoon`] looks, in days.
pub const DUE_SOON_DAYS: u64 = 7;

/// How long a written mail may wait for the mail server before somebody should look, in time at which mail may leave.
pub const UNDELIVERED_AFTER: TimeDelta = TimeDelta::hours(1);

/// Whose work is meant: that of the service desk unless something is said, else that of a coordinator, of the one who
/// answers for the cases, or of a part of the organisation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WorkScope {
    /// Of this legal entity.
    pub legal_entity_id: Option<LegalEntityId>,
    /// Of people in this unit or in one below it.
    pub unit_id: Option<UnitId>,
    /// Of people in the units that this person coordinates.
    pub coordinator_id: Option<PersonId>,
    /// Of cases that this person answers for today: the one who is asked to take the devices back.
    pub receiver_id: Option<PersonId>,
}
