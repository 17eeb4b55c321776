//! Settings from flags and the environment, checked at once and told together.

use clap::Args;
use std::net::SocketAddr;
use std::path::PathBuf;

/// How the program runs. Every flag can be given as an environment variable.
#[derive(Args, Clone, Debug)]
pub struct Config {
    /// PostgreSQL 15 or newer to use; without it a private one is started in the data folder
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// Data folder of the private PostgreSQL and of generated keys
    #[arg(long = "data", env = "DUIJIE_DATA_DIR", default_value_os_t = default_data())]
    pub data: PathBuf,
    /// Address to listen on
    #[arg(long, env = "DUIJIE_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// 32 bytes in hex that seal API secrets and cookies; required with DATABASE_URL, else kept in the data folder
    #[arg(long, env = "DUIJIE_MASTER_KEY", hide_env_values = true)]
    pub master_key: Option<String>,
    /// Database connections of this process
    #[arg(long, env = "DUIJIE_POOL", default_value_t = 12, value_parser = clap::value_parser!(u32).range(2..=200))]
    pub pool: u32,
    /// DATABASE_URL leads to PostgreSQL itself, or to a pooler that carries prepared statements: hot statements are planned once
    #[arg(long, env = "DUIJIE_KEEP_PLANS")]
    pub keep_plans: bool,
    /// Web worker threads
    #[arg(long, env = "DUIJIE_THREADS", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub threads: u16,
    /// The outside address starts with https: cookies are marked Secure and HSTS is sent
    #[arg(long, env = "DUIJIE_HTTPS")]
    pub https: bool,
    /// Trust X-Forwarded-For from the proxy in front
    #[arg(long, env = "DUIJIE_BEHIND_PROXY")]
    pub behind_proxy: bool,
    /// Logs as text or JSON
    #[arg(long, env = "DUIJIE_LOG_FORMAT", default_value = "text", value_parser = ["text", "json"])]
    pub log_format: String,
    /// What to log, e.g. info or duijie=debug
    #[arg(long, env = "DUIJIE_LOG", default_value = "info,actix_session=warn")]
    pub log: String,
    /// Show the component page and other helps for developers
    #[arg(long, env = "DUIJIE_DEV")]
    pub dev: bool,
    /// Months of call log to keep
    #[arg(long, env = "DUIJIE_KEEP_CALLS_MONTHS", default_value_t = 2, value_parser = clap::value_parser!(i32).range(1..=120))]
    pub keep_calls_months: i32,
}

#[expect(clippy::disallowed_methods, reason = "settings come from the environment here and nowhere else")]
fn default_data() -> PathBuf {
    let base = std::env::var("XDG_DATA_HOME")
        .map(PathBuf::from)
        .or_else(|_| std::env::var("HOME").map(|home| PathBuf::from(home).join(".local/share")));
    base.map_or_else(|_| PathBuf::from("duijie-data"), |b| b.join("duijie"))
}

impl Config {
    /// Every mistake that flags alone cannot show, in one list.
    pub fn problems(&self) -> Vec<String> {
        let mut found = Vec::new();
        if let Some(url) = &self.database_url
            && !(url.starts_with("postgres://") || url.starts_with("postgresql://"))
        {
            found.push("DATABASE_URL must start with postgres:// or postgresql://".to_owned());
        }
        if self.database_url.is_some() && self.master_key.is_none() {
            found.push(
                "DUIJIE_MASTER_KEY is required with DATABASE_URL: 32 bytes in hex, for example from `openssl rand -hex 32`".to_owned(),
            );
        }
        if let Some(key) = &self.master_key
            && (key.len() != 64 || !key.bytes().all(|b| b.is_ascii_hexdigit()))
        {
            found.push("DUIJIE_MASTER_KEY must be 64 hexadecimal digits".to_owned());
        }
        if !self.https && !self.listen.ip().is_loopback() {
            found.push(format!("{} is reachable from outside: put a TLS proxy in front and say --https", self.listen));
        }
        found
    }
}
