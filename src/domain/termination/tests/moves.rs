//! A phone that goes along with its holder when both sides have said so.

use super::*;
use crate::domain::error::DomainError;

fn moving() -> Termination {
    let mut case = case(vec![device(HANDSET, DataClass::Standard)], 0);
    case.reclassify(TerminationKind::Transfer, noon()).unwrap();
    assert!(case.is_held(), "nothing is wiped before somebody has decided");
    case
}

fn along(role: ActorRole) -> Proposal {
    Proposal {
        employment: Uuid::from_u128(200).into(),
        decided: named("new job", act(role)),
    }
}

#[test]
fn nothing_happens_before_the_other_side_accepts_and_then_nothing_more_is_asked() {
    let mut case = moving();
    let item = item_id(HANDSET);
    let receiver = || act(ActorRole::Receiver);
    let said = case.propose_along(item, along(ActorRole::Receiver)).unwrap();
    assert_eq!(names(&said), ["along_proposed"]);
    assert_eq!(case.propose_along(item, along(ActorRole::Receiver)), Ok(vec![]));
    assert!(!case.is_ready() && !case.items[0].is_handed_on());
    let declined = case.decline_along(item, &receiver()).unwrap();
    assert_eq!(names(&declined), ["along_declined"]);
    assert!(!case.has_proposal());
    let nobody = case.accept_along(item, named("welcome", receiver()));
    assert!(matches!(nobody, Err(DomainError::InvalidTransition { .. })));

    case.propose_along(item, along(ActorRole::Receiver)).unwrap();
    let accepted = case.accept_along(item, named("welcome", receiver())).unwrap();
    assert_eq!(names(&accepted).first(), Some(&"outcome_reported"));
    assert!(!case.is_held(), "the hold of the move has done its work");
    assert_eq!(names(&case.complete_if_ready(noon())), ["completed"]);
    assert_eq!(case.items[0].outcome, Some(DeviceOutcome::Transferred));
}

#[test]
fn only_a_phone_of_a_move_that_is_out_goes_along() {
    let item = item_id(HANDSET);
    let mut ordinary = case(vec![device(HANDSET, DataClass::Standard)], 0);
    let refused = ordinary.propose_along(item, along(ActorRole::Receiver));
    assert!(matches!(refused, Err(DomainError::InvalidTransition { .. })));
    let mut back = moving();
    let returned = Settlement::returned(IdentityMatch::Confirmed);
    back.settle(item, CheckKind::Returned, returned, act(ActorRole::Desk))
        .unwrap();
    assert_eq!(
        back.propose_along(item, along(ActorRole::Receiver)),
        Err(DomainError::Conflict)
    );
    assert!(matches!(
        moving().propose_along(item, along(ActorRole::Holder)),
        Err(DomainError::NotAllowed { .. })
    ));
    // What was said for a move is nothing when the next employment is withdrawn, or when the phone is gone.
    let mut withdrawn = moving();
    withdrawn.propose_along(item, along(ActorRole::Receiver)).unwrap();
    withdrawn.reclassify(TerminationKind::Ordinary, noon()).unwrap();
    assert!(!withdrawn.has_proposal());
    let mut lost = moving();
    lost.propose_along(item, along(ActorRole::Receiver)).unwrap();
    lost.report_outcome(item, gone(DeviceOutcome::Lost, "train"), act(ActorRole::Desk))
        .unwrap();
    assert!(!lost.has_proposal());
}
