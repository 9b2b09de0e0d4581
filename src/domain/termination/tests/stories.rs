//! The rules that a table of states cannot show, one story each.

use super::*;
use crate::domain::error::DomainError;

fn handset() -> ItemId {
    item_id(HANDSET)
}

fn one_handset(data_class: DataClass) -> Termination {
    case(vec![device(HANDSET, data_class)], 10)
}

fn state_of(case: &Termination, check: CheckKind) -> CheckState {
    case.item(handset()).unwrap().check(check).unwrap().state
}

fn take_back(case: &mut Termination) -> Vec<Event> {
    let returned = Settlement::returned(IdentityMatch::Confirmed);
    case.settle(handset(), CheckKind::Returned, returned, act(ActorRole::Receiver))
        .unwrap()
}

fn know(case: &mut Termination, level: WipeLevel) -> Vec<Event> {
    case.apply_wipe(handset(), assessment(level, false), noon())
        .unwrap()
}

#[test]
fn an_item_has_the_checks_of_its_kind_and_locks_are_mandatory_for_secrecy_only() {
    let all = case(
        vec![
            device(HANDSET, DataClass::Standard),
            device(SECRET_HANDSET, DataClass::Secrecy),
            subscription(),
        ],
        0,
    );
    let mandatory = |number| -> Vec<&str> {
        let checks = &all.item(item_id(number)).unwrap().checks;
        checks
            .iter()
            .filter(|check| check.mandatory)
            .map(|check| check.kind.as_str())
            .collect()
    };
    assert_eq!(mandatory(HANDSET), ["returned", "reset", "wiped", "codes"]);
    assert_eq!(
        mandatory(SECRET_HANDSET),
        ["returned", "reset", "wiped", "locks_cleared", "codes"]
    );
    assert_eq!(mandatory(SUBSCRIPTION), ["number", "directory"]);
    assert_eq!(all.item(handset()).unwrap().checks.len(), 8);
}

#[test]
fn a_case_without_items_never_completes() {
    let mut empty = case(vec![], 10);
    assert!(empty.complete_if_ready(noon()).is_empty());
    assert_eq!(empty.blockers(), [Blocker::NoItems]);
}

#[test]
fn only_the_holder_declares_and_the_holder_does_nothing_else() {
    let mut case = one_handset(DataClass::Standard);
    let holder = || act(ActorRole::Holder);
    let refused = DomainError::NotAllowed {
        role: ActorRole::Holder,
    };
    case.declare(handset(), CheckKind::Reset, holder()).unwrap();
    assert_eq!(state_of(&case, CheckKind::Reset), CheckState::Declared);
    let taken_back = case.withdraw_declaration(handset(), CheckKind::Reset, holder());
    assert_eq!(names(&taken_back.unwrap()), ["declaration_withdrawn"]);
    assert_eq!(state_of(&case, CheckKind::Reset), CheckState::Open);
    case.declare(handset(), CheckKind::Reset, holder()).unwrap();
    let why = || because("gone");
    assert_eq!(
        case.settle(handset(), CheckKind::Reset, Settlement::done(), holder()),
        Err(refused)
    );
    assert_eq!(
        case.report_outcome(handset(), LossReport::new(DeviceOutcome::Lost, why()), holder()),
        Err(refused)
    );
    assert_eq!(
        case.answer_code(handset(), CodeKind::Other, CodeAnswer::Received, holder()),
        Err(refused)
    );
    assert_eq!(case.release(why(), holder()), Err(refused));
    assert_eq!(case.cancel(why(), holder()), Err(refused));
    let receiver = act(ActorRole::Receiver);
    let declared = case.declare(handset(), CheckKind::Reset, receiver);
    assert_eq!(
        declared,
        Err(DomainError::NotAllowed {
            role: ActorRole::Receiver
        })
    );
}

