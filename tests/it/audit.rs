//! The audit: what is written stays, and what does not stay is found, on both databases.

use crate::support::app::start;
use crate::support::db::{TestDb, for_each_database};
use chrono::TimeDelta;
use handback::crypto::keyring::Keyring;
use handback::db::audit::{self as store, AuditFilter, Entry};
use handback::domain::ids::TerminationId;
use handback::domain::page::PageRequest;
use handback::domain::policy::Action;
use handback::services::audit::{self, Anchors, Report, Verdict};
use handback::services::{Ctx, ServiceError};
use serde_json::json;
use uuid::Uuid;

const TABLES: [&str; 5] = [
    "audit_entry",
    "audit_payload",
    "audit_pending",
    "audit_seal",
    "audit_seal_entry",
];

fn ctx(db: &TestDb) -> Ctx {
    Ctx::system(db.app())
}

fn entry(number: usize) -> Entry {
    Entry {
        action: "device.assigned",
        object_type: "device",
        object_id: format!("d-{number}"),
        termination: Some(TerminationId::from(Uuid::from_u128(1))),
        details: json!({ "number": number }),
    }
}

async fn append(db: &TestDb, numbers: std::ops::Range<usize>) {
    ctx(db)
        .write(Action::Operate, move |tx| {
            for number in numbers.clone() {
                store::append(tx, entry(number))?;
            }
            Ok(())
        })
        .await
        .unwrap();
}

async fn seal(db: &TestDb) -> usize {
    audit::seal(&ctx(db)).await.unwrap()
}

/// Three seals of three entries each.
async fn three_seals(db: &TestDb) {
    for batch in 0..3 {
        append(db, batch * 3..batch * 3 + 3).await;
        assert_eq!(seal(db).await, 3);
        db.app().clock.advance(TimeDelta::seconds(2));
    }
}

async fn verify_with(db: &TestDb, anchors: Anchors) -> Report {
    audit::verify(&ctx(db), anchors).await.unwrap()
}

async fn verify(db: &TestDb) -> Verdict {
    verify_with(db, Anchors::default()).await.verdict
}

async fn anchors(db: &TestDb) -> Anchors {
    let file = tempfile(db);
    let keyring = Keyring::for_tests();
    audit::anchor(&ctx(db), &keyring, &file).await.unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    Anchors::read(&text, &keyring).unwrap()
}

fn tempfile(db: &TestDb) -> std::path::PathBuf {
    let name = format!("anchors-{}.jsonl", db.app().ids.next::<Uuid>());
    std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// Thirty-two bytes of another value, as the database writes them.
fn bytes(db: &TestDb) -> &'static str {
    if db.is_sqlite() {
        "zeroblob(32)"
    } else {
        "decode(repeat('00', 32), 'hex')"
    }
}

#[test]
fn what_is_in_the_queue_a_second_time_stops_the_sealer_aloud_and_not_as_if_another_were_first() {
    for_each_database(async |db| {
        append(db, 0..3).await;
        assert_eq!(seal(db).await, 3);
        db.execute(
            "INSERT INTO audit_pending SELECT id, digest FROM audit_entry \
             WHERE id = (SELECT min(id) FROM audit_entry)",
        );
        append(db, 3..4).await;
        let refused = audit::seal(&ctx(db)).await;
        assert!(matches!(refused, Err(ServiceError::Internal(_))), "{refused:?}");
        db.execute("DELETE FROM audit_pending WHERE entry_id IN (SELECT entry_id FROM audit_seal_entry)");
        assert_eq!(seal(db).await, 1, "nothing was lost meanwhile");
    });
}

