//! The service that the steps are taken in: it can die at any moment, and another process goes on with its database.

use super::Manner;
use super::model::{Case, Check, Known, Step, Word};
use crate::ends::employment;
use crate::support::app::{self, start};
use crate::support::db::TestDb;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Europe::Stockholm;
use handback::app::App;
use handback::domain::assignment::Assigned;
use handback::domain::employment::DeliveryOutcome;
use handback::domain::ids::{ItemId, LegalEntityId, MessageId, PersonId, TerminationId};
use handback::domain::job::JobKind;
use handback::domain::language::Language;
use handback::domain::message::MessageState;
use handback::domain::once::{OnceKey, Reply};
use handback::domain::organisation::LegalEntityKind;
use handback::domain::record::ExpectedVersion;
use handback::domain::source::SourceKind;
use handback::domain::termination::{ActorRole, Answer, CheckKind, CodeAnswer, CodeKind, DataClass, Note};
use handback::domain::text::{ExternalId, SerialNumber, SourceName};
use handback::domain::timeline::{MessageStep, RecipientRole};
use handback::domain::wipe::{EvidenceKind, WipePolicy, WipeScope};
use handback::jobs::{self, Deliveries, schedule};
use handback::services::assignments::{self, NewAssignment};
use handback::services::codes::{self, CodeStatement};
use handback::services::devices::{self, NewDevice};
use handback::services::legal_entities::{self, NewLegalEntity};
use handback::services::mdm::{self, Report, ReportedDevice};
use handback::services::sources::{self, NewSource};
use handback::services::terminations::{self, CheckAnswer, IdentityRead};
use handback::services::{Ctx, Recorded, Recorder, ServiceError, hr, messages, queue};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;

/// How many people lead others.
pub const MANAGERS: usize = 3;

/// A process: what it has in memory goes with it.
struct Process {
    app: App,
    runtime: Option<Runtime>,
}

impl Process {
    fn begin(db: &TestDb, now: DateTime<Utc>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build();
        let (mut app, _) = app::app(db.url());
        let mut config = (*app.config).clone();
        config.mail.send_window = true;
        config.mail.rate_per_minute = 10_000;
        config.mail.desk_address = Some("desk@exempelkommunen.example".parse().unwrap());
        app.config = Arc::new(config);
        app.clock.set(now);
        Self {
            app,
            runtime: Some(runtime.unwrap()),
        }
    }

    /// Runs what somebody asks of it.
    fn run<T>(&self, asked: impl Future<Output = T>) -> T {
        self.runtime.as_ref().unwrap().block_on(asked)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(Duration::from_secs(10));
        }
    }
}

pub struct Town {
    process: Process,
    now: DateTime<Utc>,
    entity: LegalEntityId,
    managers: Vec<PersonId>,
    pub people: u32,
    /// Which ordinary mail a reader got on a day.
    mails: BTreeMap<(PersonId, NaiveDate), MessageId>,
    // Last, so that it goes when nothing is connected any more.
    db: TestDb,
}

/// Somebody with a phone, and what was said about them.
pub struct Somebody {
    name: String,
    sequence: i64,
    end: Option<NaiveDate>,
    manager: usize,
    /// Every case there was, the newest last.
    cases: Vec<(TerminationId, ItemId)>,
    /// What has left.
    told: BTreeSet<MessageId>,
}

impl Town {
    pub fn of(db: TestDb) -> Self {
        let process = Process::begin(&db, start());
        let entity = process.run(stage(&process.app));
        let mut town = Self {
            process,
            now: start(),
            entity,
            managers: Vec::new(),
            people: 0,
            mails: BTreeMap::new(),
            db,
        };
        let chief = town.deliver(("chef", None), 1, None);
        assert_eq!(chief.outcome, DeliveryOutcome::Applied);
        for number in 0..MANAGERS {
            let manager = town.deliver((&format!("m{number}"), Some("chef")), 1, None);
            town.managers.push(manager.employment.person_id);
        }
        town
    }

    pub fn kind(&self) -> &'static str {
        self.db.kind()
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    pub fn today(&self) -> NaiveDate {
        self.now.with_timezone(&Stockholm).date_naive()
    }

    fn ctx(&self) -> Ctx {
        Ctx::operator(&self.process.app)
    }

