//! A real server process with a real PostgreSQL, and what it takes to speak with it: the benches measure from outside.

#![allow(dead_code, reason = "each bench uses its part")]

mod http;

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use duijie::Db;
use duijie::accounts::{apps, users};
use duijie::clock::Clock;
use duijie::db::Plans;
use duijie::db::embedded::{Cluster, Options};
use duijie::ids::{MerchantId, ShopId};
use duijie::merchants::{self, NewMerchant};
use duijie::trail::Cause;
use duijie::wire::Module;
pub use http::Client;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const MASTER_KEY: [u8; 32] = [9; 32];
const LOGIN: &str = "bench";
const PASSWORD: &str = "a long password for measuring";

pub type Fallible<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// A number from the environment: smaller runs for a quick look.
#[expect(clippy::disallowed_methods, reason = "a bench has no settings but these")]
pub fn setting(name: &str, default: i64) -> i64 {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default)
}

/// PostgreSQL with one merchant in it. `BENCH_DATABASE_URL` names a server to use (with its database); without, a private
/// durable one is made and thrown away.
pub struct Base {
    pub url: String,
    pub merchant: MerchantId,
    pub app_key: String,
    pub secret: String,
    _cluster: Option<Cluster>,
    folder: Option<PathBuf>,
}

impl Base {
    #[expect(clippy::disallowed_methods, reason = "a bench has no settings but these")]
    pub fn open() -> Fallible<Self> {
        let (cluster, url, folder) = match std::env::var("BENCH_DATABASE_URL") {
            Ok(url) => (None, url, None),
            Err(_) => {
                let folder = std::env::temp_dir().join(format!("duijie-bench-{}", std::process::id()));
                std::fs::create_dir_all(&folder)?;
                let cluster = Cluster::open(&folder, &Options { durable: true, max_connections: 60 })?;
                let url = cluster.url("postgres");
                (Some(cluster), url, Some(folder))
            }
        };
        let now = Clock::System.now();
        let db = Db::connect(&url, 4, Plans::Kept)?;
        db.migrate(now)?;
        let (merchant, app_key, secret) = actix_web::rt::System::new().block_on(async {
            let hash = users::hash(PASSWORD.to_owned()).await?;
            db.write(move |tx| {
                let system = Cause::system(MerchantId::PLATFORM, "bench", now);
                let merchant = merchants::create(tx, &system, &NewMerchant { code: "bench", name: "Bench", kind: "goods" })?.id;
                let cause = system.at(merchant);
                merchants::add_shop(tx, &cause, ShopId(1), "一号店", true)?;
                merchants::add_shop(tx, &cause, ShopId(2), "二号店", false)?;
                let scopes = Module::ALL.iter().flat_map(|m| [format!("{}:read", m.as_str()), format!("{}:write", m.as_str())]).collect();
                let issued = apps::create(tx, &cause, &MASTER_KEY, apps::NewApp { name: "ERP".into(), scopes, ..apps::NewApp::default() })?;
                let new = users::NewUser {
                    merchant,
                    login: LOGIN.into(),
                    name: "Bench".into(),
                    role: "owner".into(),
                    permissions: Vec::new(),
                    password_hash: hash,
                };
                users::create(tx, &cause, &new)?;
                Ok((merchant, issued.app_key, issued.secret))
            })
            .await
        })?;
        let base = Self { url, merchant, app_key, secret, _cluster: cluster, folder };
        base.sql("update apps set rate_per_minute = 1000000000")?;
        Ok(base)
    }

    #[expect(clippy::disallowed_methods, reason = "a bench looks at the database from outside")]
    pub fn connect(&self) -> Fallible<PgConnection> {
        Ok(PgConnection::establish(&self.url)?)
    }

    pub fn sql(&self, sql: &str) -> Fallible<()> {
        Ok(self.connect()?.batch_execute(sql)?)
    }

