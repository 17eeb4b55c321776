//! A database cloned from a migrated template, and the app around it, called without a network.

use super::cast;
use actix_web::body;
use actix_web::dev::Service;
use actix_web::http::{Method, StatusCode, header::HeaderMap};
use actix_web::test;
use actix_web::web::{self, Data};
use chrono::{DateTime, Duration, Utc};
use diesel::connection::SimpleConnection;
use diesel::migration::MigrationSource;
use diesel::{Connection, PgConnection};
use duijie::Db;
use duijie::clock::Clock;
use duijie::db::Plans;
use duijie::db::embedded::{Cluster, Options};
use duijie::outward::Outward;
use duijie::web::{Live, Platform};
use duijie::{routes, server};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

pub const MASTER_KEY: [u8; 32] = [7; 32];

/// One server for the whole run: the one TEST_DATABASE_URL names (without a database), or a private one in memory.
struct Server {
    cluster: Option<Cluster>,
    given: Option<String>,
}

impl Server {
    fn url(&self, database: &str) -> String {
        match (&self.cluster, &self.given) {
            (Some(cluster), _) => cluster.url(database),
            (None, Some(url)) => format!("{url}/{database}"),
            (None, None) => unreachable!("a server is given or private"),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "tests read their one setting here")]
static SERVER: LazyLock<Server> = LazyLock::new(|| {
    if let Ok(given) = std::env::var("TEST_DATABASE_URL") {
        return Server { cluster: None, given: Some(given.trim_end_matches('/').to_owned()) };
    }
    let memory = PathBuf::from("/dev/shm");
    let base = if memory.is_dir() { memory } else { std::env::temp_dir() };
    let cluster = Cluster::open(&base.join("duijie-test"), &Options { durable: false, max_connections: 200 })
        .expect("a private PostgreSQL for tests");
    Server { cluster: Some(cluster), given: None }
});

/// Named after what the migrations say, so it is built once per schema and shared by all runs.
static TEMPLATE: LazyLock<String> = LazyLock::new(|| {
    let mut hash = Sha256::new();
    let mut folders: Vec<_> = std::fs::read_dir("migrations").expect("migrations").flatten().map(|e| e.path()).collect();
    folders.sort();
    for folder in folders {
        hash.update(std::fs::read(folder.join("up.sql")).expect("up.sql"));
    }
    let name = format!("duijie_template_{}", hash.finalize().iter().take(6).map(|b| format!("{b:02x}")).collect::<String>());
    let mut admin = connect("postgres");
    admin.batch_execute("select pg_advisory_lock(20777)").expect("lock");
    if admin.batch_execute(&format!("select 1/count(*) from pg_database where datname = '{name}'")).is_err() {
        let draft = format!("{name}_draft");
        admin.batch_execute(&format!("drop database if exists {draft} with (force)")).expect("drop draft");
        admin.batch_execute(&format!("create database {draft}")).expect("create draft");
        let db = Db::connect(&SERVER.url(&draft), 2, Plans::Kept).expect("connect");
        db.migrate(start_of_time()).expect("migrate");
        drop(db);
        admin.batch_execute(&format!("alter database {draft} rename to {name}")).expect("rename");
    }
    assert!(!<_ as MigrationSource<diesel::pg::Pg>>::migrations(&duijie::db::MIGRATIONS).expect("migrations").is_empty());
    name
});

#[expect(clippy::disallowed_methods, reason = "tests look at the database from outside")]
fn connect(database: &str) -> PgConnection {
    PgConnection::establish(&SERVER.url(database)).expect("connect to the test server")
}

/// When every test begins: a Sunday noon in China.
pub fn start_of_time() -> DateTime<Utc> {
    DateTime::parse_from_rfc3339("2026-11-22T04:00:00Z").expect("a time").to_utc()
}

pub struct House {
    name: String,
    pub platform: Data<Platform>,
    clock: Arc<Mutex<DateTime<Utc>>>,
    cookies: RefCell<BTreeMap<String, String>>,
    nonces: AtomicU32,
}

impl House {
    pub async fn open() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("duijie_test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let owned = name.clone();
        tokio::task::spawn_blocking(move || {
            let template = TEMPLATE.as_str();
            connect("postgres").batch_execute(&format!("create database {owned} template {template}")).expect("clone the template");
        })
        .await
        .expect("a database");
        let clock = Arc::new(Mutex::new(start_of_time()));
        let platform = Platform {
            db: Db::connect(&SERVER.url(&name), 6, Plans::Kept).expect("connect"),
            clock: Clock::Set(Arc::clone(&clock)),
            master_key: MASTER_KEY,
            https: false,
            behind_proxy: false,
            dev: true,
            nav: routes::nav,
            live: Live::default(),
            outward: Outward::default(),
        };
        Self { name, platform: Data::new(platform), clock, cookies: RefCell::default(), nonces: AtomicU32::new(0) }
    }

