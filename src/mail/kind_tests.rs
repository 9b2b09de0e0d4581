//! The letters of kinds of cases that have words of their own.

use super::tests::{day, every, view};
use super::words::Check;
use super::*;
use crate::domain::language::Language;
use crate::domain::termination::TerminationKind;

#[test]
fn whoever_is_to_take_a_phone_over_is_asked_for_that_and_for_no_return() {
    let texts = Language::ALL.iter().map(|language| {
        let (confirm_by, coordinator) = (day(2027, 10, 4), None);
        let step = Step::ConfirmReturn {
            confirm_by,
            coordinator,
        };
        let mut view = view(*language, step);
        view.case.kind = TerminationKind::Transfer;
        view.case.is_proposed = true;
        let mail = render(&view).unwrap();
        assert!(mail.subject.chars().count() <= 78, "{}", mail.subject);
        format!("{}\n\n{}", mail.subject, mail.text)
    });
    insta::assert_snapshot!("transfer_accept", texts.collect::<Vec<_>>().join("\n=====\n\n"));
}

/// The letters about a leave.
pub(super) fn of_a_leave() -> Vec<(&'static str, Language, RenderedMail)> {
    let (confirm_by, coordinator) = (day(2027, 9, 30), Some("Karin Berg".to_owned()));
    let remaining = vec![Check::Returned];
    let steps = [
        (
            "absence_confirm",
            Step::ConfirmReturn {
                confirm_by,
                coordinator,
            },
        ),
        (
            "absence_reminder",
            Step::Reminder1 {
                confirm_by,
                remaining,
            },
        ),
        (
            "absence_hand_back",
            Step::HandBack {
                confirm_by: day(2028, 4, 3),
                devices: vec!["Exempel X1 (7Q2K)".to_owned()],
            },
        ),
    ];
    let mut mails = Vec::new();
    for (name, step) in steps {
        for language in Language::ALL.iter().copied() {
            let mut view = view(language, step.clone());
            view.case.kind = TerminationKind::Absence;
            view.case.away = Some(Away {
                from: day(2027, 10, 1),
                back_on: Some(day(2028, 4, 3)),
            });
            mails.push((name, language, render(&view).unwrap()));
        }
    }
    mails
}

#[test]
fn a_leave_is_written_about_without_a_word_on_why() {
    for pair in of_a_leave().chunks(2) {
        let texts = pair.iter().map(|(name, language, mail)| {
            let lower = format!("{} {}", mail.subject, mail.text).to_lowercase();
            for word in ["sjuk", "föräldra", "sick", "parental", "slutat", "anställning"] {
                assert!(!lower.contains(word), "{name} {language}: {word}");
            }
            assert!(mail.subject.chars().count() <= 78, "{}", mail.subject);
            assert!(
                !mail.subject.to_lowercase().contains("frånvar"),
                "{}",
                mail.subject
            );
            format!("{}\n\n{}", mail.subject, mail.text)
        });
        insta::assert_snapshot!(pair[0].0, texts.collect::<Vec<_>>().join("\n=====\n\n"));
    }
}

/// `HANDBACK_WRITE_SAMPLES=dir cargo test --lib samples -- --ignored`
#[test]
#[ignore = "writes samples for a person to look at"]
fn mail_samples_are_written() {
    let dir = std::path::PathBuf::from(std::env::var_os("HANDBACK_WRITE_SAMPLES").expect("a folder"));
    for (step, language, mail) in [every(|_| ()), of_a_leave()].concat() {
        std::fs::write(dir.join(format!("mail-{step}-{language}.html")), &mail.html).unwrap();
        std::fs::write(dir.join(format!("mail-{step}-{language}.txt")), &mail.text).unwrap();
    }
}
