//! The lists to print, with invented people.

use super::samples::{at, day, number, site};
use crate::domain::language::Language;
use crate::domain::report::{HandInRow, Period, ReceiptRow};
use crate::domain::termination::{self, CheckState, ItemKind, TerminationState};
use crate::web::pages::lists::{HandInPage, ListFrame, ReceiptListPage};
use uuid::Uuid;

pub(super) fn list_pages(language: Language) -> Vec<(String, String)> {
    let frame = || ListFrame {
        language,
        site: site(),
        period: Period {
            from: day(2027, 9, 30),
            to: day(2027, 9, 30),
        },
        as_of: at(),
    };
    let to_hand_in = |unit: &str, holder: Option<&str>, kind| HandInRow {
        termination_id: Uuid::from_u128(1).into(),
        case_number: "HB-2027-00042".to_owned(),
        legal_entity: "Kommunstyrelsen".to_owned(),
        unit_id: Uuid::from_u128(2).into(),
        unit: unit.to_owned(),
        holder: holder.map(str::to_owned),
        end_on: day(2027, 9, 30),
        return_by: day(2027, 9, 30),
        kind,
        model: (kind == ItemKind::Device).then(|| "Exempel X1".to_owned()),
        serial_last4: (kind == ItemKind::Device).then(|| "7Q2K".to_owned()),
        accessories: vec!["laddare".to_owned()],
        number: (kind == ItemKind::Subscription).then(|| number().sv),
        is_held: holder.is_none(),
        state: CheckState::Open,
    };
    let hand_in = HandInPage {
        frame: frame(),
        rows: vec![
            to_hand_in("Kommunfullmäktige", Some("Anna Ek"), ItemKind::Device),
            to_hand_in("Kommunfullmäktige", Some("Anna Ek"), ItemKind::Subscription),
            to_hand_in("Valnämnden", None, ItemKind::Device),
        ],
    };
    let received = |outcome, deviations: &[&str], code: Option<&str>| ReceiptRow {
        termination_id: Uuid::from_u128(1).into(),
        case_number: "HB-2027-00042".to_owned(),
        legal_entity: "Kommunstyrelsen".to_owned(),
        unit_id: Uuid::from_u128(2).into(),
        unit: "Kommunfullmäktige".to_owned(),
        holder: Some("Anna Ek".to_owned()),
        model: "Exempel X1".to_owned(),
        serial_last4: "7Q2K".to_owned(),
        settled_on: day(2027, 9, 30),
        received_by: Some("Kim Berg".to_owned()),
        outcome,
        condition: outcome.map(|_| "intact".to_owned()),
        deviations: deviations.iter().map(|text| (*text).to_owned()).collect(),
        state: TerminationState::Open,
        receipt_code: code.map(str::to_owned),
    };
    let receipts = ReceiptListPage {
        frame: frame(),
        rows: vec![
            received(
                Some(termination::DeviceOutcome::Returned),
                &[],
                Some("K7QM-2XRD-9F4T-HB31-0VWZ"),
            ),
            received(None, &["Telefonen är borta."], None),
        ],
    };
    let nothing = HandInPage {
        frame: frame(),
        rows: Vec::new(),
    };
    let pages = [
        ("list-hand-in", hand_in.render()),
        ("list-receipts", receipts.render()),
        ("list-empty", nothing.render()),
    ];
    pages
        .map(|(name, html)| (name.to_owned(), html.unwrap()))
        .to_vec()
}
