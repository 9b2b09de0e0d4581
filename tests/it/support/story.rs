//! Anna leaves. Maria takes her phone back, Olof leads Maria, Karin coordinates, and the desk settles the rest.

use super::db::TestDb;
use super::http::{Answer, TestServer};
use chrono::{DateTime, NaiveDate, Utc};
use handback::app::App;
use handback::domain::assignment::Assigned;
use handback::domain::employment::{
    EmploymentDocument, EmploymentKind, EmploymentState, EndKind, PersonReference,
};
use handback::domain::ids::{ItemId, TerminationId};
use handback::domain::language::Language;
use handback::domain::message::Message;
use handback::domain::organisation::LegalEntityKind;
use handback::domain::record::ExpectedVersion;
use handback::domain::source::SourceKind;
use handback::domain::termination::{BreachDecision, DataClass, DeviceOutcome, TerminationRecord};
use handback::domain::text::{EmailAddress, ExternalId, PersonName, PhoneNumber, SerialNumber, SourceName};
use handback::domain::wipe::WipePolicy;
use handback::integrations::mail::OutgoingMail;
use handback::services::assignments::{self, NewAssignment};
use handback::services::devices::{self, NewDevice};
use handback::services::legal_entities::{self, NewLegalEntity};
use handback::services::messages;
use handback::services::sources::{self, NewSource};
use handback::services::subscriptions::{self, NewSubscription};
use handback::services::terminations::{self, BreachSaid, LossSaid};
use handback::services::units::{self, UnitPatch};
use handback::services::{Ctx, Recorder, hr};
use reqwest::Method;
use std::collections::BTreeMap;

/// The serial number of Anna's phone; its last four are what the receiver reads off it.
pub const SERIAL: &str = "EX12K47Q2K";
/// The day Anna's employment ends: a Friday.
pub const LAST_DAY: &str = "2027-02-26";

/// Anna's case.
pub struct Story {
    pub app: App,
    pub case: TerminationId,
}

/// Which data Anna works with, and what she has.
#[derive(Clone, Copy)]
pub struct Setting {
    pub data_class: DataClass,
    pub has_number: bool,
    /// Whether Anna's document names a manager.
    pub has_manager: bool,
    pub has_coordinator: bool,
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            data_class: DataClass::Standard,
            has_number: false,
            has_manager: true,
            has_coordinator: true,
        }
    }
}

