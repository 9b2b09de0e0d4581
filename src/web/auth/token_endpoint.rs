//! `POST /oauth/token`: the client credentials grant (RFC 6749 §4.4), errors in that RFC's own shape.

use crate::domain::actor::Actor;
use crate::services::Ctx;
use crate::services::tokens::{self, IssuedToken, TokenRefused, TokenRequest};
use crate::web::context::RequestId;
use crate::web::extract::RawBody;
use crate::web::problem::Problem;
use crate::web::state::State;
use actix_web::http::StatusCode;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{HttpRequest, HttpResponse};
use base64::{Engine, engine::general_purpose::STANDARD};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use std::collections::HashMap;
use url::form_urlencoded;
use utoipa::ToSchema;

/// What a client sends to get a token.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the form in the API document")]
pub struct TokenForm {
    /// Always `client_credentials`.
    #[schema(
        example = "client_credentials",
        max_length = 40,
        pattern = "^client_credentials$"
    )]
    grant_type: String,
    /// The id of the service account, unless it is sent by HTTP Basic authentication.
    #[schema(nullable = false, max_length = 36)]
    client_id: Option<String>,
    /// The secret of the service account, unless it is sent by HTTP Basic authentication.
    #[schema(nullable = false, max_length = 100)]
    client_secret: Option<String>,
    /// The scopes that the token shall have, separated by spaces; without it, all that the account has.
    #[schema(nullable = false, example = "read", max_length = 100)]
    scope: Option<String>,
}

/// A token (RFC 6749 §5.1).
#[derive(Serialize, ToSchema)]
pub struct TokenOut {
    /// The token: send it as `Authorization: Bearer …`.
    #[schema(max_length = 8192)]
    access_token: String,
    /// Always `Bearer`.
    #[schema(example = "Bearer", max_length = 10)]
    token_type: &'static str,
    /// How long it is good for, in seconds.
    #[schema(minimum = 1, maximum = 86400)]
    expires_in: i64,
    /// The scopes it has, separated by spaces.
    #[schema(example = "desk read", max_length = 100)]
    scope: String,
}

/// No token (RFC 6749 §5.2).
#[derive(Serialize, ToSchema)]
pub struct TokenError {
    /// `invalid_request`, `invalid_client`, `unsupported_grant_type` or `invalid_scope`.
    #[schema(example = "invalid_client", max_length = 40)]
    error: &'static str,
    /// What to do about it.
    #[schema(max_length = 200)]
    error_description: &'static str,
}

/// Why no token: the word, the explanation.
type Refusal = (&'static str, &'static str);

/// Issue an access token
///
/// For a service account, by HTTP Basic authentication or by `client_id` and `client_secret` in the form.
#[utoipa::path(
    post,
    path = "/oauth/token",
    tag = "Auth",
    operation_id = "token_issue",
    security(()),
    request_body(content = TokenForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "The token", body = TokenOut),
        (status = 400, description = "The request is wrong", body = TokenError),
        (status = 401, description = "Unknown client or wrong secret", body = TokenError),
    )
)]
pub async fn issue(request: HttpRequest, id: RequestId, body: RawBody) -> Result<HttpResponse, Problem> {
    let state = State::of(&request)?;
    let request = match parse(&request, &body.0) {
        Ok(request) => request,
        Err(refusal) => return Ok(refused(refusal)),
    };
    let ctx = Ctx {
        app: state.app.clone(),
        actor: Actor::System,
        request_id: id.0,
    };
    match tokens::issue(&ctx, request).await {
        Ok(token) => Ok(granted(&token)),
        Err(TokenRefused::InvalidClient) => {
            Ok(refused(("invalid_client", "Unknown client or wrong secret.")))
        }
        Err(TokenRefused::InvalidScope) => Ok(refused((
            "invalid_scope",
            "The service account does not have every scope that was asked for.",
        ))),
        Err(TokenRefused::Failed(error)) => Err(error.into()),
    }
}

