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
    assert!(case.has_proposal() && !case.is_ready() && !case.items[0].is_handed_on());
    let elsewhere = Proposal {
        employment: Uuid::from_u128(202).into(),
        ..along(ActorRole::Receiver)
    };
    assert_eq!(case.propose_along(item, elsewhere), Err(DomainError::Conflict));
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

#[test]
fn the_hold_of_a_move_lasts_until_all_its_phones_have_gone_along_and_another_one_is_not_touched() {
    let (one, other) = (item_id(HANDSET), item_id(SECRET_HANDSET));
    let goes_along = |case: &mut Termination, item| {
        case.propose_along(item, along(ActorRole::Receiver)).unwrap();
        case.accept_along(item, named("welcome", act(ActorRole::Receiver)))
            .unwrap();
    };
    let phones = vec![
        device(HANDSET, DataClass::Standard),
        device(SECRET_HANDSET, DataClass::Secrecy),
        subscription(),
    ];
    let mut both = case(phones, 0);
    both.reclassify(TerminationKind::Transfer, noon()).unwrap();
    goes_along(&mut both, one);
    assert!(both.is_held(), "the other one may yet have to be wiped");
    goes_along(&mut both, other);
    assert!(!both.is_held());

    let mut asked_for = case(vec![device(HANDSET, DataClass::Standard)], 0);
    asked_for
        .hold(because("a journalist has asked for it"), act(ActorRole::Desk))
        .unwrap();
    asked_for.reclassify(TerminationKind::Transfer, noon()).unwrap();
    goes_along(&mut asked_for, one);
    assert!(asked_for.is_held(), "somebody has decided that");
}

#[test]
fn a_phone_that_something_else_is_decided_about_does_not_go_along() {
    let mut case = moving();
    let gift = DisposalTerms::Transferred {
        to: TransferTo::Employment {
            employment: Uuid::from_u128(202).into(),
        },
    };
    case.release(because("nothing to preserve"), act(ActorRole::Desk))
        .unwrap();
    case.dispose(
        item_id(HANDSET),
        decided(gift, "a colleague needs it", act(ActorRole::Desk)),
    )
    .unwrap();
    assert_eq!(
        case.propose_along(item_id(HANDSET), along(ActorRole::Receiver)),
        Err(DomainError::Conflict)
    );
}
