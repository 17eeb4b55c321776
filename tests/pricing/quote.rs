use super::{ROW, Row, market};
use duijie::ids::SkuId;
use duijie::pricing::{Buyer, Reason};

// …R-03: a division belongs to its city's group before its province's; a county to its city's.
#[actix_web::test]
async fn customer_region_shop_and_time_make_one_price() {
    let (house, cast) = market(2).await;
    let rows = [
        Row { region: "HN", amount: "8.10", ..ROW },
        Row { region: "SZ", amount: "8.20", ..ROW },
        Row { group: "CHAIN", amount: "7.10", ..ROW },
        Row { group: "VIP", amount: "7.50", ..ROW },
        Row { group: "CHAIN", region: "SZ", amount: "7.00", ..ROW },
        Row { customer: "C2", amount: "6.60", dates: ("2026-11-22 03:00Z", "2026-11-22 05:00Z"), ..ROW },
        Row { customer: "C3", region: "HN", amount: "6.00", ..ROW },
        Row { shop: 2, amount: "8.00", ..ROW },
    ];
    for row in &rows {
        house.sql(&row.sql(cast.a));
    }
    house.sql("update skus set member_price = 8.30 where sku_id = 'S1'");
    let pays = async |customer: &str, region: &str| house.pays(&cast, customer, region, "S1").await;
    assert_eq!(pays("", "").await, "8.60 default");
    assert_eq!(pays("", "430100").await, "8.10 region");
    assert_eq!(pays("", "440100").await, "8.10 region");
    assert_eq!(pays("", "440305").await, "8.20 region");
    assert_eq!(pays("", "999999").await, "8.60 default", "a division nobody has heard of");
    // C1 is in both groups: the first by priority, though the other is lower; where only the other has a price for the place, that.
    assert_eq!(pays("C1", "440100").await, "7.50 group");
    assert_eq!(pays("C1", "440305").await, "7.00 groupRegion");
    assert_eq!(pays("C2", "440305").await, "6.60 customer");
    assert_eq!(pays("C3", "440305").await, "8.20 region");
    assert_eq!(pays("C3", "430100").await, "6.00 customerRegion");
    assert_eq!(house.pays(&cast, "C3", "430100", "S2").await, "8.60 default");
    // Members: one price for all shops until the merchant says otherwise.
    assert_eq!(house.member_pays(&cast, 2, "S1").await, "8.30 member");
    house.sql(&format!(
        "insert into price_rules (merchant_id, member, policy, updated_at) values ({}, 'per_shop', 'lowest', now())",
        cast.a
    ));
    assert_eq!(house.member_pays(&cast, 2, "S1").await, "8.00 memberShop");
    assert_eq!(house.member_pays(&cast, 1, "S1").await, "8.30 member");
    assert_eq!(house.pays(&cast, "C1", "440100", "S1").await, "7.10 group", "the lowest wins");
    // Until is exclusive.
    house.later(chrono::Duration::hours(1));
    assert_eq!(house.pays(&cast, "C2", "440305", "S1").await, "7.00 groupRegion");
    let other = house.sku(cast.b, "S1");
    let found = house.quote(cast.a, Buyer::default(), &[other, SkuId(i64::MAX), other]).await;
    assert!(found.len() == 2 && found.values().all(|r| r.none == Some(Reason::UnknownSku)), "{found:?}");
    assert_eq!(house.quote(cast.b, Buyer::default(), &[other]).await[&other].price, "8.60".parse().ok());
}

// The database itself keeps a division in one group, dates of one buyer apart, and members out of groups.
#[actix_web::test]
async fn the_database_keeps_prices_apart() {
    let (house, cast) = market(1).await;
    let refused = |sql: String| {
        let url = house.url();
        std::thread::spawn(move || {
            use diesel::connection::SimpleConnection;
            #[expect(clippy::disallowed_methods, reason = "tests look at the database from outside")]
            let mut c = <diesel::PgConnection as diesel::Connection>::establish(&url).expect("connect");
            c.batch_execute(&sql).expect_err("refused").to_string()
        })
        .join()
        .expect("done")
    };
    let dated = |from, until| Row { region: "HN", dates: (from, until), ..ROW }.sql(cast.a);
    house.sql(&dated("2026-12-01", "2026-12-11"));
    house.sql(&dated("2026-12-11", "2026-12-12"));
    house.sql(&Row { region: "HN", ..ROW }.sql(cast.a));
    house.sql(&Row { region: "SZ", dates: ("2026-12-01", "2026-12-11"), ..ROW }.sql(cast.a));
    assert!(refused(dated("2026-12-10", "infinity")).contains("prices_apart"));
    assert!(refused(dated("-infinity", "2026-12-02")).contains("prices_"), "the standing price's place, or dates that overlap");
    assert!(refused(dated("2026-12-20", "2026-12-20")).contains("prices_span"));
    assert!(refused(Row { region: "HN", ..ROW }.sql(cast.a)).contains("prices_pkey"));
    assert!(refused(ROW.sql(cast.a)).contains("prices_of_somebody"));
    assert!(refused(Row { region: "HN", shop: 1, ..ROW }.sql(cast.a)).contains("prices_member"));
    assert!(refused(Row { customer: "C1", group: "VIP", ..ROW }.sql(cast.a)).contains("prices_one_kind_of_customer"));
    assert!(refused(Row { region: "HN", amount: "-0.01", ..ROW }.sql(cast.a)).contains("check"));
    let taken = "insert into region_group_members select merchant_id, '440000', id from region_groups where code = 'SZ'";
    assert!(refused(taken.to_owned()).contains("region_group_members_pkey"));
}

// R-08, I-12: a page of prices, or ten thousand, is the same two statements.
#[actix_web::test]
async fn ten_thousand_prices_come_together() {
    let (house, cast) = market(10_000).await;
    house.sql(&format!(
        "insert into prices (merchant_id, sku_id, region_group_id, amount, owner, updated_at) \
         select k.merchant_id, k.id, g.id, 5.00, 'erp', now() from skus k join region_groups g on g.merchant_id = k.merchant_id where k.merchant_id = {}",
        cast.a
    ));
    let skus: Vec<SkuId> = house
        .ask(&format!("select string_agg(id::text, ' ') from skus where merchant_id = {}", cast.a))
        .split(' ')
        .map(|id| id.parse().expect("an id"))
        .collect();
    let buyer = Buyer { region: Some("440100".into()), ..Buyer::default() };
    let found = house.quote(cast.a, buyer, &skus).await;
    assert_eq!(found.len(), 10_000);
    assert!(found.values().all(|r| r.price == "5.00".parse().ok() && r.ladder.len() == 2));
}
