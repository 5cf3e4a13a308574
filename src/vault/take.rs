//! A track while it is written encrypted: pieces of sound in the order in which they came, each for its
//! place. A kill or a full disk cost no more than the last piece.
//!
//! ```text
//!   "CORDTAK1" │ salt: 16 bytes │ piece │ piece │ …
//!   piece: length of what is encrypted, 4 bytes │ number, 8 │ place in samples, 8 │ AES-256-GCM(samples) ‖ tag
//! ```
//!
//! Numbers are little-endian. The head of a piece is authenticated with it, and its number, which only
//! rises, is its nonce. A piece without samples says how long the track is. When the track is finished it
//! becomes a file of its own (`seal`), and this one goes.

use crate::keys::{FileKey, random};
use ring::aead::{Aad, LessSafeKey, Nonce};
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::FileExt as _;

const MAGIC: &[u8; 8] = b"CORDTAK1";
const SALT: usize = 16;
const HEADER: u64 = (MAGIC.len() + SALT) as u64;
const HEAD: usize = 20;
const TAG: usize = 16;
/// Samples in a piece at most.
const PIECE: usize = 16_384;
/// Samples that are read at a time.
const WINDOW: u64 = 8_192;
const PURPOSE: &[u8] = b"cordboard: take";

/// Writes a take.
#[derive(Debug)]
pub(super) struct Writer {
    key: LessSafeKey,
    /// Where the next piece goes: over one that failed.
    end: u64,
    number: u64,
}

/// Reads a take as sound of one length: what never came is silence, what came last at a place counts.
pub(super) struct Reader {
    file: File,
    key: LessSafeKey,
    /// By place, then by number.
    pieces: Vec<Piece>,
    frames: u64,
    at: u64,
    window: Vec<u8>,
    read: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Piece {
    place: u64,
    number: u64,
    samples: u64,
    offset: u64,
}

impl Writer {
    /// Begins a take in an empty file.
    pub(super) fn new(file: &File, key: &FileKey) -> io::Result<Self> {
        let salt: [u8; SALT] = random().map_err(io::Error::other)?;
        file.write_all_at(&[MAGIC.as_slice(), &salt].concat(), 0)?;
        Ok(Self {
            key: key.derive(&salt, PURPOSE),
            end: HEADER,
            number: 0,
        })
    }

    /// Adds samples for a place.
    pub(super) fn write(&mut self, file: &File, place: u64, samples: &[i16]) -> io::Result<()> {
        for (nth, part) in (0..).zip(samples.chunks(PIECE)) {
            let place = place + nth * PIECE as u64;
            let bytes = part.iter().flat_map(|sample| sample.to_le_bytes());
            self.append(file, place, bytes.collect())?;
        }
        Ok(())
    }

    /// Says how long the track is; nothing comes after.
    pub(super) fn end(&mut self, file: &File, length: u64) -> io::Result<()> {
        self.append(file, length, vec![])?;
        file.set_len(self.end)
    }

    fn append(&mut self, file: &File, place: u64, mut bytes: Vec<u8>) -> io::Result<()> {
        let number = self.number;
        // Also of one that fails: a part of it may be on the disk.
        self.number += 1;
        let length = u32::try_from(bytes.len() + TAG).unwrap_or(u32::MAX);
        let head = head(length, number, place);
        self.key
            .seal_in_place_append_tag(nonce(number), Aad::from(head), &mut bytes)
            .map_err(|_| io::Error::other("a piece cannot be encrypted"))?;
        let whole = [head.as_slice(), &bytes].concat();
        file.write_all_at(&whole, self.end)?;
        self.end += whole.len() as u64;
        Ok(())
    }
}

impl Reader {
    /// Finds all pieces that are whole.
    pub(super) fn new(file: File, key: &FileKey) -> io::Result<Self> {
        let mut header = [0; HEADER as usize];
        let mut reader = Self {
            key: key.derive(&[], PURPOSE),
            file,
            pieces: vec![],
            frames: 0,
            at: 0,
            window: vec![],
            read: 0,
        };
        // A kill may have come before the first byte.
        match reader.file.read_exact_at(&mut header, 0) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(reader),
            Err(error) => return Err(error),
        }
        let (magic, salt) = header.split_at(MAGIC.len());
        if magic != MAGIC {
            return Err(io::Error::new(ErrorKind::InvalidData, "it is no take"));
        }
        reader.key = key.derive(salt, PURPOSE);
        reader.find()?;
        Ok(reader)
    }

