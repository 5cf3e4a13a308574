//! Whole lives of segments, in folders of their own.

mod encrypted;
mod erased;
mod film;
mod removed;
mod repair;

use super::writer::{Job, Writer};
use super::*;
use crate::call::record::{AgentName, Content, Role, Segment, Track};
use crate::id::{AgentId, CallId, LegId};
use crate::settings::Composition;
use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicU64;

/// A folder that is gone after the test.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("cordboard-vault-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

const CUSTOMER: RecordingId = RecordingId(1);
const AGENT: RecordingId = RecordingId(2);

pub(super) fn segment() -> Segment {
    let track = |recording, leg, role| Track {
        recording,
        leg: LegId(leg),
        role,
        sip_call_id: format!("{leg}@host"),
    };
    Segment {
        consented: None,
        call: CallId::mint(1_700_000_000_000, 7),
        number: 1,
        account: "demo".to_owned(),
        began: "2026-03-04T05:06:07Z".parse().expect("a time"),
        agent: AgentName {
            id: AgentId(3),
            name: "Ada".to_owned(),
        },
        customer: "+4930123456".to_owned(),
        called: "+4940111".to_owned(),
        queue: Some("Support".to_owned()),
        direction: crate::call::record::Direction::Inbound,
        tracks: vec![
            track(CUSTOMER, 11, Role::Customer),
            track(AGENT, 12, Role::Agent),
        ],
        films: vec![],
        composition: Composition::Both,
    }
}

/// Samples of a WAV file, read by another's reader.
pub(super) fn samples(path: &Path) -> Vec<i16> {
    let mut reader = hound::WavReader::open(path).expect("a WAV file");
    reader
        .samples()
        .map(|sample| sample.expect("a sample"))
        .collect()
}

fn base(root: &Path) -> PathBuf {
    root.join(name::base(&segment()))
}

fn with(base: &Path, ending: &str) -> PathBuf {
    PathBuf::from(format!("{}{ending}", base.display()))
}

/// A writer by hand: no thread, and time as one likes.
struct Bench {
    keys: Option<Arc<Keys>>,
    folder: Folder,
    now: Instant,
    writer: Writer,
    jobs: Vec<Job>,
    events: Arc<Mutex<Vec<Event>>>,
    health: Arc<Mutex<Health>>,
}

impl Bench {
    fn new() -> Self {
        Self::with(None)
    }

    fn with(keys: Option<Keys>) -> Self {
        let keys = keys.map(Arc::new);
        let folder = Folder::new();
        let events = Arc::new(Mutex::new(vec![]));
        let told = Arc::clone(&events);
        let health = Health::new(move |event| lock(&told).push(event));
        let health = Arc::new(Mutex::new(health));
        let root = folder.path().join("recordings");
        let writer = Writer::new(root, keys.clone(), Arc::default(), Arc::clone(&health));
        Self {
            keys,
            folder,
            now: Instant::now(),
            writer,
            jobs: vec![],
            events,
            health,
        }
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("recordings")
    }

    fn order(&mut self, order: Order) -> &mut Self {
        self.writer.handle(self.now, order, &mut self.jobs);
        self
    }

    fn begin(&mut self, segment: Segment) -> &mut Self {
        self.order(Order::Begin(Box::new(segment)))
    }

    fn says(&mut self, recording: RecordingId, at: u64, samples: &[i16]) -> &mut Self {
        let samples = samples.to_vec();
        self.order(Order::Chunk(Chunk::Samples {
            recording,
            at,
            samples,
        }))
    }

    fn ends(&mut self, recording: RecordingId, length: u64) -> &mut Self {
        self.order(Order::Chunk(Chunk::End { recording, length }))
    }

    fn wait(&mut self, seconds: f64) -> &mut Self {
        self.now += Duration::from_secs_f64(seconds);
        self.writer.tick(self.now, &mut self.jobs);
        self
    }

    /// Does the finisher's work.
    fn finish(&mut self) -> Vec<Recorded> {
        for job in std::mem::take(&mut self.jobs) {
            match job {
                Job::Finish(files, journal) => {
                    let _ = finish_one(
                        &files,
                        &journal,
                        self.keys.as_deref(),
                        &mut |_| true,
                        &self.health,
                    );
                }
                Job::Sync(_, _, syncing) => syncing.asked.store(false, Ordering::Relaxed),
                Job::Stop => {}
            }
        }
        recorded(&std::mem::take(&mut *lock(&self.events)))
    }
}

fn recorded(events: &[Event]) -> Vec<Recorded> {
    let recorded = |event: &Event| match event {
        Event::Recorded(recorded) => Some(recorded.clone()),
        Event::Trouble { .. } | Event::Recovered | Event::Left { .. } => None,
    };
    events.iter().filter_map(recorded).collect()
}

