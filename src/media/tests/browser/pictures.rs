//! Pictures: passed on to those who hear the leg, and what viewers say of them passed back.

use super::*;
use crate::rtp::feedback::{self, Feedback};

impl World {
    /// A packet of the page's pictures.
    fn shows(&mut self, page: &Page, sequence: u16, timestamp: u32) {
        let header = Header {
            payload_type: VP8,
            sequence,
            timestamp,
            ssrc: 0x700 + page.phone as u32,
            marker: true,
        };
        let mut bytes = [&header.write()[..], b"picture"].concat();
        let phone = &mut self.phones[page.phone];
        phone.secured.as_mut().expect("keys").seal(&mut bytes);
        let from = phone.address;
        self.receive(SHARED, from, &bytes);
    }

    /// What the page has been shown.
    fn shown(&self, page: &Page) -> Vec<Header> {
        let got = self.phones[page.phone].got.iter();
        let pictures = got.filter(|(_, header, _)| header.payload_type == VP8);
        pictures.map(|(_, header, _)| *header).collect()
    }

    /// The feedback that the page has got.
    fn asked(&self, page: &Page) -> Vec<Feedback> {
        let reports = self.phones[page.phone].feedback.iter();
        reports.flat_map(|report| feedback::parse(report)).collect()
    }

    /// The page says something about what it sees.
    fn says_of(&mut self, page: &Page, feedback: &Feedback, media: u32) {
        let report = crate::rtp::rtcp::Report {
            ssrc: 0x700 + page.phone as u32,
            ..crate::rtp::rtcp::Report::default()
        };
        let mut bytes = vec![];
        report.write("page", false, &mut bytes);
        feedback.write(report.ssrc, media, &mut bytes);
        let phone = &mut self.phones[page.phone];
        phone
            .secured
            .as_mut()
            .expect("keys")
            .seal_report(&mut bytes);
        let from = phone.address;
        self.receive(SHARED, from, &bytes);
    }
}

#[test]
fn pictures_go_to_who_hears_the_leg_and_never_jump() {
    let (mut w, ours) = World::with_browsers(Network::default());
    let mut a = w.browser(&ours, 400, Codec::Opus);
    let mut b = w.browser(&ours, 700, Codec::Opus);
    let mut c = w.browser(&ours, 1000, Codec::Opus);
    w.bridge(a.phone, b.phone);
    w.wait(1.0);
    // R10: the camera comes later, and the sound has no gap.
    for page in [&mut a, &mut b, &mut c] {
        page.agreed.video = Some(video(Direction::SendRecv));
        w.meet(page);
    }
    for n in 0..50_u16 {
        w.shows(&a, 65_500_u16.wrapping_add(n), u32::from(n) * 3000);
        w.wait(0.033);
    }
    w.assert_even_sound(b.phone);
    let shown = w.shown(&b);
    assert_eq!(shown.len(), 50);
    assert!(w.shown(&c).is_empty() && w.shown(&a).is_empty());
    assert!(
        matches!(w.asked(&a)[..], [Feedback::Refresh { media }] if media == 0x700 + a.phone as u32)
    );
    // Somebody else's come: numbers and name go on.
    w.hear(b.phone, Source::Leg(w.leg(c.phone)));
    for n in 0..20_u16 {
        w.shows(&a, 14 + n, u32::from(50 + n) * 3000);
        w.shows(&c, 7 + n, u32::from(n) * 3000);
        w.wait(0.033);
    }
    let shown = w.shown(&b);
    assert_eq!(shown.len(), 70);
    for pair in shown.windows(2) {
        assert_eq!(pair[1].sequence, pair[0].sequence.wrapping_add(1));
        assert_eq!(pair[1].ssrc, pair[0].ssrc);
        assert!(pair[1].timestamp.wrapping_sub(pair[0].timestamp) < 90_000);
    }
    assert_eq!(
        w.asked(&c).len(),
        1,
        "the new one is asked for a whole picture"
    );
}

#[test]
fn what_viewers_say_reaches_the_sender_in_its_own_numbers() {
    let (mut w, ours) = World::with_browsers(Network::default());
    let mut a = w.browser(&ours, 400, Codec::Opus);
    let mut b = w.browser(&ours, 700, Codec::Opus);
    w.bridge(a.phone, b.phone);
    a.agreed.video = Some(video(Direction::RecvOnly));
    b.agreed.video = Some(video(Direction::SendOnly));
    w.meet(&a);
    w.meet(&b);
    w.shows(&a, 100, 0);
    w.wait(1.0);
    let seen = w.shown(&b)[0];
    let numbers = vec![seen.sequence.wrapping_add(1), seen.sequence.wrapping_add(3)];
    let media = seen.ssrc;
    w.says_of(&b, &Feedback::Lost { media, numbers }, media);
    w.says_of(&b, &Feedback::Refresh { media }, media);
    w.says_of(&b, &Feedback::Refresh { media: 9 }, 9);
    w.says_of(&b, &Feedback::Estimate { bits: 65_536 }, media);
    let media = 0x700 + a.phone as u32;
    let asked = w.asked(&a);
    assert_eq!(
        asked[1..],
        [
            Feedback::Lost {
                media,
                numbers: vec![101, 103]
            },
            Feedback::Refresh { media },
            Feedback::Estimate { bits: 65_536 },
        ]
    );
    // A flood of requests is one.
    for _ in 0..100 {
        w.says_of(&b, &Feedback::Refresh { media: seen.ssrc }, seen.ssrc);
    }
    assert_eq!(w.asked(&a).len(), 4);
}

#[test]
fn who_is_not_to_send_pictures_is_not_seen() {
    let (mut w, ours) = World::with_browsers(Network::default());
    let mut a = w.browser(&ours, 400, Codec::Opus);
    let mut b = w.browser(&ours, 700, Codec::Opus);
    w.bridge(a.phone, b.phone);
    a.agreed.video = Some(video(Direction::SendOnly));
    b.agreed.video = Some(video(Direction::SendRecv));
    w.meet(&a);
    w.meet(&b);
    w.shows(&a, 1, 0);
    assert!(w.shown(&b).is_empty());
    w.shows(&b, 1, 0);
    assert_eq!(w.shown(&a).len(), 1);
}
