use crate::support::cast::{ADMIN, AUDITOR, OWNER};
use crate::support::{Cast, House};
use serde_json::json;

const TABLE: &str = "code,name,trade_name,spec,dosage_form,unit,manufacturer,brand,approval_no,barcodes,category_id,origin,colour
BP-0018206,阿莫西林胶囊,,0.25g×12粒/盒,胶囊剂,盒,江州药业股份有限公司,江州,国药准字H20990417,6901234000054|6901234000016,10101,国产,
BP-0018207,坏条码,,,,,,,,6901234000055,,,
,,,,,,,,,,,,
BP-0018208,坏类目,,,,,,,,,777,,
BP-0018206,重复,,,,,,,,,,,
,没有编码,,,,,,,,,,,
";

// P-02
#[actix_web::test]
async fn good_rows_go_in_and_bad_ones_are_told_by_line() {
    let house = House::open().await;
    Cast::enter(&house).await;
    super::platform_tree(&house);
    for who in [OWNER, AUDITOR] {
        let status = house.get("/base-products/import").by(who).send().await.status.as_u16();
        assert_eq!(status, if who == OWNER { 404 } else { 403 });
    }
    let preview = house.post("/base-products/import").by(ADMIN).form(&[("csv", TABLE), ("preview", "1")]).send().await.expect(200);
    assert!(preview.body.contains("还没有写入") && house.ask("select count(*) from base_products") == "0");
    let done = house
        .post("/base-products/import")
        .by(ADMIN)
        .json()
        .header("content-type", "application/json")
        .body(json!({ "csv": TABLE }))
        .send()
        .await
        .expect(200)
        .value();
    let data = &done["data"];
    assert_eq!(
        (&data["total"], &data["created"], &data["unchanged"], &data["ignored"]),
        (&json!(5), &json!(2), &json!(0), &json!(["colour"]))
    );
    let lines: Vec<_> = data["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|l| (l["line"].as_i64().unwrap(), l["problems"][0]["field"].as_str().unwrap()))
        .collect();
    assert_eq!(lines, [(3, "barcodes"), (5, "category_id"), (6, "code")]);
    assert!(data["lines"][0]["problems"][0]["msg"].as_str().unwrap().contains("最后一位应为 4"));
    // The same table again changes nothing.
    let again = house
        .post("/base-products/import")
        .by(ADMIN)
        .json()
        .header("content-type", "text/csv")
        .body(TABLE.lines().take(2).collect::<Vec<_>>().join("\n").as_str())
        .send()
        .await
        .expect(200)
        .value();
    assert_eq!((&again["data"]["created"], &again["data"]["unchanged"]), (&json!(0), &json!(1)));
    let other = "code,name\nBP-0018206,阿莫西林胶囊\n";
    let page = house.post("/base-products/import").by(ADMIN).form(&[("csv", other)]).send().await.expect(200);
    assert!(page.body.contains("已存在且这些字段不同") && page.body.contains("BP-0018206,阿莫西林胶囊"), "{}", page.body);
    let nothing = house.post("/base-products/import").by(ADMIN).form(&[("csv", "spec\n1")]).send().await.expect(422);
    assert!(nothing.body.contains("第一行应是列名"));
}

// The demo's own tables are what a first import looks like.
#[actix_web::test]
async fn the_demo_tables_go_in_whole() {
    let house = House::open().await;
    Cast::enter(&house).await;
    let tree = std::fs::read_to_string("fixtures/demo/platform_categories.csv").unwrap();
    for row in tree.lines().skip(1) {
        let cells: Vec<&str> = row.split(',').collect();
        let path = cells[0];
        house.sql(&format!(
            "insert into categories (merchant_id, id, name, level, parent_id, path) values (0, '{}', '{}', {}, '{}', '{path}')",
            cells[0], cells[1], cells[2], cells[3]
        ));
    }
    for file in ["base_products", "base_products_wholesale"] {
        let table = std::fs::read_to_string(format!("fixtures/demo/{file}.csv")).unwrap();
        let rows = csv::Reader::from_reader(table.as_bytes()).into_records().count();
        let started = std::time::Instant::now();
        let done = house.post("/base-products/import").by(ADMIN).form(&[("csv", &table)]).send().await.expect(200);
        assert!(done.body.contains(&format!("新建 {rows} 个")), "{file}: {}", done.body);
        assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
    }
}
