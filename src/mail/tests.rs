//! Every step in every language: facts, subjects, links, and the texts themselves as snapshots.

use super::receipt::{Proof, Receipt, ReceiptDevice, ReceiptSubscription};
use super::words::{
    Check, CodeAnswer, CodeKind, Condition, DeviceOutcome, FactLevel, NumberDecision, SimAnswer, WipeMethod,
};
use super::*;
use crate::domain::language::Language;
use crate::domain::termination::TerminationKind;
use crate::domain::wipe::WipeLevel;
use chrono::{NaiveDate, TimeZone, Utc};

const LINK: &str = "https://handback.example/c/tO-k_en";
const HOLDER: &str = "Anna Ek";
/// Words that would tell a bystander why the mail was sent.
const FORBIDDEN: [&str; 9] = [
    "slutar",
    "slutat",
    "avsked",
    "uppsäg",
    "anställning",
    "dismiss",
    "terminat",
    "resign",
    "employment",
];

pub(super) fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

fn phone() -> Phone {
    Phone {
        sv: "070-174 06 05".to_owned(),
        en: "+46 70 174 06 05".to_owned(),
    }
}

fn device(model: &str, serial_last4: &str, hold: bool) -> DeviceFacts {
    let accessories = vec!["laddare".to_owned(), "fodral".to_owned()];
    DeviceFacts {
        model: model.to_owned(),
        serial_last4: serial_last4.to_owned(),
        accessories,
        hold,
    }
}

pub(super) fn receipt() -> Receipt {
    let proof = |level| Proof {
        level,
        on: Some(day(2027, 9, 30)),
        by: Some("Maria Lind".to_owned()),
    };
    Receipt {
        case_number: "HB-2027-00042".to_owned(),
        holder_name: Some(HOLDER.to_owned()),
        unit: "Ekskolan".to_owned(),
        issuer: "Barn- och utbildningsnämnden".to_owned(),
        issued_at: Utc.with_ymd_and_hms(2027, 10, 1, 7, 30, 0).unwrap(),
        devices: vec![ReceiptDevice {
            model: "Exempel X1".to_owned(),
            serial_last4: "7Q2K".to_owned(),
            outcome: DeviceOutcome::Returned,
            outcome_facts: Vec::new(),
            returned: proof(FactLevel::Attested),
            condition: Some(Condition::Intact),
            reset: proof(FactLevel::Attested),
            wiped: proof(FactLevel::Attested),
            required_wipe: WipeLevel::Attested,
            wipe_method: Some(WipeMethod::FactoryReset),
            codes: vec![
                (CodeKind::ScreenLock, CodeAnswer::NotNeededAfterWipe),
                (CodeKind::SimPin, CodeAnswer::Received),
                (CodeKind::Other, CodeAnswer::NotApplicable),
            ],
            accessories: vec![
                ("laddare".to_owned(), Some(true)),
                ("fodral".to_owned(), Some(true)),
            ],
            sim: Some(SimAnswer::Returned),
        }],
        subscriptions: vec![ReceiptSubscription {
            number: phone(),
            decision: Some(NumberDecision::Reuse),
            carried_out_on: Some(day(2027, 10, 1)),
            directory_updated_on: Some(day(2027, 10, 1)),
            stays: false,
        }],
        deviations: vec![],
        verification_code: "K7QM-2XRD-9F4T-HB31-0VWZ".to_owned(),
        verify_url: Some("https://handback.example/verify/K7QM-2XRD-9F4T-HB31-0VWZ".to_owned()),
    }
}

