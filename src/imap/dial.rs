//! From a server's settings to a protected connection.
//!
//! TLS by rustls with the ring provider; trusted are the system's authorities, or the one in
//! `ca_file` alone. STARTTLS is refused when it is not offered, and so is anything the server
//! says between its OK and the handshake: somebody in between could have slipped it in (CVE-2011-0411).

use super::exchange::Exchange;
use super::protocol::{Protocol, Told};
use super::session::Limits;
use super::trouble::{Answer, Trouble, What, one_line, turned_down};
use super::wire::{Socket, Wire};
use crate::config::guard::FORBIDDEN;
use crate::config::{Security, Server};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// What is read from the network at once: rustls by itself asks for 4 KiB per system call.
const READ: usize = 128 * 1024;

/// A connection to `server`, with its greeting read: the exchange, and whether the server
/// considers us signed in already.
pub(super) async fn dial(
    server: &Server,
    limits: &Limits,
    protocol: Option<&Protocol>,
) -> Result<(Exchange, bool), Trouble> {
    let usual = if server.security == Security::Tls { 993 } else { 143 };
    let tcp = reach(server, server.port.unwrap_or(usual), limits).await?;
    let socket: Box<dyn Socket> = match server.security {
        Security::Plain => Box::new(BufReader::with_capacity(READ, tcp)),
        Security::Tls => Box::new(protect(tcp, server, limits).await?),
        Security::Starttls => {
            let tcp = within(limits.connect, "STARTTLS", start_tls(tcp)).await?;
            Box::new(protect(tcp, server, limits).await?)
        }
    };
    let told = protocol.map_or_else(Told::default, Protocol::connection);
    let mut exchange = Exchange::new(Wire::new(socket, limits.max_literal), limits.quiet, told);
    let signed_in = match server.security {
        // Its greeting was read before the handshake; there is no second one.
        Security::Starttls => false,
        _ => within(limits.connect, "the greeting", exchange.greeting()).await?,
    };
    Ok((exchange, signed_in))
}

/// `work`, or a timeout that says what was waited for.
async fn within<T>(limit: Duration, what: &str, work: impl Future<Output = Result<T, Trouble>>) -> Result<T, Trouble> {
    let late =
        || Trouble::later(What::Timeout, format!("no answer in {} s while waiting for {what}", limit.as_secs_f32()));
    timeout(limit, work).await.unwrap_or_else(|_| Err(late()))
}

/// Tries all addresses of the host in the resolver's order.
pub(super) async fn reach(server: &Server, port: u16, limits: &Limits) -> Result<TcpStream, Trouble> {
    let host = server.host.as_str();
    let named = within(limits.connect, "the host's name", async {
        let found = tokio::net::lookup_host((host, port)).await;
        found.map_err(|error| Trouble::later(What::Unreachable, format!("{host}: {error}")))
    });
    let mut addresses: Vec<SocketAddr> = named.await?.collect();
    if server.security == Security::Plain {
        addresses.retain(|address| address.ip().is_loopback());
        if addresses.is_empty() {
            return Err(Trouble::stop(
                What::Settings,
                format!("{host} is not this machine: without protection only loopback is allowed; use tls or starttls"),
            ));
        }
    }
    let found = addresses.len();
    addresses.retain(|address| server.may_reach(address.ip()));
    if addresses.len() < found && addresses.is_empty() {
        return Err(Trouble::stop(What::Settings, format!("{host}: {FORBIDDEN}")));
    }
    let mut last = Trouble::later(What::Unreachable, format!("{host} has no address"));
    for address in addresses {
        match timeout(limits.connect, TcpStream::connect(address)).await {
            Ok(Ok(tcp)) => {
                keep_alive(&tcp);
                return Ok(tcp);
            }
            Ok(Err(error)) => last = Trouble::later(What::Unreachable, format!("{address}: {error}")),
            Err(_) => last = Trouble::later(What::Unreachable, format!("{address}: no answer")),
        }
    }
    Err(last)
}

/// Small commands leave at once, and a dead peer is noticed while we idle.
fn keep_alive(tcp: &TcpStream) {
    // A refusal by the system costs speed or the early notice, not mail.
    let _ = tcp.set_nodelay(true);
    let probes = socket2::TcpKeepalive::new().with_time(Duration::from_secs(60)).with_interval(Duration::from_secs(20));
    let _ = socket2::SockRef::from(tcp).set_tcp_keepalive(&probes);
}

