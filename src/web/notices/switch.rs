//! The one switch for all notices as admins see and turn it (W24): how it stands, what the breaker and the
//! limits count, who would be told, and which mailboxes answer by themselves, or perhaps do (R14). What turning it does is
//! shown before (U7).

use crate::actions::notice_switch as actions;
use crate::config::Config;
use crate::model::absence::Phase;
use crate::store::mailboxes::{OwnServer, own_servers};
use crate::store::notice_switch::{self, By, Pace, Stop};
use crate::web::doing::{Fields, go};
use crate::web::refusal::Refusal;
use crate::web::visit::Visit;
use crate::web::words::{SwitchWords, fill};
use axum::extract::Form;
use axum::extract::rejection::FormRejection;
use axum::response::Response;

/// What turning the switch would do, and the form that does it.
pub(super) struct Preview {
    pub text: String,
    pub stops: bool,
    pub button: &'static str,
    /// Stands for how the switch stood when this was shown.
    pub token: String,
}

/// A mailbox whose own server answers.
pub(super) struct Own {
    pub text: String,
    pub remedy: String,
}

/// The section of the page.
pub(super) struct Section {
    pub s: &'static SwitchWords,
    pub state: String,
    pub reason: Option<String>,
    pub stopped: bool,
    pub facts: Vec<(&'static str, String)>,
    pub preview: Option<Preview>,
    /// What was done just now, or why nothing was.
    pub told: Option<String>,
    pub own: Vec<Own>,
    /// Mailboxes that perhaps do: nothing proves it.
    pub perhaps: Vec<Own>,
}

/// How things stand; with `wish` (`look`: what turning it would do; `stopped`, `started`, `meanwhile`: what
/// was done).
pub(super) async fn section(visit: &mut Visit, wish: &str) -> Result<Section, Refusal> {
    let now = visit.clock.now;
    let config = visit.config().await?;
    let stop = notice_switch::stopped(&mut visit.tx, now).await?;
    let pace = notice_switch::pace(&mut visit.tx, now).await?;
    let (waiting, underway) = notice_switch::waiting(&mut visit.tx).await?;
    let servers = own_servers(&mut visit.tx, None, config.notice.responder_days, now).await?;
    let s = SwitchWords::of(visit.words().language);
    let w = s.language.words();
    let preview = (wish == "look").then(|| preview(visit, stop.as_ref(), (waiting, underway), s));
    let told = match wish {
        "stopped" if stop.is_some() => Some(fill(
            s.done_stopped,
            &[
                ("waiting", &some(waiting, |n| w.count(&s.waiting, n))),
                ("underway", &some(underway, |n| w.count(&s.underway, n))),
            ],
        )),
        "started" if stop.is_none() => Some(s.done_started.to_owned()),
        "meanwhile" => Some(s.meanwhile.to_owned()),
        _ => None,
    };
    Ok(Section {
        s,
        state: state(visit, stop.as_ref(), &config, s),
        reason: stop
            .as_ref()
            .filter(|stop| !stop.reason.is_empty())
            .map(|stop| fill(s.reason, &[("reason", &stop.reason)])),
        stopped: stop.is_some(),
        facts: facts(visit, stop.as_ref(), (pace, waiting), &config),
        preview,
        told: told.map(|text| text.trim_end().to_owned()),
        own: servers.iter().filter_map(|server| own(visit, server, &config)).collect(),
        perhaps: servers.iter().filter_map(|server| perhaps(visit, server, &config)).collect(),
    })
}

fn some(n: i64, text: impl Fn(i64) -> String) -> String {
    if n > 0 { text(n) } else { String::new() }
}

fn state(visit: &Visit, stop: Option<&Stop>, config: &Config, s: &'static SwitchWords) -> String {
    let time = |at| format!("{}, {}", visit.clock.day(at), visit.clock.clock_time(at).short);
    match stop.map(|stop| (stop.by, stop.at)) {
        Some((By::Person(by), at)) => {
            let name = by.map_or_else(|| s.operator.to_owned(), |user| visit.name(user));
            fill(s.stopped, &[("name", &name), ("time", &time(at))])
        }
        Some((By::Breaker(until), _)) => fill(s.broken, &[("time", &time(until))]),
        None if config.notice.enabled => s.going.to_owned(),
        None => s.off.to_owned(),
    }
}

fn facts(
    visit: &Visit,
    stop: Option<&Stop>,
    (pace, waiting): (Pace, i64),
    config: &Config,
) -> Vec<(&'static str, String)> {
    let w = visit.words();
    let (s, notice) = (SwitchWords::of(w.language), &config.notice);
    let number = |n: u32| w.number(n.into());
    let now = [
        ("hour", w.number(pace.hour)),
        ("week", w.number(pace.week)),
        ("waiting", some(waiting, |n| w.count(&s.queued, n))),
    ];
    // As many as `notice::breaker_open` wants: the setting, or three times the hourly mean of a week.
    let mean = (3 * pace.week).div_euclid(7 * 24) + i64::from((3 * pace.week) % (7 * 24) > 0);
    let at = i64::from(notice.breaker).max(mean);
    let breaker = match stop.map(|stop| stop.by) {
        Some(By::Breaker(until)) => fill(s.breaker_open, &[("time", &visit.clock.clock_time(until).short)]),
        _ => fill(s.breaker_says, &[("at", &w.number(at)), ("counted", &w.number(pace.counted))]),
    };
    let mailbox = &config.colleagues.mailbox;
    let sends = config.mailbox.iter().any(|one| one.name == *mailbox && one.smtp.is_some());
    let alarm = if sends { s.alarm_mail } else { s.alarm_no_mail };
    let caps = [
        ("domain", number(notice.domain_day)),
        ("freemail", number(notice.freemail_day)),
        ("person", number(notice.person_hour)),
        ("all", number(notice.instance_hour)),
    ];
    let filled = |text: &str, values: &[(&str, String)]| {
        fill(text, &values.iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>())
            .trim_end()
            .to_owned()
    };
    vec![
        (s.pace, filled(s.pace_says, &now)),
        (s.breaker, breaker),
        (s.alarm, alarm.to_owned()),
        (s.caps, filled(s.caps_say, &caps)),
    ]
}

/// What turning the switch would do at this moment.
fn preview(visit: &Visit, stop: Option<&Stop>, (waiting, underway): (i64, i64), s: &'static SwitchWords) -> Preview {
    let (w, now) = (visit.words(), visit.clock.now);
    let told = |absence: &&crate::model::absence::Absence| absence.notice && absence.phase(now) == Phase::Running;
    let people: std::collections::BTreeSet<_> = visit.world.absences.iter().filter(told).map(|a| a.user).collect();
    let people = w.count(&s.people, people.len() as i64);
    let stops = stop.is_none();
    let lapse = some(waiting, |n| w.count(if stops { &s.waiting } else { &s.waiting_go }, n));
    let underway = some(underway, |n| w.count(&s.underway, n));
    let values = [("people", people.as_str()), ("waiting", lapse.as_str()), ("underway", underway.as_str())];
    let text = fill(if stops { s.stop_would } else { s.start_would }, &values);
    Preview {
        text: text.split_whitespace().collect::<Vec<_>>().join(" "),
        stops,
        button: if stops { s.stop_do } else { s.start_do },
        token: token(visit, stop),
    }
}

/// Stands for how the switch stands, shown to this viewer.
fn token(visit: &Visit, stop: Option<&Stop>) -> String {
    let shown = format!("{} {:?}", visit.person.user, stop.map(|stop| (stop.by, stop.at)));
    format!("{:016x}", visit.app.state.keys.hash("notice-switch", shown.as_bytes()))
}

fn own(visit: &Visit, server: &OwnServer, config: &Config) -> Option<Own> {
    let w = visit.words();
    let s = SwitchWords::of(w.language);
    let responder = server.responder?;
    let when = visit.clock.day(responder.at);
    let values = [("name", server.name.as_str()), ("when", when.as_str())];
    let days = w.count(&s.days, config.notice.responder_days.into());
    let (text, remedy) = match responder.by_sieve {
        true => (fill(s.own_sieve, &values), s.own_sieve_remedy.to_owned()),
        false => (fill(s.own_mail, &values), fill(s.own_mail_remedy, &[("days", &days)])),
    };
    Some(Own { text, remedy })
}

fn perhaps(visit: &Visit, server: &OwnServer, config: &Config) -> Option<Own> {
    let w = visit.words();
    let s = SwitchWords::of(w.language);
    let when = visit.clock.day(server.doubted?);
    let days = w.count(&s.days, config.notice.responder_days.into());
    let text = fill(s.own_doubtful, &[("name", &server.name), ("when", &when)]);
    Some(Own { text, remedy: fill(s.own_doubtful_remedy, &[("days", &days)]) })
}

/// `POST /admin/autoresponder/switch`: turns it, or shows what that would do.
pub(in crate::web) async fn turn(visit: Visit, form: Result<Form<Vec<(String, String)>>, FormRejection>) -> Response {
    let done = match Fields::of(form) {
        Ok(fields) => turned(&visit, &fields).await,
        Err(refusal) => Err(refusal),
    };
    visit.answer(done)
}

async fn turned(visit: &Visit, fields: &Fields) -> Result<Response, Refusal> {
    if !visit.person.admin {
        return Err(Refusal::NotFound);
    }
    let (by, now) = (Some(visit.person.user), visit.clock.now);
    let mut tx = visit.app.state.db.write_durable().await?;
    let stands = notice_switch::stopped(&mut tx, now).await?;
    let shown = fields.get("token") == token(visit, stands.as_ref());
    let done = match (fields.get("do"), shown, &stands) {
        ("stop", true, None) => actions::stop(&mut tx, by, fields.get("reason"), now).await?.map(|_| "stopped"),
        ("start", true, Some(_)) => actions::start(&mut tx, by, now).await?.then_some("started"),
        _ => None,
    };
    tx.commit().await?;
    Ok(go(&format!("/admin/autoresponder?switch={}#switch", done.unwrap_or("meanwhile"))))
}
