//! What is refused, with the field it names; and what is not.

mod links;
mod speech;
mod waiting;

use super::*;
use crate::id::AgentId;

fn sound() -> Account {
    let queue = |id, name: &str| Queue {
        agents: vec![AgentId(1)],
        waiting: Waiting {
            greeting: Some(speech("Hello", "en", 160)),
            music: Some(Message::File("music.wav".into())),
            announcement: Some(Announcement {
                message: speech("Please wait", "pt-br", 450),
                every: defaults::ANNOUNCE_EVERY,
                codes: Codes::default(),
            }),
            max_wait: Some(MaxWait {
                after: Duration::from_secs(600),
                message: None,
                then: OnMaxWait::End,
            }),
        },
        ..Queue::new(QueueId(id), name)
    };
    let agent = |id, user: &str| Agent {
        id: AgentId(id),
        name: format!("Agent {id}"),
        user: user.into(),
        password: Secret("a long one".into()),
        wrap_up: None,
        record_calls: true,
        record_direction: Directions::Both,
        teams: vec![],
        habits: Habits::default(),
    };
    Account {
        queues: vec![queue(1, "Support"), queue(2, "Sales")],
        agents: vec![agent(1, "1001"), agent(2, "1002")],
        trunks: vec![
            trunk(1, "one", "192.0.2.0", 24),
            trunk(2, "two", "::1", 128),
        ],
        routes: vec![
            route("9196", Destination::Echo),
            route("*", Destination::Queue(QueueId(1))),
        ],
        ..Account::new("acme")
    }
}

/// A trunk takes calls to any number in E.164.
fn leads_out(account: &mut Account) {
    account.trunks[0].server = Some(server("sip.example.com"));
    account.outbound = vec![Outbound {
        number: "+*".into(),
        trunks: vec![account.trunks[0].id],
        agents: None,
    }];
}

fn speech(text: &str, voice: &str, rate: u16) -> Message {
    Message::Text {
        text: text.into(),
        voice: voice.into(),
        rate,
        position: Form::default(),
        quality: Quality::default(),
    }
}

fn trunk(id: u32, name: &str, address: &str, prefix: u8) -> Trunk {
    Trunk {
        from: vec![network(address, prefix)],
        ..Trunk::new(TrunkId(id), name)
    }
}

fn server(host: &str) -> Server {
    Server {
        host: host.into(),
        port: None,
        transport: None,
    }
}

fn network(address: &str, prefix: u8) -> Network {
    Network {
        address: address.parse().expect("an address"),
        prefix,
    }
}

fn route(number: &str, to: Destination) -> Route {
    Route {
        number: number.into(),
        to,
    }
}

/// Breaks a sound account and expects exactly these fields to be named.
#[track_caller]
fn refused(break_it: impl FnOnce(&mut Account), paths: &[&str]) {
    let mut account = sound();
    break_it(&mut account);
    let problems = account.check().err().unwrap_or_default();
    let named: Vec<_> = problems.iter().map(|p| p.path.as_str()).collect();
    assert_eq!(named, paths, "{problems:?}");
}

#[test]
fn a_sound_account_is_fine() {
    refused(|_| {}, &[]);
}

#[test]
fn teams_have_names_and_an_agent_is_in_each_once() {
    refused(
        |account| account.agents[0].teams = vec!["Sales".into(), "Támogatás".into()],
        &[],
    );
    let names = |teams: &[&str]| -> Vec<String> { teams.iter().map(ToString::to_string).collect() };
    refused(
        |account| account.agents[1].teams = names(&["Sales", " ", &"x".repeat(65)]),
        &["agent[1].teams[1]", "agent[1].teams[2]"],
    );
    refused(
        |account| account.agents[0].teams = names(&["Sales", "Support", "Sales"]),
        &["agent[0].teams"],
    );
    let numbered = |count: usize| (0..count).map(|each| each.to_string()).collect::<Vec<_>>();
    refused(|account| account.agents[0].teams = numbered(16), &[]);
    refused(
        |account| account.agents[0].teams = numbered(17),
        &["agent[0].teams"],
    );
    let many = |account: &mut Account| {
        let first = account.agents[0].clone();
        account.agents = (1..=17)
            .map(|id| Agent {
                id: AgentId(id),
                user: id.to_string(),
                teams: (0..16).map(|team| format!("{id}-{team}")).collect(),
                ..first.clone()
            })
            .collect();
    };
    refused(many, &["agent"]);
}

