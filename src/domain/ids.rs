//! One newtype per kind of identifier, so that a device can never be passed where a person is asked for.
//!
//! Every id is a UUID version 7 (RFC 9562), which sorts by the time it was minted. Ids are names, not
//! secrets: nothing is granted to somebody because they know one.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl From<Uuid> for $name {
            fn from(value: Uuid) -> Self {
                Self(value)
            }
        }

        impl From<$name> for Uuid {
            fn from(value: $name) -> Self {
                value.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    )+};
}

ids! {
    /// A legal entity: a nämnd (authority) or a company, with its own organisation number.
    LegalEntityId,
    /// A unit in the tree under a legal entity.
    UnitId,
    /// A person, whatever employments they have.
    PersonId,
    /// A record that two people turned out to be one.
    PersonMergeId,
    /// One employment, mandate or contract of one person.
    EmploymentId,
    /// One handset.
    DeviceId,
    /// One telephone subscription.
    SubscriptionId,
    /// What one subscription can do beside its own.
    AddOnId,
    /// A device or a subscription in the hands of an employment.
    AssignmentId,
    /// A termination: the case that ends with a receipt.
    TerminationId,
    /// One device or subscription inside a termination.
    ItemId,
    /// What somebody wrote down about a termination.
    NoteId,
    /// Something that the desk, or somebody by name, is to do.
    TaskId,
    /// One line of the delivery log of a message.
    DeliveryNoteId,
    /// A claim about a device that has not come back.
    ClaimId,
    /// One planned or sent mail.
    MessageId,
    /// One action link in a mail.
    ActionLinkId,
    /// One sealed code.
    CodeId,
    /// The data key that seals the codes of one termination.
    DataKeyId,
    /// One fact about a wipe.
    EvidenceId,
    /// One row of work in the job table.
    JobId,
    /// One audit entry.
    AuditEntryId,
    /// One service account (an OAuth 2.0 client).
    ServiceAccountId,
    /// One running process.
    InstanceId,
    /// One delivered snapshot of a source.
    SnapshotId,
    /// One document that could not be applied.
    UnmatchedId,
    /// The connection of a directory.
    ScimConnectionId,
    /// One token of such a connection.
    ScimTokenId,
    /// One account of a directory.
    ScimUserId,
    /// One change of an account.
    AccountSignalId,
    /// The question what a change of an account means.
    AccountReviewId,
}
