//! Browsers and phones: the way through ICE and DTLS, sound, keys, pictures; strangers at the shared
//! port, and a peer that comes back another way.

mod film;
mod pictures;
mod strangers;

use super::*;
use crate::rtc::{
    Association, Certificate, Fingerprint, Peer, Role, certificate_of_test, check_of_test,
};
use crate::sdp::Direction;
use crate::sdp::browser::{self, Audio, Video, VideoCodec};

const NOMINATES: &[(u16, &[u8])] = &[(0x25, &[])];
const VP8: u8 = 96 + 1;

/// The far end: a page's connection.
struct Page {
    phone: usize,
    agreed: Agreed,
    association: Association,
}

/// Something that was agreed on with some browser, by its number, and a check of it.
pub(super) fn any_agreed(random: &mut Random, name: u64) -> Agreed {
    let directions = [
        Direction::SendRecv,
        Direction::SendOnly,
        Direction::RecvOnly,
        Direction::Inactive,
    ];
    let mut direction = || directions[random.below(4) as usize];
    let (audio, pictures) = (direction(), direction());
    let codec = Codec::ALL[random.below(4) as usize];
    Agreed {
        audio: Audio {
            codec,
            payload_type: codec.payload_type(),
            opus: Wishes::default(),
            events: None,
            packet_time: 20,
            direction: audio,
            held: false,
        },
        video: Some(video(pictures)).filter(|_| random.below(2) == 0),
        credentials: credentials(&format!("us-{name}")),
        peer: Peer {
            credentials: credentials("them"),
            fingerprint: Fingerprint([random.below(2) as u8; 32]),
            role: [Role::Server, Role::Client][random.below(2) as usize],
        },
        types: crate::sdp::Types::default(),
    }
}

pub(super) fn any_check(name: u64) -> Vec<u8> {
    let us = credentials(&format!("us-{name}"));
    check_of_test((&us.ufrag, "ufrag-them"), &us.password, NOMINATES)
}

fn credentials(name: &str) -> Credentials {
    Credentials {
        ufrag: format!("ufrag-{name}"),
        password: format!("password of {name}, long enough"),
    }
}

fn certificates() -> (Certificate, Certificate) {
    (certificate_of_test(), certificate_of_test())
}

fn video(direction: Direction) -> Video {
    Video {
        mid: "1".to_owned(),
        codec: VideoCodec::Vp8,
        payload_type: VP8,
        parameters: None,
        direction,
        feedback: browser::Feedback {
            nack: true,
            pli: true,
            fir: true,
            remb: true,
        },
    }
}

impl World {
    /// An engine that browsers reach, and its certificate.
    pub(super) fn with_browsers(network: Network) -> (Self, Certificate) {
        let mut w = Self::new(network);
        let ours = certificate_of_test();
        let engine = std::mem::replace(
            &mut w.engine,
            Engine::new(
                Random::seeded(1),
                Clock::new(w.now, "2026-01-02T03:04:05Z".parse().expect("a time")),
                w.now,
            ),
        );
        w.engine = engine.with_browsers(ours.clone());
        (w, ours)
    }

    /// A browser that says a tone, described and not yet heard of.
    fn page(&mut self, ours: &Certificate, hz: u32, codec: Codec) -> Page {
        let phone = self.phone_with(hz, codec, 20);
        let leg = self.leg(phone);
        // The place of a phone is given back for that of a browser.
        self.command(Command::Close { leg });
        let name = format!("{phone}");
        let us = credentials(&format!("us-{name}"));
        self.command(Command::Open {
            leg,
            place: Place::Browser(us.clone()),
            patience: None,
        });
        self.phones[phone].port = SHARED;
        let theirs = certificate_of_test();
        let agreed = Agreed {
            audio: Audio {
                codec,
                payload_type: codec.payload_type(),
                opus: Wishes::default(),
                events: Some(Events::both(EVENTS, codec.clock_rate())),
                packet_time: 20,
                direction: Direction::SendRecv,
                held: false,
            },
            video: None,
            credentials: us,
            peer: Peer {
                credentials: credentials(&format!("them-{name}")),
                fingerprint: theirs.fingerprint(),
                role: Role::Server,
            },
            types: crate::sdp::Types::default(),
        };
        let association = Association::new(&theirs, Role::Client, ours.fingerprint());
        let page = Page {
            phone,
            agreed,
            association,
        };
        self.meet(&page);
        page
    }

    fn meet(&mut self, page: &Page) {
        let (leg, agreed) = (self.leg(page.phone), Box::new(page.agreed.clone()));
        self.command(Command::Meet { leg, agreed });
    }

