//! What the service desk and technicians do with a case.
//!
//! The rules are the domain's. Here it is decided who may try, which version of the case they mean, and whether the
//! handset in their hands is the one that was handed out.

use super::read::view;
use super::{IdentityRead, TerminationView, answer_in, change_in, get_in, record_in};
use crate::app::App;
use crate::db::{self, Tx};
use crate::domain::actor::Actor;
use crate::domain::assignment::Assigned;
use crate::domain::error::DomainError;
use crate::domain::ids::{ItemId, TerminationId};
use crate::domain::policy::Action;
use crate::domain::record::ExpectedVersion;
use crate::domain::termination::{
    Act, ActorRole, Answer, CheckKind, Event, IdentityMatch, ItemKind, Note, Reason, Settlement,
    TerminationRecord,
};
use crate::domain::text::{REASON_MAX_CHARS, clean_text};
use crate::services::{Ctx, Recorded, Recorder, ServiceError};

/// The answer to a check.
#[derive(Clone, Debug)]
pub struct CheckAnswer {
    /// Done, not applicable or a deviation.
    pub answer: Answer,
    /// Why; mandatory unless it is done.
    pub reason: Option<String>,
    /// What the one who answers wrote down.
    pub note: Note,
    /// For a return: what was read off the handset.
    pub identity: Option<IdentityRead>,
    /// In which role: the desk or a technician.
    pub role: ActorRole,
}

/// Answers a check.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Stale`]; [`ServiceError::Invalid`] for texts and identities that break
/// rules; [`DomainError`] for what the case refuses.
pub async fn settle(
    ctx: &Ctx,
    (termination, item, check): (TerminationId, ItemId, CheckKind),
    expected: ExpectedVersion,
    answer: CheckAnswer,
) -> Result<TerminationView, ServiceError> {
    require_desk_role(answer.role)?;
    let identity = answer.identity.as_ref().map(IdentityRead::parse).transpose()?;
    let settlement = Settlement {
        answer: answer.answer,
        reason: reason_of(answer.reason.as_deref())?,
        note: clean_note(answer.note)?,
        identity: None,
    };
    let (app, actor) = (ctx.app.clone(), ctx.actor.clone());
    ctx.write(Action::WorkTermination, move |tx| {
        let record = get_in(tx, termination)?;
        require_version(&record, &expected)?;
        let identity = match (check, &identity) {
            (CheckKind::Returned, Some(identity)) => {
                Some(compare_in(tx, &record, item, |device| identity.compare(device))?)
            }
            (CheckKind::Returned, None) if settlement.answer == Answer::Done => {
                require_identity_known(&record, item)?;
                None
            }
            _ => None,
        };
        let settlement = Settlement {
            identity,
            ..settlement.clone()
        };
        let act = Act::new(answer.role, &actor, tx.now());
        let after = answer_in(tx, &app, record, |record| {
            Ok(record.termination.settle(item, check, settlement, act)?)
        })?;
        view(tx, &actor, after)
    })
    .await
}

/// A device is taken back by what is read off it, unless it was before.
fn require_identity_known(record: &TerminationRecord, item: ItemId) -> Result<(), ServiceError> {
    let item = record.termination.item(item)?;
    if item.kind == ItemKind::Device && !item.identity_confirmed {
        let detail = "Give the serial number or the IMEI as it is read off the device.";
        return Err(ServiceError::invalid("/identity", "identity_missing", detail));
    }
    Ok(())
}

/// Decides that a case may close in spite of a contradicted wipe, because the device is gone and nobody can look. The
/// receipt states the contradiction and the reason as a deviation.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Invalid`] for the reason; [`DomainError`] for what the case refuses.
pub async fn accept_contradiction(
    ctx: &Ctx,
    (termination, item): (TerminationId, ItemId),
    reason: &str,
    recorder: Recorder<TerminationView>,
) -> Result<Recorded<TerminationView>, ServiceError> {
    let reason = mandatory_reason(reason)?;
    change(ctx, termination, recorder, move |record, act| {
        Ok(record
            .termination
            .accept_contradiction(item, reason.clone(), act)?)
    })
    .await
}

/// Forbids reset and wipe, so that what is on the devices is preserved.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Invalid`] for the reason; [`DomainError`] for what the case refuses.
pub async fn hold(
    ctx: &Ctx,
    termination: TerminationId,
    reason: &str,
    recorder: Recorder<TerminationView>,
) -> Result<Recorded<TerminationView>, ServiceError> {
    let reason = mandatory_reason(reason)?;
    change(ctx, termination, recorder, move |record, act| {
        Ok(record.termination.hold(reason.clone(), act)?)
    })
    .await
}

/// Allows reset and wipe again.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Invalid`] for the reason; [`DomainError`] for what the case refuses.
pub async fn release(
    ctx: &Ctx,
    termination: TerminationId,
    reason: &str,
    recorder: Recorder<TerminationView>,
) -> Result<Recorded<TerminationView>, ServiceError> {
    let reason = mandatory_reason(reason)?;
    change(ctx, termination, recorder, move |record, act| {
        Ok(record.termination.release(reason.clone(), act)?)
    })
    .await
}

