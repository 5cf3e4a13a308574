//! Real pictures, 32 × 16 points, of libvpx and x264, in packets of our own.

use super::*;

/// Each picture behind its length.
const VP8: &[u8] = include_bytes!("../../../tests/samples/vp8.frames");
const H264: &[u8] = include_bytes!("../../../tests/samples/h264.frames");

fn pictures(mut sample: &[u8]) -> Vec<Vec<u8>> {
    let mut found = vec![];
    while let Some((length, rest)) = sample.split_first_chunk::<4>() {
        let (picture, rest) = rest.split_at(u32::from_be_bytes(*length) as usize);
        found.push(picture.to_vec());
        sample = rest;
    }
    found
}

/// The units of a picture between start codes (ITU-T H.264 annex B).
fn units(picture: &[u8]) -> Vec<&[u8]> {
    let mut starts: Vec<usize> = vec![];
    for at in 0..picture.len().saturating_sub(2) {
        if picture[at..at + 3] == [0, 0, 1] {
            starts.push(at + 3);
        }
    }
    let ends = starts.iter().skip(1).map(|start| start - 3);
    let ends: Vec<usize> = ends.chain([picture.len()]).collect();
    let unit = |(start, end): (&usize, &usize)| {
        let unit = &picture[*start..*end];
        unit.strip_suffix(&[0]).unwrap_or(unit)
    };
    starts.iter().zip(&ends).map(unit).collect()
}

/// Packets of VP8, of 30 bytes of the frame each, with every form of the descriptor.
fn vp8_packets(frame: &[u8], form: usize) -> Vec<Vec<u8>> {
    let head: &[u8] = match form % 4 {
        0 => &[0],
        1 => &[0x80, 0x80, 5],
        2 => &[0x80, 0x80, 0x81, 5],
        _ => &[0x80, 0xf0, 0x81, 5, 1, 0x20],
    };
    let parts = frame.chunks(30).enumerate();
    let packet = |(nth, part): (usize, &[u8])| {
        let mut packet = [head, part].concat();
        packet[0] |= if nth == 0 { 0x10 } else { 0 };
        packet
    };
    parts.map(packet).collect()
}

/// All packets of a picture; the last is marked.
fn put(assembler: &mut Assembler, timestamp: u32, packets: &[Vec<u8>]) -> Vec<Picture> {
    let last = packets.len() - 1;
    let each = packets.iter().enumerate();
    each.filter_map(|(nth, packet)| assembler.put(timestamp, nth == last, packet))
        .collect()
}

#[test]
fn frames_of_vp8_come_out_as_they_went_in_and_the_first_tells_its_size() {
    let mut assembler = Assembler::new(VideoCodec::Vp8);
    for (nth, frame) in pictures(VP8).iter().enumerate() {
        let timestamp = nth as u32 * 3000;
        let made = put(&mut assembler, timestamp, &vp8_packets(frame, nth));
        let [made] = &made[..] else {
            panic!("one picture: {made:?}");
        };
        assert_eq!((&made.bytes, made.timestamp), (frame, timestamp));
        let size = made.shape.as_ref().map(|shape| (shape.width, shape.height));
        assert_eq!(size, (nth == 0).then_some((32, 16)), "{nth}");
    }
}

#[test]
fn units_of_h264_come_out_behind_their_lengths_however_they_were_packed() {
    let mut assembler = Assembler::new(VideoCodec::H264);
    for (nth, picture) in pictures(H264).iter().enumerate() {
        let units = units(picture);
        let mut packets: Vec<Vec<u8>> = vec![];
        // The small ones of the first picture together, the others in parts.
        let (small, large): (Vec<&[u8]>, Vec<&[u8]>) =
            units.iter().partition(|unit| unit.len() < 30 && nth == 0);
        if !small.is_empty() {
            let lengths = small.iter().map(|unit| (unit.len() as u16).to_be_bytes());
            let each = lengths.zip(&small).flat_map(|(l, u)| [&l[..], u].concat());
            packets.push([0x78].into_iter().chain(each).collect());
        }
        for unit in &large {
            let parts: Vec<_> = unit[1..].chunks(20).collect();
            let count = parts.len();
            packets.extend(parts.iter().enumerate().map(|(at, part)| {
                let ends = u8::from(at == 0) << 7 | u8::from(at + 1 == count) << 6;
                let head = [unit[0] & 0xe0 | 28, ends | unit[0] & 0x1f];
                [&head[..], part].concat()
            }));
        }
        let made = put(&mut assembler, nth as u32 * 3000, &packets);
        let [made] = &made[..] else {
            panic!("one picture: {made:?}");
        };
        let whole = small.iter().chain(&large);
        let whole: Vec<u8> = whole
            .flat_map(|unit| [&(unit.len() as u32).to_be_bytes()[..], unit].concat())
            .collect();
        assert_eq!(made.bytes, whole);
        let shape = made.shape.as_ref();
        assert_eq!(shape.is_some(), nth == 0);
        if let Some(Shape {
            width,
            height,
            setup,
        }) = shape
        {
            assert_eq!((*width, *height), (32, 16));
            assert_eq!(setup[..4], [1, 0x42, 0xc0, 0x0a]);
        }
    }
}

#[test]
fn after_a_loss_nothing_comes_before_a_picture_that_stands_alone() {
    let frames = pictures(VP8);
    let mut assembler = Assembler::new(VideoCodec::Vp8);
    let of = |nth: usize| vp8_packets(&frames[nth], 0);
    assert!(assembler.waits());
    assert!(
        put(&mut assembler, 0, &of(1)).is_empty(),
        "it builds on others"
    );
    assert_eq!(put(&mut assembler, 3000, &of(0)).len(), 1);
    assert!(!assembler.waits());
    // The rest of a picture whose beginning is missing.
    assembler.lose();
    assert!(put(&mut assembler, 6000, &of(0)[1..]).is_empty());
    assert!(put(&mut assembler, 9000, &of(2)).is_empty());
    assert!(assembler.waits());
    assert_eq!(put(&mut assembler, 12_000, &of(0)).len(), 1);
    assert_eq!(put(&mut assembler, 15_000, &of(1)).len(), 1);
}

#[test]
fn a_picture_without_a_marked_end_ends_where_the_next_begins() {
    let frames = pictures(VP8);
    let mut assembler = Assembler::new(VideoCodec::Vp8);
    for packet in vp8_packets(&frames[0], 0) {
        assert_eq!(assembler.put(0, false, &packet), None);
    }
    let packets = vp8_packets(&frames[4], 0);
    let first = assembler.put(3000, false, &packets[0]);
    assert_eq!(first.map(|picture| picture.bytes), Some(frames[0].clone()));
}

#[test]
fn whatever_comes_is_no_panic() {
    let mut random = crate::random::Random::seeded(5);
    for codec in [VideoCodec::Vp8, VideoCodec::H264] {
        let mut assembler = Assembler::new(codec);
        for n in 0..20_000_u32 {
            let length = random.below(40) as usize;
            let packet: Vec<u8> = (0..length).map(|_| random.below(256) as u8).collect();
            let _ = assembler.put(n / 3, n % 3 == 2, &packet);
        }
    }
}
