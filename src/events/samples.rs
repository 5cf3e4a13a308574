//! An event of each kind, for tests.

use super::live::{AgentNow, QueueNow};
use super::{OfferEnd, What};
use crate::call::record::End;
use crate::id::{AgentId, CallId, CallbackId, LinkId, QueueId, TrunkId};
use jiff::Timestamp;

/// One of each kind: of a call, an agent, a queue.
pub(crate) fn every(call: CallId, agent: AgentId, queue: QueueId) -> Vec<What> {
    let (trunk, callback, link) = (TrunkId(3), CallbackId(1), LinkId(5));
    let text = || "x".to_owned();
    let state = AgentNow {
        agent,
        name: text(),
        state: "away",
        status: "available",
        reason: None,
        reachable: false,
        call: None,
        since: None,
        state_since: Timestamp::UNIX_EPOCH,
        until: None,
    };
    let now = QueueNow {
        queue,
        name: text(),
        waiting: 0,
        longest_since: None,
    };
    vec![
        What::Started { version: "1" },
        What::Arrived {
            call,
            from: text(),
            called: text(),
        },
        What::Refused {
            from: text(),
            called: text(),
            status: 404,
            why: text(),
        },
        What::Queued {
            call,
            queue,
            position: 1,
        },
        What::Message {
            call,
            message: "greeting",
        },
        What::Music { call },
        What::Digit {
            call,
            by_agent: false,
        },
        What::Consults {
            call,
            to: crate::call::record::Destination::Number("+49301".into()),
        },
        What::Consulted { call },
        What::ConsultEnded { call },
        What::RingsOutside { call },
        What::RingsColleague { call, agent },
        What::ColleagueAnswered {
            call,
            agent,
            waited_ms: 1,
        },
        What::Replaced {
            call,
            by_agent: true,
        },
        What::EarlyMedia { call },
        What::MessageMissing {
            call,
            message: "greeting",
        },
        What::FoundClosed { call, queue },
        What::QueueOpen { queue, open: true },
        What::Offered {
            call,
            agent,
            why: text(),
            choice: super::Chosen {
                by: "transfer",
                among: 1,
                conversations: 0,
                calls: 0,
                idle_s: 0,
            },
        },
        What::OfferEnded {
            call,
            agent,
            why: OfferEnd::NoAnswer,
            status: None,
        },
        What::Answered {
            call,
            agent,
            waited_ms: 1,
        },
        What::Held {
            call,
            by_agent: true,
            held: true,
        },
        What::Lost {
            call,
            by_agent: true,
            lost: true,
        },
        What::WaitsAgain { call },
        What::Recording { call, segment: 1 },
        What::ConsentAsked { call },
        What::Consent { call, given: true },
        What::Masked { call, masked: true },
        What::Recorded {
            call,
            segment: 1,
            files: 3,
        },
        What::Dialled {
            call,
            agent,
            number: text(),
        },
        What::SentOut {
            call,
            number: text(),
        },
        What::Transferred {
            call,
            agent,
            to: crate::call::record::Destination::Number("+49301".into()),
        },
        What::TransferFailed { call, status: 486 },
        What::Supervised {
            call,
            by: text(),
            agent: None,
            mode: "listen",
        },
        What::SupervisionEnded { call, by: text() },
        What::Tried { call, trunk },
        What::PassedOver {
            call,
            trunk,
            status: None,
            why: None,
        },
        What::Reached {
            call,
            trunk,
            waited_ms: 1,
        },
        What::NotReached {
            call,
            status: 480,
            why: None,
        },
        What::Missed {
            call,
            status: crate::call::record::Status::Open,
        },
        What::ConversationStatus {
            call,
            status: crate::call::record::Status::Closed,
        },
        What::Ended {
            call,
            end: End::MaxWait,
            talked_ms: 0,
        },
        What::Reachable {
            agent,
            reachable: true,
        },
        What::Status {
            agent,
            status: "offline",
            reason: None,
            queue: None,
        },
        What::CallbackAsked { call, queue },
        What::CallbackDeclined { call, why: "x" },
        What::CallbackPromised { call, callback },
        What::CallbackTaken {
            call,
            callback,
            agent,
        },
        What::CallbackDialled {
            call,
            callback,
            attempt: 1,
        },
        What::CallbackMissed {
            call,
            callback,
            attempts: 1,
            wait_s: 1,
        },
        What::CallbackNoReply { callback },
        What::CallbackCancelled { callback },
        What::WrapUpExtended { agent, left_ms: 1 },
        What::WrapUpEnded { agent },
        What::AgentState(state),
        What::QueueState(now),
        What::Trunk {
            trunk,
            state: "up",
            status: None,
        },
        What::Banned {
            source: [127, 0, 0, 1].into(),
            seconds: 60,
        },
        What::SettingsChanged {
            revision: 1,
            by: text(),
        },
        What::LinkCreated {
            link,
            by: text(),
            agent: None,
        },
        What::LinkUsed { link },
        What::LinkRevoked { link, by: text() },
    ]
}
