//! WebSockets, over a real port.

use super::*;
use crate::api::{Api, Place};
use crate::events::What;
use futures_util::StreamExt as _;
use std::net::SocketAddr;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

async fn open(
    at: SocketAddr,
    after: u64,
    headers: &[(&'static str, &str)],
) -> Result<WebSocketStream<TcpStream>, u16> {
    let path = format!("/api/v1/events/socket?after={after}");
    open_path(at, &path, headers).await
}

pub(super) async fn open_path(
    at: SocketAddr,
    path: &str,
    headers: &[(&'static str, &str)],
) -> Result<WebSocketStream<TcpStream>, u16> {
    let url = format!("ws://{at}{path}");
    let mut request = url.into_client_request().expect("a request");
    for (name, value) in headers {
        request
            .headers_mut()
            .insert(*name, value.parse().expect("a value"));
    }
    let stream = TcpStream::connect(at).await.expect("a port");
    match client_async(request, stream).await {
        Ok((socket, _)) => Ok(socket),
        Err(Error::Http(refused)) => Err(refused.status().as_u16()),
        Err(other) => panic!("{other}"),
    }
}

/// The number and the kind of the next event.
pub(super) async fn next(socket: &mut WebSocketStream<TcpStream>) -> (u64, String) {
    loop {
        match socket.next().await.expect("open").expect("a message") {
            Message::Text(text) => {
                let event: Value = serde_json::from_str(&text).expect("JSON");
                let kind = event["type"].as_str().expect("a type").to_owned();
                return (event["seq"].as_u64().expect("a number"), kind);
            }
            Message::Ping(_) | Message::Pong(_) => {}
            other @ (Message::Binary(_) | Message::Close(_) | Message::Frame(_)) => {
                panic!("{other:?}")
            }
        }
    }
}

#[test]
fn b15_events_come_by_websocket_from_any_number_on_to_those_who_may() {
    let folder = Folder::new();
    let parts = parts(&folder);
    let (store, log) = (Arc::clone(&parts.store), parts.log.clone());
    let hash = crate::api::people::hash("cbk_bi");
    store
        .add_key("bi", &hash, &["events:read".to_owned()])
        .expect("a store");
    let runtime = runtime();
    let place = Place {
        address: ([127, 0, 0, 1], 0).into(),
        allow_public: false,
        media: None,
        identity: None,
    };
    let api = Api::start(place, runtime.handle(), parts).expect("a port");
    let at = api.address();
    let agent = AgentId(1);
    let began = log.last();
    log.add(Timestamp::now(), &What::WrapUpEnded { agent });
    runtime.block_on(async {
        assert_eq!(open(at, 0, &[]).await.err(), Some(401), "nobody");
        let key = ("authorization", "Bearer cbk_bi");
        let mut socket = open(at, began, &[key]).await.expect("let in");
        let (first, kind) = next(&mut socket).await;
        assert_eq!(kind, "agent.wrap_up_ended", "what was before");
        log.add(
            Timestamp::now(),
            &What::Reachable {
                agent,
                reachable: true,
            },
        );
        let (second, kind) = next(&mut socket).await;
        assert_eq!(kind, "agent.reachable", "what comes");
        assert!(second > first);
        let mut again = open(at, first, &[key]).await.expect("let in");
        assert_eq!(
            next(&mut again).await.0,
            second,
            "nothing twice, nothing missed"
        );
        // A browser sends the cookie whoever asks it to: a page of another site gets nothing.
        let evil = ("origin", "http://evil.example");
        let cookie = ("cookie", "cordboard=x");
        assert_eq!(open(at, 0, &[evil, cookie]).await.err(), Some(403));
    });
    api.stop();
}

#[test]
fn r12_strangers_who_come_too_often_with_links_wait() {
    let folder = Folder::new();
    let runtime = runtime();
    let place = Place {
        address: ([127, 0, 0, 1], 0).into(),
        allow_public: false,
        media: None,
        identity: None,
    };
    let api = Api::start(place, runtime.handle(), parts(&folder)).expect("a port");
    let at = api.address();
    let protocol = ("sec-websocket-protocol", crate::page::PROTOCOL);
    runtime.block_on(async {
        for _ in 0..60 {
            let came = open_path(at, "/api/v1/page", &[protocol]).await;
            assert!(came.is_ok(), "{:?}", came.err());
        }
        let late = open_path(at, "/api/v1/page", &[protocol]).await;
        assert_eq!(late.err(), Some(429));
    });
    api.stop();
}
