//! A case with everything that its mails, its pages and its receipt say about it, looked up once.

use super::ServiceError;
use crate::db::{self, DbConnection};
use crate::domain::assignment::Assigned;
use crate::domain::calendar::Calendar;
use crate::domain::device::Device;
use crate::domain::employment::Employment;
use crate::domain::ids::{ItemId, TerminationId};
use crate::domain::organisation::LegalEntity;
use crate::domain::person::Person;
use crate::domain::subscription::Subscription;
use crate::domain::termination::{Blocker, CheckKind, Item, TerminationKind, TerminationRecord};
use crate::domain::timeline::{MessageStep, RecipientRole, deadline_shown};
use crate::domain::unit::Unit;
use crate::domain::wipe::WipeLevel;
use crate::mail::words::Check;
use chrono::NaiveDate;

/// The case.
#[derive(Clone)]
pub(super) struct Case {
    pub record: TerminationRecord,
    pub employment: Employment,
    pub holder: Person,
    pub unit: Unit,
    pub legal_entity: LegalEntity,
    /// Whether the holder gets the receipt at a private address.
    pub has_private_address: bool,
    /// In the order of the items.
    pub devices: Vec<CaseDevice>,
    /// In the order of the items.
    pub subscriptions: Vec<CaseSubscription>,
}

/// A device of the case.
#[derive(Clone)]
pub(super) struct CaseDevice {
    pub item: ItemId,
    pub device: Device,
    pub accessories: Vec<String>,
}

/// A subscription of the case.
#[derive(Clone)]
pub(super) struct CaseSubscription {
    pub item: ItemId,
    pub subscription: Subscription,
}

impl Case {
    /// Looks everything up.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`].
    pub(super) fn load(connection: &mut DbConnection, id: TerminationId) -> Result<Self, ServiceError> {
        let record = super::terminations::get_in(connection, id)?;
        Self::of(connection, record)
    }

    /// Looks up what belongs to the record.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`].
    pub(super) fn of(connection: &mut DbConnection, record: TerminationRecord) -> Result<Self, ServiceError> {
        let employment = db::employments::find(connection, record.employment_id)?
            .ok_or(ServiceError::NotFound("employment"))?;
        let holder =
            db::people::find(connection, record.person_id)?.ok_or(ServiceError::NotFound("person"))?;
        let unit = db::units::find(connection, employment.unit_id)?.ok_or(ServiceError::NotFound("unit"))?;
        let legal_entity = db::legal_entities::get(connection, record.legal_entity_id)?;
        let has_private_address =
            db::private_addresses::given_at(connection, record.termination.id)?.is_some();
        let (mut devices, mut subscriptions) = (Vec::new(), Vec::new());
        for holding in &record.holdings {
            match holding.assigned {
                Assigned::Device(id) => {
                    let device =
                        db::devices::find(connection, id)?.ok_or(ServiceError::NotFound("device"))?;
                    let assignment = db::assignments::find(connection, holding.assignment)?;
                    devices.push(CaseDevice {
                        item: holding.item,
                        device,
                        accessories: assignment.map(|found| found.accessories).unwrap_or_default(),
                    });
                }
                Assigned::Subscription(id) => subscriptions.push(CaseSubscription {
                    item: holding.item,
                    subscription: db::subscriptions::find(connection, id)?
                        .ok_or(ServiceError::NotFound("subscription"))?,
                }),
            }
        }
        Ok(Self {
            record,
            employment,
            // Mails, pages and receipts can be passed on to anybody.
            holder: holder.without_protected_name(),
            unit,
            legal_entity,
            has_private_address,
            devices,
            subscriptions,
        })
    }

    /// The business days and quiet periods that count for it.
    pub(super) fn calendar(&self) -> Calendar {
        self.legal_entity.schedule.calendar()
    }

