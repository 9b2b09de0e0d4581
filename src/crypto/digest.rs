//! Digests and message authentication over several parts, and the Merkle tree of the audit.
//!
//! Every part is written with its length before it, so that `("ab", "c")` and `("a", "bc")` never give
//! the same bytes. A digest proves sameness, not origin: where an attacker can choose the input and
//! must not be able to compute the result, use [`mac`].

use aws_lc_rs::{constant_time, digest as sha, hmac};

/// A SHA-256 digest.
pub type Digest = [u8; 32];

/// First byte hashed before a leaf (RFC 6962 §2.1), so that a leaf can never pass as a node.
const LEAF: u8 = 0x00;
/// First byte hashed before two children (RFC 6962 §2.1).
const NODE: u8 = 0x01;

/// The unambiguous bytes of a list of parts: each part after its length as eight big-endian bytes.
pub fn length_prefixed(parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(parts.iter().map(|part| part.len() + 8).sum());
    for part in parts {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    bytes
}

/// SHA-256 over length-prefixed parts. The first part should be a label that names the use and its version.
pub fn digest(parts: &[&[u8]]) -> Digest {
    let mut context = sha::Context::new(&sha::SHA256);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    finish(context)
}

/// SHA-256 of the bytes as they are, for what others compute too (a file's checksum).
pub fn sha256(bytes: &[u8]) -> Digest {
    let mut context = sha::Context::new(&sha::SHA256);
    context.update(bytes);
    finish(context)
}

/// SHA-256 of bytes that come some at a time.
#[derive(Clone)]
pub struct Sha256(sha::Context);

impl Sha256 {
    /// Of no bytes yet.
    #[must_use]
    pub fn new() -> Self {
        Self(sha::Context::new(&sha::SHA256))
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all of them.
    pub fn finish(self) -> Digest {
        finish(self.0)
    }
}

impl Default for Sha256 {
    fn default() -> Self {
        Self::new()
    }
}

/// What makes two requests "the same" for an idempotency key: method, path, caller, body, in a fixed order.
pub fn fingerprint(parts: &[&[u8]]) -> Digest {
    let mut labelled: Vec<&[u8]> = Vec::with_capacity(parts.len() + 1);
    labelled.push(b"handback/fingerprint/v1");
    labelled.extend_from_slice(parts);
    digest(&labelled)
}

/// The Merkle tree hash of RFC 6962 §2.1 over the leaves in their order; of no leaves, SHA-256 of nothing.
pub fn merkle_root<L: AsRef<[u8]>>(leaves: &[L]) -> Digest {
    match leaves {
        [] => sha256(&[]),
        [leaf] => tagged(LEAF, leaf.as_ref(), &[]),
        _ => {
            // The largest power of two below the number of leaves, as the RFC cuts the tree.
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            tagged(NODE, &merkle_root(left), &merkle_root(right))
        }
    }
}

/// The hash of one seal of the audit: binds the batch (`merkle_root` over `count` entries) to the seal
/// before it. `sealed_at_micros` is microseconds since 1970-01-01 UTC.
pub fn seal_hash(
    previous: &Digest,
    seq: i64,
    merkle_root: &Digest,
    count: i64,
    sealed_at_micros: i64,
) -> Digest {
    digest(&[
        b"handback/audit-seal/v1",
        previous,
        &seq.to_be_bytes(),
        merkle_root,
        &count.to_be_bytes(),
        &sealed_at_micros.to_be_bytes(),
    ])
}

/// HMAC-SHA256 over length-prefixed parts. The first part should be a label that names the use.
pub fn mac(key: &[u8; 32], parts: &[&[u8]]) -> Digest {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    let mut out = [0; 32];
    out.copy_from_slice(context.sign().as_ref());
    out
}

/// Whether `tag` is the whole [`mac`] of the parts; compares in constant time.
pub fn verify_mac(key: &[u8; 32], parts: &[&[u8]], tag: &[u8]) -> bool {
    same_bytes(&mac(key, parts), tag)
}

/// Whether two byte strings are equal, without telling by its duration where they differ.
/// The length is no secret.
pub fn same_bytes(a: &[u8], b: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(a, b).is_ok()
}

fn tagged(tag: u8, left: &[u8], right: &[u8]) -> Digest {
    let mut context = sha::Context::new(&sha::SHA256);
    context.update(&[tag]);
    context.update(left);
    context.update(right);
    finish(context)
}

fn finish(context: sha::Context) -> Digest {
    let mut out = [0; 32];
    out.copy_from_slice(context.finish().as_ref());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn moving_a_byte_between_parts_changes_digest_mac_and_fingerprint() {
        let (one, other): (&[&[u8]], &[&[u8]]) = (&[b"ab", b"c"], &[b"a", b"bc"]);
        assert_ne!(digest(one), digest(other));
        assert_ne!(digest(one), digest(&[b"abc"]));
        assert_ne!(digest(&[b"abc"]), digest(&[b"abc", b""]));
        assert_ne!(mac(&[7; 32], one), mac(&[7; 32], other));
        assert_ne!(fingerprint(one), fingerprint(other));
    }

    #[test]
    fn digest_and_mac_are_sha256_over_the_length_prefixed_bytes() {
        let parts: &[&[u8]] = &[b"handback", b"", b"x"];
        let bytes = length_prefixed(parts);
        assert_eq!(
            bytes,
            b"\0\0\0\0\0\0\0\x08handback\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01x"
        );
        assert_eq!(digest(parts), sha256(&bytes));
        let key = hmac::Key::new(hmac::HMAC_SHA256, &[9; 32]);
        assert_eq!(mac(&[9; 32], parts), hmac::sign(&key, &bytes).as_ref());
        assert_eq!(
            hex(&sha256(b"abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn a_mac_is_refused_when_cut_changed_or_made_with_another_key() {
        let parts: &[&[u8]] = &[b"anchor", b"42"];
        let good = mac(&[1; 32], parts);
        assert!(verify_mac(&[1; 32], parts, &good));
        assert!(!verify_mac(&[2; 32], parts, &good));
        assert!(!verify_mac(&[1; 32], &[b"anchor", b"43"], &good));
        assert!(!verify_mac(&[1; 32], parts, &good[..31]));
        assert!(!verify_mac(&[1; 32], parts, &[]));
    }

    /// The roots that Certificate Transparency implementations publish for RFC 6962.
    #[test]
    fn the_merkle_root_agrees_with_the_known_vectors_of_rfc_6962() {
        let leaves: [&[u8]; 8] = [
            b"",
            b"\x00",
            b"\x10",
            b"\x20\x21",
            b"\x30\x31",
            b"\x40\x41\x42\x43",
            b"\x50\x51\x52\x53\x54\x55\x56\x57",
            b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
        ];
        let roots = [
            (
                0,
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            ),
            (
                1,
                "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            ),
            (
                2,
                "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            ),
            (
                3,
                "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            ),
            (
                8,
                "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
            ),
        ];
        for (count, root) in roots {
            assert_eq!(hex(&merkle_root(&leaves[..count])), root, "{count} leaves");
        }
    }

    #[test]
    fn a_seal_depends_on_everything_that_it_binds() {
        let base = seal_hash(&[1; 32], 2, &[3; 32], 4, 5);
        assert_ne!(base, seal_hash(&[9; 32], 2, &[3; 32], 4, 5));
        assert_ne!(base, seal_hash(&[1; 32], 9, &[3; 32], 4, 5));
        assert_ne!(base, seal_hash(&[1; 32], 2, &[9; 32], 4, 5));
        assert_ne!(base, seal_hash(&[1; 32], 2, &[3; 32], 9, 5));
        assert_ne!(base, seal_hash(&[1; 32], 2, &[3; 32], 4, 9));
    }
}
