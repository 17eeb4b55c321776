//! Two lists of the same customers, one of them with the mistakes people make, and the right answers beside it.

use super::{buyer, house};
use duijie::customers;
use duijie::trail::Cause;
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[derive(serde::Deserialize)]
struct Ours {
    platform_customer_id: String,
    name: String,
    uscc: String,
}

#[derive(serde::Deserialize)]
struct Theirs {
    erp_customer_no: String,
    name: String,
    uscc: String,
    /// Whose code it is; empty where the file gives nothing to tell it by.
    expected_platform_customer_id: String,
    case: String,
}

fn rows<T: serde::de::DeserializeOwned>(text: &str) -> Vec<T> {
    csv::Reader::from_reader(text.as_bytes()).into_deserialize().map(|row| row.expect("a row")).collect()
}

/// What the file says: code → customer, of codes that name a customer alone.
fn right(theirs: &[Theirs]) -> BTreeMap<String, String> {
    let mut by_customer: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for row in theirs.iter().filter(|r| !r.expected_platform_customer_id.is_empty()) {
        by_customer.entry(&row.expected_platform_customer_id).or_default().push(&row.erp_customer_no);
    }
    by_customer.into_iter().filter(|(_, codes)| codes.len() == 1).map(|(id, codes)| (codes[0].to_owned(), id.to_owned())).collect()
}

// U-05: every code that can be told is told, whatever its spelling; not one is told wrong, whoever spoke first.
#[tokio::test]
async fn nobody_is_taken_for_somebody_else() {
    let ours: Vec<Ours> = rows(include_str!("../../fixtures/customers/platform_customers_cn.csv"));
    let theirs: Vec<Theirs> = rows(include_str!("../../fixtures/customers/erp_customers_cn.csv"));
    assert_eq!((ours.len(), theirs.len()), (400, 386));
    let (house, cast) = house().await;
    let lines: Value = theirs.iter().map(|r| json!({ "erpCustomerCode": r.erp_customer_no, "name": r.name, "uscc": r.uscc })).collect();
    // Half of the buyers are there before the ERP speaks, half come after.
    let (before, after) = ours.split_at(200);
    let keep = |some: &[Ours]| {
        let drafts: Vec<_> = some.iter().map(|r| buyer(&r.platform_customer_id, &r.name, &r.uscc)).collect();
        let cause = Cause::system(cast.a, "storefront", house.now());
        house.platform.db.write(move |tx| drafts.iter().try_for_each(|draft| customers::keep(tx, &cause, draft).map(drop)))
    };
    keep(before).await.unwrap();
    house.push_customers(&cast, lines).await.expect(200);
    keep(after).await.unwrap();

    let matched = house.ask("select coalesce(json_object_agg(erp_code, customer_id), '{}') from customers where match_kind = 'auto'");
    let matched: BTreeMap<String, String> = serde_json::from_str(&matched).unwrap();
    let right = right(&theirs);
    let wrong: Vec<_> = matched.iter().filter(|(code, id)| right.get(*code) != Some(id)).collect();
    assert!(wrong.is_empty(), "taken for somebody else: {wrong:?}");
    assert_eq!(matched.len(), right.len(), "everything that can be told is told");
    let twice = theirs.iter().filter(|r| r.case.starts_with("duplicate")).count();
    assert_eq!(house.ask("select count(*) from customers where match_kind = 'conflict'"), twice.to_string());
    assert_eq!(right.len(), 331);
}
