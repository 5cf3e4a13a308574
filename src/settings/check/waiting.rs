//! What callers experience, and the strategies that say so.

use super::super::defaults::{ANNOUNCE, MAX_WAIT};
use super::super::{Account, Message, OnMaxWait, StrategyKind, Waiting, fits};
use super::{Problems, covers};
use crate::id::QueueId;
use std::collections::BTreeMap;

impl Problems {
    pub(super) fn strategies(&mut self, account: &Account) {
        let strategies = &account.strategies;
        self.unique("strategy", "name", strategies.iter().map(|each| &each.name));
        self.unique("strategy", "id", strategies.iter().map(|each| each.id));
        let mut bound: BTreeMap<QueueId, &str> = BTreeMap::new();
        let mut sent: Vec<(&String, &str)> = vec![];
        for (index, strategy) in strategies.iter().enumerate() {
            let path = format!("strategy[{index}]");
            self.name(&format!("{path}.name"), &strategy.name);
            self.waiting(account, &path, &strategy.waiting);
            match &strategy.kind {
                StrategyKind::Queues(queues) => {
                    self.redirect(account, &path, queues, &strategy.waiting);
                    for (at, queue) in queues.iter().enumerate() {
                        let path = format!("{path}.queues[{at}]");
                        self.binding(account, &path, *queue, bound.insert(*queue, &strategy.name));
                    }
                }
                StrategyKind::Senders(numbers) => {
                    let then = strategy.waiting.max_wait.as_ref().map(|max| max.then);
                    if let Some(OnMaxWait::Queue(_)) = then {
                        let mend = "callers of a number wait in many queues: \"end\" or \
                                    { external = \"…\" } (R26)";
                        self.add(format!("{path}.max_wait.then"), mend);
                    } else {
                        self.redirect(account, &path, &[], &strategy.waiting);
                    }
                    for (at, number) in numbers.iter().enumerate() {
                        let path = format!("{path}.senders[{at}]");
                        self.sender(account, &path, number);
                        if let Some((_, other)) = sent.iter().find(|(each, _)| covers(each, number))
                        {
                            let mend = format!("{number:?} has the strategy {other:?} already");
                            self.add(path, mend);
                        }
                        sent.push((number, &strategy.name));
                    }
                }
            }
        }
    }

    /// A queue has one experience: its own, or that of one strategy.
    fn binding(&mut self, account: &Account, path: &str, queue: QueueId, other: Option<&str>) {
        let Some(own) = account.queue(queue) else {
            self.add(path, format!("there is no queue {queue}"));
            return;
        };
        if let Some(other) = other {
            let mend = format!("queue {:?} has the strategy {other:?} already", own.name);
            self.add(path, mend);
        } else if own.waiting != Waiting::default() {
            let mend = format!(
                "queue {:?} says itself what its callers hear: take that out, or the queue",
                own.name
            );
            self.add(path, mend);
        }
    }

    pub(super) fn waiting(&mut self, account: &Account, path: &str, waiting: &Waiting) {
        self.message(&format!("{path}.greeting"), waiting.greeting.as_ref());
        self.message(&format!("{path}.music"), waiting.music.as_ref());
        if let Some(Message::Text { .. }) = waiting.music {
            self.add(format!("{path}.music"), "hold music is a file (R29)");
        }
        if let Some(announcement) = &waiting.announcement {
            let path = format!("{path}.announcement");
            self.message(&path, Some(&announcement.message));
            self.range(&format!("{path}.every_s"), announcement.every, ANNOUNCE);
            self.codes(account, &path, &announcement.codes);
        }
        if let Some(max) = &waiting.max_wait {
            let path = format!("{path}.max_wait");
            self.range(&format!("{path}.after_s"), max.after, MAX_WAIT);
            self.message(&format!("{path}.message"), max.message.as_ref());
            self.no_placeholders(&format!("{path}.message"), max.message.as_ref());
        }
    }

    /// Where callers of these queues go after their longest wait.
    pub(super) fn redirect(
        &mut self,
        account: &Account,
        path: &str,
        from: &[QueueId],
        waiting: &Waiting,
    ) {
        let Some(max) = &waiting.max_wait else {
            return;
        };
        let path = format!("{path}.max_wait.then");
        match max.then {
            OnMaxWait::End => {}
            // E.164: up to 15 digits.
            OnMaxWait::External(number @ 100..=999_999_999_999_999) => {
                self.leads_out(account, path, number);
            }
            OnMaxWait::External(_) => self.add(path, "an E.164 number has 3 to 15 digits"),
            OnMaxWait::Queue(to) if account.queue(to).is_none() => {
                self.add(path, format!("there is no queue {to}"));
            }
            OnMaxWait::Queue(_) => {
                if let Some(way) = from.iter().find_map(|from| circle(account, *from)) {
                    let mend = format!("callers would go in a circle: {way}; end it somewhere");
                    self.add(path, mend);
                }
            }
        }
    }
}

impl Problems {
    /// A caller who is sent to a number that no trunk takes would be hung up on.
    fn leads_out(&mut self, account: &Account, path: String, number: u64) {
        let number = format!("+{number}");
        if account.dialling.deny.iter().any(|each| fits(each, &number)) {
            self.add(path, "the number is denied to all, by dialling.deny");
        } else if !account
            .outbound
            .iter()
            .any(|way| fits(&way.number, &number))
        {
            let mend =
                "no way out leads to this number: first set one in [[outbound]], and its trunk";
            self.add(path, mend);
        }
    }
}

/// The way back to a queue by redirects, if there is one (R37).
fn circle(account: &Account, from: QueueId) -> Option<String> {
    let next = |id: QueueId| match account.waiting(id, None)?.1.max_wait.as_ref()?.then {
        OnMaxWait::Queue(to) => Some(to),
        OnMaxWait::End | OnMaxWait::External(_) => None,
    };
    let name = |id: QueueId| account.queue(id).map_or("?", |queue| queue.name.as_str());
    let mut way = name(from).to_owned();
    let mut at = next(from)?;
    for _ in &account.queues {
        way = format!("{way} → {}", name(at));
        if at == from {
            return Some(way);
        }
        at = next(at)?;
    }
    None
}
