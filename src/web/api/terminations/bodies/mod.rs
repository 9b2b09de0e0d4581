//! What terminations look like in JSON.

mod absence;
mod input;
mod item;
mod number;
mod outcome;
mod outcome_in;

pub use absence::{AbsenceOut, ArrangementOut};
pub use input::{DeskRole, IdentityIn, NoteBody};
pub use item::{CheckOut, ItemDeviceOut, ItemOut, ItemSubscriptionOut, WipeOut};
pub use number::{MoveToIn, MoveToOut, NumberIn, NumberOut};
pub use outcome::{BreachOut, DamageOut, DisposalOut, LossOut};
pub use outcome_in::{ApprovalIn, BreachIn, DamageIn, DisposalIn, OutcomeIn, PoliceReportIn};

use crate::domain::delegation::DelegateTo;
use crate::domain::ids::{EmploymentId, ItemId, LegalEntityId, PersonId, TerminationId, UnitId};
use crate::domain::termination::{
    Act, ActorRole, Blocker, CheckKind, Decision, TerminationKind, TerminationRecord, TerminationState,
};
use crate::domain::text::looks_like_personal_number;
use crate::services::terminations::TerminationView;
use chrono::{DateTime, NaiveDate, Utc};
use item::item_out;
use serde::Serialize;
use utoipa::ToSchema;

/// Who did something, and when.
#[derive(Debug, Serialize, ToSchema)]
pub struct ActOut {
    /// In which role.
    role: ActorRole,
    /// The kind of actor.
    #[schema(max_length = 40)]
    actor_kind: String,
    /// The actor's id; empty for the service itself.
    #[schema(max_length = 40)]
    actor_id: String,
    /// When.
    at: DateTime<Utc>,
}

/// A decision, and who made it.
#[derive(Debug, Serialize, ToSchema)]
pub struct DecisionOut {
    /// Why.
    #[schema(max_length = 500)]
    reason: String,
    /// Whether the reason holds something in the shape of a personal identity number. It may be something else.
    may_hold_personal_number: bool,
    /// Who and when.
    by: ActOut,
}

/// One thing that keeps a case from completing.
#[derive(Debug, Serialize, ToSchema)]
pub struct BlockerOut {
    /// `no_items`, `held`, `wipe_contradicted`, `check_open`, `breach_undecided`, `police_report_missing`,
    /// `transfer_not_approved` or `check_not_done`: of a device that is sold, lent or goes to another legal entity, where no
    /// deviation will do. Of a leave: `arrangement_missing`, `holder_away` or `not_handed_back`.
    #[schema(max_length = 40)]
    blocker: &'static str,
    /// The item that it is about; null if it is about the case.
    #[schema(value_type = Option<uuid::Uuid>)]
    item_id: Option<ItemId>,
    /// The check that is not settled.
    check: Option<CheckKind>,
}

/// To whom a case is handed over.
#[derive(Debug, Serialize, ToSchema)]
pub struct DelegateOut {
    /// In one word.
    to: DelegateTo,
    /// Who, if it is a person by name.
    #[schema(value_type = Option<uuid::Uuid>)]
    person_id: Option<PersonId>,
}

/// A case.
#[derive(Debug, Serialize, ToSchema)]
pub struct TerminationOut {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    id: TerminationId,
    /// The case number that people read.
    #[schema(max_length = 40)]
    number: String,
    /// Why there is a case.
    kind: TerminationKind,
    /// Where it stands.
    state: TerminationState,
    /// The employment that ends.
    #[schema(value_type = uuid::Uuid)]
    employment_id: EmploymentId,
    /// Whose employment it is.
    #[schema(value_type = uuid::Uuid)]
    person_id: PersonId,
    /// The unit when the case was opened, or the one that it has become part of while the case was under way.
    #[schema(value_type = uuid::Uuid)]
    unit_id: UnitId,
    /// The legal entity when the case was opened.
    #[schema(value_type = uuid::Uuid)]
    legal_entity_id: LegalEntityId,
    /// The last day of the employment, inclusive; for a leave, the last day before it.
    end_on: NaiveDate,
    /// The day on which the devices shall be back.
    return_by: NaiveDate,
    /// To whom it is handed over, instead of whoever would be asked; null if it is not.
    delegate: Option<DelegateOut>,
    /// Whether a preservation hold is in force.
    is_held: bool,
    /// Whether something contradicts the wipe of a device.
    is_contradicted: bool,
    /// When the breach of personal data that a loss may be must be notified to the supervisory authority at the latest:
    /// 72 hours after the employer learned of it. Null while nobody has to decide.
    breach_notify_by: Option<DateTime<Utc>>,
    /// The leave, for a case about one.
    absence: Option<AbsenceOut>,
    /// Everything that keeps the case from completing.
    #[schema(max_items = 1000)]
    blockers: Vec<BlockerOut>,
    /// When it was completed; null while it is not.
    completed_at: Option<DateTime<Utc>>,
    /// Rises with each change.
    #[schema(minimum = 1)]
    version: i64,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it last changed.
    updated_at: DateTime<Utc>,
}

