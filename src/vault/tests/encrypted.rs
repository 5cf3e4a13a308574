//! Recordings at rest (D16): nobody reads them without the master key, and a kill costs no more of them.

use super::super::repair::repair as finish_left_over;
use super::*;
use crate::keys::tests::keys;
use std::io::Read as _;

fn shelf(bench: &Bench, names: &[&str]) -> Shelf {
    Shelf::new(bench.root(), Some(Arc::new(keys(names))))
}

/// The samples of a sound, read through the shelf.
fn heard(shelf: &Shelf, path: &str) -> Vec<i16> {
    let mut bytes = vec![];
    let sound = shelf.open(path).expect("there");
    sound.reader().read_to_end(&mut bytes).expect("read");
    let mut reader = hound::WavReader::new(bytes.as_slice()).expect("a WAV file");
    let samples = reader.samples().map(|sample| sample.expect("a sample"));
    samples.collect()
}

fn talk(bench: &mut Bench, composition: Composition) {
    bench
        .begin(Segment {
            composition,
            ..segment()
        })
        .says(CUSTOMER, 0, &[0x1234; 40_000])
        .says(AGENT, 4_000, &[0x2345; 8_000])
        .wait(1.0);
}

fn repair(bench: &Bench, names: &[&str]) -> Vec<Event> {
    let (root, keys) = (bench.root(), keys(names));
    let mut events = vec![];
    let found = Found::in_folder(&root);
    finish_left_over(&root, found, Some(&keys), &mut |_| true, &mut |event| {
        events.push(event);
    });
    events
}

/// Whether a sample is anywhere in the folder as it was spoken.
fn is_in_clear(root: &Path) -> bool {
    let folder = base(root).parent().expect("a folder").to_owned();
    let files = fs::read_dir(folder).expect("a folder");
    let mut files = files.map(|file| fs::read(file.expect("a file").path()).expect("read"));
    files.any(|bytes| bytes.windows(4).any(|w| w == [0x34, 0x12, 0x34, 0x12]))
}

#[test]
fn d16_what_is_said_is_nowhere_in_clear_and_heard_with_the_key_alone() {
    for composition in [Composition::Both, Composition::Legs, Composition::Unified] {
        let mut bench = Bench::with(Some(keys(&["a"])));
        talk(&mut bench, composition);
        assert!(!is_in_clear(&bench.root()), "while it is written");
        bench.ends(CUSTOMER, 40_000).ends(AGENT, 40_000);
        let recorded = bench.finish().remove(0);
        assert!(!is_in_clear(&bench.root()));
        let names = names(&bench.root());
        assert!(
            names.iter().all(|name| !name.ends_with(".take")),
            "{names:?}"
        );
        let own = shelf(&bench, &["a"]);
        let (wrong, other) = (shelf(&bench, &["b"]), Shelf::new(bench.root(), None));
        for file in &recorded.files {
            assert!(file.encrypted);
            let sound = heard(&own, &file.path);
            let expected = match file.content {
                Content::Leg(Role::Customer) => vec![0x1234; 40_000],
                Content::Leg(_) => [vec![0; 4_000], vec![0x2345; 8_000], vec![0; 28_000]].concat(),
                Content::Video(_) => panic!("nobody shows anything"),
                Content::Stereo => {
                    let frame = |at: usize| {
                        [
                            0x1234,
                            if (4_000..12_000).contains(&at) {
                                0x2345
                            } else {
                                0
                            },
                        ]
                    };
                    (0..40_000).flat_map(frame).collect()
                }
            };
            assert_eq!(sound, expected, "{:?}", file.content);
            assert_eq!(own.open(&file.path).expect("there").length(), file.bytes);
            let why = other.open(&file.path).expect_err("no key").to_string();
            assert!(why.contains("recording_keys"), "{why}");
            wrong.open(&file.path).expect_err("another key");
            // Without its description it is noise for ever.
            let path = bench.root().join(file.path.replace(".wav", ".json"));
            fs::remove_file(path).expect("removed");
            own.open(&file.path).expect_err("the key is destroyed");
        }
    }
}

#[test]
fn f1_encrypted_recordings_are_finished_after_a_kill_and_as_often_as_it_is_killed_too() {
    for composition in [Composition::Both, Composition::Unified] {
        let mut bench = Bench::with(Some(keys(&["a"])));
        talk(&mut bench, composition);
        let base = base(&bench.root());
        let journal = with(&base, name::JOURNAL);
        let text = fs::read(&journal).expect("a journal");
        let takes = ["-customer.take", "-agent.take"].map(|ending| with(&base, ending));
        let kept = takes.clone().map(|take| fs::read(take).expect("a take"));
        // Without its key nothing is done, and nothing lost.
        let events = repair(&bench, &["b"]);
        assert!(
            matches!(events.as_slice(), [Event::Left { .. }]),
            "{events:?}"
        );
        let first = recorded(&repair(&bench, &["b", "a"]));
        assert_eq!(first.len(), 1);
        assert!(
            first[0]
                .files
                .iter()
                .all(|file| file.interrupted && file.encrypted)
        );
        assert!(takes.iter().all(|take| !take.exists()));
        // Killed before the journal had gone, and a moment later, when the takes were left.
        fs::write(&journal, &text).expect("written");
        for (take, bytes) in takes.iter().zip(&kept) {
            fs::write(take, bytes).expect("written");
        }
        assert_eq!(recorded(&repair(&bench, &["a"])), first);
        fs::write(&takes[0], &kept[0]).expect("written");
        assert_eq!(repair(&bench, &["a"]), []);
        assert!(!takes[0].exists());
        let sound = heard(&shelf(&bench, &["a", "b"]), &first[0].files[0].path);
        assert_eq!(sound.len(), 80_000);
    }
}
