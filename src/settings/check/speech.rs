//! The numbers in texts: whether the voice can say them (R43).

use super::super::{Form, Message, Quality};
use super::Problems;
use crate::speech::{Misfit, Script, Template};

impl Problems {
    /// The places for numbers in a text, and whether the voice's language has what they ask for. The
    /// language of a neural voice is known only where it is installed.
    pub(super) fn placeholders(
        &mut self,
        path: &str,
        text: &str,
        voice: &str,
        (form, quality): (Form, Quality),
    ) {
        let template = match Template::parse(text) {
            Ok(template) => template,
            Err(why) => return self.add(format!("{path}.text"), why.to_string()),
        };
        if !template.has_numbers() || quality == Quality::Neural {
            return;
        }
        let Err(why) = Script::of(template, voice, form) else {
            return;
        };
        let field = match &why {
            Misfit::Language { .. } => "voice",
            Misfit::Form { .. } => "position",
            Misfit::Variant { .. } | Misfit::Wait { .. } => "text",
        };
        self.add(format!("{path}.{field}"), why.to_string());
    }

    /// Of a message that callers hear who are not in line: they have no position and no wait.
    pub(super) fn no_placeholders(&mut self, path: &str, message: Option<&Message>) {
        if message.is_some_and(Message::has_numbers) {
            let mend = "who hears this is not in line: {position} and {wait} are for a greeting \
                        or an announcement; for a brace write {{";
            self.add(format!("{path}.text"), mend);
        }
    }
}
