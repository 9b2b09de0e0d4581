//! Every page in every language, plain and with errors: safe, labelled, nothing preselected.

use super::confirm::*;
use super::*;
use crate::domain::language::Language;
use crate::mail::Phone;
use crate::mail::receipt::{Proof, Receipt, ReceiptDevice, ReceiptSubscription};
use crate::mail::words::{
    Check, CodeAnswer, CodeKind, Condition, DeviceOutcome, FactLevel, NumberDecision, SimAnswer, WipeMethod,
};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use chrono::{DateTime, NaiveDate, TimeZone, Utc};

const LANGUAGES: [Language; 2] = [Language::Sv, Language::En];

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

fn at() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2027, 10, 1, 7, 30, 0).unwrap()
}

fn site() -> Site {
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

fn number() -> Phone {
    Phone {
        sv: "070-174 06 05".to_owned(),
        en: "+46 70 174 06 05".to_owned(),
    }
}

fn device(model: &str, hold: bool) -> DeviceItem {
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
    }
}

fn confirm(language: Language) -> ConfirmPage {
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
        }],
        entered: Entered::default(),
        errors: Vec::new(),
    }
}

/// Half filled in, with a held second phone.
fn confirm_with_errors(language: Language) -> ConfirmPage {
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
        ],
        ..confirm(language)
    }
}

fn done(language: Language) -> DonePage {
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
    }
}

fn receipt() -> Receipt {
    let proof = |level| Proof {
        level,
        on: Some(day(2027, 9, 30)),
        by: Some("Maria Lind".to_owned()),
    };
    let phone = ReceiptDevice {
        model: "Exempel X1".to_owned(),
        serial_last4: "7Q2K".to_owned(),
        outcome: DeviceOutcome::Returned,
        returned: proof(FactLevel::Attested),
        condition: Some(Condition::Intact),
        reset: proof(FactLevel::Attested),
        wiped: proof(FactLevel::Reported),
        wipe_method: Some(WipeMethod::MdmCommand),
        codes: CodeKind::ALL
            .iter()
            .map(|kind| (*kind, CodeAnswer::NotNeededAfterWipe))
            .collect(),
        accessories: vec![("laddare".to_owned(), true), ("fodral".to_owned(), true)],
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
        }],
        deviations: Vec::new(),
        verification_code: "K7QM-2XRD".to_owned(),
        verify_url: Some("/verify/K7QM-2XRD".to_owned()),
    }
}

fn lost_receipt() -> Receipt {
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
    receipt.deviations = vec!["Borttappad på buss, anmäld 29 september".to_owned()];
    receipt
}

fn receipt_page(language: Language, receipt: Receipt) -> String {
    ReceiptPage {
        language,
        site: site(),
        language_switch: None,
        receipt,
    }
    .render()
    .unwrap()
}

fn error_page(language: Language, kind: ErrorKind) -> String {
    ErrorPage {
        language,
        site: site(),
        kind,
        reference: Some("0192-ref".to_owned()),
    }
    .render()
    .unwrap()
}

fn mail(language: Language) -> MailPage {
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
fn every() -> Vec<(String, Language, String)> {
    let mut pages = Vec::new();
    for language in LANGUAGES {
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
                mails,
            }
            .render()
            .unwrap()
        };
        let complete = DonePage {
            open: Vec::new(),
            receipt_url: Some("/s/x".to_owned()),
            ..done(language)
        };
        let handed = DonePage {
            answer: CaseAnswer::HandOver,
            already_recorded: true,
            ..done(language)
        };
        let mut named = vec![
            ("confirm".to_owned(), confirm(language).render().unwrap()),
            (
                "confirm-errors".to_owned(),
                confirm_with_errors(language).render().unwrap(),
            ),
            ("done".to_owned(), done(language).render().unwrap()),
            ("done-complete".to_owned(), complete.render().unwrap()),
            ("done-handed-over".to_owned(), handed.render().unwrap()),
            (
                "gone".to_owned(),
                GonePage {
                    language,
                    site: site(),
                }
                .render()
                .unwrap(),
            ),
            ("receipt".to_owned(), receipt_page(language, receipt())),
            ("receipt-lost".to_owned(), receipt_page(language, lost_receipt())),
            ("mailbox".to_owned(), mailbox(vec![row.clone(), row])),
            ("mailbox-empty".to_owned(), mailbox(Vec::new())),
            ("mail".to_owned(), mail(language).render().unwrap()),
        ];
        named.extend(
            ErrorKind::ALL
                .iter()
                .map(|kind| (format!("error-{kind}"), error_page(language, *kind))),
        );
        pages.extend(named.into_iter().map(|(name, html)| (name, language, html)));
    }
    pages
}

/// The tags of a page, without angle brackets. Attribute values never contain one: they are escaped.
fn tags(html: &str) -> Vec<&str> {
    html.split('<')
        .skip(1)
        .filter_map(|piece| piece.split_once('>'))
        .map(|(tag, _)| tag)
        .collect()
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let from = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    tag[from..].split('"').next()
}

