//! The floor: every body fetched over TLS and thrown away. What Dovecot and the wire cost alone.

use anyhow::{Context, Result, bail};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

type Wire = BufReader<rustls::StreamOwned<rustls::ClientConnection, TcpStream>>;

/// Fetches every body of the folders and returns their bytes.
pub fn fetch(port: u16, ca: &Path, user: &str, folders: &[&str]) -> Result<u64> {
    let mut wire = connect(port, ca)?;
    command(&mut wire, &format!("a LOGIN {user} secret"))?;
    let mut bytes = 0;
    for folder in folders {
        command(&mut wire, &format!("a EXAMINE {folder}"))?;
        bytes += command(&mut wire, "a UID FETCH 1:* (UID BODY.PEEK[])")?;
    }
    command(&mut wire, "a LOGOUT")?;
    Ok(bytes)
}

fn connect(port: u16, ca: &Path) -> Result<Wire> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(ca).with_context(|| format!("reading {}", ca.display()))?)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let session = rustls::ClientConnection::new(Arc::new(config), ServerName::try_from("localhost")?)?;
    let socket = TcpStream::connect(("127.0.0.1", port))?;
    let mut wire = BufReader::with_capacity(64 * 1024, rustls::StreamOwned::new(session, socket));
    let mut greeting = String::new();
    wire.read_line(&mut greeting)?;
    Ok(wire)
}

/// Sends a command tagged `a` and reads to its end; returns the bytes of literals.
fn command(wire: &mut Wire, text: &str) -> Result<u64> {
    wire.get_mut().write_all(format!("{text}\r\n").as_bytes())?;
    let (mut literals, mut line) = (0, Vec::new());
    loop {
        line.clear();
        if wire.read_until(b'\n', &mut line)? == 0 {
            bail!("the server closed the connection");
        }
        if let Some(length) = literal(&line) {
            literals += std::io::copy(&mut wire.take(length), &mut std::io::sink())?;
        } else if line.starts_with(b"a ") {
            if !line.starts_with(b"a OK") {
                bail!("the server said {}", String::from_utf8_lossy(&line));
            }
            return Ok(literals);
        }
    }
}

fn literal(line: &[u8]) -> Option<u64> {
    let line = line.strip_suffix(b"}\r\n")?;
    let open = line.iter().rposition(|b| *b == b'{')?;
    std::str::from_utf8(&line[open + 1..]).ok()?.parse().ok()
}
