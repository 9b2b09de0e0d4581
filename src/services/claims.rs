//! Claims: opened by a sweep when a device has not come back for long, ended in one lawful way by the desk, or by the
//! device that comes back.

use super::tasks::{self, NewTask};
use super::terminations::get_in;
use super::{Ctx, Recorded, Recorder, ServiceError, Violations, trail};
use crate::app::App;
use crate::crypto::token::random_claim_number;
pub use crate::db::claims::ClaimFilter;
use crate::db::{self, Tx};
use crate::domain::assignment::Assigned;
use crate::domain::calendar::local_date;
use crate::domain::claim::{Claim, ClaimEnding, ClaimSettlement, Needed, SetOff, SetOffBasis};
use crate::domain::ids::{ClaimId, ItemId, LegalEntityId, TerminationId, UnitId};
use crate::domain::page::{MAX_LIMIT, Page, PageRequest};
use crate::domain::policy::Action;
use crate::domain::record::Meta;
use crate::domain::task::{TaskKind, WithdrawReason};
use crate::domain::termination::{
    ActedBy, ActorRole, DeviceOutcome, Reason, TerminationKind, TerminationRecord, TerminationState,
};
use crate::domain::text::{REASON_MAX_CHARS, clean_line, clean_text};
use chrono::Days;
use serde_json::json;

const NOT_FOUND: ServiceError = ServiceError::NotFound("claim");
/// The most devices that one sweep looks at in one read.
const DUE_BATCH: i64 = 200;
/// The most characters that a name, a function or a reference has.
const LINE_MAX_CHARS: usize = 200;
/// The highest amount that is taken for one, in öre.
const AMOUNT_MAX_ORE: u64 = 1_000_000_000;

/// How a claim ends, as it was sent.
#[derive(Clone, Debug)]
pub struct SettlementSaid {
    /// In which way.
    pub ending: ClaimEnding,
    /// Who decided.
    pub decided_by: String,
    /// Why.
    pub reason: String,
    /// What the insurer, the police or the authority calls it.
    pub reference: Option<String>,
    /// The legal ground.
    pub legal_ground: Option<String>,
    /// How much, in öre.
    pub amount_ore: Option<u64>,
    /// A set-off against pay that was decided elsewhere: on which ground, and what shows it.
    pub set_off: Option<(SetOffBasis, String)>,
}

/// Opens a claim for every device that should have come back so many days ago as its legal entity has decided, and of
/// which nobody knows what became. Says how many. Safe to repeat.
///
/// # Errors
/// What is due cannot be read. A device that fails is logged and left to the next time.
pub async fn open_due(ctx: &Ctx) -> Result<usize, ServiceError> {
    let today = local_date(ctx.app.clock.now());
    let mut opened = 0;
    let mut page = PageRequest {
        limit: MAX_LIMIT,
        after: None,
    };
    loop {
        let entities = ctx
            .read(Action::Operate, move |connection| {
                Ok(db::legal_entities::list(connection, None, page)?)
            })
            .await?;
        for entity in &entities.items {
            // Today is the first day after so many whole days.
            let before = today - Days::new(entity.claim_after_days.into());
            opened += open_due_of(ctx, entity.id, before).await?;
        }
        match entities.next {
            Some(next) => page.after = Some(next),
            None => return Ok(opened),
        }
    }
}

async fn open_due_of(
    ctx: &Ctx,
    entity: LegalEntityId,
    before: chrono::NaiveDate,
) -> Result<usize, ServiceError> {
    let mut opened = 0;
    loop {
        let due = ctx
            .read(Action::Operate, move |connection| {
                Ok(db::claims::due(connection, entity, before, DUE_BATCH)?)
            })
            .await?;
        let earlier = opened;
        for (termination, item) in due {
            let app = ctx.app.clone();
            let done = ctx
                .write(Action::Operate, move |tx| open_in(tx, &app, (termination, item)))
                .await;
            match done {
                Ok(()) => opened += 1,
                Err(error) => tracing::warn!(%termination, %error, "a claim was not opened"),
            }
        }
        // What failed is due still; it waits for the next sweep, and so does what is behind it.
        if opened == earlier {
            return Ok(opened);
        }
    }
}

