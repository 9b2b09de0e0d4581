//! What tasks look like in JSON.

use crate::domain::ids::{
    AddOnId, ItemId, LegalEntityId, PersonId, SubscriptionId, TaskId, TerminationId, UnitId,
};
use crate::domain::task::{
    DiversionCause, EndAsker, EndClaim, NoticeKind, OrganisationChange, StaffChange, Task, TaskFacts,
    TaskKind, TaskState,
};
use crate::domain::termination::{NumberDecision, NumberTerms};
use crate::services::tasks::{NewNotice, NoticeFacts, TaskFilter};
use crate::web::api::terminations::bodies::MoveToOut;
use crate::web::extract::present;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::{IntoParams, ToSchema};

/// A change of staff.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"change": "leave", "effective_on": "2027-03-01", "return_on": "2027-09-01"})))]
pub struct StaffNotice {
    /// What changes.
    change: StaffChange,
    /// From which day.
    effective_on: NaiveDate,
    /// For a leave: the day on which the person is back, if that is known.
    #[serde(default)]
    return_on: Option<NaiveDate>,
}

/// A change of the organisation.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"change": "renamed", "effective_on": "2027-03-01"})))]
pub struct OrganisationNotice {
    /// What changes.
    change: OrganisationChange,
    /// From which day.
    effective_on: NaiveDate,
}

/// Other phone hours.
#[derive(Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"hours": "måndag–fredag 8–12", "effective_on": "2027-03-01"})))]
pub struct PhoneHoursNotice {
    /// The new hours, in your own words.
    #[schema(min_length = 1, max_length = 300)]
    hours: String,
    /// From which day.
    effective_on: NaiveDate,
}

/// How a number is to be diverted.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(examples(json!({"cause": "ended", "return_on": null})))]
pub struct DiversionOut {
    /// Why: callers are told another thing for each.
    cause: DiversionCause,
    /// For a leave: the day on which the person is back, if that is known.
    return_on: Option<NaiveDate>,
}

/// What somebody says about the last day. HR is to be asked; nothing in the case changes before HR says so.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(examples(json!({"by": "holder", "says": "wrong_date", "last_day": "2027-03-31"})))]
pub struct EndQuestionOut {
    /// Who says so.
    by: EndAsker,
    /// What they say.
    says: EndClaim,
    /// The right last day, if they know it.
    last_day: Option<NaiveDate>,
}

/// A change notice: the member with the name of its kind, and no other of them. `other` has its text alone. Never send
/// codes or personal identity numbers.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "kind": "staff",
    "unit_id": "01939e5c-5b6a-7c1e-8f00-0242ac120003",
    "staff": {"change": "leave", "effective_on": "2027-03-01", "return_on": "2027-09-01"},
    "text": "Samtal tas av receptionen så länge."
})))]
pub struct TaskIn {
    /// What it is about.
    kind: NoticeKind,
    /// The unit.
    #[schema(value_type = uuid::Uuid)]
    unit_id: UnitId,
    /// The person, if they are registered.
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    person_id: Option<PersonId>,
    /// For `staff`.
    #[serde(default)]
    staff: Option<StaffNotice>,
    /// For `organisation`.
    #[serde(default)]
    organisation: Option<OrganisationNotice>,
    /// For `phone_hours`.
    #[serde(default)]
    phone_hours: Option<PhoneHoursNotice>,
    /// Your own words; `other` needs them.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 1000)]
    text: Option<String>,
}

/// Who does the task.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"owner_id": "01939e5c-5b6a-7c1e-8f00-0242ac120005"})))]
pub struct TaskChange {
    /// Who does it; null leaves it to the desk as a whole.
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<uuid::Uuid>, required)]
    pub(super) owner_id: Option<PersonId>,
}

/// That a task is done.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"reference": "TEL-4711"})))]
pub struct TaskDoneIn {
    /// What whoever did it calls it, such as the number of a ticket in the telephony system.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 100)]
    pub(super) reference: Option<String>,
}

/// That a task will not be done.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"reason": "Enheten har redan de telefontiderna."})))]
pub struct TaskDeclineIn {
    /// Why.
    #[schema(min_length = 1, max_length = 500)]
    pub(super) reason: String,
}

/// What people wrote is not shown in logs.
macro_rules! hide_in_debug {
    ($($name:ident),+) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )+};
}
hide_in_debug!(PhoneHoursNotice, TaskIn, TaskDeclineIn);

/// What was decided about a number.
#[derive(Debug, Serialize, ToSchema)]
pub struct NumberWorkOut {
    /// The decision.
    decision: NumberDecision,
    /// For a termination: the last day with the operator, if that is known.
    last_day: Option<NaiveDate>,
    /// For a move: where to, if that is known.
    move_to: Option<MoveToOut>,
    /// For a transfer to the holder: the day by which the operator has to release the number.
    release_by: Option<NaiveDate>,
}

