//! Finds what looks like a Swedish personal identity number in free text, so that people can be warned before
//! it is stored. It proves nothing: phone numbers can have the same shape, so nothing is refused because of it.

use super::luhn_holds;
use chrono::NaiveDate;

/// Whether the text holds something in the shape of a personnummer or samordningsnummer: a date of birth in six
/// or eight digits (with 60 added to the day in a samordningsnummer), with or without a separator, then four
/// digits of which the last is the right check digit.
pub fn looks_like_personal_number(text: &str) -> bool {
    let runs = digit_runs(text);
    let alone = runs.iter().any(|run| is_personal_number(run.digits));
    let in_two_parts = runs.iter().zip(runs.iter().skip(1)).any(|(date, number)| {
        number.digits.len() == 4
            && is_separator(number.gap_before)
            && is_personal_number(&[date.digits, number.digits].concat())
    });
    alone || in_two_parts
}

/// Digits that stand together, and the text between them and the digits before.
struct DigitRun<'a> {
    gap_before: &'a str,
    digits: &'a str,
}

fn digit_runs(text: &str) -> Vec<DigitRun<'_>> {
    let mut runs = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (gap_before, from_digits) = rest.split_at(start);
        let end = from_digits
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(from_digits.len());
        let (digits, after) = from_digits.split_at(end);
        runs.push(DigitRun { gap_before, digits });
        rest = after;
    }
    runs
}

/// A hyphen of any kind, the plus sign of people over a hundred, or a space; at most one space on either side.
fn is_separator(gap: &str) -> bool {
    gap.chars().count() <= 3 && matches!(gap.trim(), "" | "-" | "+" | "\u{2010}" | "\u{2011}" | "–" | "−")
}

fn is_personal_number(digits: &str) -> bool {
    let ten = match digits.len() {
        10 => digits,
        12 => match digits.split_at(2) {
            ("18" | "19" | "20", ten) => ten,
            _ => return false,
        },
        _ => return false,
    };
    let number = |from, to| ten.get(from..to).and_then(|part| part.parse::<u32>().ok());
    let (Some(month), Some(day)) = (number(2, 4), number(4, 6)) else {
        return false;
    };
    // The century is not known here, so 29 February always passes; samordningsnummer may lack a date.
    let is_date = |day| NaiveDate::from_ymd_opt(2000, month, day).is_some();
    let dated = is_date(day)
        || day
            .checked_sub(60)
            .is_some_and(|day| is_date(day) || day == 0 && month <= 12);
    dated && luhn_holds(ten)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn personal_numbers_are_found_in_every_usual_form() {
        for text in [
            "121212-1212",
            "121212+1212",
            "1212121212",
            "191212121212",
            "19121212-1212",
            "121212 1212",
            "121212 – 1212",
            "Anna (121212-1212) har slutat.",
            "den 3 mars, 121212-1212",
            // Samordningsnummer.
            "121272-1219",
            "19121272-1219",
        ] {
            assert!(looks_like_personal_number(text), "{text}");
        }
    }

    #[test]
    fn other_numbers_do_not_warn() {
        for text in [
            "",
            "Borttappad den 2027-03-31.",
            // Wrong check digit, no such month, no such day, no such century.
            "121212-1213",
            "121312-1211",
            "121232-1218",
            "221212121212",
            "070-174 06 05",
            "+46701740605",
            "0701740605",
            "999999-9999",
            "490154203237518",
            "1912121212123",
            "121212 kr och 1212 kr",
            // Two columns of a table.
            "121212        1212",
            "T-2026-000123",
        ] {
            assert!(!looks_like_personal_number(text), "{text}");
        }
    }
}
