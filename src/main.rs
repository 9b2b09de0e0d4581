//! The `handback` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    handback::cli::run()
}
