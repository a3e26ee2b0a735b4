//! A real identity provider, and a browser that goes there.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::Server;
use std::collections::BTreeMap;
use std::fs;

/// A running provider, whose people the test names.
pub struct Identities {
    server: Server,
}

impl Identities {
    /// For a Standin whose public URL is `base`.
    pub fn start(base: &str) -> Identities {
        Identities { server: Server::start("oidc", &[base]) }
    }

    /// Its issuer URL.
    pub fn issuer(&self) -> String {
        self.server.value("issuer").to_owned()
    }

    /// Our secret there.
    pub fn secret(&self) -> String {
        self.server.value("secret").to_owned()
    }

    /// Its people, by subject, with their claims.
    pub fn people(&self, people: &serde_json::Value) {
        fs::write(self.server.value("accounts"), people.to_string()).unwrap();
    }
}

/// A browser at the provider: follows its redirects, keeps its cookies, signs in as `who`.
pub struct There {
    http: reqwest::Client,
    cookies: BTreeMap<String, String>,
    /// Who sits at it; `nobody` calls signing in off.
    pub who: String,
}

impl There {
    /// Somebody who has not been there.
    pub fn new(who: &str) -> There {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
        There { http, cookies: BTreeMap::new(), who: who.to_owned() }
    }

    /// Goes where `url` leads, until it leads away from the provider: that address, or the last page.
    pub async fn follow(&mut self, url: &str) -> Result<String, (u16, String)> {
        let place = url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
        let mut at = url.to_owned();
        for _ in 0..12 {
            let jar: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let request = self.http.get(&at).header("cookie", jar.join("; ")).header("x-who", &self.who);
            let answer = request.send().await.unwrap();
            for line in answer.headers().get_all("set-cookie") {
                let (name, value) = line.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
            let to = answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
            let Some(to) = to else { return Err((answer.status().as_u16(), answer.text().await.unwrap())) };
            at = if to.starts_with('/') { format!("{place}{to}") } else { to };
            if !at.starts_with(&place) {
                return Ok(at);
            }
        }
        panic!("the provider leads in circles: {at}");
    }
}