    /// `skus` products with one SKU each, in stock at two shops, with the marks that belong to them.
    pub fn seed(&self, skus: i64) -> Fallible<()> {
        let m = self.merchant;
        self.sql(&format!(
            "insert into categories (merchant_id, id, name, level, parent_id, path) values ({m}, 'c1', '药', 1, '0', 'c1'), ({m}, 'c2', '西药', 2, 'c1', 'c1-c2'), \
               ({m}, 'c3', '抗生素', 3, 'c2', 'c1-c2-c3') on conflict do nothing; \
             with p as (insert into products (merchant_id, prod_id, erp_code, name, category_id, spec, audit_status, listing, grams, created_at, updated_at) \
               select {m}, 'P' || n, 'E' || n, (array['蒙脱石散', '阿莫西林胶囊', '布洛芬缓释胶囊', '板蓝根颗粒', '氯雷他定片'])[1 + n % 5] || n, 'c3', '0.25g×24粒/盒', \
                 'approved', 'listed', array['@{m}', (array['蒙脱', '阿莫', '布洛', '板蓝', '氯雷'])[1 + n % 5], 'e' || left(n::text, 3), 'e' || n], now(), now() \
               from generate_series(1, {skus}) n returning id, prod_id) \
             insert into skus (merchant_id, sku_id, product_id, base_price, is_default, created_at, updated_at) \
               select {m}, 'S' || substr(prod_id, 2), id, 8.60, true, now(), now() from p order by id; \
             insert into stock (merchant_id, sku_id, shop_id, erp_qty, reported_at, updated_at) \
               select {m}, k.id, shop, (k.id * 7919 + shop * 13) % 100, now(), now() from skus k, generate_series(1, 2) shop where k.merchant_id = {m} order by k.id, shop"
        ))?;
        let mut c = self.connect()?;
        c.transaction(|tx| duijie::stock::remark(tx, self.merchant))?;
        self.sql("vacuum analyze")?;
        self.sql("checkpoint")
    }
}

impl Drop for Base {
    fn drop(&mut self) {
        // The server goes first, then its folder.
        self._cluster.take();
        if let Some(folder) = self.folder.take()
            && let Err(why) = std::fs::remove_dir_all(&folder)
        {
            eprintln!("{} stays behind: {why}", folder.display());
        }
    }
}

/// The program itself, serving.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
}

impl Server {
    pub fn start(base: &Base) -> Fallible<Self> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let key: String = MASTER_KEY.iter().map(|b| format!("{b:02x}")).collect();
        let child = Command::new(env!("CARGO_BIN_EXE_duijie"))
            .arg("serve")
            .env("DATABASE_URL", &base.url)
            .env("DUIJIE_MASTER_KEY", key)
            .env("DUIJIE_LISTEN", address.to_string())
            .env("DUIJIE_KEEP_PLANS", "true")
            .env("DUIJIE_LOG", "warn")
            .stdin(Stdio::null())
            .spawn()?;
        let server = Self { child, address };
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            if let Ok(mut client) = Client::connect(address)
                && client.get("/readyz", &[]).is_ok_and(|a| a.status == 200)
            {
                return Ok(server);
            }
            if Instant::now() > deadline {
                return Err("the server does not come up".into());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Resident memory now, in MB.
    pub fn resident(&self) -> Fallible<f64> {
        resident(self.child.id())
    }
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Logs in and hands back the cookie.
    pub fn log_in(&self) -> Fallible<String> {
        let mut client = Client::connect(self.address)?;
        let body = format!("login={LOGIN}&password={}", PASSWORD.replace(' ', "+"));
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", "same-origin"), ("accept", "text/html")];
        let answer = client.send("POST", "/login", &headers, body.as_bytes())?;
        let cookie = answer.header("set-cookie").and_then(|c| c.split(';').next()).ok_or("nobody let us in")?;
        Ok(cookie.to_owned())
    }
}

pub fn resident(pid: u32) -> Fallible<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    let kilobytes: f64 = line.trim().trim_end_matches(" kB").trim().parse()?;
    Ok(kilobytes / 1024.0)
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Err(why) = self.child.kill().and_then(|()| self.child.wait()) {
            eprintln!("the server did not stop: {why}");
        }
    }
}

/// The `part` (0…1) quantile.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a place in a list")]
pub fn quantile(values: &[f64], part: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = ((sorted.len().saturating_sub(1)) as f64 * part).round() as usize;
    sorted.get(place).copied().unwrap_or(f64::NAN)
}

/// Numbers that look random and are the same in every run.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }
    #[expect(clippy::cast_possible_wrap, reason = "the top bits are cut off")]
    pub fn below(&mut self, limit: i64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 2) as i64 % limit
    }
}