    /// A check from where the page is now.
    fn checks(&mut self, page: &Page, extra: &[(u16, &[u8])]) {
        let (us, them) = (&page.agreed.credentials, &page.agreed.peer.credentials);
        let check = check_of_test((&us.ufrag, &them.ufrag), &us.password, extra);
        let (port, from) = self.phones[page.phone].place();
        self.receive(port, from, &check);
    }

    /// DTLS, to its end; whether there are keys.
    fn shakes_hands(&mut self, page: &mut Page) -> bool {
        page.association.begin(self.now);
        loop {
            while let Some(packet) = page.association.poll_transmit() {
                let (port, from) = self.phones[page.phone].place();
                self.receive(port, from, &packet);
            }
            let came = std::mem::take(&mut self.phones[page.phone].handshake);
            if came.is_empty() {
                break;
            }
            for packet in came.iter().filter(|packet| packet[0] >= 20) {
                page.association.receive(self.now, packet);
            }
        }
        let keys = page.association.keys();
        self.phones[page.phone].secured = keys.map(secure::Secured::new);
        keys.is_some()
    }

    /// All of it.
    fn connects(&mut self, page: &mut Page) {
        self.checks(page, NOMINATES);
        assert!(self.shakes_hands(page));
    }

    /// A browser that is connected.
    fn browser(&mut self, ours: &Certificate, hz: u32, codec: Codec) -> Page {
        let mut page = self.page(ours, hz, codec);
        self.connects(&mut page);
        page
    }

    fn lost_and_found(&self) -> Vec<bool> {
        let each = self.events.iter().filter_map(|event| match event {
            Event::Lost { .. } => Some(false),
            Event::Found { .. } => Some(true),
            Event::Started { .. }
            | Event::Played { .. }
            | Event::Digit { .. }
            | Event::Silent { .. }
            | Event::Fares { .. }
            | Event::Closed { .. }
            | Event::Tell { .. }
            | Event::Failed { .. } => None,
        });
        each.collect()
    }
}

#[test]
fn a_browser_and_a_phone_hear_each_other_and_the_file_is_right() {
    for codec in [Codec::Opus, Codec::Pcmu, Codec::G722] {
        let (mut w, ours) = World::with_browsers(Network::default());
        let a = w.browser(&ours, 400, codec);
        let b = w.phone(700);
        w.bridge(a.phone, b);
        let (leg, origin, recording) = (w.leg(a.phone), w.now, RecordingId(1));
        w.command(Command::Record {
            recording,
            leg,
            origin,
        });
        w.wait(8.0);
        assert!(
            w.share(b, 400) > 0.95 && w.share(a.phone, 700) > 0.95,
            "{codec:?}"
        );
        assert!(
            w.phones[a.phone].muxed > 0,
            "reports come, on the same port"
        );
        let relayed = w.engine.totals().relayed > 700;
        assert_eq!(relayed, codec == Codec::Pcmu, "the same codec is relayed");
        let sound = &w.files[&recording].samples;
        assert!(crate::audio::tone::share(&sound[1600..], 400.0) > 0.95);
    }
}

#[test]
fn two_browsers_relay_opus_and_a_key_is_one_digit_and_passed_on() {
    let (mut w, ours) = World::with_browsers(Network::default());
    let (a, b) = (
        w.browser(&ours, 400, Codec::Opus),
        w.browser(&ours, 700, Codec::Opus),
    );
    w.bridge(a.phone, b.phone);
    w.wait(2.0);
    assert!(w.share(b.phone, 400) > 0.95 && w.share(a.phone, 700) > 0.95);
    assert!(w.engine.totals().relayed > 150);
    w.press(a.phone, '5');
    w.wait(1.0);
    assert_eq!(w.digits(a.phone), "5");
    let got = w.phones[b.phone].got.iter();
    assert!(got.filter(|got| got.1.payload_type == EVENTS).count() >= 5);
}

#[test]
fn music_begins_when_the_browser_can_hear_it() {
    let (mut w, ours) = World::with_browsers(Network::default());
    w.sounds(&[500]);
    let mut a = w.page(&ours, 400, Codec::Opus);
    let sounds = vec![SoundId(500)];
    w.hear(a.phone, Source::Play { play: 1, sounds });
    w.wait(3.0);
    assert!(
        w.phones[a.phone].got.is_empty(),
        "nothing is sent before DTLS"
    );
    assert!(
        !w.events
            .iter()
            .any(|event| matches!(event, Event::Played { .. }))
    );
    w.connects(&mut a);
    w.wait(0.9);
    assert!(w.share(a.phone, 500) > 0.95, "from its beginning");
    w.wait(0.5);
    assert!(
        w.events
            .iter()
            .any(|event| matches!(event, Event::Played { .. }))
    );
}

