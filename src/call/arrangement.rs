//! Who hears whom: the state of a call, seen from its ears.

use super::{Call, Hold, Stage};
use crate::id::{LegId, SoundId};

/// What a party hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hears {
    /// Nothing; the stream goes on in silence.
    Silence,
    /// Music, as long as it takes.
    Music(SoundId),
    /// A message, once. The number tells this playing from every other.
    Message { play: u64, sound: SoundId },
    /// Another party, or oneself: an echo.
    Party(LegId),
    /// Several others at once: [`Hears::all`] makes it.
    Parties([Option<LegId>; MOST]),
}

/// The parties that one can hear at once: all three of a three-way call and a supervisor who barges in.
const MOST: usize = 4;

impl Hears {
    /// All of these parties, the first four if there are more; silence if there is none.
    pub fn all(parties: impl IntoIterator<Item = LegId>) -> Self {
        let mut parties = parties.into_iter();
        let several: [_; MOST] = std::array::from_fn(|_| parties.next());
        match several {
            [None, ..] => Self::Silence,
            [Some(one), None, ..] => Self::Party(one),
            [Some(_), Some(_), ..] => Self::Parties(several),
        }
    }
}

impl Call {
    /// What each party of the call hears at this moment. A party that is not named hears silence.
    pub fn arrangement(&self) -> Vec<(LegId, Hears)> {
        self.with_supervisors(self.of_parties())
    }

    /// What those hear who are the call's, not beside it.
    fn of_parties(&self) -> Vec<(LegId, Hears)> {
        match &self.stage {
            Stage::Answering | Stage::Over => vec![],
            // Whoever has answered hears silence until the customer is dialled, a moment later.
            Stage::Calling { .. } => vec![],
            Stage::Served(hears) => vec![(self.caller, *hears)],
            // Nobody hears the caller before the answer, which is when a call begins to cost.
            Stage::Waiting { hears, .. } | Stage::Dialling { hears, .. } => {
                vec![(self.caller, self.meanwhile_or(*hears))]
            }
            Stage::Talking {
                customer,
                other,
                music,
                customers,
                others,
                ..
            } => {
                if let Some(consult) = &self.consult {
                    let holds = [*customers, *others];
                    let all = self.consultation(consult, *customer, *other, holds, *music);
                    return self.with_question(all);
                }
                let internal = self.is_internal();
                let customer_hears = match (others, customers) {
                    (Hold::None, Hold::Held) if internal => Hears::Silence,
                    (Hold::None, _) => Hears::Party(other.leg()),
                    // Whoever holds is not listening: music on music is for nobody (R123).
                    (Hold::Held, Hold::None) => self.meanwhile_or(*music),
                    (Hold::Held, Hold::Held) => Hears::Silence,
                };
                let other_hears = match (customers, others) {
                    (Hold::None, Hold::None) => Hears::Party(*customer),
                    // Of two agents, each has the music of who waits.
                    (Hold::Held, Hold::None) if internal => *music,
                    (Hold::Held, _) | (_, Hold::Held) => Hears::Silence,
                };
                // Who waits for the other to come back hears music, whatever was agreed before.
                let unless_lost = |party, hears| match self.is_lost(party) {
                    true => self.absence_or(*music),
                    false => hears,
                };
                let customer_hears = unless_lost(other.leg(), customer_hears);
                let other_hears = unless_lost(*customer, other_hears);
                let all = vec![(*customer, customer_hears), (other.leg(), other_hears)];
                self.with_question(all)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{AGENT, CUSTOMER, MUSIC, now, talking, waiting};
    use super::*;
    use crate::call::record::{End, Role};

    #[test]
    fn several_are_heard_at_once_and_one_alone_as_ever() {
        assert_eq!(Hears::all([]), Hears::Silence);
        assert_eq!(Hears::all([AGENT]), Hears::Party(AGENT));
        let both = Hears::Parties([Some(AGENT), Some(CUSTOMER), None, None]);
        assert_eq!(Hears::all([AGENT, CUSTOMER]), both);
    }

    #[test]
    fn a_waiting_caller_hears_what_plays_and_nobody_hears_the_caller() {
        let (mut call, _) = waiting();
        assert!(call.play(MUSIC));
        assert_eq!(call.arrangement(), [(CUSTOMER, MUSIC)]);
    }

    #[test]
    fn whoever_talks_hears_the_other() {
        let (call, _) = talking();
        let expected = [
            (CUSTOMER, Hears::Party(AGENT)),
            (AGENT, Hears::Party(CUSTOMER)),
        ];
        assert_eq!(call.arrangement(), expected);
    }

    #[test]
    fn r123_holds_do_not_stack() {
        use Hold::{Held, None};
        for (customer, agent, heard) in [
            (None, Held, [MUSIC, Hears::Silence]),
            (Held, None, [Hears::Party(AGENT), Hears::Silence]),
            (Held, Held, [Hears::Silence, Hears::Silence]),
        ] {
            let (mut call, _) = talking();
            call.hold(Role::Customer, customer);
            call.hold(Role::Agent, agent);
            let hears = call.arrangement().into_iter().map(|(_, hears)| hears);
            assert!(hears.eq(heard), "customer {customer:?}, agent {agent:?}");
        }
    }

    #[test]
    fn b18_who_has_lost_the_other_hears_music_until_they_are_back() {
        let (mut call, _) = talking();
        call.add_leg(AGENT);
        assert!(call.lose(AGENT) && !call.lose(AGENT));
        let hears = [(CUSTOMER, MUSIC), (AGENT, Hears::Party(CUSTOMER))];
        assert_eq!(call.arrangement(), hears);
        assert!(call.find_again(AGENT));
        assert_eq!(call.arrangement()[0], (CUSTOMER, Hears::Party(AGENT)));
    }

    #[test]
    fn nobody_hears_anything_of_a_call_that_is_over() {
        let (mut call, clock) = talking();
        assert!(call.end(now(&clock), &clock, End::AgentHungUp));
        assert_eq!(call.arrangement(), []);
    }
}
