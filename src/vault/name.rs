//! What files are called (R98, R99) and in which folder they lie (R104).
//!
//! ```text
//!   <account>/<YYYY>/<MM>/<DD>/<conversation>_<agent>_<customer>_<YYYYMMDDHHMMSS>[-2]
//!       + -customer.wav  -agent.wav  .wav (stereo)          the sound
//!       + -customer.json -agent.json .json                  what it is
//!       + -customer.peaks -agent.peaks .peaks               how loud it is over its time
//!       + -customer-video.webm -agent-video.mkv             the pictures, each with a .json as well
//!       + .segment.json                                     the journal, while it is written
//!       + -customer.take -agent.take                        encrypted: the tracks, while they are written
//!       + -customer-video.film                              pictures, while they are written
//!       + -customer.wav.sealed …                            encrypted: the sound (format: `seal`)
//! ```
//!
//! The names of people come from outside: nothing in them may leave the folder (H19), split a
//! field, or hide in a terminal. However a letter with marks was typed, it is one letter (NFC, UAX #15).

use crate::call::record::{Content, Role, Segment, Track};
use icu_normalizer::ComposingNormalizerBorrowed;

/// Longest field of a name, in bytes: four of them and the endings stay under 255.
const FIELD: usize = 64;

/// The ending of a journal.
pub(super) const JOURNAL: &str = ".segment.json";
/// The ending of a track that is written encrypted.
pub(super) const TAKE: &str = ".take";
/// The ending of pictures while they are written.
pub(super) const FILM: &str = ".film";
/// What follows the ending of an encrypted file.
pub(super) const SEALED: &str = ".sealed";
/// The endings of finished files.
pub(super) const FINISHED: [&str; 3] = [".wav", ".webm", ".mkv"];

/// The name of a segment's files without ending, relative to the folder of recordings, with `/`.
pub(super) fn base(segment: &Segment) -> String {
    let began = segment.began;
    format!(
        "{}/{}/{}_{}_{}_{}",
        folder(&segment.account),
        began.strftime("%Y/%m/%d"),
        segment.call,
        field(&segment.agent.name),
        field(&segment.customer),
        began.strftime("%Y%m%d%H%M%S"),
    )
}

/// What follows the base name for each track: the role, counted if it comes twice.
pub(super) fn markers(tracks: &[Track]) -> Vec<String> {
    let nth = |index: usize, role: Role| {
        let before = tracks.iter().take(index);
        before.filter(|track| track.role == role).count() + 1
    };
    let marker = |(index, track): (usize, &Track)| match nth(index, track.role) {
        1 => format!("-{}", role(track.role)),
        n => format!("-{}-{n}", role(track.role)),
    };
    tracks.iter().enumerate().map(marker).collect()
}

/// The same for pictures.
pub(super) fn film_markers(films: &[Track]) -> Vec<String> {
    let markers = markers(films).into_iter();
    markers.map(|marker| format!("{marker}-video")).collect()
}

/// What a file holds, as descriptions spell it.
pub(super) fn content(content: Content) -> &'static str {
    match content {
        Content::Leg(leg) => role(leg),
        Content::Stereo => "stereo",
        Content::Video(Role::Customer) => "customer_video",
        Content::Video(Role::Agent) => "agent_video",
        Content::Video(Role::Outside) => "outside_video",
        Content::Video(Role::Supervisor) => "supervisor_video",
    }
}

/// A role as names and descriptions spell it.
pub(super) fn role(role: Role) -> &'static str {
    match role {
        Role::Customer => "customer",
        Role::Agent => "agent",
        Role::Outside => "outside",
        Role::Supervisor => "supervisor",
    }
}

/// The folder of an account. A name that had to be changed carries a mark of the original, so
/// that two accounts never share a folder.
fn folder(account: &str) -> String {
    let safe = field(account);
    if safe == account {
        return safe;
    }
    // FNV-1a: no secret, only a difference.
    let mark = account.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    format!("{safe}~{mark:08x}")
}

