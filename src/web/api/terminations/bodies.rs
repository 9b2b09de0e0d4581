//! What terminations look like in JSON.

use crate::domain::ids::{
    DeviceId, EmploymentId, ItemId, LegalEntityId, PersonId, SubscriptionId, TerminationId, UnitId,
};
use crate::domain::termination::{
    Act, ActorRole, Blocker, Check, CheckKind, CheckState, DataClass, Decision, DeviceOutcome, Item,
    ItemKind, Note, NumberDecision, Reason, TerminationKind, TerminationRecord, TerminationState,
};
use crate::domain::wipe::{WipeLevel, WipeState};
use crate::services::terminations::{IdentityRead, TerminationView};
use crate::text_enum;
use crate::web::api::codes::CodeAnswerOut;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

text_enum! {
    /// In which role a caller of the API works with a case.
    #[derive(Default)]
    pub enum DeskRole {
        /// The service desk or a coordinator.
        #[default]
        Desk = "desk",
        /// Somebody who examines handsets.
        Technician = "technician",
    }
}

impl From<DeskRole> for ActorRole {
    fn from(role: DeskRole) -> Self {
        match role {
            DeskRole::Desk => Self::Desk,
            DeskRole::Technician => Self::Technician,
        }
    }
}

/// What was read off a handset: its serial number, an IMEI, or both.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IdentityIn {
    /// The serial number.
    #[serde(default)]
    #[schema(max_length = 40)]
    serial: Option<String>,
    /// An IMEI.
    #[serde(default)]
    #[schema(max_length = 40)]
    imei: Option<String>,
}

impl From<IdentityIn> for IdentityRead {
    fn from(body: IdentityIn) -> Self {
        Self {
            serial: body.serial,
            imei: body.imei,
        }
    }
}

/// What the one who answered wrote down.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoteBody {
    /// Where it happened.
    #[serde(default)]
    #[schema(max_length = 500)]
    place: Option<String>,
    /// In which condition the device is: `intact`, `damaged`, or in your own words.
    #[serde(default)]
    #[schema(max_length = 500)]
    condition: Option<String>,
    /// How it was done or seen.
    #[serde(default)]
    #[schema(max_length = 500)]
    method: Option<String>,
}

impl From<NoteBody> for Note {
    fn from(body: NoteBody) -> Self {
        Self {
            place: body.place,
            condition: body.condition,
            method: body.method,
        }
    }
}

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
    /// Who and when.
    by: ActOut,
}

