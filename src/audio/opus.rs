//! Opus (RFC 6716) at the sample rate of the telephone: the encoder is given 8 kHz and the decoder
//! asked for it, so that nothing is resampled here.
//!
//! A frame is 20 ms; a packet may hold several ([`join`]). Frames depend on those before them, for
//! some frames: a decoder that joins late, or hears another encoder's stream go on in the place of
//! the first one, is right again after that.
//!
//! Deliberately absent: stereo; sound above 4 kHz, which only relayed packets have; DTX and CBR in
//! what we send; a bit rate of their own for peers that ask for fewer than 24 kbit/s and hear music or
//! a prompt, whose frames are everybody's.

use super::{FRAME, SAMPLE_RATE};
use opus::{Application, Bitrate, Channels};

/// Ticks of the RTP clock in each of our samples: 48000 Hz, whatever is in the packets (RFC 7587 §4.1).
pub const TICKS: u32 = 6;

/// The bits a second that we ask peers not to exceed: the sweet spot for speech in full band
/// (RFC 7587 §3.1.1).
pub const MOST_BITS: u32 = 40_000;

/// 20 ms of silence in narrow band: a CELT frame whose first symbol says so (RFC 6716 §4.3).
pub const SILENCE: [u8; 3] = [0x98, 0xFF, 0xFE];

/// No frame of ours is longer, so that it fits where one of G.711 does: 64 kbit/s.
pub const MAX_FRAME: usize = FRAME;

/// What we send at most, in bits a second; there is no more in 8 kHz.
const BITS: i32 = 24_000;
/// The fewest that Opus has.
const FEWEST_BITS: i32 = 6_000;
/// Of 10. Half the work of the highest, which is not told from it at 8 kHz.
const COMPLEXITY: i32 = 5;
/// The loss that redundancy is made for, in per cent.
const LOSS: i32 = 10;
/// The longest packet: 120 ms (RFC 6716 §3.2.5), in samples.
const MAX_PACKET: usize = 960;
/// Lost packets in a row that are made up for; what is behind them is silence.
const MAX_LOST: u64 = 5;

/// What a peer asks of whoever sends Opus to it (RFC 7587 §6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wishes {
    /// `useinbandfec`: packets shall carry the one before, coarsely.
    pub fec: bool,
    /// `maxaveragebitrate`: bits a second, from 6000 to 510000.
    pub bits: u32,
}

impl Default for Wishes {
    fn default() -> Self {
        Self {
            fec: false,
            bits: 510_000,
        }
    }
}

/// Frames of 20 ms to bytes.
#[derive(Debug)]
pub struct Encoder {
    /// `None` if the library could not make one: then all is silence.
    inner: Option<opus::Encoder>,
}

impl Encoder {
    /// An encoder for what one peer hears.
    pub fn new(wishes: Wishes) -> Self {
        Self::set_up(Application::Voip, wishes)
    }

    /// An encoder for music and prompts that many hear.
    pub fn shared() -> Self {
        Self::set_up(Application::Audio, Wishes::default())
    }

    fn set_up(application: Application, wishes: Wishes) -> Self {
        let made = || -> opus::Result<opus::Encoder> {
            let mut encoder = opus::Encoder::new(SAMPLE_RATE, Channels::Mono, application)?;
            let most = i32::try_from(wishes.bits).unwrap_or(BITS);
            encoder.set_bitrate(Bitrate::Bits(BITS.min(most).max(FEWEST_BITS)))?;
            encoder.set_complexity(COMPLEXITY)?;
            encoder.set_inband_fec(wishes.fec)?;
            encoder.set_packet_loss_perc(if wishes.fec { LOSS } else { 0 })?;
            Ok(encoder)
        };
        Self { inner: made().ok() }
    }

    /// Appends a packet of one frame, at most [`MAX_FRAME`] bytes.
    pub fn encode(&mut self, frame: &[i16; FRAME], out: &mut Vec<u8>) {
        let mut packet = [0; MAX_FRAME];
        let encoder = self.inner.as_mut();
        let length = encoder.and_then(|encoder| encoder.encode(frame, &mut packet).ok());
        let packet = length.and_then(|length| packet.get(..length));
        out.extend_from_slice(packet.unwrap_or(&SILENCE));
    }
}

/// Packets to samples of 8 kHz.
#[derive(Debug)]
pub struct Decoder {
    /// `None` if the library could not make one: then nothing is heard.
    inner: Option<opus::Decoder>,
}

