//! Sealed codes: read once, never anywhere in clear, gone when they shall be gone.

use crate::support::db::{TestDb, for_each_database};
use crate::support::http::TestServer;
use crate::support::log::Log;
use crate::support::world::{IMEIS, World};
use chrono::TimeDelta;
use futures_util::future::join_all;
use handback::domain::actor::Scope;
use handback::domain::ids::{CodeId, ItemId, TerminationId};
use handback::domain::termination::{ActorRole, CodeAnswer, CodeKind, DataClass};
use handback::domain::wipe::IdentityReading;
use handback::services::codes::{self, CodeStatement};
use handback::services::evidence::{self, Finding, Verification};
use handback::services::keys::{self, KeyCheckError};
use handback::services::terminations::{self, IdentityRead};
use handback::services::{Ctx, Recorder, ServiceError};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use std::path::{Path, PathBuf};

const REASON: &str = "Telefonen behöver låsas upp för felsökning.";

fn statement(kind: CodeKind, value: &str) -> CodeStatement {
    CodeStatement {
        kind,
        answer: CodeAnswer::Received,
        value: Some(SecretString::from(value)),
    }
}

async fn store(world: &World, place: (TerminationId, ItemId), kind: CodeKind, value: &str) -> CodeId {
    codes::answer(&world.desk, place, vec![statement(kind, value)], ActorRole::Desk)
        .await
        .unwrap();
    let all = codes::list(&world.desk, place.0).await.unwrap();
    all.iter().rfind(|code| code.kind == kind).unwrap().id
}

async fn leaver(world: &World) -> (TerminationId, ItemId) {
    let device = world.device(0, DataClass::Standard).await;
    world.leaver("kim", device.id).await
}

#[test]
fn of_64_who_ask_at_once_exactly_one_reads_the_code() {
    for_each_database(async |db: &TestDb| {
        let world = World::new(db).await;
        let place = leaver(&world).await;
        let id = store(&world, place, CodeKind::ScreenLock, "1742").await;
        let answers = join_all((0..64).map(|_| {
            let desk = world.desk.clone();
            tokio::spawn(async move { codes::reveal(&desk, id, REASON).await })
        }))
        .await;
        let (mut read, mut refused) = (0, 0);
        for answer in answers {
            match answer.unwrap() {
                Ok(code) => {
                    assert_eq!(
                        (code.kind, code.value.expose_secret()),
                        (CodeKind::ScreenLock, "1742")
                    );
                    read += 1;
                }
                Err(ServiceError::UsedUp {
                    code: "code_already_revealed",
                    ..
                }) => refused += 1,
                // Many at once on a small pool: told to come again, and shown nothing.
                Err(ServiceError::Busy) => {}
                Err(other) => panic!("{other:?}"),
            }
        }
        assert_eq!(read, 1);
        assert!(refused > 0);
        let entries =
            db.number("SELECT COUNT(*) AS n FROM code WHERE reveals_left = 0 AND revealed_at IS NOT NULL");
        assert_eq!(entries, 1);
    });
}

/// The bytes of every file of a folder, and of the folders in it.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let bytes = std::fs::read(&path).unwrap();
            found.push((path, bytes));
        }
    }
    found
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

fn folder(world: &World) -> &Path {
    let handback::db::DatabaseUrl::Sqlite(path) = world.app.db.url() else {
        panic!("a file");
    };
    path.parent().unwrap()
}

#[test]
fn a_code_is_found_in_no_file_no_log_and_no_refusal_and_its_digest_is_not_either() {
    let log = Log::listen();
    let db = TestDb::sqlite();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let world = World::new(&db).await;
        let (case, item) = leaver(&world).await;
        let server = TestServer::start(&db);
        let desk = server.caller(&[Scope::Desk]).await;
        let canary = format!("kanarie-{}", world.app.ids.next::<uuid::Uuid>().simple());
        let path = format!("/v1/terminations/{case}/items/{item}/codes");
        let body = |answer: &str, value: &str| json!({"codes": [{"kind": "other", "answer": answer, "value": value}]});
        for wrong in [
            body("refused", &canary),
            body("received", &canary.repeat(10)),
            body(&canary, &canary),
            json!({"codes": [{"kind": "other", "answer": "received", "value": [canary]}]}),
        ] {
            let refused = desk.post(&path, &wrong).await;
            assert_eq!(refused.status.as_u16(), 422, "{}", refused.body);
            assert!(!refused.body.contains(&canary), "{}", refused.body);
        }
        assert_eq!(desk.post(&path, &body("received", &canary)).await.status.as_u16(), 200);
        let stored = codes::list(&world.desk, case).await.unwrap();
        let reveal = format!("/v1/codes/{}/reveal", stored[0].id);
        let shown = desk.post(&reveal, &json!({"reason": REASON})).await;
        assert_eq!(shown.json()["value"], canary.as_str());
        server.stop().await;

        let digest = handback::crypto::digest::sha256(canary.as_bytes());
        let logged = log.bytes();
        assert!(contains(&logged, b"TRACE") && logged.len() > 1_000, "there is something to search");
        let mut all = files(folder(&world));
        let searched: usize = all.iter().map(|(_, bytes)| bytes.len()).sum();
        assert!(searched > 100_000, "there is something to search");
        all.push((PathBuf::from("the log"), logged));
        for (path, bytes) in all {
            assert!(!contains(&bytes, canary.as_bytes()), "{}", path.display());
            assert!(!contains(&bytes, &digest), "{}", path.display());
        }
    });
}