impl NumberWorkOut {
    fn of(terms: NumberTerms, release_by: Option<NaiveDate>) -> Self {
        let (last_day, to) = match terms {
            NumberTerms::Terminate { last_day } => (last_day, None),
            NumberTerms::Move { to } => (None, to),
            NumberTerms::Reuse | NumberTerms::TransferToPrivate => (None, None),
        };
        Self {
            decision: terms.decision(),
            last_day,
            move_to: to.map(MoveToOut::from),
            release_by,
        }
    }
}

/// The add-on that is asked about.
#[derive(Debug, Serialize, ToSchema)]
pub struct AddOnAskedOut {
    /// The add-on.
    #[schema(value_type = uuid::Uuid)]
    id: AddOnId,
    /// Its subscription.
    #[schema(value_type = uuid::Uuid)]
    subscription_id: SubscriptionId,
}

/// A task.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({
    "id": "01939e5c-5b6a-7c1e-8f00-0242ac120009",
    "number": "HU-7K3F-9Q2M",
    "kind": "staff",
    "state": "open",
    "owner_id": null,
    "due_on": "2027-03-01",
    "legal_entity_id": "01939e5c-5b6a-7c1e-8f00-0242ac120002",
    "unit_id": "01939e5c-5b6a-7c1e-8f00-0242ac120003",
    "termination_id": null,
    "item_id": null,
    "person_id": null,
    "staff": {"change": "leave", "effective_on": "2027-03-01", "return_on": "2027-09-01"},
    "organisation": null,
    "phone_hours": null,
    "diversion": null,
    "number_work": null,
    "add_on": null,
    "end_question": null,
    "text": "Samtal tas av receptionen så länge.",
    "may_hold_personal_number": false,
    "actor_kind": "service_account",
    "actor_id": "01939e5c-5b6a-7c1e-8f00-0242ac120006",
    "closed_at": null,
    "closed_by_kind": null,
    "closed_by_id": null,
    "reference": null,
    "reason": null,
    "version": 1,
    "created_at": "2027-02-25T08:00:00Z",
    "updated_at": "2027-02-25T08:00:00Z"
})))]
pub struct TaskOut {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    id: TaskId,
    /// The number that people quote: the receipt.
    #[schema(max_length = 20)]
    number: String,
    /// What is to be done.
    kind: TaskKind,
    /// Where it stands.
    state: TaskState,
    /// Who does it; null is the desk as a whole.
    #[schema(value_type = Option<uuid::Uuid>)]
    owner_id: Option<PersonId>,
    /// The business day by which it is to be done.
    due_on: NaiveDate,
    /// The legal entity of the unit.
    #[schema(value_type = uuid::Uuid)]
    legal_entity_id: LegalEntityId,
    /// The unit that it is about.
    #[schema(value_type = uuid::Uuid)]
    unit_id: UnitId,
    /// The termination that it belongs to.
    #[schema(value_type = Option<uuid::Uuid>)]
    termination_id: Option<TerminationId>,
    /// The item of the termination that it is about.
    #[schema(value_type = Option<uuid::Uuid>)]
    item_id: Option<ItemId>,
    /// The person that it is about.
    #[schema(value_type = Option<uuid::Uuid>)]
    person_id: Option<PersonId>,
    /// The change of staff.
    staff: Option<StaffNotice>,
    /// The change of the organisation.
    organisation: Option<OrganisationNotice>,
    /// The new phone hours.
    phone_hours: Option<PhoneHoursNotice>,
    /// How the number is to be diverted.
    diversion: Option<DiversionOut>,
    /// What was decided about the number.
    number_work: Option<NumberWorkOut>,
    /// The add-on of a subscription.
    add_on: Option<AddOnAskedOut>,
    /// What somebody says about the last day, for HR to answer.
    end_question: Option<EndQuestionOut>,
    /// People's own words.
    #[schema(max_length = 1000)]
    text: Option<String>,
    /// Whether people's words hold something in the shape of a personal identity number. It may be something else.
    may_hold_personal_number: bool,
    /// The kind of actor who made it.
    #[schema(max_length = 40)]
    actor_kind: String,
    /// The actor's id; empty for the service itself.
    #[schema(max_length = 40)]
    actor_id: String,
    /// When it was closed.
    closed_at: Option<DateTime<Utc>>,
    /// The kind of actor who closed it.
    #[schema(max_length = 40)]
    closed_by_kind: Option<String>,
    /// That actor's id; empty for the service itself.
    #[schema(max_length = 40)]
    closed_by_id: Option<String>,
    /// What whoever did it calls it.
    #[schema(max_length = 100)]
    reference: Option<String>,
    /// Why it was declined, or the word for why the service withdrew it.
    #[schema(max_length = 500)]
    reason: Option<String>,
    /// Rises with each change.
    #[schema(minimum = 1)]
    version: i64,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it last changed.
    updated_at: DateTime<Utc>,
}

