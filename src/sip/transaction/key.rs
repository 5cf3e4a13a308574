use crate::sip::message::{Message, Method};

/// What finds the server transaction of a request (RFC 3261 §17.2.3).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ServerKey(String);

/// What finds the client transaction of a response (RFC 3261 §17.1.3).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClientKey {
    branch: String,
    method: Method,
}

/// What two copies of one request have in common that came by different ways (RFC 3261 §8.2.2.2).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MergeKey(String);

impl ServerKey {
    /// The transaction of this request; an ACK belongs to its INVITE.
    pub fn of(request: &Message) -> Option<Self> {
        let method = request.method();
        let of_invite = *method == Method::Ack;
        Self::as_method(request, if of_invite { &Method::Invite } else { method })
    }

    /// The INVITE that a CANCEL is about (§9.2).
    pub fn cancelled_by(cancel: &Message) -> Option<Self> {
        Self::as_method(cancel, &Method::Invite)
    }

    fn as_method(request: &Message, method: &Method) -> Option<Self> {
        let via = request.top_via().ok()?;
        if let Some(branch) = via.magic_branch() {
            let host = via.host.to_string().to_ascii_lowercase();
            let port = via.port.unwrap_or(5060);
            return Some(Self(format!("{method} {branch} {host}:{port}")));
        }
        // A peer of RFC 2543: all that its copies have in common. The tag of To is left out, as
        // the INVITE does not have it and the ACK does.
        let (cseq, _) = request.cseq().ok()?;
        let (call_id, from) = (request.call_id().ok()?, request.from().ok()?);
        let (tag, uri) = (from.tag().unwrap_or_default(), request.request_uri().ok()?);
        Some(Self(format!("{method} {call_id} {tag} {cseq} {uri} {via}")))
    }
}

impl ClientKey {
    /// The transaction of a request of ours.
    pub fn new(branch: &str, method: Method) -> Self {
        Self {
            branch: branch.to_owned(),
            method,
        }
    }

    /// The transaction of a response. One with several Vias is not for us (§8.1.3.3).
    pub fn of(response: &Message) -> Option<Self> {
        let vias = response.vias().ok()?;
        let [via] = vias.as_slice() else {
            return None;
        };
        Some(Self::new(via.branch()?, response.method().clone()))
    }

    /// The branch.
    pub fn branch(&self) -> &str {
        &self.branch
    }

    /// The method of the request.
    pub fn method(&self) -> &Method {
        &self.method
    }
}

impl MergeKey {
    /// `None` for a request in a dialog.
    pub fn of(request: &Message) -> Option<Self> {
        if request.to().ok()?.tag().is_some() {
            return None;
        }
        let (call_id, from) = (request.call_id().ok()?, request.from().ok()?);
        let ((cseq, method), tag) = (request.cseq().ok()?, from.tag()?);
        Some(Self(format!("{method} {call_id} {tag} {cseq}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ack_and_a_cancel_find_their_invite() {
        for branch in [";branch=z9hG4bK1", ""] {
            let invite = request("INVITE", "10.0.0.1", branch, "");
            let key = ServerKey::of(&invite);
            assert_eq!(
                ServerKey::of(&request("ACK", "10.0.0.1", branch, ";tag=b")),
                key
            );
            let cancel = request("CANCEL", "10.0.0.1", branch, "");
            assert_eq!(ServerKey::cancelled_by(&cancel), key);
            assert_ne!(ServerKey::of(&cancel), key);
        }
    }

    #[test]
    fn the_same_branch_of_another_host_is_another_transaction() {
        let key = |host| ServerKey::of(&request("INVITE", host, ";branch=z9hG4bK1", ""));
        assert_eq!(key("EXAMPLE.org"), key("example.org:5060"));
        assert_ne!(key("a.example"), key("b.example"));
        let merge = |host| MergeKey::of(&request("INVITE", host, ";branch=z9hG4bK2", ""));
        assert_eq!(merge("a.example"), merge("b.example"));
    }

    #[test]
    fn a_response_with_two_vias_is_for_somebody_else() {
        let one = "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\n";
        let rest = "From: <sip:a@h>;tag=a\r\nTo: <sip:b@h>;tag=b\r\nCall-ID: c\r\n\
            CSeq: 1 BYE\r\nContent-Length: 0\r\n\r\n";
        let read = |text: String| Message::parse(text.into_bytes()).expect("a response");
        let key = ClientKey::of(&read(format!("{one}{rest}")));
        assert_eq!(key, Some(ClientKey::new("z9hG4bK1", Method::Bye)));
        let two = format!("{one}Via: SIP/2.0/UDP x;branch=z9hG4bK2\r\n{rest}");
        assert_eq!(ClientKey::of(&read(two)), None);
    }

    fn request(method: &str, host: &str, branch: &str, to: &str) -> Message {
        let text = format!(
            "{method} sip:b@h SIP/2.0\r\nVia: SIP/2.0/UDP {host}{branch}\r\n\
             From: <sip:a@h>;tag=a\r\nTo: <sip:b@h>{to}\r\nCall-ID: c\r\nCSeq: 1 {method}\r\n\
             Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
        );
        Message::parse(text.into_bytes()).expect("a request")
    }
}
