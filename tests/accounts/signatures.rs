use crate::support::cast::Cast;
use crate::support::house::{Call, House, Key, sign};
use chrono::Duration;
use duijie::accounts::apps::{self, NewApp};
use duijie::ids::{AppId, MerchantId, ShopId};
use duijie::trail::Cause;

/// No such method: whoever hears that has been let in.
const PATH: &str = "/api/nothing.at.all";
const LET_IN: (u16, &str) = (404, "NO_METHOD");

async fn verdict(call: Call<'_>) -> (u16, String) {
    let answer = call.send().await;
    (answer.status.as_u16(), answer.value()["error"].as_str().unwrap_or_default().to_owned())
}

fn is(found: &(u16, String), expected: (u16, &str)) {
    assert_eq!((found.0, found.1.as_str()), expected);
}

fn fresh<'a>(house: &'a House, key: &Key, nonce: &str) -> Call<'a> {
    house.signed(key, PATH, b"{}".to_vec(), &house.now().timestamp().to_string(), nonce)
}

/// A sandbox credential of merchant A.
async fn sandbox(house: &House, merchant: MerchantId) -> (Key, AppId) {
    let (cause, key) = (Cause::system(merchant, "tests", house.now()), house.platform.master_key);
    let new =
        NewApp {
            name: "沙箱".into(), sandbox: true, scopes: vec!["stock:read".into()], shops: Some(vec![ShopId(2)]), ..NewApp::default()
        };
    let issued = house.platform.db.write(move |tx| apps::create(tx, &cause, &key, new)).await.expect("a credential");
    (Key { app_key: issued.app_key, secret: issued.secret }, issued.id)
}

async fn rotate(house: &House, merchant: MerchantId, id: AppId) -> Key {
    let (cause, key) = (Cause::system(merchant, "tests", house.now()), house.platform.master_key);
    let issued = house.platform.db.write(move |tx| apps::rotate(tx, &cause, &key, id, Duration::hours(24))).await.expect("a new secret");
    Key { app_key: issued.app_key, secret: issued.secret }
}

#[tokio::test]
async fn a_right_signature_lets_in_and_tells_what_is_left() {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    let answer = fresh(&house, &cast.erp, "nonce-001").send().await.expect(404);
    assert_eq!(answer.value()["error"], "NO_METHOD");
    assert_eq!(
        (answer.header("x-ratelimit-limit"), answer.header("x-ratelimit-remaining"), answer.header("x-ratelimit-reset")),
        ("600", "599", "60")
    );
    // In a query and with upper-case digits, too.
    let timestamp = house.now().timestamp().to_string();
    let queried = house.signed(&cast.erp, "/api/nothing.at.all?a=1&b=%E5%AF%B9", b"{}".to_vec(), &timestamp, "nonce-002");
    is(&verdict(queried).await, LET_IN);
    let upper = sign(&cast.erp.secret, "POST", PATH, &timestamp, "nonce-003", b"{}").to_uppercase();
    is(&verdict(fresh(&house, &cast.erp, "nonce-003").header("x-signature", &upper)).await, LET_IN);
}

