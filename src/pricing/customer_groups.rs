//! Customers priced alike: groups and levels with an order among them.

use super::gone;
use super::groups::{self, Fallback};
use crate::form::Form;
use crate::ids::{CustomerGroupId, CustomerId, MerchantId};
use crate::text::Text as Sentence;
use crate::trail::{self, Cause, Entry};
use crate::{Error, Result};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Int4, SmallInt, Text, Timestamptz};
use serde::Serialize;
use serde_json::{Value, json};

/// A group, with how much it is used.
#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Group {
    #[diesel(sql_type = BigInt)]
    pub id: CustomerGroupId,
    #[diesel(sql_type = Text)]
    pub code: String,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = SmallInt)]
    pub level: i16,
    /// Of several groups a customer is in the smallest number counts.
    #[diesel(sql_type = Int4)]
    pub priority: i32,
    #[diesel(sql_type = Int4)]
    pub version: i32,
    #[diesel(sql_type = BigInt)]
    pub members: i64,
    /// How many prices are for it, counted up to [`groups::COUNTED`].
    #[diesel(sql_type = BigInt)]
    pub prices: i64,
}

impl Group {
    fn told(&self) -> Value {
        json!({ "name": self.name, "level": self.level, "priority": self.priority })
    }
}

const SELECT: &str = "select g.id, g.code::text, g.name::text, g.level, g.priority, g.version, m.members, u.prices from customer_groups g \
     cross join lateral (select count(*) as members from customer_group_members m where m.merchant_id = g.merchant_id and m.group_id = g.id) m \
     cross join lateral (select count(*) as prices from (select 1 from prices p where p.merchant_id = g.merchant_id and p.customer_group_id = g.id limit 1000) c) u \
     where g.merchant_id = $1";

/// A merchant's groups in the order in which they count.
pub fn list(c: &mut PgConnection, merchant: MerchantId) -> Result<Vec<Group>> {
    Ok(diesel::sql_query(format!("{SELECT} order by g.priority, g.id")).bind::<BigInt, _>(merchant).load(c)?)
}

/// # Errors
/// `NotFound` for somebody else's as for none.
pub fn find(c: &mut PgConnection, merchant: MerchantId, id: CustomerGroupId) -> Result<Group> {
    Ok(diesel::sql_query(format!("{SELECT} and g.id = $2")).bind::<BigInt, _>(merchant).bind::<BigInt, _>(id).get_result(c)?)
}

/// What a group is to be.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    pub code: String,
    pub name: String,
    pub level: i16,
    pub priority: i32,
}

/// Makes a group, or changes one that is still at `seen`.
///
/// # Errors
/// `Invalid` for a code that is taken or malformed; `Conflict` when somebody was quicker.
pub fn save(tx: &mut PgConnection, cause: &Cause, of: Option<(CustomerGroupId, i32)>, draft: &Draft) -> Result<CustomerGroupId> {
    #[derive(QueryableByName)]
    struct Id {
        #[diesel(sql_type = BigInt)]
        id: CustomerGroupId,
    }
    let wrong = |text: Sentence| {
        let typed = [
            ("code", draft.code.clone()),
            ("name", draft.name.clone()),
            ("level", draft.level.to_string()),
            ("priority", draft.priority.to_string()),
        ];
        Err(Error::invalid(Form::filled(typed).with_error("code", text)))
    };
    if !groups::is_code(&draft.code) {
        return wrong(Sentence::new("pricing-bad-code"));
    }
    groups::shut(tx, cause.merchant)?;
    if groups::code_taken(tx, cause.merchant, "customer_groups", &draft.code, of.map(|(id, _)| id.0))? {
        return wrong(Sentence::new("pricing-code-taken").with(&draft.code));
    }
    let before = match of {
        Some((id, seen)) => Some(find(tx, cause.merchant, id)?).filter(|g| g.version == seen).ok_or_else(groups::moved_on).map(Some)?,
        None => None,
    };
    let sql = if of.is_some() {
        "update customer_groups set code = $2, name = $3, level = $4, priority = $5, version = version + 1, updated_at = $6 \
         where merchant_id = $1 and id = $7 returning id"
    } else {
        "insert into customer_groups (merchant_id, code, name, level, priority, created_at, updated_at) select $1, $2, $3, $4, $5, $6, $6 \
         where $7 = 0 returning id"
    };
    let made: Id = diesel::sql_query(sql)
        .bind::<BigInt, _>(cause.merchant)
        .bind::<Text, _>(&draft.code)
        .bind::<Text, _>(&draft.name)
        .bind::<SmallInt, _>(draft.level)
        .bind::<Int4, _>(draft.priority)
        .bind::<Timestamptz, _>(cause.now)
        .bind::<BigInt, _>(of.map_or(0, |(id, _)| id.0))
        .get_result(tx)?;
    let after = find(tx, cause.merchant, made.id)?;
    let entry = match &before {
        None => Entry::new("customer_group.created", "customer_group", &after.code).change(Value::Null, after.told()),
        Some(before) if before.told() == after.told() && before.code == after.code => return Ok(made.id),
        Some(before) => Entry::new("customer_group.changed", "customer_group", &before.code).change(before.told(), after.told()),
    };
    trail::record(tx, cause, &[entry])?;
    Ok(made.id)
}

