//! No page reads a big table from one end to the other: the plan of every statement that the store
//! sends for the pages, on a small company of the bench with statistics, on both databases.
//!
//! PostgreSQL reads small tables whole, and is right to. Here it is told not to if it can help it, and
//! that going to a row costs little, as beside reading a million: what it reads whole all the same has no
//! index to go by.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

#[path = "../../benches/rights/company.rs"]
mod company;
#[path = "../../benches/rights/looks.rs"]
#[allow(dead_code)]
mod looks;
#[path = "../../benches/support/random.rs"]
#[allow(dead_code)]
mod random;
#[path = "../../benches/rights/plans.rs"]
pub(crate) mod reading;
#[path = "../../benches/rights/watch.rs"]
mod watch;

use crate::linking::{NUMBERS, matters};
use crate::order::{Desk, import};
use crate::support::firm::Kind;
use crate::support::postgres::Database;
use crate::support::tag;
use company::Size;
use sqlx::raw_sql;
use standin::store::{Db, Tx};

async fn command(tx: &mut Tx, sql: &'static str) {
    match tx {
        Tx::Sqlite(t) => _ = raw_sql(sql).execute(&mut **t).await.unwrap(),
        Tx::Postgres(t) => _ = raw_sql(sql).execute(&mut **t).await.unwrap(),
    }
}

async fn nothing_is_read_whole(url: &str) {
    // As many users as in a large company: PostgreSQL takes a list for a hundred of them. And so many
    // records that reading them all costs more than that.
    let size = Size { users: 400, teams: 32, away: 48, contacts: 15_000, ..Size::of(4_000) };
    let db = Db::open(url).await.unwrap();
    db.migrate().await.unwrap();
    let mut tx = db.write().await.unwrap();
    // Mails are answered by later ones, teams fall back to users: references are not looked at.
    command(
        &mut tx,
        if db.is_shared() { "set local session_replication_role = replica" } else { "pragma defer_foreign_keys = on" },
    )
    .await;
    company::fill(&mut tx, size, &mut |_| ()).await.unwrap();
    company::asked(&mut tx, size).await.unwrap();
    command(&mut tx, "analyze").await;
    reading::tell(&mut tx, true).await.unwrap();
    if db.is_shared() {
        for setting in [
            "enable_seqscan = off",
            "enable_hashjoin = off",
            "enable_mergejoin = off",
            "enable_material = off",
            "random_page_cost = 0.01",
        ] {
            let set =
                format!("do $$ begin execute format('alter database %I set {setting}', current_database()); end $$");
            let Tx::Postgres(t) = &mut tx else { panic!() };
            raw_sql(sqlx::AssertSqlSafe(set)).execute(&mut **t).await.unwrap();
        }
    }
    tx.commit().await.unwrap();
    db.close().await;

    let db = Db::open(url).await.unwrap();
    standin::intake::index::catch_up(&db).await.unwrap();
    let mut most = 0;
    for group in looks::groups(&db, size.users, 2).await.unwrap() {
        let policy = looks::policy(group.mode, size.users);
        for viewer in group.viewers.iter().take(2) {
            let targets = looks::targets(&db, &policy, *viewer, 1).await.unwrap();
            let looked = async {
                for what in &targets {
                    looks::look(&db, &policy, *viewer, what).await?;
                }
                Ok(())
            };
            let ((), heard) = reading::heard(looked).await.unwrap();
            let mut tx = db.read().await.unwrap();
            let (scans, statements) = reading::scans(&mut tx, heard).await.unwrap();
            assert!(scans.is_empty(), "{}: {scans:#?}", group.name);
            most = most.max(statements);
        }
    }
    assert!(most > 15, "hardly anything was heard: {most}");
    db.close().await;
}

#[tokio::test]
async fn no_page_reads_a_big_table_whole_on_sqlite() {
    let folder = std::env::temp_dir().join(format!("standin-plans-{}", tag()));
    std::fs::create_dir_all(&folder).unwrap();
    nothing_is_read_whole(&format!("sqlite:{}", folder.join("standin.db").display())).await;
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn no_page_reads_a_big_table_whole_on_postgres() {
    let database = Database::fresh();
    nothing_is_read_whole(&database.url).await;
}

/// A first reading begins before anybody has looked at the tables: SQLite then knows nothing of their
/// sizes, and an order or a condition on the wrong table makes it read all records for each batch. Later it
/// knows the sizes of what there was, which may mislead it too.
#[tokio::test]
async fn mail_that_comes_in_is_looked_up_from_the_few_to_the_many_on_sqlite() {
    let letters = matters(3);
    let desk = Desk::open(Kind::Sqlite, &letters).await;
    import(&desk.instance.db, "opportunities", NUMBERS, None).await;
    let half = letters.len() / 2;
    let of = |mailbox: &str, numbers: std::ops::Range<usize>| -> Vec<usize> {
        numbers.filter(|n| letters[*n].mailbox == mailbox).collect()
    };
    for (numbers, sizes_known) in [(0..half, false), (half..letters.len(), true)] {
        if sizes_known {
            let mut tx = desk.instance.db.write().await.unwrap();
            command(
                &mut tx,
                "insert into records (kind, name, name_key, owner_id, created_at, updated_at) \
                 with recursive n (i) as (select 1 union all select i + 1 from n where i < 20000) \
                 select 'contact', 'Filler ' || i, 'filler ' || i, 1, 0, 0 from n",
            )
            .await;
            command(&mut tx, "analyze").await;
            tx.commit().await.unwrap();
        }
        let taken = async {
            for mailbox in ["anna", "kamil"] {
                desk.take(&of(mailbox, numbers.clone())).await;
            }
            Ok(())
        };
        let ((), heard) = reading::heard(taken).await.unwrap();
        let mut tx = desk.instance.db.read().await.unwrap();
        let inside_out = reading::inside_out(&mut tx, &heard).await.unwrap();
        assert!(inside_out.is_empty(), "sizes known: {sizes_known}: {inside_out:#?}");
        let (scans, statements) = reading::scans(&mut tx, heard).await.unwrap();
        assert!(statements > 15, "hardly anything was heard: {statements}");
        // Where a statement gives its own lists the letters that stand for mails elsewhere in it, a step over
        // such a list reads like one over all mails.
        let whole: Vec<_> = scans
            .iter()
            .filter(|scan| !(scan.step.contains("(mails)") && scan.statement.starts_with("with ours")))
            .collect();
        assert!(whole.is_empty(), "sizes known: {sizes_known}: {whole:#?}");
    }
    desk.close().await;
}
