//! A leg with what the kernel ties to it: its signalling, its port, its negotiation.

use super::browser::Browser;
use super::{Output, Port, Switch};
use crate::audio::Codec;
use crate::call::record::{Quality, Role};
use crate::call::{Hears, Leg};
use crate::id::{CallId, LegId, TrunkId, VisitId};
use crate::media::{Command as Media, KeysBy, Place, Source, Stream};
use crate::rtp::srtp::Suite;
use crate::sdp::{self, Direction, Local, Negotiated, OurKeys, Profile, RtcpMux, Security, Types};
use crate::settings::{self, Dtmf, Habits, Srtp};
use crate::sip::{Command, Invite, MAX_FORWARDS, Reliable, SessionId, SessionTimer, Terms, Trail};
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Instant;

/// What tells a leg's peer how the call goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signalling {
    /// A session of SIP.
    Sip(SessionId),
    /// A page.
    Page(VisitId),
}

/// A leg, its signalling and its port.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) leg: Leg,
    /// `None` once it has ended; the leg stays until its media has reported.
    pub(super) signalling: Option<Signalling>,
    pub(super) port: Port,
    /// The numbers in the origin line of our SDP: the session stays, the version rises with
    /// every description (RFC 3264 §8).
    pub(super) sdp_session: u64,
    pub(super) sdp_version: u64,
    /// What the payload types of the session stand for, from its last negotiation.
    pub(super) types: Types,
    /// What the peer's profile says.
    pub(super) habits: Habits,
    /// The codec agreed on.
    pub(super) codec: Option<Codec>,
    /// The peer has put us on hold.
    pub(super) held: bool,
    /// What we may encrypt with.
    keys: OurKeys,
    /// The suite in use and the profile it was agreed on under; once there, it stays (H22).
    secured: Option<(Suite, Profile)>,
    /// An address of the peer's IP version: that of its signalling, then that of its media.
    near: Option<IpAddr>,
    /// How many hops the call may still take, and its way through us (F14).
    pub(super) max_forwards: u8,
    pub(super) trail: Trail,
    /// The trunk whose call it is: it has a place there.
    pub(super) trunk: Option<TrunkId>,
    /// What an invitation will be answered with, once the number that it dialled has answered.
    pub(super) prepared: Option<Vec<u8>>,
    /// The one who waits for that can be given sound before it; has been told that there is some.
    pub(super) listens: bool,
    pub(super) told: bool,
    /// A description has come before the answer: the network behind it may speak.
    pub(super) early: bool,
    /// How the party is heard so far.
    pub(super) quality: Quality,
    /// What the media was told last.
    pub(super) stream: Option<Stream>,
    /// What a browser needs besides; `None` of other peers.
    pub(super) browser: Option<Box<Browser>>,
}

impl Switch {
    /// Makes a leg with a port of its own, and opens its media.
    pub(super) fn open_leg(
        &mut self,
        now: Instant,
        call: CallId,
        role: Role,
        port: Port,
        habits: Habits,
    ) -> LegId {
        let place = Place::Port(port.number);
        self.open_leg_at(now, call, role, port, habits, place)
    }

    /// Makes a leg and opens its media.
    pub(super) fn open_leg_at(
        &mut self,
        now: Instant,
        call: CallId,
        role: Role,
        port: Port,
        habits: Habits,
        place: Place,
    ) -> LegId {
        let id = self.next_leg();
        let leg = Leg {
            id,
            call,
            role,
            hears: Hears::Silence,
            sip_call_id: String::new(),
            began: now,
            answered: None,
            ended: None,
            cause: None,
        };
        let line = Line {
            leg,
            signalling: None,
            port,
            sdp_session: self.random.u64() >> 2,
            sdp_version: 0,
            types: Types::default(),
            habits,
            codec: None,
            held: false,
            keys: OurKeys::random(&mut self.random),
            secured: None,
            near: None,
            max_forwards: MAX_FORWARDS,
            trail: Trail::default(),
            trunk: None,
            prepared: None,
            listens: false,
            told: false,
            early: false,
            quality: Quality::default(),
            stream: None,
            browser: None,
        };
        self.lines.insert(id, line);
        if let Some(call) = self.calls.get_mut(&call) {
            call.add_leg(id);
        }
        // Of a browser it is known whether it is there (RFC 7675), though it may have nothing to say.
        let patience = match place {
            Place::Port(_) => self.silence,
            Place::Browser(_) => None,
        };
        self.media(id, |leg| Media::Open {
            leg,
            place,
            patience,
        });
        id
    }

    /// A leg is signalled by a session from now on.
    pub(super) fn signals(&mut self, leg: LegId, session: SessionId, sip_call_id: &str) {
        self.sessions.insert(session, leg);
        let Some(line) = self.lines.get_mut(&leg) else {
            return;
        };
        line.signalling = Some(Signalling::Sip(session));
        sip_call_id.clone_into(&mut line.leg.sip_call_id);
        let (call, role) = (line.leg.call, line.leg.role);
        self.out(Output::Signalled {
            call,
            role,
            sip_call_id: sip_call_id.to_owned(),
        });
    }

