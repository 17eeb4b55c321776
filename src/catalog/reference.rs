//! Reference data that comes with the program: administrative regions and carriers.

use crate::Result;
use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, SmallInt, Text};
use serde::Deserialize;

/// A province, city or county by its division code; the parent of a province is `0`.
#[derive(Clone, Debug, Deserialize)]
pub struct Region {
    pub code: String,
    pub name: String,
    pub level: i16,
    pub parent_code: String,
    /// 华东, 华南, …
    pub area: String,
}

/// A carrier; other columns of its table are not kept.
#[derive(Clone, Debug, Deserialize)]
pub struct Carrier {
    pub code: String,
    pub name: String,
    /// Separated by `|`.
    pub aliases: String,
    pub website: String,
    pub phone: String,
    /// `active`, or anything else for one that has gone.
    pub status: String,
}

/// Takes regions in, or brings them up to date; how many changed. A city without counties stands in the tables once more
/// as its own county with the same code: the city is kept.
pub fn load_regions(tx: &mut PgConnection, rows: &[Region]) -> Result<usize> {
    Ok(diesel::sql_query(
        "insert into regions as r (code, name, level, parent_code, area) select distinct on (n.code) n.* from unnest($1, $2, $3, $4, $5) as n(code, name, level, parent_code, area) order by n.code, n.level \
         on conflict (code) do update set name = excluded.name, level = excluded.level, parent_code = excluded.parent_code, area = excluded.area \
         where (r.name, r.level, r.parent_code, r.area) <> (excluded.name, excluded.level, excluded.parent_code, excluded.area)",
    )
    .bind::<Array<Text>, _>(rows.iter().map(|r| r.code.as_str()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|r| r.name.as_str()).collect::<Vec<_>>())
    .bind::<Array<SmallInt>, _>(rows.iter().map(|r| r.level).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|r| r.parent_code.as_str()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|r| r.area.as_str()).collect::<Vec<_>>())
    .execute(tx)?)
}

/// Takes carriers in, or brings them up to date; how many changed.
pub fn load_carriers(tx: &mut PgConnection, rows: &[Carrier]) -> Result<usize> {
    Ok(diesel::sql_query(
        "insert into carriers as c (code, name, aliases, website, phone, active) select distinct on (n.code) n.* from unnest($1, $2, $3, $4, $5, $6) as n(code, name, aliases, website, phone, active) order by n.code \
         on conflict (code) do update set name = excluded.name, aliases = excluded.aliases, website = excluded.website, phone = excluded.phone, active = excluded.active \
         where (c.name, c.aliases, c.website, c.phone, c.active) <> (excluded.name, excluded.aliases, excluded.website, excluded.phone, excluded.active)",
    )
    .bind::<Array<Text>, _>(rows.iter().map(|r| r.code.as_str()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|r| r.name.as_str()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|r| r.aliases.as_str()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|r| r.website.as_str()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|r| r.phone.as_str()).collect::<Vec<_>>())
    .bind::<Array<Bool>, _>(rows.iter().map(|r| r.status == "active").collect::<Vec<_>>())
    .execute(tx)?)
}
