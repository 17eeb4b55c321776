//! A wholesaler's raw order lines, read as orders that a storefront could have sent.
//!
//! The lines are real and untidy: the same goods twice in an invoice, at one price or at two, cancellations with a `C` before
//! their number, corrections without price or customer, codes that are no goods. What can be an order becomes one; what cannot
//! is counted, by its reason. The rules are the same wherever the lines are replayed:
//! - lines of an invoice with the same goods and price are one line of the order; at another price they are in a second order;
//! - who bought without a number is the walk-in customer;
//! - a cancellation gives money back on the customer's newest orders with these goods before it, as far as they go;
//! - no order: quantities below one without a `C`, no price or one with more than two decimals, goods that are not on sale.

use chrono::NaiveDateTime;
use rust_decimal::Decimal;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};

/// Who bought without a customer number.
pub const WALK_IN: &str = "WALK-IN";

/// One line as it stands in the file.
#[derive(Clone, Debug, Deserialize)]
pub struct RawLine {
    #[serde(rename = "InvoiceNo")]
    pub invoice: String,
    #[serde(rename = "StockCode")]
    pub code: String,
    #[serde(rename = "Quantity")]
    pub qty: i64,
    #[serde(rename = "InvoiceDate")]
    pub at: String,
    #[serde(rename = "UnitPrice")]
    pub price: Decimal,
    #[serde(rename = "CustomerID")]
    pub customer: String,
}

/// An order.
#[derive(Clone, Debug, PartialEq)]
pub struct Sale {
    pub no: String,
    pub customer: String,
    pub at: NaiveDateTime,
    /// SKU, units, price; each SKU once.
    pub items: Vec<(String, i64, Decimal)>,
}

/// Money that goes back on an order.
#[derive(Clone, Debug, PartialEq)]
pub struct Refund {
    /// The cancellation's number and the order's: together they happen once.
    pub id: String,
    pub order: String,
    pub customer: String,
    pub sku: String,
    pub at: NaiveDateTime,
    pub amount: Decimal,
}

/// The whole book.
#[derive(Clone, Debug, Default)]
pub struct Book {
    pub sales: Vec<Sale>,
    pub refunds: Vec<Refund>,
    /// Lines that are no order, by reason.
    pub left_out: BTreeMap<&'static str, usize>,
}

fn customer(line: &RawLine) -> String {
    let id = line.customer.trim();
    if id.is_empty() { WALK_IN.to_owned() } else { id.trim_end_matches(".0").to_owned() }
}

/// Reads lines; `on_sale` knows the SKU of a stock code that can be bought.
pub fn read(lines: &[RawLine], on_sale: &HashMap<String, String>) -> Book {
    let mut book = Book::default();
    // Invoice and part, in the order of the file.
    let mut place: HashMap<(String, usize), usize> = HashMap::new();
    let mut returned: Vec<(&RawLine, &str, NaiveDateTime)> = Vec::new();
    for line in lines {
        let is_return = line.invoice.starts_with('C');
        let Ok(at) = NaiveDateTime::parse_from_str(&line.at, "%Y-%m-%d %H:%M:%S") else {
            *book.left_out.entry("no time").or_default() += 1;
            continue;
        };
        let why = match (line.qty, line.price) {
            (1.., _) if is_return => Some("a return that sells"),
            (..=0, _) if !is_return => Some("a correction of stock"),
            (_, price) if price <= Decimal::ZERO => Some("no price"),
            (_, price) if price.normalize().scale() > 2 => Some("a fraction of a cent"),
            _ => None,
        };
        if let Some(why) = why {
            *book.left_out.entry(why).or_default() += 1;
            continue;
        }
        let Some(sku) = on_sale.get(&line.code) else {
            *book.left_out.entry("not on sale").or_default() += 1;
            continue;
        };
        if is_return {
            returned.push((line, sku, at));
        } else {
            sell(&mut book.sales, &mut place, line, sku, at);
        }
    }
    for (line, sku, at) in returned {
        give_back(&mut book, line, sku, at);
    }
    book
}

/// Puts a line into the first part of its invoice that has these goods at this price, or not at all.
fn sell(sales: &mut Vec<Sale>, place: &mut HashMap<(String, usize), usize>, line: &RawLine, sku: &str, at: NaiveDateTime) {
    for part in 1.. {
        let key = (line.invoice.clone(), part);
        let Some(sale) = place.get(&key).copied().and_then(|i| sales.get_mut(i)) else {
            let no = if part == 1 { line.invoice.clone() } else { format!("{}-{part}", line.invoice) };
            place.insert(key, sales.len());
            sales.push(Sale { no, customer: customer(line), at, items: vec![(sku.to_owned(), line.qty, line.price)] });
            return;
        };
        match sale.items.iter_mut().find(|(s, _, _)| s == sku) {
            None => {
                sale.items.push((sku.to_owned(), line.qty, line.price));
                return;
            }
            Some((_, qty, price)) if *price == line.price => {
                *qty += line.qty;
                return;
            }
            Some(_) => {}
        }
    }
}

