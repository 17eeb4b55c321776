use crate::support::Cast;
use crate::support::cast::{ADMIN, AUDITOR, OWNER, READER, STRANGER};
use crate::support::house::{House, Key, sign};
use serde_json::json;

/// Creates a credential of A through the page and returns it with its id.
async fn issue(house: &House, sandbox: &str) -> (Key, String) {
    let fields = [
        ("name", "收银系统"),
        ("channel", "b2b"),
        ("sandbox", sandbox),
        ("scopes", "stock:read"),
        ("scopes", "stock:write"),
        ("shops", "2"),
    ];
    let answer = house.post("/api-keys").by(OWNER).json().form(&fields).send().await.expect(200).value();
    let text = |name: &str| answer["data"][name].as_str().unwrap_or_default().to_owned();
    (Key { app_key: text("app_key"), secret: text("secret") }, answer["data"]["id"].to_string())
}

#[tokio::test]
async fn staff_auditors_and_admins_have_no_keys() {
    let house = House::open().await;
    Cast::enter(&house).await;
    let (_, id) = issue(&house, "").await;
    for (who, status) in [(READER, 403), (AUDITOR, 404), (ADMIN, 404)] {
        house.get("/api-keys").by(who).send().await.expect(status);
        house.get("/api-keys/signature").by(who).send().await.expect(status);
        house.post("/api-keys").by(who).form(&[("name", "x"), ("channel", "b2b"), ("scopes", "stock:read")]).send().await.expect(status);
        house.post(&format!("/api-keys/{id}/rotation")).by(who).send().await.expect(status);
        house.delete(&format!("/api-keys/{id}")).by(who).send().await.expect(status);
    }
    house.get("/api-keys").send().await.expect(303);
    // An integrator manages keys, though not people.
    house.sql("update users set role = 'integrator' where login = 'xiaoli'");
    house.get("/api-keys").by(READER).send().await.expect(200);
    house.get("/users").by(READER).send().await.expect(403);
}

