//! Cursors of pagination: what the next page needs to know, handed to the client and back unchanged.
//!
//! The content is authenticated, not hidden: put sort keys and ids in it, nothing that the client may
//! not see. A cursor grants nothing; the rights of the caller are checked again on every page.

use crate::crypto::digest::{mac, same_bytes};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// 128 bits: nobody guesses a tag within the life of a key, and the address stays short.
const TAG_BYTES: usize = 16;
/// No cursor of ours is longer; what is longer is not worth decoding.
const MAX_TEXT: usize = 2048;
const LABEL: &[u8] = b"handback/cursor/v1";

/// The text of a cursor with this payload: base64url of the payload followed by its tag.
/// `key` is the subkey of [`Purpose::Cursor`](crate::crypto::keyring::Purpose::Cursor).
pub fn encode(key: &[u8; 32], payload: &[u8]) -> String {
    let tag = mac(key, &[LABEL, payload]);
    let mut bytes = payload.to_vec();
    bytes.extend(tag.iter().take(TAG_BYTES));
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The payload of a cursor that [`encode`] made with the same key, or `None` for anything else.
pub fn decode(key: &[u8; 32], text: &str) -> Option<Vec<u8>> {
    if text.len() > MAX_TEXT {
        return None;
    }
    let mut bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (payload, given) = bytes.split_last_chunk::<TAG_BYTES>()?;
    let expected = mac(key, &[LABEL, payload]);
    if !same_bytes(expected.first_chunk::<TAG_BYTES>()?, given) {
        return None;
    }
    bytes.truncate(bytes.len() - TAG_BYTES);
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KEY: [u8; 32] = [5; 32];

    #[test]
    fn a_cursor_of_another_key_or_of_no_key_is_refused() {
        let text = encode(&KEY, b"2026-08-31|0198");
        assert_eq!(decode(&KEY, &text).as_deref(), Some(&b"2026-08-31|0198"[..]));
        assert_eq!(decode(&[6; 32], &text), None);
        assert_eq!(decode(&KEY, &URL_SAFE_NO_PAD.encode([0; 40])), None);
        for short in [
            "",
            "AAAA",
            "%%%",
            "å",
            &text[..20],
            &format!("{text}="),
            &"A".repeat(4000),
        ] {
            assert_eq!(decode(&KEY, short), None, "{short}");
        }
    }

    proptest! {
        #[test]
        fn what_was_encoded_comes_back_and_no_changed_bit_does(
            payload in proptest::collection::vec(any::<u8>(), 0..200), at in any::<prop::sample::Index>(), bit in 0_u8..8,
        ) {
            let text = encode(&KEY, &payload);
            prop_assert_eq!(decode(&KEY, &text), Some(payload));
            let mut bytes = URL_SAFE_NO_PAD.decode(&text).unwrap();
            let at = at.index(bytes.len());
            bytes[at] ^= 1_u8 << bit;
            prop_assert_eq!(decode(&KEY, &URL_SAFE_NO_PAD.encode(bytes)), None);
        }

        #[test]
        fn hostile_text_never_panics(text in ".{0,80}") {
            prop_assert_eq!(decode(&KEY, &text), None);
        }
    }
}
