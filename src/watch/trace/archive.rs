//! The stories that are kept: by call, by Call-ID, and which goes first when there is no room.

use super::story::{Bounds, Leg, Message, Story};
use crate::call::record::Role;
use crate::id::CallId;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The share of the memory for what led to no call: a scanner's noise drives out no call.
const STRANGERS: usize = 8;

/// All stories.
#[derive(Debug)]
pub(super) struct Archive {
    bounds: Bounds,
    /// How long a story is kept after its end; of what led to no call, after its last message.
    keep: Duration,
    /// What all stories together may take, in bytes.
    memory: usize,
    stories: HashMap<Number, Story>,
    calls: HashMap<CallId, Number>,
    names: HashMap<Arc<str>, Number>,
    /// The stories of each kind in the order in which they go.
    order: [BTreeSet<(Instant, Number)>; 3],
    /// What the stories of a kind take.
    sizes: [usize; 3],
    next: u64,
}

/// The number of a story.
type Number = u64;

/// What goes first when there is no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Calls that are over, from the first that ended.
    Over,
    /// What led to no call, from the one that has been silent for longest.
    Stranger,
    /// Calls that go on, from the first that began.
    Going,
}

impl Archive {
    pub(super) fn new(bounds: Bounds, keep: Duration, memory: usize) -> Self {
        Self {
            bounds,
            keep,
            memory,
            stories: HashMap::new(),
            calls: HashMap::new(),
            names: HashMap::new(),
            order: Default::default(),
            sizes: [0; 3],
            next: 0,
        }
    }

    /// A message passed.
    pub(super) fn add(&mut self, message: Message) {
        let name = &message.sip_call_id;
        let known = self.names.get(name).copied();
        let number = known.unwrap_or_else(|| {
            let number = self.begin(message.at, None);
            self.names.insert(name.clone(), number);
            let leg = Leg {
                sip_call_id: name.clone(),
                role: None,
            };
            self.change(number, |story| drop(story.add_leg(leg)));
            number
        });
        self.change(number, |story| story.push(message));
        self.make_room();
    }

    /// A Call-ID is that of a call.
    pub(super) fn tie(&mut self, now: Instant, call: CallId, role: Role, sip_call_id: &str) {
        let number = self.calls.get(&call).copied();
        let number = number.unwrap_or_else(|| {
            let number = self.begin(now, Some(call));
            self.calls.insert(call, number);
            number
        });
        let name: Arc<str> = sip_call_id.into();
        let before = self.names.insert(name.clone(), number);
        let before = before.filter(|before| {
            let story = self.stories.get(before);
            story.is_some_and(|story| story.call.is_none())
        });
        let early = before.and_then(|before| self.take(before));
        let leg = Leg {
            sip_call_id: name,
            role: Some(role),
        };
        let mut forgotten = None;
        self.change(number, |story| {
            forgotten = story.add_leg(leg);
            if let Some(early) = early {
                story.absorb(early);
            }
        });
        if let Some(leg) = forgotten {
            self.forget_name(&leg.sip_call_id, number);
        }
        self.make_room();
    }

    /// A call is over: from here on it is kept for a while.
    pub(super) fn end(&mut self, now: Instant, call: CallId) {
        if let Some(number) = self.calls.get(&call).copied() {
            self.change(number, |story| story.ended = Some(now));
        }
    }

    /// Forgets what was kept for long enough.
    pub(super) fn expire(&mut self, now: Instant) {
        for kind in [Kind::Over, Kind::Stranger] {
            while let Some((since, number)) = self.first(kind)
                && now.saturating_duration_since(since) >= self.keep
            {
                self.take(number);
            }
        }
    }

    pub(super) fn of_call(&self, call: CallId) -> Option<&Story> {
        self.stories.get(self.calls.get(&call)?)
    }

    /// The story in which a Call-ID was last used.
    pub(super) fn of_name(&self, sip_call_id: &str) -> Option<&Story> {
        self.stories.get(self.names.get(sip_call_id)?)
    }

    /// All stories, the latest first.
    pub(super) fn latest(&self) -> Vec<&Story> {
        let mut all: Vec<_> = self.stories.iter().collect();
        all.sort_by_key(|(number, story)| std::cmp::Reverse((story.began, **number)));
        all.into_iter().map(|(_, story)| story).collect()
    }

