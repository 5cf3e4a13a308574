//! Webhooks against a receiver that fails, is slow, lies, goes and comes back.

use super::*;
use crate::events::tests::{Folder, event, time};
use crate::net::Trust;
use crate::settings::Network;
use crate::store::DeadLetter;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use std::sync::Mutex;
use std::time::Instant;
use tokio::runtime::Runtime;

/// What a receiver does with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mood {
    Takes,
    Fails,
    Silent,
    Endless,
    Redirects,
    Gone,
}

/// Somebody who receives messages, on loopback.
struct Receiver {
    url: String,
    mood: Arc<Mutex<Mood>>,
    /// Messages taken.
    taken: Arc<Mutex<Vec<(HeaderMap, String)>>>,
    /// Messages that came, taken or not.
    tries: Arc<Mutex<u32>>,
}

impl Receiver {
    fn start(runtime: &Runtime) -> Self {
        let mood = Arc::new(Mutex::new(Mood::Takes));
        let taken: Arc<Mutex<Vec<(HeaderMap, String)>>> = Arc::default();
        let tries: Arc<Mutex<u32>> = Arc::default();
        let (feels, takes, counts) = (Arc::clone(&mood), Arc::clone(&taken), Arc::clone(&tries));
        let hook = post(async move |headers: HeaderMap, body: String| {
            *counts.lock().expect("no panic") += 1;
            let mood = *feels.lock().expect("no panic");
            react(mood, &takes, headers, body).await
        });
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0"));
        let listener = listener.expect("a port");
        let address = listener.local_addr().expect("an address");
        let pages = Router::new()
            .route("/hook", hook.clone())
            .route("/elsewhere", hook);
        runtime.spawn(async move { axum::serve(listener, pages).await });
        Self {
            url: format!("http://{address}/hook"),
            mood,
            taken,
            tries,
        }
    }

    fn is(&self, mood: Mood) {
        *self.mood.lock().expect("no panic") = mood;
    }

    fn tries(&self) -> u32 {
        *self.tries.lock().expect("no panic")
    }

    fn queues(&self) -> Vec<u64> {
        let taken = self.taken.lock().expect("no panic");
        let queue = |(_, body): &(HeaderMap, String)| {
            let body: serde_json::Value = serde_json::from_str(body).expect("JSON");
            body["data"]["queue"].as_u64().expect("a queue")
        };
        taken.iter().map(queue).collect()
    }
}

async fn react(
    mood: Mood,
    taken: &Mutex<Vec<(HeaderMap, String)>>,
    headers: HeaderMap,
    body: String,
) -> Response {
    match mood {
        Mood::Takes => {
            taken.lock().expect("no panic").push((headers, body));
            StatusCode::NO_CONTENT.into_response()
        }
        Mood::Fails => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Mood::Silent => std::future::pending().await,
        Mood::Endless => {
            taken.lock().expect("no panic").push((headers, body));
            let endless = futures_util::stream::repeat_with(|| Ok::<_, String>(vec![b'x'; 65_536]));
            Body::from_stream(endless).into_response()
        }
        Mood::Redirects => {
            (StatusCode::TEMPORARY_REDIRECT, [("location", "/elsewhere")]).into_response()
        }
        Mood::Gone => StatusCode::GONE.into_response(),
    }
}

/// A log, a store and somebody who sends.
struct Office {
    runtime: Runtime,
    store: Arc<Store>,
    log: Log,
    secret: String,
    folder: Folder,
}

impl Office {
    fn new(name: &str) -> Self {
        let folder = Folder::new(name);
        let store = folder.store();
        Self {
            runtime: Runtime::new().expect("a runtime"),
            log: Log::open(store.clone(), time(0)).expect("open"),
            store,
            secret: new_secret().expect("random"),
            folder,
        }
    }

    fn sends(&self, reach: Reach, tries: usize) -> Webhooks {
        let means = Means {
            log: self.log.clone(),
            store: self.store.clone(),
            reach,
            tls: Trust::none().web().expect("TLS"),
        };
        let pace = Pace {
            delays: vec![Duration::from_millis(20); tries - 1].into(),
            patience: Duration::from_millis(500),
        };
        Webhooks::with_pace(self.runtime.handle(), means, pace)
    }

