//! An SMTP server for tests: takes mail on a loopback port, and misbehaves on demand, or by chance.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

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

/// How a mail that was taken was handed over: in the same place as the mail among those taken.
#[derive(Clone, Copy, Debug)]
pub struct Handover {
    /// When the mail was there whole.
    pub taken_at: Instant,
    /// When the sender was told so; not at all if the connection was closed instead.
    pub told_at: Option<Instant>,
    /// When the sender hung up, if nothing else came of it after this mail.
    pub hung_up_at: Option<Instant>,
}

#[derive(Default)]
struct State {
    answers: VecDeque<(&'static str, Answer)>,
    /// What the moods are drawn from, while there are any.
    moods: Option<u64>,
    mails: Vec<Received>,
    handovers: Vec<Handover>,
    refused: Vec<String>,
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

    /// From now on one mail in five or so is answered late, or not at all, or put off, or refused: drawn from this
    /// number. `None` ends it.
    pub fn moods(&self, seed: Option<u64>) {
        lock(&self.state).moods = seed;
    }

    /// How each of the mails was handed over.
    pub fn handovers(&self) -> Vec<Handover> {
        lock(&self.state).handovers.clone()
    }

    /// To whom a mail was refused for good, in a mood.
    pub fn refused(&self) -> Vec<String> {
        lock(&self.state).refused.clone()
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
        connections.spawn(async move {
            let mut last = None;
            converse(stream, &state, &mut last).await;
            if let Some(last) = last {
                handover(&state, last, |handover| {
                    handover.hung_up_at = Some(Instant::now())
                });
            }
        });
    }
}

fn handover(state: &Mutex<State>, index: usize, change: impl FnOnce(&mut Handover)) {
    if let Some(handover) = lock(state).handovers.get_mut(index) {
        change(handover);
    }
}

/// One conversation; `None` or an error ends it, and nobody needs to know which. `last` is the mail after which nothing
/// else has come.
async fn converse(stream: TcpStream, state: &Mutex<State>, last: &mut Option<usize>) -> Option<()> {
    let mut stream = BufReader::new(stream);
    let mut mail = Received::default();
    say(&mut stream, "220 sink").await?;
    loop {
        let line = String::from_utf8(read_line(&mut stream).await?)
            .ok()?
            .trim_end()
            .to_owned();
        lock(state).commands.push(line.clone());
        *last = None;
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
        if let ("RCPT", true, Some(address)) = (verb.as_str(), said.starts_with('5'), argument) {
            lock(state).refused.push(address.to_owned());
        }
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
                *last = keep(state, &mail, answer);
                let said = reply(answer, "250 2.0.0 taken").await?;
                if let Some(last) = *last {
                    handover(state, last, |handover| handover.told_at = Some(Instant::now()));
                }
                say(&mut stream, said).await?;
            }
            ("QUIT", _) => return None,
            _ => {}
        }
    }
}

/// Keeps a mail that this answer takes, and says where.
fn keep(state: &Mutex<State>, mail: &Received, answer: Option<Answer>) -> Option<usize> {
    let state = &mut lock(state);
    match answer {
        Some(Answer::Reply(reply)) if !reply.starts_with('2') => {
            if reply.starts_with('5') {
                state.refused.extend(mail.to.iter().cloned());
            }
            return None;
        }
        _ => {}
    }
    state.mails.push(mail.clone());
    state.handovers.push(Handover {
        taken_at: Instant::now(),
        told_at: None,
        hung_up_at: None,
    });
    Some(state.mails.len() - 1)
}

/// What to answer this command with, if not as usual.
fn take(verb: &str, state: &Mutex<State>) -> Option<Answer> {
    let state = &mut lock(state);
    let asked = state.answers.iter().position(|(when, _)| *when == verb);
    match asked {
        Some(index) => state.answers.remove(index).map(|(_, answer)| answer),
        None => state.moods.as_mut().and_then(|moods| mood(verb, draw(moods))),
    }
}

/// How a bad mood answers, if this is one.
fn mood(verb: &str, drawn: u64) -> Option<Answer> {
    let millis = drawn / 100 % 1_500;
    match (verb, drawn % 100) {
        ("RCPT", 0..2) => Some(Answer::Reply("550 5.1.1 nobody of that name")),
        ("DATA", 0..4) => Some(Answer::Close),
        (".", 0..12) => Some(Answer::Wait(Duration::from_millis(millis))),
        (".", 12..20) => Some(Answer::Close),
        (".", 20..28) => Some(Answer::Reply("451 4.3.0 later")),
        (".", 28..31) => Some(Answer::Reply("550 5.7.1 not wanted here")),
        _ => None,
    }
}

/// The next number (SplitMix64).
fn draw(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
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
