//! What a run has shown, for people and as JSON.

use crate::field::{Field, Tally};
use crate::gauge::Used;
use crate::meter::Expect;
use serde_json::{Value, json};
use std::fmt;
use std::time::Duration;

/// Streams with faults that are printed one by one.
const SHOWN: usize = 10;

/// The result of a run.
pub(crate) struct Report {
    mode: &'static str,
    /// Calls at once, or in series after the warm-up.
    pub(crate) calls: u64,
    pub(crate) warm_up: u64,
    /// A steady run: use is per time; otherwise per call.
    pub(crate) steady: bool,
    /// Phones with a call up when the window ended.
    pub(crate) up: Option<usize>,
    /// Datagrams a second of strangers, if there were any.
    pub(crate) hostile: Option<f64>,
    /// Pairs that heard each other.
    pub(crate) bridged: Option<usize>,
    /// Phones still in a call when the run gave up.
    pub(crate) left: usize,
    pub(crate) streams: Streams,
    tally: Tally,
    delays: Vec<u32>,
    /// `None` if no process was named.
    used: Option<Used>,
    wall: Duration,
}

/// The streams of the window.
#[derive(Default)]
pub(crate) struct Streams {
    all: Vec<Row>,
    pub(crate) bridged: usize,
    /// Pairs whose two ends disagree about who their peer is.
    crossed: usize,
}

struct Row {
    phone: usize,
    caller: bool,
    sent: u64,
    received: u64,
    lost: u64,
    late: u64,
    gaps: u64,
    longest_gap: Duration,
    wrong: u64,
    jumps: u64,
    strange: u64,
    peer: Option<u32>,
}

impl Row {
    fn is_clean(&self) -> bool {
        self.received > 0
            && self.lost + self.late + self.gaps + self.wrong + self.jumps + self.strange == 0
    }
}

impl Streams {
    /// Reads the meters of all phones in a call.
    pub(crate) fn of(field: &Field) -> Self {
        let mut all = Vec::new();
        let mut crossed = 0;
        for (phone, stream) in field.streams.iter().enumerate() {
            let Some(stream) = stream.as_ref().filter(|stream| stream.remote.is_some()) else {
                continue;
            };
            let meter = &stream.meter;
            if let (Expect::Peer, Some(peer)) = (meter.expect, meter.peer) {
                let other = field.streams.get(peer as usize).and_then(Option::as_ref);
                let back = other.and_then(|other| other.meter.peer);
                crossed += usize::from(back != Some(phone as u32));
            }
            all.push(Row {
                phone,
                caller: field.is_caller(phone),
                sent: stream.sent,
                received: meter.received,
                lost: meter.lost,
                late: meter.late,
                gaps: meter.gaps,
                longest_gap: meter.longest_gap,
                wrong: meter.wrong,
                jumps: meter.jumps,
                strange: meter.strange,
                peer: meter.peer,
            });
        }
        Self {
            all,
            bridged: field.bridged(),
            crossed,
        }
    }

    fn sum(&self, of: impl Fn(&Row) -> u64) -> u64 {
        self.all.iter().map(of).sum()
    }
}

impl Report {
    /// Takes the tally and the delays out of the field.
    pub(crate) fn new(mode: &'static str, field: &mut Field, used: Used, measured: bool) -> Self {
        let mut delays = std::mem::take(&mut field.delays);
        delays.sort_unstable();
        let mut tally = std::mem::take(&mut field.tally);
        tally.set_up.sort_unstable();
        Self {
            mode,
            calls: 0,
            warm_up: 0,
            steady: false,
            up: None,
            hostile: None,
            bridged: None,
            left: 0,
            streams: Streams::default(),
            tally,
            delays,
            wall: used.wall,
            used: measured.then_some(used),
        }
    }

