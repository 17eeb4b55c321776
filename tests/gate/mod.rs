//! Switches, exceptions, locks, and the lines kept meanwhile.

mod goods;
mod interleavings;
mod pages;
mod stories;
mod told;
mod undoing;

use crate::stock::house;
use crate::support::{Answer, Cast, House, cast};
use chrono::Duration;
use duijie::accounts::users;
use duijie::routes::METHODS;
use duijie::sync;
use duijie::trail::Cause;
use serde_json::{Value, json};

pub use cast::{OWNER, READER, STRANGER};

/// A house with goods S1…S<n> of which shop 1 has 100 each.
pub async fn scene(n: i64) -> (House, Cast) {
    let (house, cast) = house(n).await;
    house.push(&cast, crate::stock::lines(n, |_| 100)).await.expect(200);
    (house, cast)
}

impl House {
    /// Somebody of A pauses a module.
    pub async fn off(&self, module: &str, span: &str) -> Answer {
        self.post("/sync/switch")
            .by(OWNER)
            .json()
            .form(&[("module", module), ("span", span), ("reason", "盘点"), ("seen", "0")])
            .send()
            .await
    }
    pub fn mark(&self, module: &str) -> String {
        self.ask(&format!("select mark from switches where module = '{module}'"))
    }
    /// …and turns it on again, with a word on what waits.
    pub async fn on(&self, module: &str, how: &str, lines: &[&str]) -> Answer {
        let mark = self.mark(module);
        let mut form = vec![("module", module), ("seen", mark.as_str()), ("how", how)];
        form.extend(lines.iter().map(|line| ("line", *line)));
        self.delete("/sync/switch").by(OWNER).json().form(&form).send().await
    }
    /// A round of the worker.
    pub async fn release(&self) -> usize {
        sync::release(&self.platform.db, METHODS, self.now()).await.expect("release")
    }
    pub async fn except(&self, who: &str, fields: &[(&str, &str)]) -> Answer {
        let mut form = vec![("reason", "直播专供")];
        form.extend_from_slice(fields);
        if !fields.iter().any(|(name, _)| *name == "span") {
            form.push(("span", "2h"));
        }
        self.post("/sync/exceptions").by(who).json().form(&form).send().await
    }
    /// Ends the newest exception.
    pub async fn end_exception(&self, then: &str) -> Answer {
        let id = self.ask("select max(id) from exceptions");
        self.delete(&format!("/sync/exceptions/{id}")).by(OWNER).json().form(&[("then", then)]).send().await
    }
    pub fn held(&self) -> String {
        self.ask("select string_agg(concat_ws(' ', module, key, line - 'skuId' - 'prodId' - 'shopId', 'x' || count), ', ' order by module, key) from held_lines")
    }
    pub fn verbs(&self) -> String {
        self.ask("select string_agg(verb, ' ' order by id) from trail where verb ~ '^(switch|exception|field|held)\\.'")
    }
    pub async fn can_buy(&self, cast: &Cast, sku: &str) -> i64 {
        let told = self.api(&cast.erp, "sku.inventory.get", json!({ "skuId": sku, "shopId": 1 })).send().await.expect(200).value();
        told["data"]["inventory"].as_i64().expect("a number")
    }
    /// A colleague with these permissions.
    pub async fn colleague(&self, cast: &Cast, login: &str, permissions: &[&str]) {
        let hash = users::hash(cast::PASSWORD.to_owned()).await.expect("hash");
        let (merchant, now) = (cast.a, self.now());
        let new = users::NewUser {
            merchant,
            login: login.into(),
            name: login.into(),
            role: "staff".into(),
            permissions: permissions.iter().map(ToString::to_string).collect(),
            password_hash: hash,
        };
        self.platform.db.write(move |tx| users::create(tx, &Cause::system(merchant, "tests", now), &new)).await.expect("a colleague");
    }
    pub async fn switches(&self, cast: &Cast, asked: Value) -> Value {
        self.api(&cast.erp, "switch.get", asked).send().await.expect(200).value()["data"].clone()
    }
}

pub fn minutes(n: i64) -> Duration {
    Duration::minutes(n)
}
