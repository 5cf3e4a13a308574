//! Our requests in a dialog but BYE: the one place where they are sent and their answers arrive
//! (RFC 3261 §12.2.1).

use super::Endpoint;
use super::transactions::{Notice, Owner, Told, TxId};
use super::uas::contact_of;
use super::write::Head;
use crate::sip::dialog::Dialog;
use crate::sip::header::Name;
use crate::sip::message::{Message, Method};
use crate::sip::transaction::ClientKey;
use crate::sip::uri::Uri;
use crate::sip::{Flow, SessionId};
use std::time::Instant;

/// One of them, while responses to it may come.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) tx: TxId,
    pub(super) purpose: Purpose,
    pub(super) head: Head,
    /// The dialog as it was: for the ACK of a 2xx that comes when all else is over.
    dialog: Dialog,
    flow: Flow,
    /// It has a final response.
    answered: bool,
    /// The ACK of its 2xx, for when that is repeated.
    ack: Option<(Flow, Vec<u8>)>,
}

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To change or refresh the session.
    Reinvite,
    /// To change or refresh it, by UPDATE.
    Update,
    /// To acknowledge a provisional response.
    Prack,
    /// To tell what has become of a transfer.
    Notify,
    /// To tell of a key.
    Info,
}

/// The final answer to one of them: of the peer, or what stands for one (§8.1.3.1).
pub(super) struct Outcome<'a> {
    /// The tag of the peer.
    pub(super) tag: &'a str,
    pub(super) purpose: Purpose,
    pub(super) status: u16,
    pub(super) response: Option<&'a Message>,
}

/// A request that is to be written.
pub(super) struct Draft<'a> {
    pub(super) purpose: Purpose,
    /// The tag of the peer, to know the dialog by.
    pub(super) tag: &'a str,
    pub(super) headers: Vec<(Name<'static>, String)>,
    /// Type and content.
    pub(super) body: Option<(&'static str, &'a [u8])>,
}

impl Sent {
    pub(super) fn is_invite(&self) -> bool {
        self.purpose == Purpose::Reinvite
    }

    /// Whether it belongs to the dialog with that peer.
    pub(super) fn is_with(&self, tag: &str) -> bool {
        self.dialog.remote_tag() == tag
    }

    pub(super) fn is_open_change(&self) -> bool {
        let changes = matches!(self.purpose, Purpose::Reinvite | Purpose::Update);
        changes && !self.answered
    }
}

impl Purpose {
    fn method(self) -> Method {
        match self {
            Self::Reinvite => Method::Invite,
            Self::Update => Method::Update,
            Self::Prack => Method::Prack,
            Self::Notify => Method::Notify,
            Self::Info => Method::Info,
        }
    }

    /// Whether it says where we are (§12.2.1.1: a target refresh; RFC 6665 §4.1.3).
    fn has_contact(self) -> bool {
        match self {
            Self::Reinvite | Self::Update | Self::Notify => true,
            Self::Prack | Self::Info => false,
        }
    }
}

impl Endpoint {
    /// Sends a request in a dialog of the session, if it has that.
    pub(super) fn send_within(&mut self, now: Instant, id: SessionId, draft: &Draft<'_>) {
        let session = self.sessions.get_mut(&id);
        let Some((dialog, flow)) = session.and_then(|session| session.dialog_with(draft.tag))
        else {
            return;
        };
        let (purpose, cseq, dialog) = (draft.purpose, dialog.next_seq(), dialog.clone());
        let method = purpose.method();
        let (head, flow) = self.head_in(&dialog, &method, cseq, flow);
        let request = head.write(&method);
        let request = match purpose.has_contact() {
            true => request.header(
                Name::Contact,
                self.contact(flow.listener, Some(&dialog.local.uri)),
            ),
            false => request,
        };
        let request = draft
            .headers
            .iter()
            .fold(request, |request, (name, value)| {
                request.header(*name, value)
            });
        let request = request.header(Name::UserAgent, &self.config.user_agent);
        let request = match draft.body {
            Some((kind, body)) => request.body(kind, body),
            None => request,
        };
        let (bytes, owner) = (request.build(), Owner::Within(id));
        let key = ClientKey::new(&head.branch, method);
        let tx = match purpose {
            Purpose::Reinvite => self.transactions.send_invite(now, key, flow, bytes, owner),
            Purpose::Update | Purpose::Prack | Purpose::Notify | Purpose::Info => {
                self.transactions.send_other(now, key, flow, bytes, owner)
            }
        };
        if let Some(session) = self.sessions.get_mut(&id) {
            session.sent.push(Sent {
                tx,
                purpose,
                head,
                dialog,
                flow,
                answered: false,
                ack: None,
            });
        }
    }

