//! Passwords: argon2id off the async threads, four at a time, since each takes 19 MiB and a while.

use super::common::COMMON;
use crate::text::Text;
use crate::{Error, Result};
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};

pub const MIN_LENGTH: usize = 12;
/// Enough for any sentence; longer input would only cost us time.
const MAX_LENGTH: usize = 256;
/// What a password must hold beyond words everybody tries.
const OWN_CHARACTERS: usize = 5;
const FEWEST_DIFFERENT: usize = 4;

/// A flood of logins must not eat the memory: the rest waits, and is told to come back when that takes too long.
static HASHERS: Semaphore = Semaphore::const_new(4);
const PATIENCE: Duration = Duration::from_secs(5);

/// Nobody's password, for logins nobody has: it takes the same time to be wrong.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// 19 MiB, two passes, one lane.
fn argon2() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT)
}

async fn turn() -> Result<SemaphorePermit<'static>> {
    tokio::time::timeout(PATIENCE, HASHERS.acquire()).await.map_err(|_| Error::Busy)?.map_err(|_| Error::Busy)
}

async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let permit = turn().await?;
    let done = tokio::task::spawn_blocking(move || {
        let _permit = permit;
        work()
    });
    done.await.map_err(Error::broken)?
}

/// Never call this inside a transaction: it would hold a connection for the time of the hash.
pub async fn hash(password: String) -> Result<String> {
    off_thread(move || argon2().hash_password(password.as_bytes()).map(|hash| hash.to_string()).map_err(Error::broken)).await
}

/// Compares; `None` takes as long and is never right.
pub(super) async fn fits(password: String, hash: Option<String>) -> Result<bool> {
    off_thread(move || {
        let known = hash.is_some();
        let hash = PasswordHash::new(hash.as_deref().unwrap_or(NOBODYS)).map_err(Error::broken)?;
        Ok(argon2().verify_password(password.as_bytes(), &hash).is_ok() && known)
    })
    .await
}

/// Made with other parameters than today's.
pub(super) fn is_outdated(hash: &str) -> bool {
    let Ok(hash) = PasswordHash::new(hash) else {
        return true;
    };
    let same = Params::try_from(&hash)
        .is_ok_and(|p| (p.m_cost(), p.t_cost(), p.p_cost()) == (Params::DEFAULT_M_COST, Params::DEFAULT_T_COST, Params::DEFAULT_P_COST));
    !same || hash.algorithm.as_str() != "argon2id"
}

/// What is wrong with a new password, if anything. `context` are words others know: login, names.
pub fn weakness(password: &str, context: &[&str]) -> Option<Text> {
    let length = password.chars().count();
    if length < MIN_LENGTH {
        return Some(Text::new("account-password-short").with(MIN_LENGTH));
    }
    if length > MAX_LENGTH {
        return Some(Text::new("account-password-long").with(MAX_LENGTH));
    }
    let mut different: Vec<char> = password.chars().collect();
    different.sort_unstable();
    different.dedup();
    if different.len() < FEWEST_DIFFERENT {
        return Some(Text::new("account-password-monotone"));
    }
    let mut rest = password.to_lowercase();
    let own_words = context
        .iter()
        .flat_map(|words| words.split(|c: char| !c.is_alphanumeric()))
        .filter(|word| word.chars().count() >= 2)
        .map(str::to_lowercase);
    let mut words: Vec<String> =
        own_words.chain(COMMON.iter().map(|w| (*w).to_owned())).chain(["duijie".to_owned(), "对接".to_owned()]).collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    for word in &words {
        rest = rest.replace(word.as_str(), "");
    }
    (rest.chars().filter(|c| c.is_alphanumeric()).count() < OWN_CHARACTERS).then(|| Text::new("account-password-common"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weak_passwords_are_named() {
        let context = ["wang@kangze.example", "康泽药房", "王店长"];
        for (password, key) in [
            ("short", Some("account-password-short")),
            ("password1234", Some("account-password-common")),
            ("P@ssw0rd2026!", Some("account-password-common")),
            ("kangze123456", Some("account-password-common")),
            ("duijie888888", Some("account-password-common")),
            ("aaaaaaaaaaaaaaa", Some("account-password-monotone")),
            ("122112211221", Some("account-password-monotone")),
            ("correct-horse-battery", None),
            ("我家的猫昨天吃了两条鱼", Some("account-password-short")),
            ("我家的猫昨天晚上吃了两条大鱼", None),
        ] {
            assert_eq!(weakness(password, &context).as_ref().map(Text::key), key, "{password}");
        }
        assert!(weakness(&"我的猫很重abc".repeat(8), &context).is_none(), "64 characters and more are welcome");
        assert!(weakness(&"ab3d".repeat(65), &[]).is_some());
    }

    #[tokio::test]
    async fn hashes_fit_and_age() {
        let hashed = hash("correct-horse-battery".into()).await.unwrap();
        assert!(hashed.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hashed}");
        assert!(fits("correct-horse-battery".into(), Some(hashed.clone())).await.unwrap());
        assert!(!fits("correct-horse-batterz".into(), Some(hashed.clone())).await.unwrap());
        assert!(!fits("anything".into(), None).await.unwrap());
        assert!(!is_outdated(&hashed));
        assert!(is_outdated("$argon2id$v=19$m=4096,t=3,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
    }
}
