//! The messages of one call, or of one Call-ID that led to none: bounded, so that beginning and
//! end stay.

use crate::call::record::Role;
use crate::id::CallId;
use crate::sip::Transport;
use jiff::Timestamp;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

/// A message as it passed, without its secrets.
#[derive(Clone, Debug)]
pub(super) struct Message {
    /// Rises with each message of the server.
    pub(super) number: u64,
    pub(super) at: Instant,
    pub(super) time: Timestamp,
    /// By us; otherwise it was received.
    pub(super) sent: bool,
    pub(super) transport: Transport,
    pub(super) local: SocketAddr,
    pub(super) remote: SocketAddr,
    /// Empty where the message has none.
    pub(super) sip_call_id: Arc<str>,
    pub(super) bytes: Box<[u8]>,
}

/// A Call-ID of a story, and whose leg it is.
#[derive(Clone, Debug)]
pub(super) struct Leg {
    pub(super) sip_call_id: Arc<str>,
    /// `None`: it belongs to no call.
    pub(super) role: Option<Role>,
}

/// What may be kept of one story.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) messages: usize,
    pub(super) bytes: usize,
}

/// Messages that belong together, in the order in which they passed.
#[derive(Clone, Debug)]
pub(super) struct Story {
    /// `None`: they led to no call.
    pub(super) call: Option<CallId>,
    pub(super) legs: Vec<Leg>,
    pub(super) began: Instant,
    pub(super) ended: Option<Instant>,
    /// When the last message passed.
    pub(super) last: Instant,
    /// The beginning: once full, it stays.
    head: Vec<Message>,
    /// The end so far.
    tail: VecDeque<Message>,
    /// How many are missing between the two.
    missing: u64,
    head_bytes: usize,
    tail_bytes: usize,
    bounds: Bounds,
}

/// What a message takes besides its bytes, about.
const MESSAGE: usize = 128;
/// What a story, or a leg with its places in the indices, takes besides its messages, about.
const STORY: usize = 512;
/// More legs than this, and those after the first are forgotten, oldest first: a caller may have
/// had hundreds of phones rung.
const MAX_LEGS: usize = 256;

impl Story {
    pub(super) fn new(now: Instant, call: Option<CallId>, bounds: Bounds) -> Self {
        Self {
            call,
            legs: vec![],
            began: now,
            ended: None,
            last: now,
            head: vec![],
            tail: VecDeque::new(),
            missing: 0,
            head_bytes: 0,
            tail_bytes: 0,
            bounds,
        }
    }

    /// A message passed. Where there is no room, the middle goes.
    pub(super) fn push(&mut self, message: Message) {
        self.last = self.last.max(message.at);
        self.began = self.began.min(message.at);
        let size = message.bytes.len();
        let half = (self.bounds.messages / 2, self.bounds.bytes / 2);
        let fits = self.head.len() < half.0 && self.head_bytes + size <= half.1;
        if fits && self.tail.is_empty() && self.missing == 0 {
            self.head_bytes += size;
            return self.head.push(message);
        }
        self.tail_bytes += size;
        self.tail.push_back(message);
        let over = |story: &Self| {
            story.tail.len() > story.bounds.messages - half.0
                || story.tail_bytes > story.bounds.bytes - half.1
        };
        while over(self)
            && let Some(oldest) = self.tail.pop_front()
        {
            self.tail_bytes -= oldest.bytes.len();
            self.missing += 1;
        }
    }

    /// A leg of the call. Gives the one that is forgotten for it, if any.
    pub(super) fn add_leg(&mut self, leg: Leg) -> Option<Leg> {
        self.legs.push(leg);
        (self.legs.len() > MAX_LEGS).then(|| self.legs.remove(1))
    }

