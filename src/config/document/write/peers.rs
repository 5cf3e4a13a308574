//! The habits of phones and trunks.

use super::{seconds, table};
use crate::config::words::{CODECS, DTMF, IDENTITY, RELIABLE, RTCP_MUX, SRTP, word};
use crate::settings::{Habits, Verify};
use toml::{Table, Value};

pub(super) fn habits(into: &mut Table, habits: &Habits) {
    let codecs = habits
        .codecs
        .iter()
        .map(|codec| word(*codec, &CODECS).into());
    into.extend(table([
        ("codecs", Value::Array(codecs.collect())),
        (
            "reliable_provisionals",
            word(habits.reliable_provisionals, &RELIABLE).into(),
        ),
        (
            "session_timer_s",
            seconds(habits.session_timer.unwrap_or_default()),
        ),
        ("early_media", habits.early_media.into()),
        ("dtmf", word(habits.dtmf, &DTMF).into()),
        ("identity", word(habits.identity, &IDENTITY).into()),
        ("srtp", word(habits.srtp, &SRTP).into()),
        ("rtcp_mux", word(habits.rtcp_mux, &RTCP_MUX).into()),
    ]));
}

pub(super) fn verify(verify: Verify) -> String {
    match verify {
        Verify::Name => "name".to_owned(),
        Verify::None => "none".to_owned(),
        Verify::Pinned(digest) => {
            let digits = digest.iter().map(|byte| format!("{byte:02x}"));
            format!("sha256:{}", digits.collect::<String>())
        }
    }
}
