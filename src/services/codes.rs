//! Collected codes: sealed when they come in, read once, destroyed when nobody needs them.
//!
//! A code is never part of an error, an audit entry, a log line or a kept answer. Even a digest of it would be: the
//! four digits of a PIN are found from their digest in no time. So the requests that carry a code take no
//! idempotency key, whose receipt holds a digest of the request; storing a code again replaces it instead.

use super::{Ctx, ServiceError, private_addresses, terminations};
use crate::app::App;
use crate::crypto::envelope::{self, CodeContext, DataKey, DataKeyContext, IntegrityError};
use crate::db::{self, Tx, audit};
use crate::domain::code::{CodeRecord, MAX_CODE_CHARS, MIN_REASON_CHARS, REVEALS_PER_HOUR};
use crate::domain::error::DomainError;
use crate::domain::ids::{CodeId, DataKeyId, ItemId, TerminationId};
use crate::domain::policy::Action;
use crate::domain::termination::{Act, ActorRole, CheckKind, CodeAnswer, CodeKind, TerminationRecord};
use crate::domain::text::{REASON_MAX_CHARS, clean_text};
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

/// Every code is sealed once; another value is another row.
const ROW_VERSION: i32 = 1;
const REVEALED: &str = "code.revealed";

/// What somebody says about one kind of code.
#[derive(Clone, Debug)]
pub struct CodeStatement {
    /// Which code.
    pub kind: CodeKind,
    /// What became of it.
    pub answer: CodeAnswer,
    /// The code itself, if it was received and is to be kept.
    pub value: Option<SecretString>,
}

/// A code in clear.
#[derive(Debug)]
pub struct RevealedCode {
    /// Which code.
    pub kind: CodeKind,
    /// The code.
    pub value: SecretString,
}

/// Answers what became of the codes of a device, and seals those that came with a value. Safe to repeat.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Invalid`] `no_answers`, `repeated`,
/// `not_received` for a value beside another answer than `received`, `code_length`, `code_characters`; what the case
/// refuses.
pub async fn answer(
    ctx: &Ctx,
    (termination, item): (TerminationId, ItemId),
    statements: Vec<CodeStatement>,
    role: ActorRole,
) -> Result<TerminationRecord, ServiceError> {
    validate(&statements)?;
    let (app, actor) = (ctx.app.clone(), ctx.actor.clone());
    ctx.write(Action::WorkTermination, move |tx| {
        let record = terminations::get_in(tx, termination)?;
        let act = Act::new(role, &actor, tx.now());
        for said in &statements {
            if let Some(value) = &said.value {
                store_in(tx, &app, &record, (item, said.kind), value)?;
            }
        }
        let after = terminations::change_in(tx, &app, record, |record| {
            let mut events = Vec::new();
            for said in &statements {
                events.extend(
                    record
                        .termination
                        .answer_code(item, said.kind, said.answer, act.clone())?,
                );
            }
            Ok(events)
        })?;
        Ok(after)
    })
    .await
}

fn validate(statements: &[CodeStatement]) -> Result<(), ServiceError> {
    if statements.is_empty() {
        let detail = "Say what became of at least one kind of code.";
        return Err(ServiceError::invalid("/codes", "no_answers", detail));
    }
    for (at, said) in statements.iter().enumerate() {
        if statements
            .iter()
            .take(at)
            .any(|earlier| earlier.kind == said.kind)
        {
            let detail = "Each kind of code is answered once.";
            return Err(ServiceError::invalid(
                format!("/codes/{at}/kind"),
                "repeated",
                detail,
            ));
        }
        if said.value.is_some() && said.answer != CodeAnswer::Received {
            let detail = "A value belongs to a code that was received.";
            return Err(ServiceError::invalid(
                format!("/codes/{at}/value"),
                "not_received",
                detail,
            ));
        }
        if let Some(value) = &said.value {
            check_value(value, &format!("/codes/{at}/value"))?;
        }
    }
    Ok(())
}

