//! Legal entities: made and changed by administrators, read by everybody who works with the register.

use super::{Ctx, Recorded, Recorder, ServiceError, Violation, Violations, references, terminations};
use crate::config::has_unsafe_characters;
use crate::db::{self, Tx, audit};
use crate::domain::claim::{CLAIM_AFTER_DAYS, MAX_CLAIM_AFTER_DAYS};
use crate::domain::ids::{LegalEntityId, PersonId};
use crate::domain::language::Language;
use crate::domain::leave::MAX_ABSENCE_CASE_AFTER_DAYS;
use crate::domain::organisation::{LegalEntity, LegalEntityKind};
use crate::domain::page::{Page, PageRequest};
use crate::domain::policy::Action;
use crate::domain::record::{ExpectedVersion, Meta};
use crate::domain::schedule::Schedule;
use crate::domain::subscription::{MAX_NUMBER_QUARANTINE_DAYS, NUMBER_QUARANTINE_DAYS};
use crate::domain::text::OrgNumber;
use crate::domain::wipe::{PolicyFault, WipeLevel, WipePolicy};
use serde_json::json;

/// Longest name, in characters.
pub const MAX_NAME: usize = 200;

/// What a new legal entity is made of.
#[derive(Clone, Debug)]
pub struct NewLegalEntity {
    /// What people call it.
    pub name: String,
    /// Authority or company.
    pub kind: LegalEntityKind,
    /// Its organisation number, with or without hyphen.
    pub org_number: Option<String>,
    /// The language its people are written to in.
    pub language: Language,
    /// Which proof of a wipe is enough.
    pub wipe_policy: WipePolicy,
    /// Who takes devices back from elected representatives.
    pub chancery_id: Option<PersonId>,
}

/// What is to change. Nothing where nothing is said.
#[derive(Clone, Debug, Default)]
pub struct LegalEntityPatch {
    /// A new name.
    pub name: Option<String>,
    /// A new organisation number, or none any more.
    pub org_number: Option<Option<String>>,
    /// A new language.
    pub language: Option<Language>,
    /// Which proof of a wipe is enough for ordinary data. Counts for cases that are opened from then on.
    pub wipe_standard: Option<WipeLevel>,
    /// The same for data under secrecy.
    pub wipe_secrecy: Option<WipeLevel>,
    /// Who takes devices back from elected representatives, or nobody in particular any more.
    pub chancery_id: Option<Option<PersonId>>,
    /// Whether holders may buy their devices.
    pub allows_buy_out: Option<bool>,
    /// After how many days without a return a claim opens.
    pub claim_after_days: Option<u16>,
    /// From how many days on a leave opens a case by itself, or none any more. Counts for what HR delivers from then on.
    pub absence_case_after_days: Option<Option<u16>>,
    /// For how many days a number that was freed is nobody else's. Counts for numbers that are freed from then on.
    pub number_quarantine_days: Option<u16>,
}

/// Makes a legal entity.
///
/// # Errors
/// [`ServiceError::Invalid`] with every rule that is broken; [`ServiceError::Conflict`] when another has the
/// organisation number; as [`Ctx::write_once`].
pub async fn create(
    ctx: &Ctx,
    recorder: Recorder<LegalEntity>,
    new: NewLegalEntity,
) -> Result<Recorded<LegalEntity>, ServiceError> {
    ctx.write_once(Action::EditOrganisation, recorder, move |tx| {
        let mut rules = Rules::default();
        let name = rules.name(&new.name);
        let org_number = rules.org_number(new.org_number.as_deref());
        rules.wipe_policy(new.wipe_policy);
        rules.finish()?;
        require_chancery(tx, new.chancery_id)?;
        let entity = LegalEntity {
            id: tx.new_id(),
            name,
            kind: new.kind,
            org_number,
            language: new.language,
            wipe_policy: new.wipe_policy,
            chancery_id: new.chancery_id,
            schedule: Schedule::default(),
            allows_buy_out: false,
            claim_after_days: CLAIM_AFTER_DAYS,
            absence_case_after_days: None,
            number_quarantine_days: NUMBER_QUARANTINE_DAYS,
            meta: Meta::new(tx.now()),
        };
        db::legal_entities::insert(tx, &entity)?;
        let details = json!({ "kind": entity.kind, "wipe_policy": entity.wipe_policy });
        audit::append(tx, entry("legal_entity.created", entity.id, details))?;
        Ok(entity)
    })
    .await
}

