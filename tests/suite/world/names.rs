//! DNS, as a world has it: what it knows, and whether it says so.

use cordboard::sip::resolve::{Answer, Kind, Query, Record, Srv};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

/// How long each record is good.
pub(crate) const TTL: Duration = Duration::from_secs(60);

/// What DNS knows.
#[derive(Debug, Default)]
pub(crate) struct Names {
    records: BTreeMap<Query, Vec<Record>>,
    /// It answers nothing but failures.
    pub(crate) is_dead: bool,
}

impl Names {
    /// A domain whose SIP by UDP is served by these hosts, the first one first, each at its address.
    pub(crate) fn serve(&mut self, domain: &str, hosts: &[(&str, &str)]) {
        let service = format!("_sip._udp.{domain}");
        for (priority, (host, address)) in hosts.iter().enumerate() {
            let srv = Srv {
                priority: priority as u16,
                weight: 0,
                port: 5060,
                target: (*host).to_owned(),
            };
            self.add(&service, Kind::Srv, Record::Srv(srv));
            let address: IpAddr = address.parse().expect("an address");
            self.add(host, Kind::V4, Record::Address(address));
        }
    }

    pub(crate) fn answer(&self, query: &Query) -> Answer {
        let ttl = TTL;
        match self.records.get(query) {
            _ if self.is_dead => Answer::Failed,
            None => Answer::Nothing { ttl },
            Some(records) => {
                let records = records.clone();
                Answer::Records { records, ttl }
            }
        }
    }

    fn add(&mut self, name: &str, kind: Kind, record: Record) {
        let query = Query::new(name, kind).expect("a name");
        self.records.entry(query).or_default().push(record);
    }
}
