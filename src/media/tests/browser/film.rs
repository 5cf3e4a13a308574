//! Pictures for recordings: whole ones, in their order, at their places.

use super::*;
use crate::rtp::feedback::{self, Feedback};

/// Real pictures of libvpx, each behind its length; the first stands alone.
const SAMPLE: &[u8] = include_bytes!("../../../../tests/samples/vp8.frames");

const FILM: RecordingId = RecordingId(77);

fn sample() -> Vec<&'static [u8]> {
    let (mut rest, mut pictures) = (SAMPLE, vec![]);
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let (picture, after) = after.split_at(u32::from_be_bytes(*length) as usize);
        pictures.push(picture);
        rest = after;
    }
    pictures
}

/// A camera that takes a picture every 40 ms, of two packets each if it is large.
struct Camera {
    pictures: Vec<&'static [u8]>,
    sequence: u16,
    taken: u32,
}

impl Camera {
    fn new() -> Self {
        Self {
            pictures: sample(),
            sequence: 65_530,
            taken: 90_000,
        }
    }

    /// The packets of the `nth` picture.
    fn packets(&mut self, page: &Page, nth: usize) -> Vec<Vec<u8>> {
        self.taken = self.taken.wrapping_add(3600);
        let parts: Vec<&[u8]> = self.pictures[nth].chunks(25).collect();
        let last = parts.len() - 1;
        let mut packets = vec![];
        for (at, part) in parts.into_iter().enumerate() {
            self.sequence = self.sequence.wrapping_add(1);
            let header = Header {
                payload_type: VP8,
                sequence: self.sequence,
                timestamp: self.taken,
                ssrc: 0x700 + page.phone as u32,
                marker: at == last,
            };
            let begins = if at == 0 { 0x10 } else { 0 };
            packets.push([&header.write()[..], &[begins], part].concat());
        }
        packets
    }
}

impl World {
    /// A page with a camera that is recorded.
    fn filmed(&mut self, ours: &Certificate) -> (Page, Camera) {
        let mut page = self.browser(ours, 400, Codec::Opus);
        page.agreed.video = Some(video(Direction::SendRecv));
        self.meet(&page);
        let (leg, origin, recording) = (self.leg(page.phone), self.now, FILM);
        self.command(Command::Film {
            recording,
            leg,
            origin,
        });
        (page, Camera::new())
    }

    fn sends(&mut self, page: &Page, packets: Vec<Vec<u8>>) {
        for mut packet in packets {
            let phone = &mut self.phones[page.phone];
            phone.secured.as_mut().expect("keys").seal(&mut packet);
            let from = phone.address;
            self.receive(SHARED, from, &packet);
        }
    }

    fn refreshes(&self, page: &Page) -> usize {
        let reports = self.phones[page.phone].feedback.iter();
        let said = reports.flat_map(|report| feedback::parse(report));
        said.filter(|said| matches!(said, Feedback::Refresh { .. }))
            .count()
    }

    fn film(&self) -> &[(u64, Picture)] {
        self.files
            .get(&FILM)
            .map_or(&[], |file| file.pictures.as_slice())
    }
}

#[test]
fn pictures_are_kept_as_they_came_at_their_places_and_the_file_has_one_end() {
    let (mut w, ours) = World::with_browsers(Network::default());
    let (page, mut camera) = w.filmed(&ours);
    w.wait(1.0);
    for nth in 0..8 {
        let packets = camera.packets(&page, nth);
        w.sends(&page, packets);
        w.wait(0.04);
    }
    let kept: Vec<_> = w.film().iter().map(|(_, p)| p.bytes.as_slice()).collect();
    assert_eq!(kept, sample());
    for (nth, (at, _)) in w.film().iter().enumerate() {
        let place = 8000 + nth as u64 * 320;
        assert!(at.abs_diff(place) <= 160, "{at} of {place}");
    }
    assert_eq!(w.refreshes(&page), 1, "it is asked for a whole one");
    let (recording, end) = (FILM, w.now);
    w.command(Command::StopRecording { recording, end });
    assert_eq!(w.files[&FILM].length, Some(8000 + 8 * 320));
    let packets = camera.packets(&page, 0);
    w.sends(&page, packets);
    w.engine.check();
}

#[test]
fn overtaken_packets_take_their_places() {
    let (mut w, ours) = World::with_browsers(Network::default());
    let (page, mut camera) = w.filmed(&ours);
    let mut packets: Vec<_> = (0..8)
        .map(|nth| camera.packets(&page, nth))
        .collect::<Vec<_>>()
        .concat();
    // Never the first, by which it is known where the stream begins.
    for pair in packets[1..].chunks_mut(2) {
        pair.reverse();
    }
    w.sends(&page, packets);
    let kept: Vec<_> = w.film().iter().map(|(_, p)| p.bytes.as_slice()).collect();
    assert_eq!(kept, sample());
    assert!(w.film().windows(2).all(|pair| pair[0].0 < pair[1].0));
}

#[test]
fn after_a_loss_a_whole_picture_is_asked_for_and_nothing_is_kept_before_it_comes() {
    let (mut w, ours) = World::with_browsers(Network::default());
    let (page, mut camera) = w.filmed(&ours);
    for nth in [0, 1, 2] {
        let packets = camera.packets(&page, nth);
        w.sends(&page, packets);
        w.wait(0.04);
    }
    assert_eq!((w.film().len(), w.refreshes(&page)), (3, 1));
    let lost = camera.packets(&page, 3);
    drop(lost);
    w.wait(0.04);
    for _ in 0..50 {
        let packets = camera.packets(&page, 4);
        w.sends(&page, packets);
        w.wait(0.04);
    }
    assert_eq!(w.film().len(), 3, "it builds on what is missing");
    let asked = w.refreshes(&page);
    assert!((2..=4).contains(&asked), "{asked} times in two seconds");
    for nth in 0..8 {
        let packets = camera.packets(&page, nth);
        w.sends(&page, packets);
        w.wait(0.04);
    }
    assert_eq!(w.film().len(), 11);
    let gap = w.film()[3].0 - w.film()[2].0;
    assert!(gap.abs_diff(52 * 320) <= 160, "the time goes on: {gap}");
}

#[test]
fn clocks_that_drift_do_not_part_pictures_from_sound() {
    let (mut w, ours) = World::with_browsers(Network::default());
    let (page, mut camera) = w.filmed(&ours);
    for second in 0..600 {
        let nth = if second == 0 { 0 } else { 1 };
        let packets = camera.packets(&page, nth);
        w.sends(&page, packets);
        // Its clock is 1000 ppm too fast, ten times what is allowed.
        camera.taken = camera.taken.wrapping_add(86_400 + 90);
        w.checks(&page, NOMINATES);
        w.wait(1.0);
    }
    let last = w.film().last().expect("a picture").0;
    assert!(last.abs_diff(599 * 8000) < 400, "{last}");
}
