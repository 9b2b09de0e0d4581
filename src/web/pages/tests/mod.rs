//! Every page in every language, plain and with errors: safe, labelled, nothing preselected.

mod lists;
mod samples;

use super::confirm::*;
use super::*;
use crate::domain::language::Language;
use crate::mail::words::{Check, CodeKind, NumberDecision};
use crate::web::pages::status::StatusPage;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use samples::*;

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
        let expected = ["confirm-errors", "done-unticked", "status-errors"].contains(&name.as_str());
        assert_eq!(title.starts_with(wrong), expected, "{title}");
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
        let anyway = "type=\"checkbox\" id=\"message_anyway\"";
        assert!(
            again.contains(anyway) && !plain.contains("checkbox"),
            "the box comes with the warning"
        );
        let told = if language == Language::Sv {
            "Skriv in koden igen"
        } else {
            "Enter the code again"
        };
        assert!(again.contains(told) && !plain.contains(told));
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
    page.subscriptions[0].is_done = true;
    page.subscriptions[0].can_be_changed = false;
    let html = page.render().unwrap();
    assert!(html.contains("Redan klart: återlämning.") && html.contains("d0_code_other"));
    assert!(!html.contains("d0_have") && !html.contains("Rensa inte") && !html.contains("s0_number"));
}

#[test]
fn what_was_decided_about_a_number_can_be_changed_until_it_is_done_but_for_a_transfer() {
    let mut page = confirm(Language::Sv);
    page.subscriptions[0].decided = Some(NumberDecision::Terminate);
    let html = page.render().unwrap();
    for said in [
        "Bestämt: Abonnemanget avslutas. Kundtjänsten gör resten.",
        "Vill du ändra vad som ska hända med numret",
        "Välj bara om något annat ska hända.",
        "s0_number",
    ] {
        assert!(html.contains(said), "{said}");
    }
    let number = &mut page.subscriptions[0];
    number.decided = Some(NumberDecision::Transfer);
    number.can_be_changed = false;
    number.release_by = "2027-03-26".parse().ok();
    let html = page.render().unwrap();
    assert!(
        html.contains("Operatören måste släppa numret senast 26 mars 2027.") && !html.contains("s0_number")
    );
    page.language = Language::En;
    let html = page.render().unwrap();
    assert!(html.contains("The operator must release the number by 26 March 2027 at the latest."));
}

#[test]
fn the_form_offers_exactly_the_words_that_the_handler_reads() {
    let (leave, mut moves) = (confirm_leave(Language::En), confirm(Language::En));
    moves.devices[0].along = Some(AlongQuestion::Propose);
    // A device that was put away is the second on the page about a leave.
    let leave = leave
        .render()
        .unwrap()
        .replace("name=\"d1_back\"", "name=\"d0_back\"");
    let html = confirm(Language::En).render().unwrap();
    let all = [html.clone(), leave, moves.render().unwrap()].concat();
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
            all.contains(&format!("name=\"{}\"", device_field(0, *question))),
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
    receipt.deviations = vec![recorded(hostile)];
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

#[test]
fn the_holder_sees_what_was_said_and_is_never_told_to_wipe_what_must_be_kept() {
    for language in LANGUAGES {
        let ticked = |page: &StatusPage| {
            let html = page.render().unwrap();
            let marked = |tag: &&str| tag.ends_with(" checked") || tag.ends_with(" selected");
            let name = |tag: &str| {
                attribute(tag, "name")
                    .or(attribute(tag, "value"))
                    .unwrap()
                    .to_owned()
            };
            tags(&html)
                .into_iter()
                .filter(marked)
                .map(name)
                .collect::<Vec<_>>()
        };
        let fresh = status(language);
        assert!(ticked(&fresh).is_empty());
        assert_eq!(
            ticked(&status_said(language)),
            [
                "d0_records",
                "d0_signed_out",
                "d0_reset",
                "received",
                "s0_keep_number"
            ]
        );
        let mut held = fresh.clone();
        held.status.hold = true;
        let (fresh, held) = (fresh.render().unwrap(), held.render().unwrap());
        for destroying in ["d0_signed_out", "d0_reset", "d0_wiped", "not_needed_after_wipe"] {
            assert!(
                fresh.contains(destroying) && !held.contains(destroying),
                "{destroying}"
            );
        }
        assert!(held.contains("box keep"));
        assert!(!fresh.contains("Anna Ek"), "whoever is written to is not named");
    }
}
