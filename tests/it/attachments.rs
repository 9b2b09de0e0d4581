//! What goes along with the mails of a case.

use crate::receipts::complete;
use crate::support::db::for_each_database;
use crate::support::http::TestServer;
use crate::support::story::{ReadMail, Story, deliver, read};
use handback::domain::actor::Scope;
use icalendar::{Calendar, CalendarDateTime, Component, DatePerhapsTime, Event};
use reqwest::{Method, StatusCode};

/// The entry that is attached to a mail, as a calendar program reads it.
fn entry(mail: &ReadMail) -> Event {
    let [(name, media_type, bytes)] = &mail.attachments[..] else {
        panic!("{} attachments to {}", mail.attachments.len(), mail.to);
    };
    assert_eq!(
        (name.as_str(), media_type.as_str()),
        ("aterlamning.ics", "text/calendar")
    );
    let text = String::from_utf8(bytes.clone()).unwrap();
    for secret in ["Anna", "Maria", "Ekskolan", "Exempel X1"] {
        assert!(!text.contains(secret), "{text}");
    }
    let calendar: Calendar = text.parse().unwrap();
    assert_eq!(calendar.property_value("METHOD"), Some("PUBLISH"));
    calendar.components[0].as_event().unwrap().clone()
}

/// What the entry is known by, its edition, its day and what it says.
fn seen(event: &Event) -> (String, u32, String, String) {
    let day = |at: Option<DatePerhapsTime>| match at {
        Some(DatePerhapsTime::Date(day)) => day,
        Some(DatePerhapsTime::DateTime(CalendarDateTime::Utc(_) | _)) | None => {
            panic!("not an all-day entry")
        }
    };
    let (start, end) = (day(event.get_start()), day(event.get_end()));
    assert_eq!(start.succ_opt(), Some(end));
    (
        event.get_uid().unwrap().to_owned(),
        event.get_sequence().unwrap(),
        start.to_string(),
        event.get_summary().unwrap().to_owned(),
    )
}

#[test]
fn the_day_of_return_is_in_the_calendar_and_moves_when_it_is_moved() {
    for_each_database(async |db| {
        let server = TestServer::start(db);
        let story = Story::begin(db).await;
        let number = story.record().await.termination.number;
        story.it_is("2027-01-27T07:00:00Z");
        server.run_jobs().await;
        deliver(&story.app, "Anna Ek", Some("Maria Lind"), (3, Some("2027-03-31"))).await;
        story.it_is("2027-03-01T07:00:00Z");
        server.run_jobs().await;
        let mails: Vec<ReadMail> = db.mailer().sent().iter().map(read).collect();
        for (to, request) in [("anna", "Lämna tillbaka"), ("maria", "Ta emot")] {
            let own: Vec<_> = mails
                .iter()
                .filter(|mail| mail.to == to)
                .map(|mail| seen(&entry(mail)))
                .collect();
            let [before, after] = &own[..] else {
                panic!("{} mails to {to}", own.len());
            };
            assert_eq!(before.0, after.0, "one entry");
            assert!(before.1 < after.1, "a later edition");
            assert_eq!(
                (before.2.as_str(), after.2.as_str()),
                ("2027-02-26", "2027-03-31")
            );
            assert_eq!(after.3, format!("{request} mobiltelefonen ({number})"));
        }
        server.stop().await;
    });
}

#[test]
fn the_holder_gets_the_very_document_that_is_on_file_and_nobody_is_sent_more_than_they_need() {
    for_each_database(async |db| {
        let server = TestServer::start(db);
        let story = Story::begin(db).await;
        complete(&story, &server).await;
        let seen = db.mailer().sent().len();
        server.run_jobs().await;
        let mails: Vec<ReadMail> = db.mailer().sent()[seen..].iter().map(read).collect();
        let reader = server.caller(&[Scope::Read]).await;
        let path = format!("/v1/terminations/{}/receipt?language=sv", story.case);
        let request = reader
            .request(Method::GET, &path)
            .header("accept", "application/pdf");
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let on_file = answer.bytes().await.unwrap().to_vec();
        let number = story.record().await.termination.number;
        let attached: Vec<_> = mails
            .iter()
            .map(|mail| (mail.to.as_str(), &mail.attachments))
            .collect();
        let document = vec![(
            format!("kvittens-{number}.pdf"),
            "application/pdf".to_owned(),
            on_file,
        )];
        assert!(attached == [("maria", &Vec::new()), ("anna", &document)]);
        server.stop().await;
    });
}
