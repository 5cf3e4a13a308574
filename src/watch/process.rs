//! What the process uses, as Linux tells it in `/proc/self` (proc(5)). Elsewhere: nothing.

use std::fs;
use std::time::Duration;

/// Time and memory used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Usage {
    /// User and system time since the start.
    pub cpu: Duration,
    /// Bytes in RAM.
    pub memory: u64,
    pub threads: u64,
}

/// Linux counts CPU time in hundredths of a second for user space, on every architecture we run on.
const TICKS: u64 = 100;

/// Reads the process's own usage.
pub(super) fn usage() -> Option<Usage> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    let status = fs::read_to_string("/proc/self/status").ok()?;
    read(&stat, &status)
}

/// How many descriptors are open, that of the count itself not counted.
pub(super) fn descriptors() -> Option<u64> {
    let open = fs::read_dir("/proc/self/fd").ok()?.count() as u64;
    Some(open.saturating_sub(1))
}

fn read(stat: &str, status: &str) -> Option<Usage> {
    // The second field is the name in parentheses, which may hold anything.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut ticks = fields.split_whitespace().skip(11).map(str::parse::<u64>);
    let (user, system) = (ticks.next()?.ok()?, ticks.next()?.ok()?);
    let number = |name: &str| -> Option<u64> {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse().ok()
    };
    Some(Usage {
        cpu: Duration::from_millis(user.checked_add(system)?.checked_mul(1_000 / TICKS)?),
        memory: number("VmRSS:")?.checked_mul(1_024)?,
        threads: number("Threads:")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_does_not_shift_the_fields() {
        let stat = "7 (a) b) S 1 2 3 4 5 6 7 8 9 10 150 50 0 0 20 0 4 0 1\n";
        let status = "Name:\ta) b\nVmRSS:\t    2048 kB\nThreads:\t4\n";
        let usage = Usage {
            cpu: Duration::from_secs(2),
            memory: 2_097_152,
            threads: 4,
        };
        assert_eq!(read(stat, status), Some(usage));
        assert_eq!(read("", ""), None);
        assert_eq!(read(stat, "VmRSS: many"), None);
    }
}
