//! Made-up mail of a company: threads, strangers who answer, forwards, copies, late parents, the
//! same id twice, and mail that is hardly mail. The same seed gives the same mail.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

use super::firm::{CONTACTS, Names, contact};
use super::proxy::scrambled;

/// A mail and where it lies.
#[derive(Clone, Debug)]
pub struct Letter {
    /// Whose mailbox.
    pub mailbox: &'static str,
    /// `INBOX` or `Sent`.
    pub folder: &'static str,
    /// Milliseconds after the first.
    pub at: i64,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// Writes letters in the order in which they were written.
pub struct Writer<'a> {
    names: &'a Names,
    seed: u64,
    /// UTC milliseconds of the first.
    begins: i64,
    letters: Vec<Letter>,
    minute: i64,
}

/// Who writes what to whom; short names.
#[derive(Clone, Debug)]
struct Draft {
    from: String,
    to: Vec<String>,
    cc: Vec<String>,
    subject: String,
    id: String,
    references: Vec<String>,
    text: String,
    at: i64,
}

impl Draft {
    fn new(writer: &mut Writer<'_>, from: &str, to: &[&str], subject: &str) -> Draft {
        writer.minute += 7;
        let id = format!("m{}.{}@mail.example", writer.minute, writer.seed);
        Draft {
            from: from.into(),
            to: to.iter().map(|t| (*t).to_owned()).collect(),
            cc: Vec::new(),
            subject: subject.into(),
            text: format!("Good day,\r\n\r\nthis is mail {id} about {subject}.\r\n"),
            id,
            references: Vec::new(),
            at: writer.minute * 60_000,
        }
    }

    /// An answer to this mail.
    fn answer(&self, writer: &mut Writer<'_>, from: &str, to: &[&str]) -> Draft {
        let mut draft = Draft::new(writer, from, to, &format!("Re: {}", self.subject.trim_start_matches("Re: ")));
        draft.references = self.references.iter().chain([&self.id]).cloned().collect();
        draft
    }

    fn cc(mut self, names: &[&str]) -> Draft {
        self.cc = names.iter().map(|n| (*n).to_owned()).collect();
        self
    }

    fn header(&self, names: &Names, begins: i64) -> String {
        let list = |people: &[String]| people.iter().map(|n| names.address(n)).collect::<Vec<_>>().join(", ");
        let date = chrono::DateTime::from_timestamp_millis(begins + self.at).unwrap().to_rfc2822();
        let mut text = format!("From: {}\r\nTo: {}\r\n", names.address(&self.from), list(&self.to));
        if !self.cc.is_empty() {
            text += &format!("Cc: {}\r\n", list(&self.cc));
        }
        text += &format!("Subject: {}\r\nMessage-ID: <{}>\r\nDate: {date}\r\n", self.subject, self.id);
        if let Some(parent) = self.references.last() {
            let references: Vec<String> = self.references.iter().map(|id| format!("<{id}>")).collect();
            text += &format!("In-Reply-To: <{parent}>\r\nReferences: {}\r\n", references.join("\r\n "));
        }
        text + "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
    }

    fn bytes(&self, names: &Names, begins: i64) -> Vec<u8> {
        format!("{}\r\n{}", self.header(names, begins), self.text).into_bytes()
    }
}

const INBOX: &str = "INBOX";
const SENT: &str = "Sent";

/// At least `count` letters. `begins` is the moment of the first, in UTC milliseconds.
pub fn letters(names: &Names, seed: u64, begins: i64, count: usize) -> Vec<Letter> {
    let mut writer = Writer { names, seed, begins, letters: Vec::new(), minute: 0 };
    let mut round = 0;
    while writer.letters.len() < count {
        writer.conversation(round);
        round += 1;
    }
    writer.letters
}