/// Gives money back on the customer's orders with these goods, the newest first, never more than was paid for them.
fn give_back(book: &mut Book, line: &RawLine, sku: &str, at: NaiveDateTime) {
    let who = customer(line);
    let mut left = line.price * Decimal::from(-line.qty);
    for sale in book.sales.iter().rev().filter(|s| s.customer == who && s.at <= at) {
        let paid: Decimal = sale.items.iter().filter(|i| i.0 == sku).map(|i| i.2 * Decimal::from(i.1)).sum();
        let gone: Decimal = book.refunds.iter().filter(|r| r.order == sale.no && r.sku == sku).map(|r| r.amount).sum();
        let amount = left.min(paid - gone);
        if amount <= Decimal::ZERO {
            continue;
        }
        let id = format!("{}/{sku}/{}", line.invoice, book.refunds.len() + 1);
        book.refunds.push(Refund { id, order: sale.no.clone(), customer: who.clone(), sku: sku.to_owned(), at, amount });
        left -= amount;
        if left.is_zero() {
            return;
        }
    }
    *book.left_out.entry("a return of what was bought before").or_default() += 1;
}

/// Orders that can be sent together: within a bundle a customer pays one price for a SKU.
pub fn bundles(sales: &[Sale], most: usize) -> Vec<&[Sale]> {
    let mut bundles = Vec::new();
    let mut rest = sales;
    while !rest.is_empty() {
        let mut prices: HashMap<(&str, &str), Decimal> = HashMap::new();
        let mut n = 0;
        for sale in rest.iter().take(most) {
            let own = || sale.items.iter().map(|(sku, _, price)| ((sale.customer.as_str(), sku.as_str()), *price));
            if own().any(|(key, price)| prices.get(&key).is_some_and(|other| *other != price)) {
                break;
            }
            prices.extend(own());
            n += 1;
        }
        let (bundle, others) = rest.split_at(n);
        bundles.push(bundle);
        rest = others;
    }
    bundles
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(invoice: &str, code: &str, qty: i64, price: &str, customer: &str) -> RawLine {
        RawLine {
            invoice: invoice.into(),
            code: code.into(),
            qty,
            at: "2011-01-04 10:00:00".into(),
            price: price.parse().unwrap(),
            customer: customer.into(),
        }
    }
    fn goods() -> HashMap<String, String> {
        [("A", "A-1"), ("B", "B-1")].map(|(code, sku)| (code.to_owned(), sku.to_owned())).into()
    }

    #[test]
    fn untidy_lines_become_orders() {
        let lines = [
            line("1", "A", 2, "1.50", "17"),
            line("1", "A", 3, "1.50", "17"),
            line("1", "A", 1, "2.00", "17"),
            line("1", "B", 1, "4.00", "17"),
            line("2", "B", 1, "4.00", ""),
            line("3", "A", -4, "1.50", "17"),
            line("4", "A", 1, "0", "17"),
            line("5", "A", 1, "0.001", "17"),
            line("6", "Z", 1, "1.00", "17"),
            line("C7", "A", -6, "1.50", "17"),
            line("C8", "B", -9, "4.00", "17"),
        ];
        let book = read(&lines, &goods());
        let told: Vec<String> = book
            .sales
            .iter()
            .map(|s| format!("{} {} {:?}", s.no, s.customer, s.items.iter().map(|i| (i.1, i.2.to_string())).collect::<Vec<_>>()))
            .collect();
        assert_eq!(told, [r#"1 17 [(5, "1.50"), (1, "4.00")]"#, r#"1-2 17 [(1, "2.00")]"#, r#"2 WALK-IN [(1, "4.00")]"#]);
        let back: Vec<String> = book.refunds.iter().map(|r| format!("{} {} {}", r.order, r.sku, r.amount)).collect();
        // 9.00 for A: 2.00 of the newest part, 7.00 of the first; of B no more than was paid.
        assert_eq!(back, ["1-2 A-1 2.00", "1 A-1 7.00", "1 B-1 4.00"]);
        assert_eq!(book.left_out.values().sum::<usize>(), 5);
    }

    #[test]
    fn a_bundle_has_one_price_per_customer_and_goods() {
        let lines = [
            line("1", "A", 1, "1.50", "17"),
            line("2", "A", 1, "1.50", "17"),
            line("3", "A", 1, "1.60", "17"),
            line("4", "A", 1, "1.60", "18"),
        ];
        let book = read(&lines, &goods());
        assert_eq!(bundles(&book.sales, 10).iter().map(|b| b.len()).collect::<Vec<_>>(), [2, 2]);
        assert_eq!(bundles(&book.sales, 1).len(), 4);
    }
}
