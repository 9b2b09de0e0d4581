//! Resources: a path, its handlers with what their callers must be allowed to do, and right answers for every
//! other method.
//!
//! The bare framework answers HEAD and OPTIONS with 405 where there is a GET. Here GET serves HEAD too
//! (RFC 9110 §9.3.2), OPTIONS says what there is, and a wrong method is a 405 problem with `Allow`.
//!
//! What all operations of the API have in common is checked here, before and around what a handler takes from the
//! request: who may not call it learns nothing about headers and bodies. The use case checks the right once more.

use super::auth;
use super::context::RequestContext;
use super::extract::{accepts_json, refuse_query};
use super::problem::{Problem, ProblemType};
use crate::domain::policy::Action;
use actix_web::body::BoxBody;
use actix_web::dev::{
    AppService, HttpServiceFactory, Payload, ServiceFactory, ServiceRequest, ServiceResponse, fn_service,
};
use actix_web::guard::{self, Guard, GuardContext};
use actix_web::{Error, FromRequest, Handler, HttpRequest, HttpResponse, Responder, web};
use std::rc::Rc;

/// Who may call an operation, and who sees to the manners of its answers.
#[derive(Clone, Copy, Debug)]
pub enum Access {
    /// Anybody. A page, a probe, the token endpoint: the handler has manners of its own.
    Open,
    /// Whoever may do this. Answers are JSON.
    Json(Action),
    /// Whoever may do this. The handler chooses a format by `Accept`.
    Negotiated(Action),
    /// The connection of a directory, which has manners of its own: its queries and formats are those of SCIM.
    Scim,
}

impl From<Action> for Access {
    fn from(action: Action) -> Self {
        Self::Json(action)
    }
}

/// A path with its handlers; hand it to `ServiceConfig::service`.
pub struct Resource {
    inner: actix_web::Resource,
    methods: Vec<&'static str>,
}

/// Begins a resource at this path pattern.
pub fn resource(pattern: &'static str) -> Resource {
    Resource {
        inner: web::resource(pattern).guard(Remember(pattern)),
        methods: Vec::new(),
    }
}

macro_rules! methods {
    ($($(#[$doc:meta])* $name:ident => $word:literal, $guard:expr;)+) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $name<F, Args>(mut self, access: impl Into<Access>, handler: F) -> Self
        where
            F: Handler<Args>,
            Args: FromRequest + 'static,
            F::Output: Responder + 'static,
        {
            self.methods.push($word);
            self.inner = self.inner.route(web::route().guard($guard).service(serve(access.into(), handler)));
            self
        }
    )+};
}

impl Resource {
    methods! {
        /// Serves GET, and HEAD with it.
        get => "GET, HEAD", guard::Any(guard::Get()).or(guard::Head());
        /// Serves POST.
        post => "POST", guard::Post();
        /// Serves PUT.
        put => "PUT", guard::Put();
        /// Serves PATCH.
        patch => "PATCH", guard::Patch();
        /// Serves DELETE.
        delete => "DELETE", guard::Delete();
    }
}

/// The handler behind its checks.
fn serve<F, Args>(
    access: Access,
    handler: F,
) -> impl ServiceFactory<
    ServiceRequest,
    Response = ServiceResponse<BoxBody>,
    Error = Error,
    Config = (),
    InitError = (),
> + 'static
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    fn_service(move |request: ServiceRequest| {
        let handler = handler.clone();
        async move {
            let (request, mut payload) = request.into_parts();
            let answer = match admit::<Args>(access, &request, &mut payload).await {
                Ok(taken) => {
                    let answer = handler.call(taken).await;
                    answer.respond_to(&request).map_into_boxed_body()
                }
                Err(error) => HttpResponse::from_error(error),
            };
            Ok(ServiceResponse::new(request, answer))
        }
    })
}

/// What the handler takes from the request, if the request may be served: the caller first, then the format of the
/// answer, then everything else.
async fn admit<Args: FromRequest>(
    access: Access,
    request: &HttpRequest,
    payload: &mut Payload,
) -> Result<Args, Error> {
    match access {
        Access::Open => return Args::from_request(request, payload).await.map_err(Into::into),
        Access::Json(action) => {
            auth::require(request, action)?;
            if !accepts_json(request) {
                return Err(Problem::new(ProblemType::NotAcceptable).into());
            }
        }
        Access::Negotiated(action) => auth::require(request, action)?,
        Access::Scim => {
            auth::require(request, Action::ProvisionAccounts)?;
            return Args::from_request(request, payload).await.map_err(Into::into);
        }
    }
    let taken = Args::from_request(request, payload).await.map_err(Into::into)?;
    let is_query_read = RequestContext::of(request).is_some_and(|context| context.is_query_read.get());
    if !is_query_read {
        refuse_query(request)?;
    }
    Ok(taken)
}

impl HttpServiceFactory for Resource {
    fn register(self, config: &mut AppService) {
        let mut methods = self.methods;
        methods.push("OPTIONS");
        let allow: &'static str = methods.join(", ").leak();
        self.inner
            .route(web::route().guard(guard::Options()).to(move || async move {
                HttpResponse::NoContent().insert_header(("allow", allow)).finish()
            }))
            .default_service(web::to(move || async move {
                Err::<HttpResponse, _>(Problem::new(ProblemType::MethodNotAllowed).header("allow", allow))
            }))
            .register(config);
    }
}

/// Answers every path that is not in the route table.
pub async fn not_found() -> Result<HttpResponse, Problem> {
    Err(Problem::new(ProblemType::NotFound))
}

/// Lets every request through and notes which pattern it matched, for the log, the metrics and the keys of
/// repeated requests.
struct Remember(&'static str);

impl Guard for Remember {
    fn check(&self, request: &GuardContext<'_>) -> bool {
        if let Some(context) = request.req_data().get::<Rc<RequestContext>>() {
            context.pattern.set(Some(self.0));
        }
        true
    }
}
