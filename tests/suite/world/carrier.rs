//! A scripted carrier: takes calls and says what it is told to, at the times it is told. It shares no
//! parser with us.

use super::voice::Voice;
use super::wire::{Heard, finish, media_address};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// The tone of a carrier's network before the answer.
pub(crate) const NETWORK: f32 = 350.0;
/// That of another network, to which the call was forked on its way.
pub(crate) const BRANCH: f32 = 215.0;

/// What a carrier says to an INVITE.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Says {
    Trying,
    /// 180 without a description.
    Ringing,
    /// 183 with one, and its network is heard.
    Progress,
    /// 183 with one, and nothing is heard.
    MuteProgress,
    /// The same, reliably (RFC 3262), by one that takes UPDATE.
    Promise,
    /// An UPDATE: its sound comes and goes elsewhere from now on.
    Move,
    /// 183 of another early dialog, with one, and its network is heard.
    Branch,
    Answer,
    Refuse(u16),
    /// The same, with this Reason header.
    Because(u16, &'static str),
    /// 503, to come back after so many seconds.
    Retry(u32),
}

#[derive(Debug)]
pub(crate) struct Carrier {
    pub(crate) address: SocketAddr,
    pub(crate) voice: Voice,
    /// That of the branch.
    pub(crate) branch: Voice,
    hz: f32,
    /// What is said to each INVITE, and so many seconds after it.
    pub(crate) script: Vec<(f64, Says)>,
    /// Every INVITE that came, but for repetitions.
    pub(crate) invites: Vec<Heard>,
    /// The keys that it was told of by INFO.
    pub(crate) keys_told: String,
    /// Requests of other methods, but for ACK.
    pub(crate) requests: Vec<String>,
    due: Vec<(Instant, Says, Heard)>,
}

impl Carrier {
    pub(crate) fn new(address: SocketAddr, hz: f32) -> Self {
        Self {
            address,
            voice: Voice::new(SocketAddr::new(address.ip(), 4000), NETWORK),
            branch: Voice::new(SocketAddr::new(address.ip(), 4002), BRANCH),
            hz,
            script: vec![],
            invites: vec![],
            keys_told: String::new(),
            requests: vec![],
            due: vec![],
        }
    }

    pub(crate) fn hz(&self) -> f32 {
        self.hz
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.due.iter().map(|(at, ..)| *at).min()
    }

    pub(crate) fn receive(&mut self, now: Instant, bytes: &[u8]) -> Vec<Vec<u8>> {
        let heard = Heard::read(bytes);
        let contact = self.contact();
        match heard.method().as_deref() {
            Some("INVITE") => {
                let call_id = heard.field("Call-ID");
                let known = |invite: &Heard| invite.field("Call-ID") == call_id;
                if !self.invites.iter().any(known) {
                    self.invites.push(heard.clone());
                    let says = self.script.iter();
                    self.due.extend(says.map(|(after, says)| {
                        (now + Duration::from_secs_f64(*after), *says, heard.clone())
                    }));
                }
                vec![]
            }
            Some("ACK") | None => vec![],
            Some("CANCEL") => {
                self.requests.push("CANCEL".to_owned());
                let call_id = heard.field("Call-ID");
                self.due
                    .retain(|(_, _, invite)| invite.field("Call-ID") != call_id);
                self.hush();
                let mut invites = self.invites.iter();
                let invite = invites.find(|invite| invite.field("Call-ID") == call_id);
                let ended = invite.map(|invite| invite.reply(487, "carrier", &contact, ""));
                let ok = heard.reply(200, "carrier", &contact, "");
                ended.into_iter().chain([ok]).collect()
            }
            Some(method) => {
                let body = String::from_utf8_lossy(heard.body()).into_owned();
                let key = body.strip_prefix("Signal=");
                self.keys_told
                    .extend(key.and_then(|key| key.chars().next()));
                self.requests.push(method.to_owned());
                if method == "BYE" {
                    self.hush();
                }
                vec![heard.reply(200, "carrier", &contact, "")]
            }
        }
    }

