//! Fills an empty database with Exempelkommunen, through the same use cases as everybody else.

use super::data::{BRANCHES, Branch, MODELS, NAMES, email, imei};
use crate::domain::add_on::AddOnKind;
use crate::domain::assignment::{Assigned, HandBack};
use crate::domain::calendar::local_date;
use crate::domain::device::Device;
use crate::domain::employment::{
    Employment, EmploymentDocument, EmploymentKind, EmploymentState, EndKind, Leave, PersonReference,
};
use crate::domain::ids::{AssignmentId, LegalEntityId, SubscriptionId, UnitId};
use crate::domain::language::Language;
use crate::domain::organisation::{LegalEntity, LegalEntityKind};
use crate::domain::record::ExpectedVersion;
use crate::domain::source::SourceKind;
use crate::domain::termination::DataClass;
use crate::domain::text::{
    EmailAddress, ExternalId, Imei, PersonName, PhoneNumber, SerialNumber, SourceName,
};
use crate::domain::wipe::WipePolicy;
use crate::services::add_ons::{self, NewAddOn};
use crate::services::assignments::{self, NewAssignment};
use crate::services::devices::{self, NewDevice};
use crate::services::legal_entities::{self, LegalEntityPatch, NewLegalEntity};
use crate::services::sources::{self, NewSource};
use crate::services::subscriptions::{self, NewSubscription};
use crate::services::units::{self, NewUnit, UnitPatch};
use crate::services::{Ctx, Recorder, hr};
use anyhow::Context;
use chrono::{Days, NaiveDate, TimeDelta};

/// How many handsets there are in all; those that nobody has lie in stock.
const DEVICES: u32 = 60;
/// How many people have one.
const HOLDERS: usize = 34;
/// From how many days on a leave is long in the municipality.
const LONG_LEAVE_DAYS: u16 = 90;

/// A person's place: the branch, the unit and the manager, by index.
struct Place {
    branch: usize,
    unit: &'static str,
    manager: Option<usize>,
}

/// Fills the database.
///
/// # Errors
/// Whatever a use case refuses, which then is a mistake in the data.
pub(super) async fn run(ctx: &Ctx) -> anyhow::Result<()> {
    let today = local_date(ctx.app.clock.now());
    let mut entities = Vec::new();
    for branch in &BRANCHES {
        entities.push(
            organisation(ctx, branch)
                .await
                .with_context(|| branch.name.to_owned())?,
        );
    }
    let mut employed = Vec::new();
    for (index, name) in NAMES.iter().enumerate() {
        let document = document(index, name, None)?;
        employed.push(
            deliver(ctx, index, document)
                .await
                .with_context(|| (*name).to_owned())?,
        );
    }
    coordinators(ctx, &employed).await?;
    let stock = handsets(ctx, &entities).await?;
    hand_out(ctx, &employed, &stock).await?;
    ends(ctx, today).await?;
    long_leave(ctx, today).await
}

/// The person whose employment the printed examples end: holds a phone, and nothing has happened yet.
const EXAMPLE: usize = 20;
/// The source that delivers that employment.
pub(super) const EXAMPLE_SOURCE: &str = "hr-skola";
/// What the source calls it.
pub(super) const EXAMPLE_EMPLOYMENT: &str = "e-5021";
/// The handset that hangs on it.
pub(super) const EXAMPLE_SERIAL: &str = "EX26K4282";

/// The document with which the example's employment ends.
///
/// # Errors
/// The data has a mistake.
pub(super) fn example_document(end: NaiveDate) -> anyhow::Result<String> {
    let name = NAMES.get(EXAMPLE).context("name")?;
    Ok(serde_json::to_string(&document(EXAMPLE, name, Some(end))?)?)
}

fn place(index: usize) -> Place {
    // Fourteen people in each branch: a head, a manager for each unit below, and their staff.
    let branch = index / 14;
    let seat = index % 14;
    let head = branch * 14;
    let units = BRANCHES.get(branch).map_or(&[][..], |branch| branch.units);
    let below = units.len().saturating_sub(1).max(1);
    let unit_at = |at: usize| units.get(at).map_or("SOC", |unit| unit.0);
    match seat {
        0 => Place {
            branch,
            unit: unit_at(0),
            manager: None,
        },
        seat if seat <= below => Place {
            branch,
            unit: unit_at(seat),
            manager: Some(head),
        },
        seat => {
            let unit = 1 + seat % below;
            Place {
                branch,
                unit: unit_at(unit),
                manager: Some(head + unit),
            }
        }
    }
}

