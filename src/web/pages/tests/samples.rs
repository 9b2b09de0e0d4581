//! One of each page, with invented people.

use crate::domain::holder_statement::{HolderAnswer, HolderTopic};
use crate::domain::language::Language;
use crate::domain::task::EndClaim;
use crate::domain::termination::{self, CheckState};
use crate::domain::wipe::WipeLevel;
use crate::mail::Phone;
use crate::mail::receipt::{Cause, Deviation, Proof, Receipt, ReceiptDevice, ReceiptSubscription};
use crate::mail::words::{
    Check, CodeAnswer, CodeKind, Condition, DeviceOutcome, FactLevel, NumberDecision, SimAnswer, WipeMethod,
};
use crate::services::links::{HolderDevice, HolderQuestion, HolderStatus, HolderSubscription};
use crate::web::pages::confirm::*;
use crate::web::pages::status::StatusPage;
use crate::web::pages::*;
use chrono::{DateTime, NaiveDate, TimeZone, Utc};
use std::collections::BTreeMap;
use uuid::Uuid;

pub(super) const LANGUAGES: [Language; 2] = [Language::Sv, Language::En];

pub(super) fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

pub(super) fn at() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2027, 10, 1, 7, 30, 0).unwrap()
}

pub(super) fn site() -> Site {
    Site {
        service_name: "Kundtjänst telefoni".to_owned(),
        municipality: "Exempelkommunen".to_owned(),
        help_phone: Phone {
            sv: "070-174 06 90".to_owned(),
            en: "+46 70 174 06 90".to_owned(),
        },
        accessibility_url: Some("/accessibility".to_owned()),
    }
}

pub(super) fn number() -> Phone {
    Phone {
        sv: "070-174 06 05".to_owned(),
        en: "+46 70 174 06 05".to_owned(),
    }
}

pub(super) fn device(model: &str, hold: bool) -> DeviceItem {
    DeviceItem {
        model: model.to_owned(),
        serial_last4: "7Q2K".to_owned(),
        accessories: vec!["laddare".to_owned(), "fodral".to_owned()],
        open: vec![
            Check::RecordsSaved,
            Check::Returned,
            Check::Accessories,
            Check::Reset,
            Check::Wiped,
            Check::Codes,
            Check::Sim,
        ],
        done: Vec::new(),
        hold,
        along: None,
        declared: Vec::new(),
        codes_said: Vec::new(),
    }
}

pub(super) fn confirm(language: Language) -> ConfirmPage {
    ConfirmPage {
        language,
        site: site(),
        language_switch: Some("?lang=other".to_owned()),
        action: "/c/tO-k_en".to_owned(),
        csrf: "c5rf".to_owned(),
        case_number: "HB-2027-00042".to_owned(),
        holder_name: Some("Anna Ek".to_owned()),
        last_day: day(2027, 9, 30),
        return_by: day(2027, 9, 30),
        coordinator: Some("Karin Berg".to_owned()),
        devices: vec![device("Exempel X1", false)],
        subscriptions: vec![SubscriptionItem {
            number: number(),
            decided: None,
            is_done: false,
            can_be_changed: true,
            release_by: None,
            is_requested: false,
            is_recovery_number: false,
        }],
        undone_at: None,
        absence: None,
        entered: Entered::default(),
        errors: Vec::new(),
    }
}

/// A leave: one phone of which nothing is said, one that was put away.
pub(super) fn confirm_leave(language: Language) -> ConfirmPage {
    let mut asked = device("Exempel X1", false);
    asked.open.push(Check::Arrangement);
    let mut put_away = device("Exempel X2", false);
    put_away.open = vec![Check::HandedBack];
    put_away.done = vec![Check::Returned];
    let borrowers = [
        ("01939e5c-5b6a-7c1e-8f00-0242ac120005", "Dag Alm"),
        ("01939e5c-5b6a-7c1e-8f00-0242ac120006", "Eva Ny"),
    ];
    ConfirmPage {
        devices: vec![asked, put_away],
        subscriptions: Vec::new(),
        absence: Some(AbsenceFacts {
            from: day(2027, 10, 1),
            back_on: Some(day(2028, 4, 3)),
            borrowers: borrowers
                .map(|(id, name)| (id.to_owned(), name.to_owned()))
                .to_vec(),
        }),
        ..confirm(language)
    }
}

