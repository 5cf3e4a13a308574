use super::*;
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
