//! Strangers at the port that browsers share (H1–H3, H22).

use super::*;

/// H1, H2: nobody reaches a call from an address that has not proved itself, whatever it sends, nor
/// gets a byte back.
#[test]
fn h1_strangers_at_the_shared_port_harm_no_call() {
    let (mut w, ours) = World::with_browsers(Network::default());
    let a = w.browser(&ours, 400, Codec::Opus);
    let b = w.phone(700);
    w.bridge(a.phone, b);
    w.wait(1.0);
    let stranger = SocketAddr::from(([10, 9, 9, 9], 4000));
    let at_home = w.phones[a.phone].address;
    let (somebody, _) = certificates();
    let mut random = Random::seeded(3);
    let refused = w.engine.totals().refused;
    for round in 0..300_u32 {
        let mut hello = Association::new(&somebody, Role::Client, ours.fingerprint());
        hello.begin(w.now);
        let hello = hello.poll_transmit().expect("a hello");
        let us = &a.agreed.credentials;
        let guessed = check_of_test((&us.ufrag, "ufrag-them-0"), "a guess", NOMINATES);
        let mut noise: Vec<u8> = (0..1 + random.below(200))
            .map(|_| random.u32() as u8)
            .collect();
        noise[0] = round as u8;
        for bytes in [&hello[..], &guessed, &noise] {
            w.engine.receive(w.now, SHARED, stranger, bytes, &mut w.out);
            assert!(w.out.packets.is_empty(), "not a byte back");
        }
        // Forged from where the browser is: a hello, an alert, and SRTP that nobody sealed.
        let alert = [21, 254, 253, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40];
        for bytes in [&hello[..], &alert, &[0x80; 60]] {
            w.engine.receive(w.now, SHARED, at_home, bytes, &mut w.out);
        }
        w.collect();
        w.wait(0.02);
    }
    assert!(w.engine.totals().refused >= refused + 600);
    w.phones[a.phone].handshake.clear();
    w.wait(1.0);
    assert!(w.share(b, 400) > 0.95 && w.share(a.phone, 700) > 0.95);
    let failed = |event: &Event| matches!(event, Event::Failed { .. } | Event::Lost { .. });
    assert!(!w.events.iter().any(failed));
}

#[test]
fn h1_an_early_hello_is_nobodys_and_the_right_one_is_heard_after_it() {
    let (mut w, ours) = World::with_browsers(Network::default());
    let mut a = w.page(&ours, 400, Codec::Opus);
    let from = w.phones[a.phone].address;
    let somebody = certificate_of_test();
    let mut early = Association::new(&somebody, Role::Client, ours.fingerprint());
    early.begin(w.now);
    let hello = early.poll_transmit().expect("a hello");
    w.receive(SHARED, from, &hello);
    assert!(w.phones[a.phone].handshake.is_empty());
    // From the right place, by a stranger's certificate: it gets no keys, and keeps nobody out.
    w.checks(&a, NOMINATES);
    let mut wrong = Page {
        phone: a.phone,
        agreed: a.agreed.clone(),
        association: Association::new(&somebody, Role::Client, ours.fingerprint()),
    };
    w.phones[a.phone].handshake.clear();
    w.shakes_hands(&mut wrong);
    let leg = w.leg(a.phone);
    let got = w.phones[a.phone].got.len();
    w.wait(0.5);
    assert_eq!(w.phones[a.phone].got.len(), got, "no sound for a stranger");
    w.phones[a.phone].handshake.clear();
    assert!(w.shakes_hands(&mut a), "{leg}");
    w.hear(a.phone, Source::Leg(leg));
    w.wait(1.0);
    assert!(w.share(a.phone, 400) > 0.95);
}

#[test]
fn h22_nothing_plain_is_heard_of_a_browser_that_has_no_keys_yet() {
    let (mut w, ours) = World::with_browsers(Network::default());
    let mut a = w.page(&ours, 400, Codec::Pcmu);
    let b = w.phone(700);
    w.bridge(a.phone, b);
    w.checks(&a, NOMINATES);
    let received = w.engine.totals().received;
    w.phones[b].voice = Voice::Nothing;
    w.wait(1.0);
    assert!(w.engine.totals().received <= received + 1);
    assert!(w.share(b, 400) < 0.1);
    assert!(w.shakes_hands(&mut a));
    w.wait(1.0);
    assert!(w.share(b, 400) > 0.98);
}

/// H3.
#[test]
fn h3_replayed_packets_are_counted_and_the_call_stays() {
    let (mut w, ours) = World::with_browsers(Network {
        repeat_percent: 50,
        ..Network::default()
    });
    let a = w.browser(&ours, 400, Codec::Pcmu);
    let b = w.phone(700);
    w.bridge(a.phone, b);
    w.wait(3.0);
    assert!(w.engine.totals().forged > 40);
    assert!(w.share(b, 400) > 0.98);
}

#[test]
fn an_address_is_not_taken_from_a_browser_that_is_there() {
    let (mut w, ours) = World::with_browsers(Network::default());
    let a = w.browser(&ours, 400, Codec::Opus);
    let b = w.page(&ours, 700, Codec::Opus);
    let c = w.phone(1000);
    w.bridge(a.phone, c);
    // The other browser's check comes, or seems to, from where the first one is.
    w.phones[b.phone].address = w.phones[a.phone].address;
    w.checks(&b, NOMINATES);
    w.phones[b.phone].address = SocketAddr::from(([10, 8, 8, 8], 1));
    w.wait(1.0);
    assert!(w.share(c, 400) > 0.95 && w.share(a.phone, 1000) > 0.95);
}
