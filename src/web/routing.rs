//! Resources: a path, its handlers, and right answers for every other method.
//!
//! The bare framework answers HEAD and OPTIONS with 405 where there is a GET. Here GET serves HEAD too
//! (RFC 9110 §9.3.2), OPTIONS says what there is, and a wrong method is a 405 problem with `Allow`.

use super::context::RequestContext;
use super::problem::{Problem, ProblemType};
use actix_web::dev::{AppService, HttpServiceFactory};
use actix_web::guard::{self, Guard, GuardContext};
use actix_web::{FromRequest, Handler, HttpResponse, Responder, web};
use std::rc::Rc;

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
        pub fn $name<F, Args>(mut self, handler: F) -> Self
        where
            F: Handler<Args>,
            Args: FromRequest + 'static,
            F::Output: Responder + 'static,
        {
            self.methods.push($word);
            self.inner = self.inner.route(web::route().guard($guard).to(handler));
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
