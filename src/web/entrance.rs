//! What all ways of signing in share: from where a request comes, cookies that carry something unfinished,
//! and beginning a session.
//!
//! A session's token is made when somebody signs in and at no other time, and the one that came along ends:
//! whoever planted a cookie in somebody's browser has nothing of it (session fixation).

use super::App;
use super::signin::{cookie, name_of, token};
use crate::model::id::UserId;
use crate::model::time::{DAY, HOUR, MINUTE, Timestamp};
use crate::store::sessions::{self, Beginning, Method};
use anyhow::Context;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, header};
use axum_extra::extract::cookie::{Cookie, CookieJar};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::Rng;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::net::{IpAddr, SocketAddr};

/// How long what was begun may take.
const PATIENCE: i64 = 10 * MINUTE;

/// From where a request comes: the nearest address that is no proxy of ours. What a client itself says of
/// that counts only if it came by such a proxy.
pub(super) fn address(app: &App, headers: &HeaderMap, direct: Option<SocketAddr>) -> Option<IpAddr> {
    let direct = direct?.ip().to_canonical();
    let trusts = |address: &IpAddr| app.state.config.sign_in.trusts(*address);
    if !trusts(&direct) {
        return Some(direct);
    }
    let said = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let said: Vec<&str> = said.flat_map(|value| value.split(',')).map(str::trim).collect();
    // From the right: everything left of the first stranger was said by that stranger.
    for text in said.iter().rev() {
        let Ok(address) = text.parse::<IpAddr>() else { return Some(direct) };
        let address = address.to_canonical();
        if !trusts(&address) {
            return Some(address);
        }
    }
    Some(direct)
}

/// Whence somebody signs in.
#[derive(Clone, Debug)]
pub(super) struct Whence {
    agent: String,
    /// Their address, where it is known.
    pub address: Option<IpAddr>,
    /// The session that came along.
    before: Option<[u8; 32]>,
}

impl Whence {
    /// What a request says of it.
    pub fn of(app: &App, headers: &HeaderMap, direct: Option<ConnectInfo<SocketAddr>>) -> Whence {
        let agent = headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or("");
        Whence {
            agent: agent.chars().take(200).collect(),
            address: address(app, headers, direct.map(|ConnectInfo(direct)| direct)),
            before: token(app, headers),
        }
    }
}

/// Begins a session: a new token, and the one that came along ends. Gives the cookie.
pub(super) async fn begin(app: &App, whence: &Whence, user: UserId, method: Method) -> anyhow::Result<Cookie<'static>> {
    let mut token = [0_u8; 32];
    rand::rng().fill_bytes(&mut token);
    let now = app.now();
    let limits = &app.state.config.sign_in;
    let longest = i64::from(limits.session_days) * DAY;
    let address = whence.address.map(|address| address.to_string()).unwrap_or_default();
    let beginning = Beginning {
        user,
        method,
        agent: &whence.agent,
        address: &address,
        longest,
        idle: i64::from(limits.idle_hours) * HOUR,
    };
    let begun: crate::store::Result<()> = async {
        let mut tx = app.state.db.write().await?;
        sessions::sweep(&mut tx, now).await?;
        if let Some(before) = &whence.before {
            sessions::end(&mut tx, before).await?;
        }
        sessions::begin_as(&mut tx, &Sha256::digest(token), &beginning, now).await?;
        tx.commit().await
    }
    .await;
    begun.context("beginning a session")?;
    Ok(cookie(app, "", hex::encode(token), Some(longest / 1_000)))
}

/// Something that was begun in this browser and is to be finished in it, within ten minutes.
#[derive(Serialize, Deserialize)]
struct Kept<T> {
    at: i64,
    what: T,
}

/// A cookie that only we can read or make: it binds what was begun to the browser in which it was.
pub(super) fn keep<T: Serialize>(app: &App, purpose: &str, what: T) -> anyhow::Result<Cookie<'static>> {
    let text = serde_json::to_vec(&Kept { at: app.now().0, what }).context("keeping what was begun")?;
    let sealed = app.state.keys.seal(&format!("cookie {purpose}"), &text);
    Ok(cookie(app, purpose, URL_SAFE_NO_PAD.encode(sealed), Some(PATIENCE / 1_000)))
}

/// What was kept; `None` if there is nothing, or it is too old, or not ours.
pub(super) fn kept<T: DeserializeOwned>(app: &App, headers: &HeaderMap, purpose: &str) -> Option<T> {
    let jar = CookieJar::from_headers(headers);
    let sealed = URL_SAFE_NO_PAD.decode(jar.get(&name_of(app, purpose))?.value()).ok()?;
    let text = app.state.keys.unseal(&format!("cookie {purpose}"), &sealed)?;
    let kept: Kept<T> = serde_json::from_slice(&text).ok()?;
    let age = app.now().since(Timestamp(kept.at));
    (0..PATIENCE).contains(&age).then_some(kept.what)
}

/// Takes such a cookie out of the browser.
pub(super) fn forget(app: &App, purpose: &str) -> Cookie<'static> {
    cookie(app, purpose, String::new(), Some(0))
}