/// A customer as a list of members shows it.
#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Member {
    #[diesel(sql_type = BigInt)]
    pub id: CustomerId,
    #[diesel(sql_type = Text)]
    pub customer_id: String,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub uscc: String,
    /// It is in the group that was asked about.
    #[diesel(sql_type = Bool)]
    pub inside: bool,
}

/// Members after `after`, by id.
pub fn members(c: &mut PgConnection, merchant: MerchantId, id: CustomerGroupId, after: i64, limit: i64) -> Result<Vec<Member>> {
    Ok(diesel::sql_query(
        "select k.id, k.customer_id, k.name, k.uscc, true as inside from customer_group_members m \
         join customers k on k.merchant_id = m.merchant_id and k.id = m.customer_id \
         where m.merchant_id = $1 and m.group_id = $2 and m.customer_id > $3 order by m.customer_id limit $4",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<BigInt, _>(id)
    .bind::<BigInt, _>(after)
    .bind::<BigInt, _>(limit)
    .load(c)?)
}

/// Who a list of names means: platform ids, credit codes, or whole names. What means nobody comes back as well.
pub fn meant(c: &mut PgConnection, merchant: MerchantId, names: &[String]) -> Result<(Vec<CustomerId>, Vec<String>)> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = Text)]
        word: String,
        #[diesel(sql_type = diesel::sql_types::Nullable<BigInt>)]
        id: Option<CustomerId>,
    }
    let found: Vec<Found> = diesel::sql_query(
        "select w.word, k.id from unnest($2) as w(word) left join lateral ( \
           select id from customers where merchant_id = $1 and customer_id = w.word union \
           select id from customers where merchant_id = $1 and uscc = upper(w.word) and uscc <> '' order by id limit 1) k on true",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Array<Text>, _>(names)
    .load(c)?;
    let (known, nobody): (Vec<Found>, Vec<Found>) = found.into_iter().partition(|f| f.id.is_some());
    Ok((known.into_iter().filter_map(|f| f.id).collect(), nobody.into_iter().map(|f| f.word).collect()))
}

/// Takes customers into a group, or out of it; how many that changed.
pub fn put(tx: &mut PgConnection, cause: &Cause, id: CustomerGroupId, customers: &[CustomerId], inside: bool) -> Result<usize> {
    let group = find(tx, cause.merchant, id)?;
    let sql = if inside {
        "insert into customer_group_members (merchant_id, customer_id, group_id) select $1, k.id, $2 from customers k \
         where k.merchant_id = $1 and k.id = any($3) on conflict do nothing"
    } else {
        "delete from customer_group_members where merchant_id = $1 and group_id = $2 and customer_id = any($3)"
    };
    let moved =
        diesel::sql_query(sql).bind::<BigInt, _>(cause.merchant).bind::<BigInt, _>(id).bind::<Array<BigInt>, _>(customers).execute(tx)?;
    if moved > 0 {
        let (verb, told) = if inside { ("customer_group.joined", "joined") } else { ("customer_group.left", "left") };
        trail::record(tx, cause, &[Entry::new(verb, "customer_group", &group.code).change(Value::Null, json!({ told: moved }))])?;
    }
    Ok(moved)
}

/// What its prices would fall back to.
pub fn fallback(c: &mut PgConnection, merchant: MerchantId, id: CustomerGroupId) -> Result<Vec<Fallback>> {
    groups::fallback(c, merchant, "customer_group_id", id.0)
}

/// Deletes a group with its prices, to come back by [`gone::restore`]: its members pay what else applies. How many prices went.
///
/// # Errors
/// `Conflict` when it has changed, or has got more prices, since the person looked.
pub fn delete(tx: &mut PgConnection, cause: &Cause, id: CustomerGroupId, seen: i32, prices: i64) -> Result<usize> {
    groups::lock_prices(tx, cause.merchant, "customer_group_id", id.0)?;
    groups::shut(tx, cause.merchant)?;
    let group = find(tx, cause.merchant, id)?;
    if group.version != seen || group.prices > prices {
        return Err(groups::moved_on());
    }
    let dropped = groups::drop_prices(tx, cause, "customer_group_id", id.0)?;
    gone::keep(tx, cause, gone::Kind::Customer, id.0, dropped)?;
    diesel::sql_query("delete from customer_groups where merchant_id = $1 and id = $2")
        .bind::<BigInt, _>(cause.merchant)
        .bind::<BigInt, _>(id)
        .execute(tx)?;
    let mut told = group.told();
    if let Some(map) = told.as_object_mut() {
        map.insert("members".into(), json!(group.members));
        map.insert("prices".into(), json!(dropped));
    }
    trail::record(tx, cause, &[Entry::new("customer_group.deleted", "customer_group", &group.code).change(told, Value::Null)])?;
    Ok(dropped)
}
