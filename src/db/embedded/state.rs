//! Whether a server runs in a data folder, read from its pid file, its socket and the process table.
//!
//! `pg_ctl status` cannot be asked: a killed server that nobody has collected yet, and any stranger
//! with its old process number, count as running there.
use std::{
    fs,
    io::ErrorKind,
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
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
        Some(Self {
            pid,
            socket,
            status,
        })
    }
}

pub(super) fn state(data: &Path) -> State {
    let Some(file) = PidFile::read(data) else {
        return State::Down;
    };
    let listens = match UnixStream::connect(&file.socket) {
        Ok(_) => true,
        // Any other failure is ours (no file descriptor left, say) and says nothing about the server.
        Err(e) => !matches!(e.kind(), ErrorKind::ConnectionRefused | ErrorKind::NotFound),
    };
    match (listens, file.status.as_str()) {
        (true, "ready") => State::Ready,
        (true, "stopping") => State::Stopping,
        (true, _) => State::Starting,
        (false, _) if !runs_in(file.pid, data) => State::Down,
        (false, "ready") => State::Deaf,
        (false, "stopping") => State::Stopping,
        (false, _) => State::Starting,
    }
}

/// Is `pid` the server of this very folder, and not a stranger or a corpse? Where there is no
/// process table to look into, PostgreSQL's own test at its start has the last word.
fn runs_in(pid: u32, data: &Path) -> bool {
    let process = PathBuf::from(format!("/proc/{pid}"));
    let Ok(stat) = fs::read_to_string(process.join("stat")) else {
        return false;
    };
    // "4711 (postgres) S …": Z is a corpse that nobody has collected, X one being collected.
    let alive = stat
        .rsplit_once(") ")
        .is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']));
    let postgres = stat.contains("(postgres)") || stat.contains("(postmaster)");
    alive
        && postgres
        && fs::read_link(process.join("cwd"))
            .is_ok_and(|cwd| data.canonicalize().is_ok_and(|data| cwd == data))
}

/// All PostgreSQL processes that work in this folder.
pub(super) fn orphans(data: &Path) -> Vec<u32> {
    let Ok(processes) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let pids = processes
        .flatten()
        .filter_map(|p| p.file_name().to_str()?.parse().ok());
    pids.filter(|pid| runs_in(*pid, data)).collect()
}
