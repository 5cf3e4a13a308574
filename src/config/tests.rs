//! What a file says, what it must not say, and how that is told.

mod kept;
mod more;
mod recording;
mod waiting;

use super::*;
use crate::id::QueueId;
use crate::random::Random;
use crate::settings::{Codec, Destination, Message, OnMaxWait, Secret};
use crate::sip::auth::Algorithm;

const EXAMPLE: &str = include_str!("../../tools/example.toml");

/// The least that can be run.
const LEAST: &str = r#"[media]
address = "127.0.0.1"

[[listener]]
profile = "internal"
bind = "127.0.0.1:5060"

[[agent]]
user = "1001"
password = "a secret of 1001"

[[queue]]
name = "Support"
"#;

fn parse(text: &str) -> Result<Config, ConfigErrors> {
    let files = Files {
        exists: |_| true,
        read: |path| match path.file_name().and_then(|name| name.to_str()) {
            Some("my.toml") => Ok("[peer]
codecs = [\"pcma\"]
"
            .into()),
            Some("bad.toml") => Ok("[peer]

codec = []
"
            .into()),
            Some(_) | None => Err(std::io::Error::other("not there")),
        },
    };
    Config::parse(Path::new("/etc/cordboard/c.toml"), text, &files)
}

/// The problems as `line: what`.
fn problems(text: &str) -> Vec<String> {
    let errors = parse(text).err().map_or(vec![], |errors| errors.0);
    let told = errors
        .into_iter()
        .map(|e| format!("{}: {}", e.line, e.what));
    told.collect()
}

/// Adds lines to the least configuration and expects one problem, in the first line added.
#[track_caller]
fn refused(lines: &str, told: &str) {
    let found = problems(&format!("{LEAST}{lines}"));
    assert_eq!(found, [told], "{lines}");
}

#[test]
fn the_least_configuration_has_sound_defaults() {
    let config = parse(LEAST).expect("fine");
    assert_eq!(config.server.data_dir, Path::new("/etc/cordboard/data"));
    assert_eq!(config.server.http, Some(([127, 0, 0, 1], 8080).into()));
    assert_eq!(
        (config.media.first_port, config.media.last_port),
        (20_000, 21_999)
    );
    assert_eq!(config.listeners[0].name, "internal");
    assert_eq!(
        config.listeners[0].transports,
        [Transport::Udp, Transport::Tcp]
    );
    let account = &config.account;
    assert_eq!(
        account.queues[0].agents,
        [account.agents[0].id],
        "all agents"
    );
    assert_eq!(account.timeouts.agent, Duration::from_secs(30));
}

#[test]
fn the_example_shows_every_section() {
    let config = parse(EXAMPLE).expect("fine");
    let [support, sales] = &config.account.queues[..] else {
        panic!("two queues")
    };
    let music = Path::new("/etc/cordboard/../media/hold-music.wav").to_owned();
    assert_eq!(support.waiting.music, Some(Message::File(music)));
    let max_wait = sales.waiting.max_wait.as_ref().expect("set");
    assert_eq!(max_wait.then, OnMaxWait::Queue(support.id));
    assert_eq!(config.account.routes[2].number, "+4930555*");
    assert_eq!(config.account.routes[2].to, Destination::Queue(sales.id));
    assert_eq!(
        config.account.trunks[0].habits.codecs,
        [Codec::Pcma, Codec::Pcmu, Codec::G722, Codec::Opus]
    );
    let md5 = Digest::new("cordboard", &[Algorithm::Md5]);
    assert_eq!(config.listeners[0].admits, Admits::Phones(md5));
    let [carrier, provider] = &config.account.trunks[..] else {
        panic!("two trunks")
    };
    assert_eq!(carrier.identity.caller_id.as_deref(), Some("+49305550"));
    let server = provider.server.as_ref().expect("set");
    let uri = server.uri(Some("4930777"));
    assert_eq!(uri, "sip:4930777@sip.provider.example:5061;transport=tls");
    assert_eq!(provider.register, Some(Duration::from_secs(3600)));
    assert_eq!(provider.called, ["+4930777*"]);
    let [germany, world] = &config.account.outbound[..] else {
        panic!("two ways out")
    };
    assert_eq!(germany.trunks, [carrier.id, provider.id]);
    assert_eq!((germany.number.as_str(), &germany.agents), ("+49*", &None));
    assert_eq!(world.agents, Some(vec![config.account.agents[0].id]));
    assert_eq!(config.listeners[1].admits, Admits::Trunks);
}

#[test]
fn the_example_s_defaults_are_the_defaults() {
    // Every line that is commented out changes nothing when it is not, but for a few examples.
    let examples = [
        "advertised",
        "also_advertised",
        "browser_tcp_port",
        "workers",
        "wrap_up_s",
        "peer",
        "user_agent",
        "admits",
        "realm",
        "certificate",
        "key",
        "ca",
        "servers",
        "password",
        "auto_pause",
        "database",
        "http_certificate",
        "http_key",
        "selected",
        "public_url",
        "quota_gb",
        "consent",
        "mask_digits_s",
        "recording_keys",
        "retention_days",
    ];
    let is_default = |line: &&str| {
        let key = line.trim_start_matches('#').split(' ').next();
        line.starts_with('#') && line.contains(" = ") && !examples.iter().any(|e| key == Some(e))
    };
    let all: Vec<_> = EXAMPLE
        .lines()
        .map(|line| if is_default(&line) { &line[1..] } else { line })
        .collect();
    let mut uncommented = parse(&all.join("\n")).expect("fine");
    let mut example = parse(EXAMPLE).expect("fine");
    for config in [&mut uncommented, &mut example] {
        for agent in &mut config.account.agents {
            agent.habits = crate::settings::Habits::default();
        }
        config.account.trunks.clear();
    }
    assert_eq!(uncommented, example);
}

#[test]
fn an_unknown_key_is_told_with_its_line_and_what_was_meant() {
    refused(
        "greting = { text = \"Hi\" }",
        "14: unknown key \"greting\" in queue[0]; did you mean \"greeting\"?",
    );
    refused(
        "[serve]\nlog = \"text\"",
        "14: unknown key \"serve\"; did you mean \"server\"?",
    );
    refused(
        "[server]\nlog = \"jsno\"",
        "15: log: \"jsno\" is unknown; did you mean \"json\"?",
    );
    refused(
        "agents = [\"1010\"]",
        "14: agents[0]: no agent has the user \"1010\"; did you mean \"1001\"?",
    );
    refused(
        "max_wait = { after_s = 5, then = { queue = \"Suport\" } }",
        "14: queue: no queue is called \"Suport\"; did you mean \"Support\"?",
    );
}

#[test]
fn every_problem_is_told_at_once_in_order() {
    let text = r#"
[media]
address = "localhost"
ports = "20001-30000"

[[listener]]
profile = "interal"
bind = "127.0.0.1"

[[agent]]
user = "1001"
password = "short"
wrap_up_s = "ten"

[timeouts]
agent_s = 61
"#;
    assert_eq!(
        problems(text),
        [
            "3: address: \"localhost\" is not an address: \"192.0.2.1\"",
            "4: ports: from an even port to a higher odd one: \"20000-21999\"",
            "7: profile: no profile is called \"interal\"; did you mean \"internal\"?",
            "8: bind: \"127.0.0.1\" is not an address and a port: \"192.0.2.1:5060\"",
            "12: password: at least 8 characters, or the phone is anybody's",
            "13: wrap_up_s: must be a number of seconds, not string",
            "16: agent_s: 61 s: must be 3 to 60 s",
        ]
    );
}

#[test]
fn a_trunk_s_slips_are_told_with_what_was_meant() {
    for (lines, told) in [
        (
            "[[trunk]]\nname = \"a\"\nservr = \"x\"\nfrom = [\"192.0.2.1\"]",
            "16: unknown key \"servr\" in trunk[0]; did you mean \"server\"?",
        ),
        (
            "[[trunk]]\nname = \"a\"\nfrom = [\"192.0.2.1\"]\nserver = \"sip:bob@x\"",
            "17: server: \"sip:bob@x\" is not a server: \"sip.example.com\", \"192.0.2.1:5060\"",
        ),
        (
            "[[trunk]]\nname = \"a\"\nserver = \"x\"\nformat = \"plsu\"",
            "17: format: \"plsu\" is unknown; did you mean \"plus\"?",
        ),
        (
            "[[trunk]]\nname = \"a\"\nserver = \"x\"\nidentity = \"pia\"",
            "17: identity: \"pia\" is unknown; did you mean \"pai\"?",
        ),
        (
            "[[trunk]]\nname = \"a\"\nserver = \"x\"\nexpires_s = 60",
            "17: expires_s: without register = true nothing expires: leave it out",
        ),
        (
            "[[trunk]]\nname = \"a\"\nfrom = [\"192.0.2.1\"]\ntransport = \"tcp\"",
            "17: transport: there is no server that it would be the transport of",
        ),
        (
            "[[trunk]]\nname = \"carrier\"\nserver = \"x\"\n[[outbound]]\nnumber = \"+*\"\ntrunks = [\"carier\"]",
            "19: trunks[0]: no trunk is called \"carier\"; did you mean \"carrier\"?",
        ),
        (
            "[dialling]\ncalls_per_minute = 601",
            "15: calls_per_minute: must be 0 to 600",
        ),
    ] {
        refused(lines, told);
    }
}

#[test]
fn a_server_is_written_in_many_ways() {
    let server = |text: &str| {
        let lines = format!("[[trunk]]\nname = \"a\"\ntransport = \"tcp\"\nserver = \"{text}\"");
        let config = parse(&format!("{LEAST}{lines}")).expect("fine");
        let server = config.account.trunks[0].server.clone();
        server.expect("set").uri(None)
    };
    for (written, uri) in [
        ("sip.example.com", "sip:sip.example.com;transport=tcp"),
        ("192.0.2.1:5070", "sip:192.0.2.1:5070;transport=tcp"),
        ("[2001:db8::1]:5070", "sip:[2001:db8::1]:5070;transport=tcp"),
        ("sip:x.example;transport=udp", "sip:x.example;transport=udp"),
        ("sips:x.example", "sip:x.example;transport=tls"),
    ] {
        assert_eq!(server(written), uri, "{written}");
    }
}

#[test]
fn r32_a_message_is_a_file_or_a_text() {
    refused(
        "greeting = { voice = \"en\" }",
        "14: greeting: either { file = \"…\" } or { text = \"…\" }",
    );
    refused(
        "greeting = { file = \"a.wav\", rate = 200 }",
        "14: greeting: a file has no voice and no rate: leave them out",
    );
    refused(
        "greeting = \"a.wav\"",
        "14: greeting: must be a table of keys: { … }, not string",
    );
    refused(
        "music = { text = \"la\" }",
        "14: music: hold music is a file (R29)",
    );
    refused(
        "greeting = { text = \"a\", rate = 451 }",
        "14: rate: must be 80 to 450",
    );
}

#[test]
fn a_file_that_is_not_there_is_told() {
    let files = Files {
        exists: |_| false,
        read: |_| Err(std::io::Error::other("no disk")),
    };
    let text = format!("{LEAST}music = {{ file = \"no.wav\" }}");
    let errors = Config::parse(Path::new("c.toml"), &text, &files).expect_err("no file");
    assert_eq!(
        errors.to_string(),
        "c.toml:14: file: there is no file no.wav"
    );
}

#[test]
fn doors_are_not_opened_by_accident() {
    refused(
        "[server]\nhttp = \"0.0.0.0:8080\"",
        "15: http: others reach this address: set http_tls = true, or listen at 127.0.0.1, \
         or set allow_public = true if a proxy with TLS protects it",
    );
    refused(
        "[server]\nhttp_certificate = \"a.pem\"",
        "15: http_certificate: needs its key: set http_key, too",
    );
    refused(
        "[server]\nhttp_key = \"a.pem\"",
        "15: http_key: needs its certificate: set http_certificate, too",
    );
    refused(
        "[server]\nhttp_certificate = \"a.pem\"\nhttp_key = \"a.pem\"",
        "15: http_certificate: is shown over TLS alone: set http_tls = true, or leave it out",
    );
    refused(
        "[[listener]]\nname = \"x\"\nbind = \"127.0.0.1:5070\"",
        "14: admits: missing",
    );
    refused(
        "[[listener]]\nprofile = \"external\"\nbind = \"0.0.0.0:5080\"",
        "14: advertised: peers must be told a real address: set advertised",
    );
    refused(
        "[[listener]]\nprofile = \"external\"\nbind = \"127.0.0.1:5060\"",
        "16: bind: listener \"internal\" is there already",
    );
    refused(
        "[[listener]]\nprofile = \"kamailio\"\nbind = \"127.0.0.1:1\"\nadmits = \"trunks\"",
        "15: profile: \"kamailio\" is about a peer",
    );
}

#[test]
fn a_listener_for_tls_has_a_port_of_its_own_and_may_bring_its_certificate() {
    let tls = "[[listener]]\nprofile = \"internal\"\nname = \"tls\"\nbind = \"127.0.0.1:5061\"\n";
    let with = |keys: &str| format!("{tls}{keys}");
    let files = "certificate = \"a.pem\"\nkey = \"/b.pem\"";
    let config = parse(&format!(
        "{LEAST}{}",
        with("transports = [\"udp\", \"tls\"]")
    ));
    let listener = config.expect("fine").listeners.remove(1);
    assert_eq!(listener.transports, [Transport::Udp, Transport::Tls]);
    assert_eq!(listener.certificate, None);
    let lines = with(&format!("transports = [\"tls\"]\n{files}"));
    let config = parse(&format!("{LEAST}{lines}")).expect("fine");
    let expected = Certificate {
        chain: "/etc/cordboard/a.pem".into(),
        key: "/b.pem".into(),
    };
    assert_eq!(config.listeners[1].certificate, Some(expected));
    refused(
        &with("transports = [\"tcp\", \"tls\"]"),
        "18: transports: tcp and tls cannot share a port: make a listener for each",
    );
    refused(
        &with("transports = [\"tls\"]\ncertificate = \"a.pem\""),
        "19: certificate: needs its key: set key, too",
    );
    refused(
        &with("transports = [\"tls\"]\nkey = \"a.pem\""),
        "19: key: needs its certificate: set certificate, too",
    );
    refused(
        &with(files),
        "18: certificate: no transport of this listener shows one: leave it out, or listen for tls or wss",
    );
    refused(
        &with("transports = [\"ws\", \"wss\"]"),
        "18: transports: ws and wss cannot share a port: make a listener for each",
    );
    let same_port = with("transports = [\"wss\"]").replace("5061", "5060");
    refused(
        &same_port,
        "17: bind: listener \"internal\" is there already",
    );
}

#[test]
fn a_profile_may_be_a_file_and_its_problems_are_told_with_its_name() {
    let config = parse(&format!(
        "{LEAST}[[trunk]]\nname = \"t\"\nfrom = [\"10.0.0.0/8\"]\npeer = \"./my.toml\""
    ));
    let habits = &config.expect("fine").account.trunks[0].habits;
    assert_eq!(habits.codecs, [Codec::Pcma]);
    let with_peer =
        |peer| format!("{LEAST}[[trunk]]\nname = \"t\"\nfrom = [\"::/0\"]\npeer = \"{peer}\"");
    let errors = parse(&with_peer("bad.toml")).expect_err("a wrong key");
    assert_eq!(
        errors.to_string(),
        "/etc/cordboard/bad.toml:3: unknown key \"codec\" in peer; did you mean \"codecs\"?"
    );
    let errors = parse(&with_peer("gone.toml")).expect_err("no such file");
    assert_eq!(
        errors.to_string(),
        "/etc/cordboard/c.toml:17: peer: /etc/cordboard/gone.toml: not there"
    );
}

#[test]
fn the_profiles_we_ship_are_fine() {
    for (name, text) in profile::BUILT_IN {
        let file = Path::new(name);
        let mut report = report::Report::new(file, text);
        let profile = profile::parse(file, text, &mut report);
        assert_eq!(report.errors(), [], "{name}");
        let profile = profile.expect("read");
        let codecs = profile.peer.map(|peer| peer.codecs.is_some());
        assert!(
            codecs.unwrap_or_else(|| profile.listener.is_some()),
            "{name} says something"
        );
    }
}

#[test]
fn nothing_that_is_told_or_printed_holds_a_secret() {
    let wrong = LEAST.replace("\"a secret of 1001\"", "\"a secret of 1001");
    assert!(problems(&wrong)[0].starts_with("10: "), "{wrong}");
    for text in [
        wrong,
        format!("{LEAST}wrong = 1"),
        LEAST.replace("user =", "usr ="),
    ] {
        let told = problems(&text).join("\n");
        assert!(!told.is_empty() && !told.contains("secret of"), "{told}");
    }
    let printed = format!("{:?}", parse(LEAST).expect("fine"));
    assert!(!printed.contains("secret of"));
}

#[test]
fn a_file_that_cannot_be_read_is_an_error_with_its_name() {
    let errors = Config::read(Path::new("/no/such/file.toml")).expect_err("no file");
    assert!(
        errors.to_string().starts_with("/no/such/file.toml: "),
        "{errors}"
    );
}

#[test]
fn the_demo_is_sound() {
    let demo = Demo {
        tls: None,
        wss: None,
        data_dir: "data".into(),
        sounds: "data/sounds".into(),
        internal: ([127, 0, 0, 1], 5060).into(),
        external: ([127, 0, 0, 1], 5080).into(),
        http: None,
        rtp_ports: 20_000..=21_999,
        agents: vec![("1001".into(), "Ada".into(), Secret("0123456789ab".into()))],
        greeting: true,
        recording: true,
    };
    let config = Config::demo(demo);
    assert_eq!(config.account.check(), Ok(()));
    let echo = crate::route::destination(&config.account, "9196");
    assert_eq!(echo, Some(Destination::Echo));
    let source = "127.0.0.1".parse().expect("an address");
    assert!(crate::route::trunk_for(&config.account, source, "100").is_ok());
    assert!(config.account.music().is_some());
}