    /// Samples in it, to its end or to the last that was written.
    pub(super) fn frames(&self) -> u64 {
        self.frames
    }

    /// Reads it as so many samples.
    pub(super) fn fit(self, frames: u64) -> Self {
        Self { frames, ..self }
    }

    fn find(&mut self) -> io::Result<()> {
        let (mut offset, mut least, mut ended) = (HEADER, 0, None);
        let length = self.file.metadata()?.len();
        while offset + ((HEAD + TAG) as u64) <= length {
            let mut head = [0; HEAD];
            self.file.read_exact_at(&mut head, offset)?;
            let (size, number, place) = parts(&head);
            let next = offset + HEAD as u64 + u64::from(size);
            let samples = (u64::from(size).saturating_sub(TAG as u64)) / 2;
            let is_piece = size as usize >= TAG && samples <= PIECE as u64 && number >= least;
            if !is_piece || next > length {
                break;
            }
            let piece = Piece {
                place,
                number,
                samples,
                offset,
            };
            // What follows one that is damaged was written over, and is no more.
            if self.open(piece).is_err() {
                break;
            }
            if samples == 0 {
                ended = Some(place);
            } else {
                self.pieces.push(piece);
                self.frames = self.frames.max(place.saturating_add(samples));
            }
            (offset, least) = (next, number + 1);
        }
        self.frames = ended.unwrap_or(self.frames);
        self.pieces.sort_unstable();
        Ok(())
    }

    fn open(&self, piece: Piece) -> io::Result<Vec<u8>> {
        let size = 2 * piece.samples + TAG as u64;
        let head = head(
            u32::try_from(size).unwrap_or(u32::MAX),
            piece.number,
            piece.place,
        );
        let mut bytes = vec![0; usize::try_from(size).unwrap_or(0)];
        self.file
            .read_exact_at(&mut bytes, piece.offset + HEAD as u64)?;
        let opened = self
            .key
            .open_in_place(nonce(piece.number), Aad::from(head), &mut bytes);
        let length = opened
            .map_err(|_| io::Error::new(ErrorKind::InvalidData, "a piece is damaged"))?
            .len();
        bytes.truncate(length);
        Ok(bytes)
    }

    /// The next samples, as bytes.
    fn next(&mut self) -> io::Result<()> {
        let (from, until) = (self.at, (self.at + WINDOW).min(self.frames));
        let mut window = vec![0; usize::try_from(2 * (until - from)).unwrap_or(0)];
        let first = self
            .pieces
            .partition_point(|piece| piece.place + (PIECE as u64) < from);
        let rest = self.pieces.get(first..).unwrap_or_default();
        let mut here: Vec<Piece> = rest
            .iter()
            .take_while(|piece| piece.place < until)
            .filter(|piece| piece.place + piece.samples > from)
            .copied()
            .collect();
        here.sort_unstable_by_key(|piece| piece.number);
        for piece in here {
            let bytes = self.open(piece)?;
            let begin = piece.place.max(from);
            let end = (piece.place + piece.samples).min(until);
            let source = at(begin - piece.place)..at(end - piece.place);
            let target = at(begin - from)..at(end - from);
            if let (Some(target), Some(source)) = (window.get_mut(target), bytes.get(source)) {
                target.copy_from_slice(source);
            }
        }
        self.at = until;
        (self.window, self.read) = (window, 0);
        Ok(())
    }
}

impl Read for Reader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.read == self.window.len() {
            self.next()?;
        }
        let rest = self.window.get(self.read..).unwrap_or_default();
        let count = rest.len().min(into.len());
        into[..count].copy_from_slice(&rest[..count]);
        self.read += count;
        Ok(count)
    }
}

/// Where a sample is among bytes.
fn at(sample: u64) -> usize {
    usize::try_from(2 * sample).unwrap_or(usize::MAX)
}

fn head(length: u32, number: u64, place: u64) -> [u8; HEAD] {
    let mut head = [0; HEAD];
    head[..4].copy_from_slice(&length.to_le_bytes());
    head[4..12].copy_from_slice(&number.to_le_bytes());
    head[12..].copy_from_slice(&place.to_le_bytes());
    head
}

