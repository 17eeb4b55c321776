//! A table of shipments as warehouses and couriers keep it: read into what the methods of the open platform take, and told by them.

use super::api::{LOGISTICS_UPDATE, SHIPMENT_ADD};
use super::carriers::Carrier;
use crate::Result;
use crate::feeds::{self, Batch, Channel};
use crate::ids::FeedId;
use crate::trail::Cause;
use crate::wire::{LineResult, Method, Scope};
use diesel::PgConnection;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};

/// The columns, in the order they have without heads.
const COLUMNS: [&str; 7] = ["orderNo", "carrierCode", "trackingNo", "skuId", "quantity", "lotNo", "expiresOn"];
/// What people call them.
const NAMES: [(&str, &[&str]); 7] = [
    ("orderNo", &["订单号", "订单编号", "订单", "order number", "order", "order no"]),
    ("carrierCode", &["物流公司", "快递公司", "承运商", "物流", "快递", "carrier"]),
    ("trackingNo", &["物流单号", "快递单号", "运单号", "tracking number", "tracking", "tracking no"]),
    ("skuId", &["商品编码", "erp 商品编码", "商品", "erp product code", "erp code", "sku", "goods"]),
    ("quantity", &["数量", "发货数量", "件数", "qty"]),
    ("lotNo", &["批号", "lot", "lot number", "batch"]),
    ("expiresOn", &["有效期至", "有效期", "效期", "expires", "expires on", "expiry"]),
];

/// One row, as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Row {
    /// Its place in the table, from 1.
    at: usize,
    cells: [String; 7],
}

impl Row {
    fn cell(&self, name: &str) -> &str {
        COLUMNS.iter().position(|c| *c == name).and_then(|n| self.cells.get(n)).map_or("", String::as_str)
    }
    fn has_goods(&self) -> bool {
        !self.cell("skuId").is_empty() || !self.cell("quantity").is_empty()
    }
}

/// What one call's line would say, and which rows it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    pub rows: Vec<usize>,
    pub order_no: String,
    pub line: Value,
}

/// The table, read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// For `order.logistics.update`: packages of orders of which no goods are named.
    pub packages: Vec<Told>,
    /// For `order.shipment.add`: orders of which goods are named.
    pub shipments: Vec<Told>,
    /// Every row that says something, as it was, by its place.
    pub texts: BTreeMap<usize, String>,
    /// Heads nobody knows; their cells are left out.
    pub ignored: Vec<String>,
}

/// Reads a block copied from a spreadsheet or a CSV file: cells between tabs, semicolons or commas, with or without heads. Rows
/// without carrier and number have not been filled in and are left out. Carriers may be told by name.
pub fn read(text: &str, carriers: &[Carrier]) -> Table {
    // Rows are counted by their line ends, of which a spreadsheet's are two characters.
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let separator = [b'\t', b';', b','].into_iter().find(|s| first.as_bytes().contains(s)).unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(separator).from_reader(text.as_bytes());
    let mut table = Table::default();
    let mut places: Option<Vec<Option<usize>>> = None;
    let mut rows: Vec<Row> = Vec::new();
    for record in reader.records().filter_map(std::result::Result::ok) {
        let at = record.position().map_or(0, |p| usize::try_from(p.line()).unwrap_or(0));
        let cells: Vec<&str> = record.iter().map(|cell| cell.trim().trim_start_matches('\'')).collect();
        let places = places.get_or_insert_with(|| heads(&cells, &mut table.ignored));
        if cells.iter().all(|c| c.is_empty()) || rows.is_empty() && is_head(&cells) {
            continue;
        }
        let mut row = Row { at, ..Row::default() };
        for (place, cell) in places.iter().zip(&cells) {
            if let Some(slot) = place.and_then(|n| row.cells.get_mut(n)) {
                (*cell).clone_into(slot);
            }
        }
        if row.cell("carrierCode").is_empty() && row.cell("trackingNo").is_empty() {
            continue;
        }
        table.texts.insert(at, record.iter().collect::<Vec<_>>().join("\t"));
        rows.push(row);
    }
    let mut by_order: Vec<(String, Vec<&Row>)> = Vec::new();
    for row in &rows {
        match by_order.iter_mut().find(|(no, _)| no == row.cell("orderNo")) {
            Some((_, all)) => all.push(row),
            None => by_order.push((row.cell("orderNo").to_owned(), vec![row])),
        }
    }
    let names = by_name(carriers);
    for (no, rows) in by_order {
        if rows.iter().any(|row| row.has_goods()) {
            table.shipments.push(shipment(&no, &rows, &names));
        } else {
            table.packages.extend(rows.iter().map(|row| package(row, &names)));
        }
    }
    table
}

