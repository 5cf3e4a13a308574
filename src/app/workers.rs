//! The media workers: one for each core, each with a share of the ports.

use super::inbox::Inbox;
use crate::api::{self, MediaDoor};
use crate::clock::Clock;
use crate::config::Config;
use crate::media::{Command, Engine, Library};
use crate::random::Random;
use crate::rtc::Certificate;
use crate::switch::Browsers;
use crate::switch::Input;
use crate::vault::Vault;
use crate::worker::{self, Worker};
use anyhow::Context as _;
use jiff::Timestamp;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

/// Starts them.
///
/// # Errors
/// If no port is free.
pub(super) fn start(
    config: &Config,
    library: Library,
    vault: &Vault,
    inbox: &Inbox,
    certificate: &Certificate,
) -> anyhow::Result<Vec<Worker>> {
    let media = &config.media;
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let count = media.workers.unwrap_or(cores).max(1);
    let ports: Vec<u16> = (media.first_port..media.last_port).step_by(2).collect();
    let library = Arc::new(library);
    let share = ports.len().div_ceil(count).max(1);
    let (mut workers, mut refused) = (vec![], None);
    for ports in ports.chunks(share) {
        let index = workers.len();
        let now = Instant::now();
        let clock = Clock::new(now, Timestamp::now());
        let engine = Engine::new(Random::from_system(), clock, now);
        let engine = engine.with_browsers(certificate.clone());
        let inbox = inbox.clone();
        let config = worker::Config {
            index,
            bind: media.address,
            ports: ports.to_vec(),
            browser_port: Some(browser_port(media.browser_port, index)),
        };
        let worker = Worker::start(config, engine, vault.sender(), move |event| {
            inbox
                .offer(Input::Media(event))
                .map_err(|input| match input {
                    Input::Media(event) => event,
                    Input::Sip(_)
                    | Input::Page(_)
                    | Input::Looked(..)
                    | Input::Request(_)
                    | Input::Spoken(..)
                    | Input::Settings(..)
                    | Input::Stored { .. }
                    | Input::Redeemed { .. }
                    | Input::Clock(_)
                    | Input::Drain
                    | Input::Stop
                    | Input::Timeout => {
                        unreachable!("an inbox gives back what it was given")
                    }
                })
        });
        match worker {
            Ok(worker) => {
                worker.send(Command::Library(library.clone()));
                workers.push(worker);
            }
            Err(error) => refused = Some(error),
        }
    }
    // Where some ports are free, calls can be made: the others were warned of.
    match refused {
        Some(error) if workers.is_empty() => Err(error.context(format!(
            "the media ports {}-{} on {}: choose others with ports in [media], or --rtp-ports of the demo",
            media.first_port, media.last_port, media.address
        ))),
        Some(_) | None => Ok(workers),
    }
}

/// What browsers are shown by DTLS: made anew at each start, as browsers do it themselves. They know it
/// by its fingerprint in the answer.
///
/// # Errors
/// If none can be made.
pub(super) fn certificate() -> anyhow::Result<Certificate> {
    let made = rcgen::generate_simple_self_signed(vec![]).context("no certificate for browsers")?;
    let key = made.signing_key.serialize_der();
    Certificate::new(made.cert.der().to_vec(), &key).map_err(anyhow::Error::msg)
}

/// What answers to browsers say of these workers.
pub(super) fn browsers(config: &Config, workers: &[Worker], certificate: &Certificate) -> Browsers {
    let addresses = &config.media.browser_addresses;
    let candidates = |worker: &Worker| -> Vec<SocketAddr> {
        let port = worker.browser_port();
        let each = |port: u16| addresses.iter().map(move |ip| SocketAddr::new(*ip, port));
        port.into_iter().flat_map(each).collect()
    };
    Browsers {
        fingerprint: certificate.fingerprint(),
        candidates: workers.iter().map(candidates).collect(),
        connections: config.browser_connections(),
    }
}

/// The way of connections that carry media from the port of HTTP to these workers.
pub(super) fn door(workers: &[Worker]) -> MediaDoor {
    let doors: Vec<worker::Door> = workers.iter().map(Worker::door).collect();
    MediaDoor::new(move |come| {
        let api::MediaConnection {
            worker,
            socket,
            peer,
            first,
        } = come;
        let connection = worker::Connection {
            socket,
            peer,
            first,
        };
        // One for which nobody has time is closed: the browser tries again.
        if let Some(door) = doors.get(worker) {
            door.admit(connection);
        }
    })
}

/// The port that the browsers of the nth worker share, when the first one's is set.
fn browser_port(first: u16, index: usize) -> u16 {
    let index = u16::try_from(index).unwrap_or(u16::MAX);
    if first == 0 {
        0
    } else {
        first.saturating_add(index)
    }
}
