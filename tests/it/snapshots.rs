//! Snapshots: files with everything that a source knows, read as a whole, applied row by row, held when they look wrong.

use super::support::db::{TestDb, for_each_database};
use super::support::http::{Answer, TestCaller, TestServer};
use handback::config::Mailbox;
use handback::domain::actor::Scope;
use handback::services::{Ctx, snapshots};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::fmt::Write;
use std::sync::Arc;

const SNAPSHOTS: &str = "/v1/sources/hr/snapshots";
const HEADER: &str =
    "external_id;person_external_id;person_name;kind;unit;manager_external_id;start_date;end_date";

/// A source whose documents come in snapshots, and those who call.
struct Door<'t> {
    server: &'t TestServer<'t>,
    admin: TestCaller<'t>,
    hr: TestCaller<'t>,
    entity: String,
}

impl<'t> Door<'t> {
    async fn open(server: &'t TestServer<'t>) -> Self {
        let admin = server.caller(&[Scope::Admin]).await;
        let hr = server.caller(&[Scope::Hr]).await;
        let body = json!({"name": "Socialnämnden", "kind": "authority"});
        let entity = admin.make("/v1/legal-entities", &body).await;
        let entity = entity["id"].as_str().unwrap().to_owned();
        let source = json!({"name": "hr", "kind": "hr", "label": "Personalsystemet", "legal_entity_id": entity,
            "ordering": "snapshot"});
        admin.make("/v1/sources", &source).await;
        Self {
            server,
            admin,
            hr,
            entity,
        }
    }

    async fn send(&self, query: &str, body: impl Into<Vec<u8>>) -> Answer {
        self.send_as("text/csv", query, body).await
    }

    async fn send_as(&self, media_type: &str, query: &str, body: impl Into<Vec<u8>>) -> Answer {
        let request = self.hr.fresh_post(&format!("{SNAPSHOTS}?{query}"));
        Answer::of(request.header("content-type", media_type).body(body.into())).await
    }

    /// Delivers a complete snapshot and has it applied.
    async fn deliver(&self, day: u32, rows: &str) -> Value {
        let _ = self
            .send(&complete(day), format!("{HEADER}\n{rows}"))
            .await
            .expect(StatusCode::ACCEPTED);
        self.server.run_jobs().await;
        self.read(day).await
    }

    async fn read(&self, day: u32) -> Value {
        let path = format!("{SNAPSHOTS}/s-{day}");
        self.hr.get(&path).await.expect(StatusCode::OK).json()
    }

    async fn employments(&self) -> Vec<Value> {
        self.admin.all("/v1/employments?source=hr").await
    }
}

fn complete(day: u32) -> String {
    format!("snapshot_id=s-{day}&as_of=2027-01-{day:02}T02:00:00&complete=true")
}

fn row(number: usize, end: &str) -> String {
    format!("e-{number};p-{number};Person Exempel;employee;VO-12;m-77;2020-08-01;{end}\n")
}

fn rows(numbers: impl Iterator<Item = usize>) -> String {
    numbers.fold(String::new(), |mut text, number| {
        write!(text, "{}", row(number, "")).unwrap();
        text
    })
}

fn numbers(answer: &Value) -> [i64; 6] {
    ["rows", "created", "changed", "unchanged", "applied", "missing"]
        .map(|name| answer[name].as_i64().unwrap())
}

async fn hand_out(door: &Door<'_>, employment: &Value) {
    let device = json!({"legal_entity_id": door.entity, "serial": "EX01K0001", "model": "E10", "data_class": "standard"});
    let device = door.admin.make("/v1/devices", &device).await;
    let assignment = json!({"employment_id": employment["id"], "device_id": device["id"]});
    door.admin.make("/v1/assignments", &assignment).await;
}

