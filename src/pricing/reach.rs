//! What a credential of some shops may say of prices: only what its own shops' members pay.

use super::entries;
use super::resolve::Member;
use super::rules::rules;
use crate::products::draft::two_places;
use crate::wire::{Line, LineCode, Problem, Scope};
use crate::{Result, merchants};
use diesel::PgConnection;
use std::collections::HashMap;

/// The lines that would change what is paid or read in other shops, too.
pub fn beyond(c: &mut PgConnection, scope: &Scope, lines: &[Line]) -> Result<HashMap<i32, Problem>> {
    let Some(seen) = scope.shops.as_ref() else { return Ok(HashMap::new()) };
    if !merchants::has_more_shops(c, scope.merchant, seen)? {
        return Ok(HashMap::new());
    }
    let per_shop = rules(c, scope.merchant)?.member == Member::PerShop;
    let shops = seen.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let shared = |line: &Line| {
        let own = |field: &str| field == "vipPrice" && per_shop && line.shop("shopId").value().is_some();
        let field = entries::FIELDS.into_iter().find(|field| line.has(field) && !own(field))?;
        let value = line.decimal(field).value().map(two_places).unwrap_or_default();
        Some((line.no, Problem::new(LineCode::SharedPrice, field, value).detail(&shops)))
    };
    Ok(lines.iter().filter_map(shared).collect())
}
