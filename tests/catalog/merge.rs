use super::{amoxicillin, create, person};
use crate::support::cast::{ADMIN, AUDITOR};
use crate::support::{Cast, House};
use duijie::Error;
use duijie::catalog::base::{self, Draft};

fn product(house: &House, merchant: impl std::fmt::Display, prod: &str, base: i64) {
    house.sql(&format!(
        "insert into categories (merchant_id, id, name, level, parent_id, path) values ({merchant}, 'k', '类', 1, '0', 'k') on conflict do nothing; \
         insert into products (merchant_id, prod_id, erp_code, name, category_id, base_product_id, match_kind, created_at, updated_at) \
         values ({merchant}, '{prod}', '', '货', 'k', {base}, 'auto', '2026-01-01', '2026-01-01')"
    ));
}

// P-02
#[actix_web::test]
async fn the_survivor_takes_products_barcodes_and_codes_over() {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    let keep = create(&house, amoxicillin()).await;
    let gone = create(&house, Draft { barcodes: vec!["6901234000054".into()], brand: "江州".into(), ..amoxicillin() }).await;
    let oldest = create(&house, Draft { barcodes: vec![], ..amoxicillin() }).await;
    for (merchant, prod) in [(cast.a, "p1"), (cast.a, "p2"), (cast.b, "p1")] {
        product(&house, merchant, prod, gone.id.0);
    }
    let by = person(&house, ADMIN);
    let (g, o, draft) = (gone.clone(), oldest.clone(), gone.draft());
    house.platform.db.write(move |tx| base::merge(tx, &by, (g.id, 1), (o.id, 1), &draft)).await.unwrap();
    let by = person(&house, ADMIN);
    let (k, g, draft) = (keep.clone(), gone.clone(), Draft { brand: "江州".into(), ..keep.draft() });
    let merged = house.platform.db.write(move |tx| base::merge(tx, &by, (k.id, 1), (g.id, 2), &draft)).await.unwrap();
    assert_eq!((merged.brand.as_str(), merged.barcodes.len(), merged.code), ("江州", 2, keep.code.clone()));
    assert_eq!(
        house.ask(&format!(
            "select count(*) from products where base_product_id = {} and version = 2 and updated_at > '2026-06-01'",
            keep.id
        )),
        "3"
    );
    assert_eq!(house.ask("select count(distinct merchant_id) from trail where verb = 'product.base_merged'"), "2");
    // Both old codes lead to the survivor, without a chain to follow.
    let codes = vec![gone.code.clone(), oldest.code.clone(), "BP-9".to_owned()];
    let found = house.platform.db.read(move |c| base::by_codes(c, &codes)).await.unwrap();
    assert_eq!(found.len(), 2);
    assert!(found.values().all(|b| b.id == keep.id));
    // What is merged cannot be touched again.
    let (by, g, draft) = (person(&house, ADMIN), gone.clone(), gone.draft());
    let again = house.platform.db.write(move |tx| base::edit(tx, &by, g.id, 3, &draft)).await;
    assert!(matches!(again, Err(Error::Conflict(_))), "{again:?}");
}

#[actix_web::test]
async fn merging_on_the_page() {
    let house = House::open().await;
    Cast::enter(&house).await;
    let keep = create(&house, amoxicillin()).await;
    let gone = create(&house, Draft { brand: "江州".into(), spec: "0.25g*24粒".into(), ..amoxicillin() }).await;
    let path = format!("/base-products/{}/merge", keep.id);
    house.get(&path).by(AUDITOR).send().await.expect(403);
    assert!(house.get(&path).by(ADMIN).send().await.expect(200).body.contains("name=\"with\""));
    let unknown = house.get(&format!("{path}?with=BP-99")).by(ADMIN).send().await.expect(200);
    assert!(unknown.body.contains("BP-99"));
    assert!(house.get(&format!("{path}?with={}", keep.code)).by(ADMIN).send().await.expect(200).body.contains("不能和自己合并"));
    let side = house.get(&format!("{path}?with={}", gone.code)).by(ADMIN).send().await.expect(200);
    assert!(side.body.contains("value=\"0.25g*24粒\"") && side.body.contains("江州"), "{}", side.body);
    let gone_id = gone.id.to_string();
    let fields = [
        ("loser", gone_id.as_str()),
        ("loser_version", "1"),
        ("keep_version", "1"),
        ("name", "阿莫西林胶囊"),
        ("spec", "0.25g*24粒"),
        ("brand", "江州"),
        ("manufacturer", "江州药业股份有限公司"),
        ("approval_no", "国药准字H20990417"),
    ];
    let done = house.post(&path).by(ADMIN).form(&fields).send().await.expect(303);
    assert_eq!(done.header("location"), format!("/base-products/{}?done=merged", keep.id));
    assert_eq!(house.ask("select spec || brand from base_products where status = 'active'"), "0.25g*24粒江州");
    house.post(&path).by(ADMIN).form(&fields).send().await.expect(409);
    let old = house.get(&format!("/base-products/{}", gone.id)).by(AUDITOR).send().await.expect(200);
    assert!(old.body.contains(&format!("href=\"/base-products/{}\"", keep.id)), "{}", old.body);
    let kept = house.get(&format!("/base-products/{}", keep.id)).by(AUDITOR).send().await.expect(200);
    assert!(kept.body.contains("<ins>江州</ins>"), "the trail shows what changed");
}
