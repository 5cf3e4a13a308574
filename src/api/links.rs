//! `/api/v1/links`: call links, made, listed and taken back; and what one is to a customer who has it
//! (R6–R8, R12).

use super::body::{Fields, Json};
use super::limit::Limit;
use super::part::{Large, Query};
use super::problem::{Fault, Problem};
use super::serve::Peer;
use super::sight::Sight;
use super::who::{Caller, Role};
use super::{Site, answer};
use crate::call::link::{NotRedeemed, Pass, token_hash};
use crate::events::What;
use crate::id::{AgentId, CallLinkConfigId, LinkId};
use crate::settings::{Account, CallLinkConfig, LinkRouting, LinkType, defaults};
use crate::store::{CallLink, LinkTerms};
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Links in one page.
const PAGE: u32 = 100;
const PAGES: std::ops::RangeInclusive<u32> = 1..=1_000;

/// Looks at links, of one source and of all, within [`WINDOW`]: guessing 256 bits is hopeless, and is
/// not to cost the database anything.
const LOOKS: u32 = 60;
const LOOKS_OF_ALL: u32 = 6_000;
const WINDOW: Duration = Duration::from_secs(60);

const TYPES: [(&str, LinkType); 3] = [
    ("one_time", LinkType::OneTime),
    ("time_frame", LinkType::TimeFrame),
    ("expiration", LinkType::Expiration),
];

/// Where links lead, and who looks at them.
pub(super) struct Links {
    /// What links begin with; `None`: with the name under which we are asked.
    public_url: Option<String>,
    sources: Limit,
    all: Limit,
}

impl Links {
    pub(super) fn new(public_url: Option<String>) -> Self {
        Self {
            public_url,
            sources: Limit::new(LOOKS, WINDOW),
            all: Limit::new(LOOKS_OF_ALL, WINDOW),
        }
    }

    /// Counts a look at a link before it is made.
    pub(super) fn admit(&self, now: Instant, source: IpAddr) -> Result<(), Problem> {
        let of_source = self.sources.begin(now, source);
        let admitted = of_source.and_then(|()| self.all.begin(now, Ipv4Addr::UNSPECIFIED.into()));
        admitted.map_err(|wait| {
            let what = "Too many look at call links: come back later.";
            Problem::new(StatusCode::TOO_MANY_REQUESTS, what).after(wait)
        })
    }

    /// What a customer gets. The token stands behind the #, which browsers tell no server and no log.
    fn url(&self, peer: Peer, headers: &HeaderMap, token: &str) -> Result<String, Problem> {
        let base = match &self.public_url {
            Some(url) => url.clone(),
            None => {
                let scheme = if peer.secure { "https" } else { "http" };
                let host = headers.get(header::HOST);
                let host = host.and_then(|host| host.to_str().ok());
                let plain = |c: char| c.is_ascii_alphanumeric() || "-.:[]".contains(c);
                let host = host.filter(|host| !host.is_empty() && host.chars().all(plain));
                let mend =
                    "Say under which name you ask: a Host header; or set public_url in [server].";
                let host = host.ok_or_else(|| Problem::new(StatusCode::BAD_REQUEST, mend))?;
                format!("{scheme}://{host}")
            }
        };
        Ok(format!("{base}/link#{token}"))
    }
}

/// What a link is to a customer who has its token.
pub(super) struct Seen {
    /// Whether a call may begin by it now; else why not.
    pub(super) state: Result<(), NotRedeemed>,
    /// Whom the customer calls.
    pub(super) title: String,
    /// Whether they may send a picture.
    pub(super) video: bool,
    /// From when it is good.
    pub(super) from: Option<Timestamp>,
}

/// Looks at a link, which uses nothing up (R15). Unknown tokens cost the same work as others.
///
/// # Errors
/// Where too many look, or the database does not answer.
pub(super) async fn look(
    site: &Site,
    source: IpAddr,
    token: &str,
) -> Result<Option<Seen>, Problem> {
    site.links.admit(Instant::now(), source)?;
    let hash = token_hash(token);
    let found = site.ask(move |store| store.link_of(hash)).await?;
    let account = site.settings.account();
    Ok(found.map(|link| {
        let terms = &link.terms;
        let pass = Pass::new(&account, link.id, terms.configuration, terms.agent);
        let leads = pass.as_ref().map(|_| ()).ok_or(NotRedeemed::Unavailable);
        let configuration = account.call_link(terms.configuration);
        Seen {
            state: link.check(Timestamp::now()).and(leads),
            title: configuration.name.clone(),
            video: configuration.video,
            from: terms.from,
        }
    }))
}

