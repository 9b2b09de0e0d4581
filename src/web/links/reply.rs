//! From what the services say to pages with their headers.

use super::form::Form;
use super::{Visit, guard};
use crate::app::App;
use crate::domain::action_link::LinkAnswer;
use crate::domain::language::Language;
use crate::mail::Phone;
use crate::mail::format::pick;
use crate::services::links::{AlongAsked, HandedTo, OpenItem, Question, RecordedAnswer, Undoable};
use crate::web::pages::confirm::{
    AbsenceFacts, AlongQuestion, CaseAnswer, ConfirmPage, DeviceItem, Entered, FieldError, SubscriptionItem,
};
use crate::web::pages::{self, DonePage, Renewed, RenewedPage, Site, Undo, style_sha256_base64};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, HttpResponseBuilder};
use chrono::TimeDelta;

/// For so long after an answer its page says thank you; later, that it was recorded.
const JUST_NOW: TimeDelta = TimeDelta::minutes(10);

/// What a page of questions shows besides the questions.
#[derive(Default)]
pub(super) struct Shown {
    pub(super) entered: Entered,
    pub(super) errors: Vec<FieldError>,
}

impl Shown {
    /// What was entered, and what is wrong with it.
    pub(super) fn again(form: &Form, errors: Vec<FieldError>) -> Self {
        Self {
            entered: form.entered(),
            errors,
        }
    }
}

/// Whose pages these are.
pub(super) fn site(app: &App) -> Site {
    let mail = &app.config.mail;
    Site {
        service_name: mail.service_name.clone(),
        municipality: mail.municipality.clone(),
        help_phone: Phone::as_configured(&mail.phone),
        accessibility_url: None,
    }
}

/// A page that nobody keeps, indexes, frames or runs scripts on. The whole address never leaves as a referrer; the
/// origin does, because without it our own form would come without one.
pub(super) fn page(
    status: StatusCode,
    language: Language,
    html: Result<String, askama::Error>,
) -> HttpResponse {
    let mut answer = HttpResponse::build(status);
    let answer = guarded(&mut answer);
    match html {
        Ok(html) => answer
            .content_type("text/html; charset=utf-8")
            .insert_header(("content-language", language.as_str()))
            .body(html),
        Err(error) => {
            tracing::error!(%error, "a page could not be written");
            HttpResponse::InternalServerError().finish()
        }
    }
}

/// The headers of everything under `/c/`.
pub(super) fn guarded(answer: &mut HttpResponseBuilder) -> &mut HttpResponseBuilder {
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        style_sha256_base64()
    );
    answer
        .insert_header(("content-security-policy", policy))
        .insert_header(("referrer-policy", "strict-origin"))
        .insert_header(("cache-control", "no-store"))
        .insert_header(("x-robots-tag", "noindex"))
}

impl Visit {
    /// The questions; with status 422 if there was something wrong with the answers.
    pub(super) fn ask(&self, question: &Question, csrf: &str, shown: Shown) -> HttpResponse {
        let language = self.chosen.unwrap_or(question.language);
        let status = if shown.errors.is_empty() {
            StatusCode::OK
        } else {
            StatusCode::UNPROCESSABLE_ENTITY
        };
        let confirm = ConfirmPage {
            language,
            site: site(&self.state.app),
            language_switch: Some(self.address(Some(other(language)))),
            action: self.address(self.chosen),
            csrf: csrf.to_owned(),
            case_number: question.number.clone(),
            holder_name: question.holder_name.clone(),
            last_day: question.last_day,
            return_by: question.return_by,
            coordinator: question.coordinator.clone(),
            undone_at: question.undone_at,
            devices: question.devices.iter().map(device).collect(),
            subscriptions: question.subscriptions.iter().map(subscription).collect(),
            absence: question.absence.as_ref().map(|leave| AbsenceFacts {
                from: leave.from,
                back_on: leave.back_on,
                borrowers: leave
                    .borrowers
                    .iter()
                    .map(|(id, name)| (id.to_string(), name.clone()))
                    .collect(),
            }),
            entered: shown.entered,
            errors: shown.errors,
        };
        self.with_cookie(page(status, language, confirm.render()), csrf)
    }

    /// A page with a form on it, and the cookie that goes with the form.
    pub(super) fn with_cookie(&self, mut answer: HttpResponse, csrf: &str) -> HttpResponse {
        let cookie = guard::form_cookie(csrf, &self.state.app.config.public_url);
        if let Err(error) = answer.add_cookie(&cookie) {
            tracing::error!(%error, "a form cookie could not be set");
        }
        answer
    }

