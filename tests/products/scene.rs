//! Two merchants with a small tree each, a platform with a few base products, and an ERP that speaks.

use crate::support::house::{Answer, Body, Key};
use crate::support::{Cast, House};
use duijie::catalog::base::{self, Draft};
use duijie::ids::MerchantId;
use duijie::trail::Cause;
use serde_json::{Value, json};

pub struct Scene {
    pub house: House,
    pub cast: Cast,
}

pub const MAKER: &str = "江州药业股份有限公司";
pub const APPROVAL: &str = "国药准字H20990417";

/// A barcode with its check digit.
pub fn ean(first_twelve: &str) -> String {
    let sum: u32 = first_twelve.chars().zip([1, 3].iter().cycle()).map(|(c, w)| c.to_digit(10).unwrap_or(0) * w).sum();
    format!("{first_twelve}{}", (10 - sum % 10) % 10)
}

fn amoxicillin(code: &str, spec: &str, barcode: &str) -> Draft {
    Draft {
        code: Some(code.into()),
        name: "阿莫西林胶囊".into(),
        spec: spec.into(),
        dosage_form: "胶囊剂".into(),
        unit: "盒".into(),
        manufacturer: MAKER.into(),
        approval_no: APPROVAL.into(),
        barcodes: vec![barcode.into()],
        category_id: Some("10101".into()),
        ..Draft::default()
    }
}

impl Scene {
    pub async fn open() -> Self {
        let house = House::open().await;
        let cast = Cast::enter(&house).await;
        for (merchant, prefix) in [(MerchantId::PLATFORM, "1"), (cast.a, "11"), (cast.b, "11")] {
            tree(&house, merchant, prefix, true);
            tree(&house, merchant, "9", false);
        }
        let now = house.now();
        let drafts = vec![
            amoxicillin("BP-24", "0.25g×24粒/盒", &ean("690123400001")),
            amoxicillin("BP-36", "0.25g×36粒/盒", &ean("690123400002")),
            amoxicillin("BP-OFF", "0.25g×48粒/盒", &ean("690123400003")),
            Draft {
                code: Some("BP-SMOKE".into()),
                name: "江州香烟".into(),
                spec: "20支/盒".into(),
                manufacturer: "江州烟厂".into(),
                barcodes: vec![ean("690123400004")],
                category_id: Some("90101".into()),
                ..Draft::default()
            },
        ];
        house
            .platform
            .db
            .write(move |tx| base::create_many(tx, &Cause::system(MerchantId::PLATFORM, "tests", now), &drafts).map(drop))
            .await
            .expect("base products");
        house.sql("update base_products set status = 'disabled' where code = 'BP-OFF'");
        Self { house, cast }
    }

    /// A call of merchant A's ERP.
    pub async fn erp(&self, method: &str, body: impl Into<Body>) -> Answer {
        self.by(&self.cast.erp.clone(), method, body).await
    }
    pub async fn by(&self, key: &Key, method: &str, body: impl Into<Body>) -> Answer {
        self.house.api(key, method, body).send().await
    }
    /// Uploads one product, which must be taken.
    pub async fn upload(&self, line: Value) -> Answer {
        self.erp("prod.add_or_edit", line).await.expect(200)
    }
    /// A column of a product of merchant A.
    pub fn product(&self, prod_id: &str, column: &str) -> String {
        self.house.ask(&format!("select {column} from products where merchant_id = {} and prod_id = '{prod_id}'", self.cast.a))
    }
    /// Sets A's stock of a product's default SKU at shop 1 behind everybody's back.
    pub fn stock(&self, prod_id: &str, qty: i64) {
        self.house.sql(&format!(
            "insert into stock (merchant_id, shop_id, sku_id, erp_qty, updated_at) select merchant_id, 1, id, {qty}, now() from skus \
             where merchant_id = {} and sku_id = '{prod_id}-1' on conflict (merchant_id, sku_id, shop_id) do update set erp_qty = {qty}",
            self.cast.a
        ));
    }
}

fn tree(house: &House, merchant: MerchantId, top: &str, allowed: bool) {
    house.sql(&format!(
        "insert into categories (merchant_id, id, name, level, parent_id, path, allowed) values \
         ({merchant}, '{top}', '一级', 1, '0', '{top}', {allowed}), ({merchant}, '{top}01', '二级', 2, '{top}', '{top}-{top}01', true), \
         ({merchant}, '{top}0101', '三级', 3, '{top}01', '{top}-{top}01-{top}0101', true)"
    ));
}

/// A product that matches BP-24 by its barcode.
pub fn good(prod_id: &str) -> Value {
    json!({
        "prodId": prod_id, "erpProdCode": format!("E-{prod_id}"), "prodName": "阿莫西林胶囊", "catalogId": "110101", "price": "8.60",
        "spec": "0.25g*24粒", "manufacturer": MAKER, "approvalNo": APPROVAL, "barCode": ean("690123400001"), "unit": "盒",
    })
}

/// [`good`] with other fields; `null` takes one away.
pub fn with(prod_id: &str, changes: Value) -> Value {
    let mut line = good(prod_id);
    for (name, value) in changes.as_object().expect("an object") {
        if value.is_null() {
            line.as_object_mut().expect("an object").shift_remove(name);
        } else {
            line[name] = value.clone();
        }
    }
    line
}

/// The problems' codes of the first line there is something to say about.
pub fn codes(answer: &Answer) -> Vec<String> {
    let value = answer.value();
    let problems = value["data"]["lines"][0]["problems"].as_array().cloned().unwrap_or_default();
    problems.iter().map(|p| p["code"].as_str().unwrap_or_default().to_owned()).collect()
}

/// The one outcome of a one-line call.
pub fn outcome(answer: &Answer) -> String {
    let data = answer.value()["data"].clone();
    ["applied", "unchanged", "held", "stale", "parked", "rejected"].into_iter().find(|o| data[*o] == 1).unwrap_or_default().to_owned()
}