/// How a link stands, for the page of the customer who has it.
pub(super) async fn state(
    State(site): State<Arc<Site>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    body: Json,
) -> Result<Response, Problem> {
    let mut fields = Fields::of(body)?;
    fields.needs(&["token"]);
    let token = fields.text("token", 1..=128);
    fields.done()?;
    let seen = look(&site, peer.address.ip(), &token.unwrap_or_default()).await?;
    let state = seen
        .as_ref()
        .map_or(Err(NotRedeemed::Unknown), |seen| seen.state);
    Ok(answer(&match (state, seen) {
        (Ok(()), Some(seen)) => {
            json!({ "state": "usable", "title": seen.title, "video": seen.video })
        }
        (Err(why), seen) => {
            let from = seen.filter(|_| why == NotRedeemed::NotYet);
            let from = from.and_then(|seen| seen.from);
            json!({ "state": why.code(), "message": why.to_string(), "from": from })
        }
        (Ok(()), None) => json!({ "state": NotRedeemed::Unknown.code() }),
    }))
}

/// What new links can be: for those who may not see the settings.
pub(super) async fn configurations(State(site): State<Arc<Site>>) -> Response {
    let account = site.settings.account();
    let selected = account.call_link(None);
    let all = &account.call_links.configurations;
    let all = match all.is_empty() {
        true => vec![shown_configuration(&selected, &selected)],
        false => {
            let all = all.iter();
            all.map(|each| shown_configuration(each, &selected))
                .collect()
        }
    };
    answer(&all)
}

/// Links, the newest first; agents see their own, supervisors those of their teams and those of nobody.
pub(super) async fn list(
    State(site): State<Arc<Site>>,
    sight: Sight,
    caller: Caller,
    mut query: Query,
) -> Result<Response, Problem> {
    let limit = query.parsed("limit", "a number from 1 to 1000", |text| {
        text.parse().ok().filter(|limit| PAGES.contains(limit))
    });
    let before = query.value("before", "the id of a link").map(LinkId);
    let agent = query.value("agent", "the id of an agent").map(AgentId);
    query.done()?;
    let whose = Whose::of(&caller);
    let agent = match whose {
        Whose::All => agent,
        Whose::Own(_) if agent.is_some() && !whose.has(agent) => return Err(not_yours()),
        Whose::Own(None) => return Ok(answer(&Value::Array(vec![]))),
        Whose::Own(own) => own,
    };
    let limit = limit.unwrap_or(PAGE);
    let found = site
        .ask(move |store| store.links(agent, before, sight.within().as_ref(), limit))
        .await?;
    let account = site.settings.account();
    let found = found.iter().map(|link| shown(&account, link));
    Ok(answer(&found.collect::<Vec<_>>()))
}

/// One link.
pub(super) async fn one(
    State(site): State<Arc<Site>>,
    Large(id): Large,
    caller: Caller,
) -> Result<Response, Problem> {
    let link = known(&site, &caller, id).await?;
    Ok(answer(&shown(&site.settings.account(), &link)))
}

/// Makes a link. Its URL is told this once.
pub(super) async fn add(
    State(site): State<Arc<Site>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    sight: Sight,
    caller: Caller,
    headers: HeaderMap,
    body: Json,
) -> Result<Response, Problem> {
    let account = site.settings.account();
    let now = as_kept(Timestamp::now());
    let terms = terms(&account, &caller, &sight, now, Fields::of(body)?)?;
    let token = super::people::token()?;
    let url = site.links.url(peer, &headers, &token)?;
    let (hash, by, agent) = (token_hash(&token), terms.by.clone(), terms.agent);
    let added = site
        .ask(move |store| store.add_link(hash, terms, now))
        .await?;
    let Some(link) = added else {
        let what = "There are 100000 links, which is all there can be: those that are over go after 90 days.";
        return Err(Problem::new(StatusCode::CONFLICT, what));
    };
    tracing::info!(link = %link.id, by, "a call link was made");
    let (id, made) = (
        link.id,
        What::LinkCreated {
            link: link.id,
            by,
            agent,
        },
    );
    site.log.add(now, &made);
    let mut body = shown(&account, &link);
    body["url"] = url.into();
    let place = [(header::LOCATION, format!("/api/v1/links/{id}"))];
    Ok((StatusCode::CREATED, place, answer(&body)).into_response())
}

