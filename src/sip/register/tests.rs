use super::*;
use crate::sip::{ListenerId, Transport};

#[test]
fn the_first_contact_makes_a_user_reachable_and_expiry_unreachable() {
    let mut t = Test::new();
    assert_eq!(t.register(1, &["<sip:1001@10.0.0.9>"], Some(600)), Ok(()));
    assert_eq!(t.changes(), [Change::Reachable("1001".to_owned())]);
    assert_eq!(t.register(2, &["<sip:1001@10.0.0.10>"], Some(900)), Ok(()));
    assert_eq!(t.changes(), []);
    t.wait(600);
    assert_eq!((t.registrar.len(), t.changes()), (1, vec![]));
    t.wait(300);
    assert_eq!(t.changes(), [Change::Unreachable("1001".to_owned())]);
    assert_eq!(t.registrar.poll_timeout(), None);
}

#[test]
fn a_refresh_moves_the_expiry_and_expires_0_removes() {
    let mut t = Test::new();
    let contact = ["<sip:1001@10.0.0.9;transport=udp>"];
    t.register(1, &contact, Some(60)).expect("registered");
    t.wait(30);
    t.register(2, &contact, Some(60)).expect("refreshed");
    t.wait(59);
    assert_eq!(t.registrar.len(), 1);
    assert_eq!(
        t.registrar.contacts_of("1001")[0].listed(t.now),
        "<sip:1001@10.0.0.9;transport=udp>;expires=1"
    );
    t.register(3, &["<sip:1001@10.0.0.9;transport=udp>;expires=0"], None)
        .expect("removed");
    assert!(t.registrar.is_empty());
}

#[test]
fn too_brief_is_refused_and_too_long_is_shortened() {
    let mut t = Test::new();
    let contact = ["<sip:1001@10.0.0.9>"];
    assert_eq!(
        t.register(1, &contact, Some(59)),
        Err(Refusal::TooBrief(60))
    );
    t.register(2, &contact, Some(u32::MAX)).expect("registered");
    assert_eq!(
        t.registrar.poll_timeout(),
        Some(t.now + Duration::from_secs(3600))
    );
}

#[test]
fn a_phone_that_says_which_it_is_replaces_itself_where_it_moves() {
    let mut t = Test::new();
    let at = |host: &str, id: &str| {
        format!("<sip:1001@{host}>;reg-id=1;+sip.instance=\"<urn:uuid:{id}>\"")
    };
    let (one, other) = (at("10.0.0.9", "one"), at("10.0.0.8", "other"));
    t.register(1, &[&one], None).expect("registered");
    t.register(2, &[&other], None).expect("another phone");
    assert_eq!(t.registrar.len(), 2);
    let moved = at("172.16.0.3", "one");
    t.register(3, &[&moved], None).expect("moved");
    let hosts = t.registrar.contacts_of("1001").iter();
    let hosts: Vec<_> = hosts.map(|b| b.contact.host.to_string()).collect();
    assert_eq!(hosts, ["10.0.0.8", "172.16.0.3"]);
    // Two places in one request are two places; the old one may be taken back beside the new.
    let again = [&*at("10.0.0.9", "one"), &format!("{moved};expires=0")];
    t.register(4, &again, None).expect("moved back");
    let both = [&*at("10.0.0.9", "one"), &*at("10.0.0.7", "one")];
    t.register(5, &both, None).expect("two places");
    assert_eq!(t.registrar.len(), 3);
}

#[test]
fn rfc_5626_a_phone_that_keeps_its_flows_has_one_binding_each() {
    let phone = "\"<urn:uuid:00000000-0000-1000-8000-000A95A0E128>\"";
    let on = |reg_id: &str, host: &str| {
        format!("<sip:1001@{host}>;reg-id={reg_id};+sip.instance={phone}")
    };
    let mut t = Test::new();
    t.outbound = true;
    t.register(1, &[&on("1", "a")], None).expect("fine");
    t.register(2, &[&on("2", "b")], None).expect("fine");
    let [first, second] = t.registrar.contacts_of("1001") else {
        panic!("two flows");
    };
    assert!(first.is_outbound() && first.is_other_flow_of(second));
    let listed = second.listed(t.now);
    assert!(
        listed.ends_with(&format!(";reg-id=2;+sip.instance={phone}")),
        "{listed}"
    );
    // A flow made anew takes the place of the one of its number.
    t.register(3, &[&on("1", "c")], None).expect("fine");
    assert_eq!(t.registrar.contacts_of("1001").len(), 2);
    // A flow is one contact, and one that has no number is no flow.
    let two = [&*on("1", "d"), &on("2", "e")];
    assert_eq!(t.register(4, &two, None), Err(Refusal::Malformed));
    let mut t = Test::new();
    t.outbound = true;
    for (n, none) in ["0", "x", ""].iter().enumerate() {
        t.register(n as u32 + 1, &[&on(none, "f")], None)
            .expect("a plain one");
        assert!(!t.registrar.contacts_of("1001")[0].is_outbound(), "{none}");
    }
}

#[test]
fn an_old_request_changes_nothing() {
    let mut t = Test::new();
    t.register(5, &["<sip:1001@10.0.0.9>"], None)
        .expect("registered");
    let old = t.register(5, &["<sip:1001@10.0.0.8>", "<sip:1001@10.0.0.9>"], Some(0));
    assert_eq!(old, Err(Refusal::OutOfOrder));
    assert_eq!(t.register_all(4, Some(0)), Err(Refusal::OutOfOrder));
    assert_eq!(t.registrar.len(), 1, "all or nothing");
    assert_eq!(t.register_all(6, Some(60)), Err(Refusal::Malformed));
    assert_eq!(t.register_all(6, Some(0)), Ok(()));
    assert!(t.registrar.is_empty());
}

