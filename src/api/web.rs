//! The pages for people, from the folder `web`: what is built there is part of the program.
//!
//! ```text
//!   / /login /link /desk /setup/… /admin /supervisor /call ─▶ a page: asked for anew each time, by its ETag
//!   /assets/NAME-HASH.js                              ─▶ what it loads: kept for a year, as its name changes
//! ```
//!
//! A page is the same for everybody and knows nothing: what it shows it asks the API for, as whoever
//! looks at it. It loads nothing from other hosts, and runs no script but ours: names and notes of
//! others stay text whatever is in them (H17). Styles are files of ours, too; where recordings are played,
//! wavesurfer.js sets one text of styles besides, which is allowed there by its hash and no other is.

use super::part::Word;
use super::problem::Problem;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rust_embed::{EmbeddedFile, RustEmbed};
use std::sync::LazyLock;

/// What `npm run build` has left in `web/dist`. Nothing, if it never ran: then the program is whole,
/// and its pages say how they are built.
#[derive(RustEmbed)]
#[folder = "web/dist"]
#[allow_missing = true]
struct Built;

/// What a page may do: run our scripts, talk to this server, play and show what it received.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data: blob:; media-src 'self' blob: mediastream:; font-src 'self'; \
    connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
/// The same where recordings are played: besides, the styles of the library that draws them.
static POLICY_OF_PLAYERS: LazyLock<HeaderValue> = LazyLock::new(|| {
    let styles = Built::get("styles.txt");
    let styles = styles.and_then(|file| String::from_utf8(file.data.into_owned()).ok());
    let styles = styles.filter(|styles| is_hash(styles)).unwrap_or_default();
    let policy = POLICY.replace("style-src 'self'", &format!("style-src 'self' {styles}"));
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static(POLICY))
});
/// Pages on which recordings are played.
const PLAYERS: [&str; 2] = ["supervisor.html", "call.html"];
/// Calls need both; nobody else may ask for them here.
const PERMISSIONS: &str = "microphone=(self), camera=(self), display-capture=(self), \
    speaker-selection=(self), geolocation=(), payment=(), usb=()";
/// Whoever comes back asks whether a page is still the same.
const ASK_AGAIN: &str = "no-cache";
/// The name of an asset changes with what is in it.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// `/`: leads to where one belongs.
pub(super) async fn start(headers: HeaderMap) -> Response {
    page("index", &headers)
}

pub(super) async fn login(headers: HeaderMap) -> Response {
    page("login", &headers)
}

/// For customers. The token of the call link stands behind the `#`, so it comes to no server's log.
pub(super) async fn link(headers: HeaderMap) -> Response {
    page("link", &headers)
}

pub(super) async fn desk(headers: HeaderMap) -> Response {
    page("desk", &headers)
}

pub(super) async fn admin(headers: HeaderMap) -> Response {
    page("admin", &headers)
}

pub(super) async fn supervisor(headers: HeaderMap) -> Response {
    page("supervisor", &headers)
}

/// The story of a call: which one stands behind the `#`.
pub(super) async fn call(headers: HeaderMap) -> Response {
    page("call", &headers)
}

/// The page that makes the first administrator; where none was built, a form does. Its address is a
/// secret: nothing of it stays anywhere.
pub(super) fn setup(headers: &HeaderMap) -> Option<Response> {
    let asked = Asked {
        has: None,
        ..Asked::of(headers)
    };
    Found::look("setup.html", &asked).map(|found| found.answer(&asked, "no-store"))
}

/// What the pages load.
pub(super) async fn asset(Word(name): Word, headers: HeaderMap) -> Result<Response, Problem> {
    let asked = Asked::of(&headers);
    let found = Found::look(&format!("assets/{name}"), &asked);
    let found = found.ok_or_else(|| Problem::missing("file"))?;
    Ok(found.answer(&asked, FOR_EVER))
}

/// What was built: names in the folder.
#[cfg(test)]
pub(super) fn names() -> impl Iterator<Item = String> {
    Built::iter().map(std::borrow::Cow::into_owned)
}