#[test]
fn what_differs_is_applied_and_its_case_follows_and_the_rest_costs_nothing() {
    for_each_database(async |db| {
        let server = TestServer::start(db);
        let door = Door::open(&server).await;
        let first = door.deliver(4, &rows(1..=3)).await;
        assert_eq!(
            (&first["state"], numbers(&first)),
            (&json!("applied"), [3, 3, 0, 0, 3, 0])
        );
        let employments = door.employments().await;
        hand_out(&door, &employments[0]).await;

        // One ends; 9999-12-31 is no end.
        let text = format!("{}{}{}", row(1, "2027-03-31"), row(2, "9999-12-31"), row(3, ""));
        let second = door.deliver(5, &text).await;
        assert_eq!(numbers(&second), [3, 0, 1, 2, 1, 0]);
        let cases = door.admin.get("/v1/terminations").await.json();
        assert_eq!(cases["items"][0]["end_on"], "2027-03-31");
        assert_eq!(cases["items"].as_array().unwrap().len(), 1);
        let after = door.employments().await;
        assert_eq!(after[1], employments[1], "an unchanged row touches nothing");
        assert!(after[0]["sequence"].as_i64() > after[1]["sequence"].as_i64());

        // The same file by the same name is the same snapshot, with another key too.
        let again = door.send(&complete(5), format!("{HEADER}\n{text}")).await;
        assert_eq!(again.expect(StatusCode::OK).json()["version"], second["version"]);
        let other = door.send(&complete(5), format!("{HEADER}\n{}", row(1, ""))).await;
        assert_eq!(other.refusal(), "409 snapshot_id_taken");
        // An older one has no effect.
        let late = "snapshot_id=late&as_of=2027-01-04T12:00:00Z&complete=true";
        let late = door.send(late, format!("{HEADER}\n{}", row(1, ""))).await;
        assert_eq!(late.expect(StatusCode::OK).json()["state"], "stale");
        // A correction of the same instant is newer than what it corrects.
        let corrected = "snapshot_id=corrected&as_of=2027-01-05T02:00:00&complete=false";
        let corrected = door.send(corrected, format!("{HEADER}\n{}", row(1, ""))).await;
        assert_eq!(corrected.expect(StatusCode::ACCEPTED).json()["changed"], 1);
        server.run_jobs().await;
        assert_eq!(
            door.admin.get("/v1/terminations").await.json()["items"][0]["state"],
            "cancelled"
        );
        let listed = door.hr.all(SNAPSHOTS).await;
        assert_eq!(listed.len(), 4);
        server.stop().await;
    });
}

#[test]
fn the_answer_comes_again_for_the_same_key() {
    for_each_database(async |db| {
        let server = TestServer::start(db);
        let door = Door::open(&server).await;
        let send = |text: String| {
            let request = door
                .hr
                .request(Method::POST, &format!("{SNAPSHOTS}?{}", complete(4)))
                .header("idempotency-key", "k-1")
                .header("content-type", "text/csv; charset=utf-8");
            Answer::of(request.body(text))
        };
        let text = format!("{HEADER}\n{}", rows(1..=2));
        let first = send(text.clone()).await.expect(StatusCode::ACCEPTED);
        server.run_jobs().await;
        let again = send(text.clone()).await.expect(StatusCode::ACCEPTED);
        assert_eq!(
            (again.body.as_str(), again.header("idempotent-replayed")),
            (first.body.as_str(), "true")
        );
        assert_eq!(again.header("location"), "/v1/sources/hr/snapshots/s-4");
        let other = send(text + &row(3, "")).await;
        assert_eq!(
            other.expect(StatusCode::UNPROCESSABLE_ENTITY).problem()["type"],
            "urn:handback:problem:idempotency-key-reused"
        );
        server.stop().await;
    });
}

