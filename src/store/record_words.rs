//! What records are found by: words of their names and details, addresses, digits of phone numbers, tax
//! numbers, references. One row each, begun by a letter that says what it is, so that both databases
//! find the beginning of any of them along one index.
//!
//! Nobody who changes a record calls anything here: triggers note it in `record_stale` and take its old
//! words away; [`refresh`] reads what is noted. Sight is not looked at: who asks for words gets ids, and
//! asks for the records under a scope.

use super::text::tokens;
use super::{Result, Tx, insert_many, list, special_sort_key};
use std::collections::{BTreeMap, BTreeSet};

/// A word of the name, the company, an address and so on, folded.
pub const WORD: char = 'w';
/// A whole mail address.
pub const EMAIL: char = 'e';
/// The domain of one, or of an account.
pub const DOMAIN: char = 'd';
/// The digits of a phone number, from the last to the first: numbers are told apart by their ends,
/// whatever stands before them, `+48`, `0048`, `0` or nothing.
pub const PHONE: char = 'p';
/// A tax number, its digits alone.
pub const TAX: char = 't';
/// A record's own number or its id elsewhere, without what separates its parts.
pub const REFERENCE: char = 'r';
/// What stands after every word that begins so.
pub const AFTER: &str = "\u{10ffff}";
/// Characters of a word that are kept: PostgreSQL keeps no longer keys.
const LONGEST: usize = 80;
/// Words of one record.
const MOST: usize = 400;

/// A record as its words are made of it.
#[derive(Clone, Debug, Default)]
struct Known {
    texts: Vec<String>,
    phones: Vec<String>,
    references: Vec<String>,
    emails: Vec<String>,
    domains: Vec<String>,
    taxes: Vec<String>,
}

/// Whether words of any record are to be read anew.
pub async fn is_behind(tx: &mut Tx) -> Result<bool> {
    let row: Option<(i64,)> = maybe!(tx, "select record_id from record_stale limit 1")?;
    Ok(row.is_some())
}

/// Reads the words of at most `limit` records anew; gives of how many.
pub async fn refresh(tx: &mut Tx, limit: i64) -> Result<usize> {
    // The note goes first: who changes a record meanwhile on PostgreSQL makes it anew, and waits for
    // this. A note that somebody holds is left for the next time, so that neither waits for the other.
    let taken: Vec<(i64,)> = match tx {
        Tx::Sqlite(t) => {
            sqlx::query_as(
                "delete from record_stale where record_id in (select record_id from record_stale order by record_id limit $1)
                 returning record_id",
            )
            .bind(limit)
            .fetch_all(&mut **t)
            .await?
        }
        Tx::Postgres(t) => {
            sqlx::query_as(
                "delete from record_stale where record_id in
                   (select record_id from record_stale order by record_id limit $1 for update skip locked)
                 returning record_id",
            )
            .bind(limit)
            .fetch_all(&mut **t)
            .await?
        }
    };
    if taken.is_empty() {
        return Ok(0);
    }
    let wanted = list(taken.iter().map(|(id,)| *id));
    run!(
        tx,
        "delete from record_words where record_id in (select cast(value as bigint) from json_each($1))",
        wanted.as_str()
    )?;
    let known = known(tx, &wanted).await?;
    sort_anew(tx, &wanted).await?;
    let rows = known
        .iter()
        .flat_map(|(id, known)| words(known).into_iter().take(MOST).map(|word| vec![word.into(), (*id).into()]));
    let rows = rows.collect();
    insert_many(tx, "record_words (word, record_id)", "on conflict do nothing", rows).await?;
    Ok(taken.len())
}

