//! ManageSieve (RFC 5804): whether the mailbox's own server answers by itself (R14).
//!
//! Nothing is changed there. The active script, and those it includes, are fetched and looked through for
//! the command `vacation` (RFC 5230). Where it stands in comments, in texts, or under `if false` (as some
//! webmail programs write what is switched off), it does not count; under any other condition it does: whether
//! that holds is not ours to work out, and a responder too few does less harm than one too many.

use super::Limits;
use super::dial::{protect, reach};
use super::trouble::{Trouble, What, one_line};
use super::wire::Socket;
use crate::config::{Auth, SecretError, Security, Server};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::ExposeSecret;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// The longest line taken, in octets; scripts come as literals.
const LINE: u64 = 64 * 1024;
/// The largest script taken, in octets.
const SCRIPT: usize = 1024 * 1024;
/// Lines of one answer.
const LINES: usize = 10_000;
/// Scripts that are looked through, those included counted.
const SCRIPTS: usize = 50;
/// The whole conversation may take this long.
const WHOLE: Duration = Duration::from_secs(60);

/// What the server says about answering by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answering {
    /// A script with `vacation` is active; its name.
    On(String),
    /// None is.
    Off,
}

/// Asks whether an active script answers mail.
///
/// # Errors
///
/// As those of [`super::connect`].
pub async fn answering(server: &Server, limits: &Limits) -> Result<Answering, Trouble> {
    let late = || Trouble::later(What::Timeout, format!("ManageSieve was not done within {} s", WHOLE.as_secs()));
    timeout(WHOLE, ask(server, limits)).await.unwrap_or_else(|_| Err(late()))
}

async fn ask(server: &Server, limits: &Limits) -> Result<Answering, Trouble> {
    let mut talk = open(server, limits).await?;
    sign_in(&mut talk, server).await?;
    let listed = talk.run("LISTSCRIPTS").await?;
    let active = listed.into_iter().find(|line| line.after.eq_ignore_ascii_case("ACTIVE")).and_then(|line| line.text);
    let found = match active {
        Some(name) => look_through(&mut talk, name).await?,
        None => Answering::Off,
    };
    // The answer stands whether or not the server says goodbye.
    let _ = talk.run("LOGOUT").await;
    Ok(found)
}

async fn look_through(talk: &mut Talk, active: String) -> Result<Answering, Trouble> {
    let (mut open, mut seen) = (vec![active], BTreeSet::new());
    while let Some(name) = open.pop() {
        if seen.len() >= SCRIPTS || !seen.insert(name.clone()) {
            continue;
        }
        let script = match talk.run(&format!("GETSCRIPT {}", quoted(&name))).await {
            Ok(lines) => lines.into_iter().find_map(|line| line.text).unwrap_or_default(),
            // One that is included need not be there, or is the server's own.
            Err(Trouble::Later(cause)) if cause.what == What::Refused && seen.len() > 1 => continue,
            Err(trouble) => return Err(trouble),
        };
        let what = script_does(&script);
        if what.answers {
            return Ok(Answering::On(one_line(&name)));
        }
        open.extend(what.includes);
    }
    Ok(Answering::Off)
}

async fn open(server: &Server, limits: &Limits) -> Result<Talk, Trouble> {
    let tcp = reach(server, server.port.unwrap_or(4190), limits).await?;
    match server.security {
        Security::Plain => greeted(Box::new(tcp), limits.connect).await,
        Security::Tls => greeted(Box::new(protect(tcp, server, limits).await?), limits.connect).await,
        Security::Starttls => {
            let tcp = start_tls(tcp, limits.connect).await?;
            greeted(Box::new(protect(tcp, server, limits).await?), limits.connect).await
        }
    }
}

async fn greeted(socket: Box<dyn Socket>, limit: Duration) -> Result<Talk, Trouble> {
    let mut talk = Talk { socket: BufReader::new(socket), limit, mechanisms: String::new() };
    talk.greeting().await?;
    Ok(talk)
}

