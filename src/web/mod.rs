//! The HTTP side: pages and API.