/// What became of a table.
pub struct Written {
    /// Each line that was told, and its end.
    pub ended: Vec<(Told, LineResult)>,
    /// The batches it is kept as; none of a preview.
    pub feeds: Vec<FeedId>,
}

/// Tells a table, packages first, in one transaction.
pub fn write(tx: &mut PgConnection, cause: &Cause, scope: &Scope, table: Table, preview: bool) -> Result<Written> {
    let mut written = Written { ended: Vec::new(), feeds: Vec::new() };
    let halves: [(&Method, Vec<Told>); 2] = [(&LOGISTICS_UPDATE, table.packages), (&SHIPMENT_ADD, table.shipments)];
    for (method, told) in halves.into_iter().filter(|(_, told)| !told.is_empty()) {
        let lines = told.iter().map(|t| t.line.clone()).collect();
        let done = feeds::run(tx, cause, scope, Channel::Page, method, Batch { lines, preview, ..Batch::default() })?;
        written.feeds.extend(done.feed);
        // Every line has one end, in the order sent.
        written.ended.extend(told.into_iter().zip(done.results));
    }
    Ok(written)
}

fn known(cell: &str) -> Option<usize> {
    let cell = cell.to_lowercase();
    let name = NAMES.iter().find(|(name, others)| name.to_lowercase() == cell || others.contains(&cell.as_str()))?.0;
    COLUMNS.iter().position(|c| *c == name)
}

fn is_head(cells: &[&str]) -> bool {
    cells.iter().filter(|c| known(c).is_some()).count() >= 2
}

/// Which column each cell of a row belongs to.
fn heads(cells: &[&str], ignored: &mut Vec<String>) -> Vec<Option<usize>> {
    if !is_head(cells) {
        return (0..COLUMNS.len()).map(Some).collect();
    }
    let place = |cell: &&str| {
        let found = known(cell);
        if found.is_none() && !cell.is_empty() {
            ignored.push((*cell).to_owned());
        }
        found
    };
    cells.iter().map(place).collect()
}

/// Every name a carrier goes by, and its code.
fn by_name(carriers: &[Carrier]) -> HashMap<String, &str> {
    let names = |c: &Carrier| -> Vec<String> { c.aliases().chain([c.name.as_str()]).map(str::to_lowercase).collect() };
    carriers.iter().flat_map(|c| names(c).into_iter().map(move |name| (name, c.code.as_str()))).collect()
}

fn code<'a>(row: &'a Row, names: &HashMap<String, &'a str>) -> &'a str {
    let told = row.cell("carrierCode");
    names.get(&told.to_lowercase()).copied().unwrap_or(told)
}

fn package(row: &Row, names: &HashMap<String, &str>) -> Told {
    let no = row.cell("orderNo");
    let line = json!({ "orderNo": no, "carrierCode": code(row, names), "trackingNo": row.cell("trackingNo") });
    Told { rows: vec![row.at], order_no: no.to_owned(), line }
}

