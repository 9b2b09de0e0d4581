//! Fills an empty database: devices and assignments in bulk, employments and their cases through the use case that
//! opens them in life.

use super::limits::DeviceBody;
use super::store::Store;
use anyhow::{Context, ensure};
use chrono::{Days, NaiveDate, TimeDelta};
use futures_util::{StreamExt, TryStreamExt, stream};
use handback::app::App;
use handback::clock::Clock;
use handback::config::{self, RawSettings};
use handback::crypto::token::OpaqueToken;
use handback::db::assignments::Asset;
use handback::db::{self, DbError, Stamp, Tx};
use handback::domain::action_link::{ActionLink, LinkPurpose};
use handback::domain::actor::{Actor, Scope};
use handback::domain::assignment::{Assigned, Assignment};
use handback::domain::calendar::local_date;
use handback::domain::device::{Device, DeviceStatus};
use handback::domain::employment::{
    EmploymentDocument, EmploymentKind, EmploymentState, EndKind, PersonReference,
};
use handback::domain::ids::{AssignmentId, EmploymentId, LegalEntityId, TerminationId};
use handback::domain::language::Language;
use handback::domain::message::MessageState;
use handback::domain::organisation::LegalEntityKind;
use handback::domain::record::Meta;
use handback::domain::source::SourceKind;
use handback::domain::termination::DataClass;
use handback::domain::text::{EmailAddress, Imei, PersonName, SerialNumber};
use handback::domain::timeline::MessageStep;
use handback::domain::wipe::WipePolicy;
use handback::services::legal_entities::{self, NewLegalEntity};
use handback::services::sources::{self, NewSource};
use handback::services::{Ctx, Recorder, hr, service_accounts, terminations};
use handback::startup::{self, Prepare};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// How many devices there are at least.
const DEVICES: usize = 10_000;
/// How many employments there are in each group.
pub const EMPLOYMENTS: usize = 1_000;
/// How many people have others below them.
const MANAGERS: usize = 20;
/// Rows in one transaction.
const BATCH: usize = 500;
/// Documents under way at once.
const AT_ONCE: usize = 48;
/// How far ahead the ends of employments lie, in days: nothing is due while it is measured.
const AHEAD: u64 = 200;

/// What the service is filled with, and how to get in.
pub struct Seeded {
    pub client_id: String,
    pub client_secret: String,
    /// All devices, as the service shows them.
    pub devices: Vec<DeviceBody>,
    /// The devices in stock that are handed out and taken back, and employments without an end that get them.
    pub free: Vec<(String, String)>,
    /// The check `records_saved` of each case that moves: the case and its item.
    pub checks: Vec<(String, String)>,
    /// Tokens of links that can be answered, with the last four of the serial number.
    pub links: Vec<(String, String)>,
    /// The first day on which an employment ends.
    pub first_end: NaiveDate,
}

/// The body of an employment document.
pub fn document(
    number: usize,
    end_date: Option<NaiveDate>,
    sequence: i64,
) -> anyhow::Result<EmploymentDocument> {
    let reference = |id: String, name: &str| -> anyhow::Result<PersonReference> {
        Ok(PersonReference {
            is_protected: None,
            email: Some(EmailAddress::parse(&format!("{id}@exempelkommunen.example"))?),
            name: Some(PersonName::parse(name)?),
            external_id: id.parse()?,
            language: Some(Language::Sv),
        })
    };
    Ok(EmploymentDocument {
        person: reference(format!("p-{number}"), "Alva Exempel")?,
        kind: EmploymentKind::Employee,
        unit: format!("U-{}", number % MANAGERS).parse()?,
        manager: Some(reference(format!("m-{}", number % MANAGERS), "Maria Exempel")?),
        state: EmploymentState::Active,
        start_date: NaiveDate::from_ymd_opt(2020, 8, 1).context("a date")?,
        end_date,
        last_working_day: None,
        end_kind: EndKind::Ordinary,
        leave: Vec::new(),
        sequence,
        occurred_at: None,
    })
}

/// Makes the database and fills it, with so many links to answer.
///
/// # Errors
/// Whatever a use case or the database refuses.
pub fn fill(store: &Store, links: usize) -> anyhow::Result<Seeded> {
    let settings = RawSettings::default()
        .with("data_dir", &store.folder().display().to_string())
        .with("database_url", &store.product_url());
    let (config, _) = config::load(&settings, []).map_err(|errors| anyhow::anyhow!("{errors}"))?;
    let started = startup::start(config, Clock::system(), Prepare::Serve)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let seeded = runtime.block_on(
        Seeder {
            ctx: Ctx::operator(&started.app),
        }
        .run(links),
    )?;
    store.analyze()?;
    Ok(seeded)
}

struct Seeder {
    ctx: Ctx,
}

