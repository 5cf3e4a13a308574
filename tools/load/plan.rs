//! The modes: what the phones do, and when the measurement begins and ends.

use crate::desk::Kind;
use crate::field::{Account, Field, Party};
use crate::gauge::{Reading, Used};
use crate::hostile::Hostile;
use crate::meter::Expect;
use crate::people;
use crate::phone::Happened;
use crate::report::{Report, Streams};
use crate::way::Spoken;
use crate::{Bridged, Media, Mode, Options, Series, Steady};
use anyhow::{Context, Result, ensure};
use cordboard::rtc::Certificate;
use std::collections::VecDeque;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long calls may take to be answered or bridged, beyond their turn.
const PATIENCE: Duration = Duration::from_secs(40);
/// How long the last calls may take to end.
const FAREWELL: Duration = Duration::from_secs(10);
/// Callers without media at once, at most.
const CALLERS: usize = 2000;

/// Runs the mode that was asked for.
pub(crate) fn run(options: &Options, agents: &[Account]) -> Result<Report> {
    let mut field = Field::new(options.external, options.internal, options.rtp_base)?;
    let pid = options.pid;
    let crew = Crew { options, agents };
    match &options.mode {
        Mode::Music(steady) => music(&mut field, steady, pid),
        Mode::Bridge(bridged) => bridge(&mut field, "bridge", bridged, &crew),
        Mode::Record(bridged) => bridge(&mut field, "record", bridged, &crew),
        Mode::Setup(series) => setup(&mut field, series, pid),
        Mode::BridgedSetup(series) => bridged_setup(&mut field, series, &crew),
    }
}

fn music(field: &mut Field, steady: &Steady, pid: Option<u32>) -> Result<Report> {
    let before = Reading::take(pid);
    dial(field, steady)?;
    let all = steady.calls as u64;
    field.live(PATIENCE, |field, _| {
        field.tally.answered + failures(field) >= all
    })?;
    measure(field, "music", steady, Expect::Music, pid, &before)
}

fn bridge(
    field: &mut Field,
    name: &'static str,
    bridged: &Bridged,
    crew: &Crew<'_>,
) -> Result<Report> {
    let (steady, pid) = (&bridged.steady, crew.options.pid);
    // Registrations are no part of what a call costs in memory.
    crew.come(field, steady.calls, Duration::ZERO, true, bridged.desks)?;
    let before = Reading::take(pid);
    dial(field, steady)?;
    let all = steady.calls;
    field.live(PATIENCE, |field, _| {
        field.bridged() as u64 + failures(field) >= all as u64
    })?;
    let mut report = measure(field, name, steady, Expect::Peer, pid, &before)?;
    report.bridged = Some(report.streams.bridged);
    Ok(report)
}

/// Begins the calls of a steady run at their rate.
fn dial(field: &mut Field, steady: &Steady) -> Result<()> {
    let began = Instant::now();
    for turn in 0..steady.calls {
        let phone = field.add_caller(true)?;
        field.call(phone, &steady.number);
        let next = began + Duration::from_secs_f64((turn + 1) as f64 / steady.rate);
        field.live(PATIENCE, |_, _| Instant::now() >= next)?;
    }
    Ok(())
}

fn measure(
    field: &mut Field,
    name: &'static str,
    steady: &Steady,
    expect: Expect,
    pid: Option<u32>,
    before: &Reading,
) -> Result<Report> {
    let [external, internal] = field.servers;
    let flood = (steady.hostile > 0).then(|| Hostile::start(steady.hostile, external, internal));
    let flood = flood.transpose()?;
    idle(field, Duration::from_secs(steady.settle))?;
    field.reset_meters(expect);
    let first = Reading::take(pid);
    idle(field, Duration::from_secs(steady.seconds))?;
    let last = Reading::take(pid);
    field.close_meters();
    let streams = Streams::of(field);
    let up = field.parties.iter().filter(|party| party.is_up()).count();
    for phone in 0..field.parties.len() {
        // Callers hang up; agents hear it from the server.
        if field.is_caller(phone) {
            field.hang_up(phone);
        }
    }
    end(field)?;
    let hostile = flood.map(Hostile::stop);
    let mut used = last.since(&first);
    used.growth = last.since(before).growth;
    let mut report = Report::new(name, field, used, pid.is_some());
    report.left = field.parties.iter().filter(|p| !p.is_idle()).count();
    report.calls = steady.calls as u64;
    report.up = Some(up);
    report.hostile = hostile;
    report.streams = streams;
    report.steady = true;
    Ok(report)
}

fn setup(field: &mut Field, series: &Series, pid: Option<u32>) -> Result<Report> {
    let number = series.number.as_deref().unwrap_or("9196");
    let used = many(field, series, number, CALLERS, pid)?;
    Ok(finish(field, "setup", series, used, pid))
}

fn bridged_setup(field: &mut Field, series: &Series, crew: &Crew<'_>) -> Result<Report> {
    let ring = Duration::from_millis(series.ring);
    let (media, pid) = (series.media == Media::Rtp, crew.options.pid);
    crew.come(field, series.agents, ring, media, series.desks)?;
    let number = series.number.as_deref().unwrap_or("5000");
    let used = many(field, series, number, series.agents, pid)?;
    Ok(finish(field, "bridged-setup", series, used, pid))
}

