//! Whether what was typed about a mailbox can work at all. Pure.

use super::{MOST_DAYS, No, Part, Wanted, address};
use crate::config::{Config, Mailbox, Security, Server};
use secrecy::ExposeSecret;
use std::net::IpAddr;

/// The longest name, in characters.
const NAME: usize = 60;
/// The longest text of any other field, in characters.
const FIELD: usize = 200;
/// The most folders or keywords.
const MANY: usize = 100;

/// The port that a server has where none is named.
pub fn usual_port(part: Part, security: Security) -> u16 {
    match (part, security) {
        (Part::Imap, Security::Tls) => 993,
        (Part::Imap, _) => 143,
        (Part::Smtp, Security::Tls) => 465,
        (Part::Smtp, Security::Starttls) => 587,
        (Part::Smtp, Security::Plain) => 25,
    }
}

/// Its port.
pub(super) fn port(server: &Server, part: Part) -> u16 {
    server.port.unwrap_or(usual_port(part, server.security))
}

/// The settings that were typed, over those that stood there.
pub fn account(wanted: &Wanted, before: Option<&Mailbox>, config: &Config) -> Result<Mailbox, No> {
    let name = wanted.name.trim().to_owned();
    if name.is_empty() || name.chars().count() > NAME || name.chars().any(char::is_control) {
        return Err(No::BadName);
    }
    let texts = [&wanted.folders, &wanted.never_folders, &wanted.never_keywords];
    let long = |text: &String| text.chars().count() > FIELD;
    if texts.iter().any(|list| list.len() > MANY || list.iter().any(long)) || long(&wanted.address) {
        return Err(No::TooLong);
    }
    if wanted.days.is_some_and(|days| days > MOST_DAYS) {
        return Err(No::BadDays);
    }
    let address = address(&wanted.address).ok_or(No::BadAddress)?;
    let imap = super::server(&wanted.imap, before.map(|b| &b.imap), Part::Imap, config)?;
    let smtp = match &wanted.smtp {
        Some(smtp) => Some(super::server(smtp, before.and_then(|b| b.smtp.as_ref()), Part::Smtp, config)?),
        None => None,
    };
    policies(wanted)?;
    Ok(Mailbox {
        name,
        user: wanted.user.clone().filter(|login| !login.is_empty()),
        address,
        imap,
        smtp,
        sieve: None,
        bounce_address: None,
        folders: wanted.folders.clone(),
        content: wanted.content,
        never_folders: wanted.never_folders.clone(),
        never_keywords: wanted.never_keywords.clone(),
    })
}

/// Whether a path is this folder or lies below it.
fn is_within(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '.', '\\']))
}

fn policies(wanted: &Wanted) -> Result<(), No> {
    for folder in &wanted.never_folders {
        let read = wanted.folders.iter().any(|read| is_within(read, folder));
        if folder.eq_ignore_ascii_case("inbox") || read {
            return Err(No::BadFolder(folder.clone()));
        }
    }
    // RFC 9051: a keyword is an atom. Flags of the system begin with a backslash and mean other things.
    let atom = |c: char| c.is_ascii_graphic() && !"(){%*\"\\]".contains(c);
    let bad = wanted.never_keywords.iter().find(|word| !word.chars().all(atom));
    bad.map_or(Ok(()), |word| Err(No::BadKeyword(word.clone())))
}

