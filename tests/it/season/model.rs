//! The published schedule, worked out from what the product says about itself: who is told what on which day. It shares
//! no code with the service and knows neither messages nor jobs.

use chrono::{Datelike, Days, NaiveDate, Weekday};
use std::collections::{BTreeMap, BTreeSet};

pub fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Sundays, holidays and the eves that count as such, by the rules of the almanac.
pub fn is_business_day(date: NaiveDate) -> bool {
    let (month, of_month, weekday) = (date.month(), date.day(), date.weekday());
    let is_weekend = matches!(weekday, Weekday::Sat | Weekday::Sun);
    let is_fixed = [
        (1, 1),
        (1, 6),
        (5, 1),
        (6, 6),
        (12, 24),
        (12, 25),
        (12, 26),
        (12, 31),
    ]
    .contains(&(month, of_month));
    let is_midsummer_eve = month == 6 && weekday == Weekday::Fri && (19..=25).contains(&of_month);
    let from_easter = (date - easter(date.year())).num_days();
    !is_weekend && !is_fixed && !is_midsummer_eve && ![-2, 1, 39].contains(&from_easter)
}

/// Easter Sunday: the Gregorian computus as Butcher gave it (1876).
fn easter(year: i32) -> NaiveDate {
    let (a, b, c) = (year % 19, year / 100, year % 100);
    let (d, e) = (b / 4, b % 4);
    let g = (8 * b + 13) / 25;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 19 * l) / 433;
    let month = (h + l - 7 * m + 90) / 25;
    let day = (h + l - 7 * m + 33 * month + 19) % 32;
    NaiveDate::from_ymd_opt(year, month.unsigned_abs(), day.unsigned_abs()).unwrap()
}

pub fn after(date: NaiveDate, days: i64) -> NaiveDate {
    date + chrono::TimeDelta::days(days)
}

pub fn forward(mut date: NaiveDate) -> NaiveDate {
    while !is_business_day(date) {
        date = date + Days::new(1);
    }
    date
}

pub fn back(mut date: NaiveDate) -> NaiveDate {
    while !is_business_day(date) {
        date = date - Days::new(1);
    }
    date
}

/// The business day so many business days from a business day.
fn business(mut date: NaiveDate, count: i64) -> NaiveDate {
    for _ in 0..count.abs() {
        date = if count < 0 {
            back(date - Days::new(1))
        } else {
            forward(date + Days::new(1))
        };
    }
    date
}

/// The standard timeline: step, role, and the day counted from T0.
pub fn rules(t0: NaiveDate) -> Vec<(&'static str, &'static str, NaiveDate)> {
    vec![
        ("end_approaching", "holder", forward(after(t0, -30))),
        ("end_approaching_receiver", "receiver", forward(after(t0, -30))),
        ("return_reminder", "holder", business(t0, -5)),
        ("confirm_return", "receiver", business(t0, -1)),
        ("reminder_1", "receiver", business(t0, 1)),
        ("reminder_2", "receiver", business(t0, 5)),
        ("escalation", "receivers_manager", business(t0, 10)),
    ]
}

/// Who gets a copy of a step.
fn copies(step: &str) -> &'static [&'static str] {
    match step {
        "reminder_2" => &["coordinator"],
        "escalation" => &["coordinator", "desk"],
        _ => &[],
    }
}

/// One mail's worth of news: which case, which step, to which role.
pub type Told = (String, &'static str, &'static str);

/// A case as the people in it see it.
pub struct Case {
    pub holder: String,
    pub manager: String,
    /// The last day of the employment.
    end: NaiveDate,
    /// What is still to come: step, role, from which day.
    ahead: Vec<(&'static str, &'static str, NaiveDate)>,
    /// Copies that wait for a reader's next day.
    copies: Vec<(&'static str, &'static str)>,
    /// Receipts that are to be sent.
    receipts: Vec<(&'static str, &'static str)>,
    pub is_open: bool,
    /// Whether the manager has been asked, so that they can answer.
    pub is_asked: bool,
}

impl Case {
    pub fn new(holder: String, manager: String, (end, today): (NaiveDate, NaiveDate)) -> Self {
        let mut case = Self {
            holder,
            manager,
            end,
            ahead: Vec::new(),
            copies: Vec::new(),
            receipts: Vec::new(),
            is_open: true,
            is_asked: false,
        };
        case.ends(end, today);
        case
    }

