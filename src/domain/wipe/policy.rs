//! Which level of wipe is enough for which data.

use super::{WipeAssessment, WipeLevel};
use crate::text_enum;

text_enum! {
    /// How sensitive the data is that the holder of a device works with.
    #[derive(Default)]
    pub enum DataClass {
        /// Ordinary data of an office.
        #[default]
        Standard = "standard",
        /// Data under secrecy, as in social services and health care.
        Secrecy = "secrecy",
    }
}

/// The lowest level that is enough for a data class.
pub const fn required_level(class: DataClass) -> WipeLevel {
    match class {
        DataClass::Standard => WipeLevel::Attested,
        DataClass::Secrecy => WipeLevel::Verified,
    }
}

/// Whether what is known is enough for a data class. A contradiction blocks always.
pub fn satisfies(class: DataClass, assessment: &WipeAssessment) -> bool {
    !assessment.contradicted && assessment.level >= required_level(class)
}
