use crate::accounts::{buckets, sessions};
use crate::form::Form;
use crate::ids::{MerchantId, UserId};
use crate::text::Text;
use crate::trail::{self, Cause, Entry};
use crate::{Error, Result};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as Sql};
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text as SqlText, Timestamptz};
use serde::Serialize;
use serde_json::json;

/// How often somebody may try their own current password.
const COMPARED_PER_MINUTE: i32 = 5;

/// A person to let in from now on.
#[derive(Clone, Debug)]
pub struct NewUser {
    pub merchant: MerchantId,
    pub login: String,
    pub name: String,
    /// `staff`, `integrator`, `owner`; `auditor` and `admin` on the platform alone.
    pub role: String,
    /// What a staff member or integrator may edit: `stock`, `products`, `listing`.
    pub permissions: Vec<String>,
    /// From [`super::hash`], made before the transaction.
    pub password_hash: String,
}

/// A person as those see who manage people.
#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct User {
    #[diesel(sql_type = BigInt)]
    pub id: UserId,
    #[diesel(sql_type = BigInt)]
    pub merchant_id: MerchantId,
    #[diesel(sql_type = SqlText)]
    pub merchant_name: String,
    #[diesel(sql_type = SqlText)]
    pub login: String,
    #[diesel(sql_type = SqlText)]
    pub name: String,
    #[diesel(sql_type = SqlText)]
    pub role: String,
    #[diesel(sql_type = Array<SqlText>)]
    pub permissions: Vec<String>,
    #[diesel(sql_type = Bool)]
    pub active: bool,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub last_login_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
}

const COLUMNS: &str = "select u.id, u.merchant_id, m.name as merchant_name, u.login, u.name, u.role, u.permissions, u.active, u.last_login_at, u.created_at \
     from users u join merchants m on m.id = u.merchant_id";

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = BigInt)]
    id: UserId,
}

