//! Signatures, as Standard Webhooks says (standardwebhooks.com): whoever has the secret can tell that
//! a message is ours, and when it was sent.

use anyhow::{Context as _, anyhow, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;

/// Before the base64 of a secret.
const PREFIX: &str = "whsec_";

/// A new secret: 192 bits, as text.
///
/// # Errors
/// If the system has no randomness.
pub fn new_secret() -> anyhow::Result<String> {
    let mut bytes = [0; 24];
    getrandom::fill(&mut bytes).map_err(|_| anyhow!("the system has no randomness to give"))?;
    Ok(format!("{PREFIX}{}", STANDARD.encode(bytes)))
}

/// A secret that signs.
#[derive(Debug)]
pub(super) struct Signer(hmac::Key);

impl Signer {
    /// Reads a secret: `whsec_` and 24 to 64 bytes in base64.
    pub(super) fn new(secret: &str) -> anyhow::Result<Self> {
        let text = secret.strip_prefix(PREFIX);
        let text = text.with_context(|| format!("a secret begins with {PREFIX}"))?;
        let key = STANDARD.decode(text).context("a secret is base64")?;
        ensure!(
            (24..=64).contains(&key.len()),
            "a secret has 24 to 64 bytes"
        );
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &key)))
    }

    /// The header `webhook-signature` of a message that is sent at this second since 1970.
    pub(super) fn sign(&self, id: &str, second: i64, body: &str) -> String {
        let mut signed = hmac::Context::with_key(&self.0);
        signed.update(format!("{id}.{second}.").as_bytes());
        signed.update(body.as_bytes());
        format!("v1,{}", STANDARD.encode(signed.sign()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's libraries.
    #[test]
    fn a_signature_is_what_the_specification_says() {
        let signer = Signer::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("a secret");
        let signature = signer.sign(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            r#"{"test": 2432232314}"#,
        );
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_new_secret_signs_and_is_like_no_other() {
        let (one, other) = (new_secret().expect("random"), new_secret().expect("random"));
        assert_ne!(one, other);
        assert!(Signer::new(&one).is_ok());
        for wrong in ["", "whsec_", "whsec_!", "whsec_QUJD", &one[6..]] {
            assert!(Signer::new(wrong).is_err(), "{wrong}");
        }
    }
}
