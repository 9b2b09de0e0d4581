//! What a source calls something, as a pair in bodies.

use crate::domain::text::{ExternalId, SourceName};
use crate::services::Violations;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a source calls something.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"source": "hr", "external_id": "100234"})))]
pub struct ExternalReference {
    /// The name of the source.
    #[schema(min_length = 1, max_length = 40, pattern = "^[a-z0-9-]+$")]
    source: String,
    /// Its id there. Letter case counts.
    #[schema(min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9._:@-]+$")]
    external_id: String,
}

impl ExternalReference {
    /// The pair, or a note of what is wrong with it.
    pub(super) fn parse(
        &self,
        pointer: &str,
        violations: &mut Violations,
    ) -> Option<(SourceName, ExternalId)> {
        let source = violations.take(format!("{pointer}/source"), SourceName::parse(&self.source));
        let external_id = violations.take(
            format!("{pointer}/external_id"),
            ExternalId::parse(&self.external_id),
        );
        source.zip(external_id)
    }
}

impl From<&(SourceName, ExternalId)> for ExternalReference {
    fn from((source, external_id): &(SourceName, ExternalId)) -> Self {
        Self {
            source: source.as_str().to_owned(),
            external_id: external_id.as_str().to_owned(),
        }
    }
}