/// Lets a person in from now on.
///
/// # Errors
/// `Invalid` for a login somebody has.
pub fn create(tx: &mut PgConnection, cause: &Cause, new: &NewUser) -> Result<UserId> {
    let login = new.login.trim().to_lowercase();
    let inserted: std::result::Result<Id, Sql> = diesel::sql_query(
        "insert into users (merchant_id, login, name, role, permissions, password_hash, password_changed_at, created_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $7) returning id",
    )
    .bind::<BigInt, _>(new.merchant)
    .bind::<SqlText, _>(&login)
    .bind::<SqlText, _>(&new.name)
    .bind::<SqlText, _>(&new.role)
    .bind::<Array<SqlText>, _>(&new.permissions)
    .bind::<SqlText, _>(&new.password_hash)
    .bind::<Timestamptz, _>(cause.now)
    .get_result(tx);
    let id = match inserted {
        Ok(row) => row.id,
        Err(Sql::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => {
            return Err(Error::invalid(Form::default().with_error("login", Text::new("account-login-taken").with(login))));
        }
        Err(e) => return Err(e.into()),
    };
    let after = json!({ "login": login, "name": new.name, "role": new.role, "permissions": new.permissions });
    trail::record(tx, &cause.at(new.merchant), &[Entry::new("user.created", "user", id).change(json!(null), after)])?;
    Ok(id)
}

/// One person of a merchant, or of any for `None`.
pub fn find(c: &mut PgConnection, of: Option<MerchantId>, id: UserId) -> Result<User> {
    Ok(diesel::sql_query(format!("{COLUMNS} where u.id = $1 and ($2::bigint is null or u.merchant_id = $2)"))
        .bind::<BigInt, _>(id)
        .bind::<Nullable<BigInt>, _>(of)
        .get_result(c)?)
}

/// People of a merchant, or of all for `None`: by id, after `after`, whose login or name holds `text`.
pub fn list(c: &mut PgConnection, of: Option<MerchantId>, text: &str, after: Option<UserId>, limit: i64) -> Result<Vec<User>> {
    let sql = format!(
        "{COLUMNS} where ($1::bigint is null or u.merchant_id = $1) and ($2::bigint is null or u.id > $2) \
         and ($3 = '' or position(lower($3) in u.login) > 0 or position(lower($3) in lower(u.name)) > 0) order by u.id limit $4"
    );
    Ok(diesel::sql_query(sql)
        .bind::<Nullable<BigInt>, _>(of)
        .bind::<Nullable<BigInt>, _>(after)
        .bind::<SqlText, _>(text)
        .bind::<BigInt, _>(limit)
        .load(c)?)
}

/// What to change about a person.
#[derive(Clone, Debug)]
pub struct Changes {
    pub name: String,
    pub role: String,
    pub permissions: Vec<String>,
    pub active: bool,
    /// Already hashed.
    pub password_hash: Option<String>,
}

/// Changes a person. Disabling them, another role or a new password ends all their sessions.
///
/// # Errors
/// `NotFound` for another merchant's; `Conflict` when nobody could manage the merchant's people any more.
pub fn update(tx: &mut PgConnection, cause: &Cause, of: Option<MerchantId>, id: UserId, new: &Changes) -> Result<()> {
    let old = find(tx, of, id)?;
    let manages = |role: &str, active: bool| active && matches!(role, "owner" | "admin");
    if manages(&old.role, old.active) && !manages(&new.role, new.active) {
        another_manager(tx, &old)?;
    }
    diesel::sql_query(
        "update users set name = $2, role = $3, permissions = $4, active = $5, password_hash = coalesce($6, password_hash), \
         password_changed_at = case when $6 is null then password_changed_at else $7 end, \
         failed_logins = case when $6 is null then failed_logins else 0 end, locked_until = case when $6 is null then locked_until end where id = $1",
    )
    .bind::<BigInt, _>(id)
    .bind::<SqlText, _>(&new.name)
    .bind::<SqlText, _>(&new.role)
    .bind::<Array<SqlText>, _>(&new.permissions)
    .bind::<Bool, _>(new.active)
    .bind::<Nullable<SqlText>, _>(&new.password_hash)
    .bind::<Timestamptz, _>(cause.now)
    .execute(tx)?;
    if !new.active || new.password_hash.is_some() || new.role != old.role {
        sessions::end_all(tx, id)?;
    }
    let before = json!({ "name": old.name, "role": old.role, "permissions": old.permissions, "active": old.active });
    let after = json!({ "name": new.name, "role": new.role, "permissions": new.permissions, "active": new.active, "newPassword": new.password_hash.is_some() });
    trail::record(tx, &cause.at(old.merchant_id), &[Entry::new("user.changed", "user", id).change(before, after)])
}

/// Locks the merchant's managers and sees whether one remains.
fn another_manager(tx: &mut PgConnection, leaving: &User) -> Result<()> {
    let managers: Vec<Id> =
        diesel::sql_query("select id from users where merchant_id = $1 and active and role in ('owner', 'admin') order by id for update")
            .bind::<BigInt, _>(leaving.merchant_id)
            .load(tx)?;
    if managers.iter().any(|m| m.id != leaving.id) { Ok(()) } else { Err(Error::Conflict(Text::new("account-last-manager"))) }
}

#[derive(QueryableByName)]
struct Hash {
    #[diesel(sql_type = SqlText)]
    password_hash: String,
}

/// Somebody's own hash, to compare what they typed with; a thief at an open session gets few tries.
pub(super) fn password_to_compare(tx: &mut PgConnection, id: UserId, now: DateTime<Utc>) -> Result<String> {
    buckets::take(tx, &format!("password:{id}"), COMPARED_PER_MINUTE, now)?;
    let row: Hash = diesel::sql_query("select password_hash from users where id = $1 and active").bind::<BigInt, _>(id).get_result(tx)?;
    Ok(row.password_hash)
}

/// Somebody's own new password; every session ends, the one at hand is renewed by the page.
pub(super) fn set_password(tx: &mut PgConnection, cause: &Cause, id: UserId, hashed: &str) -> Result<()> {
    diesel::sql_query(
        "update users set password_hash = $2, password_changed_at = $3, failed_logins = 0, locked_until = null where id = $1",
    )
    .bind::<BigInt, _>(id)
    .bind::<SqlText, _>(hashed)
    .bind::<Timestamptz, _>(cause.now)
    .execute(tx)?;
    sessions::end_all(tx, id)?;
    trail::record(tx, cause, &[Entry::new("user.password_changed", "user", id)])
}
