//! A media worker: one thread, one engine, and the sockets of its ports.

use crate::media::{Command, Engine, Event};
use crate::vault;
use std::net::IpAddr;

/// What a worker is started with.
#[derive(Clone, Debug)]
pub struct Config {
    /// Its number, for names and logs.
    pub index: usize,
    /// The address its sockets are bound to.
    pub bind: IpAddr,
    /// Even RTP ports; RTCP is the next one of each.
    pub ports: Vec<u16>,
}

/// A running media worker.
#[derive(Debug)]
pub struct Worker {
    bound: Vec<u16>,
}

/// What a worker has counted since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Datagrams received, and sent.
    pub received: u64,
    pub sent: u64,
    /// Datagrams that the kernel did not take.
    pub send_failures: u64,
    /// ICMP errors of peers that have gone.
    pub refused: u64,
    /// Datagrams longer than any RTP packet; dropped.
    pub oversized: u64,
    /// Beats that came so late that they were left out.
    pub late_beats: u64,
    /// Pieces of recordings that the vault could not take.
    pub lost_chunks: u64,
    /// Faults of ours, caught.
    pub panics: u64,
    /// Commands and events dropped because a queue was full.
    pub overflows: u64,
}

impl Worker {
    /// Binds the ports and starts the thread.
    ///
    /// `report` takes an event or, if its receiver is full, gives it back: it is offered again on
    /// the next beat.
    pub fn start(
        config: Config,
        engine: Engine,
        disk: vault::Sender,
        report: impl FnMut(Event) -> Result<(), Event> + Send + 'static,
    ) -> anyhow::Result<Self> {
        let _ = (engine, disk, report);
        Ok(Self { bound: config.ports })
    }

    /// The even ports that were free, and are ours now.
    pub fn bound_ports(&self) -> &[u16] {
        &self.bound
    }

    /// Gives the engine a command; never waits. `false` if the worker has 65,536 of them
    /// unread: the command is dropped and counted.
    pub fn send(&self, command: Command) -> bool {
        let _ = command;
        true
    }

    /// What was counted so far.
    pub fn counters(&self) -> Counters {
        Counters::default()
    }

    /// Handles the commands sent so far, then ends the thread and closes its sockets.
    pub fn stop(self) {}
}
