//! What MDM systems report, and what the cases make of it.

use crate::support::app::start;
use crate::support::db::{TestDb, for_each_database};
use crate::support::world::{IMEIS, World};
use chrono::{DateTime, TimeDelta, Utc};
use handback::domain::ids::{ItemId, TerminationId};
use handback::domain::page::PageRequest;
use handback::domain::termination::{CheckKind, CheckState, DataClass, TerminationState};
use handback::domain::wipe::{
    Binding, EvidenceKind, EvidenceMatch, IdentityReading, QuarantineReason, WipeAssessment, WipeLevel,
    WipeScope, WipeState,
};
use handback::services::evidence::{self, Finding, Verification};
use handback::services::mdm::{self, Delivered, Report, ReportedDevice};
use handback::services::terminations::IdentityRead;
use handback::services::{Recorder, ServiceError};

fn minute(number: i64) -> DateTime<Utc> {
    start() + TimeDelta::minutes(number)
}

fn of(serial: &str) -> ReportedDevice {
    ReportedDevice {
        serial: Some(serial.to_owned()),
        ..ReportedDevice::default()
    }
}

fn report(event_id: &str, kind: EvidenceKind, at: i64, serial: &str) -> Report {
    Report {
        event_id: event_id.to_owned(),
        kind,
        occurred_at: Some(minute(at)),
        device: of(serial),
        scope: Some(WipeScope::FullDevice),
        enrolment: None,
        command_ref: None,
        inventory: None,
    }
}

async fn deliver(world: &World, new: Report) -> Delivered {
    mdm::report(&world.mdm, new).await.unwrap()
}

fn reason(delivered: &Delivered) -> Option<QuarantineReason> {
    delivered.binding.reason()
}

/// A case whose device is back and settled in everything but the wipe, ten minutes from the start.
async fn nearly_done(world: &World) -> (TerminationId, ItemId) {
    let device = world.device(0, DataClass::Standard).await;
    let place = world.leaver("kim", device.id).await;
    world.settle_all_but_wiped(place, "SERIAL0X").await;
    world.app.clock.set(minute(10));
    place
}

#[test]
fn a_report_is_kept_once_and_an_event_id_means_one_thing() {
    for_each_database(async |db: &TestDb| {
        let world = World::new(db).await;
        let device = world.device(0, DataClass::Standard).await;
        world.leaver("kim", device.id).await;
        let ack = report("e-1", EvidenceKind::CommandAcknowledged, 0, " serial0x ");
        let first = deliver(&world, ack.clone()).await;
        let again = deliver(&world, ack.clone()).await;
        assert_eq!((first.duplicate, again.duplicate), (false, true));
        assert_eq!((first.evidence, first.binding), (again.evidence, again.binding));
        let other = Report {
            occurred_at: None,
            ..ack
        };
        let refused = mdm::report(&world.mdm, other).await;
        assert!(matches!(
            refused,
            Err(ServiceError::Conflict {
                code: "event_id_reused",
                ..
            })
        ));
        assert_eq!(db.number("SELECT COUNT(*) AS n FROM evidence"), 1);
    });
}

#[test]
fn what_a_person_must_have_seen_cannot_be_reported() {
    for_each_database(async |db: &TestDb| {
        let world = World::new(db).await;
        for kind in EvidenceKind::ALL
            .iter()
            .filter(|kind| !kind.may_come_from_integration())
        {
            let refused = mdm::report(&world.mdm, report("e-1", *kind, 0, "SERIAL0X")).await;
            assert!(
                matches!(refused, Err(ServiceError::Invalid(found)) if found[0].code == "not_for_integrations")
            );
        }
        let refused = mdm::report(&world.desk, report("e-1", EvidenceKind::Contact, 0, "SERIAL0X")).await;
        assert!(matches!(refused, Err(ServiceError::Forbidden(_))));
    });
}

