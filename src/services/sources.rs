//! Sources of employment documents: set up by administrators before the first delivery.

use super::{Ctx, Recorded, Recorder, ServiceError, Violations, references, trail};
use crate::db;
use crate::domain::ids::LegalEntityId;
use crate::domain::policy::Action;
use crate::domain::record::{ExpectedVersion, Meta};
use crate::domain::source::{Source, SourceKind};
use crate::domain::text::SourceName;
use serde_json::json;

/// What a new source is made of.
#[derive(Clone, Debug)]
pub struct NewSource {
    /// Its name in URLs.
    pub name: SourceName,
    /// What it knows about.
    pub kind: SourceKind,
    /// What people call it.
    pub label: String,
    /// Where units belong that it names and we do not know yet.
    pub legal_entity_id: LegalEntityId,
}

/// What is to change; the name never does. Nothing where nothing is said.
#[derive(Clone, Debug, Default)]
pub struct SourcePatch {
    /// What it knows about.
    pub kind: Option<SourceKind>,
    /// What people call it.
    pub label: Option<String>,
    /// Where units belong from now on that it names and we do not know yet.
    pub legal_entity_id: Option<LegalEntityId>,
}

const NOT_FOUND: ServiceError = ServiceError::NotFound("source");

/// Registers a source.
///
/// # Errors
/// [`ServiceError::Invalid`] `unknown_legal_entity`; [`ServiceError::Conflict`] `source_exists`; as
/// [`Ctx::write_once`].
pub async fn create(
    ctx: &Ctx,
    recorder: Recorder<Source>,
    new: NewSource,
) -> Result<Recorded<Source>, ServiceError> {
    ctx.write_once(Action::EditOrganisation, recorder, move |tx| {
        let mut violations = Violations::default();
        references::legal_entity(tx, new.legal_entity_id, "/legal_entity_id", &mut violations)?;
        violations.finish()?;
        let source = Source {
            name: new.name.clone(),
            kind: new.kind,
            label: new.label.clone(),
            legal_entity_id: new.legal_entity_id,
            meta: Meta::new(tx.now()),
        };
        db::sources::insert(tx, &source)?;
        let details = json!({ "kind": source.kind, "legal_entity_id": source.legal_entity_id });
        trail::note(tx, "source.created", &source.name, details)?;
        Ok(source)
    })
    .await
}

/// The source of this name.
///
/// # Errors
/// [`ServiceError::NotFound`]; as [`Ctx::read`].
pub async fn get(ctx: &Ctx, name: SourceName) -> Result<Source, ServiceError> {
    ctx.look_up(Action::ReadRegister, move |connection| {
        db::sources::find(connection, &name)?.ok_or(NOT_FOUND)
    })
    .await
}

/// All sources, by name.
///
/// # Errors
/// As [`Ctx::read`].
pub async fn list(ctx: &Ctx) -> Result<Vec<Source>, ServiceError> {
    ctx.read(Action::ReadRegister, |connection| {
        Ok(db::sources::list(connection)?)
    })
    .await
}

/// Changes what is known of a source. Units that it has named already stay where they are. A change to what it already
/// is leaves the version as it was.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Stale`]; [`ServiceError::Invalid`] `unknown_legal_entity`; as
/// [`Ctx::write`].
pub async fn update(
    ctx: &Ctx,
    name: SourceName,
    expected: ExpectedVersion,
    patch: SourcePatch,
) -> Result<Source, ServiceError> {
    ctx.write(Action::EditOrganisation, move |tx| {
        let current = db::sources::find(tx, &name)?.ok_or(NOT_FOUND)?;
        references::check_version(&expected, current.meta)?;
        let mut source = patched(&current, &patch);
        if source == current {
            return Ok(current);
        }
        let mut violations = Violations::default();
        references::legal_entity(tx, source.legal_entity_id, "/legal_entity_id", &mut violations)?;
        violations.finish()?;
        source.meta = current.meta.changed(tx.now());
        db::sources::update(tx, &source)?;
        let changed = trail::changed([
            ("kind", source.kind != current.kind),
            ("label", source.label != current.label),
            (
                "legal_entity_id",
                source.legal_entity_id != current.legal_entity_id,
            ),
        ]);
        trail::note(tx, "source.changed", &source.name, json!({ "changed": changed }))?;
        Ok(source)
    })
    .await
}

fn patched(current: &Source, patch: &SourcePatch) -> Source {
    Source {
        kind: patch.kind.unwrap_or(current.kind),
        label: patch.label.clone().unwrap_or_else(|| current.label.clone()),
        legal_entity_id: patch.legal_entity_id.unwrap_or(current.legal_entity_id),
        ..current.clone()
    }
}
