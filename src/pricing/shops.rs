//! Shops as prices know them: which a caller may name, and what each has sent for members.

use super::resolve::Member;
use crate::Result;
use crate::ids::{ShopId, SkuId};
use crate::merchants;
use crate::products::draft::two_places;
use crate::wire::{Line, LineCode, Problem, Scope};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Numeric, Text};
use rust_decimal::Decimal;
use std::cell::RefCell;
use std::collections::HashMap;

pub(super) struct Shops {
    known: Vec<ShopId>,
    /// What shops say of a SKU, this call's lines included as they are read.
    said: RefCell<HashMap<SkuId, Vec<(ShopId, Decimal)>>>,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    sku_id: SkuId,
    #[diesel(sql_type = BigInt)]
    shop_id: ShopId,
    #[diesel(sql_type = Numeric)]
    amount: Decimal,
}

impl Shops {
    /// Asks only for what the lines speak of.
    pub fn of(c: &mut PgConnection, scope: &Scope, lines: &[Line]) -> Result<Self> {
        let named: Vec<String> = lines.iter().filter(|l| l.shop("shopId").value().is_some()).map(|l| l.text_or_empty("skuId")).collect();
        if named.is_empty() {
            return Ok(Self { known: Vec::new(), said: RefCell::default() });
        }
        let known = merchants::shops(c, scope.merchant)?.into_iter().map(|s| s.id).filter(|id| scope.sees(*id)).collect();
        let rows: Vec<Row> = diesel::sql_query(
            "select p.sku_id, p.shop_id, p.amount from unnest($2) as l(ext) \
             cross join lateral (select id from skus where merchant_id = $1 and sku_id = l.ext offset 0) k \
             join prices p on p.merchant_id = $1 and p.sku_id = k.id and p.customer_id = 0 and p.customer_group_id = 0 and p.region_group_id = 0 \
               and p.shop_id > 0 and not isfinite(p.valid_from)",
        )
        .bind::<BigInt, _>(scope.merchant)
        .bind::<Array<Text>, _>(named)
        .load(c)?;
        let mut said: HashMap<SkuId, Vec<(ShopId, Decimal)>> = HashMap::new();
        for row in rows {
            said.entry(row.sku_id).or_default().push((row.shop_id, row.amount));
        }
        Ok(Self { known, said: RefCell::new(said) })
    }

    /// A shop outside the credential's reach is as unknown as one that does not exist.
    pub fn knows(&self, shop: ShopId) -> bool {
        self.known.contains(&shop)
    }

    /// members pay one price everywhere, and another shop says another one.
    pub fn differing(&self, line: &Line, sku: SkuId, shop: Option<ShopId>, member: Member) -> Option<Problem> {
        let (shop, amount) = (shop?, line.decimal("vipPrice").value()?);
        let mut said = self.said.borrow_mut();
        let shops = said.entry(sku).or_default();
        shops.retain(|(other, _)| *other != shop);
        let other = shops.iter().find(|(_, other)| *other != amount).copied();
        shops.push((shop, amount));
        let (other, theirs) = other.filter(|_| member == Member::Uniform)?;
        Some(Problem::new(LineCode::ShopsDiffer, "vipPrice", two_places(amount)).detail(other).detail(two_places(theirs)))
    }
}
