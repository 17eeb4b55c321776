//! The two lock files of a data folder. The kernel frees them when their holder dies.
use std::{
    fs::{File, OpenOptions, Permissions, TryLockError},
    io::{self, ErrorKind},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
    process::Stdio,
    thread::sleep,
    time::{Duration, Instant},
};

use super::{
    error::{Doing, PgError},
    rights::Rights,
    site::PATIENCE,
};

#[derive(Debug)]
pub(super) struct Lock(File);

impl Lock {
    /// The right to create, start or stop the server, until it is dropped.
    pub(super) fn setup(dir: &Path, rights: Rights) -> Result<Self, PgError> {
        let file = open(&dir.join("setup.lock"), rights)?;
        wait(dir, || file.try_lock())?;
        Ok(Self(file))
    }

    /// One user's mark. Take it under the setup lock, so that it never has to wait for a stop.
    pub(super) fn using(dir: &Path, rights: Rights) -> Result<Self, PgError> {
        let file = open(&dir.join("use.lock"), rights)?;
        wait(dir, || file.try_lock_shared())?;
        Ok(Self(file))
    }

    /// Gives up the mark of a user and tells whether it was the last one. Ask under the setup lock.
    pub(super) fn was_last(self) -> Result<bool, PgError> {
        match self.0.try_lock() {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(e)) => Err(e).doing(|| "cannot read use.lock"),
        }
    }

    /// As the input of a tool that never reads any: should we be killed while it works, the lock
    /// stays held until the tool is done too.
    pub(super) fn lend(&self) -> Result<Stdio, PgError> {
        self.0.try_clone().map(Stdio::from).doing(|| "cannot lend the setup lock")
    }
}

/// Never follows a link that somebody put there before us when creating as root.
fn open(path: &Path, rights: Rights) -> Result<File, PgError> {
    let doing = || format!("cannot open {}", path.display());
    loop {
        match OpenOptions::new().read(true).write(true).open(path) {
            Err(e) if e.kind() == ErrorKind::NotFound => {}
            opened => return opened.doing(doing),
        }
        match OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path) {
            Err(e) if e.kind() == ErrorKind::AlreadyExists => {}
            made => {
                let file = made.doing(doing)?;
                file.set_permissions(Permissions::from_mode(0o600)).doing(doing)?;
                rights.give(path)?;
                return Ok(file);
            }
        }
    }
}

fn wait(dir: &Path, lock: impl Fn() -> Result<(), TryLockError>) -> Result<(), PgError> {
    let began = Instant::now();
    let mut told = false;
    loop {
        match lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(e)) if e.kind() != ErrorKind::Interrupted => {
                return Err::<(), io::Error>(e).doing(|| format!("cannot lock {}", dir.display()));
            }
            Err(_) if began.elapsed() > PATIENCE => {
                return Err(PgError::Busy { dir: dir.to_path_buf() });
            }
            Err(_) => {}
        }
        if !told && began.elapsed() > Duration::from_secs(3) {
            told = true;
            tracing::info!(folder = %dir.display(), "waiting for another program that is starting or stopping PostgreSQL");
        }
        sleep(Duration::from_millis(20));
    }
}
