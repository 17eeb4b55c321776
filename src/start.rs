//! From settings to a running platform: logs, keys, database.

use crate::clock::Clock;
use crate::config::Config;
use crate::db::Plans;
use crate::db::embedded::{Cluster, Options};
use crate::outward::Outward;
use crate::web::{Live, Platform};
use crate::{Db, Error, Result, routes};
use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use tracing_subscriber::EnvFilter;

/// A platform, and the private PostgreSQL that must outlive it.
pub struct Started {
    pub platform: Platform,
    pub cluster: Option<Cluster>,
}

pub fn logging(config: &Config) {
    let filter = EnvFilter::try_new(&config.log).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if config.log_format == "json" {
        builder.json().flatten_event(true).init();
    } else {
        builder.with_target(false).init();
    }
}

/// Opens the database, brings its schema up to date and finds the master key.
///
/// # Errors
/// In words that say what to do: no PostgreSQL found, data of another version, a schema newer than the program.
pub fn platform(config: &Config, clock: Clock) -> Result<Started> {
    let (url, cluster) = match &config.database_url {
        Some(url) => (url.clone(), None),
        None => {
            let options = Options { durable: true, max_connections: u16::try_from(config.pool + 20).unwrap_or(220) };
            let cluster = Cluster::open(&config.data, &options).map_err(Error::broken)?;
            (cluster.url("postgres"), Some(cluster))
        }
    };
    let plans = if cluster.is_some() || config.keep_plans { Plans::Kept } else { Plans::Fresh };
    let db = Db::connect(&url, config.pool, plans)?;
    db.migrate(clock.now())?;
    for unsafe_setting in db.unsafe_settings()? {
        tracing::warn!(setting = unsafe_setting, "the database may lose acknowledged changes in a crash");
    }
    let master_key = master_key(config)?;
    let platform = Platform {
        db,
        clock,
        master_key,
        https: config.https,
        behind_proxy: config.behind_proxy,
        dev: config.dev,
        nav: routes::nav,
        live: Live::default(),
        outward: Outward::default(),
    };
    Ok(Started { platform, cluster })
}

fn master_key(config: &Config) -> Result<[u8; 32]> {
    if let Some(hex) = &config.master_key {
        return from_hex(hex).ok_or_else(|| Error::broken("DUIJIE_MASTER_KEY must be 64 hexadecimal digits"));
    }
    kept_key(&config.data.join("master.key"))
}

/// The key beside the private database: made once, readable by its owner alone.
fn kept_key(path: &Path) -> Result<[u8; 32]> {
    let fresh: [u8; 32] = rand::random();
    let hex: String = fresh.iter().map(|b| format!("{b:02x}")).collect();
    match fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(mut file) => {
            file.write_all(hex.as_bytes()).and_then(|()| file.sync_all()).map_err(Error::broken)?;
            Ok(fresh)
        }
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {
            let kept = fs::read_to_string(path).map_err(Error::broken)?;
            from_hex(kept.trim()).ok_or_else(|| {
                Error::broken(format!(
                    "{} is damaged: restore it from a backup; without it stored API secrets cannot be read",
                    path.display()
                ))
            })
        }
        Err(e) => Err(Error::broken(format!("cannot write {}: {e}", path.display()))),
    }
}

fn from_hex(hex: &str) -> Option<[u8; 32]> {
    let bytes: Option<Vec<u8>> =
        hex.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect();
    bytes?.try_into().ok()
}
