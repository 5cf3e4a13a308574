//! The API as it is, over a real store, asked in process.

mod audit;
mod calls;
mod contacts;
mod conversations;
mod doings;
mod identity;
mod links;
mod page;
mod pages;
mod recordings;
mod refusals;
mod revisions;
mod roles;
mod seen;
mod settings;
mod socket;
mod sounds;
mod streams;
mod supervise;
mod system;
mod teams;
mod told;
mod web;

use super::serve::Peer;
use super::{Health, Pages, Parts, Site, Switchboard, System, router};
use crate::archive::{self, Doors, Means};
use crate::config::document;
use crate::events::webhooks::{Bell, Deliveries, Reach};
use crate::events::{Live, Log};
use crate::id::{AgentId, UserId};
use crate::settings::Account;
use crate::sip::{Flow, ListenerId, Transport};
use crate::steward::{self, Steward};
use crate::store::{Changed, NewUser, Role, Store};
use crate::switch::{Ask, Done, Refused};
use crate::vault::Shelf;
use crate::voices::Catalogue;
use crate::watch::trace::{self, Tap, Trace};
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Instant;
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static LAST: AtomicU32 = AtomicU32::new(0);
        let number = LAST.fetch_add(1, Ordering::Relaxed);
        let name = format!("cordboard-api-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// A trace of a listener that has seen a message come, after what its driver says before.
fn traced(message: &[u8], before: impl FnOnce(&mut Tap)) -> Trace {
    let listener = vec![([127, 0, 0, 1], 5060).into()];
    let trace = Trace::new(&trace::Settings::default(), listener);
    let flow = Flow {
        transport: Transport::Udp,
        listener: ListenerId(0),
        remote: ([127, 0, 0, 1], 5070).into(),
        connection: 0,
    };
    let mut tap = trace.tap();
    before(&mut tap);
    tap.received(Instant::now(), flow, message);
    tap.commit();
    trace
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime")
}

/// What a server would give the API.
fn parts(folder: &Folder) -> Parts {
    parts_with(folder, |_| {})
}

/// The same, with somebody who is told of other settings.
fn parts_with(folder: &Folder, tell: impl Fn(Account) + Send + Sync + 'static) -> Parts {
    parts_of(ACCOUNT, folder, tell)
}

/// The same, where this is set.
fn parts_of(set: &str, folder: &Folder, tell: impl Fn(Account) + Send + Sync + 'static) -> Parts {
    let place = crate::store::Place::new(None, &folder.0);
    let store = Arc::new(Store::start(&place, |_| {}).expect("a store"));
    let log = Log::open(Arc::clone(&store), Timestamp::now()).expect("a log");
    let (sounds, voices) = (folder.0.join("sounds"), Arc::new(Catalogue::new(&folder.0)));
    let account = document::read("test", set, &sounds).expect("sound");
    let began = steward::begin(&store, &account, &sounds, &voices).expect("a beginning");
    let tell = move |change: steward::Change| tell(change.settings.account);
    let (account, revision, studio) = (began.account, began.revision, began.studio);
    let steward = Steward::new(Arc::clone(&store), &sounds, account, revision, studio, tell);
    let steward = Arc::new(steward);
    let (set, shelf) = (
        Arc::clone(&steward),
        Shelf::new(folder.0.join("recordings"), None),
    );
    let archive = Means {
        store: Arc::clone(&store),
        shelf: shelf.clone(),
        account: Box::new(move || set.account().1),
        doors: Doors {
            reach: Reach::default(),
            tls: None,
        },
        report: Box::new(|_| {}),
        bell: archive::Bell::default(),
    };
    Parts {
        health: Arc::new(Health::new("1.2.3")),
        trace: None,
        live: Live::new(log.clone(), Timestamp::now()).shown(),
        webhooks: Bell::default(),
        deliveries: Deliveries::default(),
        system: System::default(),
        log,
        switch: Arc::new(Switchboard::new(|_| false)),
        pages: Arc::new(Pages::new(|_| false)),
        steward,
        store,
        voices,
        public_url: None,
        shelf,
        archive: Arc::new(archive),
        data: folder.0.clone(),
    }
}

/// What the account has set before anybody changes it.
const ACCOUNT: &str = r#"
    [account]
    name = "acme"
    [[agent]]
    user = "1001"
    name = "Ada"
    password = "a password of 1001"
    [[queue]]
    name = "Support"
    agents = ["1001"]
    [[route]]
    number = "*"
    to = { queue = "Support" }
    [status]
    not_ready = ["Break", "Lunch"]
"#;

/// What the switch is asked, and how it replies.
#[derive(Debug)]
struct Stand {
    asked: Vec<Ask>,
    reply: Result<Done, Refused>,
    full: bool,
}

/// The API, and who asks.
struct Desk {
    site: Arc<Site>,
    store: Arc<Store>,
    router: Router,
    runtime: Runtime,
    told: Arc<Mutex<Vec<Account>>>,
    switch: Arc<Mutex<Stand>>,
    folder: Folder,
}

/// An answer, read to its end.
#[derive(Debug)]
struct Answer {
    status: u16,
    headers: HeaderMap,
    bytes: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_default()
    }

    /// The fields that a refusal names.
    fn fields(&self) -> Vec<String> {
        let body = self.json();
        let errors = body["errors"].as_array().cloned().unwrap_or_default();
        let of = |error: &Value| error["field"].as_str().map(str::to_owned);
        errors.iter().filter_map(of).collect()
    }

    /// The session that it gives, as the header that brings it back.
    fn cookie(&self) -> String {
        let cookie = self.headers.get(header::SET_COOKIE).expect("a cookie");
        let cookie = cookie.to_str().expect("text").split(';').next();
        cookie.expect("a pair").to_owned()
    }
}