#[test]
fn b18_who_is_gone_is_lost_and_found_again_and_a_reloaded_page_goes_on_in_the_same_leg() {
    let (mut w, ours) = World::with_browsers(Network::default());
    let mut a = w.browser(&ours, 400, Codec::Opus);
    let b = w.phone(700);
    w.bridge(a.phone, b);
    let (leg, origin, recording) = (w.leg(a.phone), w.now, RecordingId(1));
    w.command(Command::Record {
        recording,
        leg,
        origin,
    });
    w.wait(29.0);
    assert_eq!(w.lost_and_found(), [] as [bool; 0]);
    w.wait(2.0);
    assert_eq!(w.lost_and_found(), [false], "no consent for 30 s");
    let got = w.phones[a.phone].got.len();
    w.wait(1.0);
    assert_eq!(
        w.phones[a.phone].got.len(),
        got,
        "nothing is sent without consent"
    );
    w.checks(&a, NOMINATES);
    assert_eq!(w.lost_and_found(), [false, true]);
    // The page is loaded again: another certificate, other credentials.
    let theirs = certificate_of_test();
    a.agreed.credentials = credentials("us again");
    a.agreed.peer = Peer {
        credentials: credentials("them again"),
        fingerprint: theirs.fingerprint(),
        role: Role::Server,
    };
    a.association = Association::new(&theirs, Role::Client, ours.fingerprint());
    w.phones[a.phone].address.set_port(4444);
    w.meet(&a);
    w.connects(&mut a);
    w.wait(2.0);
    assert!(w.share(b, 400) > 0.95 && w.share(a.phone, 700) > 0.95);
    assert!(
        w.files[&recording].length.is_none(),
        "the recording goes on"
    );
}

#[test]
fn f8_another_network_takes_over_with_its_first_check() {
    let (mut w, ours) = World::with_browsers(Network::default());
    let mut a = w.browser(&ours, 400, Codec::Pcmu);
    let b = w.phone(700);
    w.bridge(a.phone, b);
    w.wait(1.0);
    // An ICE restart: DTLS and its keys stay.
    a.agreed.credentials = credentials("us again");
    a.agreed.peer.credentials = credentials("them again");
    w.meet(&a);
    w.wait(1.0);
    assert!(
        w.share(b, 400) > 0.98 && w.share(a.phone, 700) > 0.98,
        "the old way goes on"
    );
    w.phones[a.phone].address = SocketAddr::from(([10, 0, 0, a.phone as u8 + 1], 5555));
    w.wait(0.2);
    assert!(w.share(a.phone, 700) < 0.9 || w.phones[a.phone].got.len() < 110);
    w.checks(&a, NOMINATES);
    w.wait(1.0);
    assert!(w.share(b, 400) > 0.98 && w.share(a.phone, 700) > 0.98);
}

#[test]
fn rfc_6544_who_comes_by_a_connection_is_answered_by_it_and_may_change_over() {
    let (mut w, ours) = World::with_browsers(Network::default());
    let mut a = w.page(&ours, 400, Codec::Opus);
    let b = w.phone(700);
    w.bridge(a.phone, b);
    w.phones[a.phone].port = STREAMED;
    let (_, address) = w.phones[a.phone].place();
    w.sent_from.clear();
    w.connects(&mut a);
    w.wait(2.0);
    assert!(w.share(b, 400) > 0.95 && w.share(a.phone, 700) > 0.95);
    let streamed = |w: &World, of: usize| w.sent_from[&w.phones[of].address.ip()].clone();
    assert_eq!(streamed(&w, a.phone), BTreeSet::from([STREAMED]));
    let leg = w.leg(a.phone);
    assert_eq!(w.engine.browser_at(STREAMED, address), Some(leg));
    // A datagram from the same address is a stranger's (H2).
    assert_eq!(w.engine.browser_at(SHARED, address), None);
    let refused = w.engine.totals().refused;
    w.receive(SHARED, address, &[0x80; 60]);
    assert_eq!(w.engine.totals().refused, refused + 1);
    // Another network, which lets datagrams through.
    w.phones[a.phone].port = SHARED;
    w.checks(&a, NOMINATES);
    w.sent_from.clear();
    w.wait(2.0);
    assert!(w.share(b, 400) > 0.95 && w.share(a.phone, 700) > 0.95);
    assert_eq!(streamed(&w, a.phone), BTreeSet::from([SHARED]));
}

#[test]
fn without_a_certificate_there_are_no_browsers() {
    let mut w = World::new(Network::default());
    w.command(Command::Open {
        leg: LegId(1),
        place: Place::Browser(credentials("us")),
        patience: None,
    });
    assert!(matches!(w.events[..], [Event::Failed { .. }]));
    w.engine.check();
}

/// The fingerprint in SDP is what everything hangs on.
#[test]
fn fingerprints_of_two_certificates_differ() {
    let (a, b) = certificates();
    assert_ne!(a.fingerprint(), b.fingerprint());
    assert_ne!(a.fingerprint(), Fingerprint([0; 32]));
}
