//! Random sequences of commands, against the model and against what must always hold.

use super::commands::{Concluded, Fate, NumberPlan, Op, Plan, Said};
use super::model::Model;
use super::*;
use crate::domain::error::DomainError;
use crate::domain::wipe::satisfies;
use chrono::TimeDelta;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use std::cell::Cell;

fn reason(number: u8) -> Option<Reason> {
    (number > 0).then(|| because(&number.to_string()))
}

fn run(case: &mut Termination, op: &Op) -> Result<Vec<Event>, DomainError> {
    match *op {
        Op::Declare(item, check, role) => case.declare(item_id(item), check, act(role)),
        Op::Undeclare(item, check, role) => case.withdraw_declaration(item_id(item), check, act(role)),
        Op::Settle(item, check, Said { answer, why }, right_device, role) => {
            let identity = if right_device {
                IdentityMatch::Confirmed
            } else {
                IdentityMatch::Mismatch
            };
            let settlement = Settlement {
                answer,
                reason: reason(why),
                identity: Some(identity),
                ..Settlement::done()
            };
            case.settle(item_id(item), check, settlement, act(role))
        }
        Op::Code(item, code, answer, role) => case.answer_code(item_id(item), code, answer, act(role)),
        Op::Number(item, plan, is_named, role) => {
            let said = (number_terms(plan), is_named.then(|| head("agreed")));
            case.decide_number(item_id(item), said, act(role))
        }
        Op::Ask(item, role) => case.request_number(item_id(item), act(role)),
        Op::Outcome(item, outcome, why, known, role) => {
            let report = LossReport {
                known_at: known.map(|hour| noon() + TimeDelta::hours(hour)),
                ..LossReport::new(outcome, reason(why).unwrap())
            };
            case.report_outcome(item_id(item), report, act(role))
        }
        Op::Police(item, role) => case.note_police_report(item_id(item), because("5000-K1-26"), &act(role)),
        Op::Breach(item, concluded, role) => {
            case.assess_breach(item_id(item), assessed(concluded, act(role)))
        }
        Op::Dispose(item, fate, why, role) => {
            case.dispose(item_id(item), decided(terms(fate), &why.to_string(), act(role)))
        }
        Op::Approve(item, side, role) => {
            case.approve_transfer(item_id(item), side, named("both agree", act(role)))
        }
        Op::Withdraw(item, role) => case.withdraw_disposal(item_id(item), &act(role)),
        Op::Wipe(item, level, contradicted) => {
            case.apply_wipe(item_id(item), assessment(level, contradicted), noon())
        }
        Op::Accept(item, role) => {
            case.accept_contradiction(item_id(item), because("police report"), act(role))
        }
        Op::Hold(why, role) => case.hold(reason(why).unwrap(), act(role)),
        Op::Release(role) => case.release(because("decision"), act(role)),
        Op::Reschedule(due, today) => case.reschedule(day(due + 2), day(due), day(today)),
        Op::Begin(today) => case.begin(day(today)),
        Op::Cancel(role) => case.cancel(because("renewed"), act(role)),
        Op::Reopen(role) => case.reopen(because("mistake"), act(role)),
        Op::Complete => {
            let mut events = case.let_go_if_ready(noon());
            events.extend(case.complete_if_ready(noon()));
            Ok(events)
        }
        Op::Arrange(item, plan, role) => case.arrange(item_id(item), planned(plan), act(role)),
        Op::HandBack(item, role) => case.hand_back(item_id(item), act(role)),
        Op::Leave(back, today) => {
            let leave = Absence {
                from: day(5),
                back_on: back.map(day),
                back_since: None,
                is_by_desk: false,
            };
            case.follow_leave(leave, day(today))
        }
        Op::NoteBack(today) => case.note_back(day(today), noon()),
        Op::Become(kind) => case.reclassify(kind, noon()),
    }
}

fn planned(plan: Plan) -> AbsencePlan {
    match plan {
        Plan::Keep => AbsencePlan::Keep,
        Plan::PutAway => AbsencePlan::HandIn,
        Plan::ToStock => AbsencePlan::Restock,
        Plan::Loan => AbsencePlan::Lend {
            employment: Uuid::from_u128(201).into(),
            until: day(20),
        },
    }
}

