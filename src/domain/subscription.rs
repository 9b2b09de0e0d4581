//! Telephone subscriptions, and the time for which a number that was freed is nobody else's.

use super::ids::{LegalEntityId, PersonId, SubscriptionId, UnitId};
use super::record::Meta;
use super::termination::{MoveTo, NumberTerms};
use super::text::PhoneNumber;
use crate::text_enum;
use chrono::{DateTime, Days, NaiveDate, Utc};

text_enum! {
    /// Where a subscription is in its life.
    pub enum SubscriptionStatus {
        /// Nobody uses it; it can be handed out.
        Available = "available",
        /// Somebody uses it.
        Assigned = "assigned",
        /// Somebody uses it, and its number is to go to them privately: it is not terminated first.
        ToBeTransferred = "to_be_transferred",
        /// Ended with the operator.
        Terminated = "terminated",
    }
}

impl SubscriptionStatus {
    /// Whether somebody uses it.
    pub const fn is_in_use(self) -> bool {
        match self {
            Self::Assigned | Self::ToBeTransferred => true,
            Self::Available | Self::Terminated => false,
        }
    }
}

/// The highest monthly cost that can be registered, in öre: a million kronor. What is above is a slip of the pen.
pub const MAX_MONTHLY_COST_ORE: i64 = 100_000_000;
/// For how many days a number that was freed is nobody else's, where a legal entity has decided nothing.
pub const NUMBER_QUARANTINE_DAYS: u16 = 90;
/// The most days that a legal entity may keep it.
pub const MAX_NUMBER_QUARANTINE_DAYS: u16 = 730;

/// A subscription with its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Its id.
    pub id: SubscriptionId,
    /// The owner.
    pub legal_entity_id: LegalEntityId,
    /// The number (ITU-T E.164), unique among subscriptions that have not ended.
    pub number: PhoneNumber,
    /// The operator.
    pub operator: Option<String>,
    /// What it costs in a month, in öre, without value added tax; none if nobody has said.
    pub monthly_cost_ore: Option<i64>,
    /// Where it is in its life.
    pub status: SubscriptionStatus,
    /// Whether somebody signs in or recovers an account with the number, so that it must be exchanged there first.
    pub is_recovery_number: bool,
    /// Its last day with the operator, once it has ended and that is known.
    pub ends_on: Option<NaiveDate>,
    /// The unit that it was moved to, for its next holder there.
    pub unit_id: Option<UnitId>,
    /// Version and dates.
    pub meta: Meta,
}

impl Subscription {
    /// The subscription in somebody's use, from now on.
    #[must_use]
    pub fn handed_out(self, now: DateTime<Utc>) -> Self {
        Self {
            status: SubscriptionStatus::Assigned,
            ends_on: None,
            unit_id: None,
            meta: self.meta.changed(now),
            ..self
        }
    }

    /// The subscription out of use, from now on. One that has ended stays so.
    #[must_use]
    pub fn taken_back(self, now: DateTime<Utc>) -> Self {
        let status = match self.status {
            SubscriptionStatus::Available
            | SubscriptionStatus::Assigned
            | SubscriptionStatus::ToBeTransferred => SubscriptionStatus::Available,
            SubscriptionStatus::Terminated => SubscriptionStatus::Terminated,
        };
        Self {
            status,
            meta: self.meta.changed(now),
            ..self
        }
    }
}

impl Subscription {
    /// What becomes of it when the case of its holder is complete, who had it until that day: what was decided and done about
    /// its number, or else it is free.
    #[must_use]
    pub fn settled(self, terms: Option<NumberTerms>, had_until: NaiveDate, now: DateTime<Utc>) -> Self {
        let terminated = |day| (SubscriptionStatus::Terminated, Some(day), None);
        let available = |unit| (SubscriptionStatus::Available, None, unit);
        let (status, ends_on, unit_id) = match terms {
            Some(NumberTerms::Terminate { last_day }) => terminated(last_day.unwrap_or(had_until)),
            Some(
                NumberTerms::TransferToPrivate
                | NumberTerms::Move {
                    to: Some(MoveTo::LegalEntity { .. }),
                },
            ) => terminated(had_until),
            Some(NumberTerms::Move {
                to: Some(MoveTo::Unit { unit }),
            }) => available(Some(unit)),
            Some(NumberTerms::Move { .. } | NumberTerms::Reuse) | None => available(None),
        };
        Self {
            status,
            ends_on,
            unit_id,
            meta: self.meta.changed(now),
            ..self
        }
    }
}

/// A number that was freed: callers and codes may still go to it, so it is nobody else's for a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantine {
    /// The number.
    pub number: PhoneNumber,
    /// Who had it. Going back to them is no re-use.
    pub person_id: PersonId,
    /// The last day on which they had it.
    pub freed_on: NaiveDate,
    /// The last day on which it is nobody else's.
    pub until: NaiveDate,
}

impl Quarantine {
    /// The number of somebody who does not have it after that day; none where nobody waits.
    pub fn begin(number: PhoneNumber, person_id: PersonId, freed_on: NaiveDate, days: u16) -> Option<Self> {
        (days > 0).then(|| Self {
            number,
            person_id,
            freed_on,
            until: freed_on
                .checked_add_days(Days::new(days.into()))
                .unwrap_or(NaiveDate::MAX),
        })
    }

    /// Whether it is still kept.
    pub fn is_kept(&self, today: NaiveDate) -> bool {
        today <= self.until
    }

    /// Whether it is kept from this person.
    pub fn is_kept_from(&self, person: PersonId, today: NaiveDate) -> bool {
        self.is_kept(today) && person != self.person_id
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_freed_number_is_nobody_elses_to_the_last_day_of_its_quarantine() {
        let (holder, other) = (PersonId::from(Uuid::nil()), PersonId::from(Uuid::max()));
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let number = || PhoneNumber::parse("070-174 06 05").unwrap();
        let kept = Quarantine::begin(number(), holder, day("2027-02-26"), 90).unwrap();
        assert_eq!(kept.until, day("2027-05-27"));
        assert!(kept.is_kept_from(other, day("2027-05-27")) && !kept.is_kept_from(other, day("2027-05-28")));
        assert!(
            !kept.is_kept_from(holder, day("2027-02-27")),
            "back to its holder"
        );
        assert_eq!(Quarantine::begin(number(), holder, day("2027-02-26"), 0), None);
    }
}
