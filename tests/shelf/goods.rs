//! A few products in every state, put into the tables directly: what the pages show must not depend on how they came.

use crate::support::House;
use duijie::catalog::grams;
use duijie::ids::MerchantId;

/// prodId, name, spec, brand, maker, base?, audit, listing, unlisted by, price, stock in shop 1
pub type One = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    bool,
    &'static str,
    &'static str,
    &'static str,
    Option<&'static str>,
    i64,
);

pub const GOODS: [One; 12] = [
    ("KZ-100382", "蒙脱石散", "3g×10袋/盒", "岭北", "岭北制药有限公司", true, "approved", "listed", "", Some("12.80"), 260),
    ("KZ-100017", "布洛芬缓释胶囊", "0.3g×20粒/盒", "岭北", "岭北制药有限公司", true, "approved", "listed", "", Some("15.60"), 18),
    ("KZ-100001", "阿莫西林胶囊", "0.25g×24粒/盒", "华原", "华原药业股份有限公司", true, "approved", "listed", "", Some("9.90"), 1842),
    (
        "KZ-300214",
        "医用外科口罩（独立装）",
        "50只/盒",
        "净安",
        "净安卫材有限公司",
        true,
        "approved",
        "unlisted",
        "person",
        Some("28.00"),
        96,
    ),
    ("KZ-100126", "苯磺酸氨氯地平片", "5mg×28片/盒", "华原", "华原药业股份有限公司", true, "approved", "listed", "", Some("21.50"), 624),
    ("KZ-100131", "阿托伐他汀钙片", "20mg×7片/盒", "华原", "华原药业股份有限公司", true, "approved", "unlisted", "rule", Some("33.00"), 0),
    ("KZ-100144", "盐酸二甲双胍片", "0.5g×30片/瓶", "", "康泰制药有限公司", true, "approved", "pending", "", None, 986),
    ("KZ-200018", "维生素C片", "0.1g×100片/瓶", "", "康泰制药有限公司", false, "pending", "pending", "", Some("6.20"), 60),
    ("KZ-200041", "板蓝根颗粒", "10g×20袋/袋", "岭北", "岭北制药有限公司", false, "pending", "pending", "", Some("13.00"), 2310),
    ("KZ-100208", "氯雷他定片", "10mg×6片/盒", "", "", false, "changes_requested", "pending", "", Some("18.00"), 402),
    (
        "KZ-300071",
        "一次性使用无菌注射器",
        "5ml×100支/盒",
        "净安",
        "净安卫材有限公司",
        true,
        "approved",
        "unlisted",
        "erp",
        Some("45.00"),
        138,
    ),
    ("KZ-100177", "奥美拉唑肠溶胶囊", "20mg×14粒/瓶", "", "康泰制药有限公司", false, "rejected", "pending", "", Some("26.00"), 733),
];

