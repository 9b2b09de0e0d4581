//! Handback follows the mobile devices of a municipal group from order to a proved return, reset and wipe.

pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod crypto;
pub mod db;
pub mod domain;
pub mod integrations;
pub mod mail;
pub mod services;
pub mod startup;
pub mod telemetry;
pub mod web;
