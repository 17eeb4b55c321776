//! What can go wrong with the private server, each in a sentence that says what to do next.
use std::{io, path::PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum PgError {
    #[error(
        "no PostgreSQL server was found on PATH, by pg_config, or in the usual places such as /usr/lib/postgresql.\n\
         Install one (version 15 or newer):\n\
         \x20 Debian, Ubuntu   sudo apt-get update && sudo apt-get install -y postgresql\n\
         \x20 Fedora           sudo dnf install -y postgresql-server\n\
         \x20 Arch             sudo pacman -S --needed postgresql\n\
         \x20 Alpine           doas apk add postgresql\n\
         \x20 macOS            brew install postgresql\n\
         or set DATABASE_URL to a PostgreSQL that is already running."
    )]
    Missing,

    #[error(
        "PostgreSQL 15 or newer is needed, and this machine has only {found}.\n\
         Debian, Ubuntu: sudo apt-get install -y postgresql-common && \
         sudo /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y && sudo apt-get install -y postgresql\n\
         or set DATABASE_URL to a newer PostgreSQL that is already running."
    )]
    TooOld { found: String },

    #[error(
        "the data in {} was written by PostgreSQL {wrote}, and this machine has only {found}.\n\
         Nothing was changed. Either install PostgreSQL {wrote} again beside it (Debian, Ubuntu: sudo apt-get install -y postgresql-{wrote}),\n\
         or move the data: on a machine with PostgreSQL {wrote} dump it with pg_dumpall, start here with an empty folder and restore the dump with psql,\n\
         or start with another folder: --data <folder>.",
        dir.display()
    )]
    OtherMajor { dir: PathBuf, wrote: u32, found: String },

    #[error("{} is not empty, yet holds no PostgreSQL data. Move it away, or start with another folder: --data <folder>.", dir.display())]
    NotOurs { dir: PathBuf },

    #[error(
        "PostgreSQL does not run as root, and {} lies below a directory that only root may enter.\n\
         Choose a folder other users can reach, for example --data /var/lib/duijie (or install util-linux, whose setpriv solves this).",
        dir.display()
    )]
    OutOfReach { dir: PathBuf },

    #[error("PostgreSQL cannot use a folder whose name is not plain UTF-8 text on one line: {}", dir.display())]
    BadName { dir: PathBuf },

    #[error(
        "{} belongs to user number {owner}, and PostgreSQL would run as user number {wanted}.\n\
         If it is yours, hand it over (chown -R {wanted} <folder>); otherwise start with another folder: --data <folder>.",
        path.display()
    )]
    NotTheServers { path: PathBuf, owner: u32, wanted: u32 },

    #[error("another program has been starting or stopping PostgreSQL in {} for too long; end it and try again.", dir.display())]
    Busy { dir: PathBuf },

    #[error("this program has already let go of its PostgreSQL")]
    Left,

    #[error("{what} failed:\n{output}")]
    Failed { what: String, output: String },

    #[error("{what}")]
    Io { what: String, source: io::Error },
}

/// `fs::read(p).doing(|| …)?`: an I/O error alone never says which file.
pub(super) trait Doing<T> {
    fn doing<S: Into<String>>(self, what: impl FnOnce() -> S) -> Result<T, PgError>;
}

impl<T> Doing<T> for io::Result<T> {
    fn doing<S: Into<String>>(self, what: impl FnOnce() -> S) -> Result<T, PgError> {
        self.map_err(|source| PgError::Io { what: what().into(), source })
    }
}
