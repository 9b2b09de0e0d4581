//! The rows of the reports.

use super::table::row;
use crate::domain::employment::EmploymentKind;
use crate::domain::ids::{LegalEntityId, UnitId};
use crate::domain::wipe::WipeLevel;

row! {
    /// How long it took from the last day of work to the completion of the case.
    pub struct LeadTimeRow {
        /// The unit in which the case was opened; null for all together.
        #[schema(value_type = Option<uuid::Uuid>)]
        pub unit_id: Option<UnitId>,
        /// Its name; `*` for all together.
        #[schema(max_length = 200)]
        pub unit: String,
        /// How many cases were completed in the period.
        pub number: u64,
        /// The median, in calendar days.
        pub median_days: Option<u64>,
        /// The 90th percentile, in calendar days.
        pub p90_days: Option<u64>,
    }
}

row! {
    /// Cases whose devices should be back.
    pub struct OverdueRow {
        /// The unit; null for all together.
        #[schema(value_type = Option<uuid::Uuid>)]
        pub unit_id: Option<UnitId>,
        /// Its name; `*` for all together.
        #[schema(max_length = 200)]
        pub unit: String,
        /// How many cases.
        pub number: u64,
        /// Of these, up to a week late.
        pub days_1_to_7: u64,
        /// Of these, 8 to 30 days late.
        pub days_8_to_30: u64,
        /// Of these, 31 to 90 days late.
        pub days_31_to_90: u64,
        /// Of these, more than 90 days late.
        pub days_over_90: u64,
        /// How late the oldest is, in calendar days.
        pub oldest_days: Option<u64>,
    }
}

row! {
    /// Devices that came back and were handed out again.
    pub struct ReuseRow {
        /// The unit that they came back from; null for all together.
        #[schema(value_type = Option<uuid::Uuid>)]
        pub unit_id: Option<UnitId>,
        /// Its name; `*` for all together.
        #[schema(max_length = 200)]
        pub unit: String,
        /// How many came back in the period.
        pub returned: u64,
        /// How many of these have been handed out again since.
        pub reused: u64,
        /// The share, in whole percent.
        pub share_percent: Option<u64>,
    }
}

row! {
    /// Which telephones and tablets there are.
    pub struct DeviceRow {
        /// The owner; null for all together.
        #[schema(value_type = Option<uuid::Uuid>)]
        pub legal_entity_id: Option<LegalEntityId>,
        /// Its name; `*` for all together.
        #[schema(max_length = 200)]
        pub legal_entity: String,
        /// How many are registered.
        pub number: u64,
        /// Of these, somebody has.
        pub assigned: u64,
        /// Of these, nobody has.
        pub in_stock: u64,
        /// Of these, lost.
        pub lost: u64,
        /// Of these, stolen.
        pub stolen: u64,
        /// Of these, out of use for good.
        pub retired: u64,
        /// Of these, the register does not know the equipment identity (IMEI).
        pub without_imei: u64,
    }
}

row! {
    /// Which subscriptions there are.
    pub struct SubscriptionRow {
        /// The owner; null for all together.
        #[schema(value_type = Option<uuid::Uuid>)]
        pub legal_entity_id: Option<LegalEntityId>,
        /// Its name; `*` for all together.
        #[schema(max_length = 200)]
        pub legal_entity: String,
        /// How many are registered.
        pub number: u64,
        /// Of these, somebody uses.
        pub assigned: u64,
        /// Of these, nobody uses.
        pub available: u64,
        /// Of these, ended with the operator.
        pub terminated: u64,
        /// What those cost in a month that have not ended, in öre without value added tax, as far as is known.
        pub monthly_cost_ore: u64,
        /// What those of them cost that nobody uses.
        pub unused_cost_ore: u64,
    }
}

row! {
    /// What is signed out, and to whom.
    pub struct SignedOutRow {
        /// The legal entity where they work; null for all together.
        #[schema(value_type = Option<uuid::Uuid>)]
        pub legal_entity_id: Option<LegalEntityId>,
        /// Its name; `*` for all together.
        #[schema(max_length = 200)]
        pub legal_entity: String,
        /// The kind of employment; null for all together.
        pub kind: Option<EmploymentKind>,
        /// How many devices.
        pub devices: u64,
        /// How many subscriptions.
        pub subscriptions: u64,
    }
}

row! {
    /// The rules for return and exchange that a legal entity has.
    pub struct RulesRow {
        /// The legal entity.
        #[schema(value_type = uuid::Uuid)]
        pub legal_entity_id: LegalEntityId,
        /// Its name.
        #[schema(max_length = 200)]
        pub legal_entity: String,
        /// Whether its rules are the common ones in all that follows.
        pub is_common: bool,
        /// The least proof of a wipe where the data is of the usual kind.
        pub wipe_standard: WipeLevel,
        /// The least proof of a wipe where the data is secret.
        pub wipe_secrecy: WipeLevel,
        /// For how many kinds of cases it has a timeline of its own.
        pub own_timelines: u64,
        /// How many closed days of its own.
        pub closed_days: u64,
        /// How many quiet periods.
        pub quiet_periods: u64,
        /// Whether its people are written to.
        pub sends_mail: bool,
    }
}

row! {
    /// What is with people who are no longer entitled to it.
    pub struct NotReturnedRow {
        /// The unit that they left; null for all together.
        #[schema(value_type = Option<uuid::Uuid>)]
        pub unit_id: Option<UnitId>,
        /// Its name; `*` for all together.
        #[schema(max_length = 200)]
        pub unit: String,
        /// Devices that a case under way asks back.
        pub devices_with_case: u64,
        /// Devices that nothing asks back.
        pub devices_without_case: u64,
        /// Subscriptions that a case under way settles.
        pub subscriptions_with_case: u64,
        /// Subscriptions that nothing settles.
        pub subscriptions_without_case: u64,
        /// How long ago the first of these employments ended, in calendar days.
        pub oldest_days: Option<u64>,
    }
}
