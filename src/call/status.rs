//! How the conversation of a call stands, beyond the call itself (R151).

use super::Call;
use super::record::{AgentName, Direction, Status};
use crate::settings::MissedCalls;

impl Call {
    /// People say how the conversation stands. It stays so, whatever becomes of the call.
    pub fn set_status(&mut self, status: Status) {
        self.record.status = status;
        self.status_said = true;
    }

    /// The conversation has been this agent's before the call (R60).
    pub fn assign(&mut self, agent: AgentName) {
        self.record.assigned = Some(agent);
    }

    /// Whether it was a customer's call to a queue that nobody took, and nobody will answer.
    pub fn is_missed(&self) -> bool {
        let record = &self.record;
        let inbound = record.direction == Direction::Inbound;
        inbound && record.queue.is_some() && record.connected.is_none() && !self.promised
    }

    /// The call is over: how does the conversation stand, as missed calls are dealt with now (R141)?
    pub fn settle(&mut self, missed: MissedCalls) -> Status {
        let talked = self.record.connected.is_some();
        if !self.status_said {
            self.record.status = match missed {
                _ if talked => Status::Solved,
                MissedCalls::AutoClose if self.is_missed() => Status::Closed,
                MissedCalls::LeaveOpen | MissedCalls::AutoClose if self.record.queue.is_some() => {
                    Status::Open
                }
                // Neither a queue nor an agent was wanted, or an agent's own call was in vain.
                MissedCalls::LeaveOpen | MissedCalls::AutoClose => Status::Closed,
            };
        }
        self.record.status
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{now, talking, waiting};
    use super::*;
    use crate::call::record::End;

    #[test]
    fn r139_r140_a_call_that_nobody_took_leaves_its_conversation_open_or_closed() {
        for (missed, status) in [
            (MissedCalls::LeaveOpen, Status::Open),
            (MissedCalls::AutoClose, Status::Closed),
        ] {
            let (mut call, clock) = waiting();
            assert_eq!(call.record().status, Status::Open);
            call.end(now(&clock), &clock, End::Abandoned);
            assert!(call.is_missed());
            assert_eq!(call.settle(missed), status);
        }
    }

    #[test]
    fn r151_a_talk_solves_and_what_people_say_stays() {
        let (mut call, clock) = talking();
        call.end(now(&clock), &clock, End::AgentHungUp);
        assert_eq!(call.settle(MissedCalls::AutoClose), Status::Solved);
        let (mut call, clock) = talking();
        call.set_status(Status::Waiting);
        call.end(now(&clock), &clock, End::AgentHungUp);
        assert_eq!(call.settle(MissedCalls::AutoClose), Status::Waiting);
        assert!(!call.is_missed());
    }
}
