//! Files of every kind, good and bad, and engines that behave and do not.

mod voices;

use super::speech::Engine;
use super::*;
use crate::audio::{level, tone};
use crate::settings::Message;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// A folder of its own for a test, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("cordboard-voices-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, content).expect("written");
        path
    }

    /// A WAV file of a tone of 600 Hz that lasts a second.
    fn wave(&self, rate: u32, channels: u16, bits: u16) -> PathBuf {
        let path = self.0.join(format!("{rate}-{channels}-{bits}.wav"));
        let spec = hound::WavSpec {
            channels,
            sample_rate: rate,
            bits_per_sample: bits,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(&path, spec).expect("created");
        for n in 0..rate {
            let phase = f64::from(n) * 600.0 * std::f64::consts::TAU / f64::from(rate);
            let sample = phase.sin() * 0.4 * f64::from(1u32 << (bits - 1));
            for _ in 0..channels {
                writer.write_sample(sample as i32).expect("written");
            }
        }
        writer.finalize().expect("written");
        path
    }

    /// An engine that is a script. A shell writes it: a file that this process has open for
    /// writing, or a child of another test that inherited it, could not be run.
    fn engine(&self, script: &str) -> Engine {
        let program = self.0.join("engine");
        let write = "printf '#!/bin/sh\\n%s\\n' \"$1\" > \"$0\" && chmod +x \"$0\"";
        let mut shell = Command::new("sh");
        let shell = shell.args(["-c", write]).arg(&program).arg(script);
        assert!(shell.status().expect("a shell").success());
        Engine {
            program,
            patience: Duration::from_secs(5),
            ..Engine::default()
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn catalogue(folder: &Folder) -> Catalogue {
    Catalogue::new(&folder.0)
}

fn is_the_tone(samples: &[i16]) -> bool {
    samples.len() == 8000
        && tone::share(samples, 600.0) > 0.99
        && (level::dbfs(samples) - level::TARGET).abs() < 0.5
}

fn complaint(path: &Path) -> String {
    decode_file(path).expect_err("refused").to_string()
}

#[test]
fn r146_waves_of_every_rate_depth_and_width_become_ours() {
    let folder = Folder::new();
    for (rate, channels, bits) in [
        (8000, 1, 16),
        (8000, 1, 8),
        (44_100, 2, 16),
        (48_000, 1, 24),
    ] {
        let path = folder.wave(rate, channels, bits);
        // hound writes 8 bits unsigned itself; the name of a file says nothing.
        let renamed = folder.0.join("sound.mp3");
        fs::rename(&path, &renamed).expect("renamed");
        let samples = decode_file(&renamed).expect("decoded");
        assert!(is_the_tone(&samples), "{rate} {channels} {bits}");
    }
}

/// `fixtures/`: a second of 600 Hz, made with sox; in Opus, in two channels, with opusenc.
#[test]
fn r131_r146_d17_compressed_files_of_every_kind_become_ours() {
    let folder = Folder::new();
    let files = [
        (&include_bytes!("fixtures/tone.mp3")[..], 0.15),
        (include_bytes!("fixtures/tone.mp2"), 0.15),
        (include_bytes!("fixtures/tone.ogg"), 0.001),
        (include_bytes!("fixtures/tone.opus"), 0.001),
        (include_bytes!("fixtures/tone.flac"), 0.001),
    ];
    for (content, longer_by) in files {
        let samples = decode_file(&folder.file("sound", content)).expect("decoded");
        let seconds = samples.len() as f32 / 8000.0;
        assert!(
            (1.0 - 0.001..1.0 + longer_by).contains(&seconds),
            "{seconds}"
        );
        assert!(tone::share(&samples[1000..7000], 600.0) > 0.99);
    }
    // Cut off in the middle. The Ogg files have one page of sound, which is all or nothing.
    for (content, _) in files
        .iter()
        .filter(|(content, _)| !content.starts_with(b"Ogg"))
    {
        let half = folder.file("half", &content[..content.len() / 2]);
        let samples = decode_file(&half).expect("played so far");
        assert!(samples.len() > 2000, "{}", samples.len());
    }
}

#[test]
fn the_sounds_that_we_ship_can_be_played_and_the_music_goes_round() {
    let media = Path::new(env!("CARGO_MANIFEST_DIR")).join("media");
    let mut played = 0;
    for entry in fs::read_dir(&media).expect("the folder") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|end| end == "wav") {
            let samples = decode_file(&path).expect("playable");
            assert!(level::dbfs(&samples) > -30.0, "{}", path.display());
            played += 1;
        }
    }
    assert!(played >= 4, "{played}");
    let music = decode_file(&media.join("hold-music.wav")).expect("playable");
    assert_eq!(music.len() % crate::audio::FRAME, 0, "whole frames");
    let (end, start) = (music[music.len() - 1], music[0]);
    let steepest = music.windows(2).map(|pair| pair[0].abs_diff(pair[1])).max();
    assert!(Some(end.abs_diff(start)) <= steepest);
}

#[test]
fn a_message_is_looked_for_below_its_base() {
    let folder = Folder::new();
    let path = folder.wave(8000, 1, 16);
    for name in [path.clone(), path.file_name().expect("a name").into()] {
        let samples = catalogue(&folder)
            .render(&Message::File(name), &folder.0)
            .expect("decoded");
        assert!(is_the_tone(&samples));
    }
}

#[test]
fn what_is_no_sound_is_named_for_what_it_is() {
    let folder = Folder::new();
    for (content, what) in [
        (&b""[..], "an empty file"),
        (b"<!DOCTYPE html><html>", "a web page"),
        (b"hello", "a text"),
        (b"PK\x03\x04....", "a ZIP archive"),
        (b"\0\0\0 ftypM4A ", "an MP4 or AAC file"),
        (
            b"OggS\0\x02...Speex   ",
            "an Ogg file without Vorbis or Opus sound",
        ),
        (b"\x00\x01\x02\x03\xFF", "no known kind"),
    ] {
        let said = complaint(&folder.file("music.wav", content));
        assert!(
            said.contains("music.wav is ") && said.contains(what),
            "{said}"
        );
        assert!(said.contains("ffmpeg"), "{said}");
    }
    let said = complaint(&folder.0.join("absent.wav"));
    assert!(
        said.contains("absent.wav") && said.contains("No such file"),
        "{said}"
    );
    assert!(complaint(&folder.0).contains("not a regular file"));
}

#[test]
fn a_wave_without_sound_is_refused_and_one_cut_off_is_played() {
    let folder = Folder::new();
    let wave = fs::read(folder.wave(8000, 1, 16)).expect("read");
    let said = complaint(&folder.file("a.wav", &wave[..44]));
    assert!(said.contains("a WAV file"), "{said}");
    let cut = decode_file(&folder.file("b.wav", &wave[..8044])).expect("played so far");
    assert!((3900..=4000).contains(&cut.len()), "{}", cut.len());
}

#[test]
fn mutated_files_do_no_harm() {
    let folder = Folder::new();
    let wave = fs::read(folder.wave(8000, 1, 16)).expect("read");
    let mut state = 0x1234_5678_9ABC_DEF1u64;
    let mut random = move |end: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as usize % end
    };
    let mp3 = include_bytes!("fixtures/tone.mp3").to_vec();
    let mp2 = include_bytes!("fixtures/tone.mp2").to_vec();
    let ogg = include_bytes!("fixtures/tone.ogg").to_vec();
    let opus = include_bytes!("fixtures/tone.opus").to_vec();
    let flac = include_bytes!("fixtures/tone.flac").to_vec();
    for whole in [wave, mp3, mp2, ogg, opus, flac] {
        for round in 0..60 {
            let mut content = whole.clone();
            // Headers are where a byte does most.
            let end = if round % 2 == 0 { 100 } else { whole.len() };
            for _ in 0..4 {
                let at = 4 + random(end - 4);
                content[at] = random(256) as u8;
            }
            let _ = decode_file(&folder.file("mutated", &content));
        }
    }
}

