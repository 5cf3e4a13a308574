//! What a start finds after a kill, at any moment.

use super::super::journal::{Files, Journal};
use super::super::repair::repair as finish_left_over;
use super::*;

fn repair(root: &Path) -> Vec<Event> {
    let mut events = vec![];
    finish_left_over(
        root,
        Found::in_folder(root),
        None,
        &mut |_| true,
        &mut |event| events.push(event),
    );
    events
}

/// The folder as a kill leaves it in the middle of a segment.
fn killed(composition: Composition) -> Bench {
    let mut bench = Bench::new();
    bench.begin(Segment {
        composition,
        ..segment()
    });
    bench
        .says(CUSTOMER, 0, &[1; 4_000])
        .says(AGENT, 0, &[2; 4_100])
        .wait(1.0);
    bench
}

#[test]
fn a_kill_at_any_byte_leaves_what_a_start_can_finish() {
    let whole = wav::HEADER + 8_000;
    for cut in (0..60).chain(whole - 3..=whole) {
        let bench = killed(Composition::Both);
        let track = with(&base(&bench.root()), "-customer.wav");
        let file = fs::OpenOptions::new()
            .write(true)
            .open(&track)
            .expect("a track");
        file.set_len(cut).expect("cut");
        let events = repair(&bench.root());
        let recorded = recorded(&events);
        assert_eq!(recorded.len(), 1, "{events:?}");
        assert!(recorded[0].files.iter().all(|file| file.interrupted));
        let kept = wav::frames(cut, 1) as usize;
        let sound = samples(&track);
        assert_eq!(
            sound,
            [vec![1; kept], vec![0; 4_100 - kept]].concat(),
            "cut at {cut}"
        );
        assert_eq!(samples(&with(&base(&bench.root()), ".wav")).len(), 8_200);
        assert_eq!(names(&bench.root()).len(), 9);
        assert_eq!(repair(&bench.root()), [], "a second repair finds nothing");
    }
}

#[test]
fn f1_a_kill_before_anything_was_said_leaves_recordings_of_nothing() {
    for (composition, files) in [
        (Composition::Both, 3),
        (Composition::Unified, 1),
        (Composition::Legs, 2),
    ] {
        let mut bench = Bench::new();
        bench.begin(Segment {
            composition,
            ..segment()
        });
        let events = repair(&bench.root());
        let [recorded] = recorded(&events).try_into().expect("one recording");
        assert_eq!(recorded.files.len(), files, "{composition:?}");
        assert!(recorded.files.iter().all(|file| file.milliseconds == 0));
        assert!(!names(&bench.root()).contains(&name::JOURNAL.to_owned()));
        assert_eq!(repair(&bench.root()), [], "{composition:?}");
    }
}

#[test]
fn a_repair_that_is_killed_is_done_again_to_the_same_end() {
    for composition in [Composition::Both, Composition::Unified, Composition::Legs] {
        let bench = killed(composition);
        let journal = with(&base(&bench.root()), name::JOURNAL);
        let text = fs::read(&journal).expect("a journal");
        let first = recorded(&repair(&bench.root()));
        // The journal is the last to go; what else is missing or half there shows how far it was.
        let endings = [
            "",
            ".json",
            ".wav",
            "-customer.json",
            "-agent.json",
            "-customer.wav",
        ];
        for ending in endings {
            let path = with(&base(&bench.root()), ending);
            let removable = composition == Composition::Both && ending != "-customer.wav";
            if removable && path.is_file() {
                fs::remove_file(&path).expect("removed");
                fs::write(with(&path, ".part"), "half").expect("written");
            }
            fs::write(&journal, &text).expect("written");
            assert_eq!(
                recorded(&repair(&bench.root())),
                first,
                "{composition:?} without {ending:?}"
            );
            assert!(
                names(&bench.root())
                    .iter()
                    .all(|name| !name.ends_with(".part"))
            );
        }
    }
}

#[test]
fn unified_tracks_go_only_after_the_mix_is_complete() {
    let bench = killed(Composition::Unified);
    let base = base(&bench.root());
    let stereo = with(&base, ".wav");
    // The mix cannot be written: a folder is in its way.
    fs::create_dir(with(&stereo, ".part")).expect("a folder");
    assert!(matches!(
        repair(&bench.root()).as_slice(),
        [Event::Left { .. }]
    ));
    assert!(with(&base, "-customer.wav").exists() && with(&base, "-agent.wav").exists());
    fs::remove_dir(with(&stereo, ".part")).expect("removed");
    assert_eq!(recorded(&repair(&bench.root())).len(), 1);
    assert_eq!(names(&bench.root()), [".json", ".peaks", ".wav"]);
}

