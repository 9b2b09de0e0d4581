//! The case of somebody with one phone, told a second time and in another way: what has been said of it, and what follows.
//! It shares no code with the service.

use crate::season::model::{after, back, forward, rules};
use chrono::{DateTime, NaiveDate, Timelike, Utc};
use chrono_tz::Europe::Stockholm;
use std::collections::BTreeMap;

/// What happens.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// HR says that it ends so many days from now, or that it does not end.
    Ends(Option<i64>),
    /// HR names another manager.
    Manager(usize),
    /// HR repeats what it said first.
    OldNews,
    /// The desk answers; a return with the right serial number or another.
    Settle(Check, Word, bool),
    /// The desk says what became of the codes.
    Codes(Known),
    /// The MDM says that the phone has acknowledged its wipe.
    Report,
    Hold(&'static str),
    Release,
    Reopen,
    /// So many hours pass, and what is due is done.
    Pass(i64),
    /// The process dies with work in its hands, and another begins.
    Die,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    Returned,
    Reset,
    Wiped,
    Codes,
    Sim,
}

impl Check {
    pub const ALL: [Self; 5] = [Self::Returned, Self::Reset, Self::Wiped, Self::Codes, Self::Sim];
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    Done,
    NotApplicable,
    Deviation,
}

/// How much is known of the codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    All,
    /// One is unknown.
    NotAll,
}

#[derive(Clone, PartialEq)]
pub struct Case {
    /// What HR says: the last day, and who leads.
    hr: (Option<NaiveDate>, usize),
    /// The last day that the case goes by.
    end: NaiveDate,
    state: &'static str,
    /// The day on which it is due, and the day from which its mails are counted.
    due: NaiveDate,
    counted_from: NaiveDate,
    held: Option<&'static str>,
    said: BTreeMap<Check, Word>,
    /// Whether it was the evidence and not a person that said so.
    by_rule: bool,
    codes: Option<Known>,
    /// The phone has said that it erased itself.
    erased: bool,
    /// It is in the hands of the holder.
    is_out: bool,
}

impl Case {
    pub fn new(today: NaiveDate) -> Self {
        Self {
            hr: (None, 0),
            end: today,
            state: "none",
            due: today,
            counted_from: today,
            held: None,
            said: BTreeMap::new(),
            by_rule: false,
            codes: None,
            erased: false,
            is_out: true,
        }
    }