/// One field of a name: letters and digits of any script, `+ @ . -`; a hyphen for all else.
fn field(text: &str) -> String {
    let mut safe = String::new();
    let text = ComposingNormalizerBorrowed::new_nfc().normalize(text);
    for letter in text.chars() {
        let letter = if is_safe(letter) { letter } else { '-' };
        if letter == '-' && safe.ends_with('-') {
            continue;
        }
        if safe.len() + letter.len_utf8() > FIELD {
            break;
        }
        safe.push(letter);
    }
    match safe.trim_matches(['.', '-']) {
        "" => "unknown".to_owned(),
        trimmed => trimmed.to_owned(),
    }
}

fn is_safe(letter: char) -> bool {
    if letter.is_ascii() {
        return letter.is_ascii_alphanumeric() || matches!(letter, '+' | '@' | '.' | '-');
    }
    // Invisible and direction-changing characters make one name look like another.
    let hidden = matches!(letter,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}');
    !(hidden || letter.is_control() || letter.is_whitespace())
}

#[cfg(test)]
mod tests {
    use super::super::tests::segment;
    use super::*;
    use crate::id::{LegId, RecordingId};

    #[test]
    fn r99_a_letter_is_the_same_however_it_was_typed() {
        assert_eq!(field("Zoe\u{308}"), field("Zo\u{eb}"));
        assert_eq!(field("Zoe\u{308}").chars().count(), 3);
    }

    #[test]
    fn a_name_says_who_spoke_with_whom_and_when() {
        let mut segment = segment();
        segment.account = "acme".into();
        segment.agent.name = "Ada Lovelace".into();
        segment.customer = "+4930123456".into();
        segment.began = "2026-03-04T05:06:07.89Z".parse().expect("a time");
        let expected = format!(
            "acme/2026/03/04/{}_Ada-Lovelace_+4930123456_20260304050607",
            segment.call
        );
        assert_eq!(base(&segment), expected);
    }

    #[test]
    fn no_name_leaves_its_folder_or_splits_a_field() {
        let tricks = [
            "../../etc/passwd",
            "..",
            ".",
            "/abs",
            "a/b",
            r"..\..\x",
            "a\0b",
            "a_b",
            ".hidden",
            "~",
            "C:\\x",
            "a\nb",
            "\u{202e}gpj.exe",
            "\u{2028}",
            "-rf",
            "",
            "    ",
            "$(reboot)",
            "%2e%2e%2f",
            "`x`",
            "a:b",
            "\u{85}",
        ];
        for trick in tricks {
            let safe = field(trick);
            assert!(
                !safe.is_empty() && !safe.starts_with(['.', '-']),
                "{trick:?} → {safe:?}"
            );
            assert!(
                !safe.contains(['/', '\\', '_', '\0', '\n', ' ', '~', ':']),
                "{safe:?}"
            );
            let mut segment = segment();
            segment.account = trick.into();
            segment.customer = trick.into();
            let base = base(&segment);
            assert_eq!(base.split('/').count(), 5, "{base}");
            assert_eq!(base.split('_').count(), 4, "{base}");
            assert!(
                base.split('/').all(|part| !part.is_empty() && part != ".."),
                "{base}"
            );
        }
    }

    #[test]
    fn names_of_any_script_stay_and_long_ones_end_at_a_letter() {
        assert_eq!(field("Žofie Nováková"), "Žofie-Nováková");
        assert_eq!(field("李小龍"), "李小龍");
        let long = field(&"ß界".repeat(100));
        assert!(
            long.len() <= FIELD && long.len() > FIELD - 4,
            "{}",
            long.len()
        );
    }

    #[test]
    fn accounts_that_differ_only_in_what_is_unsafe_have_folders_of_their_own() {
        assert_eq!(folder("acme"), "acme");
        let folders = ["a-b", "a/b", "a b", "a_b"].map(folder);
        for (index, one) in folders.iter().enumerate() {
            assert!(
                folders.iter().skip(index + 1).all(|other| other != one),
                "{folders:?}"
            );
        }
    }

    #[test]
    fn a_second_track_of_one_role_is_counted() {
        let track = |role| Track {
            recording: RecordingId(1),
            leg: LegId(1),
            role,
            sip_call_id: String::new(),
        };
        let tracks = [
            track(Role::Customer),
            track(Role::Agent),
            track(Role::Agent),
        ];
        assert_eq!(markers(&tracks), ["-customer", "-agent", "-agent-2"]);
    }
}
