//! That HR is asked about the last day, as mails say it.

use super::tests::{day, steps, view};
use crate::domain::language::Language;
use crate::domain::task::{EndAsker, EndClaim};
use crate::mail::{EndQuestion, MailView, Step, render, render_digest};
use chrono::NaiveDate;

pub(super) fn end_questioned(answer_by: NaiveDate) -> Step {
    let said = |by, says, last_day, task: &str| EndQuestion {
        by,
        says,
        last_day,
        task: task.to_owned(),
    };
    Step::EndQuestioned {
        answer_by,
        questions: vec![
            said(EndAsker::Holder, EndClaim::Staying, None, "HU-7K3F-9Q2M"),
            said(
                EndAsker::Receiver,
                EndClaim::WrongDate,
                Some(day(2027, 12, 31)),
                "HU-2M4T-8XQ7",
            ),
        ],
    }
}

#[test]
fn whoever_is_asked_is_told_that_hr_is_asked_about_the_last_day() {
    let told = |view: &MailView| {
        let mail = render(view).unwrap();
        mail.text
            .contains("HR är tillfrågad om sista dagen stämmer, sedan 20 september 2027")
    };
    for (name, step) in steps() {
        let is_told = matches!(
            step,
            Step::EndApproaching { .. }
                | Step::ReturnReminder { .. }
                | Step::ConfirmReturn { .. }
                | Step::NewLink { .. }
                | Step::HandedOver { .. }
                | Step::Reminder1 { .. }
                | Step::Reminder2 { .. }
                | Step::Escalation { .. }
        );
        let mut view = view(Language::Sv, step);
        assert!(!told(&view), "{name}");
        view.case.hr_asked_on = Some(day(2027, 9, 20));
        assert_eq!(told(&view), is_told, "{name}");
        if is_told {
            let reader = view.recipient.clone();
            let digest = render_digest(&reader, &[&view, &view]).unwrap();
            assert!(digest.text.contains("HR är tillfrågad"), "{name}");
        }
    }
}
