//! Second thoughts about an answer, a new link for a dead one, and what a report of loss sets going.

use crate::support::db::{TestDb, for_each_database};
use crate::support::http::{Answer, TestServer};
use crate::support::story::{LAST_DAY, Setting, Story, Visitor, all_well, deliver, read, sent_to};
use handback::app::App;
use handback::config::{Config, Mailbox};
use handback::domain::actor::Scope;
use handback::domain::termination::{CheckKind, CheckState, DataClass, TerminationState};
use handback::jobs::{self, Deliveries, schedule};
use handback::services::{Ctx, messages, notes};
use reqwest::{Method, StatusCode};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The receiver is asked, a Thursday morning.
const ASKED: &str = "2027-02-25T07:00:00Z";
const READ: &str = "2027-02-25T07:20:00Z";

/// Secret data, so that the receiver's answer does not complete the case.
fn stays_open() -> Setting {
    Setting {
        data_class: DataClass::Secrecy,
        has_number: true,
        ..Setting::default()
    }
}

fn with_number() -> BTreeMap<&'static str, &'static str> {
    let mut fields = all_well();
    fields.insert("s0_number", "reuse");
    fields
}

fn undo() -> BTreeMap<&'static str, &'static str> {
    BTreeMap::from([("act", "undo"), ("undo", "yes")])
}

fn new_link() -> BTreeMap<&'static str, &'static str> {
    BTreeMap::from([("act", "new_link")])
}

async fn run(app: &App) {
    let summary = jobs::run_due(app, Deliveries, schedule::RECONCILERS, None)
        .await
        .unwrap();
    assert!(summary.failed_sweeps.is_empty(), "{summary:?}");
}

fn configured(db: &TestDb, change: impl FnOnce(&mut Config)) -> App {
    let mut app = db.app().clone();
    let mut config = (*app.config).clone();
    change(&mut config);
    app.config = Arc::new(config);
    app
}

/// The mail is out and read; gives the token in it.
async fn asked(db: &TestDb, story: &Story) -> String {
    story.it_is(ASKED);
    run(&story.app).await;
    story.it_is(READ);
    read(db.mailer().sent().last().unwrap()).token.unwrap()
}

#[test]
fn an_answer_can_be_taken_back_for_a_day_and_given_anew() {
    for_each_database(async |db| {
        let story = Story::begin_in(db.app(), stays_open()).await;
        let server = TestServer::start(db);
        let token = asked(db, &story).await;
        let visitor = Visitor::open(&server, &token).await;
        let before = story.record().await.termination.items;
        let mut fields = with_number();
        fields.insert("d0_code_sim_pin", "received");
        fields.insert("d0_code_sim_pin_value", "4711");
        visitor.gets(&fields, StatusCode::SEE_OTHER).await;
        let page = visitor.reload().await.expect(StatusCode::OK);
        assert!(
            page.body
                .contains("Du kan ångra svaret till 26 februari 2027 kl. 8.20."),
            "{}",
            page.body
        );
        let answered = story.record().await.termination.items;
        assert_ne!(before, answered);

        // Opening the page changes nothing, and neither does a program that sends the form as it is.
        let blind = BTreeMap::from([("act", "undo")]);
        let page = visitor
            .send(&blind)
            .await
            .expect(StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.body.contains("Markera rutan"), "{}", page.body);
        let bare = Answer::of(server.anonymous(Method::POST, &visitor.path).form(&undo())).await;
        assert_eq!(bare.status, StatusCode::UNPROCESSABLE_ENTITY);
        let elsewhere = server.anonymous(Method::POST, &visitor.path).form(&undo());
        let elsewhere = elsewhere.header("origin", "https://elsewhere.example");
        assert_eq!(Answer::of(elsewhere).await.status, StatusCode::FORBIDDEN);
        assert_eq!(story.record().await.termination.items, answered);

        story.it_is("2027-02-26T07:19:59Z");
        visitor.gets(&undo(), StatusCode::SEE_OTHER).await;
        let record = story.record().await;
        assert_eq!(record.termination.items, before);
        assert_eq!(
            db.number("SELECT count(*) AS n FROM code WHERE sealed IS NOT NULL"),
            0
        );
        assert_eq!(
            db.number("SELECT count(*) AS n FROM audit_entry WHERE action = 'action_link.undone'"),
            1
        );
        let page = handback::domain::page::PageRequest {
            limit: 50,
            after: None,
        };
        let said = notes::list(&Ctx::operator(&story.app), story.case, page)
            .await
            .unwrap();
        assert_eq!(said.items.last().unwrap().kind.as_str(), "undone");
        // Done twice, it does nothing more; and the link asks again.
        visitor.gets(&undo(), StatusCode::SEE_OTHER).await;
        assert_eq!(
            db.number("SELECT count(*) AS n FROM audit_entry WHERE action = 'action_link.undone'"),
            1
        );
        let page = Answer::of(server.anonymous(Method::GET, &format!("{}?lang=en", visitor.path))).await;
        assert!(page.body.contains("The answer was undone"), "{}", page.body);
        visitor.gets(&with_number(), StatusCode::SEE_OTHER).await;
        let record = story.record().await;
        assert_eq!(
            record.termination.items[0]
                .check(CheckKind::Returned)
                .unwrap()
                .state,
            CheckState::Done
        );

        // A day later it stands, and what would take it back is forgotten.
        story.it_is("2027-02-27T07:19:59Z");
        run(&story.app).await;
        assert_eq!(
            db.number("SELECT count(*) AS n FROM action_link WHERE undo IS NOT NULL"),
            0
        );
        let page = visitor.send(&undo()).await.expect(StatusCode::CONFLICT);
        assert!(page.body.contains("Svaret kan inte ångras här"), "{}", page.body);
        assert!(!visitor.reload().await.body.contains("Ångra svaret"));
        server.stop().await;
    });
}