pub(super) fn steps() -> Vec<(&'static str, Step)> {
    let (return_by, confirm_by) = (day(2027, 9, 30), day(2027, 10, 4));
    let hand_to = "Maria Lind".to_owned();
    let keep_number_by = Some(day(2027, 9, 15));
    let coordinator = Some("Karin Berg".to_owned());
    let remaining = vec![Check::Returned, Check::Wiped, Check::Codes];
    vec![
        (
            "end_approaching",
            Step::EndApproaching {
                hand_to: hand_to.clone(),
                return_by,
                keep_number_by,
            },
        ),
        (
            "end_approaching_receiver",
            Step::EndApproachingReceiver { return_by },
        ),
        ("return_reminder", Step::ReturnReminder { hand_to, return_by }),
        (
            "confirm_return",
            Step::ConfirmReturn {
                confirm_by,
                coordinator,
            },
        ),
        (
            "reminder_1",
            Step::Reminder1 {
                confirm_by,
                remaining: remaining.clone(),
            },
        ),
        (
            "new_link",
            Step::NewLink {
                confirm_by,
                remaining: remaining.clone(),
            },
        ),
        (
            "handed_over",
            Step::HandedOver {
                confirm_by,
                by: Some("Olof Sund".to_owned()),
                remaining: remaining.clone(),
            },
        ),
        ("reminder_2", reminder_2(confirm_by, remaining.clone())),
        ("escalation", escalation(confirm_by, remaining)),
        ("loss_reported", Step::LossReported(loss())),
        (
            "end_questioned",
            super::end_question_tests::end_questioned(confirm_by),
        ),
        ("receipt_holder", Step::ReceiptHolder(receipt())),
        ("receipt_receiver", Step::ReceiptReceiver(receipt())),
    ]
}

fn reminder_2(confirm_by: NaiveDate, remaining: Vec<Check>) -> Step {
    let (next_level, escalates_on) = ("Olof Sund".to_owned(), day(2027, 10, 14));
    Step::Reminder2 {
        confirm_by,
        earlier: 1,
        remaining,
        business_days: 5,
        next_level,
        escalates_on,
    }
}

fn escalation(decide_by: NaiveDate, remaining: Vec<Check>) -> Step {
    let asked = Some(Asked {
        name: "Maria Lind".to_owned(),
        reminders: 2,
    });
    Step::Escalation {
        decide_by,
        asked,
        remaining,
        monthly_cost_ore: Some(24_900),
    }
}

fn loss() -> Loss {
    Loss {
        lost: Vec::new(),
        stolen: vec!["Exempel X1 (7Q2K)".to_owned()],
        reported_by: Some("Maria Lind".to_owned()),
        reported_at: Utc.with_ymd_and_hms(2027, 10, 4, 17, 20, 0).unwrap(),
    }
}

pub(super) fn view(language: Language, step: Step) -> MailView {
    let recipient = match &step {
        Step::EndApproaching { .. } | Step::ReturnReminder { .. } | Step::ReceiptHolder(_) => {
            (HOLDER, "Anna")
        }
        Step::EndApproachingReceiver { .. }
        | Step::ConfirmReturn { .. }
        | Step::NewLink { .. }
        | Step::HandedOver { .. }
        | Step::Reminder1 { .. }
        | Step::Reminder2 { .. }
        | Step::HandBack { .. }
        | Step::ReceiptReceiver(_) => ("Maria Lind", "Maria"),
        Step::Escalation { .. } => ("Olof Sund", "Olof"),
        Step::LossReported(_) | Step::ActAtOnce | Step::EndQuestioned { .. } => {
            ("Kundtjänst telefoni", "Kundtjänst telefoni")
        }
    };
    MailView {
        language,
        sender: Sender {
            service_name: "Kundtjänst telefoni".to_owned(),
            municipality: "Exempelkommunen".to_owned(),
            phone: Phone {
                sv: "070-174 06 90".to_owned(),
                en: "+46 70 174 06 90".to_owned(),
            },
            reply_to: "telefoni@exempelkommunen.example".to_owned(),
        },
        recipient: Recipient {
            name: recipient.0.to_owned(),
            first_name: recipient.1.to_owned(),
        },
        case: CaseFacts {
            number: "HB-2027-00042".to_owned(),
            kind: TerminationKind::Ordinary,
            holder_name: Some(HOLDER.to_owned()),
            unit: "Ekskolan".to_owned(),
            last_day: day(2027, 9, 30),
            devices: vec![device("Exempel X1", "7Q2K", false)],
            subscriptions: vec![SubscriptionFacts { number: phone() }],
            is_proposed: false,
            away: None,
            hr_asked_on: None,
        },
        audience: Audience::Addressee,
        link: Some(LINK.to_owned()),
        instructions_url: Some("https://handback.example/instructions".to_owned()),
        step,
    }
}

