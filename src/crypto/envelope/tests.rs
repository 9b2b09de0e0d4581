use super::*;
use proptest::prelude::*;

const PLACE: DataKeyContext = DataKeyContext {
    legal_entity: Uuid::from_u128(1),
    termination: Uuid::from_u128(2),
    data_key: Uuid::from_u128(3),
};
const CODE_PLACE: CodeContext<'static> = CodeContext {
    data_key: PLACE,
    code: Uuid::from_u128(4),
    kind: "pin",
    version: 1,
};

// Sealed once by version 1 under the keyring of tests; never made again.
const WRAPPED: &str = "0101af5328aec31c9ffa49398487862f64b4fbdfe0c6543ddcb8d1b0d9900f5c63532388464b0cc39247d6389160f5\
    066306041ab93d44294d273fa82b50ee0596fc3b96309e8a58371611080bb192593413e8c8c2a2438cbdee27f5d5b1";
const SEALED: &str = "01017b5a3daf0ed8fe98cbf9d321920beee2cace3d9a6a3360c2cdcd9d7bf89e31f2761530713a8682d09bf8809127\
    4cfab02bc49b08fc3c1be9d4608a1da5e573468b68268cfa22de155192731c7bbecee2439d5a3fc0be68ace19e9f9d";
const MAIL: &str = "0101614142004f757b9156d3bc98b1bd28004fc5fc857c095eaa47c75d1f662477ed018e34b83a4a99ca6da3a86b7d\
    d0a2c9d5158b1ef02cec1054c663c1ce6332ba5bc7ceb139771fa6050e040f85ef3aca6b503ee7d9f9a7b8be8d056b";
const KEY_CHECK: &str = "0101f1f52c076d6ad19460439c50c0a117e72ade5e460d56dca801d33abfbf934ac4a9b44d9b7fcfc918f9213e832c\
    8bba13edb075f4e209c3afa974fd1b536285478f54c7a0b6aacf723ba2b4908bb7e1f4ac001740bfc30dbf85758218";

/// Every neighbour of a code's place: one member changed at a time.
fn other_places() -> Vec<CodeContext<'static>> {
    let other = Uuid::from_u128(99);
    vec![
        CodeContext {
            data_key: DataKeyContext {
                legal_entity: other,
                ..PLACE
            },
            ..CODE_PLACE
        },
        CodeContext {
            data_key: DataKeyContext {
                termination: other,
                ..PLACE
            },
            ..CODE_PLACE
        },
        CodeContext {
            data_key: DataKeyContext {
                data_key: other,
                ..PLACE
            },
            ..CODE_PLACE
        },
        CodeContext {
            code: other,
            ..CODE_PLACE
        },
        CodeContext {
            kind: "puk",
            ..CODE_PLACE
        },
        CodeContext {
            version: 2,
            ..CODE_PLACE
        },
    ]
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

#[test]
fn a_code_opens_in_its_own_place_and_in_no_other() {
    let key = DataKey::generate();
    let sealed = seal_code(&key, &CODE_PLACE, b"4711");
    assert_eq!(open_code(&key, &CODE_PLACE, &sealed).unwrap().as_slice(), b"4711");
    for place in other_places() {
        assert_eq!(
            open_code(&key, &place, &sealed),
            Err(IntegrityError::NotAuthentic),
            "{place:?}"
        );
    }
    assert_eq!(
        open_code(&DataKey::generate(), &CODE_PLACE, &sealed),
        Err(IntegrityError::NotAuthentic)
    );
}

#[test]
fn sealed_codes_swapped_between_any_two_rows_do_not_open() {
    let key = DataKey::generate();
    let mut places = other_places();
    places.push(CODE_PLACE);
    let rows: Vec<Vec<u8>> = places
        .iter()
        .map(|place| seal_code(&key, place, b"4711"))
        .collect();
    for (at, place) in places.iter().enumerate() {
        for (from, sealed) in rows.iter().enumerate() {
            assert_eq!(
                open_code(&key, place, sealed).is_ok(),
                at == from,
                "row {from} in place {at}"
            );
        }
    }
}

