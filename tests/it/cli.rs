//! The program from the shell.

use handback::clock::Clock;
use handback::config::Config;
use handback::db::{DatabaseUrl, ServingLock};
use handback::domain::language::Language;
use handback::domain::organisation::LegalEntityKind;
use handback::domain::source::{SourceKind, SourceOrdering, SourceSettings};
use handback::domain::wipe::WipePolicy;
use handback::services::legal_entities::{self, NewLegalEntity};
use handback::services::sources::{self, NewSource};
use handback::services::{Ctx, Recorder};
use handback::startup::{self, Prepare};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

/// Runs the program with its files in this folder, and nothing of our own surroundings.
fn handback(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_handback"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("HANDBACK_")) {
        command.env_remove(name);
    }
    command
        .args(arguments)
        .arg("--data-dir")
        .arg(folder)
        .output()
        .unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn an_operator_sets_a_service_up_from_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("new");
    let missing = handback(&folder, &["service-account", "list"]);
    assert!(
        !missing.status.success() && stderr(&missing).contains("there is no database"),
        "{missing:?}"
    );

    assert!(handback(&folder, &["migrate"]).status.success());
    assert!(handback(&folder, &["migrate", "--status"]).status.success());
    let made = handback(
        &folder,
        &["service-account", "create", "hr", "--scope", "hr", "--json"],
    );
    let made: serde_json::Value = serde_json::from_str(&stdout(&made)).unwrap();
    assert!(made["client_secret"].as_str().unwrap().starts_with("hbs_"));
    let taken = handback(&folder, &["service-account", "create", "hr", "--scope", "hr"]);
    assert_eq!(taken.status.code(), Some(1));
    assert!(stderr(&taken).contains("Another service account has this name"));
    assert!(stdout(&handback(&folder, &["service-account", "list"])).contains("active"));
    assert!(handback(&folder, &["jobs", "run", "--once"]).status.success());
    let verified = handback(&folder, &["audit", "verify"]);
    assert!(
        verified.status.success() && stdout(&verified).starts_with("intact"),
        "{verified:?}"
    );
    assert!(stdout(&handback(&folder, &["keys", "status"])).contains("current"));
}

#[test]
fn an_operator_lets_a_directory_in_and_out() {
    let folder = tempfile::tempdir().unwrap();
    let connection = |arguments: &[&str]| {
        let arguments = [&["scim-connection"], arguments].concat();
        handback(folder.path(), &arguments)
    };
    assert!(handback(folder.path(), &["migrate"]).status.success());
    let made = connection(&["create", "entra", "--expires-in", "90", "--json"]);
    let made: serde_json::Value = serde_json::from_str(&stdout(&made)).unwrap();
    let token = made["token"].as_str().unwrap();
    assert!(token.starts_with("hbscim_") && token.len() == 50, "{made}");
    assert!(made["url"].as_str().unwrap().ends_with("/scim/v2"));
    let listed = stdout(&connection(&["list"]));
    assert!(listed.starts_with("active ") && listed.contains("heard never") && !listed.contains(token));
    assert!(stdout(&connection(&["rotate", "entra"])).contains("token:      hbscim_"));
    for (arguments, why) in [
        (&["create", "entra"][..], "Another connection has this name"),
        (
            &["create", "okta", "--source", "hr"],
            "There is no source with this name",
        ),
        (
            &["create", "okta", "--leaver-source"],
            "cannot be the source of leavers",
        ),
        (&["rotate", "okta"], "no such connection"),
    ] {
        let refused = connection(arguments);
        assert_eq!(refused.status.code(), Some(1), "{arguments:?}");
        assert!(stderr(&refused).contains(why), "{}", stderr(&refused));
    }
    assert!(connection(&["revoke", "entra"]).status.success());
    assert!(stdout(&connection(&["list"])).starts_with("revoked "));
}

#[test]
fn time_is_not_moved_where_real_people_get_mail() {
    let folder = tempfile::tempdir().unwrap();
    assert!(handback(folder.path(), &["migrate"]).status.success());
    let moved = handback(
        folder.path(),
        &["jobs", "run", "--once", "--at", "2027-01-04T08:00:00Z"],
    );
    assert_eq!(moved.status.code(), Some(1));
    assert!(stderr(&moved).contains("--at is refused"), "{moved:?}");
}

