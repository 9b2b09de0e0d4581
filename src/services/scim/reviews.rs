//! Questions about accounts that are off: raised after a grace, answered by HR or by the desk.

use super::signals::{confirm, end_in, note_in};
use crate::db::{self};
use crate::domain::ids::AccountReviewId;
use crate::domain::page::{Page, PageRequest};
use crate::domain::policy::Action;
use crate::domain::scim::{AccountReview, ReviewResolution, ReviewState};
use crate::services::{Ctx, Recorded, Recorder, ServiceError};
use chrono::TimeDelta;

pub use crate::db::account_reviews::ReviewFilter;

/// How often an open question is held against what HR says meanwhile.
const LOOK_AGAIN: TimeDelta = TimeDelta::hours(24);
/// The most questions that are looked at in one transaction.
const BATCH: i64 = 100;

const NOT_FOUND: ServiceError = ServiceError::NotFound("account review");

/// One page of reviews.
///
/// # Errors
/// As [`Ctx::read`].
pub async fn list(
    ctx: &Ctx,
    filter: ReviewFilter,
    page: PageRequest,
) -> Result<Page<AccountReview>, ServiceError> {
    ctx.read(Action::ReadTermination, move |connection| {
        Ok(db::account_reviews::list(connection, &filter, page)?)
    })
    .await
}

/// One review.
///
/// # Errors
/// [`ServiceError::NotFound`]; as [`Ctx::read`].
pub async fn get(ctx: &Ctx, id: AccountReviewId) -> Result<AccountReview, ServiceError> {
    ctx.look_up(Action::ReadTermination, move |connection| {
        db::account_reviews::find(connection, id)?.ok_or(NOT_FOUND)
    })
    .await
}

/// Answers a question. Whatever the answer is, it ends no employment.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Conflict`] `review_closed`; as [`Ctx::write_once`].
pub async fn resolve(
    ctx: &Ctx,
    id: AccountReviewId,
    resolution: ReviewResolution,
    recorder: Recorder<AccountReview>,
) -> Result<Recorded<AccountReview>, ServiceError> {
    ctx.write_once(Action::WorkTermination, recorder, move |tx| {
        let known = db::account_reviews::find(tx, id)?.ok_or(NOT_FOUND)?;
        if !known.state.is_pending() {
            return Err(ServiceError::Conflict {
                code: "review_closed",
                detail: "The question is answered already.",
            });
        }
        let now = tx.now();
        let resolved = AccountReview {
            state: ReviewState::Resolved,
            resolution: Some(resolution),
            closed_at: Some(now),
            meta: known.meta.changed(now),
            ..known
        };
        db::account_reviews::update(tx, &resolved)?;
        note_in(tx, "account_review.resolved", &resolved)?;
        Ok(resolved)
    })
    .await
}

/// Looks at the questions that are due: asks those whose grace has passed, and closes those that HR has answered
/// meanwhile. Says how many changed.
///
/// # Errors
/// As [`Ctx::write`].
pub async fn sweep(ctx: &Ctx) -> Result<usize, ServiceError> {
    let now = ctx.app.clock.now();
    let is_due = ctx
        .read(Action::Operate, move |connection| {
            Ok(!db::account_reviews::due(connection, now, 1)?.is_empty())
        })
        .await?;
    if !is_due {
        return Ok(0);
    }
    ctx.write(Action::Operate, |tx| {
        let now = tx.now();
        let mut changed = 0;
        for known in db::account_reviews::due(tx, now, BATCH)? {
            let mut review = known.clone();
            // The account may have been tied to somebody since.
            if let (None, Some(user)) = (
                review.person_id,
                db::scim_users::find(tx, review.connection_id, review.user_id)?,
            ) {
                review.person_id = user.person_id;
            }
            review.state = ReviewState::Open;
            review.due_at = now + LOOK_AGAIN;
            if let Some(end) = end_in(tx, &review)? {
                confirm(tx, &mut review, end);
            }
            let has_moved = review.state != known.state;
            review.meta = known.meta.changed(now);
            db::account_reviews::update(tx, &review)?;
            if has_moved {
                changed += 1;
                let action = match review.state {
                    ReviewState::Confirmed => "account_review.confirmed",
                    _ => "account_review.opened",
                };
                note_in(tx, action, &review)?;
            }
        }
        Ok(changed)
    })
    .await
}
