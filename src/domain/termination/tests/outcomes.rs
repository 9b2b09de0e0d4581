//! What each outcome of a device asks for, one story each.

use super::*;
use crate::domain::error::DomainError;
use chrono::TimeDelta;

fn handset() -> ItemId {
    item_id(HANDSET)
}

fn desk() -> Act {
    act(ActorRole::Desk)
}

fn one_handset() -> Termination {
    case(vec![device(HANDSET, DataClass::Standard)], 10)
}

fn states(case: &Termination) -> Vec<&'static str> {
    let checks = &case.item(handset()).unwrap().checks;
    checks.iter().map(|check| check.state.as_str()).collect()
}

fn at_hour(hour: i64) -> Act {
    Act {
        at: noon() + TimeDelta::hours(hour),
        ..desk()
    }
}

fn transfer(to: TransferTo) -> Disposal {
    decided(DisposalTerms::Transferred { to }, "decision 7", desk())
}

fn take_back(case: &mut Termination) {
    let returned = Settlement::returned(IdentityMatch::Confirmed);
    case.settle(handset(), CheckKind::Returned, returned, desk())
        .unwrap();
}

fn answer_codes(case: &mut Termination) {
    for code in CodeKind::ALL {
        case.answer_code(handset(), *code, CodeAnswer::NotNeededAfterWipe, desk())
            .unwrap();
    }
    case.settle(handset(), CheckKind::Codes, Settlement::done(), desk())
        .unwrap();
}

#[test]
fn the_clock_runs_from_what_was_known_first_and_starts_anew_for_a_new_loss() {
    let mut case = one_handset();
    case.report_outcome(handset(), gone(DeviceOutcome::Lost, "train"), at_hour(0))
        .unwrap();
    let by = |hour: i64| Some(noon() + TimeDelta::hours(hour + 72));
    assert_eq!(case.breach_notify_by(), by(0));
    // That it was theft is no news of the breach; that it was known the day before is.
    case.report_outcome(handset(), gone(DeviceOutcome::Stolen, "train"), at_hour(5))
        .unwrap();
    assert_eq!(case.breach_notify_by(), by(0));
    let earlier = LossReport {
        known_at: Some(noon() - TimeDelta::hours(20)),
        ..gone(DeviceOutcome::Stolen, "train")
    };
    case.report_outcome(handset(), earlier, at_hour(6)).unwrap();
    assert_eq!(case.breach_notify_by(), by(-20));
    case.assess_breach(handset(), no_notification()).unwrap();
    assert_eq!(case.breach_notify_by(), None);
    take_back(&mut case);
    let reported = LossReport {
        police_report: Some(because("5000-K1-26")),
        ..gone(DeviceOutcome::Stolen, "again")
    };
    case.report_outcome(handset(), reported.clone(), at_hour(8))
        .unwrap();
    assert_eq!(
        case.report_outcome(handset(), reported.clone(), at_hour(9)),
        Ok(vec![])
    );
    let police = |case: &Termination| {
        let loss = case.item(handset()).unwrap().loss.as_ref().unwrap();
        loss.police_report
            .as_ref()
            .map(|number| number.as_str().to_owned())
    };
    // Another number is news, and no number takes none away.
    for (number, known) in [(Some("5000-K2-26"), "5000-K2-26"), (None, "5000-K2-26")] {
        let number = number.map(because);
        let report = LossReport {
            police_report: number,
            ..reported.clone()
        };
        case.report_outcome(handset(), report, at_hour(9)).unwrap();
        assert_eq!(police(&case).as_deref(), Some(known));
    }
    take_back(&mut case);
    case.report_outcome(handset(), gone(DeviceOutcome::Lost, "again"), at_hour(9))
        .unwrap();
    assert_eq!(case.breach_notify_by(), by(9));
}

#[test]
fn a_notification_after_more_than_72_hours_says_why_and_undecided_decides_nothing() {
    let mut case = one_handset();
    case.report_outcome(handset(), gone(DeviceOutcome::Lost, "train"), at_hour(0))
        .unwrap();
    let concluded = |conclusion| BreachAssessment {
        conclusion,
        ..no_notification()
    };
    case.assess_breach(handset(), concluded(BreachConclusion::Undecided))
        .unwrap();
    assert_eq!(case.blockers(), [Blocker::BreachUndecided { item: handset() }]);
    let notified = |minutes, late_reason| {
        concluded(BreachConclusion::Notified {
            at: noon() + TimeDelta::hours(72) + TimeDelta::minutes(minutes),
            reference: None,
            late_reason,
        })
    };
    let late = case.assess_breach(handset(), notified(1, None));
    assert_eq!(late, Err(DomainError::NeedsReason));
    let explained = Some(because("found out on a holiday"));
    case.clone()
        .assess_breach(handset(), notified(1, explained))
        .unwrap();
    case.assess_breach(handset(), notified(0, None)).unwrap();
    assert!(case.is_ready());
    let receiver = BreachAssessment {
        act: act(ActorRole::Receiver),
        ..no_notification()
    };
    let role = ActorRole::Receiver;
    assert_eq!(
        case.assess_breach(handset(), receiver),
        Err(DomainError::NotAllowed { role })
    );
}

