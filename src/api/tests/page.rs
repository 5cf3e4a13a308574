//! The way of pages over a real socket: who is let in, what passes, and what ends it.

use super::*;
use crate::api::{Api, Place};
use crate::id::PageId;
use crate::page::{Closing, Input, PROTOCOL, Transmit, Who};
use futures_util::{SinkExt as _, StreamExt as _};
use std::sync::mpsc;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

/// A server, and what its switch would be told.
struct Stand {
    runtime: Runtime,
    api: Api,
    pages: Arc<Pages>,
    told: mpsc::Receiver<Input>,
    _folder: Folder,
}

impl Stand {
    fn new() -> Self {
        let (runtime, folder) = (runtime(), Folder::new());
        let (tell, told) = mpsc::channel();
        let pages = Arc::new(Pages::new(move |input| tell.send(input).is_ok()));
        let parts = Parts {
            pages: pages.clone(),
            ..parts(&folder)
        };
        let place = Place {
            address: "127.0.0.1:0".parse().expect("an address"),
            allow_public: false,
            media: None,
            identity: None,
        };
        let api = Api::start(place, runtime.handle(), parts).expect("a free port");
        Self {
            runtime,
            api,
            pages,
            told,
            _folder: folder,
        }
    }

    fn connect(
        &self,
        headers: &[(&'static str, &str)],
    ) -> Result<WebSocketStream<TcpStream>, tungstenite::Error> {
        let address = self.api.address();
        let url = format!("ws://{address}/api/v1/page");
        let mut request = url.into_client_request().expect("a request");
        for (name, value) in headers {
            let value = value.parse().expect("a value");
            request.headers_mut().insert(*name, value);
        }
        self.runtime.block_on(async {
            let stream = TcpStream::connect(address).await.expect("a connection");
            Ok(client_async(request, stream).await?.0)
        })
    }

    /// What the switch is told next.
    fn next(&self) -> Input {
        let patience = std::time::Duration::from_secs(5);
        self.told.recv_timeout(patience).expect("something is told")
    }
}

const WANTS: (&str, &str) = ("sec-websocket-protocol", PROTOCOL);

fn refused(result: Result<WebSocketStream<TcpStream>, tungstenite::Error>) -> u16 {
    match result {
        Err(tungstenite::Error::Http(answer)) => answer.status().as_u16(),
        other => panic!("refused, not {other:?}"),
    }
}

#[test]
fn pages_of_other_sites_and_other_protocols_are_not_let_in() {
    let stand = Stand::new();
    let evil = ("origin", "http://evil.example");
    assert_eq!(refused(stand.connect(&[WANTS, evil])), 403);
    assert_eq!(refused(stand.connect(&[])), 400);
    let old = ("sec-websocket-protocol", "cordboard.page.0");
    assert_eq!(refused(stand.connect(&[old])), 400);
    assert!(stand.told.try_recv().is_err(), "the switch hears of none");
}

#[test]
fn what_a_page_says_and_is_told_passes_and_its_end_is_noticed() {
    let stand = Stand::new();
    let mut socket = stand.connect(&[WANTS]).expect("let in");
    let Input::Opened { page, who } = stand.next() else {
        panic!("it has opened");
    };
    assert_eq!(who, Who::Customer, "without a session");
    let said = Message::text(r#"{"type":"hello"}"#);
    stand.runtime.block_on(socket.send(said)).expect("sent");
    let Input::Text { text, .. } = stand.next() else {
        panic!("it has said something");
    };
    assert_eq!(text, r#"{"type":"hello"}"#);
    let text = "told".to_owned();
    stand.pages.transmit(Transmit::Text { page, text });
    let told = stand.runtime.block_on(async {
        loop {
            let told = socket.next().await.expect("more").expect("a message");
            if !told.is_ping() {
                return told;
            }
        }
    });
    assert_eq!(told, Message::text("told"));
    drop(socket);
    assert!(matches!(stand.next(), Input::Closed { page: closed, .. } if closed == page));
}

#[test]
fn a_page_is_closed_with_the_reason() {
    let stand = Stand::new();
    let mut socket = stand.connect(&[WANTS]).expect("let in");
    let Input::Opened { page, .. } = stand.next() else {
        panic!("it has opened");
    };
    let closing = Closing::Superseded;
    stand.pages.transmit(Transmit::Close { page, closing });
    // Of one that there is not, nothing comes.
    let page = PageId(77);
    stand.pages.transmit(Transmit::Close { page, closing });
    let code = stand.runtime.block_on(async {
        loop {
            if let Message::Close(frame) = socket.next().await.expect("more").expect("a message") {
                return frame.expect("a reason").code;
            }
        }
    });
    assert_eq!(u16::from(code), 4001);
}

#[test]
fn a_message_that_is_too_long_ends_the_connection() {
    let stand = Stand::new();
    let mut socket = stand.connect(&[WANTS]).expect("let in");
    assert!(matches!(stand.next(), Input::Opened { .. }));
    let long = Message::text("x".repeat(crate::page::LONGEST + 1));
    // It may be cut off while it is sent.
    let _ = stand.runtime.block_on(socket.send(long));
    assert!(matches!(stand.next(), Input::Closed { .. }));
}
