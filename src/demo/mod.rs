//! `handback demo`: the service with invented data, to look at and to try.

mod data;
pub mod seed;
