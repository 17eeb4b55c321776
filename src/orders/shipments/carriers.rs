//! Who carries packages: the platform's table, what a merchant's ERP calls them, and what their numbers look like (L-01).

use crate::Result;
use crate::guards::codes::{self, Kind};
use crate::ids::MerchantId;
use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Text};
use serde::Serialize;
use std::collections::HashMap;

/// Delivered by the merchant, or picked up: there is no number.
pub const BY_HAND: &str = "SELF";
/// What a parked line that names an unknown carrier waits for.
pub const WAITS_FOR: &str = "carrier";

#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Carrier {
    #[diesel(sql_type = Text)]
    pub code: String,
    #[diesel(sql_type = Text)]
    pub name: String,
    /// Separated by `|`.
    #[diesel(sql_type = Text)]
    pub aliases: String,
    #[diesel(sql_type = Text)]
    pub website: String,
    #[diesel(sql_type = Text)]
    pub phone: String,
    /// Still in business.
    #[diesel(sql_type = Bool)]
    pub active: bool,
}

impl Carrier {
    pub fn aliases(&self) -> impl Iterator<Item = &str> {
        self.aliases.split('|').filter(|a| !a.is_empty())
    }
    /// Whether a number looks like this carrier's. Carriers change their numbers; this is worth a look, and no more.
    pub fn looks_odd(&self, tracking_no: &str) -> bool {
        let shape = SHAPES.iter().find(|s| s.code == self.code);
        let plain = |no: &str| no.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        match shape {
            _ if self.code == BY_HAND => false,
            None => tracking_no.len() < 6 || !plain(tracking_no),
            Some(shape) => !shape.fits(tracking_no),
        }
    }
}

/// A carrier's usual numbers: so many characters, of which all behind the letters in front are digits.
struct Shape {
    code: &'static str,
    lengths: std::ops::RangeInclusive<usize>,
    letters: std::ops::RangeInclusive<usize>,
}

impl Shape {
    fn fits(&self, no: &str) -> bool {
        let letters = no.chars().take_while(char::is_ascii_alphabetic).count();
        let rest = no.chars().skip(letters);
        self.lengths.contains(&no.chars().count()) && self.letters.contains(&letters) && rest.clone().count() > 0 && digits(rest, self.code)
    }
}

/// Postal numbers end with the country's letters.
fn digits(mut rest: impl Iterator<Item = char>, code: &str) -> bool {
    rest.all(|c| {
        c.is_ascii_digit() || (matches!(code, "EMS" | "YZPY") && c.is_ascii_alphabetic()) || (code == "JD" && matches!(c, '-' | 'X'))
    })
}

const SHAPES: [Shape; 8] = [
    Shape { code: "SF", lengths: 12..=15, letters: 0..=2 },
    Shape { code: "ZTO", lengths: 12..=15, letters: 0..=2 },
    Shape { code: "YTO", lengths: 10..=18, letters: 0..=3 },
    Shape { code: "YD", lengths: 13..=15, letters: 0..=2 },
    Shape { code: "STO", lengths: 12..=15, letters: 0..=2 },
    Shape { code: "JTSD", lengths: 13..=15, letters: 2..=3 },
    Shape { code: "EMS", lengths: 11..=13, letters: 0..=2 },
    Shape { code: "JD", lengths: 11..=25, letters: 2..=4 },
];

const COLUMNS: &str = "select code, name, aliases, website, phone, active from carriers";

/// All of them, those in business first; with a word, those whose code, name or other names have it.
pub fn search(c: &mut PgConnection, word: &str) -> Result<Vec<Carrier>> {
    Ok(diesel::sql_query(format!(
        "{COLUMNS} where $1 = '' or strpos(lower(code || '|' || name || '|' || aliases), lower($1)) > 0 order by not active, code"
    ))
    .bind::<Text, _>(word)
    .load(c)?)
}

/// The carriers these codes mean at a merchant: what a person has paired counts before the platform's own code.
pub fn named(c: &mut PgConnection, merchant: MerchantId, theirs: &[String]) -> Result<HashMap<String, Carrier>> {
    let paired = codes::ours(c, merchant, Kind::Carrier, theirs)?;
    let ours = |code: &String| paired.get(code).cloned().unwrap_or_else(|| code.to_ascii_uppercase());
    let wanted: Vec<String> = theirs.iter().map(ours).collect();
    let found: Vec<Carrier> = diesel::sql_query(format!("{COLUMNS} where code = any($1)")).bind::<Array<Text>, _>(&wanted).load(c)?;
    let by_code: HashMap<&str, &Carrier> = found.iter().map(|c| (c.code.as_str(), c)).collect();
    Ok(theirs.iter().zip(&wanted).filter_map(|(theirs, ours)| Some((theirs.clone(), (*by_code.get(ours.as_str())?).clone()))).collect())
}

/// The carriers a merchant has used lately, latest first.
pub fn recent(c: &mut PgConnection, merchant: MerchantId, limit: i64) -> Result<Vec<Carrier>> {
    Ok(diesel::sql_query(
        "select c.code, c.name, c.aliases, c.website, c.phone, c.active from (select carrier, max(told_at) as at from \
           (select carrier, told_at from order_packages where merchant_id = $1 order by told_at desc, order_id, no limit 200) p group by carrier) r \
         join carriers c on c.code = r.carrier order by r.at desc limit $2",
    )
    .bind::<diesel::sql_types::BigInt, _>(merchant)
    .bind::<diesel::sql_types::BigInt, _>(limit)
    .load(c)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_looked_at_by_carrier() {
        let carrier = |code: &str| Carrier {
            code: code.into(),
            name: String::new(),
            aliases: String::new(),
            website: String::new(),
            phone: String::new(),
            active: true,
        };
        let odd = |code: &str, no: &str| carrier(code).looks_odd(no);
        for (code, no) in [
            ("SF", "SF1234567890123"),
            ("SF", "123456789012"),
            ("ZTO", "75312345678901"),
            ("EMS", "EA123456789CN"),
            ("JD", "JDVA12345678901-1-1"),
        ] {
            assert!(!odd(code, no), "{code} {no}");
        }
        for (code, no) in [("SF", "SF123"), ("ZTO", "顺丰"), ("YD", "12345678901234567"), ("OTHER", "12 34"), ("OTHER", "1")] {
            assert!(odd(code, no), "{code} {no}");
        }
        assert!(!odd(BY_HAND, ""));
        assert!(!odd("OTHER", "AB-123456"));
    }
}