/// Half filled in, with a held second phone.
pub(super) fn confirm_with_errors(language: Language) -> ConfirmPage {
    let entered = [
        ("answer", "confirm"),
        ("d0_have", "yes"),
        ("d0_serial", "9999"),
        ("d0_condition", "intact"),
        ("d0_code_sim_pin", "received"),
        ("d0_code_sim_pin_value", "4711"),
        ("d0_accessories_note", "fodral & kabel"),
        ("message", "Ligger i \"receptionen\""),
    ];
    let error = |field: &str, message| FieldError {
        field: field.to_owned(),
        message,
    };
    ConfirmPage {
        devices: vec![device("Exempel X1", false), device("Exempel X2", true)],
        entered: entered
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into_iter()
            .collect(),
        errors: vec![
            error("d0_serial", ErrorMessage::SerialMismatch),
            error("d0_wiped", ErrorMessage::WipedMissing),
            error("d0_code_screen_lock", ErrorMessage::CodeMissing),
            error("d1_have", ErrorMessage::HaveMissing),
            error("s0_number", ErrorMessage::NumberMissing),
            error("message", ErrorMessage::LooksSecret),
        ],
        ..confirm(language)
    }
}

pub(super) fn done(language: Language) -> DonePage {
    let checks = vec![Check::Wiped, Check::Codes];
    DonePage {
        language,
        site: site(),
        language_switch: None,
        case_number: "HB-2027-00042".to_owned(),
        answer: CaseAnswer::Confirm,
        recorded_by: "Maria Lind".to_owned(),
        recorded_at: at(),
        already_recorded: false,
        handed_to: None,
        open: vec![OpenItem {
            label: "Exempel X1".to_owned(),
            checks,
        }],
        receipt_url: None,
        undo: Undo::Until(at() + chrono::TimeDelta::hours(24), false),
        can_renew: true,
        rests: None,
        csrf: "c5rf".to_owned(),
    }
}

pub(super) fn receipt() -> Receipt {
    let proof = |level| Proof {
        level,
        on: Some(day(2027, 9, 30)),
        by: Some("Maria Lind".to_owned()),
    };
    let phone = ReceiptDevice {
        model: "Exempel X1".to_owned(),
        serial_last4: "7Q2K".to_owned(),
        outcome: DeviceOutcome::Returned,
        outcome_facts: Vec::new(),
        returned: proof(FactLevel::Attested),
        condition: Some(Condition::Intact),
        reset: proof(FactLevel::Attested),
        wiped: proof(FactLevel::Reported),
        required_wipe: WipeLevel::Attested,
        wipe_method: Some(WipeMethod::MdmCommand),
        codes: CodeKind::ALL
            .iter()
            .map(|kind| (*kind, CodeAnswer::NotNeededAfterWipe))
            .collect(),
        accessories: vec![
            ("laddare".to_owned(), Some(true)),
            ("fodral".to_owned(), Some(true)),
        ],
        sim: Some(SimAnswer::Returned),
    };
    Receipt {
        case_number: "HB-2027-00042".to_owned(),
        holder_name: Some("Anna Ek".to_owned()),
        unit: "Ekskolan".to_owned(),
        issuer: "Barn- och utbildningsnämnden".to_owned(),
        issued_at: at(),
        devices: vec![phone],
        subscriptions: vec![ReceiptSubscription {
            number: number(),
            decision: Some(NumberDecision::Reuse),
            carried_out_on: Some(day(2027, 10, 1)),
            directory_updated_on: Some(day(2027, 10, 1)),
            stays: false,
        }],
        deviations: Vec::new(),
        verification_code: "K7QM-2XRD-9F4T-HB31-0VWZ".to_owned(),
        verify_url: Some("/verify/K7QM-2XRD-9F4T-HB31-0VWZ".to_owned()),
    }
}

pub(super) fn recorded(words: &str) -> Deviation {
    let cause = Cause::Words(words.to_owned());
    Deviation::Recorded { cause }
}

pub(super) fn lost_receipt() -> Receipt {
    let mut receipt = receipt();
    let lost = Proof {
        level: FactLevel::Lost,
        on: Some(day(2027, 9, 30)),
        by: None,
    };
    let device = &mut receipt.devices[0];
    device.outcome = DeviceOutcome::Lost;
    (device.returned, device.reset, device.wiped) = (lost.clone(), lost.clone(), lost);
    (device.condition, device.wipe_method, device.sim) = (None, None, None);
    receipt.deviations = vec![recorded("Borttappad på buss, anmäld 29 september")];
    receipt
}

