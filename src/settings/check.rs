//! Whether the settings of an account make sense, before they take effect (B20).
//!
//! Fields are named as in the configuration file: `queue[0].max_wait.after_s`.

mod callbacks;
mod hours;
mod links;
mod moment;
mod recording;
mod speech;
mod trunks;
mod waiting;

use super::defaults::{AUTO_PAUSE, LOST_PAGE, RATE, REOFFER, RING, TEAMS, TEAMS_OF_AGENT, WRAP_UP};
use super::{Account, Agent, Destination, Message, Network, Quality, Queue};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

/// A setting that cannot be: where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {mend}")]
pub struct Problem {
    /// The field: `queue[0].max_wait.then`, lists counted from 0.
    pub path: String,
    /// What is wrong and how to mend it.
    pub mend: String,
}

impl Account {
    /// Checks ranges, references and uniqueness. All problems at once.
    ///
    /// # Errors
    /// Every problem found, in the order of the fields.
    pub fn check(&self) -> Result<(), Vec<Problem>> {
        let mut found = Problems {
            neural: self.neural_voices,
            ..Problems::default()
        };
        found.name("account.name", &self.name);
        if self.name.starts_with('.') || self.name.contains(['/', '\\']) {
            found.add(
                "account.name",
                "it names a folder: no / or \\, no dot in front",
            );
        }
        found.queues(self);
        found.strategies(self);
        found.all_hours(self);
        found.callbacks(self);
        found.call_links(self);
        found.moments(self);
        found.recording(&self.recording);
        found.agents(&self.agents);
        found.trunks(&self.trunks);
        found.routes(self);
        found.outbound(self);
        found.range("timeouts.agent_s", self.timeouts.agent, RING);
        found.range("timeouts.customer_s", self.timeouts.customer, RING);
        found.range("timeouts.page_s", self.timeouts.page, LOST_PAGE);
        found.range("wrap_up.default_s", self.wrap_up.default, WRAP_UP);
        found.not_ready(&self.not_ready);
        match found.found.is_empty() {
            true => Ok(()),
            false => Err(found.found),
        }
    }
}

#[derive(Default)]
struct Problems {
    found: Vec<Problem>,
    /// Texts may be spoken by neural voices (R44).
    neural: bool,
}

impl Problems {
    fn add(&mut self, path: impl Into<String>, mend: impl Into<String>) {
        self.found.push(Problem {
            path: path.into(),
            mend: mend.into(),
        });
    }

    fn queues(&mut self, account: &Account) {
        self.unique("queue", "name", account.queues.iter().map(|q| &q.name));
        self.unique("queue", "id", account.queues.iter().map(|q| q.id));
        for (index, queue) in account.queues.iter().enumerate() {
            self.queue(account, &format!("queue[{index}]"), queue);
        }
    }

    fn queue(&mut self, account: &Account, path: &str, queue: &Queue) {
        self.name(&format!("{path}.name"), &queue.name);
        let agents = format!("{path}.agents");
        for id in &queue.agents {
            if account.agent(*id).is_none() {
                self.add(&agents, format!("there is no agent {id}"));
            }
        }
        if queue.agents.iter().collect::<BTreeSet<_>>().len() < queue.agents.len() {
            self.add(agents, "an agent is named twice");
        }
        self.waiting(account, path, &queue.waiting);
        self.redirect(account, path, &[queue.id], &queue.waiting);
        if let Some(id) = queue.hours.filter(|id| account.hours(*id).is_none()) {
            let mend = format!("there are no working hours {id}");
            self.add(format!("{path}.hours"), mend);
        }
        if queue
            .auto_pause
            .is_some_and(|missed| !AUTO_PAUSE.contains(&missed))
        {
            self.add(
                format!("{path}.auto_pause"),
                "must be 1 to 100 missed offers",
            );
        }
        let delay = format!("{path}.reoffer_delay_s");
        self.range(&delay, queue.reoffer_delay, REOFFER);
    }

    fn agents(&mut self, agents: &[Agent]) {
        self.unique("agent", "user", agents.iter().map(|agent| &agent.user));
        self.unique("agent", "id", agents.iter().map(|agent| agent.id));
        for (index, agent) in agents.iter().enumerate() {
            let path = format!("agent[{index}]");
            self.name(&format!("{path}.name"), &agent.name);
            // RFC 3261 §25.1: what stands in a user without escapes, and is safe in a folder.
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_.+".contains(c);
            if agent.user.is_empty() || agent.user.len() > 64 || !agent.user.chars().all(plain) {
                let mend = "1 to 64 letters, digits and - _ . +";
                self.add(format!("{path}.user"), mend);
            }
            if agent.password.0.len() < 8 {
                let mend = "at least 8 characters, or the phone is anybody's";
                self.add(format!("{path}.password"), mend);
            }
            if let Some(wrap_up) = agent.wrap_up {
                self.range(&format!("{path}.wrap_up_s"), wrap_up, WRAP_UP);
            }
            self.teams(&format!("{path}.teams"), &agent.teams);
            self.habits(&path, &agent.habits);
        }
        let teams = agents.iter().flat_map(|agent| &agent.teams);
        if teams.collect::<BTreeSet<_>>().len() > TEAMS {
            self.add("agent", format!("at most {TEAMS} teams in all"));
        }
    }

