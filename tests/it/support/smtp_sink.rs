//! An SMTP server for tests: takes mail on a loopback port, and misbehaves on demand.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// How to answer one command instead of as usual.
#[derive(Clone, Copy, Debug)]
pub enum Answer {
    /// With this line. A refusal at the end of the data (`.`) means that the mail is not taken.
    Reply(&'static str),
    /// Not at all: the connection closes. A mail whose data ended has been taken all the same.
    Close,
    /// As usual, but after this time.
    Wait(Duration),
}

/// A mail that was taken.
#[derive(Clone, Debug, Default)]
pub struct Received {
    /// The envelope sender.
    pub from: String,
    /// The envelope recipients.
    pub to: Vec<String>,
    /// The message, with the transparency dots taken out.
    pub data: Vec<u8>,
}

#[derive(Default)]
struct State {
    answers: VecDeque<(&'static str, Answer)>,
    mails: Vec<Received>,
    commands: Vec<String>,
    connections: usize,
}

/// The server. It stops when it is dropped.
pub struct SmtpSink {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    tasks: JoinSet<()>,
}

impl SmtpSink {
    /// Starts listening on a free port.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let (address, state) = (listener.local_addr()?, Arc::new(Mutex::new(State::default())));
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, Arc::clone(&state)));
        Ok(Self {
            address,
            state,
            tasks,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers the next command with this verb (`.` is the end of the data) in this way, once. Several may wait.
    pub fn answer(&self, verb: &'static str, answer: Answer) {
        lock(&self.state).answers.push_back((verb, answer));
    }

    /// The mails taken so far.
    pub fn mails(&self) -> Vec<Received> {
        lock(&self.state).mails.clone()
    }

    /// Every command line so far.
    pub fn commands(&self) -> Vec<String> {
        lock(&self.state).commands.clone()
    }

    /// The connections made so far.
    pub fn connections(&self) -> usize {
        lock(&self.state).connections
    }

    /// Stops listening and hangs up; returns when the port is closed.
    pub async fn stop(mut self) {
        self.tasks.shutdown().await;
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: TcpListener, state: Arc<Mutex<State>>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        lock(&state).connections += 1;
        let state = Arc::clone(&state);
        connections.spawn(async move { converse(stream, &state).await });
    }
}

/// One conversation; `None` or an error ends it, and nobody needs to know which.
async fn converse(stream: TcpStream, state: &Mutex<State>) -> Option<()> {
    let mut stream = BufReader::new(stream);
    let mut mail = Received::default();
    say(&mut stream, "220 sink").await?;
    loop {
        let line = String::from_utf8(read_line(&mut stream).await?)
            .ok()?
            .trim_end()
            .to_owned();
        lock(state).commands.push(line.clone());
        let verb = line.split([' ', ':']).next().unwrap_or("").to_ascii_uppercase();
        let argument = line
            .split_once('<')
            .and_then(|(_, rest)| rest.split_once('>'))
            .map(|(address, _)| address);
        let usual = match verb.as_str() {
            "EHLO" => "250-sink\r\n250 AUTH PLAIN",
            "AUTH" => "235 signed in",
            "DATA" => "354 go on",
            "QUIT" => "221 bye",
            _ => "250 fine",
        };
        let said = reply(take(&verb, state), usual).await?;
        say(&mut stream, said).await?;
        match (verb.as_str(), said == usual) {
            ("MAIL", true) => {
                mail = Received {
                    from: argument?.to_owned(),
                    ..Received::default()
                }
            }
            ("RCPT", true) => mail.to.push(argument?.to_owned()),
            ("DATA", true) => {
                mail.data = read_data(&mut stream).await?;
                let answer = take(".", state);
                if !matches!(answer, Some(Answer::Reply(reply)) if !reply.starts_with('2')) {
                    lock(state).mails.push(mail.clone());
                }
                let said = reply(answer, "250 2.0.0 taken").await?;
                say(&mut stream, said).await?;
            }
            ("QUIT", _) => return None,
            _ => {}
        }
    }
}

/// What to answer this command with, if not as usual.
fn take(verb: &str, state: &Mutex<State>) -> Option<Answer> {
    let answers = &mut lock(state).answers;
    let index = answers.iter().position(|(when, _)| *when == verb)?;
    answers.remove(index).map(|(_, answer)| answer)
}

async fn reply(answer: Option<Answer>, usual: &'static str) -> Option<&'static str> {
    match answer {
        None => Some(usual),
        Some(Answer::Reply(reply)) => Some(reply),
        Some(Answer::Close) => None,
        Some(Answer::Wait(time)) => {
            tokio::time::sleep(time).await;
            Some(usual)
        }
    }
}

async fn say(stream: &mut BufReader<TcpStream>, line: &str) -> Option<()> {
    stream
        .get_mut()
        .write_all(format!("{line}\r\n").as_bytes())
        .await
        .ok()
}

async fn read_line(stream: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    let mut line = Vec::new();
    let read = stream.read_until(b'\n', &mut line).await.ok()?;
    (read > 0).then_some(line)
}

/// Reads to the lone dot and takes out the transparency dots (RFC 5321 §4.5.2).
async fn read_data(stream: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    let mut data = Vec::new();
    loop {
        let line = read_line(stream).await?;
        match line.as_slice() {
            b".\r\n" => return Some(data),
            [b'.', rest @ ..] => data.extend_from_slice(rest),
            line => data.extend_from_slice(line),
        }
    }
}
