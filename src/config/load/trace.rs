//! What is kept of what SIP says, and where it is sent.

use super::Loader;
use crate::config::table::Table;
use crate::watch::trace;
use std::time::Duration;

impl Loader<'_> {
    pub(super) fn trace(&mut self, root: &mut Table<'_>) -> Option<trace::Settings> {
        let mut settings = trace::Settings::default();
        let report = &mut self.report;
        let Some(mut table) = root.table("trace", report) else {
            return Some(settings);
        };
        let enabled = table.boolean("enabled", report).unwrap_or(true);
        if let Some(keep) = table.seconds(
            "keep_s",
            &(Duration::ZERO..=Duration::from_secs(7 * 86_400)),
            report,
        ) {
            settings.keep = keep;
            if keep > Duration::from_secs(7 * 86_400) {
                report.of("trace.keep_s", "at most a week: 604800");
            }
        }
        let mut number = |key, range, unit: usize, to: &mut usize| {
            let number = table.number(key, range, report);
            let number = number.and_then(|number| usize::try_from(number).ok());
            *to = number.map_or(*to, |number| number * unit);
        };
        number("call_messages", 10..=10_000, 1, &mut settings.messages);
        number("call_kb", 64..=16_384, 1 << 10, &mut settings.bytes);
        number("memory_mb", 1..=16_384, 1 << 20, &mut settings.memory);
        table.done(report);
        enabled.then_some(settings)
    }

    /// The capture server. `trace` says whether there is anything to send.
    pub(super) fn hep(&mut self, root: &mut Table<'_>, trace: bool) -> Option<trace::HepSettings> {
        let report = &mut self.report;
        let mut table = root.table("hep", report)?;
        if !table.has("server") {
            table.missing("server", report);
        }
        let server = table.parsed(
            "server",
            "an address and a port: \"192.0.2.20:9060\"",
            report,
        );
        let capture_id = table
            .number("capture_id", 1..=u32::MAX, report)
            .unwrap_or(1);
        let password = table.string("password", report);
        if password
            .as_ref()
            .is_some_and(|password| password.len() > 255)
        {
            report.of("hep.password", "at most 255 bytes");
        }
        if !trace {
            report.of("hep", "sends what [trace] keeps: set trace.enabled = true");
        }
        table.done(report);
        Some(trace::HepSettings {
            server: server?,
            capture_id,
            password,
        })
    }
}