    fn teams(&mut self, path: &str, teams: &[String]) {
        for (index, team) in teams.iter().enumerate() {
            self.name(&format!("{path}[{index}]"), team);
        }
        if teams.len() > TEAMS_OF_AGENT {
            self.add(path, format!("at most {TEAMS_OF_AGENT} teams"));
        }
        if teams.iter().collect::<BTreeSet<_>>().len() < teams.len() {
            self.add(path, "a team is named twice");
        }
    }

    fn not_ready(&mut self, reasons: &[String]) {
        self.unique("status.not_ready", "name", reasons.iter());
        for (index, reason) in reasons.iter().enumerate() {
            self.name(&format!("status.not_ready[{index}]"), reason);
        }
        if reasons.len() > 100 {
            self.add("status.not_ready", "at most 100 reasons");
        }
    }

    fn routes(&mut self, account: &Account) {
        for (index, route) in account.routes.iter().enumerate() {
            let path = format!("route[{index}].number");
            self.pattern(&path, &route.number);
            let earlier = account.routes.iter().take(index);
            if let Some(hiding) = earlier
                .map(|r| &r.number)
                .find(|n| covers(n, &route.number))
            {
                let mend = format!("never reached: {hiding:?} above takes its calls; swap them");
                self.add(&path, mend);
            }
            match route.to {
                Destination::Queue(id) if account.queue(id).is_none() => {
                    let mend = format!("there is no queue {id}");
                    self.add(format!("route[{index}].to"), mend);
                }
                Destination::Queue(_) | Destination::Echo | Destination::Music => {}
            }
        }
    }

    fn message(&mut self, path: &str, message: Option<&Message>) {
        match message {
            Some(Message::File(file)) if file.as_os_str().is_empty() => {
                self.add(format!("{path}.file"), "the name of a file is missing");
            }
            None | Some(Message::File(_)) => {}
            Some(Message::Text {
                text,
                voice,
                rate,
                position,
                quality,
            }) => {
                self.placeholders(path, text, voice, (*position, *quality));
                if text.trim().is_empty() || text.len() > 5_000 {
                    self.add(format!("{path}.text"), "1 to 5,000 bytes of text");
                }
                // It becomes an argument of the speech engine, and must not look like an option.
                let plain = |c: char| c.is_ascii_alphanumeric() || "-_+".contains(c);
                if !voice.starts_with(|c: char| c.is_ascii_alphanumeric())
                    || !voice.chars().all(plain)
                {
                    let mend = "the name of a voice, such as en, de or pt-br";
                    self.add(format!("{path}.voice"), mend);
                }
                if *quality == Quality::Neural && !self.neural {
                    let mend = "the account has no neural voices: set speech.neural = true (R44)";
                    self.add(format!("{path}.quality"), mend);
                }
                if !RATE.contains(rate) {
                    let mend = format!("{rate} words a minute: must be 80 to 450");
                    self.add(format!("{path}.rate"), mend);
                }
            }
        }
    }

    fn name(&mut self, path: &str, name: &str) {
        if name.trim().is_empty() || name.len() > 64 || name.contains(char::is_control) {
            self.add(path, "1 to 64 bytes of text");
        }
    }

    fn range(&mut self, path: &str, value: Duration, range: RangeInclusive<Duration>) {
        if !range.contains(&value) {
            let (low, high) = (range.start().as_secs(), range.end().as_secs());
            let value = value.as_secs_f64();
            self.add(path, format!("{value} s: must be {low} to {high} s"));
        }
    }

    fn unique<T: Ord + std::fmt::Debug>(
        &mut self,
        list: &str,
        field: &str,
        values: impl Iterator<Item = T>,
    ) {
        let mut seen = BTreeMap::new();
        for (index, value) in values.enumerate() {
            if let Some(first) = seen.get(&value) {
                let mend = format!("{value:?} is {list}[{first}]'s already");
                self.add(format!("{list}[{index}].{field}"), mend);
            } else {
                seen.insert(value, index);
            }
        }
    }
}

impl Network {
    /// The bits of an address of this family.
    pub fn bits(&self) -> u8 {
        match self.address {
            IpAddr::V4(_) => 32,
            IpAddr::V6(_) => 128,
        }
    }

    /// The same network with all bits behind the prefix cleared.
    pub fn base(&self) -> (IpAddr, u8) {
        let free = u32::from(self.bits().saturating_sub(self.prefix));
        let base = match self.address {
            IpAddr::V4(address) => {
                let mask = u32::MAX.checked_shl(free).unwrap_or(0);
                IpAddr::from((address.to_bits() & mask).to_be_bytes())
            }
            IpAddr::V6(address) => {
                let mask = u128::MAX.checked_shl(free).unwrap_or(0);
                IpAddr::from((address.to_bits() & mask).to_be_bytes())
            }
        };
        (base, self.prefix)
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

/// Whether each number of one pattern is one of another.
fn covers(pattern: &str, other: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => other.strip_suffix('*').unwrap_or(other).starts_with(prefix),
        None => pattern == other,
    }
}
