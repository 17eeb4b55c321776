//! The demo platform arrives whole, twice is once, and every row ends where `expected.json` says.

use crate::support::House;
use serde_json::Value;
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Instant;

fn expected() -> Value {
    serde_json::from_str(&std::fs::read_to_string("fixtures/demo/expected.json").expect("expected.json")).expect("JSON")
}

fn names(of: &Value) -> Vec<String> {
    of.as_array().expect("a list").iter().filter_map(Value::as_str).map(ToOwned::to_owned).collect()
}

struct Folder(PathBuf);
impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(why) = std::fs::remove_dir_all(&self.0) {
            eprintln!("{}: {why}", self.0.display());
        }
    }
}

/// Loads the demo into the house; what the terminal says.
pub async fn load(house: &House, folder: &std::path::Path) -> String {
    duijie::demo::load(&house.platform, folder, "127.0.0.1:8080".parse().expect("address")).await.expect("the demo loads")
}

#[actix_web::test]
async fn the_demo_arrives_whole() {
    let house = House::open().await;
    let folder = Folder(std::env::temp_dir().join(format!("duijie-demo-{}", std::process::id())));
    let began = Instant::now();
    let told = load(&house, &folder.0).await;
    eprintln!("the demo took {:.1} s", began.elapsed().as_secs_f64());
    let kept = std::fs::read_to_string(folder.0.join("demo.txt")).expect("demo.txt");
    assert_eq!(std::fs::metadata(folder.0.join("demo.txt")).expect("demo.txt").permissions().mode() & 0o777, 0o600);
    let password = kept.lines().find_map(|l| l.strip_prefix("PASSWORD=")).expect("a password");
    assert!(
        told.contains(password)
            && told.contains("kz-owner")
            && told.contains("/api/sku.inventory.update")
            && told.contains("http://127.0.0.1:8080"),
        "{told}"
    );
    let merchant =
        ["/", "/products", "/listing?view=missing", "/categories", "/prices", "/stock", "/lots", "/orders", "/sync", "/trail", "/docs"];
    for (who, paths) in [("kz-owner", merchant.as_slice()), ("auditor", &["/audit", "/platform-categories", "/base-products"])] {
        let way_in = house.post("/login").form(&[("login", who), ("password", password)]).send().await.expect(303);
        house.keep_cookies(who, &way_in.headers);
        crate::weight::pages_are_light(&house, who, paths).await;
    }

    check_platform(&house);
    check_kz(&house);
    check_sg(&house);
    check_gw(&house);

    // A second start tells the same and loads nothing.
    let feeds = house.ask("select count(*) from feeds");
    assert_eq!(load(&house, &folder.0).await, told);
    assert_eq!(house.ask("select count(*) from feeds"), feeds);
    // From another data folder it says where the logins are, and invents none.
    let elsewhere = load(&house, &folder.0.join("other")).await;
    assert!(elsewhere.contains("demo.txt") && !elsewhere.contains("kz-owner"), "{elsewhere}");

    // Interrupted before the end: the next start finishes, and nothing comes twice.
    let counts = |house: &House| {
        house.ask("select concat_ws(' ', (select count(*) from products), (select count(*) from skus), (select sum(erp_qty) from stock), (select count(*) from base_products), (select count(*) from categories), (select count(*) from block_list), (select count(*) from users), (select count(*) from audit_items))")
    };
    let whole = counts(&house);
    house.sql("alter table trail disable trigger trail_is_final; delete from trail where verb = 'demo.loaded'; alter table trail enable trigger trail_is_final; delete from block_list");
    assert_eq!(load(&house, &folder.0).await, told);
    assert_eq!(counts(&house), whole);
}

fn number(house: &House, sql: &str) -> i64 {
    house.ask(sql).parse().unwrap_or_else(|_| panic!("{sql}: {}", house.ask(sql)))
}