#[test]
fn what_others_have_settled_since_stays_when_an_answer_is_taken_back() {
    for_each_database(async |db| {
        let story = Story::begin_in(db.app(), stays_open()).await;
        let server = TestServer::start(db);
        let token = asked(db, &story).await;
        let visitor = Visitor::open(&server, &token).await;
        visitor.gets(&with_number(), StatusCode::SEE_OTHER).await;
        let desk = server.caller(&[handback::domain::actor::Scope::Desk]).await;
        let case = format!("/v1/terminations/{}", story.case);
        let items = story.record().await.termination.items;
        let tag = desk.get(&case).await.etag();
        let body = serde_json::json!({"state": "deviation", "reason": "Laddaren är trasig"});
        let path = format!("{case}/items/{}/checks/accessories", items[0].id);
        let _ = desk.put_if(&path, &tag, &body).await.expect(StatusCode::OK);

        visitor.gets(&undo(), StatusCode::SEE_OTHER).await;
        let record = story.record().await;
        let state = |check| record.termination.items[0].check(check).unwrap().state;
        assert_eq!(state(CheckKind::Accessories), CheckState::Deviation);
        assert_eq!(state(CheckKind::Returned), CheckState::Open);
        assert_eq!(record.termination.items[0].outcome, None);

        // Somebody else is the manager now: the old one takes nothing back any more.
        visitor.gets(&with_number(), StatusCode::SEE_OTHER).await;
        deliver(&story.app, "Anna Ek", Some("Olof Sund"), (3, Some(LAST_DAY))).await;
        visitor.gets(&undo(), StatusCode::CONFLICT).await;
        server.stop().await;
    });
}