/// The rows of one order: its packages, and the goods in them. The same rows sent again are the same shipment.
fn shipment(no: &str, rows: &[&Row], names: &HashMap<String, &str>) -> Told {
    let mut packages: Vec<(&str, &str)> = Vec::new();
    let mut items: Vec<Value> = Vec::new();
    for row in rows {
        let package = (code(row, names), row.cell("trackingNo"));
        let n = packages.iter().position(|p| *p == package).unwrap_or_else(|| {
            packages.push(package);
            packages.len() - 1
        });
        if !row.has_goods() {
            continue;
        }
        let mut item = json!({ "skuId": row.cell("skuId"), "quantity": row.cell("quantity"), "package": n + 1 });
        if !row.cell("lotNo").is_empty() {
            let mut lot = json!({ "lotNo": row.cell("lotNo"), "quantity": row.cell("quantity") });
            if let Some(map) = lot.as_object_mut().filter(|_| !row.cell("expiresOn").is_empty()) {
                map.insert("expiresOn".into(), row.cell("expiresOn").into());
            }
            if let Some(map) = item.as_object_mut() {
                map.insert("lots".into(), json!([lot]));
            }
        }
        items.push(item);
    }
    let mut hash = Sha256::new();
    rows.iter().flat_map(|row| &row.cells).for_each(|cell| hash.update(format!("{cell}\n")));
    let id: String = hash.finalize().iter().take(12).map(|b| format!("{b:02x}")).collect();
    let packages: Vec<Value> = packages.iter().map(|(carrier, no)| json!({ "carrierCode": carrier, "trackingNo": no })).collect();
    let line = json!({ "orderNo": no, "shipmentId": format!("table-{id}"), "packages": packages, "items": items });
    Told { rows: rows.iter().map(|row| row.at).collect(), order_no: no.to_owned(), line }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn carriers() -> Vec<Carrier> {
        let carrier = |code: &str, name: &str, aliases: &str| Carrier {
            code: code.into(),
            name: name.into(),
            aliases: aliases.into(),
            website: String::new(),
            phone: String::new(),
            active: true,
        };
        vec![carrier("SF", "顺丰速运", "顺丰|顺丰快递"), carrier("ZTO", "中通快递", "中通")]
    }

    #[test]
    fn packages_come_from_three_columns() {
        let want = [
            json!({ "orderNo": "A1", "carrierCode": "SF", "trackingNo": "SF1" }),
            json!({ "orderNo": "A1", "carrierCode": "ZTO", "trackingNo": "Z2" }),
            json!({ "orderNo": "A2", "carrierCode": "nobody", "trackingNo": "3" }),
        ];
        let lines = |text: &str| read(text, &carriers()).packages.into_iter().map(|t| t.line).collect::<Vec<_>>();
        assert_eq!(lines("A1,顺丰,SF1\nA1,zto,Z2\n\nA2,nobody,3\nA3,,\n").first(), want.first());
        let read = read(
            "\u{feff}订单号\t备注\t快递单号\t物流公司\r\nA1\tx\tSF1\t顺丰\r\nA1\t\tZ2\t中通\r\nA2\t\t3\tnobody\r\nA3\t\t\t\r\n",
            &carriers(),
        );
        assert_eq!(read.packages.iter().map(|t| t.line.clone()).collect::<Vec<_>>(), want);
        assert_eq!(read.packages.iter().map(|t| t.rows.clone()).collect::<Vec<_>>(), [vec![2], vec![3], vec![4]]);
        assert_eq!((read.ignored, read.shipments), (vec!["备注".to_owned()], vec![]));
        assert_eq!(read.texts.get(&4).map(String::as_str), Some("A2\t\t3\tnobody"));
        assert_eq!(super::read(" \n", &carriers()), Table::default());
    }

    #[test]
    fn goods_make_one_shipment_of_an_order() {
        let text = "A1,SF,SF1,S1,2,L1,2028-04\nA1,SF,SF1,S2,3,,\nA1,ZTO,Z2,S1,1,L2,\nA2,SF,SF9";
        let read = read(text, &carriers());
        assert_eq!((read.shipments.len(), read.packages.len()), (1, 1));
        let told = &read.shipments[0];
        assert_eq!(told.rows, [1, 2, 3]);
        assert_eq!(
            told.line["packages"],
            json!([{ "carrierCode": "SF", "trackingNo": "SF1" }, { "carrierCode": "ZTO", "trackingNo": "Z2" }])
        );
        assert_eq!(
            told.line["items"],
            json!([
                { "skuId": "S1", "quantity": "2", "package": 1, "lots": [{ "lotNo": "L1", "quantity": "2", "expiresOn": "2028-04" }] },
                { "skuId": "S2", "quantity": "3", "package": 1 },
                { "skuId": "S1", "quantity": "1", "package": 2, "lots": [{ "lotNo": "L2", "quantity": "1" }] },
            ])
        );
        assert_eq!(super::read(text, &carriers()), read, "the same table is the same shipment");
        assert_ne!(super::read("A1,SF,SF1,S1,1", &carriers()).shipments[0].line["shipmentId"], told.line["shipmentId"]);
    }
}
