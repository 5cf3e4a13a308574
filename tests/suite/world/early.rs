//! Phones that know reliable provisional responses and UPDATE (RFC 3262, RFC 3311): what they agree on
//! before a call of theirs is answered.

use super::phone::Phone;
use super::wire::Heard;
use std::time::Instant;

/// What such a phone says that it can.
pub(crate) const CAPABLE: &str =
    "Supported: 100rel\r\nAllow: INVITE, ACK, BYE, CANCEL, PRACK, UPDATE, INFO\r\n";

/// What there was before the answer.
#[derive(Debug, Default)]
pub(crate) struct Early {
    /// The last provisional response that made a dialog.
    ringing: Option<Heard>,
    /// The RSeq that was acknowledged last.
    acknowledged: String,
    /// The offers that came by UPDATE.
    pub(crate) updates: Vec<String>,
    /// The first description that came before the answer, or with it.
    pub(crate) offered: String,
    /// It acknowledges without the answer that it owes.
    pub(crate) owes: bool,
}

impl Phone {
    /// Notes the first description of a response.
    pub(super) fn is_offered(&mut self, heard: &Heard) {
        if self.early.offered.is_empty() {
            self.early.offered = String::from_utf8_lossy(heard.body()).into_owned();
        }
    }

    /// Acknowledges a provisional response, if it wants that, and speaks to where it says.
    pub(super) fn promised(&mut self, now: Instant, heard: &Heard) -> Vec<Vec<u8>> {
        if heard.field("To").contains(";tag=") {
            self.early.ringing = Some(heard.clone());
        }
        let rseq = heard.field("RSeq");
        if rseq.is_empty() || rseq == self.early.acknowledged {
            return vec![];
        }
        let number = heard.field("CSeq");
        let answer = match self.late_offer && !self.early.owes && !heard.body().is_empty() {
            true => self.sdp("sendrecv", heard.body()),
            false => String::new(),
        };
        let prack = self.in_early_dialog(heard, "PRACK", &answer);
        let text = String::from_utf8(prack).expect("text");
        let rack = format!("RAck: {rseq} {number}\r\nContent-Length");
        let text = text.replacen("Content-Length", &rack, 1);
        self.early.acknowledged = rseq;
        self.talk(now, heard.body());
        self.repeat(now, "PRACK", text.into_bytes())
    }

    /// Says a key by INFO before its call is answered.
    pub(crate) fn early_info(&mut self, now: Instant, kind: &str, body: &str) -> Vec<Vec<u8>> {
        let heard = self.early.ringing.clone().expect("it rings");
        let info = self.in_early_dialog(&heard, "INFO", "");
        let text = String::from_utf8(info).expect("text");
        let length = body.len();
        let content = format!("Content-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{body}");
        let text = text.replace("Content-Length: 0\r\n\r\n", &content);
        self.repeat(now, "INFO", text.into_bytes())
    }

    /// Takes the first of the codecs offered that it speaks.
    pub(super) fn updated(&mut self, now: Instant, update: &Heard) -> Vec<Vec<u8>> {
        let offer = String::from_utf8_lossy(update.body()).into_owned();
        let media = offer.lines().find(|line| line.starts_with("m=audio"));
        let offered = media.unwrap_or_default().split(' ').skip(3);
        let mine = [Some(self.payload_type), self.offers_also.take()];
        let mut common = offered.filter_map(|number| number.parse().ok());
        let chosen = common.find(|number| mine.contains(&Some(*number)));
        self.payload_type = chosen.unwrap_or(self.payload_type);
        self.talk(now, update.body());
        self.early.updates.push(offer);
        let sdp = self.sdp("sendrecv", update.body());
        vec![update.reply(200, "x", &self.contact(), &sdp)]
    }
}
