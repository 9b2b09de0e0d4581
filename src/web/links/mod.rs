//! The pages behind action links: `/c/{token}`, and the holder's own, `/s/{token}`. GET and HEAD change nothing, whatever opens the link; only a form that
//! came from our own page, with choices made in it, is an answer. No token reaches a log: the request log has the
//! route pattern.

mod form;
mod guard;
mod reply;
mod status;
mod status_form;

pub use guard::Misses;
pub use status::{show_status, submit_status};

use super::context::RequestContext;
use super::extract::RawBody;
use super::middleware::client_ip;
use super::pages::confirm::{
    ANSWER_FIELD, COLLEAGUE_FIELD, DeviceQuestion, ErrorMessage, FieldError, device_field,
};
use super::pages::{ErrorKind, ErrorPage, GonePage, Renewed};
use super::problem::{Problem, ProblemType};
use super::state::State;
use crate::domain::language::Language;
use crate::services::ServiceError;
use crate::services::links::{self, LinkPage, Outcome, Question, Renewal};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use form::Form;
use reply::Shown;
use std::sync::Arc;
use url::form_urlencoded;

/// One request for a link's page.
struct Visit {
    state: Arc<State>,
    request: HttpRequest,
    request_id: String,
    token: String,
    /// What the address of the page begins with.
    root: &'static str,
    /// The language that the visitor chose on the page.
    chosen: Option<Language>,
}

/// Shows what a link asks, or what was answered.
///
/// # Errors
/// The server was put together without state.
pub async fn show(request: HttpRequest, token: web::Path<String>) -> Result<HttpResponse, Problem> {
    let visit = Visit::new(request, (CONFIRM, token.into_inner()))?;
    Ok(visit.show().await)
}

/// Takes an answer.
///
/// # Errors
/// A body of another media type than a form's; the server was put together without state.
pub async fn submit(
    request: HttpRequest,
    token: web::Path<String>,
    body: RawBody,
) -> Result<HttpResponse, Problem> {
    if !guard::is_form(&request) {
        return Err(Problem::new(ProblemType::UnsupportedMediaType)
            .header("accept", "application/x-www-form-urlencoded"));
    }
    let visit = Visit::new(request, (CONFIRM, token.into_inner()))?;
    let public_url = visit.state.app.config.public_url.clone();
    if !guard::is_from_our_page(&visit.request, &public_url) {
        return Ok(visit.error(StatusCode::FORBIDDEN, ErrorKind::Refused));
    }
    let form = Form::parse(&body.0);
    let csrf = guard::form_token(&visit.request, &public_url);
    let is_ours = guard::is_same_form(&visit.request, &public_url, &form);
    match form.get(ACT_FIELD) {
        UNDO => return Ok(visit.undo(&form, is_ours).await),
        NEW_LINK => return Ok(visit.renew(is_ours).await),
        _ => {}
    }
    Ok(match links::open(&visit.state.app, &visit.token).await {
        Ok(LinkPage::Asks(question)) if !is_ours => {
            let expired = wrong(ANSWER_FIELD.to_owned(), ErrorMessage::FormExpired);
            visit.ask(&question, &csrf, Shown::again(&form, vec![expired]))
        }
        Ok(LinkPage::Asks(question)) => visit.take(&question, &form, &csrf).await,
        Ok(LinkPage::Recorded(_)) if !is_ours => visit.error(StatusCode::FORBIDDEN, ErrorKind::Refused),
        // The same answer once more, or another one: that is for the service to tell, from what was asked then.
        Ok(LinkPage::Recorded(_)) => visit.repeat(&form).await,
        Err(error) => visit.refuse(&error),
    })
}

/// The hidden field that tells the small forms from the answer.
const ACT_FIELD: &str = "act";
/// Where whoever is asked confirms.
const CONFIRM: &str = "/c";
/// The holder's own page.
const STATUS: &str = "/s";
const UNDO: &str = "undo";
const NEW_LINK: &str = "new_link";

const fn wrong(field: String, message: ErrorMessage) -> FieldError {
    FieldError { field, message }
}

