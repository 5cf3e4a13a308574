//! Templates in languages: what callers hear.

use crate::speech::{Form, Language, Misfit, Script, Template, TemplateError};
use std::sync::Arc;

#[test]
fn r40_a_position_is_said_in_its_sentence() {
    let english = "You are the {position} caller. Thank you for waiting.";
    assert_eq!(
        said(english, "en", Form::Ordinal, Some(21), None),
        "You are the twenty-first caller. Thank you for waiting."
    );
    let german = "Sie sind Nummer {position}.";
    assert_eq!(
        said(german, "de", Form::Cardinal, Some(21), None),
        "Sie sind Nummer einundzwanzig."
    );
}

#[test]
fn r41_adaptive_is_ordinal_where_an_ordinal_has_one_form_and_cardinal_elsewhere() {
    for (language, words) in [
        ("en", "third"),
        ("tr", "üçüncü"),
        ("zh", "第三"),
        ("de", "drei"),
        ("fr", "trois"),
        ("ru", "три"),
        ("fi", "kolme"),
        ("nl", "derde"),
    ] {
        assert_eq!(
            said("{position}", language, Form::Adaptive, Some(3), None),
            words
        );
    }
    // Whoever names the gender knows the noun.
    let french = "Vous êtes en {position:feminine} position.";
    assert_eq!(
        said(french, "fr", Form::Adaptive, Some(1), None),
        "Vous êtes en première position."
    );
}

#[test]
fn r47_numbers_follow_gender_and_plural() {
    for (text, language, form, number, words) in [
        (
            "an {position:r} Stelle",
            "de",
            Form::Ordinal,
            1,
            "an erster Stelle",
        ),
        (
            "la {position:feminine} persona",
            "es",
            Form::Ordinal,
            1,
            "la primera persona",
        ),
        ("{position}", "fr", Form::Ordinal, 21, "vingt-et-unième"),
        ("{position}", "sv", Form::Ordinal, 1, "första"),
        ("{position}", "da", Form::Ordinal, 2, "anden"),
        ("{position}", "it", Form::Ordinal, 3, "terzo"),
    ] {
        assert_eq!(
            said(text, language, form, Some(number), None),
            words,
            "{language}"
        );
    }
    for (language, minutes, words) in [
        ("en", 1, "one minute"),
        ("en", 0, "one minute"),
        ("en", 7, "seven minutes"),
        ("en", 12, "fifteen minutes"),
        ("de", 1, "eine Minute"),
        ("fr", 1, "une minute"),
        ("es", 1, "un minuto"),
        ("ru", 1, "одна минута"),
        ("ru", 2, "две минуты"),
        ("ru", 5, "пять минут"),
        ("ru", 23, "двадцать пять минут"),
        ("pl", 2, "dwie minuty"),
        ("pl", 5, "pięć minut"),
        ("cs", 2, "dvě minuty"),
        ("lt", 11, "penkiolika minučių"),
        ("sv", 1, "en minut"),
        ("zh", 2, "两分钟"),
        ("ro", 20, "douăzeci de minute"),
    ] {
        assert_eq!(
            said("{wait}", language, Form::Cardinal, None, Some(minutes)),
            words
        );
    }
}

