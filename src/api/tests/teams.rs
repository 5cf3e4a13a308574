//! Supervisors who are bound to teams: what is of others is not there, whatever they ask for.

mod acts;
mod live;
mod names;
mod streams;
mod users;

use super::recordings::talk_of;
use super::*;
use crate::acd::Turn;
use crate::acd::callback::{self, Kind};
use crate::api::endpoint::{Endpoint, Rule, Verdict};
use crate::api::table::endpoints;
use crate::api::who::Caller;
use crate::call::record::{AgentName, Conversation, Direction};
use crate::events::{AgentNow, CallNow, CallerNow, QueueNow, Snapshot, What, samples};
use crate::id::{CallId, CallbackConfigId, CallbackId, LinkId, QueueId};
use crate::settings::LinkType;
use crate::store::{LinkTerms, Record};
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;

/// Ada and her queue, Zoe and hers, and one of both.
const TWO_TEAMS: &str = r#"
    [account]
    name = "acme"
    [[agent]]
    user = "1001"
    name = "Ada"
    password = "a password of 1001"
    teams = ["Sales", "Late"]
    [[agent]]
    user = "1002"
    name = "Zoe"
    password = "a password of 1002"
    teams = ["Service"]
    [[queue]]
    name = "Orders"
    agents = ["1001"]
    [[queue]]
    name = "Faults"
    agents = ["1002"]
    [[queue]]
    name = "Shared"
    agents = ["1001", "1002"]
    [[route]]
    number = "*"
    to = { queue = "Orders" }
    [status]
    not_ready = ["Break"]
"#;

const OURS: Side = Side { number: 1 };
const THEIRS: Side = Side { number: 2 };
const SHARED: QueueId = QueueId(3);

/// What is of one of the two teams: the agent, the queue, the callback and the link of this number.
#[derive(Clone, Copy)]
struct Side {
    number: u32,
}

impl Side {
    fn agent(self) -> AgentId {
        AgentId(self.number)
    }

    fn queue(self) -> QueueId {
        QueueId(self.number)
    }

    fn queue_name(self) -> &'static str {
        match self.number {
            1 => "Orders",
            _ => "Faults",
        }
    }

    /// What tells that something of this team is shown.
    fn customer(self) -> String {
        format!("+4990000{}", self.number)
    }

    /// The first is over, the second goes on, the third waits, the fourth was missed.
    fn call(self, which: u64) -> CallId {
        CallId::mint(1_800_000_000_000 + 10 * u64::from(self.number) + which, 0)
    }

    fn name(self) -> AgentName {
        AgentName {
            id: self.agent(),
            name: format!("Agent {}", self.number),
        }
    }

    /// The value that stands for a variable part of a path.
    fn part(self, part: &str) -> Option<String> {
        Some(match part {
            "agent" | "queue" | "callback" | "link" => self.number.to_string(),
            "call" => self.call(1).to_string(),
            "recording" => format!("{}-1-0", self.call(1)),
            _ => return None,
        })
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).expect("a time")
}

/// The record of a call of this side.
fn record(side: Side, which: u64, agent: Option<AgentName>) -> Conversation {
    let record = json!({
        "id": side.call(which), "account": "acme", "from": side.customer(), "called": "100",
        "queue": side.queue_name(), "began": at(1), "connected": agent.as_ref().map(|_| at(2)),
        "ended": at(60), "waited_ms": 1_000, "talked_ms": 50_000, "agent": agent, "offers": 1,
        "end": if agent.is_some() { "customer_hung_up" } else { "abandoned" }, "legs": [],
        "status": if agent.is_some() { "solved" } else { "open" },
    });
    serde_json::from_value(record).expect("a record")
}

fn running(side: Side, which: u64, agent: Option<AgentName>, queue: &str) -> CallNow {
    CallNow {
        call: side.call(which),
        direction: Direction::Inbound,
        from: side.customer(),
        called: "100".to_owned(),
        queue: Some(queue.to_owned()),
        state: if agent.is_some() {
            "talking"
        } else {
            "waiting"
        },
        agent,
        since: at(0),
        talking_since: None,
        recorded: false,
        masked: false,
        legs: vec![],
    }
}