/// One legal entity.
///
/// # Errors
/// [`ServiceError::NotFound`]; as [`Ctx::read`].
pub async fn get(ctx: &Ctx, id: LegalEntityId) -> Result<LegalEntity, ServiceError> {
    ctx.look_up(Action::ReadRegister, move |connection| {
        db::legal_entities::find(connection, id)?.ok_or(NOT_FOUND)
    })
    .await
}

/// One page of legal entities, of one kind or of all.
///
/// # Errors
/// As [`Ctx::read`].
pub async fn list(
    ctx: &Ctx,
    kind: Option<LegalEntityKind>,
    request: PageRequest,
) -> Result<Page<LegalEntity>, ServiceError> {
    ctx.read(Action::ReadRegister, move |connection| {
        Ok(db::legal_entities::list(connection, kind, request)?)
    })
    .await
}

/// Changes a legal entity. A change to what it already is leaves its version as it was.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Stale`] when its version is not the expected one; as
/// [`create`].
pub async fn update(
    ctx: &Ctx,
    id: LegalEntityId,
    expected: ExpectedVersion,
    patch: LegalEntityPatch,
) -> Result<LegalEntity, ServiceError> {
    let app = ctx.app.clone();
    ctx.write(Action::EditOrganisation, move |tx| {
        let current = db::legal_entities::find(tx, id)?.ok_or(NOT_FOUND)?;
        if !expected.admits(current.meta.version) {
            return Err(ServiceError::Stale {
                current: current.meta.version,
            });
        }
        let mut changed = patched(current.clone(), &patch)?;
        if changed == current {
            return Ok(current);
        }
        if changed.chancery_id != current.chancery_id {
            require_chancery(tx, changed.chancery_id)?;
        }
        changed.meta = current.meta.changed(tx.now());
        db::legal_entities::update(tx, &changed)?;
        let details = changed_details(&current, &changed);
        audit::append(tx, entry("legal_entity.changed", id, details))?;
        if changed.chancery_id != current.chancery_id {
            terminations::chancery_changed_in(tx, &app, id)?;
        }
        Ok(changed)
    })
    .await
}

const NOT_FOUND: ServiceError = ServiceError::NotFound("legal entity");

fn require_chancery(tx: &mut Tx<'_>, id: Option<PersonId>) -> Result<(), ServiceError> {
    let mut violations = Violations::default();
    if let Some(id) = id {
        references::person(tx, id, "/chancery_id", &mut violations)?;
    }
    violations.finish()
}

fn patched(mut entity: LegalEntity, patch: &LegalEntityPatch) -> Result<LegalEntity, ServiceError> {
    let mut rules = Rules::default();
    if let Some(name) = &patch.name {
        entity.name = rules.name(name);
    }
    if let Some(org_number) = &patch.org_number {
        entity.org_number = rules.org_number(org_number.as_deref());
    }
    entity.language = patch.language.unwrap_or(entity.language);
    entity.chancery_id = patch.chancery_id.unwrap_or(entity.chancery_id);
    entity.claim_after_days = patch.claim_after_days.unwrap_or(entity.claim_after_days);
    if !(1..=MAX_CLAIM_AFTER_DAYS).contains(&entity.claim_after_days) {
        let detail = "Wait for at least one day and at most 365.";
        rules.refuse("/claim_after_days", "claim_after_days_range", detail);
    }
    entity.absence_case_after_days = patch
        .absence_case_after_days
        .unwrap_or(entity.absence_case_after_days);
    if entity
        .absence_case_after_days
        .is_some_and(|days| !(1..=MAX_ABSENCE_CASE_AFTER_DAYS).contains(&days))
    {
        let detail = "A leave is long from at least one day and at most 365 on, or never: null.";
        rules.refuse(
            "/absence_case_after_days",
            "absence_case_after_days_range",
            detail,
        );
    }
    entity.number_quarantine_days = patch
        .number_quarantine_days
        .unwrap_or(entity.number_quarantine_days);
    if entity.number_quarantine_days > MAX_NUMBER_QUARANTINE_DAYS {
        let detail = "Keep a number for at most 730 days; 0 keeps none.";
        rules.refuse("/number_quarantine_days", "number_quarantine_days_range", detail);
    }
    entity.allows_buy_out = patch.allows_buy_out.unwrap_or(entity.allows_buy_out);
    let policy = &mut entity.wipe_policy;
    policy.standard = patch.wipe_standard.unwrap_or(policy.standard);
    policy.secrecy = patch.wipe_secrecy.unwrap_or(policy.secrecy);
    rules.wipe_policy(entity.wipe_policy);
    rules.finish()?;
    Ok(entity)
}