fn assessed(concluded: Concluded, act: Act) -> BreachAssessment {
    let notified = |hours| BreachConclusion::Notified {
        at: noon() + TimeDelta::hours(hours),
        reference: None,
        late_reason: None,
    };
    BreachAssessment {
        facts: because("locked and encrypted"),
        conclusion: match concluded {
            Concluded::Nothing => BreachConclusion::Undecided,
            Concluded::NoNotification => BreachConclusion::NoNotification,
            Concluded::InTime => notified(0),
            Concluded::Late => notified(100),
        },
        informs_people: false,
        act,
    }
}

fn number_terms(plan: NumberPlan) -> NumberTerms {
    let id = Uuid::from_u128(200);
    let to = |to| NumberTerms::Move { to };
    match plan {
        NumberPlan::End => NumberTerms::Terminate { last_day: None },
        NumberPlan::Wait => NumberTerms::Reuse,
        NumberPlan::MoveSomewhere => to(None),
        NumberPlan::MoveToJob => to(Some(MoveTo::Employment {
            employment: id.into(),
        })),
        NumberPlan::MoveToUnit => to(Some(MoveTo::Unit { unit: id.into() })),
        NumberPlan::MoveToOtherEntity => to(Some(MoveTo::LegalEntity {
            legal_entity: id.into(),
        })),
        NumberPlan::Hand => NumberTerms::TransferToPrivate,
    }
}

fn terms(fate: Fate) -> DisposalTerms {
    let id = Uuid::from_u128(200);
    let to = |to| DisposalTerms::Transferred { to };
    match fate {
        Fate::Sold => sale(),
        Fate::Scrapped => destruction(),
        Fate::GoesAlong => to(TransferTo::Along {
            employment: id.into(),
        }),
        Fate::ToUnit => to(TransferTo::Unit { unit: id.into() }),
        Fate::ToOtherEntity => to(TransferTo::LegalEntity {
            legal_entity: id.into(),
        }),
    }
}

/// Whether saying it again right away must change nothing.
fn is_repeatable(op: &Op) -> bool {
    !matches!(
        op,
        Op::Release(_) | Op::Cancel(_) | Op::Reopen(_) | Op::Withdraw(..)
    )
}

fn any_item() -> impl Strategy<Value = u128> {
    prop_oneof![8 => select(vec![HANDSET, SECRET_HANDSET, SUBSCRIPTION]), 1 => Just(99)]
}

/// Mostly people who may act.
fn any_role() -> impl Strategy<Value = ActorRole> {
    prop_oneof![2 => Just(ActorRole::Desk), 2 => Just(ActorRole::Receiver), 1 => select(ActorRole::ALL)]
}

fn any_wipe() -> impl Strategy<Value = Op> {
    let level = select(WipeLevel::ALL);
    (any_item(), level, prop::bool::weighted(0.2)).prop_map(|(item, level, contradicted)| {
        Op::Wipe(
            item,
            if contradicted { WipeLevel::None } else { level },
            contradicted,
        )
    })
}

fn any_answer() -> impl Strategy<Value = Op> {
    let said = (
        prop_oneof![2 => Just(Answer::Done), 1 => select(Answer::ALL)],
        0_u8..3,
    )
        .prop_map(|(answer, why)| Said { answer, why });
    let check = select(CheckKind::ALL);
    prop_oneof![
        1 => (any_item(), check.clone(), prop_oneof![3 => Just(ActorRole::Holder), 1 => any_role()])
            .prop_map(|(item, check, role)| Op::Declare(item, check, role)),
        1 => (any_item(), check.clone(), prop_oneof![3 => Just(ActorRole::Holder), 1 => any_role()])
            .prop_map(|(item, check, role)| Op::Undeclare(item, check, role)),
        6 => (any_item(), check, said, prop::bool::weighted(0.8), any_role())
            .prop_map(|(item, check, said, right, role)| Op::Settle(item, check, said, right, role)),
        2 => (any_item(), select(CodeKind::ALL), select(CodeAnswer::ALL), any_role())
            .prop_map(|(item, code, answer, role)| Op::Code(item, code, answer, role)),
        3 => (any_item(), select(NumberPlan::ALL.to_vec()), any::<bool>(), any_role())
            .prop_map(|(item, plan, named, role)| Op::Number(item, plan, named, role)),
        1 => (any_item(), prop_oneof![Just(ActorRole::Holder), any_role()])
            .prop_map(|(item, role)| Op::Ask(item, role)),
        2 => any_outcome(),
        3 => any_fate(),
        3 => any_wipe(),
        2 => (any_item(), any_role()).prop_map(|(item, role)| Op::Accept(item, role)),
    ]
}