#[test]
fn a_completed_case_is_taken_back_until_its_receipt_leaves() {
    for_each_database(async |db| {
        let app = configured(db, |config| config.mail.send_window = true);
        let story = Story::begin_in(&app, Setting::default()).await;
        let server = TestServer::start_app(db, app.clone());
        let token = asked(db, &story).await;
        // The window has closed: the receipt waits for the morning.
        story.it_is("2027-02-25T16:00:00Z");
        let visitor = Visitor::open(&server, &token).await;
        visitor.gets(&all_well(), StatusCode::SEE_OTHER).await;
        run(&app).await;
        assert_eq!(
            story.record().await.termination.state,
            TerminationState::Completed
        );
        assert_eq!(
            db.number("SELECT count(*) AS n FROM assignment WHERE ended_at IS NULL"),
            0
        );

        visitor.gets(&undo(), StatusCode::SEE_OTHER).await;
        let record = story.record().await;
        assert!(record.termination.is_active(), "{:?}", record.termination.state);
        assert_eq!(
            db.number("SELECT count(*) AS n FROM assignment WHERE ended_at IS NULL"),
            1
        );
        assert_eq!(
            db.number("SELECT count(*) AS n FROM device WHERE status = 'assigned' AND custody_epoch = 1"),
            1
        );
        assert_eq!(
            record.termination.items[0].check(CheckKind::Wiped).unwrap().state,
            CheckState::Open
        );
        let sent = db.mailer().sent().len();
        story.it_is("2027-02-26T07:00:00Z");
        run(&app).await;
        let subjects: Vec<_> = db.mailer().sent()[sent..]
            .iter()
            .map(|mail| read(mail).subject)
            .collect();
        assert!(
            !subjects.iter().any(|subject| subject.starts_with("Kvittens")),
            "{subjects:?}"
        );

        // Answered anew in the window: the receipt leaves at once, and from then on it is for the desk.
        visitor.gets(&all_well(), StatusCode::SEE_OTHER).await;
        run(&app).await;
        let page = visitor.reload().await;
        assert!(
            page.body
                .contains("Ärendet är avslutat, så svaret kan inte ångras här"),
            "{}",
            page.body
        );
        let page = visitor.send(&undo()).await.expect(StatusCode::CONFLICT);
        assert!(
            page.body.contains("Kundtjänsten kan öppna ärendet igen"),
            "{}",
            page.body
        );
        assert_eq!(
            story.record().await.termination.state,
            TerminationState::Completed
        );
        server.stop().await;
    });
}

#[test]
fn in_the_evening_of_the_last_day_the_holder_has_the_receipt_at_once_and_the_receiver_in_the_morning() {
    for_each_database(async |db| {
        let app = configured(db, |config| config.mail.send_window = true);
        let story = Story::begin_in(&app, Setting::default()).await;
        let server = TestServer::start_app(db, app.clone());
        let token = asked(db, &story).await;
        // Friday, half past five: tomorrow nobody reads Anna's mail at work any more.
        story.it_is("2027-02-26T16:30:00Z");
        let visitor = Visitor::open(&server, &token).await;
        visitor.gets(&all_well(), StatusCode::SEE_OTHER).await;
        let ahead = messages::preview(&Ctx::system(&app), 4).await.unwrap();
        let ahead: BTreeSet<_> = ahead
            .iter()
            .map(|mail| (mail.message.to.to_string(), mail.leaves_at.to_rfc3339()))
            .collect();
        let wanted = [
            ("holder", "2027-02-26T16:30:00+00:00"),
            ("receiver", "2027-03-01T07:00:00+00:00"),
        ];
        assert_eq!(
            ahead,
            wanted.map(|(to, at)| (to.to_owned(), at.to_owned())).into()
        );
        let seen = db.mailer().sent().len();
        run(&app).await;
        assert_eq!(sent_to(&db.mailer().sent()[seen..]), ["anna"]);
        story.it_is("2027-03-01T07:00:00Z");
        run(&app).await;
        assert_eq!(sent_to(&db.mailer().sent()[seen..]), ["anna", "maria"]);
        server.stop().await;
    });
}

