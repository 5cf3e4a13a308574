//! How others prove who they are.

use crate::config::Config;
use crate::net::{Proof, Trust};
use crate::settings::Verify;

/// How the servers of trunks prove who they are.
pub(super) fn trust(config: &Config) -> anyhow::Result<Trust> {
    let trust = Trust::system(config.server.authorities.as_deref())?;
    let trunks = config.account.trunks.iter();
    Ok(trunks.fold(trust, |trust, trunk| {
        let proof = match trunk.verify {
            Verify::Name => return trust,
            Verify::Pinned(pin) => Proof::Pinned(pin),
            Verify::None => Proof::None,
        };
        let servers = [&trunk.server, &trunk.outbound_proxy].into_iter().flatten();
        servers.fold(trust, |trust, server| {
            trust.asks(server.host.trim_matches(['[', ']']), proof)
        })
    }))
}
