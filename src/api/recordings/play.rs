//! The sound itself: whole or by ranges (RFC 9110 §14), for players and to be taken away.

use super::super::part::{Query, Word};
use super::super::problem::Problem;
use super::super::sight::Sight;
use super::super::who::Caller;
use super::super::{Site, answer};
use super::access::GOOD;
use super::{Access, find, find_there, name, not_deleted};
use crate::store::Recording;
use crate::vault::Sound;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use jiff::Timestamp;
use serde_json::json;
use std::io::{self, ErrorKind};
use std::sync::Arc;

/// Bytes that are read at a time.
const PIECE: u64 = 64 * 1_024;

/// A recording as the file that it is: WAV, or WebM or Matroska of pictures.
pub(in crate::api) async fn audio(
    State(site): State<Arc<Site>>,
    Word(id): Word,
    sight: Sight,
    caller: Caller,
    mut query: Query,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let download: Option<bool> = query.value("download", "true or false");
    query.done()?;
    let download = download.unwrap_or(false);
    let found = find(&site, &sight, &id).await?;
    give(&site, &caller.signature(), &found, download, &headers).await
}

/// An address at which a player that sends no cookie hears a recording for ten minutes.
pub(in crate::api) async fn address(
    State(site): State<Arc<Site>>,
    Word(id): Word,
    sight: Sight,
    caller: Caller,
) -> Result<Response, Problem> {
    let found = find_there(&site, &sight, &id).await?;
    let until = Timestamp::now()
        .checked_add(GOOD)
        .map_err(|_| Problem::unavailable("The clock is at its end."))?;
    let seconds = u64::try_from(until.as_second()).unwrap_or(0);
    let token = site.access.sign(found.id, &caller.signature(), seconds);
    let body = json!({ "url": format!("/api/v1/play/{token}"), "until": until });
    Ok((StatusCode::CREATED, answer(&body)).into_response())
}

/// What such an address gives.
pub(in crate::api) async fn play(
    State(site): State<Arc<Site>>,
    Word(token): Word,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let missing = || Problem::missing("recording: its address is good for ten minutes");
    let now = u64::try_from(Timestamp::now().as_second()).unwrap_or(u64::MAX);
    let (id, who) = site.access.read(&token, now).ok_or_else(missing)?;
    let found = site.ask(move |store| store.recording(id)).await?;
    let found = found.ok_or_else(missing)?;
    give(&site, &who, &found, false, &headers).await
}

/// How loud it is over its time.
pub(in crate::api) async fn peaks(
    State(site): State<Arc<Site>>,
    Word(id): Word,
    sight: Sight,
) -> Result<Response, Problem> {
    let found = find_there(&site, &sight, &id).await?;
    let read = tokio::task::spawn_blocking(move || site.shelf.peaks(&found.file.path));
    let peaks = read.await.map_err(|_| cut_short())?;
    let peaks = peaks.map_err(|why| unreadable(&why, "picture of this recording"))?;
    Ok(([(header::CONTENT_TYPE, "application/json")], peaks).into_response())
}

async fn give(
    site: &Arc<Site>,
    who: &str,
    recording: &Recording,
    download: bool,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    not_deleted(recording)?;
    let (shelf, path) = (Arc::clone(site), recording.file.path.clone());
    let opened = tokio::task::spawn_blocking(move || shelf.shelf.open(&path));
    let sound = opened.await.map_err(|_| cut_short())?;
    let sound = sound.map_err(|why| unreadable(&why, "file on this machine any more"))?;
    let action = match download {
        true => "recording.taken",
        false => "recording.heard",
    };
    Access::of(site).note(who, action, recording.id).await?;
    let tag = format!("\"{}-{}\"", recording.id, short(recording));
    let length = sound.length();
    let range = match (headers.get(header::RANGE), headers.get(header::IF_RANGE)) {
        (Some(range), None) => asked(range, length),
        // It is another file now: all of it.
        (Some(range), Some(of)) if of.as_bytes() == tag.as_bytes() => asked(range, length),
        (Some(_), Some(_)) | (None, _) => Range::Whole,
    };
    let (status, from, count) = match range {
        Range::Whole => (StatusCode::OK, 0, length),
        Range::Part(from, last) => (StatusCode::PARTIAL_CONTENT, from, last - from + 1),
        Range::Nowhere => (StatusCode::RANGE_NOT_SATISFIABLE, 0, 0),
    };
    let mut answer = (status, body(sound, from, count)).into_response();
    let told = answer.headers_mut();
    let mut tell = |name, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            told.insert(name, value);
        }
    };
    tell(header::CONTENT_TYPE, kind(&recording.file.path).to_owned());
    tell(header::ACCEPT_RANGES, "bytes".to_owned());
    tell(header::CONTENT_LENGTH, count.to_string());
    tell(header::ETAG, tag);
    match range {
        Range::Whole => {}
        Range::Part(from, last) => {
            tell(
                header::CONTENT_RANGE,
                format!("bytes {from}-{last}/{length}"),
            );
        }
        Range::Nowhere => tell(header::CONTENT_RANGE, format!("bytes */{length}")),
    }
    if download {
        tell(
            header::CONTENT_DISPOSITION,
            attachment(name(&recording.file)),
        );
    }
    Ok(answer)
}

