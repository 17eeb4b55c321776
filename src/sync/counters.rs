//! `duijie verify`: every counter of stock held against what it counts (I-1, G14), for whoever keeps the place running.

use crate::clock::on_the_wire;
use crate::merchants::{self, Merchant};
use crate::stock::verify::{self, Found};
use crate::{Db, Result};
use chrono::{DateTime, Utc};
use std::fmt;

/// Merchants looked up at once.
const AT_ONCE: i64 = 500;

/// What was found at each merchant looked at.
#[derive(Debug)]
pub struct Report {
    at: DateTime<Utc>,
    found: Vec<(Merchant, Found)>,
}

impl Report {
    pub fn differences(&self) -> usize {
        self.found.iter().map(|(_, f)| f.differences.len()).sum()
    }
}

/// Looks at one merchant by its code, or at all of them, and keeps what was found, as the daily check does. Repairs nothing.
///
/// # Errors
/// `NotFound` when there is no such merchant.
pub async fn verify(db: &Db, code: Option<String>, now: DateTime<Utc>) -> Result<Report> {
    let merchants = db
        .read(move |c| match code {
            Some(code) => Ok(vec![merchants::by_code(c, &code)?]),
            None => all(c),
        })
        .await?;
    let mut found = Vec::with_capacity(merchants.len());
    for merchant in merchants {
        let id = merchant.id;
        let seen = db.snapshot(move |c| verify::check(c, id)).await?;
        let kept = seen.clone();
        db.write(move |tx| verify::keep(tx, id, now, &kept)).await?;
        found.push((merchant, seen));
    }
    Ok(Report { at: now, found })
}

fn all(c: &mut diesel::PgConnection) -> Result<Vec<Merchant>> {
    let mut all: Vec<Merchant> = Vec::new();
    loop {
        let after = all.last().map(|m| m.code.clone()).unwrap_or_default();
        let more = merchants::all(c, &after, AT_ONCE)?;
        if more.is_empty() {
            return Ok(all);
        }
        all.extend(more);
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: i64 = self.found.iter().map(|(_, found)| found.rows).sum();
        if self.differences() > 0 {
            writeln!(
                f,
                "{:<12} {:<24} {:>6} {:<10} {:<13} {:>12} {:>12}",
                "merchant", "sku", "shop", "counter", "against", "is", "should be"
            )?;
        }
        for (merchant, found) in &self.found {
            for d in &found.differences {
                writeln!(
                    f,
                    "{:<12} {:<24} {:>6} {:<10} {:<13} {:>12} {:>12}",
                    merchant.code, d.sku, d.shop, d.counter, d.proof, d.is, d.should
                )?;
            }
        }
        write!(f, "{}: {} merchants, {rows} rows, {} differences", on_the_wire(self.at), self.found.len(), self.differences())
    }
}
