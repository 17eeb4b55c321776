//! The page where somebody says who is whom.

use super::{OTHER_USCC, OWNER, READER, STRANGER, USCC, buyer, house};
use serde_json::json;

// U-02, U-03: three faces, two languages, what is empty says so.
#[actix_web::test]
async fn the_page_has_three_faces_and_two_languages() {
    let (house, cast) = house().await;
    let empty = house.get("/customers").by(OWNER).send().await.expect(200).body;
    assert!(empty.contains("还没有买家"));
    house.keep(cast.a, buyer("C1", "济世大药房", USCC)).await;
    house.keep(cast.a, buyer("C2", "百姓卫生院", "91110000802100434B")).await;
    house.push_customers(&cast, json!({ "erpCustomerCode": "K2", "name": "百姓卫生站", "uscc": OTHER_USCC })).await.expect(200);
    let page = house.get("/customers").by(OWNER).send().await.expect(200).body;
    assert!(page.contains("<html") && page.contains("济世大药房") && page.contains("校验位对不上") && page.contains("K2"), "{page}");
    assert!(page.contains("信用代码差 1 位") && page.contains("名称相似"), "{page}");
    let part = house.get("/customers?c=C1").by(OWNER).part().send().await.expect(200).body;
    assert!(!part.contains("<html") && part.contains("校验通过") && part.contains("ERP 推送的客户里没有"));
    let data = house.get("/customers").by(OWNER).json().send().await.expect(200).value();
    assert_eq!(data["data"]["counts"], json!([2, 0, 0, 0, 0]));
    assert_eq!(data["data"]["rows"][0]["customerId"], "C2");
    assert_eq!(data["data"]["open"]["candidates"][0]["signs"], json!(["customers-sign-code-near", "customers-sign-name-alike"]));
    let english = house.get("/customers").by(OWNER).header("accept-language", "en").send().await.expect(200).body;
    assert!(english.contains("Fill in the ERP customer code"));
    // Whoever may only read is shown no button; a stranger sees their own buyers only.
    let read = house.get("/customers").by(READER).send().await.expect(200).body;
    assert!(read.contains("百姓卫生院") && !read.contains("/customers/C2/match"));
    let other = house.get("/customers").by(STRANGER).json().send().await.expect(200).value();
    assert_eq!(other["data"]["rows"], json!([]));
    let none = house.get("/customers?q=阿莫西林".replace("阿莫西林", "%E9%98%BF").as_str()).by(OWNER).send().await.expect(200).body;
    assert!(none.contains("没有符合这些筛选条件的结果"));
}

// U-03: matched by hand, taken back, taken away, said to be needless; each with its way back.
#[actix_web::test]
async fn a_person_says_who_is_whom_and_takes_it_back() {
    let (house, cast) = house().await;
    house.keep(cast.a, buyer("C1", "济世大药房", USCC)).await;
    house.keep(cast.a, buyer("C2", "百姓卫生院", "")).await;
    let act = |path: &str, form: &[(&str, &str)]| house.post(path).by(OWNER).form(form);
    let done = act("/customers/C2/match", &[("code", " K2 "), ("version", "2"), ("next", "C1")]).send().await.expect(303);
    assert_eq!(done.header("location"), "/customers?c=C1&done=matched&of=C2");
    assert_eq!(house.buyers(), "C1 none, C2 person K2");
    let said = house.get(done.header("location")).by(OWNER).send().await.expect(200).body;
    assert!(said.contains("已把「百姓卫生院」匹配到 K2") && said.contains("撤销"), "{said}");
    // Undone as if it had never been.
    act("/customers/C2/match?_method=delete", &[("undo", "1")]).send().await.expect(303);
    assert_eq!(house.buyers(), "C1 none, C2 none");
    let late = house.get(done.header("location")).by(OWNER).send().await.expect(200).body;
    assert!(!late.contains("已把「百姓卫生院」匹配到"), "an old address does not say what is no longer so");

    // A match by itself, taken away, comes back as what it was.
    house.push_customers(&cast, json!({ "erpCustomerCode": "K1", "name": "济世大药房", "uscc": USCC })).await.expect(200);
    let done = act("/customers/C1/match?_method=delete", &[("view", "auto")]).send().await.expect(303);
    assert_eq!(done.header("location"), "/customers?view=auto&done=unbound&of=C1&code=K1");
    assert_eq!(house.buyers(), "C1 none, C2 none");
    act("/customers/C1/match", &[("code", "K1"), ("undo", "1")]).send().await.expect(303);
    assert_eq!(house.buyers(), "C1 auto K1, C2 none");

    act("/customers/C2/exemption", &[]).send().await.expect(303);
    assert_eq!(house.buyers(), "C1 auto K1, C2 not_needed");
    act("/customers/C2/exemption?_method=delete", &[]).send().await.expect(303);
    act("/customers/C1/exemption?_method=delete", &[]).send().await.expect(303);
    assert_eq!(house.buyers(), "C1 auto K1, C2 none", "only what was exempt is needed again");

    // What is no code, and what has changed meanwhile, is told at the field.
    let bad = act("/customers/C2/match", &[("code", "  ")]).send().await.expect(409).body;
    assert!(bad.contains("ERP 客户编码要 1 到 50 个字"), "{bad}");
    let late = act("/customers/C2/match", &[("code", "K3"), ("version", "1")]).send().await.expect(409).body;
    assert!(late.contains("刚刚被改过") && late.contains("K3"), "{late}");
    house.post("/customers/C2/match").by(READER).form(&[("code", "K3")]).send().await.expect(403);
    house.post("/customers/C2/match").by(STRANGER).form(&[("code", "K3")]).send().await.expect(404);
    assert_eq!(house.buyers(), "C1 auto K1, C2 none");
}

