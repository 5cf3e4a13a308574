//! What is in the packets: codecs and telephone-events, their payload types and parameters
//! (RFC 3264 §5.1, RFC 4733 §2.5, RFC 7587 §7).

use super::{Local, Media, Refusal};
use crate::audio::Codec;
use crate::audio::opus::{self, Wishes};
use crate::rtp::{EventType, Events};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::RangeInclusive;

/// The payload type of telephone-event in our offers, at 8000 Hz and at 48000.
const EVENTS: u8 = 101;
const WIDE_EVENTS: u8 = 102;

/// The keys that we read and send: 0–9 * # A–D (RFC 4733 §3.2).
const KEYS: &str = "0-15";

/// Milliseconds in a packet where nobody says otherwise (RFC 3551 §4.2).
pub(super) const PACKET_TIME: u16 = 20;

/// The payload types that are free to stand for anything (RFC 3551 §6).
const DYNAMIC: RangeInclusive<u8> = 96..=127;

/// What the payload types of a session stand for: once said it stays, whoever offers next
/// (RFC 3264 §8.3.2).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Types {
    known: BTreeMap<u8, Meaning>,
}

/// What a payload type stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    Sound(Codec),
    /// Of this clock rate.
    Events(u32),
    /// Something that is not spoken here.
    Other,
}

impl Types {
    /// The number of a codec in our offers.
    fn of(&mut self, codec: Codec) -> u8 {
        match codec {
            Codec::Pcmu | Codec::Pcma | Codec::G722 => codec.payload_type(),
            Codec::Opus => self.number(Meaning::Sound(codec), codec.payload_type()),
        }
    }

    /// Telephone-event in our offers, at this clock rate.
    fn events(&mut self, clock_rate: u32) -> EventType {
        let usual = if clock_rate == 8000 {
            EVENTS
        } else {
            WIDE_EVENTS
        };
        EventType {
            payload_type: self.number(Meaning::Events(clock_rate), usual),
            clock_rate,
        }
    }

    /// The number that it has; otherwise the usual one, or one that stands for nothing yet: from now
    /// on it has that.
    fn number(&mut self, meaning: Meaning, usual: u8) -> u8 {
        let mut known = self.known.iter();
        if let Some((&number, _)) = known.find(|(_, known)| **known == meaning) {
            return number;
        }
        let free = |number: &u8| !self.known.contains_key(number);
        let others = DYNAMIC.rev().find(free).unwrap_or(usual);
        let number = Some(usual).filter(free).unwrap_or(others);
        self.learn(number, meaning);
        number
    }

    fn learn(&mut self, number: u8, meaning: Meaning) {
        if DYNAMIC.contains(&number) {
            self.known.entry(number).or_insert(meaning);
        }
    }

    /// Takes what a peer's description says of its types.
    fn learn_all(&mut self, media: &Media) {
        for map in &media.rtpmaps {
            let codec = Codec::from_rtpmap(&map.name, map.rate, map.channels);
            let meaning = if map.name.eq_ignore_ascii_case("telephone-event") {
                Meaning::Events(map.rate)
            } else {
                codec.map_or(Meaning::Other, Meaning::Sound)
            };
            self.learn(map.payload_type, meaning);
        }
    }
}

/// What a media line of ours lists.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Formats {
    pub(super) codecs: Vec<(Codec, u8)>,
    pub(super) events: Vec<EventType>,
    pub(super) packet_time: u16,
}

/// What was agreed on about the contents of packets.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Agreed {
    pub(super) codec: Codec,
    pub(super) payload_type: u8,
    pub(super) receive_type: u8,
    pub(super) opus: Wishes,
    pub(super) events: Option<Events>,
    pub(super) packet_time: u16,
    pub(super) types: Types,
}

impl Agreed {
    /// The same, with keys in the sound alone.
    pub(super) fn without_events(self) -> Self {
        Self {
            events: None,
            ..self
        }
    }
}

impl Formats {
    /// All that we speak, with telephone-event at each clock rate of it.
    pub(super) fn offered(local: &Local) -> Self {
        Self::numbered(local).0
    }

