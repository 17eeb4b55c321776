//! What the storefront says of a buyer, and what follows from its USCC.

use super::{OTHER_USCC, USCC, buyer, house};
use duijie::customers::{self, Draft, Kind, Match};
use duijie::ids::CustomerId;
use duijie::trail::Cause;
use serde_json::json;

// U-01: a buyer is noted once, and only what is said of it changes.
#[tokio::test]
async fn a_buyer_is_kept_as_the_storefront_describes_it() {
    let (house, cast) = house().await;
    house.sql("insert into regions (code, name, level, parent_code, area) values ('150825', '乌拉特后旗', 3, '150800', '华北')");
    let draft = Draft {
        kind: Some(Kind::Pharmacy),
        region_code: Some("150825".into()),
        phone: Some("10000000002".into()),
        licences: Some(json!([{ "kind": "business", "no": USCC, "validUntil": "长期" }])),
        ..buyer("C1", "济世大药房", "９１１５０８２５ｍａｕａｊｗ５０ｄｘ")
    };
    let made = house.keep(cast.a, draft.clone()).await;
    assert_eq!((made.uscc.as_str(), made.uscc_ok, made.version), (USCC, true, 2));
    assert_eq!((made.kind(), made.match_kind(), made.region_code.as_deref()), (Kind::Pharmacy, Match::None, Some("150825")));

    // Said again, nothing happens; said in part, the rest stays; a region that is none changes nothing.
    assert_eq!(house.keep(cast.a, draft).await, made);
    let bare = Draft { customer_id: "C1".into(), region_code: Some("999999".into()), ..Draft::default() };
    assert_eq!(house.keep(cast.a, bare).await, made);
    let moved = house.keep(cast.a, Draft { phone: Some("10000000003".into()), ..buyer("C1", "济世大药房", USCC) }).await;
    assert_eq!((moved.phone.as_str(), moved.version, moved.kind()), ("10000000003", 3, Kind::Pharmacy));
    assert_eq!(house.customer_trail(), "customer.created C1 storefront, customer.changed C1 storefront");
    assert_eq!(
        house.ask("select count(*) from trail where after::text like '%10000000003%'"),
        "0",
        "numbers of people stay out of the trail"
    );

    // The same id at another merchant is another buyer.
    let other = house.keep(cast.b, buyer("C1", "别家的客户", "")).await;
    assert_ne!(other.id, made.id);
    let (a, ids) = (cast.a, vec![made.id, other.id, CustomerId(0)]);
    let mine = house.platform.db.read(move |c| customers::by_ids(c, a, &ids)).await.unwrap();
    assert_eq!(mine.into_keys().collect::<Vec<_>>(), [made.id]);
}

// U-05: whoever comes second finds the first, and the outcome is the same.
#[tokio::test]
async fn a_code_the_erp_has_once_matches_whoever_comes_first() {
    let (house, cast) = house().await;
    house.push_customers(&cast, json!({ "erpCustomerCode": "K1", "name": "济世大药房", "uscc": USCC })).await.expect(200);
    let found = house.keep(cast.a, buyer("C1", "济世大药房（旗舰）", USCC)).await;
    assert_eq!((found.match_kind(), found.erp_code.as_deref(), found.matched_at), (Match::Auto, Some("K1"), Some(house.now())));
    house.keep(cast.a, buyer("C2", "百姓卫生院", OTHER_USCC)).await;
    let answer =
        house.push_customers(&cast, json!({ "erpCustomerCode": "K2", "name": "另一个名字", "uscc": OTHER_USCC })).await.expect(200);
    assert_eq!(answer.value()["data"]["lines"][0]["now"]["customerIds"], json!(["C2"]));
    assert_eq!(house.buyers(), "C1 auto K1, C2 auto K2");
    // Another merchant's ERP says nothing about our buyers.
    house.keep(cast.b, buyer("C1", "济世大药房", USCC)).await;
    assert_eq!(house.buyers(), "C1 auto K1, C2 auto K2, C1 none");
    // A new code is a new question.
    house.keep(cast.a, buyer("C1", "", "")).await;
    assert_eq!(house.buyers(), "C1 none, C2 auto K2, C1 none");
}