    /// The process dies, and another one begins.
    fn die(&mut self) {
        let next = Process::begin(&self.db, self.now);
        drop(std::mem::replace(&mut self.process, next));
    }

    fn deliver(
        &self,
        (name, manager): (&str, Option<&str>),
        sequence: i64,
        end: Option<NaiveDate>,
    ) -> hr::Delivery {
        self.process
            .run(delivered(self.ctx(), (name, manager), sequence, end))
            .unwrap()
    }

    /// Somebody comes and gets a phone.
    pub fn somebody(&mut self) -> Somebody {
        self.people += 1;
        let name = format!("p{}", self.people);
        let begun = self.deliver((&name, Some("m0")), 1, None);
        let device = NewDevice {
            legal_entity_id: self.entity,
            serial: serial(&name),
            manufacturer: None,
            model: "Exempel X1".to_owned(),
            imeis: Vec::new(),
            data_class: DataClass::Standard,
        };
        let ctx = self.ctx();
        self.process.run(async {
            let device = devices::create(&ctx, Recorder::none(), device).await;
            let new = NewAssignment {
                employment_id: begun.employment.id,
                assigned: Assigned::Device(device.unwrap().into_fresh().unwrap().id),
                accessories: Vec::new(),
            };
            assignments::create(&ctx, Recorder::none(), new).await.unwrap();
        });
        Somebody {
            name,
            sequence: 1,
            end: None,
            manager: 0,
            cases: Vec::new(),
            told: BTreeSet::new(),
        }
    }

    /// Nothing of them is under way any more.
    pub fn leave(&mut self, person: &mut Somebody) {
        self.take(person, (usize::MAX, &Step::Ends(None)), Manner::Plain);
    }

    /// Takes the step; whether it was accepted.
    pub fn take(&mut self, person: &mut Somebody, (number, step): (usize, &Step), manner: Manner) -> bool {
        match *step {
            Step::Pass(hours) => {
                self.now += TimeDelta::hours(hours);
                self.process.app.clock.set(self.now);
            }
            Step::Ends(days) => {
                person.sequence += 1;
                person.end = days.map(|days| self.today() + TimeDelta::days(days));
            }
            Step::Manager(manager) => {
                person.sequence += 1;
                person.manager = manager;
            }
            Step::Die => {
                let owner = self.process.app.instance.id;
                let (ctx, lease) = (self.ctx(), TimeDelta::seconds(60));
                let claimed = self
                    .process
                    .run(queue::claim(&ctx, JobKind::ALL, 3, owner, lease));
                claimed.unwrap();
                self.die();
            }
            _ => {}
        }
        let (key, now) = (format!("{}-{number}", person.name), self.now);
        if let Manner::Cut(micros) = manner {
            let asked = ask(self.ctx(), person, (&key, step), now);
            let _ = self
                .process
                .run(async { tokio::time::timeout(Duration::from_micros(micros), asked).await });
            if matches!(step, Step::Pass(_)) {
                // The leases of the dead run out.
                self.now += TimeDelta::minutes(2);
            }
            self.die();
        }
        let accepted = self.process.run(ask(self.ctx(), person, (&key, step), now));
        if manner == Manner::Twice {
            let again = self.process.run(ask(self.ctx(), person, (&key, step), now));
            assert_eq!(again, accepted, "{step:?} said twice");
        }
        accepted
    }

    /// What the service says of the case, compared with the model.
    pub fn look(&self, person: &Somebody, model: &Case) -> Result<(), String> {
        let Some((id, _)) = person.cases.last() else {
            return match model.state() {
                "none" => Ok(()),
                other => Err(format!("there is no case, and the model says {other}")),
            };
        };
        let view = self.process.run(terminations::get(&self.ctx(), *id)).unwrap();
        let case = &view.record.termination;
        let mut said = vec![("state", case.state.as_str(), model.state())];
        let item = &case.items[0];
        for check in Check::ALL {
            let state = item.check(kind(check)).unwrap().state.as_str();
            said.push((kind(check).as_str(), state, model.word(check)));
        }
        let (held, held_there) = (case.is_held(), model.is_held());
        if let Some((what, here, there)) = said.iter().find(|(_, here, there)| here != there) {
            return Err(format!("{what} is {here}, and the model says {there}"));
        }
        if held != held_there {
            return Err(format!("held: {held}, and the model says {held_there}"));
        }
        if case.end_on != model.end() {
            let (here, there) = (case.end_on, model.end());
            return Err(format!("it ends on {here}, and the model says {there}"));
        }
        let is_open =
            |check: &&handback::domain::termination::Check| check.mandatory && !check.state.is_settled();
        match item.checks.iter().find(is_open) {
            Some(open) if model.state() == "completed" => {
                Err(format!("completed, and {} is open", open.kind))
            }
            _ => Ok(()),
        }
    }

