use super::*;

#[test]
fn browsers_are_told_what_peers_are_told_unless_something_else_is_set() {
    let media = parse(LEAST).expect("good").media;
    assert_eq!(
        (media.browser_port, media.browser_addresses),
        (0, vec![media.advertised])
    );
    let with = |lines: &str| problems(&LEAST.replace("[media]", &format!("[media]\n{lines}")));
    assert!(
        with("browser_port = 40000\nbrowser_addresses = [\"198.51.100.7\", \"2001:db8::1\"]")
            .is_empty()
    );
    assert!(with("browser_port = 80")[0].contains("1024 to 65535"));
    assert!(with("browser_addresses = [\"0.0.0.0\"]")[0].contains("that browsers reach"));
    assert!(with("browser_addresses = []")[0].contains("one to eight"));
    assert!(with("browser_tcp_port = 65536")[0].contains("0 to 65535"));
}

#[test]
fn media_of_both_ip_versions_needs_ports_that_take_both() {
    let with = |lines: &str| {
        let address = "address = \"127.0.0.1\"";
        assert!(LEAST.contains(address));
        LEAST.replace(address, lines)
    };
    let both = "address = \"::\"\nadvertised = \"192.0.2.1\"\nalso_advertised = ";
    let media = parse(&with(&format!("{both}\"2001:db8::7\"")))
        .expect("good")
        .media;
    assert_eq!(media.also_advertised, "2001:db8::7".parse().ok());
    let told = media.browser_addresses.iter().map(ToString::to_string);
    assert!(
        told.eq(["192.0.2.1", "2001:db8::7"]),
        "and browsers of both"
    );
    assert_eq!(parse(LEAST).expect("good").media.also_advertised, None);
    for same in ["192.0.2.2", "::"] {
        let told = problems(&with(&format!("{both}\"{same}\"")));
        assert!(
            told[0].contains("IP version that advertised is not of"),
            "{told:?}"
        );
    }
    let told = problems(&with(
        "address = \"192.0.2.1\"\nalso_advertised = \"2001:db8::7\"",
    ));
    assert!(told[0].contains("set address = \"::\""), "{told:?}");
}

#[test]
fn browsers_connect_to_the_port_of_http_where_it_is_beside_the_media() {
    let told = |http: &str, lines: &str| {
        let text = LEAST.replace("[media]", &format!("[media]\n{lines}"));
        let mut config = parse(&text).expect("good");
        config.server.http = http.parse().ok();
        let each = config.browser_connections().into_iter();
        each.map(|address| address.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(told("127.0.0.1:8080", ""), ["127.0.0.1:8080"]);
    assert_eq!(told("0.0.0.0:443", ""), ["127.0.0.1:443"]);
    assert!(told("192.0.2.9:443", "").is_empty(), "at another address");
    let outside = "browser_addresses = [\"198.51.100.7\", \"2001:db8::1\"]";
    assert_eq!(
        told("0.0.0.0:443", outside),
        ["198.51.100.7:443"],
        "of one IP version"
    );
    assert_eq!(
        told("[::]:443", outside),
        ["198.51.100.7:443", "[2001:db8::1]:443"]
    );
    let forwarded = format!("{outside}\nbrowser_tcp_port = 443");
    assert_eq!(
        told("192.0.2.9:8443", &forwarded),
        ["198.51.100.7:443", "[2001:db8::1]:443"]
    );
    assert!(told("127.0.0.1:8080", "browser_tcp_port = 0").is_empty());
    assert!(
        told("nowhere", &forwarded).is_empty(),
        "no HTTP, no connections"
    );
}
use crate::settings::Verify;

#[test]
fn dns_servers_are_addresses_with_a_port_or_without() {
    let text = format!("{LEAST}[dns]\nservers = [\"192.0.2.53\", \"[::1]:5353\"]\n");
    let told = parse(&text).expect("good").server.dns;
    assert_eq!(format!("{told:?}"), "[192.0.2.53:53, [::1]:5353]");
    let wrong = problems(&text.replace("192.0.2.53", "dns.example"));
    assert!(wrong[0].contains("up to 8 addresses"), "{wrong:?}");
}

#[test]
fn a_trunk_proves_its_name_unless_it_is_pinned_or_need_not() {
    let with = |verify: &str| {
        let text = format!(
            "{LEAST}[[trunk]]\nname = \"c\"\nserver = \"sips.example\"\nverify = \"{verify}\"\n"
        );
        parse(&text).map(|config| config.account.trunks[0].verify)
    };
    assert_eq!(with("name").expect("good"), Verify::Name);
    assert_eq!(with("none").expect("good"), Verify::None);
    let pin = format!("sha256:{}", "0A:".repeat(31) + "0a");
    assert_eq!(with(&pin).expect("good"), Verify::Pinned([10; 32]));
    for wrong in [
        "",
        "no",
        "sha256:0a",
        &format!("sha256:{}", "0g".repeat(32)),
    ] {
        assert!(with(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn no_text_makes_the_reader_fall() {
    let mut random = Random::seeded(11);
    let pieces = [
        "[",
        "]",
        "[[queue]]",
        "=",
        "\"",
        "{",
        "}",
        "\n",
        "-1",
        "1e999",
        "nan",
        "ü",
        "\0",
        "then",
        "from = 1",
    ];
    for _ in 0..1_500 {
        let mut text = EXAMPLE.replace("#", if random.below(2) == 0 { "#" } else { "" });
        for _ in 0..=random.below(4) {
            let at = random.below(text.len() as u64) as usize;
            let at = text.floor_char_boundary(at);
            let end = text.floor_char_boundary(text.len().min(at + random.below(30) as usize));
            let piece = pieces[random.below(pieces.len() as u64) as usize];
            text.replace_range(at..end, piece);
        }
        for problem in parse(&text).err().map_or(vec![], |errors| errors.0) {
            assert!(problem.line <= text.lines().count() + 1, "{problem}");
        }
    }
}

#[test]
fn b18_a_page_is_not_missed_for_as_long_as_is_set() {
    let with = |seconds: &str| format!("{LEAST}[hold]\nabsence_after_s = {seconds}\n");
    let after = |text: &str| parse(text).expect("good").account.absence.after;
    assert_eq!(after(LEAST), Duration::from_millis(700));
    assert_eq!(after(&with("0")), Duration::ZERO);
    assert_eq!(after(&with("2.5")), Duration::from_millis(2_500));
    let told = problems(&with("5.1"));
    assert!(
        told[0].contains("absence_after_s: 5.1 s") && told[0].contains("0 to 5"),
        "{told:?}"
    );
}

#[test]
fn from_whom_a_path_is_taken_is_set_for_phones_alone() {
    let listener = |profile: &str, paths: &str| {
        let keys = format!("name = \"x\"\nbind = \"127.0.0.1:5099\"\npaths = \"{paths}\"");
        format!("{LEAST}\n[[listener]]\nprofile = \"{profile}\"\n{keys}\n")
    };
    let config = parse(&listener("internal", "supported")).expect("fine");
    let paths: Vec<_> = config.listeners.iter().map(|each| each.paths).collect();
    assert_eq!(paths, [Paths::Any, Paths::Supported]);
    let told = problems(&listener("external", "any")).join("\n");
    assert!(
        told.contains("paths: trunks are known by their address"),
        "{told}"
    );
    let told = problems(&listener("internal", "some")).join("\n");
    assert!(told.contains("paths: "), "{told}");
}
