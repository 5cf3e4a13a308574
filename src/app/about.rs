//! What people are told of the configuration that the server was started with.

use super::certificates::Certificates;
use super::listeners;
use crate::api::{Listening, System};
use crate::config::Config;
use crate::net::Network;
use crate::sip::Transport;

pub(super) fn system(config: &Config, certificates: &Certificates, network: &Network) -> System {
    let each = listeners(config).map(|(id, listener, transport)| {
        let address = network.local_addr(id).unwrap_or(listener.bind);
        let mut advertised = listener.advertised;
        if advertised.port() == 0 {
            advertised.set_port(address.port());
        }
        Listening {
            name: listener.name.clone(),
            transport: name(transport),
            address,
            advertised,
        }
    });
    System {
        listeners: each.collect(),
        certificates: certificates.shown(config),
        media: Some(config.media.advertised),
        browsers: match config.media.browser_addresses.is_empty() {
            true => vec![config.media.advertised],
            false => config.media.browser_addresses.clone(),
        },
        database: match config.server.database {
            Some(_) => "PostgreSQL",
            None => "SQLite",
        },
        public_url: config.server.public_url.clone(),
        https: config.server.http_tls,
    }
}

fn name(transport: Transport) -> &'static str {
    match transport {
        Transport::Udp => "UDP",
        Transport::Tcp => "TCP",
        Transport::Tls => "TLS",
        Transport::Ws => "WebSocket",
        Transport::Wss => "WebSocket over TLS",
    }
}