#[test]
fn a_missing_row_ends_nothing_and_is_listed_until_it_is_back() {
    for_each_database(async |db| {
        let server = TestServer::start(db);
        let door = Door::open(&server).await;
        door.deliver(4, &rows(1..=4)).await;
        let ended = format!("{}{}", rows(1..=2), row(3, "2027-01-04"));
        let missing = async || door.hr.all("/v1/sources/hr/missing").await;
        let of = |missing: &[Value]| -> Vec<(String, i64)> {
            let one = |row: &Value| {
                (
                    row["external_id"].as_str().unwrap().to_owned(),
                    row["snapshots"].as_i64().unwrap(),
                )
            };
            missing.iter().map(one).collect()
        };
        assert_eq!(door.deliver(5, &ended).await["missing"], 1);
        assert_eq!(of(&missing().await), [("e-4".to_owned(), 1)]);
        // Who is known to have left need not be in the file any more.
        let _ = door
            .send(&complete(6), format!("{HEADER}\n{}", rows(1..=2)))
            .await
            .expect(StatusCode::OK);
        let found = missing().await;
        assert_eq!(of(&found), [("e-4".to_owned(), 2)]);
        assert_eq!(found[0]["missing_since"], "2027-01-05T01:00:00Z");
        let end = async |etag: &str, day: &str| {
            let path = format!(
                "/v1/sources/hr/missing/{}/end",
                found[0]["employment_id"].as_str().unwrap()
            );
            let request = door.admin.request(Method::POST, &path).header("if-match", etag);
            Answer::of(request.json(&json!({ "end_date": day }))).await
        };
        assert_eq!(
            end("\"v2\"", "2027-01-04").await.status,
            StatusCode::PRECONDITION_FAILED
        );
        assert_eq!(
            end("\"v1\"", "2019-01-04").await.refusal(),
            "422 /end_date end_before_start"
        );
        let partial = "snapshot_id=part&as_of=2027-01-07T02:00:00&complete=false";
        let _ = door
            .send(partial, format!("{HEADER}\n{}", row(1, "")))
            .await
            .expect(StatusCode::OK);
        assert_eq!(
            of(&missing().await),
            [("e-4".to_owned(), 2)],
            "a part says nothing about the rest"
        );
        let _ = door
            .send(
                "snapshot_id=back&as_of=2027-01-08T02:00:00&complete=false",
                format!("{HEADER}\n{}", row(4, "")),
            )
            .await
            .expect(StatusCode::OK);
        assert_eq!(missing().await, Vec::<Value>::new());
        assert!(
            door.employments()
                .await
                .iter()
                .filter(|row| row["end_date"].is_null())
                .count()
                == 3
        );
        server.stop().await;
    });
}

#[test]
fn a_file_that_looks_wrong_is_held_and_touches_nothing_until_somebody_decides() {
    for_each_database(async |db| {
        let mut app = db.app().clone();
        let mut config = app.config.as_ref().clone();
        config.mail.desk_address = Some(Mailbox::new(None, "desk@exempelkommunen.example").unwrap());
        app.config = Arc::new(config);
        let server = TestServer::start_app(db, app.clone());
        let door = Door::open(&server).await;
        let run = async || {
            let deliveries = handback::jobs::Deliveries;
            handback::jobs::run_due(&app, deliveries, handback::jobs::schedule::RECONCILERS, None)
                .await
                .unwrap()
        };
        door.deliver(4, &rows(1..=60)).await;
        let before = door.employments().await;

        // A row count that collapsed.
        let few = door
            .send(&complete(5), format!("{HEADER}\n{}", rows(1..=39)))
            .await;
        let few = few.expect(StatusCode::ACCEPTED);
        assert_eq!(
            (&few.json()["state"], &few.json()["hold_reasons"]),
            (&json!("held"), &json!(["row_drop"]))
        );
        run().await;
        assert_eq!(door.employments().await, before);
        assert_eq!(door.hr.all("/v1/sources/hr/missing").await, Vec::<Value>::new());
        let mails = db.mailer().sent();
        assert_eq!(
            mails.last().unwrap().envelope_to,
            ["desk@exempelkommunen.example"]
        );
        let decide = async |day: u32, what: &str, etag: &str| {
            let path = format!("{SNAPSHOTS}/s-{day}/{what}");
            let request = door.admin.request(Method::POST, &path).header("if-match", etag);
            Answer::of(request.json(&json!({"reason": "Filen var halv."}))).await
        };
        assert_eq!(
            decide(5, "rejection", "\"v9\"").await.status,
            StatusCode::PRECONDITION_FAILED
        );
        let rejected = decide(5, "rejection", &few.etag()).await.expect(StatusCode::OK);
        assert_eq!(rejected.json()["state"], "rejected");
        assert_eq!(
            decide(5, "approval", &rejected.etag()).await.refusal(),
            "409 not_held"
        );

        // Many ends at once, which somebody knows to be right.
        let ends: String = (1..=60)
            .map(|number| row(number, if number <= 21 { "2027-06-30" } else { "" }))
            .collect();
        let many = door
            .send(&complete(6), format!("{HEADER}\n{ends}"))
            .await
            .expect(StatusCode::ACCEPTED);
        assert_eq!(
            (&many.json()["hold_reasons"], &many.json()["new_ends"]),
            (&json!(["new_ends"]), &json!(21))
        );
        assert_eq!(door.employments().await, before);
        let approved = decide(6, "approval", &many.etag()).await.expect(StatusCode::OK);
        assert_eq!(approved.json()["state"], "applying");
        run().await;
        let read = door.read(6).await;
        assert_eq!(
            (&read["state"], numbers(&read)),
            (&json!("applied"), [60, 0, 21, 39, 21, 0])
        );
        let ended = door.employments().await;
        assert_eq!(
            ended.iter().filter(|row| row["end_date"] == "2027-06-30").count(),
            21
        );

        // One that is held while a newer one is applied is no longer of use.
        let _ = door
            .send(&complete(7), format!("{HEADER}\n{}", row(1, "")))
            .await
            .expect(StatusCode::ACCEPTED);
        let _ = door
            .send(&complete(8), format!("{HEADER}\n{ends}"))
            .await
            .expect(StatusCode::OK);
        assert_eq!(decide(7, "approval", "\"v1\"").await.refusal(), "409 outdated");
        server.stop().await;
    });
}

