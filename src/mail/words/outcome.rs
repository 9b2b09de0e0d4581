//! What a receipt says about an outcome beside its name: who decided, on what terms, and who stands for a damage.

use crate::domain::language::Language;
use crate::domain::termination::{CostBearer, DamageCause};
use crate::mail::format::{amount, date, pick, say};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// One thing that a receipt says about an outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "fact", content = "of")]
pub enum OutcomeFact {
    /// The number of the police report.
    PoliceReport(String),
    /// Who decided.
    DecidedBy(String),
    /// What the device is worth on the market, in öre.
    MarketValue(u64),
    /// Who has the device from now on: a unit or a legal entity, never a person.
    Recipient(String),
    /// By whom it was destroyed, and when.
    DestroyedBy(String, NaiveDate),
    /// What the certificate of destruction is called.
    Certificate(String),
    /// The last day of a loan.
    LentUntil(NaiveDate),
    /// When the holder had it again.
    HandedBackOn(NaiveDate),
    /// That it is damaged, and why.
    Damage(DamageCause),
    /// Who stands for the cost of the damage.
    Cost(CostBearer),
}

impl OutcomeFact {
    /// The name and the text of the row.
    pub fn row(&self, language: Language) -> (&'static str, String) {
        match self {
            Self::PoliceReport(number) => (pick(language, "Polisanmälan", "Police report"), number.clone()),
            Self::DecidedBy(by) => (pick(language, "Beslut av", "Decided by"), by.clone()),
            Self::MarketValue(ore) => (
                pick(language, "Marknadsvärde", "Market value"),
                amount(language, *ore),
            ),
            Self::Recipient(name) => (pick(language, "Överförd till", "Moved to"), name.clone()),
            Self::DestroyedBy(by, on) => (
                pick(language, "Destruerad av", "Destroyed by"),
                format!("{by}, {}", date(language, *on)),
            ),
            Self::Certificate(name) => (pick(language, "Intyg", "Certificate"), name.clone()),
            Self::LentUntil(day) => (
                pick(language, "Utlånad till och med", "Lent until"),
                date(language, *day),
            ),
            Self::HandedBackOn(day) => (
                pick(language, "Tillbaka hos innehavaren", "Back with the holder"),
                date(language, *day),
            ),
            Self::Damage(cause) => (
                pick(language, "Skada", "Damage"),
                cause_text(*cause, language).to_owned(),
            ),
            Self::Cost(bearer) => (
                pick(language, "Kostnad för skadan", "Cost of the damage"),
                cost_text(*bearer, language),
            ),
        }
    }
}

const fn cause_text(cause: DamageCause, language: Language) -> &'static str {
    match cause {
        DamageCause::Accident => pick(language, "Olyckshändelse", "Accident"),
        DamageCause::Wear => pick(language, "Slitage", "Wear"),
        DamageCause::Fault => pick(language, "Fel på telefonen", "A fault of the phone"),
        DamageCause::ThirdParty => pick(language, "Orsakad av någon annan", "Caused by somebody else"),
        DamageCause::Carelessness => pick(language, "Oaktsamhet", "Carelessness"),
        DamageCause::Intent => pick(language, "Uppsåt", "Intent"),
        DamageCause::Unknown => pick(language, "Okänd orsak", "Unknown cause"),
    }
}

/// Whoever is to pay is told how to object.
fn cost_text(bearer: CostBearer, language: Language) -> String {
    match bearer {
        CostBearer::Employer => say!(
            language,
            "Arbetsgivaren står för kostnaden",
            "The employer stands for the cost"
        ),
        CostBearer::Insurance => say!(
            language,
            "Försäkringen står för kostnaden",
            "The insurance stands for the cost"
        ),
        CostBearer::Holder => say!(
            language,
            "Innehavaren står för kostnaden enligt beslut. Den som inte håller med kan invända hos utfärdaren och \
             ange ärendenumret",
            "The holder stands for the cost by decision. Whoever disagrees can object to the issuer, quoting the \
             case number"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fact_has_its_own_words_in_both_languages() {
        let on = NaiveDate::from_ymd_opt(2027, 3, 1).unwrap();
        let mut facts = vec![
            OutcomeFact::PoliceReport("K1".to_owned()),
            OutcomeFact::DecidedBy("X".to_owned()),
            OutcomeFact::MarketValue(120_000),
            OutcomeFact::Recipient("Y".to_owned()),
            OutcomeFact::DestroyedBy("Z".to_owned(), on),
            OutcomeFact::Certificate("C".to_owned()),
            OutcomeFact::LentUntil(on),
            OutcomeFact::HandedBackOn(on),
        ];
        facts.extend(DamageCause::ALL.iter().map(|cause| OutcomeFact::Damage(*cause)));
        facts.extend(CostBearer::ALL.iter().map(|bearer| OutcomeFact::Cost(*bearer)));
        for fact in facts {
            let (sv, en) = (fact.row(Language::Sv), fact.row(Language::En));
            assert!(!sv.1.is_empty() && sv.0 != en.0, "{fact:?}");
        }
        let (_, holder) = OutcomeFact::Cost(CostBearer::Holder).row(Language::Sv);
        assert!(holder.contains("invända"), "{holder}");
    }
}
