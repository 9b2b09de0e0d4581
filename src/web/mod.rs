//! The HTTP side: pages and API.

pub mod pages;