fn any_outcome() -> impl Strategy<Value = Op> {
    let known = proptest::option::of(-9_i64..=0);
    let outcome = prop_oneof![
        2 => select(vec![DeviceOutcome::Lost, DeviceOutcome::Stolen]),
        1 => select(DeviceOutcome::ALL),
    ];
    let concluded = select(vec![
        Concluded::Nothing,
        Concluded::NoNotification,
        Concluded::InTime,
        Concluded::Late,
    ]);
    prop_oneof![
        2 => (any_item(), outcome, 1_u8..3, known, any_role())
            .prop_map(|(item, outcome, why, known, role)| Op::Outcome(item, outcome, why, known, role)),
        1 => (any_item(), any_role()).prop_map(|(item, role)| Op::Police(item, role)),
        2 => (any_item(), concluded, any_role())
            .prop_map(|(item, concluded, role)| Op::Breach(item, concluded, role)),
    ]
}

fn any_fate() -> impl Strategy<Value = Op> {
    let fate = select(Fate::ALL.to_vec());
    prop_oneof![
        3 => (any_item(), fate, 1_u8..3, any_role())
            .prop_map(|(item, fate, why, role)| Op::Dispose(item, fate, why, role)),
        2 => (any_item(), select(TransferSide::ALL), any_role())
            .prop_map(|(item, side, role)| Op::Approve(item, side, role)),
        2 => (any_item(), any_role()).prop_map(|(item, role)| Op::Withdraw(item, role)),
    ]
}

fn any_move_of_the_case() -> impl Strategy<Value = Op> {
    prop_oneof![
        2 => (1_u8..3, any_role()).prop_map(|(why, role)| Op::Hold(why, role)),
        3 => any_role().prop_map(Op::Release),
        1 => (5_u64..15, 5_u64..15).prop_map(|(due, today)| Op::Reschedule(due, today)),
        1 => (5_u64..15).prop_map(Op::Begin),
        1 => prop::bool::weighted(0.2)
            .prop_map(|so| if so { Op::Cancel(ActorRole::System) } else { Op::Cancel(ActorRole::Holder) }),
        2 => any_role().prop_map(Op::Reopen),
        4 => Just(Op::Complete),
        3 => any_step_of_a_leave(),
    ]
}

fn any_step_of_a_leave() -> impl Strategy<Value = Op> {
    let plan = select(Plan::ALL.to_vec());
    prop_oneof![
        4 => (any_item(), plan, any_role()).prop_map(|(item, plan, role)| Op::Arrange(item, plan, role)),
        2 => (any_item(), any_role()).prop_map(|(item, role)| Op::HandBack(item, role)),
        2 => (proptest::option::of(5_u64..15), 5_u64..15).prop_map(|(back, today)| Op::Leave(back, today)),
        2 => (5_u64..15).prop_map(Op::NoteBack),
        1 => select(vec![TerminationKind::Absence, TerminationKind::Ordinary]).prop_map(Op::Become),
    ]
}

/// A leave, with everything that is asked because of it.
fn any_leave() -> impl Strategy<Value = Vec<Op>> {
    let plans = (select(Plan::ALL.to_vec()), select(Plan::ALL.to_vec()));
    (plans, any_role()).prop_map(|((one, two), role)| {
        let mut ops = vec![Op::Become(TerminationKind::Absence), Op::Leave(Some(9), 5)];
        for (item, plan) in [(HANDSET, one), (SECRET_HANDSET, two)] {
            ops.push(Op::Arrange(item, plan, role));
            if plan != Plan::Keep {
                ops.extend(whole_item(item, ActorRole::Desk, WipeLevel::Verified));
            }
            ops.push(Op::HandBack(item, role));
        }
        ops.extend([Op::NoteBack(9), Op::Complete]);
        ops
    })
}