    /// A call received is taken under the terms that the peer's habits want.
    pub(super) fn takes_under(&mut self, now: Instant, session: SessionId, habits: &Habits) {
        let terms = Terms {
            reliable: reliable(habits),
            session_timer: session_timer(habits),
        };
        self.sip.command(now, Command::Terms { session, terms });
    }

    /// Our offer of a leg that is there.
    pub(super) fn offer(&mut self, leg: LegId) -> Vec<u8> {
        let local = self.local(leg);
        local.map(|local| sdp::offer(&local)).unwrap_or_default()
    }

    /// What our next description of this leg may say.
    pub(super) fn local(&mut self, leg: LegId) -> Option<Local> {
        let line = self.lines.get_mut(&leg)?;
        line.sdp_version += 1;
        let in_use = line.secured.map(|(suite, _)| suite);
        line.keys.renew(in_use, &mut self.random);
        self.said(leg)
    }

    /// What our last description of this leg said.
    pub(super) fn said(&self, leg: LegId) -> Option<Local> {
        let line = self.lines.get(&leg)?;
        let (mut address, mut other) = (self.media_address, self.media_other);
        if let (Some(near), Some(second)) = (line.near, other)
            && near.is_ipv4() != address.is_ipv4()
        {
            (address, other) = (second, Some(address));
        }
        Some(Local {
            address,
            other,
            port: line.port.number,
            codecs: line
                .habits
                .codecs
                .iter()
                .map(|codec| known(*codec))
                .collect(),
            events: match line.habits.dtmf {
                Dtmf::Auto | Dtmf::Events | Dtmf::Info => true,
                Dtmf::Inband => false,
            },
            types: line.types.clone(),
            session: line.sdp_session,
            version: line.sdp_version,
            direction: Direction::SendRecv,
            security: line.security(),
            rtcp_mux: match line.habits.rtcp_mux {
                settings::RtcpMux::Off => RtcpMux::Off,
                settings::RtcpMux::Answer => RtcpMux::Answered,
                settings::RtcpMux::Offer => RtcpMux::Offered,
            },
        })
    }

    /// The peer's signalling comes from this address: one of its IP version is what it is offered.
    pub(super) fn is_near(&mut self, leg: LegId, address: IpAddr) {
        if let Some(line) = self.lines.get_mut(&leg) {
            line.near = Some(address.to_canonical());
        }
    }

    /// Tells the media what was agreed on, and the call whether it is on hold.
    pub(super) fn agreed(&mut self, leg: LegId, negotiated: &Negotiated) {
        let Some(habits) = self.lines.get(&leg).map(|line| &line.habits) else {
            return;
        };
        let stream = stream(negotiated, keys_by(habits));
        self.media(leg, |leg| Media::Describe { leg, stream });
        if let Some(line) = self.lines.get_mut(&leg) {
            line.held = negotiated.held;
            line.types = negotiated.types.clone();
            line.codec = Some(negotiated.codec);
            line.stream = Some(stream);
            let suite = negotiated.crypto.map(|keys| keys.suite);
            line.secured = suite.map(|suite| (suite, negotiated.profile));
            let theirs = negotiated.remote.ip();
            line.near = Some(theirs).filter(|ip| !ip.is_unspecified()).or(line.near);
        }
    }

    /// Ties a leg to the session of an invitation.
    pub(super) fn join_session(&mut self, leg: LegId, invite: &Invite) {
        self.signals(leg, invite.session, &invite.call_id);
        if let Some(line) = self.lines.get_mut(&leg) {
            line.max_forwards = invite.max_forwards;
            line.trail = invite.trail.clone();
        }
    }

    /// Answers an invitation with what was prepared for it.
    pub(super) fn answer_prepared(&mut self, now: Instant, leg: LegId) {
        let Some(line) = self.lines.get_mut(&leg) else {
            return;
        };
        let (prepared, stream) = (line.prepared.take(), line.stream);
        if let Some((session, sdp)) = line.session().zip(prepared) {
            self.sip.command(now, Command::Answer { session, sdp });
        }
        // From now on its sound is missed: its patience begins anew.
        if let Some(stream) = stream {
            self.media(leg, |leg| Media::Describe { leg, stream });
        }
    }

    /// Sends a command to the worker of a leg.
    pub(super) fn media(&mut self, leg: LegId, command: impl FnOnce(LegId) -> Media) {
        if let Some(line) = self.lines.get(&leg) {
            let worker = line.port.worker;
            self.out(Output::Media(worker, command(leg)));
        }
    }