#[test]
fn r49_r50_r52_phones_ring_from_3_to_60_seconds() {
    // R52
    for (seconds, fine) in [(2, false), (3, true), (60, true), (61, false)] {
        let wrong: &[&str] = match fine {
            true => &[],
            false => &["timeouts.agent_s", "timeouts.customer_s"],
        };
        let both = Duration::from_secs(seconds);
        refused(
            |account| {
                account.timeouts.agent = both;
                account.timeouts.customer = both;
            },
            wrong,
        );
    }
    assert_eq!(Timeouts::default().agent, Duration::from_secs(30));
}

#[test]
fn all_problems_are_named_at_once() {
    refused(
        |account| {
            account.name = "../other".into();
            account.queues[1].agents = vec![AgentId(1), AgentId(1), AgentId(7)];
            account.agents[0].password = Secret("short".into());
            account.wrap_up.default = Duration::from_secs(3_601);
        },
        &[
            "account.name",
            "queue[1].agents",
            "queue[1].agents",
            "agent[0].password",
            "wrap_up.default_s",
        ],
    );
}

#[test]
fn names_and_users_are_unique() {
    refused(
        |account| {
            account.queues[1].name = "Support".into();
            account.agents[1].user = "1001".into();
            account.trunks[1].name = "one".into();
        },
        &["queue[1].name", "agent[1].user", "trunk[1].name"],
    );
}

#[test]
fn users_are_plain() {
    for user in ["", "a b", "a@b", "../x", "ü"] {
        refused(
            |account| account.agents[1].user = user.into(),
            &["agent[1].user"],
        );
    }
}

#[test]
fn messages_have_text_a_voice_and_a_speed() {
    for (message, path) in [
        (speech(" ", "en", 160), "queue[0].greeting.text"),
        (speech("a", "--help", 160), "queue[0].greeting.voice"),
        (speech("a", "", 160), "queue[0].greeting.voice"),
        (speech("a", "en", 79), "queue[0].greeting.rate"),
        (speech("a", "en", 451), "queue[0].greeting.rate"),
        (Message::File("".into()), "queue[0].greeting.file"),
    ] {
        refused(
            |account| account.queues[0].waiting.greeting = Some(message),
            &[path],
        );
    }
    let text = Some(speech("la la la", "en", 160));
    refused(
        |account| account.queues[0].waiting.music = text,
        &["queue[0].music"],
    );
}

#[test]
fn redirects_lead_somewhere() {
    let then = |account: &mut Account, queue: usize, then| {
        if let Some(max) = &mut account.queues[queue].waiting.max_wait {
            max.then = then;
        }
    };
    let to = |id| OnMaxWait::Queue(QueueId(id));
    refused(|a| then(a, 0, to(2)), &[]);
    refused(|a| then(a, 0, to(9)), &["queue[0].max_wait.then"]);
    refused(|a| then(a, 0, to(1)), &["queue[0].max_wait.then"]);
    refused(
        |a| {
            then(a, 0, to(2));
            then(a, 1, to(1));
        },
        &["queue[0].max_wait.then", "queue[1].max_wait.then"],
    );
    let outside = OnMaxWait::External(4930123456);
    let there = |a: &mut Account| {
        leads_out(a);
        then(a, 0, outside);
    };
    refused(there, &[]);
    let none = OnMaxWait::External(0);
    refused(|a| then(a, 0, none), &["queue[0].max_wait.then"]);
    // B20: a caller would be hung up on.
    refused(|a| then(a, 0, outside), &["queue[0].max_wait.then"]);
    refused(
        |a| {
            there(a);
            a.dialling.deny.push("+4930*".into());
        },
        &["queue[0].max_wait.then"],
    );
}

#[test]
fn two_trunks_on_one_network_are_refused() {
    // H25. A network within another is fine: the longer prefix counts.
    let add = |address, prefix| {
        move |account: &mut Account| account.trunks[1].from = vec![network(address, prefix)]
    };
    refused(add("192.0.2.77", 24), &["trunk[1].from"]);
    refused(add("192.0.2.77", 32), &[]);
    refused(add("192.0.2.0", 33), &["trunk[1].from"]);
    refused(|account| account.trunks[0].from.clear(), &["trunk[0].from"]);
}

#[test]
fn two_trunks_on_one_network_are_told_apart_by_registration_or_by_number() {
    // H25.
    let shared = |change: fn(&mut Trunk)| {
        move |account: &mut Account| {
            let trunk = &mut account.trunks[1];
            trunk.from = vec![network("192.0.2.77", 24)];
            change(trunk);
        }
    };
    refused(
        shared(|trunk| {
            trunk.server = Some(server("sip.example.com"));
            trunk.user = Some("4930777".into());
            trunk.register = Some(defaults::EXPIRES_AFTER);
        }),
        &[],
    );
    refused(shared(|trunk| trunk.called = vec!["+4930*".into()]), &[]);
    refused(
        |account| {
            account.trunks[0].called = vec!["+49*".into()];
            shared(|trunk| trunk.called = vec!["+4930*".into()])(account);
        },
        &["trunk[1].from"],
    );
}

