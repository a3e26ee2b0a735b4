//! `standin inspect PATH…`: what parsing and classification see in mail files.
//!
//! Streams: one file is read, shown and forgotten, so a folder of any size takes the memory of
//! its largest file. A path that is missing or no mail is said, and the rest goes on.

use crate::model::mail::{Mail, Party};
use crate::parse;
use anyhow::{Context, Result};
use serde::Serialize;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Arguments of `standin inspect`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Files or folders (searched through) of mail, one mail per file.
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Print one JSON object per line.
    #[arg(long)]
    pub json: bool,
}

/// A file larger than this is no mail that any server takes (octets).
const FILE_LIMIT: u64 = 512 * 1024 * 1024;

/// Shows every mail. Exit code 2 when a path was missing, or a file named outright is no mail.
pub fn run(args: &Args) -> Result<ExitCode> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let mut troubles = Vec::new();
    let shown = each(&args.paths, &mut troubles, |path, mail| {
        if args.json { write_json(&mut out, path, mail) } else { write_text(&mut out, path, mail) }
    });
    let shown = shown.and_then(|()| out.flush());
    end(shown, &troubles)
}

/// Calls `show` with every mail of files and folders, in the order of their names. A file that is
/// no mail is said to be none and shown nonetheless, with its defects: any bytes can be read, and
/// whoever counts must miss none.
pub(super) fn each(
    paths: &[PathBuf],
    troubles: &mut Vec<String>,
    mut show: impl FnMut(&Path, &Mail) -> io::Result<()>,
) -> io::Result<()> {
    let mut waiting: Vec<(PathBuf, bool)> = paths.iter().rev().map(|path| (path.clone(), true)).collect();
    while let Some((path, named)) = waiting.pop() {
        if path.is_dir() {
            match folder(&path) {
                Ok(entries) => waiting.extend(entries.into_iter().rev().map(|path| (path, false))),
                Err(trouble) => report(troubles, format!("{trouble:#}")),
            }
            continue;
        }
        match load(&path) {
            Ok(raw) => {
                let mail = parse::parse(&raw);
                if let Some(reason) = no_mail(&raw, &mail) {
                    // A folder may hold anything; a file that was named was meant to be a mail.
                    let said = format!("{} is no mail: {reason}.", path.display());
                    if named { report(troubles, said) } else { report(&mut Vec::new(), said) }
                }
                show(&path, &mail)?;
            }
            Err(trouble) => report(troubles, format!("{trouble:#}")),
        }
    }
    Ok(())
}

/// The exit code, with a broken pipe (`| head`) ending quietly.
pub(super) fn end(shown: io::Result<()>, troubles: &[String]) -> Result<ExitCode> {
    match shown {
        Err(broken) if broken.kind() == io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        Err(other) => Err(other).context("writing the result"),
        Ok(()) if troubles.is_empty() => Ok(ExitCode::SUCCESS),
        Ok(()) => Ok(ExitCode::from(2)),
    }
}

/// Says what is wrong at once, so that it stands near what it is about.
fn report(troubles: &mut Vec<String>, trouble: String) {
    let _ = writeln!(io::stderr().lock(), "{trouble}");
    troubles.push(trouble);
}