#[test]
fn with_the_keyring_of_another_installation_no_command_does_anything() {
    let (own, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for folder in [own.path(), other.path()] {
        assert!(handback(folder, &["migrate"]).status.success());
        let made = handback(folder, &["service-account", "create", "hr", "--scope", "hr"]);
        assert!(made.status.success(), "{made:?}");
        assert!(handback(folder, &["jobs", "run", "--once"]).status.success());
    }
    let anchors = own.path().join("anchors.jsonl");
    let before = std::fs::read(&anchors).ok();
    let keyring = "keyring.toml";
    let right = std::fs::read(own.path().join(keyring)).unwrap();
    std::fs::copy(other.path().join(keyring), own.path().join(keyring)).unwrap();
    for command in [
        &["keys", "status"][..],
        &["audit", "verify"],
        &["jobs", "run", "--once"],
        &["service-account", "list"],
        &["service-account", "create", "x", "--scope", "hr"],
    ] {
        let refused = handback(own.path(), command);
        assert_eq!(refused.status.code(), Some(1), "{command:?}: {refused:?}");
        assert!(
            stderr(&refused).contains("is not the key that this database was used with"),
            "{command:?}: {refused:?}"
        );
    }
    assert_eq!(
        std::fs::read(&anchors).ok(),
        before,
        "nothing is signed with a wrong key"
    );
    std::fs::write(own.path().join(keyring), right).unwrap();
    let list = stdout(&handback(own.path(), &["service-account", "list"]));
    assert_eq!(list.lines().count(), 1, "{list}");
}

#[test]
fn the_name_of_an_account_is_one_line_that_can_stand_on_a_receipt() {
    let folder = tempfile::tempdir().unwrap();
    assert!(handback(folder.path(), &["migrate"]).status.success());
    for name in ["", " hr", "hr\n0 active admin", &"x".repeat(201)] {
        let refused = handback(
            folder.path(),
            &["service-account", "create", name, "--scope", "hr"],
        );
        assert_eq!(refused.status.code(), Some(1), "{name:?}");
        assert!(stderr(&refused).contains("1 to 200 characters"), "{refused:?}");
    }
}

#[test]
fn a_keyring_that_others_can_read_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    assert!(handback(folder.path(), &["migrate"]).status.success());
    assert!(handback(folder.path(), &["keys", "status"]).status.success());
    let keyring = folder.path().join("keyring.toml");
    std::fs::set_permissions(&keyring, std::fs::Permissions::from_mode(0o644)).unwrap();
    let refused = handback(folder.path(), &["serve", "--listen", "127.0.0.1:0"]);
    assert!(
        !refused.status.success() && stderr(&refused).contains("0644"),
        "{refused:?}"
    );
}

#[test]
fn a_wrong_setting_is_named_before_anything_happens() {
    let folder = tempfile::tempdir().unwrap();
    let refused = handback(folder.path(), &["serve", "--jobs-workers", "many"]);
    assert_eq!(refused.status.code(), Some(3));
    assert!(stderr(&refused).contains("jobs.workers"), "{refused:?}");
    assert!(!folder.path().join("handback.db").exists());
}

#[test]
fn a_client_of_another_issuer_gets_an_account_without_a_secret() {
    let folder = tempfile::tempdir().unwrap();
    assert!(handback(folder.path(), &["migrate"]).status.success());
    let create = [
        "service-account",
        "create",
        "mdm",
        "--scope",
        "mdm",
        "--issuer",
        "https://idp.exempel.example",
        "--client-id",
        "bridge",
        "--json",
    ];
    let made = handback(folder.path(), &create);
    assert!(stderr(&made).contains("has no such issuer"), "{made:?}");
    let account: serde_json::Value = serde_json::from_str(&stdout(&made)).unwrap();
    assert!(account["client_secret"].is_null());
    let id = account["client_id"].as_str().unwrap();
    let changed = handback(
        folder.path(),
        &["service-account", "scopes", id, "--scope", "read"],
    );
    assert!(changed.status.success(), "{changed:?}");
    let listed = stdout(&handback(folder.path(), &["service-account", "list"]));
    assert!(
        listed.contains("read  bridge of https://idp.exempel.example"),
        "{listed}"
    );
    let half = handback(
        folder.path(),
        &[
            "service-account",
            "create",
            "x",
            "--scope",
            "mdm",
            "--issuer",
            "https://x.example",
        ],
    );
    assert_eq!(half.status.code(), Some(2));
}

