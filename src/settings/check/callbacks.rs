//! Callbacks, and the codes that ask for them.

use super::super::defaults::{CALLBACK_DELAY, CODE, RETRIES};
use super::super::{Account, Codes};
use super::Problems;

impl Problems {
    pub(super) fn callbacks(&mut self, account: &Account) {
        let callbacks = &account.callbacks;
        self.unique("callback", "name", callbacks.iter().map(|each| &each.name));
        self.unique("callback", "id", callbacks.iter().map(|each| each.id));
        for (index, callback) in callbacks.iter().enumerate() {
            let path = format!("callback[{index}]");
            self.name(&format!("{path}.name"), &callback.name);
            self.range(&format!("{path}.delay_s"), callback.delay, CALLBACK_DELAY);
            if !RETRIES.contains(&callback.retries) {
                self.add(format!("{path}.retries"), "must be 0 to 20");
            }
            for (key, message) in [
                ("confirmation", &callback.confirmation),
                ("ask_number", &callback.ask_number),
                ("declined", &callback.declined),
            ] {
                let path = format!("{path}.{key}");
                self.message(&path, message.as_ref());
                self.no_placeholders(&path, message.as_ref());
            }
        }
    }

    /// Codes of several digits may begin alike: the longest that is pressed counts (R81).
    pub(super) fn codes(&mut self, account: &Account, path: &str, codes: &Codes) {
        let wait = format!("{path}.wait_for_response_s");
        self.range(&wait, codes.wait, CODE);
        if codes.rows.len() > 100 {
            self.add(format!("{path}.codes"), "at most 100 codes");
        }
        let list = format!("{path}.codes");
        self.unique(&list, "digits", codes.rows.iter().map(|row| &row.digits));
        for (index, row) in codes.rows.iter().enumerate() {
            let path = format!("{list}[{index}]");
            let key = |c: char| c.is_ascii_digit() || "*#".contains(c);
            if !(1..=8).contains(&row.digits.len()) || !row.digits.chars().all(key) {
                self.add(format!("{path}.digits"), "1 to 8 of 0-9 * # (D11)");
            }
            if account.callback(row.callback).is_none() {
                let mend = format!("there is no callback {}", row.callback);
                self.add(format!("{path}.callback"), mend);
            }
        }
    }
}
