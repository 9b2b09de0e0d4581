//! Which facts about a handset count for which of its holders.
//!
//! A fact belongs to the custody in which it happened, whenever it is delivered. Both functions here look at times
//! and sets alone, so the order in which facts arrive cannot matter.

use super::{Evidence, EvidenceKind, GRACE};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

/// One custody of a handset: it begins when the handset is handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Custody {
    /// When it began.
    pub began_at: DateTime<Utc>,
    /// The epoch of the device while it lasts.
    pub epoch: i64,
}

/// The custody in which something happened: the last one that had begun by then. Nothing if it happened before the
/// first one that is known.
///
/// A custody lasts until the next hand-out and not only until the return: what lies in stock is still the handset of
/// whoever had it last, and contact from it contradicts what was said of its wipe.
pub fn custody_at(custodies: &[Custody], at: DateTime<Utc>) -> Option<Custody> {
    custodies
        .iter()
        .filter(|custody| custody.began_at <= at)
        .max()
        .copied()
}

/// A fact with the epoch of the custody in which it happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacedEvidence {
    /// The epoch.
    pub epoch: i64,
    /// The fact.
    pub fact: Evidence,
}

/// The facts about one handset that count for the case about one custody, which was opened at `opened_at`.
///
/// - What happened in the custody.
/// - What happened later on an enrolment that was seen in the custody: a handset that is heard of on the enrolment
///   of its earlier holder was not erased for the next one.
/// - Not a wipe from before the case, if the handset was heard of between that wipe and the case: somebody used it
///   again, and what was erased then is not what is on it now.
pub fn about_case(placed: &[PlacedEvidence], epoch: i64, opened_at: DateTime<Utc>) -> Vec<Evidence> {
    let own = || placed.iter().filter(|found| found.epoch == epoch);
    let enrolments: BTreeSet<&str> = own()
        .filter_map(|found| found.fact.enrolment.as_deref())
        .collect();
    let last_use = own()
        .filter(|found| is_sign_of_use(found.fact.kind))
        .map(|found| found.fact.occurred_at())
        .filter(|at| *at < opened_at)
        .max();
    let is_history = |fact: &Evidence| {
        is_about_erasing(fact.kind) && last_use.is_some_and(|used| fact.occurred_at() + GRACE < used)
    };
    let came_later = |found: &&PlacedEvidence| {
        let enrolment = found.fact.enrolment.as_deref();
        found.epoch > epoch && enrolment.is_some_and(|enrolment| enrolments.contains(enrolment))
    };
    own()
        .filter(|found| !is_history(&found.fact))
        .chain(placed.iter().filter(came_later))
        .map(|found| found.fact.clone())
        .collect()
}

const fn is_sign_of_use(kind: EvidenceKind) -> bool {
    match kind {
        EvidenceKind::Contact | EvidenceKind::Enrolled => true,
        EvidenceKind::CommandQueued
        | EvidenceKind::CommandDeferred
        | EvidenceKind::CommandAcknowledged
        | EvidenceKind::CommandRefused
        | EvidenceKind::CommandExpired
        | EvidenceKind::Unenrolled
        | EvidenceKind::RecordRemoved
        | EvidenceKind::Inventory
        | EvidenceKind::Attested
        | EvidenceKind::AttestationWithdrawn
        | EvidenceKind::DestructionWithdrawn
        | EvidenceKind::Verified
        | EvidenceKind::VerificationFailed
        | EvidenceKind::Destroyed => false,
    }
}

const fn is_about_erasing(kind: EvidenceKind) -> bool {
    match kind {
        EvidenceKind::CommandQueued
        | EvidenceKind::CommandDeferred
        | EvidenceKind::CommandAcknowledged
        | EvidenceKind::CommandRefused
        | EvidenceKind::CommandExpired
        | EvidenceKind::Attested
        | EvidenceKind::AttestationWithdrawn
        | EvidenceKind::DestructionWithdrawn
        | EvidenceKind::Verified
        | EvidenceKind::VerificationFailed
        | EvidenceKind::Destroyed => true,
        EvidenceKind::Contact
        | EvidenceKind::Enrolled
        | EvidenceKind::Unenrolled
        | EvidenceKind::RecordRemoved
        | EvidenceKind::Inventory => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::wipe::WipeScope;
    use chrono::TimeDelta;

    fn hour(number: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::hours(number)
    }

    fn placed(epoch: i64, kind: EvidenceKind, at: i64, enrolment: Option<&str>) -> PlacedEvidence {
        PlacedEvidence {
            epoch,
            fact: Evidence {
                kind,
                scope: WipeScope::FullDevice,
                claimed_at: Some(hour(at)),
                received_at: hour(1_000),
                enrolment: enrolment.map(str::to_owned),
                command_ref: None,
            },
        }
    }

    fn kinds(placed: &[PlacedEvidence], epoch: i64, opened_at: i64) -> Vec<EvidenceKind> {
        let facts = about_case(placed, epoch, hour(opened_at));
        facts.iter().map(|fact| fact.kind).collect()
    }

    #[test]
    fn a_custody_lasts_until_the_next_hand_out() {
        let custodies = [1, 3].map(|epoch| Custody {
            began_at: hour(epoch * 10),
            epoch,
        });
        let epoch = |at| custody_at(&custodies, hour(at)).map(|custody| custody.epoch);
        assert_eq!(
            [9, 10, 29, 30, 999].map(epoch),
            [None, Some(1), Some(1), Some(3), Some(3)]
        );
    }

    #[test]
    fn contact_on_the_enrolment_of_the_earlier_holder_counts_for_the_earlier_holder_too() {
        use EvidenceKind::{CommandAcknowledged, Contact};
        let facts = [
            placed(1, CommandAcknowledged, 10, Some("a")),
            placed(3, Contact, 30, Some("a")),
            placed(3, Contact, 40, Some("b")),
            placed(3, Contact, 50, None),
        ];
        assert_eq!(kinds(&facts, 1, 0), [CommandAcknowledged, Contact]);
        assert_eq!(kinds(&facts, 3, 0), [Contact; 3]);
    }

    #[test]
    fn a_wipe_before_the_case_counts_unless_the_handset_was_used_again() {
        use EvidenceKind::{CommandAcknowledged, Contact};
        let wiped = placed(1, CommandAcknowledged, 10, None);
        let used = placed(1, Contact, 20, None);
        let both = [wiped.clone(), used];
        assert_eq!(kinds(&[wiped], 1, 30), [CommandAcknowledged]);
        assert_eq!(kinds(&both, 1, 30), [Contact]);
        assert_eq!(kinds(&both, 1, 15), [CommandAcknowledged, Contact]);
    }
}
