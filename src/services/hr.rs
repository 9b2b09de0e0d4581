//! Employment documents: delivered by HR systems, compared with what is known, applied once.

use super::{Ctx, Recorded, Recorder, ServiceError, scim, terminations, trail, unmatched};
use crate::app::App;
use crate::crypto::digest::sha256;
use crate::db::types::to_json;
use crate::db::{self, Constraint, DbError, Tx};
use crate::domain::calendar::local_date;
use crate::domain::employment::{
    DeliveryOutcome, Employment, EmploymentDocument, EmploymentState, EndKind, PersonReference, compare,
};
use crate::domain::ids::{PersonId, TerminationId, UnitId};
use crate::domain::person::Person;
use crate::domain::policy::Action;
use crate::domain::record::Meta;
use crate::domain::source::{Source, SourceOrdering};
use crate::domain::termination::{TerminationRecord, TerminationState};
use crate::domain::text::{ExternalId, SourceName};
use crate::domain::unit::Unit;
use crate::domain::unmatched::UnmatchedReason;
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
/// breaks rules, [`ServiceError::Conflict`] for a source whose documents come in snapshots. A sequence that came before with another content is no error here: the outcome says so, and it
/// is recorded, so that somebody can look.
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
        let source = db::sources::find(tx, &source)?.ok_or(ServiceError::NotFound("source"))?;
        if source.settings.ordering == SourceOrdering::Snapshot {
            return Err(ServiceError::Conflict {
                code: "ordered_by_snapshots",
                detail: "The documents of this source come in snapshots, whose instant orders them. Send it in one.",
            });
        }
        let key = (&source, &external_id);
        let Some(document) = source.settings.without_open_end(&document) else {
            return deliver_in(tx, &app, key, (&document, &content_hash));
        };
        validate(&document)?;
        let content_hash = self::content_hash(&document)?;
        deliver_in(tx, &app, key, (&document, &content_hash))
    })
    .await
}

/// SHA-256 of the content of a document, in hex: equal for documents that say the same thing.
pub(super) fn content_hash(document: &EmploymentDocument) -> Result<String, ServiceError> {
    Ok(hex(&sha256(to_json(&document.content())?.as_bytes())))
}

/// Whether a document is one in itself.
///
/// # Errors
/// [`ServiceError::Invalid`] with every rule that it breaks.
pub(super) fn validate(document: &EmploymentDocument) -> Result<(), ServiceError> {
    let mut violations = Vec::new();
    let mut wrong = |pointer: &str, code, detail| {
        violations.push(super::Violation {
            pointer: pointer.to_owned(),
            code,
            detail,
        });
    };
    let start = document.start_date;
    if document.end_date.is_some_and(|end| end < start) {
        wrong(
            "/end_date",
            "end_before_start",
            "The last day is before the first day.",
        );
    }
    if document.last_working_day.is_some_and(|day| day < start) {
        wrong(
            "/last_working_day",
            "before_start",
            "The last working day is before the first day.",
        );
    }
    match (document.last_working_day, document.end_date) {
        (Some(day), Some(end)) if day > end => {
            wrong(
                "/last_working_day",
                "after_end",
                "The last working day is after the last day.",
            );
        }
        (Some(_), None) => wrong(
            "/last_working_day",
            "without_end",
            "A last working day needs an end_date.",
        ),
        (Some(_) | None, _) => {}
    }
    if document.end_kind != EndKind::Ordinary && document.end_date.is_none() {
        wrong(
            "/end_kind",
            "without_end",
            "An end that is immediate or a death needs an end_date.",
        );
    }
    for (index, leave) in document.leave.iter().enumerate() {
        if leave.to.is_some_and(|to| to < leave.from) {
            wrong(
                &format!("/leave/{index}/to"),
                "end_before_start",
                "The last day of the leave is before its first day.",
            );
        }
    }
    if document.sequence < 0 {
        wrong(
            "/sequence",
            "out_of_range",
            "The sequence is a whole number from 0.",
        );
    }
    if document
        .manager
        .as_ref()
        .is_some_and(|manager| manager.external_id == document.person.external_id)
    {
        wrong(
            "/manager/external_id",
            "own_manager",
            "Nobody is their own manager.",
        );
    }
    if violations.is_empty() {
        Ok(())
    } else {
        Err(ServiceError::Invalid(violations))
    }
}