#[test]
fn a_return_needs_the_right_device() {
    let mut case = one_handset(DataClass::Standard);
    for identity in [None, Some(IdentityMatch::Mismatch)] {
        let settlement = Settlement {
            identity,
            ..Settlement::done()
        };
        let refused = case.settle(handset(), CheckKind::Returned, settlement, act(ActorRole::Desk));
        assert_eq!(refused, Err(DomainError::WrongDevice));
    }
    take_back(&mut case);
    let item = case.item(handset()).unwrap();
    assert_eq!(item.outcome, Some(DeviceOutcome::Returned));
    assert!(item.identity_confirmed);
}

#[test]
fn a_wipe_is_done_at_the_level_of_the_policy_and_not_below() {
    for (class, below) in [
        (DataClass::Standard, WipeLevel::Ordered),
        (DataClass::Secrecy, WipeLevel::Acknowledged),
    ] {
        let mut case = one_handset(class);
        take_back(&mut case);
        know(&mut case, below);
        let refused = case.settle(
            handset(),
            CheckKind::Wiped,
            Settlement::done(),
            act(ActorRole::Technician),
        );
        assert_eq!(
            refused,
            Err(DomainError::PolicyNotMet {
                required: WipePolicy::default().required(class),
                actual: below
            })
        );
        let events = know(&mut case, WipePolicy::default().required(class));
        assert_eq!(names(&events), ["wipe_assessed", "check_settled"]);
        assert_eq!(state_of(&case, CheckKind::Wiped), CheckState::Done);
    }
}

#[test]
fn what_a_device_reported_counts_when_it_is_back_whichever_came_first() {
    let mut case = one_handset(DataClass::Standard);
    know(&mut case, WipeLevel::Acknowledged);
    assert_eq!(state_of(&case, CheckKind::Wiped), CheckState::Open);
    let refused = case.settle(
        handset(),
        CheckKind::Wiped,
        Settlement::done(),
        act(ActorRole::Receiver),
    );
    assert_eq!(refused, Err(DomainError::NotReturned));
    assert_eq!(names(&take_back(&mut case)), ["check_settled", "check_settled"]);
    let wiped = case.item(handset()).unwrap().check(CheckKind::Wiped).unwrap();
    assert_eq!(wiped.state, CheckState::Done);
    assert_eq!(wiped.act.as_ref().unwrap().by.role, ActorRole::Mdm);
}

#[test]
fn a_receiver_may_answer_for_what_a_rule_found_but_not_contradict_it() {
    let mut case = one_handset(DataClass::Standard);
    take_back(&mut case);
    know(&mut case, WipeLevel::Attested);
    let receiver = || act(ActorRole::Receiver);
    let contradicts = Settlement::deviation(because("still asks for a code"));
    let refused = case.settle(handset(), CheckKind::Wiped, contradicts, receiver());
    assert_eq!(refused, Err(DomainError::Conflict));
    case.settle(handset(), CheckKind::Wiped, Settlement::done(), receiver())
        .unwrap();
    let wiped = case.item(handset()).unwrap().check(CheckKind::Wiped).unwrap();
    assert_eq!(wiped.act.as_ref().unwrap().by.role, ActorRole::Receiver);
    let again = case.settle(handset(), CheckKind::Wiped, Settlement::done(), receiver());
    assert_eq!(again, Ok(vec![]));
}

#[test]
fn a_hold_forbids_what_destroys_data_and_its_release_lets_the_reported_wipe_count() {
    let mut case = one_handset(DataClass::Standard);
    case.hold(because("audit"), act(ActorRole::Receiver)).unwrap();
    take_back(&mut case);
    know(&mut case, WipeLevel::Acknowledged);
    for check in [CheckKind::Reset, CheckKind::Wiped] {
        let settled = case.settle(handset(), check, Settlement::done(), act(ActorRole::Desk));
        assert_eq!(settled, Err(DomainError::Held));
        assert_eq!(
            case.declare(handset(), check, act(ActorRole::Holder)),
            Err(DomainError::Held)
        );
    }
    let nobody = case.release(because("expired"), act(ActorRole::System));
    assert_eq!(
        nobody,
        Err(DomainError::NotAllowed {
            role: ActorRole::System
        })
    );
    let events = case.release(because("decision 7"), act(ActorRole::Desk)).unwrap();
    assert_eq!(names(&events), ["released", "check_settled"]);
}

