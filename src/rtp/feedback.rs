//! What those who see pictures say to the one who sends them: RTCP feedback (RFC 4585 §6, RFC 5104
//! §4.3.1, and the receiver's estimate that browsers call REMB).
//!
//! ```text
//!   V=2│format│type 205 or 206│length │ whose │ about which stream │ what: a number list, an estimate …
//! ```

/// Generic NACK is a transport layer message, the others are payload-specific ones.
const TRANSPORT: u8 = 205;
const PAYLOAD: u8 = 206;
const NACK: u8 = 1;
const PLI: u8 = 1;
const FIR: u8 = 4;
const APPLICATION: u8 = 15;

/// The messages read of one datagram at most, and the packets named as lost in one.
const MAX_MESSAGES: usize = 16;
const MAX_LOST: usize = 256;

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Feedback {
    /// A whole picture is wanted: PLI or FIR, which ask for the same.
    Refresh {
        /// The stream meant.
        media: u32,
    },
    /// These packets have not come.
    Lost {
        /// The stream meant.
        media: u32,
        /// Their numbers.
        numbers: Vec<u16>,
    },
    /// So much comes through.
    Estimate {
        /// Bits a second.
        bits: u64,
    },
}

/// Reads the feedback of a compound packet; what is none or broken is passed over.
pub fn parse(datagram: &[u8]) -> Vec<Feedback> {
    let (mut found, mut rest) = (vec![], datagram);
    while let Some((head, after)) = rest.split_first_chunk::<4>()
        && found.len() < MAX_MESSAGES
    {
        let [first, kind, l0, l1] = *head;
        let length = usize::from(u16::from_be_bytes([l0, l1])) * 4;
        let Some((body, next)) = after.split_at_checked(length) else {
            break;
        };
        rest = next;
        if first >> 6 != 2 {
            break;
        }
        if let Some(([_, _, _, _, m0, m1, m2, m3], what)) = body.split_first_chunk::<8>() {
            let media = u32::from_be_bytes([*m0, *m1, *m2, *m3]);
            found.extend(read(kind, first & 0x1f, media, what));
        }
    }
    found
}

fn read(kind: u8, format: u8, media: u32, what: &[u8]) -> Option<Feedback> {
    match (kind, format) {
        (TRANSPORT, NACK) => {
            let (pairs, _) = what.as_chunks::<4>();
            let numbers = pairs.iter().flat_map(|[p0, p1, b0, b1]| {
                let (first, more) = (
                    u16::from_be_bytes([*p0, *p1]),
                    u16::from_be_bytes([*b0, *b1]),
                );
                let more = (0..16).filter(move |bit| more >> bit & 1 == 1);
                [first]
                    .into_iter()
                    .chain(more.map(move |bit| first.wrapping_add(bit + 1)))
            });
            let numbers = numbers.take(MAX_LOST).collect();
            Some(Feedback::Lost { media, numbers })
        }
        (PAYLOAD, PLI) => Some(Feedback::Refresh { media }),
        (PAYLOAD, FIR) => {
            let media = u32::from_be_bytes(*what.first_chunk()?);
            Some(Feedback::Refresh { media })
        }
        (PAYLOAD, APPLICATION) => {
            let [b'R', b'E', b'M', b'B', _, e, m1, m0] = *what.first_chunk()? else {
                return None;
            };
            let mantissa = u64::from(e & 3) << 16 | u64::from(u16::from_be_bytes([m1, m0]));
            let bits = mantissa.checked_shl(u32::from(e >> 2))?;
            Some(Feedback::Estimate { bits })
        }
        _ => None,
    }
}

impl Feedback {
    /// Appends the message, from the stream `ours` to the sender of `media`.
    pub fn write(&self, ours: u32, media: u32, out: &mut Vec<u8>) {
        match self {
            Self::Refresh { .. } => head(PLI, PAYLOAD, (ours, media), &[], out),
            Self::Lost { numbers, .. } => {
                let mut pairs: Vec<(u16, u16)> = vec![];
                for &number in numbers.iter().take(MAX_LOST) {
                    let after = |first: u16| number.wrapping_sub(first).wrapping_sub(1);
                    match pairs.last_mut() {
                        Some((first, more)) if after(*first) < 16 => *more |= 1 << after(*first),
                        Some(_) | None => pairs.push((number, 0)),
                    }
                }
                let bytes = pairs.iter().flat_map(|(first, more)| {
                    let ([p0, p1], [b0, b1]) = (first.to_be_bytes(), more.to_be_bytes());
                    [p0, p1, b0, b1]
                });
                head(
                    NACK,
                    TRANSPORT,
                    (ours, media),
                    &bytes.collect::<Vec<_>>(),
                    out,
                );
            }
            Self::Estimate { bits } => {
                let exponent = (64 - bits.leading_zeros()).saturating_sub(18);
                let mantissa = bits >> exponent;
                let [.., m2, m1, m0] = mantissa.to_be_bytes();
                let mut what = b"REMB".to_vec();
                what.extend([1, (exponent as u8) << 2 | m2 & 3, m1, m0]);
                what.extend(media.to_be_bytes());
                head(APPLICATION, PAYLOAD, (ours, 0), &what, out);
            }
        }
    }
}

fn head(format: u8, kind: u8, (ours, media): (u32, u32), what: &[u8], out: &mut Vec<u8>) {
    let [l0, l1] = (2 + what.len() as u16 / 4).to_be_bytes();
    out.extend([0x80 | format, kind, l0, l1]);
    out.extend(ours.to_be_bytes());
    out.extend(media.to_be_bytes());
    out.extend(what);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn what_was_written_is_read() {
        let all = [
            Feedback::Refresh { media: 7 },
            Feedback::Lost {
                media: 7,
                numbers: vec![65_530, 65_535, 3, 4, 200],
            },
            Feedback::Estimate { bits: 1_200_000 },
        ];
        let mut bytes = vec![];
        all.iter().for_each(|each| each.write(1, 7, &mut bytes));
        let read = parse(&bytes);
        assert_eq!(read[..2], all[..2]);
        let Feedback::Estimate { bits } = read[2] else {
            panic!("{read:?}");
        };
        assert!((1_199_000..=1_200_000).contains(&bits), "{bits}");
    }

    #[test]
    fn a_full_intra_request_asks_for_the_same_as_a_lost_picture() {
        let bytes = [
            0x84, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 1, 0, 0, 0,
        ];
        assert_eq!(parse(&bytes), [Feedback::Refresh { media: 9 }]);
    }

    #[test]
    fn random_bytes_never_panic_and_have_their_bounds() {
        let mut random = Random::seeded(5);
        for _ in 0..20_000 {
            let length = random.below(80) as usize;
            let mut bytes: Vec<u8> = (0..length).map(|_| random.u32() as u8).collect();
            if let [first, kind, high, ..] = &mut bytes[..] {
                (*first, *kind, *high) = (0x80 | *first & 0x1f, 205 + (*kind & 1), 0);
            }
            for feedback in parse(&bytes) {
                feedback.write(1, 2, &mut vec![]);
            }
        }
    }
}
