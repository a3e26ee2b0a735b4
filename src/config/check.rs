//! What types cannot say: ranges, names that exist, and what does not go together.

use super::{Config, Mailbox, Security, Server};
use crate::model::address::{Address, domain_part};
use std::collections::HashMap;
use std::net::IpAddr;
use std::ops::RangeInclusive;

/// Tells `complain` (key, sentence) everything that is wrong.
pub(super) fn check(config: &Config, complain: &mut dyn FnMut(String, String)) {
    numbers(config, complain);
    names(config, complain);
    let mut seen: HashMap<String, usize> = HashMap::new();
    for (n, mailbox) in config.mailbox.iter().enumerate() {
        if let Some(first) = seen.insert(mailbox.name.trim().to_lowercase(), n) {
            let text = format!(
                "two mailboxes have the name `{}` (number {} and number {}); names are unique, rename one",
                mailbox.name,
                first + 1,
                n + 1
            );
            complain(format!("mailbox.{n}.name"), text);
        }
        one_mailbox(n, mailbox, complain);
    }
    colleagues(config, complain);
    filing(config, complain);
    super::sign_in::check(config, complain);
}

/// Copies must come to a mailbox that is read whole, and be provably from whom they say.
fn filing(config: &Config, complain: &mut dyn FnMut(String, String)) {
    let text = config.filing.dropbox.trim();
    if text.is_empty() {
        return;
    }
    let address = Address::parse(text);
    let is_it = |mailbox: &&Mailbox| Address::parse(&mailbox.address).is_ok_and(|a| address.as_ref() == Ok(&a));
    let problem = match (&address, config.mailbox.iter().find(is_it)) {
        (Err(error), _) => format!("`filing.dropbox` is \"{text}\", which is no address: {error}"),
        (Ok(_), None) => format!("`filing.dropbox` is \"{text}\", and no mailbox has that address; add the mailbox"),
        (Ok(_), Some(mailbox)) if mailbox.user.is_some() => {
            format!("`filing.dropbox` is \"{text}\", which belongs to one user; it must be a shared mailbox of its own")
        }
        (Ok(_), Some(mailbox)) if mailbox.content == super::Content::Headers => {
            format!("`filing.dropbox` is \"{text}\", of which only headers are kept; forwarded mail is in the body")
        }
        _ if config.notice.authserv_id.is_empty() && config.filing.submitted_by.is_empty() => {
            "`filing.dropbox` is set, and nothing proves who sent a copy; set `notice.authserv_id` or \
             `filing.submitted_by`"
                .to_owned()
        }
        _ => return,
    };
    complain("filing.dropbox".to_owned(), problem);
}

/// Whoever asks for mails must not wait for them in vain: the mailbox that sends them exists and can.
fn colleagues(config: &Config, complain: &mut dyn FnMut(String, String)) {
    let name = config.colleagues.mailbox.as_str();
    let found = config.mailbox.iter().find(|mailbox| mailbox.name == name);
    let text = match found {
        _ if name.is_empty() => return,
        None => format!("`colleagues.mailbox` is \"{name}\", and no mailbox has that name; name one or leave it empty"),
        Some(mailbox) if mailbox.smtp.is_none() => {
            format!("`colleagues.mailbox` is \"{name}\", which has no [mailbox.smtp]; add one or name another mailbox")
        }
        Some(_) => return,
    };
    complain("colleagues.mailbox".to_owned(), text);
}

fn numbers(config: &Config, complain: &mut dyn FnMut(String, String)) {
    let mut range = |key: &str, value: u64, wanted: RangeInclusive<u64>, unit: &str| {
        if !wanted.contains(&value) {
            let text = format!("`{key}` is {value}; it must be from {} to {} {unit}", wanted.start(), wanted.end());
            complain(key.to_owned(), text);
        }
    };
    range("mail.poll", config.mail.poll, 1..=86_400, "seconds");
    range("mail.backfill_days", config.mail.backfill_days.into(), 0..=36_500, "days");
    range("mail.max_size", config.mail.max_size, 1..=1_024, "MiB");
    range("mail.keep_failed_days", config.mail.keep_failed_days.into(), 1..=365, "days");
    range("api.requests_per_minute", config.api.requests_per_minute.into(), 0..=100_000, "requests");
    range("break_glass_hours", config.break_glass_hours.into(), 1..=72, "hours");
    range("notice.max_age", config.notice.max_age.into(), 15..=1_440, "minutes");
    range("notice.max_recipients", config.notice.max_recipients.into(), 1..=1_000, "addressees");
    range("notice.confirm_days", config.notice.confirm_days.into(), 1..=365, "days");
    range("notice.domain_day", config.notice.domain_day.into(), 1..=100, "notices");
    range("notice.freemail_day", config.notice.freemail_day.into(), 1..=10_000, "notices");
    range("notice.person_hour", config.notice.person_hour.into(), 1..=1_000, "notices");
    range("notice.instance_hour", config.notice.instance_hour.into(), 1..=10_000, "notices");
    range("notice.breaker", config.notice.breaker.into(), 1..=10_000, "notices");
    range("notice.responder_days", config.notice.responder_days.into(), 1..=365, "days");
    if config.notice.repeat_days != 0 {
        range("notice.repeat_days", config.notice.repeat_days.into(), 7..=365, "days, or 0 for once");
    }
}

