//! The catalogue, neural voices, and speaking on threads.

use super::*;
use crate::settings::{Form, Quality, Utterance};
use std::sync::Arc;
use std::sync::mpsc;

/// A model of Piper's shape that says 25 ms of 600 Hz for each number it is given.
const MODEL: &[u8] = include_bytes!("../fixtures/tiny.onnx");
/// A model of Kokoro's shape that says, for each number, 25 ms of the pitch that is the first factor of the style.
const SHARED: &[u8] = include_bytes!("../fixtures/shared.onnx");
const CONFIG: &str = r#"{
    "audio": { "sample_rate": 16000 },
    "espeak": { "voice": "de" },
    "language": { "code": "de_DE" },
    "phoneme_id_map": { "_": [0], "^": [1], "$": [2], " ": [3], "a": [4], ".": [5], ",": [6] }
}"#;
const NAME: &str = "de_DE-tiny-low";

/// A voice as it is downloaded.
fn downloaded(folder: &Folder) -> PathBuf {
    let dir = folder.0.join("downloads");
    fs::create_dir_all(&dir).expect("a folder");
    let model = dir.join(format!("{NAME}.onnx"));
    fs::write(&model, MODEL).expect("written");
    fs::write(dir.join(format!("{NAME}.onnx.json")), CONFIG).expect("written");
    fs::write(dir.join("MODEL_CARD"), "# A voice\n* License: CC0\n").expect("written");
    model
}

/// An engine that has two voices, and for each text the same phonemes.
fn engine(folder: &Folder) -> Engine {
    folder.engine(
        "case \"$*\" in\n\
         --voices) echo 'Pty Language Age/Gender VoiceName File Other'\n\
         echo ' 5  cs  --/M  Czech  zlw/cs'\n\
         echo ' 5  en-gb  --/F  English  gmw/en  (en 2)' ;;\n\
         *--ipa*) cat >> \"$0.texts\"; echo aaa ;;\n\
         *) echo no >&2; exit 1 ;;\n\
         esac",
    )
}

fn says(text: &str, voice: &str, quality: Quality) -> Message {
    Message::Text {
        text: text.into(),
        voice: voice.into(),
        rate: 160,
        position: Form::Cardinal,
        quality,
    }
}

#[test]
fn r42_r44_r45_r145_a_neural_voice_is_installed_listed_and_speaks() {
    let folder = Folder::new();
    let model = downloaded(&folder);
    let terms = Terms {
        gender: Some(Gender::Female),
        ..Terms::default()
    };
    for path in [&model, model.parent().expect("a folder")] {
        let name = install(&folder.0, path, &terms).expect("installed, and again");
        assert_eq!(name, NAME);
    }
    let catalogue = catalogue(&folder).with_engine(engine(&folder));
    let (voices, faults) = catalogue.list();
    assert!(faults.is_empty(), "{faults:?}");
    let voice = |name: &str| voices.iter().find(|voice| voice.name == name).expect(name);
    let neural = voice(NAME);
    assert_eq!(
        (neural.language.as_str(), neural.licence.as_str()),
        ("de-de", "CC0")
    );
    assert_eq!(
        (neural.gender, neural.quality),
        (Some(Gender::Female), Quality::Neural)
    );
    assert_eq!(
        (neural.forms.as_slice(), neural.wait),
        (&Form::ALL[..], true)
    );
    // R42: what a voice cannot say is not offered.
    assert_eq!(voice("cs").forms, [Form::Cardinal]);
    let english = voice("en-gb");
    assert_eq!(
        (english.gender, english.quality),
        (Some(Gender::Female), Quality::Standard)
    );

    // ^ _ a _ a _ a _ . _ $ are eleven numbers of 25 ms, and 0.2 s of pause.
    let said = |rate| {
        let mut message = says("Sie sind Nummer {position}.", NAME, Quality::Neural);
        if let Message::Text { rate: it, .. } = &mut message {
            *it = rate;
        }
        catalogue.render(&message, Path::new("")).expect("spoken")
    };
    let sound = said(160);
    let seconds = sound.len() as f32 / 8000.0;
    assert!((seconds - 0.475).abs() < 0.01, "{seconds}");
    assert!(tone::share(&sound[200..2000], 600.0) > 0.98);
    assert_eq!(said(320).len() + 1100, sound.len(), "R45: twice as fast");
    said(160);
    let texts = fs::read_to_string(folder.0.join("engine.texts")).expect("texts");
    assert_eq!(
        texts,
        "Sie sind Nummer eins.\n".repeat(2),
        "kept, and spoken once"
    );
    let preview = catalogue.preview(&says("Ja.", NAME, Quality::Neural), Path::new(""));
    assert!(preview.expect("R156: a file").starts_with(b"RIFF"));
}