fn granted(token: &IssuedToken) -> HttpResponse {
    let words: Vec<&str> = token.scopes.iter().map(|scope| scope.as_str()).collect();
    HttpResponse::Ok()
        .insert_header(("cache-control", "no-store"))
        .insert_header(("pragma", "no-cache"))
        .json(TokenOut {
            access_token: token.access_token.expose_secret().to_owned(),
            token_type: "Bearer",
            expires_in: token.expires_in,
            scope: words.join(" "),
        })
}

fn refused((error, error_description): Refusal) -> HttpResponse {
    let status = if error == "invalid_client" {
        StatusCode::UNAUTHORIZED
    } else {
        StatusCode::BAD_REQUEST
    };
    let mut response = HttpResponse::build(status);
    response.insert_header(("cache-control", "no-store"));
    response.insert_header(("pragma", "no-cache"));
    if status == StatusCode::UNAUTHORIZED {
        response.insert_header(("www-authenticate", r#"Basic realm="handback""#));
    }
    response.json(TokenError {
        error,
        error_description,
    })
}

fn parse(request: &HttpRequest, body: &[u8]) -> Result<TokenRequest, Refusal> {
    let media_type = request
        .headers()
        .get("content-type")
        .and_then(|value| value.to_str().ok());
    let essence = media_type
        .and_then(|text| text.split(';').next())
        .unwrap_or("")
        .trim();
    if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err((
            "invalid_request",
            "Send a form: application/x-www-form-urlencoded.",
        ));
    }
    let mut form: HashMap<String, String> = HashMap::new();
    for (name, value) in form_urlencoded::parse(body).into_owned() {
        if form.insert(name, value).is_some() {
            return Err(("invalid_request", "A parameter is repeated."));
        }
    }
    match form.get("grant_type").map(String::as_str) {
        Some("client_credentials") => {}
        Some(_) => return Err(("unsupported_grant_type", "The grant_type is client_credentials.")),
        None => return Err(("invalid_request", "The parameter grant_type is missing.")),
    }
    let (client_id, client_secret) = credentials(request, &mut form)?;
    let scopes = form
        .get("scope")
        .map(|text| text.split_ascii_whitespace().map(str::to_owned).collect());
    Ok(TokenRequest {
        client_id,
        client_secret,
        scopes,
    })
}

/// The client's id and secret, from the header or from the form, not from both (RFC 6749 §2.3).
fn credentials(
    request: &HttpRequest,
    form: &mut HashMap<String, String>,
) -> Result<(String, SecretString), Refusal> {
    let mut headers = request.headers().get_all(AUTHORIZATION);
    let (header, another) = (headers.next(), headers.next());
    let in_form = (form.remove("client_id"), form.remove("client_secret"));
    match (header, in_form) {
        (Some(_), _) if another.is_some() => Err(("invalid_request", "Send one Authorization header.")),
        (Some(_), (_, Some(_))) => Err((
            "invalid_request",
            "Send the secret in the Authorization header or in the form, not in both.",
        )),
        (Some(header), (client_id, None)) => {
            let basic = header.to_str().ok().and_then(basic_credentials);
            let (id, secret) = basic.ok_or(("invalid_client", "Send HTTP Basic authentication."))?;
            if client_id.is_some_and(|other| other != id) {
                return Err((
                    "invalid_request",
                    "The header and the form name different clients.",
                ));
            }
            Ok((id, secret))
        }
        (None, (Some(id), Some(secret))) => Ok((id, secret.into())),
        (None, _) => Err(("invalid_client", "Send the client's id and secret.")),
    }
}

fn basic_credentials(header: &str) -> Option<(String, SecretString)> {
    let (scheme, encoded) = header.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    // RFC 6749 §2.3.1: both were form-encoded before they were joined.
    let decode = |text: &str| {
        let pair = format!("x={text}");
        form_urlencoded::parse(pair.as_bytes())
            .next()
            .map(|(_, value)| value.into_owned())
    };
    Some((decode(id)?, decode(secret)?.into()))
}
