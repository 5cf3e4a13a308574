//! Numbers in texts.

use super::*;

fn says(text: &str, voice: &str, position: Form, quality: Quality) -> Message {
    Message::Text {
        text: text.into(),
        voice: voice.into(),
        rate: 160,
        position,
        quality,
    }
}

#[test]
fn r43_a_placeholder_that_the_voice_cannot_say_is_refused_and_those_that_it_can_are_named() {
    let standard = |text, voice, form| says(text, voice, form, Quality::Standard);
    for (message, path) in [
        (standard("{positon}", "en", Form::Ordinal), Some("text")),
        (standard("{position", "en", Form::Ordinal), Some("text")),
        (
            standard("{position}", "cs", Form::Ordinal),
            Some("position"),
        ),
        (
            standard("{position}", "cs", Form::Adaptive),
            Some("position"),
        ),
        (standard("{position}", "cs", Form::Cardinal), None),
        (standard("No number", "cs", Form::Ordinal), None),
        (standard("{position}", "tlh", Form::Cardinal), Some("voice")),
        (standard("No number", "tlh", Form::Cardinal), None),
        (standard("{position:x}", "de", Form::Ordinal), Some("text")),
        (standard("{wait}", "ta", Form::Cardinal), None),
        (standard("{wait}", "kl", Form::Cardinal), Some("text")),
        (standard("{wait}", "cy", Form::Cardinal), None),
        (
            standard("{position}, {wait}", "en+f3", Form::Adaptive),
            None,
        ),
        // Which language it is, its file says.
        (
            says("{position}", "my-model", Form::Ordinal, Quality::Neural),
            None,
        ),
        (
            says("{pos", "my-model", Form::Ordinal, Quality::Neural),
            Some("text"),
        ),
    ] {
        let field = path.map(|field| format!("queue[0].announcement.{field}"));
        let wrong: Vec<_> = field.iter().map(String::as_str).collect();
        let announce = |account: &mut Account| {
            account.neural_voices = true;
            if let Some(announcement) = &mut account.queues[0].waiting.announcement {
                announcement.message = message;
            }
        };
        refused(announce, &wrong);
    }
}

#[test]
fn r40_only_who_is_in_line_hears_a_position() {
    let message = || Some(says("{position}", "en", Form::Ordinal, Quality::Standard));
    refused(|a| a.queues[0].waiting.greeting = message(), &[]);
    refused(
        |account| {
            if let Some(max) = &mut account.queues[0].waiting.max_wait {
                max.message = message();
            }
        },
        &["queue[0].max_wait.message.text"],
    );
}
