//! The audit: verbs, pages, two auditors at once, and everything that can be taken back.

mod decisions;
mod pages;
mod undoing;

use crate::support::cast::{AUDITOR, Cast};
use crate::support::house::{Call, House};
use duijie::catalog::base::{self, Draft};
use duijie::ids::MerchantId;
use duijie::trail::Cause;
use serde_json::{Value, json};

/// A platform with categories and three base products; both merchants have a category of their own.
async fn open() -> (House, Cast) {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    house.sql(
        "insert into categories (merchant_id, id, name, level, parent_id, path) \
         select m, c.id, c.name, c.level, c.parent, c.id from (select id as m from merchants) ms, \
         (values ('1', '西药', 1, '0'), ('11', '抗感染', 2, '1'), ('111', '青霉素类', 3, '11'), ('112', '头孢类', 3, '11'), ('2', '器械', 1, '0'), ('21', '注射器', 2, '2'), ('211', '无菌注射器', 3, '21')) as c(id, name, level, parent)",
    );
    let now = house.now();
    let draft = |code: &str, spec: &str, barcode: &str| Draft {
        code: Some(code.into()),
        name: "阿莫西林胶囊".into(),
        spec: spec.into(),
        manufacturer: "江州恒安药业有限公司".into(),
        dosage_form: "胶囊剂".into(),
        unit: "盒".into(),
        approval_no: "国药准字H20990417".into(),
        barcodes: Some(barcode.to_owned()).filter(|b| !b.is_empty()).into_iter().collect(),
        category_id: Some("111".into()),
        ..Draft::default()
    };
    let drafts = [draft("BP-0018342", "0.25g×24粒/盒", "6901234000016"), draft("BP-0018345", "0.25g×36粒/盒", "")];
    house
        .platform
        .db
        .write(move |tx| base::create_many(tx, &Cause::system(MerchantId::PLATFORM, "tests", now), &drafts).map(drop))
        .await
        .expect("base products");
    (house, cast)
}

/// What a merchant uploads and matching cannot settle: the maker is written otherwise and no number vouches for it.
fn unclear(prod_id: &str) -> Value {
    json!({ "prodId": prod_id, "erpProdCode": format!("KZ-{prod_id}"), "prodName": "阿莫西林胶囊", "catalogId": "111", "price": "9.80",
            "spec": "0.25g*24粒", "manufacturer": "江州药业有限公司", "unit": "盒", "brand": "江州" })
}

async fn upload(house: &House, key: &crate::support::house::Key, lines: Value) {
    house.api(key, "prod.add_or_edit", lines).send().await.expect(200);
}

/// Stock for a product's default SKU.
fn stock(house: &House, prod_id: &str, pieces: i64) {
    house.sql(&format!(
        "insert into stock (merchant_id, shop_id, sku_id, erp_qty, updated_at) \
         select s.merchant_id, 1, s.id, {pieces}, now() from skus s join products p on (p.merchant_id, p.id) = (s.merchant_id, s.product_id) where p.prod_id = '{prod_id}'"
    ));
}

/// The columns a decision can change.
fn state(house: &House, prod_id: &str) -> String {
    house.ask(&format!(
        "select concat_ws(' ', p.audit_status, p.match_kind, coalesce(b.code, '-'), p.listing, p.unlisted_by, p.list_wish, i.state, i.submitted_at) from products p \
         join audit_items i on (i.merchant_id, i.product_id) = (p.merchant_id, p.id) left join base_products b on b.id = p.base_product_id where p.prod_id = '{prod_id}'"
    ))
}

fn version(house: &House, prod_id: &str) -> String {
    house.ask(&format!("select i.version from audit_items i join products p on (p.merchant_id, p.id) = (i.merchant_id, i.product_id) where p.prod_id = '{prod_id}'"))
}

/// A decision as the form of the page sends it.
fn decide<'a>(house: &'a House, merchant: &str, prod_id: &str, noun: &str, fields: &[(&str, &str)]) -> Call<'a> {
    let version = version(house, prod_id);
    let mut all = vec![("version", version.as_str())];
    all.extend(fields);
    house.post(&format!("/audit/{merchant}/{prod_id}/{noun}")).by(AUDITOR).form(&all)
}

fn approve<'a>(house: &'a House, merchant: &str, prod_id: &str) -> Call<'a> {
    decide(house, merchant, prod_id, "approval", &[("base", "BP-0018342")])
}