async fn organisation(ctx: &Ctx, branch: &Branch) -> anyhow::Result<LegalEntityId> {
    let kind = if branch.is_company {
        LegalEntityKind::Company
    } else {
        LegalEntityKind::Authority
    };
    let new = NewLegalEntity {
        name: branch.name.to_owned(),
        kind,
        org_number: None,
        language: Language::Sv,
        wipe_policy: WipePolicy::default(),
        chancery_id: None,
    };
    let entity: LegalEntity = legal_entities::create(ctx, Recorder::none(), new)
        .await?
        .into_fresh()?;
    if !branch.is_company {
        let patch = LegalEntityPatch {
            absence_case_after_days: Some(Some(LONG_LEAVE_DAYS)),
            ..LegalEntityPatch::default()
        };
        legal_entities::update(ctx, entity.id, ExpectedVersion::Any, patch).await?;
    }
    let source: SourceName = branch.source.parse()?;
    let new = NewSource {
        name: source.clone(),
        kind: SourceKind::Hr,
        label: branch.source_label.to_owned(),
        legal_entity_id: entity.id,
        settings: Default::default(),
    };
    sources::create(ctx, Recorder::none(), new).await?.into_fresh()?;
    let mut parent: Option<UnitId> = None;
    for (external_id, name) in branch.units {
        let new = NewUnit {
            legal_entity_id: entity.id,
            parent_id: parent,
            name: (*name).to_owned(),
            external: Some((source.clone(), external_id.parse()?)),
            coordinator_id: None,
        };
        let unit = units::create(ctx, Recorder::none(), new).await?.into_fresh()?;
        parent = parent.or(Some(unit.id));
    }
    Ok(entity.id)
}

fn document(index: usize, name: &str, end_date: Option<NaiveDate>) -> anyhow::Result<EmploymentDocument> {
    let place = place(index);
    let reference = |index: usize, name: Option<&str>| -> anyhow::Result<PersonReference> {
        Ok(PersonReference {
            is_protected: None,
            external_id: format!("p-{}", 1001 + index).parse()?,
            name: name.map(PersonName::parse).transpose()?,
            email: name.map(|name| EmailAddress::parse(&email(name))).transpose()?,
            language: Some(if index % 7 == 5 {
                Language::En
            } else {
                Language::Sv
            })
            .filter(|_| name.is_some()),
        })
    };
    let manager_name = |index: usize| NAMES.get(index).copied();
    let manager = place
        .manager
        .map(|index| reference(index, manager_name(index)))
        .transpose()?;
    let first_day = NaiveDate::from_ymd_opt(2019, 8, 1).unwrap_or_default() + Days::new(index as u64 * 31);
    Ok(EmploymentDocument {
        person: reference(index, Some(name))?,
        kind: if index % 11 == 10 {
            EmploymentKind::Hourly
        } else {
            EmploymentKind::Employee
        },
        unit: place.unit.parse()?,
        manager,
        state: EmploymentState::Active,
        start_date: first_day,
        end_date,
        last_working_day: None,
        end_kind: EndKind::Ordinary,
        leave: Vec::new(),
        sequence: if end_date.is_some() { 2 } else { 1 },
        occurred_at: None,
    })
}

async fn deliver(ctx: &Ctx, index: usize, document: EmploymentDocument) -> anyhow::Result<Employment> {
    let source = BRANCHES.get(place(index).branch).context("branch")?.source;
    let external_id: ExternalId = format!("e-{}", 5001 + index).parse()?;
    Ok(hr::deliver(ctx, source.parse()?, external_id, document)
        .await?
        .employment)
}

/// Each förvaltning and company has a coordinator: somebody who works there.
async fn coordinators(ctx: &Ctx, employed: &[Employment]) -> anyhow::Result<()> {
    for branch in 0..BRANCHES.len() {
        let head = employed.get(branch * 14).context("head")?;
        let coordinator = employed.get(branch * 14 + 9).context("coordinator")?;
        let patch = UnitPatch {
            coordinator_id: Some(Some(coordinator.person_id)),
            ..UnitPatch::default()
        };
        units::update(ctx, head.unit_id, ExpectedVersion::Any, patch).await?;
    }
    Ok(())
}

/// Twenty handsets for each legal entity.
async fn handsets(ctx: &Ctx, entities: &[LegalEntityId]) -> anyhow::Result<Vec<Device>> {
    let mut stock = Vec::new();
    for index in 0..DEVICES {
        let owner = index as usize / 20;
        let (manufacturer, model) = MODELS.get(index as usize % MODELS.len()).context("model")?;
        let secrecy = BRANCHES.get(owner).is_some_and(|branch| branch.secrecy);
        // The second IMEI of a handset with two SIMs.
        let second = (index % 3 == 0).then(|| imei(500_000 + index));
        let new = NewDevice {
            legal_entity_id: *entities.get(owner).context("owner")?,
            serial: SerialNumber::parse(&format!("EX{:02}K{:04}", index % 97, 4100 + index * 7))?,
            manufacturer: Some((*manufacturer).to_owned()),
            model: (*model).to_owned(),
            imeis: std::iter::once(imei(index))
                .chain(second)
                .map(|text| Imei::parse(&text))
                .collect::<Result<_, _>>()?,
            data_class: if secrecy && index % 2 == 0 {
                DataClass::Secrecy
            } else {
                DataClass::Standard
            },
        };
        stock.push(devices::create(ctx, Recorder::none(), new).await?.into_fresh()?);
    }
    Ok(stock)
}

