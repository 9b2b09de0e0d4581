//! The `handback` program.

use mimalloc::MiMalloc;
use std::process::ExitCode;

/// The system's allocator costs a fifth of a write, and keeps an arena for each of the many threads that may block.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    handback::cli::run()
}