/// The plain part of STARTTLS. What the server says between its OK and the handshake is not believed.
async fn start_tls(tcp: TcpStream, limit: Duration) -> Result<TcpStream, Trouble> {
    let mut talk = Talk { socket: BufReader::new(tcp), limit, mechanisms: String::new() };
    let said = talk.greeting().await?;
    if !said.iter().any(|line| line.text.as_ref().is_some_and(|text| text.eq_ignore_ascii_case("STARTTLS"))) {
        return Err(Trouble::stop(
            What::Tls,
            "ManageSieve does not offer STARTTLS; sign-in without protection is refused",
        ));
    }
    talk.run("STARTTLS").await?;
    if !talk.socket.buffer().is_empty() {
        return Err(Trouble::stop(What::Tls, "something was said between STARTTLS and the handshake"));
    }
    Ok(talk.socket.into_inner())
}

async fn sign_in(talk: &mut Talk, server: &Server) -> Result<(), Trouble> {
    let user = server.user.as_deref().filter(|user| !user.is_empty());
    let user = user.ok_or_else(|| Trouble::stop(What::Settings, "no user is set for ManageSieve"))?;
    let secret = server.secret().await.map_err(|error| match error {
        SecretError::Setting(text) => Trouble::stop(What::Settings, text),
        SecretError::Command(text) => Trouble::later(What::Secret, text),
    })?;
    let secret = secret.expose_secret();
    let (mechanism, answer) = match server.auth {
        Auth::Plain | Auth::Login => ("PLAIN", format!("\0{user}\0{secret}")),
        Auth::Xoauth2 => ("XOAUTH2", format!("user={user}\x01auth=Bearer {secret}\x01\x01")),
    };
    if !talk.mechanisms.split_ascii_whitespace().any(|offered| offered.eq_ignore_ascii_case(mechanism)) {
        let text = format!("ManageSieve does not offer {mechanism}; set `auth`, or `security` to tls or starttls");
        return Err(Trouble::stop(What::Settings, text));
    }
    let command = format!("AUTHENTICATE \"{mechanism}\" {}", quoted(&STANDARD.encode(answer)));
    match talk.run(&command).await {
        Ok(_) => Ok(()),
        // Its words may repeat what it was told.
        Err(Trouble::Later(cause)) if cause.what == What::Refused => {
            Err(Trouble::stop(What::LoginRefused, "ManageSieve: check user and password or token of [mailbox.sieve]"))
        }
        Err(trouble) => Err(trouble),
    }
}

/// A string as it is written in a command (RFC 5804 §4: quoted).
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// One line of an answer: the string at its beginning, and what follows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Line {
    text: Option<String>,
    after: String,
}

/// A conversation.
struct Talk<S = Box<dyn Socket>> {
    socket: BufReader<S>,
    /// How long an answer may take.
    limit: Duration,
    /// What the server offers for signing in.
    mechanisms: String,
}

impl<S: Socket> Talk<S> {
    /// Reads what the server can do; it says so after connecting and after STARTTLS.
    async fn greeting(&mut self) -> Result<Vec<Line>, Trouble> {
        let said = self.answer().await?;
        let sasl = said.iter().find(|line| line.text.as_ref().is_some_and(|text| text.eq_ignore_ascii_case("SASL")));
        self.mechanisms = sasl.map(|line| line.after.trim_matches('"').to_owned()).unwrap_or_default();
        Ok(said)
    }

    /// Gives a command and reads to its OK. NO is `Refused`.
    async fn run(&mut self, command: &str) -> Result<Vec<Line>, Trouble> {
        if command.contains(['\r', '\n', '\0']) {
            return Err(Trouble::stop(What::Settings, "a name or secret holds a line end"));
        }
        let lost = |error: std::io::Error| Trouble::later(What::Closed, error.to_string());
        self.socket.get_mut().write_all(format!("{command}\r\n").as_bytes()).await.map_err(lost)?;
        self.socket.get_mut().flush().await.map_err(lost)?;
        self.answer().await
    }

    async fn answer(&mut self) -> Result<Vec<Line>, Trouble> {
        let limit = self.limit;
        let late =
            || Trouble::later(What::Timeout, format!("ManageSieve said nothing whole in {} s", limit.as_secs_f32()));
        timeout(limit, self.lines()).await.unwrap_or_else(|_| Err(late()))
    }

