//! Real processes on real databases, hurried and killed: nothing is sold twice, nothing acknowledged is lost, nothing is half
//! written (G1, G2, G4, G14; I-3).

mod full;

use crate::stock::goods_sql;
use crate::support::house::{Key, MASTER_KEY, sign};
use crate::support::{Cast, House};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use duijie::Db;
use duijie::db::embedded::{Cluster, Options};
use duijie::ids::{MerchantId, ShopId, SkuId};
use duijie::stock::holds::{self, Place, Terms};
use duijie::stock::verify;
use duijie::trail::{Cause, Kind};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A server process.
struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    /// With a database of its own in a folder, or with the one named.
    fn start(database: Result<&str, &PathBuf>) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port");
        let mut command = Command::new(env!("CARGO_BIN_EXE_duijie"));
        command.args(["--listen", &free.to_string(), "--log", "off"]).env_remove("DATABASE_URL").stdout(Stdio::null());
        let key: String = MASTER_KEY.iter().map(|b| format!("{b:02x}")).collect();
        match database {
            Ok(url) => command.args(["--database-url", url, "--master-key", &key]),
            Err(folder) => command.arg("--data").arg(folder).args(["--master-key", &key]),
        };
        let server = Self { child: command.arg("serve").spawn().expect("a server"), address: free };
        server.wait();
        server
    }

    fn wait(&self) {
        let began = Instant::now();
        while TcpStream::connect(self.address).is_err() {
            assert!(began.elapsed() < Duration::from_secs(30), "the server does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// kill -9
    fn kill(&mut self) {
        self.child.kill().and_then(|()| self.child.wait()).map(drop).expect("killed");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Err(why) = self.child.kill().and_then(|()| self.child.wait()) {
            eprintln!("{why}");
        }
    }
}

static NONCE: AtomicU64 = AtomicU64::new(0);

/// One signed call on a connection of its own; `None` when the line broke before the answer was whole.
fn call(to: SocketAddr, key: &Key, method: &str, body: &Value) -> Option<(u16, Value)> {
    let body = body.to_string().into_bytes();
    let path = format!("/api/{method}");
    let timestamp = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time").as_secs().to_string();
    let nonce = format!("fault-{:012}-{}", NONCE.fetch_add(1, Ordering::Relaxed), std::process::id());
    let signature = sign(&key.secret, "POST", &path, &timestamp, &nonce, &body);
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: duijie\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\nX-App-Key: {}\r\n\
         X-Timestamp: {timestamp}\r\nX-Nonce: {nonce}\r\nX-Signature: {signature}\r\n\r\n",
        body.len(),
        key.app_key
    );
    let mut line = TcpStream::connect(to).ok()?;
    line.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
    line.write_all(head.as_bytes()).and_then(|()| line.write_all(&body)).ok()?;
    let mut told = String::new();
    line.read_to_string(&mut told).ok()?;
    let (head, body) = told.split_once("\r\n\r\n")?;
    let status = head.get(9..12)?.parse().ok()?;
    Some((status, serde_json::from_str(body).ok()?))
}

#[expect(clippy::disallowed_methods, reason = "tests look at the database from outside")]
fn connect(url: &str) -> PgConnection {
    PgConnection::establish(url).expect("connect")
}

fn number(c: &mut PgConnection, sql: &str) -> i64 {
    #[derive(QueryableByName)]
    struct One {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        n: i64,
    }
    let one: One = diesel::sql_query(format!("select ({sql})::bigint as n")).get_result(c).expect("a number");
    one.n
}

fn proven(c: &mut PgConnection, merchant: MerchantId) {
    let found = c.transaction(|c| verify::check(c, merchant)).expect("check");
    assert_eq!(found.differences, [], "counters are what they count");
}

const UNHURRIED: &str = "update apps set rate_per_minute = 1000000";

/// Every buyer takes one unit after the other, from one server or the other, until there is nothing left.
fn sell_out(servers: &[SocketAddr], key: &Key, name: &str) -> i64 {
    let sold = AtomicU64::new(0);
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // The ERP has heard of nothing and keeps saying so.
            for server in servers.iter().cycle() {
                if over.load(Ordering::Relaxed) {
                    break;
                }
                let push = call(*server, key, "sku.inventory.update", &json!({ "skuId": "S1", "shopId": "1", "inventory": 100 }));
                assert_eq!(push.expect("an answer").0, 200);
            }
        });
        let buyers: Vec<_> = (0..64_usize)
            .map(|buyer| {
                let sold = &sold;
                scope.spawn(move || {
                    for n in 0.. {
                        let server = servers[(buyer + n) % servers.len()];
                        let reservation = format!("{name}-{buyer}-{n}");
                        let freeze = json!({ "reservationId": reservation, "skuId": "S1", "shopId": "1", "quantity": 1 });
                        let (status, answer) = call(server, key, "sku.inventory.freeze", &freeze).expect("an answer");
                        match status {
                            200 => {}
                            422 if answer["data"]["lines"][0]["problems"][0]["code"] == "NOT_ENOUGH" => break,
                            503 => continue,
                            _ => panic!("{status} {answer}"),
                        }
                        // Some think better of it, and come again.
                        let step = if (buyer + n) % 5 == 0 { "rollback" } else { "deduct" };
                        let mut told = None;
                        while told.as_ref().is_none_or(|(status, _)| *status == 503) {
                            told = call(server, key, &format!("sku.inventory.{step}"), &json!({ "reservationId": reservation }));
                        }
                        assert_eq!(told.expect("an answer").0, 200);
                        if step == "deduct" {
                            sold.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                })
            })
            .collect();
        for buyer in buyers {
            buyer.join().expect("a buyer");
        }
        over.store(true, Ordering::Relaxed);
    });
    i64::try_from(sold.into_inner()).expect("a count")
}