/// What is asked for and allowed is named, unlike other fields: it says what held, and since when.
fn changed_details(before: &LegalEntity, after: &LegalEntity) -> serde_json::Value {
    let mut details = serde_json::Map::new();
    details.insert("version".to_owned(), json!(after.meta.version));
    if before.wipe_policy != after.wipe_policy {
        let policy = json!({ "from": before.wipe_policy, "to": after.wipe_policy });
        details.insert("wipe_policy".to_owned(), policy);
    }
    if before.claim_after_days != after.claim_after_days {
        details.insert("claim_after_days".to_owned(), json!(after.claim_after_days));
    }
    if before.absence_case_after_days != after.absence_case_after_days {
        let days = json!(after.absence_case_after_days);
        details.insert("absence_case_after_days".to_owned(), days);
    }
    if before.number_quarantine_days != after.number_quarantine_days {
        let days = json!(after.number_quarantine_days);
        details.insert("number_quarantine_days".to_owned(), days);
    }
    if before.allows_buy_out != after.allows_buy_out {
        details.insert("allows_buy_out".to_owned(), json!(after.allows_buy_out));
    }
    details.into()
}

fn entry(action: &'static str, id: LegalEntityId, details: serde_json::Value) -> audit::Entry {
    audit::Entry {
        action,
        object_type: "legal_entity",
        object_id: id.to_string(),
        termination: None,
        details,
    }
}

/// Collects every broken rule, so that the caller can mend all of them at once.
#[derive(Default)]
struct Rules(Vec<Violation>);

impl Rules {
    fn name(&mut self, text: &str) -> String {
        let name = text.trim();
        if name.is_empty() {
            self.refuse("/name", "name_blank", "Give the name that people know it by.");
        } else if name.chars().count() > MAX_NAME {
            self.refuse("/name", "name_too_long", "A name has at most 200 characters.");
        } else if has_unsafe_characters(name) {
            self.refuse(
                "/name",
                "name_characters",
                "A name is one line without invisible characters.",
            );
        }
        name.to_owned()
    }

    fn org_number(&mut self, text: Option<&str>) -> Option<OrgNumber> {
        match text.map(OrgNumber::parse)? {
            Ok(number) => Some(number),
            Err(error) => {
                self.refuse("/org_number", error.code, error.detail);
                None
            }
        }
    }

    fn wipe_policy(&mut self, policy: WipePolicy) {
        let (pointer, code, detail) = match policy.checked() {
            Ok(_) => return,
            Err(PolicyFault::AcceptsNothing(class)) => (
                format!("/wipe_policy/{class}"),
                "wipe_level_too_low",
                "Ask for attested, acknowledged, verified or certified.",
            ),
            Err(PolicyFault::WeakerForSecrecy) => (
                "/wipe_policy/secrecy".to_owned(),
                "wipe_policy_weaker_for_secrecy",
                "Ask for no less for data under secrecy than for ordinary data.",
            ),
        };
        self.refuse(&pointer, code, detail);
    }

    fn refuse(&mut self, pointer: &str, code: &'static str, detail: &'static str) {
        self.0.push(Violation {
            pointer: pointer.to_owned(),
            code,
            detail,
        });
    }

    fn finish(self) -> Result<(), ServiceError> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(ServiceError::Invalid(self.0))
        }
    }
}
