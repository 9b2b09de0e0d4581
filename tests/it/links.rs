//! Answering through the link in a mail, through the front door.

use crate::support::db::{TestDb, for_each_database};
use crate::support::http::{Answer, TestServer};
use crate::support::log::Log;
use crate::support::story::{LAST_DAY, Setting, Story, Visitor, all_well, deliver, read, sent_to};
use futures_util::future::join_all;
use handback::domain::language::Language;
use handback::domain::note::{NoteKind, TerminationNote};
use handback::domain::page::PageRequest;
use handback::domain::termination::{
    CheckKind, CheckState, DataClass, DeviceOutcome, Item, TerminationState,
};
use handback::integrations::mail::MailError;
use handback::mail::words::OutcomeFact;
use handback::services::{Ctx, Recorder, notes, receipts, terminations};
use reqwest::{Method, StatusCode};
use std::collections::BTreeMap;

/// The morning on which the receiver is asked.
const ASKED: &str = "2027-02-25T07:00:00Z";
/// A moment later, as a person reads.
const READ: &str = "2027-02-25T07:20:00Z";

/// The mail is out and read; gives the token in it.
async fn asked(story: &Story, server: &TestServer<'_>) -> String {
    story.it_is(ASKED);
    server.run_jobs().await;
    story.it_is(READ);
    let mails = server.db.mailer().sent();
    read(mails.last().unwrap()).token.unwrap()
}

/// What people said about the case.
async fn said(ctx: &Ctx, story: &Story) -> Vec<TerminationNote> {
    let page = notes::list(ctx, story.case, PageRequest::default()).await;
    page.unwrap().items
}

fn state(item: &Item, check: CheckKind) -> CheckState {
    item.check(check).unwrap().state
}

/// Everything that could have changed.
fn footprint(db: &TestDb) -> Vec<i64> {
    [
        "SELECT count(*) AS n FROM audit_entry",
        "SELECT count(*) AS n FROM evidence",
        "SELECT count(*) AS n FROM code",
        "SELECT count(*) AS n FROM termination_note",
        "SELECT count(*) AS n FROM action_link WHERE used_at IS NULL AND revoked_at IS NULL",
        "SELECT CAST(sum(version) AS BIGINT) AS n FROM message",
        "SELECT CAST(sum(version) AS BIGINT) AS n FROM termination",
    ]
    .map(|sql| db.number(sql))
    .to_vec()
}

#[test]
fn opening_a_link_a_hundred_times_changes_nothing() {
    for_each_database(async |db| {
        let story = Story::begin(db).await;
        let server = TestServer::start(db);
        let token = asked(&story, &server).await;
        let before = footprint(db);
        for _ in 0..100 {
            for method in [Method::GET, Method::HEAD] {
                let page = Answer::of(server.anonymous(method, &format!("/c/{token}"))).await;
                assert_eq!(page.status, StatusCode::OK);
            }
        }
        assert_eq!(footprint(db), before);

        let page = Answer::of(server.anonymous(Method::GET, &format!("/c/{token}?lang=en"))).await;
        for (name, value) in [
            ("referrer-policy", "strict-origin"),
            ("cache-control", "no-store"),
            ("x-robots-tag", "noindex"),
            ("x-content-type-options", "nosniff"),
            ("content-language", "en"),
            ("content-type", "text/html; charset=utf-8"),
        ] {
            assert_eq!(page.headers[name], value, "{name}");
        }
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert!(
            policy.starts_with("default-src 'none'; style-src 'sha256-"),
            "{policy}"
        );
        let cookie = page.headers["set-cookie"].to_str().unwrap();
        assert!(
            cookie.starts_with("c=") && cookie.contains("HttpOnly; SameSite=Lax"),
            "{cookie}"
        );
        assert!(
            page.body.contains("Exempel X1") && !page.body.contains("checked"),
            "{}",
            page.body
        );
        server.stop().await;
    });
}

