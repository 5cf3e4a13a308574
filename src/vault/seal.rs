//! Encrypted files: chunks that are each authenticated, so that any place is read without the rest
//! (STREAM of Hoang, Reyhanitabar, Rogaway and Vizár, with AES-256-GCM).
//!
//! ```text
//!   "CORDSEA1" │ salt: 16 bytes │ chunk 0 │ chunk 1 │ … │ last chunk
//!
//!   key of the chunks = HKDF-SHA256(salt, key of the file, "cordboard: sound")
//!   chunk n  = AES-256-GCM(nonce n, 65,536 bytes of the WAV file; the last: 0 to 65,536) ‖ tag: 16 bytes
//!   nonce n  = 3 zero bytes ‖ 1 in the last chunk, else 0 ‖ n, 8 bytes, the highest first
//! ```
//!
//! The salt is new with each writing, so no nonce comes twice. Chunks that are altered, exchanged or cut
//! off, also at a border, are errors.

use crate::keys::{FileKey, random};
use ring::aead::{Aad, LessSafeKey, Nonce};
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::FileExt as _;

const MAGIC: &[u8; 8] = b"CORDSEA1";
const SALT: usize = 16;
const HEADER: u64 = (MAGIC.len() + SALT) as u64;
/// Bytes of the WAV file in a chunk.
const CHUNK: usize = 65_536;
const TAG: usize = 16;
const PURPOSE: &[u8] = b"cordboard: sound";

/// Encrypts what is written to it.
pub(super) struct Sealer<W> {
    to: W,
    key: LessSafeKey,
    /// What is not encrypted yet: a chunk at most.
    chunk: Vec<u8>,
    number: u64,
}

/// An encrypted file, to be read.
#[derive(Debug)]
pub(super) struct Opened {
    file: File,
    key: LessSafeKey,
    /// Of what is in it.
    length: u64,
    /// The number of its last chunk.
    last: u64,
}

impl<W: Write> Sealer<W> {
    pub(super) fn new(mut to: W, key: &FileKey) -> io::Result<Self> {
        let salt: [u8; SALT] = random().map_err(io::Error::other)?;
        to.write_all(MAGIC)?;
        to.write_all(&salt)?;
        Ok(Self {
            to,
            key: key.derive(&salt, PURPOSE),
            chunk: Vec::with_capacity(CHUNK + TAG),
            number: 0,
        })
    }

    /// Writes the last chunk. Without it the file is none.
    pub(super) fn finish(mut self) -> io::Result<W> {
        self.write_chunk(true)?;
        Ok(self.to)
    }

    fn write_chunk(&mut self, last: bool) -> io::Result<()> {
        self.key
            .seal_in_place_append_tag(nonce(self.number, last), Aad::empty(), &mut self.chunk)
            .map_err(|_| io::Error::other("a chunk cannot be encrypted"))?;
        self.to.write_all(&self.chunk)?;
        self.chunk.clear();
        self.number += 1;
        Ok(())
    }
}

impl<W: Write> Write for Sealer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full chunk waits until it is known that it is not the last.
        if self.chunk.len() == CHUNK && !bytes.is_empty() {
            self.write_chunk(false)?;
        }
        let count = bytes.len().min(CHUNK - self.chunk.len());
        self.chunk.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Opened {
    /// Opens a file, and reads its last chunk: so a key that does not fit, and an end that is missing, are
    /// found at once.
    pub(super) fn new(file: File, key: &FileKey) -> io::Result<Self> {
        let mut header = [0; HEADER as usize];
        file.read_exact_at(&mut header, 0)?;
        let (magic, salt) = header.split_at(MAGIC.len());
        if magic != MAGIC {
            return Err(damaged());
        }
        let body = file.metadata()?.len().saturating_sub(HEADER);
        let chunks = body.div_ceil((CHUNK + TAG) as u64);
        let opened = Self {
            key: key.derive(salt, PURPOSE),
            length: body.saturating_sub(chunks * TAG as u64),
            last: chunks.checked_sub(1).ok_or_else(damaged)?,
            file,
        };
        opened.chunk(opened.last)?;
        Ok(opened)
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }

    pub(super) fn read_at(&self, mut at: u64, into: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.length.saturating_sub(at)).unwrap_or(usize::MAX);
        let count = left.min(into.len());
        let mut rest = &mut into[..count];
        while !rest.is_empty() {
            let chunk = self.chunk(at / CHUNK as u64)?;
            let within = (at % CHUNK as u64) as usize;
            let piece = chunk.get(within..).unwrap_or_default();
            let piece = piece.get(..rest.len()).unwrap_or(piece);
            if piece.is_empty() {
                return Err(damaged());
            }
            let (filled, more) = rest.split_at_mut(piece.len());
            filled.copy_from_slice(piece);
            at += piece.len() as u64;
            rest = more;
        }
        Ok(count)
    }

    fn chunk(&self, number: u64) -> io::Result<Vec<u8>> {
        let at = HEADER + number * (CHUNK + TAG) as u64;
        let body = self.length + (self.last + 1) * TAG as u64;
        let count = (HEADER + body).saturating_sub(at).min((CHUNK + TAG) as u64);
        let mut bytes = vec![0; usize::try_from(count).unwrap_or(0)];
        self.file.read_exact_at(&mut bytes, at)?;
        let nonce = nonce(number, number == self.last);
        let opened = self.key.open_in_place(nonce, Aad::empty(), &mut bytes);
        let length = opened.map_err(|_| damaged())?.len();
        bytes.truncate(length);
        Ok(bytes)
    }
}