impl Seeder {
    async fn run(&self, links: usize) -> anyhow::Result<Seeded> {
        let entity = self.organisation().await?;
        let today = local_date(self.app().clock.now());
        let first_end = today + Days::new(AHEAD);
        // In this order: cases that move, without a device, without an end, cases that are answered by link.
        let people = 3 * EMPLOYMENTS + links;
        // The first of each unit one after the other: each makes its unit and its manager.
        let mut employments = self.employ(0..MANAGERS, 1, None).await?;
        employments.extend(self.employ(MANAGERS..people, AT_ONCE, None).await?);
        let held: Vec<EmploymentId> = employments
            .iter()
            .take(EMPLOYMENTS)
            .chain(employments.iter().skip(3 * EMPLOYMENTS))
            .map(|found| found.0)
            .collect();
        let devices = self.devices(entity, &held).await?;
        let moved = self.employ(0..EMPLOYMENTS, AT_ONCE, Some(first_end)).await?;
        let answered = self
            .employ(3 * EMPLOYMENTS..people, AT_ONCE, Some(first_end))
            .await?;
        let scopes = Scope::ALL.to_vec();
        let (account, secret) = service_accounts::create(&self.ctx, "load".to_owned(), scopes).await?;
        let borrowers = employments.iter().skip(2 * EMPLOYMENTS);
        let in_stock = devices.iter().skip(held.len()).zip(borrowers);
        Ok(Seeded {
            client_id: account.id.to_string(),
            client_secret: secret.expose().to_owned(),
            free: in_stock
                .take(EMPLOYMENTS)
                .map(|(device, (employment, _))| (device.id.to_string(), employment.to_string()))
                .collect(),
            checks: self.checks(moved).await?,
            links: self.links(answered, devices.iter().skip(EMPLOYMENTS)).await?,
            devices: devices.iter().map(shown).collect(),
            first_end,
        })
    }

    fn app(&self) -> &App {
        &self.ctx.app
    }

    async fn organisation(&self) -> anyhow::Result<LegalEntityId> {
        let new = NewLegalEntity {
            name: "Socialnämnden".to_owned(),
            kind: LegalEntityKind::Authority,
            org_number: None,
            language: Language::Sv,
            wipe_policy: WipePolicy::default(),
            chancery_id: None,
        };
        let made = legal_entities::create(&self.ctx, Recorder::none(), new).await?;
        let entity = made.into_fresh()?.id;
        let new = NewSource {
            name: "hr".parse()?,
            kind: SourceKind::Hr,
            label: "HR".to_owned(),
            legal_entity_id: entity,
            settings: Default::default(),
        };
        sources::create(&self.ctx, Recorder::none(), new).await?;
        Ok(entity)
    }

    /// Delivers a document for each of these people; gives the employments and their cases.
    async fn employ(
        &self,
        people: std::ops::Range<usize>,
        at_once: usize,
        end_date: Option<NaiveDate>,
    ) -> anyhow::Result<Vec<(EmploymentId, Option<TerminationId>)>> {
        let sequence = if end_date.is_some() { 2 } else { 1 };
        stream::iter(people)
            .map(|number| async move {
                let document = document(number, end_date, sequence)?;
                let external_id = format!("e-{number}").parse()?;
                let done = hr::deliver(&self.ctx, "hr".parse()?, external_id, document).await?;
                anyhow::Ok((done.employment.id, done.termination.map(|case| case.id)))
            })
            .buffered(at_once)
            .try_collect()
            .await
    }

    /// Registers the devices; the first are in the hands of these employments.
    async fn devices(&self, owner: LegalEntityId, held: &[EmploymentId]) -> anyhow::Result<Vec<Device>> {
        // As many in stock as are handed out and taken back.
        let count = DEVICES.max(held.len() + EMPLOYMENTS);
        let made = (0..count).map(|number| self.device(owner, number));
        let devices = made.collect::<anyhow::Result<Vec<Device>>>()?;
        let now = self.app().clock.now();
        let handed_out = devices.iter().zip(held).map(|(device, holder)| {
            let device = device.clone().handed_out(now);
            (self.assignment(&device, *holder), device)
        });
        let handed_out: Vec<(Assignment, Device)> = handed_out.collect();
        for batch in devices.chunks(BATCH) {
            let batch = batch.to_vec();
            self.write(move |tx| {
                batch
                    .iter()
                    .try_for_each(|device| db::devices::insert(tx, device))
            })
            .await?;
        }
        for batch in handed_out.chunks(BATCH) {
            let batch = batch.to_vec();
            self.write(move |tx| {
                batch
                    .iter()
                    .try_for_each(|(made, device)| db::assignments::begin(tx, made, Asset::Device(device)))
            })
            .await?;
        }
        Ok(devices)
    }

    fn device(&self, owner: LegalEntityId, number: usize) -> anyhow::Result<Device> {
        let app = self.app();
        Ok(Device {
            id: app.ids.next(),
            legal_entity_id: owner,
            serial: SerialNumber::parse(&format!("EX26K{number:06}"))?,
            manufacturer: Some("Exempel".to_owned()),
            model: format!("Exempel X{}", number % 20),
            imeis: vec![Imei::parse(&imei(number))?],
            // Where the data is secret, the receiver's word about the wipe is not enough: a case that is answered by
            // link stays open, and no receipts are mailed while the next run is measured.
            data_class: DataClass::Secrecy,
            status: DeviceStatus::InStock,
            custody_epoch: 0,
            meta: Meta::new(app.clock.now()),
        })
    }

