//! Documents that could not be applied: kept, listed, and decided by somebody, so that nothing that was delivered is
//! lost.
//!
//! People and units that a document names and nobody knows are no reason: they are made as stubs, and are listed among
//! the people and units that are incomplete.

use super::{Ctx, ServiceError, hr, references, trail};
use crate::db::types::{parse_json, to_json};
pub use crate::db::unmatched::UnmatchedFilter;
use crate::db::{self, DbConnection, Tx};
use crate::domain::actor::Actor;
use crate::domain::employment::EmploymentDocument;
use crate::domain::ids::UnmatchedId;
use crate::domain::page::{Page, PageRequest};
use crate::domain::person::may_see_protected;
use crate::domain::policy::Action;
use crate::domain::record::{ExpectedVersion, Meta};
use crate::domain::text::{ExternalId, SourceName};
use crate::domain::unmatched::{Resolution, Unmatched, UnmatchedReason};
use serde_json::json;

const NOT_FOUND: ServiceError = ServiceError::NotFound("unmatched document");

/// What somebody decides about a document.
#[derive(Clone, Debug)]
pub struct Decision {
    /// What becomes of it.
    pub resolution: Resolution,
    /// Why.
    pub note: String,
}

/// Keeps a document that came alone.
///
/// # Errors
/// What the database reports.
pub(super) fn keep_in(
    tx: &mut Tx<'_>,
    (source, external_id): (&SourceName, &ExternalId),
    (document, content_hash): (&EmploymentDocument, &str),
    reason: UnmatchedReason,
) -> Result<(), ServiceError> {
    keep_of_in(
        tx,
        (source, external_id),
        (document, content_hash),
        (reason, None),
    )
}

/// Keeps a document, with the snapshot that it came in.
///
/// # Errors
/// What the database reports.
pub(super) fn keep_of_in(
    tx: &mut Tx<'_>,
    (source, external_id): (&SourceName, &ExternalId),
    (document, content_hash): (&EmploymentDocument, &str),
    (reason, snapshot): (UnmatchedReason, Option<&ExternalId>),
) -> Result<(), ServiceError> {
    let unmatched = Unmatched {
        id: tx.new_id(),
        source: source.clone(),
        external_id: external_id.clone(),
        snapshot: snapshot.cloned(),
        reason,
        document: to_json(document)?,
        content_hash: content_hash.to_owned(),
        resolution: None,
        note: None,
        resolved_at: None,
        meta: Meta::new(tx.now()),
    };
    if db::unmatched::keep(tx, &unmatched)? {
        let details = json!({ "source": source, "reason": reason, "sequence": document.sequence });
        trail::note(tx, "unmatched.kept", unmatched.id, details)?;
    }
    Ok(())
}

/// One page of the documents of a source.
///
/// # Errors
/// [`ServiceError::NotFound`] for a source that is not registered; as [`Ctx::read`].
pub async fn list(
    ctx: &Ctx,
    filter: UnmatchedFilter,
    page: PageRequest,
) -> Result<Page<Unmatched>, ServiceError> {
    let actor = ctx.actor.clone();
    ctx.read(Action::ReadEmployment, move |connection| {
        db::sources::find(connection, &filter.source)?.ok_or(ServiceError::NotFound("source"))?;
        let mut found = db::unmatched::list(connection, &filter, page)?;
        for unmatched in &mut found.items {
            mask_in(connection, &actor, unmatched)?;
        }
        Ok(found)
    })
    .await
}

/// One document of a source.
///
/// # Errors
/// [`ServiceError::NotFound`]; as [`Ctx::read`].
pub async fn get(ctx: &Ctx, source: SourceName, id: UnmatchedId) -> Result<Unmatched, ServiceError> {
    let actor = ctx.actor.clone();
    ctx.look_up(Action::ReadEmployment, move |connection| {
        let found = db::unmatched::find(connection, id)?;
        let mut unmatched = found
            .filter(|unmatched| unmatched.source == source)
            .ok_or(NOT_FOUND)?;
        mask_in(connection, &actor, &mut unmatched)?;
        Ok(unmatched)
    })
    .await
}

/// Carries out what somebody decided: the document becomes the employment's state, and its case follows; or it is put
/// aside. Either way it stays readable.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Stale`]; [`ServiceError::Conflict`] `resolved` when it is decided already
/// and `newer_known` when the employment has a newer document; what a rule still forbids.
pub async fn resolve(
    ctx: &Ctx,
    (source, id): (SourceName, UnmatchedId),
    expected: ExpectedVersion,
    decision: Decision,
) -> Result<Unmatched, ServiceError> {
    let (app, actor) = (ctx.app.clone(), ctx.actor.clone());
    ctx.write(Action::DecideDelivery, move |tx| {
        let source = db::sources::find(tx, &source)?.ok_or(NOT_FOUND)?;
        let found = db::unmatched::find(tx, id)?;
        let current = found
            .filter(|unmatched| unmatched.source == source.name)
            .ok_or(NOT_FOUND)?;
        references::check_version(&expected, current.meta)?;
        if current.resolution.is_some() {
            return Err(ServiceError::Conflict {
                code: "resolved",
                detail: "It is decided already.",
            });
        }
        if decision.resolution == Resolution::Applied {
            let document: EmploymentDocument = parse_json("unmatched", "document", &current.document)?;
            let found = db::employments::find_delivered(tx, &source.name, &current.external_id)?;
            let known = found.and_then(|found| found.known).map(|(known, _)| known);
            if known.is_some_and(|known| known.document.sequence > document.sequence) {
                return Err(ServiceError::Conflict {
                    code: "newer_known",
                    detail: "The source has delivered a newer document of this employment. Dismiss this one.",
                });
            }
            hr::deliver_anyway_in(tx, &app, (&source, &current.external_id), &document)?;
        }
        let now = tx.now();
        let mut resolved = Unmatched {
            resolution: Some(decision.resolution),
            note: Some(decision.note.clone()),
            resolved_at: Some(now),
            meta: current.meta.changed(now),
            ..current
        };
        db::unmatched::update(tx, &resolved)?;
        let details = json!({ "source": source.name, "resolution": decision.resolution });
        trail::note(tx, "unmatched.resolved", resolved.id, details)?;
        mask_in(tx, &actor, &mut resolved)?;
        Ok(resolved)
    })
    .await
}

/// Takes out of a document whom its reader may not know.
fn mask_in(
    connection: &mut DbConnection,
    actor: &Actor,
    unmatched: &mut Unmatched,
) -> Result<(), ServiceError> {
    if may_see_protected(actor) {
        return Ok(());
    }
    let mut document: EmploymentDocument = parse_json("unmatched", "document", &unmatched.document)?;
    let named = [Some(&mut document.person), document.manager.as_mut()];
    for reference in named.into_iter().flatten() {
        let known = db::people::find_external(connection, &unmatched.source, &reference.external_id)?;
        if reference.is_protected == Some(true) || known.is_some_and(|known| known.is_protected) {
            (reference.name, reference.email) = (None, None);
        }
    }
    unmatched.document = to_json(&document)?;
    Ok(())
}