#[test]
fn a_trunk_that_takes_calls_has_what_it_needs_for_them() {
    type Breaking = fn(&mut Trunk);
    let broken: &[(Breaking, &str)] = &[
        (|t| t.server = Some(server("a b")), "trunk[0].server"),
        (|t| t.server = Some(server("")), "trunk[0].server"),
        (
            |t| t.outbound_proxy = Some(server("[::1")),
            "trunk[0].outbound_proxy",
        ),
        (|t| t.user = Some("a@b".into()), "trunk[0].user"),
        (
            |t| t.password = Some(Secret("x".into())),
            "trunk[0].password",
        ),
        (|t| t.realms = vec!["x".into()], "trunk[0].realms"),
        (
            |t| t.from_domain = Some("a b".into()),
            "trunk[0].from_domain",
        ),
        (
            |t| t.options = Some(Duration::from_secs(4)),
            "trunk[0].options_s",
        ),
        (
            |t| t.numbers.plan.country = Some("0049".into()),
            "trunk[0].country",
        ),
        (
            |t| t.numbers.plan.national_prefix = "x".into(),
            "trunk[0].national_prefix",
        ),
        (|t| t.numbers.format = Format::National, "trunk[0].format"),
        (|t| t.numbers.strip = 16, "trunk[0].strip"),
        (|t| t.numbers.prefix = "9w".into(), "trunk[0].prefix"),
        (
            |t| t.identity.caller_id = Some("030".into()),
            "trunk[0].caller_id",
        ),
        (|t| t.called = vec!["1*2".into()], "trunk[0].called[0]"),
        (
            |t| t.habits.session_timer = Some(Duration::from_secs(89)),
            "trunk[0].session_timer_s",
        ),
    ];
    for (change, path) in broken {
        refused(|account| change(&mut account.trunks[0]), &[path]);
    }
    refused(
        |account| account.trunks[0].register = Some(Duration::from_secs(59)),
        &[
            "trunk[0].register",
            "trunk[0].register",
            "trunk[0].expires_s",
        ],
    );
    refused(
        |account| account.trunks[0].server = Some(server("[2001:db8::1]")),
        &[],
    );
}

#[test]
fn ways_out_lead_through_trunks_that_take_calls() {
    let way = |number: &str, trunks: &[u32], agents: Option<&[u32]>| Outbound {
        number: number.into(),
        trunks: trunks.iter().copied().map(TrunkId).collect(),
        agents: agents.map(|agents| agents.iter().copied().map(AgentId).collect()),
    };
    let with = |ways: Vec<Outbound>| {
        move |account: &mut Account| {
            account.trunks[0].server = Some(server("sip.example.com"));
            account.outbound = ways;
        }
    };
    refused(with(vec![way("+*", &[1], None)]), &[]);
    refused(with(vec![way("+*", &[2], None)]), &["outbound[0].trunks"]);
    refused(with(vec![way("+*", &[9], None)]), &["outbound[0].trunks"]);
    refused(with(vec![way("+*", &[], None)]), &["outbound[0].trunks"]);
    refused(
        with(vec![way("+*", &[1, 1], None)]),
        &["outbound[0].trunks"],
    );
    refused(with(vec![way("+*4", &[1], None)]), &["outbound[0].number"]);
    refused(
        with(vec![way("+*", &[1], Some(&[7]))]),
        &["outbound[0].agents"],
    );
    let hidden = vec![way("+*", &[1], None), way("+49*", &[1], Some(&[1]))];
    refused(with(hidden), &["outbound[1].number"]);
    let by_class = vec![way("+*", &[1], Some(&[2])), way("+49*", &[1], Some(&[1]))];
    refused(with(by_class), &[]);
    refused(
        |account| account.dialling.deny = vec!["".into()],
        &["dialling.deny[0]"],
    );
}

#[test]
fn a_route_that_is_never_reached_is_refused() {
    refused(|account| account.routes.swap(0, 1), &["route[1].number"]);
    refused(
        |account| account.routes[0].number = "1*2".into(),
        &["route[0].number"],
    );
    let nowhere = Destination::Queue(QueueId(9));
    refused(|account| account.routes[1].to = nowhere, &["route[1].to"]);
}

#[test]
fn habits_are_possible() {
    refused(
        |account| {
            account.agents[0].habits.codecs = vec![Codec::Pcma, Codec::Pcma];
            account.trunks[0].habits.codecs.clear();
        },
        &["agent[0].codecs", "trunk[0].codecs"],
    );
}

#[test]
fn a_secret_is_not_printed() {
    let printed = format!("{:?}", sound());
    assert!(!printed.contains("a long one") && printed.contains("•••"));
}