pub fn utc(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn reference(name: &str) -> PersonReference {
    let first = name.split(' ').next().unwrap().to_lowercase();
    PersonReference {
        is_protected: None,
        external_id: ExternalId::parse(&first).unwrap(),
        name: Some(PersonName::parse(name).unwrap()),
        email: Some(EmailAddress::parse(&format!("{first}@exempelkommunen.example")).unwrap()),
        language: Some(Language::Sv),
    }
}

fn document(name: &str, manager: Option<&str>, (sequence, until): (i64, Option<&str>)) -> EmploymentDocument {
    EmploymentDocument {
        person: reference(name),
        kind: EmploymentKind::Employee,
        unit: ExternalId::parse("ekskolan").unwrap(),
        manager: manager.map(reference),
        state: EmploymentState::Active,
        start_date: NaiveDate::from_ymd_opt(2020, 1, 1).unwrap(),
        end_date: until.map(|day| day.parse().unwrap()),
        last_working_day: None,
        end_kind: EndKind::Ordinary,
        leave: Vec::new(),
        sequence,
        occurred_at: None,
    }
}

/// HR delivers.
pub async fn deliver(app: &App, name: &str, manager: Option<&str>, at: (i64, Option<&str>)) -> hr::Delivery {
    let id = ExternalId::parse(&name.to_lowercase().replace(' ', "-")).unwrap();
    let document = document(name, manager, at);
    hr::deliver(&Ctx::system(app), SourceName::parse("hr").unwrap(), id, document)
        .await
        .unwrap()
}

impl Story {
    /// The case with one phone, known well before.
    pub async fn begin(db: &TestDb) -> Self {
        Self::begin_in(db.app(), Setting::default()).await
    }

    /// The same in another setting.
    pub async fn begin_in(app: &App, setting: Setting) -> Self {
        let ctx = Ctx::operator(app);
        let entity = NewLegalEntity {
            name: "Barn- och utbildningsnämnden".to_owned(),
            kind: LegalEntityKind::Authority,
            org_number: None,
            language: Language::Sv,
            wipe_policy: WipePolicy::default(),
            chancery_id: None,
        };
        let entity = legal_entities::create(&ctx, Recorder::none(), entity)
            .await
            .unwrap()
            .into_fresh()
            .unwrap();
        let source = NewSource {
            name: SourceName::parse("hr").unwrap(),
            kind: SourceKind::Hr,
            label: "HR".to_owned(),
            legal_entity_id: entity.id,
            settings: Default::default(),
        };
        sources::create(&ctx, Recorder::none(), source).await.unwrap();
        deliver(app, "Maria Lind", Some("Olof Sund"), (1, None)).await;
        let karin = deliver(app, "Karin Berg", Some("Maria Lind"), (1, None))
            .await
            .employment;
        let manager = setting.has_manager.then_some("Maria Lind");
        let anna = deliver(app, "Anna Ek", manager, (1, None)).await.employment;
        if setting.has_coordinator {
            let patch = UnitPatch {
                coordinator_id: Some(Some(karin.person_id)),
                ..UnitPatch::default()
            };
            units::update(&ctx, anna.unit_id, ExpectedVersion::Any, patch)
                .await
                .unwrap();
        }
        let device = NewDevice {
            legal_entity_id: entity.id,
            serial: SerialNumber::parse(SERIAL).unwrap(),
            manufacturer: None,
            model: "Exempel X1".to_owned(),
            imeis: Vec::new(),
            data_class: setting.data_class,
        };
        let device = devices::create(&ctx, Recorder::none(), device)
            .await
            .unwrap()
            .into_fresh()
            .unwrap();
        let mut assigned = vec![(Assigned::Device(device.id), vec!["laddare".to_owned()])];
        if setting.has_number {
            let subscription = NewSubscription {
                legal_entity_id: entity.id,
                number: PhoneNumber::parse("070-174 06 05").unwrap(),
                operator: None,
                monthly_cost_ore: Some(24_900),
                is_recovery_number: false,
            };
            let created = subscriptions::create(&ctx, Recorder::none(), subscription).await;
            let subscription = created.unwrap().into_fresh().unwrap().subscription;
            assigned.push((Assigned::Subscription(subscription.id), Vec::new()));
        }
        for (assigned, accessories) in assigned {
            let new = NewAssignment {
                employment_id: anna.id,
                assigned,
                accessories,
                override_quarantine: None,
            };
            assignments::create(&ctx, Recorder::none(), new).await.unwrap();
        }
        let ended = deliver(app, "Anna Ek", manager, (2, Some(LAST_DAY))).await;
        Self {
            app: app.clone(),
            case: ended.termination.unwrap().id,
        }
    }

    /// The case as it is now.
    pub async fn record(&self) -> TerminationRecord {
        let view = terminations::get(&Ctx::system(&self.app), self.case)
            .await
            .unwrap();
        view.record
    }

    /// The item of the phone.
    pub async fn phone(&self) -> ItemId {
        self.record().await.termination.items[0].id
    }

    /// The desk reports the phone as lost.
    pub async fn lose(&self, reason: &str) {
        let lost = LossSaid {
            outcome: DeviceOutcome::Lost,
            reason: reason.to_owned(),
            known_at: None,
            police_report: None,
        };
        let place = (self.case, self.phone().await);
        terminations::report_outcome(&Ctx::operator(&self.app), place, lost, Recorder::none())
            .await
            .unwrap();
    }

    /// The desk decides that the loss of a device is not notified as a breach.
    pub async fn decide_breach(&self, item: ItemId) {
        let assessed = BreachSaid {
            decision: BreachDecision::NoNotification,
            facts: "Låst och krypterad.".to_owned(),
            informs_people: false,
            notified_at: None,
            reference: None,
            late_reason: None,
        };
        let place = (self.case, item);
        terminations::assess_breach(&Ctx::operator(&self.app), place, assessed, Recorder::none())
            .await
            .unwrap();
    }

    /// Where each message stands, as `step role state`, in the order in which they are due.
    pub async fn timeline(&self) -> Vec<String> {
        let all = messages::timeline(&Ctx::system(&self.app), self.case)
            .await
            .unwrap();
        all.iter().map(describe).collect()
    }

    /// Lets time pass until then, with everything that is due on the way done only at the end.
    pub fn it_is(&self, instant: &str) {
        self.app.clock.set(utc(instant));
    }
}

fn describe(message: &Message) -> String {
    format!("{} {} {}", message.step, message.to, message.state)
}

/// A mail, read.
pub struct ReadMail {
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: String,
    /// What is attached: name, media type and content.
    pub attachments: Vec<(String, String, Vec<u8>)>,
    /// The token of the link in it with which somebody confirms.
    pub token: Option<String>,
    /// The token of the link to the holder's page.
    pub page: Option<String>,
}

/// Reads a mail as its recipient's program does.
pub fn read(mail: &OutgoingMail) -> ReadMail {
    let parsed = mailparse::parse_mail(&mail.raw).unwrap();
    let header = |name: &str| {
        let found = parsed
            .headers
            .iter()
            .find(|header| header.get_key().eq_ignore_ascii_case(name));
        found.map(mailparse::MailHeader::get_value).unwrap_or_default()
    };
    let part = |kind: &str| {
        let mut parts = parsed.parts().filter(|part| part.ctype.mimetype == kind);
        let body = parts.next().expect(kind).get_body().unwrap();
        assert!(parts.next().is_none(), "one {kind} in a mail");
        body
    };
    let (text, html) = (part("text/plain"), part("text/html"));
    let attachments = parsed.parts().filter_map(|part| {
        let disposition = part.get_content_disposition();
        let name = disposition.params.get("filename")?.clone();
        Some((name, part.ctype.mimetype.clone(), part.get_body_raw().unwrap()))
    });
    let token_after = |root: &str| {
        text.split_once(root).map(|(_, rest)| {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_');
            rest[..end.unwrap_or(rest.len())].to_owned()
        })
    };
    let (token, page) = (token_after("/c/"), token_after("/s/"));
    assert_eq!(mail.envelope_to.len(), 1, "one mail, one recipient");
    ReadMail {
        to: mail.envelope_to[0].split('@').next().unwrap().to_owned(),
        subject: header("Subject"),
        text,
        html,
        attachments: attachments.collect(),
        token,
        page,
    }
}

/// Who got mail, and the first word of its subject.
pub fn sent_to(mails: &[OutgoingMail]) -> Vec<String> {
    mails.iter().map(|mail| read(mail).to).collect()
}

/// Somebody with a browser on the page of a link.
pub struct Visitor<'s> {
    server: &'s TestServer<'s>,
    pub path: String,
    cookie: String,
    csrf: String,
}

