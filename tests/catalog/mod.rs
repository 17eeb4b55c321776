//! Categories, base products, aliases, the block list: as ERPs call them and as people see them.

mod base;
mod categories;
mod import;
mod lists;
mod merge;
mod pages;
mod search;

use crate::support::House;
use duijie::catalog::base::{self as model, BaseProduct, Draft};
use duijie::ids::MerchantId;
use duijie::trail::{Cause, Kind};

/// Somebody of the platform, by login.
pub fn person(house: &House, login: &str) -> Cause {
    let id = house.ask(&format!("select id from users where login = '{login}'")).parse().expect("a user");
    Cause { kind: Kind::Person, actor_id: Some(id), ..Cause::system(MerchantId::PLATFORM, login, house.now()) }
}

pub fn amoxicillin() -> Draft {
    Draft {
        name: "阿莫西林胶囊".into(),
        spec: "0.25g×24粒/盒".into(),
        dosage_form: "胶囊剂".into(),
        unit: "盒".into(),
        manufacturer: "江州药业股份有限公司".into(),
        approval_no: "国药准字H20990417".into(),
        barcodes: vec!["6901234000016".into()],
        ..Draft::default()
    }
}

pub async fn create(house: &House, draft: Draft) -> BaseProduct {
    let cause = Cause::system(MerchantId::PLATFORM, "tests", house.now());
    house.platform.db.write(move |tx| model::create(tx, &cause, &draft)).await.expect("a base product")
}

/// Three levels of the platform's tree: 1 › 101 › 10101, and the forbidden 9 › 901 › 90101.
pub fn platform_tree(house: &House) {
    house.sql(
        "insert into categories (merchant_id, id, name, level, parent_id, path, allowed) values \
         (0, '1', '西药', 1, '0', '1', true), (0, '101', '抗感染', 2, '1', '1-101', true), (0, '10101', '青霉素类', 3, '101', '1-101-10101', true), \
         (0, '9', '禁售类目', 1, '0', '9', false), (0, '901', '特殊管理', 2, '9', '9-901', false), (0, '90101', '麻醉药品', 3, '901', '9-901-90101', false)",
    );
}
