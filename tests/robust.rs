//! What is broken on purpose: the database goes away, the line is cut, the body is too long.

use crate::support::cast::OWNER;
use crate::support::house::{Key, MASTER_KEY, sign, start_of_time};
use crate::support::{Cast, House};
use actix_web::http::header;
use actix_web::test;
use actix_web::web::Data;
use duijie::clock::Clock;
use duijie::db::Plans;
use duijie::db::embedded::{Cluster, Options};
use duijie::web::Platform;
use duijie::{Db, routes, server};
use serde_json::json;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// A folder on the memory disk that is gone when the test is.
struct Folder(PathBuf);
impl Folder {
    fn new(name: &str) -> Self {
        let memory = PathBuf::from("/dev/shm");
        let base = if memory.is_dir() { memory } else { std::env::temp_dir() };
        Self(base.join(format!("duijie-{name}-{}", std::process::id())))
    }
}
impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(why) = std::fs::remove_dir_all(&self.0) {
            eprintln!("{}: {why}", self.0.display());
        }
    }
}

const QUICK: Options = Options { durable: false, max_connections: 30 };

async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.expect("done")
}

// G18
#[actix_web::test]
async fn a_database_that_goes_away_is_told_within_seconds_and_found_again_without_a_restart() {
    let folder = Folder::new("gone");
    let path = folder.0.clone();
    let cluster = off_thread(move || Cluster::open(&path, &QUICK).expect("a private PostgreSQL")).await;
    let db = Db::connect(&cluster.url("postgres"), 4, Plans::Kept).expect("connect");
    let migrated = db.clone();
    off_thread(move || migrated.migrate(start_of_time()).expect("migrate")).await;
    let platform = Data::new(Platform {
        db,
        clock: Clock::System,
        master_key: MASTER_KEY,
        https: false,
        behind_proxy: false,
        dev: false,
        nav: routes::nav,
        live: duijie::web::Live::default(),
        outward: duijie::outward::Outward::default(),
    });
    let app = test::init_service(server::app(&platform)).await;
    let ask = |path: &'static str| {
        let request = test::TestRequest::with_uri(path).peer_addr("127.0.0.1:9".parse().expect("address")).to_request();
        let asked = test::call_service(&app, request);
        async {
            let began = Instant::now();
            let answer = asked.await;
            let after = answer.headers().get(header::RETRY_AFTER).and_then(|v| v.to_str().ok()).map(ToOwned::to_owned);
            (answer.status().as_u16(), after, began.elapsed())
        }
    };
    assert_eq!(ask("/readyz").await.0, 200);

    // The last user leaves, so nobody starts it again: connections in the pool are dead now.
    let cluster = off_thread(move || {
        cluster.stop().expect("stop");
        cluster
    })
    .await;
    drop(cluster);
    for round in 0..6 {
        let (status, after, took) = ask("/readyz").await;
        assert_eq!((status, after.as_deref()), (503, Some("1")), "round {round}");
        assert!(took < Duration::from_secs(3), "round {round} took {took:?}");
    }
    // Whoever looks after us can still see that we live.
    assert_eq!(ask("/healthz").await.0, 200);

    let path = folder.0.clone();
    let cluster = off_thread(move || Cluster::open(&path, &QUICK).expect("again")).await;
    let began = Instant::now();
    while ask("/readyz").await.0 != 200 {
        assert!(began.elapsed() < Duration::from_secs(10), "not found again");
    }

    // Killed under our hands: the next answers are an honest 503 or already right, and never anything else.
    let pid = std::fs::read_to_string(folder.0.join("pg/postmaster.pid")).expect("pid file");
    let pid = pid.lines().next().expect("a pid").to_owned();
    assert!(std::process::Command::new("kill").args(["-9", &pid]).status().expect("kill").success());
    let began = Instant::now();
    let mut right = 0;
    while right < 5 {
        let (status, _, took) = ask("/readyz").await;
        assert!(matches!(status, 200 | 503), "{status}");
        assert!(took < Duration::from_secs(3), "{took:?}");
        right = if status == 200 { right + 1 } else { 0 };
        assert!(began.elapsed() < Duration::from_secs(30), "not found again");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    drop(app);
    drop(platform);
    off_thread(move || cluster.stop().map(drop).expect("stop")).await;
}

/// A server of its own on a free port; it lives as long as the test run.
pub fn serve(house: &House) -> SocketAddr {
    let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = free.local_addr().expect("its address");
    drop(free);
    let platform = Data::clone(&house.platform);
    std::thread::spawn(move || actix_web::rt::System::new().block_on(server::serve(platform, address, 1)).expect("serve"));
    let began = Instant::now();
    while TcpStream::connect(address).is_err() {
        assert!(began.elapsed() < Duration::from_secs(10), "the server does not listen");
        std::thread::sleep(Duration::from_millis(20));
    }
    address
}