fn open_in(
    tx: &mut Tx<'_>,
    app: &App,
    (termination, item): (TerminationId, ItemId),
) -> Result<(), ServiceError> {
    let record = get_in(tx, termination)?;
    // It may have come back, or another instance been faster, since it was looked up.
    let is_known = record.termination.item(item)?.outcome.is_some();
    let case = &record.termination;
    let is_over = case.state == TerminationState::Cancelled || case.kind == TerminationKind::Absence;
    let holding = record.holding(item).ok_or(NOT_FOUND)?;
    let Assigned::Device(device_id) = holding.assigned else {
        return Ok(());
    };
    if is_known || is_over || db::claims::is_about(tx, item)? {
        return Ok(());
    }
    let claim = Claim {
        id: tx.new_id(),
        number: random_claim_number(),
        termination_id: termination,
        item_id: item,
        device_id,
        legal_entity_id: record.legal_entity_id,
        unit_id: record.unit_id,
        return_by: record.termination.return_by,
        settlement: None,
        meta: Meta::new(tx.now()),
    };
    db::claims::insert(tx, &claim)?;
    note_in(tx, "claim.opened", &claim)?;
    tasks::open_in(tx, app, NewTask::of_case(TaskKind::Claim, &record).about(item))?;
    Ok(())
}

/// One claim.
///
/// # Errors
/// [`ServiceError::NotFound`]; as [`Ctx::read`].
pub async fn get(ctx: &Ctx, id: ClaimId) -> Result<Claim, ServiceError> {
    ctx.look_up(Action::ReadTermination, move |connection| {
        db::claims::find(connection, id)?.ok_or(NOT_FOUND)
    })
    .await
}

/// One page of claims.
///
/// # Errors
/// As [`Ctx::read`].
pub async fn list(ctx: &Ctx, filter: ClaimFilter, page: PageRequest) -> Result<Page<Claim>, ServiceError> {
    ctx.read(Action::ReadTermination, move |connection| {
        Ok(db::claims::list(connection, filter, page)?)
    })
    .await
}

/// Ends a claim. That a device came back is not said here: its check says so.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Invalid`] for what the ending needs and lacks, and for texts and amounts
/// that break rules; [`ServiceError::Domain`] if it has ended; as [`Ctx::write_once`].
pub async fn settle(
    ctx: &Ctx,
    id: ClaimId,
    said: SettlementSaid,
    recorder: Recorder<Claim>,
) -> Result<Recorded<Claim>, ServiceError> {
    let by = ActedBy::new(ActorRole::Desk, &ctx.actor);
    let settlement = checked(&said, by, ctx.app.clock.now())?;
    ctx.write_once(Action::WorkTermination, recorder, move |tx| {
        let claim = db::claims::find(tx, id)?.ok_or(NOT_FOUND)?;
        let settlement = ClaimSettlement {
            at: tx.now(),
            ..settlement.clone()
        };
        settle_in(tx, claim, settlement)
    })
    .await
}

fn settle_in(tx: &mut Tx<'_>, mut claim: Claim, settlement: ClaimSettlement) -> Result<Claim, ServiceError> {
    claim.settle(settlement)?;
    db::claims::update(tx, &claim)?;
    note_in(tx, "claim.settled", &claim)?;
    tasks::withdraw_about_in(
        tx,
        (claim.termination_id, claim.item_id),
        (TaskKind::Claim, WithdrawReason::Settled),
    )?;
    Ok(claim)
}

/// Ends the claims of a case that its own course has answered: the device came back, or the end of the employment was
/// withdrawn, so that nothing is to come back.
///
/// # Errors
/// Only what the database reports.
pub(super) fn follow_in(tx: &mut Tx<'_>, record: &TerminationRecord) -> Result<(), ServiceError> {
    for claim in db::claims::open_of_termination(tx, record.termination.id)? {
        let is_back = record.termination.item(claim.item_id)?.outcome == Some(DeviceOutcome::Returned);
        let (ending, reason) = if is_back {
            (ClaimEnding::Returned, "returned")
        } else if record.termination.state == TerminationState::Cancelled {
            (ClaimEnding::Waived, "end_withdrawn")
        } else {
            continue;
        };
        let settlement = ClaimSettlement {
            ending,
            decided_by: None,
            reason: Reason::parse(reason)?,
            reference: None,
            legal_ground: None,
            amount_ore: None,
            set_off: None,
            by: ActedBy::new(ActorRole::System, &crate::domain::actor::Actor::System),
            at: tx.now(),
        };
        settle_in(tx, claim, settlement)?;
    }
    Ok(())
}