impl Visit {
    fn new(request: HttpRequest, (root, token): (&'static str, String)) -> Result<Self, Problem> {
        let state = State::of(&request)?;
        let context = RequestContext::of(&request);
        let request_id = context.map_or_else(String::new, |context| context.request_id().to_owned());
        let chosen = form_urlencoded::parse(request.query_string().as_bytes())
            .find(|(name, _)| name == "lang")
            .and_then(|(_, value)| value.parse().ok());
        Ok(Self {
            state,
            request,
            request_id,
            token,
            root,
            chosen,
        })
    }

    /// What the link shows to somebody who opens it.
    async fn show(&self) -> HttpResponse {
        match links::open(&self.state.app, &self.token).await {
            Ok(LinkPage::Asks(question)) => {
                let csrf = guard::form_token(&self.request, &self.state.app.config.public_url);
                self.ask(&question, &csrf, Shown::default())
            }
            Ok(LinkPage::Recorded(recorded)) => self.recorded(&recorded, false),
            Err(error) => self.refuse(&error),
        }
    }

    /// Where this page is, in the language that was chosen.
    fn address(&self, language: Option<Language>) -> String {
        let (root, token) = (self.root, &self.token);
        language.map_or_else(
            || format!("{root}/{token}"),
            |language| format!("{root}/{token}?lang={language}"),
        )
    }

    /// Reads the form and hands the answer on.
    async fn take(&self, question: &Question, form: &Form, csrf: &str) -> HttpResponse {
        let answer = match form::read(form, question) {
            Ok(answer) => answer,
            Err(errors) => return self.ask(question, csrf, Shown::again(form, errors)),
        };
        let answered = links::answer(&self.state.app, &self.request_id, &self.token, answer).await;
        match answered {
            Ok(Outcome::Recorded) => self.see_other(),
            Ok(Outcome::AlreadyRecorded(recorded)) => self.recorded(&recorded, true),
            Ok(Outcome::TooSoon) => self.error(StatusCode::TOO_MANY_REQUESTS, ErrorKind::TooMany),
            // An address that was tried in vain counts like a dead link: nobody is to find out who works here.
            Ok(Outcome::NoSuchColleague) if !self.admits_miss() => {
                self.error(StatusCode::TOO_MANY_REQUESTS, ErrorKind::TooMany)
            }
            Ok(Outcome::NoSuchColleague) => {
                let unknown = wrong(COLLEAGUE_FIELD.to_owned(), ErrorMessage::ColleagueUnknown);
                self.ask(question, csrf, Shown::again(form, vec![unknown]))
            }
            Ok(Outcome::WrongDevice(items)) => {
                let places = question.devices.iter().enumerate();
                let errors = places
                    .filter(|(_, device)| items.contains(&device.item))
                    .map(|(index, _)| {
                        let field = device_field(index, DeviceQuestion::Serial);
                        wrong(field, ErrorMessage::SerialMismatch)
                    });
                self.ask(question, csrf, Shown::again(form, errors.collect()))
            }
            Err(error) => self.refuse(&error),
        }
    }

    /// An answer to a link that is used up already.
    async fn repeat(&self, form: &Form) -> HttpResponse {
        match links::repeat(&self.state.app, &self.token, &form.fingerprint()).await {
            Ok(recorded) => self.recorded(&recorded, true),
            Err(error) => self.refuse(&error),
        }
    }

    /// Takes the answer back, if the box is ticked: a program that sends the form as it is changes nothing. Whoever had
    /// the page open for too long gets it anew.
    async fn undo(&self, form: &Form, is_ours: bool) -> HttpResponse {
        let app = &self.state.app;
        if !is_ours || form.get(UNDO).is_empty() {
            return match links::open(app, &self.token).await {
                Ok(LinkPage::Recorded(recorded)) => self.recorded_with(&recorded, false, true),
                Ok(LinkPage::Asks(_)) => self.see_other(),
                Err(error) => self.refuse(&error),
            };
        }
        match links::undo(app, &self.request_id, &self.token).await {
            Ok(()) => self.see_other(),
            Err(ServiceError::Conflict { .. }) => self.error(StatusCode::CONFLICT, ErrorKind::TooLateToUndo),
            Err(error) => self.refuse(&error),
        }
    }

    /// Has a new link sent; whoever had the page open for too long gets it anew. Of a link that never was one, the same is said as of one whose case is open.
    async fn renew(&self, is_ours: bool) -> HttpResponse {
        if !is_ours {
            return self.show().await;
        }
        if !self.admits_miss() {
            return self.error(StatusCode::TOO_MANY_REQUESTS, ErrorKind::TooMany);
        }
        let app = &self.state.app;
        match links::renew(app, &self.request_id, &self.token).await {
            Ok(Renewal::StillWorks) => self.see_other(),
            Ok(Renewal::NothingToAnswer) => self.renewed(Renewed::NothingToAnswer),
            Ok(Renewal::OnItsWay(at)) => {
                let is_later = at > app.clock.now();
                self.renewed(Renewed::OnItsWay(is_later.then_some(at)))
            }
            Err(ServiceError::Gone) => self.renewed(Renewed::OnItsWay(links::next_departure(app))),
            Err(error) => self.refuse(&error),
        }
    }

    /// What a refusal looks like. Every dead link looks the same.
    fn refuse(&self, error: &ServiceError) -> HttpResponse {
        match error {
            ServiceError::Gone | ServiceError::NotFound(_) => self.gone(),
            ServiceError::Conflict { .. }
            | ServiceError::Quarantined { .. }
            | ServiceError::Domain(_)
            | ServiceError::Stale { .. } => self.error(StatusCode::CONFLICT, ErrorKind::Conflict),
            ServiceError::Invalid(_) | ServiceError::UsedUp { .. } => {
                self.error(StatusCode::UNPROCESSABLE_ENTITY, ErrorKind::Invalid)
            }
            ServiceError::LimitReached { .. } => {
                self.error(StatusCode::TOO_MANY_REQUESTS, ErrorKind::TooMany)
            }
            ServiceError::Busy | ServiceError::Unavailable => {
                self.error(StatusCode::SERVICE_UNAVAILABLE, ErrorKind::Unavailable)
            }
            ServiceError::TokenRevoked
            | ServiceError::BadFile(_)
            | ServiceError::Forbidden(_)
            | ServiceError::KeyReused
            | ServiceError::Internal(_) => {
                tracing::error!(request_id = self.request_id, %error, "an answer by link failed");
                self.error(StatusCode::INTERNAL_SERVER_ERROR, ErrorKind::Fault)
            }
        }
    }

    /// Whether the visitor's network may come with one more dead link.
    fn admits_miss(&self) -> bool {
        let trusted = &self.state.app.config.http.trusted_proxies;
        let caller = client_ip(&self.request, trusted);
        self.state.link_misses.admit(caller)
    }

    fn gone(&self) -> HttpResponse {
        if !self.admits_miss() {
            return self.error(StatusCode::TOO_MANY_REQUESTS, ErrorKind::TooMany);
        }
        let language = self.chosen.unwrap_or_default();
        let csrf = guard::form_token(&self.request, &self.state.app.config.public_url);
        let page = GonePage {
            language,
            site: reply::site(&self.state.app),
            csrf: csrf.clone(),
            // The holder's page goes when there is nothing more to say on it.
            can_renew: self.root == CONFIRM,
        };
        self.with_cookie(reply::page(StatusCode::GONE, language, page.render()), &csrf)
    }

    fn error(&self, status: StatusCode, kind: ErrorKind) -> HttpResponse {
        let language = self.chosen.unwrap_or_default();
        let page = ErrorPage {
            language,
            site: reply::site(&self.state.app),
            kind,
            reference: Some(self.request_id.clone()),
        };
        reply::page(status, language, page.render())
    }

    fn see_other(&self) -> HttpResponse {
        let mut answer = HttpResponse::SeeOther();
        answer.insert_header(("location", self.address(self.chosen)));
        reply::guarded(&mut answer).finish()
    }
}