/// The styles of a voice with this pitch, for sentences of up to six phonemes.
fn styles(hz: f32) -> Vec<u8> {
    let step = std::f32::consts::TAU * hz / 24_000.0;
    let row = std::iter::once(step).chain(std::iter::repeat_n(0.0, 255));
    let row: Vec<u8> = row.flat_map(f32::to_le_bytes).collect();
    row.repeat(6)
}

#[test]
fn r44_voices_of_kokoro_share_a_model_and_speak_in_their_own_style() {
    let folder = Folder::new();
    let model = folder.0.join("kokoro-v1.0.onnx");
    fs::write(&model, SHARED).expect("written");
    let put = |name: &str, hz: f32| {
        let style = folder.0.join(format!("{name}.bin"));
        fs::write(&style, styles(hz)).expect("written");
        let terms = Terms {
            style: Some(style),
            licence: Some("Apache-2.0".into()),
            ..Terms::default()
        };
        install(&folder.0, &model, &terms)
    };
    for (name, hz) in [("af_low", 600.0), ("bm_high", 1000.0)] {
        assert_eq!(put(name, hz).expect("installed"), name);
    }
    let kept = fs::read_dir(folder.0.join("voices")).expect("voices");
    assert_eq!(kept.count(), 5, "one model, and two files for each voice");
    let catalogue = catalogue(&folder).with_engine(engine(&folder));
    let (voices, _) = catalogue.list();
    let told = |name: &str| {
        let voice = voices.iter().find(|voice| voice.name == name).expect(name);
        (voice.language.clone(), voice.gender, voice.licence.clone())
    };
    let apache = || "Apache-2.0".to_owned();
    assert_eq!(
        told("af_low"),
        ("en-us".into(), Some(Gender::Female), apache())
    );
    assert_eq!(
        told("bm_high"),
        ("en-gb".into(), Some(Gender::Male), apache())
    );
    for (name, hz) in [("af_low", 600.0), ("bm_high", 1000.0)] {
        let sound = catalogue.render(&says("Yes.", name, Quality::Neural), Path::new(""));
        let sound = sound.expect("spoken");
        // aaa. and nothing around it are six numbers of 25 ms, and 0.2 s of pause.
        let seconds = sound.len() as f32 / 8000.0;
        assert!((seconds - 0.35).abs() < 0.01, "{seconds}");
        assert!(tone::share(&sound[200..1000], hz) > 0.98, "{name}");
    }
    let why = put("heart", 600.0).expect_err("no name").to_string();
    assert!(why.contains("af_heart.bin"), "{why}");
    let why = install(
        &folder.0,
        &downloaded(&folder),
        &Terms {
            style: Some(folder.0.join("af_low.bin")),
            ..Terms::default()
        },
    );
    let why = why.expect_err("Piper's").to_string();
    assert!(why.contains("leave out --style"), "{why}");
    let renamed = folder.0.join("kokoro.onnx");
    fs::write(&renamed, SHARED).expect("written");
    let why = install(&folder.0, &renamed, &Terms::default()).expect_err("no style");
    assert!(why.to_string().contains("--style"), "{why}");
}

