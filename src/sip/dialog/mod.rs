//! The dialog: what two user agents must both remember (RFC 3261 §12).
//!
//! ```text
//!   INVITE ──1xx with tag──▶ early ──2xx──▶ confirmed ──BYE──▶ gone
//!      └──────────2xx─────────────────────▶    ▲
//!                                       (target refreshed by each re-INVITE)
//! ```

mod answer;
pub mod change;
pub mod reliable;
pub mod session_timer;
pub mod subscription;

pub use answer::{Answer, Effect};
pub use change::Change;
pub use reliable::Provisionals;

use super::header::{Address, Route};
use super::uri::Uri;

/// One dialog, seen from our side.
#[derive(Clone, Debug, PartialEq)]
pub struct Dialog {
    /// The Call-ID.
    pub call_id: String,
    /// We, with our tag: the From of our requests.
    pub local: Address,
    /// The peer, with its tag (an RFC 2543 peer may have none).
    pub remote: Address,
    /// The number of our last request.
    pub local_seq: u32,
    /// The number of the peer's last request; `None` while it has sent none.
    remote_seq: Option<u32>,
    /// The proxies between us, next one first.
    routes: Vec<Route>,
    /// The peer's Contact.
    target: Uri,
}

/// What the message says that makes a dialog.
#[derive(Clone, Debug)]
pub struct Seed {
    /// The Call-ID.
    pub call_id: String,
    /// Us: the To of a request received, the From of one sent. With our tag.
    pub local: Address,
    /// The peer, with its tag if it has one.
    pub remote: Address,
    /// The number in the CSeq of the INVITE.
    pub cseq: u32,
    /// The Record-Route headers in their order.
    pub record_routes: Vec<Route>,
    /// The peer's Contact.
    pub target: Uri,
}

/// Where and how a request in the dialog is addressed (§12.2.1.1).
#[derive(Clone, Debug, PartialEq)]
pub struct Addressing {
    /// The Request-URI.
    pub uri: Uri,
    /// The Route headers, as written.
    pub routes: Vec<String>,
    /// Whom to send it to: the first proxy, or the peer.
    pub next_hop: Uri,
    /// Whether the next hop is a proxy that has asked for it, not the peer itself.
    pub by_route: bool,
}

/// A request numbered below one already seen (§12.2.2): answered 500.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfOrder;

impl Dialog {
    /// The dialog of an INVITE received (§12.1.1): routes in the order of the request.
    pub fn uas(seed: Seed) -> Self {
        Self {
            call_id: seed.call_id,
            local: seed.local,
            remote: seed.remote,
            local_seq: 0,
            remote_seq: Some(seed.cseq),
            routes: seed.record_routes,
            target: seed.target,
        }
    }

    /// The dialog of a response to our INVITE (§12.1.2): routes in the reverse order.
    pub fn uac(mut seed: Seed) -> Self {
        seed.record_routes.reverse();
        Self {
            call_id: seed.call_id,
            local: seed.local,
            remote: seed.remote,
            local_seq: seed.cseq,
            remote_seq: None,
            routes: seed.record_routes,
            target: seed.target,
        }
    }

    /// Goes on where the early dialog of the same peer has come to (§13.2.2.4): the routes are those
    /// of the 2xx, the numbers count on.
    pub fn go_on(&mut self, early: &Self) {
        self.local_seq = self.local_seq.max(early.local_seq);
        self.remote_seq = early.remote_seq;
    }

    /// Notes the number of a request received; ACK and CANCEL do not count.
    pub fn accept(&mut self, cseq: u32) -> Result<(), OutOfOrder> {
        // §12.2.2: gaps are allowed, steps back are not. The same number again can only be a
        // request that left its transaction behind.
        if self.remote_seq.is_some_and(|last| cseq <= last) {
            return Err(OutOfOrder);
        }
        self.remote_seq = Some(cseq);
        Ok(())
    }

    /// The peer has moved: the Contact of a re-INVITE or of its 2xx (§12.2.1.2, §12.2.2).
    pub fn refresh(&mut self, target: Uri) {
        self.target = target;
    }

    /// Whether the peer's own address is this.
    pub fn is_with(&self, contact: &Uri) -> bool {
        self.target.equivalent(contact)
    }

