//! What bound supervisors are told of what goes on.

use super::*;
use crate::api::sight::Sight;

#[test]
fn b11_the_live_view_has_the_agents_the_queues_and_the_calls_of_their_teams() {
    let desk = desk();
    let mut whole = Snapshot::clone(&desk.site.live.latest());
    // Somebody waits for either team; Zoe is rung, who had the call before.
    let mut waits = running(THEIRS, 9, None, "Shared");
    waits.agent = Some(THEIRS.name());
    waits.state = "ringing";
    whole.calls.push(waits);
    whole.callers.push(CallerNow {
        call: THEIRS.call(9),
        queue: SHARED,
        from: "+493".to_owned(),
        since: at(0),
        offered: Some(THEIRS.agent()),
    });
    desk.site.live.put(whole);
    let sue = supervisor(&desk, "sue", &["Late"]);
    let seen = desk.get("/api/v1/live", &sue).json();
    let ids = |list: &str| -> Vec<String> {
        let list = seen[list].as_array().cloned().unwrap_or_default();
        let id = |each: &Value| each["call"].as_str().map(str::to_owned);
        list.iter().filter_map(id).collect()
    };
    let own = [OURS.call(2), OURS.call(3), THEIRS.call(9)].map(|call| call.to_string());
    assert_eq!(
        (ids("calls"), seen["calls_in_all"].as_u64()),
        (own.to_vec(), Some(3))
    );
    assert_eq!(ids("callers"), own[1..]);
    let agents = desk.get("/api/v1/agents", &sue).json();
    for (list, field) in [
        (&seen["agents"], "agent"),
        (&agents, "agent"),
        (&seen["queues"], "queue"),
    ] {
        let list = list.as_array().expect("a list");
        assert_eq!((list.len(), &list[0][field]), (1, &json!(1)));
    }
    assert_eq!(seen["callers"][0]["offered"], 1);
    assert_eq!(seen["callers"][1]["offered"], Value::Null, "no matter who");
    assert_eq!(seen["calls"][2]["agent"], Value::Null);
    // Once Zoe has it, it is hers.
    let mut whole = Snapshot::clone(&desk.site.live.latest());
    whole.calls.last_mut().expect("a call").state = "talking";
    whole.callers.pop();
    desk.site.live.put(whole);
    let seen = desk.get("/api/v1/live", &sue).json();
    assert_eq!(seen["calls"].as_array().map(Vec::len), Some(2));
}

/// Numbers and kinds of what is told after a number.
fn told(desk: &Desk, who: &(&'static str, String), after: u64) -> Vec<(u64, String)> {
    let path = format!("/api/v1/events?after={after}&limit=1000");
    let page = desk.get(&path, who).json();
    let events = page["events"].as_array().cloned().unwrap_or_default();
    let of = |event: &Value| {
        let kind = event["type"].as_str().expect("a type").to_owned();
        (event["seq"].as_u64().expect("a number"), kind)
    };
    events.iter().map(of).collect()
}

#[test]
fn b15_no_event_of_another_team_is_told_from_any_number_on() {
    let desk = Desk::of(TWO_TEAMS);
    let sue = supervisor(&desk, "sue", &["Sales"]);
    let zed = supervisor(&desk, "zed", &["Service"]);
    let both = supervisor(&desk, "both", &["Sales", "Service"]);
    let began = desk.site.log.last();
    // What begins a call as its team's, then everything there is.
    let mut theirs = BTreeSet::new();
    for side in [THEIRS, OURS] {
        let begun = What::Answered {
            call: side.call(1),
            agent: side.agent(),
            waited_ms: 1,
        };
        for what in
            [begun]
                .into_iter()
                .chain(samples::every(side.call(1), side.agent(), side.queue()))
        {
            let seq = desk.site.log.add(at(0), &what);
            if side.number == THEIRS.number {
                theirs.insert(seq);
            }
        }
    }
    let general = ["server.started", "trunk.state", "settings.changed"];
    let kinds: BTreeSet<_> = told(&desk, &both, began)
        .into_iter()
        .map(|(_, kind)| kind)
        .collect();
    // Of no agent and no queue, or of nobody who is known.
    let hidden = [
        "call.refused",
        "callback.cancelled",
        "callback.no_reply",
        "link.created",
        "link.revoked",
        "link.used",
        "sender.banned",
    ];
    let every = crate::events::KINDS
        .iter()
        .map(|(kind, _)| (*kind).to_owned());
    let every: BTreeSet<_> = every
        .filter(|kind| !hidden.contains(&kind.as_str()))
        .collect();
    assert_eq!(kinds, every, "what is of their teams is told");
    desk.store.flush().expect("written");
    for after in (began..desk.site.log.last()).step_by(7) {
        for (who, is_of_theirs) in [(&sue, false), (&zed, true)] {
            for (seq, kind) in told(&desk, who, after) {
                let right = theirs.contains(&seq) == is_of_theirs;
                assert!(right || general.contains(&kind.as_str()), "{seq} {kind}");
            }
        }
    }
    // The same from the store alone, as after a restart.
    let log = Log::open(Arc::clone(&desk.store), at(0)).expect("a log");
    let crate::events::Since::Events(kept) = log.since(began, 1_000).expect("read") else {
        panic!("known");
    };
    let sight = |teams: &[&str]| {
        let caller = Caller::User {
            id: UserId(1),
            name: String::new(),
            role: Role::Supervisor,
            agent: None,
            teams: teams.iter().map(ToString::to_string).collect(),
        };
        Sight::of(&caller, &desk.site.settings.account())
    };
    for (who, teams) in [(&sue, "Sales"), (&zed, "Service")] {
        let sight = sight(&[teams]);
        let seen: Vec<_> = kept
            .iter()
            .filter(|event| sight.event(event))
            .map(|event| (event.seq, event.kind.clone().into_owned()))
            .collect();
        assert_eq!(seen, told(&desk, who, began), "{teams}");
    }
}

#[test]
fn b1_agents_are_not_told_who_has_listened() {
    let desk = Desk::of(TWO_TEAMS);
    let ada = desk.session(desk.user("ada", Role::Agent, Some(1)));
    let listens = What::Supervised {
        call: OURS.call(1),
        by: "user sue".to_owned(),
        agent: Some(OURS.agent()),
        mode: "listen",
    };
    let began = desk.site.log.last();
    desk.site.log.add(at(0), &listens);
    desk.site.log.add(
        at(0),
        &What::WrapUpEnded {
            agent: OURS.agent(),
        },
    );
    let path = format!("/api/v1/agents/1/events?after={began}");
    let page = desk.get(&path, &ada).json();
    let kinds: Vec<_> = page["events"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|event| event["type"].clone())
        .collect();
    assert_eq!(kinds, ["agent.wrap_up_ended"]);
    let admin = desk.get(&path, &desk.admin()).json();
    assert_eq!(admin["events"].as_array().map(Vec::len), Some(2));
}
