//! The route table: each path, its handlers, and what their callers must be allowed to do.

use super::routing::{self, Access, resource};
use super::{api, auth, docs, health, links, pages, scim, verify};
use crate::domain::policy::Action;
use actix_web::web;
use actix_web::web::ServiceConfig;

/// The route table.
pub fn configure(config: &mut ServiceConfig) {
    use Action::{
        DeliverEmployment, EditOrganisation, ManageJobs, ReadAudit, ReadJobs, ReadRegister, ReadTermination,
        WorkTermination,
    };
    use api::{audit_events, employment_documents, jobs, legal_entities, messages};

    config
        .service(
            resource("/v1/legal-entities")
                .get(ReadRegister, legal_entities::list)
                .post(EditOrganisation, legal_entities::create),
        )
        .service(
            resource("/v1/legal-entities/{id}")
                .get(ReadRegister, legal_entities::get)
                .patch(EditOrganisation, legal_entities::update),
        )
        .configure(schedule)
        .configure(register)
        .configure(work)
        .configure(queue)
        .configure(reports)
        .configure(deliveries)
        .configure(scim::configure)
        .service(
            resource("/v1/sources/{source}/employments/{external_id}")
                .put(DeliverEmployment, employment_documents::put),
        )
        .service(
            resource("/v1/sources/{source}/employment-documents")
                .post(DeliverEmployment, employment_documents::post),
        )
        .service(resource("/v1/messages").get(ReadTermination, messages::list))
        .service(resource("/v1/messages/{id}").get(ReadTermination, messages::get))
        .service(resource("/v1/messages/{id}/deliveries").get(ReadTermination, messages::deliveries))
        .service(resource("/v1/messages/{id}/resend").post(WorkTermination, messages::resend))
        .service(resource("/v1/messages/{id}/bounces").post(WorkTermination, messages::report_bounce))
        .service(resource("/v1/terminations/{id}/timeline").get(ReadTermination, messages::timeline))
        .service(resource("/v1/jobs").get(ReadJobs, jobs::list))
        .service(resource("/v1/jobs/{id}").get(ReadJobs, jobs::get))
        .service(resource("/v1/jobs/{id}/resume").post(ManageJobs, jobs::resume))
        .service(resource("/v1/jobs/{id}/cancel").post(ManageJobs, jobs::cancel))
        .service(resource("/v1/audit-events").get(ReadAudit, audit_events::list))
        .service(resource("/demo/mailbox").get(Access::Open, pages::mailbox_pages::list))
        .service(resource("/demo/mailbox/{mail}").get(Access::Open, pages::mailbox_pages::one))
        .service(resource("/demo/mailbox/{mail}/html").get(Access::Open, pages::mailbox_pages::html))
        .service(resource("/oauth/token").post(Access::Open, auth::token_endpoint::issue))
        .service(
            resource("/c/{token}")
                .get(Access::Open, links::show)
                .post(Access::Open, links::submit),
        )
        .service(
            resource("/s/{token}")
                .get(Access::Open, links::show_status)
                .post(Access::Open, links::submit_status),
        )
        .service(resource("/verify").get(Access::Open, verify::ask))
        .service(
            resource("/.well-known/handback-receipts/jwks.json").get(Access::Open, api::receipt_keys::read),
        )
        .service(resource("/verify/{code}").get(Access::Open, verify::show))
        .service(resource("/livez").get(Access::Open, health::live))
        .service(resource("/readyz").get(Access::Open, health::ready))
        .service(resource("/metrics").get(Access::Open, health::metrics))
        .service(resource("/openapi.yaml").get(Access::Open, docs::openapi))
        .service(resource("/docs").get(Access::Open, docs::page))
        .service(resource("/docs/{file}").get(Access::Open, docs::file))
        .default_service(web::to(routing::not_found));
}

