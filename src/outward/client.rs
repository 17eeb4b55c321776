use super::address::may_reach;
use super::breaker::Breaker;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// The most an answer may say, unpacked.
pub const MAX_ANSWER: usize = 10 * 1024 * 1024;
const CONNECT: Duration = Duration::from_secs(3);
/// Calls to one merchant's ERP at a time.
const LINES: usize = 4;

/// Why no answer came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It has failed several times in a row and is left alone for a while.
    Resting,
    /// All its lines were busy until the deadline.
    Crowded,
    /// Its name leads to an address that may not be called.
    Forbidden,
    /// No connection: no such host, nobody listening, no TLS.
    Unreachable,
    TimedOut,
    /// It said more than [`MAX_ANSWER`].
    TooLarge,
    /// The connection broke off before the end.
    CutShort,
}

impl Failure {
    pub fn as_str(self) -> &'static str {
        match self {
            Failure::Resting => "resting",
            Failure::Crowded => "crowded",
            Failure::Forbidden => "forbidden",
            Failure::Unreachable => "unreachable",
            Failure::TimedOut => "timed_out",
            Failure::TooLarge => "too_large",
            Failure::CutShort => "cut_short",
        }
    }
}

/// A call to make.
#[derive(Clone, Debug)]
pub struct Call<'a> {
    /// Whose ERP it is: who fails is left alone by this and its address.
    pub merchant: i64,
    pub url: &'a Url,
    /// Its host may stand in the platform's own network.
    pub inside: bool,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    /// Everything included: waiting for a line, connecting, the last byte.
    pub within: Duration,
}

/// What came back, of whatever status.
#[derive(Clone, Debug)]
pub struct Answered {
    pub status: u16,
    pub body: Vec<u8>,
}

/// The way out; cheap to clone, one per process.
#[derive(Clone, Default)]
pub struct Outward(Arc<Inner>);

#[derive(Default)]
struct Inner {
    /// To the world, and to the platform's own network; made when first used, for they read the system's certificates.
    clients: [OnceLock<Client>; 2],
    doors: Mutex<HashMap<(i64, String), Arc<Door>>>,
}

/// Everything that is kept apart between two ERPs.
struct Door {
    lines: Semaphore,
    /// By path: who is slow to answer one question may still take what it is told.
    breakers: Mutex<HashMap<String, Breaker>>,
}

impl Outward {
    /// Posts and waits for the whole answer.
    ///
    /// # Errors
    /// Every [`Failure`]; an answer of whatever HTTP status is none.
    pub async fn post(&self, call: Call<'_>) -> Result<Answered, Failure> {
        let door = self.door(call.merchant, call.url);
        let url = call.url;
        if !door.breaker(url, |b| b.admits(Instant::now())) {
            return Err(Failure::Resting);
        }
        let deadline = tokio::time::Instant::now() + call.within;
        let Ok(Ok(_line)) = tokio::time::timeout_at(deadline, door.lines.acquire()).await else { return Err(Failure::Crowded) };
        let answer = match tokio::time::timeout_at(deadline, self.exchange(call)).await {
            Ok(answer) => answer,
            Err(_) => Err(Failure::TimedOut),
        };
        match &answer {
            Ok(answered) if answered.status < 500 => door.breaker(url, Breaker::succeeded),
            _ => door.breaker(url, |b| b.failed(Instant::now())),
        }
        answer
    }

    /// Whether somebody is not asked this now, since it has failed several times in a row.
    pub fn rests(&self, merchant: i64, url: &Url) -> bool {
        self.door(merchant, url).breaker(url, |b| b.rests(Instant::now()))
    }

    async fn exchange(&self, call: Call<'_>) -> Result<Answered, Failure> {
        // A name is resolved by the client's own resolver; an address written out passes it by.
        if let Some(ip) = literal(call.url)
            && !may_reach(ip, call.inside)
        {
            return Err(Failure::Forbidden);
        }
        let client = self.client(call.inside)?;
        let sent = client.post(call.url.clone()).headers(call.headers).body(call.body).send().await;
        let mut response = sent.map_err(|why| told(&why))?;
        let status = response.status().as_u16();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|_| Failure::CutShort)? {
            if body.len() + chunk.len() > MAX_ANSWER {
                return Err(Failure::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answered { status, body })
    }

    fn client(&self, inside: bool) -> Result<&Client, Failure> {
        let [outside, within] = &self.0.clients;
        let slot = if inside { within } else { outside };
        if let Some(client) = slot.get() {
            return Ok(client);
        }
        let made = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT)
            .pool_max_idle_per_host(LINES)
            .pool_idle_timeout(Duration::from_secs(30))
            .user_agent("duijie")
            .dns_resolver(Arc::new(Resolver { inside }))
            .build();
        match made {
            Ok(client) => Ok(slot.get_or_init(|| client)),
            Err(why) => {
                tracing::error!(%why, "no way out: the system's certificates cannot be read");
                Err(Failure::Unreachable)
            }
        }
    }

    fn door(&self, merchant: i64, url: &Url) -> Arc<Door> {
        let authority = format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default());
        let mut doors = self.0.doors.lock().unwrap_or_else(PoisonError::into_inner);
        let door = doors
            .entry((merchant, authority))
            .or_insert_with(|| Arc::new(Door { lines: Semaphore::new(LINES), breakers: Mutex::default() }));
        Arc::clone(door)
    }
}

impl Door {
    fn breaker<T>(&self, url: &Url, look: impl FnOnce(&mut Breaker) -> T) -> T {
        let mut breakers = self.breakers.lock().unwrap_or_else(PoisonError::into_inner);
        look(breakers.entry(url.path().to_owned()).or_default())
    }
}

/// The address of a host that is written as one.
fn literal(url: &Url) -> Option<IpAddr> {
    url.host_str()?.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// Names to addresses that may be called; what is checked here is what is connected to.
struct Resolver {
    inside: bool,
}

#[derive(Debug, thiserror::Error)]
#[error("the name leads to an address that may not be called")]
struct NotAllowed;

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let inside = self.inside;
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let (good, bad): (Vec<_>, Vec<_>) = found.into_iter().partition(|a| may_reach(a.ip(), inside));
            if good.is_empty() && !bad.is_empty() {
                return Err(Box::new(NotAllowed) as _);
            }
            Ok(Box::new(good.into_iter()) as Addrs)
        })
    }
}

/// What a failed exchange is called here.
fn told(why: &reqwest::Error) -> Failure {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(why);
    while let Some(inner) = cause {
        if inner.is::<NotAllowed>() {
            return Failure::Forbidden;
        }
        cause = inner.source();
    }
    if why.is_timeout() {
        Failure::TimedOut
    } else if why.is_connect() {
        Failure::Unreachable
    } else {
        Failure::CutShort
    }
}
