//! Employment documents: delivered by HR systems, compared with what is known, applied once.

mod named;
mod rules;

use super::{Ctx, Recorded, Recorder, ServiceError, terminations, trail, unmatched};
use crate::app::App;
use crate::crypto::digest::sha256;
use crate::db::employments::Delivered;
use crate::db::types::to_json;
use crate::db::{self, Tx};
use crate::domain::calendar::local_date;
use crate::domain::employment::{DeliveryOutcome, Employment, EmploymentDocument, EmploymentState, compare};
use crate::domain::ids::TerminationId;
use crate::domain::policy::Action;
use crate::domain::record::Meta;
use crate::domain::source::{Source, SourceOrdering};
use crate::domain::termination::{TerminationRecord, TerminationState};
use crate::domain::text::{ExternalId, SourceName};
use crate::domain::unit::Unit;
use crate::domain::unmatched::UnmatchedReason;
use named::named;
pub(super) use rules::validate;
use serde_json::json;

/// What became of a delivered document.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// The outcome.
    pub outcome: DeliveryOutcome,
    /// Whether the employment was not known before.
    pub is_new: bool,
    /// The employment as it is now.
    pub employment: Employment,
    /// The termination that is under way, if there is one.
    pub termination: Option<DeliveredTermination>,
}

/// The termination that a delivery led to or found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveredTermination {
    /// Its id.
    pub id: TerminationId,
    /// Its case number.
    pub number: String,
    /// Where it stands.
    pub state: TerminationState,
}

/// Delivers the full state of one employment. Safe to repeat: order is decided by the document's sequence.
///
/// # Errors
/// [`ServiceError::NotFound`] for a source that is not registered, [`ServiceError::Invalid`] for a document that
/// breaks rules, [`ServiceError::Conflict`] for a source whose documents come in snapshots. A sequence that came before
/// with another content is no error here: the outcome says so, and it is recorded, so that somebody can look.
pub async fn deliver(
    ctx: &Ctx,
    source: SourceName,
    external_id: ExternalId,
    document: EmploymentDocument,
) -> Result<Delivery, ServiceError> {
    deliver_once(ctx, (source, external_id), document, Recorder::none())
        .await?
        .into_fresh()
}

/// The same for senders that can only POST: the idempotency key answers a repeated request.
///
/// # Errors
/// As [`deliver`].
pub async fn deliver_once(
    ctx: &Ctx,
    (source, external_id): (SourceName, ExternalId),
    document: EmploymentDocument,
    recorder: Recorder<Delivery>,
) -> Result<Recorded<Delivery>, ServiceError> {
    validate(&document)?;
    let app = ctx.app.clone();
    let content_hash = content_hash(&document)?;
    ctx.write_once(Action::DeliverEmployment, recorder, move |tx| {
        let found = db::employments::find_delivered(tx, &source, &external_id)?;
        let Delivered { source, known } = found.ok_or(ServiceError::NotFound("source"))?;
        if source.settings.ordering == SourceOrdering::Snapshot {
            return Err(ServiceError::Conflict {
                code: "ordered_by_snapshots",
                detail: "The documents of this source come in snapshots, whose instant orders them. Send it in one.",
            });
        }
        let key = (&source, &external_id);
        let Some(document) = source.settings.without_open_end(&document) else {
            return compare_in(tx, &app, (key, known), (&document, &content_hash));
        };
        validate(&document)?;
        let content_hash = self::content_hash(&document)?;
        compare_in(tx, &app, (key, known), (&document, &content_hash))
    })
    .await
}

/// SHA-256 of the content of a document, in hex: equal for documents that say the same thing.
pub(super) fn content_hash(document: &EmploymentDocument) -> Result<String, ServiceError> {
    Ok(hex(&sha256(to_json(&document.content())?.as_bytes())))
}

/// Compares a valid document with what is known, and applies it if it is newer.
///
/// # Errors
/// What a rule of the register forbids; what the database reports.
pub(super) fn deliver_in(
    tx: &mut Tx<'_>,
    app: &App,
    key: (&Source, &ExternalId),
    content: (&EmploymentDocument, &str),
) -> Result<Delivery, ServiceError> {
    let known = known_in(tx, key)?;
    compare_in(tx, app, (key, known), content)
}

/// An employment as it is stored, and the unit that it is in.
type Known = (Employment, Unit);

fn known_in(
    tx: &mut Tx<'_>,
    (source, external_id): (&Source, &ExternalId),
) -> Result<Option<Known>, ServiceError> {
    let found = db::employments::find_delivered(tx, &source.name, external_id)?;
    Ok(found.and_then(|found| found.known))
}

fn compare_in(
    tx: &mut Tx<'_>,
    app: &App,
    ((source, external_id), stored): ((&Source, &ExternalId), Option<Known>),
    (document, content_hash): (&EmploymentDocument, &str),
) -> Result<Delivery, ServiceError> {
    let known = stored
        .as_ref()
        .map(|(known, _)| (known.document.sequence, known.content_hash.as_str()));
    let outcome = compare(known, document.sequence, content_hash);
    let key = (&source.name, external_id);
    match (outcome, stored) {
        (DeliveryOutcome::Applied, stored) => {
            let key = (source, external_id);
            applied_in(tx, app, key, stored.as_ref(), (document, content_hash))
        }
        (_, Some((mut known, _))) => {
            if outcome == DeliveryOutcome::Unchanged && document.sequence > known.document.sequence {
                known.document.sequence = document.sequence;
                known.document.occurred_at = document.occurred_at;
                db::employments::update_sequence(tx, &known)?;
            }
            // What says nothing new leaves no trace: a source may deliver everybody every night.
            if outcome != DeliveryOutcome::Unchanged {
                db::employments::insert_receipt(tx, key, document.sequence, content_hash, outcome)?;
            }
            if outcome == DeliveryOutcome::Conflict {
                let reason = UnmatchedReason::SequenceConflict;
                unmatched::keep_in(tx, (&source.name, external_id), (document, content_hash), reason)?;
            }
            let termination = db::terminations::find_active(tx, known.id)?;
            Ok(delivery(outcome, false, known, termination.as_ref()))
        }
        (_, None) => Err(ServiceError::Internal("compared with nothing".to_owned())),
    }
}

