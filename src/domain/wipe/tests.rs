//! The fold from evidence to assessment.

use super::EvidenceKind::*;
use super::*;
use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use proptest::prelude::*;
use proptest::sample::select;

fn minute(minute: i64) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 2, 8, 0, 0).unwrap() + TimeDelta::minutes(minute)
}

/// A fact about the whole device, told at once, on no known enrolment.
fn at(kind: EvidenceKind, when: i64) -> Evidence {
    Evidence {
        kind,
        scope: WipeScope::FullDevice,
        claimed_at: Some(minute(when)),
        received_at: minute(when),
        enrolment: None,
        command_ref: None,
    }
}

fn on(enrolment: &str, evidence: Evidence) -> Evidence {
    Evidence {
        enrolment: Some(enrolment.to_owned()),
        ..evidence
    }
}

fn about(command: &str, evidence: Evidence) -> Evidence {
    Evidence {
        command_ref: Some(command.to_owned()),
        ..evidence
    }
}

fn of(scope: WipeScope, evidence: Evidence) -> Evidence {
    Evidence { scope, ..evidence }
}

fn words(evidence: &[Evidence], now: i64) -> String {
    let WipeAssessment {
        state,
        level,
        contradicted,
    } = assess(evidence, minute(now));
    format!(
        "{state} {level}{}",
        if contradicted { " contradicted" } else { "" }
    )
}

/// What happened, and the state and level it supports.
type Story = (&'static str, Vec<Evidence>, &'static str);

fn check(stories: Vec<Story>) {
    for (story, evidence, expected) in stories {
        assert_eq!(words(&evidence, 100), expected, "{story}");
    }
}

fn ack() -> Evidence {
    at(CommandAcknowledged, 60)
}

#[test]
fn what_machines_report_supports_at_most_that_the_device_said_yes() {
    check(vec![
        ("nothing", vec![], "required none"),
        (
            "enrolled before any order",
            vec![at(Enrolled, 0), at(Contact, 5)],
            "required none",
        ),
        ("ordered", vec![at(CommandQueued, 0)], "ordered ordered"),
        (
            "asked to wait",
            vec![at(CommandQueued, 0), at(CommandDeferred, 5)],
            "deferred ordered",
        ),
        (
            "refused",
            vec![at(CommandQueued, 0), at(CommandRefused, 5)],
            "refused none",
        ),
        (
            "again",
            vec![at(CommandRefused, 5), about("b", at(CommandQueued, 9))],
            "ordered ordered",
        ),
        (
            "expired",
            vec![at(CommandQueued, 0), at(CommandExpired, 5)],
            "indeterminate ordered",
        ),
        (
            "answered after all",
            vec![at(CommandExpired, 5), ack()],
            "acknowledged acknowledged",
        ),
        (
            "enrolled unanswered",
            vec![at(CommandQueued, 0), at(Enrolled, 5)],
            "indeterminate ordered",
        ),
        ("record gone", vec![at(RecordRemoved, 5)], "indeterminate none"),
        (
            "gone and back",
            vec![at(Unenrolled, 5), at(Contact, 6)],
            "required none",
        ),
        (
            "acknowledged",
            vec![at(CommandQueued, 0), ack()],
            "acknowledged acknowledged",
        ),
        (
            "acknowledged, gone",
            vec![ack(), at(RecordRemoved, 90)],
            "acknowledged acknowledged",
        ),
        (
            "yes and no",
            vec![ack(), at(CommandRefused, 61)],
            "indeterminate ordered",
        ),
        (
            "work profile only",
            vec![of(WipeScope::WorkProfile, ack())],
            "required none",
        ),
        (
            "app data only",
            vec![of(WipeScope::AppData, ack())],
            "required none",
        ),
    ]);
}

#[test]
fn contact_on_the_same_enrolment_after_the_grace_contradicts() {
    const BLOCKED: &str = "contradicted none contradicted";
    const STANDS: &str = "acknowledged acknowledged";
    let other_ack = about("b", at(CommandAcknowledged, 95));
    check(vec![
        ("within the grace", vec![ack(), at(Contact, 70)], STANDS),
        ("after the grace", vec![ack(), at(Contact, 71)], BLOCKED),
        (
            "new enrolment",
            vec![ack(), at(Enrolled, 75), at(Contact, 90)],
            STANDS,
        ),
        (
            "old enrolment in spite of a new one",
            vec![
                on("a", ack()),
                on("b", at(Enrolled, 75)),
                on("a", at(Contact, 90)),
            ],
            BLOCKED,
        ),
        (
            "another enrolment",
            vec![on("a", ack()), on("b", at(Contact, 90))],
            STANDS,
        ),
        (
            "the old enrolment told again",
            vec![on("a", ack()), on("a", at(Enrolled, 75)), at(Contact, 90)],
            BLOCKED,
        ),
        (
            "the same answer told again",
            vec![ack(), at(Contact, 90), at(CommandAcknowledged, 95)],
            BLOCKED,
        ),
        (
            "wiped again by another command",
            vec![ack(), at(Contact, 90), other_ack],
            STANDS,
        ),
        (
            "attested in spite of it",
            vec![ack(), at(Contact, 90), at(Attested, 95)],
            BLOCKED,
        ),
        (
            "verified in spite of it",
            vec![ack(), at(Contact, 90), at(Verified, 95)],
            "verified verified",
        ),
        (
            "after attestation",
            vec![at(Attested, 0), at(Contact, 11)],
            BLOCKED,
        ),
        (
            "after verification",
            vec![at(Verified, 0), at(Contact, 11)],
            BLOCKED,
        ),
        (
            "after destruction",
            vec![at(Destroyed, 0), at(Contact, 11)],
            BLOCKED,
        ),
    ]);
}

