//! What tables of orders hold: an order, a line of one, or a lot to pick per row (O-10).

use super::list::Item;
use super::model::{OrderLine, lines_of};
use super::picks::{self, Picks};
use crate::Result;
use crate::ids::{MerchantId, OrderId};
use chrono::{DateTime, Utc};
use diesel::PgConnection;
use std::collections::HashMap;

/// What a row of the table is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    Orders,
    Lines,
    /// A lot of a SKU to take from the shelf, for all the orders together.
    Picks,
}

impl Layout {
    pub fn of(name: &str) -> Option<Self> {
        match name {
            "orders" => Some(Layout::Orders),
            "lines" => Some(Layout::Lines),
            "picks" => Some(Layout::Picks),
            _ => None,
        }
    }
}

/// What the rows need beside the orders.
#[derive(Debug)]
pub enum Content {
    Orders,
    Lines(HashMap<OrderId, Vec<OrderLine>>),
    Picks(Picks),
}

/// Reads it for these orders.
pub fn content(c: &mut PgConnection, merchant: MerchantId, items: &[Item], layout: Layout, now: DateTime<Utc>) -> Result<Content> {
    Ok(match layout {
        Layout::Orders => Content::Orders,
        Layout::Lines => {
            let ids: Vec<OrderId> = items.iter().map(|i| i.order.id).collect();
            Content::Lines(lines_of(c, merchant, &ids)?)
        }
        Layout::Picks => Content::Picks(picks::of(c, merchant, items, now)?),
    })
}
