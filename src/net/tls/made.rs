//! A certificate that signs itself, for the first run.

use anyhow::Context as _;
use jiff::Timestamp;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, date_time_ymd};
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::Write as _;
use std::net::IpAddr;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

/// How long it is good: phones that were told to trust it need not be told again.
const YEARS: i32 = 10;

/// Makes a key and its certificate, and writes them where only we may read.
pub(super) fn make(certificate: &Path, key: &Path, addresses: &[IpAddr]) -> anyhow::Result<()> {
    let mut names = vec!["localhost".to_owned()];
    names.extend(addresses.iter().map(ToString::to_string));
    names.sort();
    names.dedup();
    let mut params = CertificateParams::new(names)?;
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, "Cordboard, signed by itself");
    params.distinguished_name = subject;
    let year = i32::from(Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).year());
    // From last year, for phones whose clock is wrong.
    params.not_before = date_time_ymd(year - 1, 1, 1);
    params.not_after = date_time_ymd(year + YEARS, 12, 31);
    let pair = KeyPair::generate()?;
    let signed = params.self_signed(&pair)?;
    if let Some(folder) = certificate.parent() {
        let mut made = DirBuilder::new();
        made.recursive(true).mode(0o700).create(folder)?;
    }
    // Never a key without its certificate: the certificate is what is looked for, and comes last.
    write(key, &pair.serialize_pem())?;
    write(certificate, &signed.pem())
}

/// Writes a file that is there whole or not at all.
fn write(file: &Path, text: &str) -> anyhow::Result<()> {
    let begun = file.with_extension("new");
    let name = || begun.display().to_string();
    match fs::remove_file(&begun) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(error).with_context(name);
        }
        Ok(()) | Err(_) => {}
    }
    let mut options = OpenOptions::new();
    let open = options.write(true).create_new(true).mode(0o600);
    let mut opened = open.open(&begun).with_context(name)?;
    opened.write_all(text.as_bytes())?;
    opened.sync_all()?;
    fs::rename(&begun, file).with_context(name)
}
