//! The fold from evidence to assessment.
//!
//! Only minima, maxima, sets and "is there any" are taken, so order and duplicates cannot matter. The one other
//! input is `now`, and it can only tell [`WipeState::Ordered`] from [`WipeState::Stalled`].

use super::{Evidence, EvidenceKind, WipeAssessment, WipeLevel, WipeState};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// A device answers before it erases, so contact this soon after the answer says nothing.
pub const GRACE: TimeDelta = TimeDelta::minutes(10);

/// How long an open command may be without a sign of life before somebody should look.
pub const STALLED_AFTER: TimeDelta = TimeDelta::hours(72);

type Instant = DateTime<Utc>;

/// Folds the evidence of one custody of one handset.
pub fn assess(evidence: &[Evidence], now: DateTime<Utc>) -> WipeAssessment {
    let facts = Facts::of(evidence);
    let contradicted = facts.contradicted();
    let state = facts.state(contradicted, now);
    WipeAssessment {
        state,
        level: facts.level(state),
        contradicted,
    }
}

/// When [`assess`] will call a command that is open now stalled, if nothing is heard until then. Nothing when no
/// command is open, or when it is stalled already.
pub fn stalls_at(evidence: &[Evidence], now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    match assess(evidence, now).state {
        WipeState::Ordered | WipeState::Deferred => {
            // The limit itself is still in time.
            let silent_since = Facts::of(evidence).sign_of_life()?;
            Some(silent_since + STALLED_AFTER + TimeDelta::microseconds(1))
        }
        WipeState::Required
        | WipeState::Stalled
        | WipeState::Refused
        | WipeState::Attested
        | WipeState::Indeterminate
        | WipeState::Acknowledged
        | WipeState::Contradicted
        | WipeState::Verified
        | WipeState::VerificationFailed
        | WipeState::Destroyed => None,
    }
}

/// Something that happened at a time, on an enrolment if that is known.
#[derive(Clone, Copy)]
struct Sighting<'a> {
    at: Instant,
    enrolment: Option<&'a str>,
}

/// What is known about one command.
#[derive(Default)]
struct Command {
    first_seen: Option<Instant>,
    last_deferred: Option<Instant>,
    acknowledged: Option<Instant>,
    refused: bool,
    expired: bool,
}

impl Command {
    /// The acknowledgement, unless the same command was also refused.
    fn clean_acknowledgement(&self) -> Option<Instant> {
        self.acknowledged.filter(|_| !self.refused)
    }

    fn is_unanswered(&self) -> bool {
        self.first_seen.is_some() && self.acknowledged.is_none() && !self.refused && !self.expired
    }
}

#[derive(Default)]
struct Facts<'a> {
    commands: BTreeMap<Option<&'a str>, Command>,
    /// Everything that says "erased", from whomever. A later contact contradicts it.
    claims: Vec<Sighting<'a>>,
    contacts: Vec<Sighting<'a>>,
    enrolments: Vec<Sighting<'a>>,
    attested: bool,
    verified: Option<Instant>,
    verification_failed: Option<Instant>,
    destroyed: Option<Instant>,
    last_gone: Option<Instant>,
    last_present: Option<Instant>,
}

impl<'a> Facts<'a> {
    fn of(evidence: &'a [Evidence]) -> Self {
        let references = |kind: EvidenceKind| -> BTreeSet<&str> {
            let facts = evidence.iter().filter(|fact| fact.kind == kind);
            facts.filter_map(|fact| fact.command_ref.as_deref()).collect()
        };
        let attested = references(EvidenceKind::AttestationWithdrawn);
        let destroyed = references(EvidenceKind::DestructionWithdrawn);
        let stands = |fact: &&Evidence| {
            let withdrawn = match fact.kind {
                EvidenceKind::Attested => &attested,
                EvidenceKind::Destroyed => &destroyed,
                _ => return true,
            };
            !fact
                .command_ref
                .as_deref()
                .is_some_and(|reference| withdrawn.contains(reference))
        };
        let mut facts = Self::default();
        for fact in evidence.iter().filter(stands) {
            facts.take(fact);
        }
        facts
    }

