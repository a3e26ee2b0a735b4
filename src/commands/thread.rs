//! `standin thread PATH…`: the thread of every mail in a set of files.
//!
//! Threads are a function of the whole set, so nothing is printed before everything is read; of
//! each mail only its keys are kept.

use super::inspect;
use crate::link::threads;
use crate::model::mail::Mail;
use crate::model::thread::{Key, ThreadInput};
use crate::parse;
use anyhow::Result;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `standin thread`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Files or folders (searched through) of mail, one mail per file.
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Print one JSON object per line.
    #[arg(long)]
    pub json: bool,
}

/// Prints path and thread of every mail. Exit code 2 when a path was missing, or a file
/// named outright is no mail.
pub fn run(args: &Args) -> Result<ExitCode> {
    let mut paths = Vec::new();
    let mut inputs = Vec::new();
    let mut troubles = Vec::new();
    inspect::each(&args.paths, &mut troubles, |path, mail| {
        paths.push(path.display().to_string());
        inputs.push(input(mail));
        Ok(())
    })?;
    let names = names(&inputs);
    let mut out = io::BufWriter::new(io::stdout().lock());
    let shown = write(&mut out, &paths, &names, args.json).and_then(|()| out.flush());
    inspect::end(shown, &troubles)
}

/// The thread of each input, named by the smallest identity in it: the same name whatever the
/// order of the files.
fn names(inputs: &[ThreadInput]) -> Vec<String> {
    let groups = threads::group(inputs);
    let mut smallest: HashMap<usize, &[u8]> = HashMap::new();
    for (input, group) in inputs.iter().zip(&groups) {
        let held = smallest.entry(*group).or_insert(&input.identity);
        *held = (*held).min(&input.identity);
    }
    let name = |group: &usize| hex::encode(smallest.get(group).copied().unwrap_or_default());
    groups.iter().map(|group| name(group).chars().take(16).collect()).collect()
}

fn write(out: &mut impl Write, paths: &[String], names: &[String], json: bool) -> io::Result<()> {
    for (path, thread) in paths.iter().zip(names) {
        if json {
            writeln!(out, "{}", serde_json::json!({ "path": path, "thread": thread }))?;
        } else {
            writeln!(out, "{thread}  {path}")?;
        }
    }
    Ok(())
}

/// What threading needs of a mail, with plain hashes for keys: nothing here is kept.
pub fn input(mail: &Mail) -> ThreadInput {
    let parties = mail.from.iter().chain(&mail.to).chain(&mail.cc);
    let address = mail.from.first().map_or("", |party| party.address.as_str());
    let date = mail.date.map(|at| at.0.to_string()).unwrap_or_default();
    let text = parse::canonical(mail);
    ThreadInput {
        id: mail.message_id.as_ref().map(|id| key(&[id.as_str()])),
        in_reply_to: mail.in_reply_to.iter().map(|id| key(&[id.as_str()])).collect(),
        references: mail.references.iter().map(|id| key(&[id.as_str()])).collect(),
        participants: parties.map(|party| party.address.to_string()).collect(),
        at: mail.date.unwrap_or_default(),
        identity: key(&[address, &date, &mail.subject, &text]).0.to_vec(),
        automatic: !mail.author.is_human(),
        conversation: parse::conversation(mail).map(|named| key(&[&hex::encode(named)])),
        ..ThreadInput::default()
    }
}

fn key(parts: &[&str]) -> Key {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_be_bytes());
        hash.update(part.as_bytes());
    }
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(hash.finalize()).for_each(|(slot, byte)| *slot = byte);
    Key(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_do_not_depend_on_the_order_of_files() {
        let mail = |text: &str| input(&parse::parse(text.as_bytes()));
        let question = mail("From: a@b.pl\nMessage-ID: <q@b.pl>\n\npytanie");
        let answer = mail("From: c@d.pl\nMessage-ID: <r@d.pl>\nReferences: <q@b.pl>\n\nodpowiedź");
        let one = names(&[question.clone(), answer.clone()]);
        let other = names(&[answer, question]);
        assert_eq!(one[0], one[1]);
        assert_eq!(one, other);
    }
}
