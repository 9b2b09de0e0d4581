//! What is said of a case when it is over, and what keeps it from being over.

use super::*;
use crate::domain::assignment::Assigned;
use crate::domain::error::DomainError;
use crate::domain::record::Meta;

fn one_handset() -> Termination {
    case(vec![device(HANDSET, DataClass::Standard)], 10)
}

fn handset() -> ItemId {
    item_id(HANDSET)
}

fn desk() -> Act {
    act(ActorRole::Desk)
}

fn take_back(case: &mut Termination) {
    let returned = Settlement::returned(IdentityMatch::Confirmed);
    case.settle(handset(), CheckKind::Returned, returned, desk())
        .unwrap();
}

#[test]
fn the_receipt_says_who_saw_the_wipe_and_whether_the_phone_is_here() {
    use WipeLevel as Level;
    use WipeStatement as Says;
    for (level, there, here) in [
        (Level::None, Says::NothingShown, Says::NothingShown),
        (Level::Ordered, Says::Ordered, Says::Ordered),
        (Level::Attested, Says::AttestedByPerson, Says::AttestedByPerson),
        (
            Level::Acknowledged,
            Says::ReportedNotReturned,
            Says::ReportedByDevice,
        ),
        (
            Level::Verified,
            Says::VerifiedByTechnician,
            Says::VerifiedByTechnician,
        ),
        (
            Level::Certified,
            Says::DestructionCertified,
            Says::DestructionCertified,
        ),
    ] {
        let mut case = one_handset();
        let says = |case: &Termination| case.summaries()[0].wipe;
        case.apply_wipe(handset(), assessment(level, false), noon())
            .unwrap();
        assert_eq!(says(&case), Some(there), "{level}");
        take_back(&mut case);
        assert_eq!(says(&case), Some(here), "{level}");
        let failed = WipeAssessment {
            state: WipeState::VerificationFailed,
            ..assessment(level, false)
        };
        case.apply_wipe(handset(), failed, noon()).unwrap();
        assert_eq!(says(&case), Some(Says::FoundNotWiped), "{level}");
        case.apply_wipe(handset(), assessment(level, true), noon())
            .unwrap();
        assert_eq!(says(&case), Some(Says::Contradicted), "{level}");
    }
    let number = case(vec![subscription()], 10);
    assert_eq!(number.summaries()[0].wipe, None);
}

#[test]
fn no_deviation_closes_a_case_whose_wipe_is_contradicted() {
    let mut case = one_handset();
    settle_everything(&mut case);
    case.apply_wipe(handset(), assessment(WipeLevel::None, true), noon())
        .unwrap();
    let gave_up = Settlement::deviation(because("the screen is dead"));
    case.settle(handset(), CheckKind::Wiped, gave_up, desk()).unwrap();
    assert_eq!(case.blockers(), [Blocker::WipeContradicted { item: handset() }]);
    assert!(!case.is_ready() && case.complete_if_ready(noon()).is_empty());
}

#[test]
fn an_unknown_code_takes_a_yes_back_and_leaves_everything_else() {
    let mut case = one_handset();
    for code in CodeKind::ALL {
        case.answer_code(handset(), *code, CodeAnswer::Received, desk())
            .unwrap();
    }
    let state = |case: &Termination| case.items[0].check(CheckKind::Codes).unwrap().state;
    let turns_out = |case: &mut Termination, answer| {
        let answered = case.answer_code(handset(), CodeKind::SimPin, answer, desk());
        names(&answered.unwrap()).join(", ")
    };
    assert_eq!(turns_out(&mut case, CodeAnswer::Unknown), "code_answered");
    assert_eq!(turns_out(&mut case, CodeAnswer::Received), "code_answered");
    for (settlement, falls) in [
        (Settlement::done(), true),
        (Settlement::not_applicable(because("no lock")), true),
        (Settlement::deviation(because("nobody knows")), false),
    ] {
        let before = CheckState::from(settlement.answer);
        case.settle(handset(), CheckKind::Codes, settlement, desk())
            .unwrap();
        let what_follows = turns_out(&mut case, CodeAnswer::Unknown);
        let (expected, after) = if falls {
            ("code_answered, check_reopened", CheckState::Open)
        } else {
            ("code_answered", before)
        };
        assert_eq!(
            (what_follows.as_str(), state(&case)),
            (expected, after),
            "{before}"
        );
        turns_out(&mut case, CodeAnswer::Received);
    }
}

#[test]
fn a_stored_case_knows_what_each_item_is_about() {
    let holding = |number| Holding {
        item: item_id(number),
        assignment: Uuid::from_u128(number + 10).into(),
        assigned: Assigned::Device(Uuid::from_u128(number + 20).into()),
        custody_epoch: 1,
    };
    let items = vec![
        device(HANDSET, DataClass::Standard),
        device(SECRET_HANDSET, DataClass::Secrecy),
    ];
    let record = TerminationRecord {
        termination: case(items, 10),
        delegate: None,
        employment_id: Uuid::from_u128(1).into(),
        person_id: Uuid::from_u128(2).into(),
        unit_id: Uuid::from_u128(3).into(),
        legal_entity_id: Uuid::from_u128(4).into(),
        holdings: vec![holding(HANDSET), holding(SECRET_HANDSET)],
        meta: Meta::new(noon()),
    };
    assert_eq!(
        record.holding(item_id(SECRET_HANDSET)),
        Some(&holding(SECRET_HANDSET))
    );
    assert_eq!(record.holding(item_id(SUBSCRIPTION)), None);
}

#[test]
fn a_decision_to_close_in_spite_of_a_contradiction_is_made_once() {
    let mut case = one_handset();
    case.report_outcome(handset(), gone(DeviceOutcome::Lost, "train"), desk())
        .unwrap();
    case.apply_wipe(handset(), assessment(WipeLevel::None, true), noon())
        .unwrap();
    let mut accept = |why| case.accept_contradiction(handset(), because(why), desk());
    assert_eq!(
        names(&accept("nobody can look at it").unwrap()),
        ["contradiction_accepted"]
    );
    assert_eq!(accept("nobody can look at it"), Ok(vec![]));
    assert_eq!(accept("another reason"), Err(DomainError::Conflict));
}

#[test]
fn a_wipe_that_no_longer_stands_is_no_question_about_a_phone_that_went_along() {
    let mut case = one_handset();
    take_back(&mut case);
    case.apply_wipe(handset(), assessment(WipeLevel::Verified, false), noon())
        .unwrap();
    let along = DisposalTerms::Transferred {
        to: TransferTo::Along {
            employment: Uuid::from_u128(200).into(),
        },
    };
    case.dispose(handset(), decided(along, "it goes along", desk()))
        .unwrap();
    case.apply_wipe(handset(), assessment(WipeLevel::None, true), noon())
        .unwrap();
    let wiped = case.items[0].check(CheckKind::Wiped).unwrap();
    let why = wiped.reason.as_ref().map(Reason::as_str);
    assert_eq!(
        (wiped.state, why),
        (CheckState::NotApplicable, Some("transferred"))
    );
}