    pub fn state(&self) -> &'static str {
        self.state
    }

    pub fn end(&self) -> NaiveDate {
        self.end
    }

    pub fn is_held(&self) -> bool {
        self.held.is_some()
    }

    /// The word for where a check stands.
    pub fn word(&self, check: Check) -> &'static str {
        match self.said.get(&check) {
            None => "open",
            Some(Word::Done) => "done",
            Some(Word::NotApplicable) => "not_applicable",
            Some(Word::Deviation) => "deviation",
        }
    }

    fn is_active(&self) -> bool {
        ["scheduled", "open"].contains(&self.state)
    }

    fn is_done(&self, check: Check) -> bool {
        self.said.get(&check) == Some(&Word::Done)
    }

    fn is_ready(&self) -> bool {
        use Check::{Codes, Reset, Returned, Wiped};
        let all = [Returned, Reset, Wiped, Codes];
        self.is_active() && self.held.is_none() && all.iter().all(|check| self.said.contains_key(check))
    }

    /// Takes the step at this instant, when it has been taken; whether it was accepted.
    pub fn take(&mut self, step: &Step, now: DateTime<Utc>) -> bool {
        let today = now.with_timezone(&Stockholm).date_naive();
        let before = self.clone();
        let taken = self.try_to(step, today).is_some();
        let is_changed = *self
            != Self {
                hr: self.hr,
                ..before
            };
        // A case that was opened again waits for the work that it was opened for, or for an answer that confirms that
        // there is none.
        let is_answered = taken && matches!(step, Step::Settle(..));
        if *step != Step::Reopen && (is_changed || is_answered) && self.is_ready() {
            self.state = "completed";
            self.is_out = false;
        }
        taken
    }

    fn try_to(&mut self, step: &Step, today: NaiveDate) -> Option<()> {
        let active = self.is_active().then_some(());
        match *step {
            Step::OldNews | Step::Die => {}
            Step::Manager(manager) => self.hear((self.hr.0, manager), today),
            Step::Ends(days) => self.hear((days.map(|days| after(today, days)), self.hr.1), today),
            Step::Pass(_) if active.is_some() && today >= self.due => self.state = "open",
            Step::Pass(_) => {}
            Step::Settle(check, word, is_right) => self.settle(check, word, is_right)?,
            Step::Codes(known) if self.codes == Some(known) && self.state != "none" => {}
            Step::Codes(known) => {
                active?;
                self.codes = Some(known);
                let says_more = [Some(&Word::Done), Some(&Word::NotApplicable)];
                if known == Known::NotAll && says_more.contains(&self.said.get(&Check::Codes)) {
                    self.said.remove(&Check::Codes);
                }
            }
            Step::Report => {
                // Of a phone that is in stock again it says nothing about this case.
                self.erased |= self.is_out;
            }
            Step::Hold(reason) => {
                active?;
                self.held.is_none_or(|held| held == reason).then_some(())?;
                self.held = Some(reason);
            }
            Step::Release => {
                active?;
                self.held.take()?;
            }
            Step::Reopen => {
                (self.state == "completed").then_some(())?;
                self.state = "open";
            }
        }
        self.follow_the_evidence();
        Some(())
    }

    /// HR says something. A case that is over does not follow, and nothing follows from what was known.
    fn hear(&mut self, hr: (Option<NaiveDate>, usize), today: NaiveDate) {
        if std::mem::replace(&mut self.hr, hr) == hr {
            return;
        }
        match (hr.0, self.is_active()) {
            (None, true) => self.state = "cancelled",
            (None, false) => {}
            (Some(end), true) if self.end == end => {}
            (Some(_), false) if !self.is_out => {}
            (Some(end), is_active) => {
                if !is_active {
                    (self.held, self.codes, self.by_rule) = (None, None, false);
                    self.said.clear();
                }
                (self.end, self.due) = (end, back(end));
                self.counted_from = self.due.max(forward(today));
                self.state = if today < self.due { "scheduled" } else { "open" };
            }
        }
    }

    fn settle(&mut self, check: Check, word: Word, is_right: bool) -> Option<()> {
        (self.state != "none").then_some(())?;
        if check == Check::Returned && word == Word::Done {
            is_right.then_some(())?;
        }
        let bears_witness = check == Check::Wiped && self.by_rule && self.is_active();
        if self.said.get(&check) == Some(&word) && !bears_witness {
            return Some(());
        }
        self.is_active().then_some(())?;
        let destroys = [Check::Reset, Check::Wiped].contains(&check);
        (!(destroys && self.held.is_some())).then_some(())?;
        match (check, word) {
            (Check::Wiped, Word::Done) => (self.erased && self.is_done(Check::Returned)).then_some(())?,
            (Check::Codes, Word::Deviation) => self.codes.map(drop)?,
            (Check::Codes, _) => self.codes.filter(|known| *known == Known::All).map(drop)?,
            _ => {}
        }
        self.said.insert(check, word);
        if check == Check::Wiped {
            self.by_rule = false;
        }
        Some(())
    }

    /// A wipe counts when the phone is here, and no longer when it is not.
    fn follow_the_evidence(&mut self) {
        if !self.is_active() {
            return;
        }
        let is_here = self.is_done(Check::Returned);
        if self.is_done(Check::Wiped) && !is_here {
            self.said.remove(&Check::Wiped);
        } else if !self.said.contains_key(&Check::Wiped) && self.erased && is_here && self.held.is_none() {
            self.said.insert(Check::Wiped, Word::Done);
            self.by_rule = true;
        }
    }

    /// Why a mail that leaves at this instant should not, if so.
    pub fn objects_to(&self, (step, to): (&str, &str), now: DateTime<Utc>) -> Option<String> {
        let local = now.with_timezone(&Stockholm);
        let today = local.date_naive();
        let is_business_day = forward(today) == today;
        let is_open = is_business_day && (8..16).contains(&local.hour());
        let opens_on = if is_business_day && local.hour() < 8 {
            today
        } else {
            forward(today.succ_opt().unwrap())
        };
        // In the evening of the last day the holder has the receipt at once, or never reads it.
        let is_last_chance = step == "receipt_holder" && today <= self.end && self.end < opens_on;
        if !is_open && !is_last_chance {
            return Some("mail does not leave now".to_owned());
        }
        let is_receipt = step.starts_with("receipt_");
        if is_receipt != (self.state == "completed") || (!is_receipt && !self.is_active()) {
            return Some(format!("{step} in a case that is {}", self.state));
        }
        if to == "holder" && today > if is_receipt { self.end } else { self.due } {
            return Some(format!("{step} to somebody who is gone"));
        }
        let published = rules(self.counted_from);
        let due = published
            .iter()
            .find(|(known, role, _)| (*known, *role) == (step, to));
        match due {
            Some((.., due)) if today < *due => Some(format!("{step} is due on {due}")),
            // A copy comes after its original; what answers to something has no day of its own.
            Some(_) | None => None,
        }
    }
}
