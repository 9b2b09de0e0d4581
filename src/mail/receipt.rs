//! The receipt: what was proved about each item of a case, and by whom, as rows of words.
//!
//! Must not round up. Whether the receipt is one "with deviation" is worked out from the facts
//! themselves, so a clean title can never stand above a lost phone.

use super::format::{date, date_time, list, pick, say};
use super::view::Phone;
use super::words::{
    CodeAnswer, CodeKind, Condition, DeviceOutcome, Fact, FactLevel, NumberDecision, SimAnswer, WipeMethod,
};
use crate::domain::language::Language;
use crate::domain::wipe::WipeLevel;
use chrono::{DateTime, NaiveDate, Utc};

/// How well something is known, since when and from whom.
#[derive(Clone)]
pub struct Proof {
    /// How well.
    pub level: FactLevel,
    /// The day it was established.
    pub on: Option<NaiveDate>,
    /// The name or function of who established it.
    pub by: Option<String>,
}

/// One device of the receipt.
#[derive(Clone)]
pub struct ReceiptDevice {
    /// Maker's model name.
    pub model: String,
    /// The last four characters of the serial number.
    pub serial_last4: String,
    /// What became of it.
    pub outcome: DeviceOutcome,
    /// That it came back.
    pub returned: Proof,
    /// In what condition.
    pub condition: Option<Condition>,
    /// That it is reset.
    pub reset: Proof,
    /// That it is wiped.
    pub wiped: Proof,
    /// The lowest level of wipe that was enough, by the policy that the case was opened under.
    pub required_wipe: WipeLevel,
    /// How it was wiped, if that is known.
    pub wipe_method: Option<WipeMethod>,
    /// The answer per kind of code.
    pub codes: Vec<(CodeKind, CodeAnswer)>,
    /// Accessories that were handed out, and whether each came back; nothing where nobody has said.
    pub accessories: Vec<(String, Option<bool>)>,
    /// What became of SIM and eSIM, if it was asked.
    pub sim: Option<SimAnswer>,
}

/// One subscription of the receipt.
#[derive(Clone)]
pub struct ReceiptSubscription {
    /// Its number.
    pub number: Phone,
    /// What was decided, if anything.
    pub decision: Option<NumberDecision>,
    /// When that was carried out.
    pub carried_out_on: Option<NaiveDate>,
    /// When the telephony directory was updated.
    pub directory_updated_on: Option<NaiveDate>,
}

/// Everything a receipt says.
#[derive(Clone)]
pub struct Receipt {
    /// The case number that people quote.
    pub case_number: String,
    /// Who handed in. `None` for a protected identity.
    pub holder_name: Option<String>,
    /// The unit of the holder.
    pub unit: String,
    /// The legal entity that issues the receipt.
    pub issuer: String,
    /// When it was issued.
    pub issued_at: DateTime<Utc>,
    /// Devices.
    pub devices: Vec<ReceiptDevice>,
    /// Subscriptions.
    pub subscriptions: Vec<ReceiptSubscription>,
    /// Deviations in the words of those who recorded them.
    pub deviations: Vec<String>,
    /// The code that authenticity is checked with.
    pub verification_code: String,
    /// Where it is checked.
    pub verify_url: Option<String>,
}

/// A heading with rows of name and text.
#[derive(Clone, PartialEq, Eq)]
pub struct FactGroup {
    /// What the rows are about.
    pub title: String,
    /// Name and text.
    pub rows: Vec<(&'static str, String)>,
}

impl Proof {
    fn text(&self, fact: Fact, language: Language) -> String {
        let level = self.level.text(fact, language);
        let who_when = [self.on.map(|day| date(language, day)), self.by.clone()]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>();
        if who_when.is_empty() {
            level.to_owned()
        } else {
            format!("{level}, {}", who_when.join(", "))
        }
    }
}

impl ReceiptDevice {
    fn has_deviation(&self) -> bool {
        let missing = match self.outcome {
            DeviceOutcome::Lost | DeviceOutcome::Stolen => true,
            DeviceOutcome::Returned
            | DeviceOutcome::Transferred
            | DeviceOutcome::BoughtOut
            | DeviceOutcome::Destroyed => false,
        };
        missing
            || [&self.returned, &self.reset, &self.wiped]
                .iter()
                .any(|proof| proof.level.is_deviation())
            || self.codes.iter().any(|(_, answer)| answer.is_deviation())
            || self.accessories.iter().any(|(_, back)| *back == Some(false))
    }

