//! Ends connections whose body nobody reads to its end.
//!
//! When a chunked body is given up, the framework keeps the connection and waits for the rest of it, without
//! a limit of time. It closes the connection instead while somebody still holds the body at the moment the
//! answer leaves. So the answer holds it.

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest};
use actix_web::error::PayloadError;
use actix_web::http::header::TRANSFER_ENCODING;
use actix_web::web::Bytes;
use actix_web::{Error, HttpMessage};
use futures_util::Stream;
use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

/// The body of a chunked request, shared by whoever reads it and the answer.
#[derive(Clone)]
pub(super) struct HeldPayload(Rc<RefCell<Payload>>);

impl HeldPayload {
    /// Takes hold of the body, if it is chunked.
    pub(super) fn of(request: &mut ServiceRequest) -> Option<Self> {
        if !request.headers().contains_key(TRANSFER_ENCODING) {
            return None;
        }
        let held = Self(Rc::new(RefCell::new(request.take_payload())));
        request.set_payload(Payload::Stream {
            payload: Box::pin(held.clone()),
        });
        Some(held)
    }

    /// The same body of an answer, which holds the body of the request until it has left.
    pub(super) fn held_by(self, body: BoxBody) -> BoxBody {
        BoxBody::new(Holder { body, _held: self })
    }
}

struct Holder {
    body: BoxBody,
    _held: HeldPayload,
}

impl MessageBody for Holder {
    type Error = Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        Pin::new(&mut self.body).poll_next(cx).map_err(Error::from)
    }
}

impl Stream for HeldPayload {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut *self.0.borrow_mut()).poll_next(cx)
    }
}
