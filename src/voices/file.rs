//! Sound files of the usual kinds as samples.

use super::{SoundError, ogg_opus};
use crate::audio::{level, resample};
use std::fs::File;
use std::io::{self, Read as _, Seek as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use symphonia::core::codecs::audio::well_known::CODEC_ID_OPUS;
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream};
use symphonia::core::meta::MetadataOptions;
use symphonia::core::packet::Packet;

/// The longest sound that is read.
pub(super) const MAX_MINUTES: usize = 30;

/// The largest file that is read.
pub(super) const MAX_BYTES: u64 = 400_000_000;

/// What is decoded at most, before resampling: [`MAX_MINUTES`] at 48 kHz.
const MAX_SAMPLES: usize = MAX_MINUTES * 60 * 48_000;

/// Broken packets that a file may have before it counts as broken itself.
const MAX_BROKEN: usize = 100;

/// Reads a WAV, MP3, MP2, MP1, Ogg Vorbis, Ogg Opus or FLAC file as the switch plays it, at the loudness of
/// speech on the telephone.
///
/// What the file is decides its content, never its name. Some broken packets inside are left out; a
/// file that is cut off is played up to there.
///
/// # Errors
/// If the file cannot be read, is something else, or holds no sound.
pub fn decode_file(path: &Path) -> Result<Vec<i16>, SoundError> {
    let unreadable = |why| SoundError::Unreadable {
        path: path.to_owned(),
        why,
    };
    let mut file = File::open(path).map_err(unreadable)?;
    let about = file.metadata().map_err(unreadable)?;
    if !about.is_file() {
        // A pipe or a device might never end.
        return Err(unreadable(io::Error::other("it is not a regular file")));
    }
    if about.len() > MAX_BYTES {
        return Err(SoundError::TooLong {
            path: path.to_owned(),
        });
    }
    let mut start = Vec::new();
    let reading = file.by_ref().take(512).read_to_end(&mut start);
    reading.map_err(unreadable)?;
    file.rewind().map_err(unreadable)?;
    let kind = Kind::of(&start);
    if let Kind::Other(what) = kind {
        return Err(SoundError::NotPlayable {
            path: path.to_owned(),
            what,
        });
    }
    decode(Box::new(file)).map_err(|fault| {
        let (path, what) = (path.to_owned(), kind.name());
        match fault {
            Fault::Broken(why) => SoundError::Undecodable { path, what, why },
            Fault::Empty => SoundError::Empty { path, what },
            Fault::TooLong => SoundError::TooLong { path },
        }
    })
}

/// Why there are no samples.
#[derive(Debug)]
pub(super) enum Fault {
    Broken(String),
    Empty,
    TooLong,
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Broken(error.to_string())
    }
}

/// Decodes, resamples and normalises. A panic of a decoder is a broken file.
pub(super) fn decode(source: Box<dyn MediaSource>) -> Result<Vec<i16>, Fault> {
    let decoding = catch_unwind(AssertUnwindSafe(|| samples(source)));
    let (samples, rate) =
        decoding.unwrap_or_else(|_| Err(Fault::Broken("the decoder gave up".to_owned())))?;
    let samples = resample::to_8k(&samples, rate).map_err(|why| Fault::Broken(why.to_string()))?;
    if samples.is_empty() {
        return Err(Fault::Empty);
    }
    Ok(level::normalise(&samples))
}

/// The mean of all channels of the first sound track, and its rate.
fn samples(source: Box<dyn MediaSource>) -> Result<(Vec<f32>, u32), Fault> {
    let stream = MediaSourceStream::new(source, Default::default());
    let mut format = symphonia::default::get_probe().probe(
        &Hint::new(),
        stream,
        FormatOptions::default(),
        MetadataOptions::default(),
    )?;
    let no_sound = || Fault::Broken("it has no sound track".to_owned());
    let track = format
        .default_track(TrackType::Audio)
        .ok_or_else(no_sound)?;
    let id = track.id;
    let parameters = track.codec_params.as_ref().and_then(|codec| codec.audio());
    let mut decoder = Decoder::of(parameters.ok_or_else(no_sound)?)?;

    let (mut sound, mut rate, mut broken) = (Vec::new(), 0, 0);
    let mut interleaved: Vec<f32> = Vec::new();
    loop {
        let packet = match format.next_packet() {
            Ok(Some(packet)) if packet.track_id == id => packet,
            Ok(Some(_)) => continue,
            Ok(None) => break,
            // A file that was cut off, or a stream that begins anew: what came so far is played.
            Err(Error::IoError(why)) if why.kind() == io::ErrorKind::UnexpectedEof => break,
            Err(Error::ResetRequired) => break,
            Err(why) if sound.is_empty() => return Err(why.into()),
            Err(_) => break,
        };
        let (its_rate, channels) = match decoder.decode(&packet, &mut interleaved) {
            Ok(decoded) => decoded,
            Err(Error::DecodeError(_)) if broken < MAX_BROKEN => {
                broken += 1;
                continue;
            }
            Err(why) => return Err(why.into()),
        };
        if rate != 0 && rate != its_rate {
            return Err(Fault::Broken("its sample rate changes".to_owned()));
        }
        rate = its_rate;
        sound.extend(resample::mono(&interleaved, channels));
        if sound.len() > MAX_SAMPLES {
            return Err(Fault::TooLong);
        }
    }
    match sound.is_empty() {
        true if broken > 0 => Err(Fault::Broken("no part of it can be decoded".to_owned())),
        true => Err(Fault::Empty),
        false => Ok((sound, rate)),
    }
}

