//! One file goes, and with it that voice from the mix (R109, R112, D16).

use super::*;
use crate::keys::tests::keys;
use std::io::Read as _;

fn heard(shelf: &Shelf, path: &str) -> Vec<i16> {
    let mut bytes = vec![];
    let sound = shelf.open(path).expect("there");
    sound.reader().read_to_end(&mut bytes).expect("read");
    let mut reader = hound::WavReader::new(bytes.as_slice()).expect("a WAV file");
    let samples = reader.samples().map(|sample| sample.expect("a sample"));
    samples.collect()
}

#[test]
fn r109_r112_a_leg_is_erased_and_is_silent_in_the_mix_in_clear_and_encrypted() {
    for names_of_keys in [&[][..], &["a"][..]] {
        let new_keys = || match names_of_keys {
            [] => None,
            names => Some(keys(names)),
        };
        let mut bench = Bench::with(new_keys());
        bench.begin(segment());
        bench
            .says(CUSTOMER, 0, &[5; 40_000])
            .says(AGENT, 0, &[7; 40_000]);
        bench.ends(CUSTOMER, 40_000).ends(AGENT, 40_000);
        let files = bench.finish().remove(0).files;
        let shelf = Shelf::new(bench.root(), new_keys().map(Arc::new));
        let of = |content| {
            let mut files = files.iter();
            files.find(|file| file.content == content).expect("a file")
        };
        let (stereo, customer) = (of(Content::Stereo), of(Content::Leg(Role::Customer)));
        for _ in 0..2 {
            shelf.erase(&customer.path).expect("erased");
            let made = shelf.silence(stereo, Role::Customer).expect("made");
            assert_eq!(made.bytes, stereo.bytes);
            assert_ne!(made.sha256, stereo.sha256);
            let sound = heard(&shelf, &stereo.path);
            assert_eq!(sound, [0, 7].repeat(40_000));
            let mut bytes = vec![];
            let mut reader = shelf.open(&stereo.path).expect("there").reader();
            reader.read_to_end(&mut bytes).expect("read");
            let hash = ring::digest::digest(&ring::digest::SHA256, &bytes);
            assert_eq!(made.sha256, Some(peaks::hex(hash.as_ref())));
        }
        shelf.open(&customer.path).expect_err("gone");
        let left = names(&bench.root());
        assert!(
            left.iter().all(|name| !name.contains("customer")),
            "{left:?}"
        );
        assert!(left.iter().all(|name| !name.contains(".part")), "{left:?}");
        let told = shelf.description(&stereo.path).expect("there");
        let told: serde_json::Value = serde_json::from_slice(&told).expect("JSON");
        assert_eq!(told["silent"], serde_json::json!(["customer"]));
        assert_eq!(
            heard(&shelf, &of(Content::Leg(Role::Agent)).path),
            [7; 40_000]
        );
        shelf.silence(stereo, Role::Agent).expect("made");
        assert_eq!(heard(&shelf, &stereo.path), [0; 80_000]);
    }
}

#[test]
fn h19_nothing_outside_of_the_folder_is_erased() {
    let folder = Folder::new();
    let root = folder.path().join("recordings");
    fs::create_dir_all(root.join("demo")).expect("a folder");
    for name in ["x.wav", "x.json"] {
        fs::write(folder.path().join(name), "precious").expect("written");
    }
    std::os::unix::fs::symlink("..", root.join("up")).expect("a link");
    let shelf = Shelf::new(root, None);
    for trick in ["../x.wav", "up/x.wav", "demo/../../x.wav", "/x.wav"] {
        let _ = shelf.erase(trick);
        let _ = shelf.free(trick);
    }
    for name in ["x.wav", "x.json"] {
        assert!(folder.path().join(name).exists(), "{name}");
    }
    shelf.erase("nowhere/x.wav").expect("nothing to do");
    shelf.erase("demo/x.wav").expect("nothing to do");
}
