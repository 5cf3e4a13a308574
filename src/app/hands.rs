//! The hands of the switch: its outputs, done.

use super::certificates::Certificates;
use super::counted;
use super::kept::on_record;
use super::redeem::Redeemer;
use super::speech::Speech;
use super::story::{self, Numbers};
use crate::acd::{AgentState, Status};
use crate::api::{Health, Pages, Switchboard};
use crate::events::{self, Live};
use crate::id::CallId;
use crate::net::{Dns, Network, Stage, Why};
use crate::route::Health as TrunkHealth;
use crate::settings::Account;
use crate::sip;
use crate::store::{Owner, Record, Store};
use crate::switch::{Input, Notice, Output, Switch, View};
use crate::vault;
use crate::watch::metrics;
use crate::watch::trace::Tap;
use crate::worker::Worker;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

/// Whoever wants to hear the story of the calls.
type Listener = Box<dyn FnMut(Option<CallId>, &Notice) + Send>;

/// All that the switch can reach.
pub(super) struct Hands {
    account: Account,
    network: Network,
    /// The resolver gives up what is never asked.
    dns: Option<Dns>,
    speech: Option<Arc<Speech>>,
    workers: Vec<Worker>,
    vault: vault::Sender,
    store: Arc<Store>,
    health: Arc<Health>,
    certificates: Certificates,
    tap: Tap,
    live: Option<Live>,
    switchboard: Option<Arc<Switchboard>>,
    pages: Option<Arc<Pages>>,
    redeemer: Option<Redeemer>,
    listener: Listener,
    faults: u64,
}

impl std::fmt::Debug for Hands {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hands").finish_non_exhaustive()
    }
}

impl Hands {
    pub(super) fn new(
        account: Account,
        network: Network,
        workers: Vec<Worker>,
        vault: vault::Sender,
        store: Arc<Store>,
        health: Arc<Health>,
        listener: Listener,
    ) -> Self {
        Self {
            account,
            network,
            dns: None,
            speech: None,
            workers,
            vault,
            store,
            health,
            certificates: Certificates::default(),
            tap: Tap::default(),
            live: None,
            switchboard: None,
            pages: None,
            redeemer: None,
            listener,
            faults: 0,
        }
    }

    /// Also asks DNS.
    pub(super) fn with_dns(self, dns: Dns) -> Self {
        Self {
            dns: Some(dns),
            ..self
        }
    }

    /// Also speaks.
    pub(super) fn with_speech(self, speech: Arc<Speech>) -> Self {
        Self {
            speech: Some(speech),
            ..self
        }
    }

    /// Also tells how the certificates are.
    pub(super) fn with_certificates(self, certificates: Certificates) -> Self {
        Self {
            certificates,
            ..self
        }
    }

    /// Also answers those who ask the switch for something.
    pub(super) fn with_switchboard(self, switchboard: Arc<Switchboard>) -> Self {
        Self {
            switchboard: Some(switchboard),
            ..self
        }
    }

    /// Also redeems call links.
    pub(super) fn with_redeemer(self, redeemer: Redeemer) -> Self {
        Self {
            redeemer: Some(redeemer),
            ..self
        }
    }

    /// Also speaks to browsers' pages.
    pub(super) fn with_pages(self, pages: Arc<Pages>) -> Self {
        Self {
            pages: Some(pages),
            ..self
        }
    }

    /// Also keeps what SIP says.
    pub(super) fn with_tap(self, tap: Tap) -> Self {
        Self { tap, ..self }
    }

    /// Also writes what happens into the event log, and keeps its live view.
    pub(super) fn with_events(self, live: Live) -> Self {
        Self {
            live: Some(live),
            ..self
        }
    }

    /// What comes, before the switch has it.
    pub(super) fn hear(&mut self, now: Instant, input: &Input) {
        match input {
            Input::Sip(sip::Input::Received { flow, bytes }) => {
                self.tap.received(now, *flow, bytes);
            }
            Input::Settings(settings) => self.account.clone_from(&settings.account),
            Input::Sip(_)
            | Input::Page(_)
            | Input::Media(_)
            | Input::Looked(..)
            | Input::Request(_)
            | Input::Stored { .. }
            | Input::Redeemed { .. }
            | Input::Spoken(..)
            | Input::Clock(_)
            | Input::Drain
            | Input::Stop
            | Input::Timeout => {}
        }
    }

