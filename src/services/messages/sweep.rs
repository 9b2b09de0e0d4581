//! Writing what is due: first each case is looked at, then each reader is told, every one in a transaction of its own.

use super::recipients::Reader;
use super::wanted::{AT_ANY_HOUR, window_is_open};
use super::{daily, sort};
use crate::db;
use crate::domain::calendar::local_date;
use crate::domain::ids::MessageId;
use crate::domain::policy::Action;
use crate::services::{Ctx, ServiceError};
use chrono::{DateTime, Days, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// The most due messages that are looked at in one read.
const BATCH: i64 = 200;
/// How many days back it is kept who was written to, in days.
const KEPT_DAYS: u64 = 7;

/// Writes the mails that are due and puts them in the queue. Says how many messages moved on.
///
/// # Errors
/// What is due cannot be read. A case that fails is logged and left to the next time.
pub async fn sweep(ctx: &Ctx) -> Result<usize, ServiceError> {
    let mut pace = Pace::begin(ctx).await?;
    let mut looked = look(ctx, &mut pace).await?;
    let mut moved = looked.moved;
    if looked.leaves_copies() {
        // Whoever only gets copies waits until all of them are there: a reader has one mail a day, and what came after it
        // would be told a day late. Another instance, or one that died, may have left some of the copies already.
        looked.to_tell.retain(|_, due| due.leaves_copies);
        moved += tell_all(ctx, looked.to_tell, &mut pace).await;
        looked = look(ctx, &mut pace).await?;
        moved += looked.moved;
    }
    moved += tell_all(ctx, looked.to_tell, &mut pace).await;
    tend(ctx).await?;
    Ok(moved)
}

/// What a look at everything that is due has brought.
#[derive(Default)]
struct Looked {
    /// How many messages moved on.
    moved: usize,
    /// How many mails were written at once.
    written: usize,
    to_tell: BTreeMap<Reader, ToTell>,
}

impl Looked {
    fn leaves_copies(&self) -> bool {
        self.written > 0 || self.to_tell.values().any(|due| due.leaves_copies)
    }
}

/// What a reader is to be told.
#[derive(Default)]
struct ToTell {
    messages: Vec<MessageId>,
    /// Others get a copy of one of them.
    leaves_copies: bool,
}

/// Looks at every case in which something is due.
async fn look(ctx: &Ctx, pace: &mut Pace) -> Result<Looked, ServiceError> {
    let mut seen = BTreeSet::new();
    let mut after = None;
    let mut looked = Looked::default();
    loop {
        let now = ctx.app.clock.now();
        let only = (!window_is_open(&ctx.app, now)).then_some(AT_ANY_HOUR);
        let due = ctx
            .read(Action::Operate, move |connection| {
                Ok(db::messages::due(connection, (now, only), after, BATCH)?)
            })
            .await?;
        let Some((last, _)) = due.last() else {
            return Ok(looked);
        };
        after = Some(*last);
        for (_, id) in due {
            if !seen.insert(id) {
                continue;
            }
            let (app, run_at) = (ctx.app.clone(), pace.now());
            let sorted = ctx
                .write(Action::Operate, move |tx| sort::sort_in(tx, &app, (id, run_at)))
                .await;
            match sorted {
                Ok(sorted) => {
                    pace.took(sorted.written);
                    looked.moved += sorted.moved;
                    looked.written += sorted.written;
                    for (reader, message, leaves_copies) in sorted.to_tell {
                        let due = looked.to_tell.entry(reader).or_default();
                        due.messages.push(message);
                        due.leaves_copies |= leaves_copies;
                    }
                }
                Err(error) => {
                    tracing::warn!(termination = %id, %error, "the mails of a case were not written");
                }
            }
        }
    }
}

/// Tells readers one after the other. One who cannot be told is left to the next time.
async fn tell_all(ctx: &Ctx, to_tell: BTreeMap<Reader, ToTell>, pace: &mut Pace) -> usize {
    let mut moved = 0;
    for (reader, due) in to_tell {
        match tell(ctx, (reader, due.messages), pace.next()).await {
            Ok(count) => moved += count,
            Err(error) => tracing::warn!(%error, "the mails of a reader were not written"),
        }
    }
    moved
}

async fn tell(
    ctx: &Ctx,
    (reader, due): (Reader, Vec<MessageId>),
    run_at: DateTime<Utc>,
) -> Result<usize, ServiceError> {
    let app = ctx.app.clone();
    ctx.write(Action::Operate, move |tx| {
        daily::tell_in(tx, &app, (reader, &due), run_at)
    })
    .await
}

/// Shows how mail gets out, and forgets whom it reached in days past.
async fn tend(ctx: &Ctx) -> Result<(), ServiceError> {
    let now = ctx.app.clock.now();
    let before = local_date(now) - Days::new(KEPT_DAYS);
    let (waiting, since, is_old) = ctx
        .read(Action::Operate, move |connection| {
            let (_, since) = db::messages::deferred(connection)?;
            let is_old = db::mail_days::has_before(connection, before)?;
            Ok((db::messages::waiting(connection)?, since, is_old))
        })
        .await?;
    metrics::gauge!("handback_mail_waiting").set(waiting as f64);
    let deferred = since.map_or(TimeDelta::zero(), |since| now - since);
    metrics::gauge!("handback_mail_deferred_seconds").set(deferred.num_seconds() as f64);
    if is_old {
        ctx.write(Action::Operate, move |tx| Ok(db::mail_days::purge(tx, before)?))
            .await?;
    }
    Ok(())
}

/// When mails leave: so many in each minute, counted from now on behind those that wait, so that days of mail that
/// were missed do not come to the mail server in one burst.
struct Pace {
    start: DateTime<Utc>,
    per_minute: i64,
    taken: i64,
}

impl Pace {
    async fn begin(ctx: &Ctx) -> Result<Self, ServiceError> {
        let taken = ctx
            .read(Action::Operate, |connection| {
                Ok(db::messages::waiting(connection)?)
            })
            .await?;
        Ok(Self {
            start: ctx.app.clock.now(),
            per_minute: i64::from(ctx.app.config.mail.rate_per_minute).max(1),
            taken,
        })
    }

    fn now(&self) -> DateTime<Utc> {
        self.start + TimeDelta::minutes(self.taken / self.per_minute)
    }

    fn took(&mut self, count: usize) {
        self.taken += i64::try_from(count).unwrap_or(i64::MAX);
    }

    fn next(&mut self) -> DateTime<Utc> {
        let at = self.now();
        self.took(1);
        at
    }
}
