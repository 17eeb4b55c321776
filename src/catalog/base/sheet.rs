//! Base products from a table: comma separated, or pasted from a spreadsheet (tabs). Good rows go in, bad ones are told
//! line by line; a row that is already there changes nothing.

use super::edit::difference;
use super::{BaseProduct, Draft, by_codes, create_many, problems};
use crate::form::Form;
use crate::text::Text;
use crate::trail::Cause;
use crate::{Error, Result};
use diesel::PgConnection;
use serde::Serialize;
use std::collections::HashMap;

/// The most rows of one import.
pub const MAX_ROWS: usize = 5000;

/// The columns; only `name` must be there. Several barcodes are separated by `|`.
pub const COLUMNS: [&str; 12] = [
    "code",
    "name",
    "trade_name",
    "spec",
    "dosage_form",
    "unit",
    "manufacturer",
    "brand",
    "approval_no",
    "barcodes",
    "category_id",
    "origin",
];

/// What became of an import.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Imported {
    pub total: usize,
    pub created: usize,
    pub unchanged: usize,
    /// Rows that were not taken.
    pub bad: Vec<BadRow>,
    /// Column heads nobody knows; they were not read.
    pub ignored: Vec<String>,
    /// Nothing was kept.
    pub preview: bool,
}

#[derive(Clone, Debug, Serialize)]
pub struct BadRow {
    /// As a text editor counts: the heads are line 1.
    pub line: u64,
    /// Code or name.
    pub key: String,
    /// Column (empty: the whole row), and what is wrong with it.
    pub problems: Vec<(String, Text)>,
}

/// Reads a table and creates what is new in it.
///
/// # Errors
/// `Error::Invalid` with a complaint about `csv` when there is no table to read; bad rows are no error.
pub fn import(tx: &mut PgConnection, cause: &Cause, text: &str, preview: bool) -> Result<Imported> {
    let (rows, ignored) = read(text)?;
    let mut report = Imported { total: rows.len(), preview, ignored, ..Imported::default() };
    let mut fresh: Vec<(u64, Draft)> = Vec::with_capacity(rows.len());
    let codes: Vec<String> = rows.iter().filter_map(|(_, row)| row.as_ref().ok()?.code.clone()).collect();
    let known = by_codes(tx, &codes)?;
    for (line, row) in rows {
        match row {
            Err(why) => report.bad.push(BadRow { line, key: String::new(), problems: vec![(String::new(), why)] }),
            Ok(draft) => match draft.code.as_ref().and_then(|code| known.get(code)) {
                None => fresh.push((line, draft)),
                Some(there) => match differs(&draft, there) {
                    None => report.unchanged += 1,
                    Some(problem) => report.bad.push(BadRow { line, key: draft.code.clone().unwrap_or_default(), problems: vec![problem] }),
                },
            },
        }
    }
    let drafts: Vec<Draft> = fresh.iter().map(|(_, d)| d.clone()).collect();
    let mut good = Vec::with_capacity(drafts.len());
    for ((line, draft), form) in fresh.into_iter().zip(problems(tx, &drafts)?) {
        if form.is_bad() {
            let key = draft.code.clone().unwrap_or_else(|| draft.name.clone());
            let problems = form.errors().map(|(field, text)| (field.to_owned(), text.clone())).collect();
            report.bad.push(BadRow { line, key, problems });
        } else {
            good.push(draft);
        }
    }
    report.created = good.len();
    report.bad.sort_by_key(|b| b.line);
    if !preview {
        create_many(tx, cause, &good)?;
    }
    Ok(report)
}

/// The same code with other values is not overwritten by a table: that is decided on its page.
fn differs(draft: &Draft, there: &BaseProduct) -> Option<(String, Text)> {
    let code = draft.code.as_deref().unwrap_or_default();
    if there.code != code {
        return Some(("code".into(), Text::new("base-import-merged").with(code).with(&there.code)));
    }
    let (was, _) = difference(&there.draft(), draft);
    let fields: Vec<String> = was.keys().cloned().collect();
    (!fields.is_empty()).then(|| ("code".into(), Text::new("base-import-differs").with(code).with(fields.join(", "))))
}

