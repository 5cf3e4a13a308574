//! What bound supervisors follow, as a stream and by WebSocket, over a real port (B15).

use super::super::socket::{next, open_path};
use super::super::streams::{Port, next_id};
use super::*;
use crate::events::samples;

const ROOT: &str = "root";

/// Everything that there is to tell of a side, after what says whose it is: the numbers.
fn everything(port: &Port, side: Side, round: u64) -> Vec<u64> {
    let call = side.call(10 + round);
    let begun = What::Answered {
        call,
        agent: side.agent(),
        waited_ms: 1,
    };
    let every = samples::every(call, side.agent(), side.queue());
    let all = [begun].into_iter().chain(every);
    all.map(|what| port.log.add(at(0), &what)).collect()
}

#[test]
fn b15_streams_and_sockets_tell_those_who_are_bound_of_their_teams_alone() {
    let port = Port::of(TWO_TEAMS);
    let (_, sue) = port.user_of("sue", Role::Supervisor, None, &["Sales"]);
    let (_, zed) = port.user_of("zed", Role::Supervisor, None, &["Service"]);
    let began = port.log.last();
    // What was before they came, and what comes while they follow.
    let mut of = [everything(&port, OURS, 0), everything(&port, THEIRS, 0)];
    port.runtime.block_on(async {
        for (cookie, own, other) in [(&sue, 0, 1), (&zed, 1, 0)] {
            let path = format!("/api/v1/events/socket?after={began}");
            let mut socket = open_path(port.at, &path, &[("cookie", cookie)])
                .await
                .expect("let in");
            let path = format!("GET /api/v1/events?after={began}");
            let mut stream = port.ask(&path, ("Cookie", cookie), "").await;
            let round = own as u64 + 1;
            of[1].extend(everything(&port, THEIRS, round));
            of[0].extend(everything(&port, OURS, round));
            // The last of all is one of theirs: what came before has been passed over by then.
            let end = What::WrapUpEnded {
                agent: [OURS, THEIRS][own].agent(),
            };
            let end = port.log.add(at(0), &end);
            let (mut told, mut streamed) = (vec![], vec![]);
            while told.last() != Some(&end) {
                let (seq, kind) = next(&mut socket).await;
                let is_foreign = of[other].contains(&seq);
                let is_general =
                    ["server.started", "trunk.state", "settings.changed"].contains(&kind.as_str());
                assert!(!is_foreign || is_general, "{seq} {kind}");
                told.push(seq);
            }
            while streamed.last() != Some(&end) {
                streamed.push(next_id(&mut stream).await.expect("more"));
            }
            assert_eq!(told, streamed, "the same in both ways");
            let own: Vec<_> = told.iter().filter(|seq| of[own].contains(seq)).collect();
            assert!(own.len() > 40, "all of theirs: {}", own.len());
        }
    });
}

#[test]
fn b15_a_stream_follows_agents_who_come_to_a_team_and_leave_it() {
    let port = Port::of(TWO_TEAMS);
    let (_, sue) = port.user_of("sue", Role::Supervisor, None, &["Sales"]);
    let (_, root) = port.user_of(ROOT, Role::Admin, None, &[]);
    let ended = |side: Side| {
        let agent = side.agent();
        port.log.add(at(0), &What::WrapUpEnded { agent })
    };
    port.runtime.block_on(async {
        let path = format!("/api/v1/events/socket?after={}", port.log.last());
        let mut socket = open_path(port.at, &path, &[("cookie", &sue)])
            .await
            .expect("let in");
        let own = ended(OURS);
        assert_eq!(next(&mut socket).await.0, own);
        for (agent, name, teams) in [("1", "Ada", json!([])), ("2", "Zoe", json!(["Sales"]))] {
            let set = json!({ "user": format!("100{agent}"), "name": name, "teams": teams });
            let put = format!("PUT /api/v1/settings/agents/{agent}");
            let status = port.status(&put, ("Cookie", &root), &set.to_string()).await;
            assert_eq!(status, "200");
        }
        ended(OURS);
        let theirs = ended(THEIRS);
        let told = async {
            loop {
                let (seq, kind) = next(&mut socket).await;
                if kind == "agent.wrap_up_ended" {
                    return seq;
                }
            }
        };
        assert_eq!(told.await, theirs, "who has left is passed over");
    });
}
