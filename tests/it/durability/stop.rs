//! SIGTERM while there is work.

use super::door::{Door, Request};
use super::leaver::{self, Leaver};
use crate::support::db::for_each_empty_database;
use crate::support::program::{Installation, Running, until};
use crate::support::smtp_sink::{Answer, SmtpSink};
use reqwest::Method;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How long the mail server thinks about a mail: long enough for a stop to come in between.
const THINKING: Duration = Duration::from_secs(2);

#[test]
fn a_stop_waits_for_the_request_and_the_mail_that_are_under_way() {
    for_each_empty_database(async |db| {
        let sink = SmtpSink::start().await.unwrap();
        let installation = by_smtp(Installation::new(db), &sink);
        let running = installation.serve(&["--jobs-enabled=false"]).await;
        let token = installation.token(&running).await;
        let door = Door::new(&running.base, token.clone());
        let entity = leaver::set_the_stage(&door).await;
        let leaver = Leaver::new("e-1".to_owned(), &entity);
        leaver.tell(&door).await;
        running.terminate();
        assert!(running.ended().await.success());

        // The mail is due, so it is sent as soon as somebody runs jobs.
        sink.answer(".", Answer::Wait(THINKING));
        let running = installation.serve(&[]).await;
        let late = Leaver::new("e-2".to_owned(), &entity).begins();
        let mut half = HalfSent::begin(&running, &token, &late).await;
        until("the mail server has the mail", async || !sink.mails().is_empty()).await;
        running.terminate();
        until("the port is closed", async || is_shut(&running).await).await;
        let answer = half.finish().await;
        assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
        let log = running.log();
        assert!(running.ended().await.success(), "{log}");

        let employments = "SELECT count(*) AS n FROM employment WHERE external_id = 'e-2'";
        assert_eq!(db.number(employments), 1, "what was answered is there");
        // What had not begun waits for the next process.
        let half_done =
            "SELECT count(*) AS n FROM job WHERE state NOT IN ('done', 'ready') OR lease_owner IS NOT NULL";
        assert_eq!(db.number(half_done), 0);
        let sent = db.number("SELECT count(*) AS n FROM message WHERE state = 'sent'");
        assert_eq!(sink.mails().len(), usize::try_from(sent).unwrap());
    });
}

#[test]
fn a_stop_under_load_answers_what_it_accepted_and_applies_nothing_else() {
    for_each_empty_database(async |db| {
        let installation = Installation::new(db);
        let running = installation.serve(&[]).await;
        let door = Door::new(&running.base, installation.token(&running).await);
        let entity = leaver::set_the_stage(&door).await;
        let callers: Vec<_> = (0..16)
            .map(|caller| tokio::spawn(write_until_the_end(door.clone(), entity.clone(), caller)))
            .collect();
        door.until_answered(200).await;
        running.terminate();
        assert!(running.ended().await.success());
        let mut acknowledged = 0;
        for caller in callers {
            acknowledged += caller.await.unwrap();
        }
        assert_eq!(db.number("SELECT count(*) AS n FROM employment"), acknowledged);
        assert_eq!(
            db.number("SELECT count(*) AS n FROM job WHERE lease_owner IS NOT NULL"),
            0
        );
    });
}

/// Delivers one new employment after the other, and says how many were acknowledged before the door shut.
async fn write_until_the_end(door: Door, entity: String, caller: u64) -> i64 {
    for number in 0.. {
        let leaver = Leaver::new(format!("e-{caller}-{number}"), &entity);
        match door.try_send(&leaver.begins()).await {
            Ok(answer) => assert_eq!(answer.good()["outcome"], "applied"),
            Err(_) => return number,
        }
    }
    unreachable!("the door shuts")
}

/// The installation sends its mail to the sink.
pub fn by_smtp(installation: Installation, sink: &SmtpSink) -> Installation {
    installation
        .with("--mail-transport", "smtp")
        .with("--mail-from", "handback@exempelkommunen.example")
        .with("--smtp-host", "127.0.0.1")
        .with("--smtp-port", sink.address().port())
        .with("--smtp-security", "none-on-loopback")
}

async fn is_shut(running: &Running) -> bool {
    TcpStream::connect(running.base.trim_start_matches("http://"))
        .await
        .is_err()
}

/// A request of which the service has the first half.
struct HalfSent {
    stream: TcpStream,
    rest: Vec<u8>,
}

impl HalfSent {
    async fn begin(running: &Running, token: &str, request: &Request) -> Self {
        let address = running.base.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).await.unwrap();
        // An answer on this connection shows that it has left the queue of those that knock.
        stream
            .write_all(format!("GET /livez HTTP/1.1\r\nHost: {address}\r\n\r\n").as_bytes())
            .await
            .unwrap();
        let mut answer = [0; 4_096];
        assert!(stream.read(&mut answer).await.unwrap() > 0);
        assert_eq!(request.method, Method::PUT);
        let body = request.body.to_string().into_bytes();
        let (first, rest) = body.split_at(body.len() / 2);
        let head = format!(
            "PUT {} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            request.path,
            body.len(),
        );
        stream
            .write_all(&[head.as_bytes(), first].concat())
            .await
            .unwrap();
        Self {
            stream,
            rest: rest.to_vec(),
        }
    }

    /// Sends the other half and reads the answer to the end of the connection.
    async fn finish(&mut self) -> String {
        self.stream.write_all(&self.rest).await.unwrap();
        let mut answer = String::new();
        self.stream.read_to_string(&mut answer).await.unwrap();
        answer
    }
}
