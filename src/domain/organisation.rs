//! The municipal group: its legal entities.

use super::ids::{LegalEntityId, PersonId};
use super::language::Language;
use super::record::Meta;
use super::schedule::Schedule;
use super::text::OrgNumber;
use super::wipe::WipePolicy;
use crate::text_enum;

text_enum! {
    /// What kind of legal entity.
    pub enum LegalEntityKind {
        /// A nämnd: an authority of the municipality.
        Authority = "authority",
        /// A company that the municipality owns.
        Company = "company",
    }
}

/// A nämnd or a company: a data controller, buyer and owner of devices of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegalEntity {
    /// Its id.
    pub id: LegalEntityId,
    /// What people call it.
    pub name: String,
    /// Authority or company.
    pub kind: LegalEntityKind,
    /// Its organisation number. The authorities of one municipality share the municipality's, so only one
    /// of them can carry it here.
    pub org_number: Option<OrgNumber>,
    /// The language its people are written to in, unless they have chosen.
    pub language: Language,
    /// Which proof of a wipe is enough, for the cases that are opened from now on.
    pub wipe_policy: WipePolicy,
    /// Who takes devices back from elected representatives: somebody at the chancery (kansli). Their managers do where
    /// nobody is named.
    pub chancery_id: Option<PersonId>,
    /// When its people are written to.
    pub schedule: Schedule,
    /// Whether holders may buy their devices. No, unless somebody has decided so: it is taxed below the market value.
    pub allows_buy_out: bool,
    /// After how many days without a return a claim opens (see [`crate::domain::claim`]).
    pub claim_after_days: u16,
    /// From how many days on a leave opens a case by itself (see [`super::leave`]); never, unless
    /// somebody has decided so.
    pub absence_case_after_days: Option<u16>,
    /// For how many days a number that was freed is nobody else's (see [`crate::domain::subscription::Quarantine`]).
    pub number_quarantine_days: u16,
    /// Version and dates.
    pub meta: Meta,
}
