//! Arguments → app; nothing else.

use clap::Parser as _;
use cordboard::app::cli::Arguments;
use std::process::ExitCode;

fn main() -> ExitCode {
    cordboard::app::cli::run(Arguments::parse())
}
