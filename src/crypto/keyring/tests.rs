use super::file::{check_access, parse};
use super::*;
use proptest::prelude::*;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;

const KEY_A: &str = "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=";
const KEY_B: &str = "YmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmI=";

/// A folder of this test's own, removed when it ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("handback-keyring-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, content: &str, mode: u32) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

fn entry(id: &str, key: &str) -> String {
    format!("[[key]]\nid = \"{id}\"\nkey = \"{key}\"\n")
}

fn good() -> String {
    format!(
        "current = \"2026b\"\n{}{}",
        entry("2026a", KEY_A),
        entry("2026b", KEY_B)
    )
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_good_file_gives_its_keys_with_the_named_one_current() {
    let folder = Folder::new("good");
    let path = folder.write("keyring", &good(), 0o640);
    let keyring = Keyring::load(&path).unwrap();
    assert_eq!(keyring.current().kid(), "2026b");
    assert_eq!(keyring.current().bytes, *b"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb");
    assert_eq!(
        keyring.get("2026a").unwrap().bytes,
        *b"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    );
    assert!(keyring.get("2026c").is_none() && keyring.derive("2026c", Purpose::Wrap).is_none());
    let link = folder.0.join("link");
    symlink(&path, &link).unwrap();
    assert!(Keyring::load(&link).is_ok(), "mounted secrets are links");
}

#[test]
fn a_generated_file_loads_is_private_and_is_never_overwritten() {
    let folder = Folder::new("generate");
    let path = folder.0.join("keyring");
    Keyring::generate_file(&path, "2026a").unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
    let first = Keyring::load(&path).unwrap();
    assert_eq!(first.current().kid(), "2026a");
    let again = Keyring::generate_file(&path, "2026b").unwrap_err();
    assert!(again.is_taken(), "{again}");
    assert_eq!(
        Keyring::load(&path).unwrap().current().bytes,
        first.current().bytes
    );
    assert_eq!(
        fs::read_dir(&folder.0).unwrap().count(),
        1,
        "nothing is left behind"
    );
    let other = folder.0.join("other");
    Keyring::generate_file(&other, "2026a").unwrap();
    assert_ne!(
        Keyring::load(&other).unwrap().current().bytes,
        first.current().bytes
    );
    let bad = Keyring::generate_file(&folder.0.join("bad"), "2026 a\"").unwrap_err();
    assert!(matches!(bad.fault, KeyringFault::MalformedId { .. }));
    assert!(!folder.0.join("bad").exists());
}

#[test]
fn a_file_that_others_may_touch_is_refused() {
    let folder = Folder::new("mode");
    for mode in [0o604, 0o602, 0o601, 0o666] {
        let error = Keyring::load(&folder.write("keyring", &good(), mode)).unwrap_err();
        assert!(
            matches!(error.fault, KeyringFault::OpenToOthers { mode: found } if found == mode),
            "{error}"
        );
    }
    assert!(check_access(0o100600, 1000, 1000).is_ok());
    assert!(check_access(0o100440, 0, 1000).is_ok(), "root may own it");
    assert!(matches!(
        check_access(0o100600, 1001, 1000),
        Err(KeyringFault::ForeignOwner { uid: 1001 })
    ));
    assert!(matches!(
        check_access(0o100600, 1001, 0),
        Err(KeyringFault::ForeignOwner { uid: 1001 })
    ));
}

#[test]
fn what_is_not_a_small_regular_file_is_refused() {
    let folder = Folder::new("kind");
    let fault = |path: &Path| Keyring::load(path).unwrap_err().fault;
    assert!(matches!(fault(&folder.0), KeyringFault::NotRegular));
    assert!(matches!(fault(Path::new("/dev/null")), KeyringFault::NotRegular));
    assert!(matches!(
        fault(&folder.0.join("none")),
        KeyringFault::Unreadable(_)
    ));
    let padded = |length: usize| {
        let text = good();
        let comment = "#".repeat(length - text.len());
        folder.write("keyring", &(text + &comment), 0o600)
    };
    assert!(Keyring::load(&padded(64 * 1024)).is_ok());
    assert!(matches!(fault(&padded(64 * 1024 + 1)), KeyringFault::TooLarge));
}

#[test]
fn every_rule_of_the_content_is_enforced_and_no_fault_shows_a_key() {
    let zero = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let with = |current: &str, entries: &[(&str, &str)]| {
        let entries: String = entries.iter().map(|(id, key)| entry(id, key)).collect();
        format!("current = \"{current}\"\n{entries}")
    };
    let long = "a".repeat(33);
    let cases = [
        ("", "is not understood at line 1"),
        ("current = \"a\"", "`current` is not the id of any key"),
        (&with("b", &[("a", KEY_A)]), "`current` is not the id of any key"),
        (
            &with("a", &[("a", KEY_A), ("a", KEY_B)]),
            "has two keys with the id `a`",
        ),
        (
            &with("a", &[("a", KEY_A), ("b", KEY_A)]),
            "keys `b` and `a` are the same key",
        ),
        (&with("a", &[("a", zero)]), "key `a` is all zeros"),
        (
            &with("a", &[("a", &KEY_A[..40])]),
            "key `a` is not the base64 of 32 bytes",
        ),
        (
            &with("a", &[("a", KEY_A.trim_end_matches('='))]),
            "key `a` is not the base64 of 32 bytes",
        ),
        (
            &with("a", &[("a", &format!("{KEY_A} "))]),
            "key `a` is not the base64 of 32 bytes",
        ),
        (&with("a", &[("a", "")]), "key `a` is not the base64 of 32 bytes"),
        (
            &with("a", &[("a", KEY_A), ("A", KEY_B)]),
            "the id of key number 2 is not",
        ),
        (&with("a", &[("", KEY_A)]), "the id of key number 1 is not"),
        (&with(&long, &[(&long, KEY_A)]), "the id of key number 1 is not"),
        // Key and id in each other's place: the fault must not quote the "id".
        (&with("a", &[(KEY_A, "a")]), "the id of key number 1 is not"),
        (
            &with(KEY_A, &[("a", KEY_A)]),
            "`current` is not the id of any key",
        ),
        (
            &format!("{}extra = \"{KEY_B}\"\n", with("a", &[("a", KEY_A)])),
            "is not understood at line",
        ),
        (
            &format!("currant = \"a\"\n{}", with("a", &[("a", KEY_A)])),
            "is not understood at line 1",
        ),
        (
            &format!("current = \"a\"\n[[key]]\nid = \"a\"\nkey = {KEY_A}\n"),
            "is not understood at line 4",
        ),
        (
            &format!("current = \"a\"\n[[key]]\nkey = \"{KEY_A}\"\n"),
            "is not understood at line 2",
        ),
        (
            &format!("current = 1\n{}", entry("a", KEY_A)),
            "is not understood at line 1",
        ),
    ];
    for (text, expected) in cases {
        let fault = parse(text.as_bytes()).unwrap_err();
        assert!(fault.to_string().contains(expected), "{text}\n{fault}");
        let shown = format!("{fault} {fault:?}");
        assert!(!shown.contains("YWFh") && !shown.contains("YmJi"), "{shown}");
    }
    assert!(matches!(
        parse(b"current = \"a\"\n\xff"),
        Err(KeyringFault::NotUnderstood { line: 2 })
    ));
}

#[test]
fn errors_name_the_file_and_debug_names_only_kids() {
    let error = Keyring::load(Path::new("/nowhere/keyring")).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("keyring /nowhere/keyring: cannot be read")
    );
    let keyring = parse(good().as_bytes()).unwrap();
    assert_eq!(
        format!("{keyring:?} {:?}", keyring.current()),
        r#"Keyring { current: "2026b", kids: ["2026b", "2026a"] } Kek(2026b)"#
    );
}

/// If this fails, a change has made unreadable what running installations hold.
#[test]
fn the_derivation_of_subkeys_never_changes() {
    let keyring = Keyring::for_tests();
    let expected = [
        (Purpose::Wrap, "39b75797ca3e5a9a"),
        (Purpose::Check, "b97e693efd3ac6e3"),
        (Purpose::TokenSigning, "184d5871c54c4eeb"),
        (Purpose::Anchor, "d2faa3844f109cd6"),
        (Purpose::Cursor, "534c6756277d6fcc"),
        (Purpose::Message, "f9999f6009be34b2"),
        (Purpose::Csrf, "86de37d3f8c6e6ff"),
        (Purpose::ReceiptSigning, "1665ed5f457ba41a"),
        (Purpose::PrivateAddress, "3a64c67a8380ac23"),
    ];
    for (purpose, start) in expected {
        let subkey = keyring.derive("test-2", purpose).unwrap();
        assert_eq!(&hex(&subkey[..8]), start, "{purpose:?}");
        assert_ne!(subkey, keyring.derive("test-1", purpose).unwrap());
    }
}

proptest! {
    #[test]
    fn hostile_content_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(parse(&bytes).is_err());
    }
}
