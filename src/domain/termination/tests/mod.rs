//! The rules of the case: a table of every state and command, telling stories, and random commands against a model.

mod commands;
mod facts;
mod kinds;
mod leave;
mod model;
mod moves;
mod outcomes;
mod property;
mod stories;
mod table;
mod undo;

use super::*;
use crate::domain::ids::{ItemId, TerminationId};
use crate::domain::wipe::{WipeAssessment, WipeLevel, WipePolicy, WipeState};
use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeZone, Utc};
use std::collections::BTreeMap;
use uuid::Uuid;

const HANDSET: u128 = 1;
const SECRET_HANDSET: u128 = 2;
const SUBSCRIPTION: u128 = 3;

fn item_id(number: u128) -> ItemId {
    Uuid::from_u128(number).into()
}

fn day(offset: u64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, 2).unwrap() + Days::new(offset)
}

fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 2, 11, 0, 0).unwrap()
}

fn act(role: ActorRole) -> Act {
    Act {
        by: ActedBy {
            role,
            kind: "service_account".to_owned(),
            id: "1".to_owned(),
        },
        at: noon(),
    }
}

fn because(text: &str) -> Reason {
    Reason::parse(text).unwrap()
}

fn named(reason: &str, act: Act) -> NamedDecision {
    NamedDecision {
        by: because("the head of the unit"),
        decision: Decision {
            reason: because(reason),
            act,
        },
    }
}

fn head(reason: &str) -> DecidedBy {
    DecidedBy {
        by: because("the head of the unit"),
        reason: because(reason),
    }
}

fn sale() -> DisposalTerms {
    DisposalTerms::BoughtOut {
        market_value_ore: 120_000,
        valuation: because("three advertisements"),
    }
}

fn destruction() -> DisposalTerms {
    DisposalTerms::Destroyed {
        destroyed_by: because("the recycler"),
        destroyed_on: day(0),
        certificate: because("certificate 7"),
    }
}

fn decided(terms: DisposalTerms, reason: &str, act: Act) -> Disposal {
    Disposal {
        terms,
        decided: named(reason, act),
        approvals: BTreeMap::new(),
        evidence: None,
    }
}

fn no_notification() -> BreachAssessment {
    BreachAssessment {
        facts: because("locked and encrypted"),
        conclusion: BreachConclusion::NoNotification,
        informs_people: false,
        act: act(ActorRole::Desk),
    }
}

fn gone(outcome: DeviceOutcome, reason: &str) -> LossReport {
    LossReport::new(outcome, because(reason))
}

fn assessment(level: WipeLevel, contradicted: bool) -> WipeAssessment {
    WipeAssessment {
        state: WipeState::Indeterminate,
        level,
        contradicted,
    }
}

fn device(number: u128, data_class: DataClass) -> NewItem {
    NewItem {
        id: item_id(number),
        kind: ItemKind::Device,
        data_class,
        required_wipe: WipePolicy::default().required(data_class),
    }
}

fn subscription() -> NewItem {
    NewItem {
        id: item_id(SUBSCRIPTION),
        kind: ItemKind::Subscription,
        data_class: DataClass::Standard,
        required_wipe: WipeLevel::None,
    }
}

/// A case whose devices are due back on day 10, seen on `today`.
fn case(items: Vec<NewItem>, today: u64) -> Termination {
    let new = NewTermination {
        id: TerminationId::from(Uuid::from_u128(100)),
        number: "HB-0000-0001".to_owned(),
        kind: TerminationKind::Ordinary,
        end_on: day(12),
        return_by: day(10),
        items,
        absence: None,
    };
    Termination::open(new, day(today).and_time(NaiveTime::MIN).and_utc()).0
}

/// Settles everything that is mandatory, as the desk.
fn settle_everything(case: &mut Termination) {
    for item in case.items.clone() {
        let (id, desk) = (item.id, || act(ActorRole::Desk));
        match item.kind {
            ItemKind::Device => {
                case.apply_wipe(id, assessment(WipeLevel::Verified, false), noon())
                    .unwrap();
                for code in CodeKind::ALL {
                    case.answer_code(id, *code, CodeAnswer::Received, desk()).unwrap();
                }
            }
            ItemKind::Subscription => {
                case.decide_number(id, (NumberTerms::Reuse, None), desk())
                    .unwrap();
            }
        }
        for check in item.checks.iter().filter(|check| check.mandatory) {
            let done = Settlement {
                identity: Some(IdentityMatch::Confirmed),
                ..Settlement::done()
            };
            case.settle(id, check.kind, done, desk()).unwrap();
        }
    }
}

fn names(events: &[Event]) -> Vec<&'static str> {
    events
        .iter()
        .map(|event| event.name().trim_start_matches("termination."))
        .collect()
}
