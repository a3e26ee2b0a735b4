//! An IMAP server in memory that misbehaves on demand.
//!
//! It speaks enough IMAP4rev1 with CONDSTORE, QRESYNC, IDLE, SPECIAL-USE for a whole mailbox to
//! be read from it, and keeps every command, so that a test can say what was never sent. The
//! misbehaviours are those seen in the field. Sign in as anybody with the password `secret` or
//! the token `token`.

#![allow(dead_code)] // Each test file uses its part.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

/// Something a server should not do. Stays until [`Scripted::behave`], unless it says "once".
#[derive(Clone, Debug, PartialEq)]
pub enum Misbehaviour {
    /// A command that begins so (case ignored) is answered with this tagged status and text.
    Answer(&'static str, &'static str),
    /// Bodies: after so many mails of a FETCH, this tagged text instead of the rest.
    FetchEnds { after: usize, with: &'static str },
    /// Once: a FETCH of bodies is cut after so many octets and the connection closed.
    CutFetch(usize),
    /// Once: the connection is closed cleanly between two answers of a FETCH, after so many mails.
    CloseInFetch { after: usize },
    /// The connection is closed, without a word, instead of answering a command that begins so.
    CloseOn(&'static str),
    /// A command that begins so gets no answer.
    Silence(&'static str),
    /// UIDNEXT as claimed; `None`: left out of EXAMINE. `status`: in STATUS as well.
    UidNext { claim: Option<u32>, status: bool },
    /// LIST names nothing.
    EmptyList,
    /// `INTERNALDATE NIL`.
    NoDate,
    /// This line stands between answers.
    Between(&'static str),
    /// Every line begins with a NUL.
    LeadingNul,
    /// Blank lines between answers.
    BlankLines,
    /// Lines end in LF alone.
    BareNewlines,
    /// Two spaces in CAPABILITY.
    DoubleSpaces,
    /// `* NO [ALERT]` before the OK of EXAMINE.
    Alert,
    /// The body of this UID is announced with so many octets (and sent, as zeros). RFC822.SIZE
    /// stays small.
    Huge { uid: u32, octets: u64 },
    /// Answers about other mails stand between those asked for, with and without UID.
    Foreign,
    /// This UID is left out of every FETCH.
    Withhold(u32),
    /// This UID is left out of every FETCH of bodies.
    WithholdBody(u32),
    /// The connection is closed in the middle of this UID's body.
    Poison(u32),
    /// IDLE ends with the connection as soon as it begins.
    CloseInIdle,
    /// IDLE never signals anything.
    DeafIdle,
    /// The mail arrives between the last command and IDLE: it is announced before the `+`.
    AnnounceBeforeIdle,
    /// Partial fetches are answered with the whole mail.
    NoPartial,
    /// `* BYE` with this text instead of a greeting.
    ByeAtGreeting(&'static str),
}

/// A mail in a folder.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Its UID.
    pub uid: u32,
    /// Its flags, space-separated.
    pub flags: String,
    /// Its MODSEQ.
    pub modseq: u64,
    /// Its INTERNALDATE.
    pub internal: String,
    /// Its octets.
    pub bytes: Vec<u8>,
}

/// A folder.
#[derive(Clone, Debug, Default)]
pub struct Folder {
    /// LIST attributes.
    pub attributes: String,
    /// UIDVALIDITY.
    pub validity: u32,
    /// The next UID.
    pub next: u32,
    /// HIGHESTMODSEQ.
    pub modseq: u64,
    /// What lies in it, by UID.
    pub mails: Vec<Stored>,
    /// UIDs that went, with their MODSEQ.
    pub gone: Vec<(u32, u64)>,
}

struct State {
    folders: BTreeMap<String, Folder>,
    misbehaviours: Vec<Misbehaviour>,
    commands: Vec<String>,
    capabilities: String,
}

struct Shared {
    state: Mutex<State>,
    changed: watch::Sender<u64>,
    tls: Option<TlsAcceptor>,
    starttls: bool,
}

/// The running server; ends when dropped.
pub struct Scripted {
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
    shared: Arc<Shared>,
    task: tokio::task::JoinHandle<()>,
}

/// What a usual server offers; without CONDSTORE, the main path.
pub const USUAL: &str = "IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=XOAUTH2 ID ENABLE IDLE SPECIAL-USE LIST-EXTENDED UIDPLUS";
/// Everything this server can do.
pub const FULL: &str =
    "IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=XOAUTH2 ID ENABLE IDLE SPECIAL-USE LIST-EXTENDED UIDPLUS CONDSTORE QRESYNC MOVE";
/// Exchange Online's line.
pub const EXCHANGE: &str = "IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS MOVE ID UNSELECT CLIENTACCESSRULES CLIENTNETWORKPRESENCELOCATION BACKENDAUTHENTICATE CHILDREN IDLE NAMESPACE LITERAL+";
/// Gmail's line.
pub const GMAIL: &str = "IMAP4rev1 UNSELECT IDLE NAMESPACE QUOTA ID XLIST CHILDREN X-GM-EXT-1 UIDPLUS COMPRESS=DEFLATE ENABLE MOVE CONDSTORE ESEARCH UTF8=ACCEPT LIST-EXTENDED LIST-STATUS LITERAL- SPECIAL-USE APPENDLIMIT=35651584 AUTH=PLAIN AUTH=XOAUTH2";
/// A server without any extension, IDLE included.
pub const BARE: &str = "IMAP4rev1";

const INTERNAL: &str = "17-Nov-2026 02:44:25 +0000";

impl Scripted {
    /// A server with `mails` in INBOX and an empty folder Sent.
    pub async fn start(mails: Vec<Vec<u8>>) -> Scripted {
        Scripted::launch(mails, None, false).await
    }

    /// The same behind TLS, or with STARTTLS.
    pub async fn start_tls(mails: Vec<Vec<u8>>, config: rustls::ServerConfig, starttls: bool) -> Scripted {
        Scripted::launch(mails, Some(TlsAcceptor::from(Arc::new(config))), starttls).await
    }

    async fn launch(mails: Vec<Vec<u8>>, tls: Option<TlsAcceptor>, starttls: bool) -> Scripted {
        let folder = |attributes: &str| Folder {
            attributes: attributes.into(),
            validity: 7,
            next: 1,
            modseq: 1,
            ..Folder::default()
        };
        let folders =
            [("INBOX".to_owned(), folder("\\HasNoChildren")), ("Sent".to_owned(), folder("\\HasNoChildren \\Sent"))];
        let state = State {
            folders: folders.into(),
            misbehaviours: Vec::new(),
            commands: Vec::new(),
            capabilities: USUAL.to_owned(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: watch::Sender::new(0), tls, starttls });
        let accepting = Arc::clone(&shared);
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((tcp, _)) = listener.accept().await {
                tcp.set_nodelay(true).unwrap();
                connections.spawn(welcome(Arc::clone(&accepting), tcp));
            }
        });
        let server = Scripted { port, shared, task };
        for bytes in mails {
            server.append("INBOX", bytes);
        }
        server
    }

    /// From now on.
    pub fn misbehave(&self, misbehaviour: Misbehaviour) {
        self.shared.state().misbehaviours.push(misbehaviour);
    }

    /// Ends all misbehaviour.
    pub fn behave(&self) {
        self.shared.state().misbehaviours.clear();
    }

    /// Offers these capabilities from now on.
    pub fn offer(&self, capabilities: &str) {
        self.shared.state().capabilities = capabilities.to_owned();
    }

    /// A new mail, announced to who idles; gives its UID.
    pub fn append(&self, folder: &str, bytes: Vec<u8>) -> u32 {
        self.append_dated(folder, bytes, INTERNAL)
    }

    /// A new mail with its INTERNALDATE.
    pub fn append_dated(&self, folder: &str, bytes: Vec<u8>, internal: &str) -> u32 {
        let uid = self.with_folder(folder, |folder| {
            let uid = folder.next;
            folder.next += 1;
            folder.modseq += 1;
            let (flags, internal, modseq) = (String::new(), internal.to_owned(), folder.modseq);
            folder.mails.push(Stored { uid, flags, modseq, internal, bytes });
            uid
        });
        self.shared.changed.send_modify(|version| *version += 1);
        uid
    }

    /// A mail goes away.
    pub fn expunge(&self, folder: &str, uid: u32) {
        self.with_folder(folder, |folder| {
            folder.mails.retain(|mail| mail.uid != uid);
            folder.modseq += 1;
            folder.gone.push((uid, folder.modseq));
        });
        self.shared.changed.send_modify(|version| *version += 1);
    }

    /// Another UIDVALIDITY, and UIDs from 1 on.
    pub fn renumber(&self, folder: &str) {
        self.with_folder(folder, |folder| {
            folder.validity += 1;
            folder.mails.iter_mut().zip(1..).for_each(|(mail, uid)| mail.uid = uid);
            folder.next = folder.mails.len() as u32 + 1;
        });
    }

    /// Changes or makes a folder.
    pub fn with_folder<T>(&self, name: &str, change: impl FnOnce(&mut Folder) -> T) -> T {
        let mut state = self.shared.state();
        let fresh = || Folder { validity: 7, next: 1, modseq: 1, ..Folder::default() };
        change(state.folders.entry(name.to_owned()).or_insert_with(fresh))
    }

    /// Every command so far, without tags; answers to challenges stand by themselves.
    pub fn commands(&self) -> Vec<String> {
        self.shared.state().commands.clone()
    }

    /// Commands that would change something at the server (P7): none must ever be there.
    pub fn writing_commands(&self) -> Vec<String> {
        let writing = |command: &String| {
            let upper = command.to_ascii_uppercase();
            let verb = upper.strip_prefix("UID ").unwrap_or(&upper).split(' ').next().unwrap_or_default().to_owned();
            let verbs = [
                "SELECT",
                "STORE",
                "APPEND",
                "COPY",
                "MOVE",
                "EXPUNGE",
                "CLOSE",
                "CREATE",
                "DELETE",
                "RENAME",
                "SUBSCRIBE",
            ];
            let body = upper.replace("BODY.PEEK[", "");
            verbs.contains(&verb.as_str())
                || (verb == "FETCH" && (body.contains("BODY[") || body.contains("RFC822 ") || body.contains("RFC822)")))
        };
        self.commands().into_iter().filter(writing).collect()
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn does(&self, misbehaviour: &Misbehaviour) -> bool {
        self.state().misbehaviours.contains(misbehaviour)
    }

    fn find<T>(&self, pick: impl Fn(&Misbehaviour) -> Option<T>) -> Option<T> {
        self.state().misbehaviours.iter().find_map(pick)
    }

    /// Takes a misbehaviour that happens once.
    fn once<T>(&self, pick: impl Fn(&Misbehaviour) -> Option<T>) -> Option<T> {
        let mut state = self.state();
        let at = state.misbehaviours.iter().position(|m| pick(m).is_some())?;
        pick(&state.misbehaviours.remove(at))
    }
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// One connection.
struct Connection {
    shared: Arc<Shared>,
    stream: BufReader<Box<dyn Stream>>,
    folder: Option<String>,
    /// UIDs that the client was told of, by sequence number.
    told: Vec<u32>,
    qresync: bool,
    condstore: bool,
    /// Octets after which the connection is cut.
    cut: Option<usize>,
}

/// The connection is to be closed.
struct Close;
type Outcome<T = ()> = Result<T, Close>;

impl From<std::io::Error> for Close {
    fn from(_: std::io::Error) -> Close {
        Close
    }
}

async fn welcome(shared: Arc<Shared>, tcp: TcpStream) {
    let stream: Box<dyn Stream> = match &shared.tls {
        Some(acceptor) if !shared.starttls => match acceptor.accept(tcp).await {
            Ok(stream) => Box::new(stream),
            Err(_) => return,
        },
        Some(acceptor) => {
            let mut plain = Connection::over(&shared, Box::new(tcp));
            if plain.serve().await.is_ok() {
                match acceptor.accept(plain.stream.into_inner()).await {
                    Ok(stream) => Box::new(stream),
                    Err(_) => return,
                }
            } else {
                return;
            }
        }
        None => Box::new(tcp),
    };
    let mut connection = Connection::over(&shared, stream);
    let _ = if shared.starttls { connection.commands(true).await } else { connection.serve().await };
    let _ = connection.stream.get_mut().shutdown().await;
}

impl Connection {
    fn over(shared: &Arc<Shared>, stream: Box<dyn Stream>) -> Connection {
        let shared = Arc::clone(shared);
        Connection {
            shared,
            stream: BufReader::new(stream),
            folder: None,
            told: Vec::new(),
            qresync: false,
            condstore: false,
            cut: None,
        }
    }

    /// Greets and serves; `Ok` when STARTTLS was asked for and granted.
    async fn serve(&mut self) -> Outcome {
        if let Some(text) =
            self.shared.find(|m| if let Misbehaviour::ByeAtGreeting(text) = m { Some(*text) } else { None })
        {
            self.say(&format!("* BYE {text}")).await?;
            return Err(Close);
        }
        self.say("* OK ready").await?;
        self.commands(false).await
    }

    async fn commands(&mut self, protected: bool) -> Outcome {
        loop {
            let line = self.line().await?;
            let Some((tag, command)) = line.split_once(' ') else { return Err(Close) };
            let upper = command.to_ascii_uppercase();
            let silent =
                |m: &Misbehaviour| matches!(m, Misbehaviour::Silence(start) if upper.starts_with(start)).then_some(());
            if self.shared.find(silent).is_some() {
                continue;
            }
            let closing =
                |m: &Misbehaviour| matches!(m, Misbehaviour::CloseOn(start) if upper.starts_with(start)).then_some(());
            if self.shared.find(closing).is_some() {
                return Err(Close);
            }
            let answer = |m: &Misbehaviour| match m {
                Misbehaviour::Answer(start, text) if upper.starts_with(start) => Some(*text),
                _ => None,
            };
            if let Some(text) = self.shared.find(answer) {
                self.say(&format!("{tag} {text}")).await?;
                continue;
            }
            if upper == "STARTTLS" && self.shared.starttls && !protected {
                self.say(&format!("{tag} OK go on")).await?;
                return Ok(());
            }
            self.obey(tag, command, &upper, protected).await?;
        }
    }

    async fn obey(&mut self, tag: &str, command: &str, upper: &str, protected: bool) -> Outcome {
        match upper.split(' ').next().unwrap_or_default() {
            "CAPABILITY" => {
                let mut words = self.shared.state().capabilities.clone();
                if self.shared.starttls && !protected {
                    words.push_str(" STARTTLS LOGINDISABLED");
                }
                if self.shared.does(&Misbehaviour::DoubleSpaces) {
                    words = words.replace(' ', "  ");
                }
                self.say(&format!("* CAPABILITY {words}")).await?;
            }
            "LOGIN" if !command.ends_with("\"secret\"") => {
                return self.say(&format!("{tag} NO [AUTHENTICATIONFAILED] Invalid credentials")).await;
            }
            "AUTHENTICATE" => return self.authenticate(tag, upper).await,
            "ID" => self.say("* ID (\"name\" \"scripted\")").await?,
            "ENABLE" => {
                self.condstore = true;
                self.qresync |= upper.contains("QRESYNC");
                self.say(&format!("* ENABLED {}", upper.trim_start_matches("ENABLE "))).await?;
            }
            "LIST" => self.list().await?,
            "STATUS" => self.status(command).await?,
            "EXAMINE" | "SELECT" => return self.examine(tag, command).await,
            "IDLE" => return self.idle(tag).await,
            "LOGOUT" => {
                self.say("* BYE see you").await?;
                self.say(&format!("{tag} OK done")).await?;
                return Err(Close);
            }
            "NOOP" => self.tell_changes().await?,
            "UID" if self.folder.is_none() => return self.say(&format!("{tag} BAD no folder is open")).await,
            "UID" if upper.starts_with("UID FETCH ") => {
                let rest = command.get("UID FETCH ".len()..).unwrap_or_default().to_owned();
                if let Some(text) = self.fetch(&rest).await? {
                    return self.say(&format!("{tag} {text}")).await;
                }
                self.tell_changes().await?;
            }
            "UID" if upper.starts_with("UID SEARCH ") => self.search(upper).await?,
            "LOGIN" => {}
            _ => return self.say(&format!("{tag} BAD unknown command")).await,
        }
        self.say(&format!("{tag} OK done")).await
    }

    async fn line(&mut self) -> Outcome<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line).await? == 0 {
            return Err(Close);
        }
        let line = line.trim_end_matches(['\r', '\n']).to_owned();
        let kept = match line.split_once(' ') {
            Some((_, command)) => command.to_owned(),
            None => line.clone(),
        };
        self.shared.state().commands.push(kept);
        Ok(line)
    }

    async fn say(&mut self, line: &str) -> Outcome {
        self.send(format!("{line}\r\n").into_bytes()).await
    }

    /// Sends one answer, disfigured as asked for.
    async fn send(&mut self, mut answer: Vec<u8>) -> Outcome {
        let between = |m: &Misbehaviour| if let Misbehaviour::Between(line) = m { Some(*line) } else { None };
        let untagged = answer.starts_with(b"* ");
        if let Some(line) = self.shared.find(between).filter(|_| untagged) {
            answer = [line.as_bytes(), b"\r\n", &answer].concat();
        }
        if self.shared.does(&Misbehaviour::LeadingNul) {
            answer.insert(0, 0);
        }
        if self.shared.does(&Misbehaviour::BlankLines) {
            answer = [b"\r\n", answer.as_slice(), b"\r\n\r\n"].concat();
        }
        if self.shared.does(&Misbehaviour::BareNewlines) && !answer.contains(&b'{') {
            answer = String::from_utf8(answer).unwrap().replace("\r\n", "\n").into_bytes();
        }
        if let Some(left) = self.cut {
            answer.truncate(left);
            self.cut = Some(left - answer.len());
        }
        self.stream.write_all(&answer).await?;
        self.stream.flush().await?;
        if self.cut == Some(0) { Err(Close) } else { Ok(()) }
    }

    async fn authenticate(&mut self, tag: &str, upper: &str) -> Outcome {
        self.say("+ ").await?;
        let answer = self.line().await?;
        let plain = STANDARD.decode(answer.trim()).unwrap_or_default();
        let plain = String::from_utf8_lossy(&plain).into_owned();
        let granted = match upper {
            "AUTHENTICATE PLAIN" => plain.ends_with("\0secret"),
            _ => plain.ends_with("auth=Bearer token\x01\x01"),
        };
        if granted {
            return self.say(&format!("{tag} OK signed in")).await;
        }
        if upper.ends_with("XOAUTH2") {
            let why = STANDARD.encode(r#"{"status":"401","schemes":"bearer","scope":"https://mail.example/"}"#);
            self.say(&format!("+ {why}")).await?;
            // Only an empty answer is right; anything else would be taken for a command.
            if !self.line().await?.is_empty() {
                return Err(Close);
            }
            return self.say(&format!("{tag} NO AUTHENTICATE failed.")).await;
        }
        self.say(&format!("{tag} NO [AUTHENTICATIONFAILED] Invalid credentials")).await
    }

    async fn list(&mut self) -> Outcome {
        if self.shared.does(&Misbehaviour::EmptyList) {
            return Ok(());
        }
        let special = self.shared.state().capabilities.contains("SPECIAL-USE");
        let rows: Vec<(String, String)> = self
            .shared
            .state()
            .folders
            .iter()
            .map(|(name, folder)| (name.clone(), folder.attributes.clone()))
            .collect();
        for (name, attributes) in rows {
            let attributes = if special { attributes } else { "\\HasNoChildren".to_owned() };
            self.say(&format!("* LIST ({attributes}) \"/\" {}", quoted(&name))).await?;
        }
        Ok(())
    }

    fn claim(&self, status: bool) -> Option<Option<u32>> {
        self.shared.find(|m| match m {
            Misbehaviour::UidNext { claim, status: too } if !status || *too => Some(*claim),
            _ => None,
        })
    }

    async fn status(&mut self, command: &str) -> Outcome {
        let name = name_in(command);
        let Some(folder) = self.shared.state().folders.get(&name).cloned() else { return Ok(()) };
        let next = match self.claim(true) {
            Some(None) => String::new(),
            Some(Some(claim)) => format!(" UIDNEXT {claim}"),
            None => format!(" UIDNEXT {}", folder.next),
        };
        let modseq =
            if command.contains("HIGHESTMODSEQ") { format!(" HIGHESTMODSEQ {}", folder.modseq) } else { String::new() };
        let (count, validity) = (folder.mails.len(), folder.validity);
        self.say(&format!("* STATUS {} (MESSAGES {count}{next} UIDVALIDITY {validity}{modseq})", quoted(&name))).await
    }

    async fn examine(&mut self, tag: &str, command: &str) -> Outcome {
        let name = name_in(command);
        let Some(folder) = self.shared.state().folders.get(&name).cloned() else {
            self.folder = None;
            return self.say(&format!("{tag} NO [NONEXISTENT] no such folder")).await;
        };
        self.folder = Some(name);
        self.told = folder.mails.iter().map(|mail| mail.uid).collect();
        self.say("* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)").await?;
        self.say(&format!("* {} EXISTS", folder.mails.len())).await?;
        self.say("* 0 RECENT").await?;
        self.say(&format!("* OK [UIDVALIDITY {}] UIDs valid", folder.validity)).await?;
        match self.claim(false) {
            Some(None) => {}
            Some(Some(claim)) => self.say(&format!("* OK [UIDNEXT {claim}] predicted")).await?,
            None => self.say(&format!("* OK [UIDNEXT {}] predicted", folder.next)).await?,
        }
        if self.condstore || command.contains("CONDSTORE") {
            self.say(&format!("* OK [HIGHESTMODSEQ {}] highest", folder.modseq)).await?;
        }
        if self.shared.does(&Misbehaviour::Alert) {
            self.say("* NO [ALERT] Mailbox is at 98% of quota").await?;
        }
        self.say(&format!("{tag} OK [READ-ONLY] opened")).await
    }

    /// Tells of mails that went and came since the client was last told.
    async fn tell_changes(&mut self) -> Outcome {
        let Some(name) = self.folder.clone() else { return Ok(()) };
        let now: Vec<u32> = match self.shared.state().folders.get(&name) {
            Some(folder) => folder.mails.iter().map(|mail| mail.uid).collect(),
            None => return Ok(()),
        };
        let gone: Vec<usize> = (0..self.told.len()).filter(|at| !now.contains(&self.told[*at])).rev().collect();
        for at in gone {
            let uid = self.told.remove(at);
            let line = if self.qresync { format!("* VANISHED {uid}") } else { format!("* {} EXPUNGE", at + 1) };
            self.say(&line).await?;
        }
        if now.len() > self.told.len() {
            self.told = now;
            self.say(&format!("* {} EXISTS", self.told.len())).await?;
        }
        Ok(())
    }

    async fn idle(&mut self, tag: &str) -> Outcome {
        let mut changed = self.shared.changed.subscribe();
        if self.shared.does(&Misbehaviour::AnnounceBeforeIdle) {
            self.tell_changes().await?;
        }
        self.say("+ idling").await?;
        if self.shared.does(&Misbehaviour::CloseInIdle) {
            return Err(Close);
        }
        self.tell_changes().await?;
        loop {
            let mut line = String::new();
            let woke = tokio::select! {
                read = self.stream.read_line(&mut line) => { read?; false }
                _ = changed.changed() => true,
            };
            if woke {
                if !self.shared.does(&Misbehaviour::DeafIdle) {
                    self.tell_changes().await?;
                }
                continue;
            }
            self.shared.state().commands.push(line.trim_end().to_owned());
            return match line.trim_end() {
                "DONE" => self.say(&format!("{tag} OK idled")).await,
                _ => Err(Close),
            };
        }
    }

    /// The answers to a FETCH; `Some`: the tagged text that ends it.
    async fn fetch(&mut self, rest: &str) -> Outcome<Option<&'static str>> {
        let (set, items) = rest.split_once(' ').ok_or(Close)?;
        let folder = self.open_folder()?;
        let since: Option<u64> = items
            .split("CHANGEDSINCE ")
            .nth(1)
            .map(|n| n.split([' ', ')']).next().unwrap_or_default().parse().unwrap());
        if let Some(since) = since.filter(|_| items.contains("VANISHED")) {
            let gone: Vec<String> =
                folder.gone.iter().filter(|(_, modseq)| *modseq > since).map(|(uid, _)| uid.to_string()).collect();
            if !gone.is_empty() {
                self.say(&format!("* VANISHED (EARLIER) {}", gone.join(","))).await?;
            }
        }
        let bodies = items.contains("BODY.PEEK[");
        if bodies {
            self.cut = self.shared.once(|m| if let Misbehaviour::CutFetch(octets) = m { Some(*octets) } else { None });
        }
        let close_after =
            |m: &Misbehaviour| if let Misbehaviour::CloseInFetch { after } = m { Some(*after) } else { None };
        let close = if bodies { self.shared.once(close_after) } else { None };
        let ends = self.shared.find(|m| match m {
            Misbehaviour::FetchEnds { after, with } if bodies => Some((*after, *with)),
            _ => None,
        });
        let ranges = ranges(set, folder.mails.last().map_or(0, |mail| mail.uid));
        let shared = Arc::clone(&self.shared);
        let wanted = folder.mails.iter().zip(1usize..).filter(|(mail, _)| {
            ranges.iter().any(|range| range.contains(&mail.uid))
                && since.is_none_or(|since| mail.modseq > since)
                && !shared.does(&Misbehaviour::Withhold(mail.uid))
                && !(bodies && shared.does(&Misbehaviour::WithholdBody(mail.uid)))
        });
        for (count, (mail, number)) in wanted.enumerate() {
            if close == Some(count) {
                return Err(Close);
            }
            if let Some((_, text)) = ends.filter(|(after, _)| *after == count) {
                return Ok(Some(text));
            }
            if self.shared.does(&Misbehaviour::Foreign) {
                self.say(&format!("* {number} FETCH (FLAGS (\\Seen))")).await?;
                self.say("* 1 FETCH (UID 999999 FLAGS (\\Seen) BODY[] \"not asked for\")").await?;
            }
            let mut answer = self.row(mail, number, items);
            if bodies && self.shared.does(&Misbehaviour::Poison(mail.uid)) {
                answer.truncate(answer.len() / 2);
                self.send(answer).await?;
                return Err(Close);
            }
            self.send(answer).await?;
        }
        Ok(None)
    }

    fn open_folder(&self) -> Outcome<Folder> {
        let name = self.folder.as_ref().ok_or(Close)?;
        self.shared.state().folders.get(name).cloned().ok_or(Close)
    }

    fn row(&self, mail: &Stored, number: usize, items: &str) -> Vec<u8> {
        let mut row = format!("* {number} FETCH (UID {}", mail.uid);
        if items.contains("FLAGS") {
            row += &format!(" FLAGS ({})", mail.flags);
        }
        if items.contains("INTERNALDATE") {
            row += &match self.shared.does(&Misbehaviour::NoDate) {
                true => " INTERNALDATE NIL".to_owned(),
                false => format!(" INTERNALDATE \"{}\"", mail.internal),
            };
        }
        if items.contains("RFC822.SIZE") {
            row += &format!(" RFC822.SIZE {}", mail.bytes.len());
        }
        if items.contains("MODSEQ") || items.contains("CHANGEDSINCE") {
            row += &format!(" MODSEQ ({})", mail.modseq);
        }
        let mut row = row.into_bytes();
        if let Some((label, bytes)) = self.section(mail, items) {
            row.extend_from_slice(format!(" {label} {{{}}}\r\n", bytes.len()).as_bytes());
            row.extend_from_slice(&bytes);
        }
        row.extend_from_slice(b")\r\n");
        row
    }

    /// What was asked for of a body, and how it is labelled.
    fn section(&self, mail: &Stored, items: &str) -> Option<(String, Vec<u8>)> {
        let (_, asked) = items.split_once("BODY.PEEK[")?;
        let (section, after) = asked.split_once(']')?;
        let huge = self.shared.find(|m| match m {
            Misbehaviour::Huge { uid, octets } if *uid == mail.uid => Some(*octets),
            _ => None,
        });
        if let Some(octets) = huge {
            return Some(("BODY[]".into(), vec![0; octets as usize]));
        }
        let end = mail.bytes.windows(4).position(|four| four == b"\r\n\r\n").map_or(mail.bytes.len(), |at| at + 4);
        match section {
            "" => {}
            "HEADER" => return Some(("BODY[HEADER]".into(), mail.bytes[..end].to_vec())),
            fields => {
                let header = String::from_utf8_lossy(&mail.bytes[..end]).into_owned();
                let kept = header.split_inclusive("\r\n").filter(|line| {
                    ["message-id:", "date:", "from:"].iter().any(|name| line.to_ascii_lowercase().starts_with(name))
                });
                return Some((format!("BODY[{fields}]"), (kept.collect::<String>() + "\r\n").into_bytes()));
            }
        }
        let partial =
            after.strip_prefix('<').and_then(|rest| rest.split_once('>')).and_then(|(part, _)| part.split_once('.'));
        match partial.filter(|_| !self.shared.does(&Misbehaviour::NoPartial)) {
            Some((offset, size)) => {
                let offset: usize = offset.parse().unwrap();
                let part = mail.bytes.iter().copied().skip(offset).take(size.parse().unwrap()).collect();
                Some((format!("BODY[]<{offset}>"), part))
            }
            None => Some(("BODY[]".into(), mail.bytes.clone())),
        }
    }

    async fn search(&mut self, upper: &str) -> Outcome {
        let folder = self.open_folder()?;
        let words: Vec<&str> = upper.split(' ').collect();
        let numbers = ranges(words[2], folder.mails.len() as u32);
        let since = chrono::NaiveDate::parse_from_str(words[4], "%d-%b-%Y").unwrap();
        let mut line = "* SEARCH".to_owned();
        for (mail, number) in folder.mails.iter().zip(1u32..) {
            let day = chrono::DateTime::parse_from_str(&mail.internal, "%d-%b-%Y %H:%M:%S %z").unwrap().date_naive();
            if day >= since && numbers.iter().any(|range| range.contains(&number)) {
                line += &format!(" {}", mail.uid);
            }
        }
        self.say(&line).await
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The quoted name after a verb.
fn name_in(command: &str) -> String {
    let start = command.find('"').map_or(command.len(), |at| at + 1);
    let mut name = String::new();
    let mut letters = command[start..].chars();
    while let Some(letter) = letters.next().filter(|letter| *letter != '"') {
        name.push(if letter == '\\' { letters.next().unwrap() } else { letter });
    }
    if name.eq_ignore_ascii_case("INBOX") { "INBOX".to_owned() } else { name }
}

/// A sequence set, where `*` is `last`.
fn ranges(set: &str, last: u32) -> Vec<RangeInclusive<u32>> {
    let number = |text: &str| if text == "*" { last } else { text.parse().unwrap() };
    set.split(',')
        .map(|part| match part.split_once(':') {
            Some((from, to)) => {
                let (from, to) = (number(from), number(to));
                from.min(to)..=from.max(to)
            }
            None => number(part)..=number(part),
        })
        .collect()
}
