//! The only way to the database.
//!
//! A handler sees exactly three doors: [`Db::read`] for looking (the connection refuses to write), [`Db::snapshot`] for
//! several looks that must agree, and [`Db::write`] for one transaction, committed when the work returns `Ok`.
//! [`embedded`] keeps a private PostgreSQL for those who bring none.

pub mod embedded;
mod prepared;

pub use prepared::Prepare;

use crate::{Error, Result};
use chrono::{DateTime, Utc};
use diesel::connection::{CacheSize, SimpleConnection};
use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, CustomizeConnection, Pool};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!();

/// How long a request may wait for a connection before it is told to come back.
const PATIENCE: Duration = Duration::from_secs(2);
/// Any number will do as long as all instances agree.
const MIGRATION_LOCK: i64 = 7201;

#[derive(Clone)]
pub struct Db {
    pool: Pool<ConnectionManager<PgConnection>>,
    /// Waiting happens here, on the async side, so that a busy database never fills the blocking threads.
    permits: Arc<Semaphore>,
}

/// Whether statements of hot paths keep their plan, which binds them to one connection ([`Prepare`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plans {
    /// The address leads to PostgreSQL itself, or to a pooler that carries named statements along.
    Kept,
    /// A transaction pooler may stand in between: names would meet the statements of others.
    Fresh,
}

#[derive(Debug)]
struct Manners(Plans);

impl CustomizeConnection<PgConnection, diesel::r2d2::Error> for Manners {
    /// Sent as one batch when a connection opens. A transaction pooler in front may drop these settings: they are
    /// bounds for bad days, nothing depends on them being there.
    fn on_acquire(&self, conn: &mut PgConnection) -> std::result::Result<(), diesel::r2d2::Error> {
        if self.0 == Plans::Fresh {
            conn.set_prepared_statement_cache_size(CacheSize::Disabled);
        }
        conn.batch_execute(
            "set application_name = 'duijie'; set statement_timeout = '30s'; set lock_timeout = '5s'; \
             set idle_in_transaction_session_timeout = '30s'; set timezone = 'UTC'",
        )
        .map_err(diesel::r2d2::Error::QueryError)
    }
}

impl Db {
    /// Opens no connection yet: a database that is down does not keep the program from starting to say so.
    pub fn connect(url: &str, size: u32, plans: Plans) -> Result<Self> {
        let pool = Pool::builder()
            .max_size(size)
            .min_idle(Some(0))
            .test_on_check_out(false)
            .connection_timeout(PATIENCE)
            .max_lifetime(Some(Duration::from_secs(3600)))
            .connection_customizer(Box::new(Manners(plans)))
            .build_unchecked(ConnectionManager::new(with_timeouts(url)));
        Ok(Self { pool, permits: Arc::new(Semaphore::new(size as usize)) })
    }

    /// Looks at the data; an attempt to write fails.
    pub async fn read<T: Send + 'static>(&self, work: impl FnOnce(&mut PgConnection) -> Result<T> + Send + 'static) -> Result<T> {
        self.run(move |c| c.build_transaction().read_only().run(work)).await
    }

    /// Several looks at one moment: lists with totals, exports.
    pub async fn snapshot<T: Send + 'static>(&self, work: impl FnOnce(&mut PgConnection) -> Result<T> + Send + 'static) -> Result<T> {
        self.run(move |c| c.build_transaction().repeatable_read().read_only().run(work)).await
    }

    /// One transaction. Runs to COMMIT or ROLLBACK even when the client has hung up.
    pub async fn write<T: Send + 'static>(&self, work: impl FnOnce(&mut PgConnection) -> Result<T> + Send + 'static) -> Result<T> {
        self.run(move |c| c.transaction(work)).await
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<()> {
        self.run(|c| Ok(diesel::sql_query("select 1").execute(c).map(drop)?)).await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce(&mut PgConnection) -> Result<T> + Send + 'static) -> Result<T> {
        let waiting = tokio::time::timeout(PATIENCE, Arc::clone(&self.permits).acquire_owned());
        let permit = waiting.await.map_err(|_| Error::Busy)?.map_err(|_| Error::Busy)?;
        let pool = self.pool.clone();
        let done = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let mut conn = pool.get().map_err(|why| {
                tracing::warn!(%why, "no database connection");
                Error::Busy
            })?;
            work(&mut conn)
        });
        done.await.map_err(Error::broken)?
    }

    /// Server settings that would let a crash undo what was acknowledged (G1).
    pub fn unsafe_settings(&self) -> Result<Vec<String>> {
        #[derive(QueryableByName)]
        struct Setting {
            #[diesel(sql_type = diesel::sql_types::Text)]
            name: String,
        }
        let mut conn = self.pool.get().map_err(Error::broken)?;
        let off: Vec<Setting> = diesel::sql_query(
            "select name from pg_settings where name in ('fsync', 'full_page_writes', 'synchronous_commit') and setting = 'off'",
        )
        .load(&mut conn)?;
        Ok(off.into_iter().map(|s| s.name).collect())
    }

    /// Brings the schema up to date, one instance at a time, and makes room for the coming months.
    ///
    /// # Errors
    /// When the schema is newer than this program, or a migration fails.
    pub fn migrate(&self, now: DateTime<Utc>) -> Result<()> {
        let mut conn = self.pool.get().map_err(Error::broken)?;
        // Mostly nothing is pending. That is found out, and room made, within one transaction each, so that a start through
        // a transaction pooler leaves no lock behind on a connection of somebody else.
        if conn.transaction(|tx| is_current(tx))? {
            return conn.transaction(|tx| make_partitions(tx, now));
        }
        conn.batch_execute("set statement_timeout = 0")?;
        diesel::sql_query(format!("select pg_advisory_lock({MIGRATION_LOCK})")).execute(&mut conn)?;
        let outcome = bring_up(&mut conn, now);
        // The lock belongs to the session; a broken session loses it anyway.
        let unlocked = diesel::sql_query(format!("select pg_advisory_unlock({MIGRATION_LOCK})")).execute(&mut conn);
        let reset = conn.batch_execute("set statement_timeout = '30s'");
        outcome.and(unlocked.map(drop).map_err(Error::from)).and(reset.map_err(Error::from))
    }
}