    /// Takes over what was said before it was known to concern this call.
    pub(super) fn absorb(&mut self, other: Self) {
        let missing = self.missing + other.missing;
        let mut all: Vec<_> = other.into_messages().collect();
        let own = std::mem::replace(self, Self::new(self.began, self.call, self.bounds));
        (self.legs, self.ended) = (own.legs.clone(), own.ended);
        all.extend(own.into_messages());
        all.sort_by_key(|message| message.number);
        for message in all {
            self.push(message);
        }
        self.missing += missing;
    }

    /// How many messages are missing, and before which of those that are here.
    pub(super) fn gap(&self) -> (u64, usize) {
        (self.missing, self.head.len())
    }

    pub(super) fn messages(&self) -> impl Iterator<Item = &Message> {
        self.head.iter().chain(&self.tail)
    }

    fn into_messages(self) -> impl Iterator<Item = Message> {
        self.head.into_iter().chain(self.tail)
    }

    /// The memory it takes, about.
    pub(super) fn size(&self) -> usize {
        let messages = self.head.len() + self.tail.len();
        let held = self.head_bytes + self.tail_bytes;
        held + messages * MESSAGE + (1 + self.legs.len()) * STORY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds {
        messages: 6,
        bytes: 1_000,
    };

    fn message(now: Instant, number: u64, length: usize) -> Message {
        let address = SocketAddr::from(([127, 0, 0, 1], 5060));
        Message {
            number,
            at: now,
            time: Timestamp::UNIX_EPOCH,
            sent: false,
            transport: Transport::Udp,
            local: address,
            remote: address,
            sip_call_id: "a".into(),
            bytes: vec![b'x'; length].into(),
        }
    }

    fn numbers(story: &Story) -> Vec<u64> {
        story.messages().map(|message| message.number).collect()
    }

    #[test]
    fn of_a_long_call_beginning_and_end_stay() {
        let now = Instant::now();
        let mut story = Story::new(now, None, BOUNDS);
        for number in 1..=10 {
            story.push(message(now, number, 10));
        }
        assert_eq!(numbers(&story), [1, 2, 3, 8, 9, 10]);
        assert_eq!(story.gap(), (4, 3));
    }

    #[test]
    fn long_messages_count_by_their_bytes() {
        let now = Instant::now();
        let mut story = Story::new(now, None, BOUNDS);
        for number in 1..=4 {
            story.push(message(now, number, 300));
        }
        assert_eq!(numbers(&story), [1, 4], "each half has 500 bytes");
        story.push(message(now, 5, 501));
        assert_eq!(
            numbers(&story),
            [1],
            "what is larger than a half is not kept"
        );
        assert_eq!(story.gap(), (4, 1));
        story.push(message(now, 6, 10));
        assert_eq!(
            numbers(&story),
            [1, 6],
            "the beginning is not filled up later"
        );
        assert_eq!(story.size(), 310 + 2 * MESSAGE + STORY);
    }

    #[test]
    fn what_was_said_before_a_call_was_known_stands_in_its_place() {
        let now = Instant::now();
        let mut early = Story::new(now, None, BOUNDS);
        let mut story = Story::new(now, Some(CallId(1)), BOUNDS);
        for number in [1, 3] {
            early.push(message(now, number, 10));
        }
        for number in [2, 4] {
            story.push(message(now, number, 10));
        }
        story.absorb(early);
        assert_eq!(numbers(&story), [1, 2, 3, 4]);
        assert_eq!(story.call, Some(CallId(1)));
    }

    #[test]
    fn the_first_leg_is_not_forgotten() {
        let leg = |number: usize| Leg {
            sip_call_id: number.to_string().into(),
            role: Some(Role::Agent),
        };
        let mut story = Story::new(Instant::now(), None, BOUNDS);
        let forgotten: Vec<_> = (0..=MAX_LEGS)
            .filter_map(|n| story.add_leg(leg(n)))
            .collect();
        assert_eq!(&*forgotten[0].sip_call_id, "1");
        assert_eq!(story.legs.len(), MAX_LEGS);
    }
}
