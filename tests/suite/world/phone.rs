//! A scripted phone: dials, registers, answers, and repeats itself as RFC 3261 §17 asks.

use super::early::Early;
use super::secure::Wish;
use super::voice::{EVENTS, OPUS, Voice, WIDE_EVENTS};
use super::wire::{Heard, digest, finish, media_address, payload_type};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// What an incoming call meets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Habit {
    Answers(Duration),
    Declines(u16),
    /// Rings, and nobody comes.
    Ignores,
    /// Not even the phone answers.
    Dead,
}

#[derive(Debug)]
pub(crate) struct Phone {
    pub(crate) user: String,
    pub(crate) address: SocketAddr,
    pub(crate) server: SocketAddr,
    pub(crate) habit: Habit,
    pub(crate) voice: Voice,
    /// Every final response to an INVITE of ours, and every end of a call.
    pub(crate) finals: Vec<u16>,
    /// Why its last call was refused or is not for it any more: the Reason header.
    pub(crate) because: String,
    /// Every status that a NOTIFY told, and those of the answers to REFER.
    pub(crate) news: Vec<u16>,
    pub(crate) talking: bool,
    /// The keys that it was told of by INFO.
    pub(crate) keys_told: String,
    /// The codec that the phone speaks, by the number it gives it: 0, 8, 9, or 111 for Opus.
    pub(crate) payload_type: u8,
    /// Another codec that it offers behind that one, and whether it then speaks what is answered.
    pub(crate) offers_also: Option<u8>,
    pub(crate) takes_the_answer: bool,
    /// Offer no SDP in INVITE, and answer in ACK.
    pub(crate) late_offer: bool,
    /// Header lines that each INVITE has besides, ends of line included.
    pub(crate) extra: String,
    /// Those that name the call that the next one is to replace (RFC 3891).
    replacing: String,
    /// A Reason header for its BYEs, end of line included.
    pub(crate) reason: &'static str,
    /// Its packets are to be SRTP.
    pub(crate) secure: Option<Wish>,
    /// It knows reliable provisional responses and UPDATE: with [`super::early::CAPABLE`] in `extra`.
    pub(crate) early: Early,
    told_last: String,
    password: String,
    /// Whether it proves itself when it calls, with what, and how it has just done so.
    pub(crate) proves: bool,
    secret: String,
    authorization: String,
    serial: u32,
    cseq: u32,
    register_cseq: u32,
    expires: u32,
    dialog: Option<Dialog>,
    repeating: Vec<Repeating>,
    answer_at: Option<Instant>,
}

#[derive(Clone, Debug)]
struct Dialog {
    call_id: String,
    local: String,
    remote: String,
    /// The other's tag, before it has answered.
    early: Option<String>,
    target: String,
    invite: Heard,
    incoming: bool,
    invite_via: String,
    /// The ACK of our INVITE's 200, to be said again.
    ack: Vec<u8>,
}

/// A message that is sent until something silences it.
#[derive(Clone, Debug)]
struct Repeating {
    /// `INVITE`, `BYE`, `REGISTER`, `CANCEL`: until its response. `200`: until the ACK.
    what: String,
    /// A call's BYE goes on while the phone has its next call.
    call_id: String,
    bytes: Vec<u8>,
    next: Instant,
    interval: Duration,
    until: Instant,
}

const T1: Duration = Duration::from_millis(500);

