//! Cordboard: a contact-centre softswitch.
//!
//! The logic is a value, driven by hand; sockets, clocks and threads are a thin layer around it.
//! Events flow up, commands flow down, and they meet in one place.
//!
//! ```text
//!                     ┌──────────────── Switch (one thread, no await, no lock) ────────────────┐
//!  UDP TCP (net) ──▶  │ sip::Endpoint ──Event──▶ on_sip ─▶ route, call ──Event──▶ acd::Floor    │
//!                ◀──  │      ▲                               │                       │          │
//!                     │      └── Command ◀── on_acd ◀────────┴────── Action ◀────────┘          │
//!  browsers (api) ──▶ │ page::Endpoint ─▶ on_page: the same for desks and callers by link       │
//!  media workers ──▶  │ on_media ◀── media::Event                                               │
//!                ◀──  │ media::Command ◀── the arrangement of the call: who hears whom          │
//!                     └──────────────────────────────────┬──────────────────────────────────────┘
//!                                                        ▼
//!                              vault (files), archive (their later life), store (records), events (log, webhooks), watch (logs, metrics, ladder)
//! ```
//!
//! Three ideas carry it:
//!
//! 1. **The switch is a value.** [`switch::Switch`] is advanced by `handle(now, Input)` and gives
//!    `poll_output()` and `poll_timeout()`. In production it runs on one thread, in tests in virtual
//!    time; it is the same code.
//! 2. **Every leg is negotiated with the switch, never with the other leg.** Media is anchored here.
//! 3. **The media plane has one verb: a leg *hears* something.** [`media::Source`] says what.
//!
//! The modules below, lowest first. `tests/suite/tidy.rs` checks that imports point down.

// The shared nouns.
pub mod clock;
pub mod id;
pub mod random;

// Formats and protocols: pure, know nothing of us.
pub mod audio;
pub mod page;
pub mod rtc;
pub mod rtp;
pub mod sdp;
pub mod sip;

// Our domain: pure, knows no protocol.
pub mod acd;
pub mod call;
pub mod media;
pub mod route;
pub mod settings;
pub mod speech;

// The kernel: the only place where they meet.
pub mod switch;

// Drivers: the only code that touches the world.
pub mod api;
pub mod archive;
pub mod config;
pub mod events;
pub mod keys;
pub mod net;
pub mod steward;
pub mod store;
pub mod vault;
pub mod voices;
pub mod watch;
pub mod worker;

// Composition.
pub mod app;
pub mod demo;
