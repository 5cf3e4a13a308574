//! Matroska and WebM (RFC 9559): one track of pictures, each in a block with its time in milliseconds.
//!
//! ```text
//!   while it is written:  EBML │ Segment, of unknown length │ Info │ Tracks │ Cluster │ Cluster │ …
//!   when it is finished:  EBML │ Segment │ Info, with its duration │ Tracks │ Cues │ Cluster │ Cluster │ …
//! ```
//!
//! The first can be played as far as it goes, whenever it ends; in the second any place is found. VP8 is in
//! WebM; H.264, which that does not know, is in Matroska.

use crate::media::{Shape, VideoCodec};
use std::io::{self, ErrorKind, Read, Write};
use webm_iterable::matroska_spec::{Master, MatroskaSpec as Tag};
use webm_iterable::{WebmIterator, WebmWriter, WriteOptions};

/// The bytes before what is in a segment: its name, and its length in 8 bytes.
const SEGMENT: usize = 12;
/// The one track, as blocks name it, and its flags.
const TRACK: u64 = 1;
const NAMED: u8 = 0x80 | TRACK as u8;
const KEY: u8 = 0x80;
const HEAD: usize = 4;
/// Nanoseconds in a unit of time.
const SCALE: u64 = 1_000_000;
/// A cluster begins with each picture that stands alone, and after so many milliseconds.
const CLUSTER: u64 = 5_000;
/// Larger elements are none of ours.
const LARGEST: usize = 16 << 20;
/// An element that says nothing and is 3 bytes long.
pub(super) const VOID: [u8; 3] = [0xec, 0x81, 0];

/// What a player has to know of pictures before the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) codec: VideoCodec,
    pub(super) shape: Shape,
}

/// A picture in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// From the begin of the file, in milliseconds.
    pub(super) at: u64,
    /// It stands alone.
    pub(super) key: bool,
    pub(super) bytes: Vec<u8>,
}

/// Where the clusters of a file will be.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// When each begins, whether with a picture that stands alone, and its bytes.
    clusters: Vec<(u64, bool, u64)>,
    /// The time of the last picture.
    pub(super) last: u64,
}

impl Look {
    /// The ending of files.
    pub(super) fn ending(&self) -> &'static str {
        match self.codec {
            VideoCodec::Vp8 => ".webm",
            VideoCodec::H264 => ".mkv",
        }
    }

    /// The codec as descriptions name it.
    pub(super) fn codec(&self) -> &'static str {
        match self.codec {
            VideoCodec::Vp8 => "vp8",
            VideoCodec::H264 => "h264",
        }
    }

    fn id(&self) -> &'static str {
        match self.codec {
            VideoCodec::Vp8 => "V_VP8",
            VideoCodec::H264 => "V_MPEG4/ISO/AVC",
        }
    }

    fn kind(&self) -> &'static str {
        match self.codec {
            VideoCodec::Vp8 => "webm",
            VideoCodec::H264 => "matroska",
        }
    }

    fn head(&self) -> io::Result<Vec<u8>> {
        written(&[Tag::Ebml(Master::Full(vec![
            Tag::EbmlVersion(1),
            Tag::EbmlReadVersion(1),
            Tag::EbmlMaxIdLength(4),
            Tag::EbmlMaxSizeLength(8),
            Tag::DocType(self.kind().to_owned()),
            Tag::DocTypeVersion(4),
            Tag::DocTypeReadVersion(2),
        ]))])
    }

    fn tags(&self, milliseconds: Option<u64>) -> Vec<Tag> {
        let mut info = vec![
            Tag::TimestampScale(SCALE),
            Tag::MuxingApp("cordboard".to_owned()),
            Tag::WritingApp("cordboard".to_owned()),
        ];
        info.extend(milliseconds.map(|whole| Tag::Duration(whole as f64)));
        let mut track = vec![
            Tag::TrackNumber(TRACK),
            Tag::TrackUID(TRACK),
            Tag::TrackType(1),
            Tag::FlagLacing(0),
            Tag::CodecID(self.id().to_owned()),
        ];
        if !self.shape.setup.is_empty() {
            track.push(Tag::CodecPrivate(self.shape.setup.clone()));
        }
        track.push(Tag::Video(Master::Full(vec![
            Tag::PixelWidth(self.shape.width.into()),
            Tag::PixelHeight(self.shape.height.into()),
        ])));
        vec![
            Tag::Info(Master::Full(info)),
            Tag::Tracks(Master::Full(vec![Tag::TrackEntry(Master::Full(track))])),
        ]
    }
}

