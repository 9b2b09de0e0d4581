//! Who has what: exactly one at a time, and nothing slips past a termination.

use super::world::{World, assign, day, legal_entity, new_device, refusal};
use super::world::{create_device, imei};
use crate::support::db::for_each_database;
use futures_util::future::join_all;
use handback::domain::assignment::{Assigned, AssignmentEnd, HandBack};
use handback::domain::device::DeviceStatus;
use handback::domain::ids::{DeviceId, EmploymentId, SubscriptionId};
use handback::domain::record::ExpectedVersion;
use handback::domain::subscription::SubscriptionStatus;
use handback::domain::text::PhoneNumber;
use handback::services::assignments::{self, AssignmentFilter};
use handback::services::subscriptions::{self, NewSubscription};
use handback::services::{Recorder, ServiceError, devices};

#[test]
fn of_fifty_hand_outs_of_one_device_one_succeeds() {
    for_each_database(async |db| {
        let world = World::of(db.app()).await;
        let device = world.device(1).await;
        let mut employments = Vec::new();
        for number in 0..10 {
            employments.push(world.employment(number).await);
        }
        let attempts = (0..50).map(|n| world.hand_out(employments[n % employments.len()], device.id));
        let outcomes: Vec<String> = join_all(attempts).await.into_iter().map(refusal).collect();
        let count = |wanted: &[&str]| {
            let found = outcomes.iter().filter(|found| wanted.contains(&found.as_str()));
            found.count()
        };
        assert_eq!(count(&["ok"]), 1, "{outcomes:?}");
        assert_eq!(
            count(&["device_assigned", "device_not_available"]),
            49,
            "{outcomes:?}"
        );

        let device = devices::get(&world.ctx, device.id).await.unwrap();
        assert_eq!(
            (device.status, device.custody_epoch, device.meta.version),
            (DeviceStatus::Assigned, 1, 2)
        );
        let filter = AssignmentFilter {
            device_id: Some(device.id),
            ..AssignmentFilter::default()
        };
        let stored = assignments::list(&world.ctx, filter, Default::default())
            .await
            .unwrap();
        assert_eq!(stored.items.len(), 1);
    });
}

#[test]
fn what_is_handed_out_while_its_employment_ends_is_asked_back() {
    for_each_database(async |db| {
        let world = World::of(db.app()).await;
        for number in 0..15 {
            let employment = world.employment(number).await;
            let device = world.device(number).await;
            let (handed_out, _) = tokio::join!(
                world.hand_out(employment, device.id),
                world.deliver(number, 2, Some(day("2027-02-26"))),
            );
            // Whoever came first, the device is in the termination: else it could end by hand.
            let id = handed_out.unwrap().id;
            let ended = assignments::end(
                &world.ctx,
                Recorder::none(),
                id,
                ExpectedVersion::Any,
                HandBack::Returned,
            );
            assert_eq!(refusal(ended.await), "termination_under_way", "round {number}");
        }
    });
}

#[test]
fn a_device_that_comes_back_can_be_handed_out_again_in_a_new_epoch() {
    for_each_database(async |db| {
        let world = World::of(db.app()).await;
        let (first, second) = (world.employment(1).await, world.employment(2).await);
        let device = world.device(1).await.id;
        let assignment = world.hand_out(first, device).await.unwrap();
        assert_eq!(assignment.custody_epoch, 1);

        let end = async |expected| {
            assignments::end(
                &world.ctx,
                Recorder::none(),
                assignment.id,
                expected,
                HandBack::Returned,
            )
            .await
            .and_then(|ended| ended.into_fresh())
        };
        let late = end(ExpectedVersion::OneOf(vec![7])).await;
        assert_eq!(late, Err(ServiceError::Stale { current: 1 }));
        let ended = end(ExpectedVersion::OneOf(vec![1])).await.unwrap();
        assert_eq!(ended.ended.unwrap().1, AssignmentEnd::Returned);
        assert_eq!(refusal(end(ExpectedVersion::Any).await), "assignment_ended");

        let back = devices::get(&world.ctx, device).await.unwrap();
        assert_eq!((back.status, back.custody_epoch), (DeviceStatus::InStock, 2));
        let again = world.hand_out(second, device).await.unwrap();
        assert_eq!(again.custody_epoch, 3);
    });
}