#[test]
fn an_entry_tells_who_what_and_when_and_dies_with_its_transaction() {
    for_each_database(async |db| {
        let undone: Result<(), ServiceError> = ctx(db)
            .write(Action::Operate, |tx| {
                store::append(tx, entry(1))?;
                Err(ServiceError::Gone)
            })
            .await;
        assert!(undone.is_err());
        append(db, 2..3).await;
        let all = audit::list(&ctx(db), AuditFilter::default(), PageRequest::default())
            .await
            .unwrap();
        let [found] = all.items.as_slice() else {
            panic!("{all:?}");
        };
        assert_eq!((found.at, found.actor_kind.as_str()), (start(), "system"));
        assert_eq!(
            (found.action.as_str(), found.object_id.as_str()),
            ("device.assigned", "d-2")
        );
        assert_eq!(found.details, Some(json!({ "number": 2 })));
        let pending = audit::pending(&ctx(db)).await.unwrap();
        assert_eq!((pending.count, pending.oldest), (1, Some(start())));
    });
}

#[test]
fn entries_are_listed_by_object_termination_and_action_in_pages() {
    for_each_database(async |db| {
        append(db, 0..5).await;
        let list = async |filter: AuditFilter, limit, after| {
            let request = PageRequest { limit, after };
            audit::list(&ctx(db), filter, request).await.unwrap()
        };
        let of_object = AuditFilter {
            object_type: Some("device".to_owned()),
            object_id: Some("d-3".to_owned()),
            ..AuditFilter::default()
        };
        assert_eq!(list(of_object, 9, None).await.items.len(), 1);
        let of_termination = AuditFilter {
            termination_id: Some(Uuid::from_u128(1).into()),
            ..AuditFilter::default()
        };
        let first = list(of_termination.clone(), 3, None).await;
        let second = list(of_termination, 3, first.next).await;
        let both = [first.items, second.items].concat();
        let numbers: Vec<&str> = both.iter().map(|entry| entry.object_id.as_str()).collect();
        assert_eq!(
            (numbers, second.next),
            (vec!["d-0", "d-1", "d-2", "d-3", "d-4"], None)
        );
        let of_action = AuditFilter {
            action: Some("device.lost".to_owned()),
            ..AuditFilter::default()
        };
        assert_eq!(list(of_action, 9, None).await.items, []);
    });
}

#[test]
fn what_is_sealed_is_intact_and_what_waits_is_counted() {
    for_each_database(async |db| {
        let empty = verify_with(db, anchors(db).await).await;
        assert_eq!((empty.verdict, empty.head.seq), (Verdict::Intact, 0));
        append(db, 0..1_201).await;
        assert_eq!(seal(db).await, 1_201);
        assert_eq!(seal(db).await, 0);
        append(db, 1_201..1_203).await;
        let report = verify_with(db, anchors(db).await).await;
        assert_eq!(report.verdict, Verdict::Intact);
        assert_eq!(
            (report.head.seq, report.entries, report.unsealed, report.erased),
            (3, 1_201, 2, 0)
        );
    });
}

#[test]
fn eight_sealers_at_once_make_one_chain_without_a_gap() {
    for_each_database(async |db| {
        let sealers = (0..8).map(|sealer| async move {
            for round in 0..10 {
                append(db, sealer * 100 + round * 3..sealer * 100 + round * 3 + 3).await;
                seal(db).await;
            }
        });
        futures_util::future::join_all(sealers).await;
        while audit::pending(&ctx(db)).await.unwrap().count > 0 {
            seal(db).await;
        }
        let report = verify_with(db, Anchors::default()).await;
        assert_eq!(report.verdict, Verdict::Intact);
        assert_eq!((report.entries, report.unsealed), (240, 0));
        let sql = "SELECT count(*) AS n FROM audit_seal";
        assert_eq!(db.number(sql), report.head.seq);
    });
}

