//! A real Dovecot, and what a test does to the mailboxes in it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::wire::{Imap, Reply, hand_over, quoted};
use super::{PATIENT, Server, eventually, scripts, tag};
use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, OnceLock};

/// A running Dovecot with a corner of its own for one test.
///
/// Names are short in tests and unique on the server: `anna` is a mailbox of the test's own
/// company, `jan@acme` one of a client's; [`Dovecot::address`] says how they are really written.
/// Whatever has a dot in its domain is taken as it is.
#[derive(Clone)]
pub struct Dovecot {
    /// IMAP in the clear and with STARTTLS, on 127.0.0.1.
    pub imap_port: u16,
    /// IMAP over TLS; its certificate is for `localhost` and 127.0.0.1.
    pub imaps_port: u16,
    /// LMTP, for delivery.
    pub lmtp_port: u16,
    /// The authority that signed its certificate, PEM.
    pub ca_file: PathBuf,
    /// Where the server lives.
    pub dir: PathBuf,
    /// Whether other tests use the same server.
    pub shared: bool,
    tag: String,
    server: Arc<Server>,
}

impl Dovecot {
    /// A corner with these mailboxes on the server that tests share.
    pub fn start(users: &[&str]) -> Dovecot {
        static SHARED: OnceLock<Arc<Server>> = OnceLock::new();
        let server = SHARED.get_or_init(|| {
            Arc::new(Server::shared("STANDIN_TEST_DOVECOT").unwrap_or_else(|| Server::start("dovecot", &[])))
        });
        Dovecot::with(Arc::clone(server), true, users)
    }

    /// A server of the test's own, to break, stop or set up otherwise: `settings` are lines of
    /// dovecot.conf.
    pub fn alone(settings: &[&str], users: &[&str]) -> Dovecot {
        let arguments: Vec<&str> = settings.iter().flat_map(|setting| ["-o", setting]).collect();
        Dovecot::with(Arc::new(Server::start("dovecot", &arguments)), false, users)
    }

    fn with(server: Arc<Server>, shared: bool, users: &[&str]) -> Dovecot {
        let dovecot = Dovecot {
            imap_port: server.port("imap_port"),
            imaps_port: server.port("imaps_port"),
            lmtp_port: server.port("lmtp_port"),
            ca_file: server.value("ca_file").into(),
            dir: server.dir.clone(),
            shared,
            tag: tag(),
            server,
        };
        for user in users {
            dovecot.add_user(user);
        }
        dovecot
    }

    /// The full address of a short name.
    pub fn address(&self, name: &str) -> String {
        match name.split_once('@') {
            Some((_, domain)) if domain.contains('.') => name.to_owned(),
            Some(_) => format!("{name}-{}.example", self.tag),
            None => format!("{name}@{}", self.own_domain()),
        }
    }

    /// The domain of the test's own company.
    pub fn own_domain(&self) -> String {
        format!("own-{}.example", self.tag)
    }

    /// The password of every mailbox added by its name alone.
    pub fn password(&self) -> &str {
        self.server.value("password")
    }

    /// Adds a mailbox (`name` or `name:password`) and gives its address, which is its login too.
    pub fn add_user(&self, name: &str) -> String {
        let (name, password) = name.split_once(':').unwrap_or((name, self.password()));
        let address = self.address(name);
        let status = Command::new(scripts().join("user"))
            .arg(&self.dir)
            .arg(format!("{address}:{password}"))
            .stdin(Stdio::null())
            .status()
            .unwrap();
        assert!(status.success(), "adding {address}");
        address
    }

    /// Gives a mailbox another password; the old one is refused from now on.
    pub fn set_password(&self, name: &str, password: &str) {
        self.add_user(&format!("{name}:{password}"));
        // The server looks once a second whether the file has changed.
        let port = self.imap_port;
        let login = format!("LOGIN {} {}", quoted(&self.address(name)), quoted(password));
        eventually("the new password works", PATIENT, || {
            let mut lines = super::wire::Lines::connect(port);
            lines.read();
            lines.write(format!("A {login}\r\n").as_bytes());
            loop {
                let line = lines.read();
                if let Some(answer) = line.strip_prefix("A ") {
                    return answer.starts_with("OK").then_some(());
                }
            }
        });
    }

    /// A session for commands of the test's own.
    pub fn imap(&self, user: &str) -> Imap {
        let file = fs::read_to_string(self.dir.join("users").join(self.address(user))).expect("the mailbox exists");
        let password = file.split_once("{PLAIN}").unwrap().1.split(':').next().unwrap();
        Imap::sign_in(self.imap_port, &self.address(user), password)
    }

    /// Adds a mail to a folder as it is, by IMAP APPEND; its UID.
    #[track_caller]
    pub fn append(&self, user: &str, folder: &str, mail: &[u8]) -> u32 {
        self.imap(user).append(folder, "", mail)
    }