/// The begin of a file that grows.
pub(super) fn begin(look: &Look) -> io::Result<Vec<u8>> {
    let (head, body) = (look.head()?, within(&look.tags(None))?);
    Ok([head, segment(None), body].concat())
}

/// Blocks as a cluster, which is even in length; of not more than half a minute.
pub(super) fn cluster(blocks: &[Block]) -> io::Result<Vec<u8>> {
    let begin = blocks.first().map_or(0, |block| block.at);
    let mut tags = vec![Tag::Timestamp(begin)];
    for block in blocks {
        let after = i16::try_from(block.at.saturating_sub(begin)).unwrap_or(i16::MAX);
        let [high, low] = after.to_be_bytes();
        let head = [NAMED, high, low, if block.key { KEY } else { 0 }];
        tags.push(Tag::SimpleBlock([&head, block.bytes.as_slice()].concat()));
    }
    let mut bytes = within(&[Tag::Cluster(Master::Full(tags))])?;
    if bytes.len() % 2 == 1 {
        bytes.extend(VOID);
    }
    Ok(bytes)
}

/// Makes blocks into those clusters of which a finished file consists.
pub(super) fn clusters(
    mut blocks: impl Iterator<Item = Block>,
) -> impl Iterator<Item = Vec<Block>> {
    let mut next = blocks.next();
    std::iter::from_fn(move || {
        let mut cluster = vec![next.take()?];
        let begin = cluster.first().map_or(0, |block| block.at);
        next = blocks.next();
        while let Some(block) = next.take_if(|block| !block.key && block.at < begin + CLUSTER) {
            cluster.push(block);
            next = blocks.next();
        }
        Some(cluster)
    })
}

impl Index {
    /// Looks through all blocks.
    pub(super) fn of(blocks: impl Iterator<Item = Block>) -> io::Result<Self> {
        let mut index = Self::default();
        for blocks in clusters(blocks) {
            let (Some(first), Some(last)) = (blocks.first(), blocks.last()) else {
                continue;
            };
            index.last = last.at;
            let bytes = cluster(&blocks)?.len() as u64;
            index.clusters.push((first.at, first.key, bytes));
        }
        Ok(index)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.clusters.is_empty()
    }

    fn cues(&self, mut at: u64) -> io::Result<Vec<u8>> {
        let mut cues = vec![];
        for &(begin, key, bytes) in &self.clusters {
            if key {
                cues.push(Tag::CuePoint(Master::Full(vec![
                    Tag::CueTime(begin),
                    Tag::CueTrackPositions(Master::Full(vec![
                        Tag::CueTrack(TRACK),
                        Tag::CueClusterPosition(at),
                    ])),
                ])));
            }
            at += bytes;
        }
        match cues.is_empty() {
            true => Ok(vec![]),
            false => within(&[Tag::Cues(Master::Full(cues))]),
        }
    }
}

/// Writes a finished file of so many milliseconds.
pub(super) fn write(
    look: &Look,
    milliseconds: u64,
    index: &Index,
    blocks: impl Iterator<Item = Block>,
    to: &mut dyn Write,
) -> io::Result<()> {
    let body = within(&look.tags(Some(milliseconds)))?;
    // They tell where clusters are, behind themselves: longer numbers move what they tell.
    let mut cues = vec![];
    loop {
        let at = (body.len() + cues.len()) as u64;
        let again = index.cues(at)?;
        let settled = again.len() == cues.len();
        cues = again;
        if settled {
            break;
        }
    }
    let clusters_bytes: u64 = index.clusters.iter().map(|(_, _, bytes)| bytes).sum();
    let length = (body.len() + cues.len()) as u64 + clusters_bytes;
    to.write_all(&look.head()?)?;
    to.write_all(&segment(Some(length)))?;
    to.write_all(&body)?;
    to.write_all(&cues)?;
    for blocks in clusters(blocks) {
        to.write_all(&cluster(&blocks)?)?;
    }
    Ok(())
}

