//! The parts of the document, and where each is found.

/// A part of the document that is read and changed by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::api) struct Section {
    /// Its key in the document.
    pub(in crate::api) key: &'static str,
    /// Its schema.
    pub(in crate::api) name: &'static str,
    /// What it is, in the plural where there are several.
    pub(in crate::api) about: &'static str,
    pub(in crate::api) shape: Shape,
    /// Where it is, or all of them.
    pub(in crate::api) path: &'static str,
    /// Where one of them is.
    pub(in crate::api) one: &'static str,
}

/// How a section is made up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::api) enum Shape {
    /// One table.
    One,
    /// Several tables, each with an id, which others refer to by this key.
    Named(&'static str),
    /// Several tables in an order that counts; their place from 0 is their id.
    Ordered,
}

macro_rules! section {
    ($key:literal, $name:literal, $path:literal, $about:literal, $shape:expr) => {
        Section {
            key: $key,
            name: $name,
            about: $about,
            shape: $shape,
            path: concat!("/api/v1/settings/", $path),
            one: concat!("/api/v1/settings/", $path, "/{id}"),
        }
    };
}

/// All of them.
pub(in crate::api) const SECTIONS: [Section; 22] = [
    section!("account", "Account", "account", "the account", Shape::One),
    section!("agent", "Agent", "agents", "agents", Shape::Named("user")),
    section!("queue", "Queue", "queues", "queues", Shape::Named("name")),
    section!(
        "strategy",
        "Strategy",
        "strategies",
        "waiting strategies",
        Shape::Named("name")
    ),
    section!(
        "hours",
        "Hours",
        "hours",
        "working hours",
        Shape::Named("name")
    ),
    section!(
        "callback",
        "CallbackConfiguration",
        "callback-configurations",
        "callback configurations",
        Shape::Named("name")
    ),
    section!(
        "call_link",
        "CallLinkConfiguration",
        "call-link-configurations",
        "call link configurations",
        Shape::Named("name")
    ),
    section!(
        "call_links",
        "CallLinks",
        "call-links",
        "which call link configuration is selected",
        Shape::One
    ),
    section!(
        "hold",
        "Hold",
        "hold",
        "what customers hear on hold",
        Shape::One
    ),
    section!(
        "hold_message",
        "HoldMessage",
        "hold-messages",
        "what customers of some queues hear on hold",
        Shape::Named("name")
    ),
    section!(
        "transfer",
        "Transfer",
        "transfer",
        "what holds for calls that are passed on",
        Shape::One
    ),
    section!("trunk", "Trunk", "trunks", "trunks", Shape::Named("name")),
    section!(
        "outbound",
        "WayOut",
        "ways-out",
        "the ways out, tried in order",
        Shape::Ordered
    ),
    section!(
        "dialling",
        "Dialling",
        "dialling",
        "what holds for every call out",
        Shape::One
    ),
    section!(
        "route",
        "Route",
        "routes",
        "routes, tried in order",
        Shape::Ordered
    ),
    section!(
        "timeouts",
        "Timeouts",
        "timeouts",
        "how long phones ring",
        Shape::One
    ),
    section!(
        "wrap_up",
        "WrapUp",
        "wrap-up",
        "the after-call work",
        Shape::One
    ),
    section!(
        "recording",
        "Recording",
        "recording",
        "what is recorded",
        Shape::One
    ),
    section!(
        "storage",
        "Storage",
        "storage",
        "where finished recordings are sent",
        Shape::One
    ),
    section!(
        "missed_calls",
        "MissedCalls",
        "missed-calls",
        "what becomes of calls that nobody took",
        Shape::One
    ),
    section!(
        "status",
        "Reasons",
        "reasons",
        "the reasons for being not ready",
        Shape::One
    ),
    section!("speech", "Speech", "speech", "what may speak", Shape::One),
];
