//! A small municipality: one legal entity, an HR system, and whatever a test hands out.

use super::db::TestDb;
use handback::app::App;
use handback::db::assignments::Asset;
use handback::db::{self, DbError, Tx};
use handback::domain::actor::{Actor, Scope};
use handback::domain::assignment::{Assigned, Assignment, AssignmentEnd};
use handback::domain::device::{Device, DeviceStatus};
use handback::domain::employment::{
    EmploymentDocument, EmploymentKind, EmploymentState, EndKind, PersonReference,
};
use handback::domain::ids::{AssignmentId, DeviceId, EmploymentId, ItemId, LegalEntityId, TerminationId};
use handback::domain::language::Language;
use handback::domain::organisation::{LegalEntity, LegalEntityKind};
use handback::domain::policy::Action;
use handback::domain::record::{ExpectedVersion, Meta};
use handback::domain::service_account::{Credential, ServiceAccount};
use handback::domain::source::{Source, SourceKind};
use handback::domain::subscription::{Subscription, SubscriptionStatus};
use handback::domain::termination::{
    ActorRole, Answer, CheckKind, CodeAnswer, CodeKind, DataClass, Item, Note, TerminationRecord,
};
use handback::domain::text::{ExternalId, Imei, PersonName, PhoneNumber, SerialNumber, SourceName};
use handback::domain::wipe::WipePolicy;
use handback::services::codes::{self, CodeStatement};
use handback::services::terminations::{self, CheckAnswer, IdentityRead};
use handback::services::{Ctx, ServiceError, hr};

/// The municipality around a database.
pub struct World {
    pub app: App,
    pub legal_entity: LegalEntityId,
    /// A service account of the desk.
    pub desk: Ctx,
    /// A service account of an MDM.
    pub mdm: Ctx,
}

/// Valid IMEIs of invented handsets.
pub const IMEIS: [&str; 3] = ["490154203237518", "356938035643809", "356938035643817"];

impl World {
    pub async fn new(db: &TestDb) -> Self {
        let app = db.app().clone();
        let meta = Meta::new(app.clock.now());
        let entity = LegalEntity {
            id: app.ids.next(),
            name: "Socialnämnden".to_owned(),
            kind: LegalEntityKind::Authority,
            org_number: None,
            language: Language::Sv,
            wipe_policy: WipePolicy::default(),
            chancery_id: None,
            schedule: Default::default(),
            allows_buy_out: false,
            claim_after_days: 30,
            absence_case_after_days: None,
            number_quarantine_days: 90,
            meta,
        };
        let legal_entity = entity.id;
        let source = Source {
            name: SourceName::parse("hr").unwrap(),
            kind: SourceKind::Hr,
            label: "HR".to_owned(),
            legal_entity_id: legal_entity,
            settings: Default::default(),
            meta,
        };
        write(&app, move |tx| {
            db::legal_entities::insert(tx, &entity)?;
            db::sources::insert(tx, &source)
        })
        .await;
        let desk = account(&app, "desk", Scope::Desk).await;
        let mdm = account(&app, "mdm", Scope::Mdm).await;
        Self {
            app,
            legal_entity,
            desk,
            mdm,
        }
    }

