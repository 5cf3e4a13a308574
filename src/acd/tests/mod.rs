//! The floor's tests: stories by rule, and random lives.

mod distribution;
mod estimate;
mod first;
mod hours;
mod kept;
mod large;
mod offers;
mod passed_on;
mod random_lives;
mod sender;
mod settings_change;
mod status;
mod sticky;
mod waiting;
mod wrap_up;

use super::*;
use crate::random::Random;
use crate::settings::{self, Account, Announcement, MaxWait, WrapUp};
use std::time::{Duration, Instant};

const CALM: QueueId = QueueId(1);
const BUSY: QueueId = QueueId(2);

/// Two queues, served by agents 1–3 and by agent 3 alone; no messages, no longest wait.
fn account() -> Account {
    Account {
        queues: vec![queue(CALM, &[1, 2, 3]), queue(BUSY, &[3])],
        agents: (1..=3).map(member).collect(),
        ..Account::new("test")
    }
}

fn queue(id: QueueId, agents: &[u32]) -> settings::Queue {
    settings::Queue {
        agents: agents.iter().copied().map(AgentId).collect(),
        reoffer_delay: Duration::from_secs(10),
        ..settings::Queue::new(id, &format!("queue {id}"))
    }
}

fn member(id: u32) -> settings::Agent {
    settings::Agent {
        id: AgentId(id),
        name: format!("agent {id}"),
        user: id.to_string(),
        password: settings::Secret(String::new()),
        wrap_up: None,
        record_calls: true,
        record_direction: settings::Directions::Both,
        teams: vec![],
        habits: settings::Habits::default(),
    }
}

fn text() -> settings::Message {
    settings::Message::text("hello")
}

fn max_wait(after: u64, then: OnMaxWait) -> Option<MaxWait> {
    Some(MaxWait {
        after: Duration::from_secs(after),
        message: None,
        then,
    })
}

fn announcement(every: u64) -> Option<Announcement> {
    Some(Announcement {
        message: text(),
        every: Duration::from_secs(every),
        codes: settings::Codes::default(),
    })
}

/// A floor in virtual time that writes down what it is told to do, with the second.
struct Story {
    floor: Floor,
    start: Instant,
    now: Instant,
    log: Vec<String>,
}

impl Story {
    fn new(account: &Account) -> Self {
        let start = some_instant();
        Self {
            floor: Floor::new(account, Random::seeded(1)),
            start,
            now: start,
            log: Vec::new(),
        }
    }

    /// A floor on which these agents are available, idle since one second after the other.
    fn with_agents(account: &Account, agents: &[u32]) -> Self {
        let mut story = Self::new(account);
        for agent in agents {
            story = story.reachable(*agent, true);
            story.now += Duration::from_secs(1);
        }
        story.start = story.now;
        story
    }

    fn input(mut self, input: Input) -> Self {
        self.step(input);
        self
    }

    fn step(&mut self, input: Input) {
        let mut out = Vec::new();
        self.floor.handle(self.now, input, &mut out);
        self.floor.check();
        let second = (self.now - self.start).as_secs();
        let lines = out
            .iter()
            .map(|action| format!("{second}: {}", read(action)));
        self.log.extend(lines);
    }