    async fn lines(&mut self) -> Result<Vec<Line>, Trouble> {
        let mut said = Vec::new();
        while said.len() < LINES {
            let raw = self.line().await?;
            let (word, words) = raw.split_once(' ').unwrap_or((&raw, ""));
            match word.to_ascii_uppercase().as_str() {
                "OK" => return Ok(said),
                "NO" => return Err(Trouble::later(What::Refused, format!("ManageSieve: {}", one_line(words)))),
                "BYE" => return Err(Trouble::later(What::Closed, format!("ManageSieve: {}", one_line(words)))),
                _ => said.push(self.parsed(&raw).await?),
            }
        }
        Err(Trouble::later(What::Protocol, "ManageSieve: the answer does not end"))
    }

    /// A line that begins with a string, quoted or as a literal.
    async fn parsed(&mut self, raw: &str) -> Result<Line, Trouble> {
        if let Some(size) = literal(raw) {
            if size > SCRIPT {
                return Err(Trouble::later(What::LiteralTooLarge, "ManageSieve: a script is larger than 1 MiB"));
            }
            let mut bytes = vec![0; size];
            let read = self.socket.read_exact(&mut bytes).await;
            read.map_err(|error| Trouble::later(What::Closed, error.to_string()))?;
            let after = self.line().await?.trim().to_owned();
            return Ok(Line { text: Some(String::from_utf8_lossy(&bytes).into_owned()), after });
        }
        let mut chars = raw.chars();
        if chars.next() != Some('"') {
            return Ok(Line { text: None, after: raw.to_owned() });
        }
        let text = string(&mut chars);
        Ok(Line { text: Some(text), after: chars.as_str().trim().to_owned() })
    }

    async fn line(&mut self) -> Result<String, Trouble> {
        let mut bytes = Vec::new();
        let read = (&mut self.socket).take(LINE).read_until(b'\n', &mut bytes).await;
        read.map_err(|error| Trouble::later(What::Closed, error.to_string()))?;
        match bytes.pop() {
            Some(b'\n') => Ok(String::from_utf8_lossy(&bytes).trim_end().to_owned()),
            Some(_) if bytes.len() as u64 + 1 == LINE => {
                Err(Trouble::later(What::Protocol, "ManageSieve: an endless line"))
            }
            _ => Err(Trouble::later(What::Closed, "ManageSieve: the server closed the connection")),
        }
    }
}

/// The size that a line announces, such as `{42}`.
fn literal(line: &str) -> Option<usize> {
    line.strip_prefix('{')?.strip_suffix('}')?.trim_end_matches('+').parse().ok()
}

/// The rest of a quoted string whose first quote was read.
fn string(chars: &mut std::str::Chars<'_>) -> String {
    let mut text = String::new();
    while let Some(c) = chars.next() {
        match c {
            '"' => break,
            '\\' => text.extend(chars.next()),
            c => text.push(c),
        }
    }
    text
}

/// What a script does, as far as it concerns us.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Does {
    /// It uses `vacation`.
    answers: bool,
    /// Scripts that it includes, by name.
    includes: Vec<String>,
}

/// A piece of a script (RFC 5228 §8.1) that can matter here.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Text(String),
    Mark(char),
}

impl Token {
    fn is(&self, expected: &str) -> bool {
        matches!(self, Token::Word(word) if word == expected)
    }
}

fn script_does(script: &str) -> Does {
    let tokens = tokens(script);
    let mut does = Does::default();
    let mut at = tokens.iter().peekable();
    let mut includes = false;
    while let Some(token) = at.next() {
        match token {
            Token::Word(word) if word == "vacation" => does.answers = true,
            Token::Word(word) if word == "include" => includes = true,
            Token::Word(word)
                if (word == "if" || word == "elsif") && at.peek().is_some_and(|next| next.is("false")) =>
            {
                pass_over_block(&mut at);
            }
            Token::Text(name) if includes => does.includes.push(name.clone()),
            Token::Mark(';') => includes = false,
            _ => {}
        }
    }
    does
}

