//! The numbers the server gives away at `/metrics`, in the format of Prometheus.
//!
//! Every metric is a constant of this file, with its unit and what it means; nothing else is ever
//! exported. Whoever knows a number sets it: `metrics::CALLS_ACTIVE.set(3.0)`,
//! `metrics::CALLS_ENDED.add_for("abandoned", 1)`. Before [`install`] this does nothing, so tests
//! need no exporter. Label values are ours or the account's names (queues, states, reasons), never
//! a peer's words: the number of series is bounded.

use super::process;
use anyhow::Context as _;
use metrics::{KeyName, Label, Unit};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

macro_rules! metrics {
    ($($(#[$doc:meta])* $id:ident: $kind:ident = $name:literal $([$label:literal])?, $unit:ident, $help:literal;)*) => {
        $(
            #[doc = $help]
            $(#[$doc])*
            pub const $id: $kind = $kind(Metric {
                name: $name,
                label: metrics!(@label $($label)?),
                unit: Unit::$unit,
                help: $help,
            });
        )*

        fn describe() {
            $($id.describe();)*
        }

        #[cfg(test)]
        const ALL: &[Metric] = &[$($id.0),*];
    };
    (@label) => { None };
    (@label $label:literal) => { Some($label) };
}

metrics! {
    BUILD_INFO: Gauge = "cordboard_build_info" ["version"], Count, "Always 1; the label names the version.";
    UPTIME: Gauge = "cordboard_uptime_seconds", Seconds, "Time since the start.";
    DRAINING: Gauge = "cordboard_draining", Count, "1 while no new calls are taken because the server stops.";

    CALLS_STARTED: Counter = "cordboard_calls_started_total", Count, "Conversations begun.";
    CALLS_ENDED: Counter = "cordboard_calls_ended_total" ["end"], Count, "Conversations ended, by cause, as records name it.";
    CALLS_MISSED: Counter = "cordboard_calls_missed_total" ["conversation"], Count, "Calls to queues that nobody took, by how their conversations stand: open or closed.";
    CALLS_ACTIVE: Gauge = "cordboard_calls_active", Count, "Conversations going on.";
    CALLS_REFUSED: Counter = "cordboard_calls_refused_total" ["reason"], Count, "Calls refused before they became conversations.";
    NOT_SPOKEN: Counter = "cordboard_messages_not_spoken_total", Count, "Messages heard without their numbers, since the speech engine was slow or failed.";
    CALLERS_WAITING: Gauge = "cordboard_callers_waiting" ["queue"], Count, "Callers waiting in a queue.";
    CALLBACKS_WAITING: Gauge = "cordboard_callbacks_waiting" ["queue"], Count, "Customers of a queue who wait to be called back.";
    CALLBACKS_PROMISED: Counter = "cordboard_callbacks_promised_total", Count, "Callers who were told that they will be called back.";
    CALLBACKS_DIALLED: Counter = "cordboard_callback_attempts_total", Count, "Attempts to call customers back.";
    CALLBACKS_UNANSWERED: Counter = "cordboard_callbacks_unanswered_total", Count, "Callbacks given up: nobody answered, as often as was to be tried.";
    AGENTS: Gauge = "cordboard_agents" ["state"], Count, "Agents in a state.";
    WAIT: Histogram = "cordboard_wait_seconds", Seconds, "How long callers waited until an agent answered.";

    TRUNK_UP: Gauge = "cordboard_trunk_up" ["trunk"], Count, "1 while a trunk works as far as we know: registered, answering, not resting.";
    TRUNK_CALLS: Gauge = "cordboard_trunk_calls" ["trunk"], Count, "Calls of a trunk going on, both ways.";
    TRUNK_TRIED: Counter = "cordboard_trunk_attempts_total" ["trunk"], Count, "Calls out that were tried by a trunk.";
    TRUNK_FAILED: Counter = "cordboard_trunk_failures_total" ["trunk"], Count, "Calls out that a trunk did not take: no answer, or a fault of its own.";

    SIP_RECEIVED: Counter = "cordboard_sip_messages_received_total", Count, "SIP messages received.";
    SIP_SENT: Counter = "cordboard_sip_messages_sent_total", Count, "SIP messages sent.";
    SIP_DROPPED: Counter = "cordboard_sip_messages_dropped_total" ["reason"], Count, "SIP messages dropped without an answer.";
    SIP_BANS: Counter = "cordboard_sip_bans_total", Count, "Sources that were not heard for a while, as they guessed passwords or made no sense.";
    CONNECTIONS: Gauge = "cordboard_sip_connections", Count, "SIP connections open: TCP, TLS, WebSocket.";
    CONNECTIONS_REFUSED: Counter = "cordboard_sip_connections_refused_total" ["reason"], Count, "SIP connections refused by a limit.";
    CONNECTIONS_CLOSED: Counter = "cordboard_sip_connections_closed_total" ["reason"], Count, "SIP connections closed by us: silent, too slow, too long, or not SIP.";
    HANDSHAKES_FAILED: Counter = "cordboard_sip_handshakes_failed_total" ["reason"], Count, "Handshakes of TLS and WebSocket that failed or took too long.";
    CERTIFICATE_EXPIRES: Gauge = "cordboard_tls_certificate_expires_timestamp_seconds", Seconds, "When the first TLS certificate in use expires, in seconds since 1970; 0 without any.";
    CERTIFICATES_FAILING: Gauge = "cordboard_tls_certificates_failing", Count, "TLS certificates whose files cannot be used; an older one stays in use.";
    REGISTRATIONS: Gauge = "cordboard_registrations", Count, "Contacts registered.";

    RTP_RECEIVED: Counter = "cordboard_rtp_packets_received_total", Count, "RTP packets received and used.";
    RTP_SENT: Counter = "cordboard_rtp_packets_sent_total", Count, "RTP packets sent.";
    RTP_DROPPED: Counter = "cordboard_rtp_packets_dropped_total" ["reason"], Count, "RTP packets dropped.";
    MEDIA_LATE: Counter = "cordboard_media_beats_late_total", Count, "Beats of 20 ms that began over 5 ms late.";

    RECORDINGS_FINISHED: Counter = "cordboard_recordings_finished_total", Count, "Files of recordings closed.";
    RECORDING_GAPS: Counter = "cordboard_recording_gaps_total", Count, "Files of recordings in which silence stands for sound that the disk did not take.";
    RECORDING_TROUBLE: Counter = "cordboard_recording_trouble_total", Count, "Times at which recordings could not be begun, written or finished any more.";
    RECORDING_FAILING: Gauge = "cordboard_recording_failing", Count, "1 while the disk does not take all of the recordings.";

    RECORDING_QUOTA: Gauge = "cordboard_recording_quota_ratio", Count, "What was recorded this month as a part of what may be; 0 where any amount may.";
    DELIVERIES_WAITING: Gauge = "cordboard_deliveries_waiting", Count, "Files of recordings that wait for the storage.";
    DELIVERIES_OLDEST: Gauge = "cordboard_deliveries_oldest_seconds", Seconds, "How long ago the oldest of them was recorded.";
    DELIVERED: Counter = "cordboard_deliveries_total", Count, "Files of recordings that are at the storage, read back and compared.";
    DELIVERIES_FAILED: Counter = "cordboard_deliveries_failed_total", Count, "Tries to bring or remove one that failed.";

    INBOX_LENGTH: Gauge = "cordboard_inbox_length", Count, "Inputs that wait for the control thread.";
    INBOX_DROPPED: Counter = "cordboard_inbox_dropped_total" ["source"], Count, "Inputs dropped because the control thread did not keep up.";

    STORE_BACKLOG: Gauge = "cordboard_store_backlog_records", Count, "Records not yet in the database.";
    STORE_FAILING: Gauge = "cordboard_store_failing", Count, "1 while the database takes no writes and records are spooled.";
    STORE_LOST: Counter = "cordboard_store_lost_records_total", Count, "Records lost because neither database nor spool took them.";

    TRACE_CALLS: Gauge = "cordboard_trace_calls", Count, "Calls whose SIP messages are kept.";
    TRACE_BYTES: Gauge = "cordboard_trace_bytes", Bytes, "Memory that the SIP messages kept take, about.";
    TRACE_DROPPED: Counter = "cordboard_trace_messages_dropped_total", Count, "SIP messages not kept because too many passed at once.";

    HEP_SENT: Counter = "cordboard_hep_messages_sent_total", Count, "SIP messages sent to the capture server.";
    HEP_DROPPED: Counter = "cordboard_hep_messages_dropped_total", Count, "SIP messages that could not be sent to the capture server at once.";

    FAULTS: Counter = "cordboard_faults_total", Count, "Faults of ours in the switch, each at the cost of one call.";

    PROCESS_CPU: Counter = "process_cpu_seconds_total", Seconds, "User and system time of the process, in whole seconds.";
    PROCESS_MEMORY: Gauge = "process_resident_memory_bytes", Bytes, "Memory of the process that is in RAM.";
    PROCESS_DESCRIPTORS: Gauge = "process_open_fds", Count, "Descriptors the process has open.";
    PROCESS_THREADS: Gauge = "process_threads", Count, "Threads of the process.";
}

/// What a metric is called and what it means.
#[derive(Clone, Debug)]
struct Metric {
    name: &'static str,
    label: Option<&'static str>,
    unit: Unit,
    help: &'static str,
}

/// A count that only grows.
#[derive(Clone, Debug)]
pub struct Counter(Metric);

/// A value that rises and falls.
#[derive(Clone, Debug)]
pub struct Gauge(Metric);

/// Values whose distribution matters.
#[derive(Clone, Debug)]
pub struct Histogram(Metric);

impl Counter {
    /// Adds to a counter without a label.
    pub fn add(&self, count: u64) {
        metrics::counter!(self.0.name).increment(count);
    }

    /// Adds to the series of a label's value.
    pub fn add_for(&self, value: &str, count: u64) {
        metrics::counter!(self.0.name, self.0.labels(value)).increment(count);
    }

    /// Sets a counter without a label to a total that is counted elsewhere; it never goes back.
    pub fn total(&self, total: u64) {
        metrics::counter!(self.0.name).absolute(total);
    }

    /// Sets the series of a label's value to a total that is counted elsewhere; it never goes back.
    pub fn total_for(&self, value: &str, total: u64) {
        metrics::counter!(self.0.name, self.0.labels(value)).absolute(total);
    }

    fn describe(&self) {
        metrics::describe_counter!(KeyName::from(self.0.name), self.0.unit, self.0.help);
        if self.0.label.is_none() {
            self.add(0);
        }
    }
}

impl Gauge {
    /// Sets a gauge without a label.
    pub fn set(&self, value: f64) {
        metrics::gauge!(self.0.name).set(value);
    }

    /// Sets the series of a label's value.
    pub fn set_for(&self, label: &str, value: f64) {
        metrics::gauge!(self.0.name, self.0.labels(label)).set(value);
    }

    fn describe(&self) {
        metrics::describe_gauge!(KeyName::from(self.0.name), self.0.unit, self.0.help);
        if self.0.label.is_none() {
            self.set(0.0);
        }
    }
}

impl Histogram {
    /// Notes one value.
    pub fn note(&self, value: Duration) {
        metrics::histogram!(self.0.name).record(value.as_secs_f64());
    }

    fn describe(&self) {
        metrics::describe_histogram!(KeyName::from(self.0.name), self.0.unit, self.0.help);
    }
}

impl Metric {
    fn labels(&self, value: &str) -> Vec<Label> {
        debug_assert!(self.label.is_some(), "{} has no label", self.name);
        let name = self.label.unwrap_or("kind");
        vec![Label::new(name, value.to_owned())]
    }
}

/// The exporter, and when it began.
static EXPORTER: Mutex<Option<(PrometheusHandle, Instant)>> = Mutex::new(None);

/// Starts collecting for the whole process; nothing if it was started before.
///
/// # Errors
/// If somebody else's collector has been installed.
pub fn install() -> anyhow::Result<()> {
    let mut exporter = EXPORTER.lock().unwrap_or_else(PoisonError::into_inner);
    if exporter.is_none() {
        let recorder = recorder()?;
        let handle = recorder.handle();
        metrics::set_global_recorder(recorder).context("metrics go to another collector")?;
        *exporter = Some((handle, Instant::now()));
        start();
    }
    Ok(())
}

/// All metrics in the text format of Prometheus, those of the process read at this moment. Empty
/// before [`install`].
pub fn render() -> String {
    let exporter = EXPORTER.lock().unwrap_or_else(PoisonError::into_inner);
    let render = |(exporter, began): &(_, Instant)| render_from(exporter, began.elapsed());
    exporter.as_ref().map(render).unwrap_or_default()
}

fn render_from(exporter: &PrometheusHandle, uptime: Duration) -> String {
    UPTIME.set(uptime.as_secs_f64().floor());
    if let Some(usage) = process::usage() {
        PROCESS_CPU.total(usage.cpu.as_secs());
        PROCESS_MEMORY.set(usage.memory as f64);
        PROCESS_THREADS.set(usage.threads as f64);
    }
    if let Some(descriptors) = process::descriptors() {
        PROCESS_DESCRIPTORS.set(descriptors as f64);
    }
    exporter.run_upkeep();
    exporter.render()
}

fn recorder() -> anyhow::Result<metrics_exporter_prometheus::PrometheusRecorder> {
    let seconds = [
        1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0,
    ];
    Ok(PrometheusBuilder::new()
        .set_buckets(&seconds)
        .context("the bounds of histograms")?
        .build_recorder())
}

fn start() {
    describe();
    BUILD_INFO.set_for(env!("CARGO_PKG_VERSION"), 1.0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn rendered(set: impl FnOnce()) -> String {
        let recorder = recorder().expect("a recorder");
        let exporter = recorder.handle();
        metrics::with_local_recorder(&recorder, || {
            start();
            set();
            render_from(&exporter, Duration::from_secs(90))
        })
    }

    #[test]
    fn numbers_set_from_outside_are_rendered_with_their_meaning() {
        let text = rendered(|| {
            CALLS_STARTED.add(2);
            CALLS_ENDED.add_for("abandoned", 1);
            CALLERS_WAITING.set_for("Support \"1\"\n", 3.0);
            RTP_SENT.total(500);
            RTP_SENT.total(400);
            WAIT.note(Duration::from_secs(7));
        });
        for line in [
            "# TYPE cordboard_calls_started_total counter",
            "# HELP cordboard_calls_started_total Conversations begun.",
            "cordboard_calls_started_total 2",
            "cordboard_calls_ended_total{end=\"abandoned\"} 1",
            r#"cordboard_callers_waiting{queue="Support \"1\"\n"} 3"#,
            "cordboard_rtp_packets_sent_total 500",
            "cordboard_wait_seconds_bucket{le=\"10\"} 1",
            "cordboard_wait_seconds_bucket{le=\"5\"} 0",
        ] {
            assert!(text.lines().any(|l| l == line), "{line} in\n{text}");
        }
    }

    #[test]
    fn counters_without_a_label_are_there_from_the_start() {
        let text = rendered(|| {});
        assert!(
            text.contains("\ncordboard_store_lost_records_total 0\n"),
            "{text}"
        );
        assert!(text.contains("cordboard_build_info{version="));
        assert!(text.contains("\ncordboard_uptime_seconds 90\n"), "{text}");
        assert!(text.contains("\ncordboard_store_failing 0\n"), "{text}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_process_is_measured_when_asked() {
        let text = rendered(|| {});
        for name in [
            "process_resident_memory_bytes ",
            "process_open_fds ",
            "process_threads ",
        ] {
            let line = text
                .lines()
                .find(|line| line.starts_with(name))
                .expect(name);
            let value: f64 = line[name.len()..].parse().expect("a number");
            assert!(value >= 1.0, "{line}");
        }
    }

    #[test]
    fn names_are_unique_and_tell_their_unit() {
        let names: BTreeSet<_> = ALL.iter().map(|metric| metric.name).collect();
        assert_eq!(names.len(), ALL.len());
        for metric in ALL {
            let unit = if metric.unit == Unit::Seconds {
                "seconds"
            } else if metric.unit == Unit::Bytes {
                "bytes"
            } else {
                ""
            };
            assert!(metric.name.contains(unit), "{}", metric.name);
            assert!(metric.help.ends_with('.'), "{}", metric.name);
        }
    }

    #[test]
    fn setting_without_an_exporter_does_nothing() {
        CALLS_ACTIVE.set(1.0);
        CALLS_STARTED.add(1);
    }
}
