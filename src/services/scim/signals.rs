//! What a change of an account leads to: a signal that is kept, and a question where HR does not answer it.

use super::super::{ServiceError, trail};
use crate::db::{self, Tx};
use crate::domain::calendar::local_date;
use crate::domain::record::Meta;
use crate::domain::scim::{
    AccountReview, AccountSignal, EmploymentEnd, GRACE, ReviewReason, ReviewState, ScimUser, SignalKind,
    confirming_end, facts,
};
use serde_json::json;

/// Keeps what became of an account, and acts on it.
pub(super) fn raise_in(tx: &mut Tx<'_>, user: &ScimUser, kind: SignalKind) -> Result<(), ServiceError> {
    let signal = AccountSignal {
        id: tx.new_id(),
        connection_id: user.connection_id,
        user_id: user.id,
        person_id: user.person_id,
        kind,
        at: tx.now(),
    };
    db::account_reviews::insert_signal(tx, &signal)?;
    let details = json!({ "kind": kind, "person": user.person_id });
    trail::note(tx, "account_signal.received", user.id, details)?;
    match kind {
        SignalKind::Inactive => ask_in(tx, user, ReviewReason::Inactive),
        // An account that was off has been asked about; directories delete those a month later.
        SignalKind::Deleted if facts(&user.attributes).is_active => ask_in(tx, user, ReviewReason::Deleted),
        SignalKind::Deleted => Ok(()),
        SignalKind::Active => clear_in(tx, user),
    }
}

/// Asks what the change means, unless it is being asked or HR has said it already.
fn ask_in(tx: &mut Tx<'_>, user: &ScimUser, reason: ReviewReason) -> Result<(), ServiceError> {
    if db::account_reviews::find_pending(tx, user.id)?.is_some() {
        return Ok(());
    }
    let now = tx.now();
    let mut review = AccountReview {
        id: tx.new_id(),
        connection_id: user.connection_id,
        user_id: user.id,
        person_id: user.person_id,
        reason,
        state: ReviewState::Waiting,
        due_at: now + GRACE,
        employment_id: None,
        resolution: None,
        closed_at: None,
        meta: Meta::new(now),
    };
    if let Some(end) = end_in(tx, &review)? {
        confirm(tx, &mut review, end);
    }
    db::account_reviews::insert(tx, &review)?;
    note_in(tx, "account_review.raised", &review)
}

fn clear_in(tx: &mut Tx<'_>, user: &ScimUser) -> Result<(), ServiceError> {
    let Some(known) = db::account_reviews::find_pending(tx, user.id)? else {
        return Ok(());
    };
    let now = tx.now();
    let cleared = AccountReview {
        state: ReviewState::Cleared,
        closed_at: Some(now),
        meta: known.meta.changed(now),
        ..known
    };
    db::account_reviews::update(tx, &cleared)?;
    note_in(tx, "account_review.cleared", &cleared)
}

/// The end of the person's employments that explains the change, if HR has told one.
pub(super) fn end_in(tx: &mut Tx<'_>, review: &AccountReview) -> Result<Option<EmploymentEnd>, ServiceError> {
    let Some(person) = review.person_id else {
        return Ok(None);
    };
    let today = local_date(tx.now());
    Ok(confirming_end(&db::employments::of_person(tx, person)?, today))
}

pub(super) fn confirm(tx: &Tx<'_>, review: &mut AccountReview, end: EmploymentEnd) {
    review.state = ReviewState::Confirmed;
    review.employment_id = Some(end.employment_id);
    review.closed_at = Some(tx.now());
}

/// An entry of the audit about a review.
pub(super) fn note_in(
    tx: &mut Tx<'_>,
    action: &'static str,
    review: &AccountReview,
) -> Result<(), ServiceError> {
    let details = json!({
        "user": review.user_id,
        "person": review.person_id,
        "reason": review.reason,
        "state": review.state,
        "employment": review.employment_id,
        "resolution": review.resolution,
    });
    trail::note(tx, action, review.id, details)
}