#[test]
fn what_was_spoken_is_kept_and_not_spoken_again() {
    let folder = Folder::new();
    let wave = folder.wave(22_050, 1, 16);
    let count = folder.0.join("count");
    let engine = folder.engine(&format!(
        "read text; echo \"$text $*\" >> '{}'; cat '{}'",
        count.display(),
        wave.display()
    ));
    let cache = folder.0.join("cache");
    let say = |text, rate| engine.speak(text, "en", rate, &cache).expect("spoken");
    let first = say("Hello; rm -rf $HOME `x`", 170);
    assert!(is_the_tone(&first));
    assert_eq!(first, say("Hello; rm -rf $HOME `x`", 170));
    say("Hello", 9);
    let calls = fs::read_to_string(&count).expect("called");
    assert_eq!(
        calls,
        "Hello; rm -rf $HOME `x` --stdin --stdout -b 1 -v en -s 170\n\
         Hello --stdin --stdout -b 1 -v en -s 80\n"
    );
    let names = || {
        fs::read_dir(&cache)
            .expect("read")
            .map(|file| file.expect("file").path())
    };
    assert_eq!(names().count(), 2, "no temporary file is left");

    // A broken file in the cache is spoken and written again.
    for path in names() {
        fs::write(path, b"RIFF").expect("written");
    }
    assert_eq!(first, say("Hello; rm -rf $HOME `x`", 170));
    assert_eq!(
        fs::read_to_string(&count).expect("called").lines().count(),
        3
    );
}

