//! Answers that are wrong, too many or never asked for.

use super::*;

#[test]
fn absurd_times_are_cut_to_what_is_sensible() {
    for (ttl, soonest, latest) in [(0, 7, 11), (u64::from(u32::MAX), 60_000, 90_000)] {
        let mut w = World::new(&ALL, EXAMPLE);
        w.ttl = ttl;
        w.keeps(&["sip:plain.example:5060"]);
        w.asked.clear();
        w.wait(soonest);
        assert!(w.asked.is_empty(), "{ttl}");
        w.wait(latest - soonest);
        assert!((1..3).contains(&w.asked.len()), "{ttl}: {}", w.asked.len());
    }
}

#[test]
fn thousands_of_records_and_loops_cost_a_bounded_amount() {
    let mut text = String::from("many.example NAPTR 1 1 s SIP+D2U _sip._udp.many.example\n");
    for n in 0..5_000 {
        text += &format!(
            "_sip._udp.many.example SRV {} 1 5060 h{n}.example\n",
            5_000 - n
        );
        text += &format!("h{n}.example A 192.0.2.1\nh{n}.example A 192.0.2.2\n");
        text += &format!("hosts.example A 10.0.{}.{}\n", n / 256, n % 256);
    }
    text += "loop.example NAPTR 1 1 s SIP+D2U loop.example\nloop.example SRV 1 1 5060 loop.example";
    let mut w = World::new(&ALL, &text);
    assert_eq!(
        w.locates("sip:many.example"),
        "UDP 192.0.2.1:5060, UDP 192.0.2.2:5060"
    );
    assert!(w.asked.len() < 100, "{}", w.asked.len());
    assert!(
        w.asked.iter().any(|query| query.name == "h4999.example"),
        "the preferred one"
    );
    assert_eq!(w.locates("sip:hosts.example:5060").split(", ").count(), 8);
    assert_eq!(
        w.locates("sip:loop.example"),
        "",
        "a target has addresses, not rules"
    );
}

#[test]
fn addresses_that_are_nobody_are_no_places() {
    let mut w = World::new(
        &ALL,
        "x.example A 0.0.0.0\nx.example A 224.0.0.1\nx.example A 255.255.255.255\n\
         x.example A 192.0.2.1\n_sip._tcp.x.example SRV 1 1 0 x.example",
    );
    assert_eq!(w.locates("sip:x.example:5060"), "UDP 192.0.2.1:5060");
    assert_eq!(w.locates("sip:x.example;transport=tcp"), "", "port 0");
}

#[test]
fn names_of_strangers_are_bounded_and_hold_up_no_trunk() {
    let mut w = World::new(&ALL, EXAMPLE);
    w.dead = true;
    w.resolver.keep(w.now, vec![]);
    for n in 0..5_000 {
        let uri = Uri::parse(&format!("sip:s{n}.example:5060")).expect("a URI");
        w.resolver.locate(w.now, &uri);
    }
    let asked = std::iter::from_fn(|| w.resolver.poll_query()).count();
    assert_eq!(asked, 32, "questions under way");
    w.dead = false;
    w.keeps(&["sip:plain.example:5060"]);
    assert_eq!(w.locates("sip:plain.example:5060"), "UDP 192.0.2.9:5060");
    for n in 0..1_200 {
        w.locates(&format!("sip:s{n}.example:5060"));
    }
    assert!(
        w.resolver.memory_size() <= 1_002,
        "{}",
        w.resolver.memory_size()
    );
    let long = format!("sip:{}.example", "x".repeat(64));
    assert_eq!(w.locates(&long), "", "no name");
}

#[test]
fn answers_to_what_was_not_asked_are_not_believed() {
    let mut w = World::new(&ALL, EXAMPLE);
    w.keeps(&["sip:plain.example:5060"]);
    let query = Query::new("plain.example", Kind::V4).expect("a name");
    let records = vec![Record::Address("192.0.2.66".parse().expect("an address"))];
    let ttl = Duration::from_secs(60);
    w.resolver
        .answered(w.now, &query, Answer::Records { records, ttl });
    assert_eq!(w.locates("sip:plain.example:5060"), "UDP 192.0.2.9:5060");
}

#[test]
fn random_answers_lead_to_bounded_places_and_no_panic() {
    let mut random = Random::seeded(11);
    for seed in 0..300 {
        let mut w = World::new(&ALL, "");
        w.resolver.random = Random::seeded(seed);
        let uri = [
            "sip:a.example",
            "sips:a.example",
            "sip:b.example;transport=tcp",
        ];
        w.keeps(&uri[..(seed % 3) as usize]);
        for _ in 0..60 {
            let uri = uri.get(random.below(3) as usize).expect("one of three");
            let located = w.resolver.locate(w.now, &Uri::parse(uri).expect("a URI"));
            assert!(located.hops.len() <= 16);
            while let Some(query) = w.resolver.poll_query() {
                w.resolver.answered(w.now, &query, wild(&mut random));
            }
            w.wait(random.below(500));
        }
    }
}

/// Any answer, to whatever was asked.
fn wild(random: &mut Random) -> Answer {
    let names = [
        "",
        "a.example",
        "b.example",
        "_sip._udp.a.example",
        "..",
        "192.0.2.1",
    ];
    let mut name = || names[random.below(6) as usize].to_owned();
    let (replacement, target) = (name(), name());
    let mut small = || random.below(4) as u16;
    let records = vec![
        Record::Naptr(Naptr {
            order: small(),
            preference: small(),
            flags: "s".to_owned(),
            service: ["SIP+D2U", "SIPS+D2T", "SIP+D2T", ""][usize::from(small())].to_owned(),
            regexp: String::new(),
            replacement,
        }),
        Record::Srv(Srv {
            priority: small(),
            weight: small(),
            port: small(),
            target,
        }),
        Record::Address(IpAddr::from([192, 0, 2, small() as u8])),
    ];
    let ttl = Duration::from_secs(random.u64() >> random.below(64));
    match random.below(4) {
        0 => Answer::Failed,
        1 => Answer::Nothing { ttl },
        _ => Answer::Records { records, ttl },
    }
}
