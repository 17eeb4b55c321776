//! What the ERP said a moment ago of what a buyer is about to take (S-04, Q-30).

use crate::ids::{ShopId, SkuId};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::collections::HashMap;

/// What it said of one SKU at one shop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// Its figure of this moment, with what it tells of itself beside.
    Figure { inventory: i64, frozen: Option<i64>, sold: Option<i64>, ack_seq: Option<i64>, as_of: Option<DateTime<Utc>> },
    /// That it does not sell this, in its own words.
    Refused(String),
    /// Nothing in time; the cause.
    Silent(&'static str),
}

/// The answers to one call's questions. What was not asked (a number held by a person decides by itself) is not in it.
#[derive(Clone, Debug)]
pub struct Live {
    pub asked_at: DateTime<Utc>,
    /// How long the buyer waited for it.
    pub ms: i64,
    /// Where the ERP was silent: nothing is sold; else the local number less the buffer decides.
    pub closed: bool,
    pub buffer: i64,
    pub said: HashMap<(SkuId, ShopId), Said>,
}

impl Live {
    /// For the record: how many of these the ERP answered, in how long, and what was decided about the others.
    pub fn told(&self, places: impl Iterator<Item = (SkuId, ShopId)>) -> Value {
        let (mut answered, mut silent, mut why) = (0, 0, None);
        for said in places.filter_map(|place| self.said.get(&place)) {
            match said {
                Said::Silent(cause) => {
                    silent += 1;
                    why.get_or_insert(*cause);
                }
                Said::Figure { .. } | Said::Refused(_) => answered += 1,
            }
        }
        if answered + silent == 0 {
            return Value::Null;
        }
        json!({ "answered": answered, "silent": silent, "why": why, "ms": self.ms, "rule": if self.closed { "closed" } else { "open" }, "buffer": self.buffer })
    }
}
