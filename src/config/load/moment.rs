//! What customers hear who have to wait for a moment, and what holds for calls that are passed on.

use super::Loader;
use super::account::Names;
use crate::config::table::Table;
use crate::config::words::ON_FAILURE;
use crate::id::HoldId;
use crate::settings::{Absence, HoldMessage, Moment, Repeated, Transfer, defaults};

impl Loader<'_> {
    /// What is heard on hold where a queue has no message of its own (R118), and while the other party's
    /// browser is lost (B18).
    pub(super) fn hold(&mut self, root: &mut Table<'_>) -> (Moment, Absence) {
        let Some(mut table) = root.table("hold", &mut self.report) else {
            return Default::default();
        };
        let moment = self.moment(&mut table, "announcement");
        let message = self.repeated(&mut table, "absence");
        let enabled = table.boolean("absence_enabled", &mut self.report);
        let after = table.seconds("absence_after_s", &defaults::ABSENCE, &mut self.report);
        table.done(&mut self.report);
        let usual = Absence::default();
        let absence = Absence {
            enabled: enabled.unwrap_or(usual.enabled),
            after: after.unwrap_or(usual.after),
            message,
        };
        (moment, absence)
    }

    pub(super) fn hold_message(
        &mut self,
        id: HoldId,
        name: String,
        mut table: Table<'_>,
        names: &Names,
    ) -> HoldMessage {
        let moment = self.moment(&mut table, "announcement");
        if !table.has("queues") {
            table.missing("queues", &mut self.report);
        }
        let queues = self.references(&mut table, "queues", "queue", &names.queues);
        let enabled = table.boolean("enabled", &mut self.report);
        table.done(&mut self.report);
        HoldMessage {
            id,
            name,
            queues: queues.unwrap_or_default(),
            enabled: enabled.unwrap_or(true),
            moment,
        }
    }

    pub(super) fn transfer(&mut self, root: &mut Table<'_>) -> Transfer {
        let usual = Transfer::default();
        let Some(mut table) = root.table("transfer", &mut self.report) else {
            return usual;
        };
        let moment = self.moment(&mut table, "message");
        let failed = table.table("failed_message", &mut self.report);
        let failed = failed.and_then(|message| self.message(message));
        let report = &mut self.report;
        let [said, early, unlisted] = ["message_enabled", "early_media", "allow_unlisted_numbers"]
            .map(|key| table.boolean(key, report));
        let on_failure = table.choice("on_failure", &ON_FAILURE, report);
        table.done(report);
        Transfer {
            moment,
            message: said.unwrap_or(usual.message),
            failed,
            early_media: early.unwrap_or(usual.early_media),
            allow_unlisted_numbers: unlisted.unwrap_or(usual.allow_unlisted_numbers),
            on_failure: on_failure.unwrap_or_default(),
        }
    }

    /// Music, and under this key a message that is repeated.
    fn moment(&mut self, table: &mut Table<'_>, key: &'static str) -> Moment {
        let music = table.table("music", &mut self.report);
        let music = music.and_then(|message| self.message(message));
        let message = self.repeated(table, key);
        Moment { music, message }
    }

    fn repeated(&mut self, table: &mut Table<'_>, key: &'static str) -> Option<Repeated> {
        let mut table = table.table(key, &mut self.report)?;
        let every = table.seconds("every_s", &defaults::REPEAT, &mut self.report);
        Some(Repeated {
            message: self.message(table)?,
            every: every.unwrap_or(defaults::REPEAT_EVERY),
        })
    }
}
