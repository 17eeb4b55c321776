//! The lots of the row: told as a whole, stopped by people, expired at midnight; beside its number, or its number itself.

use super::{Play, SHOP};
use chrono::{DateTime, Days, NaiveDate, Utc};
use diesel::prelude::*;
use duijie::clock::day;
use duijie::ids::MerchantId;
use duijie::lots::model::{Replace, replace};
use duijie::lots::stops::{self, Which};
use duijie::lots::told::Told;
use duijie::lots::{Day, rules};
use duijie::stock::shelf::{LotMode, LotRules};
use duijie::trail::{Cause, Kind};
use duijie::wire::Outcome;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// By lot: in how many days it expires, if ever, and how many there are.
pub type Tale = BTreeMap<u8, (Option<u64>, i64)>;

pub fn tale() -> impl Strategy<Value = Tale> {
    prop::collection::btree_map(0..4_u8, (prop::option::of(0..3_u64), 0..15_i64), 0..4)
}

pub struct Shelf {
    carry: bool,
    /// Lots have been told at all.
    told: bool,
    lots: BTreeMap<u8, (Option<NaiveDate>, i64)>,
    stopped: BTreeSet<u8>,
}

impl Shelf {
    pub fn new(carry: bool) -> Self {
        Self { carry, told: false, lots: BTreeMap::new(), stopped: BTreeSet::new() }
    }
    pub fn is_the_number(&self) -> bool {
        self.carry && self.told
    }
    /// Units that are there and may not be sold.
    pub fn off_sale(&self, number: i64, now: DateTime<Utc>) -> i64 {
        let off = |(no, (expires, _)): &(&u8, &(Option<NaiveDate>, i64))| {
            self.stopped.contains(no) || expires.is_some_and(|last| last < day(now))
        };
        let units: i64 = self.lots.iter().filter(off).map(|(_, (_, qty))| qty).sum();
        units.min(number.max(0))
    }
}

/// How the merchant's ERP tells its lots; nothing waits for a person.
pub fn rule(c: &mut PgConnection, merchant: MerchantId, now: DateTime<Utc>, carry: bool) {
    let cause = Cause { kind: Kind::Person, ..Cause::system(merchant, "somebody", now) };
    c.transaction(|tx| rules::set(tx, &cause, LotRules { mode: LotMode::All, carry })).expect("rules");
    let unguarded = "insert into guard_rules (merchant_id, zero_on, swing_on, floor_on, lots_on, updated_at) values ($1, false, false, false, false, now()) on conflict do nothing";
    diesel::sql_query(unguarded).bind::<diesel::sql_types::BigInt, _>(merchant).execute(c).expect("guards");
}

impl Play<'_> {
    pub fn tell(&mut self, tale: &Tale) {
        let (cause, today) = (self.cause(Kind::Erp), day(self.now));
        let date = |days: u64| today + Days::new(days);
        let told = |(no, (days, qty)): (&u8, &(Option<u64>, i64))| Told {
            lot_no: format!("B{no}"),
            produced_on: None,
            expires_on: days.map(|days| Day { date: date(days), month: false }),
            quantity: Some(*qty),
        };
        let lots = tale.iter().map(told).collect();
        let new = Replace { no: 1, sku: self.sku, shop: SHOP, lots, source_time: None, ack_seq: None, as_of: None };
        let done = self.c.transaction(|tx| replace(tx, &cause, vec![new])).expect("replace").remove(0);
        assert!(matches!(done.outcome, Outcome::Applied | Outcome::Unchanged), "{done:?}");
        let shelf = &mut self.model.shelf;
        shelf.told = true;
        shelf.lots = tale.iter().filter(|(_, (_, qty))| *qty > 0).map(|(no, (days, qty))| (*no, (days.map(date), *qty))).collect();
        if shelf.carry {
            let sum = shelf.lots.values().map(|(_, qty)| qty).sum();
            self.counted(sum);
        }
    }

    fn which(&self, no: u8) -> Which {
        Which { sku: self.sku, ext: self.ext.clone(), shop: Some(SHOP), lot_no: format!("B{no}") }
    }

    pub fn stop(&mut self, no: u8) {
        let (cause, which) = (self.cause(Kind::Person), self.which(no));
        let done = self.c.transaction(|tx| stops::stop(tx, &cause, &which, "召回"));
        let shelf = &mut self.model.shelf;
        let on_sale = shelf.lots.contains_key(&no) && !shelf.stopped.contains(&no);
        assert_eq!(done.is_ok(), on_sale);
        if on_sale {
            shelf.stopped.insert(no);
        }
    }

    pub fn resume(&mut self, no: u8) {
        let (cause, which) = (self.cause(Kind::Person), self.which(no));
        let done = self.c.transaction(|tx| stops::resume(tx, &cause, &which));
        assert_eq!(done.is_ok(), self.model.shelf.stopped.remove(&no));
    }
}
