//! What agents follow of themselves, as a stream and by WebSocket, over a real port (B15).

use super::socket::{next, open_path};
use super::*;
use crate::api::{Api, Place};
use crate::call::record::End;
use crate::events::{Chosen, What};
use crate::id::CallId;
use futures_util::StreamExt as _;
use serde_json::json;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;

/// Longer than anything takes, and shorter than the pause between two looks at who may follow.
const SOON: Duration = Duration::from_secs(10);

/// The API at a port, with an agent who is Ada and another one who is not.
pub(super) struct Port {
    pub(super) at: SocketAddr,
    pub(super) log: Log,
    store: Arc<Store>,
    pub(super) runtime: Runtime,
    api: Option<Api>,
    _folder: Folder,
}

impl Port {
    fn new() -> Self {
        Self::of(ACCOUNT)
    }

    /// Where this is set.
    pub(super) fn of(set: &str) -> Self {
        let (folder, runtime) = (Folder::new(), runtime());
        let parts = Parts {
            pages: Arc::new(Pages::new(|_| true)),
            ..parts_of(set, &folder, |_| {})
        };
        let (store, log) = (Arc::clone(&parts.store), parts.log.clone());
        let place = Place {
            address: ([127, 0, 0, 1], 0).into(),
            allow_public: false,
            identity: None,
            media: None,
        };
        let api = Api::start(place, runtime.handle(), parts).expect("a port");
        Self {
            at: api.address(),
            log,
            store,
            runtime,
            api: Some(api),
            _folder: folder,
        }
    }

    /// A user's number, and the cookie of a session.
    fn user(&self, name: &str, role: Role, agent: Option<u32>) -> (UserId, String) {
        self.user_of(name, role, agent, &[])
    }

    /// The same, bound to teams.
    pub(super) fn user_of(
        &self,
        name: &str,
        role: Role,
        agent: Option<u32>,
        teams: &[&str],
    ) -> (UserId, String) {
        let new = NewUser {
            name: name.to_owned(),
            role,
            password: "none".to_owned(),
            agent: agent.map(AgentId),
            teams: teams.iter().map(ToString::to_string).collect(),
        };
        let Changed::Done(id) = self.store.add_user(new).expect("a store") else {
            panic!("a user of that name");
        };
        let token = crate::api::people::token().expect("randomness");
        let ends = Timestamp::now() + SignedDuration::from_hours(1);
        let hash = crate::api::people::hash(&token);
        self.store.begin_session(&hash, id, ends).expect("a store");
        (id, format!("cordboard={token}"))
    }

    fn key(&self, name: &str) -> String {
        let token = format!("cbk_{name}");
        let scopes = ["events:read".to_owned()];
        let hash = crate::api::people::hash(&token);
        let added = self.store.add_key(name, &hash, &scopes);
        assert!(added.expect("a store"), "a key of that name");
        format!("Bearer {token}")
    }

    /// Two calls, of agent 1 and of agent 2: the numbers of what concerns agent 1.
    fn two_calls(&self) -> Vec<u64> {
        let add = |what: What| self.log.add(Timestamp::now(), &what);
        let offered = |call, agent| What::Offered {
            call: CallId(call),
            agent: AgentId(agent),
            why: "idle".to_owned(),
            choice: Chosen::default(),
        };
        let held = |call| What::Held {
            call: CallId(call),
            by_agent: false,
            held: true,
        };
        let ended = |call| What::Ended {
            call: CallId(call),
            end: End::CustomerHungUp,
            talked_ms: 1,
        };
        let first = add(offered(1, 1));
        add(offered(2, 2));
        add(held(2));
        let second = add(held(1));
        add(ended(2));
        let third = add(ended(1));
        vec![first, second, third]
    }

