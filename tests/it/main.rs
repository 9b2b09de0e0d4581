//! The service from outside, on every database there is.

mod architecture;
mod codes;
mod mdm;
mod support;