impl Writer<'_> {
    fn put(&mut self, mailbox: &'static str, folder: &'static str, draft: &Draft) {
        let bytes = draft.bytes(self.names, self.begins);
        self.put_bytes(mailbox, folder, draft.at, bytes);
    }

    fn put_bytes(&mut self, mailbox: &'static str, folder: &'static str, at: i64, bytes: Vec<u8>) {
        self.letters.push(Letter { mailbox, folder, at, bytes });
    }

    /// One after another, every kind of conversation.
    fn conversation(&mut self, round: u64) {
        let n = scrambled(self.seed, round) as usize % CONTACTS;
        let client = contact(n);
        let topic = format!("matter {round}");
        match round % 16 {
            0 => self.thread(&client, &topic),
            1 => self.stranger_alone(round, &topic),
            2 => self.stranger_answers(&client, round, &topic),
            3 => self.forwarded(&client, &topic),
            4 => self.same_id_twice(&client, round, &topic),
            5 => self.late_parent(&client, &topic),
            6 => self.hardly_mail(round, &client),
            7 => self.copy_to_herself(&client, &topic),
            8 => self.through_a_gateway(&client, &topic),
            9 => self.stranger_begins(&client, round, &topic),
            10 => self.without_date_or_id(&client, round),
            11 => self.several_records(&topic),
            12 => self.missing_middle(&client, round, &topic),
            13 => self.in_blind_copy(&client, &topic),
            14 => self.stranger_is_answered(round, &topic),
            _ => self.thread(&contact(n + 1), &topic),
        }
    }

    /// A client asks, Anna answers with Piotr in copy, the client answers both.
    fn thread(&mut self, client: &str, topic: &str) {
        let question = Draft::new(self, client, &["anna"], topic);
        self.put("anna", INBOX, &question);
        let answer = question.answer(self, "anna", &[client]).cc(&["piotr"]);
        self.put("anna", SENT, &answer);
        self.put("piotr", INBOX, &answer);
        let thanks = answer.answer(self, client, &["anna"]).cc(&["piotr"]);
        self.put("anna", INBOX, &thanks);
        self.put("piotr", INBOX, &thanks);
        let colleague = thanks.answer(self, "piotr", &["anna"]);
        self.put("piotr", SENT, &colleague);
        self.put("anna", INBOX, &colleague);
    }

    fn stranger_alone(&mut self, round: u64, topic: &str) {
        let mail = Draft::new(self, &format!("s{round}@nowhere"), &["anna"], topic);
        self.put("anna", INBOX, &mail);
    }

    /// A stranger answers in a client's thread, and another stranger answers that.
    fn stranger_answers(&mut self, client: &str, round: u64, topic: &str) {
        let question = Draft::new(self, client, &["anna"], topic);
        self.put("anna", INBOX, &question);
        let forged = question.answer(self, &format!("s{round}@nowhere"), &["anna"]);
        self.put("anna", INBOX, &forged);
        let mut further = forged.answer(self, &format!("t{round}@elsewhere"), &["anna"]);
        further.references.drain(..1);
        self.put("anna", INBOX, &further);
        let ours = forged.answer(self, "anna", &[&format!("s{round}@nowhere")]);
        self.put("anna", SENT, &ours);
    }

    /// Anna forwards a client's mail to Kamil, whose own client is asked about it.
    fn forwarded(&mut self, client: &str, topic: &str) {
        let question = Draft::new(self, client, &["anna"], topic);
        self.put("anna", INBOX, &question);
        let mut forward = question.answer(self, "anna", &["kamil"]);
        forward.subject = format!("Fwd: {topic}");
        forward.text = format!("See below.\r\n\r\n---------- Forwarded message ---------\r\n{}", question.text);
        self.put("anna", SENT, &forward);
        self.put("kamil", INBOX, &forward);
        let other = contact(2);
        let on = forward.answer(self, "kamil", &[&other]);
        self.put("kamil", SENT, &on);
        let back = on.answer(self, &other, &["kamil"]);
        self.put("kamil", INBOX, &back);
    }

    /// Two messages with one id: a client's, and another client's or a stranger's.
    fn same_id_twice(&mut self, client: &str, round: u64, topic: &str) {
        let first = Draft::new(self, client, &["anna"], topic);
        let mut second = Draft::new(self, &contact(round as usize + 1), &["anna"], "quite another thing");
        second.id = first.id.clone();
        second.text = "Something else entirely: the invoice of March was paid twice, please look.\r\n".into();
        self.put("anna", INBOX, &first);
        self.put("anna", INBOX, &second);
        let answer = first.answer(self, "anna", &[client]);
        self.put("anna", SENT, &answer);
        let mut third = Draft::new(self, &format!("u{round}@nowhere"), &["piotr"], "stolen id");
        third.id = answer.id.clone();
        third.at = first.at - 60_000;
        self.put("piotr", INBOX, &third);
        let reply = answer.answer(self, client, &["anna"]);
        self.put("anna", INBOX, &reply);
    }

    /// The answer lies before what it answers.
    fn late_parent(&mut self, client: &str, topic: &str) {
        let question = Draft::new(self, client, &["anna"], topic);
        let answer = question.answer(self, "anna", &[client]);
        let more = answer.answer(self, &format!("colleague-of-{client}"), &["anna"]);
        self.put("anna", INBOX, &more);
        self.put("anna", SENT, &answer);
        self.put("anna", INBOX, &question);
    }

    fn hardly_mail(&mut self, round: u64, client: &str) {
        let at = Draft::new(self, client, &["anna"], "").at;
        let from = self.names.address(client);
        let mut bytes = match round / 16 % 4 {
            0 => format!(
                "From: {from}\r\nSubject: =?utf-8?B?broken\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n"
            )
            .into_bytes(),
            1 => b"\0\0\xff\xfe no header at all \0".to_vec(),
            2 => format!("From: {from}\r\nSubject: nul \0 in it {round}\r\nX: \x01\r\n\r\nbody\0body {round}\r\n")
                .into_bytes(),
            _ => format!("Subject: {}\r\n\r\n", "x".repeat(20_000)).into_bytes(),
        };
        bytes.extend_from_slice(format!("\r\nmail {round} with \u{142}\u{f3}d\u{17a}").as_bytes());
        self.put_bytes("anna", INBOX, at, bytes);
    }

    /// The same message in INBOX and Sent of one mailbox.
    fn copy_to_herself(&mut self, client: &str, topic: &str) {
        let mail = Draft::new(self, "anna", &[client], topic);
        self.put("anna", SENT, &mail);
        self.put("anna", INBOX, &mail);
    }

    /// The copy in Piotr's mailbox came through a gateway that put a banner on top.
    fn through_a_gateway(&mut self, client: &str, topic: &str) {
        let mut mail = Draft::new(self, client, &["anna", "piotr"], topic);
        mail.text = "Please send the drawings of pump 7 and the price of two more, with delivery to \
                     Gdansk before the end of the month, as agreed on the phone last Tuesday.\r\n"
            .into();
        self.put("anna", INBOX, &mail);
        let mut copy = mail.clone();
        copy.text = format!(
            "CAUTION: This email originated from outside of the organization. Do not click links or open \
             attachments unless you recognize the sender.\r\n\r\n{}",
            mail.text
        );
        self.put("piotr", INBOX, &copy);
    }

    /// A stranger writes first; a client answers in the stranger's thread.
    fn stranger_begins(&mut self, client: &str, round: u64, topic: &str) {
        let stranger = format!("v{round}@nowhere");
        let first = Draft::new(self, &stranger, &["anna"], topic);
        self.put("anna", INBOX, &first);
        let client_joins = first.answer(self, client, &["anna"]).cc(&[&stranger]);
        self.put("anna", INBOX, &client_joins);
        let stranger_again = client_joins.answer(self, &stranger, &["anna"]);
        self.put("anna", INBOX, &stranger_again);
    }

    /// Without Date and Message-ID, in two mailboxes, at different moments.
    fn without_date_or_id(&mut self, client: &str, round: u64) {
        let draft = Draft::new(self, client, &["anna", "piotr"], "");
        let bytes = format!(
            "From: {}\r\nTo: {}, {}\r\nSubject: no date {round}\r\n\r\nThe same words in both copies, {round}.\r\n",
            self.names.address(client),
            self.names.address("anna"),
            self.names.address("piotr")
        )
        .into_bytes();
        self.put_bytes("anna", INBOX, draft.at, bytes.clone());
        self.put_bytes("piotr", INBOX, draft.at + 90_000, bytes);
    }

    /// To people of two accounts, a lead and a free agent.
    fn several_records(&mut self, topic: &str) {
        let people = ["c0@acme", "c2@beta", "lead@prospect", "agent@freelance"];
        let mail = Draft::new(self, "kamil", &people, topic);
        self.put("kamil", SENT, &mail);
        let answer = mail.answer(self, "lead@prospect", &["kamil"]).cc(&["agent@freelance"]);
        self.put("kamil", INBOX, &answer);
        let more = answer.answer(self, "someone@acme", &["kamil"]);
        self.put("kamil", INBOX, &more);
    }

    /// Only Anna's own copy says that a client had it too; the client answers.
    fn in_blind_copy(&mut self, client: &str, topic: &str) {
        let mail = Draft::new(self, "anna", &["piotr"], topic);
        self.put("piotr", INBOX, &mail);
        let blind = format!("Bcc: {}\r\n", self.names.address(client));
        let own = [blind.into_bytes(), mail.bytes(self.names, self.begins)].concat();
        self.put_bytes("anna", SENT, mail.at, own);
        let answer = mail.answer(self, client, &["anna"]);
        self.put("anna", INBOX, &answer);
    }

    /// Nobody knows the stranger until Anna puts a contact in copy of her answer; then the stranger's
    /// colleague, who was never on a mail before, answers that, under a forged id too.
    fn stranger_is_answered(&mut self, round: u64, topic: &str) {
        let stranger = format!("x{round}@nowhere");
        let first = Draft::new(self, &stranger, &["anna"], topic);
        self.put("anna", INBOX, &first);
        let second = first.answer(self, &stranger, &["anna"]);
        self.put("anna", INBOX, &second);
        let answer = second.answer(self, "anna", &[&stranger]).cc(&["c1@acme"]);
        self.put("anna", SENT, &answer);
        let colleague = answer.answer(self, &format!("y{round}@nowhere"), &["anna"]);
        self.put("anna", INBOX, &colleague);
        let mut last = colleague.answer(self, &stranger, &["anna"]);
        last.references = vec![first.id.clone(), colleague.id.clone()];
        self.put("anna", INBOX, &last);
        let mut forged = Draft::new(self, "c5@beta", &["kamil"], "another matter");
        forged.id = second.id.clone();
        self.put("kamil", INBOX, &forged);
    }

    /// Answers to a mail that nobody has.
    fn missing_middle(&mut self, client: &str, round: u64, topic: &str) {
        let lost = Draft::new(self, client, &["anna"], topic);
        let one = lost.answer(self, client, &["anna"]);
        let stranger = format!("w{round}@nowhere");
        let two = lost.answer(self, &stranger, &["anna"]);
        let three = two.answer(self, "anna", &[&stranger, client]);
        self.put("anna", INBOX, &two);
        self.put("anna", INBOX, &one);
        self.put("anna", SENT, &three);
    }
}