    fn take(&mut self, fact: &'a Evidence) {
        let at = fact.occurred_at();
        let sighting = Sighting {
            at,
            enrolment: fact.enrolment.as_deref(),
        };
        let full = fact.is_about_everything();
        match fact.kind {
            EvidenceKind::Contact => {
                self.contacts.push(sighting);
                latest(&mut self.last_present, at);
            }
            EvidenceKind::Enrolled => {
                self.enrolments.push(sighting);
                latest(&mut self.last_present, at);
            }
            EvidenceKind::Inventory => latest(&mut self.last_present, at),
            EvidenceKind::Unenrolled | EvidenceKind::RecordRemoved => latest(&mut self.last_gone, at),
            // Bad news counts whatever its scope; good news only if it is about the whole device.
            EvidenceKind::VerificationFailed => latest(&mut self.verification_failed, at),
            EvidenceKind::Attested if full => {
                self.attested = true;
                self.claims.push(sighting);
            }
            EvidenceKind::Verified if full => {
                latest(&mut self.verified, at);
                self.claims.push(sighting);
            }
            EvidenceKind::Destroyed if full => {
                earliest(&mut self.destroyed, at);
                self.claims.push(sighting);
            }
            EvidenceKind::CommandQueued
            | EvidenceKind::CommandDeferred
            | EvidenceKind::CommandAcknowledged
            | EvidenceKind::CommandRefused
            | EvidenceKind::CommandExpired
                if full =>
            {
                self.take_command(fact, sighting);
            }
            EvidenceKind::Attested
            | EvidenceKind::AttestationWithdrawn
            | EvidenceKind::DestructionWithdrawn
            | EvidenceKind::Verified
            | EvidenceKind::Destroyed
            | EvidenceKind::CommandQueued
            | EvidenceKind::CommandDeferred
            | EvidenceKind::CommandAcknowledged
            | EvidenceKind::CommandRefused
            | EvidenceKind::CommandExpired => {}
        }
    }

    fn take_command(&mut self, fact: &'a Evidence, sighting: Sighting<'a>) {
        let command = self.commands.entry(fact.command_ref.as_deref()).or_default();
        match fact.kind {
            EvidenceKind::CommandQueued => earliest(&mut command.first_seen, sighting.at),
            EvidenceKind::CommandDeferred => {
                earliest(&mut command.first_seen, sighting.at);
                latest(&mut command.last_deferred, sighting.at);
            }
            EvidenceKind::CommandAcknowledged => {
                // The earliest: a repeated report must not move the answer past a contact that contradicts it.
                earliest(&mut command.acknowledged, sighting.at);
                self.claims.push(sighting);
            }
            EvidenceKind::CommandRefused => command.refused = true,
            EvidenceKind::CommandExpired => command.expired = true,
            EvidenceKind::Contact
            | EvidenceKind::Enrolled
            | EvidenceKind::Unenrolled
            | EvidenceKind::RecordRemoved
            | EvidenceKind::Inventory
            | EvidenceKind::Attested
            | EvidenceKind::AttestationWithdrawn
            | EvidenceKind::DestructionWithdrawn
            | EvidenceKind::Verified
            | EvidenceKind::VerificationFailed
            | EvidenceKind::Destroyed => {}
        }
    }

    /// Whether the last word of the technicians is that it is not erased. At the same instant, bad news wins.
    fn verification_stands_failed(&self) -> bool {
        self.verification_failed.is_some() && self.verification_failed >= self.verified
    }

    fn standing_verification(&self) -> Option<Instant> {
        self.verified.filter(|_| !self.verification_stands_failed())
    }

    fn clean_acknowledgement(&self) -> Option<Instant> {
        self.commands
            .values()
            .filter_map(Command::clean_acknowledgement)
            .max()
    }

    /// Whether the device was heard of, on the enrolment that a claim ended, after the claim and the grace.
    /// A later acknowledgement, verification or certificate makes up for earlier contact; an attestation does not.
    fn contradicted(&self) -> bool {
        let made_up_for = [
            self.clean_acknowledgement(),
            self.standing_verification(),
            self.destroyed,
        ];
        let made_up_for = made_up_for.into_iter().flatten().max();
        self.contacts.iter().any(|contact| {
            made_up_for.is_none_or(|at| contact.at > at + GRACE)
                && self
                    .claims
                    .iter()
                    .any(|claim| contact.at > claim.at + GRACE && self.same_enrolment(claim, contact))
        })
    }

