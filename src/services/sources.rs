//! Sources of employment documents: set up by administrators before the first delivery.

use super::{Ctx, Recorded, Recorder, ServiceError, Violations, references, trail};
use crate::db;
use crate::domain::ids::LegalEntityId;
use crate::domain::policy::Action;
use crate::domain::record::Meta;
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
    ctx.read(Action::ReadRegister, move |connection| {
        db::sources::find(connection, &name)?.ok_or(ServiceError::NotFound("source"))
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
