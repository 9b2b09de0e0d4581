//! What is handed in, inflected: one phone, several phones, or only a SIM card.

use super::format::pick;
use super::view::CaseFacts;
use crate::domain::language::Language;

/// How many things the case is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Count {
    OnePhone,
    Phones,
    SimCard,
}

/// The thing that is handed in.
#[derive(Clone, Copy)]
pub(super) struct Thing {
    count: Count,
    language: Language,
}

impl Thing {
    pub(super) const fn of(case: &CaseFacts, language: Language) -> Self {
        let count = match case.devices.len() {
            0 => Count::SimCard,
            1 => Count::OnePhone,
            _ => Count::Phones,
        };
        Self { count, language }
    }

    /// "mobiltelefonen", "the mobile phone".
    pub(super) const fn the(self) -> &'static str {
        match self.count {
            Count::OnePhone => pick(self.language, "mobiltelefonen", "the mobile phone"),
            Count::Phones => pick(self.language, "mobiltelefonerna", "the mobile phones"),
            Count::SimCard => pick(self.language, "sim-kortet", "the SIM card"),
        }
    }

    /// "en mobiltelefon", "a mobile phone".
    pub(super) const fn some(self) -> &'static str {
        match self.count {
            Count::OnePhone => pick(self.language, "en mobiltelefon", "a mobile phone"),
            Count::Phones => pick(self.language, "mobiltelefoner", "mobile phones"),
            Count::SimCard => pick(self.language, "ett sim-kort", "a SIM card"),
        }
    }

    /// "återlämnad mobiltelefon", "a returned mobile phone".
    pub(super) const fn some_returned(self) -> &'static str {
        match self.count {
            Count::OnePhone => pick(
                self.language,
                "återlämnad mobiltelefon",
                "a returned mobile phone",
            ),
            Count::Phones => pick(
                self.language,
                "återlämnade mobiltelefoner",
                "returned mobile phones",
            ),
            Count::SimCard => pick(self.language, "återlämnat sim-kort", "a returned SIM card"),
        }
    }

    /// The participle in agreement: "återlämnad", "returned".
    pub(super) const fn returned(self) -> &'static str {
        match self.count {
            Count::OnePhone => pick(self.language, "återlämnad", "returned"),
            Count::Phones => pick(self.language, "återlämnade", "returned"),
            Count::SimCard => pick(self.language, "återlämnat", "returned"),
        }
    }

    /// The auxiliary of the English perfect: "has", "have".
    pub(super) const fn has(self) -> &'static str {
        match self.count {
            Count::OnePhone | Count::SimCard => pick(self.language, "har", "has"),
            Count::Phones => pick(self.language, "har", "have"),
        }
    }

    /// "den är borta", "it is missing".
    pub(super) const fn it_is_missing(self) -> &'static str {
        match self.count {
            Count::OnePhone => pick(self.language, "den är borta", "it missing"),
            Count::Phones => pick(self.language, "någon är borta", "one missing"),
            Count::SimCard => pick(self.language, "det är borta", "it missing"),
        }
    }

    /// "telefonen", or "varje telefon" of several.
    pub(super) const fn each(self) -> &'static str {
        match self.count {
            Count::OnePhone | Count::SimCard => pick(self.language, "telefonen", "the phone"),
            Count::Phones => pick(self.language, "varje telefon", "each phone"),
        }
    }

    /// Whether there is a phone at all.
    pub(super) fn is_phone(self) -> bool {
        self.count != Count::SimCard
    }
}
