//! The texts of one holder as a form, each with what it looks like.

use crate::actions::caller::Caller;
use crate::actions::notices::{self, Choice, Entered, Refused};
use crate::intake::context_of;
use crate::intake::notices as trial;
use crate::model::id::MailboxId;
use crate::model::notice::{AbsentPerson, Language};
use crate::model::notice_text::{Holder, Readers, Written};
use crate::model::phrases::Phrasebook;
use crate::notice::{self, Policy, VARIABLES};
use crate::store::{Tx, notice_texts};
use crate::web::refusal::Refusal;
use crate::web::visit::Visit;
use crate::web::words::NoticeWords;
use std::collections::BTreeMap;

/// Octets of a field that are kept: more than a notice can carry, so that the form can say so.
const LONGEST: usize = 4000;

/// A notice as a client reads it.
pub(in crate::web) struct Rendered {
    /// What the language calls itself.
    pub name: String,
    /// Its tag.
    pub tag: &'static str,
    /// Whose words they are.
    pub source: String,
    /// The subject.
    pub subject: String,
    /// The text.
    pub body: String,
}

/// A text of the form.
pub(super) struct Field {
    pub id: String,
    pub label: String,
    pub tag: &'static str,
    pub value: String,
    pub wrong: Option<String>,
    pub look: Option<Rendered>,
}

/// What a form sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Sent {
    /// Which button.
    pub wish: String,
    texts: BTreeMap<String, String>,
    choice: Choice,
}

impl Sent {
    /// What a browser sent; fields of no name are left out.
    pub fn of(pairs: Vec<(String, String)>) -> Sent {
        let mut sent = Sent::default();
        for (name, value) in pairs {
            let value: String = value.chars().filter(|c| *c != '\0').take(LONGEST).collect();
            match name.as_str() {
                "do" => sent.wish = value,
                "from" => sent.choice.from = value,
                "name" => sent.choice.name = value,
                "reply_to" => sent.choice.reply_to = value,
                other if other.starts_with("text-") && other.len() < 30 => {
                    sent.texts.insert(other.to_owned(), value.replace("\r\n", "\n"));
                }
                _ => {}
            }
        }
        sent
    }

    /// Who is to stand as author.
    pub fn choice(&self) -> Choice {
        self.choice.clone()
    }
}

fn id(readers: Readers, language: Language) -> String {
    format!("text-{}-{}", readers.word(), language.tag())
}

/// The variables as they are written.
pub(super) fn variables() -> String {
    VARIABLES.iter().map(|name| format!("{{{name}}}")).collect::<Vec<_>>().join(" ")
}

/// Every text that the form has: those for colleagues only where colleagues are answered.
fn all(policy: &Policy) -> Vec<(Readers, Language)> {
    let inside = policy.internal.then_some(Readers::Inside);
    let readers = std::iter::once(Readers::Outside).chain(inside);
    readers.flat_map(|readers| policy.settings.phrases.languages().into_iter().map(move |l| (readers, l))).collect()
}

/// The fields for a holder: what was sent, else what is stored, with what it looks like for a sample absence of the
/// person's, or of the viewer's where the words are a team's or the company's.
pub(super) async fn of(visit: &mut Visit, holder: Holder, sent: Option<&Sent>) -> Result<Vec<Field>, Refusal> {
    let t = NoticeWords::of(visit.words().language);
    let state = visit.app.state.clone();
    let context = context_of(&state.config, &state.keys, MailboxId(0));
    let stored = notice_texts::of(&mut visit.tx, holder).await?;
    let now = visit.clock.now;
    let whose = if let Holder::Person(user) = holder { user } else { visit.person.user };
    let sample = trial::usual(&mut visit.tx, &context.notice, whose, now).await?;
    let Some((mut person, policy)) = sample else { return Ok(Vec::new()) };
    // What stands nearer would hide what is being written.
    person.absence.notice_texts.clear();
    if !matches!(holder, Holder::Person(_)) {
        person.manner.texts.clear();
    }
    let mut fields = Vec::new();
    for (readers, language) in all(&policy) {
        let id = id(readers, language);
        let fits = |written: &Written| written.readers == readers && written.language == language;
        let known = stored.iter().find(|saved| fits(&saved.written)).map(|saved| saved.written.text.clone());
        let value = sent.map_or(known, |sent| sent.texts.get(&id).cloned()).unwrap_or_default();
        let entered = Entered { readers, language: language.tag().to_owned(), text: value.clone() };
        let checked = match value.trim() {
            "" => None,
            _ => Some(notices::check(&policy.settings.phrases, holder, &entered)),
        };
        person.manner.texts.retain(|written| written.holder != holder || !fits(written));
        let wrong = match checked {
            None => None,
            Some(Ok(written)) => {
                person.manner.texts.push(written);
                None
            }
            Some(Err(no)) => Some(t.no(&no)),
        };
        let look = look(&person, &policy, (readers, language), t, now);
        let name = policy.settings.phrases.get(language).map_or(language.tag(), |phrases| phrases.name());
        let label = t.field(readers, name);
        fields.push(Field { id, label, tag: language.tag(), value, wrong, look });
    }
    Ok(fields)
}

/// A notice for somebody of whom only the language is known.
fn look(
    person: &AbsentPerson,
    policy: &Policy,
    (readers, language): (Readers, Language),
    t: &'static NoticeWords,
    now: crate::model::time::Timestamp,
) -> Option<Rendered> {
    let plan = notice::sample(person, language, readers, now)?;
    let (subject, body) = notice::rendered(&plan, policy);
    let source = plan.texts.first().map_or("", |text| t.source(text.source)).to_owned();
    let name = policy.settings.phrases.get(language).map_or(language.tag(), |phrases| phrases.name()).to_owned();
    Some(Rendered { name, tag: language.tag(), source, subject, body })
}

/// What people outside will read, in each language.
pub(super) fn looks(visit: &Visit, person: &AbsentPerson, policy: &Policy) -> Vec<Rendered> {
    let t = NoticeWords::of(visit.words().language);
    let languages = policy.settings.phrases.languages().into_iter();
    let all = languages.filter_map(|language| look(person, policy, (Readers::Outside, language), t, visit.clock.now));
    all.collect()
}

/// Saves what was sent: all of it, or nothing where something cannot be saved.
pub(super) async fn save(
    tx: &mut Tx,
    caller: &Caller<'_>,
    book: &Phrasebook,
    holder: Holder,
    sent: &Sent,
) -> anyhow::Result<Vec<Refused>> {
    let mut wrong = Vec::new();
    for readers in Readers::ALL {
        for language in book.languages() {
            let Some(text) = sent.texts.get(&id(readers, language)) else { continue };
            let done = if text.trim().is_empty() {
                notices::clear(tx, caller, holder, readers, language).await?.map(drop)
            } else {
                let entered = Entered { readers, language: language.tag().to_owned(), text: text.clone() };
                notices::set(tx, caller, book, holder, &entered).await?.map(drop)
            };
            // A field that was empty and stays so.
            wrong.extend(done.err().filter(|no| *no != Refused::None));
        }
    }
    Ok(wrong)
}
