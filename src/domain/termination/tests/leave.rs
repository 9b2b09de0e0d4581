//! A long leave: what becomes of the devices while their holder is away, and what is left of it when the employment ends.

use super::*;
use crate::domain::error::DomainError;

/// From day 13 on, and back on day 40.
fn leave(back_on: Option<u64>) -> Absence {
    Absence {
        from: day(13),
        back_on: back_on.map(day),
        back_since: None,
        is_by_desk: false,
    }
}

fn on_leave(items: Vec<NewItem>) -> Termination {
    let mut case = case(items, 0);
    case.reclassify(TerminationKind::Absence, noon()).unwrap();
    case.follow_leave(leave(Some(40)), day(0)).unwrap();
    case
}

fn phone_on_leave() -> Termination {
    on_leave(vec![device(HANDSET, DataClass::Standard)])
}

fn desk() -> Act {
    act(ActorRole::Desk)
}

const fn phone() -> u128 {
    HANDSET
}

fn say(case: &mut Termination, plan: AbsencePlan) -> Vec<&'static str> {
    names(&case.arrange(item_id(phone()), plan, desk()).unwrap())
}

fn lend() -> AbsencePlan {
    AbsencePlan::Lend {
        employment: Uuid::from_u128(201).into(),
        until: day(20),
    }
}

fn settle(case: &mut Termination, check: CheckKind, settlement: Settlement) {
    case.settle(item_id(phone()), check, settlement, desk()).unwrap();
}

fn bring_back(case: &mut Termination) {
    settle(
        case,
        CheckKind::Returned,
        Settlement::returned(IdentityMatch::Confirmed),
    );
}

#[test]
fn the_holder_is_back_on_the_day_and_away_again_if_the_leave_goes_on() {
    let mut case = phone_on_leave();
    assert!(case.is_holder_away());
    assert_eq!(case.note_back(day(39), noon()), Ok(vec![]));
    assert!(case.is_holder_away());
    assert_eq!(names(&case.note_back(day(40), noon()).unwrap()), ["holder_back"]);
    assert_eq!(case.note_back(day(41), noon()), Ok(vec![]));
    assert!(!case.is_holder_away());

    // Other days that are over as well say nothing about where the holder is now.
    let shorter = leave(Some(38));
    assert_eq!(
        names(&case.follow_leave(shorter, day(41)).unwrap()),
        ["leave_moved"]
    );
    assert!(!case.is_holder_away());
    let longer = leave(Some(60));
    assert_eq!(
        names(&case.follow_leave(longer, day(41)).unwrap()),
        ["leave_moved"]
    );
    assert!(case.is_holder_away());
    case.follow_leave(leave(None), day(41)).unwrap();
    assert_eq!(
        case.note_back(day(400), noon()),
        Ok(vec![]),
        "nobody knows the day"
    );
}

#[test]
fn what_is_put_away_is_waited_for_until_the_holder_has_it_again() {
    let item = item_id(HANDSET);
    let mut case = phone_on_leave();
    say(&mut case, AbsencePlan::HandIn);
    let waits = |case: &Termination| case.blockers().contains(&Blocker::NotHandedBack { item });
    assert!(!waits(&case), "it is still the holder's");
    bring_back(&mut case);
    assert!(waits(&case));
    case.note_back(day(40), noon()).unwrap();
    assert!(waits(&case) && case.complete_if_ready(noon()).is_empty());
    assert_eq!(names(&case.hand_back(item, desk()).unwrap()), ["handed_back"]);
    assert!(!waits(&case));
    assert!(case.items[0].stays_with_holder());
}

