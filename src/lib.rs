//! Handback follows the mobile devices of a municipal group from order to a proved return, reset and wipe.

pub mod domain;
pub mod mail;
pub mod web;