/// Reads a file of ours as far as it goes: what it looks like, and its blocks.
pub(super) struct Reader<R: Read> {
    tags: WebmIterator<R>,
    pub(super) look: Look,
    /// The time of the cluster.
    begin: u64,
}

impl<R: Read> Reader<R> {
    /// `None` where not even the begin is whole.
    pub(super) fn new(from: R) -> Option<Self> {
        let mut tags = WebmIterator::new(from, &[Tag::TrackEntry(Master::Start)]);
        tags.set_max_allowable_tag_size(Some(LARGEST));
        let mut reader = Self {
            tags,
            look: Look {
                codec: VideoCodec::Vp8,
                shape: Shape {
                    width: 0,
                    height: 0,
                    setup: vec![],
                },
            },
            begin: 0,
        };
        loop {
            if let Tag::TrackEntry(Master::Full(track)) = reader.next_tag()? {
                reader.look = look(&track)?;
                return Some(reader);
            }
        }
    }

    /// What cannot be read is the end: there the kill came, or the disk took no more.
    fn next_tag(&mut self) -> Option<Tag> {
        self.tags.next()?.ok()
    }
}

impl<R: Read> Iterator for Reader<R> {
    type Item = Block;

    fn next(&mut self) -> Option<Block> {
        loop {
            let tag = self.next_tag()?;
            if let Tag::Timestamp(begin) = tag {
                self.begin = begin;
            } else if let Tag::SimpleBlock(block) = tag {
                let [NAMED, high, low, flags] = *block.first_chunk::<HEAD>()? else {
                    return None;
                };
                let after = u64::try_from(i16::from_be_bytes([high, low])).ok()?;
                return Some(Block {
                    at: self.begin + after,
                    key: flags & KEY != 0,
                    bytes: block.get(HEAD..)?.to_vec(),
                });
            }
        }
    }
}

fn look(track: &[Tag]) -> Option<Look> {
    let (mut codec, mut setup, mut sides) = (None, vec![], [0, 0]);
    for tag in track {
        if let Tag::CodecID(id) = tag {
            codec = match id.as_str() {
                "V_VP8" => Some(VideoCodec::Vp8),
                "V_MPEG4/ISO/AVC" => Some(VideoCodec::H264),
                _ => return None,
            };
        } else if let Tag::CodecPrivate(bytes) = tag {
            setup.clone_from(bytes);
        } else if let Tag::Video(Master::Full(video)) = tag {
            for tag in video {
                if let Tag::PixelWidth(width) = tag {
                    sides[0] = u16::try_from(*width).ok()?;
                } else if let Tag::PixelHeight(height) = tag {
                    sides[1] = u16::try_from(*height).ok()?;
                }
            }
        }
    }
    let [width, height] = sides;
    Some(Look {
        codec: codec?,
        shape: Shape {
            width,
            height,
            setup,
        },
    })
}

/// The head of a segment; without a length it goes on to the end.
fn segment(length: Option<u64>) -> Vec<u8> {
    let length = length.unwrap_or(u64::MAX) & (u64::MAX >> 8);
    let [_, length @ ..] = length.to_be_bytes();
    [&[0x18, 0x53, 0x80, 0x67, 1], &length[..]].concat()
}

/// Elements that are in a segment.
fn within(tags: &[Tag]) -> io::Result<Vec<u8>> {
    let mut writer = WebmWriter::new(vec![]);
    let options = WriteOptions::is_unknown_sized_element();
    let segment = Tag::Segment(Master::Start);
    writer.write_advanced(&segment, options).map_err(failed)?;
    for tag in tags {
        writer.write(tag).map_err(failed)?;
    }
    Ok(writer.get_mut().split_off(SEGMENT))
}