    /// The mails that have left since the last look, each of which the model must not object to. How many.
    pub fn letters(&mut self, person: &mut Somebody, model: &Case) -> Result<usize, String> {
        let (ctx, mut count) = (self.ctx(), 0);
        for (case, _) in &person.cases {
            for message in self.process.run(messages::timeline(&ctx, *case)).unwrap() {
                if message.state != MessageState::Sent || !person.told.insert(message.id) {
                    continue;
                }
                count += 1;
                let sent_at = message.sent_at.unwrap();
                if let Some(why) = model.objects_to((message.step.as_str(), message.to.as_str()), sent_at) {
                    return Err(format!(
                        "{} to {} left at {sent_at}: {why}",
                        message.step, message.to
                    ));
                }
                let is_for_the_manager = message.to == RecipientRole::Receiver;
                if is_for_the_manager && message.recipient_id != Some(self.managers[person.manager]) {
                    return Err(format!("{} went to another manager", message.step));
                }
                let stands_alone = [
                    MessageStep::NewLink,
                    MessageStep::ReceiptHolder,
                    MessageStep::ReceiptReceiver,
                ];
                let reader = message
                    .recipient_id
                    .filter(|_| message.to != RecipientRole::Holder);
                if stands_alone.contains(&message.step) || message.carried_by.is_some() {
                    continue;
                }
                if let Some(reader) = reader {
                    let today = sent_at.with_timezone(&Stockholm).date_naive();
                    let other = self.mails.insert((reader, today), message.id);
                    if other.is_some() {
                        return Err(format!("a second mail to one reader on {today}"));
                    }
                }
            }
        }
        Ok(count)
    }
}

async fn stage(app: &App) -> LegalEntityId {
    let ctx = Ctx::operator(app);
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
    entity
}

fn serial(name: &str) -> SerialNumber {
    SerialNumber::parse(&format!("EX{}Q7", name.to_uppercase())).unwrap()
}

const fn kind(check: Check) -> CheckKind {
    match check {
        Check::Returned => CheckKind::Returned,
        Check::Reset => CheckKind::Reset,
        Check::Wiped => CheckKind::Wiped,
        Check::Codes => CheckKind::Codes,
        Check::Sim => CheckKind::Sim,
    }
}

async fn delivered(
    ctx: Ctx,
    (name, manager): (&str, Option<&str>),
    sequence: i64,
    end: Option<NaiveDate>,
) -> Result<hr::Delivery, ServiceError> {
    let manager = manager.map(|manager| json!({"external_id": manager}));
    let document = employment(name, sequence, json!({"manager": manager, "end_date": end}));
    let document = serde_json::from_value(document).unwrap();
    let (source, id) = (SourceName::parse("hr").unwrap(), ExternalId::parse(name).unwrap());
    hr::deliver(&ctx, source, id, document).await
}

