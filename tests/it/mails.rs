//! The mails of a case: who is written to, when, and what becomes of each mail.

use crate::support::db::{TestDb, for_each_database};
use crate::support::story::{Setting, Story, deliver, read, sent_to};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use handback::app::App;
use handback::config::{Config, Mailbox};
use handback::domain::termination::TerminationState;
use handback::integrations::mail::{Accepted, MailError, Mailer, OutgoingMail};
use handback::jobs::{self, Deliveries, schedule};
use handback::services::{Ctx, Recorder, messages, terminations};
use std::sync::{Arc, Mutex};

async fn run(app: &App) -> jobs::Summary {
    let summary = jobs::run_due(app, Deliveries, schedule::RECONCILERS, None)
        .await
        .unwrap();
    assert!(summary.failed_sweeps.is_empty(), "{summary:?}");
    summary
}

/// The service with another configuration.
fn configured(db: &TestDb, change: impl FnOnce(&mut Config)) -> App {
    let mut app = db.app().clone();
    let mut config = (*app.config).clone();
    change(&mut config);
    app.config = Arc::new(config);
    app
}

/// Everything that goes out before the receiver is asked has gone out. Says how many mails that were.
async fn before_asking(db: &TestDb, story: &Story) -> usize {
    for day in ["2027-01-27", "2027-02-19"] {
        story.it_is(&format!("{day}T07:00:00Z"));
        run(&story.app).await;
    }
    db.mailer().sent().len()
}

/// Reports the phone lost, which settles everything about it: the case is complete.
async fn complete(story: &Story) {
    story.lose("Borttappad på buss").await;
    story.decide_breach(story.phone().await).await;
    assert_eq!(
        story.record().await.termination.state,
        TerminationState::Completed
    );
}

#[test]
fn each_role_is_written_to_in_its_time_and_copies_carry_no_link() {
    for_each_database(async |db| {
        let app = configured(db, |config| {
            config.mail.desk_address = Some("desk@exempelkommunen.example".parse::<Mailbox>().unwrap());
        });
        let story = Story::begin_in(&app, Setting::default()).await;
        let mut seen = 0;
        for (day, to) in [
            ("2027-01-27", vec!["anna", "maria"]),
            ("2027-02-19", vec!["anna"]),
            ("2027-02-25", vec!["maria"]),
            ("2027-03-01", vec!["maria"]),
            ("2027-03-05", vec!["karin", "maria"]),
            ("2027-03-12", vec!["desk", "karin", "olof"]),
            ("2027-06-01", vec![]),
        ] {
            story.it_is(&format!("{day}T07:00:00Z"));
            run(&app).await;
            let mails = db.mailer().sent();
            let mut got = sent_to(&mails[seen..]);
            got.sort();
            assert_eq!(got, to, "{day}");
            for mail in &mails[seen..] {
                let mail = read(mail);
                let is_asked = mail.to == "maria" && day >= "2027-02-25";
                assert_eq!(mail.token.is_some(), is_asked, "{day} {}", mail.to);
                assert_eq!(mail.html.contains("/c/"), is_asked);
                assert!(!mail.subject.contains("Anna"), "{}", mail.subject);
            }
            seen = mails.len();
        }
        let first = String::from_utf8(db.mailer().sent()[0].raw.clone()).unwrap();
        let id = first
            .lines()
            .find_map(|line| line.strip_prefix("Message-ID: "))
            .unwrap();
        let last = String::from_utf8(db.mailer().sent()[seen - 1].raw.clone()).unwrap();
        assert!(last.contains(&format!("In-Reply-To: {id}")), "{last}");
    });
}

#[test]
fn what_was_missed_becomes_one_mail() {
    for_each_database(async |db| {
        let story = Story::begin(db).await;
        story.it_is("2027-03-08T09:00:00Z");
        run(&story.app).await;
        let mut got = sent_to(&db.mailer().sent());
        got.sort();
        assert_eq!(
            got,
            ["karin", "maria"],
            "one mail to Maria, the copy to Karin, none to Anna who has left"
        );
        assert_eq!(
            story.timeline().await,
            [
                "end_approaching holder cancelled",
                "end_approaching_receiver receiver superseded",
                "return_reminder holder cancelled",
                "confirm_return receiver superseded",
                "reminder_1 receiver superseded",
                "reminder_2 receiver sent",
                "reminder_2 coordinator sent",
                "escalation receivers_manager planned",
            ]
        );
    });
}

