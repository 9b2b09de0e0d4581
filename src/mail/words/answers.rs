//! What became of devices, codes, SIM cards and numbers.

use crate::domain::language::Language;
use crate::mail::format::pick;
use crate::text_enum;

text_enum! {
    /// How a device was wiped.
    pub enum WipeMethod {
        /// Somebody chose factory reset on the device.
        FactoryReset = "factory_reset",
        /// The MDM ordered it.
        MdmCommand = "mdm_command",
        /// A supplier's erasure tool.
        ErasureTool = "erasure_tool",
        /// The device was destroyed.
        Destruction = "destruction",
    }
}

impl WipeMethod {
    /// The method in words.
    pub const fn text(self, language: Language) -> &'static str {
        match self {
            Self::FactoryReset => pick(
                language,
                "Fabriksåterställning på telefonen",
                "Factory reset on the phone",
            ),
            Self::MdmCommand => pick(language, "Fjärrensning genom MDM", "Remote wipe through MDM"),
            Self::ErasureTool => pick(language, "Raderingsverktyg", "Erasure tool"),
            Self::Destruction => pick(language, "Fysisk destruktion", "Physical destruction"),
        }
    }
}

text_enum! {
    /// What became of a device.
    pub enum DeviceOutcome {
        /// Handed in.
        Returned = "returned",
        /// Moved to another employment or unit.
        Transferred = "transferred",
        /// Lost.
        Lost = "lost",
        /// Stolen.
        Stolen = "stolen",
        /// Bought by the holder.
        BoughtOut = "bought_out",
        /// Destroyed.
        Destroyed = "destroyed",
        /// Kept by the holder during a leave.
        Kept = "kept",
        /// Put away during a leave, and given back to the holder.
        HandedBack = "handed_back",
        /// Handed in during a leave, and lent to somebody else.
        Lent = "lent",
    }
}

impl DeviceOutcome {
    /// The outcome in words.
    pub const fn text(self, language: Language) -> &'static str {
        match self {
            Self::Returned => pick(language, "Återlämnad", "Returned"),
            Self::Transferred => pick(
                language,
                "Överförd till ny användare eller enhet",
                "Moved to a new user or unit",
            ),
            Self::Lost => pick(language, "Förlorad", "Lost"),
            Self::Stolen => pick(language, "Stulen", "Stolen"),
            Self::BoughtOut => pick(language, "Utköpt", "Bought out"),
            Self::Destroyed => pick(language, "Destruerad", "Destroyed"),
            Self::Kept => pick(
                language,
                "Behölls av innehavaren under frånvaron",
                "Kept by the holder during the absence",
            ),
            Self::HandedBack => pick(
                language,
                "Inlämnad under frånvaron och tillbaka hos innehavaren",
                "Handed in during the absence, and back with the holder",
            ),
            Self::Lent => pick(
                language,
                "Inlämnad och utlånad till någon annan",
                "Handed in, and lent to somebody else",
            ),
        }
    }
}

text_enum! {
    /// The state of a device that came back.
    pub enum Condition {
        /// Whole.
        Intact = "intact",
        /// Damaged.
        Damaged = "damaged",
    }
}

impl Condition {
    /// The condition in words.
    pub const fn text(self, language: Language) -> &'static str {
        match self {
            Self::Intact => pick(language, "Hel", "Intact"),
            Self::Damaged => pick(language, "Skadad", "Damaged"),
        }
    }
}

text_enum! {
    /// A kind of code that a device may have.
    pub enum CodeKind {
        /// The screen lock.
        ScreenLock = "screen_lock",
        /// The PIN of the SIM.
        SimPin = "sim_pin",
        /// Anything else, such as the password of an account that the device needs.
        Other = "other",
    }
}

impl CodeKind {
    /// The kind in words.
    pub const fn text(self, language: Language) -> &'static str {
        match self {
            Self::ScreenLock => pick(language, "Skärmlåskod", "Screen lock code"),
            Self::SimPin => pick(language, "Pinkod till sim-kortet", "SIM card PIN"),
            Self::Other => pick(
                language,
                "Annan kod eller annat lösenord",
                "Other code or password",
            ),
        }
    }
}

text_enum! {
    /// The answer about one kind of code.
    pub enum CodeAnswer {
        /// It was handed over.
        Received = "received",
        /// A wiped device does not need it.
        NotNeededAfterWipe = "not_needed_after_wipe",
        /// There is none.
        NotApplicable = "not_applicable",
        /// The holder will not give it.
        Refused = "refused",
        /// Not known.
        Unknown = "unknown",
    }
}

impl CodeAnswer {
    /// The answer in words.
    pub const fn text(self, language: Language) -> &'static str {
        match self {
            Self::Received => pick(language, "Mottagen", "Received"),
            Self::NotNeededAfterWipe => {
                pick(language, "Behövs inte efter rensning", "Not needed after a wipe")
            }
            Self::NotApplicable => pick(language, "Finns ingen", "There is none"),
            Self::Refused => pick(
                language,
                "Innehavaren vill inte lämna den",
                "The holder will not give it",
            ),
            Self::Unknown => pick(language, "Vet inte", "Do not know"),
        }
    }

    /// Whether the answer leaves something to follow up.
    pub const fn is_deviation(self) -> bool {
        match self {
            Self::Refused | Self::Unknown => true,
            Self::Received | Self::NotNeededAfterWipe | Self::NotApplicable => false,
        }
    }
}

text_enum! {
    /// What became of SIM and eSIM.
    pub enum SimAnswer {
        /// The card is handed in.
        Returned = "returned",
        /// The eSIM profile is deleted.
        EsimDeleted = "esim_deleted",
        /// It stays in the phone for the next holder.
        KeptForNextHolder = "kept_for_next_holder",
        /// There is none.
        NotApplicable = "not_applicable",
    }
}

impl SimAnswer {
    /// The answer in words.
    pub const fn text(self, language: Language) -> &'static str {
        match self {
            Self::Returned => pick(language, "Sim-kortet är inlämnat", "The SIM card is handed in"),
            Self::EsimDeleted => pick(language, "E-sim är borttaget", "The eSIM is deleted"),
            Self::KeptForNextHolder => pick(
                language,
                "Sitter kvar till nästa användare",
                "Left in the phone for the next user",
            ),
            Self::NotApplicable => pick(
                language,
                "Finns inget sim-kort eller e-sim",
                "There is no SIM card or eSIM",
            ),
        }
    }
}

text_enum! {
    /// What happens to a telephone number.
    pub enum NumberDecision {
        /// The subscription ends.
        Terminate = "terminate",
        /// Somebody else takes it over in the unit.
        Reuse = "reuse",
        /// It follows the holder to another unit or company of the group.
        Move = "move",
        /// The holder takes it over privately.
        Transfer = "transfer",
    }
}

impl NumberDecision {
    /// The decision in words.
    pub const fn text(self, language: Language) -> &'static str {
        match self {
            Self::Terminate => pick(language, "Abonnemanget avslutas", "The subscription ends"),
            Self::Reuse => pick(
                language,
                "Numret återanvänds i enheten",
                "The number is reused in the unit",
            ),
            Self::Move => pick(
                language,
                "Numret flyttas till en annan enhet eller ett annat bolag",
                "The number moves to another unit or company",
            ),
            Self::Transfer => pick(
                language,
                "Numret överlåts till innehavaren",
                "The number is transferred to the holder",
            ),
        }
    }
}
