//! Dates, times, amounts and lists as people write them in Swedish and English.
//!
//! Must not decide anything: it only spells. Instants are shown in Swedish local time.

use crate::domain::language::Language;
use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};
use chrono_tz::{Europe::Stockholm, Tz};

/// Writes one sentence, given in Swedish and then in English, in the language that is asked for.
/// Both take the same inline arguments as `format!`.
macro_rules! say {
    ($language:expr, $sv:literal, $en:literal $(,)?) => {
        match $language {
            $crate::domain::language::Language::Sv => format!($sv),
            $crate::domain::language::Language::En => format!($en),
        }
    };
}
pub(crate) use say;

/// The word or fixed sentence in the language that is asked for.
pub(crate) const fn pick(language: Language, sv: &'static str, en: &'static str) -> &'static str {
    match language {
        Language::Sv => sv,
        Language::En => en,
    }
}

const MONTHS_SV: [&str; 12] = [
    "januari",
    "februari",
    "mars",
    "april",
    "maj",
    "juni",
    "juli",
    "augusti",
    "september",
    "oktober",
    "november",
    "december",
];

const MONTHS_EN: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A date in running text: "31 mars 2027", "31 March 2027".
pub fn date(language: Language, day: NaiveDate) -> String {
    let months = match language {
        Language::Sv => &MONTHS_SV,
        Language::En => &MONTHS_EN,
    };
    let month = months.get(day.month0() as usize).copied().unwrap_or_default();
    format!("{} {month} {}", day.day(), day.year())
}

/// The Swedish local time of an instant.
fn local(at: DateTime<Utc>) -> DateTime<Tz> {
    at.with_timezone(&Stockholm)
}

/// A time of day in Swedish local time: "kl. 9.05", "9:05".
pub fn time(language: Language, at: DateTime<Utc>) -> String {
    let at = local(at);
    let (hour, minute) = (at.hour(), at.minute());
    say!(language, "kl. {hour}.{minute:02}", "{hour}:{minute:02}")
}

/// The Swedish local date of an instant, in running text.
pub fn local_date(language: Language, at: DateTime<Utc>) -> String {
    date(language, local(at).date_naive())
}

/// Date and time in Swedish local time: "31 mars 2027 kl. 9.05", "31 March 2027 at 9:05".
pub fn date_time(language: Language, at: DateTime<Utc>) -> String {
    let (day, time) = (local_date(language, at), time(language, at));
    say!(language, "{day} {time}", "{day} at {time}")
}

/// An amount in öre as kronor: "4 995,00 kr" (with no-break spaces), "SEK 4,995.00".
pub fn amount(language: Language, ore: u64) -> String {
    let (separator, kronor, rest) = (pick(language, "\u{a0}", ","), ore / 100, ore % 100);
    let digits = kronor.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push_str(separator);
        }
        grouped.push(digit);
    }
    say!(language, "{grouped},{rest:02}\u{a0}kr", "SEK {grouped}.{rest:02}")
}

/// A list in running text: "a, b och c", "a, b and c".
pub fn list<S: AsRef<str>>(language: Language, items: &[S]) -> String {
    let Some((last, rest)) = items.split_last() else {
        return String::new();
    };
    let last = last.as_ref();
    if rest.is_empty() {
        return last.to_owned();
    }
    let rest = rest.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", ");
    say!(language, "{rest} och {last}", "{rest} and {last}")
}

/// The text with its first letter in upper case, for a word that begins a sentence.
pub fn sentence_case(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;

    #[test]
    fn dates_and_times_are_spelled_as_in_the_language_and_in_swedish_local_time() {
        let day = NaiveDate::from_ymd_opt(2027, 3, 31).unwrap();
        assert_eq!(date(Language::Sv, day), "31 mars 2027");
        assert_eq!(date(Language::En, day), "31 March 2027");
        let summer = Utc.with_ymd_and_hms(2027, 3, 31, 22, 5, 0).unwrap();
        assert_eq!(date_time(Language::Sv, summer), "1 april 2027 kl. 0.05");
        assert_eq!(date_time(Language::En, summer), "1 April 2027 at 0:05");
        let winter = Utc.with_ymd_and_hms(2027, 1, 4, 8, 0, 0).unwrap();
        assert_eq!(time(Language::Sv, winter), "kl. 9.00");
        assert_eq!(time(Language::En, winter), "9:00");
    }

    #[test]
    fn lists_amounts_and_first_letters_follow_the_language() {
        assert_eq!(list::<&str>(Language::Sv, &[]), "");
        assert_eq!(list(Language::Sv, &["a"]), "a");
        assert_eq!(list(Language::Sv, &["a", "b", "c"]), "a, b och c");
        assert_eq!(list(Language::En, &["a", "b"]), "a and b");
        assert_eq!(amount(Language::Sv, 499_500), "4\u{a0}995,00\u{a0}kr");
        assert_eq!(amount(Language::En, 123_456_705), "SEK 1,234,567.05");
        assert_eq!(amount(Language::Sv, 9_900), "99,00\u{a0}kr");
        assert_eq!(sentence_case("återlämning"), "Återlämning");
    }
}
