//! New settings while calls are up (R141, R148): nobody is hung up on, and what has begun under the
//! old ones goes on under them where the setting says so.

use super::hours::Openings;
use super::{Notice, Output, Sounds, Switch, trusted};
use crate::acd::callback;
use crate::id::QueueId;
use crate::media::{Command as Media, Library};
use crate::settings::Account;
use crate::sip;
use std::sync::Arc;
use std::time::Instant;

/// Other settings, and what is heard under them.
#[derive(Debug)]
pub struct NewSettings {
    /// The account; it has been checked.
    pub account: Account,
    /// Which sound is what.
    pub sounds: Sounds,
    /// All sounds.
    pub library: Library,
}

impl Switch {
    /// From now on the account is set like this.
    ///
    /// A call keeps the recording policy it began with (R96), and the longest wait it was promised;
    /// a phone stays registered while its user stays.
    pub(super) fn set(&mut self, now: Instant, settings: NewSettings) {
        let NewSettings {
            account,
            sounds,
            library,
        } = settings;
        // Before anything of it is played.
        let library = Arc::new(library);
        for worker in 0..self.ports.workers() {
            let command = Media::Library(library.clone());
            self.out(Output::Media(worker, command));
        }
        let old = std::mem::replace(&mut self.account, account);
        self.sounds = sounds;
        self.recorded_agents = Arc::new(self.account.recorded_agents());
        let (users, trusted) = (users(&self.account), trusted(&self.account));
        self.sip.command(now, sip::Command::Users(users));
        self.sip.command(now, sip::Command::Trust(trusted));
        self.board.set(&self.account);
        let limit = self.account.dialling.calls_per_minute;
        for pace in self.paces.values_mut() {
            pace.allow(limit);
        }
        self.pages.keep_for(self.account.timeouts.page);
        self.keep_names(now);
        self.watch_trunks(now);
        // A phone belongs to a user: who has become another one has none yet.
        for agent in &old.agents {
            let user = self.account.agent(agent.id).map(|agent| &agent.user);
            if user.is_some_and(|user| *user != agent.user) {
                self.phones.remove(&agent.id);
                self.can_reach(now, agent.id);
            }
        }
        for queue in &old.queues {
            self.queue_exists(now, queue.id);
        }
        let mut actions = vec![];
        self.floor.set(now, &self.account, &mut actions);
        self.act_on(now, actions);
        self.openings = Openings::new(&self.account);
        let always = self.account.queues.iter();
        let always = always.filter(|queue| queue.hours.is_none() && !self.floor.is_open(queue.id));
        for queue in always.map(|queue| queue.id).collect::<Vec<_>>() {
            self.opens(now, queue, true);
        }
        self.watch_hours(now);
        for queue in self
            .account
            .queues
            .iter()
            .map(|queue| queue.id)
            .collect::<Vec<_>>()
        {
            self.queue_exists(now, queue);
        }
        self.out(Output::Notice(None, Notice::Settings));
    }

    /// Callbacks of a queue that is no more keep what they are owed, and have a place again once it is back.
    pub(super) fn queue_exists(&mut self, now: Instant, queue: QueueId) {
        let exists = self.account.queue(queue).is_some();
        self.callback(now, callback::Input::Exists { queue, exists });
    }
}

/// The users of the agents' phones, with their passwords.
pub(super) fn users(account: &Account) -> Vec<(String, String)> {
    let agents = account.agents.iter();
    let users = agents.map(|agent| (agent.user.clone(), agent.password.0.clone()));
    users.collect()
}
