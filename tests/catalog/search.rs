use super::{amoxicillin, create};
use crate::support::{Cast, House};
use duijie::catalog::base::{self, Draft};
use duijie::ids::MerchantId;
use duijie::trail::Cause;
use serde_json::json;

async fn found(house: &House, text: &str) -> Vec<String> {
    let text = text.to_owned();
    house.platform.db.read(move |c| base::search(c, &text, 20)).await.unwrap().into_iter().map(|b| b.name).collect()
}

// P-02
#[actix_web::test]
async fn names_makers_initials_codes_barcodes_and_approval_numbers_find_it() {
    let house = House::open().await;
    let one = create(&house, amoxicillin()).await;
    let other = Draft {
        name: "蒙脱石散".into(),
        approval_no: "国药准字H20990999".into(),
        barcodes: vec!["6901234000023".into()],
        manufacturer: "岭北制药".into(),
        ..Draft::default()
    };
    create(&house, other).await;
    for text in [
        "阿莫西林",
        "西林胶",
        "amxl",
        "江州药业",
        "6901234000016",
        "06901234000016",
        "国药准字 H20990417",
        "h20990417",
        &one.code,
        "bp-0000001",
    ] {
        assert_eq!(found(&house, text).await, ["阿莫西林胶囊"], "{text}");
    }
    assert_eq!(found(&house, "690123400").await.len(), 2, "the beginning of both barcodes");
    for text in ["头孢", "6901234000047", "国药准字H20990418", "!", ""] {
        assert!(found(&house, text).await.is_empty(), "{text}");
    }
}

// P-05, Q-07
#[actix_web::test]
async fn the_open_platform_searches_too() {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    create(&house, amoxicillin()).await;
    let call = |body| house.api(&cast.erp, "base_prod.search", body).send();
    for body in [
        json!({ "barCode": "6901234000016" }),
        json!({ "approvalNo": "H20990417" }),
        json!({ "keyword": "阿莫西林", "barCode": 6901234000016_i64 }),
    ] {
        let data = call(body.clone()).await.expect(200).value()["data"].clone();
        assert_eq!((data[0]["baseProdId"].as_str(), data.as_array().unwrap().len()), (Some("BP-0000001"), 1), "{body}");
        assert_eq!(data[0]["barCodes"], json!(["6901234000016"]));
        assert!(data[0].get("id").is_none(), "our number stays inside");
    }
    for body in [json!({ "barCode": "6901234000017" }), json!({ "keyword": "阿莫西林", "approvalNo": "国药准字Z20990001" })] {
        assert_eq!(call(body).await.expect(200).value()["data"], json!([]));
    }
    assert_eq!(call(json!({})).await.expect(422).value()["error"], "BAD_FIELD");
    call(json!({ "keyword": "x", "pageSize": 51 })).await.expect(422);
}

// One set-based insert; every search by an index.
#[actix_web::test]
async fn thousands_of_base_products_are_created_and_found_quickly() {
    let house = House::open().await;
    let cause = Cause::system(MerchantId::PLATFORM, "tests", house.now());
    let started = std::time::Instant::now();
    let drafts: Vec<Draft> = (0..3000)
        .map(|n| Draft {
            name: format!("测试商品{n}号胶囊"),
            spec: format!("{n}mg×24粒"),
            manufacturer: format!("第{}制药", n % 50),
            ..Draft::default()
        })
        .collect();
    let made = house.platform.db.write(move |tx| base::create_many(tx, &cause, &drafts)).await.unwrap();
    let took = started.elapsed();
    assert_eq!((made.len(), made[2999].name.as_str()), (3000, "测试商品2999号胶囊"));
    assert!(took.as_secs() < 20, "{took:?}");
    assert_eq!(found(&house, "2999").await, ["测试商品2999号胶囊"]);
    assert_eq!(house.ask("select count(*) from trail where verb = 'base.created'"), "3000");
}