#[test]
fn what_was_destroyed_leaves_the_files() {
    let db = TestDb::sqlite();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let world = World::new(&db).await;
        let place = leaver(&world).await;
        store(&world, place, CodeKind::ScreenLock, "1742").await;
        let wrapped = db.text("SELECT hex(wrapped) AS t FROM data_key");
        let sealed = db.text("SELECT hex(sealed) AS t FROM code");
        let secrets = [wrapped, sealed].map(|hex| bytes_of(&hex));
        let places = |secret: &Vec<u8>| -> Vec<PathBuf> {
            let all = files(folder(&world)).into_iter();
            all.filter(|(_, bytes)| contains(bytes, secret))
                .map(|(path, _)| path)
                .collect()
        };
        assert!(secrets.iter().all(|secret| !places(secret).is_empty()));
        world.employ("kim", 3, None).await;
        codes::destroy(&Ctx::system(&world.app), place.0).await.unwrap();
        let left: Vec<_> = secrets.iter().flat_map(places).collect();
        assert!(left.is_empty(), "{left:?}");
    });
}

fn bytes_of(hex: &str) -> Vec<u8> {
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect()
}

#[test]
fn an_account_reads_ten_codes_an_hour() {
    for_each_database(async |db: &TestDb| {
        let world = World::new(db).await;
        let place = leaver(&world).await;
        for number in 0..10 {
            let id = store(&world, place, CodeKind::SimPin, &format!("{number:04}")).await;
            codes::reveal(&world.desk, id, REASON).await.unwrap();
            world.app.clock.advance(TimeDelta::minutes(1));
        }
        let id = store(&world, place, CodeKind::SimPin, "0042").await;
        let refused = codes::reveal(&world.desk, id, REASON).await;
        assert!(
            matches!(refused, Err(ServiceError::LimitReached { retry_after: 3_001 })),
            "{refused:?}"
        );
        world.app.clock.advance(TimeDelta::minutes(51));
        codes::reveal(&world.desk, id, REASON).await.unwrap();
    });
}

#[test]
fn a_reveal_needs_a_reason_a_case_under_way_and_a_code_that_is_still_there() {
    for_each_database(async |db: &TestDb| {
        let world = World::new(db).await;
        let place = leaver(&world).await;
        let old = store(&world, place, CodeKind::ScreenLock, "1742").await;
        let new = store(&world, place, CodeKind::ScreenLock, "1743").await;
        let short = codes::reveal(&world.desk, new, " för  kort ").await;
        assert!(matches!(short, Err(ServiceError::Invalid(_))));
        let unknown = codes::reveal(&world.desk, world.app.ids.next(), REASON).await;
        assert!(matches!(unknown, Err(ServiceError::NotFound(_))));
        let replaced = codes::reveal(&world.desk, old, REASON).await;
        assert!(matches!(
            replaced,
            Err(ServiceError::UsedUp {
                code: "code_destroyed",
                ..
            })
        ));
        let foreign = codes::reveal(&world.mdm, new, REASON).await;
        assert!(matches!(foreign, Err(ServiceError::Forbidden(_))));
        assert_eq!(
            codes::reveal(&world.desk, new, REASON)
                .await
                .unwrap()
                .value
                .expose_secret(),
            "1743"
        );
    });
}

#[test]
fn a_code_moved_to_another_row_does_not_open_and_the_failure_is_on_record() {
    for_each_database(async |db: &TestDb| {
        let world = World::new(db).await;
        let place = leaver(&world).await;
        let one = store(&world, place, CodeKind::ScreenLock, "1742").await;
        let other = store(&world, place, CodeKind::SimPin, "9999").await;
        db.execute(&format!(
            "UPDATE code SET sealed = (SELECT sealed FROM code WHERE id = '{other}') WHERE id = '{one}'"
        ));
        let refused = codes::reveal(&world.desk, one, REASON).await;
        assert!(matches!(&refused, Err(ServiceError::Internal(text)) if !text.contains("9999")));
        assert_eq!(
            db.number("SELECT COUNT(*) AS n FROM code WHERE reveals_left = 1"),
            2
        );
        codes::reveal(&world.desk, other, REASON).await.unwrap();
    });
}

