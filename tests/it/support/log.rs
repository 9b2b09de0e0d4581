//! Everything that the process logs, at the finest level, for tests that look for what must not be there. What other
//! tests log meanwhile is in it too.

use std::io::Write;
use std::sync::{Arc, Mutex, OnceLock};

/// What was logged so far.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Begins to listen, or goes on listening.
    ///
    /// # Panics
    /// Somebody else listens.
    pub fn listen() -> Self {
        static LOG: OnceLock<Log> = OnceLock::new();
        let listen = || {
            let log = Self::default();
            let writer = log.clone();
            tracing_subscriber::fmt()
                .with_max_level(tracing::Level::TRACE)
                .with_writer(move || writer.clone())
                .try_init()
                .expect("nobody else listens");
            log
        };
        LOG.get_or_init(listen).clone()
    }

    /// Its bytes.
    pub fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().clone()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