/// Both teams, and of each all there can be.
fn desk() -> Desk {
    let desk = Desk::of(TWO_TEAMS);
    let mut snapshot = Snapshot::clone(&desk.site.live.latest());
    for side in [OURS, THEIRS] {
        for (which, agent) in [(1, Some(side.name())), (4, None)] {
            let conversation = Box::new(record(side, which, agent));
            desk.store.write(Record::Conversation(conversation));
        }
        let number = u64::from(side.number);
        talk_of(
            "acme",
            &desk,
            10 * number + 1,
            side.number,
            &side.customer(),
        );
        let request = callback::Request {
            id: CallbackId(number),
            revision: 1,
            number: callback::Number(side.customer()),
            queue: side.queue(),
            conversation: side.call(4),
            config: CallbackConfigId(1),
            terms: callback::Terms {
                kind: Kind::Manual,
                turn: Turn::Arrival,
                retries: 3,
                delay: Duration::from_secs(60),
            },
            asked: at(0),
            joined: at(0),
            asks: 1,
            attempts: 0,
            state: callback::State::InQueue { next: at(0) },
        };
        desk.store.write(Record::Callback(Box::new(request)));
        let terms = LinkTerms {
            configuration: None,
            agent: Some(side.agent()),
            kind: LinkType::OneTime,
            from: None,
            until: None,
            by: side.customer(),
        };
        let link = desk.store.add_link([side.number as u8; 32], terms, at(0));
        let link = link.expect("a store").expect("room");
        assert_eq!(link.id, LinkId(number));
        snapshot.agents.push(AgentNow {
            agent: side.agent(),
            name: side.name().name,
            state: "talking",
            status: "available",
            reason: None,
            reachable: true,
            call: Some(side.call(2)),
            since: None,
            state_since: at(0),
            until: None,
        });
        snapshot.queues.push(QueueNow {
            queue: side.queue(),
            name: side.queue_name().to_owned(),
            waiting: 1,
            longest_since: Some(at(0)),
        });
        snapshot.calls.extend([
            running(side, 2, Some(side.name()), "Shared"),
            running(side, 3, None, side.queue_name()),
        ]);
        snapshot.callers.push(CallerNow {
            call: side.call(3),
            queue: side.queue(),
            from: side.customer(),
            since: at(0),
            offered: Some(side.agent()),
        });
        for which in [2, 3] {
            for what in [
                What::Arrived {
                    call: side.call(which),
                    from: side.customer(),
                    called: "100".to_owned(),
                },
                What::Queued {
                    call: side.call(which),
                    queue: side.queue(),
                    position: 1,
                },
            ] {
                desk.site.log.add(at(0), &what);
            }
        }
        let dialled = What::Dialled {
            call: side.call(1),
            agent: side.agent(),
            number: side.customer(),
        };
        desk.site.log.add(at(0), &dialled);
    }
    snapshot.calls_in_all = snapshot.calls.len();
    desk.site.live.put(snapshot);
    desk
}

/// A supervisor who sees these teams.
fn supervisor(desk: &Desk, name: &str, teams: &[&str]) -> (&'static str, String) {
    let teams = teams.iter().map(ToString::to_string).collect();
    desk.session(desk.user_of(name, Role::Supervisor, None, teams))
}

/// Whether supervisors may use it at all.
fn is_for_supervisors(endpoint: &Endpoint) -> bool {
    let caller = Caller::User {
        id: UserId(1),
        name: String::new(),
        role: Role::Supervisor,
        agent: None,
        teams: vec![],
    };
    endpoint.rule.judge(&caller, None) == Verdict::Allowed
}

/// The path about the things of one side, but for the part that is about those of the other.
fn filled(endpoint: &Endpoint, side: Side, other: Option<(&str, Side)>) -> String {
    endpoint
        .parts()
        .fold(endpoint.path.to_owned(), |path, part| {
            let side = other.map_or(side, |(of, other)| if of == part { other } else { side });
            let value = side.part(part).unwrap_or_else(|| "1".to_owned());
            path.replace(&format!("{{{part}}}"), &value)
        })
}

#[test]
fn h18_what_is_of_another_team_is_404_at_every_endpoint_that_names_it() {
    let desk = desk();
    let sue = supervisor(&desk, "sue", &["Sales"]);
    let all = supervisor(&desk, "all", &[]);
    let mut objects = BTreeSet::new();
    for endpoint in endpoints().iter().filter(|each| is_for_supervisors(each)) {
        let ask = |path: &str, who| {
            let answer = desk.send(endpoint.method.as_str(), path, who, &Value::Null);
            (answer.status, answer)
        };
        let named: Vec<_> = endpoint
            .parts()
            .filter(|part| OURS.part(part).is_some())
            .collect();
        if named.is_empty() {
            continue;
        }
        assert!(endpoint.refuses.contains(&404), "{endpoint:?} says so");
        for part in named {
            objects.insert(part);
            let path = filled(endpoint, OURS, Some((part, THEIRS)));
            let (status, answer) = ask(&path, &sue);
            assert_eq!(status, 404, "{endpoint:?} {path}: {answer:?}");
            let nothing = filled(endpoint, OURS, Some((part, Side { number: 77 })));
            let (status, unknown) = ask(&nothing, &sue);
            assert_eq!(status, 404, "{endpoint:?} {nothing}");
            assert_eq!(answer.json(), unknown.json(), "as if it were not there");
        }
        let path = filled(endpoint, OURS, None);
        let (own, (as_all, _)) = (ask(&path, &sue).0, ask(&path, &all));
        assert_eq!(own, as_all, "{endpoint:?} {path}: their own is there");
        let path = filled(endpoint, THEIRS, None);
        let (as_all, answer) = ask(&path, &all);
        // Of what SIP said nothing is kept here.
        let is_ladder = path.contains("/ladder");
        assert!(as_all != 404 || is_ladder, "{path}: {answer:?}");
    }
    let known = ["agent", "call", "callback", "link", "recording"];
    assert_eq!(objects, BTreeSet::from(known), "what endpoints name");
}