#[test]
fn a_breach_is_still_decided_about_when_the_end_was_withdrawn() {
    let mut case = one_handset();
    case.report_outcome(handset(), gone(DeviceOutcome::Lost, "train"), desk())
        .unwrap();
    case.cancel(because("renewed"), act(ActorRole::System)).unwrap();
    assert!(case.breach_notify_by().is_some());
    case.assess_breach(handset(), no_notification()).unwrap();
    assert_eq!(case.breach_notify_by(), None);
}

#[test]
fn a_sale_needs_the_wipe_and_the_locks_done_and_no_deviation_will_do() {
    let mut case = one_handset();
    case.dispose(handset(), decided(sale(), "old model", desk()))
        .unwrap();
    answer_codes(&mut case);
    for check in [CheckKind::Reset, CheckKind::Wiped, CheckKind::LocksCleared] {
        let no = Settlement::deviation(because("could not"));
        case.settle(handset(), check, no, desk()).unwrap();
    }
    let not_done = |check| Blocker::CheckNotDone {
        item: handset(),
        check,
    };
    assert_eq!(
        case.blockers(),
        [not_done(CheckKind::Wiped), not_done(CheckKind::LocksCleared)]
    );
    let cleared = Settlement::done();
    case.settle(handset(), CheckKind::LocksCleared, cleared, desk())
        .unwrap();
    case.apply_wipe(handset(), assessment(WipeLevel::Verified, false), noon())
        .unwrap();
    case.settle(handset(), CheckKind::Wiped, Settlement::done(), desk())
        .unwrap();
    assert!(case.is_ready());
}

#[test]
fn a_device_that_is_sold_is_wiped_where_it_is_though_it_never_came_back() {
    let mut case = one_handset();
    case.apply_wipe(handset(), assessment(WipeLevel::Acknowledged, false), noon())
        .unwrap();
    let events = case
        .dispose(handset(), decided(sale(), "old model", desk()))
        .unwrap();
    assert_eq!(
        names(&events),
        ["outcome_reported", "check_settled", "check_settled"]
    );
    let item = case.item(handset()).unwrap();
    assert!(item.is(CheckKind::Wiped, CheckState::Done));
    // Withdrawn, it may be anywhere again.
    let events = case.withdraw_disposal(handset(), &desk()).unwrap();
    assert_eq!(
        names(&events),
        ["disposal_withdrawn", "check_reopened", "check_reopened"]
    );
    assert_eq!(states(&case), ["open"; 8]);
    assert_eq!(case.item(handset()).unwrap().outcome, None);
}

#[test]
fn withdrawing_opens_exactly_what_the_decision_settled() {
    let mut case = one_handset();
    take_back(&mut case);
    let broken = Settlement::not_applicable(because("does not start"));
    case.settle(handset(), CheckKind::Reset, broken, desk()).unwrap();
    let before = case.clone();
    case.dispose(handset(), decided(destruction(), "broken", desk()))
        .unwrap();
    assert_eq!(
        case.item(handset()).unwrap().outcome,
        Some(DeviceOutcome::Destroyed)
    );
    let locks = case
        .item(handset())
        .unwrap()
        .check(CheckKind::LocksCleared)
        .unwrap();
    assert_eq!(locks.reason.as_ref().map(Reason::as_str), Some("destroyed"));
    case.withdraw_disposal(handset(), &desk()).unwrap();
    assert_eq!(states(&case), states(&before));
    assert_eq!(
        case.item(handset()).unwrap().outcome,
        Some(DeviceOutcome::Returned)
    );
}

#[test]
fn what_goes_along_asks_for_nothing_even_under_a_hold_and_is_out_of_reach_afterwards() {
    let mut case = one_handset();
    case.hold(because("audit"), desk()).unwrap();
    let id = Uuid::from_u128(200);
    for other in [
        decided(sale(), "x", desk()),
        decided(destruction(), "x", desk()),
        transfer(TransferTo::Unit { unit: id.into() }),
    ] {
        assert_eq!(case.dispose(handset(), other), Err(DomainError::Held));
    }
    case.dispose(
        handset(),
        transfer(TransferTo::Along {
            employment: id.into(),
        }),
    )
    .unwrap();
    assert_eq!(states(&case), ["not_applicable"; 8]);
    assert_eq!(case.blockers(), [Blocker::Held]);
    let lost = case.report_outcome(handset(), gone(DeviceOutcome::Lost, "x"), desk());
    assert_eq!(lost, Err(DomainError::Conflict));
    let handed_on = |command| {
        Err(DomainError::InvalidTransition {
            entity: "item",
            from: "handed_on",
            command,
        })
    };
    assert_eq!(
        case.withdraw_disposal(handset(), &desk()),
        handed_on("withdraw_disposal")
    );
    let accessories = case.settle(handset(), CheckKind::Accessories, Settlement::done(), desk());
    assert_eq!(accessories, handed_on("settle"));
}