#[test]
fn a_link_that_was_mailed_to_a_wrong_address_is_dead_when_the_address_is_corrected_and_comes_to_the_right_one()
 {
    for_each_database(async |db| {
        let story = Story::begin(db).await;
        let server = TestServer::start(db);
        // Anna has her page, and Maria is asked.
        story.it_is("2027-02-19T07:00:00Z");
        run(&story.app).await;
        let anna = db
            .mailer()
            .sent()
            .iter()
            .map(read)
            .find_map(|mail| mail.page)
            .unwrap();
        let maria = asked(db, &story).await;
        let seen = db.mailer().sent().len();
        let admin = server.caller(&[Scope::Admin]).await;
        for (name, email) in [("anna", "anna.ek"), ("maria", "maria.lind")] {
            let known = format!("{name}@exempelkommunen.example");
            let people = admin
                .get("/v1/people?limit=200")
                .await
                .expect(StatusCode::OK)
                .json();
            let mut people = people["items"].as_array().unwrap().iter();
            let person = people.find(|person| person["email"] == known).unwrap();
            let path = format!("/v1/people/{}", person["id"].as_str().unwrap());
            let body = json!({ "email": format!("{email}@exempelkommunen.example") });
            let version = admin.get(&path).await.etag();
            let _ = admin.patch(&path, &version, &body).await.expect(StatusCode::OK);
        }
        // One look at a dead link: many would look like somebody who tries links.
        let gone = Answer::of(server.anonymous(Method::GET, &format!("/c/{maria}"))).await;
        assert_eq!(gone.status, StatusCode::GONE);
        let dead = "SELECT count(*) AS n FROM action_link WHERE revoke_reason = 'address_changed'";
        assert_eq!(db.number(dead), 2);
        run(&story.app).await;
        let new: BTreeMap<_, _> = db.mailer().sent()[seen..]
            .iter()
            .map(read)
            .map(|mail| (mail.to, mail.token.or(mail.page).unwrap()))
            .collect();
        let to: Vec<_> = new.keys().map(String::as_str).collect();
        assert_eq!(to, ["anna.ek", "maria.lind"]);
        story.it_is("2027-02-25T07:40:00Z");
        let page = Answer::of(server.anonymous(Method::GET, &format!("/s/{}", new["anna.ek"]))).await;
        assert_eq!(page.status, StatusCode::OK);
        let visitor = Visitor::open(&server, &new["maria.lind"]).await;
        visitor.gets(&all_well(), StatusCode::SEE_OTHER).await;
        let gone = Answer::of(server.anonymous(Method::GET, &format!("/s/{anna}"))).await;
        assert_ne!(gone.status, StatusCode::OK);
        server.stop().await;
    });
}

#[test]
fn what_the_device_told_is_nobodys_word_on_the_receipt_although_somebody_had_answered_before() {
    for_each_database(async |db| {
        let with_a_number = Setting {
            has_number: true,
            ..Setting::default()
        };
        let story = Story::begin_in(db.app(), with_a_number).await;
        let server = TestServer::start(db);
        let token = asked(db, &story).await;
        let visitor = Visitor::open(&server, &token).await;
        visitor.gets(&with_number(), StatusCode::SEE_OTHER).await;
        assert!(
            story.record().await.termination.is_active(),
            "the desk has work to do"
        );
        let report = json!({
            "event_id": "e-1", "kind": "command_acknowledged", "scope": "full_device",
            "device": {"serial": db.text("SELECT serial AS t FROM device")},
        });
        let mdm = server.caller(&[Scope::Mdm]).await;
        let _ = mdm
            .post("/v1/mdm/reports", &report)
            .await
            .expect(StatusCode::ACCEPTED);
        let desk = server.caller(&[Scope::Desk]).await;
        let case = format!("/v1/terminations/{}", story.case);
        let number = desk.get(&case).await.json()["items"][1]["id"]
            .as_str()
            .unwrap()
            .to_owned();
        for check in ["number", "directory"] {
            let version = desk.get(&case).await.etag();
            let path = format!("{case}/items/{number}/checks/{check}");
            let _ = desk.put_if(&path, &version, &json!({"state": "done"})).await;
        }
        let receipt = desk
            .get(&format!("{case}/receipt"))
            .await
            .expect(StatusCode::OK)
            .json();
        let device = &receipt["devices"][0];
        assert_eq!(device["reset"]["by"], "Maria Lind", "{device}");
        assert_eq!(
            (&device["wiped"]["level"], &device["wiped"]["by"]),
            (&json!("reported"), &json!(null)),
            "{device}"
        );
        server.stop().await;
    });
}

