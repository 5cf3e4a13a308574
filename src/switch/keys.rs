//! What waiting callers press: codes while a message is heard and after it (R77–R82), and the number of
//! those who have none (D7). What a code leads to is in [`super::on_callback`].
//!
//! ```text
//!   a message with codes ─▶ Codes ──a code──▶ the number is known? ──▶ Asking ─▶ promised, or declined
//!                             │ none                │ no
//!                             ▼                     ▼
//!                           as before            Typing ── `#` ──▶ Asking
//! ```
//!
//! The keys themselves are told to nobody.

use super::listening::{After, Listening, Meaning, Stage};
use super::{Notice, Switch};
use crate::acd::callback::{Collector, Heard, Typed, Typing};
use crate::acd::{self, Message};
use crate::call::{Call, Hears};
use crate::id::{CallId, CallbackConfigId};
use crate::settings::Codes;
use std::time::Instant;

impl Switch {
    /// A message begins: if it has codes, keys mean something from now on.
    pub(super) fn listen(&mut self, call: CallId, message: Message, play: u64) {
        let asking = |listening: &Listening| matches!(listening.stage, Stage::Asking);
        if self.listening.get(&call).is_some_and(asking) {
            return;
        }
        let codes = self.codes(call, message);
        let rows = codes.rows.into_iter();
        let rows: Vec<_> = rows.map(|row| (row.digits, row.callback)).collect();
        if rows.is_empty() {
            self.listening.remove(&call);
            return;
        }
        let codes = Collector::new(rows, codes.wait);
        let listening = Listening {
            stage: Stage::Codes { play, codes },
            last_words: message == Message::Away,
            wanted: None,
        };
        self.listening.insert(call, listening);
    }

    fn codes(&self, call: CallId, message: Message) -> Codes {
        let Some(queue) = self.floor.caller(call).map(|caller| caller.queue) else {
            return Codes::default();
        };
        let codes = match message {
            Message::Announcement => {
                let called = self.calls.get(&call).map(|call| &call.record().called);
                let waiting = self.account.waiting(queue, called.map(String::as_str));
                let announcement = waiting.and_then(|(_, waiting)| waiting.announcement.as_ref());
                announcement.map(|announcement| &announcement.codes)
            }
            Message::Away => {
                let hours = self.account.queue(queue).and_then(|queue| queue.hours);
                let hours = hours.and_then(|hours| self.account.hours(hours));
                hours.map(|hours| &hours.codes)
            }
            Message::Greeting | Message::MaxWait => None,
        };
        codes.cloned().unwrap_or_default()
    }

    /// Whether the caller must not be disturbed: they type, or are being told something.
    pub(super) fn is_busy_with_keys(&self, call: CallId) -> bool {
        let stage = self.listening.get(&call).map(|listening| &listening.stage);
        match stage {
            Some(Stage::Typing { .. } | Stage::Declined { .. }) => true,
            Some(Stage::Codes { .. } | Stage::Asking) | None => false,
        }
    }

    /// A message has been heard to its end. Says whether the floor is not to know it yet, or not at all.
    pub(super) fn message_heard(&mut self, now: Instant, id: CallId, number: u64) -> bool {
        let ended = |listening: &mut Listening| listening.message_ended(now, number);
        match self.listening.change(id, ended) {
            Some(After::AsEver) | None => false,
            Some(After::Silence) => {
                self.quiet(id);
                true
            }
            Some(After::Over) => {
                self.stop_listening(now, id);
                true
            }
        }
    }

    /// A waiting caller has pressed a key.
    pub(super) fn key(&mut self, now: Instant, id: CallId, key: char) {
        if self.calls.get(&id).is_some_and(Call::is_waiting) {
            let pressed = |listening: &mut Listening| listening.pressed(now, key);
            let meaning = self.listening.change(id, pressed).flatten();
            self.means(now, id, meaning);
        }
    }

    /// The times to press something may be over.
    pub(super) fn keys_due(&mut self, now: Instant) {
        for id in self.listening.due(now) {
            let due = |listening: &mut Listening| listening.due(now);
            let meaning = self.listening.change(id, due).flatten();
            self.means(now, id, meaning);
        }
    }