fn head(house: &House, key: &Key, nonce: &str, method: &str, body: &[u8]) -> String {
    let (path, timestamp) = (format!("/api/{method}"), house.now().timestamp().to_string());
    let signature = sign(&key.secret, "POST", &path, &timestamp, nonce, body);
    format!(
        "POST {path} HTTP/1.1\r\nHost: duijie\r\nContent-Type: application/json\r\nContent-Length: {}\r\nX-App-Key: {}\r\nX-Timestamp: {timestamp}\r\nX-Nonce: {nonce}\r\nX-Signature: {signature}\r\n\r\n",
        body.len(),
        key.app_key
    )
}

// A connection cut midway: nothing is applied, and the same call passes a moment later.
#[actix_web::test]
async fn a_call_cut_midway_applies_nothing() {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    let address = serve(&house);
    let lines: Vec<_> =
        (1..=300).map(|n| json!({ "id": format!("C{n}"), "name": format!("分类{n}"), "type": 1, "parentId": "0" })).collect();
    let body = serde_json::to_vec(&lines).expect("json");
    for cut in [0, 1, body.len() / 2, body.len() - 1] {
        let mut line = TcpStream::connect(address).expect("connect");
        line.write_all(head(&house, &cast.erp, &format!("cut-nonce-{cut}"), "catalog.add_or_edit", &body).as_bytes()).expect("head");
        line.write_all(&body[..cut]).expect("half");
        drop(line);
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let there = |what: &str| house.ask(&format!("select count(*) from {what} where merchant_id = {}", cast.a));
    assert_eq!((there("categories"), there("feeds")), ("0".into(), "0".into()));
    // A body that is shorter than signed but said to be whole does not fit its signature.
    let half = &body[..body.len() / 2];
    let forged = head(&house, &cast.erp, "cut-nonce-x", "catalog.add_or_edit", &body)
        .replace(&format!("Content-Length: {}", body.len()), &format!("Content-Length: {}\r\nConnection: close", half.len()));
    let mut line = TcpStream::connect(address).expect("connect");
    line.write_all(forged.as_bytes()).and_then(|()| line.write_all(half)).expect("sent");
    let mut told = String::new();
    line.read_to_string(&mut told).expect("an answer");
    assert!(told.starts_with("HTTP/1.1 401"), "{told}");
    assert_eq!(there("categories"), "0");
    house.api(&cast.erp, "catalog.add_or_edit", json!(lines)).send().await.expect(200);
    assert_eq!(there("categories"), "300");
}

#[actix_web::test]
async fn eleven_megabytes_are_refused_in_words() {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    let body = format!("[{{\"id\":\"C1\",\"name\":\"{}\"}}]", "x".repeat(11 * 1024 * 1024));
    let answer = house.api(&cast.erp, "catalog.add_or_edit", body.as_str()).send().await.expect(413);
    let told = answer.value();
    assert_eq!((told["error"].as_str(), told["success"].as_bool()), (Some("TOO_LARGE"), Some(false)), "{told}");
    assert!(told["msg"].as_str().is_some_and(|msg| msg.contains("10")), "the limit is named: {told}");
    // And through a real connection, which must end instead of reading on.
    let mut line = TcpStream::connect(serve(&house)).expect("connect");
    line.set_read_timeout(Some(Duration::from_secs(10))).expect("timeout");
    line.write_all(head(&house, &cast.erp, "long-nonce-1", "catalog.add_or_edit", body.as_bytes()).as_bytes()).expect("head");
    // The other side may hang up before everything is sent; that is the point.
    let sent = line.write_all(body.as_bytes());
    let mut told = Vec::new();
    let read = line.read_to_end(&mut told);
    let told = String::from_utf8_lossy(&told);
    assert!(told.starts_with("HTTP/1.1 413") || sent.is_err() || read.is_err(), "{told}");
    assert_eq!(house.ask(&format!("select count(*) from categories where merchant_id = {}", cast.a)), "0");
}

// A form of the back office has its limit too.
#[actix_web::test]
async fn a_form_of_two_megabytes_is_refused() {
    let house = House::open().await;
    Cast::enter(&house).await;
    let long = "x".repeat(2 * 1024 * 1024);
    house.post("/account/password").by(OWNER).form(&[("current", long.as_str())]).send().await.expect(413);
}