#[tokio::test]
async fn a_secret_is_told_once_and_kept_sealed() {
    let house = House::open().await;
    Cast::enter(&house).await;
    let fields = [
        ("name", "收银系统"),
        ("channel", "micro_shop"),
        ("scopes", "stock:write"),
        ("expires", "2027-01-31"),
        ("ip_allow", "203.0.113.0/24\r\n::1"),
    ];
    let page = house.post("/api-keys").by(OWNER).form(&fields).send().await.expect(200);
    let secret = page.body.split(r#"<code class="mono">"#).filter_map(|rest| rest.split('<').next()).find(|s| s.len() == 40);
    let secret = secret.unwrap_or_else(|| panic!("{}", page.body)).to_owned();
    let app_key = house.ask("select app_key from apps order by id desc limit 1");
    assert!(app_key.starts_with("dj_live_") && app_key.len() == 28, "{app_key}");
    assert!(page.body.contains(&app_key) && page.body.contains("只显示这一次") && page.body.contains("openssl dgst -sha256"));
    let list = house.get("/api-keys").by(OWNER).send().await.expect(200);
    assert!(!list.body.contains(&secret) && list.body.contains("收银系统") && list.body.contains("203.0.113.0/24, ::1"), "{}", list.body);
    let hex: String = secret.bytes().map(|b| format!("{b:02x}")).collect();
    assert_eq!(house.ask(&format!("select count(*) from app_secrets where encode(sealed, 'hex') like '%{hex}%'")), "0");
    assert_eq!(house.ask(&format!("select count(*) from trail where after::text like '%{secret}%'")), "0");
    assert_eq!(
        house.ask("select scopes::text || channel || expires_at from apps order by id desc limit 1"),
        "{stock:write}micro_shop2027-01-31 16:00:00+00"
    );
}

#[tokio::test]
async fn a_form_for_a_key_says_what_is_wrong_and_keeps_the_ticks() {
    let house = House::open().await;
    Cast::enter(&house).await;
    for (field, value, why) in [
        ("name", "", "请填写一行文字"),
        ("channel", "fax", "从列表里选一个渠道"),
        ("scopes", "stock:steal", "没有「stock:steal」这项权限"),
        ("shops", "99", "没有编号 99 的门店"),
        ("ip_allow", "10.0.0.0/40", "「10.0.0.0/40」不是 IP 地址或网段"),
        ("expires", "2026-11-21", "这一天已经过去"),
        ("expires", "soon", "日期写成"),
    ] {
        let mut fields = vec![("name", "新系统"), ("channel", "b2b"), ("scopes", "price:write"), ("scopes", "stock:read")];
        fields.retain(|(name, _)| *name != field || field == "scopes");
        fields.push((field, value));
        let page = house.post("/api-keys").by(OWNER).form(&fields).send().await.expect(422);
        assert!(page.body.contains(why), "{why}: {}", page.body);
        assert!(page.body.contains(r#"value="price:write" checked"#) && page.body.contains(r#"value="stock:read" checked"#));
    }
    let page = house.post("/api-keys").by(OWNER).form(&[("name", "新系统"), ("channel", "b2b")]).send().await.expect(422);
    assert!(page.body.contains("至少选一项权限"));
    assert_eq!(house.ask("select count(*) from apps"), "3");
}

#[tokio::test]
async fn a_strangers_key_is_not_found() {
    let house = House::open().await;
    Cast::enter(&house).await;
    let (_, id) = issue(&house, "").await;
    house.post(&format!("/api-keys/{id}/rotation")).by(STRANGER).send().await.expect(404);
    house.delete(&format!("/api-keys/{id}")).by(STRANGER).send().await.expect(404);
    assert!(!house.get("/api-keys").by(STRANGER).send().await.expect(200).body.contains("收银系统"));
    assert_eq!(
        house.ask(&format!(
            "select revoked_at is null and (select count(*) from app_secrets where app_id = {id}) = 1 from apps where id = {id}"
        )),
        "true"
    );
}

#[tokio::test]
async fn rotation_and_revocation_are_told_and_traced() {
    let house = House::open().await;
    Cast::enter(&house).await;
    let (key, id) = issue(&house, "").await;
    let page = house.post(&format!("/api-keys/{id}/rotation")).by(OWNER).send().await.expect(200);
    assert!(page.body.contains(&key.app_key) && !page.body.contains(&key.secret) && page.body.contains("旧密钥还能用 24 小时"));
    assert!(house.get("/api-keys").by(OWNER).send().await.expect(200).body.contains("旧密钥可用到"));
    let gone = house.post(&format!("/api-keys/{id}?_method=delete")).by(OWNER).send().await.expect(303);
    assert_eq!(gone.header("location"), "/api-keys?done=revoked");
    let list = house.get("/api-keys?done=revoked").by(OWNER).send().await.expect(200);
    assert!(list.body.contains("已吊销") && list.body.contains("从现在起都会被拒绝"));
    // What is revoked cannot be revived.
    house.post(&format!("/api-keys/{id}/rotation")).by(OWNER).send().await.expect(404);
    house.delete(&format!("/api-keys/{id}")).by(OWNER).send().await.expect(404);
    let verbs =
        house.ask(&format!("select string_agg(verb, ' ' order by at, id) from trail where subject_kind = 'app' and subject_id = '{id}'"));
    assert_eq!(verbs, "app.created app.rotated app.revoked");
}

#[tokio::test]
async fn the_checker_finds_the_slip_in_a_sandbox_and_tells_nothing_of_live_keys() {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    let (key, _) = issue(&house, "1").await;
    assert!(key.app_key.starts_with("dj_test_"));
    let body = r#"{"skuId":"A1"}"#;
    let check = |app_key: &str, signature: String| {
        let form = [
            ("app_key", app_key.to_owned()),
            ("method", "POST".into()),
            ("path", "/api/sku.inventory.update".into()),
            ("timestamp", "1763769600".into()),
            ("nonce", "n0nce-123".into()),
            ("body", body.into()),
            ("signature", signature),
        ];
        let form: Vec<(&str, &str)> = form.iter().map(|(k, v)| (*k, v.as_str())).collect();
        house.post("/api-keys/signature").by(OWNER).json().form(&form)
    };
    let signed = |method: &str, path: &str| sign(&key.secret, method, path, "1763769600", "n0nce-123", body.as_bytes());
    let good = check(&key.app_key, signed("POST", "/api/sku.inventory.update")).send().await.expect(200).value();
    assert_eq!(good["data"]["fits"], json!(true), "{good}");
    let slipped = check(&key.app_key, signed("post", "/api/sku.inventory.update")).send().await.expect(200).value();
    assert_eq!(slipped["data"]["verdict"], json!("方法要大写"));
    let page = check(&key.app_key, signed("POST", "/sku.inventory.update")).header("accept", "text/html").send().await.expect(200);
    assert!(page.body.contains("路径少了开头的 /api"), "{}", page.body);
    for foreign in [&cast.erp.app_key, &cast.other_erp.app_key, &"dj_test_nobodys".to_owned()] {
        let refused = check(foreign, signed("POST", "/api/sku.inventory.update")).send().await.expect(422).value();
        assert!(refused["data"]["app_key"].as_str().is_some_and(|why| why.contains("不是你的沙箱凭证")), "{refused}");
    }
    check(&key.app_key, "xyz".into()).send().await.expect(422);
}

#[tokio::test]
async fn an_empty_list_offers_the_first_step() {
    let house = House::open().await;
    Cast::enter(&house).await;
    house.sql("delete from apps");
    assert!(house.get("/api-keys").by(OWNER).send().await.expect(200).body.contains("还没有凭证"));
}