pub(super) fn receipt_page(language: Language, receipt: Receipt) -> String {
    ReceiptPage {
        language,
        site: site(),
        language_switch: None,
        receipt,
    }
    .render()
    .unwrap()
}

fn renewed(language: Language, outcome: Renewed) -> String {
    RenewedPage {
        language,
        site: site(),
        outcome,
    }
    .render()
    .unwrap()
}

pub(super) fn error_page(language: Language, kind: ErrorKind) -> String {
    ErrorPage {
        language,
        site: site(),
        kind,
        reference: Some("0192-ref".to_owned()),
    }
    .render()
    .unwrap()
}

pub(super) fn mail(language: Language) -> MailPage {
    MailPage {
        language,
        site: site(),
        back_url: "/mailbox".to_owned(),
        subject: "Bekräfta återlämnad mobiltelefon (HB-2027-00042)".to_owned(),
        mail_language: Language::Sv,
        headers: vec![(
            "To".to_owned(),
            "Maria Lind <maria@exempelkommunen.example>".to_owned(),
        )],
        text: "Hej Maria!\n\nBekräfta:\n/c/tO-k_en\n".to_owned(),
        html_src: Some("mail-confirm_return-sv.html".to_owned()),
    }
}

/// Every page in every language, by a name of its own.
pub(super) fn every() -> Vec<(String, Language, String)> {
    let mut pages = Vec::new();
    for language in LANGUAGES {
        let named = answer_pages(language)
            .into_iter()
            .chain(status_pages(language))
            .chain(super::lists::list_pages(language))
            .chain(other_pages(language));
        pages.extend(named.map(|(name, html)| (name, language, html)));
    }
    pages
}

fn answer_pages(language: Language) -> Vec<(String, String)> {
    let complete = DonePage {
        open: Vec::new(),
        receipt_url: Some("/s/x".to_owned()),
        undo: Undo::ReceiptSent,
        can_renew: false,
        ..done(language)
    };
    let handed = DonePage {
        answer: CaseAnswer::HandOver,
        already_recorded: true,
        undo: Undo::No,
        can_renew: false,
        ..done(language)
    };
    let unticked = DonePage {
        undo: Undo::Until(at(), true),
        ..done(language)
    };
    let undone = ConfirmPage {
        undone_at: Some(at()),
        ..confirm(language)
    };
    let mut told = confirm(language);
    told.devices[0].declared = vec![Check::RecordsSaved, Check::Reset, Check::Codes];
    told.devices[0].codes_said = vec![(CodeKind::SimPin, CodeAnswer::Received)];
    told.subscriptions[0].is_requested = true;
    let pages = [
        ("confirm-told", told.render()),
        ("confirm", confirm(language).render()),
        ("confirm-errors", confirm_with_errors(language).render()),
        ("confirm-undone", undone.render()),
        ("done", done(language).render()),
        ("done-unticked", unticked.render()),
        ("done-complete", complete.render()),
        ("done-handed-over", handed.render()),
    ];
    pages
        .map(|(name, html)| (name.to_owned(), html.unwrap()))
        .to_vec()
}

