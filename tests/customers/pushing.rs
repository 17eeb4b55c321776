//! What the ERP says: its customers, and whose code is whose.

use super::{OTHER_USCC, USCC, buyer, house};
use duijie::customers::Scheme;
use duijie::trail::Cause;
use serde_json::{Value, json};

fn line(no: i64, outcome: &str, code: &str) -> (i64, String, String) {
    (no, outcome.to_owned(), code.to_owned())
}

// U-04, Q-09, Q-15
#[tokio::test]
async fn customers_are_pushed_in_part_and_in_order() {
    let (house, cast) = house().await;
    let answer = house
        .push_customers(
            &cast,
            json!([
                { "erpCustomerCode": "K1", "name": "济世大药房", "uscc": USCC, "phone": "10000000001", "sourceTime": "2026-11-22 12:00:00" },
                { "erpCustomerCode": "K2" },
                { "erpCustomerCode": "K3", "name": "", "uscc": null },
                { "erpCustomerCode": "K4", "name": "康泰诊所", "regionCode": "999999", "colour": "red" },
                { "name": "没有编码" },
            ]),
        )
        .await
        .expect(200);
    assert_eq!(
        answer.lines(),
        [line(2, "rejected", "MISSING"), line(3, "rejected", "EMPTY"), line(4, "applied", "UNKNOWN_FIELD"), line(5, "rejected", "MISSING"),]
    );
    assert_eq!(answer.value()["data"]["lines"][2]["problems"][1]["code"], "UNKNOWN_REGION");

    let row = || house.ask("select concat_ws('|', name, uscc, phone, enabled, 'v' || version) from erp_customers where code = 'K1'");
    assert_eq!(row(), format!("济世大药房|{USCC}|10000000001|t|v1"));
    // A missing field stays, null clears, an older word is stale, the same word changes nothing.
    house.push_customers(&cast, json!({ "erpCustomerCode": "K1", "phone": null, "sourceTime": "2026-11-22 12:01:00" })).await.expect(200);
    assert_eq!(row(), format!("济世大药房|{USCC}||t|v2"));
    let old = json!({ "erpCustomerCode": "K1", "name": "旧名", "sourceTime": "2026-11-22 12:00:30" });
    assert_eq!(house.push_customers(&cast, old).await.lines(), [line(1, "stale", "STALE")]);
    let same = house.push_customers(&cast, json!({ "erpCustomerCode": "K1", "name": "济世大药房" })).await.expect(200);
    assert_eq!(same.value()["data"]["unchanged"], 1);
    let other = json!({ "erpCustomerCode": "K1", "name": "新名", "ifVersion": 1 });
    assert_eq!(house.push_customers(&cast, other).await.lines(), [line(1, "rejected", "CONFLICT")]);
    assert_eq!(row(), format!("济世大药房|{USCC}||t|v2"));
    assert_eq!(house.ask("select count(*) from trail where subject_kind = 'erp_customer'"), "3", "two created, one changed");
}

// U-05: the ERP has a code twice: nobody guesses. What resolves it releases the match.
#[tokio::test]
async fn a_code_the_erp_has_twice_is_a_conflict() {
    let (house, cast) = house().await;
    house.keep(cast.a, buyer("C1", "济世大药房", USCC)).await;
    house.push_customers(&cast, json!({ "erpCustomerCode": "K1", "name": "济世大药房", "uscc": USCC })).await.expect(200);
    assert_eq!(house.buyers(), "C1 auto K1");
    let twice = json!({ "erpCustomerCode": "K1B", "name": "济世大药房", "uscc": USCC });
    assert_eq!(house.push_customers(&cast, twice).await.lines(), [line(1, "applied", "SEVERAL_CUSTOMERS")]);
    assert_eq!(house.buyers(), "C1 conflict", "the match by itself is gone: it may have been the wrong one");
    house.push_customers(&cast, json!({ "erpCustomerCode": "K1", "enable": 0 })).await.expect(200);
    assert_eq!(house.buyers(), "C1 auto K1B");
    house.push_customers(&cast, json!({ "erpCustomerCode": "K1B", "uscc": OTHER_USCC })).await.expect(200);
    assert_eq!(house.buyers(), "C1 none");
    assert_eq!(
        house.ask("select string_agg(verb, ' ' order by at, id) from trail where subject_kind = 'customer'"),
        "customer.created customer.matched customer.conflicted customer.matched customer.unmatched"
    );
}

