//! Readers that stop reading, as `head -1` does.

use crate::support::db::{Database, for_each_empty_database};
use crate::support::program::{Installation, client};
use std::process::{Output, Stdio};

#[test]
fn a_command_whose_reader_has_had_enough_ends_quietly() {
    let database = Database::sqlite();
    let installation = Installation::new(&database);
    for arguments in [&["--help"][..], &["openapi"], &["check-config"], &["migrate"]] {
        let mut child = installation
            .command(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let Output { status, stderr, .. } = child.wait_with_output().unwrap();
        let said = String::from_utf8(stderr).unwrap();
        assert!(
            status.success() && !said.contains("panicked"),
            "{arguments:?}: {status} {said}"
        );
    }
    installation.run(&["migrate", "--status"]);
}

#[test]
fn a_service_whose_log_nobody_reads_goes_on() {
    for_each_empty_database(async |db| {
        let installation = Installation::new(db);
        let running = installation.launch_unheard();
        running.ready().await;
        let missing = client()
            .get(format!("{}/nothing", running.base))
            .send()
            .await
            .unwrap();
        assert_eq!(missing.status(), 404);
        // It says that it stops, and that it has anchored the audit.
        running.terminate();
        assert!(running.ended().await.success());
    });
}