/// Elements that are in nothing.
fn written(tags: &[Tag]) -> io::Result<Vec<u8>> {
    let mut writer = WebmWriter::new(vec![]);
    for tag in tags {
        writer.write(tag).map_err(failed)?;
    }
    Ok(std::mem::take(writer.get_mut()))
}

fn failed(why: impl std::error::Error) -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, why.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look_of(codec: VideoCodec) -> Look {
        let setup = match codec {
            VideoCodec::Vp8 => vec![],
            VideoCodec::H264 => vec![1, 2, 3],
        };
        let shape = Shape {
            width: 640,
            height: 360,
            setup,
        };
        Look { codec, shape }
    }

    fn blocks() -> Vec<Block> {
        let block = |nth: u64| Block {
            at: 700 + nth * 40,
            key: nth.is_multiple_of(100),
            bytes: vec![nth as u8; 1 + nth as usize % 70],
        };
        (0..400).map(block).collect()
    }

    fn file(look: &Look) -> Vec<u8> {
        let index = Index::of(blocks().into_iter()).expect("looked through");
        assert_eq!(index.last, 700 + 399 * 40);
        let mut file = vec![];
        write(look, 20_000, &index, blocks().into_iter(), &mut file).expect("written");
        file
    }

    #[test]
    fn what_was_written_is_read_whether_it_grows_or_is_finished() {
        for look in [VideoCodec::Vp8, VideoCodec::H264].map(look_of) {
            let mut growing = begin(&look).expect("begun");
            for blocks in blocks().chunks(7) {
                growing.extend(cluster(blocks).expect("written"));
            }
            for file in [growing, file(&look)] {
                let reader = Reader::new(file.as_slice()).expect("ours");
                assert_eq!(reader.look, look);
                assert_eq!(reader.collect::<Vec<_>>(), blocks());
            }
        }
    }

    #[test]
    fn f1_a_file_that_was_cut_is_read_up_to_there() {
        let look = look_of(VideoCodec::Vp8);
        let mut growing = begin(&look).expect("begun");
        let head = growing.len();
        growing.extend(cluster(&blocks()[..20]).expect("written"));
        for length in 0..growing.len() {
            let read = Reader::new(&growing[..length]).map(Iterator::count);
            match read {
                None => assert!(length < head, "{length}"),
                Some(count) => assert!(count < 20 || length + 3 >= growing.len(), "{length}"),
            }
        }
        // A hole, or what a disk makes of one.
        growing.extend([0; 100]);
        assert_eq!(
            Reader::new(growing.as_slice()).map(Iterator::count),
            Some(20)
        );
    }

    #[test]
    fn a_finished_file_says_where_its_clusters_are() {
        let file = file(&look_of(VideoCodec::Vp8));
        let find = |what: &[u8]| file.windows(what.len()).position(|at| at == what);
        let segment = find(&[0x18, 0x53, 0x80, 0x67]).expect("a segment") + SEGMENT;
        let length = u64::from_be_bytes(file[segment - 8..segment].try_into().expect("eight"));
        assert_eq!(length & (u64::MAX >> 8), (file.len() - segment) as u64);
        let mut tags = WebmIterator::new(file.as_slice(), &[Tag::CuePoint(Master::Start)]);
        let mut cues = 0;
        while let Some(Ok(tag)) = tags.next() {
            let Tag::CuePoint(Master::Full(point)) = tag else {
                continue;
            };
            let [Tag::CueTime(_), Tag::CueTrackPositions(Master::Full(place))] = &point[..] else {
                panic!("{point:?}");
            };
            let [_, Tag::CueClusterPosition(at)] = &place[..] else {
                panic!("{place:?}");
            };
            let at = segment + *at as usize;
            assert_eq!(file[at..at + 4], [0x1f, 0x43, 0xb6, 0x75]);
            cues += 1;
        }
        assert_eq!(cues, 4, "one for each picture that stands alone");
    }
}
