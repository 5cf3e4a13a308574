//! From an account to the table that is read as the same account.

mod links;
mod peers;
mod recording;
mod storage;

use crate::config::words::{
    AT_CLOSING, CALLBACK_KINDS, DAYS, DESTINATIONS, DIRECTIONS, DISTRIBUTIONS, FORMATS, FORMS,
    MISSED_CALLS, PRIORITIES, QUALITIES, word,
};
use crate::id::{AgentId, QueueId};
use crate::settings::{
    Account, Agent, CallbackConfig, Codes, Destination, Dialling, Hours, Message, OnMaxWait,
    Outbound, Plan, Queue, Route, Secret, Strategy, StrategyKind, Trunk, Waiting,
};
use jiff::civil::Time;
use peers::{habits, verify};
use std::path::Path;
use std::time::Duration;
use toml::{Table, Value};

/// Whether passwords are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrets {
    /// For the database, and for an export that is to be imported elsewhere.
    Shown,
    /// For everybody else: left out, and kept on the way back by [`super::keep_secrets`].
    Hidden,
}

/// The account as a table, every key with its value, each section with its id. Files within
/// `folder` are written relative to it.
pub fn write(account: &Account, folder: &Path, secrets: Secrets) -> Table {
    let writer = Writer {
        account,
        folder,
        secrets,
    };
    let mut root = Table::new();
    put(
        &mut root,
        "account",
        fields([("name", account.name.as_str().into())]),
    );
    put(
        &mut root,
        "agent",
        list(&account.agents, |agent| writer.agent(agent)),
    );
    put(
        &mut root,
        "queue",
        list(&account.queues, |queue| writer.queue(queue)),
    );
    put(
        &mut root,
        "strategy",
        list(&account.strategies, |each| writer.strategy(each)),
    );
    put(
        &mut root,
        "hours",
        list(&account.hours, |hours| writer.hours(hours)),
    );
    put(
        &mut root,
        "callback",
        list(&account.callbacks, |each| writer.callback(each)),
    );
    writer.call_links(&mut root);
    super::moment::write(&writer, &mut root);
    put(
        &mut root,
        "trunk",
        list(&account.trunks, |trunk| writer.trunk(trunk)),
    );
    put(
        &mut root,
        "outbound",
        list(&account.outbound, |way| writer.outbound(way)),
    );
    put(&mut root, "dialling", dialling(&account.dialling));
    put(
        &mut root,
        "route",
        list(&account.routes, |route| writer.route(route)),
    );
    let (timeouts, wrap_up) = (account.timeouts, account.wrap_up);
    let section = [
        ("agent_s", seconds(timeouts.agent)),
        ("customer_s", seconds(timeouts.customer)),
        ("page_s", seconds(timeouts.page)),
    ];
    put(&mut root, "timeouts", fields(section));
    let section = [
        ("enabled", wrap_up.enabled.into()),
        ("default_s", seconds(wrap_up.default)),
        ("extend", wrap_up.extend.into()),
    ];
    put(&mut root, "wrap_up", fields(section));
    writer.recording(&mut root);
    writer.storage(&mut root);
    let mode = word(account.missed_calls, &MISSED_CALLS);
    put(&mut root, "missed_calls", fields([("mode", mode.into())]));
    let reasons = texts(&account.not_ready);
    put(&mut root, "status", fields([("not_ready", reasons)]));
    put(
        &mut root,
        "speech",
        fields([("neural", account.neural_voices.into())]),
    );
    root
}

pub(super) struct Writer<'a> {
    pub(super) account: &'a Account,
    folder: &'a Path,
    secrets: Secrets,
}

