//! The day of return as an entry for a calendar: iCalendar (RFC 5545), published in the way of RFC 5546 §3.2.1.
//!
//! Nobody answers it, it blocks no time, and it names nobody but the function that writes: calendars are shared.

use super::format::{pick, say};
use super::noun::Thing;
use super::view::{Audience, MailView, Step};
use crate::domain::language::Language;
use chrono::{DateTime, NaiveDate, Utc};

/// The longest line in bytes, its end not counted (RFC 5545 §3.1).
const LINE: usize = 75;

/// What a calendar knows the entry by.
pub struct Edition {
    /// The same for every edition of the entry, and in the whole world (RFC 5545 §3.8.4.7).
    pub uid: String,
    /// Higher than that of every edition before (RFC 5545 §3.8.7.4).
    pub sequence: i64,
    /// When this edition was written.
    pub written_at: DateTime<Utc>,
}

/// The entry that belongs to a mail; nothing for a mail that names no day of return, and for copies.
pub fn day_of_return(view: &MailView, edition: &Edition) -> Option<String> {
    let Audience::Addressee = view.audience else {
        return None;
    };
    let language = view.language;
    let the = Thing::of(&view.case, language).the();
    let (day, request) = match &view.step {
        Step::EndApproaching { return_by, .. } | Step::ReturnReminder { return_by, .. } => {
            (*return_by, say!(language, "Lämna tillbaka {the}", "Return {the}"))
        }
        Step::EndApproachingReceiver { return_by } => {
            (*return_by, say!(language, "Ta emot {the}", "Take back {the}"))
        }
        Step::ConfirmReturn { .. }
        | Step::HandBack { .. }
        | Step::NewLink { .. }
        | Step::HandedOver { .. }
        | Step::Reminder1 { .. }
        | Step::Reminder2 { .. }
        | Step::Escalation { .. }
        | Step::LossReported(_)
        | Step::ActAtOnce
        | Step::EndQuestioned { .. }
        | Step::ReceiptHolder(_)
        | Step::ReceiptReceiver(_) => return None,
    };
    Some(written(view, edition, (day, &request)))
}

/// What the file with the entry is called.
pub const fn file_name(language: Language) -> &'static str {
    pick(language, "aterlamning.ics", "return.ics")
}

fn written(view: &MailView, edition: &Edition, (day, request): (NaiveDate, &str)) -> String {
    let (language, sender, number) = (view.language, &view.sender, &view.case.number);
    let (service, phone) = (&sender.service_name, sender.phone.show(language));
    let description = say!(
        language,
        "Ärende {number}. Frågor? {service}, {phone}.",
        "Case {number}. Questions? {service}, {phone}."
    );
    let next = day.succ_opt().unwrap_or(day);
    let lines = [
        "BEGIN:VCALENDAR".to_owned(),
        "VERSION:2.0".to_owned(),
        "PRODID:-//Handback//Handback//EN".to_owned(),
        "CALSCALE:GREGORIAN".to_owned(),
        "METHOD:PUBLISH".to_owned(),
        "BEGIN:VEVENT".to_owned(),
        format!("UID:{}", edition.uid),
        format!("SEQUENCE:{}", edition.sequence),
        format!("DTSTAMP:{}", edition.written_at.format("%Y%m%dT%H%M%SZ")),
        format!("DTSTART;VALUE=DATE:{}", day.format("%Y%m%d")),
        format!("DTEND;VALUE=DATE:{}", next.format("%Y%m%d")),
        format!(
            "SUMMARY;LANGUAGE={language}:{}",
            text(&format!("{request} ({number})"))
        ),
        format!("DESCRIPTION;LANGUAGE={language}:{}", text(&description)),
        format!("ORGANIZER:mailto:{}", sender.reply_to),
        "CLASS:PRIVATE".to_owned(),
        "TRANSP:TRANSPARENT".to_owned(),
        "END:VEVENT".to_owned(),
        "END:VCALENDAR".to_owned(),
    ];
    lines.iter().map(|line| folded(line)).collect()
}

/// A value of type TEXT (RFC 5545 §3.3.11).
fn text(value: &str) -> String {
    let mut written = String::with_capacity(value.len());
    for letter in value.chars() {
        match letter {
            '\\' | ';' | ',' => written.extend(['\\', letter]),
            '\n' => written.push_str("\\n"),
            letter if letter.is_control() => {}
            letter => written.push(letter),
        }
    }
    written
}

/// A line with its end; a long one goes on in the next line after a space, and no letter is cut in two.
fn folded(line: &str) -> String {
    let mut written = String::with_capacity(line.len() + 8);
    let mut length = 0;
    for letter in line.chars() {
        if length + letter.len_utf8() > LINE {
            written.push_str("\r\n ");
            length = 1;
        }
        written.push(letter);
        length += letter.len_utf8();
    }
    written.push_str("\r\n");
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::Phone;
    use crate::mail::tests::{steps, view};
    use chrono::TimeZone;

    fn edition() -> Edition {
        Edition {
            uid: "01939e5c-5b6a-7c1e-8f00-0242ac120002.holder@exempelkommunen.example".to_owned(),
            sequence: 3,
            written_at: Utc.with_ymd_and_hms(2027, 9, 1, 7, 0, 0).unwrap(),
        }
    }

    #[test]
    fn the_mails_that_name_the_day_of_return_carry_it_and_no_others() {
        let mut shown = Vec::new();
        for (step, content) in steps() {
            for language in [Language::Sv, Language::En] {
                let mut view = view(language, content.clone());
                let Some(entry) = day_of_return(&view, &edition()) else {
                    continue;
                };
                shown.push(format!("{step}\n{}", entry.replace("\r\n", "\n")));
                for secret in ["Anna", "Ek", "Maria", "Exempel X1", "7Q2K"] {
                    assert!(!entry.contains(secret), "{step} {language}: {entry}");
                }
                assert!(
                    entry
                        .split("\r\n")
                        .all(|line| line.len() <= 75 && !line.contains('\n'))
                );
                view.audience = Audience::Copy;
                assert!(day_of_return(&view, &edition()).is_none());
            }
        }
        insta::assert_snapshot!(shown.join("\n"));
    }

    #[test]
    fn no_text_breaks_the_form_of_the_entry() {
        let step = steps()
            .into_iter()
            .find(|(name, _)| *name == "return_reminder")
            .unwrap()
            .1;
        let mut view = view(Language::Sv, step);
        view.sender.service_name =
            "Telefoni; växel, \\ \nEND:VEVENT\r\u{7}ååååååååååååååååååååååååååååå".to_owned();
        view.sender.phone = Phone::as_configured("1234");
        let entry = day_of_return(&view, &edition()).unwrap();
        let read: icalendar::Calendar = entry.parse().unwrap();
        assert_eq!(read.components.len(), 1);
        assert!(entry.lines().filter(|line| *line == "END:VEVENT").count() == 1);
        let description = read.components[0]
            .as_event()
            .and_then(|event| icalendar::Component::property_value(event, "DESCRIPTION").map(str::to_owned));
        assert!(
            description
                .unwrap()
                .contains("Telefoni; växel, \\ \nEND:VEVENTåå")
        );
    }
}
