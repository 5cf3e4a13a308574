//! SRTP on a leg: who hears what, whose packets count, and keys that change.

use super::*;
use crate::rtp::srtp::{Keys, Master, Opener, Sealer, Suite};

/// The far end of a secure leg.
pub(super) struct Secured {
    sealer: Sealer,
    pub(super) opener: Opener,
    /// Reports and packets that did not open.
    strange: u32,
}

impl Secured {
    pub(super) fn seal(&mut self, packet: &mut Vec<u8>) {
        self.sealer.seal_rtp(packet, 0);
    }

    pub(super) fn open(&mut self, rtcp: bool, packet: &mut Vec<u8>) -> bool {
        let opened = match rtcp {
            true => self.opener.open_rtcp(packet),
            false => self.opener.open_rtp(packet),
        };
        self.strange += u32::from(opened.is_err());
        opened.map(|length| packet.truncate(length)).is_ok()
    }
}

impl Secured {
    /// Of the far end, whose keys these are as it sees them.
    pub(super) fn new(keys: Keys) -> Self {
        Self {
            sealer: Sealer::new(keys.suite, &keys.ours),
            opener: Opener::new(keys.suite, &keys.theirs),
            strange: 0,
        }
    }

    pub(super) fn seal_report(&mut self, packet: &mut Vec<u8>) {
        self.sealer.seal_rtcp(packet, 0);
    }
}

fn keys(suite: Suite, seed: u64) -> Keys {
    let mut random = Random::seeded(seed);
    Keys {
        suite,
        ours: Master::random(suite, &mut random),
        theirs: Master::random(suite, &mut random),
    }
}

impl World {
    /// The phone and its leg have these keys from now on.
    fn secure(&mut self, phone: usize, keys: Keys) {
        self.phones[phone].secured = Some(Secured {
            sealer: Sealer::new(keys.suite, &keys.theirs),
            opener: Opener::new(keys.suite, &keys.ours),
            strange: 0,
        });
        self.describe(phone, |stream| stream.crypto = Some(keys));
    }

    fn refused(&mut self, phone: usize) -> u64 {
        let leg = self.leg(phone);
        self.command(Command::Close { leg });
        let Some(Event::Closed { report, .. }) = self.events.last() else {
            panic!("not closed");
        };
        report.refused
    }
}

#[test]
fn a_secure_phone_and_a_plain_one_hear_each_other_and_the_file_is_right() {
    for suite in Suite::ALL {
        let mut w = World::new(Network::default());
        let (a, b) = (w.phone(400), w.phone(700));
        w.secure(a, keys(suite, 1));
        w.bridge(a, b);
        let (leg, origin, recording) = (w.leg(a), w.now, RecordingId(1));
        w.command(Command::Record {
            recording,
            leg,
            origin,
        });
        w.wait(8.0);
        assert!(
            w.share(b, 400) > 0.98 && w.share(a, 700) > 0.98,
            "{suite:?}"
        );
        assert!(w.engine.totals().relayed > 700, "they are relayed at once");
        assert!(!w.phones[a].reports.is_empty(), "reports come, sealed");
        assert_eq!(w.phones[a].secured.as_ref().map(|s| s.strange), Some(0));
        assert_eq!(w.refused(a), 0);
        let sound = &w.files[&recording].samples;
        assert!(crate::audio::tone::share(&sound[1600..], 400.0) > 0.98);
    }
}

#[test]
fn both_sides_secure_with_other_keys_through_loss_and_disorder() {
    let mut w = World::new(Network {
        delay: Duration::from_millis(20),
        jitter: Duration::from_millis(50),
        loss_percent: 5,
        repeat_percent: 5,
    });
    let (a, b) = (w.phone(400), w.phone(700));
    w.secure(a, keys(Suite::AeadAes128Gcm, 1));
    w.secure(b, keys(Suite::AesCm128HmacSha1_32, 2));
    w.bridge(a, b);
    w.wait(10.0);
    assert!(w.share(b, 400) > 0.6 && w.share(a, 700) > 0.6);
    assert!(w.engine.totals().forged > 20, "the repeated ones");
    assert_eq!(w.phones[b].secured.as_ref().map(|s| s.strange), Some(0));
}

