//! Looks after Standin's folders in one mailbox: makes, renames and removes them as `plan` says, and says
//! which are read. What is about to be done is written down before the server is asked, so that a kill in
//! between is made up for by the next look.

use super::plan::{self, Facts, Shown, Step};
use super::wishes;
use crate::imap::{Listed, Numbers, Own, Root, Session, Trouble};
use crate::intake::reader::Reader;
use crate::intake::session::Watched;
use crate::model::cursor::{Cursor, Role};
use crate::model::filing::{Purpose, Standing};
use crate::model::id::FolderId;
use crate::model::time::DAY;
use crate::store::filing::folders::{self, FilingFolder, Wanted};
use crate::store::{self, Tx};
use anyhow::{Context as _, Result};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Looks at the folders in one go: a folder may need a step or two.
const PASSES: usize = 4;
/// Steps in one look, so that INBOX does not wait for hundreds of folders.
const AT_ONCE: usize = 60;

/// Looks after the folders of a mailbox where its user asked for them. What a server refuses is noted
/// for the user and keeps nobody's mail from being read.
pub(in crate::intake) async fn tend(reader: &Reader, session: &mut Session) -> Result<()> {
    let mailbox = reader.intake.context.mailbox;
    let mut tx = reader.intake.db.read().await?;
    let Some(wanted) = folders::wanted(&mut tx, mailbox).await? else { return Ok(()) };
    drop(tx);
    let mut trouble: Option<String> = None;
    for _ in 0..PASSES {
        let listed = session.folders().await.context("listing folders")?;
        let Some(root) = session.root(&listed).await? else {
            trouble = Some("this server has no folders within folders".to_owned());
            break;
        };
        let steps = planned(reader, session, &root, &listed, &wanted).await?;
        let mut did = false;
        for step in steps.into_iter().take(AT_ONCE) {
            reader.beat();
            match carry_out(reader, session, &root, step).await {
                Ok(()) => did = true,
                Err(error) => match error.downcast_ref::<Trouble>() {
                    Some(refusal) if refusal.is_refusal() => trouble = Some(refusal.to_string()),
                    _ => return Err(error),
                },
            }
        }
        if !did {
            break;
        }
    }
    conclude(reader, session, &wanted, trouble).await
}

async fn planned(
    reader: &Reader,
    session: &mut Session,
    root: &Root,
    listed: &[Listed],
    wanted: &Wanted,
) -> Result<Vec<Step>> {
    let numbers = session.numbers(root, listed).await.context("looking at our folders")?;
    let shown = shown(root, listed, &numbers);
    let mut tx = reader.intake.db.read().await?;
    let context = &reader.intake.context;
    let rows = folders::of(&mut tx, context.mailbox).await?;
    let owner = match store::mailboxes::user_of(&mut tx, context.mailbox).await? {
        Some(id) => store::people::load(&mut tx, id).await?.filter(|user| user.person.active).map(|_| id),
        None => None,
    };
    let now = reader.intake.clock.now();
    let wishes = match owner {
        Some(user) => wishes::of(&mut tx, user, &context.notice.rights, root, &rows, now).await?,
        None => Vec::new(),
    };
    drop(tx);
    let frame: BTreeSet<String> = std::iter::once(root.whole())
        .chain(wishes::SECTIONS.iter().map(|name| root.section(name)))
        .map(|own| own.path().to_owned())
        .collect();
    let on = wanted.on && owner.is_some();
    Ok(plan::plan(&Facts { rows: &rows, shown: &shown, wishes: &wishes, frame: &frame, on }))
}

/// What can hold mail below the root.
fn shown(root: &Root, listed: &[Listed], numbers: &HashMap<String, Numbers>) -> BTreeMap<String, Shown> {
    let ours: Vec<&Listed> = listed.iter().filter(|l| root.holds(&l.path)).collect();
    let parent = |path: &str| {
        let below = |l: &&&Listed| {
            let separator = l.separator.as_deref().unwrap_or("/");
            l.path.strip_prefix(path).is_some_and(|rest| rest.starts_with(separator))
        };
        ours.iter().any(|l| below(&l))
    };
    let each = ours.iter().filter(|l| l.selectable);
    each.map(|l| {
        let numbers = numbers.get(&l.path).copied().unwrap_or_default();
        (l.path.clone(), Shown { numbers, parent: parent(&l.path) })
    })
    .collect()
}