impl Writer<'_> {
    fn agent(&self, agent: &Agent) -> Value {
        let mut table = table([
            ("id", agent.id.0.into()),
            ("user", agent.user.as_str().into()),
            ("name", agent.name.as_str().into()),
            ("record_calls", agent.record_calls.into()),
            (
                "record_direction",
                word(agent.record_direction, &DIRECTIONS).into(),
            ),
            ("teams", texts(&agent.teams)),
        ]);
        self.secret(&mut table, Some(&agent.password));
        maybe(&mut table, "wrap_up_s", agent.wrap_up.map(seconds));
        habits(&mut table, &agent.habits);
        table.into()
    }

    fn queue(&self, queue: &Queue) -> Value {
        let mut table = table([
            ("id", queue.id.0.into()),
            ("name", queue.name.as_str().into()),
            ("agents", self.users(&queue.agents)),
            ("reoffer_delay_s", seconds(queue.reoffer_delay)),
            ("at_closing", word(queue.at_closing, &AT_CLOSING).into()),
            (
                "distribution",
                word(queue.distribution, &DISTRIBUTIONS).into(),
            ),
            ("auto_assign", queue.auto_assign.into()),
        ]);
        maybe(&mut table, "auto_pause", queue.auto_pause.map(Value::from));
        let hours = queue.hours.and_then(|id| self.account.hours(id));
        maybe(
            &mut table,
            "hours",
            hours.map(|hours| hours.name.as_str().into()),
        );
        self.waiting(&mut table, &queue.waiting);
        table.into()
    }

    fn strategy(&self, strategy: &Strategy) -> Value {
        let mut table = table([
            ("id", strategy.id.0.into()),
            ("name", strategy.name.as_str().into()),
        ]);
        match &strategy.kind {
            StrategyKind::Queues(queues) => {
                let queues = queues.iter().map(|id| self.queue_name(*id).into());
                put(&mut table, "queues", Value::Array(queues.collect()));
            }
            StrategyKind::Senders(numbers) => put(&mut table, "senders", texts(numbers)),
        }
        self.waiting(&mut table, &strategy.waiting);
        table.into()
    }

    fn waiting(&self, into: &mut Table, waiting: &Waiting) {
        let message = |message: &Option<Message>| message.as_ref().map(|m| self.message(m).into());
        maybe(into, "greeting", message(&waiting.greeting));
        maybe(into, "music", message(&waiting.music));
        if let Some(announcement) = &waiting.announcement {
            let mut table = self.message(&announcement.message);
            put(&mut table, "every_s", seconds(announcement.every));
            self.codes(&mut table, &announcement.codes);
            put(into, "announcement", table.into());
        }
        if let Some(max) = &waiting.max_wait {
            let then = match max.then {
                OnMaxWait::End => "end".into(),
                OnMaxWait::Queue(id) => fields([("queue", self.queue_name(id).into())]),
                OnMaxWait::External(number) => fields([("external", format!("+{number}").into())]),
            };
            let mut table = table([("after_s", seconds(max.after)), ("then", then)]);
            maybe(&mut table, "message", message(&max.message));
            put(into, "max_wait", table.into());
        }
    }

    pub(super) fn message(&self, message: &Message) -> Table {
        match message {
            Message::File(path) => {
                let path = path.strip_prefix(self.folder).unwrap_or(path);
                table([("file", path.to_string_lossy().into_owned().into())])
            }
            Message::Text {
                text,
                voice,
                rate,
                position,
                quality,
            } => table([
                ("text", text.as_str().into()),
                ("voice", voice.as_str().into()),
                ("rate", i64::from(*rate).into()),
                ("position", word(*position, &FORMS).into()),
                ("quality", word(*quality, &QUALITIES).into()),
            ]),
        }
    }

    fn codes(&self, into: &mut Table, codes: &Codes) {
        let rows = list(&codes.rows, |row| {
            let callback = self.account.callback(row.callback);
            let callback = callback.map_or("", |callback| &callback.name);
            fields([
                ("digits", row.digits.as_str().into()),
                ("callback", callback.into()),
            ])
        });
        put(into, "codes", rows);
        put(into, "wait_for_response_s", seconds(codes.wait));
    }

    fn hours(&self, hours: &Hours) -> Value {
        let week = list(&hours.week, |opening| {
            let days = opening.days.iter().map(|day| word(*day, &DAYS).into());
            fields([
                ("days", Value::Array(days.collect())),
                ("from", time(opening.from).into()),
                ("to", time(opening.to).into()),
            ])
        });
        let holidays = list(&hours.holidays, |holiday| {
            let open = holiday.open.iter();
            let open = open.map(|(from, to)| format!("{}-{}", time(*from), time(*to)).into());
            fields([
                ("date", holiday.date.to_string().into()),
                ("name", holiday.name.as_str().into()),
                ("open", Value::Array(open.collect())),
            ])
        });
        let mut table = table([
            ("id", hours.id.0.into()),
            ("name", hours.name.as_str().into()),
            ("zone", hours.zone.as_str().into()),
            ("week", week),
            ("holidays", holidays),
        ]);
        maybe(
            &mut table,
            "away",
            hours.away.as_ref().map(|m| self.message(m).into()),
        );
        self.codes(&mut table, &hours.codes);
        table.into()
    }

    fn callback(&self, callback: &CallbackConfig) -> Value {
        let mut table = table([
            ("id", callback.id.0.into()),
            ("name", callback.name.as_str().into()),
            ("type", word(callback.kind, &CALLBACK_KINDS).into()),
            ("priority", word(callback.priority, &PRIORITIES).into()),
            ("retries", callback.retries.into()),
            ("delay_s", seconds(callback.delay)),
        ]);
        for (key, message) in [
            ("confirmation", &callback.confirmation),
            ("ask_number", &callback.ask_number),
            ("declined", &callback.declined),
        ] {
            let message = message.as_ref();
            maybe(&mut table, key, message.map(|m| self.message(m).into()));
        }
        table.into()
    }

    fn trunk(&self, trunk: &Trunk) -> Value {
        let numbers = &trunk.numbers;
        let mut table = table([
            ("id", trunk.id.0.into()),
            ("name", trunk.name.as_str().into()),
            (
                "from",
                texts(
                    &trunk
                        .from
                        .iter()
                        .map(ToString::to_string)
                        .collect::<Vec<_>>(),
                ),
            ),
            ("called", texts(&trunk.called)),
            ("realms", texts(&trunk.realms)),
            ("register", trunk.register.is_some().into()),
            ("max_calls", trunk.max_calls.into()),
            ("calls_per_second", trunk.calls_per_second.into()),
            ("format", word(numbers.format, &FORMATS).into()),
            ("strip", i64::from(numbers.strip).into()),
            ("prefix", numbers.prefix.as_str().into()),
            ("trust", trunk.identity.trust.into()),
            ("withhold", trunk.identity.withhold.into()),
            ("sticky_agent", trunk.sticky_agent.into()),
            ("whatsapp", trunk.whatsapp.into()),
            ("verify", verify(trunk.verify).into()),
        ]);
        for (key, server) in [
            ("server", &trunk.server),
            ("outbound_proxy", &trunk.outbound_proxy),
        ] {
            maybe(
                &mut table,
                key,
                server.as_ref().map(|server| server.uri(None).into()),
            );
        }
        maybe(&mut table, "user", trunk.user.as_deref().map(Value::from));
        self.secret(&mut table, trunk.password.as_ref());
        maybe(&mut table, "expires_s", trunk.register.map(seconds));
        maybe(
            &mut table,
            "from_domain",
            trunk.from_domain.as_deref().map(Value::from),
        );
        if trunk.server.is_some() {
            put(
                &mut table,
                "options_s",
                seconds(trunk.options.unwrap_or_default()),
            );
        }
        maybe(
            &mut table,
            "caller_id",
            trunk.identity.caller_id.as_deref().map(Value::from),
        );
        plan(&mut table, &numbers.plan);
        habits(&mut table, &trunk.habits);
        table.into()
    }

    fn outbound(&self, way: &Outbound) -> Value {
        let trunks = way.trunks.iter().map(|id| {
            let trunk = self.account.trunk(*id);
            trunk.map_or("", |trunk| &trunk.name).into()
        });
        let mut table = table([
            ("number", way.number.as_str().into()),
            ("trunks", Value::Array(trunks.collect())),
        ]);
        let agents = way.agents.as_ref();
        maybe(
            &mut table,
            "agents",
            agents.map(|agents| self.users(agents)),
        );
        table.into()
    }

    fn route(&self, route: &Route) -> Value {
        let to = match route.to {
            Destination::Queue(id) => fields([("queue", self.queue_name(id).into())]),
            Destination::Echo | Destination::Music => word(route.to, &DESTINATIONS).into(),
        };
        fields([("number", route.number.as_str().into()), ("to", to)])
    }

    fn secret(&self, into: &mut Table, secret: Option<&Secret>) {
        if self.secrets == Secrets::Shown {
            maybe(
                into,
                "password",
                secret.map(|secret| secret.0.as_str().into()),
            );
        }
    }

    fn users(&self, agents: &[AgentId]) -> Value {
        let agents = agents.iter().filter_map(|id| self.account.agent(*id));
        Value::Array(agents.map(|agent| agent.user.as_str().into()).collect())
    }

    pub(super) fn queue_name(&self, id: QueueId) -> &str {
        self.account.queue(id).map_or("", |queue| &queue.name)
    }
}

