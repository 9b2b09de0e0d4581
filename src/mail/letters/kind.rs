//! What the kind of case changes in a letter: somebody has died, was sent home, or goes on elsewhere.

use super::common::{holder, holder_first};
use crate::domain::termination::TerminationKind;
use crate::mail::format::{date, pick, say};
use crate::mail::letter::Block;
use crate::mail::noun::Thing;
use crate::mail::view::MailView;

/// What the receiver is asked for, where it is not to confirm a return on the last day.
pub(super) fn request(view: &MailView, by: &str) -> Option<String> {
    let language = view.language;
    let (the, holder_first) = (Thing::of(&view.case, language).the(), holder_first(view));
    match view.case.kind {
        TerminationKind::Deceased => Some(say!(
            language,
            "{holder_first} har gått bort. Du ansvarar för att {the} kommer tillbaka. Svara senast {by}, även om det bara är att det dröjer.",
            "{holder_first} has died. You are responsible for getting {the} back. Please answer by {by}, even if only to say that it takes longer."
        )),
        TerminationKind::Transfer if view.case.is_proposed => Some(say!(
            language,
            "{holder_first} går vidare till ett uppdrag hos dig och kan ta med sig {the}. Svara senast {by} om du tar över ansvaret.",
            "{holder_first} moves on to work with you and can bring {the} along. Please answer by {by} whether you take it over."
        )),
        TerminationKind::Transfer => Some(say!(
            language,
            "{holder_first} går vidare till ett annat uppdrag i kommunen. Svara senast {by} om {the} ska följa med eller lämnas tillbaka.",
            "{holder_first} moves on to other work in the municipality. Please answer by {by} whether {the} goes along or is handed back."
        )),
        TerminationKind::Ordinary
        | TerminationKind::Immediate
        | TerminationKind::MandateEnd
        | TerminationKind::Absence => None,
    }
}

/// How somebody is asked again about the phone of a person who has died: nobody is late with that.
pub(super) fn asked_again(view: &MailView, by: &str) -> Option<String> {
    let language = view.language;
    let (the, holder) = (Thing::of(&view.case, language).the(), holder(view));
    (view.case.kind == TerminationKind::Deceased).then(|| {
        say!(
            language,
            "Vi har inte hört hur det går med {the} som {holder} hade. Svara senast {by}, även om det bara är att det dröjer.",
            "We have not heard about {the} that {holder} had. Please answer by {by}, even if only to say that it takes longer."
        )
    })
}

/// What whoever acts in the case has to know first: what the kind of case brings with it, and that HR has been asked
/// about the last day.
pub(super) fn notes(view: &MailView) -> Vec<Block> {
    note(view).into_iter().chain(hr_is_asked(view)).collect()
}

/// That HR has been asked whether the last day is right. The case goes on by the dates that it has.
pub(super) fn hr_is_asked(view: &MailView) -> Option<Block> {
    let on = date(view.language, view.case.hr_asked_on?);
    Some(Block::Paragraph(say!(
        view.language,
        "HR är tillfrågad om sista dagen stämmer, sedan {on}. Tills svaret kommer gäller datumen i ärendet.",
        "HR has been asked whether the last day is right, since {on}. Until the answer comes the dates of the case apply."
    )))
}

fn note(view: &MailView) -> Option<Block> {
    let language = view.language;
    let (the, holder) = (Thing::of(&view.case, language).the(), holder(view));
    let text = match view.case.kind {
        TerminationKind::Deceased => pick(
            language,
            "Ta kontakten med de närstående själv och i den takt som passar dem: vi skriver inte till dem. Ingenting rensas förrän någon har bestämt vad som ska hända med det privata innehållet.",
            "Please talk with the family yourself and at the pace that suits them: we do not write to them. Nothing is wiped until somebody has decided what happens to the private content.",
        )
        .to_owned(),
        TerminationKind::Immediate => say!(
            language,
            "Vi har inte skrivit till {holder}. Ta emot {the} personligen, om det går redan i dag. Ingenting rensas förrän någon har bestämt att innehållet inte behövs.",
            "We have not written to {holder}. Take {the} back in person, today if you can. Nothing is wiped until somebody has decided that the content is not needed."
        ),
        TerminationKind::Transfer if view.case.is_proposed => say!(
            language,
            "Ingenting rensas: {holder} fortsätter att använda {the}. Svarar du nej lämnas den tillbaka till den tidigare chefen.",
            "Nothing is wiped: {holder} goes on using {the}. If you say no, it is handed back to the former manager."
        ),
        TerminationKind::Transfer => say!(
            language,
            "Rensa inte {the} än. Följer den med? Svara det på sidan, så frågar vi den nya chefen. Ska den lämnas tillbaka? Ta emot den och bekräfta.",
            "Do not wipe {the} yet. Does it go along? Say so on the page and we will ask the new manager. Is it to be handed back? Take it and confirm."
        ),
        TerminationKind::Ordinary | TerminationKind::MandateEnd | TerminationKind::Absence => return None,
    };
    Some(Block::Paragraph(text))
}
