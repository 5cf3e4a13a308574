//! The types of events.

/// Every type, and when it happens. The fields of `data` are those of [`super::What`].
pub const KINDS: &[(&str, &str)] = &[
    ("server.started", "The server has started: version."),
    (
        "call.arrived",
        "A call has come in and was answered: call, from, called.",
    ),
    (
        "call.refused",
        "A call was refused: from, called, the SIP status, why.",
    ),
    (
        "call.queued",
        "A caller waits: call, queue, position (1 is next).",
    ),
    ("call.music", "A caller hears music: call."),
    (
        "call.digit",
        "A party has pressed a key, never which: call, by_agent.",
    ),
    (
        "call.message",
        "A caller hears a message: call, message (greeting, announcement, max_wait, away).",
    ),
    (
        "call.message_missing",
        "A message could not be said, there was no sound for it: call, message.",
    ),
    (
        "call.found_closed",
        "A caller has come to a closed queue: call, queue.",
    ),
    (
        "call.offered",
        "An agent is rung: call, agent, why (the reason in words), and for programs by (what decided), among, \
         conversations, calls, idle_s.",
    ),
    (
        "call.offer_ended",
        "An agent was rung in vain: call, agent, why (no_answer, declined, failed, caller_gone, agent_gone, \
         not_ready), the SIP status or null.",
    ),
    (
        "call.answered",
        "Customer and agent talk: call, agent, waited_ms.",
    ),
    (
        "call.held",
        "A party put the other on hold, or took them back: call, by_agent, held.",
    ),
    (
        "call.browser_lost",
        "A party's browser is lost and may come back, or is back: call, by_agent, lost.",
    ),
    (
        "call.waits_again",
        "The agent of a caller is lost: the caller waits again at the old place: call.",
    ),
    (
        "call.dialled",
        "An agent calls a number outside: call, agent, number.",
    ),
    (
        "call.sent_out",
        "A caller is sent to a number outside: call, number.",
    ),
    (
        "call.transferred",
        "An agent has left the customer to somebody else: call, agent, to (number, agent or queue).",
    ),
    (
        "call.supervised",
        "A supervisor stands beside the agent of a call: call, by, agent, mode (listen, whisper, barge, \
         take_over).",
    ),
    (
        "call.supervision_ended",
        "A supervisor is there no more, or has not come: call, by.",
    ),
    (
        "call.transfer_failed",
        "Nobody has taken a customer who was passed on: call, the SIP status.",
    ),
    (
        "call.consults",
        "An agent asks somebody, while the customer is on hold: call, to (number or agent).",
    ),
    ("call.consulted", "The one who is asked has answered: call."),
    (
        "call.consult_ended",
        "The one who was asked is in the call no more: call.",
    ),
    ("call.rings_outside", "The number outside rings: call."),
    (
        "call.rings_colleague",
        "The phone of an agent rings, whom another one calls or asks: call, agent.",
    ),
    (
        "call.colleague_answered",
        "An agent has answered another one who has called them: call, agent, waited_ms.",
    ),
    (
        "call.replaced",
        "A party goes on at another phone of theirs: call, by_agent.",
    ),
    (
        "call.early_media",
        "The caller hears what the network of the number says before the answer: call.",
    ),
    (
        "call.tried",
        "A number outside is tried by a trunk: call, trunk.",
    ),
    (
        "call.passed_over",
        "A trunk did not lead to a number outside: call, trunk, the SIP status or null, why or null.",
    ),
    (
        "call.reached",
        "A number outside has answered: call, trunk, waited_ms.",
    ),
    (
        "call.not_reached",
        "No trunk led to a number outside: call, the SIP status, why or null.",
    ),
    (
        "call.missed",
        "Nobody took a call: call, status of its conversation (open, closed).",
    ),
    (
        "conversation.status",
        "People say how a conversation stands: call, status (open, waiting, solved, closed).",
    ),
    ("call.ended", "A call is over: call, end, talked_ms."),
    (
        "recording.begun",
        "A segment of a call is being recorded: call, segment.",
    ),
    (
        "recording.consent_asked",
        "Customer and agent hear that they are to be recorded: call.",
    ),
    (
        "recording.consent",
        "The customer agrees to be recorded, or nothing of the call is: call, given.",
    ),
    (
        "recording.masked",
        "What is said is silence in the recording, or sound again: call, masked.",
    ),
    (
        "recording.written",
        "The files of a segment are complete: call, segment, files (how many).",
    ),
    (
        "agent.reachable",
        "An agent's phone can be rung, or not: agent, reachable.",
    ),
    (
        "agent.status",
        "An agent says something else of themselves, or missed too many calls: agent, status (available, \
         not_ready, paused, offline), reason or null, queue or null.",
    ),
    (
        "agent.wrap_up_extended",
        "An agent's wrap-up lasts longer: agent, left_ms.",
    ),
    ("agent.wrap_up_ended", "An agent's wrap-up is over: agent."),
    (
        "agent.state",
        "An agent does something else, as the live view shows them; seen once a second.",
    ),
    (
        "queue.open",
        "The working hours of a queue have begun, or are over: queue, open.",
    ),
    (
        "queue.state",
        "More or fewer callers wait in a queue, as the live view shows it; seen once a second.",
    ),
    (
        "trunk.state",
        "A trunk's registration or health: trunk, state (registered, unregistered, up, down), the SIP status or null.",
    ),
    (
        "callback.asked",
        "A caller asks to be called back: call, queue.",
    ),
    (
        "callback.declined",
        "A caller cannot be called back and keeps the place: call, why.",
    ),
    (
        "callback.promised",
        "A callback is kept, and the caller told so: call, callback.",
    ),
    (
        "callback.taken",
        "An agent has answered for a callback: call, callback, agent.",
    ),
    (
        "callback.dialled",
        "The customer of a callback is dialled: call, callback, attempt (1 is the first).",
    ),
    (
        "callback.missed",
        "The customer was not reached and will be dialled again: call, callback, attempts, wait_s.",
    ),
    (
        "callback.no_reply",
        "A callback is given up, nobody has answered: callback.",
    ),
    (
        "callback.cancelled",
        "People have taken a callback back: callback.",
    ),
    (
        "sender.banned",
        "A sender of SIP is not heard for a while: source, seconds.",
    ),
    (
        "link.created",
        "A call link was made: link, by, agent (who shares it) or null.",
    ),
    ("link.used", "A call begins by a call link: link."),
    ("link.revoked", "A call link was taken back: link, by."),
    ("settings.changed", "Settings were saved: revision, by."),
];

/// Those that the live view says of itself, every second.
pub(super) const LIVE: [&str; 2] = ["agent.state", "queue.state"];
