use super::{ROW, Row, market, priced};
use crate::stock::{OWNER, READER};
use crate::support::{Answer, House};
use serde_json::Value;

impl House {
    async fn prices(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.post(path).by(OWNER).form(form).send().await
    }
    /// The same, answered as data.
    async fn outlook(&self, path: &str, form: &[(&str, &str)]) -> Value {
        self.post(path).by(OWNER).json().form(form).send().await.value()["data"].clone()
    }
}
/// Everything the page would send on.
fn changes(data: &Value) -> Vec<String> {
    let one = |c: &Value| {
        let text = |name: &str| c[name].as_str().unwrap_or_default().to_owned();
        format!("{}|{}|{}|{}", c["version"].as_i64().map(|v| v.to_string()).unwrap_or_default(), text("to"), text("place"), text("skuId"))
    };
    data["changes"].as_array().expect("changes").iter().map(one).collect()
}

// UI §4.9: a grid with what is set, what is inherited and what is worth a look; three faces; a reader reads.
#[actix_web::test]
async fn the_price_book_shows_what_is_set_and_what_is_inherited() {
    let (house, cast) = market(3).await;
    house.sql(&Row { region: "HN", amount: "8.10", ..ROW }.sql(cast.a));
    house.sql(&Row { group: "VIP", region: "SZ", amount: "7.00", ..ROW }.sql(cast.a));
    house.sql(&Row { group: "VIP", amount: "7.50", dates: ("2026-12-01", "2027-01-01"), ..ROW }.sql(cast.a));
    house.sql("update skus set cost_price = 8.50 where sku_id in ('S1', 'S2'); update skus set base_price = null where sku_id = 'S3'");
    let page = house.get("/prices").by(OWNER).send().await.expect(200).body;
    for seen in
        ["默认单价", "会员价", "华南", "深圳", "v|region:HN|S1", "value=\"8.10\"", "placeholder=\"8.60\"", "采购价 8.50", "看看会怎样"]
    {
        assert!(page.contains(seen), "{seen} in {page}");
    }
    assert!(page.contains("inp num warn"), "below cost");
    let part = house.get("/prices").by(OWNER).part().send().await.expect(200).body;
    assert!(!part.contains("<html") && part.contains("data-grid"));
    let data = house.get("/prices?q=S1&set=VIP").by(OWNER).json().send().await.expect(200).value();
    assert_eq!(data["data"]["columns"], serde_json::json!(["price", "group:VIP", "group:VIP@HN", "group:VIP@SZ"]));
    let prices = &data["data"]["rows"][0]["prices"];
    assert_eq!((prices[1]["set"].as_str(), prices[1]["inherited"].as_str()), (Some(""), Some("8.60")), "{data}");
    assert_eq!((prices[2]["inherited"].as_str(), prices[3]["set"].as_str()), (Some("8.10"), Some("7.00")));
    let kinds = house.get("/prices?set=kinds&view=missing").by(OWNER).send().await.expect(200).body;
    assert!(kinds.contains("建议零售价") && kinds.contains("|S3\"") && !kinds.contains("|S1\""), "{kinds}");
    for view in ["below", "waiting", "today"] {
        house.get(&format!("/prices?view={view}")).by(OWNER).send().await.expect(200);
    }
    let reader = house.get("/prices").by(READER).send().await.expect(200).body;
    assert!(!reader.contains("v|region:HN|S1") && reader.contains("8.10"));
    house.post("/prices/changes").by(READER).form(&[("v|price|S1", "1")]).send().await.expect(403);
    assert!(house.get("/prices?q=nothing").by(OWNER).send().await.expect(200).body.contains("没有符合"));
}

