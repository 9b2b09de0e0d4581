//! What a receipt is as JSON.

use crate::domain::language::Language;
use crate::domain::wipe::WipeLevel;
use crate::mail::receipt::{Proof, Receipt, ReceiptDevice, ReceiptSubscription};
use crate::mail::words::{
    CodeAnswer, CodeKind, Condition, DeviceOutcome, Fact, FactLevel, NumberDecision, OutcomeFact, SimAnswer,
    WipeMethod,
};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use utoipa::ToSchema;

/// The same in both languages.
#[derive(Debug, Serialize, ToSchema)]
pub struct TextsOut {
    /// In Swedish.
    #[schema(max_length = 1000)]
    sv: String,
    /// In English.
    #[schema(max_length = 1000)]
    en: String,
}

impl TextsOut {
    fn of<T: Into<String>>(text: impl Fn(Language) -> T) -> Self {
        Self {
            sv: text(Language::Sv).into(),
            en: text(Language::En).into(),
        }
    }
}

/// How well something is known, and from whom.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProofOut {
    /// How well.
    level: FactLevel,
    /// The same in words that claim no more.
    text: TextsOut,
    /// The day it was established.
    date: Option<NaiveDate>,
    /// The name of who established it.
    #[schema(max_length = 200)]
    by: Option<String>,
}

/// What became of one kind of code.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReceiptCodeOut {
    /// Which code.
    kind: CodeKind,
    /// What became of it. The code itself is on no receipt.
    answer: CodeAnswer,
}

/// An accessory that was handed out.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccessoryOut {
    /// What it is.
    #[schema(max_length = 200)]
    name: String,
    /// Whether it came back; nothing where nobody has said.
    is_back: Option<bool>,
}

/// A row of the receipt.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReceiptFactOut {
    /// What it is about.
    name: TextsOut,
    /// What it says.
    text: TextsOut,
}

impl From<&OutcomeFact> for ReceiptFactOut {
    fn from(fact: &OutcomeFact) -> Self {
        Self {
            name: TextsOut::of(|language| fact.row(language).0),
            text: TextsOut::of(|language| fact.row(language).1),
        }
    }
}

/// A device on the receipt.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReceiptDeviceOut {
    /// The model.
    #[schema(max_length = 200)]
    model: String,
    /// The last four characters of the serial number.
    #[schema(max_length = 4)]
    serial_last4: String,
    /// What became of it.
    outcome: DeviceOutcome,
    /// What else is known of that: who decided, on what terms, and who stands for a damage.
    #[schema(max_items = 20)]
    outcome_facts: Vec<ReceiptFactOut>,
    /// That it came back.
    returned: ProofOut,
    /// In what condition.
    condition: Option<Condition>,
    /// That it is reset.
    reset: ProofOut,
    /// That it is wiped.
    wiped: ProofOut,
    /// The lowest level of wipe that was enough, by the policy that the case was opened under.
    required_wipe_level: WipeLevel,
    /// How it was wiped, if that is known.
    wipe_method: Option<WipeMethod>,
    /// What became of each kind of code.
    #[schema(max_items = 20)]
    codes: Vec<ReceiptCodeOut>,
    /// The accessories.
    #[schema(max_items = 100)]
    accessories: Vec<AccessoryOut>,
    /// What became of SIM and eSIM, if it was asked.
    sim: Option<SimAnswer>,
}

/// A subscription on the receipt.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReceiptSubscriptionOut {
    /// Its number.
    #[schema(max_length = 40)]
    number: String,
    /// What was decided.
    decision: Option<NumberDecision>,
    /// When that was carried out.
    carried_out_on: Option<NaiveDate>,
    /// When the telephony directory was updated.
    directory_updated_on: Option<NaiveDate>,
    /// Whether it stays as it is, because its holder was only on leave.
    stays: bool,
}