fn status_pages(language: Language) -> Vec<(String, String)> {
    let mut held = status(language);
    held.status.hold = true;
    let mut wrong = status(language);
    wrong.errors = vec![FieldError {
        field: NEW_LAST_DAY_FIELD.to_owned(),
        message: ErrorMessage::DateInvalid,
    }];
    wrong.entered = Some(
        [
            ("end", "wrong_date"),
            ("d0_reset", "yes"),
            ("new_last_day", "31 mars"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into_iter()
        .collect(),
    );
    let pages = [
        ("status", status(language).render()),
        ("status-said", status_said(language).render()),
        ("status-held", held.render()),
        ("status-errors", wrong.render()),
    ];
    pages
        .map(|(name, html)| (name.to_owned(), html.unwrap()))
        .to_vec()
}

/// The holder's page before anything is said.
pub(super) fn status(language: Language) -> StatusPage {
    let open = |check| (check, CheckState::Open);
    let device = HolderDevice {
        item: Uuid::from_u128(1).into(),
        model: "Exempel X1".to_owned(),
        serial_last4: "7Q2K".to_owned(),
        accessories: vec!["laddare".to_owned(), "fodral".to_owned()],
        checks: [
            Check::RecordsSaved,
            Check::Returned,
            Check::Accessories,
            Check::Reset,
            Check::Wiped,
            Check::LocksCleared,
            Check::Codes,
            Check::Sim,
        ]
        .map(open)
        .to_vec(),
        said: BTreeMap::new(),
    };
    StatusPage {
        language,
        site: site(),
        language_switch: Some("?lang=other".to_owned()),
        action: "/s/tO-k_en".to_owned(),
        csrf: "c5rf".to_owned(),
        is_saved: false,
        status: HolderStatus {
            language,
            number: "HB-2027-00042".to_owned(),
            last_day: day(2027, 9, 30),
            return_by: day(2027, 9, 30),
            hand_to: "Maria Lind".to_owned(),
            hold: false,
            devices: vec![device],
            subscriptions: vec![HolderSubscription {
                item: Uuid::from_u128(2).into(),
                number: number(),
                decided: None,
                said: BTreeMap::new(),
            }],
            question: None,
            said_at: None,
            instructions_url: Some("/instructions".to_owned()),
        },
        entered: None,
        errors: Vec::new(),
    }
}

/// The same with much said, some of it settled by others, and a question to HR.
pub(super) fn status_said(language: Language) -> StatusPage {
    let mut page = status(language);
    page.is_saved = true;
    let status = &mut page.status;
    status.said_at = Some(at());
    status.question = Some(HolderQuestion {
        says: EndClaim::WrongDate,
        last_day: Some(day(2027, 12, 31)),
        asked_at: at(),
        answered_at: None,
    });
    let device = &mut status.devices[0];
    device.checks[0].1 = CheckState::Declared;
    device.checks[1].1 = CheckState::Done;
    device.checks[3].1 = CheckState::Declared;
    device.checks[7].1 = CheckState::Deviation;
    let code = HolderAnswer::Code(termination::CodeAnswer::Received);
    device.said = BTreeMap::from([
        (HolderTopic::SignedOut, HolderAnswer::Yes),
        (HolderTopic::CodeSimPin, code),
    ]);
    status.subscriptions[0].said = BTreeMap::from([(HolderTopic::KeepNumber, HolderAnswer::Yes)]);
    page
}

fn verify(language: Language, verdict: Verdict) -> String {
    let page = VerifyPage {
        language,
        site: site(),
        is_chosen: language == Language::En,
        verdict,
        typed: "7K3F-\"><i>".to_owned(),
    };
    page.render().unwrap()
}

fn other_pages(language: Language) -> Vec<(String, String)> {
    let row = MailboxRow {
        url: "/mailbox/1".to_owned(),
        to: "Maria Lind".to_owned(),
        subject: "Bekräfta återlämnad mobiltelefon (HB-2027-00042)".to_owned(),
        at: at(),
    };
    let mailbox = |mails| {
        MailboxPage {
            language,
            site: site(),
            has_sending_hours: true,
            mails,
        }
        .render()
        .unwrap()
    };
    let mut pages = vec![
        (
            "gone".to_owned(),
            GonePage {
                language,
                site: site(),
                csrf: "c5rf".to_owned(),
                can_renew: true,
            }
            .render()
            .unwrap(),
        ),
        ("renewed".to_owned(), renewed(language, Renewed::OnItsWay(None))),
        (
            "renewed-later".to_owned(),
            renewed(language, Renewed::OnItsWay(Some(at()))),
        ),
        (
            "renewed-not".to_owned(),
            renewed(language, Renewed::NothingToAnswer),
        ),
        (
            "confirm-leave".to_owned(),
            confirm_leave(language).render().unwrap(),
        ),
        (
            "done-leave".to_owned(),
            DonePage {
                rests: Some(Some(day(2028, 4, 3))),
                open: Vec::new(),
                can_renew: false,
                ..done(language)
            }
            .render()
            .unwrap(),
        ),
        ("receipt".to_owned(), receipt_page(language, receipt())),
        ("receipt-lost".to_owned(), receipt_page(language, lost_receipt())),
        ("verify".to_owned(), verify(language, Verdict::NotAsked)),
        (
            "verify-genuine".to_owned(),
            verify(language, Verdict::Genuine(day(2027, 10, 1))),
        ),
        ("verify-replaced".to_owned(), verify(language, Verdict::Replaced)),
        ("verify-unknown".to_owned(), verify(language, Verdict::Unknown)),
        ("mailbox".to_owned(), mailbox(vec![row.clone(), row])),
        ("mailbox-empty".to_owned(), mailbox(Vec::new())),
        ("mail".to_owned(), mail(language).render().unwrap()),
    ];
    pages.extend(
        ErrorKind::ALL
            .iter()
            .map(|kind| (format!("error-{kind}"), error_page(language, *kind))),
    );
    pages
}
