//! The wire to an identity provider: OpenID Connect with code and PKCE.
//!
//! The provider's document and keys are asked for at each sign-in: that costs two requests, and a key that
//! was changed or a provider that was down when the program started needs nobody to do anything. No redirect
//! is followed, answers are bounded, and nothing is asked but what the document of the configured issuer names.

use crate::config::{Oidc, SecretError};
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreRevocableToken, CoreRevocationErrorResponse,
    CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AdditionalClaims, AsyncHttpClient, AuthorizationCode, Client, ClientId, ClientSecret, CsrfToken,
    EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IdTokenFields,
    IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, ProviderMetadataWithLogout,
    RedirectUrl, Scope, StandardErrorResponse, StandardTokenResponse, TokenResponse, UserInfoClaims,
};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashMap;
use std::pin::Pin;
use std::time::Duration;

/// How long one request to the provider may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The most octets of an answer.
const LONGEST: usize = 1024 * 1024;

/// Claims that the standard does not name, such as groups.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Extra(HashMap<String, Value>);

impl AdditionalClaims for Extra {}

type Fields = IdTokenFields<
    Extra,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;
type Relying = Client<
    Extra,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    StandardTokenResponse<Fields, CoreTokenType>,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The provider cannot be reached, or its document cannot be read; or our settings for it are wrong.
    #[error("the identity provider cannot be used: {0}")]
    Away(String),
    /// It did not accept the code.
    #[error("the identity provider refused the code: {0}")]
    Refused(String),
    /// What it sent is not what it must be.
    #[error("the identity provider's answer is not valid: {0}")]
    Wrong(String),
}

impl From<SecretError> for Trouble {
    fn from(error: SecretError) -> Trouble {
        Trouble::Away(error.to_string())
    }
}

/// A sign-in that was begun: what has to be kept until the browser comes back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begun {
    /// What the provider must repeat.
    pub state: String,
    /// What must stand in the ID token.
    pub nonce: String,
    /// What proves that we asked (PKCE).
    pub verifier: String,
}

/// What the provider says of somebody, after all of it was checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// The provider.
    pub issuer: String,
    /// What it calls them: never given to anybody else.
    pub subject: String,
    /// Their address.
    pub email: Option<String>,
    /// Whether it made sure of that address.
    pub verified: bool,
    /// Their full name.
    pub name: Option<String>,
    /// The name they sign in with there.
    pub login: Option<String>,
    /// Their groups; `None` if it says nothing of groups.
    pub groups: Option<Vec<String>>,
}

/// A provider whose document was read.
pub struct Provider {
    client: Relying,
    http: Http,
    ends: Option<String>,
    settings: Oidc,
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Provider({})", self.settings.issuer)
    }
}

impl Provider {
    /// Reads the provider's document. `back` is the address to which it sends people.
    pub async fn discover(settings: &Oidc, back: &str) -> Result<Provider, Trouble> {
        let http = Http::new(settings).await?;
        let away = |error: &dyn std::error::Error| Trouble::Away(chain(error));
        let issuer = IssuerUrl::new(settings.issuer.clone()).map_err(|e| away(&e))?;
        let metadata = ProviderMetadataWithLogout::discover_async(issuer, &http).await.map_err(|e| away(&e))?;
        let ends = metadata.additional_metadata().end_session_endpoint.as_ref().map(|url| url.as_str().to_owned());
        let secret = settings.secret().await?.map(|secret| ClientSecret::new(secret.expose_secret().to_owned()));
        let back = RedirectUrl::new(back.to_owned()).map_err(|e| away(&e))?;
        let id = ClientId::new(settings.client_id.clone());
        let client = Relying::from_provider_metadata(metadata, id, secret).set_redirect_uri(back);
        Ok(Provider { client, http, ends, settings: settings.clone() })
    }

    /// Where to send the browser, and what to keep until it comes back.
    pub fn begin(&self) -> (String, Begun) {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let mut request = self.client.authorize_url(flow, CsrfToken::new_random, Nonce::new_random);
        for scope in self.settings.scopes.iter().filter(|scope| *scope != "openid") {
            request = request.add_scope(Scope::new(scope.clone()));
        }
        let (url, state, nonce) = request.set_pkce_challenge(challenge).url();
        let begun =
            Begun { state: state.secret().clone(), nonce: nonce.secret().clone(), verifier: verifier.secret().clone() };
        (url.to_string(), begun)
    }

