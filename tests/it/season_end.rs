//! The end of a term of office: 140 mandates end on one day. One mail for each councillor, one for the chancery, one
//! list to tick and sign, and one of what was received.

use super::ends::{Town, employment};
use super::schedules::by_day;
use super::support::db::for_each_database;
use super::support::http::{Answer, TestCaller, TestServer};
use super::support::story::{ReadMail, Visitor, all_well, utc};
use handback::domain::actor::Scope;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const MANDATES: usize = 140;
const END: &str = "2027-02-26";
/// Those who are elected again before the day.
const AGAIN: [usize; 2] = [7, 8];
/// Whose identity is protected.
const PROTECTED: usize = 3;

fn mandate(number: usize, sequence: i64, end: Option<&str>) -> Value {
    let person = format!("rep{number:03}");
    let mut document = employment(
        &person,
        sequence,
        json!({"kind": "elected", "unit": format!("body-{}", number % 4), "end_date": end}),
    );
    if number == PROTECTED {
        document["person"]["is_protected"] = json!(true);
    }
    document
}

/// Kim is the chancery, and every councillor has a phone.
async fn elect(town: &Town<'_>, hr: &TestCaller<'_>, admin: &TestCaller<'_>) -> String {
    town.hr("kim", &employment("kim", 1, json!({}))).await;
    let people = admin.get("/v1/people?name_prefix=kim").await.json();
    let kim = people["items"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/legal-entities/{}", town.entity["id"].as_str().unwrap());
    let _ = admin
        .patch(&path, "*", &json!({"chancery_id": kim}))
        .await
        .expect(StatusCode::OK);
    for number in 0..MANDATES {
        let path = format!("/v1/sources/troman/employments/m-{number}");
        let begun = hr.put(&path, &mandate(number, 1, None)).await.json();
        let serial = format!("EX{number:04}7Q2K");
        let device = json!({"legal_entity_id": town.entity["id"], "serial": serial, "model": "E10", "data_class": "standard"});
        let device = admin.make("/v1/devices", &device).await;
        let assignment = json!({"employment_id": begun["employment_id"], "device_id": device["id"], "accessories": ["laddare"]});
        admin.make("/v1/assignments", &assignment).await;
        let ended = hr.put(&path, &mandate(number, 2, Some(END))).await;
        assert!(ended.status.is_success(), "{}", ended.body);
    }
    kim
}

/// The mails that leave from that instant on, within a few minutes.
async fn morning(town: &Town<'_>, instant: &str) -> Vec<ReadMail> {
    let mut mails = Vec::new();
    for minute in 0..4 {
        let at = utc(instant) + chrono::TimeDelta::minutes(minute);
        town.server.db.app().clock.set(at);
        mails.extend(town.mails().await);
    }
    mails
}

async fn in_form(caller: &TestCaller<'_>, path: &str, accept: &str) -> Answer {
    let request = caller.request(Method::GET, path).header("accept", accept);
    Answer::of(request).await.expect(StatusCode::OK)
}

fn names(rows: &Value) -> BTreeSet<&str> {
    let rows = rows["rows"].as_array().unwrap().iter();
    rows.filter_map(|row| row["holder"].as_str()).collect()
}

#[test]
fn a_hundred_and_forty_mandates_end_on_one_day() {
    for_each_database(async |db| {
        db.app().clock.set(utc("2027-01-11T09:00:00Z"));
        let server = TestServer::start_app(db, by_day(db));
        let town = Town::of(&server).await;
        let (hr, admin) = (
            server.caller(&[Scope::Hr]).await,
            server.caller(&[Scope::Admin]).await,
        );
        let kim = elect(&town, &hr, &admin).await;

        let mails = morning(&town, "2027-01-27T07:00:00Z").await;
        let mut to: BTreeMap<&str, usize> = BTreeMap::new();
        for mail in &mails {
            *to.entry(&mail.to).or_default() += 1;
        }
        assert_eq!(
            to.remove("kim"),
            Some(1),
            "one list for the chancery, and not 140 mails"
        );
        assert_eq!(to.len(), MANDATES);
        assert!(
            to.values().all(|count| *count == 1),
            "one mail for each councillor"
        );

        for number in AGAIN {
            let path = format!("/v1/sources/troman/employments/m-{number}");
            let again = server
                .caller(&[Scope::Hr])
                .await
                .put(&path, &mandate(number, 3, None))
                .await;
            assert!(again.status.is_success());
        }
        let desk = server.caller(&[Scope::Desk]).await;
        let path = format!("/v1/reports/hand-in-list?from={END}&to={END}&kind=mandate_end&receiver_id={kim}");
        let list = desk.get(&path).await.expect(StatusCode::OK).json();
        let rows = list["rows"].as_array().unwrap();
        assert_eq!(
            rows.len(),
            MANDATES - AGAIN.len(),
            "who is elected again is not in it"
        );
        assert!(!names(&list).contains("REP007 Exempel"));
        assert_eq!(names(&list).len(), rows.len() - 1, "one is protected");
        assert!(!list.to_string().contains("REP003"));
        let units: Vec<&str> = rows.iter().map(|row| row["unit"].as_str().unwrap()).collect();
        assert!(units.is_sorted(), "by body");
        let table = in_form(&desk, &path, "text/csv").await;
        let mut table = csv::Reader::from_reader(table.body.as_bytes());
        assert_eq!(table.records().count(), rows.len());
        let page = in_form(&desk, &path, "text/html").await;
        assert_eq!(page.body.matches("class=\"tick\"").count(), rows.len());
        assert!(page.body.contains("<th scope=\"col\">Datum och signatur</th>"));
        let other = desk
            .get(&format!(
                "{path}&legal_entity_id=01939e5c-5b6a-7c1e-8f00-0242ac120002"
            ))
            .await;
        assert_eq!(other.expect(StatusCode::OK).json()["rows"], json!([]));

        // On the day before, Kim is asked about all of them in one mail, and confirms two.
        let mails = morning(&town, "2027-02-25T07:00:00Z").await;
        let asked: Vec<&ReadMail> = mails.iter().filter(|mail| mail.to == "kim").collect();
        assert_eq!(asked.len(), 1);
        let tokens: Vec<&str> = asked[0]
            .text
            .split("/c/")
            .skip(1)
            .map(|rest| rest.split_whitespace().next().unwrap())
            .collect();
        assert_eq!(tokens.len(), MANDATES - AGAIN.len());
        for (token, condition) in tokens.iter().zip(["intact", "damaged"]) {
            let visitor = Visitor::open(&server, token).await;
            let mut fields = all_well();
            fields.insert("d0_condition", condition);
            visitor.gets(&fields, StatusCode::SEE_OTHER).await;
        }
        let desk = server.caller(&[Scope::Desk]).await;
        let path = format!("/v1/reports/receipt-list?receiver_id={kim}");
        let list = desk.get(&path).await.expect(StatusCode::OK).json();
        let rows = list["rows"].as_array().unwrap();
        assert_eq!(rows.len(), 2);
        for row in rows {
            assert_eq!(row["received_by"], "KIM Exempel");
            assert_eq!(row["settled_on"], "2027-02-25");
            assert_eq!([&row["state"], &row["outcome"]], ["completed", "returned"]);
            assert!(row["receipt_code"].is_string());
        }
        let page = in_form(&desk, &path, "text/html").await;
        assert!(page.body.contains("Återlämnad, skadad") && page.body.contains("underskrift"));
        assert_eq!(in_form(&desk, &path, "text/csv").await.body.lines().count(), 3);
        let nobody = desk
            .get("/v1/reports/receipt-list?from=2027-02-24&to=2027-02-24")
            .await;
        assert_eq!(nobody.expect(StatusCode::OK).json()["rows"], json!([]));
        let bad = desk
            .get("/v1/reports/receipt-list?from=2027-02-24&to=2027-02-23")
            .await;
        assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
        server.stop().await;
    });
}