impl Desk {
    fn new() -> Self {
        Self::of(ACCOUNT)
    }

    /// Where this is set.
    fn of(set: &str) -> Self {
        Self::with(set, None)
    }

    /// Where this is set, and what SIP said is kept.
    fn with(set: &str, trace: Option<Trace>) -> Self {
        let folder = Folder::new();
        let told = Arc::new(Mutex::new(vec![]));
        let hears = Arc::clone(&told);
        let parts = parts_of(set, &folder, move |account| {
            hears.lock().expect("whole").push(account);
        });
        let store = Arc::clone(&parts.store);
        let switch = Arc::new(Mutex::new(Stand {
            asked: vec![],
            reply: Ok(Done::Plain),
            full: false,
        }));
        let board = Arc::new_cyclic(|board: &Weak<Switchboard>| {
            let (board, stand) = (Weak::clone(board), Arc::clone(&switch));
            Switchboard::new(move |request| {
                let mut stand = stand.lock().expect("whole");
                if stand.full {
                    return false;
                }
                stand.asked.push(request.what);
                let board = board.upgrade().expect("there");
                board.reply(request.ticket, stand.reply);
                true
            })
        });
        let parts = Parts {
            switch: board,
            trace,
            ..parts
        };
        let site = Arc::new(Site::new(parts).expect("a folder"));
        Self {
            router: router::router(Arc::clone(&site)),
            site,
            store,
            runtime: runtime(),
            told,
            switch,
            folder,
        }
    }

    /// The settings that were put in force, the last at the end.
    fn told(&self) -> Vec<Account> {
        self.told.lock().expect("whole").clone()
    }

    /// What the switch was asked.
    fn asked(&self) -> Vec<Ask> {
        self.switch.lock().expect("whole").asked.clone()
    }

    fn will_reply(&self, reply: Result<Done, Refused>) {
        self.switch.lock().expect("whole").reply = reply;
    }

    fn is_full(&self, full: bool) {
        self.switch.lock().expect("whole").full = full;
    }

    fn folder(&self) -> &Path {
        &self.folder.0
    }

    /// A user who was made behind the API's back, with a password that nobody has.
    fn user(&self, name: &str, role: Role, agent: Option<u32>) -> UserId {
        self.user_of(name, role, agent, vec![])
    }

    /// The same, bound to teams.
    fn user_of(&self, name: &str, role: Role, agent: Option<u32>, teams: Vec<String>) -> UserId {
        let new = NewUser {
            name: name.to_owned(),
            role,
            password: "none".to_owned(),
            agent: agent.map(AgentId),
            teams,
        };
        let added = self.store.add_user(new).expect("a store");
        let Changed::Done(id) = added else {
            panic!("{added:?}");
        };
        id
    }

    /// A session of a user, as a header.
    fn session(&self, user: UserId) -> (&'static str, String) {
        let token = super::people::token().expect("randomness");
        let ends = Timestamp::now() + SignedDuration::from_hours(1);
        let hash = super::people::hash(&token);
        self.store
            .begin_session(&hash, user, ends)
            .expect("a store");
        ("cookie", format!("cordboard={token}"))
    }

    /// An administrator with a session.
    fn admin(&self) -> (&'static str, String) {
        let known = self.store.user_named("root").expect("a store");
        let id = known.map_or_else(|| self.user("root", Role::Admin, None), |user| user.id);
        self.session(id)
    }

    /// A key with scopes, as a header.
    fn key(&self, name: &str, scopes: &[&str]) -> (&'static str, String) {
        let scopes: Vec<String> = scopes.iter().map(ToString::to_string).collect();
        let token = format!("cbk_{name}");
        let added = self
            .store
            .add_key(name, &super::people::hash(&token), &scopes);
        assert!(added.expect("a store"), "a key of that name");
        ("authorization", format!("Bearer {token}"))
    }

    fn ask(&self, method: &str, path: &str, headers: &[(&str, String)], body: Body) -> Answer {
        let peer = Peer {
            address: ([192, 0, 2, 7], 4_000).into(),
            secure: false,
        };
        self.ask_from(peer, method, path, headers, body)
    }

    fn ask_from(
        &self,
        peer: Peer,
        method: &str,
        path: &str,
        headers: &[(&str, String)],
        body: Body,
    ) -> Answer {
        let method: Method = method.parse().expect("a method");
        let mut request = Request::builder().method(method).uri(path);
        request = request.header("host", "pbx.example:8080");
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let mut request = request.body(body).expect("a request");
        request.extensions_mut().insert(ConnectInfo(peer));
        self.runtime.block_on(async {
            let answer = self.router.clone().oneshot(request).await;
            let (parts, body) = answer.expect("an answer").into_parts();
            let bytes = axum::body::to_bytes(body, 64 << 20).await.expect("a body");
            Answer {
                status: parts.status.as_u16(),
                headers: parts.headers,
                bytes: bytes.to_vec(),
            }
        })
    }

    /// Sends JSON.
    fn send(&self, method: &str, path: &str, who: &(&'static str, String), body: &Value) -> Answer {
        let json = ("content-type", "application/json".to_owned());
        let headers = [who.clone(), json];
        self.ask(method, path, &headers, Body::from(body.to_string()))
    }

    fn get(&self, path: &str, who: &(&'static str, String)) -> Answer {
        self.ask("GET", path, std::slice::from_ref(who), Body::empty())
    }
}

/// Nobody, as a header that says nothing.
fn nobody() -> (&'static str, String) {
    ("accept", "*/*".to_owned())
}

const OK: u16 = StatusCode::OK.as_u16();
