//! One data folder and its server: creating, starting, stopping. Whoever does one of these holds
//! the setup lock.
use std::{
    fs,
    io::{ErrorKind, Read, Seek, SeekFrom},
    os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant, SystemTime},
};

use super::{
    Options, PgError, Server,
    error::Doing,
    lock::Lock,
    rights::Rights,
    state::{PidFile, State, processes, state},
};

pub(super) const USER: &str = "duijie";
pub(super) const PORT: u16 = 5432;
pub(super) const DATA: &str = "pg";
const CONFIG: &str = "pg.conf";
const START_LOG: &str = "start.log";
/// A large database may need minutes to recover after a crash.
pub(super) const PATIENCE: Duration = Duration::from_secs(600);

#[derive(Debug)]
pub(super) struct Site {
    pub(super) dir: PathBuf,
    pub(super) socket: PathBuf,
    pub(super) rights: Rights,
    pub(super) data: PathBuf,
    server: Server,
    options: Options,
}

/// The major version that wrote the data in `dir`; none if there is no data yet.
pub(super) fn wrote(dir: &Path) -> Result<Option<u32>, PgError> {
    let path = dir.join(DATA).join("PG_VERSION");
    match fs::read_to_string(&path) {
        Ok(text) => text.trim().parse().map(Some).map_err(|_| PgError::NotOurs { dir: dir.join(DATA) }),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e).doing(|| format!("cannot read {}", path.display())),
    }
}

impl Site {
    pub(super) fn new(dir: PathBuf, server: Server, rights: Rights, options: Options) -> Result<Self, PgError> {
        let data = dir.join(DATA);
        let socket = socket_folder(&dir, rights)?;
        Ok(Self { dir, socket, rights, data, server, options })
    }

    pub(super) fn tool(&self, name: &str) -> PathBuf {
        self.server.bin.join(name)
    }

    pub(super) fn state(&self) -> Result<State, PgError> {
        state(&self.data, self.rights)
    }

    /// initdb works in a folder of its own that gets its name only when complete, so that a kill
    /// in between leaves rubbish, but never half a database.
    pub(super) fn create(&self, setup: &Lock) -> Result<(), PgError> {
        const UNFINISHED: &str = "pg.unfinished";
        let began = Instant::now();
        let work = self.dir.join(UNFINISHED);
        match fs::remove_dir_all(&work) {
            Err(e) if e.kind() != ErrorKind::NotFound => {
                return Err(e).doing(|| format!("cannot remove {}", work.display()));
            }
            _ => {}
        }
        self.private_folder(&work)?;
        let mut initdb = self.command("initdb", setup)?;
        initdb.arg("-D").arg(UNFINISHED).args(["-U", USER, "-E", "UTF8", "--locale=C.UTF-8"]);
        initdb.args(["--auth-local=trust", "--auth-host=reject"]);
        initdb.arg(if self.options.durable { "--data-checksums" } else { "--no-sync" });
        let out = initdb.output().doing(|| "cannot run initdb")?;
        if !out.status.success() {
            let output = String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned();
            return Err(PgError::Failed { what: "initdb".into(), output });
        }
        match fs::rename(&work, &self.data) {
            Err(e) if e.kind() == ErrorKind::DirectoryNotEmpty => {
                return Err(PgError::NotOurs { dir: self.data.clone() });
            }
            renamed => renamed.doing(|| format!("cannot create {}", self.data.display()))?,
        }
        tracing::info!(folder = %self.dir.display(), version = self.server.major, seconds = began.elapsed().as_secs_f32(), "created a PostgreSQL database");
        Ok(())
    }

    /// Starts the server unless it runs, and waits until it takes connections.
    pub(super) fn start(&self, setup: &Lock) -> Result<(), PgError> {
        let began = Instant::now();
        let mut deaf = 0;
        loop {
            match self.state()? {
                State::Ready => return Ok(()),
                State::Down => self.launch(setup)?,
                State::Starting | State::Stopping => sleep(Duration::from_millis(50)),
                // Seen again and again, so that it is not just the moment between two steps of its own.
                State::Deaf if deaf < 5 => {
                    deaf += 1;
                    sleep(Duration::from_millis(50));
                }
                State::Deaf => self.stop(setup)?,
            }
            if began.elapsed() > PATIENCE {
                let output = "it takes no connections; its log says what it is doing".into();
                return Err(PgError::Failed { what: format!("starting PostgreSQL in {}", self.dir.display()), output });
            }
        }
    }