#[test]
fn a_report_that_points_to_no_one_device_is_kept_in_quarantine_and_changes_nothing() {
    for_each_database(async |db: &TestDb| {
        let world = World::new(db).await;
        let device = world.device(0, DataClass::Standard).await;
        world.device(1, DataClass::Standard).await;
        let (case, _) = world.leaver("kim", device.id).await;
        let named = |serial: Option<&str>, imeis: &[&str]| ReportedDevice {
            serial: serial.map(str::to_owned),
            imeis: imeis.iter().map(|imei| (*imei).to_owned()).collect(),
            udid: Some("0000-1111".to_owned()),
        };
        use QuarantineReason::{AmbiguousIdentity, NoIdentity, UnknownDevice};
        for (at, (device, expected)) in [
            (named(None, &[]), Some(NoIdentity)),
            (
                named(Some("To be filled by O.E.M."), &["000000000000000"]),
                Some(NoIdentity),
            ),
            (named(Some("OTHER"), &[]), Some(UnknownDevice)),
            (named(None, &[IMEIS[2]]), Some(UnknownDevice)),
            (named(Some("SERIAL0X"), &[IMEIS[1]]), Some(AmbiguousIdentity)),
            (named(None, &[IMEIS[0], IMEIS[1]]), Some(AmbiguousIdentity)),
            (named(Some("unknown"), &["35 693803 564380"]), None),
            (named(Some("SERIAL1X"), &[IMEIS[2], "490154203237519"]), None),
        ]
        .into_iter()
        .enumerate()
        {
            let ack = report(&format!("e-{at}"), EvidenceKind::CommandAcknowledged, 0, "");
            let delivered = deliver(&world, Report { device, ..ack }).await;
            assert_eq!(reason(&delivered), expected, "{at}");
        }
        assert_eq!(world.item(case).await.wipe, WipeAssessment::default());
        let all = |matched| mdm::list(&world.desk, matched, PageRequest::default());
        let quarantined = all(Some(EvidenceMatch::Quarantined)).await.unwrap();
        assert_eq!(quarantined.items.len(), 6);
        assert_eq!(all(None).await.unwrap().items.len(), 8);
    });
}

#[test]
fn a_fact_counts_for_the_holder_in_whose_time_it_happened() {
    for_each_database(async |db: &TestDb| {
        let world = World::new(db).await;
        let device = world.device(0, DataClass::Standard).await;
        let before = world.employ("alex", 1, None).await;
        world.app.clock.set(minute(10));
        let handed = world.hand_out(device.id, before.employment.id).await;
        world.app.clock.set(minute(20));
        world.take_back(handed).await;
        world.app.clock.set(minute(30));
        let (case, item) = world.leaver("kim", device.id).await;
        world.app.clock.set(minute(100));
        for (at, expected) in [
            (5, Some(QuarantineReason::EarlierCustody)),
            (15, Some(QuarantineReason::EarlierCustody)),
            (29, Some(QuarantineReason::EarlierCustody)),
        ] {
            let ack = report(
                &format!("e-{at}"),
                EvidenceKind::CommandAcknowledged,
                at,
                "SERIAL0X",
            );
            let delivered = deliver(&world, ack).await;
            assert_eq!(reason(&delivered), expected, "{at}");
            assert_eq!(world.item(case).await.wipe.level, WipeLevel::None);
        }
        let ack = report("e-30", EvidenceKind::CommandAcknowledged, 30, "SERIAL0X");
        let bound = deliver(&world, ack).await.binding;
        let expected = Binding::Bound {
            device: device.id,
            epoch: 3,
            item: Some(item),
        };
        assert_eq!(bound, expected);
        assert_eq!(world.item(case).await.wipe.level, WipeLevel::Acknowledged);
    });
}

