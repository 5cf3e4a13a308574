//! What customers hear who have to wait for a moment.

use super::super::Account;
use super::super::defaults::{ABSENCE, REPEAT};
use super::super::moment::Moment;
use super::Problems;
use crate::id::QueueId;
use std::collections::BTreeMap;

impl Problems {
    pub(super) fn moments(&mut self, account: &Account) {
        self.moment("hold", "announcement", &account.hold);
        self.moment("transfer", "message", &account.transfer.moment);
        self.plain("transfer.failed_message", account.transfer.failed.as_ref());
        let absence = account.absence.message.as_ref();
        self.plain("hold.absence", absence.map(|repeated| &repeated.message));
        self.range("hold.absence_after_s", account.absence.after, ABSENCE);
        let own = &account.hold_messages;
        self.unique("hold_message", "name", own.iter().map(|each| &each.name));
        self.unique("hold_message", "id", own.iter().map(|each| each.id));
        let mut taken: BTreeMap<QueueId, &str> = BTreeMap::new();
        for (index, each) in own.iter().enumerate() {
            let path = format!("hold_message[{index}]");
            self.name(&format!("{path}.name"), &each.name);
            self.moment(&path, "announcement", &each.moment);
            if each.queues.is_empty() {
                let mend = "at least one queue: the others have what [hold] says";
                self.add(format!("{path}.queues"), mend);
            }
            for (at, id) in each.queues.iter().enumerate() {
                let path = format!("{path}.queues[{at}]");
                let Some(queue) = account.queue(*id) else {
                    self.add(path, format!("there is no queue {id}"));
                    continue;
                };
                if let Some(other) = taken.insert(*id, &each.name) {
                    let name = &queue.name;
                    let mend = format!("queue {name:?} has the message {other:?} already (R119)");
                    self.add(path, mend);
                }
            }
        }
    }

    fn moment(&mut self, path: &str, key: &str, moment: &Moment) {
        self.plain(&format!("{path}.music"), moment.music.as_ref());
        if let Some(repeated) = &moment.message {
            let path = format!("{path}.{key}");
            self.plain(&path, Some(&repeated.message));
            self.range(&format!("{path}.every_s"), repeated.every, REPEAT);
        }
    }

    fn plain(&mut self, path: &str, message: Option<&super::Message>) {
        self.message(path, message);
        self.no_placeholders(path, message);
    }
}
