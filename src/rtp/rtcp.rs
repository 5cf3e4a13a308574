//! RTCP: reports of who sent and heard how much, RFC 3550 §6.
//!
//! Written: one compound packet of a report (SR or RR), SDES with the CNAME, and BYE at the end.
//! Read: SR, RR and BYE of any valid compound; other kinds are passed over (§6.1).
//! Deliberately absent: APP, extended reports (RFC 3611), feedback (RFC 4585).

const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
const DESCRIPTION: u8 = 202;
const GOODBYE: u8 = 203;
const CNAME: u8 = 1;

/// What one participant heard of another: §6.4.1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Block {
    /// Whose stream.
    pub ssrc: u32,
    /// Loss since the last report, in 1/256.
    pub fraction_lost: u8,
    /// Packets lost in all: 24 bits with a sign, as repeated packets count against it.
    pub lost: i32,
    /// The highest sequence number with its turns.
    pub highest: u32,
    /// Interarrival jitter in timestamp units.
    pub jitter: u32,
    /// The middle of the last sender report's NTP time; 0: none came.
    pub last_report: u32,
    /// How long ago that was, in 1/65536 s.
    pub delay: u32,
}

/// What a sender says of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sender {
    /// Seconds since 1900 and their fraction.
    pub ntp: u64,
    /// The RTP timestamp of that moment.
    pub timestamp: u32,
    /// Packets sent.
    pub packets: u32,
    /// Bytes of payload sent.
    pub octets: u32,
}

/// A report to write or as read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Who reports.
    pub ssrc: u32,
    /// If it sends as well.
    pub sender: Option<Sender>,
    /// The block about the one stream of a call; of several, the one that was asked for.
    pub block: Option<Block>,
}

impl Report {
    /// Writes the compound packet: the report, the CNAME, and a BYE if it is the last one.
    pub fn write(&self, cname: &str, bye: bool, out: &mut Vec<u8>) {
        let count = u8::from(self.block.is_some());
        let words = if self.sender.is_some() { 6 } else { 1 } + u16::from(count) * 6;
        let kind = if self.sender.is_some() {
            SENDER_REPORT
        } else {
            RECEIVER_REPORT
        };
        header(count, kind, words, out);
        out.extend(self.ssrc.to_be_bytes());
        if let Some(sender) = &self.sender {
            out.extend(sender.ntp.to_be_bytes());
            out.extend(sender.timestamp.to_be_bytes());
            out.extend(sender.packets.to_be_bytes());
            out.extend(sender.octets.to_be_bytes());
        }
        if let Some(block) = &self.block {
            out.extend(block.ssrc.to_be_bytes());
            let lost = block.lost.clamp(-0x80_0000, 0x7f_ffff) as u32 & 0xff_ffff;
            out.extend((u32::from(block.fraction_lost) << 24 | lost).to_be_bytes());
            out.extend(block.highest.to_be_bytes());
            out.extend(block.jitter.to_be_bytes());
            out.extend(block.last_report.to_be_bytes());
            out.extend(block.delay.to_be_bytes());
        }
        // §6.5: the chunk ends with at least one zero and is filled to 32 bits.
        let name = cname.as_bytes().get(..255).unwrap_or(cname.as_bytes());
        let padding = 4 - (name.len() + 2) % 4;
        header(
            1,
            DESCRIPTION,
            (4 + 2 + name.len() + padding) as u16 / 4,
            out,
        );
        out.extend(self.ssrc.to_be_bytes());
        out.extend([CNAME, name.len() as u8]);
        out.extend(name);
        out.extend(&[0; 4][..padding]);
        if bye {
            header(1, GOODBYE, 1, out);
            out.extend(self.ssrc.to_be_bytes());
        }
    }
}

fn header(count: u8, kind: u8, words: u16, out: &mut Vec<u8>) {
    let [high, low] = words.to_be_bytes();
    out.extend([0x80 | count & 0x1f, kind, high, low]);
}

/// What a compound packet said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// The first report of it.
    pub report: Option<Report>,
    /// The peer ends its stream.
    pub bye: bool,
}

/// Reads a compound packet; of blocks, the one about the stream `ours`. `None` if it is none:
/// §A.2 and a first packet that is a report.
pub fn parse(datagram: &[u8], ours: u32) -> Option<Heard> {
    let mut heard = Heard::default();
    let mut rest = datagram;
    while !rest.is_empty() {
        let (head, after) = rest.split_first_chunk::<4>()?;
        let length = usize::from(u16::from_be_bytes([head[2], head[3]])) * 4;
        let body = after.get(..length)?;
        rest = after.get(length..)?;
        let first = heard == Heard::default();
        if head[0] >> 6 != 2 {
            return None;
        }
        match head[1] {
            SENDER_REPORT if body.len() >= 24 => {
                let sender = Sender {
                    ntp: u64::from(word(body, 1)) << 32 | u64::from(word(body, 2)),
                    timestamp: word(body, 3),
                    packets: word(body, 4),
                    octets: word(body, 5),
                };
                let (ssrc, block) = (word(body, 0), blocks(body, 6, head[0] & 0x1f, ours));
                let sender = Some(sender);
                let report = Report {
                    ssrc,
                    sender,
                    block,
                };
                heard.report = heard.report.or(Some(report));
            }
            RECEIVER_REPORT if body.len() >= 4 => {
                let (ssrc, block) = (word(body, 0), blocks(body, 1, head[0] & 0x1f, ours));
                let sender = None;
                let report = Report {
                    ssrc,
                    sender,
                    block,
                };
                heard.report = heard.report.or(Some(report));
            }
            SENDER_REPORT | RECEIVER_REPORT => return None,
            GOODBYE => heard.bye = true,
            // A compound begins with a report; after it anything may come.
            _ if first => return None,
            _ => {}
        }
    }
    (heard != Heard::default()).then_some(heard)
}