    /// As `append`, with an INTERNALDATE (`01-Mar-2026 10:00:00 +0000`) and flags (`\Seen`).
    #[track_caller]
    pub fn append_dated(&self, user: &str, folder: &str, date: &str, flags: &str, mail: &[u8]) -> u32 {
        self.imap(user).append(folder, &format!("({flags}) {} ", quoted(date)), mail)
    }

    /// Delivers a mail over LMTP, as Postfix does: Return-Path, Delivered-To and Received are added.
    #[track_caller]
    pub fn deliver(&self, from: &str, to: &str, mail: &[u8]) {
        let from = if from.is_empty() { String::new() } else { self.address(from) };
        let answer = self.try_deliver(&from, &self.address(to), mail);
        answer.unwrap_or_else(|refusal| panic!("delivery to {to} was answered {}", refusal.text));
    }

    /// As `deliver` with full addresses, and the refusal as a value.
    pub fn try_deliver(&self, from: &str, to: &str, mail: &[u8]) -> Result<Reply, Reply> {
        hand_over(self.lmtp_port, "LHLO", from, &[to], mail)
    }

    /// Puts many mails into a folder at once, by writing Maildir files: thousands a second. Their
    /// UIDs are in the order given. ASCII folder names only.
    pub fn bulk<M: AsRef<[u8]>>(&self, user: &str, folder: &str, mails: impl IntoIterator<Item = M>) -> usize {
        assert!(folder.is_ascii(), "bulk takes ASCII folder names");
        let root = self.maildir(user);
        let inbox = folder.eq_ignore_ascii_case("INBOX");
        let mut imap = self.imap(user);
        if !inbox {
            imap.run(format!("CREATE {}", quoted(folder)).as_bytes());
        }
        // Makes the folder's files, and has the server read what lies there already.
        imap.command(&format!("STATUS {} (MESSAGES)", quoted(folder)));
        let place = if inbox { root } else { root.join(format!(".{}", folder.replace('/', "."))) };
        let owner = fs::metadata(&place).unwrap();
        let batch = tag();
        let mut count = 0;
        for mail in mails {
            let mail = mail.as_ref();
            // The sizes as kept and as shown (CRLF), which spares the server counting.
            let bare =
                mail.iter().enumerate().filter(|(i, b)| **b == b'\n' && (*i == 0 || mail[i - 1] != b'\r')).count();
            // Dovecot gives UIDs in the order of these names: seconds, then microseconds.
            let name = format!(
                "{}.M{:06}P1.{batch},S={},W={}",
                1_700_000_000 + count / 1_000_000,
                count % 1_000_000,
                mail.len(),
                mail.len() + bare
            );
            let (fresh, seen) = (place.join("tmp").join(&name), place.join("new").join(&name));
            fs::write(&fresh, mail).unwrap();
            chown(&fresh, Some(owner.uid()), Some(owner.gid())).unwrap();
            fs::rename(&fresh, &seen).unwrap();
            count += 1;
        }
        imap.command(&format!("STATUS {} (MESSAGES)", quoted(folder)));
        count
    }

    /// The mailbox's files.
    pub fn maildir(&self, user: &str) -> PathBuf {
        Path::new(self.server.value("mail")).join(self.address(user)).join("maildir")
    }

    /// How many mails a folder has.
    pub fn count(&self, user: &str, folder: &str) -> usize {
        self.status(user, folder, "MESSAGES") as usize
    }

    /// One number of `STATUS`: `MESSAGES`, `UIDNEXT`, `UIDVALIDITY`, `HIGHESTMODSEQ`, `UNSEEN`.
    pub fn status(&self, user: &str, folder: &str, item: &str) -> u64 {
        let responses = self.imap(user).command(&format!("STATUS {} ({item})", quoted(folder)));
        let text = &responses.iter().find(|r| r.text.starts_with("* STATUS")).expect("a STATUS response").text;
        let number = text.rsplit(&format!("{item} ")).next().unwrap().trim_end_matches(')');
        number.parse().unwrap_or_else(|_| panic!("{text}"))
    }

    /// UID and flags of each mail in a folder, in order; without `\Recent`, which is no flag of the
    /// mail but of who looked first.
    pub fn flags(&self, user: &str, folder: &str) -> Vec<(u32, String)> {
        let mut imap = self.imap(user);
        imap.command(&format!("EXAMINE {}", quoted(folder)));
        let lines = imap.command("FETCH 1:* (UID FLAGS)");
        let lines = lines.into_iter().filter(|r| r.text.contains(" FETCH ("));
        let flags = |text: &str| {
            let all = between(text, "FLAGS (", ")").split(' ').filter(|flag| *flag != "\\Recent");
            all.collect::<Vec<_>>().join(" ")
        };
        lines.map(|r| (number_after(&r.text, "UID "), flags(&r.text))).collect()
    }