#[test]
fn what_somebody_else_gets_does_not_stay_with_its_holder_and_what_is_gone_stays_with_nobody() {
    let mut case = phone_on_leave();
    assert!(case.items[0].stays_with_holder(), "nothing was said");
    say(&mut case, AbsencePlan::Keep);
    assert!(case.items[0].stays_with_holder());
    say(&mut case, AbsencePlan::Restock);
    assert!(!case.items[0].stays_with_holder());

    let mut lost = phone_on_leave();
    lost.report_outcome(item_id(HANDSET), gone(DeviceOutcome::Lost, "on the bus"), desk())
        .unwrap();
    assert!(!lost.items[0].stays_with_holder());

    let mut sold = phone_on_leave();
    bring_back(&mut sold);
    sold.dispose(item_id(HANDSET), decided(destruction(), "worn out", desk()))
        .unwrap();
    assert!(!sold.items[0].stays_with_holder());
}

/// Everything but these answered well.
fn answered_but(case: &mut Termination, left_out: &[CheckKind]) {
    let item = item_id(HANDSET);
    case.apply_wipe(item, assessment(WipeLevel::Verified, false), noon())
        .unwrap();
    for code in CodeKind::ALL {
        case.answer_code(item, *code, CodeAnswer::Received, desk())
            .unwrap();
    }
    for check in case.items[0].checks.clone() {
        if check.mandatory && !left_out.contains(&check.kind) {
            let done = Settlement {
                identity: Some(IdentityMatch::Confirmed),
                ..Settlement::done()
            };
            settle(case, check.kind, done);
        }
    }
}

#[test]
fn a_device_for_others_is_let_go_when_it_is_back_and_everything_about_it_is_settled() {
    let mut case = phone_on_leave();
    say(&mut case, AbsencePlan::Restock);
    answered_but(&mut case, &[CheckKind::Returned]);
    assert_eq!(case.let_go_if_ready(noon()), []);
    settle(
        &mut case,
        CheckKind::Returned,
        Settlement::deviation(because("nobody has seen it")),
    );
    assert_eq!(case.let_go_if_ready(noon()), [], "it never came back");
    bring_back(&mut case);
    let mut cancelled = case.clone();
    assert_eq!(names(&case.let_go_if_ready(noon())), ["let_go"]);
    assert_eq!(case.let_go_if_ready(noon()), [], "once");

    cancelled.cancel(because("no leave"), desk()).unwrap();
    assert_eq!(cancelled.let_go_if_ready(noon()), []);
}

#[test]
fn what_is_let_go_came_back_whatever_is_said_about_it_later() {
    let mut case = phone_on_leave();
    say(&mut case, AbsencePlan::Restock);
    answered_but(&mut case, &[]);
    assert_eq!(names(&case.let_go_if_ready(noon())), ["let_go"]);
    let never = Settlement::deviation(because("nobody has seen it"));
    let refused = case.settle(item_id(HANDSET), CheckKind::Returned, never, desk());
    assert!(matches!(refused, Err(DomainError::InvalidTransition { .. })));
    let with_a_note = Settlement {
        note: Note {
            place: Some("the reception".to_owned()),
            ..Note::default()
        },
        ..Settlement::returned(IdentityMatch::Confirmed)
    };
    settle(&mut case, CheckKind::Returned, with_a_note);
    let lost = Settlement::deviation(because("the folder was empty"));
    settle(&mut case, CheckKind::RecordsSaved, lost);
}

#[test]
fn a_device_is_lent_only_wiped() {
    let said = |plan| {
        let mut case = phone_on_leave();
        say(&mut case, plan);
        answered_but(&mut case, &[CheckKind::Wiped]);
        let not_wiped = Settlement::deviation(because("the reset failed"));
        settle(&mut case, CheckKind::Wiped, not_wiped);
        names(&case.let_go_if_ready(noon()))
    };
    assert_eq!(said(AbsencePlan::Restock), ["let_go"]);
    assert_eq!(said(lend()), [""; 0]);
}

