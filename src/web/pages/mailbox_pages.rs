//! `/demo/mailbox`: what would have been mailed. Only in a demonstration; elsewhere there is nothing here.

use super::site::{page, page_with_frame, site};
use super::{MailPage, MailboxPage, MailboxRow};
use crate::domain::language::Language;
use crate::services::mailbox;
use crate::web::extract::PathId;
use crate::web::problem::Problem;
use crate::web::state::State;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};

/// The headers that are worth a look.
const SHOWN: [&str; 9] = [
    "From",
    "To",
    "Cc",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "Content-Language",
];

/// The list of mails.
pub async fn list(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let state = State::of(&request)?;
    let mails = mailbox::list(&state.app).await?;
    let rows = mails.into_iter().map(|mail| MailboxRow {
        url: format!("/demo/mailbox/{}", mail.name),
        to: mail.to,
        subject: mail.subject,
        at: mail.at,
    });
    let view = MailboxPage {
        language: Language::Sv,
        site: site(&state.app.config),
        has_sending_hours: state.app.config.mail.send_window,
        mails: rows.collect(),
    };
    page(StatusCode::OK, view.render())
}

/// One mail.
pub async fn one(request: HttpRequest, name: PathId<String>) -> Result<HttpResponse, Problem> {
    let state = State::of(&request)?;
    let mail = mailbox::read(&state.app, name.0).await?;
    let shown = |(name, _): &(String, String)| SHOWN.iter().any(|known| known.eq_ignore_ascii_case(name));
    let view = MailPage {
        language: Language::Sv,
        site: site(&state.app.config),
        back_url: "/demo/mailbox".to_owned(),
        subject: mail.subject,
        mail_language: mail.language.parse().unwrap_or_default(),
        headers: mail.headers.into_iter().filter(shown).collect(),
        text: mail.text,
        html_src: (!mail.html.is_empty()).then(|| format!("/demo/mailbox/{}/html", mail.name)),
    };
    page_with_frame(view.render())
}

/// The HTML part of a mail, for the locked frame in its page.
pub async fn html(request: HttpRequest, name: PathId<String>) -> Result<HttpResponse, Problem> {
    let state = State::of(&request)?;
    let mail = mailbox::read(&state.app, name.0).await?;
    Ok(HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((
            "content-security-policy",
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox",
        ))
        .insert_header(("cache-control", "no-store"))
        .insert_header(("x-frame-options", "SAMEORIGIN"))
        .body(mail.html))
}