async fn carry_out(reader: &Reader, session: &mut Session, root: &Root, step: Step) -> Result<()> {
    match step {
        Step::Make(purpose, own) => {
            let row = write_down(reader, purpose, own.path()).await?;
            make(reader, session, row, &own).await
        }
        Step::MakeAgain(row) => {
            let own = own(root, &row.path)?;
            make(reader, session, row, &own).await
        }
        Step::TakeOver(purpose, own, unknown) => {
            if let Some(unknown) = unknown {
                forget(reader, &unknown).await?;
            }
            write_down(reader, purpose, own.path()).await.map(drop)
        }
        Step::Adopt(row) => {
            let own = own(root, &row.path)?;
            adopt(reader, session, row, &own).await
        }
        Step::Follow(row, path) => settle(reader, FilingFolder { path, own_name: true, ..row }).await,
        Step::Arrived(row) => {
            let path = row.next_path.clone().unwrap_or_else(|| row.path.clone());
            settle(reader, FilingFolder { path, next_path: None, ..row }).await
        }
        Step::Rename(row, to, standing) => rename(reader, session, root, row, &to, standing).await,
        Step::Settle(row, standing) => settle(reader, FilingFolder { standing, next_path: None, ..row }).await,
        Step::Remove(row, aside) => remove(reader, session, root, row, &aside).await,
        Step::Dismiss(row) => settle(reader, FilingFolder { standing: Standing::Dismissed, ..row }).await,
        Step::Forget(row) => forget(reader, &row).await,
        Step::Unknown(path) => write_down(reader, Purpose::Unknown, &path).await.map(drop),
    }
}

/// The name of a folder that was written down. One that is not below the root is never touched.
fn own(root: &Root, path: &str) -> Result<Own> {
    let listed = Listed {
        path: path.to_owned(),
        raw: crate::imap::encode(path),
        separator: None,
        role: Role::Other,
        selectable: true,
    };
    root.adopt(&listed).with_context(|| format!("the folder {path} is not below the root of ours"))
}

async fn write_down(reader: &Reader, purpose: Purpose, path: &str) -> Result<FilingFolder> {
    let mut tx = begin(reader).await?;
    let (mailbox, now) = (reader.intake.context.mailbox, reader.intake.clock.now());
    let id = folders::insert(&mut tx, mailbox, purpose, path, Standing::Wanted, now).await?;
    tx.commit().await?;
    let path = path.to_owned();
    let (next_path, validity, folder, own_name) = (None, None, None, false);
    Ok(FilingFolder { id, purpose, path, next_path, validity, standing: Standing::Wanted, own_name, folder })
}

async fn begin(reader: &Reader) -> Result<Tx> {
    let mut tx = reader.intake.db.write().await?;
    reader.fenced(&mut tx).await?;
    Ok(tx)
}

/// Makes a folder. One that is there already is as good.
async fn make(reader: &Reader, session: &mut Session, row: FilingFolder, own: &Own) -> Result<()> {
    let made = session.make(own).await;
    let refused = match made {
        Err(trouble) if !trouble.is_refusal() => return Err(trouble).context("making a folder"),
        other => other.err(),
    };
    let numbers = session.numbers_of(own).await?;
    match (numbers.validity, refused) {
        (None, Some(refusal)) => Err(refusal.into()),
        _ => adopt(reader, session, row, own).await,
    }
}

/// A folder is there: it is read from now on, and what could not be honoured in it is tried again.
async fn adopt(reader: &Reader, session: &mut Session, row: FilingFolder, own: &Own) -> Result<()> {
    let numbers = session.numbers_of(own).await?;
    let mut tx = begin(reader).await?;
    let folder = store::folders::ensure(&mut tx, reader.intake.context.mailbox, own.path(), Role::Other).await?;
    folders::try_again(&mut tx, folder.id).await?;
    let standing = if row.standing == Standing::Retired { Standing::Retired } else { Standing::There };
    let (validity, folder) = (numbers.validity.or(row.validity), Some(folder.id));
    folders::update(&mut tx, &FilingFolder { validity, standing, folder, next_path: None, ..row }).await?;
    Ok(tx.commit().await?)
}

/// Writes down where a folder is and how it stands; what is known of its mails goes along.
async fn settle(reader: &Reader, row: FilingFolder) -> Result<()> {
    let mut tx = begin(reader).await?;
    if let Some(folder) = row.folder {
        folders::moved(&mut tx, reader.intake.context.mailbox, folder, &row.path).await?;
        if row.standing == Standing::There {
            folders::try_again(&mut tx, folder).await?;
        }
    }
    folders::update(&mut tx, &row).await?;
    Ok(tx.commit().await?)
}

async fn forget(reader: &Reader, row: &FilingFolder) -> Result<()> {
    let mut tx = begin(reader).await?;
    folders::forget(&mut tx, row.id).await?;
    Ok(tx.commit().await?)
}

async fn rename(
    reader: &Reader,
    session: &mut Session,
    root: &Root,
    row: FilingFolder,
    to: &Own,
    standing: Standing,
) -> Result<()> {
    let from = own(root, &row.path)?;
    let mut tx = begin(reader).await?;
    folders::update(&mut tx, &FilingFolder { next_path: Some(to.path().to_owned()), ..row.clone() }).await?;
    tx.commit().await?;
    session.rename(&from, to).await?;
    // Some servers number a renamed folder anew; then it is read again without duplicates.
    let validity = session.numbers_of(to).await?.validity.or(row.validity);
    settle(reader, FilingFolder { path: to.path().to_owned(), next_path: None, validity, standing, ..row }).await
}