/// Takes a link back (R12). Calls that began by it go on.
pub(super) async fn revoke(
    State(site): State<Arc<Site>>,
    Large(id): Large,
    caller: Caller,
) -> Result<Response, Problem> {
    let (link, now) = (known(&site, &caller, id).await?.id, Timestamp::now());
    if !site.ask(move |store| store.revoke_link(link, now)).await? {
        return Err(Problem::missing("link"));
    }
    let by = caller.signature();
    tracing::info!(%link, by, "a call link was taken back");
    site.log.add(now, &What::LinkRevoked { link, by });
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// What is asked for, as the configuration allows it.
fn terms(
    account: &Account,
    caller: &Caller,
    sight: &Sight,
    now: Timestamp,
    mut fields: Fields,
) -> Result<LinkTerms, Problem> {
    let asked = fields.number("configuration", 0..=u64::from(u32::MAX));
    let asked = asked
        .and_then(|id| u32::try_from(id).ok())
        .map(CallLinkConfigId);
    let names = TYPES.map(|(name, _)| name);
    let kind = fields.word("type", typed, &names);
    let (from, until) = (instant(&mut fields, "from"), instant(&mut fields, "until"));
    let wanted = fields.number("agent", 0..=u64::from(u32::MAX));
    let wanted = wanted.and_then(|id| u32::try_from(id).ok()).map(AgentId);
    let whose = Whose::of(caller);
    let agent = match whose {
        Whose::All => wanted.or_else(|| agent_of(caller)),
        Whose::Own(_) if wanted.is_some() && !whose.has(wanted) => return Err(not_yours()),
        Whose::Own(None) => {
            fields.wrong("agent", "you are none: an administrator says which you are")
        }
        Whose::Own(own) => own,
    };
    let all = &account.call_links.configurations;
    if asked.is_some_and(|id| id.0 != 0 && all.iter().all(|each| each.id != id)) {
        fields.wrong::<()>(
            "configuration",
            "there is none of this id: see /api/v1/links/configurations",
        );
    }
    let configuration = account.call_link(asked);
    let kind = kind.unwrap_or(configuration.default_type);
    if !configuration.types.contains(&kind) {
        let types = configuration.types.iter().map(|each| word(*each));
        let types = types.collect::<Vec<_>>().join(", ");
        fields.wrong::<()>("type", format!("{:?} allows {types}", configuration.name));
    }
    if agent.is_some_and(|id| account.agent(id).is_none() || !sight.agent(id)) {
        fields.wrong::<()>("agent", "there is no such agent");
    }
    let strict = configuration.routing == LinkRouting::SharingAgent && configuration.strict;
    if agent.is_none() && strict {
        let mend = format!(
            "{:?} rings the agent who shared the link alone: name one",
            configuration.name
        );
        fields.wrong::<()>("agent", mend);
    }
    let until = time(&configuration, kind, now, (from, until), &mut fields);
    fields.done()?;
    Ok(LinkTerms {
        configuration: asked.or(Some(configuration.id)).filter(|id| id.0 != 0),
        agent,
        kind,
        from,
        until,
        by: caller.signature(),
    })
}

/// When a link ends, and whether it may.
fn time(
    configuration: &CallLinkConfig,
    kind: LinkType,
    now: Timestamp,
    (from, until): (Option<Timestamp>, Option<Timestamp>),
    fields: &mut Fields,
) -> Option<Timestamp> {
    match kind {
        LinkType::TimeFrame => fields.needs(&["from", "until"]),
        LinkType::OneTime | LinkType::Expiration if from.is_some() => {
            fields.wrong("from", "is of type time_frame alone: leave it out")?;
        }
        LinkType::OneTime | LinkType::Expiration => {}
    }
    let ends = |after: Duration| {
        SignedDuration::try_from(after)
            .ok()
            .and_then(|it| now.checked_add(it).ok())
    };
    let until = until.or_else(|| match kind {
        LinkType::Expiration => ends(configuration.expires_after),
        LinkType::OneTime | LinkType::TimeFrame => None,
    });
    if until.is_some_and(|until| until <= now || from.is_some_and(|from| until <= from)) {
        return fields.wrong("until", "must be after now, and after from");
    }
    if until > ends(*defaults::LINK_EXPIRES.end()) {
        return fields.wrong("until", "must be within a year");
    }
    until
}

fn instant(fields: &mut Fields, name: &'static str) -> Option<Timestamp> {
    let text = fields.text(name, 1..=64)?;
    match text.parse() {
        Ok(instant) => Some(as_kept(instant)),
        Err(_) => fields.wrong(name, "must be an instant: 2026-03-01T08:00:00+01:00"),
    }
}

/// Databases keep microseconds.
fn as_kept(instant: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(instant.as_microsecond()).unwrap_or(instant)
}

/// Whose links somebody may see and make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    All,
    /// An agent's own. `None`: of a user with the role, whom the settings do not know.
    Own(Option<AgentId>),
}