#[test]
fn nothing_is_handed_out_on_an_employment_that_is_over() {
    for_each_database(async |db| {
        let world = World::of(db.app()).await;
        // The clock of the test stands at 2027-01-11 in Stockholm.
        let over = world.deliver(1, 1, Some(day("2027-01-10"))).await.id;
        let last_day = world.deliver(2, 1, Some(day("2027-01-11"))).await.id;
        let device = world.device(1).await.id;
        assert_eq!(refusal(world.hand_out(over, device).await), "employment_ended");
        assert_eq!(refusal(world.hand_out(last_day, device).await), "ok");
    });
}

#[test]
fn what_a_hand_out_refers_to_exists_and_belongs_together() {
    for_each_database(async |db| {
        let world = World::of(db.app()).await;
        let employment = world.employment(1).await;
        let ids = &db.app().ids;
        let unknown_both = world.hand_out(ids.next(), ids.next()).await;
        assert_eq!(
            refusal(unknown_both),
            "/employment_id unknown_employment, /device_id unknown_device"
        );
        let subscription = Assigned::Subscription(ids.next::<SubscriptionId>());
        assert_eq!(
            refusal(assign(&world.ctx, employment, subscription).await),
            "/subscription_id unknown_subscription"
        );

        let other = legal_entity(&world.ctx, "Exempelbostäder AB").await;
        let foreign = create_device(&world.ctx, new_device(other, 1)).await.unwrap();
        assert_eq!(
            refusal(world.hand_out(employment, foreign.id).await),
            "/device_id legal_entity_mismatch"
        );
        assert_eq!(foreign.imeis, [imei(1)]);
        assert_nothing_moved(&world, employment, foreign.id).await;
    });
}

async fn assert_nothing_moved(world: &World, employment: EmploymentId, device: DeviceId) {
    let device = devices::get(&world.ctx, device).await.unwrap();
    assert_eq!((device.status, device.meta.version), (DeviceStatus::InStock, 1));
    let filter = AssignmentFilter {
        employment_id: Some(employment),
        ..AssignmentFilter::default()
    };
    let held = assignments::list(&world.ctx, filter, Default::default())
        .await
        .unwrap();
    assert!(held.items.is_empty());
}

#[test]
fn a_subscription_is_used_by_one_at_a_time() {
    for_each_database(async |db| {
        let world = World::of(db.app()).await;
        let employment = world.employment(1).await;
        let new = NewSubscription {
            legal_entity_id: world.entity,
            number: PhoneNumber::parse("070-174 06 05").unwrap(),
            monthly_cost_ore: None,
            is_recovery_number: false,
            operator: None,
        };
        let made = subscriptions::create(&world.ctx, Recorder::none(), new.clone()).await;
        let subscription = made.unwrap().into_fresh().unwrap().subscription;
        let twice = subscriptions::create(&world.ctx, Recorder::none(), new).await;
        assert_eq!(refusal(twice), "number_taken");

        let assigned = Assigned::Subscription(subscription.id);
        let assignment = assign(&world.ctx, employment, assigned).await.unwrap();
        assert_eq!(assignment.custody_epoch, 0);
        let again = assign(&world.ctx, employment, assigned).await;
        assert_eq!(refusal(again), "subscription_not_available");
        let patch = subscriptions::SubscriptionPatch {
            status: Some(SubscriptionStatus::Terminated),
            ..Default::default()
        };
        let update = subscriptions::update(&world.ctx, subscription.id, ExpectedVersion::Any, patch.clone());
        assert_eq!(refusal(update.await), "subscription_assigned");

        let why = HandBack::Mistake;
        assignments::end(
            &world.ctx,
            Recorder::none(),
            assignment.id,
            ExpectedVersion::Any,
            why,
        )
        .await
        .unwrap();
        let update = subscriptions::update(&world.ctx, subscription.id, ExpectedVersion::Any, patch);
        let ended = update.await.unwrap().subscription;
        assert_eq!(ended.status, SubscriptionStatus::Terminated);
        assert_eq!(
            refusal(assign(&world.ctx, employment, assigned).await),
            "subscription_not_available"
        );
    });
}
