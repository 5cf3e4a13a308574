//! Two parties that could speak one codec, and agreed on two before they knew of each other.

use super::{Switch, leg};
use crate::audio::Codec;
use crate::id::{CallId, LegId};
use crate::{sdp, sip};
use std::time::Instant;

impl Switch {
    /// The network of a number speaks before the answer, in another codec than its caller has been told.
    /// They are offered that one now, so that nothing of the call is transcoded; a phone that takes no
    /// change before the answer, or that prefers what it has, keeps it. From one G.711 to the other is next
    /// to nothing, and worth no change.
    pub(super) fn offer_same_codec(&mut self, now: Instant, id: CallId, dialled: LegId) {
        let caller = self.calls.get(&id).map(|call| call.caller);
        let codec = self.lines.get(&dialled).and_then(|line| line.codec);
        let (Some(caller), Some(codec)) = (caller, codec) else {
            return;
        };
        let told = self.lines.get(&caller).filter(|line| {
            let mut codecs = line.habits.codecs.iter();
            let speaks = codecs.any(|&each| leg::known(each) == codec);
            let is_near = line
                .codec
                .is_none_or(|own| own == codec || is_g711(own) && is_g711(codec));
            line.told && line.prepared.is_some() && speaks && !is_near
        });
        let Some(session) = told.and_then(leg::Line::session) else {
            return;
        };
        if let Some(mut local) = self.local(caller) {
            local.codecs.sort_by_key(|each| *each != codec);
            let sdp = sdp::offer(&local);
            self.sip.command(now, sip::Command::Change { session, sdp });
        }
    }
}

impl Switch {
    /// A caller who has made no offer, and has not been made ours yet, is made one in which the codec of the
    /// network stands first.
    pub(super) fn prefer_codec_of(&mut self, id: CallId, dialled: LegId) {
        let caller = self.calls.get(&id).map(|call| call.caller);
        let codec = self.lines.get(&dialled).and_then(|line| line.codec);
        let (Some(caller), Some(codec)) = (caller, codec) else {
            return;
        };
        let waits = self
            .lines
            .get(&caller)
            .is_some_and(|line| line.prepared.is_some() && line.codec.is_none() && !line.told);
        let local = self.local(caller).filter(|_| waits);
        if let Some((line, mut local)) = self.lines.get_mut(&caller).zip(local) {
            local.codecs.sort_by_key(|each| *each != codec);
            line.prepared = Some(sdp::offer(&local));
        }
    }
}

fn is_g711(codec: Codec) -> bool {
    match codec {
        Codec::Pcmu | Codec::Pcma => true,
        Codec::G722 | Codec::Opus => false,
    }
}