    pub(crate) fn tick(&mut self, now: Instant) -> Vec<Vec<u8>> {
        let (due, later) = std::mem::take(&mut self.due)
            .into_iter()
            .partition(|(at, ..)| *at <= now);
        self.due = later;
        let due: Vec<_> = due;
        due.iter()
            .map(|(_, says, invite)| self.say(now, *says, invite))
            .collect()
    }

    fn say(&mut self, now: Instant, says: Says, invite: &Heard) -> Vec<u8> {
        let (contact, sdp) = (self.contact(), describe(&self.voice));
        match says {
            Says::Trying => invite.reply(100, "carrier", &contact, ""),
            Says::Ringing => invite.reply(180, "carrier", &contact, ""),
            Says::MuteProgress => invite.reply(183, "carrier", &contact, &sdp),
            Says::Progress => {
                self.speak(now, invite, NETWORK);
                invite.reply(183, "carrier", &contact, &sdp)
            }
            Says::Promise => {
                self.speak(now, invite, NETWORK);
                let text = invite.reply(183, "carrier", &contact, &sdp);
                let text = String::from_utf8(text).expect("text");
                let reliable =
                    "Require: 100rel\r\nRSeq: 1\r\nAllow: PRACK, UPDATE\r\nContent-Length";
                text.replace("Content-Length", reliable).into_bytes()
            }
            Says::Move => {
                let port = self.voice.address.port() + 10;
                self.voice.address.set_port(port);
                update(invite, &contact, self.address, &describe(&self.voice))
            }
            Says::Branch => {
                if let Some(remote) = media_address(invite.body()) {
                    self.branch.talk_to(now, remote, 8, (8, None));
                }
                invite.reply(183, "branch", &contact, &describe(&self.branch))
            }
            Says::Answer => {
                self.branch.stop();
                self.speak(now, invite, self.hz);
                invite.reply(200, "carrier", &contact, &sdp)
            }
            Says::Refuse(status) => {
                self.hush();
                invite.reply(status, "carrier", &contact, "")
            }
            Says::Because(status, why) => {
                self.hush();
                let text = invite.reply(status, "carrier", &contact, "");
                let text = String::from_utf8(text).expect("text");
                let why = format!("Reason: {why}\r\nContent-Length");
                text.replace("Content-Length", &why).into_bytes()
            }
            Says::Retry(after) => {
                let text = invite.reply(503, "carrier", &contact, "");
                let text = String::from_utf8(text).expect("text");
                let wait = format!("Retry-After: {after}\r\nContent-Length");
                text.replace("Content-Length", &wait).into_bytes()
            }
        }
    }

    fn speak(&mut self, now: Instant, invite: &Heard, hz: f32) {
        self.voice.hz = hz;
        if let Some(remote) = media_address(invite.body()) {
            self.voice.talk_to(now, remote, 8, (8, None));
        }
    }

    pub(crate) fn hush(&mut self) {
        self.voice.stop();
        self.branch.stop();
    }

    fn contact(&self) -> String {
        format!("sip:carrier@{}", self.address)
    }
}

/// An UPDATE in the early dialog of an INVITE.
fn update(invite: &Heard, contact: &str, address: SocketAddr, sdp: &str) -> Vec<u8> {
    let target = invite.contact().expect("a Contact");
    let (from, to, call_id) = (
        invite.field("To"),
        invite.field("From"),
        invite.field("Call-ID"),
    );
    let text = format!(
        "UPDATE {target} SIP/2.0\r\nVia: SIP/2.0/UDP {address};branch=z9hG4bKupdate;rport\r\n\
         From: {from};tag=carrier\r\nTo: {to}\r\nCall-ID: {call_id}\r\nCSeq: 1 UPDATE\r\n\
         Max-Forwards: 70\r\nContact: <{contact}>\r\n"
    );
    finish(text, sdp)
}

fn describe(voice: &Voice) -> String {
    let (ip, port) = (voice.address.ip(), voice.address.port());
    format!(
        "v=0\r\no=- 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio {port} RTP/AVP 8 101\r\n\
         a=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n"
    )
}
