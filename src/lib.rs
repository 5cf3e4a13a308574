//! Cordboard: a contact-centre softswitch.
pub mod acd;
pub mod audio;
pub mod call;
pub mod clock;
pub mod id;
pub mod media;
pub mod random;
pub mod route;
pub mod rtp;
pub mod sdp;
pub mod settings;
pub mod sip;
pub mod switch;

pub mod api;
pub mod app;
pub mod config;
pub mod net;
pub mod store;
pub mod vault;
pub mod voices;
pub mod watch;
pub mod worker;