#[test]
fn what_people_saw_counts_and_the_last_look_of_a_technician_decides() {
    const FAILED: &str = "verification_failed none";
    check(vec![
        ("attested", vec![at(Attested, 0)], "attested attested"),
        (
            "attested, order open",
            vec![at(CommandQueued, 0), at(Attested, 5)],
            "attested attested",
        ),
        (
            "attested, record gone",
            vec![at(Unenrolled, 0), at(Attested, 5)],
            "indeterminate attested",
        ),
        (
            "verified, then failed",
            vec![at(Verified, 0), at(VerificationFailed, 5)],
            FAILED,
        ),
        (
            "failed, then verified",
            vec![at(VerificationFailed, 0), at(Verified, 5)],
            "verified verified",
        ),
        (
            "both at once",
            vec![at(VerificationFailed, 0), at(Verified, 0)],
            FAILED,
        ),
        (
            "failed, then acknowledged",
            vec![at(VerificationFailed, 0), ack()],
            FAILED,
        ),
        (
            "destroyed",
            vec![at(VerificationFailed, 0), at(Destroyed, 5)],
            "destroyed certified",
        ),
    ]);
}

#[test]
fn an_open_order_stalls_after_72_hours_without_a_sign_of_life() {
    let ordered = vec![at(EvidenceKind::CommandQueued, 0)];
    let alive = vec![at(EvidenceKind::CommandQueued, 0), at(EvidenceKind::Contact, 60)];
    let limit = 72 * 60;
    assert_eq!(words(&ordered, limit), "ordered ordered");
    assert_eq!(words(&ordered, limit + 1), "stalled ordered");
    assert_eq!(words(&alive, limit + 1), "ordered ordered");
    assert_eq!(words(&alive, limit + 61), "stalled ordered");
}

#[test]
fn a_claimed_time_is_believed_unless_it_is_absent_or_in_our_future() {
    let told = |claimed_at| Evidence {
        claimed_at,
        ..at(EvidenceKind::Contact, 60)
    };
    let year_one = Utc.with_ymd_and_hms(1, 1, 1, 0, 0, 0).unwrap();
    assert_eq!(told(Some(minute(0))).occurred_at(), minute(0));
    assert_eq!(told(Some(minute(65))).occurred_at(), minute(65));
    assert_eq!(told(Some(minute(66))).occurred_at(), minute(60));
    assert_eq!(told(None).occurred_at(), minute(60));
    assert_eq!(told(Some(year_one)).occurred_at(), minute(60));
    assert_eq!(told(Some(DateTime::UNIX_EPOCH)).occurred_at(), minute(60));
}

#[test]
fn each_data_class_asks_for_its_level_and_a_contradiction_blocks_always() {
    let accepted = |class, contradicted| -> Vec<&str> {
        let enough = |level: &&WipeLevel| {
            satisfies(
                WipePolicy::default().required(class),
                &WipeAssessment {
                    state: WipeState::Required,
                    level: **level,
                    contradicted,
                },
            )
        };
        WipeLevel::ALL
            .iter()
            .filter(enough)
            .map(|level| level.as_str())
            .collect()
    };
    assert_eq!(
        accepted(DataClass::Standard, false),
        ["attested", "acknowledged", "verified", "certified"]
    );
    assert_eq!(accepted(DataClass::Secrecy, false), ["verified", "certified"]);
    assert!(accepted(DataClass::Standard, true).is_empty());
    assert!(accepted(DataClass::Secrecy, true).is_empty());
}

