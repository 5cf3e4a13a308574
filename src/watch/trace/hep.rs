//! HEP version 3, as Homer, sngrep and others take it: each message to a capture server over UDP.
//!
//! ```text
//!   "HEP3" │ length of all │ chunk │ chunk │ …        chunk: vendor 0 │ type │ length │ value
//! ```
//!
//! Layout: the HEP/EEP network protocol specification, revision 36. Secrets are covered as in all
//! that is kept. Nothing is waited for: what the socket does not take at once is dropped and counted.

use super::story::Message;
use crate::id::CallId;
use crate::sip::Transport;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// Where messages are sent, and as whose.
#[derive(Clone, PartialEq, Eq)]
pub struct HepSettings {
    /// The capture server.
    pub server: SocketAddr,
    /// Our number among its agents.
    pub capture_id: u32,
    /// What it wants to be told; goes in the clear.
    pub password: Option<String>,
}

/// Without the password.
impl fmt::Debug for HepSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            server, capture_id, ..
        } = self;
        write!(f, "HEP to {server} as {capture_id}")
    }
}

/// The sender.
#[derive(Debug)]
pub(super) struct Hep {
    settings: HepSettings,
    socket: UdpSocket,
    /// Messages that the socket took.
    pub(super) sent: u64,
    /// Messages that it did not.
    pub(super) dropped: u64,
}

/// The types of chunks.
mod chunk {
    pub(super) const FAMILY: u16 = 1;
    pub(super) const PROTOCOL: u16 = 2;
    pub(super) const SOURCE_IPV4: u16 = 3;
    pub(super) const DESTINATION_IPV4: u16 = 4;
    pub(super) const SOURCE_IPV6: u16 = 5;
    pub(super) const DESTINATION_IPV6: u16 = 6;
    pub(super) const SOURCE_PORT: u16 = 7;
    pub(super) const DESTINATION_PORT: u16 = 8;
    pub(super) const SECONDS: u16 = 9;
    pub(super) const MICROSECONDS: u16 = 10;
    pub(super) const PAYLOAD_TYPE: u16 = 11;
    pub(super) const CAPTURE_ID: u16 = 12;
    pub(super) const PASSWORD: u16 = 14;
    pub(super) const PAYLOAD: u16 = 15;
    pub(super) const CORRELATION: u16 = 17;
}

/// Address families, as Linux numbers them.
const INET: u8 = 2;
const INET6: u8 = 10;
/// The payload is SIP.
const SIP: u8 = 1;

