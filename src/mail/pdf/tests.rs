use super::*;
use crate::mail::receipt::{Cause, Deviation, Proof};
use crate::mail::tests::receipt as sample;
use crate::mail::words::{DeviceOutcome, FactLevel};

const LANGUAGES: [Language; 2] = [Language::Sv, Language::En];

/// A receipt on which everything went wrong, with more on it than a page takes.
fn crowded() -> Receipt {
    let mut receipt = sample();
    let lost = Proof {
        level: FactLevel::Lost,
        on: None,
        by: Some("Wojciech Źdźbło-Ångström, Νίκος Καζαντζάκης och Лев Толстой".to_owned()),
    };
    let mut device = receipt.devices[0].clone();
    device.outcome = DeviceOutcome::Lost;
    (device.returned, device.reset, device.wiped) = (lost.clone(), lost.clone(), lost);
    receipt.devices.extend([device.clone(), device]);
    let words = [
        "Borttappad på buss 4, anmäld den 29\u{a0}september till polisen och till Västtrafik. ".repeat(4),
        format!("En rad utan mellanslag: {}", "å".repeat(200)),
        "王秀英 \u{e000}\u{7}\u{feff} \u{10fffe}".to_owned(),
    ];
    let recorded = |words| Deviation::Recorded {
        cause: Cause::Words(words),
    };
    receipt.deviations = words.map(recorded).into();
    receipt
}

#[test]
fn every_receipt_keeps_the_rules_of_accessible_and_archival_documents() {
    for language in LANGUAGES {
        for (name, view) in [("plain", sample()), ("crowded", crowded())] {
            let written = receipt(&view, language).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(written.starts_with(b"%PDF-1.7"), "{name}");
            if let Some(folder) = std::env::var_os("HANDBACK_TEST_PDF_FOLDER") {
                let file = std::path::Path::new(&folder).join(format!("{name}-{language}.pdf"));
                std::fs::write(file, &written).unwrap();
            }
        }
    }
}

#[test]
fn the_same_receipt_gives_the_same_bytes() {
    let (first, second) = (
        receipt(&crowded(), Language::Sv),
        receipt(&crowded(), Language::Sv),
    );
    assert_eq!(first, second);
    assert_ne!(first, receipt(&crowded(), Language::En));
}

#[test]
fn a_receipt_of_one_phone_and_one_number_fits_on_one_page() {
    for language in LANGUAGES {
        let (regular, bold) = (Face::regular().unwrap(), Face::bold().unwrap());
        let layout = laid_out(&sample(), language, &regular, &bold);
        assert_eq!(layout.pages.len(), 1, "{language}");
    }
}

#[test]
fn lines_fit_break_at_spaces_only_where_allowed_and_lose_nothing() {
    let face = Face::regular().unwrap();
    let text = "Utfärdad den 29\u{a0}september 2027 av Barn-\u{a0}och utbildningsnämnden, å ä ö";
    let lines = face.lines(text, 10.0, 110.0);
    assert!(lines.len() > 2);
    for line in &lines {
        assert!(face.width(line, 10.0) <= 110.0, "{line}");
    }
    assert_eq!(lines.join(" "), text);
    let long = "x".repeat(100);
    let cut = face.lines(&long, 10.0, 90.0);
    assert!(cut.len() > 1 && cut.concat() == long);
    assert_eq!(face.lines("", 10.0, 90.0), [""]);
}

#[test]
fn every_letter_of_our_texts_is_in_the_typeface() {
    let face = Face::regular().unwrap();
    let missing = face.glyphs("\u{fffd}")[0].glyph_id.to_u32();
    for letter in "ABCXYZabcxyzÅÄÖåäöéüÉ0123456789 \u{a0}\u{202f}–—-.,:;()/@•·%§".chars() {
        let found = face.glyphs(&letter.to_string());
        assert_eq!(found.len(), 1, "{letter}");
        assert!(
            found[0].glyph_id.to_u32() != missing && found[0].glyph_id.to_u32() != 0,
            "{letter}"
        );
    }
}

#[test]
fn the_name_of_the_file_holds_nothing_but_plain_letters() {
    let mut receipt = sample();
    receipt.case_number = "HB-1\"/..\r\nå".to_owned();
    assert_eq!(file_name(&receipt, Language::Sv), "kvittens-HB-1.pdf");
    assert_eq!(file_name(&receipt, Language::En), "receipt-HB-1.pdf");
}