#[test]
fn a_cache_that_cannot_be_written_does_not_keep_anybody_silent() {
    let folder = Folder::new();
    let wave = folder.wave(22_050, 1, 16);
    let engine = folder.engine(&format!("cat '{}'", wave.display()));
    let spoken = engine.speak("Hello", "en", 170, &wave.join("below-a-file"));
    assert!(is_the_tone(&spoken.expect("spoken")));
}

#[test]
fn an_engine_that_is_absent_dead_slow_or_endless_is_an_error() {
    let folder = Folder::new();
    let said = |engine: &Engine| {
        let spoken = engine.speak("Hello", "en", 170, &folder.0);
        spoken.expect_err("no speech").to_string()
    };
    let absent = Engine {
        program: "no-such-engine".into(),
        ..Engine::default()
    };
    assert!(said(&absent).contains("apt-get install espeak-ng"));
    assert!(said(&folder.engine("echo out of order >&2; exit 3")).contains("out of order"));
    assert!(said(&folder.engine("echo nonsense")).contains("failed"));
    assert!(said(&folder.engine("cat /dev/zero")).contains("does not stop talking"));
    let slow = Engine {
        patience: Duration::from_millis(50),
        ..folder.engine("exec sleep 60")
    };
    assert!(said(&slow).contains("did not finish"));
}

#[test]
fn voices_and_texts_are_checked_before_anything_runs() {
    let folder = Folder::new();
    let engine = folder.engine("exit 1");
    let say = |text: &str, voice: &str| engine.speak(text, voice, 170, &folder.0);
    for voice in ["", "-f/etc/passwd", "../x", "a b", "en;ls"] {
        let refused = say("Hello", voice).expect_err("refused");
        assert!(
            matches!(refused, SoundError::UnknownVoice { .. }),
            "{voice}"
        );
    }
    for text in ["", "  \n", &"x".repeat(20_000)] {
        assert!(matches!(say(text, "en"), Err(SoundError::TextLength(_))));
    }
    let engine = folder.engine("echo 'Error: The specified espeak-ng voice does not exist.' >&2");
    let refused = engine
        .speak("Hello", "klingon", 170, &folder.0)
        .expect_err("refused");
    assert!(refused.to_string().contains("\"klingon\""), "{refused}");
}

#[test]
fn the_real_engine_speaks_if_it_is_installed() {
    let folder = Folder::new();
    let speak = |text, voice| Engine::default().speak(text, voice, 170, &folder.0);
    match speak("Please hold the line.", "en") {
        Ok(samples) => {
            assert!((8000..40_000).contains(&samples.len()), "{}", samples.len());
            let refused = speak("Hello", "nosuchvoice").expect_err("refused");
            assert!(
                matches!(refused, SoundError::UnknownVoice { .. }),
                "{refused}"
            );
        }
        Err(why) => assert!(matches!(why, SoundError::NoEngine { .. }), "{why}"),
    }
}
