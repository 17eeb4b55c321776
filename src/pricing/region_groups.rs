//! Regions priced alike: named sets of provinces and cities, each division in one group at most.

use super::gone;
use super::groups::{self, Fallback};
use crate::form::Form;
use crate::ids::{MerchantId, RegionGroupId};
use crate::text::Text as Sentence;
use crate::trail::{self, Cause, Entry};
use crate::{Error, Result};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Int4, Text, Timestamptz};
use serde::Serialize;
use serde_json::{Value, json};

/// A group with its divisions.
#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Group {
    #[diesel(sql_type = BigInt)]
    pub id: RegionGroupId,
    #[diesel(sql_type = Text)]
    pub code: String,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Int4)]
    pub version: i32,
    /// Codes of its divisions.
    #[diesel(sql_type = Array<Text>)]
    pub regions: Vec<String>,
    /// Their names, provinces first.
    #[diesel(sql_type = Array<Text>)]
    pub names: Vec<String>,
    /// How many prices are for it, counted up to [`groups::COUNTED`].
    #[diesel(sql_type = BigInt)]
    pub prices: i64,
}

impl Group {
    fn told(&self) -> Value {
        json!({ "name": self.name, "regions": self.regions })
    }
}

const SELECT: &str = "select g.id, g.code::text, g.name::text, g.version, m.codes as regions, m.names, u.prices from region_groups g \
     cross join lateral (select coalesce(array_agg(r.code order by r.level, r.code), '{}') as codes, coalesce(array_agg(r.name order by r.level, r.code), '{}') as names \
       from region_group_members m join regions r on r.code = m.region_code where m.merchant_id = g.merchant_id and m.group_id = g.id) m \
     cross join lateral (select count(*) as prices from (select 1 from prices p where p.merchant_id = g.merchant_id and p.region_group_id = g.id limit 1000) c) u \
     where g.merchant_id = $1";

/// A merchant's groups by code.
pub fn list(c: &mut PgConnection, merchant: MerchantId) -> Result<Vec<Group>> {
    Ok(diesel::sql_query(format!("{SELECT} order by g.code")).bind::<BigInt, _>(merchant).load(c)?)
}

/// # Errors
/// `NotFound` for somebody else's as for none.
pub fn find(c: &mut PgConnection, merchant: MerchantId, id: RegionGroupId) -> Result<Group> {
    Ok(diesel::sql_query(format!("{SELECT} and g.id = $2")).bind::<BigInt, _>(merchant).bind::<BigInt, _>(id).get_result(c)?)
}

/// What a group is to be.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    pub code: String,
    pub name: String,
    pub regions: Vec<String>,
}

/// Makes a group, or changes one that is still at `seen`.
///
/// # Errors
/// `Invalid` for a code that is taken or malformed and for divisions that another group has; `Conflict` when somebody was quicker.
pub fn save(tx: &mut PgConnection, cause: &Cause, of: Option<(RegionGroupId, i32)>, draft: &Draft) -> Result<RegionGroupId> {
    let id = of.map(|(id, _)| id);
    let wrong = |field: &str, text: Sentence| {
        let typed = [("code", draft.code.clone()), ("name", draft.name.clone())];
        let picked = draft.regions.iter().map(|code| ("region", code.clone()));
        Err(Error::invalid(Form::filled(typed.into_iter().chain(picked)).with_error(field, text)))
    };
    if !groups::is_code(&draft.code) {
        return wrong("code", Sentence::new("pricing-bad-code"));
    }
    groups::shut(tx, cause.merchant)?;
    if groups::code_taken(tx, cause.merchant, "region_groups", &draft.code, id.map(|id| id.0))? {
        return wrong("code", Sentence::new("pricing-code-taken").with(&draft.code));
    }
    if let Some((division, group)) = taken(tx, cause.merchant, &draft.regions, id)? {
        return wrong("region", Sentence::new("pricing-region-taken").with(division).with(group));
    }
    let before = match of {
        Some((id, seen)) => Some(find(tx, cause.merchant, id)?).filter(|g| g.version == seen).ok_or_else(groups::moved_on).map(Some)?,
        None => None,
    };
    let id = write(tx, cause, id, draft)?;
    let after = find(tx, cause.merchant, id)?;
    let entry = match &before {
        None => Entry::new("region_group.created", "region_group", &after.code).change(Value::Null, after.told()),
        Some(before) if before.told() == after.told() && before.code == after.code => return Ok(id),
        Some(before) => Entry::new("region_group.changed", "region_group", &before.code).change(before.told(), after.told()),
    };
    trail::record(tx, cause, &[entry])?;
    Ok(id)
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = BigInt)]
    id: RegionGroupId,
}