impl Phone {
    pub(crate) fn new(user: &str, address: SocketAddr, server: SocketAddr, hz: f32) -> Self {
        Self {
            user: user.to_owned(),
            address,
            server,
            habit: Habit::Dead,
            voice: Voice::new(SocketAddr::new(address.ip(), 4000), hz),
            finals: vec![],
            because: String::new(),
            news: vec![],
            talking: false,
            keys_told: String::new(),
            payload_type: 0,
            offers_also: None,
            takes_the_answer: false,
            late_offer: false,
            extra: String::new(),
            replacing: String::new(),
            reason: "",
            secure: None,
            early: Early::default(),
            told_last: String::new(),
            password: String::new(),
            proves: false,
            secret: String::new(),
            authorization: String::new(),
            serial: 0,
            cseq: 0,
            register_cseq: 0,
            expires: 0,
            dialog: None,
            repeating: vec![],
            answer_at: None,
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let repeats = self.repeating.iter().map(|each| each.next);
        repeats.chain(self.answer_at).min()
    }

    /// The description that the INVITE of its call brought.
    pub(crate) fn offered(&self) -> String {
        let dialog = self.dialog.as_ref().expect("a call");
        String::from_utf8_lossy(dialog.invite.body()).into_owned()
    }

    /// The INVITE that rings here, or has.
    pub(crate) fn rung(&self) -> Option<&Heard> {
        self.dialog.as_ref().map(|dialog| &dialog.invite)
    }

    pub(crate) fn has_dialog(&self) -> bool {
        self.dialog.is_some()
    }

    pub(crate) fn register(&mut self, now: Instant, password: &str, expires: u32) -> Vec<Vec<u8>> {
        self.password = password.to_owned();
        self.secret = password.to_owned();
        self.expires = expires;
        let bytes = self.register_request("");
        self.repeat(now, "REGISTER", bytes)
    }

    pub(crate) fn dial(&mut self, now: Instant, number: &str) -> Vec<Vec<u8>> {
        self.serial += 1;
        self.authorization.clear();
        self.replacing.clear();
        self.invite(now, number)
    }

    /// Calls in place of another phone: an INVITE with a Replaces for its call, as [`Phone::replaces`] names
    /// it there. `more`: parameters.
    pub(crate) fn dial_instead(
        &mut self,
        now: Instant,
        replaces: &str,
        more: &str,
    ) -> Vec<Vec<u8>> {
        let plain = replaces.trim_start_matches("Replaces=");
        let plain = plain.replace("%3B", ";").replace("%3D", "=");
        let plain = plain.replace("%40", "@");
        self.serial += 1;
        self.authorization.clear();
        self.replacing = format!("Require: replaces\r\nReplaces: {plain}{more}\r\n");
        let user = self.user.clone();
        self.invite(now, &user)
    }

    fn invite(&mut self, now: Instant, number: &str) -> Vec<Vec<u8>> {
        self.cseq += 1;
        let (user, serial, server) = (&self.user, self.serial, self.server);
        let uri = format!("sip:{number}@{server}");
        let call_id = format!("{user}-{serial}@{}", self.address.ip());
        let local = format!("<sip:{user}@{}>;tag=from{serial}", self.address.ip());
        let remote = format!("<{uri}>");
        let sdp = if self.late_offer {
            String::new()
        } else {
            self.sdp("sendrecv", b"")
        };
        let (bytes, via) = self.request("INVITE", &uri, &local, &remote, &call_id, &sdp);
        self.dialog = Some(Dialog {
            call_id,
            local,
            remote,
            early: None,
            target: uri,
            invite: Heard::read(&bytes),
            incoming: false,
            invite_via: via,
            ack: vec![],
        });
        self.repeat(now, "INVITE", bytes)
    }

    /// BYE, CANCEL or a refusal: whatever ends it now.
    pub(crate) fn hang_up(&mut self, now: Instant) -> Vec<Vec<u8>> {
        let Some(dialog) = self.dialog.clone() else {
            return vec![];
        };
        self.voice.stop();
        if self.talking {
            self.forget();
            let bytes = self.in_dialog(&dialog, "BYE", "");
            return self.repeat(now, "BYE", bytes);
        }
        if dialog.incoming {
            self.forget();
            return vec![dialog.invite.reply(486, "busy", &self.contact(), "")];
        }
        if self.repeating.iter().any(|each| each.what == "INVITE") {
            // Not even a provisional answer yet: CANCEL must wait (RFC 3261 §9.1).
            return vec![];
        }
        let bytes = cancel(&dialog);
        self.repeat(now, "CANCEL", bytes)
    }

    /// Knows of no call any more and has told nobody.
    pub(crate) fn lose_power(&mut self) {
        self.voice.stop();
        self.forget();
        self.repeating.clear();
    }

    /// A re-INVITE with this direction: `sendonly` holds, `sendrecv` resumes; `0.0.0.0` holds as RFC 2543 did.
    pub(crate) fn reinvite(&mut self, now: Instant, direction: &str) -> Vec<Vec<u8>> {
        let Some(dialog) = self.dialog.clone().filter(|_| self.talking) else {
            return vec![];
        };
        let sdp = match self.late_offer {
            true => String::new(),
            false => self.sdp(direction, b""),
        };
        let bytes = self.in_dialog(&dialog, "INVITE", &sdp);
        self.repeat(now, "INVITE", bytes)
    }

    /// Asks to pass its call on: a REFER to this URI.
    pub(crate) fn refer(&mut self, now: Instant, to: &str) -> Vec<Vec<u8>> {
        let Some(dialog) = self.dialog.clone().filter(|_| self.talking) else {
            return vec![];
        };
        let bytes = self.in_dialog(&dialog, "REFER", "");
        let text = String::from_utf8(bytes).expect("text");
        let header = format!("Refer-To: <{to}>\r\nContent-Length: 0\r\n\r\n");
        let text = text.replace("Content-Length: 0\r\n\r\n", &header);
        self.repeat(now, "REFER", text.into_bytes())
    }

    /// Its call, as a Replaces in a URI names it (RFC 3891 §6.1).
    pub(crate) fn replaces(&self) -> String {
        let dialog = self.dialog.as_ref().expect("a call");
        let tag = |party: &str| {
            let (_, tag) = party.split_once(";tag=").unwrap_or_default();
            tag.to_owned()
        };
        let (to, from) = (tag(&dialog.remote), tag(&dialog.local));
        let to = match &dialog.early {
            Some(early) if to.is_empty() => early.clone(),
            Some(_) | None => to,
        };
        let call_id = dialog.call_id.replace('@', "%40");
        format!("Replaces={call_id}%3Bto-tag%3D{to}%3Bfrom-tag%3D{from}")
    }

    /// Another phone of the same user, who proves themselves with this password.
    pub(crate) fn is_of(&mut self, user: &str, password: &str) {
        user.clone_into(&mut self.user);
        password.clone_into(&mut self.secret);
        self.proves = true;
        // As long as what phones send: the answer to a stranger is no longer than that (H29).
        self.extra = "User-Agent: A phone on a desk, version 1.2.3, of a make with a long name\r\n"
            .to_owned();
        // Its calls have other names than those of the first.
        let SocketAddr::V4(address) = self.address else {
            unreachable!("phones have such addresses")
        };
        self.serial = 50 * (1 + u32::from(address.ip().octets()[3]));
    }

    /// An INFO with this body.
    pub(crate) fn info(&mut self, now: Instant, kind: &str, body: &str) -> Vec<Vec<u8>> {
        let Some(dialog) = self.dialog.clone().filter(|_| self.talking) else {
            return vec![];
        };
        let bytes = self.in_dialog(&dialog, "INFO", "");
        let text = String::from_utf8(bytes).expect("text");
        let length = format!(
            "Content-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let bytes = text
            .replace("Content-Length: 0\r\n\r\n", &length)
            .into_bytes();
        self.repeat(now, "INFO", bytes)
    }

    pub(crate) fn tick(&mut self, now: Instant) -> Vec<Vec<u8>> {
        let mut out = vec![];
        if self.answer_at.is_some_and(|at| at <= now) {
            self.answer_at = None;
            out.extend(self.pick_up(now));
        }
        self.repeating.retain(|each| each.until > now);
        for each in self.repeating.iter_mut().filter(|each| each.next <= now) {
            each.interval = (2 * each.interval).min(8 * T1);
            each.next = now + each.interval;
            out.push(each.bytes.clone());
        }
        out
    }

    pub(crate) fn receive(&mut self, now: Instant, bytes: &[u8]) -> Vec<Vec<u8>> {
        let heard = Heard::read(bytes);
        match (heard.method(), heard.status()) {
            (Some(method), _) => self.asked(now, &method, &heard),
            (None, Some(status)) => self.answered(now, status, &heard),
            (None, None) => vec![],
        }
    }

    fn asked(&mut self, now: Instant, method: &str, heard: &Heard) -> Vec<Vec<u8>> {
        let ours = self
            .dialog
            .as_ref()
            .is_some_and(|d| d.call_id == heard.field("Call-ID"));
        let contact = self.contact();
        match method {
            "INVITE" if self.habit == Habit::Dead => vec![],
            "INVITE" if ours => vec![],
            "INVITE" if heard.field("To").contains(";tag=") => {
                vec![heard.reply(481, "x", &contact, "")]
            }
            "INVITE" if self.dialog.is_some() => vec![heard.reply(486, "busy", &contact, "")],
            "INVITE" => self.invited(now, heard),
            "ACK" => {
                self.silence("200", &heard.field("Call-ID"));
                vec![]
            }
            "CANCEL" if ours && !self.talking => {
                let invite = self.dialog.take().map(|dialog| dialog.invite);
                self.answer_at = None;
                self.because = heard.field("Reason");
                let ended = invite.map(|invite| invite.reply(487, &self.tag(), &contact, ""));
                let ok = heard.reply(200, &self.tag(), &contact, "");
                ended.into_iter().chain([ok]).collect()
            }
            "BYE" if ours => {
                self.forget();
                self.voice.stop();
                self.finals.push(0);
                vec![heard.reply(200, "x", &contact, "")]
            }
            "CANCEL" | "BYE" => vec![heard.reply(481, "x", &contact, "")],
            "INFO" if ours => {
                assert_eq!(heard.field("Content-Type"), "application/dtmf-relay");
                let text = String::from_utf8_lossy(heard.body()).into_owned();
                let key = text.strip_prefix("Signal=").expect("a key").chars().next();
                // One that is said again is the same one.
                let number = heard.field("CSeq");
                if self.told_last != number {
                    self.keys_told.extend(key);
                    self.told_last = number;
                }
                vec![heard.reply(200, "x", &contact, "")]
            }
            "UPDATE" if ours && !heard.body().is_empty() => self.updated(now, heard),
            "NOTIFY" => {
                let text = String::from_utf8_lossy(heard.body()).into_owned();
                let status = text.split_whitespace().nth(1).unwrap_or_default();
                self.news.extend(status.parse::<u16>());
                vec![heard.reply(200, "x", &contact, "")]
            }
            _ => vec![heard.reply(200, "x", &contact, "")],
        }
    }

    fn invited(&mut self, now: Instant, heard: &Heard) -> Vec<Vec<u8>> {
        let contact = self.contact();
        if let Habit::Declines(status) = self.habit {
            return vec![heard.reply(status, "no", &contact, "")];
        }
        self.serial += 1;
        self.dialog = Some(Dialog {
            call_id: heard.field("Call-ID"),
            local: format!("{};tag={}", heard.field("To"), self.tag()),
            remote: heard.field("From"),
            early: None,
            target: heard.contact().unwrap_or_default(),
            invite: heard.clone(),
            incoming: true,
            invite_via: String::new(),
            ack: vec![],
        });
        if let Habit::Answers(after) = self.habit {
            self.answer_at = Some(now + after);
        }
        vec![heard.reply(180, &self.tag(), &contact, "")]
    }

    pub(crate) fn pick_up(&mut self, now: Instant) -> Vec<Vec<u8>> {
        let Some(dialog) = self.dialog.clone().filter(|dialog| dialog.incoming) else {
            return vec![];
        };
        self.talking = true;
        let sdp = self.sdp("sendrecv", dialog.invite.body());
        self.agree(dialog.invite.body());
        self.talk(now, dialog.invite.body());
        let bytes = dialog.invite.reply(200, &self.tag(), &self.contact(), &sdp);
        self.repeat(now, "200", bytes)
    }

    fn answered(&mut self, now: Instant, status: u16, heard: &Heard) -> Vec<Vec<u8>> {
        let method = heard.cseq_method();
        self.is_offered(heard);
        self.silence(&method, &heard.field("Call-ID"));
        match method.as_str() {
            "REGISTER" if status == 401 && !self.password.is_empty() => {
                let uri = format!("sip:{}", self.server);
                let password = std::mem::take(&mut self.password);
                let line = digest(&self.user, &password, heard, &uri, rsip::Method::Register);
                let bytes = self.register_request(&format!("Authorization: {line}\r\n"));
                self.repeat(now, "REGISTER", bytes)
            }
            "INVITE" if status < 200 => {
                self.rings(heard);
                self.promised(now, heard)
            }
            "INVITE" if status == 401 && self.proves => self.challenged(now, heard),
            "INVITE" if status >= 200 => self.invite_answered(now, status, heard),
            "REFER" => {
                self.news.push(status);
                vec![]
            }
            _ => vec![],
        }
    }

    /// A dialog begins, if the other says so (RFC 3261 §12.1.2).
    fn rings(&mut self, heard: &Heard) {
        let to = heard.field("To");
        let tag = to.split_once(";tag=").map(|(_, tag)| tag.to_owned());
        if let Some(dialog) = self.dialog.as_mut().filter(|dialog| !dialog.incoming) {
            dialog.early = tag.or_else(|| dialog.early.take());
        }
    }

    /// RFC 3261 §22.2: the same call again, with what it was asked for.
    fn challenged(&mut self, now: Instant, heard: &Heard) -> Vec<Vec<u8>> {
        let new = |dialog: &Dialog| {
            self.authorization.is_empty() && dialog.call_id == heard.field("Call-ID")
        };
        let Some(dialog) = self.dialog.clone().filter(new) else {
            return vec![];
        };
        let ack = failed_ack(&dialog, heard);
        let uri = dialog.invite.uri();
        let line = digest(&self.user, &self.secret, heard, &uri, rsip::Method::Invite);
        self.authorization = format!("Authorization: {line}\r\n");
        let number = uri.trim_start_matches("sip:").split('@').next();
        let number = number.unwrap_or_default().to_owned();
        [ack].into_iter().chain(self.invite(now, &number)).collect()
    }

    fn invite_answered(&mut self, now: Instant, status: u16, heard: &Heard) -> Vec<Vec<u8>> {
        // What comes late for an earlier call is of no interest.
        let this = |dialog: &Dialog| dialog.call_id == heard.field("Call-ID");
        let Some(mut dialog) = self.dialog.clone().filter(this) else {
            return vec![];
        };
        if status >= 300 {
            if !self.talking {
                self.finals.push(status);
                self.because = heard.field("Reason");
                self.dialog = None;
            }
            return vec![failed_ack(&dialog, heard)];
        }
        if !dialog.ack.is_empty() && heard.field("CSeq") == dialog.invite.field("CSeq") {
            return vec![dialog.ack];
        }
        dialog.remote = if dialog.incoming {
            dialog.remote
        } else {
            heard.field("To")
        };
        dialog.target = heard.contact().unwrap_or(dialog.target);
        self.agree(heard.body());
        self.talk(now, heard.body());
        if !self.talking {
            self.finals.push(status);
        }
        self.talking = true;
        let number = heard.field("CSeq");
        let number = number
            .split_whitespace()
            .next()
            .unwrap_or_default()
            .to_owned();
        let sdp = if self.late_offer && !heard.body().is_empty() {
            self.sdp("sendrecv", heard.body())
        } else {
            String::new()
        };
        let serial = self.serial;
        let ack = format!(
            "ACK {} SIP/2.0\r\nVia: SIP/2.0/UDP {};branch=z9hG4bKack{}{serial}{number};rport\r\nFrom: {}\r\nTo: {}\r\n\
             Call-ID: {}\r\nCSeq: {number} ACK\r\nMax-Forwards: 70\r\n",
            dialog.target, self.address, self.user, dialog.local, dialog.remote, dialog.call_id
        );
        dialog.ack = finish(ack, &sdp);
        let ack = dialog.ack.clone();
        self.dialog = Some(dialog);
        vec![ack]
    }

    /// Speaks to where a description of the switch says, with its numbers (RFC 3264 §5.1).
    pub(super) fn talk(&mut self, now: Instant, sdp: &[u8]) {
        if let Some(remote) = media_address(sdp) {
            if self.takes_the_answer && payload_type(sdp, "opus/48000/2").is_none() {
                self.payload_type = self.offers_also.unwrap_or(self.payload_type);
            }
            let events = match self.payload_type {
                OPUS => payload_type(sdp, "telephone-event/48000"),
                _ => payload_type(sdp, "telephone-event/8000"),
            };
            let sent = match self.payload_type {
                OPUS => payload_type(sdp, "opus/48000/2").expect("Opus in it"),
                number => number,
            };
            self.voice
                .talk_to(now, remote, self.payload_type, (sent, events));
        }
    }

    /// A request in the dialog that a provisional response has made.
    pub(super) fn in_early_dialog(&mut self, heard: &Heard, method: &str, sdp: &str) -> Vec<u8> {
        let mut dialog = self.dialog.clone().expect("a call");
        dialog.remote = heard.field("To");
        dialog.target = heard.contact().unwrap_or(dialog.target);
        self.in_dialog(&dialog, method, sdp)
    }

    fn register_request(&mut self, extra: &str) -> Vec<u8> {
        self.register_cseq += 1;
        let (user, server, cseq) = (&self.user, self.server, self.register_cseq);
        let text = format!(
            "REGISTER sip:{server} SIP/2.0\r\nVia: SIP/2.0/UDP {};branch=z9hG4bKreg{user}{cseq};rport\r\n\
             From: <sip:{user}@{server}>;tag=r{cseq}\r\nTo: <sip:{user}@{server}>\r\nCall-ID: reg-{user}\r\n\
             CSeq: {cseq} REGISTER\r\nMax-Forwards: 70\r\nContact: <{}>\r\nExpires: {}\r\n\
             User-Agent: A phone on a desk, version 1.2\r\nAllow: INVITE, ACK, BYE, CANCEL, OPTIONS, INFO\r\n\
             Supported: path, outbound, gruu, replaces, 100rel, timer, norefersub\r\n\
             Allow-Events: presence, message-summary, refer\r\n{extra}",
            self.address,
            self.contact(),
            self.expires,
        );
        finish(text, "")
    }

    fn in_dialog(&mut self, dialog: &Dialog, method: &str, sdp: &str) -> Vec<u8> {
        self.cseq += 1;
        self.replacing.clear();
        let target = dialog.target.clone();
        self.request(
            method,
            &target,
            &dialog.local,
            &dialog.remote,
            &dialog.call_id,
            sdp,
        )
        .0
    }

    fn request(
        &self,
        method: &str,
        uri: &str,
        local: &str,
        remote: &str,
        call_id: &str,
        sdp: &str,
    ) -> (Vec<u8>, String) {
        let (user, serial, cseq) = (&self.user, self.serial, self.cseq);
        let via = format!(
            "SIP/2.0/UDP {};branch=z9hG4bK{user}{serial}{cseq}{method};rport",
            self.address
        );
        let text = format!(
            "{method} {uri} SIP/2.0\r\nVia: {via}\r\nFrom: {local}\r\nTo: {remote}\r\nCall-ID: {call_id}\r\n\
             CSeq: {cseq} {method}\r\nMax-Forwards: 70\r\nContact: <{}>\r\n",
            self.contact()
        );
        let more = match method {
            "INVITE" => format!("{}{}{}", self.extra, self.replacing, self.authorization),
            "BYE" => self.reason.to_owned(),
            _ => String::new(),
        };
        (finish(text + &more, sdp), via)
    }

    /// What the other's description means for the packets.
    fn agree(&mut self, theirs: &[u8]) {
        if let Some(wish) = self.secure.as_ref().filter(|_| !theirs.is_empty()) {
            self.voice.secure = wish.agreed(theirs, self.voice.secure.take());
        }
    }

    pub(super) fn sdp(&self, direction: &str, theirs: &[u8]) -> String {
        let profile = self.secure.as_ref().map_or("RTP/AVP", |wish| wish.profile);
        let crypto = self.secure.as_ref().map(|wish| wish.line(theirs));
        let crypto = crypto.unwrap_or_default();
        let (ip, port, pt) = (
            self.voice.address.ip(),
            self.voice.address.port(),
            self.payload_type,
        );
        let name = match pt {
            0 => "PCMU/8000",
            8 => "PCMA/8000",
            9 => "G722/8000",
            OPUS => "opus/48000/2\r\na=fmtp:111 useinbandfec=1",
            _ => unreachable!("no such codec"),
        };
        let family = if ip.is_ipv4() { "IP4" } else { "IP6" };
        let (at, direction) = match direction {
            "0.0.0.0" => (direction.to_owned(), "sendrecv"),
            _ => (ip.to_string(), direction),
        };
        let also = self.offers_also.map(|number| format!(" {number}"));
        let also = also.unwrap_or_default();
        let (mut events, mut map) = (String::new(), String::new());
        for (number, rate) in [(EVENTS, 8000), (WIDE_EVENTS, 48_000)] {
            if self.voice.events && (rate == 8000 || pt == OPUS) {
                events += &format!(" {number}");
                map += &format!("a=rtpmap:{number} telephone-event/{rate}\r\n");
            }
        }
        format!(
            "v=0\r\no=- 1 1 IN {family} {ip}\r\ns=-\r\nc=IN {family} {at}\r\nt=0 0\r\nm=audio {port} {profile} {pt}{also}{events}\r\n\
             a=rtpmap:{pt} {name}\r\n{map}a={direction}\r\n{crypto}"
        )
    }

    pub(super) fn repeat(&mut self, now: Instant, what: &str, bytes: Vec<u8>) -> Vec<Vec<u8>> {
        let call_id = Heard::read(&bytes).field("Call-ID");
        self.silence(what, &call_id);
        self.repeating.push(Repeating {
            what: what.to_owned(),
            call_id,
            bytes: bytes.clone(),
            next: now + T1,
            interval: T1,
            until: now + 64 * T1,
        });
        vec![bytes]
    }

    fn silence(&mut self, what: &str, call_id: &str) {
        self.repeating
            .retain(|each| each.what != what || each.call_id != call_id);
    }

    /// The server has forgotten all about it: nothing is awaited any more.
    pub(crate) fn loses_calls(&mut self) {
        self.forget();
        self.repeating.clear();
        self.voice.stop();
    }

    fn forget(&mut self) {
        self.dialog = None;
        self.talking = false;
        self.answer_at = None;
        let outlasts = |each: &Repeating| ["REGISTER", "BYE"].contains(&each.what.as_str());
        self.repeating.retain(outlasts);
    }

    pub(super) fn contact(&self) -> String {
        format!("sip:{}@{}", self.user, self.address)
    }

    fn tag(&self) -> String {
        format!("{}t{}", self.user, self.serial)
    }
}

fn cancel(dialog: &Dialog) -> Vec<u8> {
    let number = dialog.invite.field("CSeq");
    let number = number.split_whitespace().next().unwrap_or_default();
    let text = format!(
        "CANCEL {} SIP/2.0\r\nVia: {}\r\nFrom: {}\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: {number} CANCEL\r\nMax-Forwards: 70\r\n",
        dialog.target, dialog.invite_via, dialog.local, dialog.remote, dialog.call_id
    );
    finish(text, "")
}

/// The ACK of a refusal belongs to the INVITE's transaction (RFC 3261 §17.1.1.3).
fn failed_ack(dialog: &Dialog, heard: &Heard) -> Vec<u8> {
    let number = heard.field("CSeq");
    let number = number.split_whitespace().next().unwrap_or_default();
    let via = heard.field("Via");
    let text = format!(
        "ACK {} SIP/2.0\r\nVia: {via}\r\nFrom: {}\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: {number} ACK\r\nMax-Forwards: 70\r\n",
        dialog.target,
        heard.field("From"),
        heard.field("To"),
        dialog.call_id
    );
    finish(text, "")
}