/// Compares a valid document with what is known, and applies it if it is newer.
///
/// # Errors
/// What a rule of the register forbids; what the database reports.
pub(super) fn deliver_in(
    tx: &mut Tx<'_>,
    app: &App,
    (source, external_id): (&Source, &ExternalId),
    (document, content_hash): (&EmploymentDocument, &str),
) -> Result<Delivery, ServiceError> {
    let stored = db::employments::find_external(tx, &source.name, external_id)?;
    let known = stored
        .as_ref()
        .map(|known| (known.document.sequence, known.content_hash.as_str()));
    let outcome = compare(known, document.sequence, content_hash);
    let key = (&source.name, external_id);
    match (outcome, stored) {
        (DeliveryOutcome::Applied, stored) => {
            let key = (source, external_id);
            applied_in(tx, app, key, stored.as_ref(), (document, content_hash))
        }
        (_, Some(mut known)) => {
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
    (source, external_id): (&Source, &ExternalId),
    document: &EmploymentDocument,
) -> Result<Delivery, ServiceError> {
    let stored = db::employments::find_external(tx, &source.name, external_id)?;
    let mut document = document.clone();
    if let Some(known) = &stored {
        document.sequence = document.sequence.max(known.document.sequence);
    }
    let hash = content_hash(&document)?;
    let key = (source, external_id);
    applied_in(tx, app, key, stored.as_ref(), (&document, &hash))
}

/// Makes the document the employment's state, and whatever hangs on it follows.
fn applied_in(
    tx: &mut Tx<'_>,
    app: &App,
    key: (&Source, &ExternalId),
    stored: Option<&Employment>,
    content: (&EmploymentDocument, &str),
) -> Result<Delivery, ServiceError> {
    // The version that is stored is the receipt of what was applied.
    let employment = apply(tx, app, key, stored, content)?;
    let termination = terminations::follow_employment_in(tx, app, &employment)?;
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
    stored: Option<&Employment>,
    (document, content_hash): (&EmploymentDocument, &str),
) -> Result<Employment, ServiceError> {
    let named = named(tx, source, stored, document)?;
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
        Some(_) => db::employments::update(tx, &employment)?,
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

/// Whom and what a document names.
struct Named {
    person: PersonId,
    manager: Option<PersonId>,
    unit: UnitPlace,
}

/// Looks up whom and what a document names. The person and the manager are not read again where the version before
/// named them with the same words and they still are who the source means: that version brought them up to date.
fn named(
    tx: &mut Tx<'_>,
    source: &Source,
    stored: Option<&Employment>,
    document: &EmploymentDocument,
) -> Result<Named, ServiceError> {
    let known = stored
        .filter(|known| known.document.person == document.person)
        .map(|known| known.person_id);
    let person_id = person_known_as(tx, source, &document.person, known)?;
    let known = stored
        .filter(|known| known.document.manager == document.manager)
        .and_then(|known| known.manager_id);
    let manager = match &document.manager {
        Some(manager) => Some(person_known_as(tx, source, manager, known)?),
        None => None,
    };
    Ok(Named {
        person: person_id,
        manager,
        unit: unit(tx, source, &document.unit)?,
    })
}

fn person_known_as(
    tx: &mut Tx<'_>,
    source: &Source,
    reference: &PersonReference,
    known: Option<PersonId>,
) -> Result<PersonId, ServiceError> {
    match known {
        Some(id) if db::people::id_of(tx, &source.name, &reference.external_id)? == known => Ok(id),
        Some(_) | None => person(tx, source, reference),
    }
}

/// The person that a document names: found, brought up to date, or made as a stub.
fn person(tx: &mut Tx<'_>, source: &Source, reference: &PersonReference) -> Result<PersonId, ServiceError> {
    let now = tx.now();
    let Some(known) = db::people::find_external(tx, &source.name, &reference.external_id)? else {
        let person = Person {
            id: tx.new_id(),
            name: reference.name.clone(),
            email: reference.email.clone(),
            language: reference.language.unwrap_or_default(),
            identifiers: vec![(source.name.clone(), reference.external_id.clone())],
            meta: Meta::new(now),
        };
        db::people::insert(tx, &person).map_err(met)?;
        trail::note(
            tx,
            "person.created",
            person.id,
            json!({ "incomplete": person.is_incomplete() }),
        )?;
        scim::link_person_in(tx, person.id)?;
        return Ok(person.id);
    };
    let mut person = known.clone();
    person.name = reference.name.clone().or(person.name);
    person.email = reference.email.clone().or(person.email);
    person.language = reference.language.unwrap_or(person.language);
    if person != known {
        person.meta = known.meta.changed(now);
        db::people::update(tx, &person)?;
        trail::note(
            tx,
            "person.changed",
            person.id,
            json!({ "incomplete": person.is_incomplete() }),
        )?;
        if person.email != known.email {
            scim::link_person_in(tx, person.id)?;
        }
    }
    Ok(person.id)
}

/// Two documents that came together and name the same new person or unit are no conflict: the later one runs again and
/// finds what the earlier one has made.
fn met(error: DbError) -> ServiceError {
    match error {
        DbError::Unique(Constraint::PersonIdentifier | Constraint::UnitExternalId) => ServiceError::Busy,
        other => other.into(),
    }
}

struct UnitPlace {
    id: UnitId,
    legal_entity_id: crate::domain::ids::LegalEntityId,
}

/// The unit that a document names: found, or made as a stub under the source's legal entity.
fn unit(tx: &mut Tx<'_>, source: &Source, external_id: &ExternalId) -> Result<UnitPlace, ServiceError> {
    if let Some(known) = db::units::find_external(tx, &source.name, external_id)? {
        return Ok(UnitPlace {
            id: known.id,
            legal_entity_id: known.legal_entity_id,
        });
    }
    let unit = Unit {
        id: tx.new_id(),
        legal_entity_id: source.legal_entity_id,
        parent_id: None,
        name: external_id.as_str().to_owned(),
        external: Some((source.name.clone(), external_id.clone())),
        coordinator_id: None,
        is_incomplete: true,
        meta: Meta::new(tx.now()),
    };
    db::units::insert(tx, &unit).map_err(met)?;
    trail::note(tx, "unit.created", unit.id, json!({ "incomplete": true }))?;
    Ok(UnitPlace {
        id: unit.id,
        legal_entity_id: unit.legal_entity_id,
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
