//! Whatever order the documents of a history arrive in, and however often: in the end everything is as if each had
//! come once and in turn.

use super::support::db::{TestDb, for_each_database};
use chrono::{Days, NaiveDate};
use handback::app::App;
use handback::domain::assignment::Assigned;
use handback::domain::employment::{
    EmploymentDocument, EmploymentKind, EmploymentState, EndKind, Leave, PersonReference,
};
use handback::domain::ids::{EmploymentId, LegalEntityId};
use handback::domain::language::Language;
use handback::domain::message::MessageState;
use handback::domain::organisation::LegalEntityKind;
use handback::domain::source::SourceKind;
use handback::domain::termination::DataClass;
use handback::domain::text::{ExternalId, SerialNumber, SourceName};
use handback::domain::timeline::MessageStep;
use handback::domain::wipe::WipePolicy;
use handback::services::assignments::{self, NewAssignment};
use handback::services::devices::{self, NewDevice};
use handback::services::legal_entities::{self, NewLegalEntity};
use handback::services::sources::{self, NewSource};
use handback::services::terminations::TerminationFilter;
use handback::services::{Ctx, Recorder, employments, hr, messages, terminations};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// One document of an employment, but for whose it is and its place.
#[derive(Clone, Debug)]
struct Version {
    end: Option<u64>,
    end_kind: EndKind,
    state: EmploymentState,
    manager: Option<u8>,
    unit: u8,
    on_leave: bool,
}

/// The versions of each of somebody's employments, and the order in which they arrive, some of them twice.
#[derive(Clone, Debug)]
struct History {
    employments: Vec<(u64, EmploymentKind, Vec<Version>)>,
    arrival: Vec<(usize, usize)>,
}

fn version() -> impl Strategy<Value = Version> {
    (
        proptest::option::weighted(0.7, 0_u64..120),
        prop_oneof![
            6 => Just(EndKind::Ordinary),
            1 => Just(EndKind::Immediate),
            1 => Just(EndKind::Deceased),
        ],
        prop_oneof![9 => Just(EmploymentState::Active), 1 => Just(EmploymentState::Void)],
        proptest::option::of(0_u8..3),
        0_u8..2,
        any::<bool>(),
    )
        .prop_map(|(end, end_kind, state, manager, unit, on_leave)| Version {
            end,
            end_kind: if end.is_some() {
                end_kind
            } else {
                EndKind::Ordinary
            },
            state,
            manager,
            unit,
            on_leave,
        })
}

fn history() -> impl Strategy<Value = History> {
    let kind = prop_oneof![3 => Just(EmploymentKind::Employee), 1 => Just(EmploymentKind::Elected)];
    let employment = (0_u64..3_000, kind, proptest::collection::vec(version(), 2..=6));
    proptest::collection::vec(employment, 1..=3).prop_flat_map(|employments| {
        let mut all: Vec<(usize, usize)> = Vec::new();
        for (index, (_, _, versions)) in employments.iter().enumerate() {
            all.extend((0..versions.len()).map(|version| (index, version)));
        }
        let twice = proptest::sample::subsequence(all.clone(), 0..=all.len());
        twice
            .prop_flat_map(move |twice| Just([all.clone(), twice].concat()).prop_shuffle())
            .prop_map(move |arrival| History {
                employments: employments.clone(),
                arrival,
            })
    })
}

struct Town {
    app: App,
    entity: LegalEntityId,
}

impl Town {
    async fn of(db: &TestDb) -> Self {
        let app = db.app().clone();
        let ctx = Ctx::operator(&app);
        let entity = NewLegalEntity {
            name: "Socialnämnden".to_owned(),
            kind: LegalEntityKind::Authority,
            org_number: None,
            language: Language::Sv,
            wipe_policy: WipePolicy::default(),
            chancery_id: None,
        };
        let made = legal_entities::create(&ctx, Recorder::none(), entity).await;
        let entity = made.unwrap().into_fresh().unwrap().id;
        let source = NewSource {
            name: SourceName::parse("hr").unwrap(),
            kind: SourceKind::Hr,
            label: "HR".to_owned(),
            legal_entity_id: entity,
            settings: Default::default(),
        };
        sources::create(&ctx, Recorder::none(), source).await.unwrap();
        Self { app, entity }
    }

    async fn deliver(&self, person: &str, employment: usize, document: EmploymentDocument) -> EmploymentId {
        let id = ExternalId::parse(&format!("{person}-{employment}")).unwrap();
        let (ctx, source) = (Ctx::system(&self.app), SourceName::parse("hr").unwrap());
        let delivered = hr::deliver(&ctx, source, id, document).await;
        delivered.unwrap().employment.id
    }