fn check_value(value: &SecretString, pointer: &str) -> Result<(), ServiceError> {
    let text = value.expose_secret();
    if !(1..=MAX_CODE_CHARS).contains(&text.chars().count()) {
        let detail = "A code has 1 to 200 characters.";
        return Err(ServiceError::invalid(pointer, "code_length", detail));
    }
    if text.chars().any(char::is_control) {
        let detail = "A code is one line without control characters.";
        return Err(ServiceError::invalid(pointer, "code_characters", detail));
    }
    Ok(())
}

/// Seals a code. One that is stored already for the same kind of the same device is destroyed.
///
/// # Errors
/// [`ServiceError::Invalid`] `code_length`, `code_characters`; [`DomainError::InvalidTransition`] unless the case is
/// under way; [`DomainError::UnknownItem`], [`DomainError::UnknownCheck`] for a subscription.
pub fn store_in(
    tx: &mut Tx<'_>,
    app: &App,
    record: &TerminationRecord,
    (item, kind): (ItemId, CodeKind),
    value: &SecretString,
) -> Result<CodeId, ServiceError> {
    check_value(value, "/value")?;
    record.termination.item(item)?.check(CheckKind::Codes)?;
    require_under_way(record, "store_code")?;
    let replaced = db::codes::destroy_kind(tx, item, kind)?;
    let (data_key_id, data_key) = data_key_in(tx, app, record)?;
    let code = CodeRecord {
        id: tx.new_id(),
        termination_id: record.termination.id,
        item_id: item,
        kind,
        data_key_id,
        reveals_left: 1,
        stored_at: tx.now(),
        revealed_at: None,
        destroyed_at: None,
    };
    let place = place(record, &code);
    let sealed = envelope::seal_code(&data_key, &place, value.expose_secret().as_bytes());
    db::codes::insert(tx, &code, &sealed)?;
    let details = json!({ "item": item, "kind": kind, "replaced": replaced > 0 });
    note(tx, "code.stored", &code, details)?;
    Ok(code.id)
}

fn require_under_way(record: &TerminationRecord, command: &'static str) -> Result<(), ServiceError> {
    if record.termination.is_active() {
        return Ok(());
    }
    Err(DomainError::InvalidTransition {
        entity: "termination",
        from: record.termination.state.as_str(),
        command,
    }
    .into())
}

/// The data key of a termination: unwrapped, or drawn now.
fn data_key_in(
    tx: &mut Tx<'_>,
    app: &App,
    record: &TerminationRecord,
) -> Result<(DataKeyId, DataKey), ServiceError> {
    let termination = record.termination.id;
    if let Some((id, wrapped)) = db::codes::active_key(tx, termination)? {
        let key = envelope::unwrap(&app.keyring, &wrapped, &key_place(record, id));
        return key.map(|key| (id, key)).map_err(|error| damaged(&error));
    }
    let id: DataKeyId = tx.new_id();
    let key = DataKey::generate();
    let wrapped = envelope::wrap(&app.keyring, &key, &key_place(record, id));
    db::codes::insert_key(tx, id, termination, &wrapped)?;
    Ok((id, key))
}

fn key_place(record: &TerminationRecord, id: DataKeyId) -> DataKeyContext {
    DataKeyContext {
        legal_entity: record.legal_entity_id.into(),
        termination: record.termination.id.into(),
        data_key: id.into(),
    }
}

fn place(record: &TerminationRecord, code: &CodeRecord) -> CodeContext<'static> {
    CodeContext {
        data_key: key_place(record, code.data_key_id),
        code: code.id.into(),
        kind: code.kind.as_str(),
        version: ROW_VERSION,
    }
}

fn damaged(error: &IntegrityError) -> ServiceError {
    ServiceError::Internal(format!("a sealed value does not open: {error}"))
}