fn folder(path: &Path) -> Result<Vec<PathBuf>> {
    let said = || format!("The folder {} cannot be read; check its name and its rights", path.display());
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path).with_context(said)? {
        let entry = entry.with_context(said)?;
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        // A link to a folder could lead in a circle.
        let kind = entry.file_type().with_context(said)?;
        let circle = kind.is_symlink() && entry.path().is_dir();
        if !hidden && !circle && (kind.is_dir() || is_mail_name(&entry.path())) {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

/// Within folders, files that plainly are something else are passed over: labels and notes that
/// lie beside mail. Maildir names have no usual ending, so anything unknown is read.
fn is_mail_name(path: &Path) -> bool {
    let ending = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    !matches!(ending.as_str(), "txt" | "json" | "tsv" | "csv" | "md" | "html" | "zip" | "gz" | "toml" | "rs" | "log")
}

fn load(path: &Path) -> Result<Vec<u8>> {
    let about = std::fs::metadata(path)
        .with_context(|| format!("{} cannot be read; check that it exists and may be read", path.display()))?;
    anyhow::ensure!(about.is_file(), "{} is neither a file nor a folder.", path.display());
    anyhow::ensure!(about.len() <= FILE_LIMIT, "{} is larger than 512 MiB; that is no single mail.", path.display());
    std::fs::read(path).with_context(|| format!("{} cannot be read; check its rights", path.display()))
}

/// Why these bytes are no mail, if they are none: a file with none of the fields that make one.
fn no_mail(raw: &[u8], mail: &Mail) -> Option<&'static str> {
    const FIELDS: [&str; 12] = [
        "from",
        "to",
        "cc",
        "subject",
        "date",
        "message-id",
        "received",
        "return-path",
        "sender",
        "mime-version",
        "content-type",
        "delivered-to",
    ];
    if raw.trim_ascii().is_empty() {
        return Some("it is empty");
    }
    if mail.headers.0.is_empty() {
        return Some("it does not begin with header fields");
    }
    let known = FIELDS.iter().any(|field| mail.headers.has(field));
    (!known).then_some("none of its header fields is one that mail has")
}

#[derive(Serialize)]
struct Row<'a> {
    path: String,
    message_id: Option<&'a str>,
    in_reply_to: Vec<&'a str>,
    references: Vec<&'a str>,
    from: &'a [Party],
    sender: Option<&'a Party>,
    reply_to: &'a [Party],
    to: &'a [Party],
    cc: &'a [Party],
    date: Option<String>,
    subject: &'a str,
    base_subject: &'a str,
    author: &'static str,
    confidence: &'static str,
    channel: &'static str,
    evidence: &'a [crate::model::mail::Evidence],
    forward: bool,
    return_path: String,
    visible_text: String,
    folds: &'a [crate::model::mail::Fold],
    attachments: &'a [crate::model::mail::Attachment],
    defects: &'a [crate::model::mail::Defect],
    size: u64,
}

/// What `--json` prints of a mail.
pub fn json(path: &Path, mail: &Mail) -> serde_json::Result<serde_json::Value> {
    serde_json::to_value(row(path, mail))
}

fn write_json(out: &mut impl Write, path: &Path, mail: &Mail) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &row(path, mail)).map_err(io::Error::from)?;
    out.write_all(b"\n")
}

fn row<'a>(path: &Path, mail: &'a Mail) -> Row<'a> {
    Row {
        path: path.display().to_string(),
        message_id: mail.message_id.as_ref().map(|id| id.as_str()),
        in_reply_to: mail.in_reply_to.iter().map(|id| id.as_str()).collect(),
        references: mail.references.iter().map(|id| id.as_str()).collect(),
        from: &mail.from,
        sender: mail.sender.as_ref(),
        reply_to: &mail.reply_to,
        to: &mail.to,
        cc: &mail.cc,
        date: mail.date.map(|at| at.rfc3339()),
        subject: &mail.subject,
        base_subject: &mail.base_subject,
        author: mail.author.word(),
        confidence: mail.confidence.word(),
        channel: mail.channel.word(),
        evidence: &mail.evidence,
        forward: mail.forward,
        return_path: return_path(mail),
        visible_text: mail.text.visible(),
        folds: &mail.text.folds,
        attachments: &mail.attachments,
        defects: &mail.defects,
        size: mail.size,
    }
}

fn return_path(mail: &Mail) -> String {
    use crate::model::mail::ReturnPath;
    match &mail.return_path {
        ReturnPath::Missing => "missing".to_owned(),
        ReturnPath::Null => "<>".to_owned(),
        ReturnPath::Address(address, _) => address.to_string(),
        ReturnPath::Ambiguous => "ambiguous".to_owned(),
    }
}

