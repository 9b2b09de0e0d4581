//! The names and values of the form, and which of it is on the page: the same for the page that asks and the handler that
//! reads.

use crate::domain::holder_statement::HolderTopic;
use crate::domain::termination::{self, CheckState};
use crate::mail::words::{Check, CodeKind};
use crate::services::links::{HolderDevice, HolderStatus};
use crate::text_enum;

/// The field of [`EndAnswer`].
pub const END_FIELD: &str = "end";

text_enum! {
    /// What the holder says about the last day.
    pub enum EndAnswer {
        /// The holder goes on with us.
        Staying = "staying",
        /// The date is wrong.
        WrongDate = "wrong_date",
        /// The date is right after all.
        Right = "right",
    }
}

text_enum! {
    /// A box about a device, in the order of work.
    pub enum DeviceTick {
        /// What belongs to work is saved.
        Records = "records",
        /// Private content is moved.
        Private = "private",
        /// Electronic identities and sign-in apps are moved.
        Identities = "identities",
        /// Voicemail is empty.
        Voicemail = "voicemail",
        /// Signed out of the accounts.
        SignedOut = "signed_out",
        /// Reset.
        Reset = "reset",
        /// Wiped.
        Wiped = "wiped",
        /// SIM and memory card are with it or gone.
        Sim = "sim",
        /// The accessories are with it.
        Accessories = "accessories",
    }
}

text_enum! {
    /// A box about a subscription.
    pub enum SubscriptionTick {
        /// Voicemail is empty.
        Voicemail = "voicemail",
        /// The holder wants to keep the number.
        KeepNumber = "keep_number",
    }
}

/// The field of a box about the device at this place of the list, for example `d0_reset`.
pub fn device_tick(index: usize, tick: DeviceTick) -> String {
    format!("d{index}_{tick}")
}

/// The field of a box about the subscription at this place of the list, for example `s0_keep_number`.
pub fn subscription_tick(index: usize, tick: SubscriptionTick) -> String {
    format!("s{index}_{tick}")
}

/// Whether the box about the device at this place is on the page: not for what is settled, and not for what would destroy
/// what is to be preserved.
pub fn offers(status: &HolderStatus, index: usize, tick: DeviceTick) -> bool {
    let Some(device) = status.devices.get(index) else {
        return false;
    };
    let is_open = |check| device.state(check).is_some_and(|state| !state.is_settled());
    match tick {
        DeviceTick::Records => is_open(Check::RecordsSaved),
        DeviceTick::Private | DeviceTick::Identities => is_open(Check::Returned),
        // A voicemail belongs to no handset: asked once.
        DeviceTick::Voicemail => index == 0 && is_open(Check::Returned),
        DeviceTick::SignedOut => !status.hold && is_open(Check::Reset),
        DeviceTick::Reset => !status.hold && is_open(Check::Reset),
        DeviceTick::Wiped => !status.hold && is_open(Check::Wiped),
        DeviceTick::Sim => is_open(Check::Sim),
        DeviceTick::Accessories => !device.accessories.is_empty() && is_open(Check::Accessories),
    }
}

/// Whether the codes of a device are still a question.
pub fn holds_code(device: &HolderDevice) -> bool {
    device
        .state(Check::Codes)
        .is_some_and(|state| !state.is_settled())
}

impl SubscriptionTick {
    /// Whether the box about the subscription at this place is on the page.
    pub fn is_offered(self, status: &HolderStatus, index: usize) -> bool {
        match self {
            Self::Voicemail => status.devices.is_empty(),
            Self::KeepNumber => status
                .subscriptions
                .get(index)
                .is_some_and(|subscription| subscription.decided.is_none()),
        }
    }
}

/// Whether a box stands for something that was said.
pub(super) fn is_said(device: &HolderDevice, tick: DeviceTick) -> bool {
    let declared = |check| device.state(check) == Some(CheckState::Declared);
    let said = |topic| device.said.contains_key(&topic);
    match tick {
        DeviceTick::Records => declared(Check::RecordsSaved),
        DeviceTick::Private => said(HolderTopic::PrivateMoved),
        DeviceTick::Identities => said(HolderTopic::IdentitiesMoved),
        DeviceTick::Voicemail => said(HolderTopic::VoicemailEmptied),
        DeviceTick::SignedOut => said(HolderTopic::SignedOut),
        DeviceTick::Reset => declared(Check::Reset),
        DeviceTick::Wiped => declared(Check::Wiped),
        DeviceTick::Sim => declared(Check::Sim),
        DeviceTick::Accessories => declared(Check::Accessories),
    }
}

/// The topic of a kind of code.
pub(super) const fn code_topic(kind: CodeKind) -> HolderTopic {
    HolderTopic::of_code(match kind {
        CodeKind::ScreenLock => termination::CodeKind::ScreenLock,
        CodeKind::SimPin => termination::CodeKind::SimPin,
        CodeKind::Other => termination::CodeKind::Other,
    })
}

/// The topic of a box about a subscription.
pub(super) const fn subscription_topic(tick: SubscriptionTick) -> HolderTopic {
    match tick {
        SubscriptionTick::Voicemail => HolderTopic::VoicemailEmptied,
        SubscriptionTick::KeepNumber => HolderTopic::KeepNumber,
    }
}
