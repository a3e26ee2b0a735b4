//! A scripted submission server: does at each step what a test tells it, and remembers what it
//! heard. Port 0, loopback, ends with the test.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// A moment of the dialogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    Greeting,
    Ehlo,
    /// Where the client greets once more.
    SecondEhlo,
    StartTls,
    Auth,
    Mail,
    Rcpt,
    Data,
    /// After 354, before the mail is read.
    Body,
    /// After the final dot.
    Dot,
    Quit,
}

/// What the server does at a step.
#[derive(Clone, Debug)]
pub enum Play {
    /// Answers so, with CRLF added.
    Say(&'static str),
    /// Answers so when the command is this one, else as usual.
    Refuse(&'static str, &'static str),
    /// Answers so once the test says that it may go on.
    Pause(&'static str),
    /// Answers without end, a byte now and then.
    Drip,
    /// Reads on and never answers again.
    Silence,
    /// Stops reading and never answers again.
    Deaf,
    /// Closes the connection.
    Close,
}

/// How the connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cover {
    Plain,
    Tls,
    StartTls,
}

/// The running server.
pub struct Sink {
    pub port: u16,
    /// PEM of the authority that signed its certificate.
    pub authority: String,
    heard: Arc<Mutex<Vec<String>>>,
    mails: Arc<Mutex<Vec<Vec<u8>>>>,
    paused: Arc<tokio::sync::Notify>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Sink {
    /// Starts a server that accepts everything except as `script` says.
    pub async fn start(cover: Cover, script: &[(Step, Play)]) -> Sink {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (acceptor, authority) = certificate();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let mails = Arc::new(Mutex::new(Vec::new()));
        let paused = Arc::new(tokio::sync::Notify::new());
        let talk = Talk {
            script: script.iter().cloned().collect(),
            heard: heard.clone(),
            mails: mails.clone(),
            paused: paused.clone(),
            offers_tls: cover == Cover::StartTls,
        };
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (mut talk, acceptor) = (talk.clone(), acceptor.clone());
                tokio::spawn(async move {
                    if cover == Cover::Tls {
                        if let Ok(stream) = acceptor.accept(stream).await {
                            talk.run(stream, true).await;
                        }
                    } else if let Some(stream) = talk.run(stream, true).await {
                        talk.offers_tls = false;
                        if let Ok(stream) = acceptor.accept(stream).await {
                            talk.run(stream, false).await;
                        }
                    }
                });
            }
        });
        Sink { port, authority, heard, mails, paused, task }
    }

    /// The commands so far, without line ends.
    pub fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    /// Lets what pauses go on.
    pub fn go_on(&self) {
        self.paused.notify_one();
    }

    /// The mails taken in, dot-stuffing undone.
    pub fn mails(&self) -> Vec<Vec<u8>> {
        self.mails.lock().unwrap().clone()
    }
}

/// A certificate for `localhost` by an authority of its own.
fn certificate() -> (TlsAcceptor, String) {
    let mut authority = rcgen::CertificateParams::new(Vec::<String>::new()).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority_key = rcgen::KeyPair::generate().unwrap();
    let pem = authority.self_signed(&authority_key).unwrap().pem();
    let issuer = rcgen::Issuer::new(authority, authority_key);
    let key = rcgen::KeyPair::generate().unwrap();
    let host = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = host.signed_by(&key, &issuer).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    (TlsAcceptor::from(Arc::new(config)), pem)
}

#[derive(Clone)]
struct Talk {
    script: BTreeMap<Step, Play>,
    heard: Arc<Mutex<Vec<String>>>,
    mails: Arc<Mutex<Vec<Vec<u8>>>>,
    paused: Arc<tokio::sync::Notify>,
    offers_tls: bool,
}

impl Talk {
    /// Plays one connection; returns the stream when it is to be upgraded.
    async fn run<S: AsyncRead + AsyncWrite + Unpin>(&mut self, stream: S, greet: bool) -> Option<S> {
        let mut stream = BufReader::new(stream);
        let mut greeted = false;
        if greet {
            self.act(&mut stream, Step::Greeting, "220 sink.test ESMTP").await?;
        }
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await.ok()? == 0 {
                return None;
            }
            let line = line.trim_end().to_owned();
            self.heard.lock().unwrap().push(line.clone());
            let word = line.split([' ', ':']).next().unwrap_or("").to_ascii_uppercase();
            let offer = if self.offers_tls {
                "250-sink.test\r\n250 STARTTLS"
            } else {
                "250-sink.test\r\n250-DSN\r\n250 AUTH PLAIN LOGIN XOAUTH2"
            };
            match word.as_str() {
                "EHLO" if greeted && self.script.contains_key(&Step::SecondEhlo) => {
                    self.act(&mut stream, Step::SecondEhlo, offer).await?;
                }
                "EHLO" => {
                    greeted = true;
                    self.act(&mut stream, Step::Ehlo, offer).await?;
                }
                "STARTTLS" => {
                    self.act(&mut stream, Step::StartTls, "220 go ahead").await?;
                    return Some(stream.into_inner());
                }
                "AUTH" => self.act(&mut stream, Step::Auth, "235 welcome").await?,
                "MAIL" => self.act(&mut stream, Step::Mail, "250 ok").await?,
                "RCPT" => self.act(&mut stream, Step::Rcpt, "250 ok").await?,
                "DATA" if !matches!(self.script.get(&Step::Data), Some(Play::Say(_))) => {
                    self.act(&mut stream, Step::Data, "354 go on").await?;
                    self.act(&mut stream, Step::Body, "").await?;
                    self.take_mail(&mut stream).await?;
                    self.act(&mut stream, Step::Dot, "250 2.0.0 queued as 4711").await?;
                }
                "DATA" => self.act(&mut stream, Step::Data, "").await?,
                "QUIT" => {
                    self.act(&mut stream, Step::Quit, "221 bye").await?;
                    return None;
                }
                _ => self.act(&mut stream, Step::Quit, "500 what").await?,
            }
        }
    }

    /// Does what the script says at a step, else answers `usual` (nothing if that is empty).
    async fn act<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: &mut BufReader<S>,
        step: Step,
        usual: &str,
    ) -> Option<()> {
        let play = self.script.get(&step).cloned();
        let text = match &play {
            None => usual,
            Some(Play::Say(text)) => text,
            Some(Play::Refuse(command, text)) => {
                let last = self.heard.lock().unwrap().last().cloned();
                if last.as_deref() == Some(*command) { text } else { usual }
            }
            Some(Play::Pause(text)) => {
                self.paused.notified().await;
                text
            }
            Some(Play::Drip) => loop {
                stream.get_mut().write_all(b"2").await.ok()?;
                stream.get_mut().flush().await.ok()?;
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            },
            Some(Play::Silence) => {
                let mut rest = Vec::new();
                stream.read_to_end(&mut rest).await.ok()?;
                return None;
            }
            Some(Play::Deaf) => std::future::pending().await,
            Some(Play::Close) => return None,
        };
        if !text.is_empty() {
            stream.get_mut().write_all(format!("{text}\r\n").as_bytes()).await.ok()?;
            stream.get_mut().flush().await.ok()?;
        }
        Some(())
    }

    async fn take_mail<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: &mut BufReader<S>) -> Option<()> {
        let mut mail = Vec::new();
        loop {
            let mut line = Vec::new();
            if stream.read_until(b'\n', &mut line).await.ok()? == 0 {
                return None;
            }
            if line == b".\r\n" {
                self.mails.lock().unwrap().push(mail);
                return Some(());
            }
            mail.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
        }
    }
}