/// The versions of the migrations this program knows.
fn known() -> Result<Vec<String>> {
    let ours = diesel::migration::MigrationSource::<diesel::pg::Pg>::migrations(&MIGRATIONS).map_err(Error::Broken)?;
    Ok(ours.iter().map(|m| m.name().version().to_string()).collect())
}

/// Whether the database has exactly the migrations this program knows.
fn is_current(tx: &mut PgConnection) -> Result<bool> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Text>)]
        found: Option<String>,
    }
    let table: Found = diesel::sql_query("select to_regclass('__diesel_schema_migrations')::text as found").get_result(tx)?;
    if table.found.is_none() {
        return Ok(false);
    }
    let applied: Vec<Found> = diesel::sql_query("select version::text as found from __diesel_schema_migrations order by 1").load(tx)?;
    let mut ours = known()?;
    ours.sort();
    Ok(applied.into_iter().filter_map(|v| v.found).eq(ours))
}

fn bring_up(conn: &mut PgConnection, now: DateTime<Utc>) -> Result<()> {
    let ours = known()?;
    let applied = conn.applied_migrations().map_err(Error::Broken)?;
    if let Some(unknown) = applied.iter().map(ToString::to_string).find(|v| !ours.contains(v)) {
        let newest = ours.iter().max().cloned().unwrap_or_default();
        return Err(Error::broken(format!(
            "the database has migration {unknown}, this program knows migrations up to {newest}: the schema is newer than the program. Start the newer version of duijie"
        )));
    }
    conn.run_pending_migrations(MIGRATIONS).map_err(Error::Broken)?;
    make_partitions(conn, now)
}

fn make_partitions(conn: &mut PgConnection, now: DateTime<Utc>) -> Result<()> {
    diesel::sql_query("select ensure_month_partitions($1, 2)").bind::<diesel::sql_types::Timestamptz, _>(now).execute(conn)?;
    Ok(())
}

/// Makes the partitions of the coming months and drops call logs and feed lines older than `keep_months`.
pub fn make_room(tx: &mut PgConnection, now: DateTime<Utc>, keep_months: i32) -> Result<()> {
    make_partitions(tx, now)?;
    diesel::sql_query("select drop_old_partitions($1, $2)")
        .bind::<diesel::sql_types::Timestamptz, _>(now)
        .bind::<diesel::sql_types::Int4, _>(keep_months)
        .execute(tx)?;
    Ok(())
}

/// A dead server must be noticed within seconds, not minutes (G18). Whatever the address says itself wins.
fn with_timeouts(url: &str) -> String {
    let mut url = url.to_owned();
    for (name, value) in [("connect_timeout", "2"), ("keepalives_idle", "10"), ("keepalives_interval", "3"), ("keepalives_count", "3")] {
        if !url.contains(name) {
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str(&format!("{name}={value}"));
        }
    }
    url
}
