//! What customers hear who have to wait for a moment: on hold (R117–R122), or on the way to somebody
//! else (R131–R137).

use super::{Account, Message, defaults};
use crate::id::{HoldId, QueueId};
use std::time::Duration;

/// Music, and a message from time to time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Moment {
    /// `None`: what we ship.
    pub music: Option<Message>,
    /// What is said from time to time. On hold `None` is silence about it; on the way, what we ship.
    pub message: Option<Repeated>,
}

/// A message that is repeated.
#[derive(Clone, Debug, PartialEq)]
pub struct Repeated {
    /// What is said.
    pub message: Message,
    /// From the end of one to the start of the next: 1 s to an hour, by default 10 s (D8).
    pub every: Duration,
}

/// What customers of some queues hear on hold (R119).
#[derive(Clone, Debug, PartialEq)]
pub struct HoldMessage {
    /// What other settings call it.
    pub id: HoldId,
    /// What people call it; unique.
    pub name: String,
    /// Whose customers: a queue has one at most.
    pub queues: Vec<QueueId>,
    /// Off: these queues are as all others (R120).
    pub enabled: bool,
    /// What is heard.
    pub moment: Moment,
}

/// What holds for calls that agents pass on.
#[derive(Clone, Debug, PartialEq)]
pub struct Transfer {
    /// What the customer hears until somebody answers.
    pub moment: Moment,
    /// Whether there is a message besides the music (R132).
    pub message: bool,
    /// What the customer is told if nobody does (D6); `None`: what we ship.
    pub failed: Option<Message>,
    /// Whether the customer hears what the network of a number says before the answer (R134, R135).
    pub early_media: bool,
    /// Whether agents may type numbers that are no contact's (R127).
    pub allow_unlisted_numbers: bool,
    /// What becomes of a customer whom nobody has taken (D6).
    pub on_failure: OnFailure,
}

/// What somebody hears, besides music, whose other party's browser is lost in the call and may come back
/// (B18).
#[derive(Clone, Debug, PartialEq)]
pub struct Absence {
    /// Whether anything is said.
    pub enabled: bool,
    /// The peace of a page that is loaded anew: one that is back within so long was never away for the
    /// other party, who hears nothing meanwhile. 0 to 5 s, by default 0.7 s.
    pub after: Duration,
    /// What is said at once, and from time to time; `None`: what we ship.
    pub message: Option<Repeated>,
}

/// What becomes of a customer whom nobody has taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnFailure {
    /// They wait again, at the place they had.
    #[default]
    BackToQueue,
    /// The call ends.
    End,
}

/// Where it is set what customers hear who have to wait for a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MomentKey {
    /// On hold, for queues without a message of their own (R118).
    Hold,
    /// On hold, in the queues of this message.
    HoldOf(HoldId),
    /// On the way to somebody else.
    Transfer,
}

impl Default for Absence {
    /// It is said, once the page has had the time to be loaded anew.
    fn default() -> Self {
        Self {
            enabled: true,
            after: defaults::ABSENCE_AFTER,
            message: None,
        }
    }
}

impl Absence {
    /// Between two messages.
    pub fn every(&self) -> Duration {
        let message = self.message.as_ref();
        message.map_or(defaults::REPEAT_EVERY, |message| message.every)
    }
}

impl Default for Transfer {
    /// With message and early media, any number, back to the queue.
    fn default() -> Self {
        Self {
            moment: Moment::default(),
            message: true,
            failed: None,
            early_media: true,
            allow_unlisted_numbers: true,
            on_failure: OnFailure::default(),
        }
    }
}

impl Account {
    /// Where it is set what customers of a queue hear on hold (R120).
    pub fn hold_of(&self, queue: Option<QueueId>) -> MomentKey {
        let mut own = self.hold_messages.iter().filter(|each| each.enabled);
        let own = own.find(|each| queue.is_some_and(|queue| each.queues.contains(&queue)));
        own.map_or(MomentKey::Hold, |own| MomentKey::HoldOf(own.id))
    }

    /// What is heard for a moment, as far as it is set.
    pub fn moment(&self, key: MomentKey) -> Option<&Moment> {
        match key {
            MomentKey::Hold => Some(&self.hold),
            MomentKey::HoldOf(id) => {
                let mut own = self.hold_messages.iter();
                own.find(|each| each.id == id).map(|own| &own.moment)
            }
            MomentKey::Transfer => Some(&self.transfer.moment),
        }
    }

    /// Between two messages of a moment.
    pub fn repeated_every(&self, key: MomentKey) -> Duration {
        let message = self.moment(key).and_then(|moment| moment.message.as_ref());
        message.map_or(defaults::REPEAT_EVERY, |message| message.every)
    }

    /// All that is heard for a moment anywhere, and where it is set.
    pub fn moments(&self) -> impl Iterator<Item = (MomentKey, &Moment)> {
        let own = self.hold_messages.iter();
        let own = own.map(|each| (MomentKey::HoldOf(each.id), &each.moment));
        let all = [
            (MomentKey::Hold, &self.hold),
            (MomentKey::Transfer, &self.transfer.moment),
        ];
        all.into_iter().chain(own)
    }

    /// The account's own numbers, in E.164: what an agent may be shown as where they have the choice
    /// (R128).
    pub fn own_numbers(&self) -> impl Iterator<Item = &str> {
        let called = self.routes.iter().map(|route| route.number.as_str());
        let shown = self.trunks.iter();
        let shown = shown.filter_map(|trunk| trunk.identity.caller_id.as_deref());
        let senders = self
            .strategies
            .iter()
            .flat_map(|strategy| match &strategy.kind {
                super::StrategyKind::Senders(numbers) => numbers.as_slice(),
                super::StrategyKind::Queues(_) => &[],
            });
        let all = called.chain(shown).chain(senders.map(String::as_str));
        all.filter(|number| number.starts_with('+') && !number.ends_with('*'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(id: u32, queue: u32, enabled: bool) -> HoldMessage {
        HoldMessage {
            id: HoldId(id),
            name: format!("own {id}"),
            queues: vec![QueueId(queue)],
            enabled,
            moment: Moment::default(),
        }
    }

    #[test]
    fn r120_a_queue_has_its_own_message_while_it_is_enabled() {
        let mut account = Account::new("test");
        account.hold_messages = vec![own(1, 1, true), own(2, 2, false)];
        let of = |queue| account.hold_of(queue);
        assert_eq!(of(Some(QueueId(1))), MomentKey::HoldOf(HoldId(1)));
        assert_eq!(of(Some(QueueId(2))), MomentKey::Hold);
        assert_eq!(of(Some(QueueId(3))), MomentKey::Hold);
        assert_eq!(of(None), MomentKey::Hold);
    }

    #[test]
    fn d8_a_message_on_hold_is_repeated_every_ten_seconds_if_nothing_else_is_set() {
        let mut account = Account::new("test");
        assert_eq!(account.repeated_every(MomentKey::Hold).as_secs(), 10);
        let (message, every) = (Message::text("Hello"), Duration::from_secs(25));
        account.hold.message = Some(Repeated { message, every });
        assert_eq!(account.repeated_every(MomentKey::Hold), every);
    }
}