/// What stands on these records, whoever may see them.
async fn known(tx: &mut Tx, wanted: &str) -> Result<BTreeMap<i64, Known>> {
    type Row = (i64, String, Option<String>, Option<String>, Option<String>, Option<String>);
    let rows: Vec<Row> = all!(
        tx,
        "select id, name, phone, city, number, external_id from records
         where id in (select cast(value as bigint) from json_each($1))",
        wanted
    )?;
    let mut found = BTreeMap::new();
    for (id, name, phone, city, number, external) in rows {
        let references = number.into_iter().chain(external).collect();
        let texts = std::iter::once(name).chain(city).collect();
        let phones = phone.into_iter().collect();
        found.insert(id, Known { texts, phones, references, ..Known::default() });
    }
    let beside: Vec<(i64, String, String)> = all!(
        tx,
        "select record_id, 'email' as what, address as value from record_addresses
           where record_id in (select cast(value as bigint) from json_each($1))
         union all select record_id, 'domain', domain from account_domains
           where record_id in (select cast(value as bigint) from json_each($1))
         union all select record_id, what, value from record_details
           where record_id in (select cast(value as bigint) from json_each($1))",
        wanted
    )?;
    for (id, what, value) in beside {
        let Some(known) = found.get_mut(&id) else { continue };
        match what.as_str() {
            "email" => known.emails.push(value),
            "domain" => known.domains.push(value),
            "mobile" => known.phones.push(value),
            "tax" => known.taxes.push(value),
            _ => known.texts.push(value),
        }
    }
    Ok(found)
}

/// Sorts those anew whose names were put in the table before they were sorted by an alphabet. Who saves a
/// record writes its key at once; so this hardly ever changes a row.
async fn sort_anew(tx: &mut Tx, wanted: &str) -> Result<()> {
    const LOAD: &str = "select id, name, sort_key from records
        where id in (select cast(value as bigint) from json_each($1))";
    let rows: Vec<(i64, String, Option<String>)> = all!(tx, LOAD, wanted)?;
    for (id, name, before) in rows {
        let key = special_sort_key(&name);
        if key != before {
            run!(tx, "update records set sort_key = $2 where id = $1", id, key)?;
        }
    }
    Ok(())
}

/// The words of a record, each once.
fn words(known: &Known) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut add = |letter: char, word: &str| {
        if !word.is_empty() {
            found.insert(std::iter::once(letter).chain(word.chars().take(LONGEST)).collect());
        }
    };
    for text in known.texts.iter().chain(&known.references).chain(&known.emails).chain(&known.domains) {
        tokens(text).iter().for_each(|token| add(WORD, token));
    }
    for email in &known.emails {
        let email = email.to_lowercase();
        add(EMAIL, &email);
        add(DOMAIN, email.rsplit('@').next().unwrap_or_default());
    }
    known.domains.iter().for_each(|domain| add(DOMAIN, &domain.to_lowercase()));
    // Several numbers in one field are separated so; a stroke may stand within one.
    for phone in known.phones.iter().flat_map(|field| field.split([',', ';'])) {
        add(PHONE, &from_the_end(&digits(phone)));
    }
    known.taxes.iter().for_each(|tax| add(TAX, &digits(tax)));
    known.references.iter().for_each(|reference| add(REFERENCE, &squeezed(reference)));
    found
}

/// The digits of a text.
pub fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// Digits from the last to the first.
pub fn from_the_end(digits: &str) -> String {
    digits.chars().rev().collect()
}

/// A reference without what separates its parts: `OP-1042` as `op1042`.
pub fn squeezed(reference: &str) -> String {
    tokens(reference).concat()
}

/// Records with a word that begins so, in order of word and id, at most `limit` rows. Whoever may see
/// them: the caller looks at sight.
pub async fn beginning(tx: &mut Tx, word: &str, limit: i64) -> Result<Vec<i64>> {
    let after = format!("{word}{AFTER}");
    let rows: Vec<(i64,)> = all!(
        tx,
        "select record_id from record_words where word >= $1 and word < $2 order by word, record_id limit $3",
        word,
        after,
        limit
    )?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_found_by_all_that_stands_on_it() {
        let known = Known {
            texts: vec!["Żółć sp. z o.o.".into()],
            phones: vec!["22 123-45-67, +48 600 100 200".into()],
            references: vec!["OP-1042".into()],
            emails: vec!["Jan.Lis@Acme.example".into()],
            domains: Vec::new(),
            taxes: vec!["525-344-57-67".into()],
        };
        let found: Vec<String> = words(&known).into_iter().collect();
        let expected = [
            "dacme.example",
            "ejan.lis@acme.example",
            "p00200100684",
            "p765432122",
            "rop1042",
            "t5253445767",
            "w1042",
            "wacme",
            "wexample",
            "wjan",
            "wlis",
            "wo",
            "wop",
            "wsp",
            "wz",
            "wzolc",
        ];
        assert_eq!(found, expected);
    }
}