    /// Somebody with this history, whose documents arrive in this order. What is known in the end.
    async fn live(&self, person: &str, history: &History, arrival: &[(usize, usize)]) -> Vec<String> {
        let ctx = Ctx::operator(&self.app);
        let mut ids = Vec::new();
        for (index, (start, kind, _)) in history.employments.iter().enumerate() {
            let begun = document(person, (*start, *kind), &plain(), 0);
            let id = self.deliver(person, index, begun).await;
            let device = NewDevice {
                legal_entity_id: self.entity,
                serial: SerialNumber::parse(&format!("EX{}{index}", person.replace('-', ""))).unwrap(),
                manufacturer: None,
                model: "Exempel X1".to_owned(),
                imeis: Vec::new(),
                data_class: DataClass::Standard,
            };
            let device = devices::create(&ctx, Recorder::none(), device).await;
            let new = NewAssignment {
                employment_id: id,
                assigned: Assigned::Device(device.unwrap().into_fresh().unwrap().id),
                accessories: Vec::new(),
                override_quarantine: None,
            };
            assignments::create(&ctx, Recorder::none(), new).await.unwrap();
            ids.push(id);
        }
        for (index, version) in arrival {
            let (start, kind, versions) = &history.employments[*index];
            let sequence = i64::try_from(*version).unwrap() + 1;
            let document = document(person, (*start, *kind), &versions[*version], sequence);
            self.deliver(person, *index, document).await;
        }
        let mut known = Vec::new();
        for id in ids {
            known.push(self.known(id).await.replace(person, "somebody"));
        }
        known
    }

    /// What the employment is, and what of its case will happen.
    async fn known(&self, id: EmploymentId) -> String {
        let ctx = Ctx::operator(&self.app);
        let employment = employments::get(&ctx, id).await.unwrap();
        let filter = TerminationFilter {
            employment_id: Some(id),
            ..TerminationFilter::default()
        };
        let cases = terminations::list(&ctx, filter, Default::default())
            .await
            .unwrap();
        let active: Vec<_> = cases
            .items
            .iter()
            .filter(|record| record.termination.is_active())
            .collect();
        assert!(active.len() <= 1, "two cases for one employment");
        let Some(record) = active.first() else {
            return format!("{:?}: no case", employment.document);
        };
        let case = &record.termination;
        let mut planned: Vec<String> = messages::timeline(&ctx, case.id)
            .await
            .unwrap()
            .iter()
            .filter(|message| message.state == MessageState::Planned)
            // Whether it is still true is asked when it is written.
            .filter(|message| message.step != MessageStep::ActAtOnce || case.kind.needs_the_desk_at_once())
            .map(|message| format!("{} {} {}", message.step, message.to, message.due_at))
            .collect();
        planned.sort();
        format!(
            "{:?}: {} {} {} {} held: {:?}, {} items, {planned:?}",
            employment.document,
            case.kind,
            case.state,
            case.end_on,
            case.return_by,
            case.hold.as_ref().map(|hold| hold.reason.as_str().to_owned()),
            case.items.len(),
        )
    }
}

fn plain() -> Version {
    Version {
        end: None,
        end_kind: EndKind::Ordinary,
        state: EmploymentState::Active,
        manager: None,
        unit: 0,
        on_leave: false,
    }
}

fn named(id: &str) -> PersonReference {
    PersonReference {
        is_protected: None,
        external_id: ExternalId::parse(id).unwrap(),
        name: None,
        email: None,
        language: None,
    }
}

fn document(
    person: &str,
    (start, kind): (u64, EmploymentKind),
    version: &Version,
    sequence: i64,
) -> EmploymentDocument {
    let day = |days: u64| NaiveDate::from_ymd_opt(2019, 1, 7).unwrap() + Days::new(days);
    // The test's clock stands in January 2027: most ends are still to come, some are back-dated.
    let end = version.end.map(|days| day(2_900 + days).max(day(start)));
    EmploymentDocument {
        person: named(person),
        kind,
        unit: ExternalId::parse(&format!("unit-{}", version.unit)).unwrap(),
        manager: version
            .manager
            .map(|manager| named(&format!("manager-{manager}"))),
        state: version.state,
        start_date: day(start),
        end_date: end,
        last_working_day: None,
        end_kind: version.end_kind,
        leave: version
            .on_leave
            .then(|| Leave {
                from: day(2_800),
                to: None,
            })
            .into_iter()
            .collect(),
        sequence,
        occurred_at: None,
    }
}

fn play(count: usize) {
    for_each_database(async |db| {
        let town = Town::of(db).await;
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
        let mut runner = TestRunner::new_with_rng(Config::default(), rng);
        let histories = history();
        for number in 0..count {
            let history = histories.new_tree(&mut runner).unwrap().current();
            let mut in_turn = history.arrival.clone();
            in_turn.sort_unstable();
            in_turn.dedup();
            let once = town.live(&format!("a-{number}"), &history, &in_turn).await;
            let shuffled = town
                .live(&format!("b-{number}"), &history, &history.arrival)
                .await;
            assert_eq!(once, shuffled, "history {number}: {history:#?}");
        }
    });
}

#[test]
fn histories_end_the_same_in_whatever_order_they_arrive() {
    play(40);
}

/// `cargo histories`
#[test]
#[ignore = "the long form of the test above: some minutes with optimisation"]
fn histories_of_ten_thousand_people_end_the_same_in_whatever_order_they_arrive() {
    play(10_000);
}