/// What the file of a path is.
fn kind(path: &str) -> &'static str {
    match path.rsplit_once('.') {
        Some((_, "webm")) => "video/webm",
        Some((_, "mkv")) => "video/matroska",
        Some(_) | None => "audio/wav",
    }
}

/// What was asked for of a sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Range {
    Whole,
    /// The first byte and the last.
    Part(u64, u64),
    /// 416: beyond its end.
    Nowhere,
}

/// One range of bytes; several, and what cannot be read, mean the whole (RFC 9110 §14.2).
fn asked(range: &HeaderValue, length: u64) -> Range {
    let said = range.to_str().unwrap_or_default();
    let Some((first, last)) = said
        .strip_prefix("bytes=")
        .and_then(|said| said.trim().split_once('-'))
    else {
        return Range::Whole;
    };
    let number = |text: &str| match text.is_empty() {
        true => Some(None),
        false => text.parse::<u64>().ok().map(Some),
    };
    let (Some(first), Some(last)) = (number(first), number(last)) else {
        return Range::Whole;
    };
    let end = length.saturating_sub(1);
    match (first, last) {
        (Some(first), Some(last)) if first > last => Range::Whole,
        (Some(first), _) if first >= length => Range::Nowhere,
        (Some(first), last) => Range::Part(first, last.unwrap_or(end).min(end)),
        (None, Some(0)) => Range::Nowhere,
        (None, Some(_)) if length == 0 => Range::Nowhere,
        (None, Some(last)) => Range::Part(length.saturating_sub(last), end),
        (None, None) => Range::Whole,
    }
}

/// So many bytes from a place on, read as they are sent.
fn body(sound: Sound, from: u64, count: u64) -> Body {
    let sound = Arc::new(sound);
    let pieces = stream::try_unfold((from, count), move |(at, left)| {
        let sound = Arc::clone(&sound);
        async move {
            if left == 0 {
                return Ok(None);
            }
            let read = tokio::task::spawn_blocking(move || {
                let mut piece = vec![0; usize::try_from(left.min(PIECE)).unwrap_or(0)];
                let count = sound.read_at(at, &mut piece)?;
                piece.truncate(count);
                Ok::<_, io::Error>(piece)
            });
            let piece = read.await.map_err(io::Error::other)??;
            let count = piece.len() as u64;
            if count == 0 {
                return Err(io::Error::from(ErrorKind::UnexpectedEof));
            }
            Ok(Some((Bytes::from(piece), (at + count, left - count))))
        }
    });
    Body::from_stream(pieces)
}

/// What tells one making of a file from another.
fn short(recording: &Recording) -> &str {
    let hash = recording.file.sha256.as_deref().unwrap_or("0");
    hash.get(..16).unwrap_or(hash)
}

/// The name under which it is kept (RFC 6266, RFC 8187): letters of any script are escaped.
fn attachment(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(
            |letter| match letter.is_ascii_alphanumeric() || "+@._-".contains(letter) {
                true => letter,
                false => '-',
            },
        )
        .collect();
    let escaped: String = name
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => {
                char::from(byte).to_string()
            }
            byte => format!("%{byte:02X}"),
        })
        .collect();
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{escaped}")
}

fn unreadable(why: &io::Error, what: &str) -> Problem {
    if why.kind() == ErrorKind::NotFound {
        return Problem::missing(what);
    }
    tracing::error!(error = %why, "a recording cannot be read");
    Problem::unavailable("The recording cannot be read: the log says why.")
}

fn cut_short() -> Problem {
    Problem::unavailable("The work was cut short.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_one_piece_within_the_file() {
        let of = |text: &str| asked(&HeaderValue::from_str(text).expect("a value"), 100);
        for (text, range) in [
            ("bytes=0-", Range::Part(0, 99)),
            ("bytes=0-0", Range::Part(0, 0)),
            ("bytes=10-19", Range::Part(10, 19)),
            ("bytes=90-1000", Range::Part(90, 99)),
            ("bytes=-10", Range::Part(90, 99)),
            ("bytes=-1000", Range::Part(0, 99)),
            ("bytes=100-", Range::Nowhere),
            ("bytes=-0", Range::Nowhere),
            ("bytes=20-10", Range::Whole),
            ("bytes=0-1,5-6", Range::Whole),
            ("bytes=x-", Range::Whole),
            ("bytes=-", Range::Whole),
            ("lines=1-2", Range::Whole),
            ("bytes=99999999999999999999-", Range::Whole),
        ] {
            assert_eq!(of(text), range, "{text}");
        }
        let nothing = HeaderValue::from_static("bytes=-5");
        assert_eq!(asked(&nothing, 0), Range::Nowhere);
    }

    #[test]
    fn h19_a_name_stays_within_its_quotes() {
        let told = attachment("a_Žofie\"; x=\r\n.wav");
        assert_eq!(
            told,
            "attachment; filename=\"a_-ofie---x---.wav\"; filename*=UTF-8''a_%C5%BDofie%22%3B%20x%3D%0D%0A.wav"
        );
    }
}
