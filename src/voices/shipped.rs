//! The sounds that ship with the server, for all that is not set otherwise.

use super::file::decode;
use std::io::Cursor;

/// A sound that ships with the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shipped {
    /// As a file is called.
    pub file: &'static str,
    /// As people call it.
    pub name: &'static str,
    /// A WAV file.
    pub bytes: &'static [u8],
}

macro_rules! shipped {
    ($file:literal, $name:literal) => {
        Shipped {
            file: $file,
            name: $name,
            bytes: include_bytes!(concat!("../../media/", $file)),
        }
    };
}

/// Heard on hold and on the way to somebody else.
pub const HOLD_MUSIC: Shipped = shipped!("hold-music.wav", "Hold music");
/// Said to a customer who is passed on (R132).
pub const TRANSFER: Shipped = shipped!("transfer.wav", "Transfer");
/// Said to a customer whom nobody has taken (D6).
pub const NOT_TAKEN: Shipped = shipped!("not-taken.wav", "Nobody takes the call");

/// Said to whom has lost the other party for a moment (B18).
pub const ABSENCE: Shipped = shipped!("absence.wav", "The other party is lost");

/// All of them.
pub const SHIPPED: [Shipped; 7] = [
    HOLD_MUSIC,
    shipped!("chime.wav", "Chime"),
    shipped!("greeting.wav", "Greeting"),
    shipped!("announcement.wav", "Announcement"),
    TRANSFER,
    NOT_TAKEN,
    ABSENCE,
];

impl Shipped {
    /// What it sounds like, at 8 kHz: nothing if the file was broken when the server was built, which a
    /// test excludes.
    pub fn samples(&self) -> Vec<i16> {
        decode(Box::new(Cursor::new(self.bytes))).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_of_them_can_be_played() {
        for shipped in SHIPPED {
            let samples = shipped.samples();
            assert!(samples.len() > 8_000, "{} lasts a second", shipped.file);
        }
    }
}