    fn rows(&self, language: Language) -> FactGroup {
        let mut rows = self.proof_rows(language);
        rows.extend(
            self.codes
                .iter()
                .map(|(kind, answer)| (kind.text(language), answer.text(language).to_owned())),
        );
        rows.push((
            pick(language, "Tillbehör", "Accessories"),
            self.accessories_text(language),
        ));
        if let Some(sim) = self.sim {
            rows.push((
                pick(language, "Sim-kort", "SIM card"),
                sim.text(language).to_owned(),
            ));
        }
        FactGroup {
            title: self.model.clone(),
            rows,
        }
    }

    fn proof_rows(&self, language: Language) -> Vec<(&'static str, String)> {
        let mut rows = vec![
            (
                pick(language, "Serienummer slutar på", "Serial number ends in"),
                self.serial_last4.clone(),
            ),
            (
                pick(language, "Resultat", "Outcome"),
                self.outcome.text(language).to_owned(),
            ),
            (
                pick(language, "Återlämnad", "Returned"),
                self.returned.text(Fact::Returned, language),
            ),
        ];
        if let Some(condition) = self.condition {
            rows.push((
                pick(language, "Skick", "Condition"),
                condition.text(language).to_owned(),
            ));
        }
        rows.push((
            pick(language, "Återställd", "Reset"),
            self.reset.text(Fact::Reset, language),
        ));
        rows.push((
            pick(language, "Rensad", "Wiped"),
            self.wiped.text(Fact::Wiped, language),
        ));
        rows.push((
            pick(language, "Krav på rensning", "Wipe requirement"),
            requirement(self.required_wipe, language).to_owned(),
        ));
        if let Some(method) = self.wipe_method {
            rows.push((
                pick(language, "Metod", "Method"),
                method.text(language).to_owned(),
            ));
        }
        rows
    }

    fn accessories_text(&self, language: Language) -> String {
        let named = |wanted: bool| {
            let names = self
                .accessories
                .iter()
                .filter(|(_, back)| *back == Some(wanted))
                .map(|(name, _)| name.as_str());
            list(language, &names.collect::<Vec<_>>())
        };
        let (back, missing) = (named(true), named(false));
        match (back.is_empty(), missing.is_empty()) {
            (true, true) if self.accessories.is_empty() => {
                pick(language, "Inga utlämnade", "None handed out").to_owned()
            }
            (true, true) => pick(language, "Inte kontrollerade", "Not checked").to_owned(),
            (false, true) => say!(language, "Tillbaka: {back}", "Back: {back}"),
            (true, false) => say!(language, "Saknas: {missing}", "Missing: {missing}"),
            (false, false) => say!(
                language,
                "Tillbaka: {back}. Saknas: {missing}",
                "Back: {back}. Missing: {missing}"
            ),
        }
    }
}

/// What the policy asked for, in words that say what was accepted and not what was done.
const fn requirement(level: WipeLevel, language: Language) -> &'static str {
    match level {
        WipeLevel::None | WipeLevel::Ordered => pick(language, "Inget", "None"),
        WipeLevel::Attested => pick(
            language,
            "Minst mottagarens uppgift",
            "At least the receiver's statement",
        ),
        WipeLevel::Acknowledged => pick(
            language,
            "Minst telefonens egen rapport",
            "At least the phone's own report",
        ),
        WipeLevel::Verified => pick(
            language,
            "Minst en teknikers kontroll",
            "At least a technician's check",
        ),
        WipeLevel::Certified => pick(
            language,
            "Intyg om radering eller destruktion",
            "A certificate of erasure or destruction",
        ),
    }
}