    fn to(&self, receiver: &Receiver, kinds: &[&str]) -> WebhookId {
        let kinds: Vec<_> = kinds.iter().map(|kind| (*kind).to_owned()).collect();
        let after = self.log.last();
        let added = self
            .store
            .add_webhook(&receiver.url, &self.secret, &kinds, after);
        added.expect("stored").expect("room")
    }

    fn happens(&self, numbers: impl IntoIterator<Item = u32>) {
        for number in numbers {
            self.log.add(time(1), &event(number));
        }
    }

    fn known(&self) -> Webhook {
        self.store.webhooks().expect("read").remove(0)
    }

    fn dead(&self) -> Vec<DeadLetter> {
        let id = self.known().id;
        self.store.dead_letters(id, 0, 99).expect("read")
    }
}

fn loopback() -> Reach {
    Reach::new(vec![Network {
        address: [127, 0, 0, 1].into(),
        prefix: 8,
    }])
}

fn wait_for(what: &str, is: impl Fn() -> bool) {
    let until = Instant::now() + Duration::from_secs(60);
    while !is() {
        assert!(Instant::now() < until, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn events_arrive_in_order_signed_and_only_those_that_are_wanted() {
    let office = Office::new("webhooks-order");
    let receiver = Receiver::start(&office.runtime);
    office.to(&receiver, &["call.*"]);
    let webhooks = office.sends(loopback(), 3);
    office.happens(0..50);
    office
        .log
        .add(time(1), &crate::events::What::Started { version: "1" });
    office.happens(50..200);
    wait_for("all", || receiver.queues().len() >= 200);
    assert_eq!(receiver.queues(), (0..200).collect::<Vec<_>>());

    let (headers, body) = receiver.taken.lock().expect("no panic")[7].clone();
    let header = |name: &str| headers[name].to_str().expect("text").to_owned();
    let second: i64 = header("webhook-timestamp").parse().expect("a number");
    let signer = sign::Signer::new(&office.secret).expect("a secret");
    let signature = signer.sign(&header("webhook-id"), second, &body);
    assert_eq!(header("webhook-signature"), signature);
    assert_eq!(header("content-type"), "application/json");
    let seq = serde_json::from_str::<serde_json::Value>(&body).expect("JSON")["seq"].clone();
    assert_eq!(header("webhook-id"), format!("evt_{seq}"));
    drop(webhooks);
}

#[test]
fn while_a_receiver_fails_nothing_is_lost_or_overtaken_over_restarts_of_ours_too() {
    let office = Office::new("webhooks-fails");
    let receiver = Receiver::start(&office.runtime);
    office.to(&receiver, &[]);
    receiver.is(Mood::Fails);
    let webhooks = office.sends(loopback(), 1_000);
    office.happens(0..20);
    wait_for("tries", || receiver.tries() >= 3);
    drop(webhooks);
    wait_for("progress", || office.known().progress.tries >= 3);
    let known = office.known().progress;
    assert!(known.next.is_some() && known.error.is_some_and(|why| why.contains("500")));

    office.happens(20..40);
    receiver.is(Mood::Silent);
    let webhooks = office.sends(loopback(), 1_000);
    wait_for("impatience", || {
        let error = office.known().progress.error;
        error.is_some_and(|why| why.contains("no answer"))
    });
    receiver.is(Mood::Takes);
    wait_for("all", || receiver.queues().len() >= 40);
    assert_eq!(receiver.queues(), (0..40).collect::<Vec<_>>());
    wait_for("progress", || {
        office.known().progress.delivered == office.log.last()
    });
    assert_eq!(office.known().progress.tries, 0);
    drop(webhooks);
}

#[test]
fn an_event_that_is_never_taken_becomes_a_dead_letter_and_can_be_replayed() {
    let office = Office::new("webhooks-dead");
    let receiver = Receiver::start(&office.runtime);
    let id = office.to(&receiver, &[]);
    receiver.is(Mood::Fails);
    let webhooks = office.sends(loopback(), 3);
    office.happens([1]);
    wait_for("death", || office.dead().len() == 1);
    assert_eq!((receiver.tries(), office.dead()[0].tries), (3, 3));
    receiver.is(Mood::Takes);
    office.happens([2]);
    wait_for("the next", || receiver.queues() == [2]);
    let deliveries = webhooks.deliveries();
    wait_for("the log of them", || deliveries.of(id).len() == 4);
    let told = deliveries.of(id);
    assert_eq!(
        (told[0].error.clone(), told[0].event),
        (None, told[1].event + 1)
    );
    let refused = |each: &Delivery| each.error.as_ref().is_some_and(|why| why.contains("500"));
    assert!(told[1..].iter().all(refused), "{told:?}");

    receiver.is(Mood::Fails);
    assert_eq!(office.store.replay_letters(id, None).expect("stored"), 1);
    webhooks.bell().ring();
    wait_for("in vain", || office.dead()[0].tries == 4);
    assert!(!office.dead()[0].replay);

    receiver.is(Mood::Takes);
    let seq = office.dead()[0].event.seq;
    assert_eq!(
        office.store.replay_letters(id, Some(seq)).expect("stored"),
        1
    );
    webhooks.bell().ring();
    wait_for("the dead one", || receiver.queues() == [2, 1]);
    wait_for("gone", || office.dead().is_empty());
    drop(webhooks);
}

#[test]
fn an_answer_without_end_is_not_read_and_a_redirect_not_followed() {
    let office = Office::new("webhooks-endless");
    let receiver = Receiver::start(&office.runtime);
    office.to(&receiver, &[]);
    receiver.is(Mood::Endless);
    let webhooks = office.sends(loopback(), 2);
    office.happens([1, 2]);
    wait_for("both", || receiver.queues() == [1, 2]);

    receiver.is(Mood::Redirects);
    let before = receiver.tries();
    office.happens([3]);
    wait_for("death", || office.dead().len() == 1);
    assert!(office.dead()[0].error.contains("not followed"));
    assert_eq!(receiver.tries() - before, 2, "nobody went elsewhere");
    drop(webhooks);
}

#[test]
fn a_receiver_in_a_network_of_our_own_is_reached_only_if_a_setting_allows_it() {
    let office = Office::new("webhooks-reach");
    let receiver = Receiver::start(&office.runtime);
    office.to(&receiver, &[]);
    // By name as by address: what counts is where it leads to.
    let named = receiver.url.replace("127.0.0.1", "localhost");
    let added = office
        .store
        .add_webhook(&named, &office.secret, &[], office.log.last());
    added.expect("stored").expect("room");
    let webhooks = office.sends(Reach::default(), 2);
    office.happens([1]);
    for id in office
        .store
        .webhooks()
        .expect("read")
        .iter()
        .map(|webhook| webhook.id)
    {
        let dead = || office.store.dead_letters(id, 0, 9).expect("read");
        wait_for("death", || dead().len() == 1);
        assert!(
            dead()[0].error.contains("webhook_networks"),
            "{}",
            dead()[0].error
        );
    }
    assert_eq!(receiver.tries(), 0);
    drop(webhooks);
}

#[test]
fn who_is_gone_is_left_alone_until_somebody_enables_it_again() {
    let office = Office::new("webhooks-gone");
    let receiver = Receiver::start(&office.runtime);
    office.to(&receiver, &[]);
    receiver.is(Mood::Gone);
    let webhooks = office.sends(loopback(), 9);
    office.happens([1, 2]);
    wait_for("disabled", || office.known().disabled);
    assert_eq!(receiver.tries(), 1);

    receiver.is(Mood::Takes);
    let mut known = office.known();
    known.disabled = false;
    assert!(office.store.change_webhook(known).expect("stored"));
    webhooks.bell().ring();
    wait_for("both", || receiver.queues() == [1, 2]);
    drop(webhooks);
    drop(office.folder);
}

#[test]
fn kinds_are_one_of_the_list_or_a_family() {
    for (wanted, fine) in [
        ("call.ended", true),
        ("call.*", true),
        ("*", true),
        ("call*", false),
        ("call", false),
        ("call.lost", false),
        ("", false),
        (".*", false),
    ] {
        assert_eq!(is_kind(wanted), fine, "{wanted}");
    }
}
