//! Add-ons (tilläggsfunktioner): what a subscription can do beside its own, and for how long.

use super::error::DomainError;
use super::ids::{AddOnId, LegalEntityId, PersonId, SubscriptionId};
use super::record::Meta;
use super::termination::Reason;
use crate::text_enum;
use chrono::{DateTime, Months, NaiveDate, Utc};

/// The highest cost that can be registered, in öre: a million kronor. What is above is a slip of the pen.
pub const MAX_ADD_ON_COST_ORE: i64 = 100_000_000;
/// After how many months somebody is asked whether an add-on without an end is still needed.
const REVIEWED_AFTER_MONTHS: u32 = 12;

text_enum! {
    /// What a subscription can do beside its own.
    pub enum AddOnKind {
        /// Calls to foreign numbers (utlandssamtal).
        ForeignCalls = "foreign_calls",
        /// Use outside of the EU (roaming utanför EU).
        RoamingOutsideEu = "roaming_outside_eu",
        /// More data (utökad surf).
        ExtraData = "extra_data",
        /// A card for data alone (datakort).
        DataSim = "data_sim",
        /// A second card with the same number (twin-SIM).
        TwinSim = "twin_sim",
        /// Calls and messages that are paid for (betalnummer, betal-SMS).
        PremiumServices = "premium_services",
        /// Mobile broadband (mobilt bredband).
        MobileBroadband = "mobile_broadband",
    }
}

text_enum! {
    /// Why an add-on ended.
    pub enum AddOnEnd {
        /// Its last day has passed.
        Date = "date",
        /// Somebody ended it.
        Decision = "decision",
        /// Its subscription ended.
        Subscription = "subscription",
    }
}

/// One add-on of one subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddOn {
    /// Its id.
    pub id: AddOnId,
    /// The subscription.
    pub subscription_id: SubscriptionId,
    /// The owner of the subscription.
    pub legal_entity_id: LegalEntityId,
    /// What it is.
    pub kind: AddOnKind,
    /// What it is needed for.
    pub reason: Reason,
    /// Its first day.
    pub from: NaiveDate,
    /// Its last day; none if it goes on.
    pub to: Option<NaiveDate>,
    /// What it costs in a month, in öre, without value added tax; none if nobody has said.
    pub cost_ore: Option<i64>,
    /// Who ordered it.
    pub orderer_id: PersonId,
    /// What the agreement that it was ordered under is called.
    pub agreement: Option<String>,
    /// When somebody last said that it is needed.
    pub reviewed_on: NaiveDate,
    /// When somebody was last asked.
    pub asked_on: Option<NaiveDate>,
    /// Its last day and why it ended; only once it has.
    pub ended: Option<(NaiveDate, AddOnEnd)>,
    /// Version and dates.
    pub meta: Meta,
}

impl AddOn {
    /// Ends it, on its own last day if that comes first.
    ///
    /// # Errors
    /// `InvalidTransition` if it has ended.
    pub fn end(&mut self, last_day: NaiveDate, why: AddOnEnd, now: DateTime<Utc>) -> Result<(), DomainError> {
        self.require_going_on("end")?;
        let last_day = self.to.map_or(last_day, |to| to.min(last_day));
        self.ended = Some((last_day, why));
        self.meta = self.meta.changed(now);
        Ok(())
    }

    /// Refuses what only one that goes on allows.
    ///
    /// # Errors
    /// `InvalidTransition` if it has ended.
    pub const fn require_going_on(&self, command: &'static str) -> Result<(), DomainError> {
        if self.ended.is_some() {
            return Err(DomainError::InvalidTransition {
                entity: "add_on",
                from: "ended",
                command,
            });
        }
        Ok(())
    }

    /// Whether its last day has passed, so that it ends by itself.
    pub fn is_over(&self, today: NaiveDate) -> bool {
        self.ended.is_none() && self.to.is_some_and(|to| to < today)
    }

    /// Whether somebody is to say that it is still needed: it goes on without an end, and nobody has for a year.
    pub fn needs_review(&self, today: NaiveDate) -> bool {
        self.ended.is_none() && self.to.is_none() && self.reviewed_on <= reviewed_before(today)
    }
}

/// What was last said to be needed on this day or before is to be asked about today.
pub fn reviewed_before(today: NaiveDate) -> NaiveDate {
    today
        .checked_sub_months(Months::new(REVIEWED_AFTER_MONTHS))
        .unwrap_or(NaiveDate::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn add_on(to: Option<&str>) -> AddOn {
        let from = day("2027-02-01");
        AddOn {
            id: Uuid::nil().into(),
            subscription_id: Uuid::nil().into(),
            legal_entity_id: Uuid::nil().into(),
            kind: AddOnKind::ExtraData,
            reason: Reason::parse("Konferens").unwrap(),
            from,
            to: to.map(day),
            cost_ore: None,
            orderer_id: Uuid::nil().into(),
            agreement: None,
            reviewed_on: from,
            asked_on: None,
            ended: None,
            meta: Meta::new(DateTime::UNIX_EPOCH),
        }
    }

    #[test]
    fn an_add_on_with_an_end_is_over_on_the_day_after_and_is_never_reviewed() {
        let trip = add_on(Some("2027-02-14"));
        assert!(!trip.is_over(day("2027-02-14")) && trip.is_over(day("2027-02-15")));
        assert!(!trip.needs_review(day("2029-01-01")));
    }

    #[test]
    fn an_add_on_without_an_end_is_reviewed_after_a_year_and_never_over() {
        let broadband = add_on(None);
        assert!(!broadband.needs_review(day("2028-01-31")) && broadband.needs_review(day("2028-02-01")));
        assert!(!broadband.is_over(day("2040-01-01")));
    }

    #[test]
    fn it_ends_once_and_never_later_than_its_own_last_day() {
        let mut trip = add_on(Some("2027-02-14"));
        let now = DateTime::UNIX_EPOCH;
        trip.end(day("2027-03-31"), AddOnEnd::Subscription, now).unwrap();
        assert_eq!(trip.ended, Some((day("2027-02-14"), AddOnEnd::Subscription)));
        assert!(trip.end(day("2027-02-10"), AddOnEnd::Decision, now).is_err());
    }
}
