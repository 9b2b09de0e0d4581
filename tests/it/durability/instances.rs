//! Two processes on one PostgreSQL.

use super::door::Door;
use super::leaver::{self, Leaver};
use crate::support::db::{Database, run};
use crate::support::program::{Installation, until};
use crate::support::smtp_sink::SmtpSink;
use futures_util::future::join_all;
use std::collections::BTreeSet;

/// How many people leave.
const PEOPLE: usize = 30;

#[test]
fn two_instances_share_one_postgresql_and_do_each_thing_once() {
    if let Some(db) = Database::postgres() {
        run(&db, &share);
    }
}

async fn share(db: &Database) {
    let sink = SmtpSink::start().await.unwrap();
    let installation = super::stop::by_smtp(Installation::new(db), &sink);
    // Both find nothing: no folder, no keys, no tables.
    let pair = [(); 2].map(|()| installation.launch(&["--jobs-enabled=false"]));
    for instance in &pair {
        instance.ready().await;
    }
    let token = installation.token(&pair[0]).await;
    let doors = [&pair[0], &pair[1]].map(|instance| Door::new(&instance.base, token.clone()));
    let entity = leaver::set_the_stage(&doors[0]).await;
    let stories = (0..PEOPLE).map(|number| {
        let (doors, leaver) = (doors.clone(), Leaver::new(format!("e-{number}"), &entity));
        tokio::spawn(async move { told_to_both(&leaver, &doors, number).await })
    });
    for story in stories.collect::<Vec<_>>() {
        story.await.unwrap();
    }
    for instance in pair {
        instance.terminate();
        assert!(instance.ended().await.success());
    }

    // Everything is due when both begin to run jobs.
    let pair = [(); 2].map(|()| installation.launch(&[]));
    let waiting = "SELECT count(*) AS n FROM message WHERE state = 'queued' OR (state = 'planned' AND due_at <= now() AT TIME ZONE 'UTC')";
    until("all mail is out", async || db.number(waiting) == 0).await;
    for instance in pair {
        instance.ready().await;
        instance.terminate();
        assert!(instance.ended().await.success());
    }
    let sent = usize::try_from(
        db.number("SELECT count(*) AS n FROM message WHERE state = 'sent' AND carried_by IS NULL"),
    )
    .unwrap();
    let mails = sink.mails();
    let ids: BTreeSet<String> = mails.iter().map(|mail| message_id(&mail.data)).collect();
    assert!(sent >= PEOPLE, "{sent}");
    assert_eq!((mails.len(), ids.len()), (sent, sent), "each mail went out once");
    assert_eq!(
        db.number("SELECT count(*) AS n FROM job WHERE attempt > 1 OR state = 'dead'"),
        0
    );
}

/// Each document goes to both at once, and what one has written the other can read.
async fn told_to_both(leaver: &Leaver, doors: &[Door; 2], number: usize) {
    let [here, there] = [&doors[number % 2], &doors[(number + 1) % 2]];
    leaver.holds_a_phone(here).await;
    let request = leaver.ends();
    let answers = join_all([here.send(&request), there.send(&request)]).await;
    let deliveries: Vec<_> = answers.iter().map(super::door::Answer::good).collect();
    let outcomes: BTreeSet<String> = deliveries
        .iter()
        .map(|delivery| leaver::text(delivery, "/outcome"))
        .collect();
    assert_eq!(
        outcomes,
        BTreeSet::from(["applied", "unchanged"].map(str::to_owned))
    );
    let cases: BTreeSet<String> = deliveries
        .iter()
        .map(|delivery| leaver::text(delivery, "/termination/id"))
        .collect();
    assert_eq!(cases.len(), 1, "one case");
    for door in doors {
        door.get(&format!("/v1/terminations/{}", cases.first().unwrap()))
            .await;
    }
}

fn message_id(mail: &[u8]) -> String {
    let text = String::from_utf8_lossy(mail);
    let line = text.lines().find(|line| line.starts_with("Message-ID:"));
    line.expect("a Message-ID").to_owned()
}
