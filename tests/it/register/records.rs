//! Records of the register: references, duplicates, versions, and the tree of units.

use super::world::{World, create_device, imei, legal_entity, new_device, refusal};
use crate::support::db::for_each_database;
use futures_util::future::join_all;
use handback::domain::device::DeviceStatus;
use handback::domain::ids::UnitId;
use handback::domain::language::Language;
use handback::domain::page::PageRequest;
use handback::domain::record::ExpectedVersion;
use handback::domain::source::SourceKind;
use handback::domain::text::{ExternalId, PersonName, SourceName};
use handback::domain::unit::Unit;
use handback::services::devices::{self, DevicePatch, NewDevice};
use handback::services::people::{self, NewPerson};
use handback::services::sources::{self, NewSource};
use handback::services::units::{self, NewUnit, UnitFilter, UnitPatch};
use handback::services::{Recorder, ServiceError};

#[test]
fn of_twenty_edits_of_one_version_one_succeeds_and_the_others_learn_the_new_version() {
    for_each_database(async |db| {
        let world = World::of(db.app()).await;
        let device = world.device(1).await.id;
        let edits = (0..20).map(|n| {
            let patch = DevicePatch {
                model: Some(format!("Exempel {}", n + 2)),
                ..DevicePatch::default()
            };
            devices::update(&world.ctx, device, ExpectedVersion::OneOf(vec![1]), patch)
        });
        let (done, refused): (Vec<_>, Vec<_>) = join_all(edits)
            .await
            .into_iter()
            .partition(|outcome| outcome.is_ok());
        assert_eq!((done.len(), refused.len()), (1, 19));
        for outcome in refused {
            assert_eq!(outcome, Err(ServiceError::Stale { current: 2 }));
        }
        let stored = devices::get(&world.ctx, device).await.unwrap();
        assert_eq!(stored, done.into_iter().next().unwrap().unwrap());
    });
}

#[test]
fn a_serial_number_or_an_imei_is_one_device_s() {
    for_each_database(async |db| {
        let world = World::of(db.app()).await;
        let first = world.device(1).await;
        let new = |serial: u32, imeis: &[u32]| NewDevice {
            imeis: imeis.iter().map(|n| imei(*n)).collect(),
            ..new_device(world.entity, serial)
        };
        for (made, expected) in [
            (new(1, &[2]), "serial_taken"),
            (new(2, &[2, 1]), "imei_taken"),
            (new(2, &[2, 2]), "/imeis/1 imei_repeated"),
            (new(2, &[2, 3, 4]), "/imeis too_many_imeis"),
            // What was refused left nothing behind.
            (new(2, &[2, 3]), "ok"),
        ] {
            assert_eq!(refusal(create_device(&world.ctx, made).await), expected);
        }
        // A device may swap its own IMEIs, and take none of another's.
        let update = async |imeis: &[u32]| {
            let patch = DevicePatch {
                imeis: Some(imeis.iter().map(|n| imei(*n)).collect()),
                ..DevicePatch::default()
            };
            devices::update(&world.ctx, first.id, ExpectedVersion::Any, patch).await
        };
        assert_eq!(refusal(update(&[3]).await), "imei_taken");
        assert_eq!(update(&[5, 1]).await.unwrap().imeis, [imei(5), imei(1)]);
        let stored = devices::get(&world.ctx, first.id).await.unwrap();
        assert_eq!(stored.imeis, [imei(5), imei(1)]);
    });
}

#[test]
fn people_decide_on_the_state_of_a_device_only_while_nobody_has_it() {
    for_each_database(async |db| {
        let world = World::of(db.app()).await;
        let employment = world.employment(1).await;
        let device = world.device(1).await.id;
        let set = async |status| {
            let patch = DevicePatch {
                status: Some(status),
                ..DevicePatch::default()
            };
            refusal(devices::update(&world.ctx, device, ExpectedVersion::Any, patch).await)
        };
        assert_eq!(set(DeviceStatus::Assigned).await, "/status status_by_assignment");
        assert_eq!(set(DeviceStatus::Retired).await, "ok");
        let refused = world.hand_out(employment, device).await;
        assert_eq!(refusal(refused), "device_not_available");
        assert_eq!(set(DeviceStatus::InStock).await, "ok");
        world.hand_out(employment, device).await.unwrap();
        assert_eq!(set(DeviceStatus::Lost).await, "device_assigned");
        assert_eq!(set(DeviceStatus::Assigned).await, "ok");
    });
}

