//! The rows of the lists that go along with the handing in. Unlike reports they name people, but never a protected one:
//! they are printed and passed on.

use super::table::row;
use crate::domain::ids::{TerminationId, UnitId};
use crate::domain::termination::{CheckState, DeviceOutcome, ItemKind, TerminationState};
use chrono::NaiveDate;

row! {
    /// Something to hand in.
    pub struct HandInRow {
        /// The case.
        #[schema(value_type = uuid::Uuid)]
        pub termination_id: TerminationId,
        /// The case number.
        #[schema(max_length = 40)]
        pub case_number: String,
        /// The legal entity.
        #[schema(max_length = 200)]
        pub legal_entity: String,
        /// The unit, or the body of an elected representative.
        #[schema(value_type = uuid::Uuid)]
        pub unit_id: UnitId,
        /// Its name.
        #[schema(max_length = 200)]
        pub unit: String,
        /// Who hands in; null for a protected identity.
        #[schema(max_length = 200)]
        pub holder: Option<String>,
        /// The last day of the employment or mandate.
        pub end_on: NaiveDate,
        /// The day by which it is to be back.
        pub return_by: NaiveDate,
        /// What it is.
        pub kind: ItemKind,
        /// The model of a device.
        #[schema(max_length = 200)]
        pub model: Option<String>,
        /// The last four characters of its serial number.
        #[schema(max_length = 4)]
        pub serial_last4: Option<String>,
        /// What was handed out with it.
        #[schema(max_items = 100)]
        pub accessories: Vec<String>,
        /// The number of a subscription.
        #[schema(max_length = 40)]
        pub number: Option<String>,
        /// Whether it must not be reset or wiped.
        pub is_held: bool,
        /// Where its return stands; of a subscription, what is to happen to the number.
        pub state: CheckState,
    }
}

row! {
    /// A device that came back, or about which it was settled that it does not.
    pub struct ReceiptRow {
        /// The case.
        #[schema(value_type = uuid::Uuid)]
        pub termination_id: TerminationId,
        /// The case number.
        #[schema(max_length = 40)]
        pub case_number: String,
        /// The legal entity.
        #[schema(max_length = 200)]
        pub legal_entity: String,
        /// The unit, or the body of an elected representative.
        #[schema(value_type = uuid::Uuid)]
        pub unit_id: UnitId,
        /// Its name.
        #[schema(max_length = 200)]
        pub unit: String,
        /// Who handed in; null for a protected identity.
        #[schema(max_length = 200)]
        pub holder: Option<String>,
        /// The model.
        #[schema(max_length = 200)]
        pub model: String,
        /// The last four characters of the serial number.
        #[schema(max_length = 4)]
        pub serial_last4: String,
        /// The day on which that was settled.
        pub settled_on: NaiveDate,
        /// The name or function of who settled it.
        #[schema(max_length = 200)]
        pub received_by: Option<String>,
        /// What became of the device; null if nobody has said.
        pub outcome: Option<DeviceOutcome>,
        /// In what condition it is.
        #[schema(max_length = 500)]
        pub condition: Option<String>,
        /// What is not as it should be in the case, in words.
        #[schema(max_items = 100)]
        pub deviations: Vec<String>,
        /// Where the case stands.
        pub state: TerminationState,
        /// The code of its receipt, once it is completed.
        #[schema(max_length = 40)]
        pub receipt_code: Option<String>,
    }
}