/// Asks the service for the step; whether it was accepted.
async fn ask(ctx: Ctx, person: &mut Somebody, (key, step): (&str, &Step), now: DateTime<Utc>) -> bool {
    match step {
        Step::Die => true,
        Step::Pass(_) => {
            jobs::run_due(&ctx.app, Deliveries, schedule::RECONCILERS, None)
                .await
                .unwrap();
            true
        }
        Step::Ends(_) | Step::Manager(_) => {
            let manager = format!("m{}", person.manager);
            let told = delivered(
                ctx.clone(),
                (&person.name, Some(&manager)),
                person.sequence,
                person.end,
            )
            .await;
            if let Some(termination) = told.unwrap().termination {
                let record = terminations::get(&ctx, termination.id).await.unwrap().record;
                let case = (termination.id, record.termination.items[0].id);
                if person.cases.last() != Some(&case) {
                    person.cases.push(case);
                }
            }
            true
        }
        Step::OldNews => {
            let told = delivered(ctx, (&person.name, Some("m0")), 1, None).await.unwrap();
            assert_ne!(told.outcome, DeliveryOutcome::Applied);
            true
        }
        Step::Report => {
            let report = Report {
                event_id: key.to_owned(),
                kind: EvidenceKind::CommandAcknowledged,
                occurred_at: Some(now),
                device: ReportedDevice {
                    serial: Some(serial(&person.name).as_str().to_owned()),
                    ..ReportedDevice::default()
                },
                scope: Some(WipeScope::FullDevice),
                enrolment: None,
                command_ref: None,
                inventory: None,
            };
            mdm::report(&ctx, report).await.unwrap();
            true
        }
        Step::Settle(..) | Step::Codes(_) | Step::Hold(_) | Step::Release | Step::Reopen => {
            match person.cases.last() {
                Some(case) => work(&ctx, &person.name, *case, (key, step)).await,
                None => false,
            }
        }
    }
}

/// What the desk does with a case.
async fn work(
    ctx: &Ctx,
    name: &str,
    (case, item): (TerminationId, ItemId),
    (key, step): (&str, &Step),
) -> bool {
    match step {
        Step::Settle(check, word, is_right) => {
            let read = if *is_right {
                serial(name).as_str().to_owned()
            } else {
                "ANOTHER1".to_owned()
            };
            let answer = CheckAnswer {
                answer: match word {
                    Word::Done => Answer::Done,
                    Word::NotApplicable => Answer::NotApplicable,
                    Word::Deviation => Answer::Deviation,
                },
                reason: (*word != Word::Done).then(|| "so it is".to_owned()),
                note: Note::default(),
                identity: (*check == Check::Returned).then_some(IdentityRead {
                    serial: Some(read),
                    imei: None,
                }),
                role: ActorRole::Desk,
            };
            let place = (case, item, kind(*check));
            is_accepted(
                terminations::settle(ctx, place, ExpectedVersion::Any, answer)
                    .await
                    .map(drop),
            )
        }
        Step::Codes(known) => {
            let statements = CodeKind::ALL.iter().map(|code| CodeStatement {
                kind: *code,
                answer: match (known, code) {
                    (Known::NotAll, CodeKind::Other) => CodeAnswer::Unknown,
                    _ => CodeAnswer::NotApplicable,
                },
                value: None,
            });
            let answered = codes::answer(ctx, (case, item), statements.collect(), ActorRole::Desk).await;
            is_accepted(answered.map(drop))
        }
        Step::Hold(reason) => once(terminations::hold(ctx, case, reason, recorder(key)).await),
        Step::Release => once(terminations::release(ctx, case, "it was decided", recorder(key)).await),
        Step::Reopen => once(terminations::reopen(ctx, case, "a mistake", recorder(key)).await),
        _ => unreachable!("it is no work of the desk"),
    }
}

fn is_accepted(result: Result<(), ServiceError>) -> bool {
    match result {
        Ok(()) => true,
        Err(ServiceError::Domain(_) | ServiceError::Conflict { .. }) => false,
        Err(error) => panic!("{error}"),
    }
}

/// Keeps whether it was accepted.
fn recorder<T>(key: &str) -> Recorder<T> {
    let key = OnceKey {
        actor: "desk".to_owned(),
        route: "sequences".to_owned(),
        key: key.to_owned(),
        fingerprint: key.as_bytes().to_vec(),
    };
    Recorder::new(key, |result| {
        Some(Reply {
            status: if result.is_ok() { 200 } else { 409 },
            headers: Vec::new(),
            body: Vec::new(),
        })
    })
}

fn once<T>(recorded: Result<Recorded<T>, ServiceError>) -> bool {
    match recorded {
        Ok(Recorded::Replayed(reply)) => reply.status == 200,
        Ok(Recorded::Fresh(_)) => true,
        Ok(Recorded::Refused(error)) => is_accepted(Err(error)),
        Err(error) => is_accepted(Err(error)),
    }
}