// UI §4.9, I-8, I-9, W-02: looked at first, with whom it reaches; applied; taken back where nobody has been quicker.
#[actix_web::test]
async fn changes_are_looked_at_applied_and_taken_back() {
    let (house, cast) = market(3).await;
    house.sql("update skus set cost_price = 6.00, retail_price = 9.00");
    house.sql(&Row { customer: "C3", amount: "5.50", ..ROW }.sql(cast.a));
    let form = [
        ("how", "grid"),
        ("ver", "1|S1"),
        ("ver", "1|S2"),
        ("ver", "1|S3"),
        ("was", "v|price|S1=8.60"),
        ("v|price|S1", "9.60"),
        ("v|region:HN|S1", ""),
        ("v|group:VIP|S1", "5.90"),
        ("was", "v|price|S2=8.60"),
        ("v|price|S2", "8.60"),
        ("was", "v|retailPrice|S2=9.00"),
        ("v|retailPrice|S2", ""),
        ("v|region:SZ|S3", "¥1,008.00"),
        ("v|region:HN|S3", "8,8.5x"),
    ];
    let seen = house.outlook("/prices/changes", &form).await;
    let outlook = &seen["outlook"];
    assert_eq!(outlook["diffs"].as_array().map(Vec::len), Some(4), "{seen}");
    assert_eq!(seen["misread"][0]["at"], "S3 · 华南");
    // C2 (in no group of S1's prices) pays more for S1, C1 in VIP less, C3 has a price of its own; nobody lives in 深圳.
    assert_eq!(
        (outlook["impact"]["more"].as_i64(), outlook["impact"]["less"].as_i64(), outlook["impact"]["customers"].as_i64()),
        (Some(1), Some(1), Some(3)),
        "{seen}"
    );
    assert_eq!((outlook["far"].as_i64(), outlook["belowCost"].as_i64()), (Some(2), Some(1)), "{seen}");
    assert_eq!(priced(&house, &cast, "S1"), "8.60 9.00 - 6.00 - | customer:C3 5.50", "nothing has changed");
    assert_eq!(house.ask("select count(*) from trail where verb = 'price.changed'"), "0");
    let page = house.prices("/prices/changes", &form).await.expect(200).body;
    assert!(page.contains("要多付的客户") && page.contains("将改 4 个价格") && page.contains("name=\"change\""), "{page}");
    let sent = changes(&seen);
    let apply: Vec<(&str, &str)> = sent.iter().map(|c| ("change", c.as_str())).collect();
    let done = house.outlook("/prices", &apply).await;
    assert_eq!(done["outlook"]["skus"], serde_json::json!(["S1", "S2", "S3"]), "{done}");
    assert_eq!(priced(&house, &cast, "S1"), "9.60 9.00 - 6.00 - | customer:C3 5.50, group:VIP 5.90");
    assert_eq!(
        (priced(&house, &cast, "S2"), priced(&house, &cast, "S3")),
        ("8.60 - - 6.00 - | ".into(), "8.60 9.00 - 6.00 - | region:SZ 1008.00".into())
    );
    assert_eq!(house.ask("select string_agg(distinct owner, ' ') from prices where amount <> 5.50"), "person");
    // A second time: the versions that were seen are gone.
    let again = house.outlook("/prices", &[("change", "1|9.70|price|S1")]).await;
    assert_eq!(again["refused"][0]["why"], "prices-moved-on", "{again}");
    // Undo gives back what nobody has touched since.
    house.api(&cast.erp, "prod.price.update", serde_json::json!({ "skuId": "S1", "price": "9.80" })).send().await.expect(200);
    let act = done["act"].as_str().expect("act").to_owned();
    let undo = [("act", act.as_str()), ("id", "S1"), ("id", "S2"), ("id", "S3")];
    let back = house.delete("/prices").by(OWNER).json().form(&undo).send().await.expect(200).value()["data"].clone();
    assert_eq!((back["outlook"]["diffs"].as_array().map(Vec::len), back["refused"].as_array().map(Vec::len)), (Some(3), Some(1)), "{back}");
    assert_eq!(priced(&house, &cast, "S1"), "9.80 9.00 - 6.00 - | customer:C3 5.50");
    assert_eq!(
        (priced(&house, &cast, "S2"), priced(&house, &cast, "S3")),
        ("8.60 9.00 - 6.00 - | ".into(), "8.60 9.00 - 6.00 - | ".into())
    );
    let nothing = house.delete("/prices").by(OWNER).json().form(&undo).send().await;
    assert_eq!(nothing.status, 422, "{}", nothing.body);
}

