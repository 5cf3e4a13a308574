//! DNS: the questions of the resolver, asked by UDP and TCP.
//!
//! Nothing is kept here: how long an answer is good, and what to do without one, is the resolver's
//! affair. CNAMEs are followed, as far as a chain is of a sensible length.

use crate::sip::resolve::{Answer, Kind, Naptr, Query, Record, Srv};
use anyhow::Context as _;
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// The whole time for one question, whatever number of servers is tried.
const PATIENCE: Duration = Duration::from_secs(5);

/// For one server.
const ATTEMPT: Duration = Duration::from_secs(2);

/// Where a server does not say for how long a name is not there.
const ABSENT: Duration = Duration::from_secs(30);

/// Asks DNS servers.
#[derive(Debug)]
pub struct Dns {
    /// Bounded by what the resolver asks at one time.
    questions: mpsc::UnboundedSender<Query>,
}

impl Dns {
    /// Asks these servers, or those of `/etc/resolv.conf` if none is given. Each question is answered
    /// within five seconds, if only by [`Answer::Failed`].
    ///
    /// # Errors
    /// If no server can be asked at all.
    pub fn start(
        servers: &[SocketAddr],
        runtime: &Handle,
        answer: impl Fn(Query, Answer) + Send + Sync + 'static,
    ) -> anyhow::Result<Self> {
        let resolver = resolver(servers).context("DNS cannot be asked");
        let resolver = match resolver {
            Ok(resolver) => Some(resolver),
            // A machine without DNS may well serve peers that are known by their addresses.
            Err(error) if servers.is_empty() => {
                tracing::warn!("{error:#}: names of peers lead nowhere; set servers in [dns]");
                None
            }
            Err(error) => return Err(error),
        };
        let (questions, mut asked) = mpsc::unbounded_channel::<Query>();
        let answer = Arc::new(answer);
        runtime.spawn(async move {
            while let Some(query) = asked.recv().await {
                let (resolver, answer) = (resolver.clone(), Arc::clone(&answer));
                tokio::spawn(async move {
                    let said = match &resolver {
                        Some(resolver) => ask(resolver, &query).await,
                        None => Answer::Failed,
                    };
                    answer(query, said);
                });
            }
        });
        Ok(Self { questions })
    }

    /// Asks; never waits.
    pub fn ask(&self, query: Query) {
        // Without a runtime nobody wants to know any more.
        drop(self.questions.send(query));
    }
}

fn resolver(servers: &[SocketAddr]) -> anyhow::Result<TokioResolver> {
    let mut builder = match servers {
        [] => TokioResolver::builder_tokio()?,
        servers => {
            let servers = servers.iter().map(|address| server(*address)).collect();
            let config = ResolverConfig::from_parts(None, vec![], servers);
            TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
        }
    };
    let options = builder.options_mut();
    options.timeout = ATTEMPT;
    options.attempts = 1;
    options.cache_size = 0;
    options.ndots = 0;
    Ok(builder.build()?)
}

fn server(address: SocketAddr) -> NameServerConfig {
    let at_port = |mut connection: ConnectionConfig| {
        connection.port = address.port();
        connection
    };
    let mut server = NameServerConfig::udp_and_tcp(address.ip());
    server.connections = vec![
        at_port(ConnectionConfig::udp()),
        at_port(ConnectionConfig::tcp()),
    ];
    server
}

async fn ask(resolver: &TokioResolver, query: &Query) -> Answer {
    let kind = match query.kind {
        Kind::Naptr => RecordType::NAPTR,
        Kind::Srv => RecordType::SRV,
        Kind::V4 => RecordType::A,
        Kind::V6 => RecordType::AAAA,
    };
    // With the dot at its end no search list is put behind it.
    let Ok(name) = Name::from_ascii(format!("{}.", query.name)) else {
        return Answer::Nothing { ttl: ABSENT };
    };
    let answer = match timeout(PATIENCE, resolver.lookup(name, kind)).await {
        Ok(Ok(found)) => records(&found, kind),
        Ok(Err(error)) => absence(&error),
        Err(_) => Answer::Failed,
    };
    if answer == Answer::Failed {
        tracing::warn!(name = query.name, kind = ?query.kind, "DNS does not answer: what it said last is used");
    }
    answer
}

fn records(found: &Lookup, kind: RecordType) -> Answer {
    // The links of a chain of CNAMEs count: what the last of them says is not good for longer.
    let ttl = found.answers().iter().map(|record| record.ttl).min();
    let asked = found
        .answers()
        .iter()
        .filter(|record| record.record_type() == kind);
    let records: Vec<_> = asked.filter_map(|record| read(&record.data)).collect();
    let ttl = Duration::from_secs(ttl.unwrap_or_default().into());
    match records.is_empty() {
        true => Answer::Nothing { ttl: ABSENT },
        false => Answer::Records { records, ttl },
    }
}

fn read(data: &RData) -> Option<Record> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    #[expect(clippy::wildcard_enum_match_arm, reason = "DNS has many more types")]
    match data {
        RData::A(address) => Some(Record::Address(IpAddr::V4(address.0))),
        RData::AAAA(address) => Some(Record::Address(IpAddr::V6(address.0))),
        RData::SRV(srv) => Some(Record::Srv(Srv {
            priority: srv.priority,
            weight: srv.weight,
            port: srv.port,
            target: plain(&srv.target),
        })),
        RData::NAPTR(naptr) => Some(Record::Naptr(Naptr {
            order: naptr.order,
            preference: naptr.preference,
            flags: text(&naptr.flags),
            service: text(&naptr.services),
            regexp: text(&naptr.regexp),
            replacement: plain(&naptr.replacement),
        })),
        _ => None,
    }
}

/// A name without the dot at its end: the root is empty.
fn plain(name: &Name) -> String {
    name.to_ascii().trim_end_matches('.').to_owned()
}

/// What an error means: that there is nothing, or that nobody knows.
fn absence(error: &NetError) -> Answer {
    let NetError::Dns(DnsError::NoRecordsFound(none)) = error else {
        return Answer::Failed;
    };
    let says = [ResponseCode::NXDomain, ResponseCode::NoError];
    if !says.contains(&none.response_code) {
        return Answer::Failed;
    }
    let ttl = none.negative_ttl.map(|ttl| Duration::from_secs(ttl.into()));
    Answer::Nothing {
        ttl: ttl.unwrap_or(ABSENT),
    }
}
