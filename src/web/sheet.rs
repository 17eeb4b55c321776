//! Tables for spreadsheets: CSV with a byte-order mark, since that is what makes Excel read UTF-8.

use super::Ctx;
use crate::clock::china;
use crate::text::Lang;
use crate::{Error, Result};
use actix_web::HttpResponse;
use actix_web::http::header;

/// A table that is written row by row.
pub struct Sheet(csv::Writer<Vec<u8>>);

impl Sheet {
    /// Begins with the heads, given as text keys.
    pub fn with_heads(heads: &[&'static str], lang: Lang) -> Result<Self> {
        let mut sheet = Self(csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(vec![0xEF, 0xBB, 0xBF]));
        let heads: Vec<String> = heads.iter().map(|key| lang.say(key, &[])).collect();
        sheet.row(&heads)?;
        Ok(sheet)
    }

    pub fn row(&mut self, cells: &[String]) -> Result<()> {
        self.0.write_record(cells.iter().map(|cell| harmless(cell))).map_err(Error::broken)
    }

    /// Sends it under a name that carries the day, e.g. `orders-20261122.csv`.
    pub fn answer(self, ctx: &Ctx, name: &str) -> Result<HttpResponse> {
        let body = self.0.into_inner().map_err(|e| Error::broken(e.to_string()))?;
        let day = ctx.now.with_timezone(&china()).format("%Y%m%d");
        Ok(HttpResponse::Ok()
            .content_type("text/csv; charset=utf-8")
            .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}-{day}.csv\"")))
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .body(body))
    }
}

/// A spreadsheet runs what begins like a formula. What buyers and ERPs wrote must not be run; numbers stay numbers.
fn harmless(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && cell.parse::<f64>().is_err();
    if formula { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_cell_is_run() {
        assert_eq!(harmless("=HYPERLINK(\"http://x\")"), "'=HYPERLINK(\"http://x\")");
        assert_eq!(harmless("@cmd"), "'@cmd");
        assert_eq!(harmless("-12.50"), "-12.50");
        assert_eq!(harmless("济世大药房"), "济世大药房");
    }

    #[test]
    fn a_table_opens_as_what_it_is() {
        let mut sheet = Sheet::with_heads(&["nav-customers"], Lang::Zh).unwrap();
        sheet.row(&["甲,\"乙\"".to_owned()]).unwrap();
        let bytes = sheet.0.into_inner().unwrap();
        assert_eq!(String::from_utf8(bytes).unwrap(), "\u{feff}客户匹配\r\n\"甲,\"\"乙\"\"\"\r\n");
    }
}
