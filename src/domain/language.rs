//! The languages that people are written to in.

use crate::text_enum;

text_enum! {
    /// A language of pages and mails. Swedish comes first; English is the second.
    #[derive(Default)]
    pub enum Language {
        /// Swedish.
        #[default]
        Sv = "sv",
        /// English.
        En = "en",
    }
}