// U-06: codes pasted from a table, and the table to fill in.
#[actix_web::test]
async fn codes_come_from_a_table_and_go_into_one() {
    let (house, cast) = house().await;
    for (id, name) in [("C1", "济世大药房"), ("C2", "=1+1"), ("C3", "康泰诊所")] {
        house.keep(cast.a, buyer(id, name, "")).await;
    }
    let table = house.get("/customers/export").by(OWNER).send().await.expect(200);
    assert_eq!(table.header("content-disposition"), "attachment; filename=\"customers-20261122.csv\"");
    assert!(table.body.starts_with('\u{feff}') && table.body.contains("C2,,'=1+1,其他"), "{}", table.body);
    let filled = table.body.replace("C1,,", "C1,K1,").replace("C3,,", "C3,K3,") + "C9,K9\r\n";
    let seen = house.post("/customers/codes").by(OWNER).form(&[("table", &filled), ("preview", "1")]).send().await.expect(200).body;
    assert!(seen.contains("将写入 2 行") && seen.contains("没有这个客户"), "{seen}");
    assert_eq!(house.buyers(), "C1 none, C2 none, C3 none");
    let done = house.post("/customers/codes").by(OWNER).json().form(&[("table", &filled)]).send().await.expect(200).value();
    assert_eq!((&done["data"]["applied"], &done["data"]["rejected"]), (&json!(2), &json!(1)));
    assert_eq!(house.buyers(), "C1 person K1, C2 none, C3 person K3");
    let one = house.get("/customers/export?c=C2").by(OWNER).send().await.expect(200).body;
    assert_eq!(one.lines().count(), 2);
    let nothing = house.post("/customers/codes").by(OWNER).form(&[("table", " ")]).send().await.expect(422).body;
    assert!(nothing.contains("没有读到一行编码"));
    house.get("/customers/export").by(READER).send().await.expect(403);
}

//
#[actix_web::test]
async fn the_scheme_is_explained_and_chosen() {
    let (house, _) = house().await;
    let page = house.get("/settings/customers").by(OWNER).send().await.expect(200).body;
    assert!(page.contains("ERP 先推送客户") && page.contains("value=\"none\" checked"), "{page}");
    house.post("/settings/customers").by(OWNER).form(&[("scheme", "presync")]).send().await.expect(303);
    assert_eq!(house.ask("select scheme from customer_rules"), "presync");
    house.post("/settings/customers").by(OWNER).form(&[("scheme", "magic")]).send().await.expect(422);
    house.get("/settings/customers").by(READER).send().await.expect(403);
}

// The list walks and searches by index alone, and no page of it leaves anybody out.
#[actix_web::test]
async fn pages_follow_one_another_without_gaps() {
    let (house, cast) = house().await;
    house.sql(&crowd(cast.a.0, 130));
    for (query, expected) in [("", 130), ("q=dyf", 130), ("q=K7", 0), ("view=auto", 0), ("q=C12", 11)] {
        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            let page = house.get(&format!("/customers?{query}&after={after}")).by(OWNER).json().send().await.expect(200).value();
            seen.extend(page["data"]["rows"].as_array().unwrap().iter().map(|r| r["customerId"].to_string()));
            match page["data"]["next"].as_str() {
                Some(next) => after = next.to_owned(),
                None => break,
            }
        }
        let mut once = seen.clone();
        once.sort();
        once.dedup();
        assert_eq!((seen.len(), once.len()), (expected, expected), "{query}");
    }
}

/// Buyers C1…C<n> of a merchant, made behind the product's back.
pub fn crowd(merchant: i64, n: i64) -> String {
    format!(
        "insert into customers (merchant_id, customer_id, name, name_key, grams, created_at, updated_at) \
         select {merchant}, 'C' || n, '大药房' || n, '大药房' || n, \
         array['@{merchant}', '大药', '药房', 'py:dyf', 'py:d', 'c' || n, left('c' || n, 3)], now(), now() from generate_series(1, {n}) n"
    )
}