/// Every step in every language, with a change made to the view.
pub(super) fn every(change: impl Fn(&mut MailView)) -> Vec<(&'static str, Language, RenderedMail)> {
    let mut mails = Vec::new();
    for (name, step) in steps() {
        for language in Language::ALL.iter().copied() {
            let mut view = view(language, step.clone());
            change(&mut view);
            mails.push((name, language, render(&view).unwrap()));
        }
    }
    mails
}

#[test]
fn subjects_are_short_carry_the_case_number_and_tell_a_bystander_nothing() {
    let several = |view: &mut MailView| view.case.devices.push(device("Exempel X2", "99ZZ", false));
    let long_number = |view: &mut MailView| view.case.number = "BARN-OCH-UTBILDNING-2027-000042".to_owned();
    for (step, language, mail) in [every(|_| ()), every(several), every(long_number)].concat() {
        let subject = mail.subject;
        assert!(subject.chars().count() <= 78, "{step} {language}: {subject}");
        assert!(subject.contains("2027-00"), "{step} {language}: {subject}");
        for word in ["Anna", "Ek ", "Maria", "Olof", "Ekskolan"] {
            assert!(!subject.contains(word), "{step} {language}: {subject}");
        }
        let lower = subject.to_lowercase();
        assert!(
            FORBIDDEN.iter().all(|word| !lower.contains(word)),
            "{step} {language}: {subject}"
        );
    }
}

#[test]
fn both_parts_of_every_mail_carry_the_same_facts() {
    for (step, language, mail) in every(|_| ()) {
        let number = phone();
        let mut facts = vec![
            "Exempel X1",
            "7Q2K",
            number.show(language),
            "HB-2027-00042",
            "Kundtjänst telefoni",
        ];
        let date = match step {
            "end_approaching" | "end_approaching_receiver" | "return_reminder" => day(2027, 9, 30),
            "receipt_holder" | "receipt_receiver" => day(2027, 10, 1),
            _ => day(2027, 10, 4),
        };
        let date = format::date(language, date);
        facts.push(&date);
        for part in [&mail.text, &mail.html] {
            for fact in &facts {
                assert!(part.contains(fact), "{step} {language} lacks {fact}:\n{part}");
            }
            let links = part.matches(LINK).count();
            assert_eq!(
                links,
                usize::from(!["end_approaching_receiver", "loss_reported", "end_questioned"].contains(&step)),
                "{step} {language}"
            );
        }
        let opening = mail.text.lines().nth(2).unwrap();
        assert!(
            step.starts_with("receipt") || opening.contains(&date),
            "the date comes late: {opening}"
        );
        assert!(mail.html.contains(&format!("<html lang=\"{language}\">")));
        assert_eq!(mail.html.matches("<h1").count(), 1);
    }
}

#[test]
fn a_copy_has_no_link_and_says_who_can_answer() {
    let copy = |view: &mut MailView| (view.audience, view.link) = (Audience::Copy, None);
    for (step, language, mail) in every(copy) {
        assert!(
            !mail.text.contains("/c/") && !mail.html.contains("/c/"),
            "{step} {language}"
        );
        let asks = [
            "confirm_return",
            "new_link",
            "handed_over",
            "reminder_1",
            "reminder_2",
            "escalation",
        ]
        .contains(&step);
        let word = format::pick(language, "Kopia för kännedom", "Copy for information");
        assert_eq!(mail.text.starts_with(word), asks, "{step} {language}");
        assert_eq!(mail.html.contains(word), asks, "{step} {language}");
    }
}

#[test]
fn nobody_is_told_to_wipe_what_must_be_kept() {
    let hold = |view: &mut MailView| view.case.devices = vec![device("Exempel X1", "7Q2K", true)];
    for (step, language, mail) in every(hold) {
        let order = format::pick(language, "Återställ och rensa", "Reset and wipe");
        let keep = format::pick(language, "Rensa inte", "Do not wipe");
        for part in [&mail.text, &mail.html] {
            assert!(!part.contains(order), "{step} {language}");
            let done = format::pick(language, "telefonen är rensad", "phone has been wiped");
            assert!(
                step.starts_with("receipt") || !part.contains(done),
                "{step} {language}"
            );
            assert!(
                step.starts_with("receipt") || part.contains(keep),
                "{step} {language}"
            );
        }
    }
    let mixed = |view: &mut MailView| view.case.devices.push(device("Exempel X2", "99ZZ", true));
    for (step, language, mail) in every(mixed) {
        if step == "end_approaching" {
            let keep = format::pick(
                language,
                "Rensa inte Exempel X2 (99ZZ)",
                "Do not wipe Exempel X2 (99ZZ)",
            );
            assert!(mail.text.contains(keep), "{}", mail.text);
        }
    }
}

