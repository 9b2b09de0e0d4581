//! Taking an answer back: what it changed is as before, and what others have said since stands.

use super::*;
use crate::domain::error::DomainError;
use chrono::TimeDelta;

fn handset() -> ItemId {
    item_id(HANDSET)
}

fn number() -> ItemId {
    item_id(SUBSCRIPTION)
}

fn a_phone_and_a_number() -> Termination {
    case(vec![device(HANDSET, DataClass::Standard), subscription()], 10)
}

/// The act of somebody in that role, some minutes after noon.
fn later(role: ActorRole, minutes: i64) -> Act {
    Act {
        at: noon() + TimeDelta::minutes(minutes),
        ..act(role)
    }
}

fn settle(case: &mut Termination, (item, check): (ItemId, CheckKind), act: &Act) {
    let done = Settlement {
        identity: Some(IdentityMatch::Confirmed),
        ..Settlement::done()
    };
    case.settle(item, check, done, act.clone()).unwrap();
}

fn say_codes(case: &mut Termination, answer: CodeAnswer, act: &Act) {
    for code in CodeKind::ALL {
        case.answer_code(handset(), *code, answer, act.clone()).unwrap();
    }
}

/// The page of a receiver who says that all is well; what that was.
fn all_is_well(case: &mut Termination, act: &Act) -> Undo {
    let before = case.clone();
    say_codes(case, CodeAnswer::Received, act);
    for check in [CheckKind::Returned, CheckKind::Reset, CheckKind::Codes] {
        settle(case, (handset(), check), act);
    }
    case.decide_number(number(), (NumberTerms::Reuse, None), act.clone())
        .unwrap();
    settle(case, (number(), CheckKind::Number), act);
    Undo::of(&before, case, act.clone())
}

fn take_back(case: &mut Termination, undo: &Undo) -> Vec<Event> {
    case.undo(undo, &BTreeMap::new(), later(ActorRole::Receiver, 30))
        .unwrap()
}

#[test]
fn what_an_answer_changed_is_as_it_was_before() {
    let answer = later(ActorRole::Receiver, 1);
    let mut case = a_phone_and_a_number();
    let untouched = case.items.clone();
    let undo = all_is_well(&mut case, &answer);
    assert_eq!(undo.items().collect::<Vec<_>>(), [handset(), number()]);
    assert!(!undo.reported_a_loss(&case));
    let events = take_back(&mut case, &undo);
    assert_eq!(case.items, untouched);
    let undone = |item, checks: &[CheckKind]| Event::AnswerUndone {
        termination: case.id,
        item,
        checks: checks.to_vec(),
    };
    use CheckKind::{Codes, Number, Reset, Returned};
    let expected = [
        undone(handset(), &[Returned, Reset, Codes]),
        undone(number(), &[Number]),
    ];
    assert_eq!(events, expected);
}

#[test]
fn an_answer_in_place_of_another_gives_the_other_back() {
    let first = later(ActorRole::Desk, 1);
    let mut case = a_phone_and_a_number();
    say_codes(&mut case, CodeAnswer::Unknown, &first);
    case.decide_number(
        number(),
        (NumberTerms::Terminate { last_day: None }, None),
        first.clone(),
    )
    .unwrap();
    case.declare(handset(), CheckKind::Reset, later(ActorRole::Holder, 2))
        .unwrap();
    let before = case.items.clone();
    let undo = all_is_well(&mut case, &later(ActorRole::Receiver, 3));
    take_back(&mut case, &undo);
    assert_eq!(case.items, before);
}

#[test]
fn an_answer_that_only_touched_the_number_is_about_nothing_else() {
    let answer = later(ActorRole::Receiver, 1);
    let mut case = a_phone_and_a_number();
    let before = case.clone();
    case.decide_number(number(), (NumberTerms::Reuse, None), answer.clone())
        .unwrap();
    let undo = Undo::of(&before, &case, answer);
    assert_eq!(undo.items().collect::<Vec<_>>(), [number()]);
    take_back(&mut case, &undo);
    assert_eq!(case.items, before.items);
}