#[test]
fn a_bad_file_is_answered_with_line_and_column_and_nothing_of_it_is_used() {
    for_each_database(async |db| {
        let server = TestServer::start(db);
        let door = Door::open(&server).await;
        let good = row(1, "");
        let windows = |text: &str| encoding_rs::WINDOWS_1252.encode(text).0.into_owned();
        let header = |from: &str, to: &str| format!("{}\n{good}", HEADER.replace(from, to)).into_bytes();
        let with = |rows: &str| format!("{HEADER}\n{good}{rows}").into_bytes();
        let cases: Vec<(&str, Vec<u8>, Value)> = vec![
            (
                "a typing error in a column",
                header("end_date", "endDate"),
                json!([
                    [1, "endDate", "unknown_column"],
                    [1, "end_date", "missing_column"]
                ]),
            ),
            (
                "a column twice",
                header("person_name", "unit"),
                json!([[1, "unit", "repeated_column"]]),
            ),
            (
                "no header",
                good.clone().into_bytes(),
                json!([[1, null, "no_header"]]),
            ),
            ("an empty file", Vec::new(), json!([[1, null, "no_header"]])),
            (
                "only a header",
                HEADER.as_bytes().to_vec(),
                json!([[2, null, "no_rows"]]),
            ),
            ("tabs", header(";", "\t"), json!([[1, null, "wrong_delimiter"]])),
            (
                "another delimiter below",
                header(";", ","),
                json!([[2, null, "wrong_cell_count"]]),
            ),
            (
                "Windows-1252",
                windows(&format!(
                    "{HEADER}\n{good}e-2;p-2;Åke Exempel;employee;VO-12;;2020-08-01;\n"
                )),
                json!([[3, null, "not_utf8"]]),
            ),
            (
                "UTF-16",
                [&[0xFF, 0xFE][..], b"e\0"].concat(),
                json!([[1, null, "utf16"]]),
            ),
            (
                "an id twice",
                with(&good),
                json!([[3, "external_id", "repeated_id"]]),
            ),
            (
                "a time of day",
                with(&row(2, "2027-03-31T00:00:00")),
                json!([[3, "end_date", "not_a_date"]]),
            ),
            (
                "a day that is none",
                with(&row(2, "2027-02-30")),
                json!([[3, "end_date", "not_a_date"]]),
            ),
            (
                "an end before the start",
                with(&row(2, "2019-03-31")),
                json!([[3, "end_date", "end_before_start"]]),
            ),
            (
                "everything at once",
                with("e-2;;Person;boss;VO 12;p-77;;2027-03-31\n"),
                json!([
                    [3, "person_external_id", "missing_value"],
                    [3, "kind", "unknown_value"],
                    [3, "unit", "external_id_characters"],
                    [3, "start_date", "missing_value"]
                ]),
            ),
        ];
        for (name, body, expected) in cases {
            let answer = door
                .send(&complete(4), body)
                .await
                .expect(StatusCode::UNPROCESSABLE_ENTITY);
            let body = answer.json();
            let faults = body["errors"].as_array().unwrap();
            let found: Vec<Value> = faults
                .iter()
                .map(|fault| json!([fault["line"], fault["column"], fault["code"]]))
                .collect();
            assert_eq!(json!(found), expected, "{name}: {}", answer.body);
            assert!(
                !answer.body.contains("boss") && !answer.body.contains("2019"),
                "{name}"
            );
        }
        let mixed = door.send(&complete(4), with(&row(1, "x"))).await;
        let detail = mixed.json()["detail"].as_str().unwrap().to_owned();
        assert!(
            detail.starts_with("1 of the 2 rows that were read are bad and 1 are good. Nothing was applied"),
            "{detail}"
        );
        assert_eq!(door.employments().await, Vec::<Value>::new());
        assert_eq!(door.hr.all(SNAPSHOTS).await, Vec::<Value>::new());

        for (query, refusal) in [
            (
                "",
                "422 snapshot_id missing_parameter, as_of missing_parameter, complete missing_parameter",
            ),
            (
                "snapshot_id=a&as_of=yesterday&complete=true",
                "422 as_of not_an_instant",
            ),
            (
                "snapshot_id=a%20b&as_of=2027-01-04T02:00&complete=true",
                "422 snapshot_id external_id_characters",
            ),
            (
                "snapshot_id=a&as_of=2127-01-04T02:00:00&complete=true",
                "422 /as_of in_the_future",
            ),
        ] {
            assert_eq!(
                door.send(query, format!("{HEADER}\n{good}")).await.refusal(),
                refusal
            );
        }
        let other = door
            .send_as("text/csv; charset=latin-1", &complete(4), good.clone())
            .await;
        assert_eq!(other.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        server.stop().await;
    });
}

#[test]
fn spreadsheets_are_understood() {
    for_each_database(async |db| {
        let server = TestServer::start(db);
        let door = Door::open(&server).await;
        let text = format!(
            "\u{feff}{}\r\n\"e-1\",p-1,\"Åke, Exempel\",employee,VO-12,,2020-08-01,\r\n",
            HEADER.replace(';', ",")
        );
        // The + of the offset is a blank by the time it arrives.
        let query = "snapshot_id=s-4&as_of=2027-01-04T02:00:00+01:00&complete=true";
        assert_eq!(
            door.send(query, text).await.expect(StatusCode::ACCEPTED).json()["as_of"],
            "2027-01-04T01:00:00Z"
        );
        server.run_jobs().await;
        let (text, _, _) =
            encoding_rs::WINDOWS_1252.encode("e-1;p-1;Åke Exempel;employee;VO-12;;2020-08-01;\n");
        let body = [HEADER.as_bytes(), b"\n", &text].concat();
        let answer = door
            .send_as("text/csv; charset=windows-1252", &complete(5), body)
            .await;
        assert_eq!(answer.expect(StatusCode::ACCEPTED).json()["changed"], 1);
        server.run_jobs().await;
        let people = door.admin.get("/v1/people?name_prefix=%C3%A5ke").await.json();
        assert_eq!(people["items"][0]["name"], "Åke Exempel");
        server.stop().await;
    });
}

#[test]
fn a_snapshot_in_json_says_itself_what_it_is() {
    for_each_database(async |db| {
        let server = TestServer::start(db);
        let door = Door::open(&server).await;
        let one = json!({"external_id": "e-1", "person": {"external_id": "p-1"}, "kind": "employee", "unit": "VO-12",
            "start_date": "2020-08-01", "end_date": null, "leave_from": "2027-01-01"});
        let body = json!({"snapshot_id": "j-1", "as_of": "2027-01-04T02:00:00+01:00", "complete": true, "rows": [one]});
        let send = async |body: &str, query: &str| door.send_as("application/json", query, body).await;
        let changed = |pointer: &str, value: Value| {
            let mut body = body.clone();
            *body.pointer_mut(pointer).unwrap() = value;
            body.to_string()
        };
        let without = |member: &str| {
            let mut row = one.clone();
            row.as_object_mut().unwrap().remove(member);
            changed("/rows/0", row)
        };
        let mut nobody = one.clone();
        nobody["manager"] = json!({"name": "Bo Chef"});
        let mut typo = one.clone();
        typo["endDate"] = json!("2027-03-31");
        let mut back_too_soon = one.clone();
        back_too_soon["leave_to"] = json!("2026-12-31");
        let mut without_beginning = back_too_soon.clone();
        without_beginning["leave_from"] = Value::Null;
        for (text, refusal) in [
            (changed("/rows/0", typo), "422 /rows/0/endDate unknown_member"),
            (
                changed("/rows/0", nobody),
                "422 /rows/0/manager/external_id missing_member",
            ),
            (
                changed("/rows/0", back_too_soon),
                "422 /rows/0/leave_to end_before_start",
            ),
            (
                changed("/rows/0", without_beginning),
                "422 /rows/0/leave_from missing_value",
            ),
            (without("end_date"), "422 /rows/0/end_date missing_member"),
            (without("person"), "422 /rows/0/person/external_id missing_member"),
            (changed("/rows/0/unit", json!(12)), "422 /rows/0/unit wrong_type"),
            (
                changed("/rows/0/person", json!("p-1")),
                "422 /rows/0/person wrong_type",
            ),
            (
                changed("/rows/0/start_date", json!("")),
                "422 /rows/0/start_date not_a_date",
            ),
            (
                changed("/rows", json!([one, one])),
                "422 /rows/1/external_id repeated_id",
            ),
            (changed("/rows", json!([])), "422 /rows no_rows"),
            (changed("/as_of", json!("now")), "422 /as_of not_an_instant"),
            (
                json!({"rows": [one]}).to_string(),
                "422 /snapshot_id missing_member, /as_of missing_member, /complete missing_member",
            ),
        ] {
            assert_eq!(send(&text, "").await.refusal(), refusal, "{text}");
        }
        for text in [
            "",
            "{",
            "[]",
            "{\"rows\":[1]}",
            "{\"rows\":[{\"unit\":\"a\",\"unit\":\"b\"}]}",
            "{\"rows\":[]} x",
        ] {
            assert_eq!(
                send(text, "").await.problem()["type"],
                "urn:handback:problem:malformed-body",
                "{text}"
            );
        }
        assert_eq!(
            send(&body.to_string(), "complete=true").await.refusal(),
            "422 complete not_with_json"
        );
        let taken = send(&body.to_string(), "")
            .await
            .expect(StatusCode::ACCEPTED)
            .json();
        assert_eq!(
            (&taken["snapshot_id"], &taken["created"]),
            (&json!("j-1"), &json!(1))
        );
        server.run_jobs().await;
        let employments = door.employments().await;
        assert_eq!(employments.len(), 1);
        assert_eq!(
            employments[0]["leave"],
            json!([{"from": "2027-01-01", "to": null}])
        );
        server.stop().await;
    });
}

#[test]
fn a_file_beyond_the_limit_is_refused_and_the_limit_is_named() {
    for_each_database(async |db| {
        let mut app = db.app().clone();
        let mut config = app.config.as_ref().clone();
        config.http.snapshot_limit = 2 * 1024 * 1024;
        config.http.body_limit = 1_024;
        app.config = Arc::new(config);
        let server = TestServer::start_app(db, app);
        let door = Door::open(&server).await;
        let large = vec![b'x'; 2 * 1024 * 1024 + 1];
        let answer = door
            .send(&complete(4), large)
            .await
            .expect(StatusCode::PAYLOAD_TOO_LARGE);
        assert!(answer.body.contains("at most 2 MiB"), "{}", answer.body);
        // More than the limit of ordinary bodies is fine.
        assert_eq!(door.deliver(4, &rows(1..=200)).await["applied"], 200);
        server.stop().await;
    });
}

#[test]
fn applying_goes_on_where_it_was_and_no_other_snapshot_comes_between() {
    for_each_database(async |db: &TestDb| {
        let server = TestServer::start(db);
        let door = Door::open(&server).await;
        let _ = door
            .send(&complete(4), format!("{HEADER}\n{}", rows(1..=250)))
            .await
            .expect(StatusCode::ACCEPTED);
        let id = last_id(&door).await;
        let ctx = Ctx::operator(db.app());
        let progress = snapshots::apply_next(&ctx, id).await.unwrap();
        assert_eq!(
            (progress.done, progress.of, progress.is_finished),
            (100, 250, false)
        );
        let next = door
            .send(&complete(5), format!("{HEADER}\n{}", rows(1..=251)))
            .await;
        assert_eq!(next.refusal(), "409 snapshot_under_way");
        server.run_jobs().await;
        let done = door.read(4).await;
        assert_eq!(
            (&done["state"], &done["applied"]),
            (&json!("applied"), &json!(250))
        );
        let employments = door.employments().await;
        assert_eq!(employments.len(), 250);
        assert!(employments.iter().all(|row| row["version"] == 1));
        server.stop().await;
    });
}

/// Our id of the snapshot that was delivered last, as the audit tells it.
async fn last_id(door: &Door<'_>) -> handback::domain::ids::SnapshotId {
    let entries = door.admin.all("/v1/audit-events?object_type=snapshot").await;
    entries.last().unwrap()["object_id"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap()
}

#[test]
fn a_source_delivers_in_one_way_only() {
    for_each_database(async |db| {
        let server = TestServer::start(db);
        let door = Door::open(&server).await;
        let document = json!({"person": {"external_id": "p-1"}, "kind": "employee", "unit": "VO-12", "state": "active",
            "start_date": "2020-08-01", "end_date": "9999-12-31", "sequence": 1});
        let path = "/v1/sources/hr/employments/e-1";
        assert_eq!(
            door.hr.put(path, &document).await.refusal(),
            "409 ordered_by_snapshots"
        );
        let settings = |ordering: &str| json!({ "ordering": ordering, "open_end_dates": ["9999-12-31"], "max_new_ends": 5, "time_zone": "Europe/Helsinki" });
        let source = door.admin.get("/v1/sources/hr").await;
        let changed = door
            .admin
            .patch("/v1/sources/hr", &source.etag(), &settings("sequence"))
            .await
            .expect(StatusCode::OK);
        assert_eq!(
            (&changed.json()["time_zone"], &changed.json()["max_new_ends"]),
            (&json!("Europe/Helsinki"), &json!(5))
        );
        let refused = door.send(&complete(4), format!("{HEADER}\n{}", row(1, ""))).await;
        assert_eq!(refused.refusal(), "409 ordered_by_sequence");
        let taken = door
            .hr
            .put(path, &document)
            .await
            .expect(StatusCode::CREATED)
            .json();
        let employment = door
            .hr
            .get(&format!(
                "/v1/employments/{}",
                taken["employment_id"].as_str().unwrap()
            ))
            .await
            .json();
        assert_eq!(employment["end_date"], Value::Null, "until further notice");

        let back = door
            .admin
            .patch("/v1/sources/hr", &changed.etag(), &settings("snapshot"))
            .await
            .expect(StatusCode::OK);
        door.deliver(4, &row(1, "2027-03-31")).await;
        assert_eq!(
            door.read(4).await["as_of"],
            "2027-01-04T00:00:00Z",
            "two o'clock in Helsinki"
        );
        let again = door
            .admin
            .patch("/v1/sources/hr", &back.etag(), &settings("sequence"))
            .await;
        assert_eq!(again.refusal(), "409 snapshots_applied");
        let bad = json!({"time_zone": "Mars/Olympus", "max_new_ends_percent": 101});
        let bad = door.admin.patch("/v1/sources/hr", &back.etag(), &bad).await;
        assert_eq!(
            bad.refusal(),
            "422 /time_zone unknown_time_zone, /max_new_ends_percent out_of_range"
        );
        server.stop().await;
    });
}

#[test]
fn what_could_not_be_applied_is_kept_until_somebody_decides() {
    for_each_database(async |db| {
        let server = TestServer::start(db);
        let door = Door::open(&server).await;
        let source = door.admin.get("/v1/sources/hr").await;
        let _ = door
            .admin
            .patch("/v1/sources/hr", &source.etag(), &json!({"ordering": "sequence"}))
            .await
            .expect(StatusCode::OK);
        let document = |sequence: i64, end: Value| {
            json!({"person": {"external_id": "p-1"}, "kind": "employee", "unit": "VO-12",
            "state": "active", "start_date": "2020-08-01", "end_date": end, "sequence": sequence})
        };
        let path = "/v1/sources/hr/employments/e-1";
        let _ = door
            .hr
            .put(path, &document(7, Value::Null))
            .await
            .expect(StatusCode::CREATED);
        hand_out(&door, &door.employments().await[0]).await;
        for _ in 0..3 {
            let conflict = door.hr.put(path, &document(7, json!("2027-03-31"))).await;
            assert_eq!(conflict.refusal(), "409 sequence_conflict");
        }
        let _ = door
            .hr
            .put(path, &document(7, json!("2027-04-30")))
            .await
            .expect(StatusCode::CONFLICT);
        let waiting = door.hr.all("/v1/sources/hr/unmatched?is_resolved=false").await;
        assert_eq!(waiting.len(), 2, "each document waits once");
        assert_eq!(waiting[0]["document"]["end_date"], "2027-03-31");
        let resolve = async |found: &Value, resolution: &str| {
            let path = format!(
                "/v1/sources/hr/unmatched/{}/resolution",
                found["id"].as_str().unwrap()
            );
            let body = json!({"resolution": resolution, "note": "HR bekräftar."});
            Answer::of(
                door.admin
                    .request(Method::POST, &path)
                    .header("if-match", "\"v1\"")
                    .json(&body),
            )
            .await
        };
        let applied = resolve(&waiting[0], "apply").await.expect(StatusCode::OK).json();
        assert_eq!(applied["resolution"], "applied");
        assert_eq!(
            door.admin.get("/v1/terminations").await.json()["items"][0]["end_on"],
            "2027-03-31"
        );
        assert_eq!(
            resolve(&waiting[0], "dismiss").await.status,
            StatusCode::PRECONDITION_FAILED
        );
        // The source goes on as if nothing had happened, and what it said last counts.
        let _ = door
            .hr
            .put(path, &document(8, json!("2027-05-31")))
            .await
            .expect(StatusCode::OK);
        assert_eq!(resolve(&waiting[1], "apply").await.refusal(), "409 newer_known");
        let _ = resolve(&waiting[1], "dismiss").await.expect(StatusCode::OK);
        assert_eq!(
            door.hr.all("/v1/sources/hr/unmatched?is_resolved=false").await,
            Vec::<Value>::new()
        );
        assert_eq!(door.hr.all("/v1/sources/hr/unmatched").await.len(), 2);
        server.stop().await;
    });
}

#[test]
fn a_row_that_cannot_be_applied_is_kept_and_holds_up_nothing() {
    for_each_database(async |db| {
        let server = TestServer::start(db);
        let door = Door::open(&server).await;
        let patch = async |ordering: &str| {
            let source = door.admin.get("/v1/sources/hr").await;
            let body = json!({ "ordering": ordering });
            let changed = door.admin.patch("/v1/sources/hr", &source.etag(), &body).await;
            let _ = changed.expect(StatusCode::OK);
        };
        patch("sequence").await;
        let document = json!({"person": {"external_id": "p-1"}, "kind": "employee", "unit": "VO-12", "state": "active",
            "start_date": "2020-08-01", "end_date": null, "sequence": i64::MAX});
        let path = "/v1/sources/hr/employments/e-1";
        let _ = door.hr.put(path, &document).await.expect(StatusCode::CREATED);
        patch("snapshot").await;
        let read = door.deliver(4, &rows(1..=3)).await;
        assert_eq!(
            (&read["state"], &read["applied"], &read["refused"]),
            (&json!("applied"), &json!(2), &json!(1))
        );
        let waiting = door.admin.all("/v1/sources/hr/unmatched").await;
        assert_eq!(waiting.len(), 1);
        let kept = &waiting[0];
        assert_eq!(
            (&kept["reason"], &kept["external_id"], &kept["snapshot_id"]),
            (&json!("outdated"), &json!("e-1"), &json!("s-4"))
        );
        assert_eq!(kept["document"]["person"]["name"], "Person Exempel");
        server.stop().await;
    });
}
