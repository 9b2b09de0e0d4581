//! How well something is known about a device, in words that claim no more than that.

use crate::domain::language::Language;
use crate::mail::format::pick;
use crate::text_enum;

text_enum! {
    /// The statement that a [`FactLevel`] is about.
    pub enum Fact {
        /// The device came back.
        Returned = "returned",
        /// The device is reset and free of accounts.
        Reset = "reset",
        /// The device is wiped.
        Wiped = "wiped",
    }
}

text_enum! {
    /// How well a statement about a device is known, from not at all to certified.
    pub enum FactLevel {
        /// Nobody has said anything.
        Open = "open",
        /// The holder says so.
        Declared = "declared",
        /// The receiver saw it.
        Attested = "attested",
        /// The MDM reported it.
        Reported = "reported",
        /// A technician checked it.
        Verified = "verified",
        /// There is a certificate of erasure or destruction.
        Certified = "certified",
        /// Facts speak against each other.
        Contradicted = "contradicted",
        /// A preservation hold forbids it.
        Held = "held",
        /// The device is lost or stolen.
        Lost = "lost",
        /// The question does not apply.
        NotApplicable = "not_applicable",
    }
}

impl FactLevel {
    /// What is known, in words that claim no more.
    pub const fn text(self, fact: Fact, language: Language) -> &'static str {
        match fact {
            Fact::Returned => self.returned(language),
            Fact::Reset => self.reset(language),
            Fact::Wiped => self.wiped(language),
        }
    }

    const fn returned(self, language: Language) -> &'static str {
        match self {
            Self::Declared => pick(
                language,
                "Innehavaren uppger att den är inlämnad",
                "The holder says it was handed in",
            ),
            Self::Attested => pick(
                language,
                "Mottagaren har tagit emot den",
                "Taken back by the receiver",
            ),
            Self::Reported => pick(
                language,
                "Rapporterad som inlämnad, inte kontrollerat på plats",
                "Reported as returned, not checked on site",
            ),
            Self::Verified => pick(
                language,
                "Tekniker har tagit emot och kontrollerat",
                "Received and checked by a technician",
            ),
            Self::Lost => pick(language, "Förlorad – inte återlämnad", "Lost – not returned"),
            Self::Open | Self::Certified | Self::Contradicted | Self::Held | Self::NotApplicable => {
                self.any_fact(language)
            }
        }
    }

    const fn reset(self, language: Language) -> &'static str {
        match self {
            Self::Declared => pick(
                language,
                "Innehavaren uppger att telefonen är återställd (inte kontrollerat)",
                "The holder says the phone was reset (not checked)",
            ),
            Self::Attested => pick(
                language,
                "Mottagaren uppger att telefonen är återställd och utan kontolås",
                "The receiver states that the phone is reset, with no account lock",
            ),
            Self::Reported => pick(
                language,
                "Telefonen har rapporterat att den är återställd (rapporterat av MDM, inte kontrollerat på plats)",
                "The phone reported that it was reset (reported by MDM, not checked on site)",
            ),
            Self::Lost => pick(
                language,
                "Förlorad – återställning kan inte bekräftas",
                "Lost – reset cannot be confirmed",
            ),
            Self::Open
            | Self::Verified
            | Self::Certified
            | Self::Contradicted
            | Self::Held
            | Self::NotApplicable => self.any_fact(language),
        }
    }

    const fn wiped(self, language: Language) -> &'static str {
        match self {
            Self::Declared => pick(
                language,
                "Innehavaren uppger att telefonen är rensad (inte kontrollerat)",
                "The holder says the phone was wiped (not checked)",
            ),
            Self::Attested => pick(
                language,
                "Mottagaren har sett startskärmen",
                "The receiver has seen the set-up screen",
            ),
            Self::Reported => pick(
                language,
                "Telefonen har rapporterat att den är rensad (rapporterat av MDM, inte kontrollerat på plats)",
                "The phone reported that it was wiped (reported by MDM, not checked on site)",
            ),
            Self::Lost => pick(
                language,
                "Förlorad – rensning kan inte bekräftas",
                "Lost – wiping cannot be confirmed",
            ),
            Self::Open
            | Self::Verified
            | Self::Certified
            | Self::Contradicted
            | Self::Held
            | Self::NotApplicable => self.any_fact(language),
        }
    }

    /// The words that are the same whatever the fact.
    const fn any_fact(self, language: Language) -> &'static str {
        match self {
            Self::Verified => pick(language, "Tekniker har kontrollerat", "Checked by a technician"),
            Self::Certified => pick(
                language,
                "Intyg finns om radering eller destruktion",
                "There is a certificate of erasure or destruction",
            ),
            Self::Contradicted => pick(
                language,
                "Uppgifterna säger emot varandra – inte bekräftat",
                "The facts contradict each other – not confirmed",
            ),
            Self::Held => pick(
                language,
                "Inte gjort – telefonen ska bevaras som den är",
                "Not done – the phone must be kept as it is",
            ),
            Self::NotApplicable => pick(language, "Inte aktuellt", "Not applicable"),
            Self::Open | Self::Declared | Self::Attested | Self::Reported | Self::Lost => {
                pick(language, "Inte kontrollerat", "Not checked")
            }
        }
    }

    /// Whether this level leaves the statement unproved, so that a receipt must call it a deviation.
    pub const fn is_deviation(self) -> bool {
        match self {
            Self::Open | Self::Declared | Self::Contradicted | Self::Held | Self::Lost => true,
            Self::Attested | Self::Reported | Self::Verified | Self::Certified | Self::NotApplicable => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_observation_of_the_wipe_itself_is_worded_as_one() {
        for language in [Language::Sv, Language::En] {
            for level in FactLevel::ALL {
                let text = level.text(Fact::Wiped, language);
                assert!(!text.is_empty());
                let hedged = ["inte ", "not ", "Inte ", "Not "]
                    .iter()
                    .any(|word| text.contains(word));
                let unproved = level.is_deviation() || *level == FactLevel::Reported;
                assert!(!unproved || hedged, "{level} promises too much: {text}");
            }
        }
    }
}
