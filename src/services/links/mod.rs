//! Answering for a case through a link in a mail. Opening a link changes nothing, whoever or whatever opens it; an
//! answer is one transaction in which the link is used up.
//!
//! A link is not an authenticator: what comes through it is the word of whoever had it, and is recorded as that.

mod absence;
mod along;
mod answer;
mod answers;
mod apply;
mod declare;
mod question;
mod readdress;
mod renew;
mod status;
mod undo;

pub use absence::AskedAbsence;
pub use along::AlongAsked;
pub use answer::{Outcome, answer, repeat};
pub use answers::{Accessories, Answer, CodeGiven, Confirmation, DeviceAnswer, Possession, Said};
pub use declare::{Declared, EndSaid, HolderSays, declare};
pub use question::{
    AskedDevice, AskedSubscription, HandedTo, LinkPage, OpenItem, Question, RecordedAnswer, open,
};
pub use status::{HolderDevice, HolderQuestion, HolderStatus, HolderSubscription, open_status};

pub(super) use readdress::address_changed_in;
pub use renew::{Renewal, next_departure, renew};
pub use undo::{Undoable, undo};

use super::case::Case;
use super::messages::recipients::resolve_in;
use super::{Ctx, ServiceError};
use crate::app::App;
use crate::crypto::token::OpaqueToken;
use crate::db::{self, DbConnection};
use crate::domain::action_link::{ActionLink, LinkPurpose};
use crate::domain::actor::Actor;
use crate::domain::calendar::local_date;
use crate::domain::policy::Action;
use chrono::{DateTime, Utc};

/// The link with this token, used or not, if it is for this purpose. A text that is no token is answered without a look
/// at the database.
fn find(
    connection: &mut DbConnection,
    (token, purpose): (&str, LinkPurpose),
) -> Result<ActionLink, ServiceError> {
    let token: OpaqueToken = token.parse().map_err(|_| ServiceError::Gone)?;
    db::action_links::find_by_token(connection, token.hash().as_bytes())?
        .filter(|link| link.purpose == purpose)
        .ok_or(ServiceError::Gone)
}

/// Somebody who has a link acts: the use case in their name, and the link.
async fn holder_of(
    app: &App,
    request_id: &str,
    (token, purpose): (&str, LinkPurpose),
) -> Result<(Ctx, ActionLink), ServiceError> {
    let token = token.to_owned();
    let link = Ctx::system(app)
        .read(Action::AnswerByLink, move |connection| {
            find(connection, (&token, purpose))
        })
        .await?;
    let ctx = Ctx {
        app: app.clone(),
        actor: Actor::LinkHolder {
            link: link.id,
            person: link.person_id,
        },
        request_id: request_id.to_owned(),
    };
    Ok((ctx, link))
}

/// The case of a link that can be used now: it is live, the case is under way, and the person it was mailed to still
/// has the role that the mail asked.
fn live_case(
    connection: &mut DbConnection,
    app: &App,
    link: &ActionLink,
    now: DateTime<Utc>,
) -> Result<Case, ServiceError> {
    if !link.is_live(now) {
        return Err(ServiceError::Gone);
    }
    let case = Case::load(connection, link.termination_id)?;
    if !case.record.termination.is_active() {
        return Err(ServiceError::Gone);
    }
    let message = db::messages::find(connection, link.message_id)?.ok_or(ServiceError::Gone)?;
    let current = resolve_in(connection, app, &case, (message.to, local_date(now)))?;
    if current.and_then(|current| current.person) == Some(link.person_id) {
        Ok(case)
    } else {
        Err(ServiceError::Gone)
    }
}
