//! The addresses of the API. A test compares them with the document, another with what rights are tried on.

use super::super::App;
use super::{
    absences, activities, assigning, audit, blocks, bulk, consents, corrections, covers, document, draft_files, drafts,
    events, filing, frame, from_mail, handovers, imports, jobs, lacking, leaving, mailbox_steps, mails, merging,
    notice_trials, notices, privacy, reach, record_forms, records, rule_trials, rules, sharing, status, suggestions,
    teams, timeline, trace, users, wishes, work,
};
use axum::Router;
use axum::routing::{delete, get, post, put};

/// All of them. They have limits of their own, so they stand beside the pages.
pub(in super::super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/openapi.json", get(document::serve))
        .route("/api/v1/me", get(super::me).patch(wishes::set_manner))
        .route("/api/v1/me/wishes", get(wishes::one).put(wishes::save))
        .route("/api/v1/records/{id}", get(records::one).patch(record_forms::change))
        .route("/api/v1/{kind}", get(records::list).post(record_forms::create))
        .route(
            "/api/v1/{kind}/by-external-id/{system}/{external_id}",
            get(records::by_external).put(record_forms::upsert),
        )
        .route("/api/v1/records/{id}/timeline", get(timeline::of_record))
        .route("/api/v1/search", get(timeline::found))
        .route("/api/v1/users", get(users::list))
        .route("/api/v1/users/{id}", get(users::one))
        .route("/api/v1/users/by-external-id/{system}/{external_id}", get(users::by_external).put(users::upsert))
        .route("/api/v1/activities", get(activities::list).post(activities::create))
        .route("/api/v1/activities/{id}", get(activities::one).patch(activities::change))
        .route("/api/v1/activities/by-external-id/{system}/{external_id}", put(activities::upsert))
        .route("/api/v1/messages/{id}", get(mails::one))
        .route("/api/v1/messages/{id}/attachments/{index}", get(mails::attachment))
        .route("/api/v1/absences", get(absences::list).post(absences::create))
        .route("/api/v1/absences/{id}", get(absences::one).patch(absences::change))
        .route("/api/v1/absences/{id}/end", post(absences::end))
        .route("/api/v1/absences/{id}/brief", get(covers::brief))
        .route("/api/v1/absences/{id}/report", get(covers::report))
        .route("/api/v1/absences/by-external-id/{system}/{external_id}", put(absences::upsert))
        .route("/api/v1/today", get(work::today_view))
        .route("/api/v1/lacking", get(lacking::list))
        .route("/api/v1/review", get(work::review))
        .route("/api/v1/mailboxes", get(work::mailboxes))
        .route("/api/v1/status", get(status::status))
        .route("/api/v1/events", get(events::feed))
        .route("/api/v1/messages/{id}/corrections", get(corrections::list).post(corrections::say))
        .route("/api/v1/corrections/{id}/undo", post(corrections::undo))
        .route("/api/v1/review/{id}/decision", post(corrections::decide))
        .route("/api/v1/review/decisions/{id}/undo", post(corrections::undecide))
        .merge(of_mail())
        .merge(of_records())
        .merge(of_writing())
        .merge(of_rules())
        .merge(of_running())
        .merge(of_people())
        .layer(axum::middleware::from_fn(frame::frame))
}

/// What is made of mail, and why it is where it is.
fn of_mail() -> Router<App> {
    Router::new()
        .route("/api/v1/suggestions", get(suggestions::list))
        .route("/api/v1/suggestions/{key}/decision", post(suggestions::decide))
        .route("/api/v1/suggestions/decisions/{id}/undo", post(suggestions::undo))
        .route("/api/v1/messages/{id}/offer", get(from_mail::offer))
        .route("/api/v1/messages/{id}/records", post(from_mail::create))
        .route("/api/v1/messages/{id}/differences", get(from_mail::differences).post(from_mail::change))
        .route("/api/v1/records/{id}/from-mail/undo", post(from_mail::undo))
        .route("/api/v1/records/{id}/reach", get(reach::one).post(reach::say))
        .route("/api/v1/records/{id}/reach/take", post(reach::take))
        .route("/api/v1/trace", get(trace::stored).post(trace::given))
        .route("/api/v1/messages/{id}/notices", get(notice_trials::of_mail))
        .route("/api/v1/notices/preview", post(notice_trials::preview))
        .route("/api/v1/notices/try", post(notice_trials::try_last))
        .route("/api/v1/notices/explain", post(notice_trials::explain))
}

/// What is done with records: whose they are, who sees them, merging and deleting, many at once.
fn of_records() -> Router<App> {
    Router::new()
        .route("/api/v1/records/{id}/assign", post(assigning::assign))
        .route("/api/v1/records/{id}/step", post(assigning::step))
        .route("/api/v1/records/{id}/owners", get(assigning::owners))
        .route("/api/v1/records/{id}/access", get(sharing::who))
        .route("/api/v1/records/{id}/shares", post(sharing::give))
        .route("/api/v1/records/{id}/shares/revoke", post(sharing::revoke))
        .route("/api/v1/records/{id}/merge", post(merging::merge))
        .route("/api/v1/records/{id}/unmerge", post(merging::unmerge))
        .route("/api/v1/records/{id}/delete", post(merging::delete))
        .route("/api/v1/records/{id}/restore", post(merging::restore))
        .route("/api/v1/bulk", post(bulk::preview))
        .route("/api/v1/bulk/{id}", get(bulk::one))
        .route("/api/v1/bulk/{id}/run", post(bulk::run))
}