#[test]
fn codes_settle_when_every_kind_is_answered_and_unknown_only_as_a_deviation() {
    let mut case = one_handset(DataClass::Standard);
    let unanswered = Err(DomainError::Unanswered {
        check: CheckKind::Codes,
    });
    let desk = || act(ActorRole::Desk);
    let deviation = || Settlement::deviation(because("the holder cannot be reached"));
    case.answer_code(handset(), CodeKind::ScreenLock, CodeAnswer::Unknown, desk())
        .unwrap();
    case.answer_code(handset(), CodeKind::SimPin, CodeAnswer::Refused, desk())
        .unwrap();
    assert_eq!(
        case.settle(handset(), CheckKind::Codes, deviation(), desk()),
        unanswered
    );
    case.answer_code(handset(), CodeKind::Other, CodeAnswer::NotApplicable, desk())
        .unwrap();
    assert_eq!(
        case.settle(handset(), CheckKind::Codes, Settlement::done(), desk()),
        unanswered
    );
    case.settle(handset(), CheckKind::Codes, deviation(), desk())
        .unwrap();
    let refused_codes: Vec<_> = case
        .deviations()
        .iter()
        .map(|deviation| deviation.refused_code)
        .collect();
    assert_eq!(refused_codes, [None, Some(CodeKind::SimPin)]);
}

#[test]
fn a_number_is_done_after_its_decision_and_the_directory_is_the_desks() {
    let mut case = case(vec![subscription()], 10);
    let (item, receiver) = (item_id(SUBSCRIPTION), || act(ActorRole::Receiver));
    let done = Settlement::done;
    let early = case.settle(item, CheckKind::Number, done(), receiver());
    assert_eq!(
        early,
        Err(DomainError::Unanswered {
            check: CheckKind::Number
        })
    );
    let not_allowed = || {
        Err(DomainError::NotAllowed {
            role: ActorRole::Receiver,
        })
    };
    let terminate = NumberTerms::Terminate { last_day: None };
    case.decide_number(item, (terminate, None), receiver()).unwrap();
    let carried_out = case.settle(item, CheckKind::Number, done(), receiver());
    assert_eq!(carried_out, not_allowed(), "the desk terminates it");
    case.decide_number(item, (NumberTerms::Reuse, None), receiver())
        .unwrap();
    case.settle(item, CheckKind::Number, done(), receiver()).unwrap();
    let refused = case.settle(item, CheckKind::Directory, done(), receiver());
    assert_eq!(refused, not_allowed());
    let changed = case.decide_number(item, (terminate, None), receiver());
    assert_eq!(changed, Err(DomainError::Conflict));
    case.settle(item, CheckKind::Directory, done(), act(ActorRole::Desk))
        .unwrap();
    assert!(case.is_ready());
    assert_eq!(case.items[0].number_carried_out(), Some(NumberTerms::Reuse));
    let gone = Settlement::deviation(because("the operator lost it"));
    case.settle(item, CheckKind::Number, gone, act(ActorRole::Desk))
        .unwrap();
    assert_eq!(case.items[0].number_carried_out(), None);
}

