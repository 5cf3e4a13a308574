//! Whether the customer agrees to be recorded (B22): nothing is before they have heard so.
//!
//! ```text
//!                            ┌─ no key is set ─────────────────────────────┐
//!   not asked ──connected──▶ asking ──heard──▶ waiting ──it was not pressed──▶ agreed
//!       ▲                      │ the key         │ the key
//!       └── not connected any more ──────────────┴──▶ refused
//! ```
//!
//! Who has agreed, or refused, is not asked again in the same call, whoever they talk to next.

use super::recording::Consent as Terms;
use super::{Call, Hears, Hold, Stage};
use crate::clock::Clock;
use crate::id::{LegId, SoundId};
use jiff::Timestamp;
use std::time::Instant;

/// What the customer says to being recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum Consent {
    #[default]
    NotAsked,
    /// Both hear the message.
    Asking {
        play: u64,
        sound: SoundId,
    },
    /// It was heard: until then the key is waited for.
    Waiting {
        until: Instant,
        heard: Timestamp,
    },
    /// They were told, and said nothing against it.
    Agreed {
        at: Timestamp,
    },
    Refused,
}

impl Call {
    /// Whether the customer is to be asked before they are recorded.
    pub fn wants_consent(&self) -> bool {
        self.terms().is_some() && self.consent == Consent::NotAsked
    }

    /// Whether nothing is in the way of recording the customer.
    pub fn may_record(&self) -> bool {
        self.terms().is_none() || matches!(self.consent, Consent::Agreed { .. })
    }

    /// The message is heard from now on.
    pub fn ask_consent(&mut self, play: u64, sound: SoundId) {
        self.consent = Consent::Asking { play, sound };
    }

    /// Something was heard to its end by the customer. Says whether it was the message.
    pub fn consent_heard(&mut self, now: Instant, clock: &Clock, heard: u64) -> bool {
        let is_it = matches!(self.consent, Consent::Asking { play, .. } if play == heard);
        if let (true, Some(terms)) = (is_it, self.terms()) {
            let at = clock.civil(now);
            self.consent = match terms.refuse {
                Some(_) => Consent::Waiting {
                    until: now + terms.wait,
                    heard: at,
                },
                None => Consent::Agreed { at },
            };
        }
        is_it
    }

    /// The customer has pressed a key. Says whether they refuse with it.
    pub fn refuses(&mut self, key: char) -> bool {
        let refuses = self.terms().and_then(|terms| terms.refuse) == Some(key);
        let in_time = matches!(
            self.consent,
            Consent::Asking { .. } | Consent::Waiting { .. }
        );
        if refuses && in_time {
            self.consent = Consent::Refused;
        }
        refuses && in_time
    }

    /// The time to refuse may be over. Says whether it is now.
    pub fn consent_due(&mut self, now: Instant) -> bool {
        match self.consent {
            Consent::Waiting { until, heard } if until <= now => {
                self.consent = Consent::Agreed { at: heard };
                true
            }
            Consent::Waiting { .. }
            | Consent::NotAsked
            | Consent::Asking { .. }
            | Consent::Agreed { .. }
            | Consent::Refused => false,
        }
    }

    /// When to ask [`Call::consent_due`].
    pub fn consent_timeout(&self) -> Option<Instant> {
        match self.consent {
            Consent::Waiting { until, .. } => Some(until),
            Consent::NotAsked
            | Consent::Asking { .. }
            | Consent::Agreed { .. }
            | Consent::Refused => None,
        }
    }

    /// When the customer was told, if they have agreed.
    pub(super) fn agreed_at(&self) -> Option<Timestamp> {
        match self.consent {
            Consent::Agreed { at } => Some(at),
            Consent::NotAsked
            | Consent::Asking { .. }
            | Consent::Waiting { .. }
            | Consent::Refused => None,
        }
    }

    /// They are not connected any more: who has not answered is asked again next time.
    pub(super) fn forget_question(&mut self) {
        if self.agreed_at().is_none() && self.consent != Consent::Refused {
            self.consent = Consent::NotAsked;
        }
    }