#[test]
fn a_form_without_choices_or_from_elsewhere_is_refused_and_the_link_works_on() {
    for_each_database(async |db| {
        let story = Story::begin(db).await;
        let server = TestServer::start(db);
        let token = asked(&story, &server).await;
        let visitor = Visitor::open(&server, &token).await;
        let before = footprint(db);

        let empty = visitor
            .send(&BTreeMap::new())
            .await
            .expect(StatusCode::UNPROCESSABLE_ENTITY);
        assert!(empty.body.contains("Välj vad du vill svara"), "{}", empty.body);
        // Confirmed, and nothing said: every open question is named.
        let hollow = visitor.send(&BTreeMap::from([("answer", "confirm")])).await;
        assert_eq!(hollow.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(hollow.body.contains("href=\"#d0_have\""));
        let mut fields = all_well();
        fields.remove("d0_wiped");
        fields.insert("d0_code_sim_pin", "received");
        fields.insert("d0_code_sim_pin_value", "4711");
        let again = visitor
            .send(&fields)
            .await
            .expect(StatusCode::UNPROCESSABLE_ENTITY);
        assert!(again.body.contains("href=\"#d0_wiped\"") && again.body.contains("value=\"7q2k\""));
        assert!(!again.body.contains("4711"), "a page never repeats a code");

        // Not our form: no cookie, another site, another origin.
        let form = all_well();
        let path = format!("/c/{token}");
        let bare = Answer::of(server.anonymous(Method::POST, &path).form(&form)).await;
        assert_eq!(bare.status, StatusCode::UNPROCESSABLE_ENTITY);
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("origin", "https://elsewhere.example"),
            ("origin", "null"),
        ] {
            let cross = Answer::of(
                server
                    .anonymous(Method::POST, &path)
                    .header(name, value)
                    .form(&form),
            )
            .await;
            assert_eq!(cross.status, StatusCode::FORBIDDEN, "{name} {value}");
        }
        let json = Answer::of(server.anonymous(Method::POST, &path).json(&form)).await;
        assert_eq!(json.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        assert_eq!(footprint(db), before);
        server.stop().await;
    });
}

#[test]
fn a_confirmed_return_completes_the_case_and_sends_the_receipts() {
    for_each_database(async |db| {
        let story = Story::begin(db).await;
        let server = TestServer::start(db);
        let token = asked(&story, &server).await;
        let visitor = Visitor::open(&server, &token).await;

        let before = footprint(db);
        let mut wrong = all_well();
        wrong.insert("d0_serial", "9999");
        let refused = visitor
            .send(&wrong)
            .await
            .expect(StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains("Serienumret hör till en annan telefon"));
        assert_eq!(footprint(db), before);

        let mut fields = all_well();
        fields.insert("d0_code_sim_pin", "received");
        fields.insert("d0_code_sim_pin_value", "4711");
        fields.insert("message", "Laddaren ligger i skåpet");
        let answered = visitor.send(&fields).await.expect(StatusCode::SEE_OTHER);
        assert_eq!(answered.headers["location"], visitor.path.as_str());
        let page = visitor.reload().await.expect(StatusCode::OK);
        assert!(page.body.contains("Tack, svaret är registrerat") && page.body.contains("Ärendet är klart"));
        assert!(page.body.contains("Maria Lind"));

        let record = story.record().await;
        assert_eq!(record.termination.state, TerminationState::Completed);
        let phone = &record.termination.items[0];
        assert_eq!(phone.outcome, Some(DeviceOutcome::Returned));
        for check in &phone.checks {
            assert_eq!(check.state, CheckState::Done, "{:?}", check.kind);
            assert_eq!(
                check.act.as_ref().unwrap().by.kind,
                "link_holder",
                "{:?}",
                check.kind
            );
        }
        assert_eq!(
            db.number("SELECT count(*) AS n FROM evidence WHERE kind = 'attested'"),
            1
        );
        assert_eq!(
            db.number("SELECT count(*) AS n FROM code WHERE sealed IS NOT NULL"),
            1
        );
        let ctx = Ctx::operator(&story.app);
        let said = said(&ctx, &story).await;
        assert_eq!(said[0].text.as_deref(), Some("Laddaren ligger i skåpet"));
        let (receipt, _) = receipts::get(&ctx, story.case, None).await.unwrap();
        assert_eq!(receipt.devices[0].wiped.by.as_deref(), Some("Maria Lind"));
        assert!(!receipt.has_deviation());

        // Pressed once more; then with another answer.
        let again = visitor.send(&fields).await.expect(StatusCode::OK);
        assert!(again.body.contains("Svaret är redan registrerat"));
        fields.insert("d0_condition", "damaged");
        visitor.gets(&fields, StatusCode::CONFLICT).await;

        server.run_jobs().await;
        let mails = db.mailer().sent();
        assert_eq!(sent_to(&mails[mails.len() - 2..]), ["maria", "anna"]);
        assert!(
            read(mails.last().unwrap())
                .subject
                .starts_with("Kvittens: mobiltelefonen är återlämnad")
        );
        // An hour later the page no longer thanks; when the link would have expired, it is gone.
        story.it_is("2027-02-25T09:00:00Z");
        assert!(
            visitor
                .reload()
                .await
                .body
                .contains("Svaret är redan registrerat")
        );
        story.it_is("2027-03-12T09:00:00Z");
        assert_eq!(visitor.reload().await.status, StatusCode::GONE);
        server.stop().await;
    });
}

#[test]
fn what_is_not_answered_yet_stays_open_and_is_asked_again() {
    for_each_database(async |db| {
        let setting = Setting {
            has_number: true,
            ..Setting::default()
        };
        let story = Story::begin_in(db.app(), setting).await;
        let server = TestServer::start(db);
        let token = asked(&story, &server).await;
        let visitor = Visitor::open(&server, &token).await;
        let not_yet = BTreeMap::from([
            ("answer", "confirm"),
            ("d0_have", "not_yet"),
            ("d0_expected", "2027-03-02"),
        ]);
        visitor.gets(&not_yet, StatusCode::SEE_OTHER).await;
        let page = visitor.reload().await;
        assert!(
            page.body
                .contains("Exempel X1: återlämning, återställning, rensning och koder"),
            "{}",
            page.body
        );
        let said = said(&Ctx::operator(&story.app), &story).await;
        assert_eq!(
            (said[0].kind, said[0].day),
            (NoteKind::NotYet, "2027-03-02".parse().ok())
        );

        // The reminder has a link of its own, and asks about the number too once the phone is here.
        story.it_is("2027-03-01T07:00:00Z");
        server.run_jobs().await;
        story.it_is("2027-03-01T08:00:00Z");
        let token = read(db.mailer().sent().last().unwrap()).token.unwrap();
        let visitor = Visitor::open(&server, &token).await;
        visitor.gets(&all_well(), StatusCode::UNPROCESSABLE_ENTITY).await;
        let mut fields = all_well();
        fields.insert("s0_number", "reuse");
        visitor.gets(&fields, StatusCode::SEE_OTHER).await;
        let record = story.record().await;
        assert_eq!(record.termination.state, TerminationState::Open);
        assert_eq!(
            state(&record.termination.items[1], CheckKind::Number),
            CheckState::Done
        );
        assert!(
            visitor
                .reload()
                .await
                .body
                .contains("070-174 06 05: katalog och växel")
        );

        // The directory is the desk's: Maria is not asked again, and nobody is told that she has not answered.
        let before = db.mailer().sent().len();
        story.it_is("2027-03-20T08:00:00Z");
        server.run_jobs().await;
        assert_eq!(db.mailer().sent().len(), before);
        server.stop().await;
    });
}

#[test]
fn of_fifty_that_press_together_one_has_an_effect() {
    for_each_database(async |db| {
        let story = Story::begin(db).await;
        let server = TestServer::start(db);
        let token = asked(&story, &server).await;
        let visitor = Visitor::open(&server, &token).await;
        let fields = all_well();
        let answers = join_all((0..50).map(|_| visitor.send(&fields))).await;
        let count = |status| answers.iter().filter(|answer| answer.status == status).count();
        assert_eq!(count(StatusCode::SEE_OTHER), 1);
        assert_eq!(count(StatusCode::OK), 49);
        assert_eq!(db.number("SELECT count(*) AS n FROM evidence"), 1);
        assert_eq!(
            db.number("SELECT count(*) AS n FROM audit_entry WHERE action = 'action_link.used'"),
            1
        );
        assert_eq!(
            db.number("SELECT count(*) AS n FROM audit_entry WHERE action = 'termination.completed'"),
            1
        );
        server.stop().await;
    });
}

#[test]
fn every_dead_link_looks_the_same() {
    for_each_database(async |db| {
        let story = Story::begin(db).await;
        let server = TestServer::start(db);
        let token = asked(&story, &server).await;
        let visitor = Visitor::open(&server, &token).await;
        deliver(&story.app, "Anna Ek", Some("Olof Sund"), (3, Some(LAST_DAY))).await;

        let unknown = "A".repeat(43);
        let pages = [token.as_str(), &unknown, "short", "%F0%9F%98%80"];
        let mut bodies = Vec::new();
        for token in pages {
            let page = Answer::of(server.anonymous(Method::GET, &format!("/c/{token}"))).await;
            assert_eq!(page.status, StatusCode::GONE, "{token}");
            let (_, rest) = page.body.split_once("name=\"csrf\" value=\"").unwrap();
            let csrf = rest.split('"').next().unwrap();
            bodies.push(page.body.replace(csrf, ""));
        }
        assert!(bodies.iter().all(|body| *body == bodies[0]));
        visitor.gets(&all_well(), StatusCode::GONE).await;
        assert_eq!(
            story.record().await.termination.state,
            TerminationState::Scheduled
        );

        // The new manager has a link that works.
        server.run_jobs().await;
        story.it_is("2027-02-25T07:40:00Z");
        let mails = db.mailer().sent();
        assert_eq!(sent_to(&mails[mails.len() - 1..]), ["olof"]);
        Visitor::open(&server, &read(mails.last().unwrap()).token.unwrap()).await;

        // Whoever goes on trying dead ones is held up.
        let mut last = StatusCode::GONE;
        for _ in 0..40 {
            last = Answer::of(server.anonymous(Method::GET, &format!("/c/{unknown}")))
                .await
                .status;
        }
        assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
        server.stop().await;
    });
}

#[test]
fn an_answer_that_comes_faster_than_anybody_reads_is_not_taken() {
    for_each_database(async |db| {
        let story = Story::begin(db).await;
        let server = TestServer::start(db);
        let token = asked(&story, &server).await;
        let visitor = Visitor::open(&server, &token).await;
        let before = footprint(db);
        story.it_is("2027-02-25T07:00:02.9Z");
        visitor.gets(&all_well(), StatusCode::TOO_MANY_REQUESTS).await;
        assert_eq!(footprint(db), before);
        story.it_is("2027-02-25T07:00:03Z");
        visitor.gets(&all_well(), StatusCode::SEE_OTHER).await;
        server.stop().await;
    });
}

#[test]
fn where_the_data_is_secret_the_receivers_word_about_the_wipe_is_kept_and_not_enough() {
    for_each_database(async |db| {
        let setting = Setting {
            data_class: DataClass::Secrecy,
            ..Setting::default()
        };
        let story = Story::begin_in(db.app(), setting).await;
        let server = TestServer::start(db);
        let token = asked(&story, &server).await;
        let visitor = Visitor::open(&server, &token).await;
        visitor.gets(&all_well(), StatusCode::SEE_OTHER).await;
        let record = story.record().await;
        assert_eq!(record.termination.state, TerminationState::Scheduled);
        assert_eq!(
            state(&record.termination.items[0], CheckKind::Wiped),
            CheckState::Open
        );
        assert_eq!(
            db.number("SELECT count(*) AS n FROM evidence WHERE kind = 'attested'"),
            1
        );
        assert!(visitor.reload().await.body.contains("Exempel X1: rensning"));
        server.stop().await;
    });
}

#[test]
fn a_stolen_phone_closes_as_a_deviation() {
    for_each_database(async |db| {
        let story = Story::begin(db).await;
        let server = TestServer::start(db);
        let token = asked(&story, &server).await;
        let visitor = Visitor::open(&server, &token).await;
        let stolen = BTreeMap::from([("answer", "confirm"), ("d0_have", "stolen")]);
        visitor.gets(&stolen, StatusCode::SEE_OTHER).await;
        let record = story.record().await;
        assert_eq!(record.termination.items[0].outcome, Some(DeviceOutcome::Stolen));
        assert_eq!(
            state(&record.termination.items[0], CheckKind::Wiped),
            CheckState::Deviation
        );
        // Who was asked has answered everything; the police report and the breach are the desk's to settle.
        assert!(record.termination.is_active());
        let phone = record.termination.items[0].id;
        let desk = Ctx::operator(&story.app);
        terminations::note_police_report(&desk, (story.case, phone), "5000-K12345-27", Recorder::none())
            .await
            .unwrap();
        story.decide_breach(phone).await;
        let (receipt, _) = receipts::get(&desk, story.case, None).await.unwrap();
        assert!(receipt.has_deviation());
        assert_eq!(
            receipt.deviation_texts(Language::Sv),
            ["Anmäld som borta eller stulen av mottagaren"]
        );
        assert_eq!(
            receipt.devices[0].outcome_facts,
            [OutcomeFact::PoliceReport("5000-K12345-27".to_owned())]
        );
        server.stop().await;
    });
}

#[test]
fn who_hands_over_is_not_asked_again() {
    for_each_database(async |db| {
        let story = Story::begin(db).await;
        let server = TestServer::start(db);
        let token = asked(&story, &server).await;
        let visitor = Visitor::open(&server, &token).await;
        let over = BTreeMap::from([("answer", "hand_over"), ("message", "Jag har bytt enhet")]);
        visitor.gets(&over, StatusCode::SEE_OTHER).await;
        assert!(
            visitor
                .reload()
                .await
                .body
                .contains("Karin Berg tar över ärendet")
        );
        let before = db.mailer().sent().len();
        for day in [
            "2027-02-25T08:00:00Z",
            "2027-03-01T07:00:00Z",
            "2027-03-05T07:00:00Z",
        ] {
            story.it_is(day);
            server.run_jobs().await;
        }
        let mails = db.mailer().sent();
        assert_eq!(sent_to(&mails[before..]), ["karin", "karin", "karin"]);
        story.it_is("2027-03-05T08:00:00Z");
        let visitor = Visitor::open(&server, &read(&mails[before]).token.unwrap()).await;
        visitor.gets(&all_well(), StatusCode::SEE_OTHER).await;
        assert_eq!(
            story.record().await.termination.state,
            TerminationState::Completed
        );
        server.stop().await;
    });
}

#[test]
fn a_wrong_date_is_noted_for_the_desk_and_changes_no_date() {
    for_each_database(async |db| {
        let story = Story::begin(db).await;
        let server = TestServer::start(db);
        let token = asked(&story, &server).await;
        let visitor = Visitor::open(&server, &token).await;
        let fields = BTreeMap::from([("answer", "wrong_date"), ("new_last_day", "31 mars")]);
        visitor.gets(&fields, StatusCode::UNPROCESSABLE_ENTITY).await;
        for day in [LAST_DAY, "0001-01-01", "2038-01-01"] {
            let fields = BTreeMap::from([("answer", "wrong_date"), ("new_last_day", day)]);
            let page = visitor.send(&fields).await;
            assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{day}");
            assert!(page.body.contains("högst tio år ifrån"), "{day}: {}", page.body);
        }
        let fields = BTreeMap::from([("answer", "wrong_date"), ("new_last_day", "2027-03-31")]);
        visitor.gets(&fields, StatusCode::SEE_OTHER).await;
        let record = story.record().await;
        assert!(record.termination.is_active());
        assert_eq!(record.termination.end_on.to_string(), LAST_DAY);
        let said = said(&Ctx::operator(&story.app), &story).await;
        assert_eq!(
            (said[0].kind, said[0].day),
            (NoteKind::WrongDate, "2027-03-31".parse().ok())
        );
        server.stop().await;
    });
}

#[test]
fn a_text_that_may_hold_a_personal_number_is_taken_after_a_second_look_and_is_in_no_mail() {
    for_each_database(async |db| {
        let log = Log::listen();
        let story = Story::begin(db).await;
        let server = TestServer::start(db);
        let token = asked(&story, &server).await;
        let visitor = Visitor::open(&server, &token).await;
        let before = footprint(db);
        let mut fields = all_well();
        fields.insert("d0_accessories", "some_missing");
        fields.insert("d0_accessories_note", "laddare till 121212-1212");
        fields.insert("message", "Gäller 191212121212");
        let warned = visitor
            .send(&fields)
            .await
            .expect(StatusCode::UNPROCESSABLE_ENTITY);
        let warning = "Texten ser ut att innehålla ett personnummer";
        assert_eq!(warned.body.matches(warning).count(), 4, "{}", warned.body);
        let box_of = |field: &str| format!("type=\"checkbox\" id=\"{field}_anyway\"");
        assert!(warned.body.contains(&box_of("message")));

        // The one is mended, the other is meant. A box of one text says nothing about the other.
        fields.insert("message_anyway", "yes");
        let again = visitor
            .send(&fields)
            .await
            .expect(StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(again.body.matches(warning).count(), 2, "{}", again.body);
        assert!(again.body.contains(&box_of("message")), "the tick is not lost");
        assert_eq!(footprint(db), before);
        fields.insert("d0_accessories_note_anyway", "yes");
        visitor.gets(&fields, StatusCode::SEE_OTHER).await;
        let kept = said(&Ctx::operator(&story.app), &story).await;
        assert_eq!(kept[0].text.as_deref(), Some("Gäller 191212121212"));
        // Sent once more without the boxes, it is the same answer.
        fields.remove("message_anyway");
        visitor.gets(&fields, StatusCode::OK).await;

        assert_eq!(
            story.record().await.termination.state,
            TerminationState::Completed
        );
        let (receipt, _) = receipts::get(&Ctx::operator(&story.app), story.case, None)
            .await
            .unwrap();
        assert_eq!(
            receipt.deviation_texts(Language::Sv),
            ["Orsaken visas inte i kvittensen. Den finns i ärendet hos kundtjänst"]
        );
        server.run_jobs().await;
        let mails = db.mailer().sent();
        assert!(mails.len() > 1);
        for mail in &mails {
            let mail = read(mail);
            for text in [&mail.subject, &mail.text, &mail.html] {
                assert!(
                    !text.contains("1212121") && !text.contains("121212-1212"),
                    "{text}"
                );
            }
        }
        let audited = "SELECT count(*) AS n FROM audit_payload WHERE details LIKE '%12121212%'";
        assert_eq!(db.number(audited), 0);
        let logged = log.bytes();
        assert!(!contains(&logged, "191212121212") && !contains(&logged, "till 121212-1212"));
        server.stop().await;
    });
}

fn contains(haystack: &[u8], needle: &str) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle.as_bytes())
}