#[test]
fn a_dead_link_is_renewed_for_whoever_is_to_answer_now() {
    for_each_database(async |db| {
        let story = Story::begin(db).await;
        let server = TestServer::start(db);
        let token = asked(db, &story).await;
        let live = Visitor::open(&server, &token).await;
        // While it works, there is nothing to renew.
        let answer = live.send(&new_link()).await.expect(StatusCode::SEE_OTHER);
        assert_eq!(answer.headers["location"], live.path.as_str());

        deliver(&story.app, "Anna Ek", Some("Olof Sund"), (3, Some(LAST_DAY))).await;
        run(&story.app).await;
        let before = db.mailer().sent().len();
        let visitor = Visitor::open_as(&server, &token, StatusCode::GONE).await;
        let bare = Answer::of(server.anonymous(Method::POST, &visitor.path).form(&new_link())).await;
        assert_eq!(bare.status, StatusCode::GONE);
        assert_eq!(
            db.number("SELECT count(*) AS n FROM message WHERE step = 'new_link'"),
            0
        );

        // Maria's link is dead; the new one goes to Olof, and nobody is told. Asking twice sends one.
        let page = visitor.send(&new_link()).await.expect(StatusCode::OK);
        visitor.gets(&new_link(), StatusCode::OK).await;
        assert!(
            page.body.contains("En ny länk är på väg") && !page.body.contains("Olof"),
            "{}",
            page.body
        );
        run(&story.app).await;
        let mails = db.mailer().sent();
        assert_eq!(sent_to(&mails[before..]), ["olof"]);
        let mail = read(mails.last().unwrap());
        assert!(mail.subject.starts_with("Ny länk: bekräfta"), "{}", mail.subject);
        assert_eq!(
            db.number("SELECT count(*) AS n FROM audit_entry WHERE action = 'action_link.renewal_requested'"),
            1
        );
        story.it_is("2027-02-25T07:40:00Z");
        let olof = Visitor::open(&server, &mail.token.unwrap()).await;

        // Of a link that never was one, the same is said, and nothing happens.
        let never = Visitor::open_as(&server, &"A".repeat(43), StatusCode::GONE).await;
        assert_eq!(
            never.send(&new_link()).await.expect(StatusCode::OK).body,
            page.body
        );

        // Three within an hour are enough.
        for _ in 0..2 {
            visitor.gets(&new_link(), StatusCode::OK).await;
            run(&story.app).await;
        }
        visitor.gets(&new_link(), StatusCode::TOO_MANY_REQUESTS).await;
        assert_eq!(sent_to(&db.mailer().sent()[before..]), ["olof", "olof", "olof"]);

        // Answered: nothing is left, and the page says so.
        olof.gets(&all_well(), StatusCode::SEE_OTHER).await;
        let page = visitor.send(&new_link()).await.expect(StatusCode::OK);
        assert!(page.body.contains("Ingen ny länk behövs"), "{}", page.body);
        server.stop().await;
    });
}

#[test]
fn a_used_link_offers_a_new_one_for_what_remains() {
    for_each_database(async |db| {
        let story = Story::begin(db).await;
        let server = TestServer::start(db);
        let token = asked(db, &story).await;
        let visitor = Visitor::open(&server, &token).await;
        let not_yet = BTreeMap::from([("answer", "confirm"), ("d0_have", "not_yet")]);
        visitor.gets(&not_yet, StatusCode::SEE_OTHER).await;
        let page = visitor.reload().await;
        assert!(page.body.contains("Skicka en ny länk"), "{}", page.body);
        visitor.gets(&new_link(), StatusCode::OK).await;
        run(&story.app).await;
        let mails = db.mailer().sent();
        assert_eq!(sent_to(&mails[mails.len() - 1..]), ["maria"]);
        server.stop().await;
    });
}