impl Hep {
    pub(super) fn start(settings: HepSettings) -> std::io::Result<Self> {
        let any: IpAddr = match settings.server {
            SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        let socket = UdpSocket::bind((any, 0))?;
        socket.set_nonblocking(true)?;
        Ok(Self {
            settings,
            socket,
            sent: 0,
            dropped: 0,
        })
    }

    /// Sends a message, of a call if it is of one.
    pub(super) fn send(&mut self, message: &Message, call: Option<CallId>) {
        let packet = packet(&self.settings, message, call);
        // Not connected: then a server that is away is no error of the next packet.
        let taken = packet.is_some_and(|packet| {
            let sent = self.socket.send_to(&packet, self.settings.server);
            sent.is_ok_and(|length| length == packet.len())
        });
        match taken {
            true => self.sent += 1,
            false => self.dropped += 1,
        }
    }
}

/// `None`: too long for its length.
fn packet(settings: &HepSettings, message: &Message, call: Option<CallId>) -> Option<Vec<u8>> {
    let (from, to) = super::pcap::ends(message);
    let micros = message.time.as_microsecond();
    let seconds = u32::try_from(micros / 1_000_000).unwrap_or(0);
    let fraction = u32::try_from(micros % 1_000_000).unwrap_or(0);
    let protocol = match message.transport {
        Transport::Udp => super::pcap::UDP,
        Transport::Tcp | Transport::Tls | Transport::Ws | Transport::Wss => super::pcap::TCP,
    };
    let mut out = b"HEP3\0\0".to_vec();
    let mut chunk = |kind: u16, value: &[u8]| -> Option<()> {
        out.extend([0, 0]);
        out.extend(kind.to_be_bytes());
        out.extend(u16::try_from(value.len() + 6).ok()?.to_be_bytes());
        out.extend(value);
        Some(())
    };
    match (from.ip(), to.ip()) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            chunk(chunk::FAMILY, &[INET])?;
            chunk(chunk::PROTOCOL, &[protocol])?;
            chunk(chunk::SOURCE_IPV4, &from.octets())?;
            chunk(chunk::DESTINATION_IPV4, &to.octets())?;
        }
        (from, to) => {
            chunk(chunk::FAMILY, &[INET6])?;
            chunk(chunk::PROTOCOL, &[protocol])?;
            chunk(chunk::SOURCE_IPV6, &super::pcap::octets(from))?;
            chunk(chunk::DESTINATION_IPV6, &super::pcap::octets(to))?;
        }
    }
    chunk(chunk::SOURCE_PORT, &from.port().to_be_bytes())?;
    chunk(chunk::DESTINATION_PORT, &to.port().to_be_bytes())?;
    chunk(chunk::SECONDS, &seconds.to_be_bytes())?;
    chunk(chunk::MICROSECONDS, &fraction.to_be_bytes())?;
    chunk(chunk::PAYLOAD_TYPE, &[SIP])?;
    chunk(chunk::CAPTURE_ID, &settings.capture_id.to_be_bytes())?;
    if let Some(password) = &settings.password {
        chunk(chunk::PASSWORD, password.as_bytes())?;
    }
    // What a capture server shows as one: the legs of a call.
    if let Some(call) = call {
        chunk(chunk::CORRELATION, call.to_string().as_bytes())?;
    }
    chunk(chunk::PAYLOAD, &message.bytes)?;
    let length = u16::try_from(out.len()).ok()?;
    out[4..6].copy_from_slice(&length.to_be_bytes());
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use std::time::Instant;

    fn settings(password: Option<&str>) -> HepSettings {
        HepSettings {
            server: "127.0.0.1:9".parse().expect("an address"),
            capture_id: 2_001,
            password: password.map(str::to_owned),
        }
    }

    fn message(length: usize) -> Message {
        Message {
            number: 1,
            at: Instant::now(),
            time: Timestamp::from_microsecond(1_700_000_000_000_042).expect("a time"),
            sent: true,
            transport: Transport::Tls,
            local: "10.0.0.1:5061".parse().expect("an address"),
            remote: "10.0.0.2:5070".parse().expect("an address"),
            sip_call_id: "a".into(),
            bytes: vec![b'x'; length].into(),
        }
    }

    /// Type and value of each chunk.
    fn chunks(packet: &[u8]) -> Vec<(u16, Vec<u8>)> {
        let number = |at: usize| u16::from_be_bytes([packet[at], packet[at + 1]]);
        assert_eq!(&packet[..4], b"HEP3");
        assert_eq!(usize::from(number(4)), packet.len());
        let (mut at, mut found) = (6, vec![]);
        while at < packet.len() {
            assert_eq!(
                number(at),
                0,
                "the vendor of all chunks that everybody knows"
            );
            let end = at + usize::from(number(at + 4));
            found.push((number(at + 2), packet[at + 6..end].to_vec()));
            at = end;
        }
        found
    }

    #[test]
    fn a_message_has_its_chunks() {
        let call = CallId::mint(1_700_000_000_000, 5);
        let packet = packet(&settings(Some("pw")), &message(2), Some(call)).expect("it fits");
        let expected = [
            (1, vec![2]),
            (2, vec![6]),
            (3, vec![10, 0, 0, 1]),
            (4, vec![10, 0, 0, 2]),
            (7, vec![0x13, 0xC5]),
            (8, vec![0x13, 0xCE]),
            (9, 1_700_000_000_u32.to_be_bytes().to_vec()),
            (10, vec![0, 0, 0, 42]),
            (11, vec![1]),
            (12, vec![0, 0, 0x07, 0xD1]),
            (14, b"pw".to_vec()),
            (17, call.to_string().into_bytes()),
            (15, b"xx".to_vec()),
        ];
        assert_eq!(chunks(&packet), expected);
    }

    #[test]
    fn what_is_nobodys_and_has_no_password_says_nothing_of_either() {
        let packet = packet(&settings(None), &message(2), None).expect("it fits");
        let kinds: Vec<_> = chunks(&packet).iter().map(|(kind, _)| *kind).collect();
        assert_eq!(kinds, [1, 2, 3, 4, 7, 8, 9, 10, 11, 12, 15]);
    }

    #[test]
    fn what_does_not_fit_is_dropped_and_counted() {
        let mut hep = Hep::start(settings(None)).expect("a socket");
        hep.send(&message(65_500), None);
        assert_eq!((hep.sent, hep.dropped), (0, 1));
        hep.send(&message(500), None);
        assert_eq!(
            (hep.sent, hep.dropped),
            (1, 1),
            "whether or not a server is there"
        );
    }

    #[test]
    fn the_password_is_not_shown() {
        assert!(!format!("{:?}", settings(Some("pw"))).contains("pw"));
    }
}
