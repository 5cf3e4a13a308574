//! A ladder as text: the parties as lanes, what passed as arrows between them, time downwards.
//!
//! ```text
//!   customer alice         Cordboard           agent 1001
//!         │──── INVITE (1) ───▶│                    │
//!         │◀ 200 OK (1 INVITE) │                    │
//!         │                    │──── INVITE (1) ───▶│
//! ```

use super::ladder::{Ladder, Part, Party, Step};
use std::fmt::Write as _;

/// How a ladder is to look.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Columns of text.
    pub width: usize,
    /// No letter beyond ASCII.
    pub ascii: bool,
    /// Every message whole, after the ladder.
    pub full: bool,
}

/// Before the first lane: the time, and half of the lane's title.
const LEFT: usize = 19;
/// Behind the last lane: half of its title.
const RIGHT: usize = 9;
/// Lanes nearer to each other leave no room for `200 OK (1 INVITE)`.
const NEAREST: usize = 24;
/// Lanes farther from each other tear apart what belongs together.
const FARTHEST: usize = 46;
/// A description is told in so many lines at most.
const SOUND_LINES: usize = 3;

impl Ladder {
    /// The ladder as text, the last line with its end.
    pub fn draw(&self, look: Look) -> String {
        let mut text = self.title();
        let lanes = Lanes::of(self, look.width);
        text.push('\n');
        lanes.titles(self, &mut text);
        for step in &self.steps {
            if step.after_gap {
                let _ = writeln!(
                    text,
                    "          … {} messages are not kept any more …",
                    self.missing
                );
            }
            lanes.step(self, step, &mut text);
        }
        lanes.say(&mut text, |_| {});
        if look.full {
            self.whole(&mut text);
        }
        match look.ascii {
            true => text.chars().map(ascii).collect(),
            false => text,
        }
    }

    fn title(&self) -> String {
        let what = match self.call {
            Some(call) => format!("Call {call}"),
            None => "No call".to_owned(),
        };
        let began = self.began.strftime("%Y-%m-%d %H:%M:%S UTC");
        let state = match (self.call, self.ended) {
            (None, _) => String::new(),
            (Some(_), None) => "   goes on".to_owned(),
            (Some(_), Some(ended)) => format!("   over after {ended:.1} s"),
        };
        let again: usize = self.steps.iter().map(|step| step.again.len()).sum();
        let messages = self.steps.len() + again;
        format!("{what}   {began}{state}   {messages} messages\n")
    }

    fn whole(&self, text: &mut String) {
        for (number, step) in (1..).zip(&self.steps) {
            let Step {
                at,
                time,
                transport,
                source,
                destination,
                ..
            } = step;
            let _ = writeln!(
                text,
                "\n── {number} ── {at:.3} s ── {time} ── {transport} {source} ▶ {destination}\n"
            );
            for line in step.message.lines() {
                text.push_str(plain(line).trim_end());
                text.push('\n');
            }
        }
    }
}

/// Where the parties stand.
struct Lanes {
    lanes: Vec<Lane>,
    /// From one lane to the next.
    gap: usize,
}

/// One party, or all of a part where there is no room for each.
struct Lane {
    parties: Vec<usize>,
    at: usize,
}

impl Lanes {
    /// Whoever calls stands on the left, whom we call on the right.
    fn of(ladder: &Ladder, width: usize) -> Self {
        let width = width.max(LEFT + 2 * NEAREST + RIGHT);
        let room = 1 + (width - LEFT - RIGHT) / NEAREST;
        let parts = [
            Part::Customer,
            Part::Peer,
            Part::Cordboard,
            Part::Agent,
            Part::Outside,
            Part::Supervisor,
        ];
        let of_part = |part: Part| -> Vec<usize> {
            let parties = ladder.parties.iter().enumerate();
            let of_part = parties.filter(|(_, party)| party.part == part);
            of_part.map(|(index, _)| index).collect()
        };
        let mut groups: Vec<Vec<usize>> = parts
            .iter()
            .flat_map(|part| of_part(*part).into_iter().map(|p| vec![p]))
            .collect();
        if groups.len() > room {
            groups = parts.iter().map(|part| of_part(*part)).collect();
            groups.retain(|group| !group.is_empty());
        }
        let gaps = groups.len().saturating_sub(1).max(1);
        let gap = ((width - LEFT - RIGHT) / gaps).min(FARTHEST);
        let lane = |(index, parties)| Lane {
            parties,
            at: LEFT + index * gap,
        };
        let lanes = groups.into_iter().enumerate().map(lane).collect();
        Self { lanes, gap }
    }