    /// While the message is heard, both hear it instead of each other: the agent knows when the talk
    /// begins. Not who is on hold or away: it begins anew when they are back.
    pub(super) fn with_question(&self, mut hears: Vec<(LegId, Hears)>) -> Vec<(LegId, Hears)> {
        let (
            Consent::Asking { play, sound },
            Stage::Talking {
                customer,
                other,
                customers,
                others,
                ..
            },
        ) = (self.consent, &self.stage)
        else {
            return hears;
        };
        if *customers == Hold::Held || self.is_lost(*customer) {
            return hears;
        }
        let message = Hears::Message { play, sound };
        let agent = *others == Hold::None && self.consult.is_none();
        for (leg, heard) in &mut hears {
            if leg == customer || agent && *leg == other.leg() {
                *heard = message;
            }
        }
        hears
    }

    fn terms(&self) -> Option<Terms> {
        self.policy.as_ref()?.consent
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{AGENT, CUSTOMER, MUSIC, now, talking};
    use super::*;
    use crate::call::record::Role;
    use std::time::Duration;

    const SOUND: SoundId = SoundId(9);

    fn asked(refuse: Option<char>) -> (Call, Clock) {
        let (mut call, clock) = talking();
        let wait = Duration::from_secs(5);
        if let Some(policy) = &mut call.policy {
            policy.consent = Some(Terms { refuse, wait });
        }
        assert!(call.wants_consent() && !call.may_record());
        call.ask_consent(7, SOUND);
        (call, clock)
    }

    #[test]
    fn b22_both_hear_the_message_and_then_each_other() {
        let (mut call, clock) = asked(None);
        let (play, sound) = (7, SOUND);
        let message = Hears::Message { play, sound };
        assert_eq!(call.arrangement(), [(CUSTOMER, message), (AGENT, message)]);
        assert!(!call.consent_heard(now(&clock), &clock, 6), "another one");
        assert!(!call.may_record() && call.consent_heard(now(&clock), &clock, 7));
        assert!(call.may_record() && !call.wants_consent());
        assert_eq!(call.arrangement()[0], (CUSTOMER, Hears::Party(AGENT)));
    }

    #[test]
    fn b22_who_is_on_hold_hears_it_when_they_are_back() {
        let (mut call, _) = asked(None);
        call.hold(Role::Customer, Hold::Held);
        assert_eq!(call.arrangement()[0], (CUSTOMER, Hears::Party(AGENT)));
        call.hold(Role::Customer, Hold::None);
        call.hold(Role::Agent, Hold::Held);
        let heard: Vec<_> = call.arrangement().into_iter().map(|(_, h)| h).collect();
        assert!(
            matches!(heard[0], Hears::Message { .. }),
            "before {MUSIC:?}"
        );
        assert_eq!(heard[1], Hears::Silence);
    }

    #[test]
    fn b22_the_key_means_no_while_it_is_asked_and_waited_for() {
        let (mut call, clock) = asked(Some('9'));
        assert!(!call.refuses('1'));
        assert!(call.consent_heard(now(&clock), &clock, 7));
        assert!(!call.may_record(), "the key is waited for");
        let later = now(&clock) + Duration::from_secs(4);
        assert!(!call.consent_due(later) && call.refuses('9') && !call.refuses('9'));
        assert_eq!((call.may_record(), call.consent_timeout()), (false, None));
        call.forget_question();
        assert!(!call.wants_consent(), "no is no");

        let (mut call, clock) = asked(Some('9'));
        assert!(call.consent_heard(now(&clock), &clock, 7));
        let later = call.consent_timeout().expect("a deadline");
        assert!(call.consent_due(later) && call.may_record() && !call.refuses('9'));
        assert_eq!(call.agreed_at(), Some(clock.civil(now(&clock))));
    }

    #[test]
    fn b22_who_has_not_answered_is_asked_again() {
        let (mut call, _) = asked(Some('9'));
        call.forget_question();
        assert!(call.wants_consent());
    }
}
