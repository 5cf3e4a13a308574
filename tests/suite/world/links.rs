//! The call links of a world, by their tokens.

use cordboard::call::link::{NotRedeemed, Pass, token_hash};
use std::collections::BTreeMap;

#[derive(Debug, Default)]
pub(crate) struct Links(BTreeMap<[u8; 32], (Pass, u32)>);

impl Links {
    /// A link that is good for so many calls.
    pub(crate) fn add(&mut self, token: &str, pass: Pass, calls: u32) {
        self.0.insert(token_hash(token), (pass, calls));
    }

    /// As good as it was.
    pub(crate) fn look(&self, token_hash: [u8; 32]) -> Result<Pass, NotRedeemed> {
        let link = self.0.get(&token_hash);
        let (pass, calls) = link.ok_or(NotRedeemed::Unknown)?;
        match calls {
            0 => Err(NotRedeemed::Used),
            1.. => Ok(pass.clone()),
        }
    }

    /// One call fewer.
    pub(crate) fn redeem(&mut self, token_hash: [u8; 32]) -> Result<Pass, NotRedeemed> {
        let link = self.0.get_mut(&token_hash);
        let (pass, calls) = link.ok_or(NotRedeemed::Unknown)?;
        *calls = calls.checked_sub(1).ok_or(NotRedeemed::Used)?;
        Ok(pass.clone())
    }
}
