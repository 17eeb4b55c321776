//! Tables for spreadsheets: CSV with a byte-order mark, since that is what makes Excel read UTF-8.

use super::Ctx;
use crate::clock::china;
use crate::text::Lang;
use crate::{Error, Result};
use actix_web::http::header;
use actix_web::web::Bytes;
use actix_web::{HttpResponse, HttpResponseBuilder};
use futures_util::stream::{self, StreamExt};
use std::future::Future;

/// A table that is written row by row.
pub struct Sheet(csv::Writer<Vec<u8>>);

impl Sheet {
    /// Begins with the heads, given as text keys.
    pub fn with_heads(heads: &[&'static str], lang: Lang) -> Result<Self> {
        let mut sheet = Self::onto(vec![0xEF, 0xBB, 0xBF]);
        let heads: Vec<String> = heads.iter().map(|key| lang.say(key, &[])).collect();
        sheet.row(&heads)?;
        Ok(sheet)
    }

    /// More rows of a table that has begun.
    pub fn further() -> Self {
        Self::onto(Vec::new())
    }

    fn onto(begun: Vec<u8>) -> Self {
        Self(csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(begun))
    }

    pub fn row(&mut self, cells: &[String]) -> Result<()> {
        self.0.write_record(cells.iter().map(|cell| harmless(cell))).map_err(Error::broken)
    }

    /// Sends it under a name that carries the day, e.g. `orders-20261122.csv`.
    pub fn answer(self, ctx: &Ctx, name: &str) -> Result<HttpResponse> {
        Ok(head(ctx, name).body(self.written()?))
    }

    /// Sends a table of any length: `step` reads some rows and says where the next ones start, and is called again only when
    /// those have been taken. Neither the table nor a connection to the database is held for a reader with a slow line.
    ///
    /// # Errors
    /// Those of the first step, told like any other; a later one cuts the table off, which the browser reports as a failed download.
    pub async fn in_steps<P, F>(ctx: &Ctx, name: &str, start: P, step: impl Fn(P) -> F + 'static) -> Result<HttpResponse>
    where
        P: 'static,
        F: Future<Output = Result<(Self, Option<P>)>> + 'static,
    {
        let (first, place) = step(start).await?;
        let rest = stream::try_unfold(place, move |place| {
            let going = place.map(&step);
            async move {
                let Some(going) = going else {
                    return Ok(None);
                };
                let (sheet, place) = going.await?;
                Ok(Some((sheet.written()?, place)))
            }
        });
        let rest = rest.inspect(|piece: &Result<Bytes>| {
            if let Err(why) = piece {
                tracing::error!(%why, "a table was cut off");
            }
        });
        Ok(head(ctx, name).streaming(stream::iter([first.written()]).chain(rest)))
    }

    fn written(self) -> Result<Bytes> {
        self.0.into_inner().map(Bytes::from).map_err(|e| Error::broken(e.to_string()))
    }
}

fn head(ctx: &Ctx, name: &str) -> HttpResponseBuilder {
    let day = ctx.now.with_timezone(&china()).format("%Y%m%d");
    let mut answer = HttpResponse::Ok();
    answer
        .content_type("text/csv; charset=utf-8")
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}-{day}.csv\"")))
        .insert_header((header::CACHE_CONTROL, "no-store"));
    answer
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
