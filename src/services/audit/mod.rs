//! The audit as use cases: reading it, sealing it, anchoring it outside the database, verifying it.
//!
//! What each part is good for: the triggers of the tables stop mistakes; the chain of seals shows every
//! change, removal, insertion or new order of what was sealed; an anchor that has left the machine shows
//! that the end of the chain was cut off or that all of it was written anew.

mod anchor;
mod verify;

pub use anchor::{Anchor, AnchorFault, Anchors, anchor, anchor_now};
pub use verify::{Report, Verdict, verify};

use super::{Ctx, ServiceError};
use crate::db::audit::{self, Pending, chain};
pub use crate::db::audit::{AuditEntry, AuditFilter};
use crate::domain::page::{Page, PageRequest};
use crate::domain::policy::Action;

/// One page of entries, oldest first.
///
/// # Errors
/// As [`Ctx::read`].
pub async fn list(
    ctx: &Ctx,
    filter: AuditFilter,
    page: PageRequest,
) -> Result<Page<AuditEntry>, ServiceError> {
    ctx.read(Action::ReadAudit, move |connection| {
        Ok(audit::list(connection, &filter, page)?)
    })
    .await
}

/// What waits for the sealer.
///
/// # Errors
/// As [`Ctx::read`].
pub async fn pending(ctx: &Ctx) -> Result<Pending, ServiceError> {
    ctx.read(Action::ReadAudit, |connection| Ok(audit::pending(connection)?))
        .await
}

/// How old an entry may become before it is sealed without anybody being told, in seconds.
const TOLERATED_WAIT: i64 = 60;

/// Seals what waits, and says how many entries; shows for how long the oldest has waited that is left. Several instances
/// may do so at once: the number of the seal decides who was first, and the others leave the rest to the next time.
///
/// # Errors
/// As [`Ctx::write`].
pub async fn seal(ctx: &Ctx) -> Result<usize, ServiceError> {
    let sealed = seal_all(ctx).await?;
    let oldest = ctx
        .read(Action::Operate, |connection| {
            Ok(audit::oldest_pending(connection)?)
        })
        .await?;
    let waits = oldest.map_or(0, |oldest| (ctx.app.clock.now() - oldest).num_seconds());
    metrics::gauge!("handback_audit_unsealed_seconds").set(waits as f64);
    if waits > TOLERATED_WAIT {
        tracing::warn!(seconds = waits, "audit entries wait to be sealed");
    }
    Ok(sealed)
}

async fn seal_all(ctx: &Ctx) -> Result<usize, ServiceError> {
    let mut total = 0;
    loop {
        let sealed = match ctx.write(Action::Operate, |tx| Ok(chain::seal(tx)?)).await {
            Err(ServiceError::Busy) => return Ok(total),
            result => result?,
        };
        total += sealed;
        if sealed < chain::BATCH as usize {
            return Ok(total);
        }
    }
}
