//! Keys pressed and understood: events, tones, signalling, from any to any.

use super::*;
use crate::audio::dtmf::{self, Detector};
use crate::audio::tone;
use crate::rtp::Keys;

/// How a pair of phones talk: who has telephone-events, and whether the packets are relayed.
const PAIRS: [(bool, bool, u16); 6] = [
    (true, true, 20),
    (true, false, 20),
    (false, true, 20),
    (false, false, 20),
    (true, true, 40),
    (true, false, 40),
];

#[test]
fn a_key_reaches_the_other_in_the_way_it_wants() {
    for (mine, theirs, time) in PAIRS {
        let (mut w, a, b) = pair(mine, theirs, time);
        for key in "15#".chars() {
            w.taps(a, key, 100);
            w.wait(0.4);
        }
        assert_eq!(w.digits(a), "15#", "{mine} {theirs} {time}");
        assert_eq!(w.understood(b), "15#", "{mine} {theirs} {time}");
        assert_eq!(w.digits(b), "");
        w.wait(1.0);
        assert!(
            w.share(b, 400) > 0.8,
            "the voice is back: {mine} {theirs} {time}"
        );
    }
}

#[test]
fn a_long_press_is_one_digit_for_both() {
    for (mine, theirs, time) in PAIRS {
        let (mut w, a, b) = pair(mine, theirs, time);
        w.taps(a, '7', 1500);
        w.wait(3.0);
        assert_eq!(
            (w.digits(a), w.understood(b)),
            ("7".into(), "7".into()),
            "{mine} {theirs} {time}"
        );
    }
}

#[test]
fn f28_signalling_and_stream_at_once_are_one_digit() {
    for (mine, theirs, time) in PAIRS {
        for first in [true, false] {
            let (mut w, a, b) = pair(mine, theirs, time);
            for key in "1225".chars() {
                if first {
                    w.signals(a, key);
                    w.wait(0.05);
                }
                w.taps(a, key, 120);
                if !first {
                    w.wait(0.15);
                    w.signals(a, key);
                }
                w.wait(0.5);
            }
            let which = format!("{mine} {theirs} {time} {first}");
            assert_eq!(w.digits(a), "1225", "{which}");
            assert_eq!(w.understood(b), "1225", "{which}");
        }
    }
}

#[test]
fn keys_typed_fast_by_signalling_arrive_in_order() {
    for theirs in [true, false] {
        let (mut w, a, b) = pair(true, theirs, 20);
        for key in "112233*0#D".chars() {
            w.signals(a, key);
            w.wait(0.06);
        }
        w.wait(3.0);
        assert_eq!(w.digits(a), "112233*0#D");
        assert_eq!(w.understood(b), "112233*0#D");
    }
}

#[test]
fn a_press_is_a_proper_one_and_the_stream_stays_one() {
    let (mut w, a, b) = pair(true, true, 20);
    w.phones[b].got.clear();
    let leg = w.leg(b);
    w.command(Command::Press {
        leg,
        digit: '9',
        milliseconds: 100,
    });
    w.wait(1.0);
    let got = &w.phones[b].got;
    for pair in got.windows(2) {
        assert_eq!(pair[1].1.sequence, pair[0].1.sequence.wrapping_add(1));
    }
    let keys: Vec<_> = got
        .iter()
        .filter(|got| got.1.payload_type == EVENTS)
        .collect();
    assert_eq!(keys.len(), 7, "five packets, the last one three times");
    assert!(
        keys.iter()
            .all(|key| key.1.timestamp == keys[0].1.timestamp),
        "one time"
    );
    let marked = keys.iter().map(|key| key.1.marker);
    assert!(marked.eq([true, false, false, false, false, false, false]));
    let ends = keys.iter().map(|key| key.2[1] & 0x80 != 0);
    assert!(ends.eq([false, false, false, false, true, true, true]));
    assert_eq!(keys[6].2[2..], [3, 32], "800 samples");
    let mut after = got.iter().skip_while(|got| got.1.payload_type != EVENTS);
    let sound = after.nth(7).expect("the voice goes on");
    let step = sound.1.timestamp.wrapping_sub(keys[0].1.timestamp);
    assert!(
        (7 * 160..=10 * 160).contains(&step),
        "time went on meanwhile: {step}"
    );
    assert_eq!(w.digits(a), "");
}

#[test]
fn keys_survive_a_bad_path() {
    for mine in [true, false] {
        let mut w = World::new(Network {
            loss_percent: if mine { 10 } else { 2 },
            repeat_percent: 10,
            jitter: Duration::from_millis(if mine { 40 } else { 10 }),
            ..Network::default()
        });
        let a = w.phone(400);
        w.describe(a, |stream| stream.events = stream.events.filter(|_| mine));
        w.wait(1.0);
        for key in "1223334444*#".chars() {
            w.taps(a, key, 120);
            w.wait(0.3);
        }
        assert_eq!(w.digits(a), "1223334444*#", "{mine}");
    }
}

#[test]
fn tones_are_not_listened_for_where_events_were_agreed_on() {
    let (mut w, a, b) = pair(true, true, 20);
    w.tones(a, '5', 200);
    w.wait(0.5);
    assert_eq!(w.digits(a), "");
    assert!(
        w.phones[b]
            .got
            .iter()
            .all(|got| got.1.payload_type != EVENTS)
    );
}