    /// The date that a mail of the case asks its reader to act by, if it is sent today.
    pub(super) fn deadline(
        &self,
        (step, to): (MessageStep, RecipientRole),
        today: NaiveDate,
    ) -> Option<NaiveDate> {
        let termination = &self.record.termination;
        let timeline = self.legal_entity.schedule.timeline(termination.kind);
        let within = timeline.answer_within(step, to);
        let back_on = termination.absence.and_then(|absence| absence.back_on);
        let t0 = match step {
            MessageStep::HandBack => back_on.unwrap_or(termination.return_by),
            _ => termination.return_by,
        };
        deadline_shown((step, within), t0, today, &self.calendar())
    }

    /// The mandatory checks that the receiver can still settle, each once, in the order of work. None means that
    /// asking the receiver again would be asking for nothing.
    pub(super) fn left_for_receiver(&self) -> Vec<Check> {
        let mut left = self.left_before_leave();
        if !self.to_hand_back().is_empty() {
            left.push(Check::HandedBack);
        }
        left
    }

    /// Whether nobody has said yet what becomes of a device during a leave.
    pub(super) fn lacks_arrangement(&self) -> bool {
        let blockers = self.record.termination.blockers();
        let is_lacking = |blocker: &Blocker| matches!(blocker, Blocker::ArrangementMissing { .. });
        blockers.iter().any(is_lacking)
    }

    /// The devices that were put away and that the holder gets back.
    pub(super) fn to_hand_back(&self) -> Vec<ItemId> {
        let blockers = self.record.termination.blockers().into_iter();
        let put_away = blockers.filter_map(|blocker| match blocker {
            Blocker::NotHandedBack { item } => Some(item),
            _ => None,
        });
        put_away.collect()
    }

    /// The same without what can only be answered at the end of a leave.
    pub(super) fn left_before_leave(&self) -> Vec<Check> {
        let termination = &self.record.termination;
        let asks = |item: &Item| {
            // What is asked of a device depends on what becomes of it.
            termination.kind != TerminationKind::Absence
                || item.arrangement.is_some()
                || item.outcome.is_some()
        };
        let open = termination
            .items
            .iter()
            .flat_map(|item| item.checks.iter().map(move |check| (item, check)))
            .filter(|(item, check)| check.mandatory && !check.state.is_settled() && asks(item))
            .filter(|(item, check)| receiver_can_settle(item, check.kind, termination.is_held()))
            .map(|(_, check)| word(check.kind));
        let mut left: Vec<Check> = open.collect();
        if self.lacks_arrangement() {
            left.push(Check::Arrangement);
        }
        left.sort_unstable();
        left.dedup();
        left
    }
}

/// The directory is the desk's, as is a number that was decided about, what is held must stay as it is, and some data asks
/// for a technician's eyes.
fn receiver_can_settle(item: &Item, check: CheckKind, held: bool) -> bool {
    match check {
        CheckKind::Directory => false,
        CheckKind::Number => item.number.is_none(),
        CheckKind::Reset => !held,
        CheckKind::Wiped => !held && item.required_wipe <= WipeLevel::Attested,
        // Asked in one question with the reset.
        CheckKind::LocksCleared => item
            .check(CheckKind::Reset)
            .is_ok_and(|reset| !reset.state.is_settled()),
        CheckKind::RecordsSaved
        | CheckKind::Returned
        | CheckKind::Accessories
        | CheckKind::Codes
        | CheckKind::Sim => true,
    }
}

/// The check as mails and pages name it.
pub(super) const fn word(check: CheckKind) -> Check {
    match check {
        CheckKind::RecordsSaved => Check::RecordsSaved,
        CheckKind::Returned => Check::Returned,
        CheckKind::Accessories => Check::Accessories,
        CheckKind::Reset => Check::Reset,
        CheckKind::Wiped => Check::Wiped,
        CheckKind::LocksCleared => Check::LocksCleared,
        CheckKind::Codes => Check::Codes,
        CheckKind::Sim => Check::Sim,
        CheckKind::Number => Check::Number,
        CheckKind::Directory => Check::Directory,
    }
}