type Rows = Vec<(u64, Result<Draft, Text>)>;

/// The line a record stands on. The reader's own position lies before the blank lines it skipped.
fn line_of(text: &str, at: &csv::Position) -> u64 {
    let rest = usize::try_from(at.byte()).ok().and_then(|byte| text.get(byte..)).unwrap_or_default();
    let blank = rest.chars().take_while(|c| matches!(c, '\n' | '\r')).filter(|c| *c == '\n').count();
    at.line() + u64::try_from(blank).unwrap_or_default()
}

fn read(text: &str) -> Result<(Rows, Vec<String>)> {
    let refuse = |why: Text| Error::invalid(Form::default().with_error("csv", why));
    let text = text.trim_start_matches('\u{feff}').trim();
    let heads_line = text.lines().next().unwrap_or_default();
    let tabs = heads_line.contains('\t');
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(if tabs { b'\t' } else { b',' })
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let heads: Vec<String> = reader
        .headers()
        .map_err(|e| refuse(Text::new("base-import-unreadable").with(e.to_string())))?
        .iter()
        .map(str::to_lowercase)
        .collect();
    if !heads.iter().any(|h| h == "name") {
        return Err(refuse(Text::new("base-import-no-heads").with(COLUMNS.join(", "))));
    }
    let ignored = heads.iter().filter(|h| !COLUMNS.contains(&h.as_str())).cloned().collect();
    let mut rows = Vec::new();
    for record in reader.into_records() {
        if rows.len() >= MAX_ROWS {
            return Err(refuse(Text::new("base-import-too-many").with(MAX_ROWS)));
        }
        match record {
            Err(e) => {
                rows.push((e.position().map_or(0, csv::Position::line), Err(Text::new("base-import-unreadable").with(e.to_string()))));
            }
            Ok(record) => {
                let line = record.position().map_or(0, |at| line_of(text, at));
                let cells: HashMap<&str, &str> = heads.iter().map(String::as_str).zip(record.iter()).collect();
                if record.len() > heads.len() {
                    rows.push((line, Err(Text::new("base-import-cells").with(record.len()).with(heads.len()))));
                } else if record.iter().any(|cell| !cell.is_empty()) {
                    rows.push((line, Ok(draft(&cells))));
                }
            }
        }
    }
    if rows.is_empty() {
        return Err(refuse(Text::new("base-import-empty")));
    }
    Ok((rows, ignored))
}

fn draft(cells: &HashMap<&str, &str>) -> Draft {
    let cell = |name: &str| cells.get(name).copied().unwrap_or_default().to_owned();
    let draft = Draft {
        code: Some(cell("code")),
        name: cell("name"),
        trade_name: cell("trade_name"),
        spec: cell("spec"),
        dosage_form: cell("dosage_form"),
        unit: cell("unit"),
        manufacturer: cell("manufacturer"),
        brand: cell("brand"),
        approval_no: cell("approval_no"),
        barcodes: cell("barcodes").split('|').map(ToOwned::to_owned).collect(),
        category_id: Some(cell("category_id")),
        origin: cell("origin"),
    };
    draft.tidy()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_commas_tabs_and_a_byte_order_mark() {
        let (rows, ignored) = read("\u{feff}code,Name,barcodes,colour\nBP-1,\"甲, 乙\",6901234000054|,red\n").unwrap();
        let draft = rows[0].1.as_ref().unwrap();
        assert_eq!((draft.name.as_str(), draft.barcodes.len(), ignored), ("甲, 乙", 1, vec!["colour".to_owned()]));
        let (rows, _) = read("name\tspec\n甲\t10片\n\n乙\t\n").unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[1].0, 4);
    }

    #[test]
    fn refuses_what_is_no_table() {
        for text in ["", "spec,unit\n1,2", "name\n"] {
            assert!(matches!(read(text), Err(Error::Invalid(_))), "{text}");
        }
        let (rows, _) = read("name,spec\na,b,c\n").unwrap();
        assert!(rows[0].1.is_err());
    }
}
