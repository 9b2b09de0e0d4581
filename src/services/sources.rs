//! Sources of employment documents: set up by administrators before the first delivery.

use super::{Ctx, Recorded, Recorder, ServiceError, Violations, references, trail};
use crate::db::{self, Tx};
use crate::domain::ids::LegalEntityId;
use crate::domain::policy::Action;
use crate::domain::record::{ExpectedVersion, Meta};
use crate::domain::source::{Limit, Source, SourceKind, SourceOrdering, SourceSettings};
use crate::domain::text::SourceName;
use chrono::NaiveDate;
use chrono_tz::Tz;
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
    /// How it is to be read.
    pub settings: SourceSettings,
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
    /// How it is to be read.
    pub settings: SettingsPatch,
}

/// What is to change about how a source is read. Nothing where nothing is said.
#[derive(Clone, Debug, Default)]
pub struct SettingsPatch {
    /// Where its dates and times are at home.
    pub time_zone: Option<Tz>,
    /// What says which of two deliveries is the newer one.
    pub ordering: Option<SourceOrdering>,
    /// End dates that mean "until further notice".
    pub open_end_dates: Option<Vec<NaiveDate>>,
    /// The share of rows that a complete snapshot may lack.
    pub max_row_drop_percent: Option<i32>,
    /// The number of rows that a complete snapshot may lack.
    pub max_row_drop: Option<i32>,
    /// The share of rows that may bring an end.
    pub max_new_ends_percent: Option<i32>,
    /// The number of rows that may bring an end.
    pub max_new_ends: Option<i32>,
}

impl SettingsPatch {
    /// The settings with what is to change.
    #[must_use]
    pub fn applied_to(&self, current: &SourceSettings) -> SourceSettings {
        let limit = |percent: Option<i32>, count: Option<i32>, current: Limit| Limit {
            percent: percent.unwrap_or(current.percent),
            count: count.unwrap_or(current.count),
        };
        SourceSettings {
            time_zone: self.time_zone.unwrap_or(current.time_zone),
            ordering: self.ordering.unwrap_or(current.ordering),
            open_end_dates: self
                .open_end_dates
                .clone()
                .unwrap_or_else(|| current.open_end_dates.clone()),
            row_drop: limit(self.max_row_drop_percent, self.max_row_drop, current.row_drop),
            new_ends: limit(self.max_new_ends_percent, self.max_new_ends, current.new_ends),
        }
    }
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
            settings: new.settings.clone(),
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
        check_ordering(tx, &current, source.settings.ordering)?;
        source.meta = current.meta.changed(tx.now());
        db::sources::update(tx, &source)?;
        let changed = trail::changed([
            ("kind", source.kind != current.kind),
            ("label", source.label != current.label),
            (
                "legal_entity_id",
                source.legal_entity_id != current.legal_entity_id,
            ),
            ("settings", source.settings != current.settings),
        ]);
        trail::note(tx, "source.changed", &source.name, json!({ "changed": changed }))?;
        Ok(source)
    })
    .await
}

/// A source whose documents were once numbered by the instants of its snapshots cannot number them itself again: every
/// number of its own would be lower.
fn check_ordering(tx: &mut Tx<'_>, current: &Source, wanted: SourceOrdering) -> Result<(), ServiceError> {
    let goes_back =
        current.settings.ordering == SourceOrdering::Snapshot && wanted == SourceOrdering::Sequence;
    if goes_back && db::snapshots::last_accepted(tx, &current.name, false)?.is_some() {
        return Err(ServiceError::Conflict {
            code: "snapshots_applied",
            detail: "Snapshots of this source were applied: documents with a sequence of its own would all be older. Register a new source.",
        });
    }
    Ok(())
}

fn patched(current: &Source, patch: &SourcePatch) -> Source {
    Source {
        kind: patch.kind.unwrap_or(current.kind),
        label: patch.label.clone().unwrap_or_else(|| current.label.clone()),
        legal_entity_id: patch.legal_entity_id.unwrap_or(current.legal_entity_id),
        settings: patch.settings.applied_to(&current.settings),
        ..current.clone()
    }
}