// U-05: a name is never enough, nor is a code that cannot be right, even when both sides have the same wrong one.
#[tokio::test]
async fn a_name_or_a_wrong_code_matches_nothing() {
    let (house, cast) = house().await;
    let wrong = "91150825MAUAJW50DY";
    house.keep(cast.a, buyer("C1", "济世大药房", wrong)).await;
    house.keep(cast.a, buyer("C2", "百姓卫生院", "")).await;
    let lines = json!([
        { "erpCustomerCode": "K1", "name": "济世大药房", "uscc": wrong },
        { "erpCustomerCode": "K2", "name": "百姓卫生院", "uscc": "" },
    ]);
    let answer = house.push_customers(&cast, lines).await.expect(200);
    assert_eq!(answer.lines(), [(1, "applied".into(), "BAD_USCC".into())]);
    assert_eq!(house.buyers(), "C1 none, C2 none");
}

// Q-29, U-03: said by a person, it stands; taken away, it stays away until the code changes.
#[tokio::test]
async fn what_is_said_stands() {
    let (house, cast) = house().await;
    let c1 = house.keep(cast.a, buyer("C1", "济世大药房", USCC)).await;
    let cause = Cause { actor_name: "王店长".into(), ..Cause::system(cast.a, "page", house.now()) };
    let (said, id) = (cause.clone(), c1.id);
    let bound = house.platform.db.write(move |tx| customers::bind(tx, &said, id, " K9 ", Some(c1.version))).await.unwrap();
    assert_eq!((bound.match_kind(), bound.erp_code.as_deref(), bound.matched_by.as_deref()), (Match::Person, Some("K9"), Some("王店长")));
    // The ERP knows its code under another: a person has said otherwise.
    house.push_customers(&cast, json!({ "erpCustomerCode": "K1", "name": "济世大药房", "uscc": USCC })).await.expect(200);
    assert_eq!(house.buyers(), "C1 person K9");
    let (said, seen) = (cause.clone(), bound.version);
    let stale = house.platform.db.write(move |tx| customers::unbind(tx, &said, id, Some(seen - 1))).await;
    assert!(matches!(stale, Err(duijie::Error::Conflict(_))));
    let said = cause.clone();
    house.platform.db.write(move |tx| customers::unbind(tx, &said, id, Some(seen))).await.unwrap();
    assert_eq!(house.buyers(), "C1 none", "it does not come back by itself");
    house.push_customers(&cast, json!({ "erpCustomerCode": "K1", "name": "济世大药房", "uscc": USCC, "phone": "1" })).await.expect(200);
    assert_eq!(house.buyers(), "C1 none");
    // Taken back: the USCC decides again.
    let said = cause.clone();
    house.platform.db.write(move |tx| customers::rebind(tx, &said, id, "K1")).await.unwrap();
    assert_eq!(house.buyers(), "C1 auto K1");
    let said = cause.clone();
    house.platform.db.write(move |tx| customers::unbind(tx, &said, id, None)).await.unwrap();
    house.keep(cast.a, buyer("C1", "济世大药房", OTHER_USCC)).await;
    house.keep(cast.a, buyer("C1", "济世大药房", USCC)).await;
    assert_eq!(house.buyers(), "C1 auto K1", "a new code is a new question");
    // Not needed, and needed again.
    let said = cause.clone();
    house.platform.db.write(move |tx| customers::exempt(tx, &said, id, None)).await.unwrap();
    assert_eq!(house.buyers(), "C1 not_needed");
    house.platform.db.write(move |tx| customers::unbind(tx, &cause, id, None)).await.unwrap();
    assert_eq!(house.buyers(), "C1 auto K1");
    assert_eq!(customers::code("  "), None);
    assert_eq!(customers::code(&"长".repeat(51)), None);
}
