//! A merchant's own categories, as its ERP keeps them.

use crate::catalog::categories::{self, COUNTED, Node};
use crate::show;
use crate::web::{Ctx, Frame, Reply, filters};
use actix_web::web::Query;
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;
use std::collections::HashSet;

#[derive(Deserialize, Default)]
pub struct TreeQuery {
    #[serde(default)]
    pub q: String,
}

/// The nodes that a text names, with the way down to them and everything below.
pub(super) fn narrowed(nodes: Vec<Node>, q: &str) -> Vec<Node> {
    let q = q.trim().to_lowercase();
    if q.is_empty() {
        return nodes;
    }
    let named: HashSet<String> =
        nodes.iter().filter(|n| n.name.to_lowercase().contains(&q) || n.id.to_lowercase() == q).map(|n| n.id.clone()).collect();
    let parent_of = |id: &str| nodes.iter().find(|n| n.id == id).map(|n| n.parent_id.clone());
    let mut kept = named.clone();
    for id in &named {
        let mut at = parent_of(id);
        while let Some(parent) = at.filter(|p| p != categories::ROOT) {
            at = parent_of(&parent);
            kept.insert(parent);
        }
    }
    let below = |node: &Node| named.contains(&node.parent_id) || parent_of(&node.parent_id).is_some_and(|top| named.contains(&top));
    nodes.iter().filter(|n| kept.contains(&n.id) || below(n)).cloned().collect()
}

/// How many of each level, and how many are off.
#[derive(Default)]
pub(super) struct Sums {
    pub leaves: usize,
    pub all: usize,
    pub off: usize,
    pub banned: usize,
}

impl Sums {
    pub fn of(nodes: &[Node]) -> Self {
        let count = |is: fn(&&Node) -> bool| nodes.iter().filter(is).count();
        Self { all: nodes.len(), leaves: count(|n| n.level == 3), off: count(|n| !n.enabled), banned: count(|n| !n.allowed) }
    }
}

/// `999+` where counting stopped.
pub(super) fn counted(n: i64) -> String {
    if n >= COUNTED { format!("{}+", COUNTED - 1) } else { n.to_string() }
}

#[derive(Template)]
#[template(path = "catalog/categories.html", blocks = ["part"])]
struct TreePage {
    frame: Frame,
    now: DateTime<Utc>,
    nodes: Vec<Node>,
    sums: Sums,
    q: String,
}
show!(TreePage, |v| json!(v.nodes));

impl TreePage {
    fn goods(&self, node: &Node) -> String {
        counted(node.goods)
    }
}

/// `GET /categories`
pub async fn page(ctx: Ctx, query: Query<TreeQuery>) -> Reply {
    let merchant = ctx.merchant()?.merchant;
    let nodes = ctx.db.read(move |c| categories::tree(c, merchant)).await?;
    let q = query.into_inner().q.trim().to_owned();
    ctx.reply(TreePage { frame: ctx.frame("categories"), now: ctx.now, sums: Sums::of(&nodes), nodes: narrowed(nodes, &q), q })
}
