//! What callers experience: queues, waiting strategies, messages, codes and callbacks.

use super::Loader;
use super::account::{Names, pattern};
use crate::config::table::Table;
use crate::config::words::{
    AT_CLOSING, CALLBACK_KINDS, DISTRIBUTIONS, FORMS, PRIORITIES, QUALITIES, Words,
};
use crate::id::{CallbackConfigId, QueueId, StrategyId};
use crate::route;
use crate::settings::defaults::{AUTO_PAUSE, RETRIES};
use crate::settings::{
    Announcement, CallbackConfig, Codes, LINK_SENDER, MaxWait, Message, OnMaxWait, Queue,
    ResponseCode, Strategy, StrategyKind, Waiting, defaults,
};

const ENDS: Words<OnMaxWait, 1> = [("end", OnMaxWait::End)];

impl Loader<'_> {
    pub(super) fn queue(
        &mut self,
        id: QueueId,
        name: String,
        mut table: Table<'_>,
        names: &Names,
    ) -> Queue {
        let agents = match table.strings("agents", &mut self.report) {
            Some(users) => self.members(users, names),
            // Whoever names none means all.
            None => names.agents.iter().map(|(_, id)| *id).collect(),
        };
        let waiting = self.waiting(&mut table, names);
        let hours = self.reference(&mut table, "hours", "working hours", &names.hours);
        let report = &mut self.report;
        let reoffer_delay = table.seconds("reoffer_delay_s", &defaults::REOFFER, report);
        let at_closing = table.choice("at_closing", &AT_CLOSING, report);
        let distribution = table.choice("distribution", &DISTRIBUTIONS, report);
        let auto_assign = table.boolean("auto_assign", report);
        let auto_pause = table.number("auto_pause", AUTO_PAUSE, report);
        table.done(report);
        Queue {
            id,
            name,
            agents,
            waiting,
            reoffer_delay: reoffer_delay.unwrap_or(defaults::REOFFER_DELAY),
            hours,
            at_closing: at_closing.unwrap_or_default(),
            distribution: distribution.unwrap_or_default(),
            auto_assign: auto_assign.unwrap_or(true),
            auto_pause,
        }
    }

    pub(super) fn strategy(
        &mut self,
        id: StrategyId,
        name: String,
        mut table: Table<'_>,
        names: &Names,
    ) -> Strategy {
        let waiting = self.waiting(&mut table, names);
        let queues = self.references(&mut table, "queues", "queue", &names.queues);
        let senders = table.strings("senders", &mut self.report);
        let senders = senders.map(|each| each.iter().map(|(_, text)| sender(text)).collect());
        if queues.is_some() == senders.is_some() {
            let mend = "either queues = [\"…\"] or senders = [\"+49…\"]: whose callers it is for";
            self.report.of(table.own_path(), mend);
        }
        table.done(&mut self.report);
        Strategy {
            id,
            name,
            kind: match senders {
                Some(senders) => StrategyKind::Senders(senders),
                None => StrategyKind::Queues(queues.unwrap_or_default()),
            },
            waiting,
        }
    }

    fn waiting(&mut self, table: &mut Table<'_>, names: &Names) -> Waiting {
        let greeting = table.table("greeting", &mut self.report);
        let greeting = greeting.and_then(|message| self.message(message));
        let music = table.table("music", &mut self.report);
        let music = music.and_then(|message| self.message(message));
        let announcement = table.table("announcement", &mut self.report);
        let announcement = announcement.and_then(|mut table| {
            let every = table.seconds("every_s", &defaults::ANNOUNCE, &mut self.report);
            let codes = self.codes(&mut table, names);
            Some(Announcement {
                message: self.message(table)?,
                every: every.unwrap_or(defaults::ANNOUNCE_EVERY),
                codes,
            })
        });
        let max_wait = table.table("max_wait", &mut self.report);
        Waiting {
            greeting,
            music,
            announcement,
            max_wait: max_wait.map(|table| self.max_wait(table, names)),
        }
    }

    /// What may be pressed: `codes` and `wait_for_response_s` of a table.
    pub(super) fn codes(&mut self, table: &mut Table<'_>, names: &Names) -> Codes {
        let mut rows = vec![];
        for mut row in table.tables("codes", &mut self.report) {
            let digits = row.required("digits", &mut self.report);
            if !row.has("callback") {
                row.missing("callback", &mut self.report);
            }
            let callback = self.reference(&mut row, "callback", "callback", &names.callbacks);
            row.done(&mut self.report);
            rows.extend(callback.map(|callback| ResponseCode { digits, callback }));
        }
        let wait = table.seconds("wait_for_response_s", &defaults::CODE, &mut self.report);
        Codes {
            rows,
            wait: wait.unwrap_or(defaults::CODE_WAIT),
        }
    }

    pub(super) fn callback(
        &mut self,
        id: CallbackConfigId,
        name: String,
        mut table: Table<'_>,
    ) -> CallbackConfig {
        let report = &mut self.report;
        let kind = table.choice("type", &CALLBACK_KINDS, report);
        let priority = table.choice("priority", &PRIORITIES, report);
        let retries = table.number("retries", RETRIES, report);
        let delay = table.seconds("delay_s", &defaults::CALLBACK_DELAY, report);
        let messages = ["confirmation", "ask_number", "declined"];
        let messages = messages.map(|key| table.table(key, report));
        let messages = messages.map(|message| self.message(message?));
        let [confirmation, ask_number, declined] = messages;
        table.done(&mut self.report);
        CallbackConfig {
            id,
            name,
            kind: kind.unwrap_or_default(),
            priority: priority.unwrap_or_default(),
            retries: retries.unwrap_or(defaults::CALLBACK_RETRIES),
            delay: delay.unwrap_or(defaults::CALLBACK_AFTER),
            confirmation,
            ask_number,
            declined,
        }
    }

    /// A file, or a text to be spoken.
    pub(super) fn message(&mut self, mut table: Table<'_>) -> Option<Message> {
        let report = &mut self.report;
        let file = table.string("file", report);
        let text = table.string("text", report);
        let voice = table.string("voice", report);
        let rate = table.number("rate", 80..=450, report);
        let position = table.choice("position", &FORMS, report);
        let quality = table.choice("quality", &QUALITIES, report);
        let path = table.own_path().to_owned();
        let is_file = table.has("file");
        if is_file == table.has("text") {
            report.of(&path, "either { file = \"…\" } or { text = \"…\" }");
        } else if is_file && (voice.is_some() || rate.is_some()) {
            report.of(&path, "a file has no voice and no rate: leave them out");
        } else if is_file && (position.is_some() || quality.is_some()) {
            report.of(
                &path,
                "a file is not spoken: leave position and quality out",
            );
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
            position: position.unwrap_or_default(),
            quality: quality.unwrap_or_default(),
        })
    }

    fn max_wait(&mut self, mut table: Table<'_>, names: &Names) -> MaxWait {
        if !table.has("after_s") {
            table.missing("after_s", &mut self.report);
        }
        let after = table
            .seconds("after_s", &defaults::MAX_WAIT, &mut self.report)
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
        if table.is_text("then") {
            return table.choice("then", &ENDS, &mut self.report);
        }
        let mut then = table.table_or_word("then", &ENDS, &mut self.report)?;
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
}

/// A number in the one spelling; the name of a configuration of call links as it is (D5).
fn sender(text: &str) -> String {
    match text.starts_with(LINK_SENDER) {
        true => text.to_owned(),
        false => pattern(text),
    }
}