#[test]
fn a_protected_identity_is_named_by_case_number_only() {
    let protect = |view: &mut MailView| view.case.holder_name = None;
    for (step, language, mail) in every(protect) {
        let to_holder = [
            "end_approaching",
            "return_reminder",
            "receipt_holder",
            "receipt_receiver",
        ]
        .contains(&step);
        assert!(
            to_holder || !(mail.text.contains(HOLDER) || mail.html.contains(HOLDER)),
            "{step} {language}"
        );
    }
}

#[test]
fn a_lost_phone_is_never_receipted_as_returned_or_wiped() {
    let mut receipt = receipt();
    let lost = Proof {
        level: FactLevel::Lost,
        on: None,
        by: None,
    };
    let device = &mut receipt.devices[0];
    device.outcome = DeviceOutcome::Stolen;
    (device.returned, device.reset, device.wiped) = (lost.clone(), lost.clone(), lost);
    device.wipe_method = None;
    let mail = render(&view(Language::Sv, Step::ReceiptHolder(receipt))).unwrap();
    assert_eq!(mail.subject, "Kvittens med avvikelse (HB-2027-00042)");
    assert!(
        mail.text
            .contains("Rensad: Förlorad – rensning kan inte bekräftas"),
        "{}",
        mail.text
    );
    assert!(!mail.text.contains("allt är klart") && !mail.text.contains("startskärmen"));
}

#[test]
fn a_last_day_is_past_only_in_a_mail_that_comes_late() {
    for (confirm_by, expected) in [
        (
            day(2027, 9, 30),
            ["har sin sista dag", "The last day of Anna Ek is"],
        ),
        (
            day(2027, 10, 4),
            ["hade sin sista dag", "The last day of Anna Ek was"],
        ),
    ] {
        for (language, expected) in [Language::Sv, Language::En].into_iter().zip(expected) {
            let coordinator = None;
            let step = Step::ConfirmReturn {
                confirm_by,
                coordinator,
            };
            let text = render(&view(language, step)).unwrap().text;
            assert!(text.contains(expected), "{text}");
        }
    }
}

#[test]
fn the_number_of_reminders_is_the_true_one() {
    let escalated = |language, asked: Option<u32>| {
        let mut view = view(language, escalation(day(2027, 10, 4), Vec::new()));
        if let Step::Escalation { asked: who, .. } = &mut view.step {
            *who = asked.map(|reminders| Asked {
                name: "Maria Lind".to_owned(),
                reminders,
            });
        }
        render(&view).unwrap().text
    };
    for (count, sv, en) in [
        (
            Some(0),
            "Maria Lind, som skulle svara, har inte fått någon påminnelse.",
            "Maria Lind, who was to answer, has not had a reminder.",
        ),
        (Some(1), "har fått en påminnelse.", "has had one reminder."),
        (Some(2), "har fått två påminnelser.", "has had two reminders."),
        (Some(7), "har fått 7 påminnelser.", "has had 7 reminders."),
        (
            None,
            "Ingen som kan svara är känd i ärendet.",
            "Nobody is known in the case who could answer.",
        ),
    ] {
        for (language, expected) in [(Language::Sv, sv), (Language::En, en)] {
            let text = escalated(language, count);
            assert!(text.contains(expected), "{count:?} {language}: {text}");
        }
    }
    for (earlier, expected) in [
        (0, "Påminnelse: "),
        (1, "Andra påminnelsen: "),
        (2, "Ny påminnelse: "),
    ] {
        let mut view = view(Language::Sv, reminder_2(day(2027, 10, 4), Vec::new()));
        if let Step::Reminder2 { earlier: number, .. } = &mut view.step {
            *number = earlier;
        }
        assert!(render(&view).unwrap().subject.starts_with(expected), "{earlier}");
    }
}

