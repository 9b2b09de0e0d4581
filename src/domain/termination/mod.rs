//! Placeholder.
use crate::text_enum;
text_enum! {
    /// How sensitive.
    pub enum DataClass {
        /// S
        Standard = "standard",
        /// Z
        Secrecy = "secrecy",
    }
}