#[test]
fn a_number_goes_to_its_holder_by_a_named_decision_and_is_not_terminated_before_another() {
    let mut case = case(vec![subscription()], 10);
    let (item, desk) = (item_id(SUBSCRIPTION), || act(ActorRole::Desk));
    case.request_number(item, desk()).unwrap();
    let holder = act(ActorRole::Holder);
    assert_eq!(case.withdraw_number_request(item, &holder), Ok(vec![]));
    assert!(
        case.items[0].number_request.is_some(),
        "somebody else has asked for them"
    );
    let withdrawn = case.withdraw_number_request(item, &desk()).unwrap();
    assert_eq!(names(&withdrawn), ["number_request_withdrawn"]);
    assert!(case.items[0].number_request.is_none());
    case.request_number(item, holder).unwrap();
    assert_eq!(case.items[0].number_decision(), None, "to ask is not to decide");
    let transfer = NumberTerms::TransferToPrivate;
    let nobody = case.decide_number(item, (transfer, None), desk());
    assert_eq!(nobody, Err(DomainError::NeedsReason));
    case.decide_number(item, (transfer, Some(head("asked for it"))), desk())
        .unwrap();
    // The employment ends on day 12 of January, and the operator waits for a month.
    assert_eq!(
        case.release_by(&case.items[0]),
        case.end_on.checked_add_months(chrono::Months::new(1))
    );
    let mut released = case.clone();
    released
        .settle(item, CheckKind::Number, Settlement::done(), desk())
        .unwrap();
    assert!(!released.items[0].is_to_be_transferred() && case.items[0].is_to_be_transferred());
    let terminate = NumberTerms::Terminate { last_day: None };
    for role in [ActorRole::Receiver, ActorRole::Desk] {
        let refused = case.decide_number(item, (terminate, None), act(role));
        assert_eq!(refused, Err(DomainError::TransferUnderWay));
    }
    case.decide_number(item, (terminate, Some(head("it is printed on the vans"))), desk())
        .unwrap();
    assert_eq!(case.release_by(&case.items[0]), None);
}

#[test]
fn a_number_moves_only_to_where_it_is_known_to_go_and_does_not_come_back() {
    let mut case = case(vec![subscription()], 10);
    let (item, desk) = (item_id(SUBSCRIPTION), || act(ActorRole::Desk));
    let to = |to| (NumberTerms::Move { to }, None);
    case.decide_number(item, to(None), act(ActorRole::Receiver))
        .unwrap();
    let done = case.settle(item, CheckKind::Number, Settlement::done(), desk());
    let check = CheckKind::Number;
    assert_eq!(done, Err(DomainError::Unanswered { check }));
    let employment = Uuid::from_u128(200).into();
    case.decide_number(item, to(Some(MoveTo::Employment { employment })), desk())
        .unwrap();
    case.settle(item, check, Settlement::done(), desk()).unwrap();
    let back = case.decide_number(item, (NumberTerms::Reuse, None), desk());
    let from = "moved";
    assert!(matches!(back, Err(DomainError::InvalidTransition { from: found, .. }) if found == from));
}

#[test]
fn a_stolen_device_closes_as_deviation_and_a_remote_wipe_is_no_proof() {
    let mut case = one_handset(DataClass::Standard);
    let receiver = || act(ActorRole::Receiver);
    case.report_outcome(handset(), gone(DeviceOutcome::Stolen, "broken into"), receiver())
        .unwrap();
    know(&mut case, WipeLevel::Acknowledged);
    assert!(
        case.items[0]
            .checks
            .iter()
            .all(|check| check.state == CheckState::Deviation)
    );
    assert_eq!(case.summaries()[0].wipe, Some(WipeStatement::ReportedNotReturned));
    let seen = case.settle(
        handset(),
        CheckKind::Reset,
        Settlement::done(),
        act(ActorRole::Desk),
    );
    assert_eq!(seen, Err(DomainError::NotReturned));
    let lacking = [
        Blocker::BreachUndecided { item: handset() },
        Blocker::PoliceReportMissing { item: handset() },
    ];
    assert_eq!(case.blockers(), lacking);
    case.note_police_report(handset(), because("5000-K12345-26"), &act(ActorRole::Desk))
        .unwrap();
    case.assess_breach(handset(), no_notification()).unwrap();
    assert_eq!(names(&case.complete_if_ready(noon())), ["completed"]);
}

#[test]
fn a_device_that_is_found_is_asked_about_again() {
    let mut case = one_handset(DataClass::Standard);
    case.report_outcome(
        handset(),
        gone(DeviceOutcome::Lost, "train"),
        act(ActorRole::Desk),
    )
    .unwrap();
    let returned = Settlement::returned(IdentityMatch::Confirmed);
    case.settle(handset(), CheckKind::Returned, returned, act(ActorRole::Desk))
        .unwrap();
    assert_eq!(
        case.item(handset()).unwrap().outcome,
        Some(DeviceOutcome::Returned)
    );
    for check in [CheckKind::Reset, CheckKind::Wiped, CheckKind::Codes] {
        assert_eq!(state_of(&case, check), CheckState::Open);
    }
    assert!(!case.is_ready());
}

