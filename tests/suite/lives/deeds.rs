//! What people do with calls that go on, in random lives: hold, pass on, ask somebody, supervise, hang up,
//! in any order, fitting or not. Whatever comes of it, the switch proves who hears whom after each step.

use super::{CALLERS, DESKS};
use crate::world::World;
use crate::world::page::Picks;
use cordboard::call::Target;
use cordboard::call::supervise::{Mode, Supervisor, Wish};
use cordboard::id::{AgentId, CallId, QueueId, UserId};
use cordboard::random::Random;
use cordboard::switch::{Ask, Consultation};
use serde_json::json;
use std::time::Duration;

/// A supervisor with a page, who is no agent.
const EVE: &str = "eve";

/// Something that somebody does, fitting or not.
pub(crate) fn deed(w: &mut World, random: &mut Random) {
    let what = random.below(26);
    match what {
        18..22 => return at_the_page(w, random),
        22..25 => return at_a_desk(w, random),
        25 => return says_no(w, random),
        _ => {}
    }
    let going_on = w.conversations.values().filter(|each| each.ended.is_none());
    // Most is done where people talk.
    let talks = random.below(4) != 0;
    let calls = going_on.filter(|each| !talks || each.connected.is_some());
    let calls: Vec<CallId> = calls.map(|each| each.id).collect();
    if calls.is_empty() {
        return;
    }
    let call = calls[random.below(calls.len() as u64) as usize];
    let asked = ask(call, what, random);
    // Refused or not, it is answered.
    if let Some(asked) = asked {
        let _ = w.asks(asked);
    }
}

fn ask(call: CallId, what: u64, random: &mut Random) -> Option<Ask> {
    // Nobody in particular: for the agent of the call.
    let agent = None;
    let on = random.below(2) == 0;
    let from = None;
    Some(match what {
        0 | 1 => Ask::Hold { agent, call, on },
        2 | 17 => {
            let to = match random.below(3) {
                0 => Target::Number("+4930555".into()),
                1 => Target::Agent(any_agent(random)),
                _ => Target::Queue(QueueId(1)),
            };
            Ask::Transfer {
                agent,
                call,
                to,
                from,
            }
        }
        3 | 4 | 13 | 14 => {
            let to = match random.below(3) {
                0 => Target::Number("+4930555".into()),
                1 => Target::Agent(any_agent(random)),
                _ => Target::Queue(QueueId(1)),
            };
            Ask::Consult {
                agent,
                call,
                to,
                from,
            }
        }
        5..8 => {
            let what = [
                Consultation::Swap,
                Consultation::Join,
                Consultation::Complete,
                Consultation::Cancel,
            ][random.below(4) as usize];
            Ask::Consultation { agent, call, what }
        }
        8 => Ask::Mask { agent, call, on },
        9 if on => Ask::HangUp { agent, call },
        10..13 => {
            let wish = [
                Wish::Be(Mode::Listen),
                Wish::Be(Mode::Whisper),
                Wish::Be(Mode::Barge),
                Wish::TakeOver,
            ][random.below(4) as usize];
            let by = anybody(random);
            Ask::Supervise { call, by, wish }
        }
        15 => {
            let by = anybody(random);
            match on {
                true => Ask::EndSupervision { call, by },
                false => Ask::LimitSupervision {
                    call,
                    by: Supervisor {
                        sees: Some([AgentId(1)].into()),
                        ..by
                    },
                },
            }
        }
        16 => {
            let to = match random.below(2) {
                0 => Target::Number("+4930555".into()),
                _ => Target::Agent(any_agent(random)),
            };
            let agent = any_agent(random);
            Ask::Call { agent, to }
        }
        _ => return None,
    })
}

fn at_the_page(w: &mut World, random: &mut Random) {
    let here = w.pages.contains_key(EVE);
    match random.below(6) {
        0 | 1 => {
            let after = Duration::from_millis(random.below(4_000));
            let picks = [Picks::Up(after), Picks::Up(after), Picks::Nothing];
            w.supervisor(EVE, 9, picks[random.below(3) as usize]);
        }
        2 if here => {
            w.loses_page(EVE);
        }
        3 if here => {
            w.reloads(EVE, random.below(25) as f64);
        }
        4 if here => {
            let what = ["hang_up", "reject"][random.below(2) as usize];
            w.page_does(EVE, json!({ "type": what }));
        }
        5 if here => {
            w.page_does(EVE, json!({ "type": "hold", "on": true }));
        }
        _ => {}
    }
}

/// What agents do at their desks besides answering: pass on, ask, call each other.
fn at_a_desk(w: &mut World, random: &mut Random) {
    let desk = DESKS[random.below(2) as usize];
    if !w.pages.contains_key(desk) {
        return;
    }
    let agent = any_agent(random).0;
    let to = match random.below(3) {
        0 => json!({ "number": "+4930555" }),
        1 => json!({ "agent": agent }),
        _ => json!({ "queue": 1 }),
    };
    match random.below(8) {
        0 => {
            w.page_does(desk, json!({ "type": "transfer", "to": to }));
        }
        1 | 2 => {
            w.page_does(desk, json!({ "type": "consult", "to": to }));
        }
        3..6 => {
            let what = ["swap", "join", "complete", "cancel"][random.below(4) as usize];
            w.page_does(desk, json!({ "type": "consultation", "what": what }));
        }
        _ => {
            let sdp = w.page(desk).browser.offer();
            w.says(desk, &json!({ "type": "call", "sdp": sdp, "agent": agent }));
        }
    }
}

/// A customer presses a key: perhaps the one with which they refuse to be recorded.
fn says_no(w: &mut World, random: &mut Random) {
    let caller = CALLERS[random.below(5) as usize];
    let body = format!("Signal={}\r\nDuration=100\r\n", random.below(10));
    w.act(caller, |now, phone| {
        phone.info(now, "application/dtmf-relay", &body)
    });
}

fn any_agent(random: &mut Random) -> AgentId {
    AgentId(1 + random.below(3) as u32)
}

/// One of the agents, by their phone or their desk, or Eve.
fn anybody(random: &mut Random) -> Supervisor {
    match random.below(3) {
        0 => Supervisor {
            name: "user eve".to_owned(),
            user: Some(UserId(9)),
            agent: None,
            sees: None,
        },
        _ => {
            let agent = any_agent(random);
            Supervisor {
                name: format!("user of {agent}"),
                user: None,
                agent: Some(agent),
                // One of them may not stand beside everybody.
                sees: (agent == AgentId(3)).then(|| [AgentId(1)].into()),
            }
        }
    }
}
