//! An ERP that listens (requirements §1.13, "Out"): it checks signatures, keeps a little stock, remembers what it was told, and can
//! be as slow, broken or hostile as a test wishes.

use super::house::sign;
use actix_web::web::{Bytes, Data, Path};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, rt, web};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub const APP_KEY: &str = "duijie-at-kz";
pub const SECRET: &str = "0123456789abcdef0123";

/// How it answers.
#[derive(Clone, Debug, Default)]
pub enum Mood {
    #[default]
    Well,
    /// Bare figures, as the seed's reads are.
    Bare,
    Slow(Duration),
    Status(u16),
    /// Leads elsewhere.
    Redirect(String),
    /// Says so many bytes.
    Long(usize),
    Garbage,
    Refuses(&'static str),
    /// Takes what it is told and lets the answer get lost.
    Forgets,
}

#[derive(Default)]
struct State {
    mood: Mood,
    stock: BTreeMap<String, Value>,
    orders: BTreeMap<String, Value>,
    heard: Vec<(String, Value)>,
    unsigned: usize,
    nonces: Vec<String>,
}

#[derive(Clone)]
pub struct Erp {
    state: Arc<Mutex<State>>,
    pub url: String,
}

impl Erp {
    pub async fn open() -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Data::new(Arc::clone(&state));
        let app = move || App::new().app_data(Data::clone(&shared)).service(web::resource("/erp/{method}").post(answer));
        let server = HttpServer::new(app).workers(1).disable_signals().shutdown_timeout(0).bind(("127.0.0.1", 0)).expect("a port");
        let url = format!("http://{}/erp", server.addrs().first().expect("an address"));
        rt::spawn(server.run());
        Self { state, url }
    }
    fn state<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.state.lock().expect("state"))
    }
    pub fn is(&self, mood: Mood) {
        self.state(|s| s.mood = mood);
    }
    pub fn has(&self, sku: &str, figures: Value) {
        self.state(|s| s.stock.insert(sku.to_owned(), figures));
    }
    /// What it was told, oldest first; forgotten with this.
    pub fn heard(&self) -> Vec<(String, Value)> {
        self.state(|s| std::mem::take(&mut s.heard))
    }
    /// The methods it was called by since it was last asked.
    pub fn methods(&self) -> Vec<String> {
        self.heard().into_iter().map(|(method, _)| method).collect()
    }
    /// The numbers of orders in its books.
    pub fn orders(&self) -> Vec<String> {
        self.state(|s| s.orders.keys().cloned().collect())
    }
    /// Calls whose signature was wrong.
    pub fn unsigned(&self) -> usize {
        self.state(|s| s.unsigned)
    }
}

async fn answer(req: HttpRequest, method: Path<String>, body: Bytes, state: Data<Arc<Mutex<State>>>) -> HttpResponse {
    let head = |name: &str| req.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    let wanted = sign(SECRET, "POST", req.path(), &head("x-timestamp"), &head("x-nonce"), &body);
    let (mood, told) = {
        let mut s = state.lock().expect("state");
        if head("x-app-key") != APP_KEY || head("x-signature") != wanted || s.nonces.contains(&head("x-nonce")) {
            s.unsigned += 1;
            return HttpResponse::Unauthorized().finish();
        }
        s.nonces.push(head("x-nonce"));
        let sent: Value = serde_json::from_slice(&body).expect("JSON");
        s.heard.push((method.clone(), sent.clone()));
        let told =
            if matches!(s.mood, Mood::Well | Mood::Bare | Mood::Slow(_) | Mood::Forgets) { s.take(&method, &sent) } else { Value::Null };
        (s.mood.clone(), told)
    };
    match mood {
        Mood::Bare => HttpResponse::Ok().json(told),
        Mood::Slow(time) => {
            rt::time::sleep(time).await;
            HttpResponse::Ok().json(told)
        }
        Mood::Well => HttpResponse::Ok().json(json!({ "code": 200, "msg": "success", "success": true, "data": told })),
        Mood::Status(status) => HttpResponse::build(actix_web::http::StatusCode::from_u16(status).expect("a status")).finish(),
        Mood::Redirect(to) => HttpResponse::Found().insert_header(("location", to)).finish(),
        Mood::Long(bytes) => HttpResponse::Ok().body(" ".repeat(bytes)),
        Mood::Garbage => HttpResponse::Ok().body("<html>502"),
        Mood::Refuses(words) => HttpResponse::Ok().json(json!({ "code": 422, "msg": words, "success": false })),
        Mood::Forgets => HttpResponse::GatewayTimeout().finish(),
    }
}

impl State {
    fn take(&mut self, method: &str, sent: &Value) -> Value {
        match method {
            "sku.inventory.get" => {
                sent["skuId"].as_str().and_then(|sku| self.stock.get(sku)).cloned().unwrap_or_else(|| json!({ "inventory": 0 }))
            }
            "order.push" => {
                let no = sent["basic"]["orderNo"].as_str().expect("a number").to_owned();
                self.orders.insert(no.clone(), sent.clone());
                json!({ "erpOrderNo": format!("X-{no}") })
            }
            _ => Value::Null,
        }
    }
}
