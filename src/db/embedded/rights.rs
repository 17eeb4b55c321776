//! As whom the server runs: PostgreSQL refuses to be root.
use std::{
    fs, io,
    os::unix::{
        fs::{MetadataExt, lchown},
        process::CommandExt,
    },
    path::Path,
    process::{Command, Stdio},
};

use super::error::{Doing, PgError};

/// Whose rights the server and its tools have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rights {
    /// Ours: we are not root.
    Own { uid: u32 },
    /// An unprivileged user's.
    Dropped { uid: u32, gid: u32 },
    /// An unprivileged user's, plus the one capability that lets it pass a directory only root may
    /// enter (a data folder below `/root`, mode 700).
    Passing { uid: u32, gid: u32, capability: &'static str },
}

impl Rights {
    /// What it takes to keep a server in `dir`, whose data will be or already is in `data`.
    pub(super) fn needed(dir: &Path, data: &Path) -> Result<Self, PgError> {
        let uid = our_uid()?;
        if uid != 0 {
            return Ok(Self::Own { uid });
        }
        let (uid, gid) = match fs::metadata(data) {
            Ok(m) if m.uid() != 0 => (m.uid(), m.gid()),
            _ => unprivileged()?,
        };
        let may_enter = |m: fs::Metadata| {
            let mode = m.mode();
            mode & 0o001 != 0 || (m.uid() == uid && mode & 0o100 != 0) || (m.gid() == gid && mode & 0o010 != 0)
        };
        if dir.ancestors().all(|d| fs::metadata(d).is_ok_and(may_enter)) {
            return Ok(Self::Dropped { uid, gid });
        }
        let capability = passing_capability().ok_or_else(|| PgError::OutOfReach { dir: dir.to_path_buf() })?;
        Ok(Self::Passing { uid, gid, capability })
    }

    /// A command with these rights, working in `dir`, that knows nothing of our environment (and
    /// so neither our secrets nor a `PGPORT` meant for somebody else).
    pub(super) fn command(self, dir: &Path, program: &Path) -> Command {
        let mut command = match self {
            Self::Own { .. } => Command::new(program),
            Self::Dropped { uid, gid } => {
                let mut command = Command::new(program);
                command.uid(uid).gid(gid);
                command
            }
            Self::Passing { uid, gid, capability } => {
                let mut command = Command::new("setpriv");
                command.arg(format!("--reuid={uid}")).arg(format!("--regid={gid}")).arg("--clear-groups");
                command.arg(format!("--inh-caps=-all,+{capability}")).arg(format!("--ambient-caps=-all,+{capability}"));
                command.arg("--").arg(program);
                command
            }
        };
        command.env_clear().env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin").env("LC_ALL", "C");
        // Ctrl-C in our terminal is for us to handle; the server leaves after we did.
        command.current_dir(dir).stdin(Stdio::null()).process_group(0);
        command
    }

    /// Hands over what we just made. The path must lie where nobody else may rename.
    pub(super) fn give(self, path: &Path) -> Result<(), PgError> {
        match self {
            Self::Own { .. } => Ok(()),
            Self::Dropped { uid, gid } | Self::Passing { uid, gid, .. } => {
                lchown(path, Some(uid), Some(gid)).doing(|| format!("cannot hand {} to the server's user", path.display()))
            }
        }
    }

    /// The user the server runs as.
    pub(super) fn uid(self) -> u32 {
        let (Self::Own { uid } | Self::Dropped { uid, .. } | Self::Passing { uid, .. }) = self;
        uid
    }

    /// Makes sure that what we found at `path` is the server's own: a folder put there by somebody
    /// else, or data copied by root, would only fail later and less clearly.
    pub(super) fn check(self, path: &Path) -> Result<(), PgError> {
        let found = fs::symlink_metadata(path).doing(|| format!("cannot look at {}", path.display()))?;
        let wanted = self.uid();
        if found.uid() == wanted {
            return Ok(());
        }
        Err(PgError::NotTheServers { path: path.to_path_buf(), owner: found.uid(), wanted })
    }
}

fn our_uid() -> Result<u32, PgError> {
    let doing = || "cannot ask `id -u` who we are";
    let out = Command::new("id").arg("-u").stdin(Stdio::null()).output().doing(doing)?;
    String::from_utf8_lossy(&out.stdout).trim().parse().map_err(io::Error::other).doing(doing)
}

/// The user the server's package made, else the one every system has for such work.
fn unprivileged() -> Result<(u32, u32), PgError> {
    let passwd = fs::read_to_string("/etc/passwd").doing(|| "cannot read /etc/passwd")?;
    let ids = |name: &str| {
        passwd.lines().find_map(|line| {
            let mut field = line.split(':');
            let found = field.next() == Some(name);
            let (_, uid, gid) = (field.next(), field.next()?.parse().ok()?, field.next()?.parse().ok()?);
            found.then_some((uid, gid))
        })
    };
    ids("postgres").or_else(|| ids("nobody")).ok_or_else(|| PgError::Io {
        what: "PostgreSQL does not run as root, and there is neither a user postgres nor nobody to run it as".into(),
        source: io::Error::from(io::ErrorKind::NotFound),
    })
}

/// The weakest capability we hold that lets a process pass a closed directory. Containers commonly
/// keep back the first.
fn passing_capability() -> Option<&'static str> {
    let setpriv = Command::new("setpriv").arg("--version").stdin(Stdio::null()).output().ok()?;
    // The one of busybox cannot change the user.
    if !String::from_utf8_lossy(&setpriv.stdout).contains("util-linux") {
        return None;
    }
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let held = status.lines().find_map(|l| l.strip_prefix("CapEff:"))?;
    let held = u64::from_str_radix(held.trim(), 16).ok()?;
    [("dac_read_search", 2), ("dac_override", 1)].into_iter().find(|(_, bit)| held >> bit & 1 == 1).map(|(name, _)| name)
}