/// That codes are stored in a termination, and what became of them. Never a value.
///
/// # Errors
/// [`ServiceError::NotFound`]; as [`Ctx::read`].
pub async fn list(ctx: &Ctx, termination: TerminationId) -> Result<Vec<CodeRecord>, ServiceError> {
    ctx.read(Action::ReadTermination, move |connection| {
        terminations::get_in(connection, termination)?;
        Ok(db::codes::of_termination(connection, termination)?)
    })
    .await
}

/// Shows a code, once. That it was shown is durable before this returns; whoever then loses the answer has lost the
/// code.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::UsedUp`] `code_already_revealed`, `code_destroyed`;
/// [`ServiceError::LimitReached`]; [`ServiceError::Invalid`] for a reason of less than 10 or more than 500
/// characters; [`DomainError::InvalidTransition`] unless the case is under way.
pub async fn reveal(ctx: &Ctx, id: CodeId, reason: &str) -> Result<RevealedCode, ServiceError> {
    let reason = clean_text(reason, REASON_MAX_CHARS)
        .ok()
        .filter(|reason| reason.chars().count() >= MIN_REASON_CHARS)
        .ok_or_else(|| {
            let detail = "Say in 10 to 500 characters why you need the code.";
            ServiceError::invalid("/reason", "reason_length", detail)
        })?;
    let app = ctx.app.clone();
    let outcome = ctx
        .write(Action::RevealCode, move |tx| reveal_in(tx, &app, id, &reason))
        .await?;
    outcome.map_err(|error| damaged(&error))
}

/// The inner error is committed with its audit entry and takes none of the times that the code may be read.
fn reveal_in(
    tx: &mut Tx<'_>,
    app: &App,
    id: CodeId,
    reason: &str,
) -> Result<Result<RevealedCode, IntegrityError>, ServiceError> {
    let code = db::codes::find(tx, id)?.ok_or(ServiceError::NotFound("code"))?;
    let record = terminations::get_in(tx, code.termination_id)?;
    require_under_way(&record, "reveal_code")?;
    require_within_limit(tx)?;
    let Some(sealed) = db::codes::sealed(tx, id)? else {
        return Err(DESTROYED);
    };
    let value = match open_in(tx, app, (&record, &code), &sealed)? {
        Ok(value) => value,
        Err(error) => {
            let details = json!({ "kind": code.kind, "fault": error.to_string() });
            note(tx, "code.integrity_failure", &code, details)?;
            return Ok(Err(error));
        }
    };
    if !db::codes::take_reveal(tx, id)? {
        return Err(USED);
    }
    let details = json!({ "item": code.item_id, "kind": code.kind, "reason": reason });
    note(tx, REVEALED, &code, details)?;
    let kind = code.kind;
    Ok(Ok(RevealedCode { kind, value }))
}

const USED: ServiceError = ServiceError::UsedUp {
    code: "code_already_revealed",
    detail: "The code was shown before, and is shown once only. The audit says when and to whom.",
};
const DESTROYED: ServiceError = ServiceError::UsedUp {
    code: "code_destroyed",
    detail: "The code was destroyed. Nobody can read it any more.",
};

fn require_within_limit(tx: &mut Tx<'_>) -> Result<(), ServiceError> {
    let hour = TimeDelta::hours(1);
    let now = tx.now();
    db::service_accounts::lock(tx)?;
    let acts: Vec<DateTime<Utc>> = db::codes::acts_since(tx, REVEALED, now - hour)?;
    let allowed = usize::try_from(REVEALS_PER_HOUR).unwrap_or(0);
    // The oldest of those that fill the limit decides when there is room again.
    match acts.iter().rev().nth(allowed.saturating_sub(1)) {
        None => Ok(()),
        Some(at) => {
            let wait = (*at + hour - now).num_seconds() + 1;
            let retry_after = u32::try_from(wait).unwrap_or(1);
            Err(ServiceError::LimitReached { retry_after })
        }
    }
}