/// Which tasks.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TaskParams {
    /// Only of this kind.
    #[param(inline)]
    kind: Option<TaskKind>,
    /// Only in this state.
    #[param(inline)]
    state: Option<TaskState>,
    /// Only those that this person does.
    #[param(value_type = Option<uuid::Uuid>)]
    owner_id: Option<PersonId>,
    /// With `true`, only those that nobody in particular does: they have no owner, or one who has left.
    is_unowned: Option<bool>,
    /// Only about this unit and those below it.
    #[param(value_type = Option<uuid::Uuid>)]
    unit_id: Option<UnitId>,
    /// Only of this legal entity.
    #[param(value_type = Option<uuid::Uuid>)]
    legal_entity_id: Option<LegalEntityId>,
    /// Only of this termination.
    #[param(value_type = Option<uuid::Uuid>)]
    termination_id: Option<TerminationId>,
    /// With `true`, only those that are open and were due before today.
    is_overdue: Option<bool>,
}

impl TaskParams {
    /// The filter on this day.
    pub(super) fn filter(&self, today: NaiveDate) -> TaskFilter {
        let on = |wanted: Option<bool>| wanted.unwrap_or_default().then_some(today);
        TaskFilter {
            kind: self.kind,
            kinds: Vec::new(),
            state: self.state,
            owner_id: self.owner_id,
            unowned_on: on(self.is_unowned),
            within: self.unit_id,
            legal_entity_id: self.legal_entity_id,
            termination_id: self.termination_id,
            overdue_on: on(self.is_overdue),
        }
    }
}

impl From<TaskIn> for NewNotice {
    fn from(body: TaskIn) -> Self {
        let facts = NoticeFacts {
            staff: body
                .staff
                .map(|staff| (staff.change, staff.effective_on, staff.return_on)),
            organisation: body
                .organisation
                .map(|organisation| (organisation.change, organisation.effective_on)),
            phone_hours: body.phone_hours.map(|phone| (phone.hours, phone.effective_on)),
        };
        Self {
            kind: body.kind,
            unit_id: body.unit_id,
            person_id: body.person_id,
            facts,
            text: body.text,
        }
    }
}

impl From<&Task> for TaskOut {
    fn from(task: &Task) -> Self {
        let closed = task.closed.as_ref();
        let mut out = Self {
            id: task.id,
            number: task.number.clone(),
            kind: task.kind,
            state: task.state,
            owner_id: task.owner_id,
            due_on: task.due_on,
            legal_entity_id: task.legal_entity_id,
            unit_id: task.unit_id,
            termination_id: task.termination_id,
            item_id: task.item_id,
            person_id: task.person_id,
            staff: None,
            organisation: None,
            phone_hours: None,
            number_work: None,
            add_on: None,
            diversion: None,
            end_question: None,
            text: task.text.clone(),
            may_hold_personal_number: task.may_hold_personal_number(),
            actor_kind: task.actor_kind.clone(),
            actor_id: task.actor_id.clone(),
            closed_at: closed.map(|closing| closing.at),
            closed_by_kind: closed.map(|closing| closing.by_kind.clone()),
            closed_by_id: closed.map(|closing| closing.by_id.clone()),
            reference: task.reference.clone(),
            reason: task.reason.clone(),
            version: task.meta.version,
            created_at: task.meta.created_at,
            updated_at: task.meta.updated_at,
        };
        out.tell(&task.facts);
        out
    }
}

impl TaskOut {
    fn tell(&mut self, facts: &TaskFacts) {
        match facts.clone() {
            TaskFacts::None => {}
            TaskFacts::Staff {
                change,
                effective_on,
                return_on,
            } => {
                self.staff = Some(StaffNotice {
                    change,
                    effective_on,
                    return_on,
                });
            }
            TaskFacts::Organisation { change, effective_on } => {
                self.organisation = Some(OrganisationNotice { change, effective_on });
            }
            TaskFacts::PhoneHours { hours, effective_on } => {
                self.phone_hours = Some(PhoneHoursNotice { hours, effective_on });
            }
            TaskFacts::Number { terms, release_by } => {
                self.number_work = Some(NumberWorkOut::of(terms, release_by));
            }
            TaskFacts::AddOn { add_on, subscription } => {
                self.add_on = Some(AddOnAskedOut {
                    id: add_on,
                    subscription_id: subscription,
                });
            }
            TaskFacts::Diversion { cause, return_on } => {
                self.diversion = Some(DiversionOut { cause, return_on });
            }
            TaskFacts::EndQuestion { by, says, last_day } => {
                self.end_question = Some(EndQuestionOut { by, says, last_day });
            }
        }
    }
}