/// Writing and filing mail.
fn of_writing() -> Router<App> {
    Router::new()
        .route("/api/v1/messages/{id}/drafts", post(drafts::on_mail))
        .route("/api/v1/records/{id}/drafts", post(drafts::on_record))
        .route("/api/v1/drafts", get(drafts::list))
        .route("/api/v1/drafts/{id}", get(drafts::one).patch(drafts::change).delete(drafts::discard))
        .route("/api/v1/drafts/{id}/send", post(drafts::send))
        .route("/api/v1/drafts/{id}/decision", post(drafts::decide))
        .route("/api/v1/drafts/{id}/files", post(draft_files::attach))
        .route("/api/v1/drafts/{id}/files/{file}", delete(draft_files::detach))
        .route("/api/v1/me/signature", get(draft_files::signature).put(draft_files::sign))
        .route("/api/v1/me/filing", get(filing::one))
        .route("/api/v1/me/filing/folders", post(filing::switch))
        .route("/api/v1/me/filing/secret", post(filing::renew))
        .route("/api/v1/records/{id}/filing", get(filing::addresses))
        .route("/api/v1/records/{id}/filing/folder", post(filing::want_folder))
}

/// The admins' rules.
fn of_rules() -> Router<App> {
    Router::new()
        .route("/api/v1/rules", get(rules::list))
        .route("/api/v1/rules/check", post(rules::check))
        .route("/api/v1/rules/export", get(rules::export))
        .route("/api/v1/rules/versions", get(rules::versions))
        .route("/api/v1/rules/versions/{id}", get(rules::version))
        .route("/api/v1/rules/trials", post(rule_trials::begin))
        .route("/api/v1/rules/trials/{id}", get(rule_trials::one))
        .route("/api/v1/rules/trials/{id}/changes", get(rule_trials::changes))
        .route("/api/v1/rules/trials/{id}/save", post(rule_trials::save))
        .route("/api/v1/rules/trials/{id}/cancel", post(rule_trials::cancel))
        .route("/api/v1/rules/trials/{id}/again", post(rule_trials::again))
        .route("/api/v1/rules/runs", get(rule_trials::runs))
        .route("/api/v1/rules/runs/{id}", get(rule_trials::run))
        .route("/api/v1/rules/runs/{id}/cancel", post(rule_trials::cancel_run))
        .route("/api/v1/rules/runs/{id}/undo", post(rule_trials::undo_run))
        .route("/api/v1/rules/{id}", get(rules::one))
        .route("/api/v1/rules/{id}/shadow", get(rules::shadow))
}

/// Hand-overs, blocklists, long work, notices.
fn of_running() -> Router<App> {
    Router::new()
        .route("/api/v1/handovers", get(handovers::list).post(handovers::begin))
        .route("/api/v1/handovers/preview", post(handovers::preview))
        .route("/api/v1/handovers/{id}", get(handovers::one))
        .route("/api/v1/handovers/{id}/return", post(handovers::give_back))
        .route("/api/v1/handovers/{id}/undo", post(handovers::undo))
        .route("/api/v1/handovers/{id}/cancel", post(handovers::cancel))
        .route("/api/v1/me/blocks", get(blocks::own).post(blocks::block_own))
        .route("/api/v1/me/blocks/remove", post(blocks::unblock_own))
        .route("/api/v1/blocks", get(blocks::company).post(blocks::block_company))
        .route("/api/v1/blocks/remove", post(blocks::unblock_company))
        .route("/api/v1/jobs", get(jobs::list))
        .route("/api/v1/me/notices", get(notices::own_log))
        .route("/api/v1/me/notice-texts", get(notices::own_texts).put(notices::write_own))
        .route("/api/v1/me/notice-author", get(notices::own_author).put(notices::choose_own))
        .route("/api/v1/users/{id}/notices", get(notices::log_of))
        .route("/api/v1/users/{id}/notice-texts", get(notices::texts_of).put(notices::write_of))
        .route("/api/v1/users/{id}/notice-author", get(notices::author_of).put(notices::choose_of))
        .route("/api/v1/notices", get(notices::company_log))
        .route("/api/v1/notices/texts", get(notices::company_texts).put(notices::write_company))
        .route("/api/v1/notices/switch", get(notices::look).post(notices::turn))
}

/// Users, teams, mailboxes, the audit.
fn of_people() -> Router<App> {
    Router::new()
        .route("/api/v1/teams", get(teams::list).post(teams::create))
        .route("/api/v1/teams/{id}", get(teams::one).patch(teams::change))
        .route("/api/v1/users/{id}/leave", post(leaving::leave))
        .route("/api/v1/users/{id}/activate", post(leaving::activate))
        .route("/api/v1/users/{id}/sees", get(leaving::sees))
        .route("/api/v1/audit", get(audit::list))
        .route("/api/v1/privacy/show", post(privacy::show))
        .route("/api/v1/privacy/erase", post(privacy::erase))
        .route("/api/v1/imports", get(imports::list).post(imports::open))
        .route("/api/v1/imports/{id}", get(imports::one))
        .route("/api/v1/imports/{id}/step", post(imports::step))
        .route("/api/v1/consents", get(consents::list))
        .route("/api/v1/consents/{id}/decision", post(consents::decide))
        .route("/api/v1/mailboxes/standing", get(mailbox_steps::list))
        .route("/api/v1/mailboxes/{id}/sync", post(mailbox_steps::sync))
        .route("/api/v1/mailboxes/{id}/step", post(mailbox_steps::step))
        .route("/api/v1/mailboxes/{id}/test", post(mailbox_steps::test))
}