// UI §4.9: formulas and blocks of a sheet become the same changes; a limit nobody goes below.
#[actix_web::test]
async fn formulas_and_blocks_of_a_sheet() {
    let (house, cast) = market(3).await;
    let ticked = [
        ("how", "formula"),
        ("place", "region:HN"),
        ("op", "times"),
        ("by", "0.95"),
        ("step", "0.1"),
        ("scope", "ticked"),
        ("id", "S1"),
        ("id", "S3"),
    ];
    let seen = house.outlook("/prices/changes", &ticked).await;
    assert_eq!(seen["outlook"]["diffs"][0]["to"], "8.20", "{seen}");
    assert_eq!(seen["outlook"]["diffs"].as_array().map(Vec::len), Some(2));
    let all = [
        ("how", "formula"),
        ("filter", "set=VIP"),
        ("place", "group:VIP@SZ"),
        ("op", "plus"),
        ("by", "0.50"),
        ("step", "0.01"),
        ("scope", "all"),
    ];
    let seen = house.outlook("/prices/changes", &all).await;
    assert_eq!(seen["outlook"]["diffs"].as_array().map(Vec::len), Some(3), "{seen}");
    let bad = house.prices("/prices/changes", &[("how", "formula"), ("place", "price"), ("op", "times"), ("by", "x")]).await;
    assert_eq!(bad.status, 422, "{}", bad.body);
    let block = "SKU\t默认单价\t华南\tVIP\tVIP\t金牌客户 · 深圳\nS1\t9.10\t8.80\t8.00\t\t7.70\nS2\t\t-\t\t\t\nS9\t1\t\t\t\t\n";
    let seen = house.outlook("/prices/changes", &[("how", "paste"), ("paste", block)]).await;
    assert_eq!(seen["outlook"]["diffs"].as_array().map(Vec::len), Some(4), "{seen}");
    assert_eq!(seen["refused"][0]["skuId"], "S9");
    let sent = changes(&seen);
    house.outlook("/prices", &sent.iter().map(|c| ("change", c.as_str())).collect::<Vec<_>>()).await;
    assert_eq!(priced(&house, &cast, "S1"), "9.10 - - - - | group:VIP@SZ 7.70, group:VIP 8.00, region:HN 8.80");
    //
    house.sql("update skus set cost_price = 8.00");
    house
        .prices("/prices/rules", &[("policy", "specific"), ("member", "uniform"), ("alert_percent", "10"), ("floor_percent", "105")])
        .await
        .expect(303);
    let low = house.outlook("/prices", &[("change", "|8.39|price|S2"), ("change", "|8.40|price|S3")]).await;
    assert_eq!((low["refused"][0]["why"].as_str(), low["outlook"]["skus"][0].as_str()), (Some("line-below-floor"), Some("S3")), "{low}");
    house
        .prices("/prices/rules", &[("policy", "lowest"), ("member", "per_shop"), ("alert_percent", "0"), ("floor_percent", "")])
        .await
        .expect(422);
    house
        .prices("/prices/rules", &[("policy", "lowest"), ("member", "per_shop"), ("alert_percent", "5"), ("floor_percent", "abc")])
        .await
        .expect(422);
    house.post("/prices/rules").by(READER).form(&[("alert_percent", "5")]).send().await.expect(403);
    assert!(house.get("/prices/rules").by(OWNER).send().await.expect(200).body.contains("客户组价"));
}