/// Three categories and the twelve products; the first is the oldest.
pub fn stock_up(house: &House, merchant: MerchantId) {
    let m = merchant.0;
    house.sql(&format!(
        "insert into categories (merchant_id, id, name, level, parent_id, path) values \
         ({m}, '1', '西药', 1, '0', '1'), ({m}, '11', '消化系统', 2, '1', '1-11'), ({m}, '111', '止泻药', 3, '11', '1-11-111'), ({m}, '112', '抑酸药', 3, '11', '1-11-112'); \
         insert into base_products (code, name, spec, manufacturer, approval_no, dosage_form, name_key, spec_key, maker_key) values \
         ('BP-0021440', '蒙脱石散', '3g×10袋/盒', '岭北制药有限公司', '国药准字H20990382', '散剂', 'k', 'k', 'k');"
    ));
    for (n, (id, name, spec, brand, maker, matched, audit, listing, by, price, qty)) in GOODS.into_iter().enumerate() {
        let tokens: Vec<String> = grams::of(&[name], &[id]).into_iter().chain([grams::owner(merchant)]).collect();
        let array = tokens.iter().map(|t| format!("'{t}'")).collect::<Vec<_>>().join(",");
        let category = if n % 2 == 0 { "111" } else { "112" };
        let base = if matched { "(select id from base_products where code = 'BP-0021440')" } else { "null" };
        let kind = if matched { "auto" } else { "none" };
        let by = if by.is_empty() { "null".to_owned() } else { format!("'{by}'") };
        let price = price.map_or("null".to_owned(), str::to_owned);
        let sent = if n == 0 { "3g*10袋" } else { spec };
        house.sql(&format!(
            "with p as (insert into products (merchant_id, prod_id, erp_code, name, category_id, brand, spec, manufacturer, approval_no, barcode, unit, base_product_id, match_kind, \
             audit_status, listing, unlisted_by, grams, details, created_at, updated_at) values ({m}, '{id}', '{id}', '{name}', '{category}', '{brand}', '{sent}', '{maker}', \
             '国药准字H2099{n:04}', '690123400382{n}', '盒', {base}, '{kind}', '{audit}', '{listing}', {by}, array[{array}], '{{\"grossWeight\":\"0.05\",\"originPlace\":\"广东\"}}', \
             timestamptz '2026-11-20 04:00Z', timestamptz '2026-11-22 03:59:54Z' - interval '{n} minutes') returning id), \
             k as (insert into skus (merchant_id, sku_id, product_id, base_price, cost_price, retail_price, is_default, created_at, updated_at) \
             select {m}, '{id}-1', id, {price}, 7.70, 18.00, true, timestamptz '2026-11-20 04:00Z', timestamptz '2026-11-20 04:00Z' from p returning id), \
             x as (insert into external_ids (merchant_id, ext_id, kind) values ({m}, '{id}', 'product'), ({m}, '{id}-1', 'sku')) \
             select 1 from p, k; \
             insert into stock (merchant_id, shop_id, sku_id, erp_qty, updated_at) select {m}, 1, id, {qty}, timestamptz '2026-11-22 03:59:54Z' from skus where merchant_id = {m} and sku_id = '{id}-1';"
        ));
    }
    house.sql(&format!(
        "insert into audit_items (merchant_id, product_id, state, submitted_at, ask, score, candidates) select {m}, id, 'waiting', timestamptz '2026-11-22 02:00Z', \
         'products-match-why-spec-differs', 82, '[{{\"code\":\"BP-0021440\",\"name\":\"维生素C片\",\"evidence\":{{\"score\":82,\"lines\":[{{\"field\":\"spec\",\"verdict\":\"different\",\"points\":0,\"max\":10,\
         \"theirs\":[{{\"only_here\":false,\"text\":\"0.1g×\"}},{{\"only_here\":true,\"text\":\"100\"}},{{\"only_here\":false,\"text\":\"片\"}}],\"ours\":[{{\"only_here\":false,\"text\":\"0.1g×\"}},{{\"only_here\":true,\"text\":\"60\"}},{{\"only_here\":false,\"text\":\"片\"}}]}},\
         {{\"field\":\"name\",\"verdict\":\"same\",\"points\":5,\"max\":5,\"theirs\":[{{\"only_here\":false,\"text\":\"维生素C片\"}}],\"ours\":[{{\"only_here\":false,\"text\":\"维生素C片\"}}]}}]}}}}]' \
         from products where merchant_id = {m} and prod_id = 'KZ-200018'; \
         insert into audit_decisions (merchant_id, product_id, at, decision, reason, note, snapshot) select {m}, id, timestamptz '2026-11-21 02:00Z', 'returned', 'pack_and_approval', '请补充生产企业', '{{}}' \
         from products where merchant_id = {m} and prod_id = 'KZ-100208'; \
         insert into trail (merchant_id, at, actor_kind, actor_name, verb, subject_kind, subject_id, before, after) values \
         ({m}, '2026-11-22 03:00Z', 'erp', 'ERP', 'product.changed', 'product', 'KZ-100382', '{{\"spec\":\"3g\"}}', '{{\"spec\":\"3g*10袋\"}}'), \
         ({m}, '2026-11-22 03:10Z', 'person', '王店长', 'product.unlisted', 'product', 'KZ-300214', '{{\"listing\":\"listed\"}}', '{{\"listing\":\"unlisted\"}}');"
    ));
}