#[test]
fn what_is_written_can_be_neither_changed_nor_removed_nor_replaced() {
    for_each_database(async |db| {
        three_seals(db).await;
        let mut attempts: Vec<String> = ["audit_entry", "audit_seal", "audit_seal_entry"]
            .iter()
            .flat_map(|table| {
                let column = if *table == "audit_entry" {
                    "request_id"
                } else {
                    "seq"
                };
                let mut attempts = vec![
                    format!("UPDATE {table} SET {column} = {column}"),
                    format!("DELETE FROM {table}"),
                ];
                attempts.push(if db.is_sqlite() {
                    format!("INSERT OR REPLACE INTO {table} SELECT * FROM {table} LIMIT 1")
                } else {
                    format!("TRUNCATE {table} CASCADE")
                });
                attempts
            })
            .collect();
        if db.is_sqlite() {
            // Where somebody forgot the setting that makes a replacement fire the triggers of a deletion.
            attempts.push(
                "PRAGMA recursive_triggers = OFF;
                 INSERT OR REPLACE INTO audit_entry SELECT * FROM audit_entry LIMIT 1"
                    .to_owned(),
            );
        } else {
            attempts.push(
                "INSERT INTO audit_entry SELECT * FROM audit_entry
                 ON CONFLICT (id) DO UPDATE SET action = 'x'"
                    .to_owned(),
            );
        }
        for sql in attempts {
            let refusal = db.try_execute(&sql).unwrap_err().to_string();
            assert!(refusal.contains("is append-only"), "{sql}: {refusal}");
        }
        assert_eq!(verify(db).await, Verdict::Intact);
    });
}

/// One way to tamper: what is done, and what verifying must then say.
struct Case {
    sql: String,
    verdict: Verdict,
}

fn case(sql: impl Into<String>, verdict: Verdict) -> Case {
    Case {
        sql: sql.into(),
        verdict,
    }
}

/// The entry in the middle of the seal in the middle.
const MIDDLE: &str = "(SELECT entry_id FROM audit_seal_entry WHERE seq = 2 AND position = 1)";

fn edits_of_entries(db: &TestDb) -> Vec<Case> {
    let altered = || Verdict::Altered { seq: 2 };
    let zeros = bytes(db);
    let columns = [
        ("at", "'2027-01-11 08:00:01'"),
        ("actor_kind", "'operator'"),
        ("actor_id", "'x'"),
        ("action", "'x'"),
        ("object_type", "'x'"),
        ("object_id", "'x'"),
        ("termination_id", "NULL"),
        ("request_id", "'x'"),
        ("payload_digest", zeros),
        ("digest", zeros),
    ];
    let mut cases: Vec<Case> = columns
        .iter()
        .map(|(column, value)| {
            case(
                format!("UPDATE audit_entry SET {column} = {value} WHERE id = {MIDDLE}"),
                altered(),
            )
        })
        .collect();
    cases.push(case(
        format!("UPDATE audit_entry SET id = 'x' WHERE id = {MIDDLE}"),
        Verdict::Gap { seq: 2 },
    ));
    cases.push(case(
        format!("DELETE FROM audit_entry WHERE id = {MIDDLE}"),
        Verdict::Gap { seq: 2 },
    ));
    cases
}

