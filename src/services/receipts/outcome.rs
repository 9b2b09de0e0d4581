//! What a receipt says about what became of a device, beside the proofs.

use crate::db::{self, DbConnection};
use crate::domain::calendar::local_date;
use crate::domain::termination::{AbsencePlan, DisposalTerms, Item, Reason, TransferTo};
use crate::domain::text::looks_like_personal_number;
use crate::mail::words::OutcomeFact;
use crate::services::ServiceError;

/// The facts of the outcome of a device. Nothing about a breach of personal data: that is between the employer and the
/// authority.
pub(super) fn facts_in(connection: &mut DbConnection, item: &Item) -> Result<Vec<OutcomeFact>, ServiceError> {
    let mut facts = Vec::new();
    let reported = item.loss.as_ref().filter(|_| item.is_missing());
    let number = reported.and_then(|loss| loss.police_report.as_ref());
    facts.extend(number.and_then(shown).map(OutcomeFact::PoliceReport));
    if let Some(disposal) = &item.disposal {
        facts.extend(terms_in(connection, &disposal.terms)?);
        facts.extend(shown(&disposal.decided.by).map(OutcomeFact::DecidedBy));
    }
    if let Some(arrangement) = &item.arrangement {
        let handed_back = arrangement.handed_back.as_ref();
        facts.extend(handed_back.map(|act| OutcomeFact::HandedBackOn(local_date(act.at))));
        if let (AbsencePlan::Lend { employment, until }, true) = (arrangement.plan, item.is_let_go()) {
            let name = recipient_in(connection, TransferTo::Employment { employment })?;
            facts.extend(name.map(OutcomeFact::Recipient));
            facts.push(OutcomeFact::LentUntil(until));
        }
    }
    if let Some(damage) = &item.damage {
        facts.push(OutcomeFact::Damage(damage.cause));
        facts.push(OutcomeFact::Cost(damage.bearer()));
    }
    Ok(facts)
}

fn terms_in(connection: &mut DbConnection, terms: &DisposalTerms) -> Result<Vec<OutcomeFact>, ServiceError> {
    Ok(match terms {
        DisposalTerms::BoughtOut { market_value_ore, .. } => {
            vec![OutcomeFact::MarketValue(*market_value_ore)]
        }
        DisposalTerms::Destroyed {
            destroyed_by,
            destroyed_on,
            certificate,
        } => {
            let by = shown(destroyed_by).map(|by| OutcomeFact::DestroyedBy(by, *destroyed_on));
            let certificate = shown(certificate).map(OutcomeFact::Certificate);
            by.into_iter().chain(certificate).collect()
        }
        DisposalTerms::Transferred { to } => {
            let name = recipient_in(connection, *to)?;
            name.map(OutcomeFact::Recipient).into_iter().collect()
        }
    })
}

/// The unit or the legal entity that has the device from now on. Who works there is nobody else's business.
fn recipient_in(connection: &mut DbConnection, to: TransferTo) -> Result<Option<String>, ServiceError> {
    let unit = match to {
        TransferTo::LegalEntity { legal_entity } => {
            let entity = db::legal_entities::find(connection, legal_entity)?;
            return Ok(entity.map(|entity| entity.name));
        }
        TransferTo::Unit { unit } => Some(unit),
        TransferTo::Along { employment } | TransferTo::Employment { employment } => {
            db::employments::find(connection, employment)?.map(|employment| employment.unit_id)
        }
    };
    let Some(unit) = unit else { return Ok(None) };
    Ok(db::units::find(connection, unit)?.map(|unit| unit.name))
}

/// People's own words, unless they may hold a personal identity number: receipts are mailed.
fn shown(words: &Reason) -> Option<String> {
    let words = words.as_str();
    (!looks_like_personal_number(words)).then(|| words.to_owned())
}