    /// Lets time pass, from deadline to deadline.
    fn wait(mut self, seconds: u64) -> Self {
        let end = self.now + Duration::from_secs(seconds);
        while let Some(at) = self.floor.poll_timeout().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.step(Input::Timeout);
            let next = self.floor.poll_timeout();
            assert!(next.is_none_or(|next| next > self.now), "time stands still");
        }
        self.now = end;
        self
    }

    fn joins(self, call: u64) -> Self {
        self.joins_queue(call, CALM)
    }

    fn joins_queue(self, call: u64, queue: QueueId) -> Self {
        self.arrives(call, Arrival::at(queue))
    }

    fn arrives(self, call: u64, arrival: Arrival) -> Self {
        let call = CallId(call);
        self.input(Input::Join { call, arrival })
    }

    fn passes_on(self, call: u64) -> Self {
        let (call, arrival) = (CallId(call), Arrival::at(CALM));
        self.input(Input::PassOn { call, arrival })
    }

    fn hands(self, call: u64, agent: u32) -> Self {
        let (call, agent) = (CallId(call), AgentId(agent));
        self.input(Input::Hand { call, agent })
    }

    fn heard(self, call: u64) -> Self {
        self.input(Input::Heard { call: CallId(call) })
    }

    fn leaves(self, call: u64) -> Self {
        self.input(Input::Leave { call: CallId(call) })
    }

    fn reachable(self, agent: u32, reachable: bool) -> Self {
        self.input(Input::Reachable {
            agent: AgentId(agent),
            reachable,
        })
    }

    fn says(self, agent: u32, status: Status) -> Self {
        let agent = AgentId(agent);
        self.input(Input::Status { agent, status })
    }

    fn ends_wrap_up(self, agent: u32) -> Self {
        let agent = AgentId(agent);
        self.input(Input::EndWrapUp { agent })
    }

    fn extends_wrap_up(self, agent: u32) -> Self {
        let agent = AgentId(agent);
        self.input(Input::ExtendWrapUp { agent })
    }

    fn occupied(self, agent: u32, occupied: bool) -> Self {
        self.input(Input::Occupied {
            agent: AgentId(agent),
            occupied,
        })
    }

    fn accepts(self, agent: u32, call: u64) -> Self {
        self.input(Input::Accept {
            agent: AgentId(agent),
            call: CallId(call),
        })
    }

    fn refuses(self, agent: u32, call: u64, why: Refusal) -> Self {
        self.input(Input::Refuse {
            agent: AgentId(agent),
            call: CallId(call),
            why,
        })
    }

    fn load(self, agent: u32, conversations: u32) -> Self {
        self.input(Input::Load {
            agent: AgentId(agent),
            conversations,
        })
    }

    /// What has been asked for since the last time, music apart.
    #[track_caller]
    fn expect(mut self, lines: &[&str]) -> Self {
        self.log.retain(|line| !line.contains("music"));
        assert_eq!(self.log, lines);
        self.log.clear();
        self
    }

    /// The same with music.
    #[track_caller]
    fn hears(mut self, lines: &[&str]) -> Self {
        assert_eq!(self.log, lines);
        self.log.clear();
        self
    }

    #[track_caller]
    fn agent_is(self, agent: u32, is: impl FnOnce(AgentState) -> bool) -> Self {
        let state = self.floor.agent(AgentId(agent)).expect("an agent");
        assert!(is(state), "{state:?}");
        self
    }
}

/// An action in few words.
fn read(action: &Action) -> String {
    match action {
        Action::Say { call, message, .. } => format!("say {message:?} to {}", call.0),
        Action::Music { call, experience } => match experience {
            WaitingKey::Queue(queue) => format!("music {queue} to {}", call.0),
            WaitingKey::Strategy(_) | WaitingKey::Hours(_) => {
                format!("music of {experience:?} to {}", call.0)
            }
        },
        Action::Redirect { call, queue } => format!("redirect {} to {queue}", call.0),
        Action::Offer { call, agent, .. } => format!("offer {} to {agent}", call.0),
        Action::Revoke { call, agent, why } => format!("revoke {} from {agent}: {why:?}", call.0),
        Action::Connect { call, agent } => format!("connect {} to {agent}", call.0),
        Action::Dismiss { call, agent } => format!("dismiss {agent} of {}", call.0),
        Action::GiveUp { call, then, why } => match why {
            Farewell::MaxWait => format!("give up {}: {then:?}", call.0),
            Farewell::Closed => format!("give up {}, closed: {then:?}", call.0),
            Farewell::NotThere => format!("give up {}, not there: {then:?}", call.0),
            Farewell::NoRoom => format!("give up {}, no room: {then:?}", call.0),
        },
        Action::Paused { agent, queue } => format!("pause {agent} of {queue}"),
        Action::WrappedUp { agent } => format!("wrapped up {agent}"),
        Action::NotTaken { call, agent } => format!("{agent} has not taken {}", call.0),
    }
}