#[test]
fn what_no_journal_explains_is_left_and_told() {
    let bench = killed(Composition::Both);
    let stray = with(&base(&bench.root()), "-stray.wav");
    let day = stray.parent().expect("a folder").to_owned();
    fs::write(day.join("0304050607-lonely.wav"), "no sound").expect("written");
    fs::write(day.join("0304050607.segment.json"), "{ junk").expect("written");
    let events = repair(&bench.root());
    let left = events
        .iter()
        .filter(|event| matches!(event, Event::Left { .. }));
    assert_eq!(
        (recorded(&events).len(), left.count()),
        (1, 2),
        "{events:?}"
    );
    assert_eq!(
        fs::read(day.join("0304050607-lonely.wav")).expect("still there"),
        b"no sound"
    );
}

#[test]
fn a_journal_names_no_file_outside_its_folder() {
    let root = Path::new("/recordings");
    let files = Files::of_journal(root, &root.join("demo/x.segment.json")).expect("names");
    assert_eq!(files.sound("-agent"), root.join("demo/x-agent.wav"));
    assert_eq!(
        Files::of_journal(root, Path::new("/etc/x.segment.json")),
        None
    );
    let folder = Folder::new();
    let path = folder.path().join("x.segment.json");
    let mut journal = serde_json::to_vec(&Journal::new(segment(), vec![])).expect("JSON");
    fs::write(&path, &journal).expect("written");
    Journal::read(&path).expect("a journal");
    journal.truncate(journal.len() / 2);
    fs::write(&path, &journal).expect("written");
    Journal::read(&path).expect_err("half a journal");
}

#[test]
fn a_recording_that_is_in_no_record_keeps_its_journal_for_the_next_try() {
    let mut bench = Bench::new();
    bench.begin(segment()).ends(CUSTOMER, 80).ends(AGENT, 80);
    let Some(Job::Finish(files, journal)) = bench.jobs.pop() else {
        panic!("{:?}", bench.jobs)
    };
    assert!(!finish_one(
        &files,
        &journal,
        None,
        &mut |_| false,
        &bench.health
    ));
    assert!(names(&bench.root()).contains(&name::JOURNAL.to_owned()));
    let kept = Arc::new(Mutex::new(vec![]));
    let records = Arc::clone(&kept);
    let mut keep = move |recorded: &Recorded| {
        lock(&records).push(recorded.clone());
        true
    };
    let found = Found::in_folder(&bench.root());
    finish_left_over(&bench.root(), found, None, &mut keep, &mut |_| {});
    let kept = lock(&kept);
    assert_eq!(kept.len(), 1);
    assert!(kept[0].files.iter().all(|file| !file.interrupted));
    assert!(!names(&bench.root()).contains(&name::JOURNAL.to_owned()));
}

#[test]
fn what_was_in_the_way_at_the_start_is_tried_again_without_another_start() {
    let bench = killed(Composition::Both);
    let found = || Found::in_folder(&bench.root());
    let mut left = vec![];
    let refused = &mut |_: &Recorded| false;
    let again = finish_left_over(&bench.root(), found(), None, refused, &mut |event| {
        left.push(event);
    });
    assert!(
        matches!(left.as_slice(), [Event::Left { why, .. }] if why.contains("records")),
        "{left:?}"
    );
    // A folder is in the way of the mix: the disk's fault, not the journal's.
    let way = with(&base(&bench.root()), ".wav.part");
    fs::create_dir(&way).expect("a folder");
    let disk = finish_left_over(&bench.root(), found(), None, &mut |_| true, &mut |_| {});
    assert_eq!(disk, again);
    fs::remove_dir(&way).expect("removed");
    let [(files, journal)] = again.as_slice() else {
        panic!("{again:?}")
    };
    assert!(finish_one(
        files,
        journal,
        None,
        &mut |_| true,
        &bench.health
    ));
    assert!(!names(&bench.root()).contains(&name::JOURNAL.to_owned()));
    // What no try would mend is left alone.
    fs::write(with(&base(&bench.root()), name::JOURNAL), "{ junk").expect("written");
    let hopeless = finish_left_over(&bench.root(), found(), None, &mut |_| true, &mut |_| {});
    assert_eq!(hopeless, []);
}