// I-3, G4: 64 buyers, one SKU of 100, two processes, pushes and a hold in between.
#[actix_web::test]
async fn two_servers_sell_exactly_what_there_is() {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    house.sql(&goods_sql(cast.a, 1));
    house.sql(UNHURRIED);
    let (url, key, merchant, now) = (house.url(), cast.erp.clone(), cast.a, house.now());
    tokio::task::spawn_blocking(move || {
        let servers = [Server::start(Ok(&url)), Server::start(Ok(&url))];
        let addresses = servers.each_ref().map(|s| s.address);
        let first = json!({ "skuId": "S1", "shopId": "1", "inventory": 100 });
        assert_eq!(call(addresses[0], &key, "sku.inventory.update", &first).expect("an answer").0, 200);
        let mut c = connect(&url);
        let taken = "select sum(qty) from reservation_lines where state <> 'released'";
        let sold = sell_out(&addresses, &key, "first");
        // Whoever came back after the last had been told there was nothing may have left a unit or two.
        assert!((98..=100).contains(&sold), "{sold}");
        assert_eq!(number(&mut c, taken), sold);
        let left = 100 - sold;
        // A person allows thirty more.
        let sku = SkuId(number(&mut c, &format!("select id from skus where merchant_id = {merchant}")));
        let cause = Cause { kind: Kind::Person, ..Cause::system(merchant, "王店长", now) };
        let place = Place { sku, shop: ShopId(1), ext: "S1".into(), qty: left + 30, version: None };
        let terms = Terms { until: None, keeps: false, reason: "在途补货".into() };
        c.transaction(|tx| holds::start(tx, &cause, vec![place], &terms)).expect("hold");
        let more = sell_out(&addresses, &key, "second");
        assert!((left + 28..=left + 30).contains(&more), "{more}");
        assert_eq!(number(&mut c, taken), sold + more, "oversold by nothing but what was allowed");
        assert_eq!(number(&mut c, "select min(hold_qty - hold_used) from stock where hold_id is not null"), left + 30 - more);
        proven(&mut c, merchant);
    })
    .await
    .expect("sold out");
}

/// A folder that is gone when the test is.
struct Folder(PathBuf);
impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(why) = std::fs::remove_dir_all(&self.0) {
            eprintln!("{}: {why}", self.0.display());
        }
    }
}

const SKUS_EACH: i64 = 20;
const WRITERS: i64 = 4;

/// What was acknowledged: values of whole pushes, and reservations.
#[derive(Default)]
struct Acked {
    /// Per writer, the last value all of whose rows were acknowledged.
    values: Vec<i64>,
    reservations: Vec<String>,
}

/// Pushes and freezes until the line breaks for good.
fn hammer(to: SocketAddr, key: &Key, round: i64, stop: &AtomicBool) -> Acked {
    let mut all = Acked { values: vec![0; usize::try_from(WRITERS).expect("few")], reservations: Vec::new() };
    let told: Vec<(usize, i64, Vec<String>)> = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|w| {
                scope.spawn(move || {
                    let (mut value, mut reservations) = (0, Vec::new());
                    for n in 1..100_000_i64 {
                        if stop.load(Ordering::Relaxed) {
                            break;
                        }
                        let next = 1_000_000 * round + 1000 + n;
                        let lines: Vec<Value> = (1..=SKUS_EACH)
                            .map(|i| json!({ "skuId": format!("S{}", w * SKUS_EACH + i), "shopId": "1", "inventory": next }))
                            .collect();
                        if call(to, key, "sku.inventory.update", &Value::Array(lines)).is_some_and(|(status, _)| status == 200) {
                            value = next;
                        }
                        let no = format!("r{round}-{w}-{n}");
                        let freeze =
                            json!({ "reservationId": no, "skuId": format!("S{}", w * SKUS_EACH + 1), "shopId": "1", "quantity": 1 });
                        if call(to, key, "sku.inventory.freeze", &freeze).is_some_and(|(status, _)| status == 200) {
                            reservations.push(no);
                        }
                    }
                    (usize::try_from(w).expect("few"), value, reservations)
                })
            })
            .collect();
        writers.into_iter().map(|w| w.join().expect("a writer")).collect()
    });
    for (w, value, reservations) in told {
        all.values[w] = value;
        all.reservations.extend(reservations);
    }
    all
}