#[test]
fn every_reference_that_leads_nowhere_is_told_with_its_place() {
    for_each_database(async |db| {
        let world = World::of(db.app()).await;
        let (ctx, ids) = (&world.ctx, &db.app().ids);
        let nowhere = SourceName::parse("nowhere").unwrap();
        let id = ExternalId::parse("1").unwrap();
        let unit = NewUnit {
            legal_entity_id: ids.next(),
            parent_id: Some(ids.next()),
            name: "Hemtjänsten".to_owned(),
            external: Some((nowhere.clone(), id.clone())),
            coordinator_id: Some(ids.next()),
        };
        assert_eq!(
            refusal(units::create(ctx, Recorder::none(), unit).await),
            "/legal_entity_id unknown_legal_entity, /parent_id unknown_unit, \
             /external/source unknown_source, /coordinator_id unknown_person"
        );
        let known = (world.source.clone(), id.clone());
        let person = |identifiers| NewPerson {
            name: None,
            email: None,
            language: Language::Sv,
            identifiers,
            is_protected: false,
        };
        let unknown = person(vec![known.clone(), (nowhere.clone(), id)]);
        assert_eq!(
            refusal(people::create(ctx, Recorder::none(), unknown).await),
            "/identifiers/1/source unknown_source"
        );
        let made = people::create(ctx, Recorder::none(), person(vec![known.clone()])).await;
        assert!(made.unwrap().into_fresh().unwrap().is_incomplete());
        let twice = people::create(ctx, Recorder::none(), person(vec![known])).await;
        assert_eq!(refusal(twice), "person_identifier_taken");
        let source = |name, legal_entity_id| NewSource {
            name,
            kind: SourceKind::Elected,
            label: "Förtroendemannaregistret".to_owned(),
            legal_entity_id,
            settings: Default::default(),
        };
        let lost = sources::create(ctx, Recorder::none(), source(nowhere, ids.next())).await;
        assert_eq!(refusal(lost), "/legal_entity_id unknown_legal_entity");
        let twice = sources::create(ctx, Recorder::none(), source(world.source.clone(), world.entity)).await;
        assert_eq!(refusal(twice), "source_exists");
        let device = create_device(ctx, new_device(ids.next(), 1)).await;
        assert_eq!(refusal(device), "/legal_entity_id unknown_legal_entity");
    });
}

async fn unit(world: &World, name: &str, parent_id: Option<UnitId>) -> Unit {
    let new = NewUnit {
        legal_entity_id: world.entity,
        parent_id,
        name: name.to_owned(),
        external: None,
        coordinator_id: None,
    };
    let made = units::create(&world.ctx, Recorder::none(), new).await;
    made.unwrap().into_fresh().unwrap()
}

fn under(parent: UnitId) -> UnitPatch {
    UnitPatch {
        parent_id: Some(Some(parent)),
        ..UnitPatch::default()
    }
}

#[test]
fn the_tree_of_units_grows_no_loop_and_stays_in_its_legal_entity() {
    for_each_database(async |db| {
        let world = World::of(db.app()).await;
        let ctx = &world.ctx;
        let top = unit(&world, "Förvaltningen", None).await.id;
        let middle = unit(&world, "Hemtjänsten", Some(top)).await.id;
        let bottom = unit(&world, "Hemtjänsten norr", Some(middle)).await.id;
        for (moved, parent) in [(top, top), (top, bottom), (middle, bottom)] {
            let update = units::update(ctx, moved, ExpectedVersion::Any, under(parent)).await;
            assert_eq!(refusal(update), "/parent_id unit_loop");
        }
        let other = legal_entity(ctx, "Exempelbostäder AB").await;
        let foreign = NewUnit {
            legal_entity_id: other,
            parent_id: Some(top),
            name: "Förvaltarna".to_owned(),
            external: None,
            coordinator_id: None,
        };
        assert_eq!(
            refusal(units::create(ctx, Recorder::none(), foreign).await),
            "/parent_id legal_entity_mismatch"
        );
        // Each of the two moves is right alone; together they would make a loop.
        for round in 0..10 {
            let left = unit(&world, &format!("Vänster {round}"), None).await.id;
            let right = unit(&world, &format!("Höger {round}"), None).await.id;
            let (one, two) = tokio::join!(
                units::update(ctx, left, ExpectedVersion::Any, under(right)),
                units::update(ctx, right, ExpectedVersion::Any, under(left)),
            );
            let mut outcomes = [refusal(one), refusal(two)];
            outcomes.sort();
            assert_eq!(outcomes, ["/parent_id unit_loop", "ok"], "round {round}");
        }
    });
}

