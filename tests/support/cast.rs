//! The standing cast: 王店长 owns merchant A, 小李 works there and may only read, 赵外人 owns merchant B, 陈审核 audits, 管理 runs
//! the platform, and A's ERP holds a key.

use super::house::{House, Key, MASTER_KEY};
use chrono::{DateTime, Utc};
use duijie::Db;
use duijie::accounts::{apps, users};
use duijie::ids::{MerchantId, ShopId};
use duijie::merchants::{self, NewMerchant};
use duijie::trail::Cause;
use duijie::wire::{Module, STOREFRONT};

pub const OWNER: &str = "wang";
pub const READER: &str = "xiaoli";
pub const STRANGER: &str = "zhao";
pub const AUDITOR: &str = "chen";
pub const ADMIN: &str = "guanli";
pub const PASSWORD: &str = "correct horse 对接";

pub struct Cast {
    pub a: MerchantId,
    pub b: MerchantId,
    /// A's ERP: every scope, every shop.
    pub erp: Key,
    /// B's ERP.
    pub other_erp: Key,
    /// The storefront where A's goods are sold.
    pub storefront: Key,
}

impl Cast {
    /// Like [`Cast::enter`], with everybody logged in already: for tests about sessions themselves.
    pub async fn enter_logged_in(house: &House) -> Self {
        let cast = Self::enter(house).await;
        for who in [OWNER, READER, STRANGER, AUDITOR, ADMIN] {
            house.log_in(who).await;
        }
        cast
    }

    /// Two merchants with shops 1 and 2 each; whoever is asked to act logs in first.
    pub async fn enter(house: &House) -> Self {
        Self::enter_at(&house.platform.db, house.now()).await
    }

    /// The same in a database that no house stands around.
    pub async fn enter_at(db: &Db, now: DateTime<Utc>) -> Self {
        // Hashing takes its time; all five share one.
        let hash = users::hash(PASSWORD.to_owned()).await.expect("hash");
        db.write(move |tx| {
            let system = Cause::system(MerchantId::PLATFORM, "tests", now);
            let mut ids = Vec::new();
            let mut keys = Vec::new();
            for (code, name) in [("jia", "甲医药"), ("yi", "乙百货")] {
                let merchant = merchants::create(tx, &system, &NewMerchant { code, name, kind: "pharma" })?;
                let cause = system.at(merchant.id);
                merchants::add_shop(tx, &cause, ShopId(1), "一号店", true)?;
                merchants::add_shop(tx, &cause, ShopId(2), "二号店", false)?;
                let scopes = Module::ALL.iter().flat_map(|m| [format!("{}:read", m.as_str()), format!("{}:write", m.as_str())]).collect();
                let issued = apps::create(tx, &cause, &MASTER_KEY, apps::NewApp { name: "ERP".into(), scopes, ..apps::NewApp::default() })?;
                keys.push(Key { app_key: issued.app_key, secret: issued.secret });
                ids.push(merchant.id);
            }
            let (a, b) = (ids[0], ids[1]);
            let sells =
                apps::NewApp { name: "店面".into(), scopes: vec![STOREFRONT.into(), "order:read".into()], ..apps::NewApp::default() };
            let sells = apps::create(tx, &system.at(a), &MASTER_KEY, sells)?;
            let storefront = Key { app_key: sells.app_key, secret: sells.secret };
            for (merchant, login, name, role) in [
                (a, OWNER, "王店长", "owner"),
                (a, READER, "小李", "staff"),
                (b, STRANGER, "赵外人", "owner"),
                (MerchantId::PLATFORM, AUDITOR, "陈审核", "auditor"),
                (MerchantId::PLATFORM, ADMIN, "管理", "admin"),
            ] {
                let new = users::NewUser {
                    merchant,
                    login: login.into(),
                    name: name.into(),
                    role: role.into(),
                    permissions: Vec::new(),
                    password_hash: hash.clone(),
                };
                users::create(tx, &system.at(merchant), &new)?;
            }
            Ok(Cast { a, b, erp: keys[0].clone(), other_erp: keys[1].clone(), storefront })
        })
        .await
        .expect("the cast")
    }
}
