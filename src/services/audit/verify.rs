//! Proving that the audit is what was written.
//!
//! Everything is recomputed from the stored columns, a page at a time: memory does not grow with the audit,
//! and no statement runs long. Writers go on meanwhile; what is sealed during the walk is walked too.

use super::anchor::{AnchorFault, Anchors};
use crate::crypto::digest::merkle_root;
use crate::db::audit::chain::{self, Head, NO_SEAL, SealRow, SealedRow};
use crate::db::{DbConnection, DbError};
use crate::domain::policy::Action;
use crate::services::{Ctx, ServiceError};
use std::iter::Peekable;
use std::vec::IntoIter;

/// How many seals are read at once.
const SEALS: i64 = 200;
/// About how many sealed entries are read at once; one seal is never divided.
const ENTRIES: i64 = 2_000;
/// The most entries that are read for one seal, whatever its count says.
const MOST_IN_SEAL: i64 = 20_000;
/// How many entries are read at once to see where they stand.
const PLACES: i64 = 5_000;

/// What verifying found: the first thing that is wrong, if anything is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing is wrong.
    Intact,
    /// A seal, or an entry in it, is not what it was; or the seal is not the one that an anchor has seen.
    Altered {
        /// The seal.
        seq: i64,
    },
    /// A seal is missing, or it has not as many entries as it should, or an entry of it is missing or waits
    /// to be sealed again.
    Gap {
        /// The seal.
        seq: i64,
    },
    /// The chain ends before a seal that an anchor has seen.
    ShorterThanAnchor {
        /// The seal that the anchor has seen.
        seq: i64,
    },
    /// An entry is neither sealed nor waiting: it did not come in by the door, or its seal was cut off.
    OutsideChain {
        /// The id of the entry, as it is stored.
        entry: String,
    },
    /// A line of the anchor file is not an authentic anchor.
    ForgedAnchor {
        /// The line, from 1.
        line: usize,
    },
    /// The details of an entry are not those that it was written with.
    PayloadMismatch {
        /// The seal.
        seq: i64,
        /// The id of the entry, as it is stored.
        entry: String,
    },
}

impl Verdict {
    /// The exit code of the command line: 0 for intact, else one for each kind of finding.
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Intact => 0,
            Self::Altered { .. } => 10,
            Self::Gap { .. } => 11,
            Self::ShorterThanAnchor { .. } => 12,
            Self::OutsideChain { .. } => 13,
            Self::ForgedAnchor { .. } => 14,
            Self::PayloadMismatch { .. } => 15,
        }
    }
}

impl From<AnchorFault> for Verdict {
    fn from(fault: AnchorFault) -> Self {
        Self::ForgedAnchor { line: fault.line }
    }
}

/// What was verified, and what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The finding. After anything but [`Verdict::Intact`] the numbers tell how far the walk came.
    pub verdict: Verdict,
    /// The last seal that was verified.
    pub head: Head,
    /// How many sealed entries were verified.
    pub entries: u64,
    /// How many of them have no details any more. Erasing is allowed; whether it was right to do so is not
    /// for the chain to tell.
    pub erased: u64,
    /// How many entries wait for the sealer; nothing is proved of them yet.
    pub unsealed: u64,
}

/// Verifies the whole audit, and holds it to the anchors.
///
/// # Errors
/// As [`Ctx::read`]. That something is wrong with the audit is not an error but a verdict, as long as its
/// rows can be read.
pub async fn verify(ctx: &Ctx, anchors: Anchors) -> Result<Report, ServiceError> {
    let mut walk = Walk::new(anchors);
    walk = walk_seals(ctx, walk).await?;
    if walk.finding.is_none() {
        walk = look_at_places(ctx, walk).await?;
    }
    if walk.finding.is_none() {
        // What was sealed while the places were looked at.
        walk = walk_seals(ctx, walk).await?;
    }
    Ok(walk.into_report())
}

async fn walk_seals(ctx: &Ctx, mut walk: Walk) -> Result<Walk, ServiceError> {
    loop {
        let (next, more) = ctx
            .read(Action::ReadAudit, move |connection| {
                let more = walk.next_seals(connection)?;
                Ok((walk, more))
            })
            .await?;
        walk = next;
        if !more || walk.finding.is_some() {
            return Ok(walk);
        }
    }
}

async fn look_at_places(ctx: &Ctx, mut walk: Walk) -> Result<Walk, ServiceError> {
    loop {
        let (next, more) = ctx
            .read(Action::ReadAudit, move |connection| {
                let more = walk.next_places(connection)?;
                Ok((walk, more))
            })
            .await?;
        walk = next;
        if !more || walk.finding.is_some() {
            return Ok(walk);
        }
    }
}

/// How far the verification has come.
struct Walk {
    anchors: Anchors,
    finding: Option<Verdict>,
    head: Head,
    entries: u64,
    erased: u64,
    unsealed: u64,
    /// The last entry whose place was looked at.
    last_id: String,
    /// The highest seal that any entry claims to stand in, and that entry.
    claimed: (i64, String),
}