/// Goes on after the next block in braces.
fn pass_over_block<'a>(tokens: &mut impl Iterator<Item = &'a Token>) {
    let mut depth = 0_usize;
    for token in tokens {
        match token {
            Token::Mark('{') => depth += 1,
            Token::Mark('}') => depth = depth.saturating_sub(1),
            _ => continue,
        }
        if depth == 0 {
            return;
        }
    }
}

fn tokens(script: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut rest = script.chars();
    while let Some(c) = rest.next() {
        match c {
            '#' => rest = after(&rest, "\n"),
            '/' if rest.as_str().starts_with('*') => rest = after(&rest, "*/"),
            '"' => found.push(Token::Text(string(&mut rest))),
            // A tag, such as `:days`, is no command.
            ':' => drop(word(&mut rest)),
            c if c.is_ascii_alphabetic() || c == '_' => {
                let word = format!("{}{}", c.to_ascii_lowercase(), word(&mut rest));
                if word == "text" && rest.as_str().starts_with(':') {
                    rest = after_text(&rest);
                } else {
                    found.push(Token::Word(word));
                }
            }
            '{' | '}' | ';' => found.push(Token::Mark(c)),
            _ => {}
        }
    }
    found
}

/// The letters, digits and underscores that come next, in lower case.
fn word(chars: &mut std::str::Chars<'_>) -> String {
    let rest = chars.as_str();
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
    let (word, rest) = rest.split_at_checked(end).unwrap_or((rest, ""));
    *chars = rest.chars();
    word.to_ascii_lowercase()
}

/// What follows the next `end`.
fn after<'a>(chars: &std::str::Chars<'a>, end: &str) -> std::str::Chars<'a> {
    chars.as_str().split_once(end).map_or("", |(_, rest)| rest).chars()
}

/// What follows a text of several lines, which ends with a dot on a line of its own (RFC 5228 §2.4.2).
fn after_text<'a>(chars: &std::str::Chars<'a>) -> std::str::Chars<'a> {
    let mut rest = chars.as_str().split_once('\n').map_or("", |(_, rest)| rest);
    while !rest.is_empty() {
        let (line, more) = rest.split_once('\n').unwrap_or((rest, ""));
        rest = more;
        if line.trim_end_matches('\r') == "." {
            break;
        }
    }
    rest.chars()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_answers_only_where_vacation_is_a_command_that_can_run() {
        for script in [
            "require [\"vacation\"]; vacation \"away\";",
            "require \"vacation\";\r\nif header :contains \"subject\" \"x\" { VACATION :days 7 text:\r\nvacation\r\n.\r\n; }",
            "/* off */ vacation\n:subject \"x\" \"y\";",
            "if false { keep; } else { vacation \"away\"; }",
            "if true { vacation \"away\"; }",
            "redirect \"a@b.example\"; # and now\nvacation \"away\";",
        ] {
            assert!(script_does(script).answers, "{script}");
        }
        for script in [
            "",
            "require [\"fileinto\", \"vacation\"]; fileinto \"vacation\";",
            "# vacation \"away\";\nkeep;",
            "/* vacation \"away\";\n vacation \"b\"; */ keep;",
            "reject \"say \\\"vacation\\\" vacation\";",
            "reject text:\r\nvacation \"x\";\r\n.\r\n;keep;",
            "# rule:[Vacation]\nif false # true\n{\n\tif true { stop; }\n\tvacation :days 1 \"away\";\n}",
            "if header :vacation \"a\" \"b\" { keep; }",
        ] {
            assert!(!script_does(script).answers, "{script}");
        }
    }

    #[test]
    fn included_scripts_are_named() {
        let does = script_does("require \"include\"; include :personal :once \"hol\\\"iday\"; fileinto \"x\";");
        assert_eq!(does, Does { answers: false, includes: vec!["hol\"iday".into()] });
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_a_script(script in ".{0,200}") {
            script_does(&script);
        }

        #[test]
        fn a_command_after_anything_closed_is_seen(before in "[a-z ;{}\n]{0,40}") {
            proptest::prop_assume!(!before.contains("text") && !before.contains("false"));
            let script = format!("{before};vacation \"x\";");
            proptest::prop_assert!(script_does(&script).answers);
        }
    }
}
