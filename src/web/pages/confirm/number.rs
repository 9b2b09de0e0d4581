//! What the page asks about a number, and what it says of one that was decided about.

use super::number_field;
use crate::domain::language::Language;
use crate::mail::Phone;
use crate::mail::format::{date, pick, say};
use crate::mail::words::NumberDecision;
use crate::web::pages::fields::{Builder, Field, Section};
use chrono::NaiveDate;

/// A subscription to answer for. Its place in the list makes the name of its field.
#[derive(Clone)]
pub struct SubscriptionItem {
    /// Its number.
    pub number: Phone,
    /// What is decided already; asked for when nothing is.
    pub decided: Option<NumberDecision>,
    /// Whether what is decided is done.
    pub is_done: bool,
    /// Whether it can be decided here, for the first time or in another way.
    pub can_be_changed: bool,
    /// The day by which the operator has to release a number that is to go to its holder.
    pub release_by: Option<NaiveDate>,
    /// Whether the holder asks to take the number over.
    pub is_requested: bool,
    /// Whether somebody signs in or recovers an account with the number.
    pub is_recovery_number: bool,
}

pub(super) fn section(builder: &Builder<'_>, index: usize, item: &SubscriptionItem) -> Section {
    let language = builder.language;
    let number = item.number.unbroken(language);
    let mut fields = Vec::new();
    if item.can_be_changed {
        fields.push(question(builder, index, item));
    }
    Section {
        heading: say!(language, "Abonnemang {number}", "Subscription {number}"),
        done: decided(builder, item),
        said: Vec::new(),
        fields,
    }
}

/// "Bestämt: Numret överlåts till innehavaren. Kundtjänsten gör resten."
fn decided(builder: &Builder<'_>, item: &SubscriptionItem) -> Option<String> {
    let language = builder.language;
    let text = item.decided?.text(language);
    if item.is_done {
        return Some(say!(
            language,
            "Redan bestämt: {text}.",
            "Already decided: {text}."
        ));
    }
    let mut said = say!(
        language,
        "Bestämt: {text}. Kundtjänsten gör resten.",
        "Decided: {text}. The service desk does the rest."
    );
    if let Some(day) = item.release_by {
        let day = date(language, day);
        said.push(' ');
        said.push_str(&say!(
            language,
            "Operatören måste släppa numret senast {day}.",
            "The operator must release the number by {day} at the latest."
        ));
    }
    // Where nothing is asked there is no hint that could say so.
    if item.is_recovery_number && !item.can_be_changed {
        said.push(' ');
        said.push_str(recovery(language));
    }
    Some(said)
}

fn question(builder: &Builder<'_>, index: usize, item: &SubscriptionItem) -> Field {
    let language = builder.language;
    let choices = NumberDecision::ALL.iter().map(|decision| {
        let (sv, en) = match decision {
            NumberDecision::Terminate => ("Avsluta abonnemanget", "End the subscription"),
            NumberDecision::Reuse => ("Återanvänd numret i enheten", "Reuse the number in the unit"),
            NumberDecision::Move => (
                "Flytta numret till en annan enhet eller ett annat bolag",
                "Move the number to another unit or company",
            ),
            NumberDecision::Transfer => (
                "Överlåt numret till innehavaren privat",
                "Transfer the number to the holder privately",
            ),
        };
        (decision.as_str(), pick(language, sv, en).to_owned())
    });
    let number = item.number.show(language);
    let legend = if item.decided.is_some() {
        say!(
            language,
            "Vill du ändra vad som ska hända med numret {number}?",
            "Do you want to change what happens to the number {number}?"
        )
    } else {
        say!(
            language,
            "Vad ska hända med numret {number}?",
            "What should happen to the number {number}?"
        )
    };
    let hint = hints(builder, item).join(" ");
    Field::Radios(builder.group(number_field(index), legend, Some(hint), choices))
}

const fn recovery(language: Language) -> &'static str {
    pick(
        language,
        "Numret används för att logga in eller återställa konton. Byt nummer där först.",
        "The number is used to sign in or to recover accounts. Change it there first.",
    )
}

fn hints(builder: &Builder<'_>, item: &SubscriptionItem) -> Vec<&'static str> {
    let language = builder.language;
    let mut hints = Vec::new();
    if item.decided.is_some() {
        hints.push(pick(
            language,
            "Välj bara om något annat ska hända.",
            "Choose only if something else is to happen.",
        ));
    }
    if item.is_recovery_number {
        hints.push(recovery(language));
    }
    if item.is_requested {
        hints.push(pick(
            language,
            "Innehavaren vill ta över numret privat. Du bestämmer.",
            "The holder wants to take the number over privately. You decide.",
        ));
    }
    hints.push(pick(
        language,
        "Ett tjänstenummer överlåts normalt inte till innehavaren.",
        "A service number is normally not transferred to the holder.",
    ));
    hints
}