fn schedule(config: &mut ServiceConfig) {
    use Action::{EditOrganisation, ReadRegister};
    use api::schedules;

    config
        .service(
            resource("/v1/legal-entities/{id}/schedule")
                .get(ReadRegister, schedules::get)
                .put(EditOrganisation, schedules::set),
        )
        .service(resource("/v1/legal-entities/{id}/schedule/versions").get(ReadRegister, schedules::versions))
        .service(resource("/v1/legal-entities/{id}/timelines").get(ReadRegister, schedules::timelines))
        .service(
            resource("/v1/legal-entities/{id}/timelines/{kind}")
                .put(EditOrganisation, schedules::set_timeline)
                .delete(EditOrganisation, schedules::reset_timeline),
        );
}

/// The routes of the register: who there is, what there is, and who has what.
fn register(config: &mut ServiceConfig) {
    use Action::{EditOrganisation, EditRegister, ReadEmployment, ReadRegister};
    use api::{
        assignments, devices, employments, people, person_merges, phone_hours, sources, unit_mergers, units,
    };

    config
        .service(
            resource("/v1/sources")
                .get(ReadRegister, sources::list)
                .post(EditOrganisation, sources::create),
        )
        .service(
            resource("/v1/sources/{name}")
                .get(ReadRegister, sources::get)
                .patch(EditOrganisation, sources::update),
        )
        .service(
            resource("/v1/units")
                .get(ReadRegister, units::list)
                .post(EditRegister, units::create),
        )
        .service(
            resource("/v1/units/{id}")
                .get(ReadRegister, units::get)
                .patch(EditRegister, units::update),
        )
        .service(
            resource("/v1/units/{id}/merger")
                .put(EditRegister, unit_mergers::set)
                .delete(EditRegister, unit_mergers::withdraw),
        )
        .service(
            resource("/v1/units/{id}/phone-hours")
                .get(ReadRegister, phone_hours::list)
                .post(EditRegister, phone_hours::set),
        )
        .service(
            resource("/v1/people")
                .get(ReadRegister, people::list)
                .post(EditRegister, people::create),
        )
        .service(
            resource("/v1/people/{id}")
                .get(ReadRegister, people::get)
                .patch(EditRegister, people::update),
        )
        .service(
            resource("/v1/people/{id}/merges")
                .get(ReadRegister, person_merges::list)
                .post(EditRegister, person_merges::create),
        )
        .service(resource("/v1/people/{id}/merges/{merge}/undo").post(EditRegister, person_merges::undo))
        .service(resource("/v1/employments").get(ReadEmployment, employments::list))
        .service(resource("/v1/employments/{id}").get(ReadEmployment, employments::get))
        .service(resource("/v1/employments/{id}/versions").get(ReadEmployment, employments::versions))
        .service(
            resource("/v1/devices")
                .get(ReadRegister, devices::list)
                .post(EditRegister, devices::create),
        )
        .service(
            resource("/v1/devices/{id}")
                .get(ReadRegister, devices::get)
                .patch(EditRegister, devices::update),
        )
        .configure(numbers)
        .service(
            resource("/v1/assignments")
                .get(ReadRegister, assignments::list)
                .post(EditRegister, assignments::create),
        )
        .service(resource("/v1/assignments/{id}").get(ReadRegister, assignments::get))
        .service(resource("/v1/assignments/{id}/end").post(EditRegister, assignments::end));
}

/// The routes of subscriptions and of what they have.
fn numbers(config: &mut ServiceConfig) {
    use Action::{EditRegister, ReadRegister};
    use api::{add_ons, subscriptions};

    config
        .service(
            resource("/v1/subscriptions")
                .get(ReadRegister, subscriptions::list)
                .post(EditRegister, subscriptions::create),
        )
        .service(
            resource("/v1/subscriptions/{id}")
                .get(ReadRegister, subscriptions::get)
                .patch(EditRegister, subscriptions::update),
        )
        .service(
            resource("/v1/subscriptions/{id}/add-ons")
                .get(ReadRegister, add_ons::list_of_subscription)
                .post(EditRegister, add_ons::create),
        )
        .service(resource("/v1/add-ons").get(ReadRegister, add_ons::list))
        .service(
            resource("/v1/add-ons/{id}")
                .get(ReadRegister, add_ons::get)
                .patch(EditRegister, add_ons::update),
        )
        .service(resource("/v1/add-ons/{id}/end").post(EditRegister, add_ons::end));
}