#[test]
fn what_is_no_voice_is_not_installed_and_the_error_says_why() {
    let folder = Folder::new();
    let model = downloaded(&folder);
    let beside = model.with_extension("onnx.json");
    let refused = |path: &Path| {
        let why = install(&folder.0, path, &Terms::default()).expect_err("refused");
        assert!(!folder.0.join("voices").exists(), "nothing has changed");
        why.to_string()
    };
    assert!(refused(&folder.0.join("absent.onnx")).contains("No such file"));
    assert!(refused(&folder.0).contains("no .onnx file"));
    assert!(refused(&beside).contains("called like the voice"));
    fs::write(&beside, "{}").expect("written");
    assert!(refused(&model).contains("missing field"));
    fs::remove_file(&beside).expect("removed");
    assert!(refused(&model).contains("belongs beside it"));
    fs::write(&beside, CONFIG).expect("written");
    for bytes in [&b"hello"[..], &MODEL[..300], b""] {
        fs::write(&model, bytes).expect("written");
        assert!(refused(&model).contains(NAME));
    }
}

#[test]
fn r43_what_cannot_be_spoken_is_an_error_before_anybody_calls() {
    let folder = Folder::new();
    let catalogue = catalogue(&folder).with_engine(engine(&folder));
    let said = |message: &Message| {
        let rendered = catalogue.render(message, Path::new(""));
        rendered.expect_err("refused").to_string()
    };
    let absent = said(&says("Hallo", NAME, Quality::Neural));
    assert!(
        absent.contains("is installed; see `cordboard voices list`"),
        "{absent}"
    );
    assert!(said(&says("x", "../x", Quality::Neural)).contains("no neural voice"));
    assert!(said(&says("{positon}", "en", Quality::Standard)).contains("did you mean"));
    let czech = CONFIG.replace("de_DE", "cs_CZ");
    let model = downloaded(&folder);
    fs::write(model.with_extension("onnx.json"), czech).expect("written");
    install(&folder.0, &model, &Terms::default()).expect("installed");
    let mut message = says("{position}", NAME, Quality::Neural);
    if let Message::Text { position, .. } = &mut message {
        *position = Form::Ordinal;
    }
    let why = said(&message);
    assert!(
        why.contains("cs has no ordinal position; it has: cardinal"),
        "{why}"
    );
}

#[test]
fn f23_a_pool_answers_each_question_once_also_where_it_has_no_room() {
    let folder = Folder::new();
    let wave = folder.wave(22_050, 1, 16);
    let slow = folder.engine(&format!(
        "cat > /dev/null; sleep 0.2; cat '{}'",
        wave.display()
    ));
    let catalogue = Arc::new(catalogue(&folder).with_engine(slow));
    let pool = Pool::start(&catalogue).expect("threads");
    let (send, answers) = mpsc::channel();
    let utterance = |text: String| Utterance {
        text,
        voice: "en".into(),
        rate: 160,
        quality: Quality::Standard,
    };
    for n in 0..100 {
        let send = send.clone();
        pool.speak(utterance(format!("{}", n % 3)), move |spoken| {
            drop(send.send(spoken.map(|sound| sound.len())));
        });
    }
    drop(send);
    let answers: Vec<_> = answers.iter().collect();
    assert_eq!(answers.len(), 100);
    let busy = answers
        .iter()
        .filter(|it| matches!(it, Err(SoundError::Busy)));
    assert!(
        (20..=36).contains(&busy.count()),
        "64 wait, two or more are spoken"
    );
    // What is spoken ahead is there when it is wanted.
    pool.prepare([utterance("ahead".into())]);
    let spoken = (0..500).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        fs::read_dir(folder.0.join("speech"))
            .expect("a cache")
            .count()
            == 4
    });
    assert!(spoken);
    pool.stop();
}

#[test]
fn an_engine_that_panics_or_dies_costs_one_sentence() {
    let folder = Folder::new();
    let catalogue = Arc::new(catalogue(&folder).with_engine(folder.engine("kill -9 $$")));
    let pool = Pool::start(&catalogue).expect("threads");
    let (send, answers) = mpsc::channel();
    for _ in 0..3 {
        let send = send.clone();
        let utterance = Utterance {
            text: "Hello".into(),
            voice: "en".into(),
            rate: 160,
            quality: Quality::Standard,
        };
        pool.speak(utterance, move |spoken| {
            let _ = send.send(spoken.is_err());
        });
    }
    drop(send);
    assert_eq!(answers.iter().collect::<Vec<_>>(), [true; 3]);
}
