//! Which level of wipe is enough for which data.

use super::{WipeAssessment, WipeLevel};
use crate::text_enum;
use serde::{Deserialize, Serialize};

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

/// The lowest level that a legal entity accepts, for each class of data.
///
/// A device keeps what was asked for when its case was opened: whoever is asked for proof shall not find another
/// demand later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WipePolicy {
    /// For ordinary data.
    pub standard: WipeLevel,
    /// For data under secrecy.
    pub secrecy: WipeLevel,
}

/// Why a policy cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyFault {
    /// It would accept that nothing shows the data to be gone.
    AcceptsNothing(DataClass),
    /// It asks for less where the data is more sensitive.
    WeakerForSecrecy,
}

impl Default for WipePolicy {
    fn default() -> Self {
        Self {
            standard: WipeLevel::Attested,
            secrecy: WipeLevel::Verified,
        }
    }
}

impl WipePolicy {
    /// The lowest level that is enough for a data class.
    pub const fn required(self, class: DataClass) -> WipeLevel {
        match class {
            DataClass::Standard => self.standard,
            DataClass::Secrecy => self.secrecy,
        }
    }

    /// The policy, if it is one that can be used.
    ///
    /// # Errors
    /// What is wrong with it, one thing at a time.
    pub fn checked(self) -> Result<Self, PolicyFault> {
        let nothing = |class: &&DataClass| self.required(**class) < WipeLevel::Attested;
        match DataClass::ALL.iter().find(nothing) {
            Some(class) => Err(PolicyFault::AcceptsNothing(*class)),
            None if self.secrecy < self.standard => Err(PolicyFault::WeakerForSecrecy),
            None => Ok(self),
        }
    }
}

/// Whether what is known is enough where this level is asked for. A contradiction blocks always.
pub fn satisfies(required: WipeLevel, assessment: &WipeAssessment) -> bool {
    !assessment.contradicted && assessment.level >= required
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_asks_for_something_and_for_no_less_where_the_data_is_secret() {
        use WipeLevel::{Acknowledged, Attested, Certified, None, Ordered, Verified};
        for (standard, secrecy, fault) in [
            (Attested, Verified, Option::None),
            (Acknowledged, Acknowledged, Option::None),
            (Certified, Certified, Option::None),
            (
                Ordered,
                Verified,
                Some(PolicyFault::AcceptsNothing(DataClass::Standard)),
            ),
            (
                Attested,
                None,
                Some(PolicyFault::AcceptsNothing(DataClass::Secrecy)),
            ),
            (Verified, Attested, Some(PolicyFault::WeakerForSecrecy)),
        ] {
            let policy = WipePolicy { standard, secrecy };
            assert_eq!(policy.checked().err(), fault, "{policy:?}");
        }
        assert!(WipePolicy::default().checked().is_ok());
    }
}