    pub async fn write(&self, work: impl FnMut(&mut Tx<'_>) -> Result<(), DbError> + Send + 'static) {
        write(&self.app, work).await;
    }

    /// A device in stock. It gets the IMEI of its number.
    pub async fn device(&self, number: usize, data_class: DataClass) -> Device {
        let device = Device {
            id: self.app.ids.next(),
            legal_entity_id: self.legal_entity,
            serial: SerialNumber::parse(&format!("SERIAL{number}X")).unwrap(),
            manufacturer: None,
            model: "Exempel 12".to_owned(),
            imeis: vec![Imei::parse(IMEIS[number]).unwrap()],
            data_class,
            status: DeviceStatus::InStock,
            custody_epoch: 0,
            meta: Meta::new(self.app.clock.now()),
        };
        let stored = device.clone();
        self.write(move |tx| db::devices::insert(tx, &stored)).await;
        device
    }

    /// Hands out a device now.
    pub async fn hand_out(&self, device: DeviceId, to: EmploymentId) -> AssignmentId {
        let (id, legal_entity_id) = (self.app.ids.next(), self.legal_entity);
        self.write(move |tx| {
            let device = db::devices::find(tx, device)?.ok_or(DbError::NotFound)?;
            let device = device.handed_out(tx.now());
            let assignment = Assignment {
                id,
                legal_entity_id,
                employment_id: to,
                assigned: Assigned::Device(device.id),
                custody_epoch: device.custody_epoch,
                accessories: Vec::new(),
                assigned_at: tx.now(),
                ended: None,
                loan_until: None,
                quarantine_override: None,
                meta: Meta::new(tx.now()),
            };
            db::assignments::begin(tx, &assignment, Asset::Device(&device))
        })
        .await;
        id
    }

    /// Takes a device back in the course of the employment.
    pub async fn take_back(&self, assignment: AssignmentId) {
        self.write(move |tx| {
            let mut ended = db::assignments::find(tx, assignment)?.ok_or(DbError::NotFound)?;
            ended.ended = Some((tx.now(), AssignmentEnd::Returned));
            ended.meta = ended.meta.changed(tx.now());
            let Assigned::Device(id) = ended.assigned else {
                return db::assignments::update(tx, &ended);
            };
            let device = db::devices::find(tx, id)?.ok_or(DbError::NotFound)?;
            db::assignments::end(tx, &ended, Asset::Device(&device.taken_back(tx.now())))
        })
        .await;
    }

    /// Hands out a subscription now.
    pub async fn subscribe(&self, to: EmploymentId) {
        let (id, assignment) = (self.app.ids.next(), self.app.ids.next());
        let legal_entity_id = self.legal_entity;
        self.write(move |tx| {
            let subscription = Subscription {
                id,
                legal_entity_id,
                number: PhoneNumber::parse("070-174 06 05").unwrap(),
                operator: None,
                monthly_cost_ore: None,
                status: SubscriptionStatus::Available,
                is_recovery_number: false,
                ends_on: None,
                unit_id: None,
                meta: Meta::new(tx.now()),
            };
            db::subscriptions::insert(tx, &subscription)?;
            let assignment = Assignment {
                id: assignment,
                legal_entity_id,
                employment_id: to,
                assigned: Assigned::Subscription(id),
                custody_epoch: 0,
                accessories: Vec::new(),
                assigned_at: tx.now(),
                ended: None,
                loan_until: None,
                quarantine_override: None,
                meta: Meta::new(tx.now()),
            };
            let subscription = subscription.handed_out(tx.now());
            db::assignments::begin(tx, &assignment, Asset::Subscription(&subscription))
        })
        .await;
    }

    /// Somebody is employed, until further notice or until a day.
    pub async fn employ(&self, name: &str, sequence: i64, until: Option<&str>) -> hr::Delivery {
        self.employ_as(name, name, ("2020-01-01", sequence, until)).await
    }

    /// Somebody gets another employment under another name of it, from a day on.
    pub async fn employ_as(
        &self,
        name: &str,
        employment: &str,
        (from, sequence, until): (&str, i64, Option<&str>),
    ) -> hr::Delivery {
        let document = EmploymentDocument {
            person: PersonReference {
                is_protected: None,
                external_id: ExternalId::parse(&format!("person-{name}")).unwrap(),
                name: Some(PersonName::parse(name).unwrap()),
                email: None,
                language: None,
            },
            kind: EmploymentKind::Employee,
            unit: ExternalId::parse("unit").unwrap(),
            manager: None,
            state: EmploymentState::Active,
            start_date: from.parse().unwrap(),
            end_date: until.map(|day| day.parse().unwrap()),
            last_working_day: None,
            end_kind: EndKind::Ordinary,
            leave: Vec::new(),
            sequence,
            occurred_at: None,
        };
        let source = SourceName::parse("hr").unwrap();
        let id = ExternalId::parse(employment).unwrap();
        hr::deliver(&Ctx::system(&self.app), source, id, document)
            .await
            .unwrap()
    }

    /// Somebody with one device whose employment ended last week. Gives the case and its item.
    pub async fn leaver(&self, name: &str, device: DeviceId) -> (TerminationId, ItemId) {
        let employed = self.employ(name, 1, None).await;
        self.hand_out(device, employed.employment.id).await;
        self.ends(name).await
    }

    /// The employment ended last week, as is known only now: the case is open.
    pub async fn ends(&self, name: &str) -> (TerminationId, ItemId) {
        let ended = self.employ(name, 2, Some("2027-01-08")).await;
        let id = ended.termination.unwrap().id;
        let record = self.case(id).await;
        (id, record.termination.items[0].id)
    }

    pub async fn case(&self, id: TerminationId) -> TerminationRecord {
        let view = terminations::get(&Ctx::system(&self.app), id).await.unwrap();
        view.record
    }

    pub async fn item(&self, id: TerminationId) -> Item {
        self.case(id).await.termination.items[0].clone()
    }

    pub async fn settle(
        &self,
        (termination, item): (TerminationId, ItemId),
        check: CheckKind,
        identity: Option<&str>,
    ) -> Result<(), ServiceError> {
        let answer = CheckAnswer {
            answer: Answer::Done,
            reason: None,
            note: Note::default(),
            identity: identity.map(|serial| IdentityRead {
                serial: Some(serial.to_owned()),
                imei: None,
            }),
            role: ActorRole::Desk,
        };
        let place = (termination, item, check);
        terminations::settle(&self.desk, place, ExpectedVersion::Any, answer)
            .await
            .map(drop)
    }

    /// Settles everything of a device but the wipe.
    pub async fn settle_all_but_wiped(&self, place: (TerminationId, ItemId), serial: &str) {
        self.settle(place, CheckKind::Returned, Some(serial))
            .await
            .unwrap();
        self.settle(place, CheckKind::Reset, None).await.unwrap();
        let statements = CodeKind::ALL.iter().map(|kind| CodeStatement {
            kind: *kind,
            answer: CodeAnswer::NotApplicable,
            value: None,
        });
        codes::answer(&self.desk, place, statements.collect(), ActorRole::Desk)
            .await
            .unwrap();
        self.settle(place, CheckKind::Codes, None).await.unwrap();
    }
}

async fn write(app: &App, work: impl FnMut(&mut Tx<'_>) -> Result<(), DbError> + Send + 'static) {
    let mut work = work;
    Ctx::operator(app)
        .write(Action::Operate, move |tx| Ok(work(tx)?))
        .await
        .unwrap();
}

async fn account(app: &App, name: &str, scope: Scope) -> Ctx {
    let account = ServiceAccount {
        id: app.ids.next(),
        name: name.to_owned(),
        credential: Credential::Secret { hash: vec![0; 32] },
        scopes: vec![scope],
        revoked_at: None,
        meta: Meta::new(app.clock.now()),
    };
    let actor = Actor::ServiceAccount {
        id: account.id,
        scopes: account.scopes.clone(),
        version: account.meta.version,
    };
    write(app, move |tx| db::service_accounts::insert(tx, &account)).await;
    Ctx {
        app: app.clone(),
        actor,
        request_id: format!("test-{name}"),
    }
}