/// What was proved, and by whom.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReceiptOut {
    /// The case number.
    #[schema(max_length = 40)]
    case_number: String,
    /// `Kvittens` or `Kvittens med avvikelse`.
    title: TextsOut,
    /// Whether anything is not as it should be.
    has_deviation: bool,
    /// Who handed in.
    #[schema(max_length = 200)]
    holder_name: Option<String>,
    /// The unit of the holder.
    #[schema(max_length = 200)]
    unit: String,
    /// The legal entity that issues the receipt.
    #[schema(max_length = 200)]
    issuer: String,
    /// When the case was completed, and the facts of the receipt were frozen.
    issued_at: DateTime<Utc>,
    /// The code that authenticity is checked with.
    #[schema(max_length = 40)]
    verification_code: String,
    /// Where anybody can do that, without signing in.
    #[schema(max_length = 2000)]
    verify_url: Option<String>,
    /// The devices.
    #[schema(max_items = 1000)]
    devices: Vec<ReceiptDeviceOut>,
    /// The subscriptions.
    #[schema(max_items = 1000)]
    subscriptions: Vec<ReceiptSubscriptionOut>,
    /// Deviations, people's own words as they were recorded.
    #[schema(max_items = 1000)]
    deviations: Vec<TextsOut>,
}

fn proof(proof: &Proof, fact: Fact) -> ProofOut {
    ProofOut {
        level: proof.level,
        text: TextsOut::of(|language| proof.level.text(fact, language)),
        date: proof.on,
        by: proof.by.clone(),
    }
}

impl From<&ReceiptDevice> for ReceiptDeviceOut {
    fn from(device: &ReceiptDevice) -> Self {
        Self {
            model: device.model.clone(),
            serial_last4: device.serial_last4.clone(),
            outcome: device.outcome,
            outcome_facts: device.outcome_facts.iter().map(ReceiptFactOut::from).collect(),
            returned: proof(&device.returned, Fact::Returned),
            condition: device.condition,
            reset: proof(&device.reset, Fact::Reset),
            wiped: proof(&device.wiped, Fact::Wiped),
            required_wipe_level: device.required_wipe,
            wipe_method: device.wipe_method,
            codes: device
                .codes
                .iter()
                .map(|(kind, answer)| ReceiptCodeOut {
                    kind: *kind,
                    answer: *answer,
                })
                .collect(),
            accessories: device
                .accessories
                .iter()
                .map(|(name, is_back)| AccessoryOut {
                    name: name.clone(),
                    is_back: *is_back,
                })
                .collect(),
            sim: device.sim,
        }
    }
}

impl From<&ReceiptSubscription> for ReceiptSubscriptionOut {
    fn from(subscription: &ReceiptSubscription) -> Self {
        Self {
            number: subscription.number.en.clone(),
            decision: subscription.decision,
            carried_out_on: subscription.carried_out_on,
            directory_updated_on: subscription.directory_updated_on,
            stays: subscription.stays,
        }
    }
}

/// A receipt with what proves that it is ours.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignedReceiptOut {
    /// What it says.
    #[serde(flatten)]
    receipt: ReceiptOut,
    /// The same, signed: a JWS in compact form (RFC 7515) with Ed25519. Its payload is an object with `iss`, the address
    /// of this service, and `receipt`, all the other members of this answer. The keys are at
    /// `/.well-known/handback-receipts/jwks.json`.
    #[schema(max_length = 4000000)]
    signed: String,
}

impl SignedReceiptOut {
    /// The receipt with its signature.
    pub const fn new(receipt: ReceiptOut, signed: String) -> Self {
        Self { receipt, signed }
    }
}

impl From<&Receipt> for ReceiptOut {
    fn from(receipt: &Receipt) -> Self {
        Self {
            case_number: receipt.case_number.clone(),
            title: TextsOut::of(|language| receipt.title(language)),
            has_deviation: receipt.has_deviation(),
            holder_name: receipt.holder_name.clone(),
            unit: receipt.unit.clone(),
            issuer: receipt.issuer.clone(),
            issued_at: receipt.issued_at,
            verification_code: receipt.verification_code.clone(),
            verify_url: receipt.verify_url.clone(),
            devices: receipt.devices.iter().map(Into::into).collect(),
            subscriptions: receipt.subscriptions.iter().map(Into::into).collect(),
            deviations: receipt
                .deviations
                .iter()
                .map(|deviation| TextsOut::of(|language| deviation.text(language)))
                .collect(),
        }
    }
}
