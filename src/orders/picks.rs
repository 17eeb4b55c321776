//! What is taken from the shelves for several orders at once: per shop and SKU, in lots that expire first (O-10, B-03).

use super::list::Item;
use super::model::{OrderLine, lines_of};
use super::state::State;
use crate::Result;
use crate::clock::day;
use crate::ids::{MerchantId, OrderId, ShopId, SkuId};
use crate::lots::{self, Day, Lot, fefo};
use chrono::{DateTime, Utc};
use diesel::PgConnection;
use std::collections::{BTreeMap, HashMap};

/// Some units of a lot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Take {
    pub lot_no: String,
    /// Its last day; empty where nobody told it.
    pub ends: String,
    pub qty: i64,
}

/// What is taken of one SKU at one shop.
#[derive(Clone, Debug)]
pub struct Pick {
    pub shop: String,
    pub sku_id: String,
    pub erp_code: String,
    pub name: String,
    pub spec: String,
    pub manufacturer: String,
    pub unit: String,
    pub qty: i64,
    pub lots: Vec<Take>,
    /// Units no lot is known to hold.
    pub missing: i64,
    /// For which orders, and how many each.
    pub orders: Vec<(String, i64)>,
}

impl Pick {
    /// The SKU has lots, and they do not hold enough.
    pub fn is_short(&self) -> bool {
        self.missing > 0 && !self.lots.is_empty()
    }
}

/// A pick list.
#[derive(Clone, Debug, Default)]
pub struct Picks {
    pub picks: Vec<Pick>,
    /// Orders it is for.
    pub orders: Vec<String>,
    /// Orders of which nothing can leave now: unpaid, gone, or over.
    pub left_out: Vec<String>,
}

impl Picks {
    pub fn units(&self) -> i64 {
        self.picks.iter().map(|p| p.qty).sum()
    }
}

/// The pick list of these orders: what has not left yet of those that are paid, by shop and the ERP's code.
pub fn of(c: &mut PgConnection, merchant: MerchantId, items: &[Item], now: DateTime<Utc>) -> Result<Picks> {
    let open = |item: &&Item| item.order.paid_at.is_some() && matches!(item.order.state(), State::ToShip | State::PartlyShipped);
    let (going, staying): (Vec<&Item>, Vec<&Item>) = items.iter().partition(open);
    let ids: Vec<OrderId> = going.iter().map(|i| i.order.id).collect();
    let mut lines = lines_of(c, merchant, &ids)?;
    let mut sums: BTreeMap<(ShopId, String, SkuId), Pick> = BTreeMap::new();
    for item in &going {
        let left = lines.remove(&item.order.id).into_iter().flatten().map(|line| (line.units().left(), line)).filter(|(n, _)| *n > 0);
        for (n, line) in left {
            let key = (item.order.shop, line.erp_code.clone(), line.sku);
            let pick = sums.entry(key).or_insert_with(|| empty(item, line));
            pick.qty += n;
            match pick.orders.last_mut().filter(|(no, _)| *no == item.order.order_no) {
                Some((_, already)) => *already += n,
                None => pick.orders.push((item.order.order_no.clone(), n)),
            }
        }
    }
    let places: Vec<(SkuId, ShopId)> = sums.keys().map(|(shop, _, sku)| (*sku, *shop)).collect();
    let known = lots::sellable(c, merchant, &places, day(now))?;
    let mut by_place: HashMap<(SkuId, ShopId), Vec<&Lot>> = HashMap::new();
    for lot in &known {
        by_place.entry((lot.sku, lot.shop)).or_default().push(lot);
    }
    let picks = sums.into_iter().map(|((shop, _, sku), pick)| {
        let (taken, missing) = fefo(pick.qty, by_place.get(&(sku, shop)).map_or(&[], Vec::as_slice));
        let take = |t: &lots::Take| Take {
            lot_no: t.lot.lot_no.clone(),
            ends: t.lot.expires_on.map(|date| Day { date, month: t.lot.month }.to_string()).unwrap_or_default(),
            qty: t.qty,
        };
        Pick { lots: taken.iter().map(take).collect(), missing, ..pick }
    });
    let nos = |items: Vec<&Item>| items.into_iter().map(|i| i.order.order_no.clone()).collect();
    Ok(Picks { picks: picks.collect(), orders: nos(going), left_out: nos(staying) })
}

fn empty(item: &Item, line: OrderLine) -> Pick {
    Pick {
        shop: item.shop.clone(),
        sku_id: line.sku_id,
        erp_code: line.erp_code,
        name: line.name,
        spec: line.spec,
        manufacturer: line.manufacturer,
        unit: line.unit,
        qty: 0,
        lots: Vec::new(),
        missing: 0,
        orders: Vec::new(),
    }
}