impl Walk {
    fn new(anchors: Anchors) -> Self {
        Self {
            anchors,
            finding: None,
            head: Head {
                seq: 0,
                hash: NO_SEAL.to_vec(),
            },
            entries: 0,
            erased: 0,
            unsealed: 0,
            last_id: String::new(),
            claimed: (0, String::new()),
        }
    }

    /// Verifies some more seals with their entries; false at the end of the chain.
    fn next_seals(&mut self, connection: &mut DbConnection) -> Result<bool, DbError> {
        // Before the first seal there must be none, not even one with a number below 1.
        let after = if self.head.seq == 0 {
            i64::MIN
        } else {
            self.head.seq
        };
        let mut seals = chain::seals_after(connection, after, SEALS)?;
        let counts = seals.iter().scan(0, |sum, seal| {
            *sum += i64::from(seal.entry_count.max(0));
            Some(*sum)
        });
        let within = counts.take_while(|sum| *sum <= ENTRIES).count().max(1);
        seals.truncate(within);
        let (Some(first), Some(last)) = (seals.first(), seals.last()) else {
            return Ok(false);
        };
        // One more than there should be, so that one too many is seen.
        let expected: i64 = seals.iter().map(|seal| i64::from(seal.entry_count.max(0))).sum();
        let limit = expected.min(MOST_IN_SEAL) + 1;
        let mut rows = chain::sealed(connection, first.seq, last.seq, limit)?
            .into_iter()
            .peekable();
        for seal in seals {
            if let Err(finding) = self.check_seal(&seal, &mut rows) {
                self.finding = Some(finding);
                break;
            }
            self.head = Head {
                seq: seal.seq,
                hash: seal.hash,
            };
        }
        Ok(true)
    }

    fn check_seal(
        &mut self,
        seal: &SealRow,
        rows: &mut Peekable<IntoIter<SealedRow>>,
    ) -> Result<(), Verdict> {
        let seq = seal.seq;
        let expected = self.head.seq + 1;
        if seq != expected {
            return Err(Verdict::Gap { seq: expected });
        }
        let is_linked = seal.previous == self.head.hash;
        let is_whole = seal.compute_hash().is_some_and(|hash| hash == *seal.hash);
        let is_anchored = self.anchors.hash_of(seq).is_none_or(|hash| hash == seal.hash);
        if !is_linked || !is_whole || !is_anchored {
            return Err(Verdict::Altered { seq });
        }
        let mut leaves = Vec::new();
        while let Some(row) = rows.next_if(|(place, _, _)| place.seq == seq) {
            leaves.push(self.check_entry(leaves.len(), row)?);
        }
        if i32::try_from(leaves.len()) != Ok(seal.entry_count) {
            return Err(Verdict::Gap { seq });
        }
        if merkle_root(&leaves) != *seal.merkle_root {
            return Err(Verdict::Altered { seq });
        }
        Ok(())
    }

    fn check_entry(&mut self, index: usize, row: SealedRow) -> Result<[u8; 32], Verdict> {
        let (place, entry, payload) = row;
        let seq = place.seq;
        let Some(entry) = entry else {
            return Err(Verdict::Gap { seq });
        };
        let digest = entry.compute_digest();
        if digest != *entry.digest || usize::try_from(place.position) != Ok(index) {
            return Err(Verdict::Altered { seq });
        }
        match payload {
            Some(payload) if payload.compute_digest() != *entry.payload_digest => {
                return Err(Verdict::PayloadMismatch { seq, entry: entry.id });
            }
            Some(_) => {}
            None => self.erased += 1,
        }
        self.entries += 1;
        Ok(digest)
    }

    /// Looks where some more entries stand; false after the last one.
    fn next_places(&mut self, connection: &mut DbConnection) -> Result<bool, DbError> {
        let places = chain::places_after(connection, &self.last_id, PLACES)?;
        let more = !places.is_empty();
        for (id, seal, pending) in places {
            match (seal, pending.is_some()) {
                (Some(seq), true) => self.finding = Some(Verdict::Gap { seq }),
                (Some(seq), false) if seq < 1 => {
                    self.finding = Some(Verdict::OutsideChain { entry: id.clone() });
                }
                (Some(seq), false) => {
                    if seq > self.claimed.0 {
                        self.claimed = (seq, id.clone());
                    }
                }
                (None, true) => self.unsealed += 1,
                (None, false) => self.finding = Some(Verdict::OutsideChain { entry: id.clone() }),
            }
            if self.finding.is_some() {
                break;
            }
            self.last_id = id;
        }
        Ok(more)
    }

    fn into_report(self) -> Report {
        let cut_off = self.anchors.last_seq().filter(|seq| *seq > self.head.seq);
        let verdict = match (self.finding, cut_off) {
            // An entry without its seal and a chain that is too short are one and the same cut; the anchor
            // knows more about it.
            (None | Some(Verdict::OutsideChain { .. }), Some(seq)) => Verdict::ShorterThanAnchor { seq },
            (Some(finding), _) => finding,
            (None, None) if self.claimed.0 > self.head.seq => Verdict::OutsideChain {
                entry: self.claimed.1,
            },
            (None, None) => Verdict::Intact,
        };
        Report {
            verdict,
            head: self.head,
            entries: self.entries,
            erased: self.erased,
            unsealed: self.unsealed,
        }
    }
}
