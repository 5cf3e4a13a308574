//! The pages over a real socket, asked in plain HTTP.

use super::{Folder, traced};
use crate::api::{Api, Health, Parts, Place};
use crate::watch::trace::Trace;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use tokio::runtime::Runtime;

struct Site {
    runtime: Runtime,
    health: Arc<Health>,
    api: Api,
    folder: Folder,
}

fn site() -> Site {
    site_with(None)
}

fn site_with(trace: Option<Trace>) -> Site {
    let runtime = super::runtime();
    let health = Arc::new(Health::new("1.2.3"));
    let folder = Folder::new();
    let parts = Parts {
        health: Arc::clone(&health),
        trace,
        ..super::parts(&folder)
    };
    let any = "127.0.0.1:0".parse().expect("an address");
    let api = Api::start(at(any), runtime.handle(), parts).expect("a free port");
    Site {
        runtime,
        health,
        api,
        folder,
    }
}

fn at(address: SocketAddr) -> Place {
    Place {
        address,
        allow_public: false,
        media: None,
        identity: None,
    }
}

impl Site {
    /// Status line with headers, and body.
    fn ask(&self, request: &str) -> (String, String) {
        self.ask_as("x", request)
    }

    /// The same under a name of the server.
    fn ask_as(&self, host: &str, request: &str) -> (String, String) {
        let mut stream = TcpStream::connect(self.api.address()).expect("listening");
        write!(
            stream,
            "{request} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        )
        .expect("sent");
        let mut bytes = vec![];
        stream.read_to_end(&mut bytes).expect("answered");
        let answer = String::from_utf8_lossy(&bytes);
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        (head.to_ascii_lowercase(), body.to_owned())
    }
}

#[test]
fn healthz_is_200_while_all_is_well_and_503_when_not() {
    let site = site();
    // Nobody else gives the sign of life here, however long it took to make the site.
    site.health.beat();
    let (head, body) = site.ask("GET /healthz");
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert!(head.contains("cache-control: no-store"), "{head}");
    let body: serde_json::Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!(body["status"], "ok");
    assert_eq!(body["version"], "1.2.3");
    assert_eq!(body["draining"], false);

    site.health.set_store_failing(true);
    let (head, body) = site.ask("GET /healthz");
    assert!(head.starts_with("http/1.1 503"), "{head}");
    assert!(body.contains("\"store_ok\":false"), "{body}");
}

#[test]
fn metrics_are_text_for_prometheus() {
    let (head, body) = site().ask("GET /metrics");
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert!(
        head.contains("content-type: text/plain; version=0.0.4"),
        "{head}"
    );
    assert!(
        body.contains("# TYPE cordboard_calls_started_total counter"),
        "{body}"
    );
}

#[test]
fn errors_are_problem_documents() {
    let site = site();
    for (request, status) in [
        ("GET /nothing", 404),
        ("POST /healthz", 405),
        ("DELETE /metrics", 405),
    ] {
        let (head, body) = site.ask(request);
        assert!(
            head.starts_with(&format!("http/1.1 {status}")),
            "{request}: {head}"
        );
        assert!(
            head.contains("content-type: application/problem+json"),
            "{head}"
        );
        assert_eq!(head.contains("allow: get"), status == 405, "{head}");
        let body: serde_json::Value = serde_json::from_str(&body).expect("JSON");
        assert_eq!(body["status"], status);
    }
}

#[test]
fn an_address_open_to_others_is_refused_unless_allowed() {
    let site = site();
    let open = "0.0.0.0:0".parse().expect("an address");
    let start = |allow_public| {
        let place = Place {
            allow_public,
            ..at(open)
        };
        Api::start(place, site.runtime.handle(), super::parts(&Folder::new()))
    };
    let refused = start(false).expect_err("open").to_string();
    assert!(
        refused.contains("0.0.0.0:0") && refused.contains("allow_public"),
        "{refused}"
    );
    start(true).expect("allowed").stop();
}

#[test]
fn a_taken_port_is_named_with_the_mend() {
    let site = site();
    let taken = site.api.address();
    let parts = super::parts(&site.folder);
    let error = Api::start(at(taken), site.runtime.handle(), parts);
    let error = format!("{:#}", error.expect_err("taken"));
    assert!(
        error.contains(&taken.to_string()) && error.contains("another"),
        "{error}"
    );
}

#[test]
fn after_stop_the_port_is_free() {
    let site = site();
    let address = site.api.address();
    site.api.stop();
    std::net::TcpListener::bind(address).expect("free");
}

/// A trace that has seen one stranger's OPTIONS.
fn seen() -> Trace {
    let message = b"OPTIONS sip:x SIP/2.0\r\nCall-ID: a/b@c\r\nCSeq: 1 OPTIONS\r\n\r\n";
    traced(message, |_| {})
}

#[test]
fn what_sip_said_is_listed_and_shown_and_given_as_a_capture_file() {
    let site = site_with(Some(seen()));
    let (head, body) = site.ask_as("127.0.0.1", "GET /api/v1/traces");
    assert!(head.starts_with("http/1.1 200"), "{head}");
    let list: serde_json::Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!(list[0]["sip_call_ids"][0], "a/b@c");
    let (head, body) = site.ask_as("localhost", "GET /api/v1/traces/a%2Fb%40c");
    assert!(head.contains("cache-control: no-store"), "{head}");
    let ladder: serde_json::Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!(ladder["steps"][0]["what"], "OPTIONS");
    let (head, _) = site.ask_as("[::1]", "GET /api/v1/traces/a%2Fb%40c/pcap");
    assert!(
        head.contains("content-type: application/x-pcapng"),
        "{head}"
    );
}

#[test]
fn what_is_not_kept_is_told_with_the_mend() {
    let told = |site: &Site, page: &str| {
        let (head, body) = site.ask_as("127.0.0.1", &format!("GET /api/v1/traces{page}"));
        assert!(head.starts_with("http/1.1 404"), "{head}");
        assert!(
            head.contains("content-type: application/problem+json"),
            "{head}"
        );
        body
    };
    let site = site_with(Some(seen()));
    assert!(told(&site, "/nobody").contains("the id of a call, or a Call-ID"));
    assert!(told(&site, "/last/pcap").contains("There was no call"));
    assert!(told(&site_with(None), "").contains("enabled = true in [trace]"));
}

#[test]
fn who_called_whom_is_told_under_no_other_name() {
    let (head, body) = site_with(Some(seen())).ask_as("evil.example", "GET /api/v1/traces");
    assert!(head.starts_with("http/1.1 403"), "{head}");
    assert!(body.contains("loopback"), "{body}");
}
