//! The test's own side of a conversation with a mail server: blocking, plain, as little as will
//! do. Apart from the program's code, so that a fault there cannot hide itself.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::PATIENT;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};

/// A connection on which lines are exchanged.
pub struct Lines(BufReader<TcpStream>);

impl Lines {
    /// Connects on loopback.
    pub fn connect(port: u16) -> Lines {
        Lines::over(TcpStream::connect(("127.0.0.1", port)).unwrap_or_else(|e| panic!("connecting to {port}: {e}")))
    }

    /// Connects on loopback from another of its addresses, as if from another machine.
    pub fn connect_from(source: Ipv4Addr, port: u16) -> Lines {
        // The standard library binds no client; on a thread, so that it works inside a runtime too.
        let connected = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let socket = tokio::net::TcpSocket::new_v4().unwrap();
                socket.bind((source, 0).into()).unwrap();
                let stream = socket.connect((Ipv4Addr::LOCALHOST, port).into()).await;
                stream.unwrap_or_else(|e| panic!("connecting to {port} from {source}: {e}")).into_std().unwrap()
            })
        });
        let stream = connected.join().unwrap();
        stream.set_nonblocking(false).unwrap();
        Lines::over(stream)
    }

    fn over(stream: TcpStream) -> Lines {
        stream.set_read_timeout(Some(PATIENT)).unwrap();
        stream.set_write_timeout(Some(PATIENT)).unwrap();
        stream.set_nodelay(true).unwrap();
        Lines(BufReader::new(stream))
    }

    /// The next line without its end.
    pub fn read(&mut self) -> String {
        let mut line = Vec::new();
        self.0.read_until(b'\n', &mut line).expect("the server answers in time");
        assert!(line.ends_with(b"\n"), "the server closed the connection after {:?}", String::from_utf8_lossy(&line));
        String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned()
    }

    /// Exactly so many bytes.
    pub fn read_exact(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        self.0.read_exact(&mut bytes).expect("the server sends the whole literal");
        bytes
    }

    /// Bytes as they are.
    pub fn write(&mut self, bytes: &[u8]) {
        self.0.get_mut().write_all(bytes).expect("the server reads on");
    }

    /// An SMTP or LMTP reply: its code and its lines. The code is 0 if the server went silent.
    fn reply(&mut self) -> Reply {
        let mut text = Vec::new();
        loop {
            let line = self.read();
            let last = line.as_bytes().get(3) != Some(&b'-');
            text.push(line);
            if last {
                let code = text[0].get(..3).and_then(|c| c.parse().ok()).unwrap_or(0);
                return Reply { code, text: text.join("\n") };
            }
        }
    }

    /// Sends a command and reads its reply.
    pub fn ask(&mut self, command: &str) -> Reply {
        self.write(format!("{command}\r\n").as_bytes());
        self.reply()
    }

    /// Reads the greeting.
    pub fn greeting(&mut self) -> Reply {
        self.reply()
    }

    /// One mail after its envelope was taken: lines end in CRLF on the wire whatever `mail` has,
    /// and a leading dot is doubled (RFC 5321 4.5.2).
    pub fn data(&mut self, mail: &[u8]) -> Reply {
        let reply = self.ask("DATA");
        if reply.code != 354 {
            return reply;
        }
        let mut wire = Vec::with_capacity(mail.len() + mail.len() / 40 + 5);
        let mut lines = mail.split(|b| *b == b'\n').peekable();
        while let Some(line) = lines.next() {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if lines.peek().is_none() && line.is_empty() {
                break;
            }
            if line.starts_with(b".") {
                wire.push(b'.');
            }
            wire.extend_from_slice(line);
            wire.extend_from_slice(b"\r\n");
        }
        wire.extend_from_slice(b".\r\n");
        self.write(&wire);
        self.reply()
    }
}

/// What an SMTP or LMTP server said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// 250, 550 …
    pub code: u16,
    /// All its lines, codes included.
    pub text: String,
}

impl Reply {
    /// The reply if its code begins with 2, else the reply as an error.
    pub fn ok(self) -> Result<Reply, Reply> {
        if self.code / 100 == 2 { Ok(self) } else { Err(self) }
    }
}