#[test]
fn a_data_key_opens_in_its_own_place_under_its_own_kid_only() {
    let keyring = Keyring::for_tests();
    let key = DataKey::generate();
    let wrapped = wrap(&keyring, &key, &PLACE);
    assert_eq!(wrapped.kid, "test-2");
    assert_eq!(unwrap(&keyring, &wrapped, &PLACE).unwrap().0, key.0);
    let other = Uuid::from_u128(99);
    for place in [
        DataKeyContext {
            legal_entity: other,
            ..PLACE
        },
        DataKeyContext {
            termination: other,
            ..PLACE
        },
        DataKeyContext {
            data_key: other,
            ..PLACE
        },
    ] {
        assert_eq!(
            unwrap(&keyring, &wrapped, &place).err(),
            Some(IntegrityError::NotAuthentic)
        );
    }
    let with_kid = |kid: &str| Sealed {
        kid: kid.to_owned(),
        ..wrapped.clone()
    };
    assert_eq!(
        unwrap(&keyring, &with_kid("test-1"), &PLACE).err(),
        Some(IntegrityError::NotAuthentic)
    );
    assert_eq!(
        unwrap(&keyring, &with_kid("gone"), &PLACE).err(),
        Some(IntegrityError::UnknownKey)
    );
}

#[test]
fn rewrapping_moves_a_data_key_to_the_current_key_and_keeps_its_codes() {
    let keyring = Keyring::for_tests();
    let key = DataKey::generate();
    let old = keyring.get("test-1").unwrap();
    let bytes = seal_bytes(&old.derive(Purpose::Wrap), &PLACE.aad("test-1"), &key.0);
    let before = Sealed {
        kid: "test-1".to_owned(),
        bytes,
    };
    let sealed = seal_code(&unwrap(&keyring, &before, &PLACE).unwrap(), &CODE_PLACE, b"4711");
    let after = rewrap(&keyring, &before, &PLACE).unwrap();
    assert_eq!(after.kid, "test-2");
    let key = unwrap(&keyring, &after, &PLACE).unwrap();
    assert_eq!(open_code(&key, &CODE_PLACE, &sealed).unwrap().as_slice(), b"4711");
}

#[test]
fn a_mail_opens_under_its_purpose_place_and_kid_only() {
    let keyring = Keyring::for_tests();
    let sealed = seal_with(&keyring, Purpose::Message, &[b"handback/mail/v1", b"7"], b"Hej!");
    let open = |purpose, id: &[u8], sealed: &Sealed| {
        open_with(&keyring, purpose, &[b"handback/mail/v1", id], sealed)
    };
    assert_eq!(open(Purpose::Message, b"7", &sealed).unwrap().as_slice(), b"Hej!");
    assert_eq!(
        open(Purpose::Message, b"8", &sealed),
        Err(IntegrityError::NotAuthentic)
    );
    assert_eq!(
        open(Purpose::Wrap, b"7", &sealed),
        Err(IntegrityError::NotAuthentic)
    );
    let renamed = Sealed {
        kid: "test-1".to_owned(),
        ..sealed
    };
    assert_eq!(
        open(Purpose::Message, b"7", &renamed),
        Err(IntegrityError::NotAuthentic)
    );
    let gone = Sealed {
        kid: "gone".to_owned(),
        ..renamed
    };
    assert_eq!(
        open(Purpose::Message, b"7", &gone),
        Err(IntegrityError::UnknownKey)
    );
}

#[test]
fn a_key_check_tells_a_missing_from_an_exchanged_key() {
    let keyring = Keyring::for_tests();
    let installation = Uuid::from_u128(5);
    let stored = key_check(keyring.get("test-1").unwrap(), installation);
    assert_eq!(
        verify_key_check(&keyring, "test-1", installation, &stored),
        Ok(())
    );
    for (kid, installation, expected) in [
        ("gone", installation, IntegrityError::UnknownKey),
        ("test-2", installation, IntegrityError::NotAuthentic),
        ("test-1", Uuid::from_u128(6), IntegrityError::NotAuthentic),
    ] {
        assert_eq!(
            verify_key_check(&keyring, kid, installation, &stored),
            Err(expected)
        );
    }
}