/// Parts of paths that name nothing of a team.
#[test]
fn h18_an_endpoint_cannot_name_what_nobody_has_decided_upon() {
    let of_nobody = ["id", "file", "revision"];
    for endpoint in endpoints().iter().filter(|each| is_for_supervisors(each)) {
        for part in endpoint.parts() {
            let decided = OURS.part(part).is_some() || of_nobody.contains(&part);
            // Nobody has to say who they are there.
            let open = ["/assets/", "/api/v1/play/", "/setup/"];
            let open = open.iter().any(|start| endpoint.path.starts_with(start));
            let near = endpoint.path.starts_with("/api/v1/traces/");
            assert!(decided || open || near, "{endpoint:?}: {part}");
        }
    }
}

#[test]
fn h18_no_list_shows_what_is_of_another_team() {
    let desk = desk();
    let sue = supervisor(&desk, "sue", &["Sales"]);
    let all = supervisor(&desk, "all", &[]);
    let mut lists = vec![];
    let text = |path: &str, who| {
        let answer = desk.get(path, who);
        String::from_utf8_lossy(&answer.bytes).into_owned()
    };
    for endpoint in endpoints().iter().filter(|each| is_for_supervisors(each)) {
        if endpoint.method != Method::GET || endpoint.parts().next().is_some() {
            continue;
        }
        if !text(endpoint.path, &all).contains(&THEIRS.customer()) {
            continue;
        }
        lists.push(endpoint.path);
        let seen = text(endpoint.path, &sue);
        assert!(seen.contains(&OURS.customer()), "{}: {seen}", endpoint.path);
        assert!(
            !seen.contains(&THEIRS.customer()),
            "{}: {seen}",
            endpoint.path
        );
        for which in 1..5 {
            let theirs = THEIRS.call(which).to_string();
            assert!(!seen.contains(&theirs), "{}: {seen}", endpoint.path);
        }
    }
    assert_eq!(
        lists,
        [
            "/api/v1/live",
            "/api/v1/conversations",
            "/api/v1/conversations.csv",
            "/api/v1/callbacks",
            "/api/v1/links",
            "/api/v1/events",
            "/api/v1/recordings",
        ],
        "those that show customers"
    );
    // Those that name none.
    let names = |path: &str, who| {
        let list = desk.get(path, who).json();
        let list = list.as_array().cloned().unwrap_or_default();
        let name = |each: &Value| {
            let name = [&each["name"], &each["queue"]]
                .into_iter()
                .find(|name| name.is_string());
            name.and_then(Value::as_str).map(str::to_owned)
        };
        list.iter().filter_map(name).collect::<Vec<_>>()
    };
    assert_eq!(
        names("/api/v1/conversations/missed", &all),
        ["Faults", "Orders"]
    );
    assert_eq!(names("/api/v1/conversations/missed", &sue), ["Orders"]);
    let legs = text("/api/v1/legs.csv", &sue);
    assert!(!legs.contains(&THEIRS.call(1).to_string()), "{legs}");
    for path in ["/api/v1/history", "/api/v1/history.csv"] {
        let path = format!("{path}?from={}&until={}", at(0), at(3_600));
        let (of_all, seen) = (text(&path, &all), text(&path, &sue));
        assert!(
            of_all.contains("Orders") && of_all.contains("Faults"),
            "{of_all}"
        );
        assert!(
            seen.contains("Orders") && !seen.contains("Faults"),
            "{seen}"
        );
    }
}

#[test]
fn who_comes_to_a_team_is_seen_at_once_and_who_leaves_it_is_not() {
    let desk = desk();
    let (admin, sue) = (desk.admin(), supervisor(&desk, "sue", &["Sales"]));
    let status = |side: Side| {
        let path = format!("/api/v1/calls/{}/story", side.call(1));
        desk.get(&path, &sue).status
    };
    assert_eq!([status(OURS), status(THEIRS)], [OK, 404]);
    for (agent, teams) in [(1, json!([])), (2, json!(["Sales"]))] {
        let path = format!("/api/v1/settings/agents/{agent}");
        let mut set = desk.get(&path, &admin).json();
        set["teams"] = teams;
        let changed = desk.send("PUT", &path, &admin, &set);
        assert_eq!(changed.status, OK, "{changed:?}");
    }
    assert_eq!([status(OURS), status(THEIRS)], [404, OK]);
}

#[test]
fn a_supervisor_who_is_an_agent_sees_themselves_too() {
    let desk = desk();
    let teams = vec!["Sales".to_owned()];
    let zoe = desk.user_of("zoe", Role::Supervisor, Some(THEIRS.number), teams);
    let zoe = desk.session(zoe);
    let status = |path: &str| desk.get(path, &zoe).status;
    assert_eq!(
        [
            status("/api/v1/agents/1/desk"),
            status("/api/v1/agents/2/desk")
        ],
        [OK, OK]
    );
    let talked = format!("/api/v1/calls/{}/story", THEIRS.call(1));
    assert_eq!(status(&talked), OK);
    let missed = format!("/api/v1/calls/{}/story", THEIRS.call(4));
    assert_eq!(status(&missed), 404, "of a queue that Sales does not serve");
}
