//! What a command says. Whoever reads it may stop reading, as `head -1` does: the macros of the standard library would
//! panic then. Here the rest goes nowhere, and the command does its work and has its exit code all the same.

use anyhow::Context;
use std::fmt::Display;
use std::io::{self, Write};

/// Writes data to standard output, and ends the line.
///
/// # Errors
/// The output cannot be written although somebody reads it, for example because the disk is full.
pub fn line(text: impl Display) -> anyhow::Result<()> {
    match writeln!(io::stdout().lock(), "{text}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.context("standard output"),
    }
}

/// Writes a message to standard error. One that cannot be written is lost, and that is no reason to stop.
pub fn note(text: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}