#[test]
fn another_choice_asks_again_what_the_one_before_made_moot_and_nothing_else() {
    let mut case = phone_on_leave();
    let own = because("it was empty");
    settle(
        &mut case,
        CheckKind::RecordsSaved,
        Settlement::not_applicable(own.clone()),
    );
    say(&mut case, AbsencePlan::Keep);
    let is_open = |case: &Termination, check| !case.items[0].is_settled(check);
    assert!(!is_open(&case, CheckKind::Wiped) && !is_open(&case, CheckKind::Returned));
    say(&mut case, AbsencePlan::Restock);
    assert!(is_open(&case, CheckKind::Wiped) && is_open(&case, CheckKind::Returned));
    let records = case.items[0].check(CheckKind::RecordsSaved).unwrap();
    assert_eq!(records.reason, Some(own), "somebody has answered that");
}

#[test]
fn when_the_employment_ends_everything_is_asked_and_no_choice_is_left() {
    let mut case = on_leave(vec![device(HANDSET, DataClass::Standard), subscription()]);
    say(&mut case, AbsencePlan::Keep);
    assert!(
        case.items
            .iter()
            .all(|item| item.checks.iter().all(|check| check.state.is_settled()))
    );
    let events = names(&case.reclassify(TerminationKind::Ordinary, noon()).unwrap());
    assert!(events.contains(&"check_reopened"), "{events:?}");
    assert!(case.absence.is_none() && case.items[0].arrangement.is_none());
    for item in &case.items {
        let open = item.checks.iter().filter(|check| check.state.is_settled());
        assert_eq!(open.count(), 0, "{:?}", item.kind);
    }
    let refused = case.arrange(item_id(HANDSET), AbsencePlan::HandIn, desk());
    assert!(matches!(refused, Err(DomainError::InvalidTransition { .. })));
}

#[test]
fn the_end_of_the_employment_changes_nothing_for_what_is_let_go_or_decided_about() {
    let mut lent = phone_on_leave();
    say(&mut lent, lend());
    answered_but(&mut lent, &[]);
    assert_eq!(names(&lent.let_go_if_ready(noon())), ["let_go"]);
    lent.reclassify(TerminationKind::Ordinary, noon()).unwrap();
    assert!(lent.items[0].is_let_go(), "somebody else has it");

    let mut given_back = phone_on_leave();
    say(&mut given_back, AbsencePlan::HandIn);
    bring_back(&mut given_back);
    given_back.hand_back(item_id(HANDSET), desk()).unwrap();
    let mut destroyed = given_back.clone();
    given_back.reclassify(TerminationKind::Ordinary, noon()).unwrap();
    assert!(
        !given_back.items[0].is_settled(CheckKind::Returned),
        "its holder has it"
    );

    destroyed
        .dispose(item_id(HANDSET), decided(destruction(), "worn out", desk()))
        .unwrap();
    destroyed.reclassify(TerminationKind::Ordinary, noon()).unwrap();
    assert!(destroyed.items[0].disposal.is_some());
    assert!(destroyed.items[0].is_settled(CheckKind::Returned));
}

#[test]
fn another_kind_of_end_leaves_a_case_that_is_no_leave_alone() {
    let mut case = case(vec![device(HANDSET, DataClass::Standard)], 0);
    let own = because("it was empty");
    settle(
        &mut case,
        CheckKind::RecordsSaved,
        Settlement::not_applicable(own),
    );
    let before = case.items.clone();
    let events = case.reclassify(TerminationKind::MandateEnd, noon()).unwrap();
    assert_eq!(names(&events), ["reclassified"]);
    assert_eq!(case.items, before);
}

#[test]
fn the_mdm_is_waited_for_until_it_reports_or_somebody_answers() {
    let mut case = case(vec![device(HANDSET, DataClass::Standard)], 0);
    assert!(!case.items[0].awaits_mdm(), "nothing was ordered");
    let ordered = WipeAssessment {
        state: WipeState::Ordered,
        ..assessment(WipeLevel::None, false)
    };
    case.apply_wipe(item_id(HANDSET), ordered, noon()).unwrap();
    assert!(case.items[0].awaits_mdm());
    settle(
        &mut case,
        CheckKind::Wiped,
        Settlement::deviation(because("it was broken")),
    );
    assert!(!case.items[0].awaits_mdm());
}