fn dialling(dialling: &Dialling) -> Value {
    let mut table = table([
        ("deny", texts(&dialling.deny)),
        ("calls_per_minute", dialling.calls_per_minute.into()),
        ("max_calls", dialling.max_calls.into()),
    ]);
    plan(&mut table, &dialling.plan);
    table.into()
}

fn plan(into: &mut Table, plan: &Plan) {
    maybe(into, "country", plan.country.as_deref().map(Value::from));
    put(
        into,
        "international_prefix",
        plan.international_prefix.as_str().into(),
    );
    put(
        into,
        "national_prefix",
        plan.national_prefix.as_str().into(),
    );
}

/// `09:00`.
fn time(time: Time) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}

/// Whole seconds where they are whole.
pub(super) fn seconds(time: Duration) -> Value {
    match time.subsec_nanos() {
        0 => i64::try_from(time.as_secs()).unwrap_or(i64::MAX).into(),
        _ => time.as_secs_f64().into(),
    }
}

fn texts(texts: &[String]) -> Value {
    Value::Array(texts.iter().map(|text| text.as_str().into()).collect())
}

pub(super) fn list<T>(items: &[T], write: impl Fn(&T) -> Value) -> Value {
    Value::Array(items.iter().map(write).collect())
}

pub(super) fn fields<const N: usize>(fields: [(&str, Value); N]) -> Value {
    table(fields).into()
}

pub(super) fn table<const N: usize>(fields: [(&str, Value); N]) -> Table {
    let fields = fields.into_iter();
    fields.map(|(key, value)| (key.to_owned(), value)).collect()
}

pub(super) fn put(into: &mut Table, key: &str, value: Value) {
    into.insert(key.to_owned(), value);
}

pub(super) fn maybe(into: &mut Table, key: &str, value: Option<Value>) {
    if let Some(value) = value {
        put(into, key, value);
    }
}
