//! The media workers: one for each core, each with a share of the ports.

use super::inbox::Inbox;
use crate::clock::Clock;
use crate::config::Config;
use crate::media::{Command, Engine, Library};
use crate::random::Random;
use crate::switch::Input;
use crate::vault::Vault;
use crate::worker::{self, Worker};
use jiff::Timestamp;
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
        let inbox = inbox.clone();
        let config = worker::Config {
            index,
            bind: media.address,
            ports: ports.to_vec(),
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
