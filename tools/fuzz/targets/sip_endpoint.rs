//! An endpoint with a call, given datagrams and time: nothing panics, and no invariant breaks.
//!
//! Messages are separated by a byte 0; `%%` stands for the tag that the endpoint has given the call.

#![no_main]

use cordboard_fuzz::random::Random;
use cordboard_fuzz::sip::auth::{Algorithm, Digest};
use cordboard_fuzz::sip::{
    Command, Config, Endpoint, Event, Flow, Input, Listener, ListenerId, Transport,
};
use libfuzzer_sys::fuzz_target;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

const INVITE: &str = "INVITE sip:a@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK1\r\n\
    From: <sip:b@h>;tag=1\r\nTo: <sip:a@h>\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n\
    Contact: <sip:b@198.51.100.7>\r\nContent-Length: 0\r\n\r\n";

fuzz_target!(|data: &[u8]| {
    let mut now = Instant::now();
    let listener = |digest: Option<&str>| Listener {
        transport: Transport::Udp,
        local: SocketAddr::from(([192, 0, 2, 1], 5060)),
        advertised: SocketAddr::from(([192, 0, 2, 1], 5060)),
        digest: digest.map(|realm| Digest::new(realm, &[Algorithm::Sha256, Algorithm::Md5])),
        registrar: digest.is_some(),
        paths: Default::default(),
    };
    let config = Config {
        listeners: vec![listener(None), listener(Some("r"))],
        ..Config::default()
    };
    let mut endpoint = Endpoint::new(config, Random::seeded(1));
    let mut flow = Flow {
        transport: Transport::Udp,
        listener: ListenerId(0),
        remote: SocketAddr::from(([198, 51, 100, 7], 5060)),
        connection: 0,
    };
    let bytes = INVITE.as_bytes().to_vec();
    endpoint.handle(now, Input::Received { flow, bytes });
    if let Some(Event::Invited(invite)) = endpoint.poll_event() {
        let sdp = b"v=0\r\n".to_vec();
        endpoint.command(
            now,
            Command::Answer {
                session: invite.session,
                sdp,
            },
        );
    }
    let mut tag = String::new();
    while let Some(sent) = endpoint.poll_transmit() {
        let text = String::from_utf8_lossy(&sent.bytes).into_owned();
        let to = text.lines().find(|line| line.starts_with("To:"));
        tag = to
            .and_then(|to| to.split(";tag=").nth(1))
            .unwrap_or_default()
            .to_owned();
    }
    for (index, message) in data.split(|byte| *byte == 0).take(8).enumerate() {
        flow.listener = ListenerId(u16::try_from(index % 2).unwrap_or(0));
        let bytes = with_tag(message, tag.as_bytes());
        endpoint.handle(now, Input::Received { flow, bytes });
        while let Some(event) = endpoint.poll_event() {
            answer(&mut endpoint, now, event);
        }
        while endpoint.poll_transmit().is_some() {}
        endpoint.check();
        now += Duration::from_millis(700);
        endpoint.handle(now, Input::Timeout);
    }
});

fn answer(endpoint: &mut Endpoint, now: Instant, event: Event) {
    let sdp = b"v=0\r\n".to_vec();
    if let Event::Invited(invite) = event {
        let session = invite.session;
        endpoint.command(now, Command::Answer { session, sdp });
    } else if let Event::ChangeAsked { session, .. } = event {
        endpoint.command(now, Command::AnswerChange { session, sdp });
    }
}

fn with_tag(message: &[u8], tag: &[u8]) -> Vec<u8> {
    match message.windows(2).position(|pair| pair == b"%%") {
        Some(at) => [&message[..at], tag, &message[at + 2..]].concat(),
        None => message.to_vec(),
    }
}
