//! Which PostgreSQL servers this machine has.
use std::{
    cmp::Reverse,
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::PgError;

/// The oldest major version whose SQL we rely on.
pub const OLDEST: u32 = 15;

/// One installation: `postgres`, `initdb` and `pg_ctl` side by side, all of one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    pub bin: PathBuf,
    pub major: u32,
}

/// The installations among `folders`, newest first.
///
/// A folder on PATH often holds links (or, on Debian, nothing but clients), so each `postgres` is
/// followed to where it really lives: the other two tools look for their share there as well.
pub fn servers(folders: impl IntoIterator<Item = PathBuf>) -> Vec<Server> {
    let mut seen: Vec<PathBuf> = Vec::new();
    let mut found: Vec<Server> = Vec::new();
    for folder in folders {
        let real = folder.join("postgres").canonicalize().ok().and_then(|p| p.parent().map(Path::to_path_buf));
        for bin in real.into_iter().chain([folder]) {
            if seen.contains(&bin) {
                break;
            }
            seen.push(bin.clone());
            if let Some(major) = complete(&bin) {
                found.push(Server { bin, major });
                break;
            }
        }
    }
    found.sort_by_key(|s| Reverse(s.major));
    found
}

/// The one to use: a folder with data needs exactly the version that wrote it, a new one gets the newest.
pub fn choose(servers: &[Server], dir: &Path, wrote: Option<u32>) -> Result<Server, PgError> {
    let new_enough = |s: &&Server| s.major >= OLDEST;
    match wrote {
        _ if servers.is_empty() => Err(PgError::Missing),
        None => servers.iter().find(new_enough).cloned().ok_or_else(|| PgError::TooOld { found: list(servers) }),
        Some(wrote) => servers.iter().filter(new_enough).find(|s| s.major == wrote).cloned().ok_or_else(|| PgError::OtherMajor {
            dir: dir.to_path_buf(),
            wrote,
            found: list(servers),
        }),
    }
}

/// PATH first, then what `pg_config` says, then where packagers put servers that are not on PATH.
#[expect(clippy::disallowed_methods, reason = "PATH is how a machine says where its programs are, not a setting of ours")]
pub fn usual_folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = env::split_paths(&env::var_os("PATH").unwrap_or_default()).collect();
    if let Ok(out) = Command::new("pg_config").arg("--bindir").stdin(Stdio::null()).output()
        && out.status.success()
    {
        folders.push(PathBuf::from(String::from_utf8_lossy(&out.stdout).trim()));
    }
    for (parent, prefix, below) in [
        ("/usr/lib/postgresql", "", "bin"),         // Debian, Ubuntu
        ("/usr", "pgsql-", "bin"),                  // the PGDG packages of Fedora, RHEL, Rocky
        ("/usr/libexec", "postgresql", ""),         // Alpine
        ("/opt/homebrew/opt", "postgresql", "bin"), // Homebrew on Apple silicon
        ("/usr/local/opt", "postgresql", "bin"),    // Homebrew on Intel
        ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
    ] {
        let Ok(entries) = fs::read_dir(parent) else {
            continue;
        };
        let of_prefix = entries.flatten().filter(|e| e.file_name().to_string_lossy().starts_with(prefix));
        folders.extend(of_prefix.map(|e| e.path().join(below)));
    }
    folders
}

/// The version of the installation in `bin`; none when a tool is missing, does not run, or is of another version.
fn complete(bin: &Path) -> Option<u32> {
    let major = version(&bin.join("postgres"))?;
    (version(&bin.join("initdb"))? == major && version(&bin.join("pg_ctl"))? == major).then_some(major)
}

/// `postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)` → 15, `… 18beta1` → 18.
fn version(tool: &Path) -> Option<u32> {
    let out = Command::new(tool).arg("--version").env("LC_ALL", "C").stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8(out.stdout).ok()?;
    let (_, number) = text.split_once(") ")?;
    let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

fn list(servers: &[Server]) -> String {
    let each: Vec<String> = servers.iter().map(|s| format!("PostgreSQL {} ({})", s.major, s.bin.display())).collect();
    each.join(" and ")
}