/// Removes an empty folder. It is first given a name that no mail program knows: whoever still wants to
/// put a mail into it is told by the server that it is not there, and keeps the mail. Only if it is
/// empty then is it deleted; otherwise the next look gives it its name back.
async fn remove(reader: &Reader, session: &mut Session, root: &Root, row: FilingFolder, aside: &str) -> Result<()> {
    let aside = root.own(None, aside);
    if row.path != aside.path() {
        let standing = row.standing;
        rename(reader, session, root, FilingFolder { own_name: false, ..row.clone() }, &aside, standing).await?;
    }
    if session.numbers_of(&aside).await?.total != Some(0) {
        return Ok(());
    }
    session.remove(&aside).await?;
    forget(reader, &row).await
}

/// Notes what went wrong. Where folders are not wanted any more and none of ours is left, the frame goes
/// too, as far as nothing is in it.
async fn conclude(reader: &Reader, session: &mut Session, wanted: &Wanted, trouble: Option<String>) -> Result<()> {
    let mailbox = reader.intake.context.mailbox;
    let mut tx = reader.intake.db.read().await?;
    let left = folders::of(&mut tx, mailbox).await?;
    drop(tx);
    if !wanted.on && left.is_empty() {
        take_frame_away(session).await?;
        let mut tx = begin(reader).await?;
        folders::unwant(&mut tx, mailbox).await?;
        return Ok(tx.commit().await?);
    }
    if wanted.trouble == trouble {
        return Ok(());
    }
    if let Some(text) = &trouble {
        tracing::warn!(mailbox = %reader.account.name, cause = %text, "a folder for filing could not be looked after");
    }
    let mut tx = begin(reader).await?;
    folders::note_trouble(&mut tx, mailbox, trouble.as_deref()).await?;
    Ok(tx.commit().await?)
}

async fn take_frame_away(session: &mut Session) -> Result<()> {
    for _ in 0..2 {
        let listed = session.folders().await.context("listing folders")?;
        let Some(root) = session.root(&listed).await? else { return Ok(()) };
        let numbers = session.numbers(&root, &listed).await?;
        for (path, shown) in shown(&root, &listed, &numbers) {
            let ours = path == root.whole().path() || wishes::SECTIONS.iter().any(|s| path == root.section(s).path());
            if ours && !shown.parent && shown.numbers.total == Some(0) {
                match session.remove(&own(&root, &path)?).await {
                    Err(trouble) if !trouble.is_refusal() => return Err(trouble.into()),
                    _ => {}
                }
            }
        }
    }
    Ok(())
}

/// The folders of ours that are read, with whether there is anything new in each.
pub(in crate::intake) async fn watched(
    reader: &Reader,
    session: &mut Session,
    listed: &[Listed],
) -> Result<Vec<Watched>> {
    let mailbox = reader.intake.context.mailbox;
    let mut tx = reader.intake.db.read().await?;
    if !folders::wanted(&mut tx, mailbox).await?.is_some_and(|wanted| wanted.on) {
        return Ok(Vec::new());
    }
    let rows = folders::of(&mut tx, mailbox).await?;
    drop(tx);
    let Some(root) = session.root(listed).await? else { return Ok(Vec::new()) };
    let numbers = session.numbers(&root, listed).await.context("looking at our folders")?;
    let by_path: HashMap<&str, &Listed> = listed.iter().map(|l| (l.path.as_str(), l)).collect();
    let mut watched = Vec::new();
    let mut tx = reader.intake.db.read().await?;
    for row in rows.iter().filter(|row| matches!(row.standing, Standing::There | Standing::Retired)) {
        let (Some(id), Some(listed)) = (row.folder, by_path.get(row.path.as_str())) else { continue };
        let due = is_due(reader, &mut tx, id, numbers.get(&row.path)).await?;
        watched.push(Watched { id, raw_name: listed.raw.clone(), role: Role::Other, filing: true, due });
    }
    Ok(watched)
}

/// Whether a folder has changed since it was last looked at; once a day it is looked at anyway.
async fn is_due(reader: &Reader, tx: &mut Tx, id: FolderId, numbers: Option<&Numbers>) -> Result<bool> {
    let row = store::folders::load(tx, id).await?;
    let (Cursor::At { validity, backfill, .. }, Some(now)) = (row.cursor, numbers) else { return Ok(true) };
    // What lay there at the first look is read by the connection that reads history.
    if backfill > row.floor {
        return Ok(true);
    }
    let looked = row.scanned_at.is_some_and(|at| reader.intake.clock.now().since(at) < DAY);
    let same = now.validity == Some(validity) && now.uid_next == Some(row.uid_next) && now.total == Some(row.total);
    Ok(!looked || !same)
}