#[test]
fn hostile_names_are_text_in_both_parts() {
    let hostile = "<script>alert(1)</script>{{ case }}";
    let mut view = view(Language::Sv, steps().remove(3).1);
    view.case.holder_name = Some(hostile.to_owned());
    let mail = render(&view).unwrap();
    assert!(mail.text.contains(hostile));
    assert!(!mail.html.contains("<script") && mail.html.contains("&#60;script&#62;"));
}

#[test]
fn the_texts_read_as_approved() {
    let mails = every(|_| ());
    for pair in mails.chunks(2) {
        let texts = pair
            .iter()
            .map(|(_, _, mail)| format!("{}\n\n{}", mail.subject, mail.text));
        insta::assert_snapshot!(pair[0].0, texts.collect::<Vec<_>>().join("\n=====\n\n"));
    }
}

#[test]
fn the_html_is_laid_out_as_approved() {
    for (step, language, mail) in every(|_| ()) {
        if (step == "confirm_return" || step == "end_approaching") && language == Language::Sv {
            insta::assert_snapshot!(format!("{step}_html"), mail.html);
        }
    }
}

/// The letters that a kind of case changes.
#[test]
fn a_death_a_dismissal_and_a_move_are_written_about_as_what_they_are() {
    let (confirm_by, coordinator) = (day(2027, 10, 4), Some("Karin Berg".to_owned()));
    let confirm = Step::ConfirmReturn {
        confirm_by,
        coordinator,
    };
    let remaining = vec![Check::Returned];
    let remind = Step::Reminder1 {
        confirm_by,
        remaining,
    };
    for (name, kind, step) in [
        ("immediate_desk", TerminationKind::Immediate, Step::ActAtOnce),
        ("deceased_desk", TerminationKind::Deceased, Step::ActAtOnce),
        ("immediate_confirm", TerminationKind::Immediate, confirm.clone()),
        ("deceased_confirm", TerminationKind::Deceased, confirm.clone()),
        ("deceased_reminder", TerminationKind::Deceased, remind),
        ("transfer_confirm", TerminationKind::Transfer, confirm),
    ] {
        let texts = Language::ALL.iter().map(|language| {
            let mut view = view(*language, step.clone());
            view.case.kind = kind;
            view.case.devices[0].hold = kind.is_held_at_first();
            let mail = render(&view).unwrap();
            let lower = mail.subject.to_lowercase();
            assert!(
                FORBIDDEN.iter().all(|word| !lower.contains(word)),
                "{}",
                mail.subject
            );
            format!("{}\n\n{}", mail.subject, mail.text)
        });
        insta::assert_snapshot!(name, texts.collect::<Vec<_>>().join("\n=====\n\n"));
    }
}

/// A digest with something in each of its parts.
fn digest(language: Language) -> RenderedMail {
    let wanted = [
        ("escalation", Audience::Addressee),
        ("reminder_2", Audience::Addressee),
        ("confirm_return", Audience::Addressee),
        ("end_approaching_receiver", Audience::Addressee),
        ("reminder_2", Audience::Copy),
    ];
    let views: Vec<MailView> = wanted
        .into_iter()
        .enumerate()
        .map(|(index, (name, audience))| {
            let (_, step) = steps().into_iter().find(|(known, _)| *known == name).unwrap();
            let mut view = view(language, step);
            view.audience = audience;
            view.case.number = format!("HB-2027-0004{index}");
            if audience == Audience::Copy || name == "end_approaching_receiver" {
                view.link = None;
            }
            view
        })
        .collect();
    let reader = Recipient {
        name: "Maria Lind".to_owned(),
        first_name: "Maria".to_owned(),
    };
    render_digest(&reader, &views.iter().collect::<Vec<_>>()).unwrap()
}

#[test]
fn a_digest_says_first_what_to_decide_and_last_what_is_only_to_be_known() {
    for language in [Language::Sv, Language::En] {
        let mail = digest(language);
        assert!(mail.subject.chars().count() <= 78, "{}", mail.subject);
        assert!(!mail.subject.contains(HOLDER), "{}", mail.subject);
        assert_eq!(
            mail.text.matches("/c/").count(),
            3,
            "only those that ask have a link"
        );
        insta::assert_snapshot!(
            format!("digest_{}", language.as_str()),
            format!("{}\n\n{}", mail.subject, mail.text)
        );
        if language == Language::Sv {
            insta::assert_snapshot!("digest_html", mail.html);
        }
    }
}
