//! The commands about voices.

use super::terminal;
use crate::config::Config;
use crate::settings::Quality;
use crate::voices::{self, Catalogue, Gender, Terms, Voice};
use std::path::PathBuf;

/// What is to be done with voices.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Show all voices: language, gender, quality, licence, and which placeholders each can say.
    List {
        #[command(flatten)]
        place: Place,
        /// Only those of a language, such as `de`.
        #[arg(long, value_name = "TAG")]
        language: Option<String>,
    },
    /// Install a neural voice: of Piper's NAME.onnx with NAME.onnx.json beside it; of Kokoro's the model that its
    /// voices share, and --style.
    Install {
        /// The .onnx file, or the folder with the only one.
        path: PathBuf,
        #[command(flatten)]
        place: Place,
        /// Whose voice it sounds like: its files do not say.
        #[arg(long)]
        gender: Option<Gender>,
        /// The styles of a voice of Kokoro's: numbers of 32 bits, alone or as NumPy writes them, in a file called
        /// like the voice, such as af_heart.bin.
        #[arg(long, value_name = "FILE")]
        style: Option<PathBuf>,
        /// Its licence. [default: what the MODEL_CARD beside it says]
        #[arg(long, value_name = "TEXT")]
        licence: Option<String>,
    },
}

/// Where the voices are.
#[derive(Debug, clap::Args)]
pub(super) struct Place {
    /// The configuration file: its data directory has the voices.
    #[arg(long, value_name = "FILE", conflicts_with = "data_dir")]
    config: Option<PathBuf>,
    /// The data directory.
    #[arg(long, value_name = "DIR", default_value = "data")]
    data_dir: PathBuf,
}

impl Place {
    fn dir(self) -> anyhow::Result<PathBuf> {
        match self.config {
            Some(file) => Ok(Config::read(&file)?.server.data_dir),
            None => Ok(self.data_dir),
        }
    }
}

pub(super) fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::List { place, language } => list(place, language.as_deref()),
        Command::Install {
            path,
            place,
            gender,
            style,
            licence,
        } => {
            let dir = place.dir()?;
            let terms = Terms {
                gender,
                licence,
                style,
            };
            let name = voices::install(&dir, &path, &terms)?;
            terminal::say(&format!(
                "{name} is installed in {}: {{ text = \"…\", voice = \"{name}\", quality = \"neural\" }}",
                dir.display()
            ));
            Ok(())
        }
    }
}

fn list(place: Place, language: Option<&str>) -> anyhow::Result<()> {
    let (voices, faults) = Catalogue::new(&place.dir()?).list();
    let wanted = |voice: &&Voice| {
        language.is_none_or(|language| {
            let rest = voice.language.strip_prefix(language);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        })
    };
    terminal::say(&row(
        ["voice", "language", "gender", "quality"],
        "position, wait",
        "licence",
    ));
    for voice in voices.iter().filter(wanted) {
        let gender = match voice.gender {
            Some(Gender::Female) => "female",
            Some(Gender::Male) => "male",
            None => "-",
        };
        let quality = match voice.quality {
            Quality::Standard => "standard",
            Quality::Neural => "neural",
        };
        let mut says: Vec<_> = voice.forms.iter().map(|form| form.name()).collect();
        says.extend(voice.wait.then_some("wait"));
        let says = match says.is_empty() {
            true => "-".to_owned(),
            false => says.join(", "),
        };
        let columns = [&voice.name, &voice.language, gender, quality];
        terminal::say(&row(columns, &says, &voice.licence));
    }
    for fault in faults {
        terminal::complain(&fault.to_string());
    }
    Ok(())
}

fn row([name, language, gender, quality]: [&str; 4], says: &str, licence: &str) -> String {
    format!("{name:28} {language:18} {gender:7} {quality:9} {says:34} {licence}")
}