/// Whether `host` is this machine.
fn is_here(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Whether a server can be connected to, and its password does not go where everybody reads it.
pub(super) fn server(server: &Server, part: Part) -> Result<(), No> {
    let odd = |c: char| c.is_whitespace() || c.is_control() || "/\\@?#\"'<>".contains(c);
    if server.host.is_empty() || server.host.len() > FIELD || server.host.contains(odd) || server.port == Some(0) {
        return Err(No::NoHost(part));
    }
    let long = |text: &str| text.chars().count() > FIELD || text.contains(char::is_control);
    if server.user.as_deref().is_some_and(long) {
        return Err(No::TooLong);
    }
    let here = is_here(&server.host);
    if server.security == Security::Plain && !here {
        return Err(No::Unprotected(part));
    }
    // Only a submission server on this machine takes mail without a sign-in.
    if server.user.is_none() && (part == Part::Imap || !here) {
        return Err(No::NoLogin(part));
    }
    let secret = server.typed.as_ref().and_then(|typed| typed.secret.as_ref());
    let empty = secret.is_none_or(|secret| secret.expose_secret().is_empty());
    if server.user.is_some() && empty {
        return Err(No::NoSecret(part));
    }
    if secret.is_some_and(|secret| secret.expose_secret().len() > 4096) {
        return Err(No::TooLong);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{Secret, WantedServer};
    use super::*;

    fn wanted(host: &str, secret: Secret) -> Wanted {
        let imap = WantedServer { host: host.into(), user: "anna".into(), secret, ..WantedServer::default() };
        Wanted { name: "anna".into(), address: "anna@firma.example".into(), imap, ..Wanted::default() }
    }

    fn new(text: &str) -> Secret {
        Secret::New(text.to_owned().into())
    }

    #[test]
    fn a_kept_password_goes_nowhere_but_where_it_went_before() {
        let config = Config::default();
        let before = account(&wanted("imap.firma.example", new("secret")), None, &config).unwrap();
        let again = |change: &dyn Fn(&mut Wanted)| {
            let mut wanted = wanted("imap.firma.example", Secret::Kept);
            change(&mut wanted);
            account(&wanted, Some(&before), &config).map(|account| account.imap.typed.unwrap().secret.is_some())
        };
        assert_eq!(again(&|_| {}), Ok(true));
        assert_eq!(again(&|w| w.imap.port = Some(993)), Ok(true), "the usual port, named");
        let anew = Err(No::SecretAgain(Part::Imap));
        assert_eq!(again(&|w| w.imap.host = "elsewhere.example".into()), anew);
        assert_eq!(again(&|w| w.imap.port = Some(9993)), anew);
        assert_eq!(again(&|w| w.imap.security = Security::Starttls), anew);
        assert_eq!(again(&|w| w.imap.user = "piotr".into()), anew);
    }

    #[test]
    fn what_cannot_work_is_told_apart() {
        let config = Config::default();
        let no = |change: &dyn Fn(&mut Wanted)| {
            let mut wanted = wanted("imap.firma.example", new("secret"));
            change(&mut wanted);
            account(&wanted, None, &config).map(|_| ()).unwrap_err()
        };
        assert_eq!(no(&|w| w.name = " ".into()), No::BadName);
        assert_eq!(no(&|w| w.address = "anna".into()), No::BadAddress);
        assert_eq!(no(&|w| w.imap.host = String::new()), No::NoHost(Part::Imap));
        assert_eq!(no(&|w| w.imap.host = "http://evil/".into()), No::NoHost(Part::Imap));
        assert_eq!(no(&|w| w.imap.security = Security::Plain), No::Unprotected(Part::Imap));
        assert_eq!(no(&|w| w.imap.user = String::new()), No::NoLogin(Part::Imap));
        assert_eq!(no(&|w| w.imap.secret = Secret::Kept), No::NoSecret(Part::Imap));
        assert_eq!(no(&|w| w.imap.secret = new("")), No::NoSecret(Part::Imap));
        assert_eq!(no(&|w| w.never_folders = vec!["inbox".into()]), No::BadFolder("inbox".into()));
        let both = |w: &mut Wanted| (w.folders, w.never_folders) = (vec!["A/B".into()], vec!["A".into()]);
        assert_eq!(no(&both), No::BadFolder("A".into()));
        assert_eq!(no(&|w| w.never_keywords = vec!["no word".into()]), No::BadKeyword("no word".into()));
        let smtp = WantedServer { host: "smtp.firma.example".into(), ..WantedServer::default() };
        assert_eq!(no(&|w| w.smtp = Some(smtp.clone())), No::NoLogin(Part::Smtp));
    }
}