fn check_platform(house: &House) {
    let e = &expected()["platform"];
    for level in 1..=3 {
        assert_eq!(
            number(house, &format!("select count(*) from categories where merchant_id = 0 and level = {level}")),
            e["categories_by_level"][level.to_string()],
            "level {level}"
        );
    }
    assert_eq!(number(house, "select count(*) from categories where merchant_id = 0 and not allowed"), e["categories_forbidden"]);
    let bases = e["base_pharma"].as_i64().expect("n")
        + e["base_forbidden"].as_i64().expect("n")
        + e["base_shop_goods"].as_i64().expect("n")
        + e["base_wholesale"].as_i64().expect("n");
    assert_eq!(number(house, "select count(*) from base_products"), bases);
    let rows = &expected()["rows"];
    // Three cities without counties stand in the file twice, as their own county.
    assert_eq!(number(house, "select count(*) from regions"), rows["regions.csv"].as_i64().expect("n") - 3);
    assert_eq!(number(house, "select count(*) from carriers"), rows["carriers.csv"]);
    assert_eq!(number(house, "select count(*) from users"), rows["users.csv"]);
    assert_eq!(number(house, "select count(*) from shops"), rows["shops.csv"]);
}

/// prodId → (status, how it was matched, with what).
fn products(house: &House, code: &str) -> BTreeMap<String, (String, String, String)> {
    let all = house.ask(&format!(
        "select coalesce(string_agg(concat_ws('|', p.prod_id, p.audit_status, p.match_kind, coalesce(b.code, '')), E'\n'), '') from products p join merchants m on m.id = p.merchant_id \
         left join base_products b on b.id = p.base_product_id where m.code = '{code}'"
    ));
    all.lines()
        .map(|line| {
            let cells: Vec<&str> = line.split('|').collect();
            (cells[0].to_owned(), (cells[1].to_owned(), cells[2].to_owned(), cells[3].to_owned()))
        })
        .collect()
}

/// The keys of lines of a method that something happened to.
fn lines(house: &House, code: &str, method: &str, what: &str) -> Vec<String> {
    let keys = house.ask(&format!(
        "select coalesce(string_agg(l.key, ',' order by l.key), '') from feed_lines l join feeds f on f.merchant_id = l.merchant_id and f.id = l.feed_id \
         join merchants m on m.id = l.merchant_id where m.code = '{code}' and f.method = '{method}' and {what}"
    ));
    keys.split(',').filter(|k| !k.is_empty()).map(ToOwned::to_owned).collect()
}