    /// Exchanges the code for what the provider says of who came back.
    pub async fn finish(&self, begun: &Begun, code: String) -> Result<Told, Trouble> {
        let request = self
            .client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|e| Trouble::Away(chain(&e)))?
            .set_pkce_verifier(PkceCodeVerifier::new(begun.verifier.clone()));
        let answer = request.request_async(&self.http).await.map_err(|error| match error {
            openidconnect::RequestTokenError::ServerResponse(said) => Trouble::Refused(said.to_string()),
            openidconnect::RequestTokenError::Request(error) => Trouble::Away(chain(&error)),
            other => Trouble::Wrong(chain(&other)),
        })?;
        let token = answer.id_token().ok_or_else(|| Trouble::Wrong("it sent no ID token".to_owned()))?;
        let claims = token
            .claims(&self.client.id_token_verifier(), &Nonce::new(begun.nonce.clone()))
            .map_err(|e| Trouble::Wrong(chain(&e)))?;
        let mut told = Told {
            issuer: self.settings.issuer.clone(),
            subject: claims.subject().to_string(),
            email: claims.email().map(|email| email.to_string()),
            verified: claims.email_verified() == Some(true),
            name: claims.name().and_then(|name| name.get(None)).map(|name| name.to_string()),
            login: claims.preferred_username().map(|login| login.to_string()),
            groups: groups(claims.additional_claims(), &self.settings.groups_claim),
        };
        // Many providers keep all but the subject for this address.
        if let Ok(request) = self.client.user_info(answer.access_token().clone(), Some(claims.subject().clone())) {
            let more: UserInfoClaims<Extra, CoreGenderClaim> =
                request.request_async(&self.http).await.map_err(|e| Trouble::Wrong(chain(&e)))?;
            // An address and whether it is verified belong together: both from here, or neither.
            if let Some(email) = more.email() {
                told.email = Some(email.to_string());
                told.verified = more.email_verified() == Some(true);
            }
            told.name = more.name().and_then(|name| name.get(None)).map(|name| name.to_string()).or(told.name);
            told.login = more.preferred_username().map(|login| login.to_string()).or(told.login);
            told.groups = groups(more.additional_claims(), &self.settings.groups_claim).or(told.groups);
        }
        Ok(told)
    }

    /// Where to send a browser to be signed out there too, and back to `after`; `None` if it has no such place.
    pub fn end(&self, after: &str) -> Option<String> {
        let ends = self.ends.as_ref()?;
        let mut url = openidconnect::url::Url::parse(ends).ok()?;
        url.query_pairs_mut()
            .append_pair("client_id", &self.settings.client_id)
            .append_pair("post_logout_redirect_uri", after);
        Some(url.to_string())
    }
}

/// The groups that a claim lists; one alone may stand without a list.
fn groups(extra: &Extra, claim: &str) -> Option<Vec<String>> {
    match extra.0.get(claim)? {
        Value::Array(items) => Some(items.iter().filter_map(Value::as_str).map(str::to_owned).collect()),
        Value::String(one) => Some(vec![one.clone()]),
        _ => None,
    }
}

/// An error with its causes. None of them holds a secret or a token.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

/// Requests to the provider.
struct Http(reqwest::Client);

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error("{0}")]
    Wire(#[from] reqwest::Error),
    #[error("its answer is longer than {LONGEST} bytes")]
    Long,
    #[error("{0}")]
    Form(#[from] openidconnect::http::Error),
}

impl Http {
    async fn new(settings: &Oidc) -> Result<Http, Trouble> {
        // The program chose it at its start already, unless this runs in a test.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            // As for mail servers: what the settings name is asked, and nothing in between.
            .no_proxy()
            .timeout(PATIENCE)
            .connect_timeout(PATIENCE / 2);
        if let Some(path) = &settings.ca_file {
            let named = |error: String| Trouble::Away(format!("ca_file {}: {error}", path.display()));
            let pem = tokio::fs::read(path).await.map_err(|e| named(e.to_string()))?;
            let found = reqwest::Certificate::from_pem_bundle(&pem).map_err(|e| named(e.to_string()))?;
            builder = builder.tls_certs_merge(found);
        }
        builder.build().map(Http).map_err(|e| Trouble::Away(chain(&e)))
    }

    async fn ask(&self, request: HttpRequest) -> Result<HttpResponse, Failed> {
        let mut answer = self.0.execute(request.try_into()?).await?;
        let mut built = openidconnect::http::Response::builder().status(answer.status());
        for (name, value) in answer.headers() {
            built = built.header(name, value);
        }
        let mut body = Vec::new();
        while let Some(piece) = answer.chunk().await? {
            if body.len() + piece.len() > LONGEST {
                return Err(Failed::Long);
            }
            body.extend_from_slice(&piece);
        }
        Ok(built.body(body)?)
    }
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = Failed;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Failed>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.ask(request))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_come_as_a_list_or_one_alone() {
        let extra = |value: Value| Extra(HashMap::from([("groups".to_owned(), value)]));
        let list = |value| groups(&extra(value), "groups");
        assert_eq!(list(serde_json::json!(["a", 1, "b"])), Some(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(list(serde_json::json!("a")), Some(vec!["a".to_owned()]));
        assert_eq!(list(serde_json::json!([])), Some(vec![]), "no groups is something else than not saying");
        assert_eq!(groups(&extra(serde_json::json!([])), "roles"), None);
    }
}
