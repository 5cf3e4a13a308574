//! Pictures on disk: whole after whatever happens, and beside the sound in all that becomes of it.

use super::super::matroska::{Block, Reader};
use super::super::repair::repair as finish_left_over;
use super::super::shelf::Shelf;
use super::*;
use crate::keys::tests::keys;
use crate::media::{Picture, Shape, VideoCodec};

const FILM: RecordingId = RecordingId(3);

fn filmed() -> Segment {
    let segment = segment();
    let film = Track {
        recording: FILM,
        ..segment.tracks[0].clone()
    };
    Segment {
        films: vec![film],
        ..segment
    }
}

fn picture(nth: u64) -> Picture {
    Picture {
        timestamp: 0,
        shape: (nth == 0).then(|| Shape {
            width: 320,
            height: 240,
            setup: vec![],
        }),
        bytes: vec![nth as u8; 100 + nth as usize],
    }
}

impl Bench {
    /// So many pictures, 40 ms apart, from 1 s on.
    fn shows(&mut self, codec: VideoCodec, count: u64) -> &mut Self {
        for nth in 0..count {
            self.order(Order::Chunk(Chunk::Picture {
                recording: FILM,
                at: 8_000 + nth * 320,
                codec,
                picture: picture(nth),
            }))
            .wait(0.04);
        }
        self
    }

    fn shelf(&self) -> Shelf {
        Shelf::new(self.root(), self.keys.clone())
    }
}

fn blocks(shelf: &Shelf, path: &str) -> Vec<Block> {
    let file = shelf.open(path).expect("there");
    Reader::new(file.reader()).expect("ours").collect()
}

fn one_key() -> Option<Keys> {
    Some(keys(&["a"]))
}

#[test]
fn r92_pictures_are_a_file_beside_the_sound_as_long_as_that() {
    for (keys, codec) in [
        (None, VideoCodec::Vp8),
        (None, VideoCodec::H264),
        (one_key(), VideoCodec::Vp8),
    ] {
        let mut bench = Bench::with(keys);
        bench
            .begin(filmed())
            .says(CUSTOMER, 0, &[5; 40_000])
            .says(AGENT, 0, &[6; 40_000]);
        bench.shows(codec, 50).ends(FILM, 40_000);
        bench.ends(CUSTOMER, 40_000).ends(AGENT, 40_000);
        let recorded = bench.finish().remove(0);
        let film = recorded.files.last().expect("a film");
        assert_eq!(recorded.files.len(), 4);
        assert_eq!(film.content, Content::Video(Role::Customer));
        assert_eq!(
            (film.milliseconds, film.gaps, film.interrupted),
            (5_000, false, false)
        );
        let ending = if codec == VideoCodec::Vp8 {
            "webm"
        } else {
            "mkv"
        };
        assert!(film.path.ends_with(&format!("-customer-video.{ending}")));
        assert_eq!(film.encrypted, bench.keys.is_some());
        let shelf = bench.shelf();
        let blocks = blocks(&shelf, &film.path);
        assert_eq!(blocks.len(), 50);
        for (nth, block) in (0..).zip(&blocks) {
            assert_eq!(block.at, 1_000 + nth * 40);
            assert_eq!((block.key, &block.bytes), (nth == 0, &picture(nth).bytes));
        }
        let file = shelf.open(&film.path).expect("there");
        assert_eq!(file.length(), film.bytes);
        // All that is known of it is found again without a database.
        let (entries, wrong) = shelf.entries();
        assert!(wrong.is_empty(), "{wrong:?}");
        let entry = entries.iter().find(|entry| entry.file == *film);
        shelf.check(entry.expect("its entry")).expect("whole");
        shelf.erase(&film.path).expect("erased");
        shelf.open(&film.path).expect_err("gone");
        let left = names(&bench.root());
        assert!(left.iter().all(|name| !name.contains("video")), "{left:?}");
    }
}

#[test]
fn who_shows_nothing_leaves_no_film() {
    let mut bench = Bench::with(None);
    bench.begin(filmed()).says(CUSTOMER, 0, &[5; 800]);
    for recording in [CUSTOMER, AGENT, FILM] {
        bench.ends(recording, 800);
    }
    let recorded = bench.finish().remove(0);
    assert_eq!(recorded.files.len(), 3);
    assert!(
        names(&bench.root())
            .iter()
            .all(|name| !name.contains("video"))
    );
}

#[test]
fn f1_a_kill_costs_a_fifth_of_a_second_of_pictures() {
    for keys in [None, one_key()] {
        let mut bench = Bench::with(keys);
        bench.begin(filmed()).says(CUSTOMER, 0, &[5; 24_000]);
        bench.shows(VideoCodec::Vp8, 51).wait(0.1);
        // The process is gone; a part of the last cluster is on the disk.
        let roll = fs::read_dir(base(&bench.root()).parent().expect("a folder"))
            .expect("a folder")
            .map(|entry| entry.expect("an entry").path())
            .find(|path| path.extension().is_some_and(|ending| ending == "film"));
        let roll = roll.expect("it is written");
        let file = fs::OpenOptions::new()
            .write(true)
            .open(&roll)
            .expect("there");
        let length = file.metadata().expect("there").len();
        file.set_len(length - 7).expect("cut");
        let found = Found::in_folder(&bench.root());
        let mut events = vec![];
        finish_left_over(
            &bench.root(),
            found,
            bench.keys.as_deref(),
            &mut |_| true,
            &mut |event| events.push(event),
        );
        let recorded = recorded(&events).remove(0);
        let film = recorded.files.last().expect("a film");
        assert_eq!(film.content, Content::Video(Role::Customer));
        assert!(film.interrupted);
        let blocks = blocks(&bench.shelf(), &film.path);
        assert!((40..51).contains(&blocks.len()), "{}", blocks.len());
        assert!(!roll.exists(), "it is finished");
        // Once more is nothing more.
        let again = Found::in_folder(&bench.root());
        let mut events = vec![];
        let keep = &mut |_: &Recorded| true;
        finish_left_over(
            &bench.root(),
            again,
            bench.keys.as_deref(),
            keep,
            &mut |event| events.push(event),
        );
        assert!(events.is_empty(), "{events:?}");
    }
}

#[test]
fn pictures_without_a_beginning_are_a_gap() {
    let mut bench = Bench::with(None);
    bench.begin(filmed()).says(CUSTOMER, 0, &[5; 40_000]);
    bench.order(Order::Chunk(Chunk::Picture {
        recording: FILM,
        at: 0,
        codec: VideoCodec::Vp8,
        picture: picture(1),
    }));
    bench.shows(VideoCodec::Vp8, 10);
    for recording in [FILM, CUSTOMER, AGENT] {
        bench.ends(recording, 40_000);
    }
    let recorded = bench.finish().remove(0);
    let film = recorded.files.last().expect("a film");
    assert!(film.gaps);
    assert_eq!(blocks(&bench.shelf(), &film.path).len(), 10);
}