#[test]
fn r47_b4_minutes_have_a_dual_and_every_plural_of_the_language() {
    // The categories of CLDR: 0, 1, 2, 3, 5, 11, 21.
    const MINUTES: [u32; 7] = [0, 1, 2, 3, 5, 11, 21];
    for (tag, words) in [
        (
            "sl",
            "nič minut|ena minuta|dve minuti|tri minute|pet minut|enajst minut|enaindvajset minut",
        ),
        (
            "ar",
            "صفر دقيقة|دقيقة واحدة|دقيقتان|ثلاث دقائق|خمس دقائق|إحدى عشرة دقيقة|إحدى وعشرون دقيقة",
        ),
        (
            "ga",
            "náid nóiméad|nóiméad amháin|dhá nóiméad|trí nóiméad|cúig nóiméad|aon nóiméad déag|\
             aon nóiméad is fiche",
        ),
        (
            "cy",
            "dim munud|un munud|dau funud|tri munud|pum munud|un munud ar ddeg|un munud ar hugain",
        ),
        (
            "mt",
            "żero minuti|minuta|żewġ minuti|tliet minuti|ħames minuti|ħdax-il minuta|\
             waħda u għoxrin minuta",
        ),
        (
            "pl",
            "zero minut|jedna minuta|dwie minuty|trzy minuty|pięć minut|jedenaście minut|\
             dwadzieścia jeden minut",
        ),
        (
            "ru",
            "ноль минут|одна минута|две минуты|три минуты|пять минут|одиннадцать минут|\
             двадцать одна минута",
        ),
        (
            "uk",
            "нуль хвилин|одна хвилина|дві хвилини|три хвилини|пʼять хвилин|одинадцять хвилин|\
             двадцять одна хвилина",
        ),
        (
            "cs",
            "nula minut|jedna minuta|dvě minuty|tři minuty|pět minut|jedenáct minut|\
             dvacet jedna minut",
        ),
        (
            "lt",
            "nulis minučių|viena minutė|dvi minutės|trys minutės|penkios minutės|\
             vienuolika minučių|dvidešimt viena minutė",
        ),
        (
            "he",
            "אפס דקות|דקה אחת|שתי דקות|שלוש דקות|חמש דקות|אחת עשרה דקות|עשרים ואחת דקות",
        ),
    ] {
        let language = language(tag);
        let said = MINUTES.map(|minutes| language.minutes(minutes).expect("words"));
        assert_eq!(said.join("|"), words, "{tag}");
    }
}

#[test]
fn b4_what_callers_are_told_of_long_waits_is_right_too() {
    for (language, minutes, words) in [
        ("sl", 4, "štiri minute"),
        ("sl", 23, "petindvajset minut"),
        ("sl", 99, "sto minut"),
        ("sl", 101, "sto pet minut"),
        ("ar", 8, "ثماني دقائق"),
        ("ar", 13, "خمس عشرة دقيقة"),
        ("ar", 22, "خمس وعشرون دقيقة"),
        ("ar", 101, "مئة وخمس دقائق"),
        ("ar", 199, "مئتا دقيقة"),
        ("ga", 14, "cúig nóiméad déag"),
        ("ga", 22, "cúig nóiméad is fiche"),
        ("ga", 101, "céad is cúig nóiméad"),
        ("cy", 10, "deng munud"),
        ("cy", 14, "pymtheng munud"),
        ("cy", 30, "deng munud ar hugain"),
        ("cy", 44, "pedwar deg pum munud"),
        ("mt", 14, "ħmistax-il minuta"),
        ("mt", 24, "ħamsa u għoxrin minuta"),
        ("ta", 1, "ஒரு நிமிடம்"),
        ("ta", 2, "இரண்டு நிமிடங்கள்"),
        ("ta", 20, "இருபது நிமிடங்கள்"),
        ("ta", 23, "இருபத்து ஐந்து நிமிடங்கள்"),
        ("ta", 101, "நூற்று ஐந்து நிமிடங்கள்"),
        ("fil", 1, "isáng minuto"),
        ("fil", 4, "ápat na minuto"),
        ("fil", 10, "sampûng minuto"),
        ("fil", 15, "labíng-limáng minuto"),
        ("fil", 30, "tatlóng pûng minuto"),
        ("fil", 33, "tatlóng pû’t limáng minuto"),
        ("fil", 100, "isáng daáng minuto"),
        ("fil", 105, "isáng daán at limáng minuto"),
        ("vec", 2, "du menuti"),
        ("qu", 3, "kinsa minuto"),
        ("su", 5, "lima menit"),
    ] {
        let said = said("{wait}", language, Form::Cardinal, None, Some(minutes));
        assert_eq!(said, words, "{language}");
    }
}

