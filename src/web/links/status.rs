//! The holder's page, `/s/{token}`.

use super::form::Form;
use super::reply::{self, Shown, other};
use super::{STATUS, Visit, guard, status_form, wrong};
use crate::services::links::{self, Declared, HolderStatus};
use crate::web::extract::RawBody;
use crate::web::pages::ErrorKind;
use crate::web::pages::confirm::{ErrorMessage, MESSAGE_FIELD};
use crate::web::pages::status::StatusPage;
use crate::web::problem::{Problem, ProblemType};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use url::form_urlencoded;

/// Says, in the address of the page, that something was saved just now.
const SAVED: &str = "saved";

/// Shows the holder's page.
///
/// # Errors
/// The server was put together without state.
pub async fn show_status(request: HttpRequest, token: web::Path<String>) -> Result<HttpResponse, Problem> {
    let visit = Visit::new(request, (STATUS, token.into_inner()))?;
    Ok(match links::open_status(&visit.state.app, &visit.token).await {
        Ok(status) => visit.status(&status, Shown::default()),
        Err(error) => visit.refuse(&error),
    })
}

/// Takes what the holder says.
///
/// # Errors
/// A body of another media type than a form's; the server was put together without state.
pub async fn submit_status(
    request: HttpRequest,
    token: web::Path<String>,
    body: RawBody,
) -> Result<HttpResponse, Problem> {
    if !guard::is_form(&request) {
        return Err(Problem::new(ProblemType::UnsupportedMediaType)
            .header("accept", "application/x-www-form-urlencoded"));
    }
    let visit = Visit::new(request, (STATUS, token.into_inner()))?;
    let public_url = visit.state.app.config.public_url.clone();
    if !guard::is_from_our_page(&visit.request, &public_url) {
        return Ok(visit.error(StatusCode::FORBIDDEN, ErrorKind::Refused));
    }
    let form = Form::parse(&body.0);
    let is_ours = guard::is_same_form(&visit.request, &public_url, &form);
    Ok(match links::open_status(&visit.state.app, &visit.token).await {
        Ok(status) if !is_ours => {
            let expired = wrong(MESSAGE_FIELD.to_owned(), ErrorMessage::FormExpired);
            visit.status(&status, Shown::again(&form, vec![expired]))
        }
        Ok(status) => visit.declare(&status, &form).await,
        Err(error) => visit.refuse(&error),
    })
}

impl Visit {
    async fn declare(&self, status: &HolderStatus, form: &Form) -> HttpResponse {
        let said = match status_form::read(form, status) {
            Ok(said) => said,
            Err(errors) => return self.status(status, Shown::again(form, errors)),
        };
        match links::declare(&self.state.app, &self.request_id, &self.token, said).await {
            Ok(Declared::Recorded) => self.saved(),
            Ok(Declared::TooSoon) => self.error(StatusCode::TOO_MANY_REQUESTS, ErrorKind::TooMany),
            Err(error) => self.refuse(&error),
        }
    }

    fn saved(&self) -> HttpResponse {
        let address = self.address(self.chosen);
        let joint = if address.contains('?') { '&' } else { '?' };
        let mut answer = HttpResponse::SeeOther();
        answer.insert_header(("location", format!("{address}{joint}{SAVED}=yes")));
        reply::guarded(&mut answer).finish()
    }

    fn is_saved(&self) -> bool {
        form_urlencoded::parse(self.request.query_string().as_bytes()).any(|(name, _)| name == SAVED)
    }

    fn status(&self, status: &HolderStatus, shown: Shown) -> HttpResponse {
        let app = &self.state.app;
        let language = self.chosen.unwrap_or(status.language);
        let csrf = guard::form_token(&self.request, &app.config.public_url);
        let code = if shown.errors.is_empty() {
            StatusCode::OK
        } else {
            StatusCode::UNPROCESSABLE_ENTITY
        };
        let page = StatusPage {
            language,
            site: reply::site(app),
            language_switch: Some(self.address(Some(other(language)))),
            action: self.address(self.chosen),
            csrf: csrf.clone(),
            is_saved: shown.errors.is_empty() && self.is_saved(),
            status: status.clone(),
            entered: (!shown.errors.is_empty()).then_some(shown.entered),
            errors: shown.errors,
        };
        self.with_cookie(reply::page(code, language, page.render()), &csrf)
    }
}