#[test]
fn mail_leaves_in_the_send_window_only_also_when_it_is_tried_again() {
    for_each_database(async |db| {
        let app = configured(db, |config| config.mail.send_window = true);
        let story = Story::begin_in(&app, Setting::default()).await;
        // Saturday.
        story.it_is("2027-02-27T10:00:00Z");
        run(&app).await;
        assert!(db.mailer().sent().is_empty());
        let preview = messages::preview(&Ctx::system(&app), 3).await.unwrap();
        assert!(
            preview
                .iter()
                .all(|mail| mail.leaves_at.to_rfc3339() == "2027-03-01T07:00:00+00:00")
        );

        // Monday, a moment before the window closes: the server is away.
        story.it_is("2027-03-01T14:59:59Z");
        db.mailer().fail_next(MailError::Transient {
            reply: "421 away".to_owned(),
        });
        assert_eq!(run(&app).await.retried, 1);
        story.it_is("2027-03-01T15:30:00Z");
        assert_eq!(run(&app).await.snoozed, 1);
        assert!(db.mailer().sent().is_empty());
        story.it_is("2027-03-02T07:00:00Z");
        run(&app).await;
        assert_eq!(sent_to(&db.mailer().sent()), ["maria"]);
    });
}

#[test]
fn after_a_case_is_complete_nobody_is_asked_for_anything() {
    for_each_database(async |db| {
        let story = Story::begin(db).await;
        let seen = before_asking(db, &story).await;
        // Written, and not delivered yet.
        story.it_is("2027-02-25T07:00:00Z");
        db.mailer().fail_next(MailError::Transient {
            reply: "421 away".to_owned(),
        });
        run(&story.app).await;
        complete(&story).await;
        for day in [
            "2027-02-25T09:00:00Z",
            "2027-03-01T09:00:00Z",
            "2027-03-12T09:00:00Z",
        ] {
            story.it_is(day);
            run(&story.app).await;
        }
        let mails: Vec<_> = db.mailer().sent()[seen..].iter().map(read).collect();
        let to: Vec<&str> = mails.iter().map(|mail| mail.to.as_str()).collect();
        assert_eq!(to, ["maria", "anna"]);
        assert!(
            mails
                .iter()
                .all(|mail| mail.token.is_none() && mail.subject.starts_with("Kvittens med avvikelse"))
        );
        assert!(mails[0].text.contains("Borttappad på buss"));
        assert_eq!(
            db.number("SELECT count(*) AS n FROM message WHERE sealed IS NOT NULL"),
            0
        );
    });
}

#[test]
fn nobody_to_write_to_is_a_visible_failure() {
    for_each_database(async |db| {
        let setting = Setting {
            has_manager: false,
            has_coordinator: false,
            ..Setting::default()
        };
        let story = Story::begin_in(db.app(), setting).await;
        story.it_is("2027-02-25T07:00:00Z");
        run(&story.app).await;
        assert!(
            story
                .timeline()
                .await
                .contains(&"confirm_return receiver failed".to_owned())
        );
        let audited = "SELECT count(*) AS n FROM audit_entry WHERE action = 'message.failed'";
        assert_eq!(db.number(audited), 1);
    });
}

#[test]
fn without_a_manager_the_coordinator_is_asked() {
    for_each_database(async |db| {
        let setting = Setting {
            has_manager: false,
            ..Setting::default()
        };
        let story = Story::begin_in(db.app(), setting).await;
        let seen = before_asking(db, &story).await;
        story.it_is("2027-02-25T07:00:00Z");
        run(&story.app).await;
        let mails = db.mailer().sent();
        assert_eq!(sent_to(&mails[seen..]), ["karin"]);
        assert!(read(&mails[seen]).token.is_some());
    });
}

#[test]
fn nothing_is_mailed_to_a_manager_who_has_left() {
    for_each_database(async |db| {
        let story = Story::begin(db).await;
        let seen = before_asking(db, &story).await;
        deliver(
            &story.app,
            "Maria Lind",
            Some("Olof Sund"),
            (2, Some("2027-02-24")),
        )
        .await;
        story.it_is("2027-02-25T07:00:00Z");
        run(&story.app).await;
        let mails = db.mailer().sent();
        assert_eq!(
            sent_to(&mails[seen..]),
            ["olof"],
            "the manager of the manager stands in"
        );
        assert!(read(&mails[seen]).token.is_some());
        let seen = mails.len();
        // Nobody is known above Olof, so that the decision goes to the coordinator.
        story.it_is("2027-03-12T07:00:00Z");
        run(&story.app).await;
        let mut got = sent_to(&db.mailer().sent()[seen..]);
        got.sort();
        got.dedup();
        assert!(!got.contains(&"maria".to_owned()), "{got:?}");
        assert!(got.contains(&"karin".to_owned()), "{got:?}");
    });
}

#[test]
fn a_refused_mail_is_failed_and_its_link_is_dead() {
    for_each_database(async |db| {
        let story = Story::begin(db).await;
        before_asking(db, &story).await;
        story.it_is("2027-02-25T07:00:00Z");
        db.mailer().fail_next(MailError::Permanent {
            reply: "554 5.6.0 no".to_owned(),
        });
        run(&story.app).await;
        assert!(
            story
                .timeline()
                .await
                .contains(&"confirm_return receiver failed".to_owned())
        );
        assert_eq!(
            db.number(
                "SELECT count(*) AS n FROM action_link WHERE revoked_at IS NULL AND purpose = 'confirm'"
            ),
            0
        );
        assert_eq!(
            db.number("SELECT count(*) AS n FROM message WHERE sealed IS NOT NULL"),
            0
        );
    });
}