async fn hand_out(ctx: &Ctx, employed: &[Employment], stock: &[Device]) -> anyhow::Result<()> {
    let mut left: Vec<&Device> = stock.iter().collect();
    for (index, employment) in employed.iter().enumerate().take(HOLDERS.max(EXAMPLE + 1)) {
        let own = left
            .iter()
            .position(|device| device.legal_entity_id == employment.legal_entity_id);
        let device = left.remove(own.context("a handset of the same owner")?);
        let accessories = vec!["Laddare".to_owned()];
        assign(ctx, employment, Assigned::Device(device.id), accessories).await?;
        let number = PhoneNumber::parse(&format!("070-174 06 {:02}", 5 + index))?;
        let new = NewSubscription {
            legal_entity_id: employment.legal_entity_id,
            number,
            operator: Some("Exempeltele".to_owned()),
            monthly_cost_ore: Some(24_900),
            is_recovery_number: false,
        };
        let subscription = subscriptions::create(ctx, Recorder::none(), new)
            .await?
            .into_fresh()?
            .subscription;
        assign(
            ctx,
            employment,
            Assigned::Subscription(subscription.id),
            Vec::new(),
        )
        .await?;
        if index == 1 {
            more_data(ctx, employment, subscription.id).await?;
        }
    }
    freed_number(ctx, employed).await
}

/// An add-on that has no end, so that it is asked about in a year.
async fn more_data(ctx: &Ctx, holder: &Employment, id: SubscriptionId) -> anyhow::Result<()> {
    let new = NewAddOn {
        kind: AddOnKind::ExtraData,
        reason: "Delar nät med läsplattorna på fältet.".to_owned(),
        from: local_date(ctx.app.clock.now()),
        to: None,
        cost_ore: Some(9_900),
        orderer_id: holder.manager_id.unwrap_or(holder.person_id),
        agreement: Some("RA-2025-17".to_owned()),
    };
    add_ons::create(ctx, Recorder::none(), id, new)
        .await?
        .into_fresh()?;
    Ok(())
}

/// A number that somebody handed in, and that nobody else gets yet.
async fn freed_number(ctx: &Ctx, employed: &[Employment]) -> anyhow::Result<()> {
    let holder = employed.first().context("somebody employed")?;
    let new = NewSubscription {
        legal_entity_id: holder.legal_entity_id,
        number: PhoneNumber::parse("070-174 06 98")?,
        operator: Some("Exempeltele".to_owned()),
        monthly_cost_ore: Some(24_900),
        is_recovery_number: false,
    };
    let made = subscriptions::create(ctx, Recorder::none(), new)
        .await?
        .into_fresh()?;
    let assigned = Assigned::Subscription(made.subscription.id);
    let assignment = assign(ctx, holder, assigned, Vec::new()).await?;
    let why = HandBack::Returned;
    assignments::end(ctx, Recorder::none(), assignment, ExpectedVersion::Any, why)
        .await?
        .into_fresh()?;
    Ok(())
}

async fn assign(
    ctx: &Ctx,
    employment: &Employment,
    assigned: Assigned,
    accessories: Vec<String>,
) -> anyhow::Result<AssignmentId> {
    let new = NewAssignment {
        employment_id: employment.id,
        assigned,
        accessories,
        override_quarantine: None,
    };
    let made = assignments::create(ctx, Recorder::none(), new)
        .await?
        .into_fresh()?;
    Ok(made.id)
}

/// A few employments end: next month, in two weeks, the day after tomorrow, and one that HR was late with.
async fn ends(ctx: &Ctx, today: NaiveDate) -> anyhow::Result<()> {
    for (index, days) in [(3, 40), (7, 14), (17, 2), (24, -5)] {
        let end = today + TimeDelta::days(days);
        let name = NAMES.get(index).context("name")?;
        deliver(ctx, index, document(index, name, Some(end))?).await?;
    }
    Ok(())
}

/// Somebody will be away for more than half a year, and what becomes of the phone meanwhile is asked.
async fn long_leave(ctx: &Ctx, today: NaiveDate) -> anyhow::Result<()> {
    const AWAY: usize = 11;
    let name = NAMES.get(AWAY).context("name")?;
    let away = Leave {
        from: today + Days::new(21),
        to: Some(today + Days::new(230)),
    };
    let document = EmploymentDocument {
        leave: vec![away],
        sequence: 2,
        ..document(AWAY, name, None)?
    };
    deliver(ctx, AWAY, document).await?;
    Ok(())
}
