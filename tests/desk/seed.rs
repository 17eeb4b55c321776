//! Rows as the rooms above would have written them.

use crate::support::House;
use duijie::ids::MerchantId;

/// Products of a merchant, numbered from 1: (audit status, listing). Each has one SKU of the same number.
pub fn products(house: &House, merchant: MerchantId, rows: &[(&str, &str)]) {
    house.sql(&format!(
        "insert into categories (merchant_id, id, name, level, parent_id, path) values ({merchant}, '1', '药', 1, '0', '1'), \
         ({merchant}, '11', '中西药', 2, '1', '1/11'), ({merchant}, '111', '消化', 3, '11', '1/11/111') on conflict do nothing"
    ));
    for (no, (audit, listing)) in (1..).zip(rows) {
        let by = if *listing == "unlisted" { "'rule'" } else { "null" };
        house.sql(&format!(
            "with p as (insert into products (merchant_id, prod_id, erp_code, name, category_id, spec, barcode, audit_status, listing, unlisted_by, grams, created_at, updated_at) \
             values ({merchant}, 'P{no}', 'E{no}', '商品{no}', '111', '10袋', '', '{audit}', '{listing}', {by}, '{{}}', now(), '2026-11-22T03:00:00Z') returning id) \
             insert into skus (merchant_id, sku_id, product_id, is_default, created_at, updated_at) select {merchant}, 'P{no}-1', id, true, now(), now() from p"
        ));
    }
}

/// Stock of the SKU of a product in a shop, with its mark.
pub fn stock(house: &House, merchant: MerchantId, prod_id: &str, shop: i64, qty: i64, mark: Option<&str>) {
    let sku = format!("(select id from skus where merchant_id = {merchant} and sku_id = '{prod_id}-1')");
    house.sql(&format!(
        "insert into stock (merchant_id, shop_id, sku_id, erp_qty, updated_at) values ({merchant}, {shop}, {sku}, {qty}, now())"
    ));
    if let Some(mark) = mark {
        house.sql(&format!("insert into stock_marks (merchant_id, sku_id, shop_id, mark) values ({merchant}, {sku}, {shop}, '{mark}')"));
    }
}

/// A logged call with its batch, so many minutes ago; returns the batch's number.
pub fn call(house: &House, merchant: MerchantId, module: &str, method: &str, minutes_ago: i64, total: i32, rejected: i32) -> String {
    let at = (house.now() - chrono::Duration::minutes(minutes_ago)).to_rfc3339();
    let status = if rejected == total { 422 } else { 200 };
    let id = house.ask("select gen_random_uuid()");
    let applied = total - rejected;
    let feed = house.ask("select nextval(pg_get_serial_sequence('feeds', 'id'))");
    house.sql(&format!(
        "insert into feeds (merchant_id, id, at, channel, actor_kind, actor_name, module, method, policy, request_id, total, applied, unchanged, held, stale, parked, rejected, warned) \
         overriding system value values ({merchant}, {feed}, '{at}', 'api', 'erp', 'ERP', '{module}', '{method}', 'rows', '{id}', {total}, {applied}, 0, 0, 0, 0, {rejected}, 0); \
         insert into calls (merchant_id, at, id, channel, method, module, status, ms, feed_id, total, applied, rejected, request, response, request_bytes, response_bytes) \
         values ({merchant}, '{at}', '{id}', 'b2b', '{method}', '{module}', {status}, 12, {feed}, {total}, {applied}, {rejected}, '', '', 0, 0)"
    ));
    for line in 1..=rejected {
        house.sql(&format!(
            "insert into feed_lines (merchant_id, at, feed_id, line_no, key, outcome, problems, line) values ({merchant}, '{at}', {feed}, {line}, 'K{line}', 'rejected', \
             '[{{\"code\":\"NEGATIVE\",\"field\":\"inventory\",\"value\":\"-{line}\"}}]', '{{}}')"
        ));
    }
    feed
}