#[test]
fn the_new_manager_is_asked_and_the_old_ones_mail_is_called_off() {
    for_each_database(async |db| {
        let story = Story::begin(db).await;
        let seen = before_asking(db, &story).await;
        story.it_is("2027-02-25T07:00:00Z");
        db.mailer().fail_next(MailError::Transient {
            reply: "421 away".to_owned(),
        });
        run(&story.app).await;
        deliver(&story.app, "Anna Ek", Some("Olof Sund"), (3, Some("2027-02-26"))).await;
        story.it_is("2027-02-25T08:00:00Z");
        run(&story.app).await;
        let mails = db.mailer().sent();
        assert_eq!(sent_to(&mails[seen..]), ["olof"]);
        assert!(read(&mails[seen]).token.is_some());
    });
}

#[test]
fn a_mail_follows_a_coordinator_who_is_replaced_while_it_waits() {
    for_each_database(async |db| {
        let setting = Setting {
            has_manager: false,
            ..Setting::default()
        };
        let story = Story::begin_in(db.app(), setting).await;
        let seen = before_asking(db, &story).await;
        story.it_is("2027-02-25T07:00:00Z");
        db.mailer().fail_next(MailError::Transient {
            reply: "421 away".to_owned(),
        });
        run(&story.app).await;
        db.execute(
            "UPDATE unit SET coordinator_id = (SELECT person_id FROM person_identifier WHERE external_id = 'olof')",
        );
        story.it_is("2027-02-25T08:00:00Z");
        run(&story.app).await;
        assert_eq!(sent_to(&db.mailer().sent()[seen..]), ["olof"]);
        assert_eq!(
            db.number(
                "SELECT count(*) AS n FROM action_link WHERE revoked_at IS NULL AND purpose = 'confirm'"
            ),
            1
        );
    });
}

#[test]
fn a_case_opens_on_the_day_the_phone_is_due_also_when_that_day_has_moved() {
    for_each_database(async |db| {
        let story = Story::begin(db).await;
        deliver(&story.app, "Anna Ek", Some("Maria Lind"), (3, Some("2027-03-31"))).await;
        story.it_is("2027-02-26T07:00:00Z");
        run(&story.app).await;
        assert_eq!(
            story.record().await.termination.state,
            TerminationState::Scheduled
        );
        story.it_is("2027-03-30T22:00:00Z");
        run(&story.app).await;
        assert_eq!(story.record().await.termination.state, TerminationState::Open);
    });
}

/// Remembers every try, and takes mail from the third on.
#[derive(Default)]
struct Reluctant(Mutex<Vec<OutgoingMail>>);

impl Mailer for Reluctant {
    fn send<'a>(&'a self, mail: &'a OutgoingMail) -> BoxFuture<'a, Result<Accepted, MailError>> {
        let mut tries = self.0.lock().unwrap();
        tries.push(mail.clone());
        let outcome = if tries.len() < 3 {
            Err(MailError::Transient {
                reply: "connection lost".to_owned(),
            })
        } else {
            Ok(Accepted {
                reply: "250 ok".to_owned(),
            })
        };
        futures_util::future::ready(outcome).boxed()
    }

    fn describe(&self) -> String {
        "reluctant".to_owned()
    }
}

#[test]
fn every_try_hands_over_the_same_bytes() {
    for_each_database(async |db| {
        let story = Story::begin(db).await;
        before_asking(db, &story).await;
        let mailer = Arc::new(Reluctant::default());
        let mut app = db.app().clone();
        app.mailer = Arc::clone(&mailer) as Arc<_>;
        for minute in ["00", "10", "20", "30"] {
            story.it_is(&format!("2027-02-25T07:{minute}:00Z"));
            run(&app).await;
        }
        let tries = mailer.0.lock().unwrap().clone();
        assert_eq!(tries.len(), 3);
        assert!(tries.iter().all(|mail| *mail == tries[0]));
        let sent = "SELECT count(*) AS n FROM message WHERE state = 'sent' AND server_reply = '250 ok'";
        assert_eq!(db.number(sent), 1);
    });
}

#[test]
fn a_case_that_is_opened_again_does_not_send_the_receipts_of_before() {
    for_each_database(async |db| {
        let app = configured(db, |config| config.mail.send_window = true);
        let story = Story::begin_in(&app, Setting::default()).await;
        // A Saturday: the receipts wait for Monday.
        story.it_is("2027-02-06T10:00:00Z");
        run(&app).await;
        complete(&story).await;
        let ctx = Ctx::operator(&app);
        terminations::reopen(&ctx, story.case, "Telefonen är hittad", Recorder::none())
            .await
            .unwrap();
        story.it_is("2027-02-08T07:00:00Z");
        run(&app).await;
        assert!(db.mailer().sent().is_empty());
    });
}
