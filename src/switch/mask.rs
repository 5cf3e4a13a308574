//! What is not for the recording: numbers of cards, passwords (B10). The recorders of both parties write
//! silence, and the time of their files goes on. People want it, or it is so while keys are pressed.
//!
//! What people want lasts as long as the agent has the customer: on hold, while somebody is asked, with three.
//! While nothing is recorded it can be taken back.

use super::on_request::{Done, Refused};
use super::{Notice, Switch};
use crate::call::Call;
use crate::id::{AgentId, CallId};
use crate::media::Command as Media;

impl Switch {
    /// Silence in the recording from now on, or sound again. Asking for what is already so is fine; the next
    /// agent begins with sound.
    pub(super) fn ask_mask(
        &mut self,
        id: CallId,
        agent: Option<AgentId>,
        on: bool,
    ) -> Result<Done, Refused> {
        self.theirs(id, agent)?;
        let call = self.calls.get_mut(&id);
        let call =
            call.filter(|call| call.is_masked().is_some() || !on && call.is_masked_by_hand());
        let call = call.ok_or(Refused::NotRecorded(id))?;
        let was = call.is_masked();
        call.mask(on);
        self.masks(id, was);
        Ok(Done::Plain)
    }

    /// The recorders learn what has become of what they did, if it is something else.
    pub(super) fn masks(&mut self, id: CallId, was: Option<bool>) {
        let call = self.calls.get(&id);
        let is = call.and_then(Call::is_masked);
        let Some(masked) = is.filter(|_| is != was) else {
            return;
        };
        for (recording, leg) in call.map(Call::recorded_tracks).unwrap_or_default() {
            self.media(leg, |_| Media::Mask { recording, masked });
        }
        self.notice(id, Notice::Masked { masked });
    }
}