fn write(tx: &mut PgConnection, cause: &Cause, id: Option<RegionGroupId>, draft: &Draft) -> Result<RegionGroupId> {
    let sql = if id.is_some() {
        "update region_groups set code = $2, name = $3, version = version + 1, updated_at = $4 where merchant_id = $1 and id = $5 returning id"
    } else {
        "insert into region_groups (merchant_id, code, name, created_at, updated_at) select $1, $2, $3, $4, $4 where $5 = 0 returning id"
    };
    let made: Id = diesel::sql_query(sql)
        .bind::<BigInt, _>(cause.merchant)
        .bind::<Text, _>(&draft.code)
        .bind::<Text, _>(&draft.name)
        .bind::<Timestamptz, _>(cause.now)
        .bind::<BigInt, _>(id.map_or(0, |id| id.0))
        .get_result(tx)?;
    diesel::sql_query("delete from region_group_members where merchant_id = $1 and group_id = $2 and region_code <> all($3)")
        .bind::<BigInt, _>(cause.merchant)
        .bind::<BigInt, _>(made.id)
        .bind::<Array<Text>, _>(&draft.regions)
        .execute(tx)?;
    // Only provinces and cities; what is neither is left out.
    diesel::sql_query(
        "insert into region_group_members (merchant_id, region_code, group_id) select $1, code, $2 from regions where code = any($3) and level <= 2 \
         on conflict do nothing",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<BigInt, _>(made.id)
    .bind::<Array<Text>, _>(&draft.regions)
    .execute(tx)?;
    Ok(made.id)
}

/// The first of these divisions that another group has, with that group's name.
fn taken(c: &mut PgConnection, merchant: MerchantId, regions: &[String], but: Option<RegionGroupId>) -> Result<Option<(String, String)>> {
    #[derive(QueryableByName)]
    struct Taken {
        #[diesel(sql_type = Text)]
        division: String,
        #[diesel(sql_type = Text)]
        by: String,
    }
    let found: Option<Taken> = diesel::sql_query(
        "select r.name as division, g.name::text as by from region_group_members m join regions r on r.code = m.region_code \
         join region_groups g on g.merchant_id = m.merchant_id and g.id = m.group_id \
         where m.merchant_id = $1 and m.region_code = any($2) and m.group_id <> $3 order by r.code limit 1",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Array<Text>, _>(regions)
    .bind::<BigInt, _>(but.map_or(0, |id| id.0))
    .get_result(c)
    .optional()?;
    Ok(found.map(|t| (t.division, t.by)))
}

/// A division of the picker, and whose it is.
#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Division {
    #[diesel(sql_type = Text)]
    pub code: String,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = diesel::sql_types::SmallInt)]
    pub level: i16,
    #[diesel(sql_type = Text)]
    pub parent: String,
    #[diesel(sql_type = Text)]
    pub area: String,
    #[diesel(sql_type = diesel::sql_types::Nullable<BigInt>)]
    pub group: Option<RegionGroupId>,
    #[diesel(sql_type = diesel::sql_types::Nullable<Text>)]
    pub by: Option<String>,
}

/// All provinces and cities in the order of their codes.
pub fn divisions(c: &mut PgConnection, merchant: MerchantId) -> Result<Vec<Division>> {
    Ok(diesel::sql_query(
        "select r.code, r.name, r.level, r.parent_code as parent, r.area, m.group_id as \"group\", g.name::text as by from regions r \
         left join region_group_members m on m.merchant_id = $1 and m.region_code = r.code \
         left join region_groups g on g.merchant_id = $1 and g.id = m.group_id where r.level <= 2 order by r.code",
    )
    .bind::<BigInt, _>(merchant)
    .load(c)?)
}

/// What its prices would fall back to.
pub fn fallback(c: &mut PgConnection, merchant: MerchantId, id: RegionGroupId) -> Result<Vec<Fallback>> {
    groups::fallback(c, merchant, "region_group_id", id.0)
}

/// Deletes a group with its prices, to come back by [`gone::restore`]: its buyers pay what else applies. How many prices went.
///
/// # Errors
/// `Conflict` when it has changed, or has got more prices, since the person looked.
pub fn delete(tx: &mut PgConnection, cause: &Cause, id: RegionGroupId, seen: i32, prices: i64) -> Result<usize> {
    groups::lock_prices(tx, cause.merchant, "region_group_id", id.0)?;
    groups::shut(tx, cause.merchant)?;
    let group = find(tx, cause.merchant, id)?;
    if group.version != seen || group.prices > prices {
        return Err(groups::moved_on());
    }
    let dropped = groups::drop_prices(tx, cause, "region_group_id", id.0)?;
    gone::keep(tx, cause, gone::Kind::Region, id.0, dropped)?;
    diesel::sql_query("delete from region_groups where merchant_id = $1 and id = $2")
        .bind::<BigInt, _>(cause.merchant)
        .bind::<BigInt, _>(id)
        .execute(tx)?;
    let mut told = group.told();
    if let Some(map) = told.as_object_mut() {
        map.insert("prices".into(), json!(dropped));
    }
    trail::record(tx, cause, &[Entry::new("region_group.deleted", "region_group", &group.code).change(told, Value::Null)])?;
    Ok(dropped)
}