fn edits_of_seals(db: &TestDb) -> Vec<Case> {
    let zeros = bytes(db);
    let altered = || Verdict::Altered { seq: 2 };
    let columns = [
        ("previous", zeros, altered()),
        ("merkle_root", zeros, altered()),
        ("hash", zeros, altered()),
        ("entry_count", "2", altered()),
        ("sealed_at", "'2027-01-11 08:00:01'", altered()),
        ("seq", "9", Verdict::Gap { seq: 2 }),
    ];
    let edits = columns.into_iter().map(|(column, value, verdict)| {
        case(
            format!("UPDATE audit_seal SET {column} = {value} WHERE seq = 2"),
            verdict,
        )
    });
    let cut = "DELETE FROM audit_seal WHERE seq = ";
    let mut cases: Vec<Case> = edits.collect();
    cases.extend([
        case(format!("{cut}2"), Verdict::Gap { seq: 2 }),
        case(
            "INSERT INTO audit_seal SELECT 0, previous, merkle_root, entry_count, sealed_at, hash
             FROM audit_seal WHERE seq = 1",
            Verdict::Gap { seq: 1 },
        ),
        case(
            "UPDATE audit_seal_entry SET position = 9 WHERE seq = 2 AND position = 1;
             UPDATE audit_seal_entry SET position = 1 WHERE seq = 2 AND position = 2;
             UPDATE audit_seal_entry SET position = 2 WHERE seq = 2 AND position = 9",
            altered(),
        ),
        case(
            "UPDATE audit_seal_entry SET position = 7 WHERE seq = 2 AND position = 2",
            altered(),
        ),
        case(
            "UPDATE audit_seal_entry SET seq = 1, position = 3 WHERE seq = 2 AND position = 2",
            Verdict::Gap { seq: 1 },
        ),
        case(
            "UPDATE audit_seal_entry SET entry_id = 'x' WHERE seq = 2 AND position = 1",
            Verdict::Gap { seq: 2 },
        ),
        case(
            "DELETE FROM audit_seal_entry WHERE seq = 2 AND position = 2",
            Verdict::Gap { seq: 2 },
        ),
        case(
            format!("INSERT INTO audit_pending SELECT id, digest FROM audit_entry WHERE id = {MIDDLE}"),
            Verdict::Gap { seq: 2 },
        ),
    ]);
    cases
}

