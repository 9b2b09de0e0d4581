//! What comes with the kind of a case, and what a case takes in on its way.

use super::*;
use crate::domain::error::DomainError;

fn of_kind(kind: TerminationKind) -> (Termination, Vec<Event>) {
    let new = NewTermination {
        id: TerminationId::from(Uuid::from_u128(100)),
        number: "HB-0000-0001".to_owned(),
        kind,
        end_on: day(12),
        return_by: day(10),
        absence: None,
        items: vec![device(HANDSET, DataClass::Standard)],
    };
    Termination::open(new, noon())
}

/// The reason of the hold in force.
fn held_for(case: &Termination) -> Option<&str> {
    case.hold.as_ref().map(|hold| hold.reason.as_str())
}

#[test]
fn a_kind_says_whether_it_is_held_whether_the_holder_is_asked_and_whether_the_desk_acts_at_once() {
    use TerminationKind::*;
    for (kind, is_held, asks, at_once) in [
        (Ordinary, false, true, false),
        (Immediate, true, false, true),
        (Deceased, true, false, true),
        (MandateEnd, false, true, false),
        (Transfer, true, true, false),
        (Absence, false, false, false),
    ] {
        let (case, events) = of_kind(kind);
        assert_eq!(held_for(&case), is_held.then_some(kind.as_str()));
        assert_eq!(names(&events).contains(&"held"), is_held, "{kind}");
        assert_eq!(
            (kind.asks_the_holder(), kind.needs_the_desk_at_once()),
            (asks, at_once),
            "{kind}"
        );
    }
}

#[test]
fn another_kind_brings_its_hold_and_takes_the_hold_of_the_former_with_it() {
    let (mut case, _) = of_kind(TerminationKind::Ordinary);
    let mut becomes = |kind| names(&case.reclassify(kind, noon()).unwrap()).join(", ");
    assert_eq!(becomes(TerminationKind::Ordinary), "");
    assert_eq!(becomes(TerminationKind::Immediate), "reclassified, held");
    assert_eq!(becomes(TerminationKind::Deceased), "reclassified, held");
    assert_eq!(held_for(&case), Some("deceased"));
    // The phone is back and erased, and waits for the hold to go.
    let item = item_id(HANDSET);
    let returned = Settlement::returned(IdentityMatch::Confirmed);
    case.settle(item, CheckKind::Returned, returned, act(ActorRole::Desk))
        .unwrap();
    case.apply_wipe(item, assessment(WipeLevel::Verified, false), noon())
        .unwrap();
    let events = case.reclassify(TerminationKind::MandateEnd, noon()).unwrap();
    assert_eq!(names(&events), ["reclassified", "released", "check_settled"]);
    assert_eq!((case.kind, held_for(&case)), (TerminationKind::MandateEnd, None));
}

#[test]
fn a_hold_that_somebody_decided_stays_whatever_the_kind_becomes() {
    let (mut case, _) = of_kind(TerminationKind::Ordinary);
    case.hold(because("audit"), act(ActorRole::Desk)).unwrap();
    for kind in [TerminationKind::Immediate, TerminationKind::Ordinary] {
        let events = case.reclassify(kind, noon()).unwrap();
        assert_eq!(
            (names(&events), held_for(&case)),
            (vec!["reclassified"], Some("audit"))
        );
    }
}

#[test]
fn what_is_handed_out_later_belongs_to_the_case_while_it_is_worked_with() {
    let (mut case, _) = of_kind(TerminationKind::Ordinary);
    let events = case.add_item(subscription(), noon()).unwrap();
    assert_eq!(names(&events), ["item_added"]);
    assert_eq!(
        case.item(item_id(SUBSCRIPTION)).unwrap().kind,
        ItemKind::Subscription
    );
    settle_everything(&mut case);
    assert_eq!(names(&case.complete_if_ready(noon())), ["completed"]);
    let late = case.add_item(device(SECRET_HANDSET, DataClass::Secrecy), noon());
    assert!(matches!(
        late,
        Err(DomainError::InvalidTransition {
            command: "add_item",
            ..
        })
    ));
}
