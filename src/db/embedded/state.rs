//! Whether a server runs in a data folder, read from its pid file, its socket and the process table.
//!
//! `pg_ctl status` cannot be asked: a killed server that nobody has collected yet, and any stranger
//! with its old process number, count as running there.
use std::{
    fs,
    io::ErrorKind,
    os::unix::{fs::MetadataExt, net::UnixStream},
    path::{Path, PathBuf},
    process::Stdio,
};

use super::{
    error::{Doing, PgError},
    rights::Rights,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// No server; a pid file may have been left behind.
    Down,
    Starting,
    Ready,
    Stopping,
    /// It runs, but its socket is gone: somebody tidied up too much.
    Deaf,
}

/// What a server says about itself in `postmaster.pid`.
#[derive(Debug, Clone)]
pub(super) struct PidFile {
    pub(super) pid: u32,
    socket: PathBuf,
    status: String,
}

impl PidFile {
    pub(super) fn path(data: &Path) -> PathBuf {
        data.join("postmaster.pid")
    }

    /// None while there is no such file, or not all of it yet.
    pub(super) fn read(data: &Path) -> Option<Self> {
        let text = fs::read_to_string(Self::path(data)).ok()?;
        let mut line = text.lines();
        let pid = line.next()?.trim().parse().ok()?;
        // Lines: pid, data folder, start time, port, socket folder, address, shared memory, status.
        let port = line.nth(2).unwrap_or_default().trim();
        let folder = line.next().unwrap_or_default().trim_end_matches('\n');
        let socket = Path::new(folder).join(format!(".s.PGSQL.{port}"));
        let status = line.nth(2).unwrap_or_default().trim().to_owned();
        Some(Self { pid, socket, status })
    }
}

pub(super) fn state(data: &Path, rights: Rights) -> Result<State, PgError> {
    let Some(file) = PidFile::read(data) else {
        return Ok(State::Down);
    };
    let listens = match UnixStream::connect(&file.socket) {
        Ok(_) => true,
        // Any other failure is ours (no file descriptor left, say) and says nothing about the server.
        Err(e) => !matches!(e.kind(), ErrorKind::ConnectionRefused | ErrorKind::NotFound),
    };
    if !listens && !processes(data, rights)?.contains(&file.pid) {
        return Ok(State::Down);
    }
    Ok(match file.status.as_str() {
        "ready" if listens => State::Ready,
        "ready" => State::Deaf,
        "stopping" => State::Stopping,
        _ => State::Starting,
    })
}

/// The PostgreSQL processes that work in this folder: never a stranger that got a dead server's
/// number, nor a corpse that nobody has collected. Where there is no process table to look into,
/// PostgreSQL's own test at its start has the last word.
///
/// Asked as the server's user, because root in a container may not look into others' processes.
pub(super) fn processes(data: &Path, rights: Rights) -> Result<Vec<u32>, PgError> {
    let doing = || format!("cannot look for processes in {}", data.display());
    let here = fs::metadata(data).doing(doing)?;
    let here = format!(" {} {}", here.dev(), here.ino());
    if !Path::new("/proc/self/stat").exists() {
        return Ok(Vec::new());
    }
    let mut stat = rights.command(Path::new("/"), Path::new("/bin/sh"));
    stat.arg("-c").arg("exec stat -L -c '%n %d %i' /proc/[0-9]*/cwd").stderr(Stdio::null());
    let out = stat.output().doing(doing)?;
    let at_work = String::from_utf8_lossy(&out.stdout);
    let pids = at_work.lines().filter_map(|line| line.strip_suffix(&here)?.strip_prefix("/proc/")?.strip_suffix("/cwd")?.parse().ok());
    Ok(pids.filter(|pid| is_postgres(*pid)).collect())
}

/// Not, say, the shell of somebody who looks around there.
fn is_postgres(pid: u32) -> bool {
    // "4711 (postgres) S …"; Z is a corpse.
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let alive = stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']));
    alive && (stat.contains("(postgres)") || stat.contains("(postmaster)"))
}