fn nonce(number: u64, last: bool) -> Nonce {
    let mut nonce = [0; 12];
    nonce[3] = u8::from(last);
    nonce[4..].copy_from_slice(&number.to_be_bytes());
    Nonce::assume_unique_for_key(nonce)
}

fn damaged() -> io::Error {
    io::Error::new(
        ErrorKind::InvalidData,
        "the encrypted file is damaged, or its key is another",
    )
}

#[cfg(test)]
mod tests {
    use super::super::tests::Folder;
    use super::*;
    use std::fs;
    use std::path::Path;

    fn sealed(path: &Path, key: &FileKey, bytes: &[u8]) {
        let mut sealer = Sealer::new(File::create(path).expect("a file"), key).expect("sealed");
        for piece in bytes.chunks(7_919) {
            sealer.write_all(piece).expect("written");
        }
        sealer.finish().expect("finished");
    }

    fn content(length: usize) -> Vec<u8> {
        (0..length).map(|at| (at * 31 % 251) as u8).collect()
    }

    #[test]
    fn any_place_of_a_file_of_any_length_is_read() {
        let folder = Folder::new();
        let path = folder.path().join("a");
        let key = FileKey::new().expect("a key");
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 5] {
            let bytes = content(length);
            sealed(&path, &key, &bytes);
            let opened = Opened::new(File::open(&path).expect("there"), &key).expect("opened");
            assert_eq!(opened.length(), length as u64);
            for (at, count) in [(0, length), (length / 2, 100), (CHUNK - 3, 6), (length, 5)] {
                let mut read = vec![0; count];
                let got = opened.read_at(at as u64, &mut read).expect("read");
                let expected = bytes.get(at..).unwrap_or_default();
                let expected = expected.get(..count).unwrap_or(expected);
                assert_eq!(&read[..got], expected, "{length} at {at}");
            }
        }
    }

    #[test]
    fn what_is_altered_exchanged_or_cut_is_an_error() {
        let folder = Folder::new();
        let path = folder.path().join("a");
        let key = FileKey::new().expect("a key");
        sealed(&path, &key, &content(2 * CHUNK + 100));
        let whole = fs::read(&path).expect("read");
        assert!(
            !whole.windows(16).any(|w| w == &content(16)[..]),
            "no plain text"
        );
        let reads = |bytes: &[u8], key: &FileKey| {
            fs::write(&path, bytes).expect("written");
            let opened = Opened::new(File::open(&path)?, key)?;
            let mut all = vec![0; usize::try_from(opened.length()).expect("small")];
            opened.read_at(0, &mut all)
        };
        reads(&whole, &key).expect("as it was");
        reads(&whole, &FileKey::new().expect("a key")).expect_err("another key");
        let chunk = CHUNK + TAG;
        let header = HEADER as usize;
        for at in [0, 9, header, header + chunk + 5, whole.len() - 1] {
            let mut altered = whole.clone();
            altered[at] ^= 1;
            reads(&altered, &key).expect_err("altered");
        }
        for length in [
            0,
            header,
            header + chunk,
            header + 2 * chunk,
            whole.len() - 1,
        ] {
            reads(&whole[..length], &key).expect_err("cut");
        }
        let (first, rest) = whole[header..].split_at(chunk);
        let (second, third) = rest.split_at(chunk);
        let exchanged = [&whole[..header], second, first, third].concat();
        reads(&exchanged, &key).expect_err("exchanged");
        reads(&[&whole[..], &[0; 9]].concat(), &key).expect_err("longer");
    }
}