impl Default for Decoder {
    fn default() -> Self {
        Self {
            inner: opus::Decoder::new(SAMPLE_RATE, Channels::Mono).ok(),
        }
    }
}

impl Decoder {
    /// Appends the sound of a packet; of one that is none, nothing.
    pub fn decode(&mut self, packet: &[u8], out: &mut Vec<i16>) {
        // Without bytes the library would make up for a loss.
        if !packet.is_empty() {
            self.append(packet, MAX_PACKET, false, out);
        }
    }

    /// Appends what may have been said in so many packets that were lost before `next`: the last of
    /// them from what `next` carries of it, if it does. At most the last five are made up for.
    pub fn conceal(&mut self, lost: u64, next: &[u8], out: &mut Vec<i16>) {
        let length = duration(next) as usize / TICKS as usize;
        if length == 0 {
            return;
        }
        for _ in 1..lost.min(MAX_LOST) {
            self.append(&[], length, false, out);
        }
        if lost > 0 {
            self.append(next, length, true, out);
        }
    }

    fn append(&mut self, packet: &[u8], room: usize, fec: bool, out: &mut Vec<i16>) {
        let mut samples = [0; MAX_PACKET];
        let decoder = self.inner.as_mut();
        let length = decoder.and_then(|d| d.decode(packet, &mut samples[..room], fec).ok());
        out.extend_from_slice(&samples[..length.unwrap_or(0)]);
    }
}

/// How long a packet lasts, in ticks of 48000 Hz; 0 if it is none.
pub fn duration(packet: &[u8]) -> u32 {
    let samples = opus::packet::get_nb_samples(packet, SAMPLE_RATE * TICKS);
    samples.map_or(0, |samples| samples as u32)
}