#[test]
fn a_transfer_between_legal_entities_waits_for_both_and_for_the_wipe() {
    let mut case = one_handset();
    let legal_entity = Uuid::from_u128(200).into();
    case.dispose(handset(), transfer(TransferTo::LegalEntity { legal_entity }))
        .unwrap();
    case.settle(handset(), CheckKind::Reset, Settlement::done(), desk())
        .unwrap();
    answer_codes(&mut case);
    case.apply_wipe(handset(), assessment(WipeLevel::Attested, false), noon())
        .unwrap();
    let missing = [Blocker::TransferNotApproved { item: handset() }];
    case.approve_transfer(handset(), TransferSide::Giving, named("yes", desk()))
        .unwrap();
    assert_eq!(case.blockers(), missing);
    let other = case.approve_transfer(handset(), TransferSide::Giving, named("no", desk()));
    assert_eq!(other, Err(DomainError::Conflict));
    case.approve_transfer(handset(), TransferSide::Receiving, named("yes", desk()))
        .unwrap();
    assert!(case.is_ready());
}

#[test]
fn what_was_decided_is_withdrawn_before_anything_else_becomes_of_the_device() {
    let mut case = one_handset();
    case.dispose(handset(), decided(sale(), "old model", desk()))
        .unwrap();
    let conflict = Err(DomainError::Conflict);
    let returned = Settlement::returned(IdentityMatch::Confirmed);
    assert_eq!(
        case.settle(handset(), CheckKind::Returned, returned, desk()),
        conflict
    );
    let lost = gone(DeviceOutcome::Lost, "train");
    assert_eq!(case.report_outcome(handset(), lost, desk()), conflict);
    assert_eq!(
        case.dispose(handset(), decided(destruction(), "broken", desk())),
        conflict
    );
    case.withdraw_disposal(handset(), &desk()).unwrap();
    case.report_outcome(handset(), gone(DeviceOutcome::Lost, "train"), desk())
        .unwrap();
    let sold = case.dispose(handset(), decided(sale(), "old model", desk()));
    assert!(matches!(
        sold,
        Err(DomainError::InvalidTransition { from: "missing", .. })
    ));
}

#[test]
fn an_answer_that_is_taken_back_leaves_what_was_decided_since() {
    let mut case = one_handset();
    let before = case.clone();
    let receiver = act(ActorRole::Receiver);
    let returned = Settlement::returned(IdentityMatch::Confirmed);
    case.settle(handset(), CheckKind::Returned, returned, receiver.clone())
        .unwrap();
    let undo = Undo::of(&before, &case, receiver.clone());
    case.dispose(handset(), decided(destruction(), "broken", desk()))
        .unwrap();
    case.undo(&undo, &BTreeMap::new(), receiver).unwrap();
    let item = case.item(handset()).unwrap();
    assert_eq!(item.outcome, Some(DeviceOutcome::Destroyed));
    assert!(item.is(CheckKind::Returned, CheckState::NotApplicable));
}

#[test]
fn the_employer_stands_for_a_damage_unless_a_named_person_decides_on_a_legal_ground() {
    let mut case = one_handset();
    take_back(&mut case);
    let mut damage = Damage {
        facts: because("cracked screen"),
        cause: DamageCause::Accident,
        documents: None,
        insurance: InsuranceState::NotClaimed,
        insurance_reference: None,
        ruling: None,
        act: desk(),
    };
    assert_eq!(damage.bearer(), CostBearer::Employer);
    case.record_damage(handset(), damage.clone()).unwrap();
    let told_by_another = Damage {
        act: Act {
            at: noon() + TimeDelta::hours(1),
            ..act(ActorRole::Technician)
        },
        ..damage.clone()
    };
    assert_eq!(case.record_damage(handset(), told_by_another), Ok(vec![]));
    assert!(case.deviations().iter().any(|deviation| deviation.damaged));
    damage.ruling = Some(CostRuling {
        bearer: CostBearer::Holder,
        by: because("the head of the unit"),
        reason: because("thrown against a wall"),
        legal_ground: None,
        amount_ore: None,
    });
    let groundless = case.record_damage(handset(), damage);
    assert_eq!(groundless, Err(DomainError::NeedsReason));
}
