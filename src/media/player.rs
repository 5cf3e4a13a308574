//! Music and prompts for one leg: where it is in each sound.
//!
//! A leg holds the sounds it hears, so a new library changes nothing in the middle of one. Music
//! that was interrupted goes on from where it was, as long as the leg lives (D9).

use super::library::Encoded;
use super::{Library, MAX_SOUNDS, Sound};
use crate::audio::{Codec, FRAME};
use crate::id::SoundId;
use std::collections::VecDeque;
use std::sync::Arc;

/// Places in music remembered for a leg; of more, the oldest is forgotten.
const MAX_PLACES: usize = 16;

/// What a leg plays, and where it was in other music.
#[derive(Debug, Default)]
pub(super) struct Player {
    now: Now,
    places: Vec<(SoundId, usize)>,
}

#[derive(Debug, Default)]
enum Now {
    #[default]
    Nothing,
    Prompts {
        play: u64,
        sounds: VecDeque<Arc<Sound>>,
        /// Samples of the first one that were heard.
        at: usize,
    },
    Music {
        id: SoundId,
        sound: Arc<Sound>,
        at: usize,
    },
}

impl Player {
    /// Plays sounds once, one after the other.
    pub(super) fn play(&mut self, library: &Library, play: u64, sounds: &[SoundId]) {
        self.stop();
        let known = sounds.iter().take(MAX_SOUNDS);
        let sounds = known.filter_map(|&id| library.get(id).cloned()).collect();
        self.now = Now::Prompts {
            play,
            sounds,
            at: 0,
        };
    }

    /// Plays music again and again, from where it was; unknown music is silence.
    pub(super) fn repeat(&mut self, library: &Library, id: SoundId) {
        if matches!(self.now, Now::Music { id: now, .. } if now == id) {
            return;
        }
        self.stop();
        let Some(sound) = library.get(id).filter(|sound| sound.samples() > 0) else {
            return;
        };
        let place = self.places.iter().find(|(known, _)| *known == id);
        let at = place.map_or(0, |(_, at)| at % sound.samples());
        let sound = sound.clone();
        self.now = Now::Music { id, sound, at };
    }

    /// Ends what is played and remembers the place in music.
    pub(super) fn stop(&mut self) {
        if let Now::Music { id, at, .. } = std::mem::take(&mut self.now) {
            self.places.retain(|(known, _)| *known != id);
            if self.places.len() == MAX_PLACES {
                self.places.remove(0);
            }
            self.places.push((id, at));
        }
    }

    /// The number of the prompts when their last sample has been given; once.
    pub(super) fn finished(&mut self) -> Option<u64> {
        let Now::Prompts { play, sounds, .. } = &self.now else {
            return None;
        };
        let play = sounds.is_empty().then_some(*play)?;
        self.now = Now::Nothing;
        Some(play)
    }

    /// Appends the next frame: sound, and silence where it ends; in Opus nothing if there is none.
    pub(super) fn fill(&mut self, codec: Codec, out: &mut Vec<u8>) {
        let start = out.len();
        match codec {
            Codec::Pcmu | Codec::Pcma | Codec::G722 => out.extend_from_slice(codec.silence()),
            Codec::Opus => {}
        }
        let mut room = Room { out, start };
        match &mut self.now {
            Now::Nothing => {}
            Now::Prompts { sounds, at, .. } => {
                while let Some(sound) = sounds.front() {
                    if !room.take(sound.encoded(codec), at) {
                        return;
                    }
                    sounds.pop_front();
                    *at = 0;
                }
            }
            Now::Music { sound, at, .. } => {
                while room.take(sound.encoded(codec), at) {
                    *at = 0;
                }
            }
        }
    }
}

/// What is left of a frame: from `start` on, silence to be written over, or a packet to be added.
struct Room<'a> {
    out: &'a mut Vec<u8>,
    start: usize,
}