fn names(root: &Path) -> Vec<String> {
    let folder = base(root).parent().expect("a folder").to_owned();
    let mut names: Vec<_> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .into_string()
                .expect("a name")
        })
        .map(|name| {
            name.split_once("0304050607")
                .expect("our name")
                .1
                .to_owned()
        })
        .collect();
    names.sort();
    names
}

#[test]
fn a_segment_leaves_legs_of_equal_length_their_mix_and_what_they_are() {
    let mut bench = Bench::new();
    bench
        .begin(segment())
        .says(CUSTOMER, 0, &[1; 8_000])
        .says(AGENT, 4_000, &[2; 8_000]);
    bench.ends(CUSTOMER, 8_000).ends(AGENT, 12_000);
    let recorded = bench.finish();
    let [recorded] = recorded.as_slice() else {
        panic!("{recorded:?}")
    };
    let base = base(&bench.root());
    assert_eq!(
        samples(&with(&base, "-customer.wav")),
        [[1; 4_000], [1; 4_000], [0; 4_000]].concat()
    );
    assert_eq!(
        samples(&with(&base, "-agent.wav")),
        [[0; 4_000], [2; 4_000], [2; 4_000]].concat()
    );
    let mix = samples(&with(&base, ".wav"));
    assert_eq!(
        [&mix[..2], &mix[12_000..12_002], &mix[23_998..]].concat(),
        [1, 0, 1, 2, 0, 2]
    );
    let contents: Vec<_> = recorded.files.iter().map(|file| file.content).collect();
    let legs = [Content::Leg(Role::Customer), Content::Leg(Role::Agent)];
    assert_eq!(contents, [Content::Stereo, legs[0], legs[1]]);
    for file in &recorded.files {
        assert_eq!(
            (file.milliseconds, file.gaps, file.interrupted),
            (1_500, false, false)
        );
        let path = bench.root().join(&file.path);
        assert_eq!(fs::metadata(&path).expect("a file").len(), file.bytes);
        let report = open_report(&path).expect("a report");
        assert_eq!(report.milliseconds, 1_500);
    }
    let expected = [
        "-agent.json",
        "-agent.peaks",
        "-agent.wav",
        "-customer.json",
        "-customer.peaks",
        "-customer.wav",
        ".json",
        ".peaks",
        ".wav",
    ];
    assert_eq!(names(&bench.root()), expected, "and no journal");
    let text = fs::read(with(&base, "-agent.json")).expect("a description");
    let json: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
    assert_eq!(json["conversation_id"], segment().call.to_string());
    assert_eq!(json["call_ids"], serde_json::json!(["12@host"]));
    assert_eq!(
        (&json["customer"], &json["agent"]["name"]),
        (&"+4930123456".into(), &"Ada".into())
    );
    assert_eq!(json["start"], "2026-03-04T05:06:07Z");
    assert_eq!(json["end"], "2026-03-04T05:06:08.5Z");
}

#[test]
fn the_composition_says_which_files_stay() {
    for (composition, expected) in [
        (
            Composition::Legs,
            &[
                "-agent.json",
                "-agent.peaks",
                "-agent.wav",
                "-customer.json",
                "-customer.peaks",
                "-customer.wav",
            ][..],
        ),
        (Composition::Unified, &[".json", ".peaks", ".wav"][..]),
    ] {
        let mut bench = Bench::new();
        bench
            .begin(Segment {
                composition,
                ..segment()
            })
            .says(AGENT, 0, &[5; 100]);
        bench.ends(CUSTOMER, 100).ends(AGENT, 100);
        assert_eq!(bench.finish().len(), 1);
        assert_eq!(names(&bench.root()), expected);
    }
}

#[test]
fn sound_that_is_earlier_than_its_segment_waits_for_it() {
    let mut bench = Bench::new();
    bench
        .says(CUSTOMER, 0, &[1; 160])
        .says(CUSTOMER, 160, &[2; 160])
        .ends(CUSTOMER, 320);
    bench
        .says(AGENT, 0, &[3; 320])
        .begin(segment())
        .ends(AGENT, 320);
    let files = bench.finish().remove(0).files;
    assert!(files.iter().all(|file| !file.gaps));
    assert_eq!(
        samples(&with(&base(&bench.root()), "-customer.wav")),
        [[1; 160], [2; 160]].concat()
    );
}

#[test]
fn sound_that_nobody_wants_is_forgotten() {
    let mut bench = Bench::new();
    for at in 0..20_000 {
        bench.says(CUSTOMER, at, &[1]);
    }
    bench
        .wait(10.1)
        .begin(segment())
        .ends(CUSTOMER, 8)
        .ends(AGENT, 8);
    bench.finish();
    assert_eq!(
        samples(&with(&base(&bench.root()), "-customer.wav")),
        [0; 8]
    );
}

