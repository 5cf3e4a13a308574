//! Logs: one line an event, as text or as JSON.
//!
//! Lines about a call carry its id in the field `call`: spans opened with [`of_call`] add it to
//! everything said inside them. Logs go to standard error, so that standard output stays what a
//! command was asked for.

use crate::id::CallId;
use anyhow::Context as _;
use std::io::IsTerminal as _;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

/// How a line looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For eyes: time, level, place, message, fields.
    #[default]
    Text,
    /// For collectors: one JSON object a line, fields at its top level.
    Json,
}

/// Starts logging for the whole process. `level` is a filter: `info`, `warn,cordboard::sip=debug`.
///
/// # Errors
/// If the filter cannot be read, or if logging was started before.
pub fn init(format: Format, level: &str) -> anyhow::Result<()> {
    let colour = std::io::stderr().is_terminal();
    let filter = filter(level)?;
    tracing::subscriber::set_global_default(subscriber(format, filter, colour, std::io::stderr))
        .context("logging was started twice")
}

/// A span whose lines carry the call's id, whatever the level.
pub fn of_call(call: CallId) -> tracing::Span {
    tracing::error_span!("call", call = %call)
}

fn filter(level: &str) -> anyhow::Result<EnvFilter> {
    let mend = || {
        format!(
            "{level:?} says not what to log: write for example info, or warn,cordboard::sip=debug"
        )
    };
    // A word that is no level would be taken for a part of the program, and silence all others.
    let mut parts = level.split(',').map(str::trim);
    let known = |part: &str| part.contains(['=', '[', ':']) || part.parse::<LevelFilter>().is_ok();
    anyhow::ensure!(parts.all(known), mend());
    EnvFilter::try_new(level.replace(' ', "")).with_context(mend)
}

fn subscriber<W>(
    format: Format,
    filter: EnvFilter,
    colour: bool,
    to: W,
) -> Box<dyn tracing::Subscriber + Send + Sync>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(to);
    match format {
        Format::Text => Box::new(lines.with_ansi(colour).finish()),
        Format::Json => Box::new(lines.json().flatten_event(true).finish()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl Paper {
        fn text(&self) -> String {
            let bytes = self.0.lock().expect("one thread").clone();
            String::from_utf8(bytes).expect("UTF-8")
        }
    }

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("one thread").write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(format: Format, say: impl FnOnce()) -> String {
        let paper = Paper::default();
        let ink = paper.clone();
        let filter = filter("info").expect("a filter");
        let subscriber = subscriber(format, filter, false, move || ink.clone());
        tracing::subscriber::with_default(subscriber, say);
        paper.text()
    }

    #[test]
    fn a_line_in_a_call_carries_its_id() {
        let call = CallId::mint(1_700_000_000_000, 5);
        let say = || of_call(call).in_scope(|| tracing::info!(code = 486, "refused"));

        let text = logged(Format::Text, say);
        assert!(text.contains(&format!("call={call}")), "{text}");

        let line: serde_json::Value =
            serde_json::from_str(&logged(Format::Json, say)).expect("one object");
        assert_eq!(line["message"], "refused");
        assert_eq!(line["code"], 486);
        assert_eq!(line["span"]["call"], call.to_string());
    }

    #[test]
    fn the_level_filters() {
        let text = logged(Format::Text, || {
            tracing::debug!("whisper");
            tracing::warn!("shout");
        });
        assert!(text.contains("shout") && !text.contains("whisper"));
    }

    #[test]
    fn a_wrong_filter_is_shown() {
        for wrong in ["cordboard=loud", "loud", "info,lout"] {
            let told = filter(wrong).expect_err("no level").to_string();
            assert!(told.contains(&format!("{wrong:?}")), "{told}");
        }
        for fine in ["info", "off", "warn, cordboard::sip=debug", "DEBUG"] {
            filter(fine).expect("a filter");
        }
    }
}