/// Everything that one item needs, by one role, so that cases get far enough to complete.
fn whole_item(item: u128, role: ActorRole, level: WipeLevel) -> Vec<Op> {
    let done = Said {
        answer: Answer::Done,
        why: 0,
    };
    let kind = if item == SUBSCRIPTION {
        ItemKind::Subscription
    } else {
        ItemKind::Device
    };
    let checks = CheckKind::of(kind)
        .iter()
        .map(|check| Op::Settle(item, *check, done, true, role));
    let codes = CodeKind::ALL
        .iter()
        .map(|code| Op::Code(item, *code, CodeAnswer::Received, role));
    let first = [
        Op::Wipe(item, level, false),
        Op::Number(item, NumberPlan::Wait, true, role),
    ];
    first
        .into_iter()
        .chain(codes)
        .chain(checks)
        .chain([Op::Complete])
        .collect()
}

fn any_sequence() -> impl Strategy<Value = Vec<Op>> {
    let level = select(vec![
        WipeLevel::Attested,
        WipeLevel::Acknowledged,
        WipeLevel::Verified,
    ]);
    let whole = (any_item(), any_role(), level).prop_map(|(item, role, level)| whole_item(item, role, level));
    let everything = Just(
        [HANDSET, SECRET_HANDSET, SUBSCRIPTION]
            .iter()
            .flat_map(|item| whole_item(*item, ActorRole::Desk, WipeLevel::Verified))
            .collect::<Vec<_>>(),
    );
    // A phone that is stolen, erased over the air and heard of again.
    let stolen = select(vec![HANDSET, SECRET_HANDSET]).prop_map(|item| {
        vec![
            Op::Outcome(item, DeviceOutcome::Stolen, 1, None, ActorRole::Desk),
            Op::Wipe(item, WipeLevel::None, true),
            Op::Accept(item, ActorRole::Desk),
            Op::Police(item, ActorRole::Desk),
            Op::Complete,
            Op::Breach(item, Concluded::NoNotification, ActorRole::Desk),
            Op::Complete,
        ]
    });
    // A phone that goes elsewhere, with everything that is asked of it.
    let fate = select(Fate::ALL.to_vec());
    let elsewhere = (select(vec![HANDSET, SECRET_HANDSET]), fate).prop_map(|(item, fate)| {
        let mut ops = vec![Op::Dispose(item, fate, 1, ActorRole::Desk)];
        ops.extend(whole_item(item, ActorRole::Desk, WipeLevel::Verified));
        ops.extend(
            TransferSide::ALL
                .iter()
                .map(|side| Op::Approve(item, *side, ActorRole::Desk)),
        );
        ops.push(Op::Complete);
        ops
    });
    let step = prop_oneof![
        12 => any_answer().prop_map(|op| vec![op]),
        6 => any_move_of_the_case().prop_map(|op| vec![op]),
        3 => whole,
        2 => stolen,
        2 => elsewhere,
        2 => any_leave(),
        1 => everything,
    ];
    proptest::collection::vec(step, 0..40).prop_map(|steps| steps.concat())
}