impl<'s> Visitor<'s> {
    /// Opens the link.
    pub async fn open(server: &'s TestServer<'s>, token: &str) -> Self {
        Self::open_as(server, token, reqwest::StatusCode::OK).await
    }

    /// Opens a link whose page has another status.
    pub async fn open_as(server: &'s TestServer<'s>, token: &str, status: reqwest::StatusCode) -> Self {
        Self::at(server, format!("/c/{token}"), status).await
    }

    /// Opens the holder's page.
    pub async fn open_page(server: &'s TestServer<'s>, token: &str) -> Self {
        Self::at(server, format!("/s/{token}"), reqwest::StatusCode::OK).await
    }

    async fn at(server: &'s TestServer<'s>, path: String, status: reqwest::StatusCode) -> Self {
        let page = Answer::of(server.anonymous(Method::GET, &path))
            .await
            .expect(status);
        let cookie = page.headers["set-cookie"]
            .to_str()
            .unwrap()
            .split(';')
            .next()
            .unwrap()
            .to_owned();
        let (_, rest) = page.body.split_once("name=\"csrf\" value=\"").expect("a form");
        let csrf = rest.split('"').next().unwrap().to_owned();
        Self {
            server,
            path,
            cookie,
            csrf,
        }
    }

    /// The form with these fields, ready to be sent.
    pub fn form(&self, fields: &BTreeMap<&str, &str>) -> reqwest::RequestBuilder {
        let mut fields = fields.clone();
        fields.insert("csrf", &self.csrf);
        self.server
            .anonymous(Method::POST, &self.path)
            .header("cookie", &self.cookie)
            .header("sec-fetch-site", "same-origin")
            .header("origin", "http://127.0.0.1:8080")
            .form(&fields)
    }

    /// Sends the form.
    pub async fn send(&self, fields: &BTreeMap<&str, &str>) -> Answer {
        Answer::of(self.form(fields)).await
    }

    /// Sends the form, which must be answered like this.
    pub async fn gets(&self, fields: &BTreeMap<&str, &str>, status: reqwest::StatusCode) {
        let answer = self.send(fields).await;
        assert_eq!(answer.status, status, "{}", answer.body);
    }

    /// Opens the page again.
    pub async fn reload(&self) -> Answer {
        Answer::of(self.server.anonymous(Method::GET, &self.path)).await
    }
}

/// Everything is well with the one phone.
pub fn all_well() -> BTreeMap<&'static str, &'static str> {
    BTreeMap::from([
        ("answer", "confirm"),
        ("d0_have", "yes"),
        ("d0_serial", "7q2k"),
        ("d0_condition", "intact"),
        ("d0_records", "yes"),
        ("d0_reset", "yes"),
        ("d0_wiped", "yes"),
        ("d0_accessories", "all"),
        ("d0_sim", "returned"),
        ("d0_code_screen_lock", "not_needed_after_wipe"),
        ("d0_code_sim_pin", "not_applicable"),
        ("d0_code_other", "not_applicable"),
    ])
}