#[test]
fn music_and_mixes_go_out_sealed_and_a_mix_hears_the_secure() {
    let mut w = World::new(Network::default());
    w.sounds(&[500]);
    let (a, b, c) = (w.phone(400), w.phone(700), w.phone(1000));
    w.secure(a, keys(Suite::AesCm128HmacSha1_80, 1));
    w.hear(a, Source::Loop(SoundId(500)));
    w.hear(c, Source::Mix(vec![w.leg(a), w.leg(b)]));
    w.wait(2.0);
    assert!(w.share(a, 500) > 0.95);
    assert!(w.share(c, 400) > 0.3 && w.share(c, 700) > 0.3);
    w.assert_even(a);
}

/// H2, H3: a packet that is not authentic is in no ear and no file, takes no latch, and the call
/// stays.
#[test]
fn what_is_not_authentic_has_no_effect() {
    let mut w = World::new(Network::default());
    let (a, b) = (w.phone(400), w.phone(700));
    w.phones[a].voice = Voice::Nothing;
    w.secure(a, keys(Suite::AesCm128HmacSha1_80, 1));
    w.bridge(a, b);
    let (leg, origin, recording) = (w.leg(a), w.now, RecordingId(1));
    w.command(Command::Record {
        recording,
        leg,
        origin,
    });
    let thief = SocketAddr::from(([192, 0, 2, 66], 4000));
    let mut wrong = Sealer::new(
        Suite::AesCm128HmacSha1_80,
        &keys(Suite::AesCm128HmacSha1_80, 9).theirs,
    );
    let (port, mut header) = (w.phones[a].port, w.phones[a].header);
    for number in 0..50 {
        header.sequence = number;
        let plain = [&header.write()[..], &[0x80; 160]].concat();
        let mut sealed = plain.clone();
        assert!(wrong.seal_rtp(&mut sealed, 0));
        for from in [thief, w.phones[a].address] {
            w.receive(port, from, &plain);
            w.receive(port, from, &sealed);
            w.receive(port + 1, from, &sealed);
        }
        w.wait(0.02);
    }
    assert!(
        !w.events.contains(&Event::Started { leg }),
        "not even started"
    );
    assert_eq!(w.engine.totals().forged, 300);
    assert!(
        w.phones[b]
            .got
            .iter()
            .all(|(_, _, sound)| sound.iter().all(|s| *s != 0x80))
    );
    w.phones[a].voice = Voice::Tone(400);
    w.wait(1.0);
    assert!(w.share(b, 400) > 0.98, "the peer itself takes the latch");
    w.command(Command::Close { leg });
    let loud = w.files[&recording]
        .samples
        .iter()
        .filter(|s| s.abs() > 20_000);
    assert_eq!(loud.count(), 0);
}

#[test]
fn a_packet_sent_again_by_a_thief_is_heard_once() {
    let mut w = World::new(Network::default());
    let (a, b) = (w.phone(400), w.phone(700));
    w.secure(a, keys(Suite::AeadAes128Gcm, 1));
    w.bridge(a, b);
    w.network.repeat_percent = 100;
    w.wait(2.0);
    assert!(w.share(b, 400) > 0.98);
    let (taken, forged) = (w.engine.totals().received, w.engine.totals().forged);
    assert!(
        forged > 90 && taken < 310,
        "{taken} taken, {forged} dropped"
    );
}

#[test]
fn numbers_turn_in_mid_call() {
    let mut w = World::new(Network::default());
    let (a, b) = (w.phone(400), w.phone(700));
    w.phones[a].header.sequence = 65_500;
    w.secure(a, keys(Suite::AesCm128HmacSha1_80, 1));
    w.secure(b, keys(Suite::AeadAes128Gcm, 2));
    w.bridge(a, b);
    w.wait(4.0);
    assert!(w.share(b, 400) > 0.98 && w.share(a, 700) > 0.98);
    assert_eq!(w.engine.totals().forged, 0);
}