/// Appends one packet with the frames of several, one after the other in `packets`, each of so many
/// bytes. `false`, and nothing, if they cannot be in one: their modes differ.
pub fn join(packets: &[u8], lengths: &[usize], out: &mut Vec<u8>) -> bool {
    let mut rest = packets;
    let mut parts = vec![];
    for &length in lengths {
        let Some((part, others)) = rest.split_at_checked(length) else {
            return false;
        };
        (rest, _) = (others, parts.push(part));
    }
    // A byte that counts them, and two for the length of each (RFC 6716 §3.2.5).
    let mut joined = vec![0; packets.len() + 2 + 2 * lengths.len()];
    let combined = opus::Repacketizer::new().and_then(|mut all| all.combine(&parts, &mut joined));
    let joined = combined.ok().and_then(|length| joined.get(..length));
    out.extend_from_slice(joined.unwrap_or_default());
    joined.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::{level, tone};

    fn encoded(mut encoder: Encoder, sound: &[i16]) -> Vec<Vec<u8>> {
        let frames = sound.as_chunks::<FRAME>().0;
        let packet = |frame| {
            let mut packet = vec![];
            encoder.encode(frame, &mut packet);
            packet
        };
        frames.iter().map(packet).collect()
    }

    fn decoded(packets: &[Vec<u8>]) -> Vec<i16> {
        let (mut decoder, mut sound) = (Decoder::default(), vec![]);
        packets
            .iter()
            .for_each(|packet| decoder.decode(packet, &mut sound));
        sound
    }

    #[test]
    fn tones_pass_at_their_level() {
        for make in [|| Encoder::new(Wishes::default()), Encoder::shared] {
            for hz in [300.0, 1000.0, 2500.0, 3300.0] {
                let packets = encoded(make(), &tone::sine(hz, -20.0, 8000));
                assert!(packets.iter().all(|packet| duration(packet) == 960));
                let heard = decoded(&packets);
                assert_eq!(heard.len(), 8000);
                assert!(tone::share(&heard[1600..], hz) > 0.97, "{hz}");
                let level = level::dbfs(&heard[1600..]);
                assert!((level + 20.0).abs() < 1.5, "{hz}: {level}");
            }
        }
    }

    #[test]
    fn silence_is_silent_before_and_after_sound() {
        let mut packets = vec![SILENCE.to_vec(); 10];
        packets.extend(encoded(Encoder::shared(), &tone::sine(500.0, -20.0, 8000)));
        packets.extend(vec![SILENCE.to_vec(); 10]);
        let heard = decoded(&packets);
        assert!(heard[..1600].iter().all(|&sample| sample.abs() < 8));
        assert!(
            heard[heard.len() - 1280..]
                .iter()
                .all(|&sample| sample.abs() < 8)
        );
        assert_eq!(duration(&SILENCE), 960);
    }

    #[test]
    fn who_joins_a_shared_stream_hears_it_after_60_ms() {
        let sound = tone::dual(&[440.0, 620.0], -20.0, 16_000);
        let packets = encoded(Encoder::shared(), &sound);
        for from in [13, 50, 77] {
            let heard = &decoded(&packets[from..])[480..];
            let share = [440.0, 620.0].map(|hz| tone::share(heard, hz));
            assert!(share[0] + share[1] > 0.95, "{from}: {share:?}");
        }
    }

    #[test]
    fn a_lost_packet_is_made_of_what_the_next_one_carries_of_it() {
        let sound = speech();
        let error = |fec| {
            let wishes = Wishes {
                fec,
                ..Wishes::default()
            };
            let packets = encoded(Encoder::new(wishes), &sound);
            let whole = decoded(&packets);
            let (mut decoder, mut heard) = (Decoder::default(), vec![]);
            for (n, packet) in packets.iter().enumerate() {
                match n % 5 {
                    3 => continue,
                    4 => decoder.conceal(1, packet, &mut heard),
                    _ => {}
                }
                decoder.decode(packet, &mut heard);
            }
            assert_eq!(heard.len(), whole.len());
            let pairs = whole.iter().zip(&heard);
            level::dbfs(&pairs.map(|(a, b)| a.saturating_sub(*b)).collect::<Vec<_>>())
        };
        let (with, without) = (error(true), error(false));
        assert!(with < without - 2.0, "{with} dB with it, {without} without");
    }

    /// A gliding hum with pauses: what no decoder can guess.
    fn speech() -> Vec<i16> {
        let mut phase = 0.0f32;
        let sample = |n: usize| {
            let at = n as f32 / 8000.0;
            phase += 120.0 + 60.0 * (at * 9.0).sin();
            let hum = (1..12).map(|k| (phase * k as f32 / 8000.0 * std::f32::consts::TAU).sin());
            let loud = (at * 5.0).sin().max(0.0);
            (hum.sum::<f32>() * 1500.0 * loud) as i16
        };
        (0..32_000).map(sample).collect()
    }

    #[test]
    fn a_long_loss_is_made_up_for_in_part_and_nonsense_is_nothing() {
        let packets = encoded(Encoder::shared(), &tone::sine(500.0, -20.0, 8000));
        let (mut decoder, mut heard) = (Decoder::default(), vec![]);
        decoder.conceal(1_000_000, &packets[9], &mut heard);
        assert_eq!(heard.len(), 5 * FRAME);
        heard.clear();
        decoder.decode(&[], &mut heard);
        decoder.decode(&[0xFF; 3], &mut heard);
        decoder.conceal(3, &[], &mut heard);
        assert!(heard.is_empty() && duration(&[]) == 0 && duration(&[0xFF, 0xFF]) == 0);
        let mut random = crate::random::Random::seeded(1);
        for _ in 0..2000 {
            let length = random.below(200) as usize;
            let noise: Vec<u8> = (0..length).map(|_| random.u32() as u8).collect();
            decoder.decode(&noise, &mut heard);
            heard.clear();
        }
    }

    #[test]
    fn frames_are_joined_into_one_packet() {
        let packets = encoded(Encoder::shared(), &tone::sine(500.0, -20.0, 8000));
        let packets = &packets[40..43];
        let lengths: Vec<_> = packets.iter().map(Vec::len).collect();
        let mut joined = vec![];
        assert!(join(&packets.concat(), &lengths, &mut joined));
        assert_eq!(duration(&joined), 3 * 960);
        assert_eq!(decoded(&[joined]), decoded(packets));
        let other = [packets[0].clone(), SILENCE.to_vec()];
        let lengths = other.each_ref().map(Vec::len);
        let mut joined = vec![];
        let alike = packets[0][0] & 0xFC == SILENCE[0] & 0xFC;
        assert_eq!(join(&other.concat(), &lengths, &mut joined), alike);
        assert!(!join(&[1, 2], &[5], &mut vec![]));
    }

    #[test]
    fn a_peer_gets_no_more_bits_than_it_wants() {
        for (bits, most) in [(510_000, 26_000), (8_000, 9_500), (1, 7_500)] {
            let wishes = Wishes { fec: false, bits };
            let packets = encoded(Encoder::new(wishes), &speech());
            let bytes: usize = packets.iter().map(Vec::len).sum();
            let rate = bytes * 8 / 4;
            assert!(rate <= most, "{bits}: {rate}");
        }
    }
}