/// A database in which the source `hr` delivers snapshots.
async fn with_source(folder: &Path) -> DatabaseUrl {
    assert!(handback(folder, &["migrate"]).status.success());
    let path = folder.join("handback.db");
    let config = Config::for_tests(folder, &format!("sqlite:{}", path.display()));
    let app = startup::start(config, Clock::system(), Prepare::Attach)
        .unwrap()
        .app;
    let ctx = Ctx::operator(&app);
    let entity = NewLegalEntity {
        name: "Socialnämnden".to_owned(),
        kind: LegalEntityKind::Authority,
        org_number: None,
        language: Language::Sv,
        wipe_policy: WipePolicy::default(),
        chancery_id: None,
    };
    let entity = legal_entities::create(&ctx, Recorder::none(), entity)
        .await
        .unwrap();
    let source = NewSource {
        name: "hr".parse().unwrap(),
        kind: SourceKind::Hr,
        label: "HR".to_owned(),
        legal_entity_id: entity.into_fresh().unwrap().id,
        settings: SourceSettings {
            ordering: SourceOrdering::Snapshot,
            ..SourceSettings::default()
        },
    };
    sources::create(&ctx, Recorder::none(), source).await.unwrap();
    app.db.url().clone()
}

#[actix_web::test]
async fn a_file_is_imported_only_when_somebody_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let url = with_source(folder.path()).await;
    let file = folder.path().join("staff.csv");
    let header = "external_id;person_external_id;kind;unit;start_date;end_date";
    let write = |rows: &str| std::fs::write(&file, format!("{header}\n{rows}")).unwrap();
    let import = |more: &[&str]| {
        let fixed = [
            "import",
            "employments",
            file.to_str().unwrap(),
            "--source",
            "hr",
            "--complete",
        ];
        handback(folder.path(), &[&fixed, more].concat())
    };
    let code = |output: &Output| output.status.code().unwrap();
    let at = |day: &'static str| ["--as-of", day];

    write("e-1;p-1;employee;VO-12;2020-08-01;\ne-2;p-2;employee;VO-12;2020-08-01;2026-02-30\n");
    let bad = import(&at("2026-11-01T02:00"));
    assert_eq!(code(&bad), 10, "{bad:?}");
    assert!(
        stdout(&bad).starts_with("line 3, end_date: not_a_date: "),
        "{bad:?}"
    );
    assert!(
        stderr(&bad).contains("1 of the 2 rows that were read are bad and 1 are good"),
        "{bad:?}"
    );

    write("e-1;p-1;employee;VO-12;2020-08-01;\ne-2;p-2;employee;VO-12;2020-08-01;\n");
    for _ in 0..2 {
        let dry = import(&at("2026-11-01T02:00"));
        assert_eq!(code(&dry), 0, "{dry:?}");
        assert!(
            stdout(&dry).starts_with("2 rows: 2 would be new, 0 changed, 0 unchanged"),
            "{dry:?}"
        );
        assert!(stderr(&dry).contains("Nothing was changed"), "{dry:?}");
    }
    let lock = ServingLock::take(&url).unwrap();
    let refused = import(&["--apply"]);
    assert!(
        code(&refused) == 1 && stderr(&refused).contains("Send the file to the server"),
        "{refused:?}"
    );
    drop(lock);
    let applied = import(&[&at("2026-11-01T02:00")[..], &["--apply"]].concat());
    assert_eq!(code(&applied), 0, "{applied:?}");
    assert!(stdout(&applied).starts_with("2 rows: 2 were new"), "{applied:?}");
    let known = import(&at("2026-11-02T02:00"));
    assert!(stdout(&known).contains("0 changed, 2 unchanged"), "{known:?}");
    assert_eq!(code(&import(&at("2026-10-31T02:00"))), 12);
    let many: String = (1..=60)
        .map(|n| format!("f-{n};p-{n};employee;VO-12;2001-01-01;2019-01-01\n"))
        .collect();
    write(&many);
    assert_eq!(code(&import(&at("2026-11-03T02:00"))), 11);
    let held = import(&[&at("2026-11-03T02:00")[..], &["--apply"]].concat());
    assert_eq!(code(&held), 11);
    assert!(stderr(&held).contains("/approval or /rejection"), "{held:?}");
}