/// What must hold of every case, whatever led to it.
fn check_invariants(case: &Termination) -> Result<(), TestCaseError> {
    if case.state == TerminationState::Completed {
        prop_assert!(case.completed_at.is_some());
        prop_assert!(case.hold.is_none(), "completed under hold");
        check_completed_leave(case)?;
        for item in &case.items {
            let decided = item.contradiction.is_some();
            // Of a phone that its holder goes on with, nobody says that it was wiped.
            let contradicted = item.wipe.contradicted && !item.is_handed_on();
            prop_assert!(!contradicted || decided, "completed in spite of a contradiction");
            let said = item.deviations().iter().any(|deviation| deviation.contradicted);
            prop_assert_eq!(contradicted, said, "a contradiction is a deviation");
            check_outcome_of_completed(item)?;
            prop_assert!(
                !item.is_to_be_transferred(),
                "completed with a transfer under way"
            );
            for check in item.checks.iter().filter(|check| check.mandatory) {
                let settled = [CheckState::Done, CheckState::NotApplicable, CheckState::Deviation]
                    .contains(&check.state);
                prop_assert!(settled, "completed with an open mandatory check");
            }
        }
    }
    for item in &case.items {
        let wiped = item
            .check(CheckKind::Wiped)
            .is_ok_and(|check| check.state == CheckState::Done);
        prop_assert!(
            !wiped || satisfies(item.required_wipe, &item.wipe),
            "wiped without proof"
        );
        let missing = matches!(item.outcome, Some(DeviceOutcome::Lost | DeviceOutcome::Stolen));
        prop_assert!(!(wiped && missing), "a missing device is never wiped");
        let decided = item.contradiction.is_some();
        prop_assert!(
            !decided || (missing && item.wipe.contradicted),
            "a decision about nothing"
        );
    }
    let mut undeclared = case.clone();
    for check in undeclared.items.iter_mut().flat_map(|item| &mut item.checks) {
        if check.state == CheckState::Declared {
            check.state = CheckState::Open;
        }
    }
    prop_assert_eq!(undeclared.is_ready(), case.is_ready(), "a declaration counted");
    Ok(())
}

/// A leave is over before its case is complete, and everybody has what they are to have.
fn check_completed_leave(case: &Termination) -> Result<(), TestCaseError> {
    if case.kind != TerminationKind::Absence {
        return Ok(());
    }
    let absence = case.absence.expect("a leave");
    prop_assert!(absence.back_since.is_some(), "completed while the holder is away");
    for item in case.items.iter().filter(|item| item.kind == ItemKind::Device) {
        let is_elsewhere = item.is_missing() || item.disposal.is_some();
        prop_assert!(
            is_elsewhere || item.arrangement.is_some(),
            "nobody said what becomes of it"
        );
        prop_assert!(!item.is_put_away() || item.is_handed_back(), "put away for ever");
        let is_lent = matches!(item.plan(), Some(AbsencePlan::Lend { .. })) && !is_elsewhere;
        let is_wiped = item
            .check(CheckKind::Wiped)
            .is_ok_and(|check| check.state == CheckState::Done);
        prop_assert!(!is_lent || is_wiped, "lent without a wipe");
    }
    Ok(())
}

/// What each outcome needs before its case may be complete.
fn check_outcome_of_completed(item: &Item) -> Result<(), TestCaseError> {
    let is_done = |check| {
        item.check(check)
            .is_ok_and(|check| check.state == CheckState::Done)
    };
    let loss = item.loss.as_ref();
    match (
        item.outcome,
        item.disposal.as_ref().map(|disposal| &disposal.terms),
    ) {
        (Some(DeviceOutcome::Lost | DeviceOutcome::Stolen), disposal) => {
            let breach = loss.and_then(|loss| loss.breach.as_ref());
            let decision = breach.map(|breach| breach.conclusion.decision());
            prop_assert!(matches!(
                decision,
                Some(BreachDecision::NoNotification | BreachDecision::Notified)
            ));
            let reported = loss.is_some_and(|loss| loss.police_report.is_some());
            prop_assert!(item.outcome == Some(DeviceOutcome::Lost) || reported);
            prop_assert!(disposal.is_none());
        }
        (Some(DeviceOutcome::BoughtOut), Some(DisposalTerms::BoughtOut { .. })) => {
            prop_assert!(is_done(CheckKind::Wiped) && is_done(CheckKind::LocksCleared));
        }
        (Some(DeviceOutcome::Transferred), Some(DisposalTerms::Transferred { to })) => {
            let leaves = matches!(to, TransferTo::LegalEntity { .. });
            let approvals = item
                .disposal
                .as_ref()
                .map_or(0, |disposal| disposal.approvals.len());
            prop_assert!(!leaves || (approvals == 2 && is_done(CheckKind::Wiped)));
        }
        (Some(DeviceOutcome::Destroyed), Some(DisposalTerms::Destroyed { .. })) => {}
        (Some(DeviceOutcome::Returned), None) => prop_assert!(is_done(CheckKind::Returned)),
        (None, None) => prop_assert!(!is_done(CheckKind::Returned)),
        (outcome, terms) => prop_assert!(false, "{outcome:?} with {terms:?}"),
    }
    Ok(())
}

