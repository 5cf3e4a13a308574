//! What was recorded this month against what may be, all agents together (R105). Beyond it there is an alarm:
//! nothing is dropped, and what is being recorded goes on.

use super::Means;
use crate::settings::Account;
use crate::watch::metrics;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Of what may be recorded so much is nearly all.
const NEARLY: f64 = 0.8;

/// Looks how much of it is used, and says so if it is nearly all, or more.
pub(super) fn look(means: &Means, account: &Account, now: Timestamp) -> anyhow::Result<()> {
    let Some(gigabytes) = account.recording.quota_gb else {
        metrics::RECORDING_QUOTA.set(0.0);
        return Ok(());
    };
    let month = now
        .to_zoned(TimeZone::UTC)
        .first_of_month()?
        .start_of_day()?;
    let bytes = means.store.recorded_bytes(month.timestamp())?;
    let used = used(bytes, gigabytes, account.agents.len());
    metrics::RECORDING_QUOTA.set(used);
    let percent = (used * 100.0).round();
    match Level::of(used) {
        Level::Fine => {}
        Level::Nearly => {
            tracing::warn!(percent, "what may be recorded this month is nearly used up");
        }
        Level::Beyond => tracing::error!(
            percent,
            "more is recorded this month than quota_gb allows: recording goes on"
        ),
    }
    Ok(())
}

/// How it stands with what may be recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Fine,
    Nearly,
    Beyond,
}

impl Level {
    fn of(used: f64) -> Self {
        match used {
            1.0.. => Self::Beyond,
            NEARLY..1.0 => Self::Nearly,
            _ => Self::Fine,
        }
    }
}

/// The part that is used: 1 is all. An account without agents has what one has.
fn used(bytes: u64, gigabytes: u32, agents: usize) -> f64 {
    bytes as f64 / (f64::from(gigabytes) * 1e9 * agents.max(1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r105_five_gigabytes_of_ten_agents_are_fifty_for_all_of_them() {
        let level = |gigabytes: f64| Level::of(used((gigabytes * 1e9) as u64, 5, 10));
        assert_eq!(level(0.0), Level::Fine);
        assert_eq!(
            level(39.9),
            Level::Fine,
            "one agent alone may use most of it"
        );
        assert_eq!(level(40.0), Level::Nearly);
        assert_eq!(level(49.9), Level::Nearly);
        assert_eq!(level(50.0), Level::Beyond);
        assert_eq!(level(5_000.0), Level::Beyond);
        assert_eq!(Level::of(used(5_000_000_000, 5, 0)), Level::Beyond);
    }
}