// U-03: scheme one by machine.
#[tokio::test]
async fn the_erp_names_its_codes() {
    let (house, cast) = house().await;
    for id in ["C1", "C2"] {
        house.keep(cast.a, buyer(id, "客户", "")).await;
    }
    house.keep(cast.b, buyer("C3", "别家的客户", "")).await;
    let lines = json!([
        { "customerId": "C1", "erpCustomerCode": "K1" },
        { "customerId": "C2" },
        { "customerId": "C3", "erpCustomerCode": "K3" },
        { "customerId": "C4", "erpCustomerCode": "" },
    ]);
    let answer = house.api(&cast.erp, "customer.bind", lines).send().await.expect(200);
    assert_eq!(answer.lines(), [line(2, "rejected", "MISSING"), line(3, "rejected", "UNKNOWN_CUSTOMER"), line(4, "rejected", "EMPTY")]);
    assert_eq!(house.buyers(), "C1 person K1, C2 none, C3 none");
    let again = house.api(&cast.erp, "customer.bind", json!({ "customerId": "C1", "erpCustomerCode": "K1" })).send().await.expect(200);
    assert_eq!(again.value()["data"]["unchanged"], 1);
    house.api(&cast.erp, "customer.bind", json!({ "customerId": "C1", "erpCustomerCode": null })).send().await.expect(200);
    assert_eq!(house.buyers(), "C1 none, C2 none, C3 none");
}

// U-02, Q-31: read back page by page and by cursor, a state at a time.
#[tokio::test]
async fn customers_are_read_back_with_their_codes() {
    let (house, cast) = house().await;
    for n in 1..=5 {
        house.keep(cast.a, buyer(&format!("C{n}"), "客户", if n == 1 { USCC } else { "" })).await;
        house.later(chrono::Duration::seconds(1));
    }
    house.push_customers(&cast, json!({ "erpCustomerCode": "K1", "name": "客户", "uscc": USCC })).await.expect(200);
    let read = |body: Value| {
        let call = house.api(&cast.erp, "customer.list.get", body);
        async move { call.send().await.expect(200).value()["data"].clone() }
    };
    let ids =
        |data: &Value| data["records"].as_array().unwrap().iter().map(|r| r["customerId"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    let first = read(json!({ "pageSize": 2 })).await;
    assert_eq!((ids(&first), &first["total"], &first["pages"]), (vec!["C2".into(), "C3".into()], &json!(5), &json!(3)));
    let second = read(json!({ "pageSize": 2, "cursor": first["cursor"] })).await;
    assert_eq!((ids(&second), second.get("total")), (vec!["C4".to_owned(), "C5".into()], None));
    let last = read(json!({ "pageSize": 2, "cursor": second["cursor"] })).await;
    assert_eq!((ids(&last), &last["cursor"]), (vec!["C1".to_owned()], &Value::Null), "what a match has changed comes last");
    assert_eq!(last["records"][0]["erpCustomerCode"], "K1");
    assert_eq!(ids(&read(json!({ "pageSize": 2, "pageNum": 2 })).await), ["C4", "C5"]);
    assert_eq!(ids(&read(json!({ "match": "auto" })).await), ["C1"]);
    assert_eq!(ids(&read(json!({ "customerIds": ["C3", "C9"] })).await), ["C3"]);
    let wrong = house.api(&cast.erp, "customer.list.get", json!({ "cursor": "x" })).send().await;
    assert_eq!(wrong.status.as_u16(), 422);
    assert_eq!(house.api(&cast.other_erp, "customer.list.get", json!({})).send().await.value()["data"]["total"], 0);
}

// Q-28, W-01: with the module off, customers and codes wait, and count when it is on again.
#[tokio::test]
async fn the_switch_keeps_what_arrives() {
    let (house, cast) = house().await;
    house.keep(cast.a, buyer("C1", "济世大药房", USCC)).await;
    house.sql(&format!(
        "insert into switches (merchant_id, module, reason, by_name, since) values ({}, 'customer', '盘点', '王店长', now())",
        cast.a
    ));
    let answer = house.push_customers(&cast, json!({ "erpCustomerCode": "K1", "name": "济世大药房", "uscc": USCC })).await.expect(200);
    assert_eq!(answer.lines(), [line(1, "held", "SYNC_OFF")]);
    assert_eq!(house.buyers(), "C1 none");
    assert_eq!(house.ask("select string_agg(method || ' ' || key, ',') from held_lines"), "customer.add_or_edit K1");
}

//
#[tokio::test]
async fn a_merchant_chooses_its_scheme() {
    let (house, cast) = house().await;
    let cause = Cause::system(cast.a, "tests", house.now());
    let chosen = house
        .platform
        .db
        .write(move |tx| {
            let before = duijie::customers::scheme(tx, cause.merchant)?;
            let news = duijie::customers::choose(tx, &cause, Scheme::Presync)?;
            Ok((before, news, duijie::customers::choose(tx, &cause, Scheme::Presync)?, duijie::customers::scheme(tx, cause.merchant)?))
        })
        .await
        .unwrap();
    assert_eq!(chosen, (Scheme::None, true, false, Scheme::Presync));
    assert_eq!([Scheme::None, Scheme::OnOrder, Scheme::Presync].map(Scheme::needs_code), [false, true, true]);
}
