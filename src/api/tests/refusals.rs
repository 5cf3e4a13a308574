//! What is refused before anybody looks at what it means.

use super::*;
use futures_util::stream;
use std::convert::Infallible;

fn json() -> (&'static str, String) {
    ("content-type", "application/json".to_owned())
}

#[test]
fn a_body_that_is_no_json_is_told_without_its_text() {
    let desk = Desk::new();
    let admin = desk.admin();
    let send = |headers: &[(&str, String)], body: &str| {
        desk.ask(
            "POST",
            "/api/v1/users",
            headers,
            Body::from(body.to_owned()),
        )
    };
    let body = r#"{"name": "x", "password": "secret word"#;
    let answer = send(&[admin.clone(), json()], body);
    assert_eq!(answer.status, 400);
    let told = answer.json().to_string();
    assert!(
        told.contains("line 1") && !told.contains("secret"),
        "{told}"
    );
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "",
        "application/jsonx",
    ] {
        let kind = ("content-type", kind.to_owned());
        let answer = send(&[admin.clone(), kind.clone()], "{}");
        assert_eq!(answer.status, 415, "{kind:?}");
    }
    assert_eq!(send(std::slice::from_ref(&admin), "{}").status, 415);
    let spelt = ("content-type", "Application/JSON; charset=utf-8".to_owned());
    assert_eq!(send(&[admin.clone(), spelt], "{}").status, 422);
    assert_eq!(send(&[admin, json()], "[]").status, 422);
}

#[test]
fn a_body_is_counted_as_it_comes() {
    let desk = Desk::new();
    let admin = desk.admin();
    // Without a Content-Length to believe.
    let endless = |chunks: usize| {
        let chunk = || Ok::<_, Infallible>(vec![b' '; 1_024]);
        Body::from_stream(stream::iter((0..chunks).map(move |_| chunk())))
    };
    let send = |body| desk.ask("POST", "/api/v1/users", &[admin.clone(), json()], body);
    assert_eq!(
        send(endless(64)).status,
        400,
        "64 KiB of nothing are no JSON"
    );
    assert_eq!(send(endless(65)).status, 413);
    assert_eq!(send(endless(1_000_000)).status, 413);
}

#[test]
fn a_page_of_another_site_changes_nothing_whatever_it_sends() {
    let desk = Desk::new();
    let admin = desk.admin();
    let body = serde_json::json!({ "name": "x", "scopes": ["live:read"] }).to_string();
    for evil in [
        ("origin", "http://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let evil = (evil.0, evil.1.to_owned());
        let headers = [admin.clone(), json(), evil.clone()];
        let answer = desk.ask("POST", "/api/v1/keys", &headers, Body::from(body.clone()));
        assert_eq!(answer.status, 403, "{evil:?}");
    }
    let ours = ("origin", "http://pbx.example:8080".to_owned());
    let headers = [admin, json(), ours];
    let answer = desk.ask("POST", "/api/v1/keys", &headers, Body::from(body));
    assert_eq!(answer.status, 201);
}

#[test]
fn every_answer_tells_browsers_to_keep_and_run_nothing() {
    let desk = Desk::new();
    for path in [
        "/healthz",
        "/api/docs",
        "/nothing",
        "/api/v1/users",
        "/setup/x",
    ] {
        let answer = desk.get(path, &nobody());
        let of = |name: &str| {
            let value = answer
                .headers
                .get(name)
                .and_then(|value| value.to_str().ok());
            value.unwrap_or_default().to_owned()
        };
        assert_eq!(of("cache-control"), "no-store", "{path}");
        assert_eq!(of("x-content-type-options"), "nosniff", "{path}");
        let policy = of("content-security-policy");
        assert!(policy.contains("default-src 'none'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert!(
            policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
    }
}
