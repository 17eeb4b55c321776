use super::person;
use crate::support::cast::{ADMIN, AUDITOR, OWNER};
use crate::support::{Cast, House};
use duijie::catalog::aliases::{self, NewAlias};
use duijie::catalog::blocklist::{self, Kind, Probe};
use duijie::catalog::reference::{self, Carrier, Region};
use duijie::catalog::{categories, keys};
use duijie::ids::MerchantId;
use duijie::trail::Cause;

// P-05
#[actix_web::test]
async fn an_alias_is_learned_once_and_taken_back() {
    let house = House::open().await;
    Cast::enter(&house).await;
    let by = person(&house, AUDITOR);
    let (one, two) = house
        .platform
        .db
        .write(move |tx| {
            let maker = NewAlias::maker("江州药业有限公司", "江州药业股份有限公司");
            let one = aliases::add(tx, &by, &maker)?;
            assert_eq!(aliases::add(tx, &by, &maker)?.id, one.id, "known already");
            let two = aliases::add(tx, &by, &NewAlias::spec("蒙脱石散", "10袋", "3g×10袋/盒"))?;
            assert!(aliases::add(tx, &by, &NewAlias::maker("甲 公司", "甲公司")).is_err(), "one and the same");
            Ok((one, two))
        })
        .await
        .unwrap();
    assert_eq!((one.from_key, one.to_key), (keys::maker_key("江州药业有限公司"), keys::maker_key("江州药业股份有限公司")));
    let (name, theirs, ours) = two.within().unwrap();
    assert_eq!(name, "蒙脱石散");
    assert_ne!(theirs, ours);
    let page = house.get("/aliases").by(AUDITOR).send().await.expect(200);
    assert!(page.body.contains("江州药业有限公司") && page.body.contains("限「蒙脱石散」") && !page.body.contains("_method=delete"));
    assert!(!house.get("/aliases?q=%E8%92%99%E8%84%B1%E7%9F%B3").by(AUDITOR).send().await.expect(200).body.contains("江州药业"));
    let path = format!("/aliases/{}", one.id);
    house.delete(&path).by(AUDITOR).send().await.expect(403);
    house.delete(&path).by(OWNER).send().await.expect(404);
    house.post(&format!("{path}?_method=delete")).by(ADMIN).form(&[]).send().await.expect(303);
    house.delete("/aliases/999").by(ADMIN).send().await.expect(404);
    assert_eq!(house.platform.db.read(aliases::live).await.unwrap().len(), 1);
    let gone = house.get("/aliases?view=revoked").by(AUDITOR).send().await.expect(200);
    assert!(gone.body.contains("江州药业有限公司") && gone.body.contains("管理"));
    assert_eq!(
        house.ask("select string_agg(verb, ' ' order by id) from trail where subject_kind = 'alias'"),
        "alias.added alias.added alias.revoked"
    );
}