#[test]
fn a_tree_of_units_is_not_too_deep_however_it_was_put_together() {
    for_each_database(async |db| {
        let world = World::of(db.app()).await;
        let mut chains = Vec::new();
        for side in ["Vänster", "Höger"] {
            let mut chain: Vec<UnitId> = Vec::new();
            for level in 1..=units::MAX_DEPTH / 2 + 1 {
                let name = format!("{side} {level}");
                chain.push(unit(&world, &name, chain.last().copied()).await.id);
            }
            chains.push(chain);
        }
        let (left, right) = (&chains[0], &chains[1]);
        let lowest = left.len() - 1;
        let moved = async |unit, parent| {
            refusal(units::update(&world.ctx, unit, ExpectedVersion::Any, under(parent)).await)
        };
        assert_eq!(moved(right[0], left[lowest]).await, "/parent_id unit_too_deep");
        assert_eq!(
            moved(right[0], left[lowest - 1]).await,
            "/parent_id unit_too_deep"
        );
        // As deep as a tree can be; then nothing fits under its lowest unit.
        assert_eq!(moved(right[0], left[lowest - 2]).await, "ok");
        let new = NewUnit {
            legal_entity_id: world.entity,
            parent_id: Some(right[lowest]),
            name: "Längst ner".to_owned(),
            external: None,
            coordinator_id: None,
        };
        let made = units::create(&world.ctx, Recorder::none(), new).await;
        assert_eq!(refusal(made), "/parent_id unit_too_deep");
    });
}

#[test]
fn a_unit_known_by_a_document_alone_is_completed_by_whoever_says_more() {
    for_each_database(async |db| {
        let world = World::of(db.app()).await;
        let ctx = &world.ctx;
        let employment = world.deliver(1, 1, None).await;
        let incomplete = async || {
            let filter = UnitFilter {
                is_incomplete: Some(true),
                ..UnitFilter::default()
            };
            let page = units::list(ctx, filter, PageRequest::default()).await.unwrap();
            page.items.into_iter().map(|unit| unit.id).collect::<Vec<_>>()
        };
        assert_eq!(incomplete().await, [employment.unit_id]);
        let nobody = UnitPatch {
            coordinator_id: Some(Some(db.app().ids.next())),
            ..UnitPatch::default()
        };
        let update = units::update(ctx, employment.unit_id, ExpectedVersion::Any, nobody).await;
        assert_eq!(refusal(update), "/coordinator_id unknown_person");
        let silence = units::update(
            ctx,
            employment.unit_id,
            ExpectedVersion::Any,
            UnitPatch::default(),
        )
        .await;
        assert_eq!(silence.unwrap().meta.version, 1);
        assert_eq!(incomplete().await, [employment.unit_id]);

        let coordinator = NewPerson {
            name: Some(PersonName::parse("Berit Exempel").unwrap()),
            email: None,
            language: Language::Sv,
            identifiers: Vec::new(),
            is_protected: false,
        };
        let coordinator = people::create(ctx, Recorder::none(), coordinator).await;
        let coordinator = coordinator.unwrap().into_fresh().unwrap().id;
        let patch = UnitPatch {
            name: Some("Hemtjänsten norr".to_owned()),
            coordinator_id: Some(Some(coordinator)),
            ..UnitPatch::default()
        };
        let unit = units::update(ctx, employment.unit_id, ExpectedVersion::OneOf(vec![1]), patch)
            .await
            .unwrap();
        assert!(!unit.is_incomplete && unit.meta.version == 2);
        assert!(incomplete().await.is_empty());
    });
}
