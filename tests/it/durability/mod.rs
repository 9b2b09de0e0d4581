//! What the real program promises when it is killed, stopped or run twice: what was acknowledged is there, nothing
//! happens twice, and nobody is hung up on.
//!
//! The short forms run always. `cargo storm` runs the long ones.

pub(crate) mod door;
mod instances;
mod leases;
mod leaver;
mod mail_storm;
mod pipes;
pub(crate) mod stop;
mod storm;