    fn assignment(&self, device: &Device, holder: EmploymentId) -> Assignment {
        let now = self.app().clock.now();
        Assignment {
            id: self.app().ids.next::<AssignmentId>(),
            legal_entity_id: device.legal_entity_id,
            employment_id: holder,
            assigned: Assigned::Device(device.id),
            custody_epoch: device.custody_epoch,
            accessories: vec!["Laddare".to_owned()],
            assigned_at: now,
            ended: None,
            loan_until: None,
            quarantine_override: None,
            meta: Meta::new(now),
        }
    }

    async fn checks(
        &self,
        cases: Vec<(EmploymentId, Option<TerminationId>)>,
    ) -> anyhow::Result<Vec<(String, String)>> {
        let mut checks = Vec::with_capacity(cases.len());
        for (_, case) in cases {
            let case = case.context("an employment with a device has no case")?;
            let view = terminations::get(&self.ctx, case).await?;
            let item = view
                .record
                .termination
                .items
                .first()
                .context("a case without items")?;
            checks.push((case.to_string(), item.id.to_string()));
        }
        Ok(checks)
    }

    /// For each case, a mail that was sent an hour ago and a link in it.
    async fn links(
        &self,
        cases: Vec<(EmploymentId, Option<TerminationId>)>,
        devices: impl Iterator<Item = &Device>,
    ) -> anyhow::Result<Vec<(String, String)>> {
        let mut links = Vec::with_capacity(cases.len());
        let mut minted = Vec::with_capacity(cases.len());
        for ((_, case), device) in cases.into_iter().zip(devices) {
            let token = OpaqueToken::generate();
            minted.push((case.context("a case")?, token.hash().as_bytes().to_vec()));
            links.push((token.expose().to_owned(), device.serial.last_four().to_owned()));
        }
        for batch in minted.chunks(BATCH) {
            let batch = batch.to_vec();
            self.write(move |tx| batch.iter().try_for_each(|(case, hash)| mint(tx, *case, hash)))
                .await?;
        }
        ensure!(!links.is_empty(), "no links");
        Ok(links)
    }

    async fn write<F>(&self, work: F) -> anyhow::Result<()>
    where
        F: FnMut(&mut Tx<'_>) -> Result<(), DbError> + Send + 'static,
    {
        let app = self.app();
        let stamp = Stamp {
            now: app.clock.now(),
            actor: Actor::Operator,
            request_id: String::new(),
            ids: app.ids.clone(),
            job_due: Arc::new(AtomicBool::new(false)),
        };
        Ok(app.db.write(stamp, work).await?)
    }
}

fn mint(tx: &mut Tx<'_>, case: TerminationId, token_hash: &[u8]) -> Result<(), DbError> {
    let now = tx.now();
    let hour_ago = now - TimeDelta::hours(1);
    let all = db::messages::of_termination(tx, case)?;
    let record = db::terminations::find(tx, case)?.ok_or(DbError::NotFound)?;
    let manager = db::employments::find(tx, record.employment_id)?
        .and_then(|employment| employment.manager_id)
        .ok_or(DbError::NotFound)?;
    let mut asked = all
        .into_iter()
        .find(|message| message.step == MessageStep::ConfirmReturn)
        .ok_or(DbError::NotFound)?;
    asked.state = MessageState::Sent;
    asked.recipient_id = Some(manager);
    asked.queued_at = Some(hour_ago);
    asked.sent_at = Some(hour_ago);
    asked.meta = asked.meta.changed(now);
    db::messages::update(tx, &asked)?;
    let link = ActionLink {
        id: tx.new_id(),
        termination_id: case,
        purpose: LinkPurpose::Confirm,
        person_id: manager,
        message_id: asked.id,
        token_hash: token_hash.to_vec(),
        issued_at: hour_ago,
        expires_at: now + TimeDelta::days(14),
        used: None,
        revoked: None,
        undone_at: None,
    };
    db::action_links::insert(tx, &link)
}

fn shown(device: &Device) -> DeviceBody {
    DeviceBody {
        id: device.id.to_string(),
        legal_entity_id: device.legal_entity_id.to_string(),
        serial: device.serial.to_string(),
        manufacturer: device.manufacturer.clone(),
        model: device.model.clone(),
        imeis: device.imeis.iter().map(|imei| imei.as_str().to_owned()).collect(),
        data_class: device.data_class.as_str().to_owned(),
        status: device.status.as_str().to_owned(),
        custody_epoch: device.custody_epoch,
        version: device.meta.version,
        created_at: device.meta.created_at,
        updated_at: device.meta.updated_at,
    }
}

/// An IMEI of no real handset, with its check digit.
fn imei(number: usize) -> String {
    let body = format!("00100002{number:06}");
    let digits = body.bytes().map(|digit| u32::from(digit - b'0'));
    let sum: u32 = digits
        .enumerate()
        .map(|(place, digit)| if place % 2 == 1 { digit * 2 } else { digit })
        .map(|product| product / 10 + product % 10)
        .sum();
    format!("{body}{}", (10 - sum % 10) % 10)
}