// Q-35
#[tokio::test]
async fn whatever_is_altered_is_refused() {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    let refused = (401, "BAD_SIGNATURE");
    is(&verdict(fresh(&house, &cast.erp, "nonce-001").body(r#"{"inventory":1}"#)).await, refused);
    is(&verdict(fresh(&house, &cast.erp, "nonce-001").header("x-nonce", "nonce-002")).await, refused);
    let later = (house.now().timestamp() + 1).to_string();
    is(&verdict(fresh(&house, &cast.erp, "nonce-001").header("x-timestamp", &later)).await, refused);
    is(&verdict(fresh(&house, &cast.erp, "nonce-001").header("x-app-key", &cast.other_erp.app_key)).await, refused);
    let elsewhere = sign(&cast.erp.secret, "POST", "/api/other", &house.now().timestamp().to_string(), "nonce-001", b"{}");
    is(&verdict(fresh(&house, &cast.erp, "nonce-001").header("x-signature", &elsewhere)).await, refused);
    // Nothing of that spent the nonce.
    is(&verdict(fresh(&house, &cast.erp, "nonce-001")).await, LET_IN);
}

#[tokio::test]
async fn an_unknown_key_and_a_wrong_signature_sound_alike() {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    let nobody = Key { app_key: "dj_live_00000000000000000000".into(), ..cast.erp.clone() };
    let wrong = Key { secret: "another".into(), ..cast.erp.clone() };
    let mut told = Vec::new();
    for key in [nobody, wrong] {
        let answer = fresh(&house, &key, "nonce-001").send().await.expect(401).value();
        told.push((answer["error"].clone(), answer["msg"].clone(), answer["data"].clone()));
    }
    assert_eq!(told[0], told[1]);
    assert!(!told[0].1.to_string().contains("POST"), "a live credential is told nothing: {}", told[0].1);
}

#[tokio::test]
async fn a_missing_or_malformed_header_is_named_with_an_example() {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    for (header, value) in [
        ("X-App-Key", None),
        ("X-Timestamp", None),
        ("X-Nonce", None),
        ("X-Signature", None),
        ("X-App-Key", Some("nonsense")),
        ("X-Timestamp", Some("yesterday")),
        ("X-Timestamp", Some("-1")),
        ("X-Nonce", Some("short")),
        ("X-Nonce", Some("has space in it")),
        ("X-Signature", Some("abc")),
    ] {
        let name = header.to_lowercase();
        let call = fresh(&house, &cast.erp, "nonce-001");
        let call = if let Some(value) = value { call.header(&name, value) } else { call.without(&name) };
        let answer = call.send().await.expect(401).value();
        assert_eq!(answer["error"], "BAD_HEADERS");
        assert!(answer["msg"].as_str().is_some_and(|msg| msg.contains(header) && msg.contains("例如")), "{answer}");
    }
    let ms = format!("{}123", house.now().timestamp());
    let answer = fresh(&house, &cast.erp, "nonce-001").header("x-timestamp", &ms).send().await.expect(401).value();
    assert!(
        answer["msg"].as_str().is_some_and(|msg| msg.contains("毫秒") && msg.contains(&house.now().timestamp().to_string())),
        "{answer}"
    );
}

#[tokio::test]
async fn clocks_may_differ_by_five_minutes() {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    for (n, (off, fine)) in [(-300, true), (300, true), (-301, false), (301, false)].into_iter().enumerate() {
        let timestamp = (house.now().timestamp() + off).to_string();
        let call = house.signed(&cast.erp, PATH, b"{}".to_vec(), &timestamp, &format!("nonce-00{n}"));
        is(&verdict(call).await, if fine { LET_IN } else { (401, "OLD_TIMESTAMP") });
    }
    let old = house.signed(&cast.erp, PATH, b"{}".to_vec(), "1700000000", "nonce-009").send().await.expect(401).value();
    assert!(old["msg"].as_str().is_some_and(|msg| msg.contains("2026-11-22 12:00:00")), "our time is told: {old}");
}

#[tokio::test]
async fn a_nonce_opens_once() {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    let timestamp = (house.now().timestamp() + 300).to_string();
    let call = || house.signed(&cast.erp, PATH, b"{}".to_vec(), &timestamp, "nonce-001");
    is(&verdict(call()).await, LET_IN);
    is(&verdict(call()).await, (401, "REPLAYED"));
    // Another credential has nonces of its own.
    is(&verdict(fresh(&house, &cast.other_erp, "nonce-001")).await, LET_IN);
    // Even the latest moment at which its timestamp holds.
    house.later(Duration::seconds(600));
    is(&verdict(call()).await, (401, "REPLAYED"));
    house.later(Duration::seconds(1));
    is(&verdict(fresh(&house, &cast.erp, "nonce-001")).await, LET_IN);
}

#[tokio::test]
async fn a_sandbox_credential_is_told_what_differs() {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    let (key, id) = sandbox(&house, cast.a).await;
    let timestamp = house.now().timestamp().to_string();
    let says = |signature: String| {
        let (house, key) = (&house, key.clone());
        async move {
            fresh(house, &key, "nonce-001").header("x-signature", &signature).send().await.expect(401).value()["msg"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        }
    };
    assert!(says(sign(&key.secret, "post", PATH, &timestamp, "nonce-001", b"{}")).await.contains("大写"));
    assert!(says(sign(&key.secret, "POST", PATH, &timestamp, "nonce-001", b"")).await.contains("空正文"));
    assert!(says(sign(&key.app_key, "POST", PATH, &timestamp, "nonce-001", b"{}")).await.contains("X-App-Key"));
    let differs = says(sign(&key.secret, "POST", "/api/other", &timestamp, "nonce-001", b"{}")).await;
    assert!(
        differs.contains(&format!(
            r"POST\n{PATH}\n{timestamp}\nnonce-001\n44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\n"
        )),
        "{differs}"
    );
    is(&verdict(fresh(&house, &key, "nonce-001")).await, LET_IN);
    let new = rotate(&house, cast.a, id).await;
    house.later(Duration::hours(25));
    let old = fresh(&house, &key, "nonce-002").send().await.expect(401).value();
    assert!(old["msg"].as_str().is_some_and(|msg| msg.contains("旧密钥")), "{old}");
    is(&verdict(fresh(&house, &new, "nonce-002")).await, LET_IN);
}

#[tokio::test]
async fn two_secrets_overlap_for_a_day() {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    let (first, id) = sandbox(&house, cast.a).await;
    let second = rotate(&house, cast.a, id).await;
    is(&verdict(fresh(&house, &first, "nonce-001")).await, LET_IN);
    is(&verdict(fresh(&house, &second, "nonce-002")).await, LET_IN);
    house.later(Duration::hours(1));
    let third = rotate(&house, cast.a, id).await;
    is(&verdict(fresh(&house, &first, "nonce-003")).await, (401, "BAD_SIGNATURE"));
    is(&verdict(fresh(&house, &second, "nonce-003")).await, LET_IN);
    is(&verdict(fresh(&house, &third, "nonce-004")).await, LET_IN);
    house.later(Duration::hours(24));
    is(&verdict(fresh(&house, &second, "nonce-005")).await, (401, "BAD_SIGNATURE"));
    is(&verdict(fresh(&house, &third, "nonce-006")).await, LET_IN);
}

#[tokio::test]
async fn what_is_revoked_expired_or_suspended_is_shut() {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    let (key, id) = sandbox(&house, cast.a).await;
    let said = |n: &'static str| {
        let (house, key) = (&house, key.clone());
        async move { fresh(house, &key, n).send().await.value()["msg"].as_str().unwrap_or_default().to_owned() }
    };
    house.sql(&format!("update apps set expires_at = '2026-11-22 04:00:00+00' where id = {id}"));
    assert!(said("nonce-001").await.contains("已过期"));
    house.sql(&format!("update apps set expires_at = '2026-11-22 04:00:01+00' where id = {id}"));
    is(&verdict(fresh(&house, &key, "nonce-002")).await, LET_IN);
    house.sql("update merchants set status = 'suspended' where name = '甲医药'");
    assert!(said("nonce-003").await.contains("已停用"));
    house.sql("update merchants set status = 'active'");
    let cause = Cause::system(cast.a, "tests", house.now());
    house.platform.db.write(move |tx| apps::revoke(tx, &cause, id)).await.expect("revoked");
    assert!(said("nonce-004").await.contains("已被吊销"));
    // Without the secret nothing of this is told.
    let guess = Key { secret: "x".into(), app_key: cast.erp.app_key.clone() };
    house.sql("update apps set revoked_at = now()");
    let told = fresh(&house, &guess, "nonce-005").send().await.expect(401).value();
    assert!(!told["msg"].to_string().contains("吊销"), "{told}");
}

#[tokio::test]
async fn addresses_off_the_list_are_refused() {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    house.sql("update apps set ip_allow = '{203.0.113.0/24}'");
    let refused = fresh(&house, &cast.erp, "nonce-001").send().await.expect(403).value();
    assert_eq!(refused["error"], "BAD_ADDRESS");
    assert!(refused["msg"].as_str().is_some_and(|msg| msg.contains("127.0.0.1")), "{refused}");
    house.sql("update apps set ip_allow = '{203.0.113.0/24,127.0.0.0/8}'");
    is(&verdict(fresh(&house, &cast.erp, "nonce-001")).await, LET_IN);
}

#[tokio::test]
async fn too_many_calls_wait_for_the_next_minute() {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    house.sql("update apps set rate_per_minute = 3");
    house.later(Duration::seconds(20));
    for (n, left) in [(1, "2"), (2, "1"), (3, "0")] {
        let answer = fresh(&house, &cast.erp, &format!("nonce-00{n}")).send().await.expect(404);
        assert_eq!((answer.header("x-ratelimit-remaining"), answer.header("x-ratelimit-reset")), (left, "40"));
    }
    let refused = fresh(&house, &cast.erp, "nonce-004").send().await.expect(429);
    assert_eq!(
        (refused.header("retry-after"), refused.header("x-ratelimit-limit"), refused.header("x-ratelimit-remaining")),
        ("40", "3", "0")
    );
    assert_eq!(refused.value()["error"], "TOO_MANY");
    // Other credentials have a limit of their own; the refused nonce was not spent.
    is(&verdict(fresh(&house, &cast.other_erp, "nonce-001")).await, LET_IN);
    house.later(Duration::seconds(40));
    is(&verdict(fresh(&house, &cast.erp, "nonce-004")).await, LET_IN);
}

#[tokio::test]
async fn the_last_use_is_noted_once_a_minute() {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    let last = || house.ask("select to_char(last_used_at, 'HH24:MI:SS') from apps order by id limit 1");
    for (wait, noted) in [(0, "04:00:00"), (59, "04:00:00"), (1, "04:01:00"), (30, "04:01:00")] {
        house.later(Duration::seconds(wait));
        is(&verdict(fresh(&house, &cast.erp, &format!("nonce-{noted}-{wait}").replace(':', "-"))).await, LET_IN);
        assert_eq!(last(), noted);
    }
}

#[tokio::test]
async fn a_credential_brings_its_merchant_scopes_and_shops() {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    let (key, id) = sandbox(&house, cast.a).await;
    let timestamp = house.now().timestamp().to_string();
    let body_sha256 = <sha2::Sha256 as sha2::Digest>::digest(b"{}").into();
    let signature = sign(&key.secret, "POST", PATH, &timestamp, "nonce-001", b"{}");
    let knock = apps::Knock {
        app_key: key.app_key.clone(),
        timestamp,
        nonce: "nonce-001".into(),
        signature,
        method: "POST".into(),
        path_and_query: PATH.into(),
        merchants: Vec::new(),
        body_sha256,
        ip: None,
    };
    let (now, master) = (house.now(), house.platform.master_key);
    let app = house.platform.db.write(move |tx| apps::admit(tx, &knock, now, &master)).await.expect("let in");
    assert_eq!((app.id, app.merchant, app.sandbox), (id, cast.a, true));
    assert_eq!((app.scopes, app.shops, app.merchant_name.as_str()), (vec!["stock:read".to_owned()], Some(vec![ShopId(2)]), "甲医药"));
}

#[tokio::test]
async fn housekeeping_forgets_what_time_has_made_meaningless() {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    is(&verdict(fresh(&house, &cast.erp, "nonce-001")).await, LET_IN);
    house.later(Duration::days(2));
    let now = house.now();
    house.platform.db.write(move |tx| duijie::accounts::forget_old(tx, now)).await.expect("swept");
    assert_eq!(house.ask("select (select count(*) from sessions) + (select count(*) from nonces) + (select count(*) from buckets)"), "0");
}

// G-05, Q-35: a scope is a fence, not a hint.
#[tokio::test]
async fn a_credential_without_the_scope_gets_nothing_done() {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    let (cause, key) = (Cause::system(cast.a, "tests", house.now()), house.platform.master_key);
    let scopes = vec!["stock:read".into(), "product:write".into()];
    let new = NewApp { name: "少权限".into(), scopes, ..NewApp::default() };
    let issued = house.platform.db.write(move |tx| apps::create(tx, &cause, &key, new)).await.expect("a credential");
    let app = Key { app_key: issued.app_key, secret: issued.secret };
    let said = || house.ask("select (select count(*) from trail) + (select count(*) from feeds) + (select count(*) from categories)");
    let before = said();
    let category = serde_json::json!({ "id": "1", "name": "药", "type": 1, "parentId": "0", "enable": 1 });
    let stock = serde_json::json!({ "skuId": "S1", "shopId": 1, "inventory": 5 });
    for (method, body) in [("catalog.add_or_edit", category), ("sku.inventory.update", stock), ("catalog.list.get", serde_json::json!({}))]
    {
        let answer = house.api(&app, method, body).send().await.expect(403);
        assert_eq!(answer.value()["error"], "OUT_OF_SCOPE", "{method}");
        assert_eq!(answer.value()["success"], false, "{method}");
    }
    assert_eq!(said(), before, "nothing happened");
    // Writing needs its own scope; the scope that is there works.
    assert_eq!(
        house.api(&app, "sku.inventory.get", serde_json::json!({ "skuId": "S1" })).send().await.value()["error"],
        "NOT_FOUND",
        "let in: there is no such SKU"
    );
}