#[test]
fn codes_of_different_length_look_alike_and_equal_codes_look_different() {
    let key = DataKey::generate();
    let pin = seal_code(&key, &CODE_PLACE, b"0000");
    assert_eq!(
        pin.len(),
        seal_code(&key, &CODE_PLACE, b"en mycket lang losenfras").len()
    );
    assert_ne!(pin, seal_code(&key, &CODE_PLACE, b"0000"));
    assert_eq!(pin.len(), 2 + 12 + 64 + 16);
    assert_eq!(seal_code(&key, &CODE_PLACE, &[b'x'; 64]).len(), 2 + 12 + 128 + 16);
}

#[test]
fn unknown_versions_algorithms_and_lengths_are_named() {
    let key = DataKey::generate();
    let sealed = seal_code(&key, &CODE_PLACE, b"4711");
    let changed = |at: usize, to: u8| {
        let mut bytes = sealed.clone();
        bytes[at] = to;
        open_code(&key, &CODE_PLACE, &bytes).unwrap_err()
    };
    assert_eq!(changed(0, 2), IntegrityError::UnknownVersion);
    assert_eq!(changed(1, 0), IntegrityError::UnknownAlgorithm);
    assert_eq!(open_code(&key, &CODE_PLACE, &[]), Err(IntegrityError::Truncated));
    assert_eq!(
        open_code(&key, &CODE_PLACE, &sealed[..93]),
        Err(IntegrityError::Truncated)
    );
}

#[test]
fn debug_output_shows_no_data_key() {
    assert_eq!(format!("{:?}", DataKey([0xab; 32])), "DataKey([REDACTED])");
}

/// Bytes made by version 1 of the envelope under the keyring of tests. Every later version must open
/// them: if this fails, running installations lose their codes.
#[test]
fn what_version_one_sealed_still_opens() {
    let keyring = Keyring::for_tests();
    let wrapped = Sealed {
        kid: "test-2".to_owned(),
        bytes: unhex(WRAPPED),
    };
    let key = unwrap(&keyring, &wrapped, &PLACE).unwrap();
    assert_eq!(
        open_code(&key, &CODE_PLACE, &unhex(SEALED)).unwrap().as_slice(),
        b"4711"
    );
    let mail = Sealed {
        kid: "test-1".to_owned(),
        bytes: unhex(MAIL),
    };
    let parts: &[&[u8]] = &[b"handback/mail/v1", b"7"];
    assert_eq!(
        open_with(&keyring, Purpose::Message, parts, &mail)
            .unwrap()
            .as_slice(),
        "Återlämna".as_bytes()
    );
    assert_eq!(
        verify_key_check(&keyring, "test-1", Uuid::from_u128(5), &unhex(KEY_CHECK)),
        Ok(())
    );
}

proptest! {
    #[test]
    fn what_was_sealed_opens_unless_a_bit_of_it_or_of_its_place_changes(
        plaintext in proptest::collection::vec(any::<u8>(), 0..200),
        parts in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..20), 1..5),
        at in any::<prop::sample::Index>(), part in any::<prop::sample::Index>(), bit in 0_u8..8,
    ) {
        let key = DataKey::generate();
        let slices: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        let sealed = seal(&key, &slices, &plaintext);
        let opened = open(&key, &slices, &sealed).unwrap();
        prop_assert_eq!(opened.as_slice(), plaintext.as_slice());

        let mut changed = sealed.clone();
        let index = at.index(changed.len());
        changed[index] ^= 1_u8 << bit;
        prop_assert!(open(&key, &slices, &changed).is_err());
        prop_assert!(open(&key, &slices, &sealed[..index]).is_err());

        let mut elsewhere = parts.clone();
        let index = part.index(elsewhere.len());
        elsewhere[index][0] ^= 1_u8 << bit;
        let slices: Vec<&[u8]> = elsewhere.iter().map(Vec::as_slice).collect();
        prop_assert!(open(&key, &slices, &sealed).is_err());
    }

    #[test]
    fn hostile_bytes_never_panic_and_never_open(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(open(&DataKey([1; 32]), &[b"x"], &bytes).is_err());
        let headed = [[VERSION, ALGORITHM].as_slice(), &bytes].concat();
        prop_assert!(open(&DataKey([1; 32]), &[b"x"], &headed).is_err());
    }
}
