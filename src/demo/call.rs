//! `demo --call`: a caller and an agent on real sockets, and what became of their call.

use super::account::Account;
use super::phone::{Phone, Plan};
use crate::app::story::{self, Numbers};
use crate::app::{Server, terminal};
use crate::config::Config;
use crate::id::CallId;
use crate::switch::Notice;
use crate::{vault, voices};
use anyhow::Context as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// How long the caller listens to greeting and music before the agent picks up.
const RING: Duration = Duration::from_secs(10);
/// How long the two talk.
const TALK: Duration = Duration::from_secs(10);
/// When the demo gives up on a call that does not come to its end.
const PATIENCE: Duration = Duration::from_secs(60);

/// Makes the call, tells its story, lists the files.
///
/// # Errors
/// If the call did not go as it should: each phone says what it missed.
pub(super) fn make(config: Config, account: &Account) -> anyhow::Result<()> {
    let sounds = config.server.data_dir.join("sounds");
    let speech = |name: &str| voices::decode_file(&sounds.join(name));
    let (caller_says, agent_says) = (speech("demo-caller.wav")?, speech("demo-agent.wav")?);
    let settings = config.account.clone();
    let recorded = config.account.recording.enabled;
    let (teller, stories) = mpsc::channel();
    let began = Instant::now();
    let connected = Arc::new(AtomicBool::new(false));
    let flag = connected.clone();
    let server = Server::start(config, move |call, notice| {
        if let Notice::Connected { .. } = notice {
            flag.store(true, Ordering::Release);
        }
        let over = matches!(notice, Notice::Ended { .. })
            .then_some(call)
            .flatten();
        let _ = teller.send((
            began.elapsed(),
            story::tell(&settings, notice, Numbers::Plain),
            over,
        ));
    })?;
    account.publish(&server)?;
    let [internal, external] = account.addresses(&server);
    let agent = account.agents().first().context("the demo has an agent")?;
    terminal::say("Cordboard calls itself. A caller and an agent, on real sockets:\n");

    let agent = Phone::new(
        internal,
        &agent.user,
        agent_says,
        Plan::Answer {
            password: agent.password.clone(),
            after: RING,
        },
    )?;
    let agent = std::thread::spawn(move || agent.run(PATIENCE));
    let ready = tell_until(&stories, |line, _| line.contains("is available"));
    ready.context("the agent's phone did not register")?;
    let number = "100".to_owned();
    let plan = Plan::Call {
        number,
        connected,
        talk: TALK,
    };
    let caller = Phone::new(external, "alice", caller_says, plan)?;
    let caller = std::thread::spawn(move || caller.run(PATIENCE));
    let call = tell_until(&stories, |_, over| over.is_some()).flatten();

    let heard = [("caller", caller.join()), ("agent", agent.join())].map(|(who, outcome)| {
        let outcome = outcome.map_err(|_| anyhow::anyhow!("a fault in the phone"));
        outcome.flatten().with_context(|| format!("the {who}"))
    });
    let call = call.context("the call did not end in time")?;
    let files = if recorded {
        list(&server, call, &account.recordings())
    } else {
        Ok("  nothing was recorded, as asked\n".to_owned())
    };
    server.stop(Duration::ZERO)?;
    let [caller, agent] = heard;
    terminal::say(&format!(
        "\n  the caller {}\n  the agent {}\n\n{}",
        caller?, agent?, files?
    ));
    Ok(())
}

type Line = (Duration, String, Option<CallId>);

/// Tells the story up to the line that is waited for. `None` if it does not come.
fn tell_until(
    stories: &mpsc::Receiver<Line>,
    end: impl Fn(&str, Option<CallId>) -> bool,
) -> Option<Option<CallId>> {
    let until = Instant::now() + PATIENCE;
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let (at, line, over) = stories.recv_timeout(left).ok()?;
        terminal::say(&format!("  {:6.2} s  {line}", at.as_secs_f64()));
        if end(&line, over) {
            return Some(over);
        }
    }
}

/// The files of the call with their durations, once they are complete.
fn list(server: &Server, call: CallId, root: &Path) -> anyhow::Result<String> {
    let until = Instant::now() + Duration::from_secs(10);
    let recorded = loop {
        let recorded = server.recordings(call)?;
        if !recorded.is_empty() {
            break recorded;
        }
        anyhow::ensure!(
            Instant::now() < until,
            "the recordings were not finished in time"
        );
        std::thread::sleep(Duration::from_millis(50));
    };
    let mut text = format!("The recordings, under {}:\n", root.display());
    for file in recorded.iter().flat_map(|segment| &segment.files) {
        let report = vault::open_report(&root.join(&file.path))?;
        let channels = if report.channels == 2 {
            "stereo"
        } else {
            "mono"
        };
        let seconds = report.milliseconds as f64 / 1000.0;
        text.push_str(&format!("  {seconds:6.2} s  {channels:6}  {}\n", file.path));
    }
    Ok(text)
}
