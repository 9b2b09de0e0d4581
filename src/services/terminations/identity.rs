//! What identifies a handset in somebody's hands, compared with the one that was handed out.

use crate::domain::device::Device;
use crate::domain::termination::IdentityMatch;
use crate::domain::text::{ImeiBody, SerialNumber};
use crate::services::{ServiceError, Violation};

/// A serial number, an IMEI or both, as somebody read them off a handset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IdentityRead {
    /// The serial number.
    pub serial: Option<String>,
    /// An IMEI.
    pub imei: Option<String>,
}

/// The same, checked: at least one of them is there.
#[derive(Clone, Debug)]
pub struct Identity {
    serial: Option<SerialNumber>,
    imei: Option<ImeiBody>,
}

impl IdentityRead {
    /// Checks both.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] `identity_missing`, or what is wrong with the serial number or the IMEI.
    pub fn parse(&self) -> Result<Identity, ServiceError> {
        let mut violations = Vec::new();
        let mut wrong = |pointer: &str, error: crate::domain::text::TextError| {
            violations.push(Violation {
                pointer: pointer.to_owned(),
                code: error.code,
                detail: error.detail,
            });
        };
        let serial = self.serial.as_deref().and_then(|text| {
            let parsed = SerialNumber::parse(text);
            parsed.map_err(|error| wrong("/identity/serial", error)).ok()
        });
        let imei = self.imei.as_deref().and_then(|text| {
            let parsed = ImeiBody::parse(text);
            parsed.map_err(|error| wrong("/identity/imei", error)).ok()
        });
        if !violations.is_empty() {
            return Err(ServiceError::Invalid(violations));
        }
        if serial.is_none() && imei.is_none() {
            let detail = "Give the serial number or the IMEI as it is read off the device.";
            return Err(ServiceError::invalid("/identity", "identity_missing", detail));
        }
        Ok(Identity { serial, imei })
    }
}

impl Identity {
    /// Whether everything that was read is of this device. One wrong number is enough for a no.
    pub fn is_of(&self, device: &Device) -> bool {
        let serial = self.serial.as_ref().is_none_or(|read| *read == device.serial);
        let imei = self
            .imei
            .as_ref()
            .is_none_or(|read| device.imeis.iter().any(|imei| imei.body() == *read));
        serial && imei
    }

    /// The same in the words of the domain.
    pub fn compare(&self, device: &Device) -> IdentityMatch {
        if self.is_of(device) {
            IdentityMatch::Confirmed
        } else {
            IdentityMatch::Mismatch
        }
    }
}
