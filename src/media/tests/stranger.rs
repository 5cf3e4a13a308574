//! Media only to and from the peer (H2), whatever others send.

use super::*;

const STRANGER: ([u8; 4], u16) = ([192, 0, 2, 66], 4000);

/// A packet of a stranger, well made.
fn forged(w: &World, phone: usize, number: u16) -> Vec<u8> {
    let mut header = w.phones[phone].header;
    header.sequence = header.sequence.wrapping_add(number);
    [&header.write()[..], &[0x80; 160]].concat()
}

#[test]
fn a_stream_cannot_be_stolen_and_nothing_goes_to_the_thief() {
    let mut w = World::new(Network::default());
    let (a, b) = (w.phone(400), w.phone(700));
    w.bridge(a, b);
    let (leg, origin) = (w.leg(a), w.now);
    let recording = RecordingId(1);
    w.command(Command::Record {
        recording,
        leg,
        origin,
    });
    w.wait(1.0);
    let (port, thief) = (w.phones[a].port, SocketAddr::from(STRANGER));
    for number in 0..200 {
        let bytes = forged(&w, a, number);
        w.receive(port, thief, &bytes);
        let now = w.now;
        w.engine.receive(now, port, thief, &bytes, &mut w.out);
        assert!(w.out.packets.iter().all(|(_, to, _)| to != thief));
        w.wait(0.02);
    }
    assert!(w.share(b, 400) > 0.98 && w.share(a, 700) > 0.98);
    w.command(Command::Close { leg });
    let Some(Event::Closed { report, .. }) = w.events.last() else {
        panic!("not closed");
    };
    assert_eq!((report.refused, report.lost), (400, 0));
    let loud = w.files[&recording]
        .samples
        .iter()
        .filter(|s| s.abs() > 20_000);
    assert_eq!(loud.count(), 0);
}

#[test]
fn behind_a_nat_the_first_source_is_taken_and_answered() {
    let mut w = World::new(Network::default());
    let (a, b) = (w.phone(400), w.phone(700));
    w.describe(a, |stream| {
        stream.remote = SocketAddr::from(([172, 16, 0, 9], 7000))
    });
    w.bridge(a, b);
    w.wait(3.0);
    assert!(w.share(a, 700) > 0.98 && w.share(b, 400) > 0.98);
    let before = w.engine.totals().refused;
    let bytes = forged(&w, a, 1);
    w.receive(w.phones[a].port, SocketAddr::from(STRANGER), &bytes);
    w.receive(
        w.phones[a].port,
        SocketAddr::from(([172, 16, 0, 9], 7000)),
        &bytes,
    );
    assert_eq!(
        w.engine.totals().refused,
        before + 2,
        "too late for the signalled one too"
    );
}

#[test]
fn the_signalled_source_takes_its_stream_back_from_one_that_was_faster() {
    let mut w = World::new(Network::default());
    let (a, b) = (w.phone(400), w.phone(700));
    w.bridge(a, b);
    let bytes = forged(&w, a, 0);
    w.receive(w.phones[a].port, SocketAddr::from(STRANGER), &bytes);
    w.wait(2.0);
    assert!(w.share(b, 400) > 0.98 && w.share(a, 700) > 0.98);
}

#[test]
fn only_the_signalling_moves_a_stream() {
    let mut w = World::new(Network::default());
    let (a, b) = (w.phone(400), w.phone(700));
    w.bridge(a, b);
    w.wait(3.0);
    w.phones[a].address.set_port(9000);
    w.wait(1.0);
    assert!(w.share(b, 400) < 0.01, "moved without a word");
    w.describe(a, |_| {});
    w.wait(1.0);
    assert!(w.share(b, 400) > 0.98 && w.share(a, 700) > 0.98);
}

#[test]
fn a_new_ssrc_of_the_peer_is_the_peer() {
    let mut w = World::new(Network::default());
    let (a, b) = (w.phone(400), w.phone(700));
    w.bridge(a, b);
    w.wait(1.0);
    let header = &mut w.phones[a].header;
    (header.ssrc, header.sequence, header.timestamp) = (77, 9, 12345);
    w.wait(1.0);
    assert!(w.share(b, 400) > 0.98);
    w.assert_even(b);
}

#[test]
fn packets_of_another_type_are_refused() {
    let mut w = World::new(Network::default());
    let a = w.phone(400);
    w.hear(a, Source::Leg(w.leg(a)));
    w.phones[a].header.payload_type = 9;
    w.wait(1.0);
    assert!(w.share(a, 400) < 0.01);
    assert!(w.engine.totals().refused >= 49 && w.engine.totals().received == 0);
    assert!(w.events.is_empty(), "not started");
}

#[test]
fn reports_of_strangers_count_nothing() {
    let mut w = World::new(Network::default());
    let a = w.phone(400);
    w.wait(1.0);
    let mut rtcp = w.phones[a].address;
    rtcp.set_port(4001);
    let ssrc = w.phones[a].got[0].1.ssrc;
    let lost = |lost| {
        let block = crate::rtp::rtcp::Block {
            ssrc,
            lost,
            ..Default::default()
        };
        let report = crate::rtp::rtcp::Report {
            ssrc: 1,
            sender: None,
            block: Some(block),
        };
        let mut bytes = vec![];
        report.write("x", false, &mut bytes);
        bytes
    };
    let port = w.phones[a].port;
    w.receive(port + 1, rtcp, &lost(0));
    w.receive(port + 1, SocketAddr::from(STRANGER), &lost(40));
    w.receive(port, SocketAddr::from(STRANGER), &lost(40));
    w.command(Command::Close { leg: w.leg(a) });
    let Some(Event::Closed { report, .. }) = w.events.last() else {
        panic!("not closed");
    };
    assert_eq!((report.remote_loss, report.refused), (Some(0.0), 2));
}
