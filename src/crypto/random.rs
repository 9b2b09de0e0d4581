//! The one source of random bytes: the generator of the crypto library, seeded by the operating system.
//! Identifiers (UUID) are names and do not come from here; whatever must not be guessed does.

/// Draws `N` bytes that nobody can predict.
///
/// # Panics
/// If the generator fails. There is no safe way to go on without it, so nothing is offered to catch.
#[expect(
    clippy::expect_used,
    reason = "without randomness every token would be guessable; stopping is right"
)]
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).expect("the random generator works");
    bytes
}
