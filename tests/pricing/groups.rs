use super::{ROW, Row, market, priced};
use crate::stock::{OWNER, READER};
use crate::support::House;

impl House {
    async fn put_group(&self, path: &str, form: &[(&str, &str)]) -> crate::support::Answer {
        self.post(path).by(OWNER).form(form).send().await
    }
}

// UI §4.10: regions are picked, each in one group at most; deleting shows what falls back to what.
#[actix_web::test]
async fn region_groups_from_making_to_deleting() {
    let (house, cast) = market(2).await;
    let list = house.get("/groups/regions").by(OWNER).send().await.expect(200).body;
    assert!(list.contains("华南") && list.contains("湖南省、广东省"), "{list}");
    let new = house.get("/groups/regions/new").by(OWNER).send().await.expect(200).body;
    assert!(new.contains("华中") && new.contains("在「华南」") && new.contains("value=\"430100\""), "{new}");
    house.put_group("/groups/regions", &[("code", "CS"), ("name", "长沙"), ("region", "430100"), ("region", "430999")]).await.expect(303);
    let id = house.id_of("region_groups", "code", "CS", cast.a);
    assert_eq!(house.ask(&format!("select string_agg(region_code, ' ') from region_group_members where group_id = {id}")), "430100");
    // Bad input keeps what was typed and says what is wrong.
    for (form, said) in [
        ([("code", "CS"), ("name", "再来"), ("region", "")], "编码 CS 已被别的组用了"),
        ([("code", "A B"), ("name", "空格"), ("region", "")], "不能有空格"),
        ([("code", "X1"), ("name", "抢"), ("region", "440300")], "深圳市已在「深圳」里"),
    ] {
        let page = house.put_group("/groups/regions", &form).await.expect(422).body;
        assert!(page.contains(said) && page.contains(form[1].1), "{said}: {page}");
    }
    let path = format!("/groups/regions/{id}");
    house.put_group(&path, &[("code", "CS2"), ("name", "长沙片"), ("version", "1"), ("region", "430100")]).await.expect(303);
    house.put_group(&path, &[("code", "CS3"), ("name", "慢了"), ("version", "1")]).await.expect(409);
    // Deleting: the price, and what its buyers would pay instead.
    let hn = house.id_of("region_groups", "code", "HN", cast.a);
    house.sql(&Row { region: "HN", amount: "8.10", ..ROW }.sql(cast.a));
    house.sql(&Row { group: "VIP", region: "HN", amount: "7.10", ..ROW }.sql(cast.a));
    house.sql(&Row { group: "VIP", amount: "7.90", ..ROW }.sql(cast.a));
    let page = house.get(&format!("/groups/regions/{hn}")).by(OWNER).send().await.expect(200).body;
    assert!(page.contains("删除这个组和 2 个价格") && page.contains("7.90") && page.contains("客户组价"), "{page}");
    let gone = |prices: &'static str| {
        let (house, path) = (&house, format!("/groups/regions/{hn}"));
        async move { house.delete(&path).by(OWNER).form(&[("version", "1"), ("prices", prices)]).send().await }
    };
    assert_eq!(gone("1").await.status, 409, "there are more prices than the person saw");
    gone("2").await.expect(303);
    assert_eq!(priced(&house, &cast, "S1"), "8.60 - - - - | group:VIP 7.90");
    assert_eq!(house.pays(&cast, "C2", "440100", "S1").await, "8.60 default");
    assert!(house.get("/groups/regions?done=gone&n=2").by(OWNER).send().await.expect(200).body.contains("2 个价格恢复继承"));
    house.post("/groups/regions").by(READER).form(&[("code", "Q"), ("name", "Q")]).send().await.expect(403);
    assert!(
        house.ask("select string_agg(verb, ' ' order by id) from trail where verb like 'region_group%'").ends_with("region_group.deleted")
    );
}

// groups have an order, customers are taken in by id or credit code.
#[actix_web::test]
async fn customer_groups_from_making_to_deleting() {
    let (house, cast) = market(1).await;
    house.sql("update customers set uscc = '91440101MA5CKQ2X3N' where customer_id = 'C3'");
    let list = house.get("/groups/customers").by(OWNER).send().await.expect(200).body;
    assert!(list.contains("金牌客户") && list.contains("value=\"30\""), "the next priority is proposed: {list}");
    let form = [("code", "NEW"), ("name", "新店"), ("level", "3"), ("priority", "5")];
    house.put_group("/groups/customers", &form).await.expect(303);
    house.put_group("/groups/customers", &form).await.expect(422);
    house.put_group("/groups/customers", &[("code", "N2"), ("name", "新店"), ("level", "3"), ("priority", "0")]).await.expect(422);
    let id = house.id_of("customer_groups", "code", "NEW", cast.a);
    let path = format!("/groups/customers/{id}");
    let members = format!("{path}/members");
    let page = house.put_group(&members, &[("members", "C1\n91440101ma5ckq2x3n，NIX")]).await.expect(422).body;
    assert!(page.contains("NIX") && page.contains("药房1") && page.contains("药房3"), "{page}");
    house.put_group(&members, &[("members", "C2")]).await.expect(303);
    house.sql(&Row { group: "NEW", amount: "6.00", ..ROW }.sql(cast.a));
    assert_eq!(house.pays(&cast, "C1", "", "S1").await, "6.00 group", "before VIP");
    house.put_group(&path, &[("code", "NEW"), ("name", "新店"), ("level", "3"), ("priority", "50"), ("version", "1")]).await.expect(303);
    house.sql(&Row { group: "VIP", amount: "7.00", ..ROW }.sql(cast.a));
    assert_eq!(house.pays(&cast, "C1", "", "S1").await, "7.00 group");
    let c3 = house.id_of("customers", "customer_id", "C3", cast.a).to_string();
    house.delete(&members).by(OWNER).form(&[("customer", &c3)]).send().await.expect(303);
    assert_eq!(house.pays(&cast, "C3", "", "S1").await, "8.60 default");
    house.delete(&path).by(OWNER).form(&[("version", "2"), ("prices", "1")]).send().await.expect(303);
    assert_eq!(priced(&house, &cast, "S1"), "8.60 - - - - | group:VIP 7.00");
    assert_eq!(house.ask(&format!("select count(*) from customer_group_members where group_id = {id}")), "0");
    house.get(&path).by(OWNER).send().await.expect(404);
}
