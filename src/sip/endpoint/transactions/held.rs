//! Requests in a dialog whose next proxy is a name (RFC 3261 §12.2.1.1, RFC 3263): they wait for
//! where it leads to, in their order, and all with one branch go one way.
//!
//! ```text
//!   held ──places──▶ moved: to the first that fits
//!     └──none, none that fits, too many held──▶ as written: where the dialog was made
//! ```

use super::super::route::way_to;
use super::{Key, Transactions, Transmit, Way};
use crate::sip::resolve::Seeker;
use crate::sip::{Flow, Hop};
use std::collections::VecDeque;

/// Branches at one time that wait or have moved: of more, the oldest goes as written.
const MAX_HELD: usize = 256;

/// What begins a branch of ours in a request.
const BRANCH: &[u8] = b";branch=";

/// All requests that wait for a look-up, or had one.
#[derive(Debug, Default)]
pub(super) struct Held {
    all: VecDeque<Branch>,
    last: u64,
}

#[derive(Debug)]
struct Branch {
    seeker: Seeker,
    branch: String,
    made_on: Flow,
    state: State,
}

#[derive(Debug)]
enum State {
    Waiting(Vec<Transmit>),
    /// For what is sent again: the ACK of a 2xx, a repeated request.
    Moved(Way),
}

impl Transactions {
    /// What bears this branch waits for where its proxy is.
    pub(in crate::sip::endpoint) fn hold(&mut self, branch: &str, made_on: Flow) -> Seeker {
        if self.held.all.len() >= MAX_HELD
            && let Some(oldest) = self.held.all.pop_front()
            && let State::Waiting(waiting) = oldest.state
        {
            self.out.extend(waiting);
        }
        self.held.last += 1;
        let seeker = Seeker(self.held.last);
        self.held.all.push_back(Branch {
            seeker,
            branch: branch.to_owned(),
            made_on,
            state: State::Waiting(vec![]),
        });
        seeker
    }

    /// The places of a proxy: what has waited goes to the first that is reached as the dialog was
    /// made. What is encrypted stays so.
    pub(in crate::sip::endpoint) fn found(&mut self, seeker: Seeker, hops: &[Hop]) {
        let position = self.held.all.iter().position(|held| held.seeker == seeker);
        let Some(mut held) = position.and_then(|at| self.held.all.remove(at)) else {
            return;
        };
        let made_on = held.made_on;
        let fits = |hop: &&Hop| hop.transport == made_on.transport;
        // The connection to that host is used while it is there.
        let is_there =
            |hop: &Hop| made_on.connection != 0 && hop.address.ip() == made_on.remote.ip();
        let hop = hops.iter().find(fits).filter(|hop| !is_there(hop));
        let way = hop.and_then(|hop| way_to(hop, &self.listeners));
        let State::Waiting(waiting) = std::mem::replace(&mut held.state, State::Waiting(vec![]))
        else {
            return;
        };
        let Some(way) = way else {
            self.out.extend(waiting);
            return;
        };
        let is_it = |key: &Key| matches!(key, Key::Client(key) if key.branch() == held.branch);
        for slot in self.slots.values_mut().filter(|slot| is_it(&slot.key)) {
            (slot.flow, slot.name) = (way.flow, way.name.clone());
        }
        for transmit in waiting {
            let moved = self.moved(transmit, &way);
            self.out.push_back(moved);
        }
        held.state = State::Moved(way);
        self.held.all.push_back(held);
    }

    /// The next bytes for the network that need not wait.
    pub(in crate::sip::endpoint) fn poll_transmit(&mut self) -> Option<Transmit> {
        loop {
            let transmit = self.out.pop_front()?;
            let branch = match self.held.all.is_empty() {
                true => None,
                false => branch_of(&transmit.bytes),
            };
            let Some(branch) = branch else {
                return Some(transmit);
            };
            let mut all = self.held.all.iter_mut();
            match all
                .find(|held| held.branch == branch)
                .map(|held| &mut held.state)
            {
                None => return Some(transmit),
                // One copy is enough of what was repeated meanwhile.
                Some(State::Waiting(waiting)) if waiting.contains(&transmit) => {}
                Some(State::Waiting(waiting)) => waiting.push(transmit),
                Some(State::Moved(way)) => {
                    let way = way.clone();
                    return Some(self.moved(transmit, &way));
                }
            }
        }
    }

    /// The same by another way. A connection that was opened for it bears its number already.
    fn moved(&self, transmit: Transmit, way: &Way) -> Transmit {
        let flow = match super::super::route::is_on(way.flow, transmit.flow) {
            true => transmit.flow,
            false => way.flow,
        };
        Transmit {
            flow,
            name: way.name.clone(),
            bytes: self.written_for(flow, transmit.bytes),
        }
    }
}

/// The branch of the topmost Via, if it is a request.
fn branch_of(bytes: &[u8]) -> Option<&str> {
    if bytes.starts_with(b"SIP/2.0 ") {
        return None;
    }
    let from = bytes
        .windows(BRANCH.len())
        .position(|window| window == BRANCH)?;
    let rest = bytes.get(from + BRANCH.len()..)?;
    let end = rest.iter().position(|byte| !byte.is_ascii_alphanumeric())?;
    std::str::from_utf8(rest.get(..end)?).ok()
}
