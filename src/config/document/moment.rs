//! The sections of what customers hear who have to wait for a moment.

use super::write::{Writer, list, maybe, put, seconds, table};
use crate::config::words::{ON_FAILURE, word};
use crate::settings::{Moment, Repeated};
use toml::{Table, Value};

/// Adds `hold`, `hold_message` and `transfer`.
pub(super) fn write(writer: &Writer<'_>, root: &mut Table) {
    let account = writer.account;
    let mut hold = Table::new();
    moment(writer, &mut hold, "announcement", &account.hold);
    let absence = &account.absence;
    put(&mut hold, "absence_enabled", absence.enabled.into());
    put(&mut hold, "absence_after_s", seconds(absence.after));
    repeated(writer, &mut hold, "absence", absence.message.as_ref());
    put(root, "hold", hold.into());
    let own = list(&account.hold_messages, |each| {
        let queues = each.queues.iter();
        let queues = queues.map(|id| writer.queue_name(*id).into());
        let mut table = table([
            ("id", each.id.0.into()),
            ("name", each.name.as_str().into()),
            ("queues", Value::Array(queues.collect())),
            ("enabled", each.enabled.into()),
        ]);
        moment(writer, &mut table, "announcement", &each.moment);
        table.into()
    });
    put(root, "hold_message", own);
    let set = &account.transfer;
    let mut transfer = table([
        ("message_enabled", set.message.into()),
        ("early_media", set.early_media.into()),
        ("allow_unlisted_numbers", set.allow_unlisted_numbers.into()),
        ("on_failure", word(set.on_failure, &ON_FAILURE).into()),
    ]);
    moment(writer, &mut transfer, "message", &set.moment);
    let failed = set.failed.as_ref();
    let failed = failed.map(|message| writer.message(message).into());
    maybe(&mut transfer, "failed_message", failed);
    put(root, "transfer", transfer.into());
}

fn moment(writer: &Writer<'_>, into: &mut Table, key: &str, moment: &Moment) {
    let music = moment.music.as_ref();
    maybe(
        into,
        "music",
        music.map(|music| writer.message(music).into()),
    );
    repeated(writer, into, key, moment.message.as_ref());
}

fn repeated(writer: &Writer<'_>, into: &mut Table, key: &str, repeated: Option<&Repeated>) {
    if let Some(repeated) = repeated {
        let mut message = writer.message(&repeated.message);
        put(&mut message, "every_s", seconds(repeated.every));
        put(into, key, message.into());
    }
}