/// The routes of what sources deliver as files, and of what could not be applied.
fn deliveries(config: &mut ServiceConfig) {
    use Action::{DecideDelivery, DeliverEmployment, ReadEmployment};
    use api::{missing, snapshots, unmatched};

    config
        .service(
            resource("/v1/sources/{source}/snapshots")
                .get(ReadEmployment, snapshots::list)
                .post(DeliverEmployment, snapshots::create),
        )
        .service(resource("/v1/sources/{source}/snapshots/{snapshot_id}").get(ReadEmployment, snapshots::get))
        .service(
            resource("/v1/sources/{source}/snapshots/{snapshot_id}/approval")
                .post(DecideDelivery, snapshots::approve),
        )
        .service(
            resource("/v1/sources/{source}/snapshots/{snapshot_id}/rejection")
                .post(DecideDelivery, snapshots::reject),
        )
        .service(resource("/v1/sources/{source}/missing").get(ReadEmployment, missing::list))
        .service(resource("/v1/sources/{source}/missing/{id}/end").post(DecideDelivery, missing::end))
        .service(resource("/v1/sources/{source}/unmatched").get(ReadEmployment, unmatched::list))
        .service(resource("/v1/sources/{source}/unmatched/{id}").get(ReadEmployment, unmatched::get))
        .service(
            resource("/v1/sources/{source}/unmatched/{id}/resolution")
                .post(DecideDelivery, unmatched::resolve),
        );
}

/// The routes of the desk's queue.
fn queue(config: &mut ServiceConfig) {
    use Action::{FinishTask, ReadTask, ReportChange, WorkTask};
    use api::tasks;

    config
        .service(
            resource("/v1/tasks")
                .get(ReadTask, tasks::list)
                .post(ReportChange, tasks::create),
        )
        .service(
            resource("/v1/tasks/{id}")
                .get(ReadTask, tasks::get)
                .patch(WorkTask, tasks::update),
        )
        .service(resource("/v1/tasks/{id}/done").post(FinishTask, tasks::finish))
        .service(resource("/v1/tasks/{id}/decline").post(WorkTask, tasks::decline));
}

/// The routes of reports.
fn reports(config: &mut ServiceConfig) {
    use Action::{ReadReport, ReadTermination};
    use api::reports;

    let read = || Access::Negotiated(ReadReport);
    config
        .service(resource("/v1/reports/lead-times").get(read(), reports::lead_times))
        .service(resource("/v1/reports/overdue").get(read(), reports::overdue))
        .service(resource("/v1/reports/reuse").get(read(), reports::reuse))
        .service(resource("/v1/reports/devices").get(read(), reports::devices))
        .service(resource("/v1/reports/subscriptions").get(read(), reports::subscriptions))
        .service(resource("/v1/reports/signed-out").get(read(), reports::signed_out))
        .service(resource("/v1/reports/rules").get(read(), reports::rules))
        .service(resource("/v1/reports/not-returned").get(read(), reports::not_returned))
        // These name people.
        .service(
            resource("/v1/reports/hand-in-list")
                .get(Access::Negotiated(ReadTermination), reports::hand_in_list),
        )
        .service(
            resource("/v1/reports/receipt-list")
                .get(Access::Negotiated(ReadTermination), reports::receipt_list),
        );
}

/// The routes of what becomes of a device that does not come back, comes back damaged, or is not needed for a while.
fn outcomes(config: &mut ServiceConfig) {
    use Action::WorkTermination;
    use api::terminations::{absence, outcomes};

    config
        .service(
            resource("/v1/terminations/{id}/items/{item}/outcome").post(WorkTermination, outcomes::report),
        )
        .service(
            resource("/v1/terminations/{id}/items/{item}/police-report")
                .post(WorkTermination, outcomes::police_report),
        )
        .service(
            resource("/v1/terminations/{id}/items/{item}/breach-assessment")
                .post(WorkTermination, outcomes::breach),
        )
        .service(
            resource("/v1/terminations/{id}/items/{item}/damage").post(WorkTermination, outcomes::damage),
        )
        .service(
            resource("/v1/terminations/{id}/items/{item}/disposal")
                .post(WorkTermination, outcomes::dispose)
                .delete(WorkTermination, outcomes::withdraw),
        )
        .service(
            resource("/v1/terminations/{id}/items/{item}/disposal/approvals")
                .post(WorkTermination, outcomes::approve),
        )
        .service(resource("/v1/employments/{id}/absence").post(WorkTermination, absence::open))
        .service(
            resource("/v1/terminations/{id}/items/{item}/arrangement")
                .post(WorkTermination, absence::arrange),
        )
        .service(
            resource("/v1/terminations/{id}/items/{item}/hand-back")
                .post(WorkTermination, absence::hand_back),
        );
}

