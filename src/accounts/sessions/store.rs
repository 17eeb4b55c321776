//! actix-session's store in our own PostgreSQL. The table knows the SHA-256 of a session's id, never the id.

use super::model::{self, State};
use crate::accounts::sealing;
use crate::clock::Clock;
use crate::{Db, Error};
use actix_session::storage::{LoadError, SaveError, SessionKey, SessionStore, UpdateError};
use actix_web::cookie::time::Duration;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// 64 letters and digits: about 380 bits.
const ID_LENGTH: usize = 64;

#[derive(Clone)]
pub struct Store {
    pub db: Db,
    pub clock: Clock,
}

fn hash(key: &str) -> Vec<u8> {
    Sha256::digest(key).to_vec()
}

/// actix-session keeps each value as JSON text; we keep JSON.
fn to_state(entries: &HashMap<String, String>) -> Result<State, serde_json::Error> {
    entries.iter().map(|(name, text)| Ok((name.clone(), serde_json::from_str(text)?))).collect()
}

fn of_state(state: State) -> HashMap<String, String> {
    state.into_iter().map(|(name, value)| (name, value.to_string())).collect()
}

impl SessionStore for Store {
    async fn load(&self, key: &SessionKey) -> Result<Option<HashMap<String, String>>, LoadError> {
        let (token, now) = (hash(key.as_ref()), self.clock.now());
        let looked_up = token.clone();
        let found = self.db.read(move |c| model::load(c, &looked_up, now)).await.map_err(|e| LoadError::Other(e.into()))?;
        let Some((state, is_due)) = found else {
            return Ok(None);
        };
        if is_due {
            self.db.write(move |tx| model::touch(tx, &token, now)).await.map_err(|e| LoadError::Other(e.into()))?;
        }
        Ok(Some(of_state(state)))
    }

    async fn save(&self, entries: HashMap<String, String>, _: &Duration) -> Result<SessionKey, SaveError> {
        let state = to_state(&entries).map_err(|e| SaveError::Serialization(e.into()))?;
        let (id, now) = (sealing::random_text(ID_LENGTH), self.clock.now());
        let token = hash(&id);
        self.db.write(move |tx| model::start(tx, &token, &state, now)).await.map_err(|e| SaveError::Other(e.into()))?;
        SessionKey::try_from(id).map_err(|e| SaveError::Other(Error::broken(e).into()))
    }

    async fn update(&self, key: SessionKey, entries: HashMap<String, String>, _: &Duration) -> Result<SessionKey, UpdateError> {
        let state = to_state(&entries).map_err(|e| UpdateError::Serialization(e.into()))?;
        let token = hash(key.as_ref());
        self.db.write(move |tx| model::change(tx, &token, &state)).await.map_err(|e| UpdateError::Other(e.into()))?;
        Ok(key)
    }

    /// Ends are fixed when a session starts and sleep is watched in `load`: there is nothing to extend.
    async fn update_ttl(&self, _: &SessionKey, _: &Duration) -> Result<(), anyhow::Error> {
        Ok(())
    }

    async fn delete(&self, key: &SessionKey) -> Result<(), anyhow::Error> {
        let token = hash(key.as_ref());
        Ok(self.db.write(move |tx| model::end(tx, &token)).await?)
    }
}