/// A case with everything in it.
#[derive(Debug, Serialize, ToSchema)]
pub struct TerminationDetailOut {
    /// The case.
    #[serde(flatten)]
    termination: TerminationOut,
    /// The name of the one whose employment ends.
    #[schema(max_length = 200)]
    holder_name: Option<String>,
    /// The preservation hold in force.
    hold: Option<DecisionOut>,
    /// Why it was cancelled.
    cancelled: Option<DecisionOut>,
    /// Why it was opened again, the latest time.
    reopened: Option<DecisionOut>,
    /// The devices and subscriptions.
    #[schema(max_items = 1000)]
    items: Vec<ItemOut>,
}

impl From<&Act> for ActOut {
    fn from(act: &Act) -> Self {
        Self {
            role: act.by.role,
            actor_kind: act.by.kind.clone(),
            actor_id: act.by.id.clone(),
            at: act.at,
        }
    }
}

impl From<&Decision> for DecisionOut {
    fn from(decision: &Decision) -> Self {
        Self {
            reason: decision.reason.as_str().to_owned(),
            may_hold_personal_number: looks_like_personal_number(decision.reason.as_str()),
            by: (&decision.act).into(),
        }
    }
}

impl From<Blocker> for BlockerOut {
    fn from(blocker: Blocker) -> Self {
        let (blocker, item_id, check) = match blocker {
            Blocker::NoItems => ("no_items", None, None),
            Blocker::Held => ("held", None, None),
            Blocker::WipeContradicted { item } => ("wipe_contradicted", Some(item), None),
            Blocker::CheckOpen { item, check } => ("check_open", Some(item), Some(check)),
            Blocker::BreachUndecided { item } => ("breach_undecided", Some(item), None),
            Blocker::PoliceReportMissing { item } => ("police_report_missing", Some(item), None),
            Blocker::TransferNotApproved { item } => ("transfer_not_approved", Some(item), None),
            Blocker::CheckNotDone { item, check } => ("check_not_done", Some(item), Some(check)),
            Blocker::ArrangementMissing { item } => ("arrangement_missing", Some(item), None),
            Blocker::HolderAway => ("holder_away", None, None),
            Blocker::NotHandedBack { item } => ("not_handed_back", Some(item), None),
        };
        Self {
            blocker,
            item_id,
            check,
        }
    }
}

impl From<&TerminationRecord> for TerminationOut {
    fn from(record: &TerminationRecord) -> Self {
        let termination = &record.termination;
        let blockers = if termination.is_active() {
            termination.blockers()
        } else {
            Vec::new()
        };
        Self {
            id: termination.id,
            number: termination.number.clone(),
            kind: termination.kind,
            state: termination.state,
            employment_id: record.employment_id,
            person_id: record.person_id,
            unit_id: record.unit_id,
            legal_entity_id: record.legal_entity_id,
            end_on: termination.end_on,
            return_by: termination.return_by,
            delegate: record.delegate.map(|delegate| DelegateOut {
                to: delegate.word(),
                person_id: delegate.person(),
            }),
            is_held: termination.is_held(),
            is_contradicted: termination.items.iter().any(|item| item.wipe.contradicted),
            breach_notify_by: termination.breach_notify_by(),
            absence: termination
                .absence
                .map(|leave| AbsenceOut::of(leave, termination.is_paused())),
            blockers: blockers.into_iter().map(BlockerOut::from).collect(),
            completed_at: termination.completed_at,
            version: record.meta.version,
            created_at: record.meta.created_at,
            updated_at: record.meta.updated_at,
        }
    }
}

impl From<&TerminationView> for TerminationDetailOut {
    fn from(view: &TerminationView) -> Self {
        let termination = &view.record.termination;
        let name = view.holder.name.as_ref();
        Self {
            termination: (&view.record).into(),
            holder_name: name.map(|name| name.as_str().to_owned()),
            hold: termination.hold.as_ref().map(DecisionOut::from),
            cancelled: termination.cancelled.as_ref().map(DecisionOut::from),
            reopened: termination.reopened.as_ref().map(DecisionOut::from),
            items: termination
                .items
                .iter()
                .map(|item| item_out(view, item))
                .collect(),
        }
    }
}