    /// Asks for something by hand, with this header: the lines of the answer.
    pub(super) async fn ask(
        &self,
        what: &str,
        (name, value): (&str, &str),
        body: &str,
    ) -> Lines<BufReader<TcpStream>> {
        let mut stream = TcpStream::connect(self.at).await.expect("a port");
        let text = format!(
            "{what} HTTP/1.1\r\nHost: pbx.example\r\nAccept: text/event-stream\r\n{name}: {value}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(text.as_bytes()).await.expect("sent");
        BufReader::new(stream).lines()
    }

    /// The same; the status of the answer.
    pub(super) async fn status(&self, what: &str, header: (&str, &str), body: &str) -> String {
        let mut lines = self.ask(what, header, body).await;
        let status = lines.next_line().await.expect("open").expect("a line");
        status.split(' ').nth(1).expect("a status").to_owned()
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        if let Some(api) = self.api.take() {
            api.stop();
        }
    }
}

/// The number of the next event of a stream; `None`: it has ended.
pub(super) async fn next_id(lines: &mut Lines<BufReader<TcpStream>>) -> Option<u64> {
    loop {
        let line = timeout(SOON, lines.next_line()).await.expect("in time");
        let line = line.ok().flatten()?;
        // The last chunk of a body is empty (RFC 9112 §7.1).
        if line == "0" {
            return None;
        }
        if let Some(id) = line.strip_prefix("id:") {
            return Some(id.trim().parse().expect("a number"));
        }
    }
}

/// Whether a socket is closed by the other side.
async fn closes(socket: &mut WebSocketStream<TcpStream>) -> bool {
    loop {
        match timeout(SOON, socket.next()).await {
            Ok(None | Some(Err(_))) => return true,
            Ok(Some(Ok(message))) if message.is_close() => return true,
            Ok(Some(Ok(_))) => {}
            Err(_) => return false,
        }
    }
}

#[test]
fn b15_agents_follow_their_own_by_websocket_from_any_number_on_and_nothing_of_others() {
    let port = Port::new();
    let (_, ada) = port.user("ada", Role::Agent, Some(1));
    let key = port.key("bi");
    let began = port.log.last();
    let own = port.two_calls();
    let path =
        |agent: u32, after: u64| format!("/api/v1/agents/{agent}/events/socket?after={after}");
    let (me, program) = (("cookie", ada.as_str()), ("authorization", key.as_str()));
    port.runtime.block_on(async {
        let mut socket = open_path(port.at, &path(1, began), &[me])
            .await
            .expect("let in");
        for expected in &own {
            assert_eq!(next(&mut socket).await.0, *expected, "what was before");
        }
        let more = port.two_calls();
        assert_eq!(next(&mut socket).await.0, more[0], "what comes");
        let mut again = open_path(port.at, &path(1, own[0]), &[me])
            .await
            .expect("let in");
        assert_eq!(next(&mut again).await, (own[1], "call.held".to_owned()));
        let mut other = open_path(port.at, &path(1, own[1]), &[program])
            .await
            .expect("let in");
        assert_eq!(next(&mut other).await.0, own[2], "programs may, too");
        for (who, agent, status) in [(me, 2, 403), (program, 99, 404), (("x-no", "body"), 1, 401)] {
            let refused = open_path(port.at, &path(agent, 0), &[who]).await;
            assert_eq!(refused.err(), Some(status), "agent {agent}");
        }
    });
}

#[test]
fn b15_an_agents_stream_goes_on_from_after_or_from_what_a_browser_had_last() {
    let port = Port::new();
    let (_, ada) = port.user("ada", Role::Agent, Some(1));
    let own = port.two_calls();
    port.runtime.block_on(async {
        let me = ("Cookie", ada.as_str());
        let path = format!("GET /api/v1/agents/1/events?after={}", own[0]);
        let mut stream = port.ask(&path, me, "").await;
        assert_eq!(next_id(&mut stream).await, Some(own[1]));
        assert_eq!(next_id(&mut stream).await, Some(own[2]));
        let more = port.two_calls();
        assert_eq!(next_id(&mut stream).await, Some(more[0]), "what comes");
        // Who reconnects has the old address still.
        let had = format!("{ada}\r\nLast-Event-ID: {}", own[2]);
        let mut again = port.ask(&path, ("Cookie", &had), "").await;
        assert_eq!(next_id(&mut again).await, Some(more[0]));
        let of_another = port.status("GET /api/v1/agents/2/events", me, "").await;
        assert_eq!(of_another, "403");
    });
}

#[test]
fn b15_a_stream_ends_as_soon_as_the_right_to_it_does() {
    for (what, name) in [
        ("DELETE /api/v1/session", "logged out"),
        ("PUT /api/v1/users/", "another agent"),
        ("PUT /api/v1/users/", "another password"),
        ("DELETE /api/v1/users/", "removed"),
    ] {
        let port = Port::new();
        let (_, root) = port.user("root", Role::Admin, None);
        let (id, ada) = port.user("ada", Role::Agent, Some(1));
        let root = ("Cookie", root.as_str());
        let me = ("Cookie", ada.as_str());
        port.runtime.block_on(async {
            let path = "/api/v1/agents/1/events/socket";
            let mut socket = open_path(port.at, path, &[("cookie", ada.as_str())])
                .await
                .expect("let in");
            let mut stream = port.ask("GET /api/v1/agents/1/events", me, "").await;
            // Once its head is there, it has begun.
            let head = stream.next_line().await.expect("open").expect("a line");
            assert!(head.contains(" 200 "), "{head}");
            let own = port.two_calls();
            assert_eq!(next(&mut socket).await.0, own[0]);
            assert_eq!(next_id(&mut stream).await, Some(own[0]));
            let body = match name {
                "another password" => {
                    json!({ "name": "ada", "role": "agent", "agent": 1, "password": "a new long one" })
                }
                _ => json!({ "name": "ada", "role": "agent", "agent": 2 }),
            };
            let body = body.to_string();
            let status = match what.ends_with('/') {
                true => port.status(&format!("{what}{id}"), root, &body).await,
                false => port.status(what, me, "").await,
            };
            assert!(status.starts_with('2'), "{name}: {status}");
            assert!(closes(&mut socket).await, "{name}");
            while next_id(&mut stream).await.is_some() {}
        });
    }
}

#[test]
fn b15_the_stream_of_a_key_ends_when_that_is_revoked_and_others_go_on() {
    let port = Port::new();
    let (_, root) = port.user("root", Role::Admin, None);
    let (gone, stays) = (port.key("gone"), port.key("stays"));
    port.runtime.block_on(async {
        let path = "/api/v1/agents/1/events/socket";
        let open = async |key: &str| {
            let socket = open_path(port.at, path, &[("authorization", key)]).await;
            socket.expect("let in")
        };
        let (mut first, mut second) = (open(&gone).await, open(&stays).await);
        let root = ("Cookie", root.as_str());
        let status = port.status("DELETE /api/v1/keys/gone", root, "").await;
        assert_eq!(status, "204");
        assert!(closes(&mut first).await);
        let own = port.two_calls();
        assert_eq!(next(&mut second).await.0, own[0]);
    });
}

#[test]
fn b15_who_comes_with_a_number_that_the_log_has_not_is_told_so_and_goes_on_from_there() {
    let port = Port::new();
    let key = port.key("bi");
    port.runtime.block_on(async {
        let path = "/api/v1/agents/1/events?after=18446744073709551615";
        let mut stream = port
            .ask(&format!("GET {path}"), ("Authorization", &key), "")
            .await;
        let mut told = vec![];
        while told.len() < 2 {
            let line = timeout(SOON, stream.next_line()).await.expect("in time");
            let line = line.expect("open").expect("a line");
            if line.starts_with("event:") || line.starts_with("data:") {
                told.push(line.replace(": ", ":"));
            }
        }
        let first = port.log.last() + 1;
        assert_eq!(told, ["event:gone", &format!("data:{{\"first\":{first}}}")]);
        let path = path.replace("events?", "events/socket?");
        let mut socket = open_path(port.at, &path, &[("authorization", key.as_str())])
            .await
            .expect("let in");
        let said = timeout(SOON, socket.next()).await.expect("in time");
        let said = said.expect("open").expect("a message").into_text();
        let said: Value = serde_json::from_str(&said.expect("text")).expect("JSON");
        assert_eq!(said, json!({ "type": "gone", "first": first }));
        let own = port.two_calls();
        assert_eq!(next_id(&mut stream).await, Some(own[0]));
        assert_eq!(next(&mut socket).await.0, own[0]);
    });
}

#[test]
fn h18_a_desk_is_closed_as_soon_as_its_agent_has_logged_out() {
    let port = Port::new();
    let (_, ada) = port.user("ada", Role::Agent, Some(1));
    let (_, ben) = port.user("ben", Role::Agent, Some(2));
    port.runtime.block_on(async {
        let desk = async |session: &str| {
            let headers = [
                ("cookie", session),
                ("sec-websocket-protocol", crate::page::PROTOCOL),
            ];
            let socket = open_path(port.at, "/api/v1/page", &headers).await;
            socket.expect("let in")
        };
        let (mut hers, mut his) = (desk(&ada).await, desk(&ben).await);
        let status = port
            .status("DELETE /api/v1/session", ("Cookie", &ada), "")
            .await;
        assert_eq!(status, "204");
        assert!(closes(&mut hers).await);
        let said = timeout(Duration::from_millis(200), his.next()).await;
        let closed =
            said.is_ok_and(|said| !matches!(said, Some(Ok(message)) if !message.is_close()));
        assert!(!closed, "another's stays");
    });
}
