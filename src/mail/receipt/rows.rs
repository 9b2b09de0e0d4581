//! The receipt as rows of words, in either language.

use super::{Cause, Deviation, Proof, Receipt, ReceiptDevice, ReceiptSubscription};
use crate::domain::language::Language;
use crate::domain::wipe::WipeLevel;
use crate::mail::format::{date, date_time, list, pick, say};
use crate::mail::words::{CodeAnswer, Condition, DeviceOutcome, Fact};
use chrono::NaiveDate;

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
    fn rows(&self, language: Language) -> FactGroup {
        let mut rows = self.proof_rows(language);
        rows.extend(
            self.codes
                .iter()
                .map(|(kind, answer)| (kind.text(language), answer.text(language).to_owned())),
        );
        if self.outcome != DeviceOutcome::Kept {
            rows.push((
                pick(language, "Tillbehör", "Accessories"),
                self.accessories_text(language),
            ));
        }
        if let Some(sim) = self.sim.filter(|_| !self.is_with_holder()) {
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
        ];
        rows.extend(self.outcome_facts.iter().map(|fact| fact.row(language)));
        if self.outcome != DeviceOutcome::Kept {
            rows.push((
                pick(language, "Återlämnad", "Returned"),
                self.returned.text(Fact::Returned, language),
            ));
        }
        if let Some(condition) = self.condition {
            rows.push((
                pick(language, "Skick", "Condition"),
                condition.text(language).to_owned(),
            ));
        }
        if self.is_with_holder() {
            return rows;
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
    fn rows(&self, language: Language) -> FactGroup {
        let number = self.number.show(language);
        let not_yet = pick(language, "Inte klart än", "Not done yet");
        let day = |on: Option<NaiveDate>| on.map_or_else(|| not_yet.to_owned(), |on| date(language, on));
        let decision = self.decision.map_or_else(
            || pick(language, "Inget beslut", "No decision"),
            |decision| decision.text(language),
        );
        let title = say!(language, "Abonnemang {number}", "Subscription {number}");
        if self.stays {
            let stays = pick(
                language,
                "Oförändrat: innehavaren var bara frånvarande",
                "Unchanged: the holder was only away",
            );
            return FactGroup {
                title,
                rows: vec![(pick(language, "Beslut", "Decision"), stays.to_owned())],
            };
        }
        FactGroup {
            title,
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

impl Cause {
    fn text(&self, language: Language) -> String {
        match self {
            Self::Words(words) => words.clone(),
            Self::ReportedByReceiver => pick(
                language,
                "Anmäld som borta eller stulen av mottagaren",
                "Reported missing or stolen by the receiver",
            )
            .to_owned(),
            Self::Withheld => pick(
                language,
                "Orsaken visas inte i kvittensen. Den finns i ärendet hos kundtjänst",
                "The reason is not shown on the receipt. The service desk has it in the case",
            )
            .to_owned(),
        }
    }
}

impl Deviation {
    /// The deviation in words. Of a contradicted wipe never only the decision: that it is contradicted stands first.
    pub fn text(&self, language: Language) -> String {
        match self {
            Self::Recorded { cause } => cause.text(language),
            Self::Damaged { facts } => {
                let (damaged, facts) = (Condition::Damaged.text(language), facts.text(language));
                format!("{damaged}: {facts}")
            }
            Self::CodeRefused { code } => {
                let (code, refused) = (code.text(language), CodeAnswer::Refused.text(language));
                format!("{code}: {refused}")
            }
            Self::WipeContradicted { closed } => {
                let contradicted = pick(
                    language,
                    "Rensningen motsägs: telefonen har hörts av efteråt",
                    "The wipe is contradicted: the phone was heard of afterwards",
                );
                closed.as_ref().map_or_else(
                    || contradicted.to_owned(),
                    |cause| {
                        let why = cause.text(language);
                        let closed = pick(language, "Avslutat ändå", "Closed in spite of it");
                        format!("{contradicted}. {closed}: {why}")
                    },
                )
            }
        }
    }
}

impl Receipt {
    /// The deviations in words.
    pub fn deviation_texts(&self, language: Language) -> Vec<String> {
        let texts = self.deviations.iter().map(|deviation| deviation.text(language));
        texts.collect()
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
    pub(in crate::mail) fn verify_address(&self) -> Option<&str> {
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