#[test]
fn what_others_have_said_since_stands() {
    let answer = later(ActorRole::Receiver, 1);
    let mut case = a_phone_and_a_number();
    let undo = all_is_well(&mut case, &answer);
    let desk = later(ActorRole::Desk, 2);
    let deviation = || Settlement::deviation(because("it was the wrong one"));
    for (item, check) in [
        (handset(), CheckKind::Returned),
        (handset(), CheckKind::Codes),
        (number(), CheckKind::Number),
    ] {
        case.settle(item, check, deviation(), desk.clone()).unwrap();
    }
    let before = case.items.clone();
    take_back(&mut case, &undo);
    let (phone, was) = (case.item(handset()).unwrap(), &before[0]);
    for check in [CheckKind::Returned, CheckKind::Codes] {
        assert_eq!(phone.check(check), was.check(check), "{check}");
    }
    assert_eq!(
        phone.code_answers, was.code_answers,
        "what the codes were settled on"
    );
    assert_eq!(phone.check(CheckKind::Reset).unwrap().state, CheckState::Open);
    assert_eq!(case.items[1], before[1], "what the number was settled on");
}

#[test]
fn a_later_word_about_one_code_or_the_number_stands_too() {
    let answer = later(ActorRole::Receiver, 1);
    let mut case = a_phone_and_a_number();
    let before = case.clone();
    say_codes(&mut case, CodeAnswer::Received, &answer);
    case.decide_number(number(), (NumberTerms::Reuse, None), answer.clone())
        .unwrap();
    let undo = Undo::of(&before, &case, answer);
    let desk = later(ActorRole::Desk, 2);
    case.answer_code(handset(), CodeKind::SimPin, CodeAnswer::Refused, desk.clone())
        .unwrap();
    case.decide_number(number(), (NumberTerms::Move { to: None }, None), desk)
        .unwrap();
    take_back(&mut case, &undo);
    let left = BTreeMap::from([(CodeKind::SimPin, CodeAnswer::Refused)]);
    assert_eq!(case.items[0].code_answers, left);
    assert_eq!(case.items[1].number_decision(), Some(NumberDecision::Move));
}

#[test]
fn a_case_that_the_answer_completed_is_open_again() {
    let mut case = a_phone_and_a_number();
    let desk = later(ActorRole::Desk, 0);
    settle(&mut case, (number(), CheckKind::Directory), &desk);
    case.apply_wipe(handset(), assessment(WipeLevel::Acknowledged, false), noon())
        .unwrap();
    let undo = all_is_well(&mut case, &later(ActorRole::Receiver, 1));
    assert_eq!(names(&case.complete_if_ready(noon())), ["completed"]);
    let events = take_back(&mut case, &undo);
    // What the phone said of itself proves nothing while nobody knows where it is.
    let expected = ["reopened", "answer_undone", "check_reopened", "answer_undone"];
    assert_eq!(names(&events), expected);
    let why = case.reopened.as_ref().map(|decision| decision.reason.as_str());
    assert_eq!(
        (case.state, case.completed_at, why),
        (TerminationState::Open, None, Some("answer_undone"))
    );
    assert!(!case.is_ready());
    assert_eq!(
        case.items[0].check(CheckKind::Wiped).unwrap().state,
        CheckState::Open
    );
}

#[test]
fn a_loss_that_is_taken_back_leaves_the_device_where_it_was() {
    let answer = later(ActorRole::Receiver, 1);
    for outcome in [DeviceOutcome::Lost, DeviceOutcome::Stolen] {
        let mut case = a_phone_and_a_number();
        let before = case.clone();
        case.report_outcome(handset(), gone(outcome, "train"), answer.clone())
            .unwrap();
        let undo = Undo::of(&before, &case, answer.clone());
        assert!(undo.reported_a_loss(&case));
        take_back(&mut case, &undo);
        assert!(!undo.reported_a_loss(&case));
        let item = case.item(handset()).unwrap();
        assert_eq!((item.outcome, &item.checks), (None, &before.items[0].checks));
    }
}

#[test]
fn a_loss_that_was_known_before_is_none_that_the_answer_reported() {
    let mut case = a_phone_and_a_number();
    case.report_outcome(
        handset(),
        gone(DeviceOutcome::Lost, "train"),
        later(ActorRole::Desk, 1),
    )
    .unwrap();
    let before = case.clone();
    let answer = later(ActorRole::Desk, 2);
    say_codes(&mut case, CodeAnswer::Refused, &answer);
    assert!(!Undo::of(&before, &case, answer).reported_a_loss(&case));
}