#[test]
fn a_withdrawn_attestation_counts_for_nothing_and_another_one_stands() {
    let said = |kind, number, reference: &str| Evidence {
        command_ref: Some(reference.to_owned()),
        ..at(kind, number)
    };
    let taken_back = [said(Attested, 10, "a"), said(AttestationWithdrawn, 20, "a")];
    assert_eq!(assess(&taken_back, minute(30)), WipeAssessment::default());
    // Contact after it contradicts nothing: nothing is claimed any more.
    let heard = [taken_back.as_slice(), &[at(Contact, 60)]].concat();
    assert!(!assess(&heard, minute(90)).contradicted);
    let again = [taken_back.as_slice(), &[said(Attested, 20, "b")]].concat();
    assert_eq!(assess(&again, minute(30)).level, WipeLevel::Attested);
}

#[test]
fn a_withdrawn_destruction_proves_nothing_and_what_else_is_known_counts_again() {
    let said = |kind, number, reference: &str| Evidence {
        command_ref: Some(reference.to_owned()),
        ..at(kind, number)
    };
    let destroyed = [said(Destroyed, 10, "a")];
    assert_eq!(assess(&destroyed, minute(30)).level, WipeLevel::Certified);
    let withdrawn = [said(Destroyed, 10, "a"), said(DestructionWithdrawn, 20, "a")];
    assert_eq!(assess(&withdrawn, minute(30)), WipeAssessment::default());
    let verified = [withdrawn.as_slice(), &[at(Verified, 5)]].concat();
    assert_eq!(assess(&verified, minute(30)).level, WipeLevel::Verified);
}

prop_compose! {
    fn any_evidence()(
        kind in select(EvidenceKind::ALL),
        scope in prop_oneof![4 => Just(WipeScope::FullDevice), 1 => select(WipeScope::ALL)],
        claimed in proptest::option::weighted(0.8, -30_i64..330),
        received in 0_i64..300,
        enrolment in select(vec![None, Some("a"), Some("b")]),
        command in select(vec![None, Some("x"), Some("y")]),
    ) -> Evidence {
        Evidence {
            kind,
            scope,
            claimed_at: claimed.map(minute),
            received_at: minute(received),
            enrolment: enrolment.map(str::to_owned),
            command_ref: command.map(str::to_owned),
        }
    }
}

fn any_set() -> impl Strategy<Value = Vec<Evidence>> {
    proptest::collection::vec(any_evidence(), 0..12)
}

/// The set, and the same set shuffled with some facts repeated.
fn told_twice() -> impl Strategy<Value = (Vec<Evidence>, Vec<Evidence>)> {
    any_set().prop_flat_map(|set| {
        let repeated = proptest::sample::subsequence(set.clone(), 0..=set.len());
        (Just(set), repeated).prop_flat_map(|(set, repeated)| {
            let told = [set.clone(), repeated].concat();
            (Just(set), Just(told).prop_shuffle())
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn order_and_repetition_of_the_evidence_never_matter((set, told) in told_twice(), now in 0_i64..9_000) {
        prop_assert_eq!(assess(&set, minute(now)), assess(&told, minute(now)));
    }

    #[test]
    fn a_silent_command_stalls_when_it_was_foretold((set, now) in (any_set(), 0_i64..9_000)) {
        let Some(then) = stalls_at(&set, minute(now)) else { return Ok(()) };
        let tick = TimeDelta::microseconds(1);
        prop_assert!(then > minute(now));
        prop_assert_eq!(assess(&set, then - tick), assess(&set, minute(now)));
        prop_assert_eq!(assess(&set, then).state, WipeState::Stalled);
    }

    #[test]
    fn what_an_integration_reports_is_never_worth_more_than_acknowledged(set in any_set()) {
        let reported: Vec<_> =
            set.into_iter().filter(|fact| fact.kind.may_come_from_integration()).collect();
        let assessment = assess(&reported, minute(300));
        prop_assert!(assessment.level <= WipeLevel::Acknowledged);
        prop_assert!(!satisfies(WipePolicy::default().secrecy, &assessment));
    }

    #[test]
    fn contact_long_after_a_claim_blocks_unless_the_device_enrolled_anew(set in any_set()) {
        let mut facts: Vec<_> =
            set.into_iter().filter(|fact| fact.kind != EvidenceKind::Enrolled).collect();
        let marks: Vec<_> = facts.iter().map(|fact| fact.enrolment.clone()).collect();
        facts.extend(marks.into_iter().map(|enrolment| Evidence { enrolment, ..at(EvidenceKind::Contact, 9_000) }));
        prop_assert!(!satisfies(WipePolicy::default().standard, &assess(&facts, minute(9_000))));
    }

    #[test]
    fn a_failed_verification_as_the_last_word_proves_nothing_short_of_destruction(set in any_set()) {
        let mut facts: Vec<_> =
            set.into_iter().filter(|fact| fact.kind != EvidenceKind::Destroyed).collect();
        facts.push(at(EvidenceKind::VerificationFailed, 9_000));
        prop_assert_eq!(assess(&facts, minute(9_000)).level, WipeLevel::None);
    }
}
