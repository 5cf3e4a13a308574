//! Master keys, and what they guard (D16): each recording has a key of its own, wrapped by one; passwords
//! in the database are sealed by one.
//!
//! ```text
//!   master keys (a file, or the environment)      one a line:  2026-1 <32 bytes in base64>
//!     └─ the first ─┬─ wraps ─▶ the key of a file, in the description beside it
//!                   └─ seals ─▶ a text in the database:  sealed:2026-1:<nonce, text and tag in base64>
//! ```
//!
//! A new master key is put before the others: what is old stays readable by its own, and `cordboard
//! recordings rewrap` wraps it anew without touching a sound; the database is sealed anew with each start.
//! Whoever removes a description has destroyed the key, and with it every copy of the encrypted file.

use anyhow::{Context as _, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Bytes of every key.
const BYTES: usize = 32;

/// How a sealed text begins.
const SEALED: &str = "sealed:";

/// What a master key wraps is nothing else.
const PURPOSE: &[u8] = b"cordboard: the key of a recording";

/// The master keys.
pub struct Keys {
    /// The first wraps; all unwrap. Never empty.
    keys: Vec<(String, LessSafeKey)>,
}

/// The key of one file.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct FileKey([u8; BYTES]);

/// The key of a file as it is kept: of use to nobody without the master key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Wrapped {
    /// Which master key has wrapped it.
    pub(crate) master: String,
    /// The nonce, in base64.
    nonce: String,
    /// The key and its tag, in base64.
    key: String,
}

impl Keys {
    /// Reads master keys: a line each, the name of the key and 32 bytes in base64; `#` begins a comment.
    ///
    /// # Errors
    /// Which line is wrong; never what stands in it.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let mut keys: Vec<(String, LessSafeKey)> = vec![];
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.split('#').next().unwrap_or_default().trim();
            if line.is_empty() {
                continue;
            }
            let wrong = || format!("line {number}: write a name, a space, and 32 bytes in base64");
            let (name, key) = line.split_once(char::is_whitespace).with_context(wrong)?;
            let key = BASE64.decode(key.trim()).ok().with_context(wrong)?;
            ensure!(key.len() == BYTES, wrong());
            ensure!(
                keys.iter().all(|(known, _)| known != name),
                "line {number}: a second key of the name {name}"
            );
            let key = UnboundKey::new(&AES_256_GCM, &key)
                .ok()
                .with_context(wrong)?;
            keys.push((name.to_owned(), LessSafeKey::new(key)));
        }
        ensure!(!keys.is_empty(), "there is no key in it");
        Ok(Self { keys })
    }

    /// A line for a new master key.
    ///
    /// # Errors
    /// If the system has no randomness.
    pub fn generate(name: &str) -> anyhow::Result<String> {
        let FileKey(key) = FileKey::new()?;
        Ok(format!("{name} {}", BASE64.encode(key)))
    }

    /// The name of the key that wraps.
    pub fn current(&self) -> &str {
        self.keys.first().map_or("", |(name, _)| name)
    }

    /// A text for nobody who reads it where it is kept. `purpose` is where that is: elsewhere it cannot be
    /// opened.
    ///
    /// # Errors
    /// If the system has no randomness.
    pub fn seal(&self, purpose: &str, text: &str) -> anyhow::Result<String> {
        let (name, master) = self.keys.first().context("there is no master key")?;
        let nonce: [u8; NONCE_LEN] = random()?;
        let mut bytes = text.as_bytes().to_vec();
        master
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(purpose.as_bytes()),
                &mut bytes,
            )
            .map_err(|_| anyhow::anyhow!("a text cannot be sealed"))?;
        let sealed = BASE64.encode([nonce.as_slice(), &bytes].concat());
        Ok(format!("{SEALED}{name}:{sealed}"))
    }

    /// The text again.
    ///
    /// # Errors
    /// If its master key is not there or another; if the text was altered, or sealed for another purpose.
    pub fn open(&self, purpose: &str, sealed: &str) -> anyhow::Result<String> {
        let name = sealed_by(sealed).context("it is not sealed")?;
        let known = self.keys.iter().find(|(known, _)| known == name);
        let (_, master) = known
            .with_context(|| format!("the master key {name} is not among those that are set"))?;
        let open = || {
            let bytes = sealed.strip_prefix(SEALED)?.rsplit_once(':')?.1;
            let bytes = BASE64.decode(bytes).ok()?;
            let (nonce, text) = bytes.split_at_checked(NONCE_LEN)?;
            let nonce = Nonce::assume_unique_for_key(nonce.try_into().ok()?);
            let mut text = text.to_vec();
            let aad = Aad::from(purpose.as_bytes());
            let text = master.open_in_place(nonce, aad, &mut text).ok()?;
            String::from_utf8(text.to_vec()).ok()
        };
        open().with_context(|| {
            format!(
                "the master key {name} is another than the one that sealed it, or it was altered"
            )
        })
    }

    /// Wraps the key of a file.
    pub(crate) fn wrap(&self, key: &FileKey) -> anyhow::Result<Wrapped> {
        let (master, wrapping) = self.keys.first().context("there is no master key")?;
        let nonce: [u8; NONCE_LEN] = random()?;
        let mut bytes = key.0.to_vec();
        wrapping
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(PURPOSE),
                &mut bytes,
            )
            .map_err(|_| anyhow::anyhow!("a key cannot be wrapped"))?;
        Ok(Wrapped {
            master: master.clone(),
            nonce: BASE64.encode(nonce),
            key: BASE64.encode(bytes),
        })
    }

    /// The key of a file again.
    pub(crate) fn unwrap(&self, wrapped: &Wrapped) -> anyhow::Result<FileKey> {
        let name = &wrapped.master;
        let known = self.keys.iter().find(|(known, _)| known == name);
        let Some((_, master)) = known else {
            bail!("the master key {name} is not among those that are set");
        };
        let open = || {
            let nonce: [u8; NONCE_LEN] = BASE64.decode(&wrapped.nonce).ok()?.try_into().ok()?;
            let nonce = Nonce::assume_unique_for_key(nonce);
            let mut bytes = BASE64.decode(&wrapped.key).ok()?;
            let key = master
                .open_in_place(nonce, Aad::from(PURPOSE), &mut bytes)
                .ok()?;
            Some(FileKey((*key).try_into().ok()?))
        };
        open().with_context(|| {
            format!("the master key {name} is another than the one that wrapped it")
        })
    }
}

