//! Records that lack an answer or news: what managers and owners look through (W3, W12).

use super::super::lacking::{self, Counts, Lists, Whose};
use super::asking::{Asking, Params};
use super::bearer::Reads;
use super::problem::Problem;
use super::records::{RecordView, views_of};
use super::shapes::{KindWord, List, limit, pair};
use crate::model::id::{RecordId, UserId};
use crate::model::record::{Kind, Lack};
use crate::model::time::Timestamp;
use crate::store::views::Chosen;
use axum::Json;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::{IntoParams, ToSchema};

/// What a record may lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(in super::super) enum LackWord {
    /// An answer: a client's mail waits.
    Unanswered,
    /// Nothing was done on an open lead or opportunity for longer than the settings allow.
    Neglected,
}

impl From<LackWord> for Lack {
    fn from(word: LackWord) -> Lack {
        match word {
            LackWord::Unanswered => Lack::Answer,
            LackWord::Neglected => Lack::Update,
        }
    }
}

impl From<Lack> for LackWord {
    fn from(lack: Lack) -> LackWord {
        match lack {
            Lack::Answer => LackWord::Unanswered,
            Lack::Update => LackWord::Neglected,
        }
    }
}

/// Whose records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(in super::super) enum WhoseWord {
    /// All that the token shows.
    #[default]
    Everybody,
    /// Those of the token's owner.
    Mine,
    /// Of those who are away and whom the token's owner covers.
    Covered,
    /// Of everybody below the token's owner in the line.
    People,
    /// Of everybody in a team of the token's owner.
    Teams,
}

impl From<WhoseWord> for Whose {
    fn from(word: WhoseWord) -> Whose {
        match word {
            WhoseWord::Everybody => Whose::Everybody,
            WhoseWord::Mine => Whose::Mine,
            WhoseWord::Covered => Whose::Covered,
            WhoseWord::People => Whose::People,
            WhoseWord::Teams => Whose::Teams,
        }
    }
}

/// Which records are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in super::super) struct Asked {
    #[param(inline)]
    kind: KindWord,
    #[param(inline)]
    lack: LackWord,
    #[param(inline)]
    whose: Option<WhoseWord>,
    /// Of this owner alone: a user's id.
    owner: Option<i64>,
    /// Where the page begins: `next` of the page before.
    cursor: Option<String>,
    /// Items of a page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<i64>,
}

/// A record that lacks something.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = LackingRecord)]
pub(in super::super) struct LackingView {
    /// The record.
    pub record: RecordView,
    /// Since when a client waits, or when something was last done.
    #[schema(format = DateTime)]
    pub since: String,
}

/// Records of one kind on which a client waits, or of which nothing was heard for too long; what lacks it longest
/// on top. Accounts and contacts are never neglected.
#[utoipa::path(
    get, path = "/api/v1/lacking", tag = "work", params(Asked),
    responses((status = 200, body = List<LackingView>)), security(("token" = ["read"]))
)]
pub(in super::super) async fn list(
    mut asking: Asking<Reads>,
    Params(asked): Params<Asked>,
) -> Result<Json<List<LackingView>>, Problem> {
    let limit = limit(asked.limit)?;
    let after = asked.cursor.as_deref().map(pair).transpose()?;
    let after = after.map(|(at, id)| (Timestamp(at), RecordId(id)));
    let (kind, lack) = (Kind::from(asked.kind), Lack::from(asked.lack));
    if !lack.befalls(kind) {
        return Ok(Json(List { items: Vec::new(), next: None }));
    }
    let visit = &mut asking.visit;
    let whose = asked.owner.map_or(Whose::from(asked.whose.unwrap_or_default()), |id| Whose::One(UserId(id)));
    let owners = whose.owners(visit);
    let chosen = Chosen { owners: owners.as_deref(), status: None };
    let (found, _) = lacking::found(visit, (kind, lack), chosen, after, (limit + 1, 1)).await.map_err(Problem::of)?;
    let page = List::of(found, limit, |(id, since)| format!("{}.{id}", since.0), |row| row);
    let ids: Vec<RecordId> = page.items.iter().map(|(id, _)| *id).collect();
    let mut since: HashMap<i64, Timestamp> = page.items.iter().map(|(id, at)| (id.0, *at)).collect();
    let items = views_of(visit, &ids).await?.into_iter().filter_map(|record| {
        let since = since.remove(&record.facts.id)?.rfc3339();
        Some(LackingView { record, since })
    });
    Ok(Json(List { items: items.collect(), next: page.next }))
}

/// How many records lack something.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = LackingCount)]
pub(in super::super) struct CountView {
    #[schema(inline)]
    whose: WhoseWord,
    #[schema(inline)]
    kind: KindWord,
    #[schema(inline)]
    lack: LackWord,
    /// How many, counted to at most 1001.
    count: i64,
}

/// The counts that Today shows.
pub(super) fn counts(lacking: &Lists) -> Vec<CountView> {
    let of = |(whose, counts): &(Whose, Counts)| {
        let whose = if *whose == Whose::Mine { WhoseWord::Mine } else { WhoseWord::People };
        let view = move |(kind, lack, count): &(Kind, Lack, i64)| CountView {
            whose,
            kind: (*kind).into(),
            lack: (*lack).into(),
            count: *count,
        };
        counts.iter().map(view).collect::<Vec<_>>()
    };
    lacking.iter().flat_map(of).collect()
}