/// The unit has become part of another, and what is claimed is claimed there. Says how many claims went over.
///
/// # Errors
/// Only what the database reports.
pub(super) fn unit_merged_in(tx: &mut Tx<'_>, (from, into): (UnitId, UnitId)) -> Result<usize, ServiceError> {
    let open = db::claims::open_of_unit(tx, from)?;
    for claim in &open {
        let changed = Claim {
            unit_id: into,
            meta: claim.meta.changed(tx.now()),
            ..claim.clone()
        };
        db::claims::update(tx, &changed)?;
        note_in(tx, "claim.changed", &changed)?;
    }
    Ok(open.len())
}

fn checked(
    said: &SettlementSaid,
    by: ActedBy,
    at: chrono::DateTime<chrono::Utc>,
) -> Result<ClaimSettlement, ServiceError> {
    let mut violations = Violations::default();
    let line = |violations: &mut Violations, pointer: &str, text: &str| {
        let clean = violations.take(pointer, clean_line(text, LINE_MAX_CHARS))?;
        Reason::parse(&clean).ok()
    };
    let words = |violations: &mut Violations, pointer: &str, text: &str| {
        let clean = violations.take(pointer, clean_text(text, REASON_MAX_CHARS))?;
        Reason::parse(&clean).ok()
    };
    let decided_by = line(&mut violations, "/decided_by", &said.decided_by);
    let reason = words(&mut violations, "/reason", &said.reason);
    let reference = said.reference.as_deref();
    let reference = reference.and_then(|text| line(&mut violations, "/reference", text));
    let legal_ground = said.legal_ground.as_deref();
    let legal_ground = legal_ground.and_then(|text| words(&mut violations, "/legal_ground", text));
    let set_off = said.set_off.as_ref().and_then(|(basis, reference)| {
        let reference = line(&mut violations, "/set_off/reference", reference)?;
        Some(SetOff {
            basis: *basis,
            reference,
        })
    });
    check_rules(said, &mut violations);
    violations.finish_with(
        decided_by
            .zip(reason)
            .map(|(decided_by, reason)| ClaimSettlement {
                ending: said.ending,
                decided_by: Some(decided_by),
                reason,
                reference,
                legal_ground,
                amount_ore: said.amount_ore,
                set_off,
                by,
                at,
            }),
    )
}

fn check_rules(said: &SettlementSaid, violations: &mut Violations) {
    for needed in said.ending.needs() {
        let (pointer, is_there) = match needed {
            Needed::Reference => ("/reference", said.reference.is_some()),
            Needed::LegalGround => ("/legal_ground", said.legal_ground.is_some()),
            Needed::Amount => ("/amount_ore", said.amount_ore.is_some()),
        };
        if !is_there {
            violations.add(pointer, "missing", "This ending needs this member.");
        }
    }
    if said.ending == ClaimEnding::Returned {
        let detail = "Settle the check returned of the device instead: that ends this claim.";
        violations.add("/ending", "ending_by_check", detail);
    }
    if said.set_off.is_some() && said.ending != ClaimEnding::InvoiceAfterDecision {
        let detail = "A set-off is only recorded with a decision that the holder pays.";
        violations.add("/set_off", "other_kind", detail);
    }
    if said.amount_ore.is_some_and(|ore| ore > AMOUNT_MAX_ORE) {
        let detail = "An amount is in öre, and at most ten million kronor.";
        violations.add("/amount_ore", "amount_too_high", detail);
    }
}

/// An audit entry that says everything but people's words and amounts.
fn note_in(tx: &mut Tx<'_>, action: &'static str, claim: &Claim) -> Result<(), ServiceError> {
    let details = json!({
        "termination": claim.termination_id,
        "item": claim.item_id,
        "device": claim.device_id,
        "return_by": claim.return_by,
        "ending": claim.settlement.as_ref().map(|settlement| settlement.ending),
    });
    trail::note(tx, action, claim.id, details)
}
