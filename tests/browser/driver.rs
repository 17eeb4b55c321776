//! As much of WebDriver as a walk through the back office needs, spoken to chromedriver over a plain socket.
//!
//! fantoccini and thirtyfour were weighed by what they bring and turned down: the one some thirty crates that nothing else here
//! uses, a second hyper stack among them; the other leaves the HTTP client to us. What fills this file would stay with either:
//! patience with swaps, Chromium's own log, finding and ending the driver.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const INSTALL: &str =
    "the browser tests need chromedriver and Chromium: run `bin/test --prepare`, or on Debian `apt-get install chromium chromium-driver`";
/// The key of an element's id in every answer, fixed by the standard.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
const PATIENCE: Duration = Duration::from_secs(10);

pub struct Browser {
    driver: Child,
    port: u16,
    session: String,
    server: String,
}

impl Browser {
    /// A fresh headless Chromium that looks at `server`.
    pub fn open(server: &str) -> Self {
        let (driver, port) = start_driver();
        let mut browser = Self { driver, port, session: String::new(), server: server.to_owned() };
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "pageLoadStrategy": "normal",
            "goog:loggingPrefs": { "browser": "ALL" },
            "goog:chromeOptions": { "args": [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--force-color-profile=srgb",
                "--lang=zh-CN", "--window-size=1440,900", "--hide-scrollbars",
            ], "prefs": { "intl.accept_languages": "zh-CN,zh" } },
        } } });
        let opened = browser.call("POST", "", &wanted);
        browser.session = opened["sessionId"].as_str().unwrap_or_else(|| panic!("no session: {opened}")).to_owned();
        browser
    }

    /// One command; panics with chromedriver's own words when it fails.
    fn call(&self, verb: &str, path: &str, body: &Value) -> Value {
        self.ask(verb, path, body).unwrap_or_else(|why| panic!("{verb} {path}: {why}"))
    }

    fn ask(&self, verb: &str, path: &str, body: &Value) -> Result<Value, String> {
        let path = if self.session.is_empty() { "/session".to_owned() } else { format!("/session/{}{path}", self.session) };
        let body = if verb == "GET" || verb == "DELETE" { String::new() } else { body.to_string() };
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).map_err(|e| e.to_string())?;
        stream.set_read_timeout(Some(Duration::from_secs(60))).map_err(|e| e.to_string())?;
        let head = format!(
            "{verb} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.port,
            body.len()
        );
        stream.write_all(head.as_bytes()).map_err(|e| e.to_string())?;
        let mut reader = BufReader::new(stream);
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).map_err(|e| e.to_string())?;
            if line.trim().is_empty() {
                break;
            }
            if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().map_err(|_| line.clone())?;
            }
        }
        let mut answer = vec![0; length];
        reader.read_exact(&mut answer).map_err(|e| e.to_string())?;
        let mut answer: Value = serde_json::from_slice(&answer).map_err(|e| e.to_string())?;
        let value = answer["value"].take();
        match value.get("error").and_then(Value::as_str) {
            Some(error) => Err(format!("{error}: {}", value["message"].as_str().unwrap_or_default())),
            None => Ok(value),
        }
    }

    pub fn go(&self, path: &str) {
        self.call("POST", "/url", &json!({ "url": format!("{}{path}", self.server) }));
    }

    /// Path and query of where we are.
    pub fn here(&self) -> String {
        let url = self.call("GET", "/url", &Value::Null);
        url.as_str().unwrap_or_default().trim_start_matches(&self.server).to_owned()
    }

    pub fn js(&self, script: &str) -> Value {
        self.call("POST", "/execute/sync", &json!({ "script": script, "args": [] }))
    }
    /// A script that ends by calling its last argument.
    pub fn js_later(&self, script: &str) -> Value {
        self.call("POST", "/execute/async", &json!({ "script": script, "args": [] }))
    }

    /// Waits until the script says something true, and returns it.
    pub fn until(&self, what: &str, script: &str) -> Value {
        let began = Instant::now();
        loop {
            // A page that is just being replaced cannot be asked.
            if let Ok(value) = self.ask("POST", "/execute/sync", &json!({ "script": script, "args": [] }))
                && !matches!(value, Value::Null | Value::Bool(false))
            {
                return value;
            }
            if began.elapsed() > PATIENCE {
                let text = self.js("return document.body.innerText");
                panic!(
                    "waited in vain for {what} at {}; the page says:\n{}\nand its log:\n{:#?}",
                    self.here(),
                    text.as_str().unwrap_or_default(),
                    self.complaints()
                );
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
    pub fn wait_for(&self, css: &str) {
        self.until(css, &format!("return document.querySelector({}) !== null", json!(css)));
    }
    /// Waits until the page shows this text somewhere.
    pub fn wait_for_text(&self, text: &str) {
        self.until(text, &format!("return document.body.innerText.includes({})", json!(text)));
    }

    fn find(&self, css: &str) -> String {
        self.wait_for(css);
        let found = self.call("POST", "/element", &json!({ "using": "css selector", "value": css }));
        found[ELEMENT].as_str().unwrap_or_else(|| panic!("no element {css}")).to_owned()
    }
    /// Does something to an element, and looks it up again while a swap puts another in its place or a drawer is still coming in.
    fn on(&self, css: &str, doing: impl Fn(&str) -> Result<Value, String>) {
        let began = Instant::now();
        while let Err(why) = doing(&self.find(css)) {
            // A swap or a drawer that is still coming in.
            let passing = why.contains("stale element") || why.contains("not interactable");
            assert!(passing && began.elapsed() < PATIENCE, "{css}: {why}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
    pub fn click(&self, css: &str) {
        self.on(css, |element| self.ask("POST", &format!("/element/{element}/click"), &json!({})));
    }
    /// Types into a field; whatever stood there is gone.
    pub fn type_into(&self, css: &str, text: &str) {
        self.on(css, |element| {
            self.ask("POST", &format!("/element/{element}/clear"), &json!({}))?;
            self.ask("POST", &format!("/element/{element}/value"), &json!({ "text": text }))
        });
    }
    /// Presses one key, wherever the focus is.
    pub fn press(&self, key: &str) {
        let strokes = json!([{ "type": "keyDown", "value": key }, { "type": "keyUp", "value": key }]);
        self.call("POST", "/actions", &json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": strokes }] }));
    }

    pub fn cookie(&self, name: &str, value: &str) {
        self.call("POST", "/cookie", &json!({ "cookie": { "name": name, "value": value, "path": "/" } }));
    }
    pub fn forget_cookies(&self) {
        self.call("DELETE", "/cookie", &Value::Null);
    }

    /// What the console had to say since the last look: errors, and what the content security policy refused.
    pub fn complaints(&self) -> Vec<String> {
        let log = self.call("POST", "/se/log", &json!({ "type": "browser" }));
        let entries = log.as_array().cloned().unwrap_or_default();
        entries
            .iter()
            .filter(|entry| {
                entry["level"] == "SEVERE"
                    || entry["source"] == "security"
                    || entry["source"] == "violation"
                    || entry["source"] == "deprecation"
            })
            .map(|entry| format!("{} {}", entry["level"].as_str().unwrap_or_default(), entry["message"].as_str().unwrap_or_default()))
            .collect()
    }

    /// From now on as on a phone.
    pub fn on_a_phone(&self) {
        let screen = json!({ "width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": true });
        self.call("POST", "/goog/cdp/execute", &json!({ "cmd": "Emulation.setDeviceMetricsOverride", "params": screen }));
    }

    /// A picture of what is seen.
    pub fn shoot(&self, file: &Path) {
        let picture = self.call("GET", "/screenshot", &Value::Null);
        std::fs::write(file, base64(picture.as_str().unwrap_or_default())).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if !self.session.is_empty()
            && let Err(why) = self.ask("DELETE", "", &Value::Null)
        {
            eprintln!("the browser did not close: {why}");
        }
        if let Err(why) = self.driver.kill().and_then(|()| self.driver.wait()) {
            eprintln!("chromedriver did not end: {why}");
        }
    }
}

/// On a port of its own choice, which it tells on its first lines.
fn start_driver() -> (Child, u16) {
    let programs = ["chromedriver", "/usr/lib/chromium/chromedriver", "/usr/lib/chromium-browser/chromedriver"];
    let started =
        programs.iter().find_map(|program| Command::new(program).arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok());
    let mut driver = started.expect(INSTALL);
    let mut lines = BufReader::new(driver.stdout.take().expect("piped")).lines().map_while(Result::ok);
    let port = lines
        .find_map(|line| line.split_once("started successfully on port ").and_then(|(_, port)| port.trim_end_matches('.').parse().ok()));
    // Whatever else it says must not fill the pipe.
    std::thread::spawn(move || lines.for_each(drop));
    (driver, port.expect("chromedriver tells its port"))
}

fn base64(text: &str) -> Vec<u8> {
    let value = |c: u8| match c {
        b'A'..=b'Z' => Some(u32::from(c - b'A')),
        b'a'..=b'z' => Some(u32::from(c - b'a') + 26),
        b'0'..=b'9' => Some(u32::from(c - b'0') + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let (mut out, mut bits, mut held) = (Vec::new(), 0_u32, 0);
    for six in text.bytes().filter_map(value) {
        bits = bits << 6 | six;
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held & 255) as u8);
        }
    }
    out
}