/// Applies a valid document although it is not newer than what is known: somebody has decided so. What is known keeps
/// its sequence if that is higher, so that the next document of the source is compared as it would have been.
///
/// # Errors
/// As [`deliver_in`].
pub(super) fn deliver_anyway_in(
    tx: &mut Tx<'_>,
    app: &App,
    key: (&Source, &ExternalId),
    document: &EmploymentDocument,
) -> Result<Delivery, ServiceError> {
    let stored = known_in(tx, key)?;
    let mut document = document.clone();
    if let Some((known, _)) = &stored {
        document.sequence = document.sequence.max(known.document.sequence);
    }
    let hash = content_hash(&document)?;
    applied_in(tx, app, key, stored.as_ref(), (&document, &hash))
}

/// Makes the document the employment's state, and whatever hangs on it follows.
fn applied_in(
    tx: &mut Tx<'_>,
    app: &App,
    key: (&Source, &ExternalId),
    stored: Option<&Known>,
    content: (&EmploymentDocument, &str),
) -> Result<Delivery, ServiceError> {
    // The version that is stored is the receipt of what was applied.
    let employment = apply(tx, app, key, stored, content)?;
    let termination = match terminations::follow_employment_in(tx, app, &employment)? {
        // A case that is closed may have made way for another.
        Some(closed) if !closed.termination.is_active() => {
            db::terminations::find_active(tx, employment.id)?.or(Some(closed))
        }
        followed => followed,
    };
    terminations::follow_others_in(tx, app, &employment)?;
    if !employment.is_at_work(local_date(tx.now())) {
        terminations::repoint_in(tx, app, employment.person_id)?;
    }
    let (outcome, is_new) = (DeliveryOutcome::Applied, stored.is_none());
    Ok(delivery(outcome, is_new, employment, termination.as_ref()))
}

fn delivery(
    outcome: DeliveryOutcome,
    is_new: bool,
    employment: Employment,
    termination: Option<&TerminationRecord>,
) -> Delivery {
    let termination = termination.map(|record| DeliveredTermination {
        id: record.termination.id,
        number: record.termination.number.clone(),
        state: record.termination.state,
    });
    Delivery {
        outcome,
        is_new,
        employment,
        termination,
    }
}

/// Stores the document as the employment's state.
fn apply(
    tx: &mut Tx<'_>,
    app: &App,
    (source, external_id): (&Source, &ExternalId),
    stored: Option<&Known>,
    (document, content_hash): (&EmploymentDocument, &str),
) -> Result<Employment, ServiceError> {
    let named = named(tx, app, source, (stored, document))?;
    let stored = stored.map(|(known, _)| known);
    let now = tx.now();
    let employment = Employment {
        id: stored.map_or_else(|| tx.new_id(), |known| known.id),
        source: source.name.clone(),
        external_id: external_id.clone(),
        person_id: named.person,
        unit_id: named.unit.id,
        legal_entity_id: named.unit.legal_entity_id,
        manager_id: named.manager,
        document: document.clone(),
        content_hash: content_hash.to_owned(),
        meta: stored.map_or_else(|| Meta::new(now), |known| known.meta.changed(now)),
    };
    match stored {
        Some(before) => db::employments::update(tx, before, &employment)?,
        None => db::employments::insert(tx, &employment)?,
    }
    audit_applied(tx, stored, &employment)?;
    if stored.is_some_and(|known| known.manager_id != named.manager) {
        terminations::manager_changed_in(tx, app, &employment)?;
    }
    Ok(employment)
}

/// Says what a version changed, in words and dates and without names.
fn audit_applied(
    tx: &mut Tx<'_>,
    before: Option<&Employment>,
    after: &Employment,
) -> Result<(), ServiceError> {
    let changes = before.map_or_else(Vec::new, |before| {
        let (old, new) = (&before.document, &after.document);
        trail::changed([
            ("unit", before.unit_id != after.unit_id),
            ("manager", before.manager_id != after.manager_id),
            ("end_date", old.end_date != new.end_date),
            ("last_working_day", old.last_working_day != new.last_working_day),
            ("start_date", old.start_date != new.start_date),
            ("state", old.state != new.state),
            ("kind", old.kind != new.kind),
            ("end_kind", old.end_kind != new.end_kind),
            ("leave", old.leave != new.leave),
            ("person", old.person != new.person),
        ])
    });
    let voided = after.document.state == EmploymentState::Void;
    let action = if before.is_none() {
        "employment.created"
    } else {
        "employment.changed"
    };
    let details = json!({
        "source": after.source,
        "sequence": after.document.sequence,
        "version": after.meta.version,
        "changes": changes,
        "end_date": after.document.end_date,
        "void": voided,
    });
    trail::note(tx, action, after.id, details)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
