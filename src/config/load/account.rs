//! The account: queues, agents, trunks and routes. References by name become ids here; whether it
//! all makes sense is for [`Account::check`].

use super::Loader;
use crate::config::suggest::did_you_mean;
use crate::config::table::Table;
use crate::id::{AgentId, QueueId, TrunkId};
use crate::route;
use crate::settings::{
    Account, Agent, Announcement, Composition, Destination, Directions, MaxWait, Message,
    OnMaxWait, Queue, Recording, Route, Secret, Timeouts, WrapUp, defaults,
};

/// The names that others refer to.
pub(super) struct Names {
    queues: Vec<(String, QueueId)>,
    agents: Vec<(String, AgentId)>,
    pub(super) trunks: Vec<(String, TrunkId)>,
}

impl Loader<'_> {
    pub(super) fn account(&mut self, root: &mut Table<'_>) -> Account {
        let name = self.account_name(root);
        let agents = self.agents(root);
        let tables = root.tables("queue", &mut self.report);
        let mut names = Names {
            queues: vec![],
            agents: agents.iter().map(|a| (a.user.clone(), a.id)).collect(),
            trunks: vec![],
        };
        // A queue may redirect to a later one: all names are read first.
        let mut named = vec![];
        for (id, mut table) in (1..).map(QueueId).zip(tables) {
            let name = table.required("name", &mut self.report);
            names.queues.push((name.clone(), id));
            named.push((id, name, table));
        }
        let queues = named
            .into_iter()
            .map(|(id, name, table)| self.queue(id, name, table, &names));
        let queues = queues.collect();
        let trunks = (1..)
            .map(TrunkId)
            .zip(root.tables("trunk", &mut self.report));
        let trunks: Vec<_> = trunks.map(|(id, table)| self.trunk(id, table)).collect();
        names.trunks = trunks.iter().map(|t| (t.name.clone(), t.id)).collect();
        let outbound = root.tables("outbound", &mut self.report).into_iter();
        let outbound = outbound.map(|table| self.outbound(table, &names)).collect();
        let routes = root.tables("route", &mut self.report).into_iter();
        let routes = routes.map(|table| self.route(table, &names)).collect();
        let account = Account {
            name,
            queues,
            agents,
            trunks,
            routes,
            outbound,
            dialling: self.dialling(root),
            timeouts: self.timeouts(root),
            wrap_up: self.wrap_up(root),
            recording: self.recording(root),
        };
        for problem in account.check().err().unwrap_or_default() {
            self.report.of(&problem.path, &problem.mend);
        }
        account
    }

    fn account_name(&mut self, root: &mut Table<'_>) -> String {
        let Some(mut table) = root.table("account", &mut self.report) else {
            return "main".into();
        };
        let name = table.required("name", &mut self.report);
        table.done(&mut self.report);
        name
    }

    fn agents(&mut self, root: &mut Table<'_>) -> Vec<Agent> {
        let tables = root.tables("agent", &mut self.report);
        let agents = (1..).map(AgentId).zip(tables).map(|(id, mut table)| {
            let report = &mut self.report;
            let user = table.required("user", report);
            let name = table.string("name", report).unwrap_or_else(|| user.clone());
            let password = Secret(table.required("password", report));
            let own_id = table.number("id", 1..=u32::MAX, report).map(AgentId);
            let wrap_up = table.seconds("wrap_up_s", report);
            let record_calls = table.boolean("record_calls", report).unwrap_or(true);
            let habits = self.habits(&mut table);
            table.done(&mut self.report);
            Agent {
                id: own_id.unwrap_or(id),
                name,
                user,
                password,
                wrap_up,
                record_calls,
                habits,
            }
        });
        agents.collect()
    }

    fn queue(&mut self, id: QueueId, name: String, mut table: Table<'_>, names: &Names) -> Queue {
        let agents = match table.strings("agents", &mut self.report) {
            Some(users) => self.members(users, names),
            // Whoever names none means all.
            None => names.agents.iter().map(|(_, id)| *id).collect(),
        };
        let greeting = table.table("greeting", &mut self.report);
        let greeting = greeting.and_then(|message| self.message(message));
        let music = table.table("music", &mut self.report);
        let music = music.and_then(|message| self.message(message));
        let announcement = table.table("announcement", &mut self.report);
        let announcement = announcement.and_then(|mut table| {
            let every = table.seconds("every_s", &mut self.report);
            Some(Announcement {
                message: self.message(table)?,
                every: every.unwrap_or(defaults::ANNOUNCE_EVERY),
            })
        });
        let max_wait = table.table("max_wait", &mut self.report);
        let max_wait = max_wait.map(|table| self.max_wait(table, names));
        let reoffer_delay = table.seconds("reoffer_delay_s", &mut self.report);
        table.done(&mut self.report);
        Queue {
            id,
            name,
            agents,
            greeting,
            music,
            announcement,
            max_wait,
            reoffer_delay: reoffer_delay.unwrap_or(defaults::REOFFER_DELAY),
        }
    }

    pub(super) fn members(&mut self, users: Vec<(String, String)>, names: &Names) -> Vec<AgentId> {
        let mut members = vec![];
        for (path, user) in users {
            match names.agents.iter().find(|(known, _)| *known == user) {
                Some((_, id)) => members.push(*id),
                None => {
                    let known = names.agents.iter().map(|(known, _)| known.as_str());
                    let mend = did_you_mean(&user, known);
                    self.report
                        .of(&path, format!("no agent has the user {user:?}{mend}"));
                }
            }
        }
        members
    }

    /// A file, or a text to be spoken.
    fn message(&mut self, mut table: Table<'_>) -> Option<Message> {
        let report = &mut self.report;
        let file = table.string("file", report);
        let text = table.string("text", report);
        let voice = table.string("voice", report);
        let rate = table.number("rate", 80..=450, report);
        let path = table.own_path().to_owned();
        let is_file = table.has("file");
        if is_file == table.has("text") {
            report.of(&path, "either { file = \"…\" } or { text = \"…\" }");
        } else if is_file && (voice.is_some() || rate.is_some()) {
            report.of(&path, "a file has no voice and no rate: leave them out");
        }
        table.done(report);
        if let Some(file) = file {
            let found = self.folder.join(&file);
            if !(self.files.exists)(&found) {
                let mend = format!("there is no file {}", found.display());
                self.report.of(&format!("{path}.file"), mend);
            }
            return Some(Message::File(found));
        }
        let rate = rate.and_then(|rate| u16::try_from(rate).ok());
        Some(Message::Text {
            text: text?,
            voice: voice.unwrap_or_else(|| defaults::VOICE.into()),
            rate: rate.unwrap_or(defaults::SPEECH_RATE),
        })
    }

    fn max_wait(&mut self, mut table: Table<'_>, names: &Names) -> MaxWait {
        if !table.has("after_s") {
            table.missing("after_s", &mut self.report);
        }
        let after = table
            .seconds("after_s", &mut self.report)
            .unwrap_or_default();
        let message = table.table("message", &mut self.report);
        let message = message.and_then(|message| self.message(message));
        let then = self.then(&mut table, names).unwrap_or(OnMaxWait::End);
        table.done(&mut self.report);
        MaxWait {
            after,
            message,
            then,
        }
    }

    /// The action after the longest wait: to end the call where none is named.
    fn then(&mut self, table: &mut Table<'_>, names: &Names) -> Option<OnMaxWait> {
        if !table.has("then") {
            // Still a key that is known.
            return table
                .string("then", &mut self.report)
                .map(|_| OnMaxWait::End);
        }
        if table.is_text("then") {
            return table.choice("then", &[("end", OnMaxWait::End)], &mut self.report);
        }
        let mut then = table.table("then", &mut self.report)?;
        let path = then.own_path().to_owned();
        let queue = self.queue_named(&mut then, names);
        let number = then.string("external", &mut self.report);
        if then.has("queue") == then.has("external") {
            let mend = "\"end\", { queue = \"…\" } or { external = \"+49…\" }";
            self.report.of(&path, mend);
        }
        then.done(&mut self.report);
        let number = number.map(|number| {
            let digits = route::normal(&number);
            digits
                .strip_prefix('+')
                .and_then(|digits| digits.parse().ok())
        });
        match number {
            Some(Some(number)) => Some(OnMaxWait::External(number)),
            Some(None) => {
                let mend = "an E.164 number: \"+49 30 123456\"";
                self.report.of(&format!("{path}.external"), mend);
                None
            }
            None => queue.map(OnMaxWait::Queue),
        }
    }

    /// The queue that the key `queue` names.
    fn queue_named(&mut self, table: &mut Table<'_>, names: &Names) -> Option<QueueId> {
        let name = table.string("queue", &mut self.report)?;
        let found = names.queues.iter().find(|(known, _)| *known == name);
        if found.is_none() {
            let mend = did_you_mean(&name, names.queues.iter().map(|(known, _)| known.as_str()));
            let mend = format!("no queue is called {name:?}{mend}");
            self.report.of(&table.path("queue"), mend);
        }
        found.map(|(_, id)| *id)
    }

    fn route(&mut self, mut table: Table<'_>, names: &Names) -> Route {
        let number = table.required("number", &mut self.report);
        let words = [("echo", Destination::Echo), ("music", Destination::Music)];
        let to = if !table.has("to") || table.is_text("to") {
            if !table.has("to") {
                table.missing("to", &mut self.report);
            }
            table.choice("to", &words, &mut self.report)
        } else {
            table.table("to", &mut self.report).and_then(|mut to| {
                let queue = self.queue_named(&mut to, names);
                if !to.has("queue") {
                    let mend = "\"echo\", \"music\" or { queue = \"…\" }";
                    self.report.of(to.own_path(), mend);
                }
                to.done(&mut self.report);
                queue.map(Destination::Queue)
            })
        };
        table.done(&mut self.report);
        Route {
            number: pattern(&number),
            to: to.unwrap_or(Destination::Echo),
        }
    }

    fn timeouts(&mut self, root: &mut Table<'_>) -> Timeouts {
        let usual = Timeouts::default();
        let report = &mut self.report;
        let Some(mut table) = root.table("timeouts", report) else {
            return usual;
        };
        let (agent, customer) = (
            table.seconds("agent_s", report),
            table.seconds("customer_s", report),
        );
        table.done(report);
        Timeouts {
            agent: agent.unwrap_or(usual.agent),
            customer: customer.unwrap_or(usual.customer),
        }
    }

    fn wrap_up(&mut self, root: &mut Table<'_>) -> WrapUp {
        let usual = WrapUp::default();
        let report = &mut self.report;
        let Some(mut table) = root.table("wrap_up", report) else {
            return usual;
        };
        let enabled = table.boolean("enabled", report);
        let default = table.seconds("default_s", report);
        table.done(report);
        WrapUp {
            enabled: enabled.unwrap_or(usual.enabled),
            default: default.unwrap_or(usual.default),
        }
    }

    fn recording(&mut self, root: &mut Table<'_>) -> Recording {
        let usual = Recording::default();
        let report = &mut self.report;
        let Some(mut table) = root.table("recording", report) else {
            return usual;
        };
        let directions = [
            ("inbound", Directions::Inbound),
            ("outbound", Directions::Outbound),
            ("both", Directions::Both),
        ];
        let compositions = [
            ("legs", Composition::Legs),
            ("unified", Composition::Unified),
            ("both", Composition::Both),
        ];
        let enabled = table.boolean("enabled", report);
        let direction = table.choice("direction", &directions, report);
        let composition = table.choice("composition", &compositions, report);
        table.done(report);
        Recording {
            enabled: enabled.unwrap_or(usual.enabled),
            direction: direction.unwrap_or(usual.direction),
            composition: composition.unwrap_or(usual.composition),
        }
    }
}

/// The pattern of a route with its number in the one spelling.
pub(super) fn pattern(text: &str) -> String {
    match text.strip_suffix('*') {
        Some(prefix) => format!("{}*", route::normal(prefix)),
        None => route::normal(text),
    }
}
