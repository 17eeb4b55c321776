//! Deleted groups come back with what went with them.

use super::{ROW, Row, market, priced};
use crate::stock::{OWNER, READER};

// I-9, UI §4.10: exactly, as long as nobody has touched what it held.
#[actix_web::test]
async fn a_deleted_group_comes_back_as_it_was() {
    let (house, cast) = market(2).await;
    house.sql(&Row { region: "HN", amount: "8.10", ..ROW }.sql(cast.a));
    house.sql(&Row { region: "HN", amount: "7.70", dates: ("2026-12-01", "2027-01-01"), ..ROW }.sql(cast.a));
    house.sql(&Row { group: "VIP", region: "HN", amount: "7.10", sku: "S2", ..ROW }.sql(cast.a));
    house.sql("update prices set source_time = '2026-11-22 03:00Z'");
    let state = || {
        let members = house.ask("select string_agg(g.code || ' ' || m.region_code, ', ' order by g.code, m.region_code) from region_group_members m join region_groups g on g.id = m.group_id");
        let rows = house.ask("select string_agg(concat_ws(' ', region_group_id, customer_group_id, valid_from, valid_until, amount, owner, source_time), ', ' order by sku_id, valid_from) from prices");
        let names = house.ask("select string_agg(concat_ws(' ', id, code, name, level, priority), ', ' order by id) from (select id, code, name, 0 as level, 0 as priority from region_groups union all select id, code, name, level, priority from customer_groups) g");
        let joined =
            house.ask("select string_agg(group_id || ' ' || customer_id, ', ' order by group_id, customer_id) from customer_group_members");
        (priced(&house, &cast, "S1"), priced(&house, &cast, "S2"), members, rows, names, joined)
    };
    let before = state();
    let (hn, vip) = (house.id_of("region_groups", "code", "HN", cast.a), house.id_of("customer_groups", "code", "VIP", cast.a));
    let (hn, vip) = (format!("/groups/regions/{hn}"), format!("/groups/customers/{vip}"));
    house.delete(&hn).by(OWNER).form(&[("version", "1"), ("prices", "3")]).send().await.expect(303);
    house.delete(&vip).by(OWNER).form(&[("version", "1"), ("prices", "0")]).send().await.expect(303);
    assert_eq!(priced(&house, &cast, "S1"), "8.60 - - - - | ");
    let page = house.get("/groups/regions").by(OWNER).send().await.expect(200).body;
    assert!(page.contains("删除过的组") && page.contains("王店长 删除，带走 3 个价格") && page.contains("data-key=\"z\""), "{page}");
    house.delete(&format!("{hn}/deletion")).by(READER).send().await.expect(403);
    // In whichever order: what names both waits for the other.
    let back = house.delete(&format!("{hn}/deletion")).by(OWNER).send().await.expect(303);
    assert!(back.header("location").ends_with("done=back&n=2&left=1"), "{}", back.header("location"));
    let told = house.get("/groups/regions/1?done=back&n=2&left=1").by(OWNER).send().await.body;
    assert!(told.contains("2 个价格重新生效；有 1 项没有恢复"), "{told}");
    let back = house.delete(&format!("{vip}/deletion")).by(OWNER).send().await.expect(303);
    assert!(back.header("location").ends_with("done=back&n=1&left=0"), "{}", back.header("location"));
    assert_eq!(state(), before);
    house.delete(&format!("{hn}/deletion")).by(OWNER).send().await.expect(404);
    assert_eq!(house.ask("select (select count(*) from gone_prices) || ' ' || (select count(*) from gone_groups)"), "0 0");
    assert_eq!(
        house.ask("select string_agg(verb, ' ' order by id) from trail where verb like '%restored'"),
        "region_group.restored customer_group.restored"
    );
    // Versions have moved on: who looked before sees that.
    house.post(&hn).by(OWNER).form(&[("code", "HN"), ("name", "慢了"), ("version", "1")]).send().await.expect(409);
}

// I-9: what others have done since is left alone.
#[actix_web::test]
async fn what_has_been_taken_since_stays_taken() {
    let (house, cast) = market(1).await;
    house.sql(&Row { region: "HN", amount: "8.10", ..ROW }.sql(cast.a));
    let id = house.id_of("region_groups", "code", "HN", cast.a);
    let path = format!("/groups/regions/{id}");
    house.delete(&path).by(OWNER).form(&[("version", "1"), ("prices", "1")]).send().await.expect(303);
    let new = [("code", "HN"), ("name", "新华南"), ("region", "430000")];
    house.post("/groups/regions").by(OWNER).form(&new).send().await.expect(303);
    let clash = house.delete(&format!("{path}/deletion")).by(OWNER).send().await.expect(409).body;
    assert!(clash.contains("编码 HN 已被新的组用了"), "{clash}");
    house.sql("update region_groups set code = 'HN2' where name = '新华南'");
    let back = house.delete(&format!("{path}/deletion")).by(OWNER).send().await.expect(303);
    assert!(back.header("location").ends_with("done=back&n=1&left=1"), "湖南 belongs to the new group: {}", back.header("location"));
    assert_eq!(
        (house.pays(&cast, "", "440100", "S1").await, house.pays(&cast, "", "430100", "S1").await),
        ("8.10 region".into(), "8.60 default".into())
    );
    // After three months it is forgotten.
    house.delete(&path).by(OWNER).form(&[("version", "2"), ("prices", "1")]).send().await.expect(303);
    house.later(chrono::Duration::days(91));
    duijie::sync::keep_house(&house.platform.db, house.now(), 6).await.expect("housekeeping");
    assert_eq!(house.ask("select (select count(*) from gone_prices) || ' ' || (select count(*) from gone_groups)"), "0 0");
}
