//! The media of a scripted page: ICE checks of its own making, DTLS, and a voice in SRTP.

use super::plane::new_certificate;
use super::secure::Secure;
use super::voice::{OPUS, VP8, Voice};
use cordboard::rtc::{Association, Certificate, Fingerprint, Role};
use cordboard::rtp::Header;
use ring::hmac;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// How often it checks that the server is there (RFC 7675 §5.1 asks for about 5 s).
const CHECK_EVERY: Duration = Duration::from_secs(4);
/// The pace of its DTLS timers.
const TICK: Duration = Duration::from_millis(250);

/// Eight real pictures, of which the first stands alone.
pub(crate) fn sample() -> Vec<Vec<u8>> {
    let mut rest: &[u8] = include_bytes!("../../samples/vp8.frames");
    let mut pictures = vec![];
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let (picture, after) = after.split_at(u32::from_be_bytes(*length) as usize);
        pictures.push(picture.to_vec());
        rest = after;
    }
    pictures
}

pub(crate) struct Browser {
    pub(crate) voice: Voice,
    /// Where the server's media is.
    server: SocketAddr,
    /// One more with each new connection: a page that was loaded anew has one.
    session: u32,
    /// Of its connection, as browsers have one for each.
    certificate: Certificate,
    association: Option<Association>,
    /// The session with which the association was made.
    met: Option<u32>,
    /// The server's name in checks, and its password.
    theirs: (String, String),
    codec: u8,
    check_at: Option<Instant>,
    tick_at: Option<Instant>,
    /// It has a camera; what the packets of that are numbered with.
    pub(crate) camera: bool,
    pictures: u16,
    /// Whole pictures that it was asked for.
    pub(crate) asked: u32,
    /// Its network is gone: nothing goes out or comes in.
    pub(crate) cut: bool,
}

impl std::fmt::Debug for Browser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Browser({})", self.session)
    }
}

impl Browser {
    pub(crate) fn new(address: SocketAddr, server: SocketAddr, hz: f32) -> Self {
        Self {
            voice: Voice::new(address, hz),
            server,
            session: 0,
            certificate: new_certificate(),
            association: None,
            met: None,
            theirs: Default::default(),
            codec: OPUS,
            check_at: None,
            tick_at: None,
            camera: false,
            pictures: 0,
            asked: 0,
            cut: false,
        }
    }

    /// The tab is loaded anew, or is dead: the connection is gone, and the next one is another.
    pub(crate) fn dies(&mut self) {
        self.session += 1;
        self.certificate = new_certificate();
        self.voice.stop();
        self.voice.secure = None;
        (self.association, self.met) = (None, None);
        (self.check_at, self.tick_at) = (None, None);
    }

    pub(crate) fn offer(&self) -> String {
        let (session, print) = (self.session, self.certificate.fingerprint());
        let bundle = if self.camera { "0 1" } else { "0" };
        let sound = format!(
            "v=0\r\no=- 77{session} 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {bundle}\r\n\
             m=audio 9 UDP/TLS/RTP/SAVPF 111 0 8 101 103\r\nc=IN IP4 0.0.0.0\r\n\
             a=ice-ufrag:ufrag{session}\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\n\
             a=fingerprint:sha-256 {print}\r\na=setup:actpass\r\na=mid:0\r\na=sendrecv\r\n\
             a=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\na=rtpmap:0 PCMU/8000\r\n\
             a=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n\
             a=rtpmap:103 telephone-event/48000\r\n"
        );
        let pictures = format!(
            "m=video 9 UDP/TLS/RTP/SAVPF {VP8}\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\na=sendrecv\r\n\
             a=rtcp-mux\r\na=rtpmap:{VP8} VP8/90000\r\na=rtcp-fb:{VP8} nack pli\r\n"
        );
        match self.camera {
            true => sound + &pictures,
            false => sound,
        }
    }

    /// A picture of its camera, the `nth` of the sample, taken at so many milliseconds.
    pub(crate) fn shows(&mut self, nth: usize, milliseconds: u32) -> Option<Vec<u8>> {
        self.pictures += 1;
        let header = Header {
            marker: true,
            payload_type: VP8,
            sequence: self.pictures,
            timestamp: milliseconds * 90,
            ssrc: 0x5000 + self.session,
        };
        let packet = [&header.write()[..], &[0x10], &sample()[nth]].concat();
        let secure = self.voice.secure.as_mut().filter(|_| !self.cut);
        secure.map(|secure| secure.seal(packet))
    }