// P-16
#[actix_web::test]
async fn blocked_goods_are_hit_by_number_barcode_and_word() {
    let house = House::open().await;
    Cast::enter(&house).await;
    let add = |kind: &'static str, text: &'static str, reason: &'static str| {
        house.post("/blocklist").by(ADMIN).form(&[("kind", kind), ("text", text), ("reason", reason)]).send()
    };
    add("approval_no", "国药准字H20992034", "麻醉药品").await.expect(303);
    add("barcode", "6901234502336", "烟草").await.expect(303);
    add("name", "电子烟", "烟草制品").await.expect(303);
    for (kind, text, reason, told) in [
        ("approval_no", "h20992034", "again", "已经有这一条"),
        ("barcode", "6901234502337", "x", "应为 6"),
        ("name", "烟", "x", "至少两个字"),
        ("name", "电子", "", "请填写"),
        ("approval_no", "SC10644010600123", "x", "不能唯一指明"),
        ("colour", "x", "x", "请填写"),
    ] {
        let refused = add(kind, text, reason).await.expect(422);
        assert!(refused.body.contains(told) && refused.body.contains(&format!("value=\"{text}\"")), "{kind} {text}: {}", refused.body);
    }
    let probe = |approval: &str, gtin: &str, name: &str| Probe { approval_key: approval.into(), gtin: gtin.into(), name_key: name.into() };
    let probes = vec![
        probe("H20992034", "", "吗啡片"),
        probe("", "06901234502336", ""),
        probe("", "", &keys::name_key("XX 电子烟（薄荷）")),
        probe("H1", "1", "阿莫西林"),
        probe("", "", ""),
    ];
    let asked = probes.clone();
    let hits = house.platform.db.read(move |c| blocklist::hits(c, &asked)).await.unwrap();
    let reasons: Vec<_> = hits.iter().map(Option::as_deref).collect();
    assert_eq!(reasons, [Some("麻醉药品"), Some("烟草"), Some("烟草制品"), None, None]);
    let id = house.ask("select id from block_list where kind = 'name'");
    house.delete(&format!("/blocklist/{id}")).by(AUDITOR).send().await.expect(403);
    house.delete(&format!("/blocklist/{id}")).by(ADMIN).send().await.expect(303);
    let hits = house.platform.db.read(move |c| blocklist::hits(c, &probes)).await.unwrap();
    assert_eq!(hits[2], None);
    add("name", "电子烟", "又一次").await.expect(303);
    assert!(Kind::of("colour").is_none());
    let lifted = house.get("/blocklist?view=lifted").by(AUDITOR).send().await.expect(200);
    assert!(lifted.body.contains("烟草制品") && !lifted.body.contains("又一次"));
}

// P-16
#[actix_web::test]
async fn a_forbidden_branch_forbids_everything_below() {
    let house = House::open().await;
    super::platform_tree(&house);
    let cause = Cause::system(MerchantId::PLATFORM, "tests", house.now());
    let by = cause.clone();
    house.platform.db.write(move |tx| categories::forbid(tx, &by, &["1".into()], "测试")).await.unwrap();
    let leaf = house.platform.db.read(|c| categories::by_ids(c, MerchantId::PLATFORM, &["10101".into()])).await.unwrap();
    assert!(!leaf["10101"].allowed);
    assert_eq!(house.ask("select count(*) from trail where verb = 'category.forbidden' and note = '测试'"), "3");
    house.platform.db.write(move |tx| categories::allow(tx, &cause, &["1".into()], "")).await.unwrap();
    assert_eq!(house.ask("select count(*) from categories where allowed"), "3");
}

#[actix_web::test]
async fn reference_data_loads_and_loads_again() {
    let house = House::open().await;
    let regions: Vec<Region> =
        csv::Reader::from_path("fixtures/demo/regions.csv").unwrap().into_deserialize().collect::<Result<_, _>>().unwrap();
    let carriers: Vec<Carrier> =
        csv::Reader::from_path("fixtures/demo/carriers.csv").unwrap().into_deserialize().collect::<Result<_, _>>().unwrap();
    // Cities without counties come twice.
    let codes: std::collections::HashSet<&str> = regions.iter().map(|r| r.code.as_str()).collect();
    // The platform brings the carriers along.
    let counts = (codes.len(), 0);
    assert_eq!(house.ask("select count(*)::text from carriers"), carriers.len().to_string());
    let (first, second) = house
        .platform
        .db
        .write(move |tx| {
            let first = (reference::load_regions(tx, &regions)?, reference::load_carriers(tx, &carriers)?);
            Ok((first, (reference::load_regions(tx, &regions)?, reference::load_carriers(tx, &carriers)?)))
        })
        .await
        .unwrap();
    assert_eq!((first, second), (counts, (0, 0)));
    assert_eq!(house.ask("select name from regions where code = '110000'"), "北京市");
    assert_eq!(house.ask("select level from regions where code = '441900'"), "2");
}
