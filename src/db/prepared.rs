//! Statements of hot paths: PostgreSQL plans each once a connection and is told its name from then on.
//!
//! Planning a statement anew takes it about as long as running one that touches a row or two, and a push, a freeze, an order
//! are some twenty of them. A name outlives the transaction, so it needs a connection that stays the same between two of
//! them; [`super::Plans`] says whether that is so.
//!
//! PostgreSQL goes on planning a statement anew where that looks cheaper than the plan for any values; it does for an array of
//! which it can see how long it is. `unnest((select $2))` and `any((select $2)::bigint[])` hide that from it.
//!
//! Only for statements whose text has few variants and whose best plan does not depend on the values: point reads by key,
//! rows from `unnest`. What a list is filtered by is planned anew.

use diesel::PgConnection;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;

/// Turns a statement into one that is planned once.
pub trait Prepare: QueryFragment<Pg> + Sized {
    fn prepared(self) -> Prepared<Self> {
        Prepared(self)
    }
}

impl<Q: QueryFragment<Pg>> Prepare for Q {}

/// A statement whose plan the connection keeps under its text.
#[derive(Clone, Copy, Debug)]
#[must_use = "a statement does nothing before it is run"]
pub struct Prepared<Q>(Q);

impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for Prepared<Q> {
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.0.walk_ast(pass)
    }
    /// Diesel cannot know that hand-written SQL comes in few variants; whoever calls [`Prepare::prepared`] does.
    fn is_safe_to_cache_prepared(&self, _: &Pg) -> QueryResult<bool> {
        Ok(true)
    }
}

impl<Q> QueryId for Prepared<Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q: Query> Query for Prepared<Q> {
    type SqlType = Q::SqlType;
}

impl<Q> RunQueryDsl<PgConnection> for Prepared<Q> {}