    /// HR says when it ends, or says another day: everything is told for that day.
    pub fn ends(&mut self, end: NaiveDate, today: NaiveDate) {
        self.end = end;
        let t0 = back(end);
        // Nobody is late with what they could not know.
        let from = t0.max(forward(today));
        self.ahead = rules(from);
        self.copies.clear();
        // What was due before today is told as one mail: the newest.
        let told_by: Vec<_> = self.ahead.clone();
        self.ahead.retain(|(_, role, due)| {
            *due >= today
                || !told_by
                    .iter()
                    .any(|(_, other, later)| other == role && later > due && *later < today)
        });
    }

    /// It is stayed, or called off.
    pub fn is_called_off(&mut self) {
        self.is_open = false;
    }

    /// The manager has answered that everything is well.
    pub fn is_confirmed(&mut self, today: NaiveDate) {
        self.is_open = false;
        self.receipts.push(("receipt_receiver", "receiver"));
        if today <= self.end {
            self.receipts.push(("receipt_holder", "holder"));
        }
    }

    /// The newest that is due for the role.
    fn due(&self, role: &str, today: NaiveDate) -> Option<&'static str> {
        let due = self
            .ahead
            .iter()
            .filter(|(_, to, from)| *to == role && *from <= today);
        due.max_by_key(|(_, _, from)| *from).map(|(step, ..)| *step)
    }

    fn passed(&mut self, role: &str, today: NaiveDate) {
        self.ahead.retain(|(_, to, from)| *to != role || *from > today);
    }
}

/// Everything that happens in the season.
#[derive(Default)]
pub struct Season {
    pub cases: BTreeMap<String, Case>,
    /// What was told on which day.
    pub told: BTreeSet<(NaiveDate, Told)>,
    /// The mails: on which day, to whom.
    pub mails: Vec<(NaiveDate, String)>,
    /// Who has had the mail of the day.
    written_to: BTreeSet<(NaiveDate, String)>,
}

impl Season {
    /// Mail leaves, if it does on that day.
    pub fn mail_leaves(&mut self, today: NaiveDate) {
        if !is_business_day(today) {
            return;
        }
        for (number, case) in &mut self.cases {
            let mut alone: Vec<_> = case.receipts.drain(..).collect();
            if case.is_open {
                let is_there = today <= back(case.end);
                alone.extend(
                    case.due("holder", today)
                        .filter(|_| is_there)
                        .map(|step| (step, "holder")),
                );
                case.passed("holder", today);
            }
            for (step, role) in alone {
                let reader = if role == "holder" {
                    &case.holder
                } else {
                    &case.manager
                };
                self.mails.push((today, reader.clone()));
                self.told.insert((today, (number.clone(), step, role)));
            }
        }
        // First what is asked of people, then the copies of it.
        self.tell_readers(today);
        self.tell_readers(today);
    }

    /// One mail for each reader who has had none today.
    fn tell_readers(&mut self, today: NaiveDate) {
        let mut news: BTreeMap<String, Vec<Told>> = BTreeMap::new();
        for (number, case) in self.cases.iter().filter(|(_, case)| case.is_open) {
            for (role, reader) in [("receiver", case.manager.as_str()), ("receivers_manager", "chef")] {
                if let Some(step) = case.due(role, today) {
                    let told = (number.clone(), step, role);
                    news.entry(reader.to_owned()).or_default().push(told);
                }
            }
            // A copy of yesterday is due this morning like everything else; one of today comes after its original.
            for (step, role) in &case.copies {
                let reader = if *role == "desk" { "desk" } else { "karin" };
                let told = (number.clone(), *step, *role);
                news.entry(reader.to_owned()).or_default().push(told);
            }
        }
        for (reader, all) in news {
            if !self.written_to.insert((today, reader.clone())) {
                continue;
            }
            self.mails.push((today, reader));
            for told in all {
                let (number, step, role) = told.clone();
                let case = self.cases.get_mut(&number).unwrap();
                if matches!(role, "coordinator" | "desk") {
                    case.copies.retain(|copy| *copy != (step, role));
                } else {
                    case.passed(role, today);
                    case.copies.extend(copies(step).iter().map(|to| (step, *to)));
                    case.is_asked |= ["confirm_return", "reminder_1", "reminder_2"].contains(&step);
                }
                self.told.insert((today, told));
            }
        }
    }
}