    /// Every call came through, and every stream heard what it should.
    pub(crate) fn is_clean(&self) -> bool {
        self.tally.failed.is_empty()
            && self.left == 0
            && self.tally.completed == self.tally.attempted
            && self.bridged.is_none_or(|pairs| pairs as u64 == self.calls)
            && self.streams.crossed == 0
            && self.streams.all.iter().all(Row::is_clean)
    }

    /// Use of one core in per cent: of 100 calls at once, for steady runs.
    fn per_hundred(&self) -> Option<f64> {
        let used = self
            .used
            .as_ref()
            .filter(|_| self.steady && self.calls > 0)?;
        let share = used.cpu.as_secs_f64() / used.wall.as_secs_f64();
        Some(share * 100.0 * 100.0 / self.calls as f64)
    }

    /// CPU time of a call in milliseconds, for series.
    fn per_call(&self) -> Option<f64> {
        let used = self
            .used
            .as_ref()
            .filter(|_| !self.steady && self.calls > 0)?;
        Some(used.cpu.as_secs_f64() * 1000.0 / self.calls as f64)
    }

    fn growth_per_call(&self) -> Option<f64> {
        let used = self
            .used
            .as_ref()
            .filter(|_| self.steady && self.calls > 0)?;
        Some(used.growth as f64 / self.calls as f64)
    }

