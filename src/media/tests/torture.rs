//! Anything may come, from anyone and in any order: nothing panics, nothing is left behind.

use super::browser::{any_agreed, any_check};
use super::*;

#[test]
fn mutated_packets_on_every_port_do_no_harm() {
    let mut w = World::new(Network::default());
    let (a, b) = (w.phone(400), w.phone(700));
    let c = w.phone_with(1100, Codec::Pcma, 30);
    w.bridge(a, b);
    w.hear(c, Source::Mix(vec![w.leg(a), w.leg(b), w.leg(c)]));
    for phone in [a, b, c] {
        let (leg, origin) = (w.leg(phone), w.now);
        let recording = RecordingId(phone as u64);
        w.command(Command::Record {
            recording,
            leg,
            origin,
        });
    }
    for round in 0..20_000u64 {
        let phone = w.random.below(3) as usize;
        let mut header = w.phones[phone].header;
        header.payload_type = [0, 8, EVENTS, 13, 72, 96][w.random.below(6) as usize];
        if w.random.below(4) == 0 {
            header.sequence = w.random.u32() as u16;
            header.timestamp = w.random.u32();
        }
        let length = w.random.below(300) as usize;
        let mut bytes = header.write().to_vec();
        bytes.extend((0..length).map(|_| w.random.u32() as u8));
        for _ in 0..w.random.below(3) {
            let at = w.random.below(bytes.len() as u64) as usize;
            bytes[at] = w.random.u32() as u8;
        }
        bytes.truncate(w.random.below(320) as usize);
        let port = 19_999 + w.random.below(9) as u16;
        let from = w.phones[phone].address;
        w.receive(port, from, &bytes);
        if round % 50 == 0 {
            w.wait(0.02);
        }
    }
    w.receive(20_000, w.phones[a].address, &[0x80; 65_000]);
    for phone in [a, b, c] {
        w.command(Command::Close { leg: w.leg(phone) });
    }
    assert!(w.engine.is_idle());
    assert!(w.files.values().all(|file| file.length.is_some()));
}

#[test]
fn packets_of_any_length_are_heard_and_recorded() {
    let mut w = World::new(Network::default());
    let a = w.phone(400);
    let b = w.phone_with(700, Codec::Pcma, 40);
    w.bridge(a, b);
    let leg = w.leg(a);
    let (recording, origin) = (RecordingId(1), w.now);
    w.command(Command::Record {
        recording,
        leg,
        origin,
    });
    w.phones[a].packet_time = 37;
    w.wait(4.0);
    assert!(w.share(b, 400) > 0.9);
    let end = w.now;
    w.command(Command::StopRecording { recording, end });
    assert!(crate::audio::tone::share(&w.files[&recording].samples[400..], 400.0) > 0.95);
}

#[test]
fn any_commands_in_any_order_leave_the_engine_sound() {
    for seed in 0..40 {
        let (mut w, _) = World::with_browsers(Network::default());
        w.random = Random::seeded(seed);
        w.sounds(&[1, 2, 3]);
        let mut recordings = 0;
        for _ in 0..300 {
            let command = any_command(&mut w.random, &mut recordings, w.now);
            w.command(command);
            w.engine.check();
            let port = 30_000 + w.random.below(12) as u16;
            let header = Header {
                sequence: w.random.below(50) as u16,
                ..Header::default()
            };
            let bytes = [&header.write()[..], &[1; 160]].concat();
            w.receive(port, SocketAddr::from(([10, 9, 9, 9], 9)), &bytes);
            let from = SocketAddr::from(([10, 9, 9, 9], w.random.below(4) as u16 + 1));
            let check = any_check(w.random.below(8));
            w.receive(SHARED, from, &check);
            w.receive(SHARED, from, &bytes);
            let hello = [
                22,
                254,
                253,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                w.random.u32() as u8,
                0,
                0,
            ];
            w.receive(SHARED, from, &hello);
            let seconds = w.random.below(60) as f64 / 1000.0;
            w.wait(seconds);
        }
        for leg in 0..8 {
            w.command(Command::Close { leg: LegId(leg) });
        }
        w.engine.check();
        assert!(w.engine.is_idle() && w.engine.legs() == 0);
        assert_eq!(w.files.len(), recordings as usize);
        assert!(w.files.values().all(|file| file.length.is_some()));
    }
}

fn any_command(random: &mut Random, recordings: &mut u64, now: Instant) -> Command {
    let leg = LegId(random.below(8));
    let other = LegId(random.below(8));
    match random.below(16) {
        0 | 1 => Command::Open {
            leg,
            place: Place::Port(30_000 + random.below(12) as u16),
            patience: None,
        },
        2 | 3 => Command::Describe {
            leg,
            stream: Stream {
                remote: SocketAddr::from(([10, 9, 9, random.below(3) as u8], 9)),
                rtcp: SocketAddr::from(([0, 0, 0, 0], 0)),
                codec: Codec::ALL[random.below(4) as usize],
                payload_type: 0,
                receive_type: 0,
                opus: Wishes::default(),
                events: Some(Events::both(EVENTS, 8000)).filter(|_| random.below(2) == 0),
                keys_by: [KeysBy::Stream, KeysBy::Events, KeysBy::Signalling]
                    [random.below(3) as usize],
                packet_time: [10, 20, 20, 40, 0, 999][random.below(6) as usize],
                sends: random.below(4) > 0,
                receives: true,
                crypto: None,
                rtcp_mux: false,
            },
        },
        4 => {
            let source = Source::Play {
                play: 1,
                sounds: vec![SoundId(random.below(5) as u32)],
            };
            Command::Hear { leg, source }
        }
        5 => Command::Hear {
            leg,
            source: Source::Loop(SoundId(random.below(5) as u32)),
        },
        6 | 7 => Command::Hear {
            leg,
            source: Source::Leg(other),
        },
        8 => {
            let legs = (0..random.below(12))
                .map(|_| LegId(random.below(9)))
                .collect();
            Command::Hear {
                leg,
                source: Source::Mix(legs),
            }
        }
        9 => {
            *recordings += 1;
            let recording = RecordingId(*recordings);
            Command::Record {
                recording,
                leg,
                origin: now,
            }
        }
        10 | 11 => Command::Open {
            leg,
            place: Place::Browser(any_agreed(random, other.0).credentials),
            patience: None,
        },
        12 | 13 => Command::Meet {
            leg,
            agreed: Box::new(any_agreed(random, other.0)),
        },
        14 => Command::StopRecording {
            recording: RecordingId(random.below(*recordings + 1)),
            end: now,
        },
        _ => Command::Close { leg },
    }
}
