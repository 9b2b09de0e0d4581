//! Who may do what: one table, asked first by every use case.

use super::actor::{Actor, Scope};

/// What somebody wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Read legal entities, units, people, employments, devices, subscriptions and assignments.
    ReadRegister,
    /// Change units, people, devices, subscriptions and assignments.
    EditRegister,
    /// Change legal entities and sources.
    EditOrganisation,
    /// Deliver employment documents.
    DeliverEmployment,
    /// Decide about held snapshots and about documents that could not be applied.
    DecideDelivery,
    /// Read employments, as the HR system may too.
    ReadEmployment,
    /// Read terminations, their messages and their receipts.
    ReadTermination,
    /// Work with terminations: checks, holds, dates, links.
    WorkTermination,
    /// Give the private address at which a leaver gets the receipt, or have it forgotten.
    GivePrivateAddress,
    /// Read the tasks.
    ReadTask,
    /// Tell the desk of a change: of staff, of the organisation, of phone hours or of something else.
    ReportChange,
    /// Say who does a task, or that it is declined.
    WorkTask,
    /// Say that a task is done; for the telephony system only of its own.
    FinishTask,
    /// Answer the checks of one termination through the link that was mailed.
    AnswerByLink,
    /// Ask whether a receipt is genuine, by its code: everybody may, so no scope is needed.
    VerifyReceipt,
    /// Read a sealed code in clear.
    RevealCode,
    /// Keep accounts over SCIM: what a directory's connection does, and nothing else.
    ProvisionAccounts,
    /// Deliver MDM reports.
    DeliverMdmReport,
    /// Read what the MDM reported.
    ReadMdmReports,
    /// Read reports: numbers, and no names of people.
    ReadReport,
    /// Read the job table.
    ReadJobs,
    /// Resume or cancel jobs.
    ManageJobs,
    /// Read the audit.
    ReadAudit,
    /// What only the service itself and its operator do.
    Operate,
}

impl Action {
    /// The scopes of which one is enough for a service account.
    pub const fn scopes(self) -> &'static [Scope] {
        match self {
            Self::ReadRegister
            | Self::ReadTermination
            | Self::ReadMdmReports
            | Self::ReadReport
            | Self::ReadJobs => &[Scope::Read, Scope::Desk, Scope::Admin],
            Self::ReadEmployment => &[Scope::Read, Scope::Desk, Scope::Admin, Scope::Hr],
            Self::ReadTask => &[Scope::Read, Scope::Desk, Scope::Admin, Scope::Telephony],
            Self::ReportChange => &[Scope::Desk, Scope::Admin, Scope::Hr],
            Self::FinishTask => &[Scope::Desk, Scope::Admin, Scope::Telephony],
            Self::EditRegister | Self::DecideDelivery | Self::WorkTask => &[Scope::Desk, Scope::Admin],
            Self::EditOrganisation | Self::ManageJobs => &[Scope::Admin],
            Self::DeliverEmployment => &[Scope::Hr],
            Self::WorkTermination | Self::RevealCode => &[Scope::Desk],
            Self::GivePrivateAddress => &[Scope::Desk, Scope::Hr],
            Self::DeliverMdmReport => &[Scope::Mdm],
            Self::ReadAudit => &[Scope::Read, Scope::Admin],
            Self::AnswerByLink | Self::VerifyReceipt | Self::ProvisionAccounts | Self::Operate => &[],
        }
    }
}

/// Whether the actor may do it.
pub fn allows(actor: &Actor, action: Action) -> bool {
    match actor {
        Actor::ServiceAccount { .. } => action.scopes().iter().any(|scope| actor.has_scope(*scope)),
        Actor::LinkHolder { .. } => action == Action::AnswerByLink,
        Actor::ScimConnection { .. } => action == Action::ProvisionAccounts,
        Actor::System | Actor::Operator => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{ActionLinkId, PersonId, ServiceAccountId};
    use uuid::Uuid;

    #[test]
    fn a_link_opens_nothing_but_its_own_page() {
        let holder = Actor::LinkHolder {
            link: ActionLinkId::from(Uuid::nil()),
            person: PersonId::from(Uuid::nil()),
        };
        assert!(allows(&holder, Action::AnswerByLink));
        for action in [
            Action::ReadRegister,
            Action::WorkTermination,
            Action::RevealCode,
            Action::Operate,
        ] {
            assert!(!allows(&holder, action), "{action:?}");
        }
    }

    #[test]
    fn the_hr_system_can_deliver_employments_and_read_them_and_nothing_else() {
        let id = ServiceAccountId::from(Uuid::nil());
        let hr = Actor::ServiceAccount {
            id,
            scopes: vec![Scope::Hr],
            version: 1,
        };
        assert!(allows(&hr, Action::DeliverEmployment) && allows(&hr, Action::ReadEmployment));
        for action in [
            Action::ReadRegister,
            Action::EditRegister,
            Action::DeliverMdmReport,
            Action::RevealCode,
        ] {
            assert!(!allows(&hr, action), "{action:?}");
        }
    }
}