/// One thing that keeps a case from completing.
#[derive(Debug, Serialize, ToSchema)]
pub struct BlockerOut {
    /// `no_items`, `held`, `wipe_contradicted` or `check_open`.
    #[schema(max_length = 40)]
    blocker: &'static str,
    /// The item that it is about; null if it is about the case.
    #[schema(value_type = Option<uuid::Uuid>)]
    item_id: Option<ItemId>,
    /// The check that is not settled.
    check: Option<CheckKind>,
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
    /// The unit when the case was opened.
    #[schema(value_type = uuid::Uuid)]
    unit_id: UnitId,
    /// The legal entity when the case was opened.
    #[schema(value_type = uuid::Uuid)]
    legal_entity_id: LegalEntityId,
    /// The last day of the employment, inclusive.
    end_on: NaiveDate,
    /// The day on which the devices shall be back.
    return_by: NaiveDate,
    /// Whether a preservation hold is in force.
    is_held: bool,
    /// Whether something contradicts the wipe of a device.
    is_contradicted: bool,
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

/// A device or subscription of a case.
#[derive(Debug, Serialize, ToSchema)]
pub struct ItemOut {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    id: ItemId,
    /// What it is.
    kind: ItemKind,
    /// The device; null for a subscription.
    device: Option<ItemDeviceOut>,
    /// The subscription; null for a device.
    subscription: Option<ItemSubscriptionOut>,
    /// What became of the device, once that is known.
    outcome: Option<DeviceOutcome>,
    /// Whether the serial number or IMEI was read and is the right one.
    is_identity_confirmed: bool,
    /// What is known about the wipe; null for a subscription.
    wipe: Option<WipeOut>,
    /// What was said of the codes.
    #[schema(max_items = 3)]
    codes: Vec<CodeAnswerOut>,
    /// What happens to the number.
    number_decision: Option<NumberDecision>,
    /// The questions.
    #[schema(max_items = 10)]
    checks: Vec<CheckOut>,
}

/// The device of an item.
#[derive(Debug, Serialize, ToSchema)]
pub struct ItemDeviceOut {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    id: DeviceId,
    /// Who made it.
    #[schema(max_length = 200)]
    manufacturer: Option<String>,
    /// The model.
    #[schema(max_length = 200)]
    model: String,
    /// The serial number.
    #[schema(max_length = 40)]
    serial: String,
    /// How sensitive its data is; decides which proof of a wipe is enough.
    data_class: DataClass,
}

/// The subscription of an item.
#[derive(Debug, Serialize, ToSchema)]
pub struct ItemSubscriptionOut {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    id: SubscriptionId,
    /// The number (E.164).
    #[schema(max_length = 16)]
    number: String,
}

/// What is known about a wipe. There is no yes or no: there is a level, and a policy that says which is enough.
#[derive(Debug, Serialize, ToSchema)]
pub struct WipeOut {
    /// The state.
    state: WipeState,
    /// How strong the statement is that the data is gone.
    level: WipeLevel,
    /// Whether later contact contradicts it.
    is_contradicted: bool,
}

/// One question of an item.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckOut {
    /// Which.
    check: CheckKind,
    /// Where it stands.
    state: CheckState,
    /// Whether the case cannot complete without it.
    is_mandatory: bool,
    /// Who brought it there; null while nobody has.
    by: Option<ActOut>,
    /// Why it does not apply, deviates or is open again.
    #[schema(max_length = 500)]
    reason: Option<String>,
    /// What the one who answered wrote down.
    note: NoteBody,
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
        };
        Self {
            blocker,
            item_id,
            check,
        }
    }
}

impl From<&Check> for CheckOut {
    fn from(check: &Check) -> Self {
        Self {
            check: check.kind,
            state: check.state,
            is_mandatory: check.mandatory,
            by: check.act.as_ref().map(ActOut::from),
            reason: check.reason.as_ref().map(Reason::as_str).map(str::to_owned),
            note: NoteBody {
                place: check.note.place.clone(),
                condition: check.note.condition.clone(),
                method: check.note.method.clone(),
            },
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
            is_held: termination.is_held(),
            is_contradicted: termination.items.iter().any(|item| item.wipe.contradicted),
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

fn item_out(view: &TerminationView, item: &Item) -> ItemOut {
    let device = view.device(item.id).map(|device| ItemDeviceOut {
        id: device.id,
        manufacturer: device.manufacturer.clone(),
        model: device.model.clone(),
        serial: device.serial.as_str().to_owned(),
        data_class: item.data_class,
    });
    let subscription = view
        .subscription(item.id)
        .map(|subscription| ItemSubscriptionOut {
            id: subscription.id,
            number: subscription.number.as_str().to_owned(),
        });
    let wipe = device.is_some().then_some(WipeOut {
        state: item.wipe.state,
        level: item.wipe.level,
        is_contradicted: item.wipe.contradicted,
    });
    let codes = item.code_answers.iter().map(|(kind, answer)| CodeAnswerOut {
        kind: *kind,
        answer: *answer,
    });
    ItemOut {
        id: item.id,
        kind: item.kind,
        device,
        subscription,
        outcome: item.outcome,
        is_identity_confirmed: item.identity_confirmed,
        wipe,
        codes: codes.collect(),
        number_decision: item.number_decision,
        checks: item.checks.iter().map(CheckOut::from).collect(),
    }
}
