use super::*;

#[test]
fn dns_servers_are_addresses_with_a_port_or_without() {
    let text = format!("{LEAST}[dns]\nservers = [\"192.0.2.53\", \"[::1]:5353\"]\n");
    let told = parse(&text).expect("good").server.dns;
    assert_eq!(format!("{told:?}"), "[192.0.2.53:53, [::1]:5353]");
    let wrong = problems(&text.replace("192.0.2.53", "dns.example"));
    assert!(wrong[0].contains("up to 8 addresses"), "{wrong:?}");
}