    /// All outputs of an input are done.
    pub(super) fn rest(&mut self) {
        self.tap.commit();
    }

    pub(super) fn do_it(&mut self, now: Instant, output: Output) {
        match output {
            Output::Sip(transmit) => {
                self.tap.sent(now, transmit.flow, &transmit.bytes);
                self.network.send(transmit);
            }
            Output::Page(transmit) => {
                if let Some(pages) = &self.pages {
                    pages.transmit(transmit);
                }
            }
            Output::Signalled {
                call,
                role,
                sip_call_id,
            } => self.tap.signalled(now, call, role, sip_call_id),
            Output::Media(worker, command) => {
                if let Some(worker) = self.workers.get(worker) {
                    worker.send(command);
                }
            }
            Output::LookUp(query) => {
                if let Some(dns) = &self.dns {
                    dns.ask(query);
                }
            }
            Output::Record(segment) => {
                let call = segment.call;
                if self.vault.begin(segment).is_err() {
                    metrics::RECORDING_TROUBLE.add(1);
                    tracing::error!(%call, "the vault is hopelessly behind: not recorded");
                }
            }
            Output::Conversation(conversation) => {
                self.store.write(Record::Conversation(conversation));
            }
            Output::Speak(name, utterance) => {
                if let Some(speech) = &self.speech {
                    speech.speak(name, utterance);
                }
            }
            Output::Callback(request) => {
                self.store.write(Record::Callback(request));
            }
            Output::Owned {
                trunk,
                customer,
                agent,
            } => {
                let since = Timestamp::now();
                self.store.write(Record::Owner(Owner {
                    trunk,
                    customer,
                    agent,
                    since,
                }));
            }
            Output::Typed { number, by } => {
                let agent = self.account.agent(by);
                let by = agent.map_or_else(|| by.to_string(), |agent| agent.name.clone());
                self.store.keep_number(&number.0, &by, Timestamp::now());
            }
            Output::Redeem { ticket, token_hash } => {
                if let Some(redeemer) = &self.redeemer {
                    redeemer.redeem(ticket, token_hash);
                }
            }
            Output::LookAtLink { ticket, token_hash } => {
                if let Some(redeemer) = &self.redeemer {
                    redeemer.look(ticket, token_hash);
                }
            }
            Output::Reply(ticket, reply) => {
                if let Some(switchboard) = &self.switchboard {
                    switchboard.reply(ticket, reply);
                }
            }
            Output::Notice(call, notice) => {
                if let (Some(call), Notice::Ended { .. }) = (call, &notice) {
                    self.tap.ended(now, call);
                }
                self.tell(call, &notice);
            }
        }
    }

    /// Logs, counts, and passes on.
    fn tell(&mut self, call: Option<CallId>, notice: &Notice) {
        if let Some(record) = on_record(call, notice) {
            self.store.write(record);
        }
        // Not told when nobody would read it: `tracing` asks for its words only then.
        let line = std::cell::LazyCell::new(|| story::tell(&self.account, notice, Numbers::Masked));
        match (call, notice) {
            (_, Notice::Refused { .. } | Notice::Banned(_)) => tracing::warn!("{}", *line),
            (Some(call), _) => tracing::info!(%call, "{}", *line),
            (None, _) => tracing::info!("{}", *line),
        }
        counted::count(notice);
        if let Some((live, what)) = self.live.as_ref().zip(events::told(call, notice)) {
            live.log().add(Timestamp::now(), &what);
        }
        (self.listener)(call, notice);
    }

    /// A panic was caught.
    pub(super) fn fault(&mut self) {
        self.faults += 1;
    }

    /// Once a second: a sign of life, and the numbers for whoever watches.
    pub(super) fn pulse(&mut self, switch: &Switch, now: Instant, inbox: usize, dropped: u64) {
        let view = switch.view(now);
        self.health.beat();
        self.health.set_draining(view.draining);
        self.health.set_trunks(&view.trunks);
        metrics::INBOX_LENGTH.set(inbox as f64);
        metrics::INBOX_DROPPED.total_for("all", dropped);
        metrics::FAULTS.total(self.faults);
        show(&view);
        if let Some(live) = &mut self.live {
            live.see(view, now, Timestamp::now());
        }
        self.show_sip(switch);
        self.show_media();
        self.health.set_store_failing(self.store.is_failing());
        metrics::STORE_BACKLOG.set(self.store.backlog() as f64);
    }

