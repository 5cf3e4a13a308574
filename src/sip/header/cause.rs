//! Why a peer ends what it ends: the Reason header (RFC 3326).

use super::{Params, quote};
use std::fmt;

/// Text of a peer that is kept, in characters.
const MOST: usize = 128;

/// A cause, as one value of a Reason header says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// Whose numbers the cause is of: `Q.850` for those of telephone networks, `SIP` for statuses.
    pub protocol: String,
    /// The number.
    pub cause: Option<u16>,
    /// For people, shortened; as much to be believed as the peer is.
    pub text: Option<String>,
}

impl Cause {
    /// One of ours: SIP's own causes from 200 on, those of Q.850 below.
    pub fn new(cause: u16, text: &str) -> Self {
        let protocol = if cause < 200 { "Q.850" } else { "SIP" };
        Self {
            protocol: protocol.to_owned(),
            cause: Some(cause),
            text: Some(text.to_owned()),
        }
    }

    /// Of all that a message says, what the telephone network says; else the first.
    pub(crate) fn of<'a>(values: impl Iterator<Item = &'a str>) -> Option<Self> {
        let mut all = values.filter_map(Self::parse);
        let first = all.next()?;
        let network = |cause: &Self| cause.protocol.eq_ignore_ascii_case("Q.850");
        match network(&first) {
            true => Some(first),
            false => Some(all.find(network).unwrap_or(first)),
        }
    }

    /// Reads one value; `None` for what is none.
    fn parse(value: &str) -> Option<Self> {
        let (protocol, _) = value.split_once(';').unwrap_or((value, ""));
        let params = Params::parse(&value[protocol.len()..]).ok()?;
        let protocol = protocol.trim();
        super::is_token(protocol).then(|| Self {
            protocol: shortened(protocol),
            cause: params.get("cause").and_then(|cause| cause.parse().ok()),
            text: params.text("text").map(|text| shortened(&text)),
        })
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.protocol)?;
        if let Some(cause) = self.cause {
            write!(f, ";cause={cause}")?;
        }
        match &self.text {
            Some(text) => write!(f, ";text={}", quote(text)),
            None => Ok(()),
        }
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(MOST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&str]) -> Option<(String, Option<u16>, Option<String>)> {
        let cause = Cause::of(values.iter().copied())?;
        Some((cause.protocol, cause.cause, cause.text))
    }

    #[test]
    fn the_network_is_believed_before_sip() {
        let both = [
            "SIP;cause=480",
            "Q.850 ;cause=19;text=\"No \\\"answer\\\"\"",
        ];
        let expected = ("Q.850".into(), Some(19), Some("No \"answer\"".into()));
        assert_eq!(read(&both), Some(expected));
        assert_eq!(read(&both[..1]), Some(("SIP".into(), Some(480), None)));
    }

    #[test]
    fn what_is_no_reason_is_none() {
        for wrong in [
            "",
            "Q.850;",
            ";cause=16",
            "two words;cause=16",
            "Q.850;text=\"open",
        ] {
            let cause = read(&[wrong]);
            assert!(cause.is_none_or(|cause| cause.1.is_none()), "{wrong}");
        }
        assert_eq!(
            read(&["Q.850;cause=99999"]),
            Some(("Q.850".into(), None, None))
        );
    }

    #[test]
    fn text_is_bounded_and_what_is_written_reads_back() {
        let long = format!("Q.850;cause=16;text=\"{}\"", "x".repeat(9000));
        assert_eq!(
            read(&[&long])
                .and_then(|cause| cause.2)
                .map(|text| text.len()),
            Some(MOST)
        );
        let ours = Cause::new(31, "say \"why\"");
        assert_eq!(
            Cause::of([ours.to_string().as_str()].into_iter()),
            Some(ours)
        );
    }
}