fn blocks(body: &[u8], from: usize, count: u8, ours: u32) -> Option<Block> {
    let starts = (0..usize::from(count)).map(|n| from + n * 6);
    let mut whole = starts.filter(|start| (start + 6) * 4 <= body.len());
    let start = whole.find(|&start| word(body, start) == ours)?;
    let lost = word(body, start + 1);
    Some(Block {
        ssrc: ours,
        fraction_lost: (lost >> 24) as u8,
        // 24 bits with a sign.
        lost: (lost << 8) as i32 >> 8,
        highest: word(body, start + 2),
        jitter: word(body, start + 3),
        last_report: word(body, start + 4),
        delay: word(body, start + 5),
    })
}

/// The 32-bit word at an index; 0 beyond the end.
fn word(bytes: &[u8], index: usize) -> u32 {
    let at = bytes
        .get(index * 4..)
        .and_then(|rest| rest.first_chunk::<4>());
    at.map_or(0, |word| u32::from_be_bytes(*word))
}

/// The round trip in milliseconds when a block comes at an NTP time: §6.4.1, figure 2. `None` if
/// the peer has no report of ours yet or the numbers make no sense.
pub fn round_trip_ms(block: &Block, ntp: u64) -> Option<f32> {
    if block.last_report == 0 {
        return None;
    }
    let now = (ntp >> 16) as u32;
    let trip = now
        .wrapping_sub(block.last_report)
        .wrapping_sub(block.delay) as i32;
    // Clocks tick in whole milliseconds, so a short trip may come out just below nothing.
    let trip = if (-200..0).contains(&trip) { 0 } else { trip };
    (0..10 << 16)
        .contains(&trip)
        .then_some(trip as f32 * 1000.0 / 65_536.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    fn report() -> Report {
        Report {
            ssrc: 7,
            sender: Some(Sender {
                ntp: 5 << 32 | 9,
                timestamp: 1600,
                packets: 10,
                octets: 1600,
            }),
            block: Some(Block {
                ssrc: 8,
                fraction_lost: 64,
                lost: -3,
                highest: 0x1_0005,
                jitter: 12,
                last_report: 99,
                delay: 65_536,
            }),
        }
    }

    fn written(report: &Report, bye: bool) -> Vec<u8> {
        let mut bytes = vec![];
        report.write("0123456789abcdef", bye, &mut bytes);
        bytes
    }

    #[test]
    fn what_was_written_is_read() {
        for bye in [false, true] {
            let bytes = written(&report(), bye);
            assert_eq!(bytes.len() % 4, 0);
            let report = Some(report());
            assert_eq!(parse(&bytes, 8), Some(Heard { report, bye }));
        }
        let silent = Report {
            ssrc: 7,
            ..Report::default()
        };
        let heard = parse(&written(&silent, false), 8).expect("valid");
        assert_eq!(heard.report, Some(silent));
    }

    #[test]
    fn a_block_about_another_stream_is_not_ours() {
        let heard = parse(&written(&report(), false), 1).expect("valid");
        assert_eq!(heard.report.and_then(|report| report.block), None);
    }

    #[test]
    fn the_round_trip_is_what_neither_side_waited() {
        let block = Block {
            last_report: 0x0001_0000,
            delay: 0x8000,
            ..Block::default()
        };
        let ntp = 0x0001_c000u64 << 16;
        assert_eq!(round_trip_ms(&block, ntp), Some(250.0));
        assert_eq!(round_trip_ms(&Block::default(), ntp), None);
        assert_eq!(
            round_trip_ms(
                &Block {
                    last_report: 0x7000_0000,
                    ..block
                },
                ntp
            ),
            None
        );
    }

    #[test]
    fn mutated_packets_never_panic() {
        let mut random = Random::seeded(2);
        let valid = written(&report(), true);
        for _ in 0..20_000 {
            let mut bytes = valid.clone();
            for _ in 0..random.below(4) {
                let at = random.below(bytes.len() as u64) as usize;
                bytes[at] = random.u32() as u8;
            }
            bytes.truncate(random.below(valid.len() as u64 + 1) as usize);
            parse(&bytes, 8);
        }
    }
}