// UI §4.4, §4.9: who pays what, and the product's own tab.
#[actix_web::test]
async fn who_pays_what_and_the_product_tab() {
    let (house, cast) = market(2).await;
    for row in [
        Row { group: "VIP", amount: "7.50", ..ROW },
        Row { region: "SZ", amount: "8.20", ..ROW },
        Row { group: "CHAIN", region: "SZ", amount: "7.00", ..ROW },
    ] {
        house.sql(&row.sql(cast.a));
    }
    let why = house.get("/prices/preview?sku=S1&customer=C1&region=440300&qty=3").by(OWNER).send().await.expect(200).body;
    for seen in ["7.00", "× 3 = ¥21.00", "客户组价（限地区）", "有更具体的价格", "南山区"] {
        assert_eq!(why.contains(seen), seen != "南山区", "{seen} in {why}");
    }
    let data = house.get("/prices/preview?sku=P1&customer=C1").by(OWNER).json().send().await.expect(200).value();
    assert_eq!((data["data"]["price"].as_str(), data["data"]["rule"].as_str()), (Some("7.50"), Some("group")), "{data}");
    house.get("/prices/preview").by(READER).send().await.expect(200);
    house.get("/prices/preview?sku=S9").by(OWNER).send().await.expect(422);
    house.get("/prices/preview?sku=S1&customer=C9").by(OWNER).send().await.expect(422);
    let tab = house.get("/products/P1/prices").by(OWNER).send().await.expect(200).body;
    for seen in ["客户组 × 地区组", "金牌客户", "v|group:CHAIN@SZ|S1", "value=\"7.00\"", "placeholder=\"8.20\"", "aria-current=\"page\""]
    {
        assert!(tab.contains(seen), "{seen} in {tab}");
    }
    assert!(house.get("/products/P1").by(OWNER).send().await.expect(200).body.contains("/products/P1/prices"));
    house.get("/products/P9/prices").by(OWNER).send().await.expect(404);
    let part = house.get("/products/P1/prices").by(OWNER).part().send().await.expect(200).body;
    assert!(!part.contains("<html"));
}

// W-03, UI §4.9: a locked price wears its lock, and whoever is about to change it reads so before anything is changed.
#[actix_web::test]
async fn a_locked_price_says_so_before_it_is_changed() {
    let (house, _cast) = market(2).await;
    let lock = [("module", "price/price"), ("skuId", "S1"), ("span", "2h"), ("reason", "直播专供")];
    house.post("/sync/exceptions").by(OWNER).json().form(&lock).send().await.expect(200);
    let told = "王店长 已锁定（直播专供），不随 ERP 变";
    let page = house.get("/prices").by(OWNER).send().await.expect(200).body;
    assert_eq!(page.matches("class=\"lkd\"").count(), 1, "one cell of all");
    assert!(page.contains("S1 默认单价 · 已锁定\"") && page.contains(&format!("data-lock=\"{told}")), "{page}");
    let reader = house.get("/prices").by(READER).send().await.expect(200).body;
    assert!(reader.contains("<span class=\"sr\">已锁定</span>"), "{reader}");
    let data = house.get("/prices?q=S1").by(OWNER).json().send().await.expect(200).value();
    assert_eq!(
        (&data["data"]["rows"][0]["prices"][0]["locked"], &data["data"]["rows"][0]["prices"][1]["locked"]),
        (&true.into(), &false.into())
    );
    let form = [
        ("how", "grid"),
        ("ver", "1|S1"),
        ("was", "v|price|S1=8.60"),
        ("v|price|S1", "8.80"),
        ("was", "v|price|S2=8.60"),
        ("v|price|S2", "8.70"),
    ];
    let seen = house.prices("/prices/changes", &form).await.expect(200).body;
    assert!(seen.contains("其中 1 个价格已被锁定") && seen.contains(told), "{seen}");
    let applied = house.prices("/prices", &[("change", "1|8.80|price|S1")]).await.expect(200).body;
    assert!(applied.contains("已改 1 个价格"), "{applied}");
    assert_eq!(house.ask("select base_price from skus where sku_id = 'S1' order by merchant_id limit 1"), "8.80");
    assert_eq!(house.ask("select count(*) from exceptions"), "1", "the lock stays");
}