fn names(config: &Config, complain: &mut dyn FnMut(String, String)) {
    let mut say = |key: &str, text: String| complain(key.to_owned(), text);
    if config.zone.parse::<chrono_tz::Tz>().is_err() {
        say("zone", format!("`zone` is \"{}\"; it must be an IANA name such as Europe/Warsaw", config.zone));
    }
    if !["en", "pl"].contains(&config.language.as_str()) {
        say("language", format!("`language` is \"{}\"; it must be \"en\" or \"pl\"", config.language));
    }
    if config.region.len() != 2 || !config.region.chars().all(|c| c.is_ascii_uppercase()) {
        let text = format!("`region` is \"{}\"; it must be the two letters of a country, such as PL", config.region);
        say("region", text);
    }
    let url = config.database.trim();
    let schemes = ["sqlite:", "postgres://", "postgresql://"];
    if !url.is_empty() && !schemes.iter().any(|s| url.starts_with(s)) {
        let text = "`database` must be `sqlite:PATH` or `postgres://USER@HOST/NAME`, or empty for a file in data_dir";
        say("database", text.to_owned());
    }
    let days = [
        ("follow_up_days", config.follow_up_days),
        ("lead_days", config.lead_days),
        ("opportunity_days", config.opportunity_days),
    ];
    for (name, days) in days.into_iter().filter(|(_, days)| !(1..=60).contains(days)) {
        say(name, format!("`{name}` is {days}; it must be from 1 to 60"));
    }
    let listen = config.listen.rsplit_once(':').filter(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
    if listen.is_none() {
        let text = format!("`listen` is \"{}\"; it must be address and port, such as 127.0.0.1:8080", config.listen);
        say("listen", text);
    }
    let url = config.public_url.as_str();
    if !url.is_empty() && !url.starts_with("https://") && !url.starts_with("http://") {
        say("public_url", format!("`public_url` is \"{url}\"; it must begin with https:// or http://"));
    }
    for (key, domains) in [("own_domains", &config.own_domains), ("notice.plus_domains", &config.notice.plus_domains)] {
        for domain in domains.iter().filter(|d| d.contains('@') || !d.contains('.') || domain_part(d).is_err()) {
            say(key, format!("`{key}` has \"{domain}\", which is no domain; write it as firma.pl"));
        }
    }
    let bounce = config.notice.bounce_address.as_str();
    if let Some(error) = Some(bounce).filter(|b| !b.is_empty()).and_then(|b| Address::parse(b).err()) {
        say("notice.bounce_address", format!("`notice.bounce_address` is \"{bounce}\", which is no address: {error}"));
    }
    let domain = config.notice.message_id_domain.as_str();
    if !domain.is_empty() && domain_part(domain).is_err() {
        let text = format!("`notice.message_id_domain` is \"{domain}\", which is no domain");
        say("notice.message_id_domain", text);
    }
}

fn one_mailbox(n: usize, mailbox: &Mailbox, complain: &mut dyn FnMut(String, String)) {
    let key = |name: &str| format!("mailbox.{n}.{name}");
    if mailbox.name.trim().is_empty() {
        complain(key("name"), format!("mailbox number {} has an empty name; give it one", n + 1));
    }
    if let Err(error) = Address::parse(&mailbox.address) {
        let text =
            format!("mailbox `{}` has the address \"{}\", which is no address: {error}", mailbox.name, mailbox.address);
        complain(key("address"), text);
    }
    policies(mailbox, &mut |field, text| complain(key(field), format!("mailbox `{}`: {text}", mailbox.name)));
    if let Some((bounce, error)) = mailbox.bounce_address.as_ref().and_then(|b| Some((b, Address::parse(b).err()?))) {
        let text = format!("mailbox `{}`: bounce_address is \"{bounce}\", which is no address: {error}", mailbox.name);
        complain(key("bounce_address"), text);
    }
    if mailbox.bounce_address.as_ref().is_some_and(|bounce| bounce.eq_ignore_ascii_case(&mailbox.address)) {
        let text = format!(
            "mailbox `{}`: bounce_address is its own address, to which its owner is written; name another one, or set \
             notice.own_reverse_path",
            mailbox.name
        );
        complain(key("bounce_address"), text);
    }
    let servers = [("imap", Some(&mailbox.imap)), ("smtp", mailbox.smtp.as_ref()), ("sieve", mailbox.sieve.as_ref())];
    for (name, server) in servers {
        let Some(server) = server else { continue };
        let mut say = |field: &str, text: String| {
            complain(key(&format!("{name}.{field}")), format!("mailbox `{}`: {text}", mailbox.name));
        };
        one_server(name, server, &mut say);
    }
}

/// Whether a path is this folder or lies below it.
fn is_within(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '.', '\\']))
}

