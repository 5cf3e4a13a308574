//! The pictures: VP8 or H.264 (RFC 7742 §5), passed on as they come and never decoded.

use super::Agreed;
use crate::rtp::VideoCodec;
use crate::sdp::{Description, Direction, Media};
use std::fmt::Write as _;

/// What was agreed on about pictures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Video {
    /// The name of the media line, which stays (RFC 8843 §7.1).
    pub mid: String,
    /// How they are encoded.
    pub codec: VideoCodec,
    /// Its payload type, both ways.
    pub payload_type: u8,
    /// The parameters of the codec, as the offer has them.
    pub parameters: Option<String>,
    /// What we do.
    pub direction: Direction,
    /// What the browser reports beside its receiver reports, and obeys.
    pub feedback: Feedback,
}

/// The feedback that is passed on from those who see the pictures to the one who sends them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Feedback {
    /// Packets that are missing (RFC 4585 §6.2.1).
    pub nack: bool,
    /// A picture is lost (RFC 4585 §6.3.1).
    pub pli: bool,
    /// A whole picture is wanted (RFC 5104 §4.3.1).
    pub fir: bool,
    /// How much comes through (`goog-remb`).
    pub remb: bool,
}

impl VideoCodec {
    /// Both, the best first: VP8 has no profiles to disagree about.
    const ALL: [Self; 2] = [Self::Vp8, Self::H264];

    fn name(self) -> &'static str {
        match self {
            Self::Vp8 => "VP8",
            Self::H264 => "H264",
        }
    }
}

/// The media line of pictures that is taken, and its place in the offer: that of before while it can
/// be, otherwise the first.
pub(super) fn choose(
    offer: &Description,
    bundle: &[&str],
    before: Option<&Agreed>,
) -> Option<(usize, Video)> {
    let media = offer.media.iter().enumerate();
    let fine = media.filter_map(|(place, media)| {
        let mid = media.attribute("mid")?;
        let usable = media.kind.eq_ignore_ascii_case("video")
            && media.port != 0
            && media.protocol.eq_ignore_ascii_case("UDP/TLS/RTP/SAVPF")
            && bundle.contains(&mid);
        let (codec, payload_type) = usable.then(|| encoding(media))??;
        let theirs = media.direction.or(offer.direction).unwrap_or_default();
        let video = Video {
            mid: mid.to_owned(),
            codec,
            payload_type,
            parameters: parameters(media, payload_type).map(str::to_owned),
            direction: theirs.reversed(),
            feedback: feedback(media, payload_type),
        };
        Some((place, video))
    });
    let before = before.and_then(|before| before.video.as_ref());
    let kept = |(_, video): &(usize, Video)| before.is_some_and(|b| b.mid == video.mid);
    let fine: Vec<_> = fine.collect();
    let found = fine.iter().find(|line| kept(line)).or_else(|| fine.first());
    found.cloned()
}

impl Video {
    /// The attributes that explain the payload type.
    pub(super) fn write_attributes(&self, text: &mut String) {
        let number = self.payload_type;
        let _ = write!(text, "a=rtpmap:{number} {}/90000\r\n", self.codec.name());
        if let Some(parameters) = &self.parameters {
            let _ = write!(text, "a=fmtp:{number} {parameters}\r\n");
        }
        let Feedback {
            nack,
            pli,
            fir,
            remb,
        } = self.feedback;
        let kinds = [
            (nack, "nack"),
            (pli, "nack pli"),
            (fir, "ccm fir"),
            (remb, "goog-remb"),
        ];
        for (_, kind) in kinds.iter().filter(|(agreed, _)| *agreed) {
            let _ = write!(text, "a=rtcp-fb:{number} {kind}\r\n");
        }
        let _ = write!(text, "a={}\r\n", self.direction.attribute());
    }
}

/// The best encoding that the line lists, and its number there.
fn encoding(media: &Media) -> Option<(VideoCodec, u8)> {
    let listed = |number: u8| media.formats.iter().any(|f| f.parse() == Ok(number));
    VideoCodec::ALL.into_iter().find_map(|codec| {
        let mut maps = media.rtpmaps.iter().filter(|map| {
            map.name.eq_ignore_ascii_case(codec.name())
                && map.rate == 90_000
                && map.payload_type < 128
        });
        let fits = |number: u8| match codec {
            VideoCodec::Vp8 => true,
            VideoCodec::H264 => parameters(media, number)
                .is_some_and(|line| line.split(';').any(|p| p.trim() == "packetization-mode=1")),
        };
        let map = maps.find(|map| listed(map.payload_type) && fits(map.payload_type))?;
        Some((codec, map.payload_type))
    })
}

fn parameters(media: &Media, number: u8) -> Option<&str> {
    let mut lines = media.fmtps.iter().filter(|(of, _)| *of == number);
    lines.next().map(|(_, line)| line.as_str())
}

/// What the line has of the feedback that we pass on: `a=rtcp-fb` (RFC 4585 §4.2).
fn feedback(media: &Media, number: u8) -> Feedback {
    let of_it = |value: &str, kind: &str| {
        let (of, said) = value.split_once(' ').unwrap_or_default();
        (of == "*" || of.parse() == Ok(number)) && said.trim() == kind
    };
    let has = |kind: &str| {
        let mut lines = media.attributes.iter();
        lines.any(|(name, value)| name == "rtcp-fb" && of_it(value, kind))
    };
    Feedback {
        nack: has("nack"),
        pli: has("nack pli"),
        fir: has("ccm fir"),
        remb: has("goog-remb"),
    }
}