#[test]
fn no_page_runs_script_or_loads_anything() {
    for (name, _, html) in every() {
        let lower = html.to_lowercase();
        for banned in [
            "<script",
            "javascript:",
            "http://",
            "https://",
            "<link",
            "<img",
            "@import",
            "url(",
            "style=\"",
        ] {
            assert!(!lower.contains(banned), "{name} has {banned}");
        }
        assert!(
            !tags(&html).iter().any(|tag| tag.contains(" on")),
            "{name} has an event handler"
        );
    }
}

#[test]
fn the_published_hash_is_that_of_the_style_in_the_page() {
    for (name, _, html) in every() {
        let style = html
            .split_once("<style>")
            .unwrap()
            .1
            .split_once("</style>")
            .unwrap()
            .0;
        let hash = base64::engine::general_purpose::STANDARD.encode(digest(&SHA256, style.as_bytes()));
        assert_eq!(hash, style_sha256_base64(), "{name}");
        assert_eq!(html.matches("<style").count(), 1, "{name}");
    }
}

#[test]
fn every_page_states_its_language_one_heading_a_title_and_a_way_to_the_content() {
    let mut titles = std::collections::BTreeSet::new();
    for (name, language, html) in every() {
        assert!(
            html.starts_with(&format!("<!doctype html>\n<html lang=\"{language}\">")),
            "{name}"
        );
        assert_eq!(html.matches("<h1").count(), 1, "{name}");
        assert!(
            html.contains("<a class=\"skip\" href=\"#main\">") && html.contains("<main id=\"main\">"),
            "{name}"
        );
        let title = html
            .split_once("<title>")
            .unwrap()
            .1
            .split_once('<')
            .unwrap()
            .0
            .to_owned();
        let wrong = if language == Language::Sv {
            "Fel: "
        } else {
            "Error: "
        };
        assert_eq!(title.starts_with(wrong), name == "confirm-errors", "{title}");
        titles.insert((title, language));
    }
    assert!(titles.len() >= 2 * 13, "titles repeat: {titles:?}");
}

#[test]
fn every_input_has_a_label_and_every_reference_leads_somewhere() {
    for (name, _, html) in every() {
        let tags = tags(&html);
        let ids: Vec<_> = tags.iter().filter_map(|tag| attribute(tag, "id")).collect();
        let mut unique = ids.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), ids.len(), "{name} repeats an id");
        let labels: Vec<_> = tags.iter().filter_map(|tag| attribute(tag, "for")).collect();
        for tag in &tags {
            let control =
                tag.starts_with("input") || tag.starts_with("select") || tag.starts_with("textarea");
            if control && attribute(tag, "type") != Some("hidden") {
                assert!(
                    labels.contains(&attribute(tag, "id").unwrap()),
                    "{name}: no label for {tag}"
                );
            }
            for reference in ["aria-describedby", "aria-labelledby"] {
                let mut named = attribute(tag, reference).unwrap_or_default().split_whitespace();
                assert!(named.all(|id| ids.contains(&id)), "{name}: {tag}");
            }
            if let Some(anchor) = attribute(tag, "href").and_then(|href| href.strip_prefix('#')) {
                assert!(ids.contains(&anchor), "{name}: nothing at #{anchor}");
            }
        }
        assert_eq!(
            html.matches("<fieldset").count(),
            html.matches("<legend").count(),
            "{name}"
        );
    }
}

#[test]
fn nothing_is_chosen_but_what_the_person_chose() {
    for language in LANGUAGES {
        let plain = confirm(language).render().unwrap();
        let chosen = |html: &str| {
            let marked = |tag: &&str| tag.ends_with(" checked") || tag.ends_with(" selected");
            let of = |tag: &str| {
                attribute(tag, "id")
                    .or(attribute(tag, "value"))
                    .unwrap()
                    .to_owned()
            };
            tags(html).into_iter().filter(marked).map(of).collect::<Vec<_>>()
        };
        assert!(chosen(&plain).is_empty());
        let again = confirm_with_errors(language).render().unwrap();
        assert_eq!(chosen(&again), ["answer", "d0_have", "intact", "received"]);
        assert!(
            again.contains("value=\"9999\"") && again.contains(">Ligger i &#34;receptionen&#34;</textarea>")
        );
        assert!(!again.contains("4711"), "a code must not come back");
    }
}

#[test]
fn an_error_stands_in_the_summary_and_at_its_field_in_the_same_words() {
    for language in LANGUAGES {
        let page = confirm_with_errors(language);
        let html = page.render().unwrap();
        assert!(html.contains("tabindex=\"-1\" autofocus"));
        for error in &page.errors {
            let text = error.message.text(language);
            assert_eq!(html.matches(text).count(), 2, "{text}");
            assert!(html.contains(&format!("id=\"{}-error\"", error.field)));
        }
    }
}