    /// Of how many calls there are stories.
    pub(super) fn calls(&self) -> usize {
        self.calls.len()
    }

    /// The memory in use, about.
    pub(super) fn size(&self) -> usize {
        self.sizes.iter().sum()
    }

    fn begin(&mut self, now: Instant, call: Option<CallId>) -> Number {
        self.next += 1;
        let story = Story::new(now, call, self.bounds);
        self.put(self.next, story);
        self.next
    }

    /// Changes a story, and puts it in its place anew if that has changed.
    fn change(&mut self, number: Number, how: impl FnOnce(&mut Story)) {
        let Some(story) = self.stories.get_mut(&number) else {
            return;
        };
        let (before, size) = (place(story), story.size());
        how(story);
        let after = place(story);
        self.sizes[before.0 as usize] -= size;
        self.sizes[after.0 as usize] += story.size();
        if before != after {
            self.order[before.0 as usize].remove(&(before.1, number));
            self.order[after.0 as usize].insert((after.1, number));
        }
    }

    fn put(&mut self, number: Number, story: Story) {
        let (kind, since) = place(&story);
        self.order[kind as usize].insert((since, number));
        self.sizes[kind as usize] += story.size();
        self.stories.insert(number, story);
    }

    fn unplace(&mut self, number: Number, story: &Story) {
        let (kind, since) = place(story);
        self.order[kind as usize].remove(&(since, number));
        self.sizes[kind as usize] -= story.size();
    }

    /// Forgets a story, and gives it.
    fn take(&mut self, number: Number) -> Option<Story> {
        let story = self.stories.remove(&number)?;
        self.unplace(number, &story);
        if let Some(call) = story.call {
            self.calls.remove(&call);
        }
        for leg in &story.legs {
            self.forget_name(&leg.sip_call_id, number);
        }
        Some(story)
    }

    /// A Call-ID may have been used anew by a later story.
    fn forget_name(&mut self, name: &str, number: Number) {
        if self.names.get(name) == Some(&number) {
            self.names.remove(name);
        }
    }

    fn make_room(&mut self) {
        while self.sizes[Kind::Stranger as usize] > self.memory / STRANGERS
            && let Some((_, number)) = self.first(Kind::Stranger)
        {
            self.take(number);
        }
        let kinds = [Kind::Over, Kind::Stranger, Kind::Going];
        while self.size() > self.memory
            && let Some((_, number)) = kinds.iter().find_map(|kind| self.first(*kind))
        {
            self.take(number);
        }
    }

    fn first(&self, kind: Kind) -> Option<(Instant, Number)> {
        self.order[kind as usize].first().copied()
    }
}