#[test]
fn a_contact_at_our_own_address_is_refused() {
    let mut t = Test::new();
    for contact in [
        "<sip:1001@192.0.2.1>",
        "<sip:x@192.0.2.1:5060;transport=tcp>",
    ] {
        assert_eq!(t.register(1, &[contact], None), Err(Refusal::Forbidden));
    }
    assert_eq!(t.register(1, &["<sip:1001@192.0.2.1:5062>"], None), Ok(()));
    assert_eq!(
        t.register(2, &["<tel:+49301234>"], None),
        Err(Refusal::Malformed)
    );
}

#[test]
fn one_contact_more_than_a_user_may_have_replaces_the_oldest() {
    let mut t = Test::new();
    for n in 0..4 {
        t.register(n + 1, &[&format!("<sip:1001@10.0.0.{n}>")], Some(100 + n))
            .expect("room");
    }
    let hosts = t
        .registrar
        .contacts_of("1001")
        .iter()
        .map(|b| b.contact.host.to_string());
    assert_eq!(
        hosts.collect::<Vec<_>>(),
        ["10.0.0.1", "10.0.0.2", "10.0.0.3"]
    );
    let many = ["<sip:a@h1>", "<sip:a@h2>", "<sip:a@h3>", "<sip:a@h4>"];
    assert_eq!(t.register(9, &many, None), Err(Refusal::Forbidden));
}

#[test]
fn a_full_registrar_refuses_new_contacts_only() {
    let mut t = Test::new();
    let three = ["<sip:1001@h1>", "<sip:1001@h2>", "<sip:1001@h3>"];
    t.register(1, &three, None).expect("three");
    t.user = "1002";
    t.register(1, &["<sip:1002@10.0.1.1>"], None)
        .expect("the fourth of all");
    assert_eq!(
        t.register(2, &["<sip:1002@10.0.1.2>"], None),
        Err(Refusal::Full)
    );
    assert_eq!(
        t.register(3, &["<sip:1002@10.0.1.1>"], None),
        Ok(()),
        "a refresh"
    );
    assert_eq!(t.register(4, &[], None), Ok(()), "a query");
}

#[test]
fn what_was_registered_on_a_connection_goes_with_it() {
    let mut t = Test::new();
    t.flow = Flow {
        transport: Transport::Tcp,
        connection: 7,
        ..t.flow
    };
    t.register(1, &["<sip:1001@10.0.0.9;transport=tcp>"], None)
        .expect("registered");
    t.changes();
    t.registrar.closed(
        Flow {
            connection: 8,
            ..t.flow
        },
        &mut t.out,
    );
    assert_eq!(t.changes(), []);
    t.registrar.closed(t.flow, &mut t.out);
    assert_eq!(t.changes(), [Change::Unreachable("1001".to_owned())]);
}

#[test]
fn a_user_who_is_none_any_more_is_unreachable() {
    let mut t = Test::new();
    t.register(1, &["<sip:1001@10.0.0.9>"], None)
        .expect("registered");
    t.changes();
    t.registrar.keep_users(|user| user != "1001", &mut t.out);
    assert_eq!(t.changes(), [Change::Unreachable("1001".to_owned())]);
}

struct Test {
    registrar: Registrar,
    now: Instant,
    user: &'static str,
    flow: Flow,
    outbound: bool,
    out: Vec<Change>,
}

impl Test {
    fn new() -> Self {
        let limits = Limits {
            contacts: 4,
            contacts_per_user: 3,
            min_expires: Duration::from_secs(60),
            max_expires: Duration::from_secs(3600),
            ours: vec![SocketAddr::from(([192, 0, 2, 1], 5060))],
        };
        Self {
            registrar: Registrar::new(limits),
            now: Instant::now(),
            user: "1001",
            flow: Flow {
                transport: Transport::Udp,
                listener: ListenerId(0),
                remote: SocketAddr::from(([198, 51, 100, 7], 40_000)),
                connection: 0,
            },
            outbound: false,
            out: vec![],
        }
    }

    fn register(
        &mut self,
        cseq: u32,
        contacts: &[&str],
        expires: Option<u32>,
    ) -> Result<(), Refusal> {
        let contacts = contacts
            .iter()
            .map(|text| Address::parse(text).expect("a contact"));
        self.send(cseq, Contacts::List(contacts.collect()), expires)
    }

    fn register_all(&mut self, cseq: u32, expires: Option<u32>) -> Result<(), Refusal> {
        self.send(cseq, Contacts::All, expires)
    }

    fn send(&mut self, cseq: u32, contacts: Contacts, expires: Option<u32>) -> Result<(), Refusal> {
        let request = Request {
            user: self.user,
            call_id: "life",
            cseq,
            contacts,
            expires,
            flow: self.flow,
            outbound: self.outbound,
            proxies: Proxies::default(),
        };
        let result = self.registrar.register(self.now, &request, &mut self.out);
        self.registrar.check();
        result
    }

    fn wait(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
        self.registrar.expire(self.now, &mut self.out);
        self.registrar.check();
    }

    fn changes(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.out)
    }
}
