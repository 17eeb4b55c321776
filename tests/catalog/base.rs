use super::{amoxicillin, create, person, platform_tree};
use crate::support::cast::ADMIN;
use crate::support::{Cast, House};
use duijie::Error;
use duijie::catalog::base::{self, Draft};
use duijie::ids::MerchantId;
use duijie::trail::Cause;

fn system(house: &House) -> Cause {
    Cause::system(MerchantId::PLATFORM, "tests", house.now())
}

// P-02, P-04
#[actix_web::test]
async fn a_new_one_gets_code_keys_and_barcodes() {
    let house = House::open().await;
    platform_tree(&house);
    let draft = Draft {
        barcodes: vec!["６９０１２３４００００１６".into(), "06901234000016".into()],
        category_id: Some("10101".into()),
        ..amoxicillin()
    };
    let made = create(&house, draft).await;
    assert_eq!((made.code.as_str(), made.barcodes.as_slice(), made.version), ("BP-0000001", &["6901234000016".to_owned()][..], 1));
    assert_eq!((made.name_key.as_str(), made.approval_key.as_str(), made.status.as_str()), ("阿莫西林胶囊", "H20990417", "active"));
    assert!(!made.spec_key.is_empty() && !made.maker_key.is_empty());
    assert_eq!(house.ask("select gtin from base_barcodes"), "06901234000016");
    assert_eq!(house.ask("select verb || subject_id from trail where merchant_id = 0"), "base.createdBP-0000001");
    // The same pack written otherwise has the same key (P-04).
    let twin = create(&house, Draft { spec: "250mg*24粒".into(), ..amoxicillin() }).await;
    assert_eq!(twin.spec_key, made.spec_key);
}

// P-02
#[actix_web::test]
async fn what_is_wrong_is_told_by_field_and_nothing_is_made() {
    let house = House::open().await;
    platform_tree(&house);
    create(&house, Draft { code: Some("bp-7".into()), ..amoxicillin() }).await;
    let bad = Draft {
        code: Some("BP-7".into()),
        name: "  ".into(),
        barcodes: vec!["6901234000017".into()],
        approval_no: "国药准字H2099041".into(),
        category_id: Some("101".into()),
        ..amoxicillin()
    };
    let (cause, drafts) = (system(&house), vec![amoxicillin(), bad]);
    let outcome = house.platform.db.write(move |tx| base::create_many(tx, &cause, &drafts)).await;
    let Err(Error::Invalid(form)) = outcome else { panic!("{outcome:?}") };
    for field in ["code", "name", "barcodes", "approval_no", "category_id"] {
        assert!(form.error(field).is_some(), "{field}");
    }
    assert_eq!(house.ask("select count(*) from base_products"), "1");
}

// A code somebody has brought along is stepped over.
#[actix_web::test]
async fn codes_given_out_never_meet_codes_brought_along() {
    let house = House::open().await;
    for n in 2..6 {
        create(&house, Draft { code: Some(format!("BP-000000{n}")), ..amoxicillin() }).await;
    }
    // Five numbers are drawn by now; the next ones were partly taken.
    house.sql("alter table base_products alter column id restart with 1000; update base_products set code = 'BP-0001001' where code = 'BP-0000005'");
    let cause = system(&house);
    let drafts = vec![amoxicillin(), amoxicillin(), Draft { code: Some("BP-0001002".into()), ..amoxicillin() }];
    let made = house.platform.db.write(move |tx| base::create_many(tx, &cause, &drafts)).await.unwrap();
    let codes: Vec<&str> = made.iter().map(|b| b.code.as_str()).collect();
    assert_eq!((codes[0], codes[2]), ("BP-0001000", "BP-0001002"));
    assert!(!["BP-0001000", "BP-0001001", "BP-0001002"].contains(&codes[1]), "{codes:?}");
}

#[actix_web::test]
async fn an_edit_keeps_the_code_and_meets_a_newer_version_as_conflict() {
    let house = House::open().await;
    let made = create(&house, amoxicillin()).await;
    let (cause, id) = (system(&house), made.id);
    let changed =
        Draft { code: Some("OTHER".into()), spec: "0.5g×12粒/盒".into(), barcodes: vec!["6901234000054".into()], ..amoxicillin() };
    let (again, by) = (changed.clone(), cause.clone());
    let edited = house.platform.db.write(move |tx| base::edit(tx, &by, id, 1, &changed)).await.unwrap();
    assert_eq!((edited.code, edited.version, edited.barcodes), (made.code, 2, vec!["6901234000054".to_owned()]));
    assert_ne!(edited.spec_key, made.spec_key);
    let (late, by) = (again.clone(), cause.clone());
    let outcome = house.platform.db.write(move |tx| base::edit(tx, &by, id, 1, &late)).await;
    assert!(matches!(outcome, Err(Error::Conflict(_))), "{outcome:?}");
    let same = house.platform.db.write(move |tx| base::edit(tx, &cause, id, 2, &again)).await.unwrap();
    assert_eq!(same.version, 2, "nothing changed");
    assert_eq!(house.ask("select count(*) from trail where verb = 'base.changed' and before->>'spec' = '0.25g×24粒/盒'"), "1");
}

#[actix_web::test]
async fn disabled_ones_are_not_found_by_search_and_come_back() {
    let house = House::open().await;
    Cast::enter(&house).await;
    let made = create(&house, amoxicillin()).await;
    let (id, cause) = (made.id, person(&house, ADMIN));
    let by = cause.clone();
    let empty = house.platform.db.write(move |tx| base::disable(tx, &by, id, " ")).await;
    assert!(matches!(empty, Err(Error::Invalid(_))));
    let by = cause.clone();
    house.platform.db.write(move |tx| base::disable(tx, &by, id, "厂家停产")).await.unwrap();
    assert!(house.platform.db.read(|c| base::search(c, "阿莫西林", 10)).await.unwrap().is_empty());
    house.platform.db.write(move |tx| base::enable(tx, &cause, id)).await.unwrap();
    assert_eq!(house.platform.db.read(|c| base::search(c, "阿莫西林", 10)).await.unwrap().len(), 1);
    assert_eq!(
        house.ask("select string_agg(verb, ' ' order by id) from trail where subject_kind = 'base_product'"),
        "base.created base.disabled base.enabled"
    );
    assert_eq!(house.ask("select note from trail where verb = 'base.disabled'"), "厂家停产");
}