fn place(story: &Story) -> (Kind, Instant) {
    match (story.call, story.ended) {
        (None, _) => (Kind::Stranger, story.last),
        (Some(_), None) => (Kind::Going, story.began),
        (Some(_), Some(ended)) => (Kind::Over, ended),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::Transport;
    use jiff::Timestamp;
    use std::net::SocketAddr;

    const BOUNDS: Bounds = Bounds {
        messages: 20,
        bytes: 10_000,
    };
    const HOUR: Duration = Duration::from_secs(3_600);

    struct Shelf {
        archive: Archive,
        now: Instant,
        number: u64,
    }

    fn shelf(memory: usize) -> Shelf {
        Shelf {
            archive: Archive::new(BOUNDS, HOUR, memory),
            now: Instant::now(),
            number: 0,
        }
    }

    impl Shelf {
        fn passes(&mut self, sip_call_id: &str) -> &mut Self {
            let address = SocketAddr::from(([127, 0, 0, 1], 5060));
            self.number += 1;
            self.archive.add(Message {
                number: self.number,
                at: self.now,
                time: Timestamp::UNIX_EPOCH,
                sent: false,
                transport: Transport::Udp,
                local: address,
                remote: address,
                sip_call_id: sip_call_id.into(),
                bytes: [b'x'; 500].into(),
            });
            self.checked()
        }

        fn tied(&mut self, call: u64, sip_call_id: &str) -> &mut Self {
            let call = CallId(call);
            self.archive.tie(self.now, call, Role::Agent, sip_call_id);
            self.checked()
        }

        fn ended(&mut self, call: u64) -> &mut Self {
            self.archive.end(self.now, CallId(call));
            self.checked()
        }

        fn later(&mut self, seconds: u64) -> &mut Self {
            self.now += Duration::from_secs(seconds);
            self.archive.expire(self.now);
            self.checked()
        }

        fn messages_of(&self, call: u64) -> Option<usize> {
            let story = self.archive.of_call(CallId(call))?;
            Some(story.messages().count())
        }

        fn checked(&mut self) -> &mut Self {
            let archive = &self.archive;
            let size: usize = archive.stories.values().map(Story::size).sum();
            assert_eq!(archive.size(), size);
            assert!(size <= archive.memory);
            let places: usize = archive.order.iter().map(BTreeSet::len).sum();
            assert_eq!(places, archive.stories.len());
            let known = |number| archive.stories.contains_key(number);
            assert!(archive.names.values().all(known) && archive.calls.values().all(known));
            self
        }
    }

    #[test]
    fn a_call_has_the_messages_of_all_its_legs_those_before_it_was_known_too() {
        let mut shelf = shelf(1 << 20);
        shelf.passes("a").passes("other").tied(1, "a").passes("a");
        shelf.tied(1, "b").passes("b");
        assert_eq!(shelf.messages_of(1), Some(3));
        assert_eq!(
            shelf.archive.of_name("b").and_then(|s| s.call),
            Some(CallId(1))
        );
        assert_eq!(
            (shelf.archive.calls(), shelf.archive.latest().len()),
            (1, 2)
        );
    }

    #[test]
    fn a_story_is_kept_for_an_hour_after_the_end() {
        let mut shelf = shelf(1 << 20);
        shelf
            .tied(1, "a")
            .passes("a")
            .later(7_200)
            .passes("stranger");
        assert_eq!(shelf.messages_of(1), Some(1), "it goes on");
        shelf.ended(1).later(3_599).passes("a");
        assert_eq!(shelf.messages_of(1), Some(2), "a late message");
        shelf.later(1);
        assert_eq!(shelf.messages_of(1), None);
        assert_eq!(shelf.archive.size(), 0, "strangers go as well");
    }

    #[test]
    fn without_room_calls_that_are_over_go_first_and_the_earliest_of_them() {
        let mut shelf = shelf(8_000);
        for call in 1..=3 {
            let name = format!("leg of {call}");
            shelf.tied(call, &name).passes(&name).later(1);
        }
        shelf.ended(2).later(1).ended(1);
        shelf
            .tied(4, "four")
            .passes("four")
            .passes("four")
            .passes("four");
        shelf.passes("four");
        let left: Vec<_> = (1..=4)
            .filter(|call| shelf.messages_of(*call).is_some())
            .collect();
        assert_eq!(left, [1, 3, 4]);
        for _ in 0..5 {
            shelf.passes("four");
        }
        assert_eq!(shelf.archive.calls(), 1, "the last to go");
    }

    #[test]
    fn strangers_drive_out_strangers_alone() {
        let mut shelf = shelf(40_000);
        shelf.tied(1, "a").passes("a").passes("first");
        for number in 0..100 {
            shelf.later(1).passes(&format!("scan {number}"));
        }
        assert_eq!(shelf.messages_of(1), Some(1));
        assert!(shelf.archive.of_name("first").is_none());
        assert!(shelf.archive.of_name("scan 99").is_some());
    }

    #[test]
    fn a_call_id_that_is_used_again_is_that_of_the_later_call() {
        let mut shelf = shelf(1 << 20);
        shelf.tied(1, "a").passes("a").ended(1);
        shelf.tied(2, "a").passes("a").passes("a");
        assert_eq!(
            (shelf.messages_of(1), shelf.messages_of(2)),
            (Some(1), Some(2))
        );
        shelf.later(3_600).passes("a");
        assert_eq!(
            (shelf.messages_of(1), shelf.messages_of(2)),
            (None, Some(3))
        );
    }
}