    fn titles(&self, ladder: &Ladder, text: &mut String) {
        let party = |lane: &Lane| {
            lane.parties
                .first()
                .and_then(|index| ladder.parties.get(*index))
        };
        let crowd = |lane: &Lane| lane.parties.len() > 1;
        let mut canvas = Canvas::default();
        for lane in &self.lanes {
            let title = party(lane).map_or(String::new(), |party| match crowd(lane) {
                true => format!("{} ×{}", name(party.part), lane.parties.len()),
                false => format!("{} {}", name(party.part), party.name),
            });
            canvas.centre(lane.at, &fit(title.trim(), self.gap - 2));
        }
        canvas.end(text);
        for lane in self.lanes.iter().filter(|lane| !crowd(lane)) {
            if let Some(Party {
                part, addresses, ..
            }) = party(lane)
                && *part != Part::Cordboard
                && let Some(address) = addresses.first()
            {
                canvas.centre(lane.at, &fit(&address.to_string(), self.gap - 2));
            }
        }
        canvas.end(text);
        self.say(text, |_| {});
    }

    fn step(&self, ladder: &Ladder, step: &Step, text: &mut String) {
        let (from, to) = (self.lane(step.from), self.lane(step.to));
        let (Some(from), Some(to)) = (from, to) else {
            return;
        };
        let (left, right) = (from.at.min(to.at), from.at.max(to.at));
        // The words stand beside the peer: nobody else has that stretch.
        let peer = if step.from == 0 { to } else { from };
        let (begin, end) = match peer.at == left {
            true => (left, left + self.gap),
            false => (right - self.gap, right),
        };
        let who = ladder.parties.get(step.from.max(step.to));
        let who = who.filter(|_| peer.parties.len() > 1);
        let who = who.map_or(String::new(), |who| format!("{}: ", who.name));
        let mut which = match &step.cseq {
            Some(cseq) if step.what.starts_with(|c: char| c.is_ascii_digit()) => {
                format!(" ({cseq})")
            }
            Some(cseq) => format!(" ({})", cseq.split(' ').next().unwrap_or_default()),
            None => String::new(),
        };
        if !step.again.is_empty() {
            let _ = write!(which, " ×{}", step.again.len() + 1);
        }
        // Rather the words of a status are cut than what it answers.
        let room = end - begin - 5;
        let left_for_what = room.saturating_sub(which.chars().count()).max(4);
        let what = fit(&format!("{who}{}", step.what), left_for_what);
        let label = fit(&format!("{what}{which}"), room);
        self.say(text, |canvas| {
            canvas.put(0, &format!("{:9.3}", step.at));
            for at in left + 1..right {
                let is_lane = self.lanes.iter().any(|lane| lane.at == at);
                canvas.put(at, if is_lane { "┼" } else { "─" });
            }
            match to.at == right {
                true => canvas.put(right - 1, "▶"),
                false => canvas.put(left + 1, "◀"),
            }
            canvas.centre((begin + end) / 2, &format!(" {label} "));
        });
        let sound = step.sound.as_deref().unwrap_or_default();
        for line in wrapped(sound, end - begin - 3).iter().take(SOUND_LINES) {
            self.say(text, |canvas| canvas.centre((begin + end) / 2, line));
        }
    }

    /// A line with the lanes, and whatever is drawn over them.
    fn say(&self, text: &mut String, draw: impl FnOnce(&mut Canvas)) {
        let mut canvas = Canvas::default();
        for lane in &self.lanes {
            canvas.put(lane.at, "│");
        }
        draw(&mut canvas);
        canvas.end(text);
    }

    fn lane(&self, party: usize) -> Option<&Lane> {
        self.lanes.iter().find(|lane| lane.parties.contains(&party))
    }
}

/// One line while it is drawn.
#[derive(Default)]
struct Canvas(Vec<char>);

impl Canvas {
    fn put(&mut self, at: usize, words: &str) {
        for (offset, letter) in words.chars().enumerate() {
            let at = at + offset;
            if self.0.len() <= at {
                self.0.resize(at + 1, ' ');
            }
            self.0[at] = letter;
        }
    }

    fn centre(&mut self, at: usize, words: &str) {
        self.put(at.saturating_sub(words.chars().count() / 2), words);
    }

    fn end(&mut self, text: &mut String) {
        let line: String = std::mem::take(&mut self.0).into_iter().collect();
        text.push_str(line.trim_end());
        text.push('\n');
    }
}

fn name(part: Part) -> &'static str {
    match part {
        Part::Cordboard => "Cordboard",
        Part::Customer => "customer",
        Part::Agent => "agent",
        Part::Outside => "outside",
        Part::Supervisor => "supervisor",
        Part::Peer => "peer",
    }
}

/// A text that takes so many columns at most, and moves no cursor.
pub(super) fn fit(text: &str, length: usize) -> String {
    let text = plain(text);
    if text.chars().count() <= length {
        return text;
    }
    let begin = text.chars().take(length.saturating_sub(1));
    begin.chain(['…']).collect()
}

/// Without what would make a terminal do something: peers write what they like (H17).
pub(super) fn plain(text: &str) -> String {
    let is_odd = |c: char| {
        c.is_control()
            || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    };
    text.chars()
        .map(|c| if is_odd(c) { '·' } else { c })
        .collect()
}

