//! The register: what its use cases promise, and the same through the front door.

mod assignments;
mod edits;
mod http;
mod http_lists;
mod records;
mod world;
