//! Pictures of browsers on disk, beside the sound (R88, R92).

use super::answers;
use super::browsers::{link, up};
use crate::world::browser::sample;
use crate::world::{Film, World};
use cordboard::call::link::LinkTarget;
use cordboard::call::record::Role;
use cordboard::id::{AgentId, QueueId};
use cordboard::settings::Account;
use cordboard::switch::Ask;
use serde_json::json;

const SUPPORT: QueueId = QueueId(1);

fn world() -> World {
    let mut w = World::with(|account: &mut Account| account.recording.video = true);
    link(&mut w, LinkTarget::Queue(SUPPORT));
    w.visitor("carol", "token");
    w.page("carol").browser.camera = true;
    w
}

/// All eight pictures, 40 ms apart.
fn shows(w: &mut World, name: &str) {
    for nth in 0..8 {
        w.page_shows(name, nth).wait(0.04);
    }
}

fn film(w: &World, role: Role) -> &Film {
    let films = w.segments.iter().flat_map(|segment| &segment.films);
    let film = films.into_iter().find(|film| film.role == role);
    &w.films[&film.expect("a film").recording]
}

/// The milliseconds between pictures.
fn steps(film: &Film) -> Vec<u64> {
    let places = film.0.windows(2);
    places.map(|pair| (pair[1].0 - pair[0].0) / 8).collect()
}

fn is_near(step: u64, milliseconds: u64) -> bool {
    step.abs_diff(milliseconds) <= 11
}

#[test]
fn r92_pictures_are_recorded_at_the_time_of_the_sound() {
    let mut w = world();
    w.agent("1001", answers(1.0));
    w.page_calls("carol", None).wait(4.0);
    // It builds on others, which nobody has.
    w.page_shows("carol", 3).wait(0.3);
    assert_eq!(w.page("carol").browser.asked, 1, "a whole one is asked for");
    shows(&mut w, "carol");
    w.wait(2.0);
    shows(&mut w, "carol");
    w.hangs_up("1001").wait(1.0);
    assert_eq!(w.films.len(), 1, "a telephone shows nothing");
    assert_eq!(w.files.len(), 2, "the sound as ever");
    let film = film(&w, Role::Customer);
    let pictures: Vec<_> = film.0.iter().map(|(_, picture)| &picture.bytes).collect();
    let sample = sample();
    assert_eq!(
        pictures,
        sample.iter().chain(&sample).collect::<Vec<_>>(),
        "as they came"
    );
    let steps = steps(film);
    assert!(is_near(steps[7], 2040), "nothing came: {steps:?}");
    assert!(
        steps.iter().filter(|step| is_near(**step, 40)).count() == 14,
        "{steps:?}"
    );
    let sounds = w.files.values().map(|(samples, _)| samples.len() as u64);
    assert!(sounds.into_iter().all(|length| film.1 == Some(length)));
}

#[test]
fn r92_of_two_browsers_each_has_a_film_and_without_the_setting_there_is_none() {
    for wanted in [true, false] {
        let mut w = World::with(|account| account.recording.video = wanted);
        link(&mut w, LinkTarget::Queue(SUPPORT));
        w.desk("ada", 1, up(0.5)).visitor("carol", "token");
        for name in ["ada", "carol"] {
            w.page(name).browser.camera = true;
        }
        w.page_calls("carol", None).wait(2.0);
        for name in ["ada", "carol"] {
            shows(&mut w, name);
        }
        w.page_does("ada", json!({"type": "hang_up"})).wait(1.0);
        assert_eq!((w.files.len(), w.segments.len()), (2, 1));
        assert_eq!(w.films.len(), if wanted { 2 } else { 0 });
        if wanted {
            for role in [Role::Customer, Role::Agent] {
                assert_eq!(film(&w, role).0.len(), 8, "{role:?}");
            }
        }
    }
}

#[test]
fn b10_what_is_masked_is_not_seen_later_and_pictures_go_on_with_a_whole_one() {
    let mut w = world();
    w.agent("1001", answers(1.0));
    w.page_calls("carol", None).wait(4.0);
    shows(&mut w, "carol");
    let call = w.record().id;
    let agent = Some(AgentId(1));
    w.asks(Ask::Mask {
        agent,
        call,
        on: true,
    })
    .expect("masked");
    shows(&mut w, "carol");
    w.asks(Ask::Mask {
        agent,
        call,
        on: false,
    })
    .expect("not any more");
    let asked = w.page("carol").browser.asked;
    w.page_shows("carol", 5).wait(0.1);
    assert_eq!(w.page("carol").browser.asked, asked + 1);
    shows(&mut w, "carol");
    w.hangs_up("1001").wait(1.0);
    let film = film(&w, Role::Customer);
    assert_eq!(film.0.len(), 16);
    assert!(film.0[8].1.shape.is_some());
    assert!(is_near(steps(film)[7], 9 * 40 + 100), "{:?}", steps(film));
}

#[test]
fn b18_a_page_that_is_loaded_anew_goes_on_in_the_same_film() {
    let mut w = world();
    w.agent("1001", answers(1.0));
    w.page_calls("carol", None).wait(4.0);
    shows(&mut w, "carol");
    w.reloads("carol", 2.0).wait(1.0);
    shows(&mut w, "carol");
    w.hangs_up("1001").wait(1.0);
    assert_eq!(w.films.len(), 1);
    let film = film(&w, Role::Customer);
    assert_eq!(film.0.len(), 16);
    assert!(is_near(steps(film)[7], 3040), "{:?}", steps(film));
}

#[test]
fn r97_the_film_ends_with_the_segment() {
    let mut w = world();
    w.agent("1001", answers(1.0));
    w.page_calls("carol", None).wait(4.0);
    shows(&mut w, "carol");
    w.hangs_up("1001").wait(0.5);
    let length = film(&w, Role::Customer).1.expect("it has ended");
    let last = film(&w, Role::Customer).0.last().expect("a picture").0;
    assert!(last < length, "{last} of {length}");
    shows(&mut w, "carol");
    assert_eq!(film(&w, Role::Customer).0.len(), 8, "nothing after its end");
}