fn open_in(
    tx: &mut Tx<'_>,
    app: &App,
    (record, code): (&TerminationRecord, &CodeRecord),
    sealed: &[u8],
) -> Result<Result<SecretString, IntegrityError>, ServiceError> {
    let Some((key_id, wrapped)) = db::codes::active_key(tx, record.termination.id)? else {
        return Err(DESTROYED);
    };
    let opened = envelope::unwrap(&app.keyring, &wrapped, &key_place(record, key_id))
        .and_then(|key| envelope::open_code(&key, &place(record, code), sealed));
    Ok(opened.and_then(|bytes| {
        let text = std::str::from_utf8(&bytes).map_err(|_| IntegrityError::NotAuthentic)?;
        Ok(SecretString::from(text))
    }))
}

/// The device is proved to be erased: its codes open nothing any more.
pub(super) fn destroy_of_item_in(
    tx: &mut Tx<'_>,
    record: &TerminationRecord,
    item: ItemId,
) -> Result<(), ServiceError> {
    let destroyed = db::codes::destroy_of_item(tx, item)?;
    if destroyed == 0 {
        return Ok(());
    }
    let termination = record.termination.id;
    if !db::codes::any_left(tx, termination)? {
        db::codes::destroy_key(tx, termination)?;
    }
    destroyed_note(tx, termination, "wipe_verified", destroyed)
}

/// Destroys every code of a termination and forgets its private address, for the job that is due some days after its end. A case that was opened
/// again keeps them until it is closed again. Safe to repeat.
///
/// # Errors
/// [`ServiceError::NotFound`]; as [`Ctx::write`].
pub async fn destroy(ctx: &Ctx, termination: TerminationId) -> Result<usize, ServiceError> {
    let destroyed = ctx
        .write(Action::Operate, move |tx| {
            let record = terminations::get_in(tx, termination)?;
            if record.termination.is_active() {
                return Ok(None);
            }
            let destroyed = db::codes::destroy_of_termination(tx, termination)?;
            db::codes::destroy_key(tx, termination)?;
            private_addresses::forget_in(tx, termination)?;
            if destroyed > 0 {
                destroyed_note(tx, termination, "case_closed", destroyed)?;
            }
            Ok(Some(destroyed))
        })
        .await?;
    if destroyed.is_some() {
        ctx.app.db.fold_log().await?;
    }
    Ok(destroyed.unwrap_or(0))
}

/// The answer is taken back with which codes of a device came in, at that moment: they are destroyed.
pub(super) fn take_back_in(
    tx: &mut Tx<'_>,
    record: &TerminationRecord,
    (item, stored_at): (ItemId, DateTime<Utc>),
) -> Result<(), ServiceError> {
    let termination = record.termination.id;
    let mut destroyed = 0;
    for code in db::codes::of_termination(tx, termination)? {
        if code.item_id == item && code.stored_at == stored_at && code.destroyed_at.is_none() {
            destroyed += db::codes::destroy_kind(tx, item, code.kind)?;
        }
    }
    if destroyed == 0 {
        return Ok(());
    }
    if !db::codes::any_left(tx, termination)? {
        db::codes::destroy_key(tx, termination)?;
    }
    destroyed_note(tx, termination, "answer_undone", destroyed)
}

fn destroyed_note(
    tx: &mut Tx<'_>,
    termination: TerminationId,
    cause: &'static str,
    count: usize,
) -> Result<(), ServiceError> {
    let entry = audit::Entry {
        action: "code.destroyed",
        object_type: "termination",
        object_id: termination.to_string(),
        termination: Some(termination),
        details: json!({ "cause": cause, "count": count }),
    };
    audit::append(tx, entry)?;
    Ok(())
}

fn note(
    tx: &mut Tx<'_>,
    action: &'static str,
    code: &CodeRecord,
    details: serde_json::Value,
) -> Result<(), ServiceError> {
    let entry = audit::Entry {
        action,
        object_type: "code",
        object_id: code.id.to_string(),
        termination: Some(code.termination_id),
        details,
    };
    audit::append(tx, entry)?;
    Ok(())
}
