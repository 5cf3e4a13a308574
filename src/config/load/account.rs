//! The account: agents, routes and what holds for all. References by name become ids here; whether it
//! all makes sense is for [`Account::check`].

use super::Loader;
use crate::config::suggest::did_you_mean;
use crate::config::table::Table;
use crate::config::words::{DESTINATIONS, DIRECTIONS, MISSED_CALLS};
use crate::id::{
    AgentId, CallLinkConfigId, CallbackConfigId, HoldId, HoursId, QueueId, StrategyId, TrunkId,
};
use crate::route;
use crate::settings::defaults::{LOST_PAGE, RING, WRAP_UP};
use crate::settings::{
    Account, Agent, Destination, Directions, MissedCalls, Route, Secret, Timeouts, WrapUp,
};

/// The names that others refer to.
#[derive(Default)]
pub(super) struct Names {
    pub(super) queues: Vec<(String, QueueId)>,
    pub(super) agents: Vec<(String, AgentId)>,
    pub(super) trunks: Vec<(String, TrunkId)>,
    pub(super) hours: Vec<(String, HoursId)>,
    pub(super) callbacks: Vec<(String, CallbackConfigId)>,
}

/// Sections that have a name, each with the id that it gives or that its position makes.
pub(super) type Named<'t, Id> = Vec<(Id, String, Table<'t>)>;

