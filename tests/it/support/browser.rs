//! The pages over HTTP, as a browser asks for them: sockets, a cookie, and streams that stay open.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::PATIENT;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

/// Somebody at a browser, signed in.
pub struct Browser {
    /// `127.0.0.1:8080`
    place: String,
    cookie: String,
}

/// What came back.
#[derive(Debug, PartialEq, Eq)]
pub struct Page {
    /// 200, 404 …
    pub status: u16,
    /// Header lines, without those that differ between any two answers (date, request id).
    pub head: Vec<String>,
    /// The body, without the request's id.
    pub text: String,
}

impl Page {
    /// Whether the page says `text`.
    pub fn says(&self, text: &str) -> bool {
        self.text.contains(text)
    }

    /// The value of an attribute where it first stands.
    #[track_caller]
    pub fn attribute(&self, name: &str) -> String {
        let (_, rest) = self.text.split_once(&format!("{name}=\"")).unwrap_or_else(|| panic!("no {name}: {self:?}"));
        rest.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&")
    }

    /// The value of a hidden field where it first stands.
    #[track_caller]
    pub fn value_of(&self, field: &str) -> String {
        let start = format!("name=\"{field}\" value=\"");
        let (_, rest) = self.text.split_once(&start).unwrap_or_else(|| panic!("no field {field}: {self:?}"));
        rest.split('"').next().unwrap().to_owned()
    }

    /// Where the answer sends the browser.
    #[track_caller]
    pub fn location(&self) -> String {
        let line = self.head.iter().find_map(|line| line.strip_prefix("location: "));
        line.unwrap_or_else(|| panic!("it sends nowhere: {self:?}")).to_owned()
    }
}

/// A page that is open and waits to be told that it changed.
pub struct Open(BufReader<TcpStream>);

impl Browser {
    /// Signs in by the form.
    #[track_caller]
    pub fn sign_in(url: &str, login: &str, password: &str) -> Browser {
        let place = url.trim_start_matches("http://").to_owned();
        let mut browser = Browser { place, cookie: String::new() };
        let form = format!("login={login}&password={password}&next=");
        let head = format!(
            "POST /login HTTP/1.0\r\nHost: {0}\r\nOrigin: http://{0}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {1}\r\n\r\n{form}",
            browser.place,
            form.len()
        );
        let answer = browser.ask(&head);
        let cookie = answer.head.iter().find_map(|line| line.strip_prefix("set-cookie: "));
        let cookie = cookie.unwrap_or_else(|| panic!("{login} cannot sign in: {answer:?}"));
        browser.cookie = cookie.split(';').next().unwrap().to_owned();
        browser
    }

    /// Asks for a page.
    pub fn get(&self, path: &str) -> Page {
        self.ask(&self.head(path))
    }

    /// Sends a form, as a page of ours does.
    pub fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        let escape = |text: &str| -> String {
            text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
        };
        let form: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", escape(value))).collect();
        let form = form.join("&");
        self.ask(&format!(
            "POST {path} HTTP/1.0\r\nHost: {place}\r\nOrigin: http://{place}\r\nCookie: {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
            self.cookie,
            form.len(),
            place = self.place,
        ))
    }

    /// Asks for a page that must be there.
    #[track_caller]
    pub fn read(&self, path: &str) -> Page {
        let page = self.get(path);
        assert_eq!(page.status, 200, "{path}: {page:?}");
        page
    }

    /// Opens a page and keeps it open, as its script does: asks to be told when it changes.
    #[track_caller]
    pub fn open(&self, path: &str) -> Open {
        let page = self.read(path);
        let escaped = |text: &str| text.replace('%', "%25").replace('&', "%26").replace('?', "%3F");
        let watched = escaped(&page.attribute("data-live"));
        self.watch(&format!("/live?page={watched}&seen={}", page.attribute("data-seen")))
            .unwrap_or_else(|status| panic!("watching {path} was answered {status}"))
    }

    /// Opens a stream; the status where there is none.
    pub fn watch(&self, path: &str) -> Result<Open, u16> {
        let mut stream = BufReader::new(self.send(&self.head(path)));
        let head = read_head(&mut stream);
        let status = status(&head);
        if status == 200 { Ok(Open(stream)) } else { Err(status) }
    }

    fn head(&self, path: &str) -> String {
        // HTTP/1.0: the answer comes as it is, not in chunks, and ends with the connection.
        format!("GET {path} HTTP/1.0\r\nHost: {}\r\nCookie: {}\r\n\r\n", self.place, self.cookie)
    }

    fn send(&self, request: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.place).expect("the pages are served");
        stream.set_read_timeout(Some(PATIENT)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        stream
    }

    fn ask(&self, request: &str) -> Page {
        let mut stream = BufReader::new(self.send(request));
        let head = read_head(&mut stream);
        let mut body = Vec::new();
        stream.read_to_end(&mut body).expect("the page comes to its end in time");
        let id = head.iter().find_map(|line| line.strip_prefix("x-request-id: ")).unwrap_or("no id").to_owned();
        let text = String::from_utf8_lossy(&body).replace(&id, "");
        let status = status(&head);
        let same = |line: &String| !line.starts_with("x-request-id: ") && !line.starts_with("date: ");
        Page { status, head: head.into_iter().filter(same).collect(), text }
    }
}

impl Open {
    /// Waits until the page is told that it changed.
    #[track_caller]
    pub fn told(&mut self) {
        loop {
            let mut line = String::new();
            let read = self.0.read_line(&mut line).expect("the page is told in time");
            assert!(read > 0, "the stream ended without a word");
            if line.trim_end() == "event: changed" {
                return;
            }
        }
    }

    /// Whether nothing was said so far but signs of life.
    pub fn is_quiet(&mut self) -> bool {
        self.0.get_ref().set_nonblocking(true).unwrap();
        let mut said = Vec::new();
        let ended = self.0.read_to_end(&mut said).is_ok();
        self.0.get_ref().set_nonblocking(false).unwrap();
        !ended && !String::from_utf8_lossy(&said).contains("event:")
    }
}

fn read_head(stream: &mut impl BufRead) -> Vec<String> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        let read = stream.read_line(&mut line).expect("an answer comes in time");
        assert!(read > 0, "the connection was closed in the head: {lines:?}");
        match line.trim_end() {
            "" => return lines,
            line => lines.push(line.to_owned()),
        }
    }
}

fn status(head: &[String]) -> u16 {
    head[0].split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or_else(|| panic!("{head:?}"))
}
