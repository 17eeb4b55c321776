//! How prices are found and changed at one merchant.

use super::resolve::{Member, Policy};
use crate::Result;
use crate::ids::MerchantId;
use crate::trail::{self, Cause, Entry};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, SmallInt, Text, Timestamptz};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// A merchant's rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rules {
    pub policy: Policy,
    pub member: Member,
    /// Before prices are applied by hand, those that move by more than this are pointed out, in per cent.
    pub alert_percent: i16,
    /// no person sets a price below this share of cost, in per cent.
    pub floor_percent: Option<i16>,
}

impl Default for Rules {
    fn default() -> Self {
        Self { policy: Policy::Specific, member: Member::Uniform, alert_percent: 20, floor_percent: None }
    }
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    policy: String,
    #[diesel(sql_type = Text)]
    member: String,
    #[diesel(sql_type = SmallInt)]
    alert_percent: i16,
    #[diesel(sql_type = Nullable<SmallInt>)]
    floor_percent: Option<i16>,
}

/// The merchant's own rules, or the defaults.
pub fn rules(c: &mut PgConnection, merchant: MerchantId) -> Result<Rules> {
    let own: Option<Row> = diesel::sql_query("select policy, member, alert_percent, floor_percent from price_rules where merchant_id = $1")
        .bind::<BigInt, _>(merchant)
        .get_result(c)
        .optional()?;
    Ok(own.map_or_else(Rules::default, |row| Rules {
        policy: Policy::of(&row.policy),
        member: Member::of(&row.member),
        alert_percent: row.alert_percent,
        floor_percent: row.floor_percent,
    }))
}

/// Sets the rules; the trail tells what differs. Whether anything did.
pub fn set_rules(tx: &mut PgConnection, cause: &Cause, new: Rules) -> Result<bool> {
    let old = rules(tx, cause.merchant)?;
    if old == new {
        return Ok(false);
    }
    diesel::sql_query(
        "insert into price_rules (merchant_id, policy, member, alert_percent, floor_percent, updated_at) values ($1, $2, $3, $4, $5, $6) \
         on conflict (merchant_id) do update set policy = $2, member = $3, alert_percent = $4, floor_percent = $5, updated_at = $6",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Text, _>(new.policy.as_str())
    .bind::<Text, _>(new.member.as_str())
    .bind::<SmallInt, _>(new.alert_percent)
    .bind::<Nullable<SmallInt>, _>(new.floor_percent)
    .bind::<Timestamptz, _>(cause.now)
    .execute(tx)?;
    let (before, after) = differing(&json!(old), &json!(new));
    trail::record(tx, cause, &[Entry::new("price_rules.changed", "price_rules", cause.merchant).change(before, after)])?;
    Ok(true)
}

/// The fields of two objects that are not the same.
pub(super) fn differing(old: &Value, new: &Value) -> (Value, Value) {
    let (mut before, mut after) = (Map::new(), Map::new());
    for (name, is) in new.as_object().into_iter().flatten() {
        let was = old.get(name).cloned().unwrap_or(Value::Null);
        if was != *is {
            before.insert(name.clone(), was);
            after.insert(name.clone(), is.clone());
        }
    }
    (before.into(), after.into())
}