#[test]
fn a_hearer_told_by_signalling_gets_each_key_once_and_nothing_of_it_in_the_stream() {
    for (mine, theirs, time) in PAIRS {
        let (mut w, a, b) = pair(mine, theirs, time);
        w.describe(b, |stream| {
            stream.keys_by = KeysBy::Signalling;
            stream.events = stream.events.filter(|_| theirs);
        });
        for key in "15#".chars() {
            w.taps(a, key, 200);
            w.wait(0.4);
        }
        w.signals(a, '9');
        let leg = w.leg(b);
        w.command(Command::Press {
            leg,
            digit: '0',
            milliseconds: 80,
        });
        w.wait(0.4);
        let which = format!("{mine} {theirs} {time}");
        assert_eq!(w.told(b), "15#90", "{which}");
        assert_eq!(w.digits(a), "15#9", "{which}");
        assert_eq!(w.understood(b), "", "{which}");
        w.wait(1.0);
        assert!(w.share(b, 400) > 0.8, "the voice is back: {which}");
    }
}

#[test]
fn a_hearer_that_wants_events_or_nothing_gets_no_tones_of_ours() {
    for theirs in [true, false] {
        let (mut w, a, b) = pair(true, theirs, 20);
        w.describe(b, |stream| {
            stream.keys_by = KeysBy::Events;
            stream.events = stream.events.filter(|_| theirs);
        });
        w.taps(a, '5', 100);
        w.wait(0.5);
        w.signals(a, '6');
        w.wait(0.5);
        assert_eq!(w.understood(b), if theirs { "56" } else { "" });
        assert_eq!((w.digits(a), w.told(b)), ("56".into(), String::new()));
    }
}

#[test]
fn a_key_to_nobody_and_no_key_do_nothing() {
    let (mut w, a, b) = pair(true, true, 20);
    for (leg, digit) in [(LegId(99), '1'), (w.leg(a), 'x'), (w.leg(a), '\u{0}')] {
        w.command(Command::Press {
            leg,
            digit,
            milliseconds: 0,
        });
        w.command(Command::Pressed {
            leg,
            digit,
            milliseconds: 0,
        });
    }
    w.wait(0.5);
    assert_eq!(w.understood(a) + &w.understood(b) + &w.digits(a), "");
}

/// Two phones that talk; each has telephone-events or not. The second has packets of so many ms.
fn pair(mine: bool, theirs: bool, time: u16) -> (World, usize, usize) {
    pair_of([Codec::Pcmu, Codec::Pcma], mine, theirs, time)
}

/// The same with other codecs.
pub(super) fn pair_of(
    [first, second]: [Codec; 2],
    mine: bool,
    theirs: bool,
    time: u16,
) -> (World, usize, usize) {
    let mut w = World::new(Network::default());
    let (a, b) = (
        w.phone_with(400, first, 20),
        w.phone_with(700, second, time),
    );
    w.describe(a, |stream| stream.events = stream.events.filter(|_| mine));
    w.describe(b, |stream| stream.events = stream.events.filter(|_| theirs));
    w.bridge(a, b);
    w.wait(1.0);
    (w, a, b)
}

impl World {
    /// A phone presses a key in the way that was agreed on.
    pub(super) fn taps(&mut self, phone: usize, key: char, milliseconds: u16) {
        let leg = self.leg(phone);
        let slot = self.engine.names[&leg];
        let events = self.engine.leg(slot).and_then(|leg| leg.stream()?.events);
        if events.is_some() {
            let phone = &mut self.phones[phone];
            let rate = phone.codec.clock_rate();
            let press = Press::new(key, milliseconds, rate).expect("a key");
            phone.press = Some((press, phone.header.timestamp));
        } else {
            self.tones(phone, key, milliseconds);
        }
    }

    fn tones(&mut self, phone: usize, key: char, milliseconds: u16) {
        let hz = dtmf::tones(key).expect("a key");
        let sound = tone::dual(&hz, -15.0, usize::from(milliseconds) * 8);
        self.phones[phone].says.extend(sound);
    }

    fn signals(&mut self, phone: usize, digit: char) {
        let (leg, milliseconds) = (self.leg(phone), 100);
        self.command(Command::Pressed {
            leg,
            digit,
            milliseconds,
        });
    }

    /// What the peer of the phone's leg is to be told by signalling.
    fn told(&self, phone: usize) -> String {
        let peer = self.leg(phone);
        let mut told = String::new();
        for event in &self.events {
            if let Event::Tell { leg, digit, .. } = event
                && *leg == peer
            {
                told.push(*digit);
            }
        }
        told
    }

    /// What a gateway behind the phone makes of all it got: of events, and of tones.
    fn understood(&self, phone: usize) -> String {
        self.understood_by(phone, true)
    }

    /// The same, of tones only if it listens for them.
    pub(super) fn understood_by(&self, phone: usize, tones: bool) -> String {
        let phone = &self.phones[phone];
        let (mut keys, mut ear) = (Keys::default(), Detector::default());
        let mut decoder = Decoder::new(phone.codec);
        let understood = phone.got.iter().filter_map(|(_, header, payload)| {
            if header.payload_type == EVENTS {
                return keys.update(header, payload, phone.codec.clock_rate());
            }
            let mut samples = vec![];
            decoder.decode(payload, &mut samples);
            ear.hear(&samples).filter(|_| tones)
        });
        understood.collect()
    }
}
