//! A finished mail with its envelope, sealed for the time it waits: it holds an action link, and a copy of the
//! database must not hold usable ones.

use crate::app::App;
use crate::crypto::envelope::{self, Sealed};
use crate::crypto::keyring::Purpose;
use crate::domain::ids::MessageId;
use crate::integrations::mail::OutgoingMail;
use crate::services::ServiceError;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::Zeroizing;

const LABEL: &[u8] = b"handback/mail/v1";

/// A finished mail is ASCII, so it fits into JSON as it is.
#[derive(Serialize, Deserialize)]
struct Parcel {
    envelope_from: String,
    envelope_to: Vec<String>,
    message_id: String,
    raw: String,
}

pub(super) fn close(app: &App, id: MessageId, mail: &OutgoingMail) -> Result<Sealed, ServiceError> {
    let parcel = Parcel {
        envelope_from: mail.envelope_from.clone(),
        envelope_to: mail.envelope_to.clone(),
        message_id: mail.message_id.clone(),
        raw: String::from_utf8(mail.raw.clone())
            .map_err(|_| ServiceError::Internal("a finished mail is not ASCII".to_owned()))?,
    };
    let plain = serde_json::to_vec(&parcel)
        .map(Zeroizing::new)
        .map_err(|_| ServiceError::Internal("a finished mail cannot be packed".to_owned()))?;
    let id = Uuid::from(id);
    Ok(envelope::seal_with(
        &app.keyring,
        Purpose::Message,
        &[LABEL, id.as_bytes()],
        &plain,
    ))
}

pub(super) fn open(app: &App, id: MessageId, sealed: &Sealed) -> Result<OutgoingMail, ServiceError> {
    let id = Uuid::from(id);
    let plain = envelope::open_with(&app.keyring, Purpose::Message, &[LABEL, id.as_bytes()], sealed)
        .map_err(|error| ServiceError::Internal(format!("a waiting mail does not open: {error}")))?;
    // The text of the error could quote what it stumbled over.
    let parcel: Parcel = serde_json::from_slice(&plain)
        .map_err(|_| ServiceError::Internal("a waiting mail cannot be read".to_owned()))?;
    Ok(OutgoingMail {
        envelope_from: parcel.envelope_from,
        envelope_to: parcel.envelope_to,
        raw: parcel.raw.into_bytes(),
        message_id: parcel.message_id,
    })
}