/// Words in lines of so many columns.
fn wrapped(text: &str, length: usize) -> Vec<String> {
    let mut lines: Vec<String> = vec![];
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= length => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) | None => lines.push(fit(word, length)),
        }
    }
    lines
}

fn ascii(letter: char) -> char {
    match letter {
        '│' => '|',
        '─' => '-',
        '┼' => '+',
        '▶' => '>',
        '◀' => '<',
        '×' => 'x',
        '…' => '~',
        '·' => '.',
        letter if letter.is_ascii() => letter,
        _ => '?',
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn step(at: f64, from: usize, to: usize, what: &str, cseq: &str) -> Step {
        let address = ([127, 0, 0, 1], 5060).into();
        Step {
            at,
            time: Timestamp::UNIX_EPOCH,
            from,
            to,
            transport: "UDP".into(),
            source: address,
            destination: address,
            sip_call_id: "a".into(),
            what: what.into(),
            cseq: Some(cseq.into()),
            sound: None,
            again: vec![],
            after_gap: false,
            message: "BYE x\u{1b}[2J\r\nTo: y\r\n\r\n".into(),
        }
    }

    fn ladder(agents: usize, steps: Vec<Step>) -> Ladder {
        let party = |part, name: &str, port| Party {
            part,
            name: name.into(),
            addresses: vec![([10, 0, 0, 9], port).into()],
        };
        let mut parties = vec![
            party(Part::Cordboard, "", 5060),
            party(Part::Customer, "al\u{7}ice", 5070),
        ];
        parties.extend(
            (1001..)
                .take(agents)
                .map(|user: u16| party(Part::Agent, &user.to_string(), user)),
        );
        Ladder {
            call: None,
            began: Timestamp::UNIX_EPOCH,
            ended: None,
            parties,
            steps,
            missing: 137,
        }
    }

    #[track_caller]
    fn drawn(ladder: &Ladder, look: Look, expected: &str) {
        let text = ladder.draw(look);
        assert_eq!(text, expected, "\n{text}");
    }

    const LOOK: Look = Look {
        width: 80,
        ascii: false,
        full: false,
    };

    #[test]
    fn a_gap_a_repetition_and_a_pass_over_a_lane_are_shown() {
        let mut invite = step(0.0, 1, 0, "INVITE", "1 INVITE");
        invite.again = vec![0.5, 1.5];
        let mut bye = step(12.3456, 0, 3, "BYE", "2 BYE");
        bye.after_gap = true;
        let steps = vec![
            invite,
            bye,
            step(12.4, 3, 0, "481 Call/Transaction Does Not Exist", "2 BYE"),
        ];
        drawn(
            &ladder(2, steps),
            Look {
                width: 110,
                ascii: true,
                ..LOOK
            },
            "No call   1970-01-01 00:00:00 UTC   5 messages

            customer al.ice               Cordboard                 agent 1001                 agent 1002
             10.0.0.9:5070                                         10.0.0.9:1001              10.0.0.9:1002
                   |                          |                          |                          |
    0.000          |----- INVITE (1) x3 ----->|                          |                          |
          ~ 137 messages are not kept any more ~
   12.346          |                          |--------------------------+-------- BYE (2) -------->|
   12.400          |                          |<-------------------------+ 481 Call/Tran~ (2 BYE) --|
                   |                          |                          |                          |
",
        );
    }

    #[test]
    fn more_phones_than_fit_share_a_lane_and_are_named_where_they_speak() {
        let steps = vec![
            step(0.0, 0, 2, "INVITE", "1 INVITE"),
            step(0.1, 5, 0, "486 Busy", "1 INVITE"),
        ];
        drawn(
            &ladder(4, steps),
            LOOK,
            "No call   1970-01-01 00:00:00 UTC   2 messages

            customer al·ice              Cordboard                 agent ×4
             10.0.0.9:5070
                   │                         │                         │
    0.000          │                         │─── 1001: INVITE (1) ───▶│
    0.100          │                         │◀ 1004: 486… (1 INVITE) ─│
                   │                         │                         │
",
        );
    }

    #[test]
    fn whole_messages_follow_and_move_no_cursor() {
        let full = Look { full: true, ..LOOK };
        let text = ladder(1, vec![step(0.0, 1, 0, "BYE", "1 BYE")]).draw(full);
        let whole = "\n── 1 ── 0.000 s ── 1970-01-01T00:00:00Z ── UDP 127.0.0.1:5060 ▶ 127.0.0.1:5060\n\nBYE x·[2J\nTo: y\n\n";
        assert!(text.ends_with(whole), "{text}");
        assert!(!text.contains('\u{7}'));
    }

    #[test]
    fn the_narrowest_page_is_no_fault() {
        let steps = vec![step(0.0, 0, 2, "INVITE", "1 INVITE")];
        let text = ladder(9, steps).draw(Look { width: 0, ..LOOK });
        assert!(text.contains("INVITE"), "{text}");
    }
}
