//! Strangers who mean no good: datagrams at a rate, to the ports of the signalling and of the media, from many
//! addresses of loopback that no trunk of the demo has.

use anyhow::{Context, Result, ensure};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// The addresses that it comes from: a source that is banned is one of many.
const SOURCES: u8 = 64;
/// How often the rate is made good.
const TICK: Duration = Duration::from_millis(1);
/// The demo's media ports, as far as they are aimed at.
const MEDIA: std::ops::Range<u16> = 20_000..22_000;

/// A flood that goes on until it is stopped.
pub(crate) struct Hostile {
    over: Arc<AtomicBool>,
    thread: JoinHandle<u64>,
    begun: Instant,
}

impl Hostile {
    /// Sends so many datagrams a second from now on.
    pub(crate) fn start(rate: u64, external: SocketAddr, internal: SocketAddr) -> Result<Self> {
        let bind = |last: u8| UdpSocket::bind((Ipv4Addr::new(127, 200, 0, last), 0));
        let sockets: Result<Vec<_>, _> = (1..=SOURCES).map(bind).collect();
        let sockets = sockets.context("addresses of loopback that no trunk has")?;
        ensure!(external.ip().is_loopback(), "hostility is for loopback");
        for socket in &sockets {
            socket.set_nonblocking(true)?;
        }
        let over = Arc::new(AtomicBool::new(false));
        let thread = thread::Builder::new().name("hostile".into()).spawn({
            let over = Arc::clone(&over);
            move || flood(rate, [external, internal], &sockets, &over)
        })?;
        let begun = Instant::now();
        Ok(Self {
            over,
            thread,
            begun,
        })
    }

    /// How many a second it has been.
    pub(crate) fn stop(self) -> f64 {
        self.over.store(true, Ordering::Relaxed);
        let sent = self.thread.join().unwrap_or(0);
        sent as f64 / self.begun.elapsed().as_secs_f64()
    }
}

fn flood(rate: u64, sip: [SocketAddr; 2], sockets: &[UdpSocket], over: &AtomicBool) -> u64 {
    let begun = Instant::now();
    let mut sent = 0;
    while !over.load(Ordering::Relaxed) {
        let due = (begun.elapsed().as_secs_f64() * rate as f64) as u64;
        for number in sent..due {
            let from = &sockets[number as usize % sockets.len()];
            let here = from.local_addr().map_or(sip[0], |here| here);
            let (to, bytes) = packet(number, here, sip);
            // What the system does not take has not been sent, and is not missed.
            let _ = from.send_to(&bytes, to);
        }
        sent = due.max(sent);
        thread::sleep(TICK);
    }
    sent
}

/// One of them: a third is aimed at the sound of running calls.
fn packet(
    number: u64,
    here: SocketAddr,
    [external, internal]: [SocketAddr; 2],
) -> (SocketAddr, Vec<u8>) {
    let sip = if number & 1 == 0 { external } else { internal };
    let request = |method: &str, more: &str| {
        let text = format!(
            "{method} sip:{number}@{sip} SIP/2.0\r\nVia: SIP/2.0/UDP {here};branch=z9hG4bK{number};rport\r\n\
             From: <sip:{number}@{sip}>;tag={number}\r\nTo: <sip:{number}@{sip}>\r\nCall-ID: {number}\r\n\
             CSeq: 1 {method}\r\nMax-Forwards: 70\r\nContact: <sip:{number}@{here}>\r\n{more}Content-Length: 0\r\n\r\n"
        );
        (sip, text.into_bytes())
    };
    let port = MEDIA.start + (number % u64::from(MEDIA.end - MEDIA.start)) as u16;
    let media = SocketAddr::new(external.ip(), port);
    match number % 12 {
        0 => request("INVITE", ""),
        1 => request("REGISTER", ""),
        2 => request(
            "REGISTER",
            "Authorization: Digest username=\"1001\", realm=\"cordboard\", nonce=\"x\", uri=\"sip:x\", response=\"0123\"\r\n",
        ),
        3 => request("OPTIONS", "User-Agent: friendly-scanner\r\n"),
        4 => request("BYE", ""),
        5 => request("ACK", ""),
        6 => (
            sip,
            b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1\r\n\r\n".to_vec(),
        ),
        7 => (sip, vec![number as u8; 1200]),
        // RTP of the usual types, RTCP, and noise.
        8 | 9 => {
            let kind = if number & 1 == 0 { 0 } else { 8 };
            let head = [0x80, kind, (number >> 8) as u8, number as u8];
            (media, [&head[..], &[7; 168]].concat())
        }
        10 => (media, [&[0x80, 203, 0, 1][..], &[1; 4]].concat()),
        _ => (media, vec![0xff; 172]),
    }
}
