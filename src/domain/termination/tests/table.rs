//! Every state of a case and every command: what happens, or why not.

use super::*;
use crate::domain::error::DomainError;
use std::fmt::Write;

type Command = fn(&mut Termination) -> Result<Vec<Event>, DomainError>;

fn desk() -> Act {
    act(ActorRole::Desk)
}

fn settle(
    case: &mut Termination,
    check: CheckKind,
    settlement: Settlement,
) -> Result<Vec<Event>, DomainError> {
    case.settle(item_id(HANDSET), check, settlement, desk())
}

const COMMANDS: &[(&str, Command)] = &[
    ("begin, not due", |case| case.begin(day(9))),
    ("begin, due", |case| case.begin(day(10))),
    ("reschedule, later", |case| {
        case.reschedule(day(22), day(20), day(10))
    }),
    ("reschedule, now", |case| case.reschedule(day(9), day(9), day(10))),
    ("reschedule, same", |case| {
        case.reschedule(day(12), day(10), day(11))
    }),
    ("cancel", |case| case.cancel(because("renewed"), desk())),
    ("hold, same reason", |case| case.hold(because("audit"), desk())),
    ("hold, other reason", |case| case.hold(because("police"), desk())),
    ("release", |case| case.release(because("decision 7"), desk())),
    ("complete_if_ready", |case| Ok(case.complete_if_ready(noon()))),
    ("reopen", |case| case.reopen(because("mistake"), desk())),
    ("declare, open check", |case| {
        case.declare(item_id(HANDSET), CheckKind::Sim, act(ActorRole::Holder))
    }),
    ("declare, settled check", |case| {
        case.declare(item_id(HANDSET), CheckKind::Returned, act(ActorRole::Holder))
    }),
    ("withdraw_declaration, nothing declared", |case| {
        case.withdraw_declaration(item_id(HANDSET), CheckKind::Sim, act(ActorRole::Holder))
    }),
    ("withdraw_declaration, settled check", |case| {
        case.withdraw_declaration(item_id(HANDSET), CheckKind::Returned, act(ActorRole::Holder))
    }),
    ("settle, open check", |case| {
        settle(case, CheckKind::Sim, Settlement::done())
    }),
    ("settle, the same", |case| {
        settle(case, CheckKind::Reset, Settlement::done())
    }),
    ("settle, another answer", |case| {
        settle(case, CheckKind::Codes, Settlement::deviation(because("unsure")))
    }),
    ("settle, reset", |case| {
        settle(case, CheckKind::Reset, Settlement::deviation(because("broken")))
    }),
    ("settle, returned withdrawn", |case| {
        settle(
            case,
            CheckKind::Returned,
            Settlement::deviation(because("mixed up")),
        )
    }),
    ("answer_code, the same", |case| {
        case.answer_code(item_id(HANDSET), CodeKind::SimPin, CodeAnswer::Received, desk())
    }),
    ("answer_code, unknown", |case| {
        case.answer_code(item_id(HANDSET), CodeKind::SimPin, CodeAnswer::Unknown, desk())
    }),
    ("decide_number, another", |case| {
        let to = NumberTerms::Move { to: None };
        case.decide_number(item_id(SUBSCRIPTION), (to, None), desk())
    }),
    ("report_outcome, lost", |case| {
        case.report_outcome(item_id(HANDSET), gone(DeviceOutcome::Lost, "train"), desk())
    }),
    ("assess_breach, never lost", |case| {
        case.assess_breach(item_id(HANDSET), no_notification())
    }),
    ("note_police_report, not missing", |case| {
        case.note_police_report(item_id(HANDSET), because("K1"), &desk())
    }),
    ("dispose, sold", |case| {
        case.dispose(item_id(HANDSET), decided(sale(), "old", desk()))
    }),
    ("dispose, destroyed", |case| {
        case.dispose(item_id(HANDSET), decided(destruction(), "old", desk()))
    }),
    ("dispose, goes along", |case| {
        let employment = Uuid::from_u128(200).into();
        let to = TransferTo::Along { employment };
        let terms = DisposalTerms::Transferred { to };
        case.dispose(item_id(HANDSET), decided(terms, "new job", desk()))
    }),
    ("withdraw_disposal, nothing decided", |case| {
        case.withdraw_disposal(item_id(HANDSET), &desk())
    }),
    ("approve_transfer, no transfer", |case| {
        case.approve_transfer(item_id(HANDSET), TransferSide::Giving, named("yes", desk()))
    }),
    ("apply_wipe, the same", |case| {
        case.apply_wipe(item_id(HANDSET), assessment(WipeLevel::Verified, false), noon())
    }),
    ("apply_wipe, contradicted", |case| {
        case.apply_wipe(item_id(HANDSET), assessment(WipeLevel::None, true), noon())
    }),
    ("apply_wipe, no longer proved", |case| {
        case.apply_wipe(item_id(HANDSET), assessment(WipeLevel::Ordered, false), noon())
    }),
];

/// The same settled case in each state.
fn states() -> Vec<(&'static str, Termination)> {
    let settled = |today| {
        let mut case = case(vec![device(HANDSET, DataClass::Standard), subscription()], today);
        settle_everything(&mut case);
        case
    };
    let (scheduled, open) = (settled(0), settled(10));
    let mut held = open.clone();
    held.hold(because("audit"), desk()).unwrap();
    let mut completed = open.clone();
    completed.complete_if_ready(noon());
    let mut cancelled = open.clone();
    cancelled.cancel(because("renewed"), desk()).unwrap();
    vec![
        ("scheduled", scheduled),
        ("open", open),
        ("held", held),
        ("completed", completed),
        ("cancelled", cancelled),
    ]
}

#[test]
fn every_command_in_every_state_does_what_the_table_says() {
    let mut table = String::new();
    for (name, command) in COMMANDS {
        writeln!(table, "{name}").unwrap();
        for (state, before) in states() {
            let mut after = before.clone();
            let cell = match command(&mut after) {
                Ok(events) if events.is_empty() => {
                    assert_eq!(
                        after, before,
                        "{name} when {state} is silent but changed something"
                    );
                    "-".to_owned()
                }
                Ok(events) => format!("{} -> {}", names(&events).join(", "), after.state),
                Err(refused) => {
                    assert_eq!(
                        after, before,
                        "{name} when {state} is refused but changed something"
                    );
                    format!("! {}", refused.code())
                }
            };
            writeln!(table, "  {state:<9} {cell}").unwrap();
        }
    }
    insta::assert_snapshot!(table);
}
