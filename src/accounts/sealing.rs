//! Keys for one purpose each, derived from the master key, and secrets sealed under them.

use crate::{Error, Result};
use aes_gcm::aead::{Aead, Nonce, Payload};
use aes_gcm::{Aes256Gcm, KeyInit};
use hmac::{Hmac, Mac};
use rand::RngExt;
use rand::distr::Alphanumeric;
use sha2::{Digest, Sha256};

const BLOCK: usize = 64;
const NONCE: usize = 12;

/// HMAC-SHA256 over the parts, one after the other.
pub fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    // A key as long as the block needs no check that could fail; shorter ones are padded with zeros by definition.
    let mut block = [0_u8; BLOCK];
    let short: [u8; 32];
    let key = if key.len() > BLOCK {
        short = Sha256::digest(key).into();
        &short
    } else {
        key
    };
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    let mut mac = <Hmac<Sha256> as KeyInit>::new(&block.into());
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// A key for one purpose; knowing it tells nothing about the master key or its sisters.
pub fn derive(master_key: &[u8; 32], purpose: &str) -> [u8; 32] {
    hmac(master_key, &[b"duijie/", purpose.as_bytes()])
}

fn cipher(master_key: &[u8; 32]) -> Aes256Gcm {
    Aes256Gcm::new(&derive(master_key, "api-secrets").into())
}

/// AES-256-GCM with a random nonce in front, bound to its owner: a sealed secret moved to another credential does not open.
pub fn seal(master_key: &[u8; 32], owner: &str, secret: &str) -> Result<Vec<u8>> {
    let nonce: [u8; NONCE] = rand::random();
    let payload = Payload { msg: secret.as_bytes(), aad: owner.as_bytes() };
    let sealed =
        cipher(master_key).encrypt(&Nonce::<Aes256Gcm>::from(nonce), payload).map_err(|_| Error::broken("a secret cannot be sealed"))?;
    Ok([nonce.as_slice(), &sealed].concat())
}

/// `None` when the bytes were sealed under another master key or for another owner, or were altered.
pub fn open(master_key: &[u8; 32], owner: &str, sealed: &[u8]) -> Option<String> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE>()?;
    let payload = Payload { msg: sealed, aad: owner.as_bytes() };
    let plain = cipher(master_key).decrypt(&Nonce::<Aes256Gcm>::from(*nonce), payload).ok()?;
    String::from_utf8(plain).ok()
}

/// Letters and digits nobody can guess.
pub fn random_text(length: usize) -> String {
    rand::rng().sample_iter(Alphanumeric).take(length).map(char::from).collect()
}

pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Reads exactly 32 bytes of hex in either case.
pub fn unhex(text: &str) -> Option<[u8; 32]> {
    // The number parser would take a sign for a digit.
    if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let bytes: Option<Vec<u8>> =
        text.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect();
    bytes?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_for_its_owner_alone() {
        let master = [7; 32];
        let sealed = seal(&master, "dj_live_a", "秘密").unwrap();
        assert_eq!(open(&master, "dj_live_a", &sealed).as_deref(), Some("秘密"));
        assert_eq!(open(&master, "dj_live_b", &sealed), None);
        assert_eq!(open(&[8; 32], "dj_live_a", &sealed), None);
        let mut altered = sealed.clone();
        *altered.last_mut().unwrap() ^= 1;
        assert_eq!(open(&master, "dj_live_a", &altered), None);
        assert_eq!(open(&master, "dj_live_a", b"short"), None);
        assert_ne!(seal(&master, "dj_live_a", "秘密").unwrap(), sealed, "the nonce is new each time");
    }

    // RFC 4231, cases 2 and 6
    #[test]
    fn hmac_is_hmac() {
        let short = hmac(b"Jefe", &[b"what do ya want ", b"for nothing?"]);
        assert_eq!(hex(&short), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        let long = hmac(&[0xaa; 131], &[b"Test Using Larger Than Block-Size Key - Hash Key First"]);
        assert_eq!(hex(&long), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    }

    #[test]
    fn hex_comes_back() {
        let bytes: [u8; 32] = std::array::from_fn(|i| u8::try_from(i * 7 % 256).unwrap());
        assert_eq!(unhex(&hex(&bytes)), Some(bytes));
        assert_eq!(unhex(&hex(&bytes).to_uppercase()), Some(bytes));
        assert_eq!(unhex("ab"), None);
        assert_eq!(unhex(&"+1".repeat(32)), None);
    }
}
