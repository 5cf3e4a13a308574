//! Pictures put together again from their packets: VP8 (RFC 7741) and H.264 (RFC 6184).
//!
//! ```text
//!   packets in their order ─▶ those of one timestamp, up to the marker ─▶ a picture
//!        one is missing    ─▶ nothing until a whole picture comes, as the others build on it
//! ```
//!
//! Nothing is decoded: of a picture it is known whether it stands alone, and then how large it is.
//!
//! Deliberately absent: pictures of several layers (simulcast, temporal layers are taken as they come),
//! and packetization modes 0 with several units a packet and 2 of H.264.

mod bits;
mod h264;
mod vp8;

/// The bytes of a picture at most: more is a broken stream.
const MAX_BYTES: usize = 4 << 20;

/// An encoding of pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VideoCodec {
    /// RFC 7741.
    Vp8,
    /// RFC 6184, packetization mode 1.
    H264,
}

/// A picture, encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// When it was taken: ticks of 90 kHz.
    pub timestamp: u32,
    /// If it stands alone (a key frame): what it, and those that build on it, look like.
    pub shape: Option<Shape>,
    /// VP8: a frame. H.264: its units, each behind its length in 4 bytes (ISO 14496-15).
    pub bytes: Vec<u8>,
}

/// What a decoder and a screen have to know before the first picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Points across.
    pub width: u16,
    /// Points down.
    pub height: u16,
    /// H.264: the parameter sets, as `AVCDecoderConfigurationRecord` (ISO 14496-15 §5.3.3.1); VP8: empty.
    pub setup: Vec<u8>,
}

/// Puts pictures together.
#[derive(Debug)]
pub struct Assembler {
    codec: VideoCodec,
    /// Of the picture in the making.
    timestamp: Option<u32>,
    bytes: Vec<u8>,
    /// A part of it is missing, or makes no sense.
    broken: bool,
    /// What comes builds on something that is missing.
    waits: bool,
    h264: h264::Sets,
}

impl Assembler {
    /// Waits for a picture that stands alone.
    pub fn new(codec: VideoCodec) -> Self {
        Self {
            codec,
            timestamp: None,
            bytes: vec![],
            broken: false,
            waits: true,
            h264: h264::Sets::default(),
        }
    }

    /// Which encoding.
    pub fn codec(&self) -> VideoCodec {
        self.codec
    }

    /// Whether nothing comes out before a picture that stands alone.
    pub fn waits(&self) -> bool {
        self.waits
    }

    /// Packets are missing before the next one.
    pub fn lose(&mut self) {
        self.timestamp = None;
        self.bytes.clear();
        // The rest of the picture may still come.
        self.broken = true;
        self.waits = true;
    }

    /// Takes the next packet: a picture, if it was the last of one.
    pub fn put(&mut self, timestamp: u32, marker: bool, payload: &[u8]) -> Option<Picture> {
        // A sender of H.264 may not mark the last packet (RFC 6184 §5.1).
        let before = match self.timestamp {
            Some(known) if known != timestamp => self.finish(),
            Some(_) | None => None,
        };
        if self.timestamp.is_none() && !payload.is_empty() {
            self.timestamp = Some(timestamp);
            self.broken = false;
        }
        if !payload.is_empty() && !self.append(payload) {
            self.broken = true;
        }
        if !marker {
            return before;
        }
        // Of two at once the first would be lost: what comes builds on it.
        let last = self.finish();
        match (before, last) {
            (Some(before), None) => Some(before),
            (None, last) => last,
            (Some(_), Some(last)) if last.shape.is_some() => Some(last),
            (Some(before), Some(_)) => {
                self.waits = true;
                Some(before)
            }
        }
    }

    /// Whether the packet was understood.
    fn append(&mut self, payload: &[u8]) -> bool {
        if self.bytes.len() + payload.len() > MAX_BYTES {
            return false;
        }
        match self.codec {
            VideoCodec::Vp8 => vp8::append(payload, &mut self.bytes),
            VideoCodec::H264 => h264::append(payload, &mut self.bytes),
        }
    }

    fn finish(&mut self) -> Option<Picture> {
        let timestamp = self.timestamp.take()?;
        let bytes = std::mem::take(&mut self.bytes);
        if std::mem::take(&mut self.broken) || bytes.is_empty() {
            self.waits = true;
            return None;
        }
        let shape = match self.codec {
            VideoCodec::Vp8 => vp8::shape(&bytes),
            VideoCodec::H264 => self.h264.shape(&bytes),
        };
        self.waits &= shape.is_none();
        (!self.waits).then_some(Picture {
            timestamp,
            shape,
            bytes,
        })
    }
}

#[cfg(test)]
mod tests;
