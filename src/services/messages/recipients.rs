//! Who has a role in a case right now. Asked when a mail is written and again when it is delivered, because
//! people change their posts while mails wait.

use crate::app::App;
use crate::config::Mailbox;
use crate::db::employments::EmploymentFilter;
use crate::db::{self, DbConnection};
use crate::domain::employment::{Employment, EmploymentState};
use crate::domain::ids::PersonId;
use crate::domain::language::Language;
use crate::domain::page::{MAX_LIMIT, PageRequest};
use crate::domain::person::Person;
use crate::domain::timeline::RecipientRole;
use crate::services::ServiceError;
use crate::services::case::Case;
use chrono::NaiveDate;

/// How far up the tree of units is looked.
const DEPTH: usize = 32;

/// Whom a mail goes to.
#[derive(Clone)]
pub(in crate::services) struct Recipient {
    /// The person; nobody in particular at the service desk.
    pub person: Option<PersonId>,
    /// Full name, or that of the function.
    pub name: String,
    /// What they are called in a greeting.
    pub first_name: String,
    /// Where mail reaches them.
    pub address: Mailbox,
    /// The language that they are written to in.
    pub language: Language,
}

/// Who has the role. None when nobody can be written to. For all roles but the holder's, the coordinator and
/// at last the service desk stand in.
pub(in crate::services) fn resolve_in(
    connection: &mut DbConnection,
    app: &App,
    case: &Case,
    (role, today): (RecipientRole, NaiveDate),
) -> Result<Option<Recipient>, ServiceError> {
    if role == RecipientRole::Holder {
        return Ok(recipient(&case.holder));
    }
    let mut candidates = match role {
        RecipientRole::Holder | RecipientRole::Coordinator | RecipientRole::Desk => Vec::new(),
        RecipientRole::Receiver => case.employment.manager_id.into_iter().collect(),
        RecipientRole::ReceiversManager => managers_manager(connection, &case.employment, today)?
            .into_iter()
            .collect(),
    };
    if role != RecipientRole::Desk {
        candidates.extend(coordinators(connection, case)?);
    }
    for id in candidates {
        // Nobody receives from themselves.
        if id == case.record.person_id {
            continue;
        }
        let found = db::people::find(connection, id)?.as_ref().and_then(recipient);
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(desk(app, case.legal_entity.language))
}

/// The coordinators of the unit and of those above it, the nearest first.
fn coordinators(connection: &mut DbConnection, case: &Case) -> Result<Vec<PersonId>, ServiceError> {
    let chain = db::units::with_ancestors(connection, case.employment.unit_id, DEPTH)?;
    Ok(chain.into_iter().filter_map(|unit| unit.coordinator_id).collect())
}

/// The manager of the manager's own employment that is active today; within the same legal entity, if there are
/// several.
fn managers_manager(
    connection: &mut DbConnection,
    employment: &Employment,
    today: NaiveDate,
) -> Result<Option<PersonId>, ServiceError> {
    let Some(manager) = employment.manager_id else {
        return Ok(None);
    };
    let filter = EmploymentFilter {
        person_id: Some(manager),
        ..EmploymentFilter::default()
    };
    let page = PageRequest {
        limit: MAX_LIMIT,
        after: None,
    };
    let mut own: Vec<Employment> = db::employments::list(connection, &filter, page)?
        .items
        .into_iter()
        .filter(|own| is_active(own, today))
        .collect();
    own.sort_by_key(|own| own.legal_entity_id != employment.legal_entity_id);
    let managers = own.into_iter().filter_map(|own| own.manager_id);
    Ok(managers.into_iter().find(|id| *id != manager))
}

fn is_active(employment: &Employment, today: NaiveDate) -> bool {
    let document = &employment.document;
    document.state == EmploymentState::Active
        && document.start_date <= today
        && document.end_date.is_none_or(|end| today <= end)
}

fn recipient(person: &Person) -> Option<Recipient> {
    let email = person.email.as_ref()?;
    let address = Mailbox::new(person.name.as_ref().map(|name| name.as_str()), email.as_str()).ok()?;
    // Somebody who is known by their address only is greeted by it.
    let name = person
        .name
        .as_ref()
        .map_or_else(|| email.as_str().to_owned(), |name| name.as_str().to_owned());
    let first_name = name.split_whitespace().next().unwrap_or(&name).to_owned();
    Some(Recipient {
        person: Some(person.id),
        name,
        first_name,
        address,
        language: person.language,
    })
}

fn desk(app: &App, language: Language) -> Option<Recipient> {
    let mail = &app.config.mail;
    let address = mail.desk_address.clone()?;
    Some(Recipient {
        person: None,
        name: mail.service_name.clone(),
        first_name: mail.service_name.clone(),
        address,
        language,
    })
}