#[test]
fn the_desk_is_told_of_a_loss_at_once_at_any_hour() {
    for_each_database(async |db| {
        let app = configured(db, |config| {
            config.mail.send_window = true;
            config.mail.desk_address = Some("desk@exempelkommunen.example".parse::<Mailbox>().unwrap());
            config.mail.instructions_url = Some("https://exempelkommunen.example/mobil".to_owned());
        });
        let setting = Setting {
            has_number: true,
            ..Setting::default()
        };
        let story = Story::begin_in(&app, setting).await;
        let server = TestServer::start_app(db, app.clone());
        let token = asked(db, &story).await;
        let asking = read(db.mailer().sent().last().unwrap());
        assert!(
            asking.text.contains("https://exempelkommunen.example/mobil"),
            "{}",
            asking.text
        );
        // Saturday night.
        story.it_is("2027-02-27T22:10:00Z");
        let visitor = Visitor::open(&server, &token).await;
        let before = db.mailer().sent().len();
        let stolen = BTreeMap::from([
            ("answer", "confirm"),
            ("d0_have", "stolen"),
            ("s0_number", "terminate"),
        ]);
        visitor.gets(&stolen, StatusCode::SEE_OTHER).await;
        run(&app).await;
        let mails = db.mailer().sent();
        assert_eq!(
            sent_to(&mails[before..]),
            ["desk"],
            "nothing else leaves at night"
        );
        let mail = read(mails.last().unwrap());
        assert!(
            mail.subject.starts_with("Stulen telefon: spärra nu ("),
            "{}",
            mail.subject
        );
        for said in [
            "Exempel X1 (7Q2K)",
            "27 februari 2027 kl. 23.10",
            "genom länken till Maria Lind",
            "polisanmäls",
            "72 timmar",
        ] {
            assert!(mail.text.contains(said), "{said}: {}", mail.text);
        }
        // Others act on it at once: it is not for a link to take it back.
        visitor.gets(&undo(), StatusCode::CONFLICT).await;
        run(&app).await;
        assert_eq!(db.mailer().sent().len(), before + 1);
        server.stop().await;
    });
}

#[test]
fn a_loss_in_a_case_that_completes_at_once_is_told_all_the_same_without_a_desk_to_the_coordinator() {
    for_each_database(async |db| {
        let story = Story::begin(db).await;
        let server = TestServer::start(db);
        let token = asked(db, &story).await;
        let visitor = Visitor::open(&server, &token).await;
        let before = db.mailer().sent().len();
        let lost = BTreeMap::from([("answer", "confirm"), ("d0_have", "lost")]);
        visitor.gets(&lost, StatusCode::SEE_OTHER).await;
        story.decide_breach(story.phone().await).await;
        assert_eq!(
            story.record().await.termination.state,
            TerminationState::Completed
        );
        run(&story.app).await;
        let told = sent_to(&db.mailer().sent()[before..]);
        assert!(told.contains(&"karin".to_owned()), "{told:?}");
        server.stop().await;
    });
}

#[test]
fn an_escalation_tells_the_true_number_of_reminders_and_what_the_number_costs() {
    for_each_database(async |db| {
        let setting = Setting {
            has_number: true,
            ..Setting::default()
        };
        let story = Story::begin_in(db.app(), setting).await;
        for day in ["2027-02-25", "2027-03-01", "2027-03-05", "2027-03-12"] {
            story.it_is(&format!("{day}T07:00:00Z"));
            run(&story.app).await;
        }
        let mails = db.mailer().sent();
        let escalated = mails.iter().map(read).find(|mail| mail.to == "olof").unwrap();
        let text = escalated.text;
        assert!(
            text.contains("Maria Lind, som skulle svara, har fått två påminnelser."),
            "{text}"
        );
        assert!(text.contains("Månadskostnad för abonnemanget: 249"), "{text}");
    });
    for_each_database(async |db| {
        // The service was away: the reminders in between were never sent.
        let story = Story::begin(db).await;
        story.it_is("2027-02-25T07:00:00Z");
        run(&story.app).await;
        story.it_is("2027-03-12T07:00:00Z");
        run(&story.app).await;
        let mails = db.mailer().sent();
        let escalated = mails.iter().map(read).find(|mail| mail.to == "olof").unwrap();
        assert!(
            escalated.text.contains("har inte fått någon påminnelse."),
            "{}",
            escalated.text
        );
        let reminded = mails
            .iter()
            .map(read)
            .find(|mail| mail.to == "maria" && mail.subject.contains("åminnelse"));
        assert!(
            reminded.unwrap().subject.starts_with("Påminnelse: "),
            "nobody had a first one"
        );
        assert!(!escalated.text.contains("Månadskostnad"), "{}", escalated.text);
    });
}