    /// The number for our next request.
    pub fn next_seq(&mut self) -> u32 {
        self.local_seq = self.local_seq.wrapping_add(1) & 0x7FFF_FFFF;
        self.local_seq
    }

    /// The peer's tag; empty for an RFC 2543 peer.
    pub fn remote_tag(&self) -> &str {
        self.remote.tag().unwrap_or_default()
    }

    /// How a request is addressed now.
    pub fn addressing(&self) -> Addressing {
        let written = |routes: &[Route]| routes.iter().map(ToString::to_string).collect();
        match self.routes.as_slice() {
            [] => Addressing {
                uri: self.target.clone(),
                routes: vec![],
                next_hop: self.target.clone(),
                by_route: false,
            },
            [first, ..] if first.is_loose() => Addressing {
                uri: self.target.clone(),
                routes: written(&self.routes),
                next_hop: first.uri.clone(),
                by_route: true,
            },
            // A strict router wants itself in the Request-URI and the peer last in the Route.
            [first, rest @ ..] => {
                let mut routes: Vec<String> = written(rest);
                routes.push(format!("<{}>", self.target));
                Addressing {
                    uri: first.uri.clone(),
                    routes,
                    next_hop: first.uri.clone(),
                    by_route: true,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROXIES: [&str; 2] = ["<sip:p1.example;lr>", "<sip:p2.example;lr>"];

    #[test]
    fn the_callee_keeps_the_order_of_the_routes_and_the_caller_reverses_it() {
        assert_eq!(Dialog::uas(seed(&PROXIES)).addressing().routes, PROXIES);
        let caller = Dialog::uac(seed(&PROXIES)).addressing();
        assert_eq!(
            caller.routes,
            ["<sip:p2.example;lr>", "<sip:p1.example;lr>"]
        );
        assert_eq!(caller.next_hop.to_string(), "sip:p2.example;lr");
        assert_eq!(caller.uri.to_string(), "sip:bob@192.0.2.4");
    }

    #[test]
    fn without_routes_the_peer_is_the_next_hop() {
        let to = Dialog::uas(seed(&[])).addressing();
        assert_eq!(
            (to.next_hop.to_string(), to.by_route),
            ("sip:bob@192.0.2.4".to_owned(), false)
        );
        assert!(to.routes.is_empty());
    }

    #[test]
    fn a_strict_router_gets_itself_in_the_request_uri() {
        let to = Dialog::uas(seed(&["<sip:old.example>", "<sip:p2.example;lr>"])).addressing();
        assert_eq!(to.uri.to_string(), "sip:old.example");
        assert_eq!(to.routes, ["<sip:p2.example;lr>", "<sip:bob@192.0.2.4>"]);
        assert_eq!(to.next_hop.to_string(), "sip:old.example");
    }

    #[test]
    fn numbers_may_skip_but_not_go_back() {
        let mut dialog = Dialog::uas(seed(&[]));
        assert_eq!(dialog.accept(7), Err(OutOfOrder), "the INVITE's own");
        assert_eq!(dialog.accept(9), Ok(()));
        assert_eq!(dialog.accept(8), Err(OutOfOrder));
        let mut dialog = Dialog::uac(seed(&[]));
        assert_eq!(dialog.accept(1), Ok(()), "the first of the peer");
        assert_eq!(dialog.next_seq(), 8);
    }

    #[test]
    fn the_peer_can_move_and_the_routes_stay() {
        let mut dialog = Dialog::uas(seed(&PROXIES));
        dialog.refresh(Uri::parse("sip:bob@198.51.100.1").expect("a URI"));
        let to = dialog.addressing();
        assert_eq!(to.uri.to_string(), "sip:bob@198.51.100.1");
        assert_eq!(to.routes, PROXIES);
    }

    fn seed(record_routes: &[&str]) -> Seed {
        let address = |text| Address::parse(text).expect("an address");
        Seed {
            call_id: "c".to_owned(),
            local: address("<sip:a@h>;tag=a"),
            remote: address("<sip:b@h>;tag=b"),
            cseq: 7,
            record_routes: record_routes
                .iter()
                .map(|text| Route::parse(text).expect("a route"))
                .collect(),
            target: Uri::parse("sip:bob@192.0.2.4").expect("a URI"),
        }
    }
}
