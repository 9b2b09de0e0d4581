//! The load generator: HTTP/1.1 over connections that stay open, each with one request under way at a time. It does
//! no more than it must, because it shares the machine with what it measures: the bytes of the requests are made
//! before the clock starts, and of an answer only the status, the length and, where asked, one text are looked at.

use anyhow::{Context, bail, ensure};
use futures_util::TryStreamExt;
use futures_util::stream::FuturesUnordered;
use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Room for the largest answer.
const BUFFER: usize = 256 * 1024;
/// How long the text of an id is.
const ID: usize = 36;

/// One request and what has to come back.
#[derive(Clone)]
pub struct Step {
    /// The bytes to send.
    pub request: Vec<u8>,
    /// The status that the answer must have.
    pub status: &'static str,
    /// What the body must have in it; nothing where it is empty.
    pub says: &'static str,
    /// Where in the request the id goes that the step before was answered with.
    pub id_at: Option<usize>,
}

/// Requests that one caller sends one after the other.
pub type Task = Vec<Step>;

/// What one run did.
pub struct Run {
    /// How many requests were answered.
    pub requests: usize,
    /// How many of the tasks were taken.
    pub tasks: usize,
    /// From the first request to the last answer.
    pub took: Duration,
    /// How long each request took, in nanoseconds, the fastest first.
    pub latencies: Vec<u64>,
}

impl Run {
    /// Requests per second.
    pub fn rate(&self) -> f64 {
        self.requests as f64 / self.took.as_secs_f64()
    }

    /// The latency that this share of the requests did not exceed, in milliseconds.
    pub fn percentile(&self, share: f64) -> f64 {
        let last = self.latencies.len().saturating_sub(1);
        let nanoseconds = self.latencies.get((last as f64 * share) as usize);
        nanoseconds.map_or(f64::NAN, |found| *found as f64 / 1e6)
    }
}

/// What the callers of one run share.
struct Shared<'t> {
    tasks: &'t [Task],
    repeat: bool,
    next: Cell<usize>,
    end: Cell<Instant>,
}

impl<'t> Shared<'t> {
    /// The next task, until the time is up or there is none left.
    fn take(&self) -> Option<&'t Task> {
        if Instant::now() >= self.end.get() {
            return None;
        }
        let at = self.next.get();
        let index = if self.repeat { at % self.tasks.len() } else { at };
        let task = self.tasks.get(index)?;
        self.next.set(at + 1);
        Some(task)
    }
}

/// Sends the tasks through this many connections until the time is up or, unless they are to be repeated, none is left.
///
/// # Errors
/// An answer that is not the expected one, or a connection that breaks.
pub fn run(
    address: SocketAddr,
    tasks: &[Task],
    repeat: bool,
    (connections, time): (usize, Duration),
) -> anyhow::Result<Run> {
    ensure!(!tasks.is_empty(), "there is nothing to send");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    let shared = Shared {
        tasks,
        repeat,
        next: Cell::new(0),
        end: Cell::new(Instant::now()),
    };
    let (took, mut latencies) = runtime.block_on(drive(address, &shared, connections, time))?;
    latencies.sort_unstable();
    Ok(Run {
        requests: latencies.len(),
        tasks: shared.next.get(),
        took,
        latencies,
    })
}

async fn drive(
    address: SocketAddr,
    shared: &Shared<'_>,
    connections: usize,
    time: Duration,
) -> anyhow::Result<(Duration, Vec<u64>)> {
    let mut callers = Vec::with_capacity(connections);
    for _ in 0..connections {
        callers.push(Caller::connect(address).await?);
    }
    let begin = Instant::now();
    shared.end.set(begin + time);
    let last = Rc::new(Cell::new(begin));
    let work = callers
        .into_iter()
        .map(|caller| caller.work(shared, Rc::clone(&last)));
    // Each is woken by itself: joined futures would all be polled for every answer.
    let work: FuturesUnordered<_> = work.collect();
    let latencies: Vec<Vec<u64>> = work.try_collect().await?;
    Ok((last.get() - begin, latencies.concat()))
}

/// One connection.
struct Caller {
    stream: TcpStream,
    buffer: Vec<u8>,
    filled: usize,
}

impl Caller {
    async fn connect(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await.context("connecting")?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: vec![0; BUFFER],
            filled: 0,
        })
    }

    async fn work(mut self, shared: &Shared<'_>, last: Rc<Cell<Instant>>) -> anyhow::Result<Vec<u64>> {
        let mut latencies = Vec::with_capacity(65_536);
        while let Some(task) = shared.take() {
            let mut id = None;
            for step in task {
                let begin = Instant::now();
                self.send(step, id).await?;
                id = self.receive(step, task.len() > 1).await?;
                let end = Instant::now();
                last.set(end);
                latencies.push(u64::try_from((end - begin).as_nanos())?);
            }
        }
        Ok(latencies)
    }

    async fn send(&mut self, step: &Step, id: Option<[u8; ID]>) -> anyhow::Result<()> {
        let Some(at) = step.id_at else {
            return Ok(self.stream.write_all(&step.request).await?);
        };
        let mut request = step.request.clone();
        let place = request.get_mut(at..at + ID).context("no room for an id")?;
        place.copy_from_slice(&id.context("the answer before has no id")?);
        Ok(self.stream.write_all(&request).await?)
    }

    /// Reads one answer; gives the id at its beginning, if it is wanted.
    async fn receive(&mut self, step: &Step, wants_id: bool) -> anyhow::Result<Option<[u8; ID]>> {
        self.filled = 0;
        let body_at = loop {
            self.read_more().await?;
            if let Some(end) = find(self.filled(), b"\r\n\r\n") {
                break end + 4;
            }
        };
        let head = self.filled().get(..body_at).unwrap_or_default();
        let length = content_length(head)?;
        let is_expected = head.get(9..12) == Some(step.status.as_bytes());
        while self.filled < body_at + length {
            self.read_more().await?;
        }
        let body = self.filled().get(body_at..).unwrap_or_default();
        let says = step.says.is_empty() || find(body, step.says.as_bytes()).is_some();
        if !is_expected || !says {
            bail!(
                "expected {} {}, got:\n{}",
                step.status,
                step.says,
                String::from_utf8_lossy(self.filled())
            );
        }
        // Every record of ours begins with its id.
        let id = body.strip_prefix(b"{\"id\":\"").and_then(<[u8]>::first_chunk);
        Ok(id.copied().filter(|_| wants_id))
    }

    fn filled(&self) -> &[u8] {
        self.buffer.get(..self.filled).unwrap_or_default()
    }

    async fn read_more(&mut self) -> anyhow::Result<()> {
        let room = self.buffer.get_mut(self.filled..).unwrap_or_default();
        ensure!(!room.is_empty(), "the answer is too long");
        let count = self.stream.read(room).await?;
        ensure!(count > 0, "the server closed the connection");
        self.filled += count;
        Ok(())
    }
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    let first = what.first()?;
    let mut from = 0;
    loop {
        let rest = text.get(from..)?;
        let at = from + rest.iter().position(|byte| byte == first)?;
        if text.get(at..)?.starts_with(what) {
            return Some(at);
        }
        from = at + 1;
    }
}

fn content_length(head: &[u8]) -> anyhow::Result<usize> {
    for line in head.split(|byte| *byte == b'\n') {
        if let Some((name, value)) = line.split_at_checked(15)
            && name.eq_ignore_ascii_case(b"content-length:")
        {
            return Ok(std::str::from_utf8(value)?.trim().parse()?);
        }
    }
    bail!("an answer without a length:\n{}", String::from_utf8_lossy(head))
}
