//! The words that settings are written with, each with its meaning: for reading and for writing.

use crate::settings::{
    AtClosing, CallbackKind, Codec, Composition, Destination, Directions, Distribution, Dtmf, Form,
    Format, IdentityHeader, LinkRouting, LinkType, MissedCalls, OnFailure, Priority, Quality,
    Reliable, RtcpMux, Srtp, Transport,
};
use jiff::civil::Weekday;

/// Words that stand for something.
pub(super) type Words<T, const N: usize> = [(&'static str, T); N];

/// The word for a meaning.
pub(super) fn word<T: PartialEq>(meaning: T, words: &[(&'static str, T)]) -> &'static str {
    let found = words.iter().find(|(_, each)| *each == meaning);
    found.map_or("", |(word, _)| word)
}

pub(super) const FORMS: Words<Form, 3> = [
    ("ordinal", Form::Ordinal),
    ("cardinal", Form::Cardinal),
    ("adaptive", Form::Adaptive),
];

pub(super) const QUALITIES: Words<Quality, 2> =
    [("standard", Quality::Standard), ("neural", Quality::Neural)];

pub(super) const DISTRIBUTIONS: Words<Distribution, 6> = [
    ("fewest_conversations", Distribution::FewestConversations),
    ("longest_idle", Distribution::LongestIdle),
    ("round_robin", Distribution::RoundRobin),
    ("top_down", Distribution::TopDown),
    ("fewest_calls", Distribution::FewestCalls),
    ("random", Distribution::Random),
];

pub(super) const AT_CLOSING: Words<AtClosing, 2> =
    [("serve", AtClosing::Serve), ("away", AtClosing::Away)];

pub(super) const CALLBACK_KINDS: Words<CallbackKind, 2> = [
    ("automated", CallbackKind::Automated),
    ("manual", CallbackKind::Manual),
];

pub(super) const PRIORITIES: Words<Priority, 2> = [
    ("queue_position", Priority::QueuePosition),
    ("inbound", Priority::Inbound),
];

pub(super) const LINK_ROUTINGS: Words<LinkRouting, 2> = [
    ("sharing_agent", LinkRouting::SharingAgent),
    ("routing_rules", LinkRouting::RoutingRules),
];

pub(super) const LINK_TYPES: Words<LinkType, 3> = [
    ("one_time", LinkType::OneTime),
    ("time_frame", LinkType::TimeFrame),
    ("expiration", LinkType::Expiration),
];

pub(super) const ON_FAILURE: Words<OnFailure, 2> = [
    ("back_to_queue", OnFailure::BackToQueue),
    ("end", OnFailure::End),
];

pub(super) const MISSED_CALLS: Words<MissedCalls, 2> = [
    ("leave_open", MissedCalls::LeaveOpen),
    ("auto_close", MissedCalls::AutoClose),
];

pub(super) const DESTINATIONS: Words<Destination, 2> =
    [("echo", Destination::Echo), ("music", Destination::Music)];

pub(super) const DIRECTIONS: Words<Directions, 3> = [
    ("inbound", Directions::Inbound),
    ("outbound", Directions::Outbound),
    ("both", Directions::Both),
];

pub(super) const COMPOSITIONS: Words<Composition, 3> = [
    ("legs", Composition::Legs),
    ("unified", Composition::Unified),
    ("both", Composition::Both),
];

pub(super) const FORMATS: Words<Format, 4> = [
    ("plus", Format::Plus),
    ("00", Format::International),
    ("national", Format::National),
    ("plain", Format::Plain),
];

pub(super) const TRANSPORTS: Words<Transport, 3> = [
    ("udp", Transport::Udp),
    ("tcp", Transport::Tcp),
    ("tls", Transport::Tls),
];

pub(super) const CODECS: Words<Codec, 4> = [
    ("pcmu", Codec::Pcmu),
    ("pcma", Codec::Pcma),
    ("g722", Codec::G722),
    ("opus", Codec::Opus),
];

pub(super) const RELIABLE: Words<Reliable, 3> = [
    ("off", Reliable::Off),
    ("supported", Reliable::Supported),
    ("required", Reliable::Required),
];

pub(super) const DTMF: Words<Dtmf, 4> = [
    ("auto", Dtmf::Auto),
    ("events", Dtmf::Events),
    ("info", Dtmf::Info),
    ("inband", Dtmf::Inband),
];

pub(super) const IDENTITY: Words<IdentityHeader, 4> = [
    ("from", IdentityHeader::From),
    ("pai", IdentityHeader::Asserted),
    ("ppi", IdentityHeader::Preferred),
    ("rpid", IdentityHeader::RemoteParty),
];

pub(super) const SRTP: Words<Srtp, 3> = [
    ("off", Srtp::Off),
    ("preferred", Srtp::Preferred),
    ("required", Srtp::Required),
];

pub(super) const RTCP_MUX: Words<RtcpMux, 3> = [
    ("off", RtcpMux::Off),
    ("answer", RtcpMux::Answer),
    ("offer", RtcpMux::Offer),
];

pub(super) const DAYS: Words<Weekday, 7> = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

/// What a storage of recordings can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StorageWord {
    Sftp,
    S3,
}

pub(super) const STORAGES: Words<StorageWord, 2> =
    [("sftp", StorageWord::Sftp), ("s3", StorageWord::S3)];
