//! The facts of the receipt. The words of it, in Swedish and English, are written elsewhere from these.

use super::Termination;
use super::check::Reason;
use super::item::Item;
use super::words::{CheckKind, CheckState, CodeAnswer, CodeKind, ItemKind};
use crate::domain::ids::ItemId;
use crate::domain::wipe::{WipeLevel, WipeState};
use crate::text_enum;

text_enum! {
    /// What the receipt says about a wipe: who saw what, and no more than that.
    pub enum WipeStatement {
        /// Nothing shows that the data is gone.
        NothingShown = "nothing_shown",
        /// A wipe was ordered, and nothing shows that it happened.
        Ordered = "ordered",
        /// A person says that they saw the set-up screen.
        AttestedByPerson = "attested_by_person",
        /// The device reported it; nobody has looked.
        ReportedByDevice = "reported_by_device",
        /// The device reported it, and it has not come back.
        ReportedNotReturned = "reported_not_returned",
        /// A technician saw it.
        VerifiedByTechnician = "verified_by_technician",
        /// The device was destroyed, with a certificate.
        DestructionCertified = "destruction_certified",
        /// A technician looked, and it was not erased.
        FoundNotWiped = "found_not_wiped",
        /// Later contact contradicts what was said.
        Contradicted = "contradicted",
    }
}

/// One thing that did not go as it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deviation<'a> {
    /// The item.
    pub item: ItemId,
    /// The check.
    pub check: CheckKind,
    /// Which code the holder refuses to give, if it is that.
    pub refused_code: Option<CodeKind>,
    /// Whether it is that the case was closed in spite of a contradicted wipe.
    pub contradicted: bool,
    /// Whether it is that the device is damaged.
    pub damaged: bool,
    /// Why, if a check was settled so.
    pub reason: Option<&'a Reason>,
}

/// One item on the receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemSummary<'a> {
    /// The item with its outcome, checks and answers.
    pub item: &'a Item,
    /// What may be said about the wipe; nothing for a subscription.
    pub wipe: Option<WipeStatement>,
    /// What did not go as it should.
    pub deviations: Vec<Deviation<'a>>,
}

impl Termination {
    /// Everything that did not go as it should. With any of these, the receipt is one "with deviations".
    pub fn deviations(&self) -> Vec<Deviation<'_>> {
        self.items.iter().flat_map(Item::deviations).collect()
    }

    /// The items, as the receipt shows them.
    pub fn summaries(&self) -> Vec<ItemSummary<'_>> {
        let summary = |item| ItemSummary {
            item,
            wipe: Item::wipe_statement(item),
            deviations: Item::deviations(item),
        };
        self.items.iter().map(summary).collect()
    }
}

impl Item {
    /// What did not go as it should with this item.
    pub fn deviations(&self) -> Vec<Deviation<'_>> {
        let item = self.id;
        let checks = self
            .checks
            .iter()
            .filter(|check| check.state == CheckState::Deviation)
            .map(|check| Deviation {
                item,
                check: check.kind,
                refused_code: None,
                contradicted: false,
                damaged: false,
                reason: check.reason.as_ref(),
            });
        let refused = self
            .code_answers
            .iter()
            .filter(|(_, answer)| **answer == CodeAnswer::Refused);
        let refused = refused.map(|(code, _)| Deviation {
            item,
            check: CheckKind::Codes,
            refused_code: Some(*code),
            contradicted: false,
            damaged: false,
            reason: None,
        });
        let damaged = self.damage.as_ref().map(|damage| Deviation {
            item,
            check: CheckKind::Returned,
            refused_code: None,
            contradicted: false,
            damaged: true,
            reason: Some(&damage.facts),
        });
        let is_contradicted = self.wipe.contradicted && !self.is_handed_on();
        let contradicted = is_contradicted.then(|| Deviation {
            item,
            check: CheckKind::Wiped,
            refused_code: None,
            contradicted: true,
            damaged: false,
            reason: self.contradiction.as_ref().map(|decision| &decision.reason),
        });
        checks.chain(refused).chain(damaged).chain(contradicted).collect()
    }

    /// What may be said about the wipe of this device; nothing for a subscription.
    pub fn wipe_statement(&self) -> Option<WipeStatement> {
        match self.kind {
            ItemKind::Subscription => return None,
            ItemKind::Device => {}
        }
        if self.wipe.contradicted {
            return Some(WipeStatement::Contradicted);
        }
        if self.wipe.state == WipeState::VerificationFailed {
            return Some(WipeStatement::FoundNotWiped);
        }
        let is_here = self.is(CheckKind::Returned, CheckState::Done);
        Some(match self.wipe.level {
            WipeLevel::None => WipeStatement::NothingShown,
            WipeLevel::Ordered => WipeStatement::Ordered,
            WipeLevel::Attested => WipeStatement::AttestedByPerson,
            WipeLevel::Acknowledged if is_here => WipeStatement::ReportedByDevice,
            WipeLevel::Acknowledged => WipeStatement::ReportedNotReturned,
            WipeLevel::Verified => WipeStatement::VerifiedByTechnician,
            WipeLevel::Certified => WipeStatement::DestructionCertified,
        })
    }
}