#[test]
fn without_the_answer_the_wipe_is_what_the_rest_of_the_evidence_says() {
    let mut case = a_phone_and_a_number();
    let undo = all_is_well(&mut case, &later(ActorRole::Receiver, 1));
    case.apply_wipe(handset(), assessment(WipeLevel::Attested, false), noon())
        .unwrap();
    let without = BTreeMap::from([(handset(), WipeAssessment::default())]);
    let events = case.undo(&undo, &without, later(ActorRole::Receiver, 2)).unwrap();
    assert!(names(&events).contains(&"wipe_assessed"), "{events:?}");
    let item = case.item(handset()).unwrap();
    assert_eq!(item.wipe, WipeAssessment::default());
    assert_eq!(item.check(CheckKind::Wiped).unwrap().state, CheckState::Open);
}

#[test]
fn a_wipe_that_a_technician_saw_stands_without_the_return() {
    let mut case = a_phone_and_a_number();
    let undo = all_is_well(&mut case, &later(ActorRole::Receiver, 1));
    case.apply_wipe(handset(), assessment(WipeLevel::Verified, false), noon())
        .unwrap();
    take_back(&mut case, &undo);
    let wiped = case.items[0].check(CheckKind::Wiped).unwrap().state;
    assert_eq!(wiped, CheckState::Done);
}

#[test]
fn only_who_answers_for_it_takes_an_answer_back_and_only_of_a_case_that_goes_on() {
    let mut case = a_phone_and_a_number();
    let undo = all_is_well(&mut case, &later(ActorRole::Receiver, 1));
    let holder = case.undo(&undo, &BTreeMap::new(), act(ActorRole::Holder));
    let role = ActorRole::Holder;
    assert_eq!(holder, Err(DomainError::NotAllowed { role }));
    let mut other = self::case(vec![subscription()], 10);
    let elsewhere = other.undo(&undo, &BTreeMap::new(), act(ActorRole::Desk));
    assert_eq!(elsewhere, Err(DomainError::UnknownItem));
    case.cancel(because("renewed"), act(ActorRole::Desk)).unwrap();
    let late = case.undo(&undo, &BTreeMap::new(), act(ActorRole::Desk));
    assert!(matches!(
        late,
        Err(DomainError::InvalidTransition { command: "undo", .. })
    ));
}

#[test]
fn what_becomes_of_a_device_during_a_leave_is_taken_back_unless_somebody_said_otherwise_since() {
    let mut case = a_phone_and_a_number();
    case.reclassify(TerminationKind::Absence, noon()).unwrap();
    let before = case.clone();
    let answer = later(ActorRole::Receiver, 1);
    case.arrange(handset(), AbsencePlan::Keep, answer.clone())
        .unwrap();
    let undo = Undo::of(&before, &case, answer);
    let mut changed = case.clone();
    take_back(&mut case, &undo);
    assert_eq!(case.items[0].plan(), None);

    changed
        .arrange(handset(), AbsencePlan::Restock, later(ActorRole::Desk, 2))
        .unwrap();
    take_back(&mut changed, &undo);
    assert_eq!(changed.items[0].plan(), Some(AbsencePlan::Restock));
}

#[test]
fn a_wipe_stands_when_an_answer_is_taken_back_that_is_not_about_the_return() {
    let mut case = a_phone_and_a_number();
    let desk = later(ActorRole::Desk, 1);
    settle(&mut case, (handset(), CheckKind::Returned), &desk);
    case.apply_wipe(handset(), assessment(WipeLevel::Acknowledged, false), noon())
        .unwrap();
    settle(&mut case, (handset(), CheckKind::Wiped), &desk);
    let before = case.clone();
    let answer = later(ActorRole::Receiver, 2);
    settle(&mut case, (handset(), CheckKind::RecordsSaved), &answer);
    let undo = Undo::of(&before, &case, answer);
    take_back(&mut case, &undo);
    assert_eq!(case.items[0].checks, before.items[0].checks);
}
