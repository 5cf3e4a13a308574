//! The headers that SIP itself reads, as values.

use super::{Fault, MAX_ELEMENTS, Message, Method, Span, Start};
use crate::sip::Transport;
use crate::sip::header::{Address, Contacts, Name, Route, Syntax, Via, is_token, seconds, split};
use crate::sip::uri::Uri;
use std::net::SocketAddr;

/// Where a request without Max-Forwards is taken to be at its start (RFC 3261 §8.1.1.6).
const FULL_FORWARDS: u8 = 70;

impl Message {
    /// The Request-URI. A response has none: [`Fault::StartLine`].
    pub fn request_uri(&self) -> Result<Uri, Fault> {
        match self.start() {
            Start::Request { uri, .. } => Uri::parse(uri).map_err(Fault::RequestUri),
            Start::Response { .. } => Err(Fault::StartLine),
        }
    }

    /// All Vias, the topmost first.
    pub fn vias(&self) -> Result<Vec<Via>, Fault> {
        self.all(Name::Via, Via::parse)
    }

    /// The topmost Via: who sent us this.
    pub fn top_via(&self) -> Result<Via, Fault> {
        let mut list = self.list(Name::Via);
        let text = list.next().ok_or(Fault::Missing(Name::Via))?;
        Via::parse(text).map_err(|why| Fault::Invalid(Name::Via, why))
    }

    /// Notes in the topmost Via where the message has come from (RFC 3261 §18.2.1, RFC 3581 §4).
    /// To be called once, before the message goes further up; answers then carry it.
    pub fn note_source(&mut self, source: SocketAddr) -> Result<(), Fault> {
        let mut via = self.top_via()?;
        via.note_source(source);
        let is_via = |known: Option<Name<'static>>| known == Some(Name::Via);
        let Some(at) = self
            .fields
            .iter()
            .position(|f| is_via(f.known) && !f.value.is_empty())
        else {
            return Err(Fault::Missing(Name::Via));
        };
        let value = self.fields.get(at).map_or("", |f| self.text(f.value));
        let others = split(value, b',').skip(1);
        let text = others.fold(via.to_string(), |text, other| text + ", " + other);
        let from = self.head.len();
        self.head.push_str(&text);
        let value = Span::new(from, self.head.len());
        if let Some(field) = self.fields.get_mut(at) {
            field.value = value;
        }
        Ok(())
    }

    /// Who sends the request.
    pub fn from(&self) -> Result<Address, Fault> {
        self.address(Name::From)
    }

    /// Whom the request was first meant for.
    pub fn to(&self) -> Result<Address, Fault> {
        self.address(Name::To)
    }

    /// An address header that stands once: Refer-To, Referred-By, Reply-To and the like. Of a
    /// list, the first.
    pub fn address(&self, name: Name<'static>) -> Result<Address, Fault> {
        let text = self.header(name).ok_or(Fault::Missing(name))?;
        let text = if name.must_be_single() {
            text
        } else {
            split(text, b',').next().unwrap_or_default()
        };
        Address::parse(text).map_err(|why| Fault::Invalid(name, why))
    }

    /// The addresses of a header that is a list, as P-Asserted-Identity and Diversion are; none
    /// where it is absent.
    pub fn addresses(&self, name: Name<'static>) -> Result<Vec<Address>, Fault> {
        self.all(name, Address::parse)
    }

    /// Where the sender wants to be reached.
    pub fn contacts(&self) -> Result<Contacts, Fault> {
        let mut list = self.list(Name::Contact);
        let star = self.list(Name::Contact).any(|one| one == "*");
        if !star {
            return self.addresses(Name::Contact).map(Contacts::List);
        }
        match (list.next(), list.next()) {
            (Some(_), None) => Ok(Contacts::All),
            (Some(_), Some(_)) | (None, _) => {
                let why = Syntax("a star among others");
                Err(Fault::Invalid(Name::Contact, why))
            }
        }
    }

    /// The hops the request still has to take.
    pub fn routes(&self) -> Result<Vec<Route>, Fault> {
        self.all(Name::Route, Route::parse)
    }

    /// The hops that want to see the rest of the dialog, in the order written.
    pub fn record_routes(&self) -> Result<Vec<Route>, Fault> {
        self.all(Name::RecordRoute, Route::parse)
    }

