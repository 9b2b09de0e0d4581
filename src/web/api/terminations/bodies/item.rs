//! The items of a case: devices and subscriptions with their checks.

use super::{ActOut, ArrangementOut, DamageOut, DecisionOut, DisposalOut, LossOut, NoteBody, NumberOut};
use crate::domain::ids::{DeviceId, EmploymentId, ItemId, SubscriptionId};
use crate::domain::subscription::SubscriptionStatus;
use crate::domain::termination::{
    Check, CheckKind, CheckState, DataClass, DeviceOutcome, Item, ItemKind, NumberDecision, Reason,
};
use crate::domain::text::looks_like_personal_number;
use crate::domain::wipe::{WipeLevel, WipeState};
use crate::services::terminations::TerminationView;
use crate::web::api::codes::CodeAnswerOut;
use serde::Serialize;
use utoipa::ToSchema;

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
    /// What is known of its being lost or stolen, now or before it came back.
    loss: Option<LossOut>,
    /// What was decided about it instead of a return.
    disposal: Option<DisposalOut>,
    /// What is known of a damage to it.
    damage: Option<DamageOut>,
    /// For a move: the employment to which it is to go along with its holder, as long as only one side has said so.
    #[schema(value_type = Option<uuid::Uuid>)]
    goes_along_to: Option<EmploymentId>,
    /// What becomes of it during a leave, once that is known.
    arrangement: Option<ArrangementOut>,
    /// Whether the serial number or IMEI was read and is the right one.
    is_identity_confirmed: bool,
    /// What is known about the wipe; null for a subscription.
    wipe: Option<WipeOut>,
    /// What was said of the codes.
    #[schema(max_items = 3)]
    codes: Vec<CodeAnswerOut>,
    /// What happens to the number.
    number_decision: Option<NumberDecision>,
    /// The same with its terms, and who decided.
    number: Option<NumberOut>,
    /// That the holder asks to take the number over privately.
    number_requested: Option<ActOut>,
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
    /// Where it is in its life.
    status: SubscriptionStatus,
    /// Whether somebody signs in or recovers an account with the number: exchange it there before it goes to anybody.
    is_recovery_number: bool,
}

/// What is known about a wipe. There is no yes or no: there is a level, and a policy that says which is enough.
#[derive(Debug, Serialize, ToSchema)]
pub struct WipeOut {
    /// The state.
    state: WipeState,
    /// How strong the statement is that the data is gone.
    level: WipeLevel,
    /// The lowest level that is enough, as the policy had it when the case was opened.
    required_level: WipeLevel,
    /// Whether later contact contradicts it.
    is_contradicted: bool,
    /// The decision to close in spite of that, because the device is lost or stolen.
    contradiction_accepted: Option<DecisionOut>,
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
    /// Whether the reason or the note holds something in the shape of a personal identity number. It may be something
    /// else.
    may_hold_personal_number: bool,
}

impl From<&Check> for CheckOut {
    fn from(check: &Check) -> Self {
        let texts = [
            check.reason.as_ref().map(Reason::as_str),
            check.note.place.as_deref(),
            check.note.condition.as_deref(),
            check.note.method.as_deref(),
        ];
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
            may_hold_personal_number: texts.into_iter().flatten().any(looks_like_personal_number),
        }
    }
}

/// An item with what it is about.
pub(super) fn item_out(view: &TerminationView, item: &Item) -> ItemOut {
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
            status: subscription.status,
            is_recovery_number: subscription.is_recovery_number,
        });
    let wipe = device.is_some().then(|| WipeOut {
        state: item.wipe.state,
        level: item.wipe.level,
        required_level: item.required_wipe,
        is_contradicted: item.wipe.contradicted,
        contradiction_accepted: item.contradiction.as_ref().map(DecisionOut::from),
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
        loss: item.loss.as_ref().map(|loss| LossOut::of(item, loss)),
        disposal: item.disposal.as_ref().map(DisposalOut::from),
        damage: item.damage.as_ref().map(DamageOut::from),
        goes_along_to: item.proposal.as_ref().map(|proposal| proposal.employment),
        arrangement: item.arrangement.as_ref().map(ArrangementOut::from),
        is_identity_confirmed: item.identity_confirmed,
        wipe,
        codes: codes.collect(),
        number_decision: item.number_decision(),
        number: NumberOut::of(&view.record.termination, item),
        number_requested: item.number_request.as_ref().map(ActOut::from),
        checks: item.checks.iter().map(CheckOut::from).collect(),
    }
}