    fn means(&mut self, now: Instant, id: CallId, meaning: Option<Meaning>) {
        match meaning {
            Some(Meaning::Code(heard)) => self.code(now, id, heard),
            Some(Meaning::Number(typed, callback)) => self.typed(now, id, callback, typed),
            None => {}
        }
    }

    fn code(&mut self, now: Instant, id: CallId, heard: Heard<CallbackConfigId>) {
        match heard {
            // What is no code is as if it had not been pressed (R82).
            Heard::More | Heard::Invalid => {}
            Heard::Nothing => self.stop_listening(now, id),
            Heard::Code(callback) => {
                self.listening
                    .change(id, |listening| listening.wanted = Some(callback));
                self.cut_short(now, id);
                self.wants_callback(now, id, callback);
            }
        }
    }

    fn typed(&mut self, now: Instant, id: CallId, callback: CallbackConfigId, typed: Typed) {
        match typed {
            Typed::More => {}
            Typed::GivenUp => self.decline(now, id, "no number was typed"),
            Typed::Number(number) => self.wants_callback_at(now, id, callback, &number),
        }
    }

    /// The caller is asked for a number.
    pub(super) fn ask_number(&mut self, now: Instant, id: CallId, callback: CallbackConfigId) {
        let Some(sound) = self.sounds.ask_number(callback) else {
            return self.decline(now, id, "the caller's number is not known");
        };
        let play = self.next();
        let stage = Stage::Typing {
            play,
            typing: Typing::default(),
            callback,
        };
        let types = |listening: &mut Listening| listening.stage = stage;
        if self.listening.change(id, types).is_some() {
            let hears = Hears::Message { play, sound };
            self.let_hear(id, hears, Notice::AsksNumber);
        }
    }

    /// The request is being written: keys mean nothing meanwhile, and there is music.
    pub(super) fn asking(&mut self, id: CallId) {
        let last_words = self.listening.change(id, |listening| {
            listening.stage = Stage::Asking;
            listening.last_words
        });
        if last_words == Some(false) {
            self.resume_music(id);
        }
    }

    /// The caller is not called back, hears so, and keeps the place.
    pub(super) fn decline(&mut self, now: Instant, id: CallId, why: &'static str) {
        let waits = self.calls.get(&id).is_some_and(Call::is_waiting);
        let Some(listening) = self.listening.get(&id).filter(|_| waits) else {
            return;
        };
        let wanted = listening.wanted;
        match wanted.and_then(|callback| self.sounds.declined(callback)) {
            Some(sound) => {
                let play = self.next();
                self.listening
                    .change(id, |listening| listening.stage = Stage::Declined { play });
                let hears = Hears::Message { play, sound };
                self.let_hear(id, hears, Notice::CallbackDeclined { why });
            }
            None => {
                self.notice(id, Notice::CallbackDeclined { why });
                self.stop_listening(now, id);
            }
        }
    }

    /// Keys mean nothing any more; the wait goes on, or what follows it.
    fn stop_listening(&mut self, now: Instant, id: CallId) {
        let Some(listening) = self.listening.remove(&id) else {
            return;
        };
        match listening.stage {
            _ if listening.last_words => self.acd(now, acd::Input::Heard { call: id }),
            Stage::Typing { .. } | Stage::Declined { .. } => self.resume_music(id),
            // Music has come back with the end of the message.
            Stage::Codes { .. } | Stage::Asking => {}
        }
    }

    /// The message in which a code was pressed is of no interest any more.
    fn cut_short(&mut self, now: Instant, id: CallId) {
        let Some(listening) = self.listening.get(&id) else {
            return;
        };
        let Stage::Codes { play, .. } = listening.stage else {
            return;
        };
        if listening.last_words {
            self.quiet(id);
        } else if self
            .calls
            .get(&id)
            .is_some_and(|call| call.is_playing(play))
        {
            self.acd(now, acd::Input::Heard { call: id });
        }
    }

    fn quiet(&mut self, id: CallId) {
        if let Some(call) = self.calls.get_mut(&id) {
            call.play(Hears::Silence);
            self.arrange(id);
        }
    }

    fn resume_music(&mut self, id: CallId) {
        let queue = self.floor.caller(id).map(|caller| caller.queue);
        if let Some(queue) = queue {
            let music = self.hold_music(id, queue);
            self.let_hear(id, music, Notice::HearsMusic);
        }
    }
}
