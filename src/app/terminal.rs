//! The one place that prints.

#![allow(clippy::print_stdout, clippy::print_stderr)]

/// Tells whoever started the program.
pub fn say(text: &str) {
    use std::io::Write as _;
    // A closed pipe (`| head`) is the reader's choice, not a fault.
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Gives what is no text.
///
/// # Errors
/// If nobody takes it.
pub fn pour(bytes: &[u8]) -> anyhow::Result<()> {
    use std::io::Write as _;
    Ok(std::io::stdout().write_all(bytes)?)
}

/// Says what went wrong.
pub fn complain(text: &str) {
    eprintln!("cordboard: {text}");
}
