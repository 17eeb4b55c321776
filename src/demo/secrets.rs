//! What was made up when the demo was loaded: one password for everybody, a key and a secret for each merchant's ERP.

use crate::{Error, Result};
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Secrets {
    pub password: String,
    pub keys: Vec<Key>,
}

/// The name that the platform's storefront is kept under.
pub const MALL: &str = "mall";

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Key {
    /// The merchant's code; of a storefront more than that.
    pub merchant: String,
    pub app_key: String,
    pub secret: String,
}

pub fn path(data: &Path) -> PathBuf {
    data.join("demo.txt")
}

/// A password that can be read aloud: no letters that look alike.
pub fn password() -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let letters: Vec<char> =
        rand::random::<[u8; 16]>().iter().filter_map(|b| LETTERS.get(usize::from(b % 32)).copied()).map(char::from).collect();
    letters.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

/// Keeps them for the next start, readable by their owner alone; `bin/push` reads them too.
pub fn keep(data: &Path, secrets: &Secrets) -> Result<()> {
    let path = path(data);
    let said = |why: std::io::Error| Error::broken(format!("cannot write {}: {why}", path.display()));
    fs::create_dir_all(data).map_err(said)?;
    let mut text = format!("# Logins and API secrets of the demo platform, made up when it was loaded.\nPASSWORD={}\n", secrets.password);
    for key in &secrets.keys {
        let merchant = key.merchant.to_uppercase();
        text.push_str(&format!("{merchant}_KEY={}\n{merchant}_SECRET={}\n", key.app_key, key.secret));
    }
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path).map_err(said)?;
    // The mode above counts only for a new file.
    file.set_permissions(fs::Permissions::from_mode(0o600)).map_err(said)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(said)
}

/// `None` when the demo was loaded from another data folder.
pub fn read(data: &Path) -> Result<Option<Secrets>> {
    let path = path(data);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Some(parse(&text))),
        Err(why) if why.kind() == ErrorKind::NotFound => Ok(None),
        Err(why) => Err(Error::broken(format!("cannot read {}: {why}", path.display()))),
    }
}

fn parse(text: &str) -> Secrets {
    let mut secrets = Secrets::default();
    for (name, value) in text.lines().filter_map(|line| line.split_once('=')) {
        if name == "PASSWORD" {
            value.clone_into(&mut secrets.password);
        } else if let Some(merchant) = name.strip_suffix("_KEY") {
            secrets.keys.push(Key { merchant: merchant.to_lowercase(), app_key: value.to_owned(), secret: String::new() });
        } else if let Some(merchant) = name.strip_suffix("_SECRET")
            && let Some(key) = secrets.keys.iter_mut().find(|key| key.merchant.eq_ignore_ascii_case(merchant))
        {
            value.clone_into(&mut key.secret);
        }
    }
    secrets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_can_be_read_again_and_by_nobody_else() {
        let folder = std::env::temp_dir().join(format!("duijie-secrets-{}", std::process::id()));
        let key = |merchant: &str| Key { merchant: merchant.into(), app_key: format!("dj_test_{merchant}"), secret: "a=b".into() };
        let secrets = Secrets { password: password(), keys: vec![key("kz"), key("sg")] };
        assert_eq!(read(&folder).unwrap(), None);
        keep(&folder, &secrets).unwrap();
        assert_eq!(read(&folder).unwrap(), Some(secrets));
        assert_eq!(fs::metadata(path(&folder)).unwrap().permissions().mode() & 0o777, 0o600);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn passwords_are_good_enough_for_everybody_else() {
        let first = password();
        assert_eq!((first.len(), crate::accounts::users::weakness(&first, &["kz-owner"])), (19, None));
        assert_ne!(first, password());
    }
}