#[test]
fn every_way_to_tamper_is_found_at_the_right_place() {
    for_each_database(async |db| {
        three_seals(db).await;
        let copies: String = TABLES
            .iter()
            .map(|table| format!("CREATE TABLE copy_{table} AS SELECT * FROM {table};"))
            .collect();
        let restore: String = TABLES
            .iter()
            .map(|table| format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM copy_{table};"))
            .collect();
        db.tamper(&copies);
        let entries_of_last = {
            let sql = "SELECT entry_id FROM audit_seal_entry WHERE seq = 3";
            format!(
                "DELETE FROM audit_payload WHERE entry_id IN ({sql});
                 DELETE FROM audit_entry WHERE id IN ({sql});"
            )
        };
        let first_of_last = db.text("SELECT id AS t FROM audit_entry ORDER BY id LIMIT 1 OFFSET 6");
        let middle = db.text(&format!("SELECT {MIDDLE} AS t"));
        let outside = |entry: &str| Verdict::OutsideChain {
            entry: entry.to_owned(),
        };
        let payload = || Verdict::PayloadMismatch {
            seq: 2,
            entry: middle.clone(),
        };
        let mut cases = edits_of_entries(db);
        cases.extend(edits_of_seals(db));
        cases.extend([
            case(
                format!("UPDATE audit_payload SET details = '{{}}' WHERE entry_id = {MIDDLE}"),
                payload(),
            ),
            case(
                format!(
                    "UPDATE audit_payload SET salt = {} WHERE entry_id = {MIDDLE}",
                    bytes(db)
                ),
                payload(),
            ),
            case("DELETE FROM audit_seal WHERE seq = 3", outside(&first_of_last)),
            case(
                "DELETE FROM audit_seal WHERE seq = 3; DELETE FROM audit_seal_entry WHERE seq = 3",
                outside(&first_of_last),
            ),
            case(
                format!(
                    "INSERT INTO audit_entry SELECT 'forged', at, actor_kind, actor_id, action, object_type,
                     object_id, termination_id, request_id, payload_digest, digest
                     FROM audit_entry WHERE id = {MIDDLE}"
                ),
                outside("forged"),
            ),
            // All of the last seal, and nothing left to tell of it: only an anchor knows.
            case(
                format!(
                    "{} DELETE FROM audit_seal WHERE seq = 3; DELETE FROM audit_seal_entry WHERE seq = 3",
                    entries_of_last
                ),
                Verdict::Intact,
            ),
        ]);
        for Case { sql, verdict } in cases {
            db.tamper(&sql);
            assert_eq!(verify(db).await, verdict, "{sql}");
            db.tamper(&restore);
            assert_eq!(verify(db).await, Verdict::Intact, "restored after {sql}");
        }
    });
}

#[test]
fn an_entry_that_is_exchanged_for_another_genuine_one_is_found() {
    for_each_database(async |db| {
        three_seals(db).await;
        append(db, 99..100).await;
        let new = db.text("SELECT entry_id AS t FROM audit_pending");
        let old = db.text("SELECT entry_id AS t FROM audit_seal_entry WHERE seq = 2 AND position = 1");
        db.tamper(&format!(
            "UPDATE audit_seal_entry SET entry_id = '{new}' WHERE entry_id = '{old}';
             DELETE FROM audit_pending;
             DELETE FROM audit_payload WHERE entry_id = '{old}';
             DELETE FROM audit_entry WHERE id = '{old}'"
        ));
        assert_eq!(verify(db).await, Verdict::Altered { seq: 2 });
    });
}

#[test]
fn a_chain_that_was_cut_or_written_anew_contradicts_an_anchor() {
    for_each_database(async |db| {
        three_seals(db).await;
        let anchored = anchors(db).await;
        assert_eq!(verify_with(db, anchored.clone()).await.verdict, Verdict::Intact);
        let forget: String = TABLES
            .iter()
            .map(|table| format!("DELETE FROM {table};"))
            .collect();
        db.tamper(&forget);
        for seals in 0..3 {
            assert_eq!(verify(db).await, Verdict::Intact, "the chain alone cannot tell");
            let report = verify_with(db, anchored.clone()).await;
            assert_eq!(report.verdict, Verdict::ShorterThanAnchor { seq: 3 });
            append(db, seals * 3..seals * 3 + 3).await;
            seal(db).await;
        }
        assert_eq!(verify(db).await, Verdict::Intact, "the chain alone cannot tell");
        let report = verify_with(db, anchored).await;
        assert_eq!(report.verdict, Verdict::Altered { seq: 3 });
    });
}

#[test]
fn erased_details_are_counted_and_the_chain_still_holds() {
    for_each_database(async |db| {
        three_seals(db).await;
        db.execute(&format!("DELETE FROM audit_payload WHERE entry_id = {MIDDLE}"));
        let report = verify_with(db, anchors(db).await).await;
        assert_eq!((report.verdict, report.erased), (Verdict::Intact, 1));
        let page = audit::list(&ctx(db), AuditFilter::default(), PageRequest::default())
            .await
            .unwrap();
        let without: Vec<&str> = page
            .items
            .iter()
            .filter(|entry| entry.details.is_none())
            .map(|entry| entry.object_id.as_str())
            .collect();
        assert_eq!(without, ["d-4"]);
    });
}

#[test]
fn anchors_are_lines_that_are_added_and_a_torn_one_does_not_swallow_the_next() {
    for_each_database(async |db| {
        let (file, keyring) = (tempfile(db), Keyring::for_tests());
        three_seals(db).await;
        audit::anchor(&ctx(db), &keyring, &file).await.unwrap();
        append(db, 9..10).await;
        seal(db).await;
        audit::anchor(&ctx(db), &keyring, &file).await.unwrap();
        let good = std::fs::read_to_string(&file).unwrap();
        assert_eq!(Anchors::read(&good, &keyring).unwrap().len(), 2);
        std::fs::write(&file, format!("{good}{{\"at\":")).unwrap();
        audit::anchor(&ctx(db), &keyring, &file).await.unwrap();
        let torn = std::fs::read_to_string(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        assert_eq!(torn.lines().count(), 4);
        let fault = Anchors::read(&torn, &keyring).unwrap_err();
        let verdict = Verdict::from(fault);
        assert_eq!(
            (verdict.exit_code(), verdict),
            (14, Verdict::ForgedAnchor { line: 3 })
        );
        let mended: String = torn
            .lines()
            .filter(|line| line.ends_with('}'))
            .map(|line| format!("{line}\n"))
            .collect();
        assert!(Anchors::read(&mended, &keyring).is_ok());
    });
}