    /// Tells the media what has changed in who hears whom.
    pub(super) fn arrange(&mut self, call: CallId) {
        let Some(arranged) = self.calls.get(&call) else {
            return;
        };
        let mut arrangement = arranged.arrangement();
        let named: BTreeSet<LegId> = arrangement.iter().map(|(leg, _)| *leg).collect();
        let others = arranged.legs().filter(|leg| {
            let line = self.lines.get(leg);
            !named.contains(leg) && line.is_some_and(|line| line.signalling.is_some())
        });
        arrangement.extend(others.map(|leg| (leg, Hears::Silence)));
        for (leg, hears) in arrangement {
            let Some(line) = self.lines.get_mut(&leg) else {
                continue;
            };
            if line.leg.hears == hears {
                continue;
            }
            line.leg.hears = hears;
            let source = source(hears);
            self.media(leg, |leg| Media::Hear { leg, source });
        }
    }

    pub(super) fn leg_of(&self, session: SessionId) -> Option<LegId> {
        self.sessions.get(&session).copied()
    }

    pub(super) fn call_of(&self, leg: LegId) -> Option<CallId> {
        self.lines.get(&leg).map(|line| line.leg.call)
    }
}

impl Line {
    /// Its session of SIP, if it has one.
    pub(super) fn session(&self) -> Option<SessionId> {
        match self.signalling? {
            Signalling::Sip(session) => Some(session),
            Signalling::Page(_) => None,
        }
    }

    /// The visit of its page, if it has one.
    pub(super) fn visit(&self) -> Option<VisitId> {
        match self.signalling? {
            Signalling::Sip(_) => None,
            Signalling::Page(visit) => Some(visit),
        }
    }

    /// Whether the media is to be SRTP.
    fn security(&self) -> Security {
        let keys = self.keys.clone();
        match (self.habits.srtp, self.secured) {
            (Srtp::Off, _) => Security::Plain,
            (Srtp::Required, _) => Security::Required(keys, Profile::Savp),
            (Srtp::Preferred, Some((_, profile))) => Security::Required(keys, profile),
            (Srtp::Preferred, None) => Security::Preferred(keys),
        }
    }
}

/// A codec of a profile as the media plane knows it.
pub(super) fn known(codec: settings::Codec) -> Codec {
    match codec {
        settings::Codec::Pcmu => Codec::Pcmu,
        settings::Codec::Pcma => Codec::Pcma,
        settings::Codec::G722 => Codec::G722,
        settings::Codec::Opus => Codec::Opus,
    }
}

/// Provisional responses as the peer's habits want them.
pub(super) fn reliable(habits: &Habits) -> Reliable {
    match habits.reliable_provisionals {
        settings::Reliable::Off => Reliable::Off,
        settings::Reliable::Supported => Reliable::Supported,
        settings::Reliable::Required => Reliable::Required,
    }
}

/// Whether a caller can be told of sound before the answer: by the answer to their offer, or by an offer
/// of ours that they acknowledge (RFC 3262 §5).
pub(super) fn may_listen(invite: &Invite, habits: &Habits) -> bool {
    let acknowledges = match (invite.reliable, reliable(habits)) {
        (Reliable::Required, _) => true,
        (Reliable::Supported, Reliable::Supported | Reliable::Required) => true,
        (Reliable::Off, _) | (Reliable::Supported, Reliable::Off) => false,
    };
    invite.offer.is_some() || acknowledges
}

/// The session timer that the peer's habits want.
pub(super) fn session_timer(habits: &Habits) -> SessionTimer {
    SessionTimer {
        interval: habits.session_timer,
        ..SessionTimer::default()
    }
}

fn source(hears: Hears) -> Source {
    match hears {
        Hears::Silence => Source::Silence,
        Hears::Music(sound) => Source::Loop(sound),
        Hears::Message { play, sound } => Source::Play {
            play,
            sounds: vec![sound],
        },
        Hears::Party(leg) => Source::Leg(leg),
        Hears::Parties(legs) => Source::Mix(legs.into_iter().flatten().collect()),
    }
}

/// How a peer of these habits is told of keys.
fn keys_by(habits: &Habits) -> KeysBy {
    match habits.dtmf {
        Dtmf::Auto | Dtmf::Inband => KeysBy::Stream,
        Dtmf::Events => KeysBy::Events,
        Dtmf::Info => KeysBy::Signalling,
    }
}

fn stream(negotiated: &Negotiated, keys_by: KeysBy) -> Stream {
    let (sends, receives) = match negotiated.direction {
        Direction::SendRecv => (true, true),
        Direction::SendOnly => (true, false),
        Direction::RecvOnly => (false, true),
        Direction::Inactive => (false, false),
    };
    Stream {
        remote: negotiated.remote,
        rtcp: negotiated.rtcp,
        codec: negotiated.codec,
        payload_type: negotiated.payload_type,
        receive_type: negotiated.receive_type,
        opus: negotiated.opus,
        events: negotiated.events,
        keys_by,
        packet_time: negotiated.packet_time,
        sends,
        receives,
        crypto: negotiated.crypto,
        rtcp_mux: negotiated.rtcp_mux,
    }
}
