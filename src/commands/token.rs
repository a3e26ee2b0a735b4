//! `standin token`: tokens for the API.

use super::{Done, Failure, Place, output, user};
use crate::actions::tokens::{self, Wanted};
use crate::model::api::ApiScope;
use crate::model::id::TokenId;
use crate::model::record::UserRole;
use crate::model::time::Timestamp;
use crate::store;
use clap::Subcommand;
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make a token for a user and print it, this once.
    Create {
        /// Login of the user whose rights it is to have.
        login: String,
        /// What uses it.
        #[arg(long)]
        name: String,
        /// What it may do: read, write (and read), or admin (all that the user may).
        #[arg(long, value_parser = scope, default_value = "read")]
        scope: ApiScope,
        /// For how many days it is good, 1 to 366.
        #[arg(long, default_value_t = 90)]
        days: i64,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show every token, or one user's.
    List {
        /// Login of the user.
        login: Option<String>,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Revoke a token: it is refused from now on.
    Revoke {
        /// Its number, as `standin token list` shows it.
        id: i64,
    },
}

fn scope(text: &str) -> Result<ApiScope, String> {
    ApiScope::from_word(text).ok_or_else(|| "it is read, write or admin".to_owned())
}

pub(super) async fn run(command: Command, place: &Place) -> Done {
    match command {
        Command::Create { login, name, scope, days, json } => create(place, &login, name, scope, days, json).await,
        Command::List { login, json } => list(place, login.as_deref(), json).await,
        Command::Revoke { id } => revoke(place, id).await,
    }
}

async fn create(place: &Place, login: &str, name: String, scope: ApiScope, days: i64, json: bool) -> Done {
    let (_, db) = place.open().await?;
    let mut tx = db.write().await?;
    let user = user(&mut tx, login).await?;
    let admin = user.person.role == UserRole::Admin;
    let wanted = Wanted { user: user.person.id, admin, name, scope, days };
    let made = tokens::make(&mut tx, None, &wanted, super::now()).await?;
    let (text, token) = made.map_err(|no| Failure::input("no token was made", no.to_string()))?;
    tx.commit().await?;
    db.close().await;
    if json {
        let expires = token.expires.rfc3339();
        output::json(
            &serde_json::json!({ "id": token.id, "token": text, "scope": token.scope, "expires_at": expires }),
        )?;
        return Ok(ExitCode::SUCCESS);
    }
    output::line(&text)?;
    let day: String = token.expires.rfc3339().chars().take(10).collect();
    output::note(&format!(
        "Token {} is good until {day}. It is shown this once: keep it as you keep a password.",
        token.id
    ));
    Ok(ExitCode::SUCCESS)
}

async fn list(place: &Place, login: Option<&str>, json: bool) -> Done {
    let (_, db) = place.open().await?;
    let mut tx = db.read().await?;
    let of = match login {
        Some(login) => Some(user(&mut tx, login).await?.person.id),
        None => None,
    };
    let found = store::api_tokens::of(&mut tx, of).await?;
    let users = store::people::every(&mut tx).await?;
    drop(tx);
    db.close().await;
    let login = |id| users.iter().find(|u| u.person.id == id).map(|u| u.login.clone()).unwrap_or_default();
    if json {
        let all = found.iter().map(|token| {
            serde_json::json!({
                "id": token.id, "user": login(token.user), "name": token.name, "scope": token.scope,
                "created_at": token.created.rfc3339(), "expires_at": token.expires.rfc3339(),
                "used_at": token.used.map(Timestamp::rfc3339),
            })
        });
        output::json(&all.collect::<Vec<_>>().into())?;
        return Ok(ExitCode::SUCCESS);
    }
    let now = super::now();
    let day = |at: Timestamp| -> String { at.rfc3339().chars().take(10).collect() };
    let rows: Vec<Vec<String>> = found
        .iter()
        .map(|token| {
            let until = if token.expires <= now { "expired".to_owned() } else { day(token.expires) };
            let used = token.used.map_or_else(|| "never".to_owned(), day);
            let name = output::plain(&token.name);
            vec![token.id.to_string(), login(token.user), name, token.scope.word().to_owned(), until, used]
        })
        .collect();
    output::table(&["id", "user", "name", "scope", "until", "used"], &rows, "There are no tokens.")?;
    Ok(ExitCode::SUCCESS)
}

async fn revoke(place: &Place, id: i64) -> Done {
    let (_, db) = place.open().await?;
    let mut tx = db.write().await?;
    let was = tokens::revoke(&mut tx, None, TokenId(id), super::now()).await?;
    tx.commit().await?;
    db.close().await;
    if !was {
        return Err(
            Failure::input(format!("there is no token {id}"), "").then("`standin token list` shows all there are")
        );
    }
    output::line(&format!("Token {id} is revoked."))?;
    Ok(ExitCode::SUCCESS)
}