    /// Sequence number, below 2^31, and method (RFC 3261 §8.1.1.5).
    pub fn cseq(&self) -> Result<(u32, Method), Fault> {
        let bad = |why| Fault::Invalid(Name::CSeq, Syntax(why));
        let text = self.header(Name::CSeq).ok_or(Fault::Missing(Name::CSeq))?;
        let mut words = text.split_ascii_whitespace();
        let (number, method) = match (words.next(), words.next(), words.next()) {
            (Some(number), Some(method), None) if is_token(method) => (number, method),
            (..) => return Err(bad("not a number and a method")),
        };
        if !number.bytes().all(|b| b.is_ascii_digit()) {
            return Err(bad("not a number and a method"));
        }
        match number.parse::<u32>() {
            Ok(number) if number < 1 << 31 => Ok((number, Method::of(method))),
            Ok(_) | Err(_) => Err(bad("a number over 2^31")),
        }
    }

    /// The Call-ID: one word.
    pub fn call_id(&self) -> Result<&str, Fault> {
        let text = self.header(Name::CallId);
        let text = text.ok_or(Fault::Missing(Name::CallId))?;
        if text.is_empty() || text.bytes().any(|b| b <= b' ' || b == 0x7F) {
            let why = Syntax("not one word");
            return Err(Fault::Invalid(Name::CallId, why));
        }
        Ok(text)
    }

    /// How many hops are left: 70 where nothing is said, 255 where more is.
    pub fn max_forwards(&self) -> Result<u8, Fault> {
        let Some(text) = self.header(Name::MaxForwards) else {
            return Ok(FULL_FORWARDS);
        };
        let number =
            seconds(text).ok_or(Fault::Invalid(Name::MaxForwards, Syntax("not a number")))?;
        Ok(u8::try_from(number).unwrap_or(u8::MAX))
    }

    /// The Expires header in seconds; `None` where absent or no number (RFC 3261 §10.3 then takes
    /// the default). Beyond 2^32 − 1 is 2^32 − 1.
    pub fn expires(&self) -> Option<u32> {
        self.header(Name::Expires).and_then(seconds)
    }

    /// Seconds of a Retry-After, without its comment and parameters.
    pub fn retry_after(&self) -> Option<u32> {
        let text = self.header(Name::RetryAfter)?;
        let end = text.find(|c: char| !c.is_ascii_digit());
        seconds(text.get(..end.unwrap_or(text.len()))?)
    }

    /// Type and subtype of the body, as written, without parameters.
    pub fn content_type(&self) -> Option<&str> {
        let text = self.header(Name::ContentType)?;
        text.split(';').next().map(str::trim)
    }

    /// Whether the body is of that type; an absent Content-Type is of none.
    pub fn is_content(&self, wanted: &str) -> bool {
        self.content_type()
            .is_some_and(|t| t.eq_ignore_ascii_case(wanted))
    }

    /// Whether an answer with a body of that type would be read (RFC 3261 §20.1): where nothing is
    /// said, SDP would, and so we take all else.
    pub fn accepts(&self, wanted: &str) -> bool {
        let any = wanted.split_once('/').map_or("", |(kind, _)| kind);
        let covers = |range: &str| {
            let range = range.split(';').next().unwrap_or_default().trim();
            let all_of = range.strip_suffix("/*");
            range.eq_ignore_ascii_case(wanted)
                || all_of.is_some_and(|kind| kind == "*" || kind.eq_ignore_ascii_case(any))
        };
        self.header(Name::Accept).is_none() || self.list(Name::Accept).any(covers)
    }

    /// What the peer says it is: User-Agent, or Server of a response.
    pub fn user_agent(&self) -> Option<&str> {
        self.header(Name::UserAgent)
            .or_else(|| self.header(Name::Server))
    }

    /// The options the peer insists on (RFC 3261 §8.2.2.3).
    pub fn require(&self) -> impl Iterator<Item = &str> {
        self.list(Name::Require)
    }

    /// The port at which whoever has sent this request is reached, if requests the other way may use its
    /// connection (RFC 5923 §5.1).
    pub fn alias_port(&self) -> Option<u16> {
        let via = self.top_via().ok().filter(|_| self.is_request())?;
        let port = via.port.unwrap_or_else(|| Transport::Tls.default_port());
        via.params.has("alias").then_some(port)
    }

    /// Whether the peer understands an option.
    pub fn supports(&self, option: &str) -> bool {
        self.list(Name::Supported)
            .any(|one| one.eq_ignore_ascii_case(option))
    }

    /// The first Authorization as written; of several, see [`crate::sip::auth::Credentials::find`].
    pub fn authorization(&self) -> Option<&str> {
        self.header(Name::Authorization)
    }

    fn all<T>(
        &self,
        name: Name<'static>,
        read: impl Fn(&str) -> Result<T, Syntax>,
    ) -> Result<Vec<T>, Fault> {
        let mut all = vec![];
        for text in self.list(name) {
            if all.len() == MAX_ELEMENTS {
                return Err(Fault::Invalid(name, Syntax("too many elements")));
            }
            all.push(read(text).map_err(|why| Fault::Invalid(name, why))?);
        }
        Ok(all)
    }
}