#[test]
fn only_open_questions_are_asked_and_a_held_phone_is_never_to_be_wiped() {
    let mut page = confirm(Language::Sv);
    page.devices = vec![device("Exempel X1", true)];
    let html = page.render().unwrap();
    assert!(html.contains("Rensa inte telefonen."));
    assert!(!html.contains("d0_reset") && !html.contains("d0_wiped"));
    page.devices[0].open = vec![Check::Codes];
    page.devices[0].done = vec![Check::Returned];
    page.subscriptions[0].decided = Some(NumberDecision::Terminate);
    let html = page.render().unwrap();
    assert!(html.contains("Redan klart: återlämning.") && html.contains("d0_code_other"));
    assert!(!html.contains("d0_have") && !html.contains("Rensa inte") && !html.contains("s0_number"));
}

#[test]
fn the_form_offers_exactly_the_words_that_the_handler_reads() {
    let html = confirm(Language::En).render().unwrap();
    let offered = |field: &str| {
        let radios = tags(&html)
            .into_iter()
            .filter(|tag| attribute(tag, "name") == Some(field));
        radios
            .filter_map(|tag| attribute(tag, "value"))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        offered(ANSWER_FIELD),
        CaseAnswer::ALL
            .iter()
            .map(|word| word.as_str())
            .collect::<Vec<_>>()
    );
    let have = device_field(0, DeviceQuestion::Have);
    assert_eq!(
        offered(&have),
        HaveDevice::ALL
            .iter()
            .map(|word| word.as_str())
            .collect::<Vec<_>>()
    );
    assert_eq!(
        offered(&number_field(0)),
        NumberDecision::ALL
            .iter()
            .map(|word| word.as_str())
            .collect::<Vec<_>>()
    );
    for question in DeviceQuestion::ALL {
        assert!(
            html.contains(&format!("name=\"{}\"", device_field(0, *question))),
            "{question}"
        );
    }
    for kind in CodeKind::ALL {
        assert!(html.contains(&format!("name=\"{}\"", code_field(0, *kind))));
        assert!(html.contains(&format!("name=\"{}\"", code_value_field(0, *kind))));
    }
}

#[test]
fn hostile_text_is_shown_as_text() {
    let hostile = "\"><script>alert(1)</script>";
    let mut page = confirm_with_errors(Language::Sv);
    page.holder_name = Some(hostile.to_owned());
    page.coordinator = Some(hostile.to_owned());
    page.devices[0].model = hostile.to_owned();
    page.devices[0].accessories = vec![hostile.to_owned()];
    page.entered = [
        ("d0_serial".to_owned(), hostile.to_owned()),
        ("message".to_owned(), hostile.to_owned()),
    ]
    .into_iter()
    .collect();
    let mut receipt = receipt();
    receipt.deviations = vec![hostile.to_owned()];
    let mail = MailPage {
        text: hostile.to_owned(),
        subject: hostile.to_owned(),
        ..mail(Language::Sv)
    };
    for html in [
        page.render().unwrap(),
        receipt_page(Language::Sv, receipt),
        mail.render().unwrap(),
    ] {
        assert!(!html.contains("<script") && html.contains("&#60;script&#62;"));
    }
}

#[test]
fn a_receipt_for_a_lost_phone_says_deviation_and_never_that_it_is_wiped() {
    let html = receipt_page(Language::Sv, lost_receipt());
    assert!(html.contains("<h1>Kvittens med avvikelse</h1>"));
    assert!(html.contains("Förlorad – rensning kan inte bekräftas"));
    assert!(!html.contains("startskärmen") && !html.contains("är rensad ("));
    let clean = receipt_page(Language::Sv, receipt());
    assert!(
        clean.contains("<h1>Kvittens</h1>")
            && clean.contains("rapporterat av MDM, inte kontrollerat på plats")
    );
}

#[test]
fn an_unfinished_case_is_not_called_done() {
    let open = done(Language::Sv).render().unwrap();
    assert!(open.contains("Ärendet är inte klart än") && open.contains("Exempel X1: rensning och koder"));
    let again = DonePage {
        already_recorded: true,
        open: Vec::new(),
        ..done(Language::Sv)
    }
    .render()
    .unwrap();
    assert!(again.contains("Svaret är redan registrerat") && again.contains("Ärendet är klart"));
}

/// `HANDBACK_WRITE_SAMPLES=dir cargo test --lib samples -- --ignored`
#[test]
#[ignore = "writes samples for a person to look at"]
fn page_samples_are_written() {
    let dir = std::path::PathBuf::from(std::env::var_os("HANDBACK_WRITE_SAMPLES").expect("a folder"));
    for (name, language, html) in every() {
        std::fs::write(dir.join(format!("{name}-{language}.html")), html).unwrap();
    }
}