/// Opens a completed case again, for corrections. It does not complete by itself before something was corrected or a
/// check was answered once more.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Invalid`] for the reason; [`ServiceError::Conflict`]
/// `termination_under_way` when the employment has another case under way; [`DomainError`] for what the case refuses.
pub async fn reopen(
    ctx: &Ctx,
    termination: TerminationId,
    reason: &str,
    recorder: Recorder<TerminationView>,
) -> Result<Recorded<TerminationView>, ServiceError> {
    let reason = mandatory_reason(reason)?;
    let (app, actor) = (ctx.app.clone(), ctx.actor.clone());
    ctx.write_once(Action::WorkTermination, recorder, move |tx| {
        let after = reopen_in(tx, &app, &actor, (termination, reason.clone()))?;
        view(tx, &actor, after)
    })
    .await
}

fn reopen_in(
    tx: &mut Tx<'_>,
    app: &App,
    actor: &Actor,
    (termination, reason): (TerminationId, Reason),
) -> Result<TerminationRecord, ServiceError> {
    let before = get_in(tx, termination)?;
    let mut after = before.clone();
    let act = Act::new(ActorRole::Desk, actor, tx.now());
    let events = after.termination.reopen(reason, act)?;
    if db::terminations::find_active(tx, before.employment_id)?.is_some() {
        return Err(ServiceError::Conflict {
            code: "termination_under_way",
            detail: "The employment has another case under way. Work with that one.",
        });
    }
    after.meta = before.meta.changed(tx.now());
    db::terminations::update(tx, &before, &after)?;
    record_in(tx, &events)?;
    super::consequences::follow_in(tx, app, &after, &events)?;
    Ok(after)
}

/// The desk acts.
pub(super) fn desk_act(tx: &Tx<'_>, actor: &Actor) -> Act {
    Act::new(ActorRole::Desk, actor, tx.now())
}

/// Does something to a case as the desk, once for an idempotency key.
pub(super) async fn change(
    ctx: &Ctx,
    termination: TerminationId,
    recorder: Recorder<TerminationView>,
    command: impl Fn(&mut TerminationRecord, Act) -> Result<Vec<Event>, ServiceError> + Send + 'static,
) -> Result<Recorded<TerminationView>, ServiceError> {
    let (app, actor) = (ctx.app.clone(), ctx.actor.clone());
    ctx.write_once(Action::WorkTermination, recorder, move |tx| {
        let record = get_in(tx, termination)?;
        let act = desk_act(tx, &actor);
        let after = change_in(tx, &app, record, |record| command(record, act))?;
        view(tx, &actor, after)
    })
    .await
}

/// Through the API nobody speaks for the holder, the receiver or the MDM.
pub(crate) fn require_desk_role(role: ActorRole) -> Result<(), ServiceError> {
    if role.may_correct() {
        Ok(())
    } else {
        Err(DomainError::NotAllowed { role }.into())
    }
}

fn compare_in(
    tx: &mut Tx<'_>,
    record: &TerminationRecord,
    item: ItemId,
    compare: impl FnOnce(&crate::domain::device::Device) -> IdentityMatch,
) -> Result<IdentityMatch, ServiceError> {
    let holding = record.holding(item).ok_or(DomainError::UnknownItem)?;
    match holding.assigned {
        Assigned::Device(id) => {
            let device = db::devices::find(tx, id)?.ok_or(ServiceError::NotFound("device"))?;
            Ok(compare(&device))
        }
        Assigned::Subscription(_) => Err(DomainError::UnknownCheck.into()),
    }
}

pub(super) fn require_version(
    record: &TerminationRecord,
    expected: &ExpectedVersion,
) -> Result<(), ServiceError> {
    let current = record.meta.version;
    if expected.admits(current) {
        Ok(())
    } else {
        Err(ServiceError::Stale { current })
    }
}

fn reason_of(text: Option<&str>) -> Result<Option<Reason>, ServiceError> {
    text.map(mandatory_reason).transpose()
}

fn mandatory_reason(text: &str) -> Result<Reason, ServiceError> {
    let text = clean_text(text, REASON_MAX_CHARS)
        .map_err(|error| ServiceError::invalid("/reason", error.code, error.detail))?;
    Ok(Reason::parse(&text)?)
}

fn clean_note(note: Note) -> Result<Note, ServiceError> {
    let clean = |text: Option<String>, pointer: &str| {
        text.map(|text| clean_text(&text, REASON_MAX_CHARS))
            .transpose()
            .map_err(|error| ServiceError::invalid(pointer, error.code, error.detail))
    };
    Ok(Note {
        place: clean(note.place, "/note/place")?,
        condition: clean(note.condition, "/note/condition")?,
        method: clean(note.method, "/note/method")?,
    })
}