    /// One attempt. Fails only for reasons that waiting does not cure.
    fn launch(&self, setup: &Lock) -> Result<(), PgError> {
        let began = SystemTime::now();
        let patience = Instant::now() + Duration::from_secs(60);
        self.private_folder(&self.socket)?;
        self.configure()?;
        self.bury()?;
        loop {
            let (log, from) = self.start_log()?;
            let mut pg_ctl = self.command("pg_ctl", setup)?;
            // Relative names throughout: pg_ctl builds a shell command of them without regard for
            // quotes or dollar signs in the path.
            pg_ctl.args(["start", "-s", "-w", "-t", "60", "-D", DATA, "-o"]).arg(format!("-c config_file={CONFIG}"));
            pg_ctl.arg("-l").arg(Path::new(DATA).join(START_LOG));
            // The server inherits them: a pipe would never end.
            pg_ctl.stdout(Stdio::null()).stderr(Stdio::null());
            let done = pg_ctl.status().doing(|| "cannot run pg_ctl")?;
            if done.success() || self.state()? != State::Down {
                return Ok(());
            }
            let output = read_from(&log, from) + &self.newest_log(began);
            // Where we cannot see processes: a killed server's children need a moment to notice.
            let orphans = output.contains("shared memory block");
            if !orphans || Instant::now() > patience {
                return Err(PgError::Failed { what: format!("starting PostgreSQL in {}", self.dir.display()), output });
            }
            sleep(Duration::from_millis(200));
        }
    }

    /// Clears away what a killed server left. Its children notice their loss sooner or later; in
    /// the middle of a long query rather later, and until then no other server may start. Its pid
    /// files bar the way as long as its number is in use, be it by a stranger (numbers repeat when
    /// a container restarts) or by a corpse nobody collects.
    fn bury(&self) -> Result<(), PgError> {
        let patience = Instant::now() + Duration::from_secs(2);
        loop {
            let orphans = processes(&self.data, self.rights)?;
            if orphans.is_empty() {
                break;
            }
            if Instant::now() > patience + Duration::from_secs(10) {
                break; // Not even that helps; PostgreSQL will say so in its own words.
            }
            if Instant::now() > patience {
                let pids: Vec<String> = orphans.iter().map(u32::to_string).collect();
                tracing::warn!(pids = pids.join(" "), "ending what is left of a PostgreSQL that was killed");
                let mut kill = self.rights.command(&self.dir, Path::new("/bin/sh"));
                kill.args(["-c", "kill -9 \"$@\"", "kill"]).args(pids);
                kill.status().doing(|| "cannot run /bin/sh")?;
            }
            sleep(Duration::from_millis(50));
        }
        let socket = self.socket.join(format!(".s.PGSQL.{PORT}"));
        for left in [PidFile::path(&self.data), socket.with_added_extension("lock"), socket] {
            match fs::remove_file(&left) {
                Err(e) if e.kind() != ErrorKind::NotFound => {
                    return Err(e).doing(|| format!("cannot remove the stale {}", left.display()));
                }
                _ => {}
            }
        }
        Ok(())
    }

    pub(super) fn stop(&self, setup: &Lock) -> Result<(), PgError> {
        for mode in ["fast", "immediate"] {
            if self.state()? == State::Down {
                break;
            }
            let mut pg_ctl = self.command("pg_ctl", setup)?;
            pg_ctl.args(["stop", "-s", "-w", "-t", "60", "-m", mode, "-D", DATA]);
            let out = pg_ctl.output().doing(|| "cannot run pg_ctl")?;
            if !out.status.success() {
                tracing::warn!(mode, output = %String::from_utf8_lossy(&out.stderr), "PostgreSQL did not stop");
            }
        }
        if self.state()? != State::Down {
            let what = format!("stopping PostgreSQL in {}", self.dir.display());
            return Err(PgError::Failed { what, output: "it does not react".into() });
        }
        if self.socket.starts_with(&self.dir) {
            return Ok(());
        }
        // Nothing of ours stays in /tmp.
        match fs::remove_dir(&self.socket) {
            Err(e) if e.kind() != ErrorKind::NotFound => Err(e).doing(|| format!("cannot remove {}", self.socket.display())),
            _ => Ok(()),
        }
    }

    pub(super) fn ensure(&self) -> Result<(), PgError> {
        if self.state()? == State::Ready {
            return Ok(());
        }
        let setup = Lock::setup(&self.dir, self.rights)?;
        self.start(&setup)
    }

    fn command(&self, tool: &str, setup: &Lock) -> Result<Command, PgError> {
        let mut command = self.rights.command(&self.dir, &self.tool(tool));
        command.stdin(setup.lend()?);
        Ok(command)
    }

