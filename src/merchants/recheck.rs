//! A word from this floor to the room of products above: what was decided here bears on the listing of products there.
//!
//! The row is written with the decision, in its transaction; the worker looks at the products again in steps (P-08, P-16),
//! since there may be many thousands of them at every merchant.

use crate::Result;
use crate::ids::{BaseId, MerchantId};
use crate::trail::Cause;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text, Timestamptz};

/// Whose products are to be looked at again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About<'a> {
    /// All of the cause's merchant: its auto-list rule changed.
    Rule,
    /// Those of every merchant whose base product is in these branches of the platform's tree.
    Categories(&'a [String]),
    /// Those of every merchant that this entry of the block list hits, or hit.
    Block(i64),
    /// Those of every merchant that are linked to this base product.
    Base(BaseId),
}

/// Asks for it.
pub fn ask(tx: &mut PgConnection, cause: &Cause, about: &About<'_>) -> Result<()> {
    let (merchant, kind, keys) = match about {
        About::Rule => (cause.merchant, "rule", vec![String::new()]),
        About::Categories(ids) => (MerchantId::PLATFORM, "category", ids.to_vec()),
        About::Block(id) => (MerchantId::PLATFORM, "block", vec![id.to_string()]),
        About::Base(id) => (MerchantId::PLATFORM, "base", vec![id.0.to_string()]),
    };
    diesel::sql_query("insert into listing_rechecks (merchant_id, about, key, asked_at) select $1, $2, k, $4 from unnest($3) as k")
        .bind::<BigInt, _>(merchant)
        .bind::<Text, _>(kind)
        .bind::<Array<Text>, _>(keys)
        .bind::<Timestamptz, _>(cause.now)
        .execute(tx)?;
    Ok(())
}