fn policies(mailbox: &Mailbox, say: &mut dyn FnMut(&str, String)) {
    for folder in &mailbox.never_folders {
        if folder.trim().is_empty() || folder.eq_ignore_ascii_case("inbox") {
            let text = format!("never_folders has \"{folder}\"; INBOX is always read, name another folder");
            say("never_folders", text);
        } else if let Some(read) = mailbox.folders.iter().find(|read| is_within(read, folder)) {
            let text = format!("folders has \"{read}\", and never_folders \"{folder}\"; one of the two must go");
            say("never_folders", text);
        }
    }
    // RFC 9051: a keyword is an atom. Flags of the system begin with a backslash and mean other things.
    let atom = |c: char| c.is_ascii_graphic() && !"(){%*\"\\]".contains(c);
    for word in mailbox.never_keywords.iter().filter(|word| word.is_empty() || !word.chars().all(atom)) {
        let text = format!("never_keywords has \"{word}\", which is no keyword; write it as $Private");
        say("never_keywords", text);
    }
}

fn one_server(name: &str, server: &Server, say: &mut dyn FnMut(&str, String)) {
    if server.host.trim().is_empty() {
        say("host", format!("{name}.host is empty; name the mail server"));
    }
    if server.port == Some(0) {
        say("port", format!("{name}.port is 0; leave it out for the usual one"));
    }
    let here = loopback(&server.host);
    if server.security == Security::Plain && !here {
        let text = format!(
            "{name} would send its password unprotected to {}; `security = \"plain\"` is for this machine only, \
             use \"tls\" or \"starttls\"",
            server.host
        );
        say("security", text);
    }
    let secrets = [
        ("secret_file", server.secret_file.is_some()),
        ("secret_env", server.secret_env.is_some()),
        ("secret_command", server.secret_command.is_some()),
    ];
    let set: Vec<&str> = secrets.into_iter().filter(|(_, set)| *set).map(|(name, _)| name).collect();
    if let [_, second, ..] = set[..] {
        let text = format!("{name} has {}; keep one, so that it is plain which password counts", set.join(" and "));
        say(second, text);
    }
    if server.secret_command.as_ref().is_some_and(|c| c.first().is_none_or(|p| p.trim().is_empty())) {
        say("secret_command", format!("{name}.secret_command names no program"));
    }
    match (&server.user, set.is_empty()) {
        (None, _) if name == "imap" => say("user", "imap.user is missing; reading mail needs a sign-in".to_owned()),
        (None, _) if name == "sieve" => {
            say("user", "sieve.user is missing; ManageSieve shows scripts to who signs in".to_owned());
        }
        (None, _) if !here => {
            say("user", format!("{name}.user is missing; only a server on this machine takes mail without a sign-in"));
        }
        (None, false) => say("user", format!("{name} has a secret but no user; name the login")),
        (Some(_), true) => {
            say("user", format!("{name} has a user but no password; set secret_file, secret_env or secret_command"));
        }
        _ => {}
    }
}

/// Whether `host` is this machine.
fn loopback(host: &str) -> bool {
    let bare = host.trim().trim_start_matches('[').trim_end_matches(']');
    bare.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
