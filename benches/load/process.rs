//! Processes that are measured: started on a free port, watched through /proc, stopped at the end.

use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a program may take to answer.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often it is asked meanwhile.
const GLANCE: Duration = Duration::from_micros(500);
/// Clock ticks of /proc in a second: the kernel's promise to programs.
const TICKS: f64 = 100.0;

/// A program that is running.
pub struct Process {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

/// Memory in MB.
#[derive(Clone, Copy, serde::Serialize)]
pub struct Memory {
    /// Resident.
    pub rss: f64,
    /// Resident, what is shared counted in proportion.
    pub pss: f64,
}

/// A port that is free right now.
pub fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

impl Process {
    /// Starts it and waits until this request is answered with 200. Says how long that took.
    ///
    /// # Errors
    /// It cannot be started, ends, or does not answer.
    pub fn start(
        mut command: Command,
        address: SocketAddr,
        probe: &[u8],
    ) -> anyhow::Result<(Self, Duration)> {
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let begin = Instant::now();
        let mut process = Self {
            child: command.spawn().context("starting a program")?,
            address,
        };
        while !process.answers(probe) {
            if let Some(status) = process.child.try_wait()? {
                bail!("the program ended with {status}");
            }
            if begin.elapsed() > PATIENCE {
                bail!("the program does not answer with 200");
            }
            pause(GLANCE);
        }
        Ok((process, begin.elapsed()))
    }

    fn answers(&self, probe: &[u8]) -> bool {
        let ask = || -> std::io::Result<[u8; 12]> {
            let mut stream = TcpStream::connect(self.address)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.write_all(probe)?;
            let mut head = [0; 12];
            stream.read_exact(&mut head)?;
            Ok(head)
        };
        ask().is_ok_and(|head| head.ends_with(b" 200"))
    }

    /// User and system time so far, that of ended children included, in seconds.
    ///
    /// # Errors
    /// It is gone.
    pub fn cpu(&self) -> anyhow::Result<f64> {
        cpu_of(self.child.id())
    }

    /// What it has in memory.
    ///
    /// # Errors
    /// It is gone.
    pub fn memory(&self) -> anyhow::Result<Memory> {
        let text = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", self.child.id()))?;
        let field = |name: &str| -> anyhow::Result<f64> {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            let number = line.and_then(|line| line.split_whitespace().next());
            Ok(number.context("a line of /proc")?.parse::<f64>()? / 1024.0)
        };
        Ok(Memory {
            rss: field("Rss:")?,
            pss: field("Pss:")?,
        })
    }

    /// Asks it to stop, and waits until it has.
    ///
    /// # Errors
    /// The system says no.
    pub fn stop(mut self) -> anyhow::Result<()> {
        kill_process(Pid::from_child(&self.child), Signal::TERM)?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Stopped before, or of no use any more.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// User and system time of a process of this machine, in seconds.
///
/// # Errors
/// It is gone.
pub fn cpu_of(pid: u32) -> anyhow::Result<f64> {
    let path = format!("/proc/{pid}/stat");
    let text = std::fs::read_to_string(path).context("a process is gone")?;
    // The second field is a name in parentheses and may have anything in it.
    let (_, fields) = text.rsplit_once(')').context("a line of /proc")?;
    let times = fields.split_whitespace().skip(11).take(4);
    let ticks = times.map(str::parse::<f64>).sum::<Result<f64, _>>()?;
    Ok(ticks / TICKS)
}

/// Lets time pass.
#[expect(
    clippy::disallowed_methods,
    reason = "nothing else runs in this process meanwhile"
)]
pub fn pause(time: Duration) {
    std::thread::sleep(time);
}