    /// The same house over a single connection, which keeps its plans or does not.
    pub fn over_one_connection(mut self, plans: Plans) -> Self {
        let db = Db::connect(&self.url(), 1, plans).expect("connect");
        self.platform = Data::new(Platform { db, ..Platform::clone(&self.platform) });
        self
    }

    /// The same database under another process: what this one has learnt of others is forgotten.
    pub fn starts_anew(&mut self) {
        self.platform = Data::new(Platform { outward: Outward::default(), ..Platform::clone(&self.platform) });
    }

    /// Moves the clock.
    pub fn later(&self, by: Duration) {
        *self.clock.lock().expect("clock") += by;
    }
    pub fn now(&self) -> DateTime<Utc> {
        *self.clock.lock().expect("clock")
    }
    /// Runs SQL behind the product's back.
    pub fn sql(&self, sql: &str) {
        connect(&self.name).batch_execute(sql).expect("sql");
    }
    /// The first column of the first row as text.
    pub fn ask(&self, sql: &str) -> String {
        use diesel::prelude::*;
        #[derive(QueryableByName)]
        struct One {
            #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Text>)]
            value: Option<String>,
        }
        let one: One = diesel::sql_query(format!("select ({sql})::text as value")).get_result(&mut connect(&self.name)).expect("sql");
        one.value.unwrap_or_default()
    }
    pub fn url(&self) -> String {
        SERVER.url(&self.name)
    }

    pub fn get(&self, path: &str) -> Call<'_> {
        self.call(Method::GET, path)
    }
    pub fn post(&self, path: &str) -> Call<'_> {
        self.call(Method::POST, path)
    }
    pub fn delete(&self, path: &str) -> Call<'_> {
        self.call(Method::DELETE, path)
    }
    pub fn call(&self, method: Method, path: &str) -> Call<'_> {
        let call = Call { house: self, method, path: path.to_owned(), headers: Vec::new(), body: Vec::new(), session: None };
        call.header("sec-fetch-site", "same-origin").header("accept", "text/html")
    }

    /// A signed call of the open platform.
    pub fn api(&self, key: &Key, method: &str, body: impl Into<Body>) -> Call<'_> {
        let nonce = format!("nonce-{:04}", self.nonces.fetch_add(1, Ordering::Relaxed));
        let timestamp = self.now().timestamp().to_string();
        self.signed(key, &format!("/api/{method}"), body.into().0, &timestamp, &nonce)
    }
    pub fn signed(&self, key: &Key, path: &str, body: Vec<u8>, timestamp: &str, nonce: &str) -> Call<'_> {
        let signature = sign(&key.secret, "POST", path, timestamp, nonce, &body);
        let call = Call { house: self, method: Method::POST, path: path.to_owned(), headers: Vec::new(), body, session: None };
        call.header("content-type", "application/json")
            .header("x-app-key", &key.app_key)
            .header("x-timestamp", timestamp)
            .header("x-nonce", nonce)
            .header("x-signature", &signature)
    }
}

pub fn sign(secret: &str, method: &str, path: &str, timestamp: &str, nonce: &str, body: &[u8]) -> String {
    let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    let canonical = format!("{method}\n{path}\n{timestamp}\n{nonce}\n{}\n", hex(&Sha256::digest(body)));
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length");
    mac.update(canonical.as_bytes());
    hex(&mac.finalize().into_bytes())
}

/// An API credential as its owner knows it.
#[derive(Clone, Debug)]
pub struct Key {
    pub app_key: String,
    pub secret: String,
}

pub struct Body(Vec<u8>);
impl From<Value> for Body {
    fn from(value: Value) -> Self {
        Self(value.to_string().into_bytes())
    }
}
impl From<&str> for Body {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }
}
impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl Drop for House {
    fn drop(&mut self) {
        connect("postgres")
            .batch_execute(&format!("drop database if exists {} with (force)", self.name))
            .expect("drop the test's database");
    }
}