impl Loader<'_> {
    pub(super) fn account(&mut self, root: &mut Table<'_>) -> Account {
        let name = self.account_name(root);
        let agents = self.agents(root);
        // A queue may redirect to a later one, a code may ask for any callback: all names are read
        // before what refers to them.
        let queues = self.named(root, "queue", QueueId);
        let hours = self.named(root, "hours", HoursId);
        let callbacks = self.named(root, "callback", CallbackConfigId);
        let links = self.named(root, "call_link", CallLinkConfigId);
        let strategies = self.named(root, "strategy", StrategyId);
        let trunks = self.named(root, "trunk", TrunkId);
        let names = Names {
            queues: names(&queues),
            agents: agents.iter().map(|a| (a.user.clone(), a.id)).collect(),
            trunks: names(&trunks),
            hours: names(&hours),
            callbacks: names(&callbacks),
        };
        let callbacks = callbacks.into_iter();
        let callbacks = callbacks.map(|(id, name, table)| self.callback(id, name, table));
        let callbacks = callbacks.collect();
        let hours = hours.into_iter();
        let hours = hours.map(|(id, name, table)| self.hours(id, name, table, &names));
        let hours = hours.collect();
        let strategies = strategies.into_iter();
        let strategies = strategies.map(|(id, name, table)| self.strategy(id, name, table, &names));
        let strategies = strategies.collect();
        let queues = queues.into_iter();
        let queues = queues.map(|(id, name, table)| self.queue(id, name, table, &names));
        let queues = queues.collect();
        let (hold, absence) = self.hold(root);
        let hold_messages = self.named(root, "hold_message", HoldId).into_iter();
        let hold_messages =
            hold_messages.map(|(id, name, table)| self.hold_message(id, name, table, &names));
        let hold_messages = hold_messages.collect();
        let trunks = trunks.into_iter();
        let trunks = trunks.map(|(id, name, table)| self.trunk(id, name, table));
        let trunks = trunks.collect();
        let outbound = root.tables("outbound", &mut self.report).into_iter();
        let outbound = outbound.map(|table| self.outbound(table, &names)).collect();
        let routes = root.tables("route", &mut self.report).into_iter();
        let routes = routes.map(|table| self.route(table, &names)).collect();
        let links = links.into_iter();
        let links = links.map(|(id, name, table)| self.call_link(id, name, table, &names));
        let links = links.collect();
        let account = Account {
            name,
            queues,
            strategies,
            hours,
            callbacks,
            call_links: self.call_links(root, links),
            agents,
            trunks,
            routes,
            outbound,
            dialling: self.dialling(root),
            timeouts: self.timeouts(root),
            wrap_up: self.wrap_up(root),
            recording: self.recording(root),
            storage: self.storage(root),
            missed_calls: self.missed_calls(root),
            not_ready: self.not_ready(root),
            hold,
            absence,
            hold_messages,
            transfer: self.transfer(root),
            neural_voices: self.neural_voices(root),
        };
        for problem in account.check().err().unwrap_or_default() {
            self.report.of(&problem.path, &problem.mend);
        }
        account
    }

    /// All sections of one kind.
    fn named<'t, Id>(
        &mut self,
        root: &mut Table<'t>,
        key: &'static str,
        id: fn(u32) -> Id,
    ) -> Named<'t, Id> {
        let tables = root.tables(key, &mut self.report);
        let named = (1..).zip(tables).map(|(position, mut table)| {
            let report = &mut self.report;
            let name = table.required("name", report);
            let own = table.number("id", 1..=u32::MAX, report);
            (id(own.unwrap_or(position)), name, table)
        });
        named.collect()
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
            let wrap_up = table.seconds("wrap_up_s", &WRAP_UP, report);
            let record_calls = table.boolean("record_calls", report).unwrap_or(true);
            let record_direction = table.choice("record_direction", &DIRECTIONS, report);
            let teams = table.strings("teams", report).unwrap_or_default();
            let habits = self.habits(&mut table);
            table.done(&mut self.report);
            Agent {
                id: own_id.unwrap_or(id),
                name,
                user,
                password,
                wrap_up,
                record_calls,
                record_direction: record_direction.unwrap_or(Directions::Both),
                teams: teams.into_iter().map(|(_, team)| team).collect(),
                habits,
            }
        });
        agents.collect()
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

    /// The queue that the key `queue` names.
    pub(super) fn queue_named(&mut self, table: &mut Table<'_>, names: &Names) -> Option<QueueId> {
        self.reference(table, "queue", "queue", &names.queues)
    }

    /// What the key names: one of the `known`, each a `kind`.
    pub(super) fn reference<Id: Copy>(
        &mut self,
        table: &mut Table<'_>,
        key: &'static str,
        kind: &str,
        known: &[(String, Id)],
    ) -> Option<Id> {
        let name = table.string(key, &mut self.report)?;
        self.resolve(&table.path(key), &name, kind, known)
    }

    /// Each that the list under the key names.
    pub(super) fn references<Id: Copy>(
        &mut self,
        table: &mut Table<'_>,
        key: &'static str,
        kind: &str,
        known: &[(String, Id)],
    ) -> Option<Vec<Id>> {
        let named = table.strings(key, &mut self.report)?.into_iter();
        let found = named.filter_map(|(path, name)| self.resolve(&path, &name, kind, known));
        Some(found.collect())
    }

    fn resolve<Id: Copy>(
        &mut self,
        path: &str,
        name: &str,
        kind: &str,
        known: &[(String, Id)],
    ) -> Option<Id> {
        let found = known.iter().find(|(known, _)| known == name);
        if found.is_none() {
            let mend = did_you_mean(name, known.iter().map(|(known, _)| known.as_str()));
            let mend = format!("no {kind} is called {name:?}{mend}");
            self.report.of(path, mend);
        }
        found.map(|(_, id)| *id)
    }

    fn route(&mut self, mut table: Table<'_>, names: &Names) -> Route {
        let number = table.required("number", &mut self.report);
        if !table.has("to") {
            table.missing("to", &mut self.report);
        }
        let to = if table.is_text("to") {
            table.choice("to", &DESTINATIONS, &mut self.report)
        } else {
            let to = table.table_or_word("to", &DESTINATIONS, &mut self.report);
            to.and_then(|mut to| {
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
        let (agent, customer, page) = (
            table.seconds("agent_s", &RING, report),
            table.seconds("customer_s", &RING, report),
            table.seconds("page_s", &LOST_PAGE, report),
        );
        table.done(report);
        Timeouts {
            agent: agent.unwrap_or(usual.agent),
            customer: customer.unwrap_or(usual.customer),
            page: page.unwrap_or(usual.page),
        }
    }

    fn wrap_up(&mut self, root: &mut Table<'_>) -> WrapUp {
        let usual = WrapUp::default();
        let report = &mut self.report;
        let Some(mut table) = root.table("wrap_up", report) else {
            return usual;
        };
        let enabled = table.boolean("enabled", report);
        let default = table.seconds("default_s", &WRAP_UP, report);
        let extend = table.boolean("extend", report);
        table.done(report);
        WrapUp {
            enabled: enabled.unwrap_or(usual.enabled),
            default: default.unwrap_or(usual.default),
            extend: extend.unwrap_or(usual.extend),
        }
    }

    fn missed_calls(&mut self, root: &mut Table<'_>) -> MissedCalls {
        let Some(mut table) = root.table("missed_calls", &mut self.report) else {
            return MissedCalls::default();
        };
        let mode = table.choice("mode", &MISSED_CALLS, &mut self.report);
        table.done(&mut self.report);
        mode.unwrap_or_default()
    }

    fn not_ready(&mut self, root: &mut Table<'_>) -> Vec<String> {
        let Some(mut table) = root.table("status", &mut self.report) else {
            return vec![];
        };
        let reasons = table.strings("not_ready", &mut self.report);
        table.done(&mut self.report);
        let reasons = reasons.unwrap_or_default().into_iter();
        reasons.map(|(_, reason)| reason).collect()
    }

    fn neural_voices(&mut self, root: &mut Table<'_>) -> bool {
        let Some(mut table) = root.table("speech", &mut self.report) else {
            return false;
        };
        let neural = table.boolean("neural", &mut self.report);
        table.done(&mut self.report);
        neural.unwrap_or(false)
    }
}

/// The names of some sections.
fn names<Id: Copy>(named: &Named<'_, Id>) -> Vec<(String, Id)> {
    named
        .iter()
        .map(|(id, name, _)| (name.clone(), *id))
        .collect()
}

/// The pattern of a route with its number in the one spelling.
pub(super) fn pattern(text: &str) -> String {
    match text.strip_suffix('*') {
        Some(prefix) => format!("{}*", route::normal(prefix)),
        None => route::normal(text),
    }
}