#[test]
fn a_sentence_whose_number_is_unknown_is_left_out_and_the_others_are_said() {
    let text = "Thank you, Dr. Who! You are number {position}. It takes {wait}.\nGoodbye.";
    let say = |position, wait| said(text, "en", Form::Cardinal, position, wait);
    assert_eq!(
        say(None, Some(3)),
        "Thank you, Dr. Who! It takes three minutes.\nGoodbye."
    );
    assert_eq!(
        say(Some(2), None),
        "Thank you, Dr. Who! You are number two.\nGoodbye."
    );
    assert_eq!(say(None, None), "Thank you, Dr. Who!\nGoodbye.");
    assert_eq!(said("{position}", "en", Form::Cardinal, None, None), "");
    assert_eq!(
        said("第{position}。谢谢。", "zh", Form::Cardinal, None, None),
        "谢谢。"
    );
}

#[test]
fn braces_are_written_twice_and_what_is_no_placeholder_is_an_error_with_the_mend() {
    assert_eq!(
        said("{{x}} {position}", "en", Form::Cardinal, Some(4), None),
        "{x} four"
    );
    for (text, error, words) in [
        ("{positon}", None, "did you mean {position}?"),
        ("{waiting}", None, "did you mean {wait}?"),
        ("{x}", None, "known: {position}, {wait}"),
        ("{}", None, "known: {position}, {wait}"),
        ("{wait:feminine}", None, "did you mean {wait}?"),
        ("{position", Some(TemplateError::Open), "{{"),
        ("position}", Some(TemplateError::Stray), "}}"),
    ] {
        let refused = Template::parse(text).expect_err(text);
        assert!(error.is_none_or(|error| error == refused), "{refused:?}");
        assert!(refused.to_string().contains(words), "{refused}");
    }
    let plain = Template::parse("No number. None.").expect("a template");
    assert!(!plain.has_numbers() && !plain.has_position() && !plain.has_wait());
}

#[test]
fn r42_r43_what_a_language_has_not_got_is_refused_and_what_it_has_is_named() {
    let czech = misfit("{position}", "cs", Form::Ordinal);
    assert_eq!(czech, "cs has no ordinal position; it has: cardinal");
    assert_eq!(
        language("cs").forms(),
        [Form::Cardinal],
        "the others are greyed out"
    );
    assert_eq!(language("en").forms(), Form::ALL);
    let german = misfit("{position:feminin}", "de", Form::Ordinal);
    assert!(
        german.contains("\"feminin\"; it has: m, n, r, s"),
        "{german}"
    );
    let sami = misfit("{wait}", "se", Form::Cardinal);
    assert!(sami.contains("{wait} cannot be said in se"), "{sami}");
}

#[test]
fn voices_are_of_the_language_that_their_names_begin_with() {
    for (name, tag) in [
        ("en", Some("en")),
        ("en-GB-x-rp", Some("en")),
        ("en_IN", Some("en-in")),
        ("de_DE-thorsten-medium", Some("de")),
        ("de-at", Some("de")),
        ("de-CH", Some("de-ch")),
        ("pt", Some("pt-pt")),
        ("pt-br", Some("pt")),
        ("es-419", Some("es")),
        ("cmn", Some("zh")),
        ("cmn-latn-pinyin", None),
        ("nb", Some("no")),
        ("sr-Latn", Some("sr-latn")),
        ("eo", Some("eo")),
        ("tlh", None),
        ("", None),
    ] {
        assert_eq!(
            Language::of(name).map(|language| language.tag()),
            tag,
            "{name}"
        );
    }
}

fn language(tag: &str) -> Arc<Language> {
    Arc::new(Language::of(tag).expect("a language"))
}

fn script(text: &str, tag: &str, form: Form) -> Result<Script, Misfit> {
    Script::new(
        Template::parse(text).expect("a template"),
        language(tag),
        form,
    )
}

fn said(text: &str, tag: &str, form: Form, position: Option<u32>, wait: Option<u32>) -> String {
    let script = script(text, tag, form).expect("a script");
    script.say(position, wait).unwrap_or_default()
}

fn misfit(text: &str, tag: &str, form: Form) -> String {
    script(text, tag, form).expect_err("a misfit").to_string()
}
