//! Signing in: PLAIN, LOGIN, XOAUTH2.
//!
//! Passwords and tokens never appear in a [`Trouble`]: some servers repeat a command in their
//! BAD, so words that contain the secret are withheld.

use super::capability::Capabilities;
use super::exchange::{Exchange, Next, quoted};
use super::trouble::{Answer, Trouble, What, sign_in_refused};
use crate::config::{Auth, SecretError, Server};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};

/// Signs in as `server` says. `known`: what the server said before.
pub(super) async fn sign_in(exchange: &mut Exchange, server: &Server, known: &Capabilities) -> Result<(), Trouble> {
    let Some(user) = server.user.as_deref().filter(|user| !user.is_empty()) else {
        return Err(Trouble::stop(What::Settings, "no user is set"));
    };
    let secret = server.secret().await.map_err(|error| match error {
        SecretError::Setting(text) => Trouble::stop(What::Settings, text),
        SecretError::Command(text) => Trouble::later(What::Secret, text),
    })?;
    let has = |mechanism: &str| known.mechanisms.contains(mechanism);
    match server.auth {
        Auth::Plain if has("PLAIN") => plain(exchange, user, &secret).await,
        Auth::Plain | Auth::Login if known.login_disabled => Err(Trouble::stop(
            What::Settings,
            "the server accepts no password here (LOGINDISABLED); use TLS or XOAUTH2",
        )),
        Auth::Plain | Auth::Login => login(exchange, user, &secret).await,
        Auth::Xoauth2 if has("XOAUTH2") => token(exchange, user, &secret).await,
        Auth::Xoauth2 => Err(Trouble::stop(What::Settings, "the server does not offer XOAUTH2")),
    }
}

async fn login(exchange: &mut Exchange, user: &str, secret: &SecretString) -> Result<(), Trouble> {
    let command = format!("LOGIN {} {}", quoted(user), quoted(secret.expose_secret()));
    converse(exchange, &command, "", secret).await
}

/// RFC 4616; unlike LOGIN it takes any letters.
async fn plain(exchange: &mut Exchange, user: &str, secret: &SecretString) -> Result<(), Trouble> {
    let answer = STANDARD.encode(format!("\0{user}\0{}", secret.expose_secret()));
    converse(exchange, "AUTHENTICATE PLAIN", &answer, secret).await
}

/// Google's and Microsoft's XOAUTH2. A refused token is followed by a second challenge, which
/// tells why and wants an empty answer before the NO comes.
async fn token(exchange: &mut Exchange, user: &str, secret: &SecretString) -> Result<(), Trouble> {
    let answer = STANDARD.encode(format!("user={user}\x01auth=Bearer {}\x01\x01", secret.expose_secret()));
    converse(exchange, "AUTHENTICATE XOAUTH2", &answer, secret).await
}

/// Gives `command`, answers the first challenge with `answer` and further ones with nothing.
async fn converse(exchange: &mut Exchange, command: &str, answer: &str, secret: &SecretString) -> Result<(), Trouble> {
    let tag = exchange.start(command).await?;
    let mut challenges = 0;
    let mut reason = String::new();
    loop {
        match exchange.next(&tag).await? {
            Next::Data(_) => {}
            Next::Done(_) => return Ok(()),
            Next::Continue(challenge) => {
                challenges += 1;
                if challenges > 3 {
                    return Err(Trouble::later(What::Protocol, "the sign-in does not end"));
                }
                if challenges > 1 {
                    reason = status(&challenge);
                }
                exchange.go_on(if challenges == 1 { answer } else { "" }).await?;
            }
            Next::Down(how, words) => return Err(refused(how, &words, &reason, answer, secret)),
        }
    }
}

fn refused(how: Answer, words: &str, reason: &str, answer: &str, secret: &SecretString) -> Trouble {
    let telling = [secret.expose_secret(), answer].iter().any(|secret| !secret.is_empty() && words.contains(secret));
    let words = if telling { "(the server repeated the secret; its words are withheld)" } else { words };
    match reason {
        "" => sign_in_refused(how, words),
        _ => sign_in_refused(how, &format!("{words} ({reason})")),
    }
}

/// The status in the JSON of a refused token, such as 401: the rest may be long and is not for
/// people.
fn status(challenge: &str) -> String {
    let json = STANDARD.decode(challenge.trim()).unwrap_or_default();
    let value: serde_json::Value = serde_json::from_slice(&json).unwrap_or_default();
    match value.get("status").and_then(|status| status.as_str()) {
        Some(status) if status.len() <= 20 => format!("status {status}"),
        _ => String::new(),
    }
}
