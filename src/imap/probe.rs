//! How far one gets towards a server before a word is exchanged: its name, and a connection. For whoever sets up a
//! mailbox and wants to know where it fails. Serves for submission servers as well.

use super::session::Limits;
use super::trouble::{Trouble, What};
use crate::config::Server;
use crate::config::guard::FORBIDDEN;
use std::net::SocketAddr;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Where it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Probed {
    /// The name leads nowhere, or where a page may not lead.
    NoName(Trouble),
    /// The addresses, none of which answers.
    NoAnswer(Vec<SocketAddr>, Trouble),
    /// The addresses, and the one that answered.
    Reached(Vec<SocketAddr>, SocketAddr),
}

/// Looks for the server and connects to `port`; nothing is sent.
pub async fn probe(server: &Server, port: u16, limits: &Limits) -> Probed {
    let host = server.host.trim_matches(['[', ']']);
    let found = timeout(limits.connect, tokio::net::lookup_host((host, port))).await;
    let addresses: Vec<SocketAddr> = match found {
        Ok(Ok(found)) => found.collect(),
        Ok(Err(error)) => return Probed::NoName(Trouble::later(What::Unreachable, error.to_string())),
        Err(_) => return Probed::NoName(Trouble::later(What::Timeout, "no answer about this name")),
    };
    let may: Vec<SocketAddr> = addresses.iter().copied().filter(|address| server.may_reach(address.ip())).collect();
    if may.is_empty() {
        let why = if addresses.is_empty() { "this name has no address" } else { FORBIDDEN };
        return Probed::NoName(Trouble::stop(What::Settings, why));
    }
    let mut last = Trouble::later(What::Unreachable, "no answer");
    for address in &may {
        match timeout(limits.connect, TcpStream::connect(address)).await {
            Ok(Ok(_)) => return Probed::Reached(addresses, *address),
            Ok(Err(error)) => last = Trouble::later(What::Unreachable, format!("{address}: {error}")),
            Err(_) => last = Trouble::later(What::Timeout, format!("{address}: no answer")),
        }
    }
    Probed::NoAnswer(addresses, last)
}