#[test]
fn a_report_completes_a_case_and_contact_opens_it_again_also_when_the_next_holder_has_the_device() {
    for_each_database(async |db: &TestDb| {
        let world = World::new(db).await;
        let (case, item) = nearly_done(&world).await;
        let on = |enrolment: &str, new: Report| Report {
            enrolment: Some(enrolment.to_owned()),
            ..new
        };
        let ack = report("ack", EvidenceKind::CommandAcknowledged, 5, "SERIAL0X");
        deliver(&world, on("first", ack)).await;
        assert_eq!(
            world.case(case).await.termination.state,
            TerminationState::Completed
        );

        // Late news about the time before the completion reaches the completed case.
        let inventory = report("late", EvidenceKind::Inventory, 1, "SERIAL0X");
        let late = deliver(&world, inventory).await;
        assert!(matches!(late.binding, Binding::Bound { epoch: 1, item: Some(found), .. } if found == item));
        assert_eq!(
            world.case(case).await.termination.state,
            TerminationState::Completed
        );

        // The next holder enrols it anew: that supports the wipe.
        world.app.clock.set(minute(60));
        let next = world.employ("robin", 1, None).await;
        let device = world.case(case).await.holdings[0].assigned;
        let handback::domain::assignment::Assigned::Device(device) = device else {
            panic!()
        };
        world.hand_out(device, next.employment.id).await;
        world.app.clock.set(minute(200));
        deliver(
            &world,
            on("second", report("c-2", EvidenceKind::Contact, 100, "SERIAL0X")),
        )
        .await;
        assert_eq!(
            world.case(case).await.termination.state,
            TerminationState::Completed
        );

        // On the old enrolment it was never erased.
        let found = deliver(
            &world,
            on("first", report("c-1", EvidenceKind::Contact, 110, "SERIAL0X")),
        )
        .await;
        assert!(matches!(
            found.binding,
            Binding::Bound {
                epoch: 3,
                item: None,
                ..
            }
        ));
        let open = world.case(case).await.termination;
        assert_eq!(open.state, TerminationState::Open);
        assert!(open.items[0].wipe.contradicted);
        assert_eq!(
            open.items[0].check(CheckKind::Wiped).unwrap().state,
            CheckState::Open
        );
    });
}

#[test]
fn the_same_facts_give_the_same_case_in_every_order() {
    // A database for each order; SQLite alone is enough for the fold.
    let orders = permutations(&[0, 1, 2, 3]);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut states = Vec::new();
    for order in orders {
        let db = TestDb::sqlite();
        states.push(runtime.block_on(async {
            let world = World::new(&db).await;
            let (case, _) = nearly_done(&world).await;
            world.app.clock.set(minute(500));
            let on = |new: Report| Report {
                enrolment: Some("first".to_owned()),
                ..new
            };
            let facts = [
                report("queued", EvidenceKind::CommandQueued, 11, "SERIAL0X"),
                on(report("ack", EvidenceKind::CommandAcknowledged, 20, "SERIAL0X")),
                on(report("contact", EvidenceKind::Contact, 60, "SERIAL0X")),
                on(report(
                    "ack again",
                    EvidenceKind::CommandAcknowledged,
                    90,
                    "SERIAL0X",
                )),
            ]
            .map(|fact| Report {
                event_id: fact.event_id.replace(' ', "-"),
                ..fact
            });
            for at in order {
                deliver(&world, facts[at].clone()).await;
            }
            let case = world.case(case).await.termination;
            (
                case.state,
                case.items[0].wipe,
                case.items[0].check(CheckKind::Wiped).unwrap().state,
            )
        }));
    }
    assert_eq!(states.len(), 24);
    // One command that was acknowledged early and contradicted by contact: the repeated answer does not count.
    assert!(states.iter().all(|state| *state == states[0]), "{states:?}");
    assert_eq!(states[0].1.state, WipeState::Contradicted);
    assert_eq!(states[0].0, TerminationState::Open);
}

fn permutations(items: &[usize]) -> Vec<Vec<usize>> {
    if items.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for first in items {
        let rest: Vec<usize> = items.iter().copied().filter(|item| item != first).collect();
        all.extend(permutations(&rest).into_iter().map(|mut order| {
            order.insert(0, *first);
            order
        }));
    }
    all
}