impl Whose {
    fn of(caller: &Caller) -> Self {
        match caller {
            Caller::User {
                role: Role::Agent,
                agent,
                ..
            } => Self::Own(*agent),
            Caller::User { .. } | Caller::Key { .. } | Caller::Nobody => Self::All,
        }
    }

    fn has(self, agent: Option<AgentId>) -> bool {
        match self {
            Self::All => true,
            Self::Own(own) => own.is_some() && own == agent,
        }
    }
}

fn agent_of(caller: &Caller) -> Option<AgentId> {
    match caller {
        Caller::User { agent, .. } => *agent,
        Caller::Key { .. } | Caller::Nobody => None,
    }
}

fn not_yours() -> Problem {
    let fault = Fault::new("agent", "you are another: leave it out");
    let what = "Agents see and make their own links alone.";
    Problem::new(StatusCode::FORBIDDEN, what).with(vec![fault])
}

/// A link that the caller may see; those of others are told as if there were none.
async fn known(site: &Site, caller: &Caller, id: u64) -> Result<CallLink, Problem> {
    let found = site.ask(move |store| store.link(LinkId(id))).await?;
    let found = found.filter(|link| Whose::of(caller).has(link.terms.agent));
    found.ok_or_else(|| Problem::missing("link"))
}

fn typed(word: &str) -> Option<LinkType> {
    let found = TYPES.iter().find(|(name, _)| *name == word);
    found.map(|(_, kind)| *kind)
}

fn word(kind: LinkType) -> &'static str {
    let found = TYPES.iter().find(|(_, each)| *each == kind);
    found.map_or("", |(name, _)| name)
}

fn shown(account: &Account, link: &CallLink) -> Value {
    let terms = &link.terms;
    let state = link.check(Timestamp::now());
    json!({
        "id": link.id,
        "configuration": terms.configuration,
        "title": account.call_link(terms.configuration).name,
        "type": word(terms.kind),
        "from": terms.from,
        "until": terms.until,
        "agent": terms.agent,
        "state": state.err().map_or("usable", NotRedeemed::code),
        "used": link.used,
        "last_used": link.last_used,
        "revoked": link.revoked,
        "created": link.created,
        "by": terms.by,
        "url": null,
    })
}

fn shown_configuration(configuration: &CallLinkConfig, selected: &CallLinkConfig) -> Value {
    let types: Vec<_> = configuration.types.iter().map(|each| word(*each)).collect();
    json!({
        "id": configuration.id,
        "name": configuration.name,
        "types": types,
        "default_type": word(configuration.default_type),
        "expires_after_s": configuration.expires_after.as_secs_f64(),
        "video": configuration.video,
        "selected": configuration.id == selected.id,
    })
}