fn parts(head: &[u8; HEAD]) -> (u32, u64, u64) {
    let [a, b, c, d, rest @ ..] = head;
    let (number, place) = rest.split_at(8);
    let number = u64::from_le_bytes(number.try_into().unwrap_or_default());
    let place = u64::from_le_bytes(place.try_into().unwrap_or_default());
    (u32::from_le_bytes([*a, *b, *c, *d]), number, place)
}

fn nonce(number: u64) -> Nonce {
    let mut nonce = [0; 12];
    nonce[4..].copy_from_slice(&number.to_be_bytes());
    Nonce::assume_unique_for_key(nonce)
}

#[cfg(test)]
mod tests {
    use super::super::tests::Folder;
    use super::*;
    use std::fs;
    use std::path::PathBuf;

    fn take(folder: &Folder) -> (PathBuf, File) {
        let path = folder.path().join("a.take");
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(true);
        let file = options.open(&path).expect("a file");
        (path, file)
    }

    fn samples(path: &std::path::Path, key: &FileKey) -> Vec<i16> {
        let mut reader = Reader::new(File::open(path).expect("there"), key).expect("a take");
        let mut bytes = vec![];
        reader.read_to_end(&mut bytes).expect("read");
        let (pairs, _) = bytes.as_chunks::<2>();
        pairs.iter().map(|pair| i16::from_le_bytes(*pair)).collect()
    }

    #[test]
    fn pieces_land_where_they_belong_and_the_later_one_counts() {
        let folder = Folder::new();
        let (path, file) = take(&folder);
        let key = FileKey::new().expect("a key");
        let mut writer = Writer::new(&file, &key).expect("begun");
        writer.write(&file, 4, &[1; 40_000]).expect("written");
        writer.write(&file, 60_000, &[2; 2]).expect("written");
        writer.write(&file, 2, &[3; 4]).expect("written");
        let heard = samples(&path, &key);
        assert_eq!(heard.len(), 60_002);
        assert_eq!(heard[..8], [0, 0, 3, 3, 3, 3, 1, 1]);
        assert_eq!(heard[40_002..40_006], [1, 1, 0, 0]);
        writer.end(&file, 10).expect("ended");
        assert_eq!(samples(&path, &key), [0, 0, 3, 3, 3, 3, 1, 1, 1, 1]);
        let bytes = fs::read(&path).expect("read");
        assert!(!bytes.windows(8).any(|w| w == [1, 0, 1, 0, 1, 0, 1, 0]));
    }

    #[test]
    fn f1_a_kill_at_any_byte_costs_the_last_piece_alone() {
        let folder = Folder::new();
        let (path, file) = take(&folder);
        let key = FileKey::new().expect("a key");
        let mut writer = Writer::new(&file, &key).expect("begun");
        for number in 0..5 {
            writer.write(&file, number * 10, &[7; 10]).expect("written");
        }
        let whole = fs::read(&path).expect("read");
        let piece = HEAD + 20 + TAG;
        for cut in 0..=whole.len() {
            fs::write(&path, &whole[..cut]).expect("written");
            let kept = cut.saturating_sub(HEADER as usize) / piece;
            assert_eq!(samples(&path, &key), vec![7; 10 * kept], "cut at {cut}");
        }
        for at in HEADER as usize..whole.len() {
            let mut altered = whole.clone();
            altered[at] ^= 0x55;
            fs::write(&path, &altered).expect("written");
            let kept = (at - HEADER as usize) / piece;
            assert_eq!(samples(&path, &key), vec![7; 10 * kept], "altered at {at}");
        }
    }

    #[test]
    fn f2_a_piece_that_failed_half_way_is_written_over() {
        let folder = Folder::new();
        let (path, file) = take(&folder);
        let key = FileKey::new().expect("a key");
        let mut writer = Writer::new(&file, &key).expect("begun");
        writer.write(&file, 0, &[1; 10]).expect("written");
        let end = writer.end;
        file.write_all_at(&[0xAA; 500], end).expect("half a piece");
        writer.number += 1;
        writer.write(&file, 20, &[2; 10]).expect("written");
        assert_eq!(
            samples(&path, &key),
            [vec![1; 10], vec![0; 10], vec![2; 10]].concat()
        );
    }
}