    fn show_sip(&self, switch: &Switch) {
        let (sip, network) = (switch.sip_counters(), self.network.counters());
        metrics::SIP_RECEIVED.total(sip.requests + sip.responses);
        metrics::SIP_SENT.total(sip.sent);
        metrics::REGISTRATIONS.set(sip.contacts as f64);
        for (reason, count) in [
            ("garbage", sip.garbage),
            ("stray response", sip.stray_responses),
            ("stray ack", sip.stray_acks),
            ("inbox full", network.dropped),
            ("limited", sip.limited),
            ("banned", sip.banned),
            ("scanner", sip.scanners),
            ("answer larger than question", sip.unanswered),
        ] {
            metrics::SIP_DROPPED.total_for(reason, count);
        }
        metrics::SIP_BANS.total(sip.bans);
        metrics::CONNECTIONS.set(network.connections as f64);
        for why in Why::ALL {
            let metric = match why.stage() {
                Stage::Refused => metrics::CONNECTIONS_REFUSED,
                Stage::Handshake => metrics::HANDSHAKES_FAILED,
                Stage::Closed => metrics::CONNECTIONS_CLOSED,
            };
            metric.total_for(why.label(), network.reasons.of(why));
        }
        metrics::CERTIFICATE_EXPIRES.set(self.certificates.expire() as f64);
        metrics::CERTIFICATES_FAILING.set(self.certificates.failing() as f64);
    }

    fn show_media(&self) {
        let counters = self.workers.iter().map(Worker::counters);
        let sum = |of: fn(&crate::worker::Counters) -> u64| counters.clone().map(|c| of(&c)).sum();
        metrics::RTP_RECEIVED.total(sum(|c| c.received));
        metrics::RTP_SENT.total(sum(|c| c.sent));
        metrics::RTP_DROPPED.total_for("oversized", sum(|c| c.oversized));
        metrics::RTP_DROPPED.total_for("not sent", sum(|c| c.send_failures));
        metrics::MEDIA_LATE.total(sum(|c| c.late_beats));
    }

    /// Closes sockets and media threads, in this order: what they still have to say is lost on a
    /// switch that has gone.
    pub(super) fn stop(self) {
        self.network.stop();
        for worker in self.workers {
            worker.stop();
        }
    }
}

fn show(view: &View) {
    metrics::CALLS_ACTIVE.set(view.calls as f64);
    metrics::DRAINING.set(f64::from(u8::from(view.draining)));
    for trunk in &view.trunks {
        let count = trunk.count;
        let works = f64::from(u8::from(trunk.health == TrunkHealth::Well));
        metrics::TRUNK_UP.set_for(&trunk.name, works);
        metrics::TRUNK_CALLS.set_for(&trunk.name, f64::from(count.calls));
        metrics::TRUNK_TRIED.total_for(&trunk.name, count.tried);
        metrics::TRUNK_FAILED.total_for(&trunk.name, count.failed);
    }
    for queue in &view.queues {
        metrics::CALLERS_WAITING.set_for(&queue.name, queue.waiting as f64);
        metrics::CALLBACKS_WAITING.set_for(&queue.name, queue.callbacks as f64);
    }
    let states = [
        "offline",
        "not_ready",
        "paused",
        "away",
        "available",
        "occupied",
        "offered",
        "talking",
        "wrap_up",
        "resting",
    ];
    let mut agents: BTreeMap<&str, f64> = states.map(|state| (state, 0.0)).into();
    for agent in &view.agents {
        *agents.entry(state_name(&agent.state)).or_default() += 1.0;
    }
    for (state, count) in agents {
        metrics::AGENTS.set_for(state, count);
    }
}

fn state_name(state: &AgentState) -> &'static str {
    match state {
        AgentState::NotReady { status } => match status {
            Status::Offline => "offline",
            Status::Paused(_) => "paused",
            Status::Available | Status::NotReady(_) => "not_ready",
        },
        AgentState::Away => "away",
        AgentState::Available { .. } => "available",
        AgentState::Occupied => "occupied",
        AgentState::Offered { .. } => "offered",
        AgentState::Talking { .. } => "talking",
        AgentState::WrapUp { .. } => "wrap_up",
        AgentState::Resting { .. } => "resting",
    }
}