impl ReceiptSubscription {
    /// Undecided, or decided and not done.
    const fn has_deviation(&self) -> bool {
        self.decision.is_none() || self.carried_out_on.is_none() || self.directory_updated_on.is_none()
    }

    fn rows(&self, language: Language) -> FactGroup {
        let number = self.number.show(language);
        let not_yet = pick(language, "Inte klart än", "Not done yet");
        let day = |on: Option<NaiveDate>| on.map_or_else(|| not_yet.to_owned(), |on| date(language, on));
        let decision = self.decision.map_or_else(
            || pick(language, "Inget beslut", "No decision"),
            |decision| decision.text(language),
        );
        FactGroup {
            title: say!(language, "Abonnemang {number}", "Subscription {number}"),
            rows: vec![
                (pick(language, "Beslut", "Decision"), decision.to_owned()),
                (
                    pick(language, "Genomfört", "Carried out"),
                    day(self.carried_out_on),
                ),
                (
                    pick(language, "Katalog uppdaterad", "Directory updated"),
                    day(self.directory_updated_on),
                ),
            ],
        }
    }
}

impl Receipt {
    /// Whether anything of it is not as it should be.
    pub fn has_deviation(&self) -> bool {
        !self.deviations.is_empty()
            || self.devices.iter().any(ReceiptDevice::has_deviation)
            || self.subscriptions.iter().any(ReceiptSubscription::has_deviation)
    }

    /// "Kvittens" or "Kvittens med avvikelse".
    pub fn title(&self, language: Language) -> &'static str {
        if self.has_deviation() {
            pick(language, "Kvittens med avvikelse", "Receipt with deviation")
        } else {
            pick(language, "Kvittens", "Receipt")
        }
    }

    /// Whether there are devices and each of them was handed in.
    pub fn all_returned(&self) -> bool {
        !self.devices.is_empty()
            && self
                .devices
                .iter()
                .all(|device| device.outcome == DeviceOutcome::Returned)
    }

    /// The rows about the case itself.
    pub fn case_rows(&self, language: Language) -> FactGroup {
        let holder = self
            .holder_name
            .as_ref()
            .map_or_else(|| self.unit.clone(), |name| format!("{name}, {}", self.unit));
        FactGroup {
            title: pick(language, "Ärende", "Case").to_owned(),
            rows: vec![
                (
                    pick(language, "Ärendenummer", "Case number"),
                    self.case_number.clone(),
                ),
                (pick(language, "Innehavare", "Holder"), holder),
                (
                    pick(language, "Utfärdad", "Issued"),
                    date_time(language, self.issued_at),
                ),
                (pick(language, "Utfärdare", "Issuer"), self.issuer.clone()),
                (
                    pick(language, "Kontrollkod", "Verification code"),
                    self.verification_code.clone(),
                ),
            ]
            .into_iter()
            .chain(self.verify_address().map(|address| {
                let checked_at = pick(language, "Kontrolleras på", "Checked at");
                (checked_at, address.to_owned())
            }))
            .collect(),
        }
    }

    /// Where the code is typed in, as somebody with the receipt on paper writes it.
    pub(super) fn verify_address(&self) -> Option<&str> {
        let url = self.verify_url.as_deref()?;
        let (page, _code) = url.rsplit_once('/')?;
        Some(page.split_once("://").map_or(page, |(_, address)| address))
    }

    /// One group of rows per item.
    pub fn item_rows(&self, language: Language) -> Vec<FactGroup> {
        let devices = self.devices.iter().map(|device| device.rows(language));
        devices
            .chain(
                self.subscriptions
                    .iter()
                    .map(|subscription| subscription.rows(language)),
            )
            .collect()
    }
}