    /// A response to one of them that its transaction finds new.
    pub(super) fn within_response(
        &mut self,
        now: Instant,
        id: SessionId,
        tx: TxId,
        flow: Flow,
        response: &Message,
    ) {
        let status = response.status().unwrap_or_default();
        let Some(sent) = self.sent(id, tx).filter(|_| status >= 200) else {
            return;
        };
        if let Some((flow, ack)) = sent.ack.clone() {
            self.counters.repeated += 1;
            return self.transactions.send_once(flow, ack);
        }
        sent.answered = true;
        let (purpose, tag) = (sent.purpose, sent.dialog.remote_tag().to_owned());
        if purpose == Purpose::Reinvite && status < 300 {
            self.acknowledge_change(id, tx, flow, response);
        }
        let outcome = Outcome {
            tag: &tag,
            purpose,
            status,
            response: Some(response),
        };
        self.answered_within(now, id, outcome);
    }

    /// What the transaction of one of them tells without a response.
    pub(super) fn within_notice(&mut self, now: Instant, id: SessionId, notice: Notice) {
        let status = match notice.told {
            Some(Told::Expired) => Some(408),
            Some(Told::Unreachable) => Some(503),
            Some(Told::Deliver | Told::PassAck) | None => None,
        };
        let sent = self.sent(id, notice.tx).filter(|sent| !sent.answered);
        if let (Some(sent), Some(status)) = (sent, status) {
            sent.answered = true;
            let (purpose, tag) = (sent.purpose, sent.dialog.remote_tag().to_owned());
            let outcome = Outcome {
                tag: &tag,
                purpose,
                status,
                response: None,
            };
            self.answered_within(now, id, outcome);
        }
        if let Some(session) = self.sessions.get_mut(&id).filter(|_| notice.over) {
            session.sent.retain(|sent| sent.tx != notice.tx);
        }
    }

    fn answered_within(&mut self, now: Instant, id: SessionId, outcome: Outcome<'_>) {
        match outcome.purpose {
            Purpose::Reinvite | Purpose::Update => self.change_answered(now, id, outcome),
            Purpose::Notify => self.notify_answered(now, id, outcome.status),
            Purpose::Info => self.key_answered(now, id, outcome.status),
            // 481: the peer does not wait for it any more.
            Purpose::Prack => {}
        }
    }

    /// Our request that a response belongs to: for the ACK to its refusal.
    pub(super) fn within_head(&self, id: SessionId, tx: TxId) -> Option<Head> {
        let sent = &self.sessions.get(&id)?.sent;
        let sent = sent.iter().find(|sent| sent.tx == tx)?;
        Some(sent.head.clone())
    }

    /// The ACK of a 2xx to our re-INVITE: due also when the session has ended meanwhile (§14.1).
    fn acknowledge_change(&mut self, id: SessionId, tx: TxId, flow: Flow, response: &Message) {
        let Some(sent) = self.sent(id, tx) else {
            return;
        };
        if let Some(target) = contact_of(response).ok().flatten() {
            sent.dialog.refresh(target);
        }
        let (cseq, dialog) = (sent.head.cseq, sent.dialog.clone());
        let made_on = match flow.transport.is_reliable() {
            true => flow,
            false => sent.flow,
        };
        let (head, flow) = self.head_in(&dialog, &Method::Ack, cseq, made_on);
        let bytes = head.write(&Method::Ack).build();
        self.transactions.send_once(flow, bytes.clone());
        if let Some(sent) = self.sent(id, tx) {
            sent.ack = Some((flow, bytes));
        }
    }

    /// Whether one of them waits for its final response.
    pub(super) fn is_open_within(&self, id: SessionId, tx: TxId) -> bool {
        let sent = self.sessions.get(&id).map(|session| &session.sent);
        sent.is_some_and(|all| all.iter().any(|sent| sent.tx == tx && !sent.answered))
    }

    /// The number of the request that repeats one with credentials.
    pub(super) fn next_within(&mut self, id: SessionId, tx: TxId) -> Option<u32> {
        let tag = self.sent(id, tx)?.dialog.remote_tag().to_owned();
        let (dialog, _) = self.sessions.get_mut(&id)?.dialog_with(&tag)?;
        Some(dialog.next_seq())
    }

    /// It has been sent anew: what belongs to it follows (§9.1, §17.1.1.3).
    pub(super) fn sent_again(
        &mut self,
        id: SessionId,
        tx: TxId,
        via: &str,
        branch: &str,
        cseq: u32,
    ) {
        if let Some(sent) = self.sent(id, tx) {
            sent.head.via = via.to_owned();
            sent.head.branch = branch.to_owned();
            sent.head.cseq = cseq;
        }
    }

    fn sent(&mut self, id: SessionId, tx: TxId) -> Option<&mut Sent> {
        let sent = &mut self.sessions.get_mut(&id)?.sent;
        sent.iter_mut().find(|sent| sent.tx == tx)
    }
}

/// Where the peer is now, as its 2xx says.
pub(super) fn moved_to(response: &Message) -> Option<Uri> {
    contact_of(response).ok().flatten()
}