    /// The mails of a folder as the server shows them, in order. Leaves no mark on them.
    pub fn mails(&self, user: &str, folder: &str) -> Vec<Vec<u8>> {
        let mut imap = self.imap(user);
        imap.command(&format!("EXAMINE {}", quoted(folder)));
        let responses = imap.command("FETCH 1:* (UID BODY.PEEK[])");
        responses.into_iter().filter_map(|mut r| r.literals.pop()).collect()
    }

    /// Waits until a folder has at least so many mails, and gives them all.
    #[track_caller]
    pub fn wait_for(&self, user: &str, folder: &str, count: usize) -> Vec<Vec<u8>> {
        eventually(&format!("{count} mails in {folder} of {user}"), PATIENT, || {
            (self.count(user, folder) >= count).then(|| self.mails(user, folder))
        })
    }

    /// Makes a folder.
    pub fn create(&self, user: &str, folder: &str) {
        self.imap(user).command(&format!("CREATE {}", quoted(folder)));
    }

    /// Deletes a mail for good.
    pub fn expunge(&self, user: &str, folder: &str, uid: u32) {
        let mut imap = self.imap(user);
        imap.command(&format!("SELECT {}", quoted(folder)));
        imap.command(&format!("UID STORE {uid} +FLAGS.SILENT (\\Deleted)"));
        imap.command(&format!("UID EXPUNGE {uid}"));
    }

    /// Moves a mail to another folder.
    pub fn move_to(&self, user: &str, folder: &str, uid: u32, target: &str) {
        let mut imap = self.imap(user);
        imap.command(&format!("SELECT {}", quoted(folder)));
        imap.command(&format!("UID MOVE {uid} {}", quoted(target)));
    }

    /// Has the server forget its numbers for a folder: the next look finds a new UIDVALIDITY and
    /// other UIDs. Ends the user's sessions. Gives the new UIDVALIDITY.
    pub fn renumber(&self, user: &str, folder: &str) -> u64 {
        let before = self.status(user, folder, "UIDVALIDITY");
        let address = self.address(user);
        let inbox = folder.eq_ignore_ascii_case("INBOX");
        let root = self.maildir(user);
        let place = if inbox { root } else { root.join(format!(".{}", folder.replace('/', "."))) };
        self.kick(user);
        self.doveadm(&["mailbox", "update", "--uid-validity", &(before + 1).to_string(), "-u", &address, folder]);
        // Without its list of UIDs it numbers the files anew, from above the highest it knows.
        let list = place.join("dovecot-uidlist");
        let text = fs::read_to_string(&list).unwrap();
        let (head, mails) = text.split_once('\n').unwrap();
        let mut names: Vec<&str> =
            mails.lines().filter_map(|line| line.split_once(" :").map(|(_, name)| name)).collect();
        names.reverse();
        let next = names.len() + 1;
        let guid = head.split(' ').find(|word| word.starts_with('G')).unwrap();
        let mut fresh = format!("3 V{} N{next} {guid}\n", before + 1);
        for (uid, name) in names.iter().enumerate() {
            fresh += &format!("{} :{name}\n", uid + 1);
        }
        let owner = fs::metadata(&list).unwrap();
        let beside = place.join("dovecot-uidlist.new");
        fs::write(&beside, fresh).unwrap();
        chown(&beside, Some(owner.uid()), Some(owner.gid())).unwrap();
        fs::rename(&beside, &list).unwrap();
        for index in ["dovecot.index", "dovecot.index.log", "dovecot.index.log.2", "dovecot.index.cache"] {
            let _ = fs::remove_file(place.join(index));
        }
        let after = self.status(user, folder, "UIDVALIDITY");
        assert_ne!(before, after, "{folder} of {user} kept its UIDVALIDITY");
        after
    }

    /// Ends the user's sessions.
    pub fn kick(&self, user: &str) {
        let address = self.address(user);
        let mut command = self.doveadm_command(&["kick", &address]);
        // Exit 68: nobody was signed in.
        let output = command.output().unwrap();
        assert!(matches!(output.status.code(), Some(0 | 68)), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Runs `doveadm` against this server; what it printed.
    #[track_caller]
    pub fn doveadm(&self, arguments: &[&str]) -> String {
        let output = self.doveadm_command(arguments).output().unwrap();
        assert!(output.status.success(), "doveadm {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn doveadm_command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("doveadm");
        command.arg("-c").arg(self.server.value("config")).args(arguments).stdin(Stdio::null());
        command
    }
}

fn number_after(text: &str, word: &str) -> u32 {
    let rest = text.split_once(word).unwrap_or_else(|| panic!("no {word}in {text}")).1;
    rest.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap()
}

fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    text.split_once(before).unwrap_or_else(|| panic!("no {before} in {text}")).1.split(after).next().unwrap()
}