#[test]
fn a_withdrawn_return_takes_the_wipe_with_it_unless_a_technician_saw_it() {
    for (level, left) in [
        (WipeLevel::Attested, CheckState::Open),
        (WipeLevel::Verified, CheckState::Done),
    ] {
        let mut case = one_handset(DataClass::Standard);
        take_back(&mut case);
        know(&mut case, level);
        let withdrawn = Settlement::deviation(because("mixed up"));
        case.settle(handset(), CheckKind::Returned, withdrawn, act(ActorRole::Desk))
            .unwrap();
        assert_eq!(state_of(&case, CheckKind::Wiped), left);
        assert_eq!(case.item(handset()).unwrap().outcome, None);
    }
}

#[test]
fn a_receiver_who_could_not_find_the_device_may_still_report_it_lost() {
    let mut case = one_handset(DataClass::Standard);
    let receiver = || act(ActorRole::Receiver);
    let looking = Settlement::deviation(because("still looking"));
    case.settle(handset(), CheckKind::Returned, looking, receiver())
        .unwrap();
    let lost = |case: &mut Termination, outcome| {
        case.report_outcome(handset(), gone(outcome, "on a train"), receiver())
    };
    lost(&mut case, DeviceOutcome::Lost).unwrap();
    let returned = case.item(handset()).unwrap().check(CheckKind::Returned).unwrap();
    assert_eq!(returned.reason.as_ref().map(Reason::as_str), Some("on a train"));
    assert_eq!(lost(&mut case, DeviceOutcome::Lost), Ok(vec![]));
    assert_eq!(lost(&mut case, DeviceOutcome::Stolen), Err(DomainError::Conflict));
}

#[test]
fn outcomes_that_are_not_reported_here_are_refused_by_name() {
    let mut case = one_handset(DataClass::Standard);
    for outcome in DeviceOutcome::ALL {
        let reported = case
            .clone()
            .report_outcome(handset(), gone(*outcome, "x"), act(ActorRole::Desk));
        match outcome {
            DeviceOutcome::Lost | DeviceOutcome::Stolen => assert!(reported.is_ok()),
            DeviceOutcome::Returned
            | DeviceOutcome::Transferred
            | DeviceOutcome::BoughtOut
            | DeviceOutcome::Destroyed => {
                assert_eq!(reported, Err(DomainError::Unsupported(outcome.as_str())));
            }
        }
    }
    let unknown = case.apply_wipe(item_id(99), WipeAssessment::default(), noon());
    assert_eq!(unknown, Err(DomainError::UnknownItem));
}

#[test]
fn neither_debug_output_nor_events_show_what_people_wrote() {
    let mut case = one_handset(DataClass::Standard);
    let mut settlement = Settlement::deviation(because("Kim Exempel has it"));
    settlement.note.place = Some("Kim Exempel's home".to_owned());
    let events = case
        .settle(
            handset(),
            CheckKind::Accessories,
            settlement,
            act(ActorRole::Desk),
        )
        .unwrap();
    let check = case
        .item(handset())
        .unwrap()
        .check(CheckKind::Accessories)
        .unwrap();
    let shown = (format!("{:?}", check.reason), format!("{:?}", check.note));
    let note = "Note { place: true, condition: false, method: false }";
    assert_eq!(shown, ("Some(Reason(18 characters))".to_owned(), note.to_owned()));
    assert!(!format!("{case:?}").contains("Exempel"));
    assert!(!serde_json::to_string(&events).unwrap().contains("Exempel"));
    assert_eq!(Reason::parse(" \n "), Err(DomainError::NeedsReason));
    assert!(serde_json::from_str::<Reason>("\" \"").is_err());
    assert_eq!(
        serde_json::to_string(&because(" so it is ")).unwrap(),
        "\"so it is\""
    );
}