#[test]
fn another_name_in_mid_stream_is_heard() {
    let mut w = World::new(Network::default());
    let (a, b) = (w.phone(400), w.phone(700));
    w.secure(a, keys(Suite::AesCm128HmacSha1_80, 1));
    w.bridge(a, b);
    w.wait(1.0);
    w.phones[a].header.ssrc ^= 1;
    w.phones[a].header.sequence = 9;
    w.wait(1.0);
    assert!(w.share(b, 400) > 0.98);
}

/// RFC 4568 §7.1.4: the same keys go on, new ones are changed over to.
#[test]
fn a_refresh_keeps_the_keys_and_a_new_key_is_changed_over_to() {
    let mut w = World::new(Network::default());
    let (a, b) = (w.phone(400), w.phone(700));
    let first = keys(Suite::AesCm128HmacSha1_80, 1);
    w.secure(a, first);
    w.bridge(a, b);
    w.wait(1.0);
    w.describe(a, |stream| stream.crypto = Some(first));
    w.wait(1.0);
    assert!(w.share(b, 400) > 0.98 && w.share(a, 700) > 0.98);
    assert_eq!(w.phones[a].secured.as_ref().map(|s| s.strange), Some(0));

    // The peer's key alone is new; it goes on with the old one until it has our answer.
    let theirs = keys(Suite::AesCm128HmacSha1_80, 7).theirs;
    let second = Keys { theirs, ..first };
    w.describe(a, |stream| stream.crypto = Some(second));
    w.wait(0.3);
    if let Some(secured) = &mut w.phones[a].secured {
        secured.sealer = Sealer::new(second.suite, &second.theirs);
    }
    w.wait(0.7);
    assert!(w.share(b, 400) > 0.98 && w.share(a, 700) > 0.98);
    assert_eq!(w.engine.totals().forged, 0);

    // Another suite: both keys are new.
    w.secure(a, keys(Suite::AeadAes128Gcm, 8));
    w.wait(1.0);
    assert!(w.share(b, 400) > 0.98 && w.share(a, 700) > 0.98);
    let mut old = Sealer::new(second.suite, &second.theirs);
    let mut late = [&w.phones[a].header.write()[..], &[0x80; 160]].concat();
    old.seal_rtp(&mut late, 0);
    let (port, from) = (w.phones[a].port, w.phones[a].address);
    w.receive(port, from, &late);
    assert_eq!(w.engine.totals().forged, 1, "the old key is over");
}

#[test]
fn reports_share_the_port_where_that_was_agreed_on() {
    for secure in [false, true] {
        let mut w = World::new(Network::default());
        let a = w.phone(400);
        let keys = keys(Suite::AeadAes128Gcm, 1);
        if secure {
            w.secure(a, keys);
        }
        w.describe(a, |stream| {
            stream.rtcp_mux = true;
            stream.rtcp = stream.remote;
            stream.crypto = secure.then_some(keys);
        });
        w.wait(10.0);
        assert!(w.phones[a].muxed > 0 && w.phones[a].reports.is_empty());
    }
}

#[test]
fn mangled_packets_of_a_secure_call_are_never_heard() {
    let mut w = World::new(Network::default());
    let (a, b) = (w.phone(400), w.phone(700));
    w.secure(a, keys(Suite::AeadAes128Gcm, 1));
    w.bridge(a, b);
    w.wait(0.5);
    let (port, from) = (w.phones[a].port, w.phones[a].address);
    for _ in 0..2_000 {
        let header = w.phones[a].header;
        let mut bytes = [&header.write()[..], &[0x80; 160]].concat();
        let cut = w.random.below(180) as usize;
        bytes.truncate(cut);
        for _ in 0..w.random.below(8) {
            let at = w.random.below(bytes.len().max(1) as u64) as usize;
            let new = w.random.u32() as u8;
            bytes.get_mut(at).into_iter().for_each(|byte| *byte = new);
        }
        let port = port + w.random.below(2) as u16;
        w.receive(port, from, &bytes);
    }
    assert_eq!(w.engine.totals().forged, 2_000);
    w.wait(1.0);
    assert!(w.share(b, 400) > 0.98 && w.share(a, 700) > 0.98);
}