    /// The answer to the offer has come: it checks the way, and begins DTLS.
    pub(crate) fn answered(&mut self, now: Instant, sdp: &str) {
        assert!(sdp.contains("a=ice-lite\r\n") && sdp.contains("a=setup:passive"));
        let of = |name: &str| {
            let line = sdp.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap_or_else(|| panic!("{name} in {sdp}")).to_owned()
        };
        self.theirs = (of("a=ice-ufrag:"), of("a=ice-pwd:"));
        let media = of("m=audio ");
        let codec = media.split(' ').nth(2).expect("a codec");
        self.codec = codec.parse().expect("a number");
        if self.met != Some(self.session) {
            self.met = Some(self.session);
            let print = of("a=fingerprint:sha-256 ");
            let bytes = print.split(':').map(|pair| u8::from_str_radix(pair, 16));
            let bytes: Vec<u8> = bytes.collect::<Result<_, _>>().expect("hexadecimal");
            let print = Fingerprint(bytes.try_into().expect("32 bytes"));
            let mut association = Association::new(&self.certificate, Role::Client, print);
            association.begin(now);
            self.association = Some(association);
        }
        (self.check_at, self.tick_at) = (Some(now), Some(now));
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        [self.check_at, self.tick_at].into_iter().flatten().min()
    }

    /// What it sends to the server's media now.
    pub(crate) fn tick(&mut self, now: Instant) -> Vec<Vec<u8>> {
        let mut packets = vec![];
        if self.check_at.is_some_and(|at| at <= now) {
            self.check_at = Some(now + CHECK_EVERY);
            packets.push(self.check());
        }
        if self.tick_at.is_some_and(|at| at <= now) {
            let shaking = self.association.as_mut().filter(|it| it.keys().is_none());
            self.tick_at = shaking.map(|association| {
                association.timeout(now);
                now + TICK
            });
        }
        packets.extend(self.handshake());
        self.passes(packets)
    }

    /// Its voice.
    pub(crate) fn beat(&mut self, now: Instant) -> Option<Vec<u8>> {
        let (_, packet) = self.voice.beat(now)?;
        (!self.cut).then_some(packet)
    }

    fn passes(&self, packets: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
        match self.cut {
            true => vec![],
            false => packets,
        }
    }

    /// Something has come to its port.
    pub(crate) fn receive(&mut self, now: Instant, bytes: &[u8]) -> Vec<Vec<u8>> {
        if self.cut {
            return vec![];
        }
        match bytes.first() {
            Some(20..=63) => {
                let association = self.association.as_mut();
                let done = association.is_some_and(|it| it.receive(now, bytes));
                let keys = self.association.as_ref().and_then(Association::keys);
                if let Some(keys) = keys.filter(|_| done) {
                    self.voice.secure = Some(Secure::agreed_in_dtls(&keys));
                    let events = if self.codec == OPUS { 103 } else { 101 };
                    let sent = (self.codec, Some(events));
                    self.voice.talk_to(now, self.server, self.codec, sent);
                }
                self.handshake()
            }
            Some(128..=191) => {
                // What is under way to a connection that is gone, nobody can open.
                if let Some(secure) = &mut self.voice.secure {
                    let is_report = bytes.get(1).is_some_and(|kind| (192..=223).contains(kind));
                    match is_report {
                        true => self.asked += secure.refreshes(bytes),
                        false => self.voice.hear(now, bytes),
                    }
                }
                vec![]
            }
            Some(_) | None => vec![],
        }
    }

    fn handshake(&mut self) -> Vec<Vec<u8>> {
        let association = self.association.iter_mut();
        let packets = association.flat_map(|it| std::iter::from_fn(|| it.poll_transmit()));
        packets.map(|packet| packet.to_vec()).collect()
    }

    /// A binding request that nominates (RFC 8445 §7.2.2, RFC 8489 §5).
    fn check(&self) -> Vec<u8> {
        let (to, password) = &self.theirs;
        let name = format!("{to}:ufrag{}", self.session);
        let mut message = vec![0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42];
        message.extend(*b"transaction!");
        attribute(0x06, name.as_bytes(), &mut message);
        attribute(0x25, &[], &mut message);
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes());
        with_length(&mut message, 24);
        let tag = hmac::sign(&key, &message);
        attribute(0x08, tag.as_ref(), &mut message);
        with_length(&mut message, 8);
        let sum = crc32(&message) ^ 0x5354_554E;
        attribute(0x8028, &sum.to_be_bytes(), &mut message);
        message
    }
}

/// The length in the head counts what is still to come (RFC 8489 §14.5).
fn with_length(message: &mut [u8], more: usize) {
    let length = (message.len() - 20 + more) as u16;
    message[2..4].copy_from_slice(&length.to_be_bytes());
}

fn attribute(kind: u16, value: &[u8], message: &mut Vec<u8>) {
    message.extend(kind.to_be_bytes());
    message.extend((value.len() as u16).to_be_bytes());
    message.extend(value);
    message.resize(message.len().next_multiple_of(4), 0);
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut sum = !0_u32;
    for byte in bytes {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = (sum >> 1) ^ if sum & 1 == 1 { 0xEDB8_8320 } else { 0 };
        }
    }
    !sum
}
