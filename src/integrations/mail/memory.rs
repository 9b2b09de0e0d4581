//! Mail kept in memory, for tests.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, ready};

use super::{Accepted, MailError, Mailer, OutgoingMail};

/// Keeps what it is handed, and fails when told to.
#[derive(Debug, Default)]
pub struct MemoryMailer {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    sent: Vec<OutgoingMail>,
    failures: VecDeque<MailError>,
}

impl MemoryMailer {
    /// Every mail taken so far, oldest first.
    pub fn sent(&self) -> Vec<OutgoingMail> {
        self.state().sent.clone()
    }

    /// Lets the next try that has no failure yet fail like this.
    pub fn fail_next(&self, error: MailError) {
        self.state().failures.push_back(error);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Mailer for MemoryMailer {
    fn send<'a>(&'a self, mail: &'a OutgoingMail) -> BoxFuture<'a, Result<Accepted, MailError>> {
        let mut state = self.state();
        let outcome = match state.failures.pop_front() {
            Some(error) => Err(error),
            None => {
                state.sent.push(mail.clone());
                Ok(Accepted {
                    reply: "250 kept in memory".to_owned(),
                })
            }
        };
        ready(outcome).boxed()
    }

    fn describe(&self) -> String {
        "memory".to_owned()
    }
}
