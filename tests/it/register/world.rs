//! A small municipality to try things on.

use chrono::NaiveDate;
use handback::app::App;
use handback::domain::assignment::{Assigned, Assignment};
use handback::domain::device::Device;
use handback::domain::employment::{
    Employment, EmploymentDocument, EmploymentKind, EmploymentState, EndKind, PersonReference,
};
use handback::domain::ids::{DeviceId, EmploymentId, LegalEntityId};
use handback::domain::language::Language;
use handback::domain::organisation::LegalEntityKind;
use handback::domain::source::SourceKind;
use handback::domain::termination::DataClass;
use handback::domain::text::{ExternalId, Imei, SerialNumber, SourceName};
use handback::domain::wipe::WipePolicy;
use handback::services::assignments::{self, NewAssignment};
use handback::services::devices::{self, NewDevice};
use handback::services::legal_entities::{self, NewLegalEntity};
use handback::services::sources::{self, NewSource};
use handback::services::{Ctx, Recorder, ServiceError, hr};

/// One nämnd with its HR system.
pub struct World {
    pub ctx: Ctx,
    pub entity: LegalEntityId,
    pub source: SourceName,
}

impl World {
    pub async fn of(app: &App) -> Self {
        let ctx = Ctx::operator(app);
        let entity = legal_entity(&ctx, "Socialnämnden").await;
        let source = SourceName::parse("hr").unwrap();
        let new = NewSource {
            name: source.clone(),
            kind: SourceKind::Hr,
            label: "Personalsystemet".to_owned(),
            legal_entity_id: entity,
            settings: Default::default(),
        };
        sources::create(&ctx, Recorder::none(), new).await.unwrap();
        Self { ctx, entity, source }
    }

    /// What the HR system says about the employment with this number.
    pub async fn deliver(&self, number: u32, sequence: i64, end_date: Option<NaiveDate>) -> Employment {
        let document = EmploymentDocument {
            person: PersonReference {
                is_protected: None,
                external_id: ExternalId::parse(&format!("p-{number}")).unwrap(),
                name: None,
                email: None,
                language: None,
            },
            kind: EmploymentKind::Employee,
            unit: ExternalId::parse("4711").unwrap(),
            manager: None,
            state: EmploymentState::Active,
            start_date: day("2020-01-01"),
            end_date,
            last_working_day: None,
            end_kind: EndKind::Ordinary,
            leave: Vec::new(),
            sequence,
            occurred_at: None,
        };
        let id = ExternalId::parse(&format!("e-{number}")).unwrap();
        let delivery = hr::deliver(&self.ctx, self.source.clone(), id, document).await;
        delivery.unwrap().employment
    }

    /// An employment that goes on.
    pub async fn employment(&self, number: u32) -> EmploymentId {
        self.deliver(number, 1, None).await.id
    }

    /// A device in stock.
    pub async fn device(&self, number: u32) -> Device {
        create_device(&self.ctx, new_device(self.entity, number))
            .await
            .unwrap()
    }

    pub async fn hand_out(
        &self,
        employment: EmploymentId,
        device: DeviceId,
    ) -> Result<Assignment, ServiceError> {
        assign(&self.ctx, employment, Assigned::Device(device)).await
    }
}

pub async fn legal_entity(ctx: &Ctx, name: &str) -> LegalEntityId {
    let new = NewLegalEntity {
        name: name.to_owned(),
        kind: LegalEntityKind::Authority,
        org_number: None,
        language: Language::Sv,
        wipe_policy: WipePolicy::default(),
        chancery_id: None,
    };
    let made = legal_entities::create(ctx, Recorder::none(), new).await;
    made.unwrap().into_fresh().unwrap().id
}

pub fn new_device(entity: LegalEntityId, number: u32) -> NewDevice {
    NewDevice {
        legal_entity_id: entity,
        serial: SerialNumber::parse(&format!("EXEMPEL{number:05}")).unwrap(),
        manufacturer: None,
        model: "Exempel 1".to_owned(),
        imeis: vec![imei(number)],
        data_class: DataClass::Standard,
    }
}

pub async fn create_device(ctx: &Ctx, new: NewDevice) -> Result<Device, ServiceError> {
    devices::create(ctx, Recorder::none(), new).await?.into_fresh()
}

pub async fn assign(
    ctx: &Ctx,
    employment_id: EmploymentId,
    assigned: Assigned,
) -> Result<Assignment, ServiceError> {
    let new = NewAssignment {
        employment_id,
        assigned,
        accessories: Vec::new(),
        override_quarantine: None,
    };
    assignments::create(ctx, Recorder::none(), new)
        .await?
        .into_fresh()
}

/// A valid IMEI. Its first eight digits belong to no manufacturer.
pub fn imei(number: u32) -> Imei {
    let body = format!("99000000{number:06}");
    (0..10)
        .find_map(|check| Imei::parse(&format!("{body}{check}")).ok())
        .unwrap()
}

pub fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// The word of a conflict, or what else happened.
pub fn refusal<T: std::fmt::Debug>(result: Result<T, ServiceError>) -> String {
    match result {
        Ok(_) => "ok".to_owned(),
        Err(ServiceError::Conflict { code, .. }) => code.to_owned(),
        Err(ServiceError::Invalid(violations)) => {
            let listed: Vec<String> = violations
                .iter()
                .map(|violation| format!("{} {}", violation.pointer, violation.code))
                .collect();
            listed.join(", ")
        }
        Err(other) => format!("{other:?}"),
    }
}
