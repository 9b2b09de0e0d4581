//! `/v1/tasks`.