/// Hands one mail over SMTP or LMTP (`hello` is `EHLO` or `LHLO`); the refusal if there was one.
/// `from` may be empty: the null sender. LMTP answers the data once per recipient, of which this
/// sends one.
pub fn hand_over(port: u16, hello: &str, from: &str, to: &[&str], mail: &[u8]) -> Result<Reply, Reply> {
    hand_over_on(Lines::connect(port), hello, from, to, mail)
}

/// As [`hand_over`] on a connection that was made.
pub fn hand_over_on(mut lines: Lines, hello: &str, from: &str, to: &[&str], mail: &[u8]) -> Result<Reply, Reply> {
    lines.greeting().ok()?;
    lines.ask(&format!("{hello} test.example")).ok()?;
    lines.ask(&format!("MAIL FROM:<{from}>")).ok()?;
    for to in to {
        lines.ask(&format!("RCPT TO:<{to}>")).ok()?;
    }
    let answer = lines.data(mail).ok()?;
    lines.write(b"QUIT\r\n");
    Ok(answer)
}

/// An IMAP session, signed in.
pub struct Imap {
    lines: Lines,
    count: u32,
}

/// One untagged response: its text, in which a literal stands as `{n}`, and its literals.
#[derive(Clone, Debug)]
pub struct Response {
    /// `* 3 FETCH (UID 7 BODY[] {120})`
    pub text: String,
    /// The literals' bytes, in order.
    pub literals: Vec<Vec<u8>>,
}

impl Imap {
    /// Connects in the clear and signs in.
    pub fn sign_in(port: u16, user: &str, password: &str) -> Imap {
        let mut imap = Imap { lines: Lines::connect(port), count: 0 };
        let greeting = imap.lines.read();
        assert!(greeting.starts_with("* OK"), "the IMAP server greets with {greeting}");
        imap.command(&format!("LOGIN {} {}", quoted(user), quoted(password)));
        imap
    }

    /// Runs a command; its untagged responses. Fails the test unless the answer is OK.
    #[track_caller]
    pub fn command(&mut self, command: &str) -> Vec<Response> {
        let (answer, responses) = self.run(command.as_bytes());
        assert!(answer.starts_with("OK"), "{command} was answered {answer}");
        responses
    }

    /// Runs a command given in bytes (literals as `{n+}`), and gives its tagged answer too.
    pub fn run(&mut self, command: &[u8]) -> (String, Vec<Response>) {
        self.count += 1;
        let tag = format!("T{} ", self.count);
        self.lines.write(&[tag.as_bytes(), command, b"\r\n"].concat());
        let mut responses = Vec::new();
        loop {
            let response = self.response();
            match response.text.strip_prefix(&tag) {
                Some(answer) => return (answer.to_owned(), responses),
                None => responses.push(response),
            }
        }
    }

    /// Adds a mail to a folder as it is; its UID. `extra` stands before it: flags, date.
    #[track_caller]
    pub fn append(&mut self, folder: &str, extra: &str, mail: &[u8]) -> u32 {
        let head = format!("APPEND {} {extra}{{{}+}}\r\n", quoted(folder), mail.len());
        let (answer, _) = self.run(&[head.as_bytes(), mail].concat());
        let uid = answer.split("[APPENDUID ").nth(1).and_then(|rest| rest.split([' ', ']']).nth(1));
        uid.and_then(|uid| uid.parse().ok()).unwrap_or_else(|| panic!("APPEND to {folder} was answered {answer}"))
    }

    /// The next response with its literals.
    pub fn response(&mut self) -> Response {
        let mut response = Response { text: String::new(), literals: Vec::new() };
        loop {
            response.text += &self.lines.read();
            let count = response.text.strip_suffix('}').and_then(|t| t.rsplit('{').next()).and_then(|n| n.parse().ok());
            match count {
                Some(count) => response.literals.push(self.lines.read_exact(count)),
                None => return response,
            }
        }
    }
}

/// As an IMAP quoted string (RFC 3501 4.3).
pub fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
