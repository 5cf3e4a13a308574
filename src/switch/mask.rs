//! What is not for the recording: numbers of cards, passwords (B10). The recorders of both parties write
//! silence, and the time of their files goes on.

use super::on_request::{Done, Refused};
use super::{Notice, Switch};
use crate::id::{AgentId, CallId};
use crate::media::Command as Media;

impl Switch {
    /// Silence in the recording from now on, or sound again. Asking for what is already so is fine; the next
    /// segment begins with sound.
    pub(super) fn ask_mask(
        &mut self,
        id: CallId,
        agent: Option<AgentId>,
        on: bool,
    ) -> Result<Done, Refused> {
        self.theirs(id, agent)?;
        let call = self.calls.get_mut(&id);
        let (tracks, changed) = call
            .and_then(|call| call.mask(on))
            .ok_or(Refused::NotRecorded(id))?;
        for (recording, leg) in tracks {
            let masked = on;
            self.media(leg, |_| Media::Mask { recording, masked });
        }
        if changed {
            self.notice(id, Notice::Masked { masked: on });
        }
        Ok(Done::Plain)
    }
}
