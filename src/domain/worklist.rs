//! What somebody has to look at.

use crate::text_enum;

text_enum! {
    /// One kind of cases under way that need a look.
    #[derive(Default)]
    pub enum Worklist {
        /// Nobody answers for them: no manager, next level or coordinator can be written to.
        #[default]
        Unowned = "unowned",
        /// The devices were due back before today.
        Overdue = "overdue",
        /// The devices are due back today or within a week.
        DueSoon = "due_soon",
        /// Later contact contradicts the wipe of a device.
        Contradicted = "contradicted",
        /// A preservation hold forbids reset and wipe until somebody decides.
        Held = "held",
    }
}

/// How far ahead [`Worklist::DueSoon`] looks, in days.
pub const DUE_SOON_DAYS: u64 = 7;
