//! How people sign in: sessions, second factors, and an identity provider.

use super::{SecretError, secret};
use crate::model::record::UserRole;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::path::PathBuf;

impl super::Config {
    /// The whole address of a page, as people and identity providers know it.
    pub fn page(&self, path: &str) -> String {
        format!("{}{path}", self.public_url.trim_end_matches('/'))
    }
}

/// Sessions and second factors.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct SignIn {
    /// Whether people may sign in with a password; without, by the identity provider alone.
    pub passwords: bool,
    /// Days after which a session ends: 1 to 365.
    pub session_days: u32,
    /// Hours without a request after which it ends: 1 to 8760.
    pub idle_hours: u32,
    /// Who must have a second factor to sign in with a password.
    pub second_factor: Required,
    /// Addresses of reverse proxies whose `X-Forwarded-For` is believed.
    pub proxies: Vec<String>,
}

impl Default for SignIn {
    fn default() -> SignIn {
        SignIn {
            passwords: true,
            session_days: 14,
            idle_hours: 72,
            second_factor: Required::Nobody,
            proxies: Vec::new(),
        }
    }
}

impl SignIn {
    /// Whether what this address says of where a request came from is believed.
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.proxies.iter().any(|proxy| proxy.trim().parse::<IpAddr>() == Ok(address.to_canonical()))
    }
}

/// Who must have a second factor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Required {
    /// Nobody must; everybody may.
    #[default]
    Nobody,
    /// Admins.
    Admins,
    /// Everybody.
    All,
}

impl Required {
    /// Whether an admin, or somebody else, must have one.
    pub fn of(self, admin: bool) -> bool {
        match self {
            Required::Nobody => false,
            Required::Admins => admin,
            Required::All => true,
        }
    }
}

/// An identity provider that speaks OpenID Connect.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Oidc {
    /// Its issuer URL, as its discovery document names it; empty: there is none.
    pub issuer: String,
    /// What the button on the sign-in page calls it.
    pub name: String,
    /// Our id there.
    pub client_id: String,
    /// File that holds our secret there.
    pub secret_file: Option<PathBuf>,
    /// Environment variable that holds it.
    pub secret_env: Option<String>,
    /// PEM file with the authority of an in-house provider.
    pub ca_file: Option<PathBuf>,
    /// What is asked for beside `openid`.
    pub scopes: Vec<String>,
    /// How somebody who comes for the first time is recognised.
    pub link: LinkBy,
    /// Whether somebody who is not recognised becomes a user.
    pub create: bool,
    /// The claim that lists their groups.
    pub groups_claim: String,
    /// What groups are for us.
    pub group: Vec<OidcGroup>,
}

impl Default for Oidc {
    fn default() -> Oidc {
        Oidc {
            issuer: String::new(),
            name: String::new(),
            client_id: String::new(),
            secret_file: None,
            secret_env: None,
            ca_file: None,
            scopes: vec!["email".to_owned(), "profile".to_owned()],
            link: LinkBy::Subject,
            create: false,
            groups_claim: "groups".to_owned(),
            group: Vec::new(),
        }
    }
}

impl Oidc {
    /// Whether there is a provider.
    pub fn is_set(&self) -> bool {
        !self.issuer.is_empty()
    }

    /// What people call it.
    pub fn shown(&self) -> &str {
        if self.name.trim().is_empty() { "SSO" } else { self.name.trim() }
    }

    /// Our secret there; `None` where we have none (a public client, which PKCE protects).
    pub async fn secret(&self) -> Result<Option<SecretString>, SecretError> {
        if self.secret_file.is_none() && self.secret_env.is_none() {
            return Ok(None);
        }
        secret(self.secret_file.as_deref(), self.secret_env.as_deref(), None).await.map(Some)
    }
}

/// How somebody who comes from the provider for the first time is recognised.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkBy {
    /// Not at all: an admin said before which subject they are there.
    #[default]
    Subject,
    /// By an address of theirs that the provider says it verified.
    Email,
}

/// What a group of the provider is for us.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OidcGroup {
    /// Its name in the claim.
    #[serde(default)]
    pub name: String,
    /// The role of its members: `account-manager`, `staff` or `admin`.
    #[serde(default)]
    pub role: Option<String>,
    /// The team they belong to.
    #[serde(default)]
    pub team: Option<String>,
}

impl OidcGroup {
    /// The role of its members.
    pub fn role(&self) -> Option<UserRole> {
        UserRole::from_word(self.role.as_deref()?)
    }
}

/// What is wrong with all this.
pub(super) fn check(config: &super::Config, complain: &mut dyn FnMut(String, String)) {
    let mut say = |key: &str, text: String| complain(key.to_owned(), text);
    let sign_in = &config.sign_in;
    if !(1..=365).contains(&sign_in.session_days) {
        let text = format!("`sign_in.session_days` is {}; it must be from 1 to 365 days", sign_in.session_days);
        say("sign_in.session_days", text);
    }
    if !(1..=8760).contains(&sign_in.idle_hours) {
        let text = format!("`sign_in.idle_hours` is {}; it must be from 1 to 8760 hours", sign_in.idle_hours);
        say("sign_in.idle_hours", text);
    }
    for proxy in sign_in.proxies.iter().filter(|proxy| proxy.trim().parse::<IpAddr>().is_err()) {
        let text = format!("`sign_in.proxies` has \"{proxy}\", which is no IP address; write it as 127.0.0.1");
        say("sign_in.proxies", text);
    }
    if !sign_in.passwords && !config.oidc.is_set() {
        let text = "`sign_in.passwords` is false, and no `oidc.issuer` is set: nobody could sign in".to_owned();
        say("sign_in.passwords", text);
    }
    if config.oidc.is_set() {
        provider(config, &mut say);
    }
}

fn provider(config: &super::Config, say: &mut dyn FnMut(&str, String)) {
    let oidc = &config.oidc;
    let host = oidc.issuer.strip_prefix("http://").map(|rest| rest.split(['/', ':']).next().unwrap_or(""));
    let plain_here = host.is_some_and(|host| host == "localhost" || host.starts_with("127."));
    if !oidc.issuer.starts_with("https://") && !plain_here {
        let text = format!("`oidc.issuer` is \"{}\"; it must begin with https://", oidc.issuer);
        say("oidc.issuer", text);
    }
    if config.public_url.is_empty() {
        let text = "`oidc.issuer` is set, and `public_url` is not: the provider sends people back there".to_owned();
        say("public_url", text);
    }
    if oidc.client_id.trim().is_empty() {
        say("oidc.client_id", "`oidc.client_id` is empty; the provider gives you one".to_owned());
    }
    if oidc.secret_file.is_some() && oidc.secret_env.is_some() {
        let text = "oidc has secret_file and secret_env; keep one, so that it is plain which secret counts".to_owned();
        say("oidc.secret_env", text);
    }
    for (n, group) in oidc.group.iter().enumerate() {
        if group.role.is_some() && group.role().is_none() {
            let text = format!(
                "`oidc.group` \"{}\" has the role \"{}\"; it must be account-manager, staff or admin",
                group.name,
                group.role.as_deref().unwrap_or("")
            );
            say(&format!("oidc.group.{n}.role"), text);
        }
        if group.name.trim().is_empty() {
            say(&format!("oidc.group.{n}.name"), format!("`oidc.group` number {} has an empty name", n + 1));
        }
    }
}
