//! The server's use of the machine, from outside: `/proc/PID`.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

/// Linux counts CPU time for `/proc` in hundredths of a second on every architecture it is built for here.
const TICK: Duration = Duration::from_millis(10);

/// What a process had used at a moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reading {
    at: Option<Instant>,
    cpu: Duration,
    /// Resident memory, in KB.
    memory: u64,
    /// By thread name.
    threads: BTreeMap<String, Duration>,
}

/// What it used between two readings.
#[derive(Clone, Debug, Default)]
pub(crate) struct Used {
    pub(crate) wall: Duration,
    pub(crate) cpu: Duration,
    /// Growth of resident memory, in KB.
    pub(crate) growth: i64,
    pub(crate) threads: BTreeMap<String, Duration>,
}

impl Reading {
    /// Reads a process; all zero without one.
    pub(crate) fn take(pid: Option<u32>) -> Self {
        let at = Some(Instant::now());
        let Some(pid) = pid else {
            return Self {
                at,
                ..Self::default()
            };
        };
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let memory = status.lines().find_map(|line| {
            let value = line.strip_prefix("VmRSS:")?;
            value.split_whitespace().next()?.parse().ok()
        });
        let mut threads = BTreeMap::new();
        for entry in fs::read_dir(format!("/proc/{pid}/task"))
            .into_iter()
            .flatten()
            .flatten()
        {
            let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
            if let Some((name, cpu)) = parse(&stat) {
                *threads.entry(name).or_default() += cpu;
            }
        }
        Self {
            at,
            cpu: parse(&stat).map_or(Duration::ZERO, |(_, cpu)| cpu),
            memory: memory.unwrap_or_default(),
            threads,
        }
    }

    /// What was used since an earlier reading.
    pub(crate) fn since(&self, earlier: &Self) -> Used {
        let wall = self.at.zip(earlier.at).map(|(now, then)| now - then);
        let threads = self.threads.iter().map(|(name, cpu)| {
            let before = earlier.threads.get(name).copied().unwrap_or_default();
            (name.clone(), cpu.saturating_sub(before))
        });
        Used {
            wall: wall.unwrap_or_default(),
            cpu: self.cpu.saturating_sub(earlier.cpu),
            growth: self.memory as i64 - earlier.memory as i64,
            threads: threads.filter(|(_, cpu)| !cpu.is_zero()).collect(),
        }
    }
}

/// Name, and user and system time together, of a `stat` line (proc(5)).
fn parse(stat: &str) -> Option<(String, Duration)> {
    let (head, tail) = stat.rsplit_once(')')?;
    let name = head.split_once('(')?.1.to_owned();
    let mut fields = tail.split_whitespace().skip(11);
    let user: u32 = fields.next()?.parse().ok()?;
    let system: u32 = fields.next()?.parse().ok()?;
    Some((name, TICK * (user + system)))
}