/// The routes of terminations, of what proves them, and of collected codes.
fn work(config: &mut ServiceConfig) {
    use Action::{
        DeliverMdmReport, GivePrivateAddress, ReadMdmReports, ReadTermination, RevealCode, WorkTermination,
    };
    use api::terminations::{delegate, notes, numbers, private_address, receipt, verify, work};
    use api::{account_reviews, claims, codes, mdm, terminations, worklist};

    config
        .service(resource("/v1/worklist").get(ReadTermination, worklist::list))
        .service(resource("/v1/worklist/counts").get(ReadTermination, worklist::counts))
        .service(resource("/v1/terminations").get(ReadTermination, terminations::list))
        .service(resource("/v1/terminations/{id}").get(ReadTermination, terminations::get))
        .service(
            resource("/v1/terminations/{id}/receipt").get(Access::Negotiated(ReadTermination), receipt::get),
        )
        .service(
            resource("/v1/terminations/{id}/private-address")
                .get(ReadTermination, private_address::get)
                .put(GivePrivateAddress, private_address::give)
                .delete(GivePrivateAddress, private_address::forget),
        )
        .service(
            resource("/v1/terminations/{id}/delegate")
                .post(WorkTermination, delegate::delegate)
                .delete(WorkTermination, delegate::end),
        )
        .service(resource("/v1/terminations/{id}/hold").post(WorkTermination, work::hold))
        .service(resource("/v1/terminations/{id}/release").post(WorkTermination, work::release))
        .service(resource("/v1/terminations/{id}/reopen").post(WorkTermination, work::reopen))
        .service(
            resource("/v1/terminations/{id}/notes")
                .get(ReadTermination, notes::list)
                .post(WorkTermination, notes::create),
        )
        .service(resource("/v1/terminations/{id}/codes").get(ReadTermination, codes::list))
        .service(
            resource("/v1/terminations/{id}/items/{item}/checks/{check}").put(WorkTermination, work::settle),
        )
        .service(resource("/v1/terminations/{id}/items/{item}/number").post(WorkTermination, numbers::decide))
        .service(
            resource("/v1/terminations/{id}/items/{item}/number/request")
                .put(WorkTermination, numbers::request),
        )
        .configure(outcomes)
        .service(resource("/v1/claims").get(ReadTermination, claims::list))
        .service(resource("/v1/claims/{id}").get(ReadTermination, claims::get))
        .service(resource("/v1/claims/{id}/settlement").post(WorkTermination, claims::settle))
        .service(
            resource("/v1/terminations/{id}/items/{item}/contradiction")
                .post(WorkTermination, work::contradiction),
        )
        .service(
            resource("/v1/terminations/{id}/items/{item}/verifications")
                .post(WorkTermination, verify::verify),
        )
        .service(resource("/v1/terminations/{id}/items/{item}/codes").post(WorkTermination, codes::answer))
        .service(resource("/v1/codes/{id}/reveal").post(RevealCode, codes::reveal))
        .service(resource("/v1/account-reviews").get(ReadTermination, account_reviews::list))
        .service(resource("/v1/account-reviews/{id}").get(ReadTermination, account_reviews::get))
        .service(
            resource("/v1/account-reviews/{id}/resolution").post(WorkTermination, account_reviews::resolve),
        )
        .service(
            resource("/v1/mdm/reports")
                .get(ReadMdmReports, mdm::list)
                .post(DeliverMdmReport, mdm::deliver),
        );
}