#[test]
fn two_segments_of_one_name_are_numbered() {
    let mut bench = Bench::new();
    bench.begin(segment()).ends(CUSTOMER, 8).ends(AGENT, 8);
    bench.begin(segment()).ends(CUSTOMER, 8).ends(AGENT, 8);
    let recorded = bench.finish();
    let paths: BTreeSet<_> = recorded
        .iter()
        .flat_map(|r| &r.files)
        .map(|f| &f.path)
        .collect();
    assert_eq!(paths.len(), 6, "{paths:?}");
    assert!(with(&base(&bench.root()), "-2-agent.wav").exists());
}

#[test]
fn a_disk_that_refuses_is_told_once_and_writing_resumes() {
    let mut bench = Bench::new();
    fs::write(bench.root(), "in the way").expect("written");
    bench
        .begin(segment())
        .says(CUSTOMER, 0, &[1; 8_000])
        .wait(1.0);
    bench.says(CUSTOMER, 8_000, &[1; 8_000]).wait(1.0);
    let events = std::mem::take(&mut *lock(&bench.events));
    assert!(
        matches!(events.as_slice(), [Event::Trouble { .. }]),
        "{events:?}"
    );
    fs::remove_file(bench.root()).expect("removed");
    bench
        .wait(1.0)
        .says(CUSTOMER, 16_000, &[2; 8_000])
        .wait(11.0)
        .says(CUSTOMER, 24_000, &[2; 1]);
    bench.wait(0.5);
    assert_eq!(lock(&bench.events).as_slice(), [Event::Recovered]);
    bench.ends(CUSTOMER, 24_001).ends(AGENT, 24_001);
    let files = bench.finish().remove(0).files;
    let gaps: Vec<_> = files.iter().map(|file| (file.content, file.gaps)).collect();
    assert!(
        gaps.contains(&(Content::Leg(Role::Customer), true)),
        "{gaps:?}"
    );
    let sound = samples(&with(&base(&bench.root()), "-customer.wav"));
    assert_eq!((sound[15_999], sound[16_000], sound.len()), (0, 2, 24_001));
}

#[test]
fn a_full_queue_drops_sound_marks_the_file_and_keeps_room_for_ends() {
    let (orders, inbox) = mpsc::sync_channel(ORDERS);
    let sender = Sender {
        orders,
        room: Arc::default(),
    };
    let piece = |at| Chunk::Samples {
        recording: CUSTOMER,
        at,
        samples: vec![1; 4],
    };
    let taken = (0..40_000)
        .filter(|at| sender.try_send(piece(4 * at)).is_ok())
        .count();
    assert_eq!(taken, ORDERS - RESERVED);
    sender.begin(segment()).expect("room was kept");
    sender
        .try_send(Chunk::End {
            recording: CUSTOMER,
            length: 4,
        })
        .expect("room was kept");
    let mut bench = Bench::new();
    let health = Arc::clone(&bench.health);
    bench.writer = Writer::new(bench.root(), None, Arc::clone(&sender.room.lost), health);
    bench.begin(segment());
    while let Ok(order) = inbox.try_recv() {
        sender.room.taken(&order);
        if !matches!(order, Order::Begin(_)) {
            bench.order(order);
        }
    }
    assert_eq!(sender.backlog(), 0);
    bench.ends(AGENT, 4);
    let gaps = |content| move |file: &&crate::call::record::File| file.content == content;
    let files = bench.finish().remove(0).files;
    let customer = files
        .iter()
        .find(gaps(Content::Leg(Role::Customer)))
        .expect("a file");
    let agent = files
        .iter()
        .find(gaps(Content::Leg(Role::Agent)))
        .expect("a file");
    assert!(customer.gaps && !agent.gaps);
}

#[test]
fn a_huge_piece_of_sound_finds_no_room() {
    let (orders, _inbox) = mpsc::sync_channel(ORDERS);
    let sender = Sender {
        orders,
        room: Arc::default(),
    };
    let chunk = Chunk::Samples {
        recording: AGENT,
        at: 0,
        samples: vec![0; SAMPLES + 1],
    };
    sender.try_send(chunk).expect_err("more than all may hold");
}

#[test]
fn the_threads_write_finish_and_end() {
    let folder = Folder::new();
    let events = Arc::new(Mutex::new(vec![]));
    let told = Arc::clone(&events);
    let root = folder.path().join("r");
    let vault = Vault::start(root, None, |_| true, move |event| lock(&told).push(event));
    let vault = vault.expect("started");
    let sender = vault.sender();
    sender.begin(segment()).expect("room");
    let piece = Chunk::Samples {
        recording: AGENT,
        at: 0,
        samples: vec![3; 160],
    };
    sender.try_send(piece).expect("room");
    sender
        .try_send(Chunk::End {
            recording: CUSTOMER,
            length: 160,
        })
        .expect("room");
    vault.stop();
    let recorded = recorded(&lock(&events));
    assert_eq!(recorded.len(), 1);
    assert!(
        recorded[0]
            .files
            .iter()
            .all(|file| file.interrupted && file.milliseconds == 20)
    );
}