    /// Our settings, outside the data folder, which belongs to the server's user: as root we write
    /// nothing there.
    fn configure(&self) -> Result<(), PgError> {
        let Options { durable, max_connections } = self.options;
        let mut text = format!(
            "# Rewritten at every start. Settings of your own belong in {DATA}/postgresql.conf or ALTER SYSTEM.\n\
             include '{DATA}/postgresql.conf'\n\
             cluster_name = 'duijie'\n\
             listen_addresses = ''\n\
             port = {PORT}\n\
             unix_socket_directories = '{}'\n\
             unix_socket_permissions = 0700\n\
             max_connections = {max_connections}\n\
             timezone = 'UTC'\n\
             log_timezone = 'UTC'\n\
             jit = off\n",
            quoted(&self.socket.to_string_lossy()),
        );
        text += if durable {
            // A week of logs, each day overwriting that of the week before.
            "logging_collector = on\nlog_directory = 'log'\nlog_filename = 'postgresql-%a.log'\n\
             log_truncate_on_rotation = on\nlog_rotation_age = 1d\nlog_rotation_size = 0\n"
        } else {
            "logging_collector = off\nfsync = off\nsynchronous_commit = off\nfull_page_writes = off\n\
             wal_level = minimal\nmax_wal_senders = 0\nautovacuum = off\n"
        };
        let (path, draft) = (self.dir.join(CONFIG), self.dir.join("pg.conf.new"));
        let doing = || format!("cannot write {}", path.display());
        fs::write(&draft, text).doing(doing)?;
        fs::set_permissions(&draft, fs::Permissions::from_mode(0o644)).doing(doing)?;
        fs::rename(&draft, &path).doing(doing)
    }

    /// Makes a folder for the server's user alone, or makes sure that it is one.
    fn private_folder(&self, path: &Path) -> Result<(), PgError> {
        let doing = || format!("cannot create {}", path.display());
        match fs::DirBuilder::new().mode(0o700).create(path) {
            Ok(()) => self.rights.give(path),
            Err(e) if e.kind() == ErrorKind::AlreadyExists => {
                self.rights.check(path)?;
                fs::set_permissions(path, fs::Permissions::from_mode(0o700)).doing(doing)
            }
            Err(e) => Err(e).doing(doing),
        }
    }

    /// The end of the server's own log, if it wrote to it since `began`.
    fn newest_log(&self, began: SystemTime) -> String {
        let Ok(entries) = fs::read_dir(self.data.join("log")) else {
            return String::new();
        };
        let logs = entries.flatten().filter_map(|e| Some((e.metadata().ok()?.modified().ok()?, e.path())));
        let Some((_, newest)) = logs.filter(|(time, _)| *time >= began).max() else {
            return String::new();
        };
        let text = read_from(&newest, 0);
        let lines: Vec<&str> = text.lines().collect();
        lines.get(lines.len().saturating_sub(20)..).unwrap_or_default().join("\n")
    }

    /// The file pg_ctl lets a starting server write to, and where this start's lines will begin.
    fn start_log(&self) -> Result<(PathBuf, u64), PgError> {
        let path = self.data.join(START_LOG);
        match fs::symlink_metadata(&path) {
            Ok(m) if m.len() < 1_000_000 => Ok((path, m.len())),
            Ok(_) => fs::remove_file(&path).doing(|| format!("cannot remove {}", path.display())).map(|()| (path, 0)),
            Err(_) => Ok((path, 0)),
        }
    }
}

/// Beside the data where possible. The system allows a socket's name some hundred bytes, and libpq
/// takes a comma for the end of it: then a short name of the folder's own below /tmp.
fn socket_folder(dir: &Path, rights: Rights) -> Result<PathBuf, PgError> {
    if dir.as_os_str().len() < 80 && !dir.to_string_lossy().contains(',') {
        return Ok(dir.join("run"));
    }
    let itself = fs::metadata(dir).doing(|| format!("cannot look at {}", dir.display()))?;
    Ok(PathBuf::from(format!("/tmp/duijie-{}-{:x}-{:x}", rights.uid(), itself.dev(), itself.ino())))
}

/// A name inside a quoted list inside a quoted setting.
fn quoted(name: &str) -> String {
    let item = format!("\"{}\"", name.replace('"', "\"\""));
    item.replace('\\', "\\\\").replace('\'', "''")
}

fn read_from(path: &Path, from: u64) -> String {
    let mut text = Vec::new();
    let read = fs::File::open(path).and_then(|mut file| {
        file.seek(SeekFrom::Start(from))?;
        file.read_to_end(&mut text)
    });
    match read {
        Ok(_) => String::from_utf8_lossy(&text).into_owned(),
        Err(e) => format!("(and {} cannot be read: {e})", path.display()),
    }
}