impl Room<'_> {
    /// Puts in as much of a sound as there is and fits, and moves on. Whether the sound is over.
    fn take(&mut self, sound: Encoded<'_>, at: &mut usize) -> bool {
        match sound {
            Encoded::Bytes(bytes) => {
                let rest = bytes.get(*at..).unwrap_or_default();
                let room = self.out.get_mut(self.start..).unwrap_or_default();
                let count = rest.len().min(room.len());
                room[..count].copy_from_slice(&rest[..count]);
                self.start += count;
                *at += count;
                *at >= bytes.len()
            }
            Encoded::Packets(packets) => {
                let frame = *at / FRAME;
                let room = self.out.len() == self.start;
                if let Some(packet) = packets.get(frame).filter(|_| room) {
                    self.out.extend_from_slice(packet);
                    *at = (frame + 1) * FRAME;
                }
                *at / FRAME >= packets.len()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: SoundId = SoundId(1);
    const MUSIC: SoundId = SoundId(2);

    #[test]
    fn prompts_follow_each_other_without_a_gap_and_end_once() {
        let (library, mut player) = (library(), Player::default());
        player.play(&library, 9, &[SHORT, SoundId(77), SHORT]);
        assert_eq!(player.finished(), None);
        let heard = frames(&mut player, 2);
        assert!(heard[..200].iter().all(|&byte| byte != 0) && heard[200..] == [0; 120]);
        assert_eq!((player.finished(), player.finished()), (Some(9), None));
    }

    #[test]
    fn music_wraps_within_a_frame_and_goes_on_after_a_prompt() {
        let (library, mut player) = (library(), Player::default());
        player.repeat(&library, MUSIC);
        let mut heard = frames(&mut player, 3);
        player.play(&library, 1, &[SHORT]);
        frames(&mut player, 2);
        player.repeat(&library, MUSIC);
        heard.extend(frames(&mut player, 3));
        let Encoded::Bytes(music) = library.get(MUSIC).expect("there").encoded(Codec::Pcmu) else {
            panic!("bytes");
        };
        let endless = music.iter().map(|&byte| marked(byte)).cycle();
        assert!(heard.iter().copied().eq(endless.take(heard.len())));
    }

    #[test]
    fn nothing_known_is_over_at_once() {
        let mut player = Player::default();
        player.play(&library(), 3, &[SoundId(77)]);
        assert_eq!(player.finished(), Some(3));
        player.repeat(&library(), SoundId(77));
        assert_eq!(frames(&mut player, 1), [0; 160]);
    }

    #[test]
    fn a_new_library_does_not_cut_what_is_heard() {
        let mut player = Player::default();
        player.play(&library(), 3, &[SHORT]);
        player.repeat(&Library::default(), MUSIC);
        assert_eq!(player.finished(), None, "interrupted is not heard");
    }

    #[test]
    fn in_opus_a_frame_is_a_packet_and_every_sound_begins_with_one() {
        let (library, mut player) = (library(), Player::default());
        let next = |player: &mut Player| {
            let mut packet = vec![];
            player.fill(Codec::Opus, &mut packet);
            packet
        };
        let packet = |id: SoundId, frame| {
            let Encoded::Packets(all) = library.get(id).expect("there").encoded(Codec::Opus) else {
                panic!("packets");
            };
            (all.get(frame).expect("there").to_vec(), all.len())
        };
        player.play(&library, 9, &[SHORT, MUSIC]);
        let (short, one) = packet(SHORT, 0);
        let (music, two) = packet(MUSIC, 0);
        assert_eq!((one, two), (1, 2));
        assert_eq!((next(&mut player), next(&mut player)), (short, music));
        assert_eq!(player.finished(), None);
        assert_eq!(next(&mut player), packet(MUSIC, 1).0);
        assert_eq!(player.finished(), Some(9));
        assert!(next(&mut player).is_empty(), "nothing to say");

        player.repeat(&library, MUSIC);
        let round = [0, 1, 0, 1].map(|frame| packet(MUSIC, frame).0);
        assert_eq!([(); 4].map(|()| next(&mut player)), round);
        // From another codec, in the middle of a frame or behind the last one.
        player.fill(Codec::Pcmu, &mut vec![]);
        assert_eq!(next(&mut player), packet(MUSIC, 1).0);
    }

    fn library() -> Library {
        let mut library = Library::default();
        library.insert(SHORT, Sound::new(vec![500; 100]));
        library.insert(MUSIC, Sound::new((0..250).map(|n| n * 100).collect()));
        library
    }

    /// Frames of µ-law, with silence as a byte that no sound of these tests has.
    fn frames(player: &mut Player, count: usize) -> Vec<u8> {
        let mut all = vec![];
        (0..count).for_each(|_| player.fill(Codec::Pcmu, &mut all));
        all.into_iter().map(marked).collect()
    }

    fn marked(byte: u8) -> u8 {
        if byte == Codec::Pcmu.silence()[0] {
            0
        } else {
            byte
        }
    }
}
