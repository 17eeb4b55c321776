//! A block copied out of a spreadsheet: the first row names the columns, the first column the SKUs.

use super::changes::Wanted;
use crate::text::Text;
use crate::wire::MAX_LINES;
use rust_decimal::Decimal;

/// A cell that is not understood, as people find it again.
#[derive(Clone, Debug, PartialEq)]
pub struct Misread {
    pub at: String,
    pub why: Text,
}

/// What a sheet calls its columns: the name of a place, and every word that means it.
pub struct Heading {
    pub place: String,
    pub words: Vec<String>,
}

/// Reads a price as people write one: `¥1,075.40`, `19.8`; empty and `-` go back to what is inherited.
///
/// # Errors
/// The sentence that says what is wrong.
pub fn amount(text: &str) -> Result<Option<Decimal>, Text> {
    let plain: String = text.trim().trim_start_matches(['¥', '￥']).chars().filter(|c| !matches!(c, ',' | ' ' | '\u{a0}' | '，')).collect();
    if plain.is_empty() || plain == "-" || plain == "—" {
        return Ok(None);
    }
    let number: Decimal = plain.parse().map_err(|_| Text::new("prices-not-a-number").with(text.trim()))?;
    if number.is_sign_negative() && !number.is_zero() {
        return Err(Text::new("prices-negative").with(text.trim()));
    }
    if number.normalize().scale() > 2 {
        return Err(Text::new("prices-decimals").with(text.trim()));
    }
    if number >= Decimal::from(10_000_000_000_i64) {
        return Err(Text::new("prices-too-big").with(text.trim()));
    }
    Ok(Some(number))
}

/// Reads a block; columns that mean nothing are left out and said.
pub fn read(block: &str, headings: &[Heading]) -> (Vec<Wanted>, Vec<Misread>) {
    let mut lines =
        block.lines().map(|line| line.split('\t').map(str::trim).collect::<Vec<_>>()).filter(|cells| cells.iter().any(|c| !c.is_empty()));
    let (mut wanted, mut misread) = (Vec::new(), Vec::new());
    let Some(head) = lines.next() else {
        return (wanted, misread);
    };
    let places: Vec<Option<&str>> = head.iter().map(|word| place_of(word, headings)).collect();
    for (word, _) in head.iter().skip(1).zip(places.iter().skip(1)).filter(|(word, place)| place.is_none() && !word.is_empty()) {
        misread.push(Misread { at: (*word).to_owned(), why: Text::new("prices-no-column").with(*word) });
    }
    for (row, cells) in lines.enumerate() {
        let Some(sku) = cells.first().filter(|sku| !sku.is_empty()) else { continue };
        if row >= MAX_LINES {
            misread.push(Misread { at: (*sku).to_owned(), why: Text::new("prices-too-many").with(MAX_LINES) });
            break;
        }
        for (cell, place) in cells.iter().zip(&places).skip(1) {
            let Some(place) = place else { continue };
            match amount(cell) {
                // An empty cell of a sheet says nothing; to go back to what is inherited one writes a dash.
                Ok(None) if cell.is_empty() => {}
                Ok(to) => wanted.push(Wanted { sku_id: (*sku).to_owned(), place: (*place).to_owned(), to, version: None }),
                Err(why) => misread.push(Misread { at: format!("{sku} · {place}"), why }),
            }
        }
    }
    (wanted, misread)
}

fn place_of<'a>(word: &str, headings: &'a [Heading]) -> Option<&'a str> {
    let same = |other: &String| other.eq_ignore_ascii_case(word);
    headings.iter().find(|h| h.place.eq_ignore_ascii_case(word) || h.words.iter().any(same)).map(|h| h.place.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_of_a_sheet_becomes_changes() {
        let headings = [
            Heading { place: "price".into(), words: vec!["默认单价".into()] },
            Heading { place: "region:HN".into(), words: vec!["华南".into(), "HN".into()] },
        ];
        let block = "SKU\t默认单价\t华南\t备注\r\nS1\t¥1,075.40\t\tx\r\nS2\t9.999\t-\r\n\r\nS3\t-1\tabc\n\t5\n";
        let (wanted, misread) = read(block, &headings);
        let shown: Vec<_> = wanted.iter().map(|w| format!("{} {} {:?}", w.sku_id, w.place, w.to.map(|t| t.to_string()))).collect();
        assert_eq!(shown, ["S1 price Some(\"1075.40\")", "S2 region:HN None"]);
        let keys: Vec<_> = misread.iter().map(|m| format!("{} {}", m.at, m.why.key())).collect();
        assert_eq!(
            keys,
            ["备注 prices-no-column", "S2 · price prices-decimals", "S3 · price prices-negative", "S3 · region:HN prices-not-a-number"]
        );
        assert_eq!(read("", &headings), (vec![], vec![]));
    }
}