#[test]
fn facts_that_arrive_together_are_all_counted() {
    for_each_database(async |db: &TestDb| {
        let world = World::new(db).await;
        let (case, _) = nearly_done(&world).await;
        world.app.clock.set(minute(500));
        let ack = report("ack", EvidenceKind::CommandAcknowledged, 20, "SERIAL0X");
        let contact = report("contact", EvidenceKind::Contact, 60, "SERIAL0X");
        let (one, other) = tokio::join!(mdm::report(&world.mdm, ack), mdm::report(&world.mdm, contact));
        assert!(one.is_ok() && other.is_ok(), "{one:?} {other:?}");
        assert!(world.item(case).await.wipe.contradicted);
    });
}

#[test]
fn a_wipe_from_before_the_case_does_not_count_when_the_device_was_used_again() {
    for_each_database(async |db: &TestDb| {
        let world = World::new(db).await;
        for (number, name, used_again) in [(0, "kim", false), (1, "alex", true)] {
            let device = world.device(number, DataClass::Standard).await;
            let employed = world.employ(name, 1, None).await;
            world.hand_out(device.id, employed.employment.id).await;
            let serial = device.serial.as_str();
            let at = (world.app.clock.now() - start()).num_minutes();
            deliver(
                &world,
                report(
                    &format!("a-{name}"),
                    EvidenceKind::CommandAcknowledged,
                    at,
                    serial,
                ),
            )
            .await;
            world.app.clock.advance(TimeDelta::days(1));
            if used_again {
                let later = at + 600;
                deliver(
                    &world,
                    report(&format!("c-{name}"), EvidenceKind::Contact, later, serial),
                )
                .await;
            }
            let (case, _) = world.ends(name).await;
            let expected = if used_again {
                WipeLevel::None
            } else {
                WipeLevel::Acknowledged
            };
            assert_eq!(world.item(case).await.wipe.level, expected);
        }
    });
}

#[test]
fn a_technician_verifies_the_right_device_and_nothing_less_is_enough_for_secrecy() {
    for_each_database(async |db: &TestDb| {
        let world = World::new(db).await;
        let device = world.device(0, DataClass::Secrecy).await;
        let place = world.leaver("kim", device.id).await;
        world.settle_all_but_wiped(place, "SERIAL0X").await;
        deliver(
            &world,
            report("ack", EvidenceKind::CommandAcknowledged, 0, "SERIAL0X"),
        )
        .await;
        assert_eq!(
            world.case(place.0).await.termination.state,
            TerminationState::Open
        );
        let saw = |serial: &str, finding| Verification {
            identity: IdentityRead {
                serial: Some(serial.to_owned()),
                imei: Some(IMEIS[0].to_owned()),
            },
            reading: IdentityReading::DialCode,
            finding,
            locks_absent: true,
        };
        let other = evidence::verify(
            &world.desk,
            place,
            saw("SERIAL1X", Finding::Erased),
            Recorder::none(),
        )
        .await;
        assert!(matches!(other, Err(ServiceError::Domain(error)) if error.code() == "wrong_device"));
        let verified = evidence::verify(
            &world.desk,
            place,
            saw("serial0x", Finding::Erased),
            Recorder::none(),
        )
        .await;
        let record = verified.unwrap().into_fresh().unwrap().record;
        assert_eq!(record.termination.state, TerminationState::Completed);
        assert_eq!(record.termination.items[0].wipe.level, WipeLevel::Verified);
        let not = evidence::verify(
            &world.desk,
            place,
            saw("SERIAL0X", Finding::NotErased),
            Recorder::none(),
        )
        .await;
        let record = not.unwrap().into_fresh().unwrap().record;
        assert_eq!(record.termination.state, TerminationState::Open);
    });
}

#[test]
fn evidence_is_append_only() {
    for_each_database(async |db: &TestDb| {
        let world = World::new(db).await;
        deliver(&world, report("e-1", EvidenceKind::Contact, 0, "SERIAL0X")).await;
        for change in ["UPDATE evidence SET kind = 'verified'", "DELETE FROM evidence"] {
            assert!(db.try_execute(change).is_err(), "{change}");
        }
    });
}