/// One call after another from a pool of callers; whoever answered last says BYE: the agent, or without one the caller.
fn many(
    field: &mut Field,
    series: &Series,
    number: &str,
    callers: usize,
    pid: Option<u32>,
) -> Result<Used> {
    let (all, hold) = (
        series.calls + series.warm_up,
        Duration::from_millis(series.hold),
    );
    let pause = Duration::from_secs_f64(1.0 / series.rate);
    let bridged = !field.parties.is_empty();
    let limit = pause * u32::try_from(all)? * 3 + PATIENCE;
    let mut idle_callers: Vec<usize> = Vec::new();
    let mut made_callers = 0;
    let (mut begun, mut ended) = (0, 0);
    let mut next = Instant::now();
    let mut first = None;
    let mut to_end: VecDeque<(Instant, usize)> = VecDeque::new();
    let mut fault = None;
    field.live(limit, |field, happened| {
        let now = Instant::now();
        for (phone, what) in happened {
            let caller = field.is_caller(phone);
            match what {
                Happened::Answered(_) if !bridged => to_end.push_back((now + hold, phone)),
                Happened::TakenUp => to_end.push_back((now + hold, phone)),
                Happened::Ended { .. } | Happened::Failed(_) if caller => {
                    ended += 1;
                    idle_callers.push(phone);
                }
                Happened::Answered(_)
                | Happened::Ended { .. }
                | Happened::Failed(_)
                | Happened::Registered
                | Happened::RegistrationFailed(_)
                | Happened::Withdrawn => {}
            }
        }
        while let Some((_, phone)) = to_end.pop_front_if(|(at, _)| *at <= now) {
            field.hang_up(phone);
        }
        if first.is_none() && ended >= series.warm_up {
            first = Some(Reading::take(pid));
        }
        while begun < all && next <= now {
            let phone = match idle_callers.pop() {
                Some(phone) => phone,
                None if made_callers < callers => {
                    match field.add_caller(series.media == Media::Rtp) {
                        Ok(phone) => {
                            made_callers += 1;
                            phone
                        }
                        Err(error) => {
                            fault = Some(error);
                            return true;
                        }
                    }
                }
                // Everybody is busy: the pace is the server's.
                None => {
                    next = now;
                    break;
                }
            };
            field.call(phone, number);
            begun += 1;
            next += pause;
        }
        ended >= all
    })?;
    if let Some(error) = fault {
        return Err(error);
    }
    let used = Reading::take(pid).since(&first.unwrap_or_default());
    end(field)?;
    Ok(used)
}

fn finish(
    field: &mut Field,
    name: &'static str,
    series: &Series,
    used: Used,
    pid: Option<u32>,
) -> Report {
    let mut report = Report::new(name, field, used, pid.is_some());
    report.left = field.parties.iter().filter(|p| !p.is_idle()).count();
    report.calls = series.calls;
    report.warm_up = series.warm_up;
    report
}

/// The agents of the server, as far as they are needed.
struct Crew<'a> {
    options: &'a Options,
    agents: &'a [Account],
}

impl Crew<'_> {
    /// So many come: register their phones, or open their desks.
    fn come(
        &self,
        field: &mut Field,
        wanted: usize,
        ring: Duration,
        media: bool,
        desks: Option<Spoken>,
    ) -> Result<()> {
        let agents = self.agents.get(..wanted).with_context(|| format!(
            "{wanted} agents are needed and {} are known: start `cordboard demo --agents {wanted}` and name its demo.json with --server",
            self.agents.len()
        ))?;
        match desks {
            None => {
                for account in agents {
                    let phone = field.add_agent(account, ring, media)?;
                    field.register(phone);
                }
            }
            Some(spoken) => {
                let kind = Kind {
                    spoken,
                    ring,
                    speaks: media,
                    certificate: certificate()?,
                };
                self.open_desks(field, agents, &kind)?;
            }
        }
        let all = field.live(PATIENCE, |field, _| {
            field.tally.registered + failures(field) >= wanted as u64
        })?;
        ensure!(
            all && failures(field) == 0,
            "only {} of {wanted} agents could come: {:?}",
            field.tally.registered,
            field.tally.failed
        );
        Ok(())
    }

    fn open_desks(&self, field: &mut Field, agents: &[Account], kind: &Kind) -> Result<()> {
        let file = self.options.server.as_deref();
        let data = file.and_then(Path::parent).zip(self.options.http);
        let (data, http) = data.context(
            "desks need a demo with pages: `cordboard demo --http-port …`, and its demo.json with --server",
        )?;
        for cookie in people::log_in(http, data, agents)? {
            field.add_desk(http, &cookie, kind.clone())?;
        }
        Ok(())
    }
}

fn certificate() -> Result<Certificate> {
    let made = rcgen::generate_simple_self_signed(vec![])?;
    let key = made.signing_key.serialize_der();
    let certificate = Certificate::new(made.cert.der().to_vec(), &key);
    certificate.map_err(anyhow::Error::msg)
}

/// Waits until everybody has heard that their call is over.
fn end(field: &mut Field) -> Result<()> {
    field.live(FAREWELL, |field, _| {
        field.parties.iter().all(Party::is_idle)
    })?;
    Ok(())
}

fn idle(field: &mut Field, time: Duration) -> Result<()> {
    field.live(time, |_, _| false)?;
    Ok(())
}

fn failures(field: &Field) -> u64 {
    field.tally.failed.values().sum()
}
