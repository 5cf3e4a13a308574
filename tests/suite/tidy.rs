//! The architecture, as a test: which folder may know which, and how long a file may grow.

use std::fs;
use std::path::{Path, PathBuf};

/// What everybody may name.
const COMMON: &[&str] = &["id", "clock", "random"];

/// Every folder of `src`, lowest first, with those it may name besides [`COMMON`].
const LAYERS: &[(&str, &[&str])] = &[
    ("audio", &[]),
    ("rtp", &["audio"]),
    ("rtc", &["rtp"]),
    ("sdp", &["audio", "rtp", "rtc"]),
    ("sip", &[]),
    ("page", &[]),
    ("speech", &[]),
    ("settings", &["speech"]),
    ("route", &["settings"]),
    ("acd", &["settings"]),
    ("call", &["settings"]),
    ("media", &["audio", "rtp", "rtc", "sdp"]),
    (
        "switch",
        &[
            "audio", "rtp", "rtc", "sdp", "sip", "page", "speech", "settings", "route", "acd",
            "call", "media",
        ],
    ),
    ("net", &["sip"]),
    ("worker", &["audio", "media", "rtc", "rtp", "sdp", "vault"]),
    ("voices", &["audio", "settings", "speech"]),
    ("keys", &[]),
    ("store", &["acd", "call", "settings", "keys"]),
    (
        "events",
        &["switch", "acd", "call", "store", "settings", "net"],
    ),
    ("vault", &["call", "media", "settings", "audio", "keys"]),
    (
        "archive",
        &["call", "events", "settings", "store", "vault", "watch"],
    ),
    (
        "steward",
        &[
            "acd", "audio", "config", "media", "settings", "store", "switch", "voices",
        ],
    ),
    (
        "api",
        &[
            "watch", "sip", "net", "store", "settings", "config", "steward", "events", "switch",
            "acd", "archive", "call", "page", "route", "rtc", "vault", "voices",
        ],
    ),
    ("watch", &["sip", "call"]),
    ("config", &["settings", "route", "sip", "watch"]),
];

/// Folders that touch the world. `app` and `demo` compose them and may know everything.
const DRIVERS: &[&str] = &[
    "net", "worker", "voices", "archive", "store", "events", "steward", "vault", "api", "watch",
    "config", "app", "demo", "main.rs",
];

#[test]
fn imports_point_down() {
    for (layer, allowed) in LAYERS {
        for file in rust_files(&Path::new("src").join(layer)) {
            let text = fs::read_to_string(&file).expect("readable");
            for name in text.split("crate::").skip(1).flat_map(named) {
                let fine = name == *layer || allowed.contains(&name) || COMMON.contains(&name);
                assert!(fine, "{}: {layer} may not know {name}", file.display());
            }
        }
    }
}

#[test]
fn every_folder_has_its_layer() {
    for entry in fs::read_dir("src").expect("a folder") {
        let name = entry.expect("readable").file_name();
        let name = name.to_string_lossy();
        let module = name.trim_end_matches(".rs");
        let known = LAYERS.iter().any(|(layer, _)| *layer == module)
            || COMMON.contains(&module)
            || ["lib", "main", "app", "demo"].contains(&module);
        assert!(known, "src/{name} has no place in LAYERS");
    }
}

#[test]
fn cores_read_no_clock_and_no_socket() {
    for file in rust_files(Path::new("src")) {
        if DRIVERS
            .iter()
            .any(|driver| file.starts_with(Path::new("src").join(driver)))
        {
            continue;
        }
        let text = fs::read_to_string(&file).expect("readable");
        let is_test =
            file.ends_with("tests.rs") || file.components().any(|c| c.as_os_str() == "tests");
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for forbidden in [
            "Instant::now",
            "SystemTime::now",
            "Timestamp::now",
            "UdpSocket",
            "TcpStream",
            "thread::",
            "tokio::",
            "std::fs",
            "println!",
        ] {
            assert!(
                is_test || !code.contains(forbidden),
                "{}: {forbidden}",
                file.display()
            );
        }
    }
}

#[test]
fn a_file_is_one_concept() {
    for file in rust_files(Path::new("src")) {
        let lines = fs::read_to_string(&file).expect("readable").lines().count();
        assert!(
            lines <= 500,
            "{}: {lines} lines: is it two files?",
            file.display()
        );
    }
}

fn rust_files(dir: &Path) -> Vec<PathBuf> {
    if dir.with_extension("rs").is_file() {
        return vec![dir.with_extension("rs")];
    }
    let entries = fs::read_dir(dir).unwrap_or_else(|why| panic!("{}: {why}", dir.display()));
    let entries = entries.map(|entry| entry.expect("readable").path());
    let (dirs, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let own = files
        .into_iter()
        .filter(|path| path.extension().is_some_and(|e| e == "rs"));
    own.chain(dirs.iter().flat_map(|dir| rust_files(dir)))
        .collect()
}

/// The modules that follow `crate::`: one, or the list in braces.
fn named(text: &str) -> Vec<&str> {
    let Some(list) = text.strip_prefix('{') else {
        return vec![first_word(text)];
    };
    let list = list.split('}').next().unwrap_or_default();
    list.split(',')
        .map(|item| first_word(item.trim()))
        .filter(|word| !word.is_empty())
        .collect()
}

fn first_word(text: &str) -> &str {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
        .next()
        .unwrap_or_default()
}