/// Every acknowledged line is there, every batch is whole, every counter is proven.
fn nothing_is_lost(c: &mut PgConnection, merchant: MerchantId, acked: &Acked) {
    for (w, value) in (0_i64..).zip(&acked.values) {
        let mine = format!(
            "from stock s join skus k on k.merchant_id = s.merchant_id and k.id = s.sku_id where s.merchant_id = {merchant} \
             and substr(k.sku_id, 2)::bigint between {} and {}",
            w * SKUS_EACH + 1,
            (w + 1) * SKUS_EACH
        );
        assert_eq!(number(c, &format!("select count(distinct erp_qty) {mine}")), 1, "torn");
        assert!(number(c, &format!("select min(erp_qty) {mine}")) >= *value, "an acknowledged push is lost");
    }
    let names: Vec<String> = acked.reservations.iter().map(|no| format!("('{no}')")).collect();
    assert!(!names.is_empty(), "nothing was acknowledged at all");
    let lost = format!(
        "select count(*) from (values {}) as a(no) where not exists (select 1 from reservations r where r.merchant_id = {merchant} and r.no = a.no)",
        names.join(",")
    );
    assert_eq!(number(c, &lost), 0, "an acknowledged freeze is lost");
    proven(c, merchant);
}

// G1, G2: the server is killed, then PostgreSQL under the server, in the middle of pushes and freezes.
#[actix_web::test]
async fn kill_9_loses_nothing_that_was_acknowledged() {
    let folder = Folder(std::env::temp_dir().join(format!("duijie-faults-{}", std::process::id())));
    let path = folder.0.clone();
    let (cluster, db) = tokio::task::spawn_blocking(move || {
        // Durable, as in production.
        let cluster = Cluster::open(&path, &Options { durable: true, max_connections: 60 }).expect("a private PostgreSQL");
        let db = Db::connect(&cluster.url("postgres"), 4).expect("connect");
        db.migrate(crate::support::house::start_of_time()).expect("migrate");
        (cluster, db)
    })
    .await
    .expect("open");
    let cast = Cast::enter_at(&db, crate::support::house::start_of_time()).await;
    let path = folder.0.clone();
    tokio::task::spawn_blocking(move || {
        let url = cluster.url("postgres");
        connect(&url).batch_execute(&format!("{}; {UNHURRIED}", goods_sql(cast.a, SKUS_EACH * WRITERS))).expect("goods");
        let mut server = Server::start(Err(&path));
        for round in 1..=2 {
            let (address, stop) = (server.address, AtomicBool::new(false));
            let acked = std::thread::scope(|scope| {
                let hammer = scope.spawn(|| hammer(address, &cast.erp, round, &stop));
                std::thread::sleep(Duration::from_millis(900));
                if round == 1 {
                    server.kill();
                    std::thread::sleep(Duration::from_millis(300));
                } else {
                    let pid = std::fs::read_to_string(path.join("pg/postmaster.pid")).expect("a pid");
                    let pid = pid.lines().next().expect("a line").to_owned();
                    assert!(Command::new("kill").args(["-9", &pid]).status().expect("kill").success());
                    // It comes back by itself, and the server finds it.
                    std::thread::sleep(Duration::from_millis(1500));
                }
                stop.store(true, Ordering::Relaxed);
                hammer.join().expect("the hammer")
            });
            if round == 1 {
                server = Server::start(Err(&path));
            }
            let began = Instant::now();
            let mut c = loop {
                #[expect(clippy::disallowed_methods, reason = "tests look at the database from outside")]
                match PgConnection::establish(&url) {
                    Ok(c) => break c,
                    Err(why) => assert!(began.elapsed() < Duration::from_secs(30), "{why}"),
                }
                std::thread::sleep(Duration::from_millis(100));
            };
            nothing_is_lost(&mut c, cast.a, &acked);
            // And it serves again, without a restart of the server.
            let push = json!({ "skuId": "S1", "shopId": "1", "inventory": 7 });
            while call(server.address, &cast.erp, "sku.inventory.get", &push).is_none_or(|(status, _)| status != 200) {
                assert!(began.elapsed() < Duration::from_secs(30), "the server does not come back");
                std::thread::sleep(Duration::from_millis(100));
            }
        }
        drop(server);
        drop(db);
        cluster.stop().map(drop).expect("stop");
    })
    .await
    .expect("nothing lost");
}
