//! The private PostgreSQL that a bare `serve` and the tests use: a real server in a data folder,
//! out of the binaries this machine already has, listening on nothing but a socket in that folder.
//!
//! ```text
//! <folder>/pg/             the data, made by initdb
//! <folder>/pg.conf         our settings, rewritten at every start
//! <folder>/run/            the socket
//! <folder>/setup.lock      held by whoever creates, starts or stops the server
//! <folder>/use.lock        held, shared, by everybody who uses it
//! ```
//!
//! Any number of programs may open one folder. The last to leave stops the server, also when it
//! was killed: both locks are the kernel's, which takes them back from the dead. As long as one of
//! them lives, a server that dies is started again within a second or two.
mod error;
mod find;
mod lock;
mod rights;
mod site;
mod state;

use std::{
    fs,
    path::Path,
    process::{Child, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{RecvTimeoutError, Sender, channel},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

pub use error::PgError;
pub use find::{OLDEST, Server, servers, usual_folders};

use error::Doing;
use lock::Lock;
use rights::Rights;
use site::Site;
use state::State;

#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// False trades safety against a power cut for speed: for tests.
    pub durable: bool,
    pub max_connections: u16,
}

/// Our share in the server of one folder. Everything here may wait for seconds: call it outside
/// the async runtime.
#[derive(Debug)]
pub struct Cluster {
    site: Arc<Site>,
    /// None after `stop`.
    stay: Mutex<Option<Stay>>,
}

/// What lasts as long as we use the server.
#[derive(Debug)]
struct Stay {
    using: Lock,
    guard: Child,
    /// Dropping it ends the keeper.
    leave: Sender<()>,
    keeper: JoinHandle<()>,
}

impl Cluster {
    /// Creates the server of `dir` if there is none, starts it if it does not run, and joins it.
    pub fn open(dir: &Path, options: &Options) -> Result<Self, PgError> {
        Self::open_with(dir, options, &servers(usual_folders()))
    }

    /// As [`Cluster::open`], out of these installations.
    pub fn open_with(dir: &Path, options: &Options, servers: &[Server]) -> Result<Self, PgError> {
        if servers.is_empty() {
            return Err(PgError::Missing);
        }
        fs::create_dir_all(dir).doing(|| format!("cannot create the data folder {}", dir.display()))?;
        let dir = dir.canonicalize().doing(|| format!("cannot enter the data folder {}", dir.display()))?;
        if dir.to_str().is_none_or(|name| name.contains(char::is_control)) {
            return Err(PgError::BadName { dir });
        }
        let rights = Rights::needed(&dir, &dir.join(site::DATA))?;
        let setup = Lock::setup(&dir, rights)?;
        // Before the first look at the server: from here on nobody stops it under our feet.
        let using = Lock::using(&dir, rights)?;
        let wrote = site::wrote(&dir)?;
        let server = find::choose(servers, &dir, wrote)?;
        let site = Arc::new(Site::new(dir, server, rights, *options)?);
        match wrote {
            None => site.create(&setup)?,
            Some(_) => site.rights.check(&site.data)?,
        }
        site.start(&setup)?;
        let guard = guard(&site)?;
        let (leave, keeper) = keep(&site)?;
        Ok(Self { site, stay: Mutex::new(Some(Stay { using, guard, leave, keeper })) })
    }

    /// The address of database `db`, for libpq and everything that reads such addresses.
    pub fn url(&self, db: &str) -> String {
        let socket = percent(&self.site.socket.to_string_lossy());
        format!("postgresql://{}@/{}?host={socket}&port={}", site::USER, percent(db), site::PORT)
    }

    /// Does the server take connections right now?
    pub fn alive(&self) -> bool {
        self.site.state().is_ok_and(|state| state == State::Ready)
    }

    /// Returns once the server takes connections, after starting it again if need be. The keeper
    /// does the same by itself every second; this is for those who cannot wait.
    pub fn ensure(&self) -> Result<(), PgError> {
        match *self.stay.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(_) => self.site.ensure(),
            None => Err(PgError::Left),
        }
    }

    /// Leaves; the last user stops the server. True if that was us. Dropping does the same.
    pub fn stop(&self) -> Result<bool, PgError> {
        let stay = self.stay.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(Stay { using, mut guard, leave, keeper }) = stay else {
            return Ok(false);
        };
        drop(leave);
        if keeper.join().is_err() {
            tracing::error!("the thread that kept PostgreSQL running had panicked");
        }
        let setup = Lock::setup(&self.site.dir, self.site.rights)?;
        let last = using.was_last()?;
        if last {
            self.site.stop(&setup)?;
        }
        // Its work is done. (Where we could not do it, we returned above, and it will try.)
        guard.kill().and_then(|()| guard.wait()).doing(|| "cannot end the guard of PostgreSQL")?;
        Ok(last)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            tracing::error!(%error, "could not leave PostgreSQL in order");
        }
    }
}

/// Starts the server again whenever it died: killed for want of memory, by a careless hand, …
fn keep(site: &Arc<Site>) -> Result<(Sender<()>, JoinHandle<()>), PgError> {
    let (leave, left) = channel();
    let site = Arc::clone(site);
    let watch = move || {
        let mut pause = 1;
        while left.recv_timeout(Duration::from_secs(pause)) == Err(RecvTimeoutError::Timeout) {
            if site.state().is_ok_and(|state| state == State::Ready) {
                pause = 1;
                continue;
            }
            tracing::warn!(folder = %site.dir.display(), "PostgreSQL is not running; starting it again");
            match site.ensure() {
                Ok(()) => pause = 1,
                Err(error) => {
                    pause = (pause * 2).min(30);
                    tracing::error!(%error, "PostgreSQL does not start; trying again in {pause} s");
                }
            }
        }
    };
    let keeper = thread::Builder::new().name("postgres-keeper".into()).spawn(watch);
    Ok((leave, keeper.doing(|| "cannot start a thread")?))
}

/// A shell that outlives us and notices our death, however sudden, by the end of its input. If
/// nobody else uses the server and nobody comes back soon, it stops it. It needs `flock` of
/// util-linux; without it a server whose last user was killed runs on until its next user leaves.
fn guard(site: &Site) -> Result<Child, PgError> {
    const WAIT: &str = "while read -r line; do :; done; sleep 2; \
         command -v flock >/dev/null && exec flock setup.lock flock -n use.lock /bin/sh -c \"$1\" postgres-guard \"$2\"";
    // The pid file of a server that was killed too may name a stranger by now.
    const STOP: &str = "read -r pid <pg/postmaster.pid && [ \"/proc/$pid/cwd\" -ef pg ] && exec \"$1\" stop -s -w -m fast -D pg";
    let mut shell = site.rights.command(&site.dir, Path::new("/bin/sh"));
    shell.args(["-c", WAIT, "postgres-guard", STOP]).arg(site.tool("pg_ctl"));
    shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    shell.spawn().doing(|| "cannot start the guard of PostgreSQL")
}

fn percent(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}