#[test]
fn codes_go_when_the_wipe_is_verified_and_at_last_when_the_case_is_closed() {
    for_each_database(async |db: &TestDb| {
        let world = World::new(db).await;
        let device = world.device(0, DataClass::Standard).await;
        let employed = world.employ("kim", 1, None).await;
        world.hand_out(device.id, employed.employment.id).await;
        let second = world.device(1, DataClass::Standard).await;
        world.hand_out(second.id, employed.employment.id).await;
        let (case, item) = world.ends("kim").await;
        let other = world.case(case).await.termination.items[1].id;
        let verified = store(&world, (case, item), CodeKind::ScreenLock, "1742").await;
        store(&world, (case, other), CodeKind::ScreenLock, "1743").await;
        let seen = Verification {
            identity: IdentityRead {
                serial: None,
                imei: Some(IMEIS[0].to_owned()),
            },
            reading: IdentityReading::Screen,
            finding: Finding::Erased,
            locks_absent: false,
        };
        evidence::verify(&world.desk, (case, item), seen, Recorder::none())
            .await
            .unwrap();
        let gone = codes::reveal(&world.desk, verified, REASON).await;
        assert!(matches!(
            gone,
            Err(ServiceError::UsedUp {
                code: "code_destroyed",
                ..
            })
        ));
        assert_eq!(sealed(db), (1, 1));
        // While the case is under way the rest stays, whenever the job comes.
        assert_eq!(codes::destroy(&Ctx::system(&world.app), case).await, Ok(0));
        world.employ("kim", 3, None).await;
        assert_eq!(codes::destroy(&Ctx::system(&world.app), case).await, Ok(1));
        assert_eq!(sealed(db), (0, 0));
        assert_eq!(codes::destroy(&Ctx::system(&world.app), case).await, Ok(0));
        let all = codes::list(&world.desk, case).await.unwrap();
        assert!(all.len() == 2 && all.iter().all(|code| code.destroyed_at.is_some()));
    });
}

/// How many sealed codes and wrapped keys there are.
fn sealed(db: &TestDb) -> (i64, i64) {
    (
        db.number("SELECT COUNT(*) AS n FROM code WHERE sealed IS NOT NULL"),
        db.number("SELECT COUNT(*) AS n FROM data_key WHERE wrapped IS NOT NULL"),
    )
}

#[test]
fn a_start_with_a_missing_or_exchanged_key_is_refused_by_the_name_of_the_key() {
    for_each_database(async |db: &TestDb| {
        let world = World::new(db).await;
        let place = leaver(&world).await;
        store(&world, place, CodeKind::ScreenLock, "1742").await;
        keys::check_at_start(&world.app).await.unwrap();
        keys::check_at_start(&world.app).await.unwrap();
        let status = keys::status(&Ctx::operator(&world.app)).await.unwrap();
        let counts: Vec<_> = status
            .iter()
            .map(|key| (key.kid.as_str(), key.data_keys, key.is_current))
            .collect();
        assert_eq!(counts, [("test-1", 0, false), ("test-2", 1, true)]);
        db.execute("UPDATE key_check SET sealed = (SELECT sealed FROM key_check WHERE kid = 'test-1') WHERE kid = 'test-2'");
        let exchanged = keys::check_at_start(&world.app).await;
        assert_eq!(
            exchanged,
            Err(KeyCheckError::Different {
                kid: "test-2".to_owned()
            })
        );
        db.execute("UPDATE data_key SET kid = 'lost'");
        let missing = keys::check_at_start(&world.app).await;
        assert_eq!(
            missing,
            Err(KeyCheckError::Missing {
                kid: "lost".to_owned(),
                uses: 1
            })
        );
    });
}

#[test]
fn a_hold_blocks_reset_until_it_is_released() {
    for_each_database(async |db: &TestDb| {
        let world = World::new(db).await;
        let place = leaver(&world).await;
        terminations::hold(&world.desk, place.0, "Utredning pågår.", Recorder::none())
            .await
            .unwrap();
        let reset = handback::domain::termination::CheckKind::Reset;
        let refused = world.settle(place, reset, None).await;
        assert!(matches!(refused, Err(ServiceError::Domain(error)) if error.code() == "held"));
        terminations::release(&world.desk, place.0, "Beslut 7.", Recorder::none())
            .await
            .unwrap();
        world.settle(place, reset, None).await.unwrap();
    });
}