    /// The same, and what the types of the session stand for with it.
    fn numbered(local: &Local) -> (Self, Types) {
        let mut types = local.types.clone();
        let codecs = local.codecs.iter();
        let codecs = codecs.map(|&codec| (codec, types.of(codec))).collect();
        let wide = local.codecs.iter().any(|codec| codec.clock_rate() != 8000);
        let rates = [8000].into_iter().chain(wide.then_some(48_000));
        let offered = Self {
            codecs,
            events: rates
                .filter(|_| local.events)
                .map(|rate| types.events(rate))
                .collect(),
            packet_time: PACKET_TIME,
        };
        (offered, types)
    }

    /// What is agreed on from an offer: of the codecs on both lists the one that stands first on ours,
    /// as RFC 3264 §6.1 leaves to the answerer; its types as they are in the offer.
    pub(super) fn answered(
        media: &Media,
        codecs: &[Codec],
        types: &Types,
    ) -> Result<(Self, Agreed), Refusal> {
        let offered: Vec<_> = sounds(media).collect();
        let both = |codec: &Codec| offered.iter().find(|(known, _)| known == codec).copied();
        let found = codecs.iter().find_map(both);
        let (codec, payload_type) = found.ok_or(Refusal::NoCommonCodec)?;
        let rates = [codec.clock_rate(), 8000];
        let mut events: Vec<EventType> = vec![];
        for found in rates.iter().filter_map(|&rate| events_at(media, rate)) {
            if !events.contains(&found) {
                events.push(found);
            }
        }
        let mut types = types.clone();
        types.learn_all(media);
        let agreed = Agreed {
            codec,
            payload_type,
            receive_type: payload_type,
            opus: wishes(media, payload_type),
            events: both_ways(&events, &events),
            packet_time: packet_time(media, codec)?,
            types,
        };
        let listed = Self {
            codecs: vec![(codec, payload_type)],
            events,
            packet_time: agreed.packet_time,
        };
        Ok((listed, agreed))
    }

    /// What an answer makes of our offer: the codec that stands first in it. The peer may number it
    /// in another way for what we send; what it sends should have our number (RFC 3264 §5.1).
    pub(super) fn accepted(media: &Media, local: &Local) -> Result<Agreed, Refusal> {
        let (own, types) = Self::numbered(local);
        let number = |codec: Codec| own.codecs.iter().find(|(known, _)| *known == codec);
        let found = sounds(media).find_map(|(codec, sent)| Some((codec, sent, number(codec)?.1)));
        let (codec, payload_type, receive_type) = found.ok_or(Refusal::NoCommonCodec)?;
        let rates = [codec.clock_rate(), 8000];
        let theirs: Vec<_> = rates
            .iter()
            .filter_map(|&rate| events_at(media, rate))
            .collect();
        Ok(Agreed {
            codec,
            payload_type,
            receive_type,
            opus: wishes(media, payload_type),
            events: both_ways(&theirs, &own.events),
            packet_time: packet_time(media, codec)?,
            types,
        })
    }

    /// The same, with keys in the sound alone.
    pub(super) fn without_events(self) -> Self {
        Self {
            events: vec![],
            ..self
        }
    }

    /// The numbers of the media line.
    pub(super) fn numbers(&self) -> Vec<u8> {
        let events = self.events.iter().map(|events| events.payload_type);
        let codecs = self.codecs.iter().map(|(_, number)| *number);
        codecs.chain(events).collect()
    }

    /// The numbers for the media line.
    pub(super) fn write_numbers(&self, text: &mut String) {
        for number in self.numbers() {
            let _ = write!(text, " {number}");
        }
    }

