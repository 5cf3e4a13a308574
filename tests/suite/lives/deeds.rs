//! What people do with calls that go on, in random lives: hold, pass on, ask somebody, supervise, hang up,
//! in any order, fitting or not. Whatever comes of it, the switch proves who hears whom after each step.

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
    let what = random.below(22);
    if what >= 18 {
        return at_the_page(w, random);
    }
    let going_on = w.conversations.values().filter(|each| each.ended.is_none());
    let calls: Vec<CallId> = going_on.map(|each| each.id).collect();
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
        2 => {
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
        3 | 4 => Ask::Consult {
            agent,
            call,
            to: Target::Number("+4930555".into()),
            from,
        },
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
        10..15 => {
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
            Ask::EndSupervision { call, by }
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