    /// Without both markers, the enrolments are the same unless the device is known to have enrolled in between.
    fn same_enrolment(&self, claim: &Sighting<'_>, contact: &Sighting<'_>) -> bool {
        if let (Some(claimed), Some(contacted)) = (claim.enrolment, contact.enrolment) {
            return claimed == contacted;
        }
        !self.enrolments.iter().any(|new| {
            let in_between = new.at >= claim.at && new.at <= contact.at;
            let is_not_the_old = new.enrolment.is_none() || new.enrolment != claim.enrolment;
            let may_be_the_contacts =
                new.enrolment.is_none() || contact.enrolment.is_none() || new.enrolment == contact.enrolment;
            in_between && is_not_the_old && may_be_the_contacts
        })
    }

    /// An enrolment after the order but without an answer: most systems clear their queue, so nobody knows.
    fn is_lost(&self, command: &Command) -> bool {
        command.is_unanswered()
            && self
                .enrolments
                .iter()
                .any(|new| Some(new.at) > command.first_seen)
    }

    fn is_indeterminate(&self) -> bool {
        let gone = self.last_gone.is_some() && self.last_gone >= self.last_present;
        gone || self.commands.values().any(|command| {
            let conflicting = command.acknowledged.is_some() && command.refused;
            let expired = command.expired && command.acknowledged.is_none();
            conflicting || expired || self.is_lost(command)
        })
    }

    fn state(&self, contradicted: bool, now: Instant) -> WipeState {
        if self.destroyed.is_some() && !contradicted {
            WipeState::Destroyed
        } else if self.verification_stands_failed() {
            WipeState::VerificationFailed
        } else if contradicted {
            WipeState::Contradicted
        } else if self.standing_verification().is_some() {
            WipeState::Verified
        } else if self.clean_acknowledgement().is_some() {
            WipeState::Acknowledged
        } else if self.is_indeterminate() {
            WipeState::Indeterminate
        } else if self.attested {
            WipeState::Attested
        } else {
            self.waiting_state(now)
        }
    }

    /// The state while nothing says that the device is erased, and nothing ended without an answer.
    fn waiting_state(&self, now: Instant) -> WipeState {
        let Some(sign_of_life) = self.sign_of_life() else {
            let refused = self.commands.values().any(|command| command.refused);
            return if refused {
                WipeState::Refused
            } else {
                WipeState::Required
            };
        };
        if now > sign_of_life + STALLED_AFTER {
            WipeState::Stalled
        } else if self.last_deferred().is_some() {
            WipeState::Deferred
        } else {
            WipeState::Ordered
        }
    }

    fn unanswered(&self) -> impl Iterator<Item = &Command> {
        self.commands.values().filter(|command| command.is_unanswered())
    }

    fn last_deferred(&self) -> Option<Instant> {
        self.unanswered()
            .filter_map(|command| command.last_deferred)
            .max()
    }

    /// When something was last heard while a command is open; nothing when none is.
    fn sign_of_life(&self) -> Option<Instant> {
        let ordered = self.unanswered().filter_map(|command| command.first_seen).min()?;
        let contact = self.contacts.iter().map(|contact| contact.at).max();
        [Some(ordered), self.last_deferred(), contact]
            .into_iter()
            .flatten()
            .max()
    }

    fn level(&self, state: WipeState) -> WipeLevel {
        match state {
            WipeState::Destroyed => WipeLevel::Certified,
            WipeState::Verified => WipeLevel::Verified,
            WipeState::Acknowledged => WipeLevel::Acknowledged,
            WipeState::Attested => WipeLevel::Attested,
            // The machines do not know; a person who saw the set-up screen still does.
            WipeState::Indeterminate if self.attested => WipeLevel::Attested,
            WipeState::Indeterminate if self.commands.is_empty() => WipeLevel::None,
            WipeState::Indeterminate | WipeState::Stalled | WipeState::Deferred | WipeState::Ordered => {
                WipeLevel::Ordered
            }
            WipeState::Required
            | WipeState::Refused
            | WipeState::Contradicted
            | WipeState::VerificationFailed => WipeLevel::None,
        }
    }
}

fn earliest(slot: &mut Option<Instant>, at: Instant) {
    *slot = Some(slot.map_or(at, |old| old.min(at)));
}

fn latest(slot: &mut Option<Instant>, at: Instant) {
    *slot = Some(slot.map_or(at, |old| old.max(at)));
}