    pub(crate) fn json(&self) -> Value {
        let streams = self.streams.all.iter().map(|row| {
            json!({
                "phone": row.phone, "role": role(row), "sent": row.sent, "received": row.received,
                "lost": row.lost, "late": row.late, "gaps": row.gaps,
                "longest_gap_ms": millis(row.longest_gap), "wrong": row.wrong, "jumps": row.jumps,
                "strange": row.strange, "peer": row.peer,
            })
        });
        let streams: Vec<Value> = streams.collect();
        let server = self.used.as_ref().map(|used| {
            let threads = used
                .threads
                .iter()
                .map(|(name, cpu)| (name.clone(), millis(*cpu).into()));
            json!({
                "cpu_ms": millis(used.cpu), "growth_kb": used.growth,
                "percent_of_core_per_100_calls": self.per_hundred(),
                "cpu_ms_per_call": self.per_call(),
                "memory_kb_per_call": self.growth_per_call(),
                "threads_cpu_ms": threads.collect::<serde_json::Map<String, Value>>(),
            })
        });
        let Streams { crossed, .. } = self.streams;
        json!({
            "mode": self.mode, "clean": self.is_clean(), "window_s": self.wall.as_secs_f64(),
            "calls": {
                "wanted": self.calls, "warm_up": self.warm_up, "attempted": self.tally.attempted,
                "answered": self.tally.answered, "taken_up": self.tally.taken_up,
                "bridged": self.bridged, "completed": self.tally.completed,
                "withdrawn": self.tally.withdrawn, "failed": self.tally.failed, "left": self.left,
                "up_at_end": self.up,
                "setup_ms_median": quantile(&self.tally.set_up, 0.5).map(millis),
                "setup_ms_p99": quantile(&self.tally.set_up, 0.99).map(millis),
            },
            "media": {
                "streams": streams.len(), "crossed": crossed,
                "sent": self.streams.sum(|row| row.sent),
                "received": self.streams.sum(|row| row.received),
                "lost": self.streams.sum(|row| row.lost),
                "late": self.streams.sum(|row| row.late),
                "gaps": self.streams.sum(|row| row.gaps),
                "wrong": self.streams.sum(|row| row.wrong),
                "jumps": self.streams.sum(|row| row.jumps),
                "stamped": self.delays.len(),
                "delay_us_median": quantile(&self.delays, 0.5),
                "delay_us_p99": quantile(&self.delays, 0.99),
            },
            "hostile_per_s": self.hostile,
            "server": server,
            "streams": streams,
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally {
            attempted,
            answered,
            completed,
            withdrawn,
            failed,
            set_up,
            ..
        } = &self.tally;
        writeln!(
            f,
            "{}: {} calls, {:.1} s",
            self.mode,
            self.calls,
            self.wall.as_secs_f64()
        )?;
        writeln!(
            f,
            "  calls      {attempted} tried, {answered} answered, {completed} ended well, {withdrawn} offers withdrawn"
        )?;
        if let Some(bridged) = self.bridged {
            writeln!(f, "  bridged    {bridged} pairs")?;
        }
        if let Some(rate) = self.hostile {
            writeln!(f, "  hostile    {rate:.0} datagrams a second")?;
        }
        for (why, count) in failed {
            writeln!(f, "  failed     {count} × {why}")?;
        }
        if self.left > 0 {
            writeln!(f, "  left over  {} phones still in a call", self.left)?;
        }
        if let (Some(median), Some(last)) = (quantile(set_up, 0.5), quantile(set_up, 0.99)) {
            writeln!(
                f,
                "  answered   in {:.1} ms (median), {:.1} ms (99 %)",
                millis(median),
                millis(last)
            )?;
        }
        self.write_media(f)?;
        let Some(used) = &self.used else {
            return Ok(());
        };
        writeln!(f, "  server     {:.0} ms of CPU", millis(used.cpu))?;
        for (name, cpu) in &used.threads {
            writeln!(f, "               {name:<16} {:>8.0} ms", millis(*cpu))?;
        }
        if let Some(share) = self.per_hundred() {
            writeln!(f, "             {share:.2} % of a core per 100 calls")?;
        }
        if let Some(cost) = self.per_call() {
            writeln!(f, "             {cost:.3} ms of CPU a call")?;
        }
        match self.growth_per_call() {
            Some(growth) => writeln!(f, "  memory     {growth:.1} KB a call"),
            None => writeln!(f, "  memory     {:+} KB since the warm-up", used.growth),
        }
    }
}

impl Report {
    fn write_media(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let streams = &self.streams;
        if streams.all.is_empty() {
            return Ok(());
        }
        writeln!(
            f,
            "  packets    {} sent, {} received, {} lost, {} late, {} jumps",
            streams.sum(|row| row.sent),
            streams.sum(|row| row.received),
            streams.sum(|row| row.lost),
            streams.sum(|row| row.late),
            streams.sum(|row| row.jumps),
        )?;
        let longest = streams.all.iter().map(|row| row.longest_gap).max();
        writeln!(
            f,
            "  sound      {} wrong, {} gaps over 60 ms (longest pause {:.0} ms), {} pairs crossed",
            streams.sum(|row| row.wrong),
            streams.sum(|row| row.gaps),
            millis(longest.unwrap_or_default()),
            streams.crossed,
        )?;
        if let (Some(median), Some(last)) =
            (quantile(&self.delays, 0.5), quantile(&self.delays, 0.99))
        {
            let stamped = self.delays.len();
            writeln!(
                f,
                "  delay      {median} µs (median), {last} µs (99 %) of {stamped} forwarded packets"
            )?;
        }
        let faulty = streams.all.iter().filter(|row| !row.is_clean());
        for row in faulty.take(SHOWN) {
            writeln!(
                f,
                "  phone {:<4} {:<6} received {}, lost {}, late {}, gaps {} (longest {:.0} ms), wrong {}, jumps {}, strange {}",
                row.phone,
                role(row),
                row.received,
                row.lost,
                row.late,
                row.gaps,
                millis(row.longest_gap),
                row.wrong,
                row.jumps,
                row.strange,
            )?;
        }
        Ok(())
    }
}

fn role(row: &Row) -> &'static str {
    if row.caller { "caller" } else { "agent" }
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// Of sorted values; `None` of none.
fn quantile<T: Copy>(sorted: &[T], share: f64) -> Option<T> {
    let place = (sorted.len() as f64 * share) as usize;
    sorted.get(place.min(sorted.len().checked_sub(1)?)).copied()
}