fn write_text(out: &mut impl Write, path: &Path, mail: &Mail) -> io::Result<()> {
    writeln!(out, "{}", path.display())?;
    let mut field = |name: &str, value: String| -> io::Result<()> {
        if value.is_empty() { Ok(()) } else { writeln!(out, "  {name:<12} {}", safe(&value)) }
    };
    let ids = |ids: &[crate::model::id::MsgId]| ids.iter().map(|id| id.as_str()).collect::<Vec<_>>().join("  ");
    field("from", people(&mail.from))?;
    field("to", people(&mail.to))?;
    field("cc", people(&mail.cc))?;
    field("date", mail.date.map(|at| at.rfc3339()).unwrap_or_default())?;
    field("subject", mail.subject.clone())?;
    field("message id", mail.message_id.as_ref().map(|id| id.to_string()).unwrap_or_default())?;
    field("answers", ids(&mail.in_reply_to))?;
    field("references", ids(&mail.references))?;
    field("return path", return_path(mail))?;
    field("author", format!("{} ({})", mail.author.word(), mail.confidence.word()))?;
    field("channel", mail.channel.word().to_owned())?;
    field("forward", if mail.forward { "yes".to_owned() } else { String::new() })?;
    for evidence in &mail.evidence {
        field("because", format!("{} {}", evidence.rule, evidence.seen))?;
    }
    for file in &mail.attachments {
        let name = if file.name.is_empty() { "(no name)" } else { &file.name };
        field("attachment", format!("{name}, {}, {} bytes", file.content_type, file.size))?;
    }
    let defects = mail.defects.iter().filter_map(|defect| serde_json::to_value(defect).ok());
    field("defects", defects.filter_map(|word| word.as_str().map(str::to_owned)).collect::<Vec<_>>().join(", "))?;
    for line in mail.text.visible().lines() {
        writeln!(out, "  | {}", safe(line))?;
    }
    writeln!(out)
}

fn people(parties: &[Party]) -> String {
    let one = |party: &Party| match &party.name {
        Some(name) => format!("{name} <{}>", party.address),
        None => party.address.to_string(),
    };
    parties.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Mail must not steer the terminal it is shown on.
fn safe(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\t' { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(raw: &str) -> (String, serde_json::Value) {
        let mail = parse::parse(raw.as_bytes());
        let (mut text, mut json) = (Vec::new(), Vec::new());
        write_text(&mut text, Path::new("a.eml"), &mail).unwrap();
        write_json(&mut json, Path::new("a.eml"), &mail).unwrap();
        (String::from_utf8(text).unwrap(), serde_json::from_slice(&json).unwrap())
    }

    #[test]
    fn json_has_the_promised_keys_on_one_line() {
        let (_, json) = rows("From: a@b.pl\nSubject: x\n\nhej\n> stare\n");
        for key in [
            "path",
            "message_id",
            "in_reply_to",
            "references",
            "from",
            "to",
            "date",
            "subject",
            "author",
            "confidence",
            "channel",
            "evidence",
            "visible_text",
            "defects",
        ] {
            assert!(json.get(key).is_some(), "{key}");
        }
        assert_eq!(json["visible_text"], "hej");
    }

    #[test]
    fn a_mail_cannot_steer_the_terminal() {
        let (text, _) = rows("From: a@b.pl\n\nhej \x1b[2J\n");
        assert!(!text.contains('\x1b'));
    }

    #[test]
    fn what_is_no_mail_is_named_and_the_rest_goes_on() {
        let mut troubles = Vec::new();
        let missing = PathBuf::from("fixtures/no-such-file.eml");
        let no_mail = PathBuf::from("Cargo.toml");
        let mut seen = 0;
        each(&[missing, no_mail, PathBuf::from("fixtures/mail")], &mut troubles, |_, _| {
            seen += 1;
            Ok(())
        })
        .unwrap();
        assert_eq!(troubles.len(), 2, "{troubles:?}");
        assert!(troubles[0].contains("no-such-file.eml cannot be read"));
        assert!(troubles[1].contains("Cargo.toml is no mail"));
        assert!(seen > 0);
    }
}
