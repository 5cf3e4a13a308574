//! What DNS says, and who wants to know.

use super::{Output, Switch};
use crate::sip;
use crate::sip::resolve::{Family, Reach};
use crate::sip::uri::Uri;
use std::time::Instant;

impl Switch {
    /// The servers of trunks are looked up ahead of the first call, and kept fresh.
    pub(super) fn keep_names(&mut self, now: Instant) {
        let trunks = self.account.trunks.iter();
        let servers = trunks.flat_map(|trunk| [&trunk.outbound_proxy, &trunk.server]);
        let uris = servers
            .flatten()
            .map(|server| Uri::parse(&server.uri(None)));
        let uris = uris.filter_map(Result::ok).collect();
        self.resolver.keep(now, uris);
        self.look_up();
    }

    /// Asks DNS what the resolver wants to know.
    pub(super) fn look_up(&mut self) {
        while let Some(query) = self.resolver.poll_query() {
            self.out(Output::LookUp(query));
        }
    }
}

/// What our listeners can speak to, in their order.
pub(super) fn reach(sip: &sip::Config) -> Vec<Reach> {
    let mut all: Vec<Reach> = vec![];
    for listener in &sip.listeners {
        let reach = Reach {
            transport: listener.transport,
            family: Family::of(listener.local.ip()),
        };
        if reach.transport.can_be_sought() && !all.contains(&reach) {
            all.push(reach);
        }
    }
    all
}