pub(super) async fn protect(tcp: TcpStream, server: &Server, limits: &Limits) -> Result<impl Socket + use<>, Trouble> {
    let config = match &server.ca_file {
        Some(path) => own_authority(path)?,
        None => system_authorities()?,
    };
    let name = ServerName::try_from(server.host.clone())
        .map_err(|_| Trouble::stop(What::Settings, format!("{} is no host name", server.host)))?;
    let tcp = BufReader::with_capacity(READ, tcp);
    within(limits.connect, "the TLS handshake", async {
        TlsConnector::from(config).connect(name, tcp).await.map_err(|error| handshake_failed(&error))
    })
    .await
}

fn handshake_failed(error: &std::io::Error) -> Trouble {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match inner {
        Some(rustls::Error::InvalidCertificate(_)) => Trouble::stop(What::Certificate, error.to_string()),
        Some(_) => Trouble::stop(
            What::Tls,
            format!("{error}; the server may speak no TLS on this port, or only versions before TLS 1.2"),
        ),
        None => Trouble::later(What::Unreachable, format!("during the TLS handshake: {error}")),
    }
}

fn settings<E: std::fmt::Display>(what: &str) -> impl FnOnce(E) -> Trouble + '_ {
    move |error| Trouble::stop(What::Settings, format!("{what}: {error}"))
}

fn system_authorities() -> Result<Arc<ClientConfig>, Trouble> {
    // Loading the system's authorities takes milliseconds; sessions to resume are kept as well.
    static SHARED: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    if let Some(config) = SHARED.get() {
        return Ok(Arc::clone(config));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = Verifier::new(Arc::clone(&provider)).map_err(settings("the system's authorities"))?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(settings("TLS"))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(Arc::clone(SHARED.get_or_init(|| Arc::new(config))))
}

fn own_authority(path: &Path) -> Result<Arc<ClientConfig>, Trouble> {
    let shown = path.display().to_string();
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(settings(&shown))? {
        roots.add(certificate.map_err(settings(&shown))?).map_err(settings(&shown))?;
    }
    if roots.is_empty() {
        return Err(Trouble::stop(What::Settings, format!("{shown} holds no certificate")));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(settings("TLS"))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// The plain part of STARTTLS: greeting, CAPABILITY, STARTTLS.
async fn start_tls(tcp: TcpStream) -> Result<TcpStream, Trouble> {
    let mut tcp = BufReader::new(tcp);
    let greeting = line(&mut tcp).await?;
    if !greeting.to_ascii_uppercase().starts_with("* OK") {
        return Err(match greeting.get(..5).map(str::to_ascii_uppercase).as_deref() {
            Some("* BYE") => Trouble::Later(turned_down(Answer::Bye, greeting.get(5..).unwrap_or_default().trim())),
            _ => Trouble::stop(What::Tls, format!("STARTTLS cannot follow this greeting: {}", one_line(&greeting))),
        });
    }
    let offered = ask(&mut tcp, "S1 CAPABILITY", |answer| {
        let mut words = answer.split_ascii_whitespace();
        words.nth(1).is_some_and(|word| word.eq_ignore_ascii_case("CAPABILITY"))
            && words.any(|word| word.eq_ignore_ascii_case("STARTTLS"))
    });
    if !offered.await? {
        return Err(Trouble::stop(
            What::Tls,
            "the server does not offer STARTTLS; sign-in without protection is refused",
        ));
    }
    ask(&mut tcp, "S2 STARTTLS", |_| false).await?;
    if !tcp.buffer().is_empty() {
        return Err(Trouble::stop(What::Tls, "something was said between STARTTLS and the handshake"));
    }
    Ok(tcp.into_inner())
}

/// Sends `command` and reads to its tagged OK; whether any untagged answer was the one sought.
async fn ask(tcp: &mut BufReader<TcpStream>, command: &str, sought: impl Fn(&str) -> bool) -> Result<bool, Trouble> {
    let lost = |error: std::io::Error| Trouble::later(What::Closed, error.to_string());
    tcp.get_mut().write_all(format!("{command}\r\n").as_bytes()).await.map_err(lost)?;
    let tag = command.split(' ').next().unwrap_or_default();
    let mut found = false;
    loop {
        let answer = line(tcp).await?;
        let Some(end) = answer.strip_prefix(tag) else {
            found |= sought(&answer);
            continue;
        };
        return match end.trim_start().get(..2).map(str::to_ascii_uppercase).as_deref() {
            Some("OK") => Ok(found),
            _ => Err(Trouble::stop(What::Tls, format!("refused: {}", one_line(end)))),
        };
    }
}

async fn line(tcp: &mut BufReader<TcpStream>) -> Result<String, Trouble> {
    let mut bytes = Vec::new();
    let read = tcp.take(16 * 1024).read_until(b'\n', &mut bytes).await;
    match read {
        Ok(_) if bytes.ends_with(b"\n") => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Ok(_) => Err(Trouble::later(What::Closed, "before the connection was protected")),
        Err(error) => Err(Trouble::later(What::Closed, error.to_string())),
    }
}
