//! As little HTTP/1.1 as a load needs: one connection that stays open.

use super::{Base, Fallible};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub struct Client {
    stream: BufReader<TcpStream>,
    calls: u64,
}

pub struct Answer {
    pub status: u16,
    headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

impl Client {
    pub fn connect(address: SocketAddr) -> Fallible<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        Ok(Self { stream: BufReader::new(stream), calls: 0 })
    }

    pub fn get(&mut self, path: &str, headers: &[(&str, &str)]) -> Fallible<Answer> {
        self.send("GET", path, headers, b"")
    }

    /// A signed call of the open platform.
    pub fn call(&mut self, base: &Base, method: &str, body: &[u8]) -> Fallible<Answer> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH)?;
        let (path, timestamp) = (format!("/api/{method}"), since.as_secs().to_string());
        self.calls += 1;
        let nonce = format!("{:x}-{:x}", since.as_nanos(), self.calls);
        let canonical = format!("POST\n{path}\n{timestamp}\n{nonce}\n{}\n", hex(&Sha256::digest(body)));
        let mut mac = Hmac::<Sha256>::new_from_slice(base.secret.as_bytes())?;
        mac.update(canonical.as_bytes());
        let signature = hex(&mac.finalize().into_bytes());
        let headers = [
            ("content-type", "application/json"),
            ("x-app-key", base.app_key.as_str()),
            ("x-timestamp", &timestamp),
            ("x-nonce", &nonce),
            ("x-signature", &signature),
        ];
        self.send("POST", &path, &headers, body)
    }

    pub fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Fallible<Answer> {
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n", body.len());
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        let stream = self.stream.get_mut();
        stream.write_all(&[head.as_bytes(), body].concat())?;
        self.read()
    }

    fn read(&mut self) -> Fallible<Answer> {
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        let status = line.split(' ').nth(1).ok_or("no answer")?.parse()?;
        let mut headers = Vec::new();
        loop {
            line.clear();
            self.stream.read_line(&mut line)?;
            match line.trim_end().split_once(':') {
                Some((name, value)) => headers.push((name.to_lowercase(), value.trim().to_owned())),
                None => break,
            }
        }
        let mut answer = Answer { status, headers, body: Vec::new() };
        if answer.header("transfer-encoding").is_some_and(|v| v.contains("chunked")) {
            loop {
                line.clear();
                self.stream.read_line(&mut line)?;
                let size = usize::from_str_radix(line.trim(), 16)?;
                let mut chunk = vec![0; size + 2];
                self.stream.read_exact(&mut chunk)?;
                chunk.truncate(size);
                if chunk.is_empty() {
                    break;
                }
                answer.body.extend(chunk);
            }
        } else {
            let size = answer.header("content-length").map_or(Ok(0), str::parse)?;
            answer.body = vec![0; size];
            self.stream.read_exact(&mut answer.body)?;
        }
        Ok(answer)
    }
}