/// The name of the master key that has sealed a text; `None`: it is not sealed.
pub fn sealed_by(text: &str) -> Option<&str> {
    let (name, _) = text.strip_prefix(SEALED)?.rsplit_once(':')?;
    Some(name)
}

impl FileKey {
    /// A new key.
    pub(crate) fn new() -> anyhow::Result<Self> {
        Ok(Self(random()?))
    }

    /// A key for one use of this one; the salt makes that of each writing another.
    pub(crate) fn derive(&self, salt: &[u8], purpose: &[u8]) -> LessSafeKey {
        let secret = Salt::new(HKDF_SHA256, salt).extract(&self.0);
        let info = [purpose];
        match secret.expand(&info, &AES_256_GCM) {
            Ok(key) => LessSafeKey::new(UnboundKey::from(key)),
            Err(_) => unreachable!("32 bytes are less than HKDF's limit of 255 hashes"),
        }
    }
}

/// Random bytes.
pub(crate) fn random<const N: usize>() -> anyhow::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
    Ok(bytes)
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.keys.iter().map(|(name, _)| name);
        f.debug_list().entries(names).finish()
    }
}

impl fmt::Debug for FileKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FileKey")
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn keys(names: &[&str]) -> Keys {
        let line = |name: &&str| {
            let byte = name.bytes().next().unwrap_or(0);
            format!("{name} {}\n", BASE64.encode([byte; BYTES]))
        };
        let text: String = names.iter().map(line).collect();
        Keys::parse(&text).expect("keys")
    }

    #[test]
    fn a_new_master_key_wraps_and_the_old_one_still_unwraps() {
        let key = FileKey::new().expect("a key");
        let old = keys(&["a"]).wrap(&key).expect("wrapped");
        let both = keys(&["b", "a"]);
        assert!(both.unwrap(&old).expect("unwrapped") == key);
        let new = both.wrap(&key).expect("wrapped");
        assert_eq!((new.master.as_str(), both.current()), ("b", "b"));
        let why = keys(&["b"])
            .unwrap(&old)
            .expect_err("not there")
            .to_string();
        assert!(why.contains("master key a"), "{why}");
        // One that took over the name.
        let other = Keys::parse(&format!("a {}", BASE64.encode([9; BYTES]))).expect("keys");
        other.unwrap(&old).expect_err("another key");
    }

    #[test]
    fn a_sealed_text_is_opened_by_its_key_where_it_belongs_and_nowhere_else() {
        let old = keys(&["a"]);
        let sealed = old.seal("webhook", "whsec_x").expect("sealed");
        assert_eq!(sealed_by(&sealed), Some("a"));
        assert!(!sealed.contains("whsec"));
        assert_ne!(sealed, old.seal("webhook", "whsec_x").expect("sealed"));
        let both = keys(&["b", "a"]);
        assert_eq!(both.open("webhook", &sealed).expect("opened"), "whsec_x");
        both.open("settings", &sealed).expect_err("elsewhere");
        let why = keys(&["b"]).open("webhook", &sealed).expect_err("gone");
        assert!(why.to_string().contains("master key a"), "{why}");
        for wrong in ["sealed:a:", "sealed:a:AAAA", "sealed:a:?", "whsec_x"] {
            old.open("webhook", wrong).expect_err(wrong);
        }
        assert_eq!(sealed_by("[account]"), None);
    }

    #[test]
    fn what_is_no_key_is_named_by_its_line_and_never_shown() {
        let good = BASE64.encode([1; BYTES]);
        for wrong in [
            String::new(),
            "# nothing".to_owned(),
            "secretsecret".to_owned(),
            "a c2VjcmV0".to_owned(),
            format!("a {good}\na {good}"),
        ] {
            let why = Keys::parse(&wrong).expect_err("wrong").to_string();
            assert!(!why.contains("secret") && !why.contains("c2V"), "{why}");
        }
        let line = Keys::generate("2026-1").expect("a key");
        let keys = Keys::parse(&format!("{line} # made today\n")).expect("keys");
        assert_eq!(format!("{keys:?}"), "[\"2026-1\"]");
    }
}