pub struct Call<'a> {
    house: &'a House,
    method: Method,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    session: Option<String>,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Call<'_> {
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(n, _)| n != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(n, _)| n != name);
        self
    }
    /// As somebody who is logged in; see [`super::Cast`].
    #[must_use]
    pub fn by(mut self, who: &str) -> Self {
        self.session = Some(who.to_owned());
        self
    }
    /// As htmx asks for a part.
    #[must_use]
    pub fn part(self) -> Self {
        self.header("accept", "text/html").header("hx-request", "true")
    }
    /// As a script asks.
    #[must_use]
    pub fn json(self) -> Self {
        self.header("accept", "application/json")
    }
    #[must_use]
    pub fn form(mut self, fields: &[(&str, &str)]) -> Self {
        self.body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish().into_bytes();
        self.header("content-type", "application/x-www-form-urlencoded")
    }
    #[must_use]
    pub fn body(mut self, body: impl Into<Body>) -> Self {
        self.body = body.into().0;
        self
    }
    pub async fn send(self) -> Answer {
        let (status, headers, body) = Box::pin(self.sent()).await;
        Answer { status, headers, body: String::from_utf8(body.to_vec()).expect("text") }
    }
    /// How many bytes a right answer takes on its way to a browser.
    pub async fn weigh(self) -> usize {
        let path = self.path.clone();
        let (status, headers, body) = self.header("accept-encoding", "gzip").sent().await;
        let packed = headers.get("content-encoding").and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        assert_eq!((status.as_u16(), packed.as_str()), (200, "gzip"), "{path}");
        body.len()
    }
    async fn sent(self) -> (StatusCode, HeaderMap, web::Bytes) {
        if let Some(who) = &self.session
            && self.house.cookie(who).is_none()
        {
            Box::pin(self.house.log_in(who)).await;
        }
        let app = test::init_service(server::app(&self.house.platform)).await;
        let mut request = test::TestRequest::with_uri(&self.path).method(self.method).peer_addr("127.0.0.1:9".parse().expect("address"));
        for (name, value) in &self.headers {
            request = request.insert_header((name.as_str(), value.as_str()));
        }
        if let Some(who) = &self.session {
            let cookie = self.house.cookies.borrow().get(who).cloned().unwrap_or_else(|| panic!("{who} has not logged in"));
            request = request.insert_header(("cookie", cookie));
        }
        // A failure below the handlers leaves as an error that carries its answer, as the server would send it.
        let (status, headers, body) = match app.call(request.set_payload(self.body).to_request()).await {
            Ok(answer) => (answer.status(), answer.headers().clone(), test::read_body(answer).await),
            Err(e) => {
                let answer = e.error_response();
                (answer.status(), answer.headers().clone(), body::to_bytes(answer.into_body()).await.unwrap_or_default())
            }
        };
        if let Some(who) = &self.session {
            self.house.keep_cookies(who, &headers);
        }
        (status, headers, body)
    }
}

impl House {
    /// The cast logs in when first needed: a password's hash takes its time.
    pub async fn log_in(&self, who: &str) {
        let answer = self.post("/login").form(&[("login", who), ("password", cast::PASSWORD)]).send().await.expect(303);
        self.keep_cookies(who, &answer.headers);
    }
    /// Remembers a session cookie under a name; see [`Call::by`].
    pub fn keep_cookies(&self, who: &str, headers: &HeaderMap) {
        for set in headers.get_all("set-cookie").filter_map(|v| v.to_str().ok()) {
            if let Some(pair) = set.split(';').next().filter(|p| p.starts_with("duijie=")) {
                self.cookies.borrow_mut().insert(who.to_owned(), pair.to_owned());
            }
        }
    }
    pub fn cookie(&self, who: &str) -> Option<String> {
        self.cookies.borrow().get(who).cloned()
    }
}

impl Answer {
    pub fn value(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.body))
    }
    /// The status, or a panic that shows the body.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        self
    }
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }
    /// Outcomes of the lines there was something to say about: (line, outcome, first problem's code).
    pub fn lines(&self) -> Vec<(i64, String, String)> {
        let value = self.value();
        let lines = value["data"]["lines"].as_array().cloned().unwrap_or_default();
        let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
        lines.iter().map(|l| (l["line"].as_i64().unwrap_or_default(), text(&l["outcome"]), text(&l["problems"][0]["code"]))).collect()
    }
}