fn page(name: &str, headers: &HeaderMap) -> Response {
    let asked = Asked::of(headers);
    match Found::look(&format!("{name}.html"), &asked) {
        Some(found) => found.answer(&asked, ASK_AGAIN),
        None => Html(include_str!("web.html")).into_response(),
    }
}

/// What a browser says of what it can read, and of what it has.
struct Asked {
    brotli: bool,
    gzip: bool,
    has: Option<HeaderValue>,
}

impl Asked {
    fn of(headers: &HeaderMap) -> Self {
        let lines = headers.get_all(header::ACCEPT_ENCODING).into_iter();
        let words: Vec<&str> = lines
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(','))
            .map(str::trim)
            .collect();
        // A weight means that it is not wanted, or not much: then the plain form does.
        let takes = |word: &str| words.iter().any(|each| each.eq_ignore_ascii_case(word));
        Self {
            brotli: takes("br"),
            gzip: takes("gzip"),
            has: headers.get(header::IF_NONE_MATCH).cloned(),
        }
    }
}

/// A file that was built, as it is sent.
struct Found {
    file: EmbeddedFile,
    kind: &'static str,
    encoding: Option<&'static str>,
    policy: HeaderValue,
}

impl Found {
    /// The smallest form that the browser can read. Packed forms have no names of their own.
    fn look(path: &str, asked: &Asked) -> Option<Self> {
        let kind = kind(path)?;
        let packed = |wanted: bool, ending: &str, encoding| {
            let file = wanted.then(|| Built::get(&format!("{path}.{ending}")))?;
            Some((file?, Some(encoding)))
        };
        let (file, encoding) = packed(asked.brotli, "br", "br")
            .or_else(|| packed(asked.gzip, "gz", "gzip"))
            .or_else(|| Some((Built::get(path)?, None)))?;
        let policy = match PLAYERS.contains(&path) {
            true => POLICY_OF_PLAYERS.clone(),
            false => HeaderValue::from_static(POLICY),
        };
        Some(Self {
            file,
            kind,
            encoding,
            policy,
        })
    }

    fn answer(self, asked: &Asked, keep: &'static str) -> Response {
        let tag = URL_SAFE_NO_PAD.encode(&self.file.metadata.sha256_hash()[..16]);
        let tag = HeaderValue::try_from(format!("\"{tag}\""));
        let tag = tag.unwrap_or(HeaderValue::from_static("\"\""));
        let usual = [
            (header::CACHE_CONTROL, keep),
            (header::VARY, "accept-encoding"),
        ];
        let mut answer = match asked.has.as_ref() == Some(&tag) {
            true => StatusCode::NOT_MODIFIED.into_response(),
            false => {
                let kind = [(header::CONTENT_TYPE, self.kind)];
                let mut answer = (kind, self.file.data.into_owned()).into_response();
                if let Some(encoding) = self.encoding {
                    let value = HeaderValue::from_static(encoding);
                    answer.headers_mut().insert(header::CONTENT_ENCODING, value);
                }
                answer
            }
        };
        let headers = answer.headers_mut();
        for (name, value) in usual {
            headers.insert(name, HeaderValue::from_static(value));
        }
        let permissions = header::HeaderName::from_static("permissions-policy");
        headers.insert(permissions, HeaderValue::from_static(PERMISSIONS));
        headers.insert(header::CONTENT_SECURITY_POLICY, self.policy);
        headers.insert(header::ETAG, tag);
        answer
    }
}

/// Whether it is a hash as policies have it, and nothing else (CSP 3, §2.3.1).
fn is_hash(text: &str) -> bool {
    let hash = text.strip_prefix("'sha256-");
    let hash = hash.and_then(|hash| hash.strip_suffix('\''));
    hash.is_some_and(|hash| STANDARD.decode(hash).is_ok_and(|bytes| bytes.len() == 32))
}

/// The media type of what is built; `None`: nothing that is served.
fn kind(path: &str) -> Option<&'static str> {
    let (_, ending) = path.rsplit_once('.')?;
    match ending {
        "html" => Some("text/html; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "css" => Some("text/css; charset=utf-8"),
        "json" => Some("application/json"),
        "txt" => Some("text/plain; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        "png" => Some("image/png"),
        _ => None,
    }
}