    /// The attributes that explain them.
    pub(super) fn write_attributes(&self, text: &mut String) {
        for (codec, number) in &self.codecs {
            let (name, rate) = (codec.name(), codec.clock_rate());
            let channels = match codec.channels() {
                1 => String::new(),
                more => format!("/{more}"),
            };
            let _ = write!(text, "a=rtpmap:{number} {name}/{rate}{channels}\r\n");
            if *codec == Codec::Opus {
                let most = opus::MOST_BITS;
                let ours = format!("maxaveragebitrate={most};stereo=0;useinbandfec=1");
                let _ = write!(text, "a=fmtp:{number} {ours}\r\n");
            }
        }
        for events in &self.events {
            let (number, rate) = (events.payload_type, events.clock_rate);
            let _ = write!(text, "a=rtpmap:{number} telephone-event/{rate}\r\n");
            let _ = write!(text, "a=fmtp:{number} {KEYS}\r\n");
        }
        let _ = write!(text, "a=ptime:{}\r\n", self.packet_time);
    }
}

/// The codecs on a media line that we know, in its order, with their types there.
fn sounds(media: &Media) -> impl Iterator<Item = (Codec, u8)> {
    let numbers = media
        .formats
        .iter()
        .filter_map(|format| format.parse().ok());
    numbers.filter_map(|number| Some((codec_of(number, media)?, number)))
}

/// The codec of a payload type: as its `a=rtpmap` says, or a static one without (RFC 3264 §5.1).
fn codec_of(payload_type: u8, media: &Media) -> Option<Codec> {
    let mut maps = media.rtpmaps.iter();
    match maps.find(|map| map.payload_type == payload_type) {
        // Two bits of the byte are taken: more would be read as a marker or as RTCP.
        Some(_) if payload_type > 127 => None,
        Some(map) => Codec::from_rtpmap(&map.name, map.rate, map.channels),
        None => Codec::from_payload_type(payload_type),
    }
}

/// Telephone-event of this clock rate, if it is on the media line.
fn events_at(media: &Media, clock_rate: u32) -> Option<EventType> {
    let listed = |number: u8| {
        media
            .formats
            .iter()
            .any(|format| format.parse() == Ok(number))
    };
    let fits = media.rtpmaps.iter().find(|map| {
        map.name.eq_ignore_ascii_case("telephone-event")
            && map.rate == clock_rate
            && map.payload_type < 128
            && listed(map.payload_type)
    });
    fits.map(|map| EventType {
        payload_type: map.payload_type,
        clock_rate,
    })
}

/// Events as the peer numbers them for us and we for it, each list in order of preference.
fn both_ways(sent: &[EventType], received: &[EventType]) -> Option<Events> {
    let sent = *sent.first()?;
    let (first, last) = (received.first()?, received.last()?);
    Some(Events {
        sent,
        received: [*first, *last],
    })
}

/// What the peer asks of us in Opus; what cannot be read counts as not said.
fn wishes(media: &Media, payload_type: u8) -> Wishes {
    let mut wishes = Wishes::default();
    let lines = media.fmtps.iter().filter(|(of, _)| *of == payload_type);
    for parameter in lines.flat_map(|(_, line)| line.split(';')) {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let (name, value) = (name.trim(), value.trim());
        if name.eq_ignore_ascii_case("useinbandfec") {
            wishes.fec = value == "1";
        } else if name.eq_ignore_ascii_case("maxaveragebitrate") {
            let bits = value.parse().ok();
            let bits = bits.filter(|bits| (6_000..=510_000).contains(bits));
            wishes.bits = bits.unwrap_or(wishes.bits);
        }
    }
    wishes
}

/// What we send in a packet: what the peer wishes, on our beat, and no more than it takes. A packet
/// of Opus is a frame of 20 ms at least, and three at most.
fn packet_time(media: &Media, codec: Codec) -> Result<u16, Refusal> {
    let wish = media.ptime.unwrap_or_else(|| PACKET_TIME.into());
    let most = media.maxptime.unwrap_or(200);
    if !(1..=200).contains(&wish) {
        return Err(Refusal::BadPtime(wish));
    }
    if most == 0 {
        return Err(Refusal::BadPtime(most));
    }
    let time = wish.min(most) as u16;
    let time = if time < 20 { 10 } else { time / 20 * 20 };
    Ok(match codec {
        Codec::Pcmu | Codec::Pcma | Codec::G722 => time,
        Codec::Opus => time.clamp(20, 60),
    })
}