fn check_kz(house: &House) {
    let e = &expected()["kz"];
    let there = products(house, "kz");
    assert_eq!(lines(house, "kz", "prod.add_or_edit", "l.outcome = 'rejected'"), names(&e["reject_price_missing"]));
    // A bad barcode is told and kept.
    assert_eq!(
        lines(house, "kz", "prod.add_or_edit", "l.outcome = 'applied' and l.problems::text like '%barCode%'"),
        names(&e["invalid_barcode"])
    );
    let (mut wrong, mut asked) = (vec![], vec![]);
    let mut counts: BTreeMap<String, i64> = BTreeMap::new();
    let answers = std::fs::read("fixtures/demo/answers_kz.csv").expect("answers");
    for row in csv::Reader::from_reader(answers.as_slice()).deserialize::<BTreeMap<String, String>>() {
        let row = row.expect("a row");
        let (prod_id, expect, bases) = (&row["prodId"], row["expect"].as_str(), row["baseCode"].as_str());
        let found = there.get(prod_id);
        let right = match (expect, found) {
            ("reject", None) => true,
            ("barcode", Some((status, _, base))) => status != "approved" || base == bases,
            ("match", Some((status, kind, base))) => status == "approved" && kind != "none" && base == bases,
            // A person decides, or nobody can: nothing of it is approved by itself.
            ("manual" | "none" | "forbidden", Some((status, ..))) => status != "approved",
            _ => false,
        };
        if expect == "match" && !right && found.is_some_and(|(status, ..)| status == "pending") {
            asked.push(prod_id.clone());
        }
        if right || asked.contains(prod_id) {
            *counts.entry(expect.to_owned()).or_default() += 1;
        } else {
            wrong.push(format!("{prod_id} should be {expect} {bases} ({}), is {found:?}", row["mess"]));
        }
    }
    assert!(wrong.is_empty(), "{} rows: {wrong:#?}", wrong.len());
    // At least 99 of 100 that must match do so by themselves, none wrongly; the rest is asked, not guessed (P-04).
    assert!(asked.len() * 100 <= usize::try_from(e["expect"]["match"].as_i64().expect("n")).expect("n"), "{asked:?}");
    for (expect, n) in e["expect"].as_object().expect("counts") {
        assert_eq!(counts.get(expect), n.as_i64().as_ref(), "{expect}");
    }
    let waiting = "select count(*) from audit_items i join merchants m on m.id = i.merchant_id where m.code = 'kz' and i.state = 'waiting'";
    let people = e["expect"]["manual"].as_i64().expect("n") + e["expect"]["none"].as_i64().expect("n");
    assert!(number(house, waiting) >= people, "every row a person must see waits for one");
    assert!(
        number(
            house,
            "select count(*) from products p join merchants m on m.id = p.merchant_id where m.code = 'kz' and p.listing = 'listed'"
        ) > 200
    );
    for prod_id in names(&e["forbidden"]) {
        assert!(
            !(house
                .ask(&format!(
                    "select listing from products p join merchants m on m.id = p.merchant_id where m.code = 'kz' and prod_id = '{prod_id}'"
                ))
                .contains("listed")
                && there[&prod_id].0 == "approved"),
            "{prod_id}"
        );
    }
}

fn check_sg(house: &House) {
    let e = &expected()["sg"];
    let there = products(house, "sg");
    assert_eq!(
        lines(house, "sg", "prod.add_or_edit", "l.outcome = 'rejected'").len(),
        usize::try_from(e["rejected"].as_i64().expect("n")).expect("n")
    );
    assert_eq!(there.len(), usize::try_from(e["products"].as_i64().expect("n")).expect("n"));
    assert_eq!(
        there.values().filter(|(status, ..)| status == "approved").count(),
        usize::try_from(e["match"].as_i64().expect("n")).expect("n")
    );
    let waiting = "select count(*) from audit_items i join merchants m on m.id = i.merchant_id where m.code = 'sg' and i.state = 'waiting'";
    assert_eq!(number(house, waiting), e["to_audit"]);
    check_stock(house, "sg", &e["stock"]);
}

fn check_gw(house: &House) {
    let e = &expected()["gw"];
    assert_eq!(
        lines(house, "gw", "prod.add_or_edit", "l.outcome = 'rejected'").len(),
        usize::try_from(e["rejected"].as_i64().expect("n")).expect("n")
    );
    let there = products(house, "gw");
    assert_eq!(
        there.values().filter(|(status, _, base)| status == "approved" && !base.is_empty()).count(),
        usize::try_from(e["linked_by_base_id"].as_i64().expect("n")).expect("n")
    );
    let waiting = "select count(*) from audit_items i join merchants m on m.id = i.merchant_id where m.code = 'gw' and i.state = 'waiting'";
    assert_eq!(number(house, waiting), e["to_audit"]);
    check_stock(house, "gw", &e["stock"]);
}

fn check_stock(house: &House, code: &str, e: &Value) {
    let of = format!("from stock s join merchants m on m.id = s.merchant_id where m.code = '{code}'");
    assert_eq!(number(house, &format!("select coalesce(sum(s.erp_qty), 0) {of}")), e["total"], "{code}: the sum of all stock");
    assert_eq!(number(house, &format!("select count(*) {of}")), e["lines"], "{code}: rows of stock");
    assert_eq!(number(house, &format!("select count(*) {of} and s.erp_qty = 0")), e["zero"], "{code}: rows of zero");
}