#[test]
fn no_token_and_no_code_is_in_the_database_or_in_the_log() {
    let log = Log::listen();
    let db = TestDb::sqlite();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let story = Story::begin(&db).await;
        let server = TestServer::start(&db);
        story.it_is("2027-02-19T07:00:00Z");
        server.run_jobs().await;
        story.it_is(ASKED);
        db.mailer().fail_next(MailError::Transient {
            reply: "421 away".to_owned(),
        });
        server.run_jobs().await;
        // The mail waits, sealed, with its link.
        assert_eq!(
            db.number("SELECT count(*) AS n FROM message WHERE sealed IS NOT NULL"),
            1
        );
        let waiting = db.bytes();
        story.it_is("2027-02-25T07:10:00Z");
        server.run_jobs().await;
        let token = read(db.mailer().sent().last().unwrap()).token.unwrap();
        story.it_is(READ);
        let visitor = Visitor::open(&server, &token).await;
        let mut fields = all_well();
        fields.insert("d0_code_sim_pin", "received");
        fields.insert("d0_code_sim_pin_value", "90417733");
        visitor.gets(&fields, StatusCode::SEE_OTHER).await;
        assert_eq!(visitor.reload().await.status, StatusCode::OK);
        let answered = db.bytes();
        let logged = log.bytes();
        assert!(
            contains(&logged, "/c/{token}"),
            "the log has the pattern of the route"
        );
        for place in [&waiting, &answered, &logged] {
            assert!(!contains(place, &token) && !contains(place, "90417733"));
        }
        server.stop().await;
    });
}