/// Makes samples of packets.
enum Decoder {
    /// Of the library's codecs.
    Usual(Box<dyn AudioDecoder>),
    Opus(ogg_opus::Stream),
}

impl Decoder {
    fn of(parameters: &AudioCodecParameters) -> Result<Self, Fault> {
        if parameters.codec == CODEC_ID_OPUS {
            let head = parameters.extra_data.as_deref().unwrap_or_default();
            let stream = ogg_opus::Stream::new(head);
            return stream
                .map(Self::Opus)
                .map_err(|why| Fault::Broken(why.to_owned()));
        }
        let (codecs, options) = (
            symphonia::default::get_codecs(),
            AudioDecoderOptions::default(),
        );
        Ok(Self::Usual(
            codecs.make_audio_decoder(parameters, &options)?,
        ))
    }

    /// The samples of a packet, channel beside channel; their rate, and how many channels.
    fn decode(&mut self, packet: &Packet, out: &mut Vec<f32>) -> Result<(u32, usize), Error> {
        match self {
            Self::Usual(decoder) => {
                let decoded = decoder.decode(packet)?;
                decoded.copy_to_vec_interleaved(out);
                let spec = decoded.spec();
                Ok((spec.rate(), spec.channels().count()))
            }
            Self::Opus(stream) => {
                let trim = usize::try_from(packet.trim_end.get()).unwrap_or(usize::MAX);
                let sound = stream.decode(&packet.data, trim);
                out.clear();
                out.extend_from_slice(sound.ok_or(Error::DecodeError("a broken packet"))?);
                Ok((ogg_opus::RATE, 1))
            }
        }
    }
}

/// What a file is, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Sound(&'static str),
    Other(&'static str),
}

impl Kind {
    fn of(start: &[u8]) -> Self {
        let has = |magic: &[u8]| start.windows(magic.len()).any(|part| part == magic);
        let text = String::from_utf8_lossy(start)
            .trim_start()
            .to_ascii_lowercase();
        match start {
            [] => Self::Other("an empty file"),
            [
                b'R',
                b'I',
                b'F',
                b'F',
                _,
                _,
                _,
                _,
                b'W',
                b'A',
                b'V',
                b'E',
                ..,
            ] => Self::Sound("a WAV file"),
            [b'O', b'g', b'g', b'S', ..] if has(b"OpusHead") => Self::Sound("an Ogg Opus file"),
            [b'O', b'g', b'g', b'S', ..] if has(b"\x01vorbis") => Self::Sound("an Ogg Vorbis file"),
            [b'O', b'g', b'g', b'S', ..] if has(b"\x7fFLAC") => Self::Sound("an Ogg FLAC file"),
            [b'O', b'g', b'g', b'S', ..] => Self::Other("an Ogg file without Vorbis or Opus sound"),
            [b'f', b'L', b'a', b'C', ..] => Self::Sound("a FLAC file"),
            [b'I', b'D', b'3', ..] => Self::Sound("an MP3 file"),
            // A frame of layer 0 is AAC in ADTS.
            [0xFF, second, ..] if second & 0xF6 == 0xF0 => Self::Other("an AAC file"),
            [0xFF, second, ..] if second & 0xE0 == 0xE0 => Self::Sound("an MPEG audio file"),
            [_, _, _, _, b'f', b't', b'y', b'p', ..] => Self::Other("an MP4 or AAC file"),
            [b'F', b'O', b'R', b'M', ..] => Self::Other("an AIFF file"),
            [0x1A, 0x45, 0xDF, 0xA3, ..] => Self::Other("a Matroska or WebM file"),
            [b'#', b'!', b'A', b'M', b'R', ..] => Self::Other("an AMR file"),
            [b'P', b'K', 3, 4, ..] => Self::Other("a ZIP archive"),
            [b'%', b'P', b'D', b'F', ..] => Self::Other("a PDF document"),
            _ if text.starts_with("<!doctype") || text.starts_with("<html") => {
                Self::Other("a web page")
            }
            _ if start.iter().all(|byte| matches!(byte, 9..=13 | 32..=126)) => {
                Self::Other("a text")
            }
            _ => Self::Other("no known kind of sound file"),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Sound(name) | Self::Other(name) => name,
        }
    }
}