    /// The answer that was given. `again` says that it was sent once more just now.
    pub(super) fn recorded(&self, recorded: &RecordedAnswer, again: bool) -> HttpResponse {
        self.recorded_with(recorded, again, false)
    }

    /// The same; `is_unticked` says that the answer was to be taken back without the box being ticked.
    pub(super) fn recorded_with(
        &self,
        recorded: &RecordedAnswer,
        again: bool,
        is_unticked: bool,
    ) -> HttpResponse {
        let csrf = guard::form_token(&self.request, &self.state.app.config.public_url);
        let language = self.chosen.unwrap_or(recorded.language);
        let age = self.state.app.clock.now() - recorded.recorded_at;
        let done = DonePage {
            language,
            site: site(&self.state.app),
            language_switch: Some(self.address(Some(other(language)))),
            case_number: recorded.number.clone(),
            answer: case_answer(recorded.answer),
            recorded_by: recorded.recorded_by.clone(),
            recorded_at: recorded.recorded_at,
            already_recorded: again || age > JUST_NOW,
            handed_to: recorded.handed_to.as_ref().map(|to| match to {
                HandedTo::Named(name) => name.clone(),
                HandedTo::Colleague => {
                    pick(language, "Kollegan som du angav", "The colleague you named").to_owned()
                }
            }),
            open: recorded
                .open
                .iter()
                .map(|item| open_item(item, language))
                .collect(),
            receipt_url: None,
            undo: match recorded.undoable {
                Undoable::Until(until) => Undo::Until(until, is_unticked),
                Undoable::Completed => Undo::ReceiptSent,
                Undoable::No => Undo::No,
            },
            can_renew: recorded.can_renew && recorded.rests.is_none(),
            rests: recorded.rests,
            csrf: csrf.clone(),
        };
        let status = if is_unticked {
            StatusCode::UNPROCESSABLE_ENTITY
        } else {
            StatusCode::OK
        };
        self.with_cookie(page(status, language, done.render()), &csrf)
    }

    /// What came of asking for a new link.
    pub(super) fn renewed(&self, outcome: Renewed) -> HttpResponse {
        let language = self.chosen.unwrap_or_default();
        let renewed = RenewedPage {
            language,
            site: site(&self.state.app),
            outcome,
        };
        page(StatusCode::OK, language, renewed.render())
    }
}

pub(super) const fn other(language: Language) -> Language {
    match language {
        Language::Sv => Language::En,
        Language::En => Language::Sv,
    }
}

fn device(asked: &crate::services::links::AskedDevice) -> DeviceItem {
    DeviceItem {
        model: asked.model.clone(),
        serial_last4: asked.serial_last4.clone(),
        accessories: asked.accessories.clone(),
        open: asked.open.clone(),
        done: asked.done.clone(),
        hold: asked.hold,
        along: asked.along.map(|along| match along {
            AlongAsked::Propose => AlongQuestion::Propose,
            AlongAsked::Accept => AlongQuestion::Accept,
            AlongAsked::Elsewhere => AlongQuestion::Elsewhere,
        }),
        declared: asked.declared.clone(),
        codes_said: asked.codes_said.clone(),
    }
}

fn subscription(asked: &crate::services::links::AskedSubscription) -> SubscriptionItem {
    SubscriptionItem {
        number: asked.number.clone(),
        decided: asked.decided,
        is_done: asked.is_done,
        can_be_changed: asked.can_be_changed(),
        release_by: asked.release_by,
        is_requested: asked.is_requested,
        is_recovery_number: asked.is_recovery_number,
    }
}

fn open_item(item: &OpenItem, language: Language) -> pages::OpenItem {
    let number = item
        .number
        .as_ref()
        .map(|number| number.show(language).to_owned());
    pages::OpenItem {
        label: item.model.clone().or(number).unwrap_or_default(),
        checks: item.checks.clone(),
    }
}

const fn case_answer(answer: LinkAnswer) -> CaseAnswer {
    match answer {
        LinkAnswer::Confirm => CaseAnswer::Confirm,
        LinkAnswer::WrongDate => CaseAnswer::WrongDate,
        LinkAnswer::HandOver => CaseAnswer::HandOver,
    }
}