fn check_against_the_model(case: &Termination, model: &Model) -> Result<(), TestCaseError> {
    prop_assert_eq!(case.state.as_str(), model.state);
    prop_assert_eq!(case.is_held(), model.held.is_some());
    prop_assert_eq!(case.is_ready(), model.ready());
    prop_assert_eq!(case.kind == TerminationKind::Absence, model.is_leave);
    prop_assert_eq!(case.is_paused(), model.rests(), "{:?}", case.blockers());
    let notify_by = model.notify_by().map(|hour| noon() + TimeDelta::hours(hour));
    prop_assert_eq!(case.breach_notify_by(), notify_by);
    for (item, number) in case.items.iter().zip([HANDSET, SECRET_HANDSET, SUBSCRIPTION]) {
        prop_assert_eq!(item.outcome, model.outcome(number));
        let arranged = item.arrangement.as_ref().map(|known| known.plan);
        let carried_out = (item.is_handed_back(), item.is_let_go());
        let expected = model.arrangement(number);
        prop_assert_eq!(arranged, expected.map(|(plan, ..)| planned(plan)));
        prop_assert!(expected.is_none_or(|(_, back, gone)| (back, gone) == carried_out));
        let number_now = (item.is_to_be_transferred(), item.number_request.is_some());
        prop_assert_eq!(Some(number_now), model.number(number));
        let is_late = case.release_by(item).is_some();
        prop_assert_eq!(
            is_late,
            item.is_to_be_transferred(),
            "a deadline for what waits, and for nothing else"
        );
        for check in &item.checks {
            prop_assert_eq!(
                Some(check.state.as_str()),
                model.word(number, check.kind),
                "{}",
                check.kind
            );
        }
    }
    Ok(())
}

fn step(case: &mut Termination, model: &mut Model, op: &Op) -> Result<bool, TestCaseError> {
    let before = case.clone();
    let result = run(case, op);
    prop_assert_eq!(
        result.is_ok(),
        model.accept(op),
        "accepted or refused: {:?}, {:?}",
        op,
        result
    );
    match &result {
        Err(_) => prop_assert_eq!(&before, &*case, "a refused command changed something"),
        Ok(events) if events.is_empty() => {
            prop_assert_eq!(&before, &*case, "a silent command changed something");
        }
        Ok(_) => {}
    }
    if result.is_ok() && is_repeatable(op) {
        let mut again = case.clone();
        prop_assert_eq!(run(&mut again, op), Ok(vec![]), "repeating {:?}", op);
        prop_assert_eq!(&again, &*case);
    }
    check_against_the_model(case, model)?;
    check_invariants(case)?;
    Ok(result.is_ok())
}

#[test]
fn random_commands_do_what_the_model_does_and_never_complete_an_unproved_case() {
    let config = Config {
        failure_persistence: None,
        ..Config::default()
    };
    let cases = config.cases;
    let [completed, reopened, refused] = [0, 0, 0].map(Cell::new);
    let count = |counter: &Cell<u32>| counter.set(counter.get() + 1);
    let mut runner = TestRunner::new(config);
    let outcome = runner.run(&any_sequence(), |ops| {
        let things = vec![
            device(HANDSET, DataClass::Standard),
            device(SECRET_HANDSET, DataClass::Secrecy),
            subscription(),
        ];
        let (mut case, mut model) = (case(things, 0), Model::new());
        for op in &ops {
            let was = case.state;
            if !step(&mut case, &mut model, op)? {
                count(&refused);
            }
            match (was, case.state) {
                (TerminationState::Completed, TerminationState::Open) => count(&reopened),
                (TerminationState::Open | TerminationState::Scheduled, TerminationState::Completed) => {
                    count(&completed);
                }
                _ => {}
            }
        }
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
    // A generator that never gets anywhere would prove nothing.
    let few = cases / 20;
    assert!(
        completed.get() >= few && reopened.get() >= few && refused.get() >= cases,
        "too tame a generator"
    );
}
