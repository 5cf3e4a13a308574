//! URIs: reading, writing, and the comparisons of RFC 3261 §19.1.4.

use super::*;

fn uri(text: &str) -> Uri {
    Uri::parse(text).expect("a good URI")
}

#[test]
fn every_part_is_found_and_written_again() {
    let text = "sips:al%20ice:secret@[2001:db8::1]:5061;transport=tls;lr?Subject=x&Priority=y";
    let u = uri(text);
    assert_eq!(u.scheme, Scheme::Sips);
    assert_eq!(u.user_unescaped().as_deref(), Some("al ice"));
    assert_eq!(u.password.as_deref(), Some("secret"));
    assert_eq!(u.host.ip(), "2001:db8::1".parse().ok());
    assert_eq!((u.port, u.transport()), (Some(5061), Some("tls")));
    assert!(u.is_loose());
    assert_eq!(u.headers, "Subject=x&Priority=y");
    assert_eq!(u.to_string(), text);
}

#[test]
fn users_may_look_like_parameters() {
    let u = uri("sip:user;par=u%40example.net@example.com");
    assert_eq!(
        u.user_unescaped().as_deref(),
        Some("user;par=u@example.net")
    );
    assert!(u.params.is_empty());
    assert_eq!(uri("sip:a?b@h").user.as_deref(), Some("a?b"));
}

#[test]
fn other_schemes_are_kept() {
    let tel = uri("tel:+31-20-1234567;phone-context=example.com");
    assert_eq!(tel.user.as_deref(), Some("+31-20-1234567"));
    assert_eq!(tel.params.get("phone-context"), Some("example.com"));
    assert_eq!(
        tel.to_string(),
        "tel:+31-20-1234567;phone-context=example.com"
    );
    let other = uri("Name:john_smith@example.com?x");
    assert_eq!(other.scheme, Scheme::Other("name".into()));
    assert_eq!(other.to_string(), "name:john_smith@example.com?x");
}

#[test]
fn broken_ones_are_refused() {
    for text in [
        "",
        "sip",
        "sip:",
        "sip:@h",
        "sip:a@",
        "sip:a@b@c",
        "sip:h:",
        "sip:h:0",
        "sip:h:65536",
        "sip:h:+5",
        "sip:a%4@h",
        "sip:a%zz@h",
        "sip:[::1",
        "sip:[::g]",
        "sip:2001:db8::10",
        "sip:a b@h",
        "<sip:h>",
        "sip:h\r\nVia: x",
        "tel:",
        "1x:y",
        "sip:h;=1",
    ] {
        assert!(Uri::parse(text).is_err(), "{text}");
    }
}

#[test]
fn escapes_are_written_where_needed() {
    let u = Uri::sip("a b@c;d\r\n", Host::Name("h".into()), Some(5080));
    assert_eq!(u.to_string(), "sip:a%20b%40c%3Bd%0D%0A@h:5080");
    assert_eq!(
        uri(&u.to_string()).user_unescaped().as_deref(),
        Some("a b@c;d\r\n")
    );
    assert_eq!(unescape("%"), "%");
    assert_eq!(unescape("%4"), "%4");
    assert_eq!(unescape("a%C3%A9%FF"), "aé\u{FFFD}");
}

#[test]
fn equivalent_uris_of_the_rfc() {
    for (a, b) in [
        (
            "sip:%61lice@atlanta.com;transport=TCP",
            "sip:alice@AtLanTa.CoM;Transport=tcp",
        ),
        ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
        (
            "sip:carol@chicago.com;newparam=5",
            "sip:carol@chicago.com;security=on",
        ),
        (
            "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
            "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
        ),
        (
            "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
            "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
        ),
    ] {
        assert!(uri(a).equivalent(&uri(b)), "{a} {b}");
        assert!(uri(b).equivalent(&uri(a)), "{b} {a}");
    }
}

#[test]
fn of_a_repeated_parameter_the_first_counts_on_both_sides() {
    let twice = uri("sip:a@h;method=INVITE;method=BYE");
    assert!(twice.equivalent(&twice));
    assert!(twice.equivalent(&uri("sip:a@h;method=INVITE")));
    assert!(!twice.equivalent(&uri("sip:a@h;method=BYE")));
}

#[test]
fn different_uris_of_the_rfc() {
    for (a, b) in [
        (
            "SIP:ALICE@AtLanTa.CoM;Transport=udp",
            "sip:alice@AtLanTa.CoM;Transport=UDP",
        ),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"),
        (
            "sip:bob@biloxi.com",
            "sip:bob@biloxi.com:6000;transport=tcp",
        ),
        (
            "sip:carol@chicago.com",
            "sip:carol@chicago.com?Subject=next",
        ),
        ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"),
        ("sip:a@h;transport=tcp", "sip:a@h;transport=udp"),
        ("sip:a@h", "sip:a@h;maddr=1.2.3.4"),
        ("sip:a@h", "sip:a@h;user=phone"),
        ("sip:a@h", "sips:a@h"),
        ("sip:a@h", "sip:h"),
    ] {
        assert!(!uri(a).equivalent(&uri(b)), "{a} {b}");
        assert!(!uri(b).equivalent(&uri(a)), "{b} {a}");
    }
}

#[test]
fn three_colons_before_an_ipv4_address_are_two() {
    let right = uri("sip:a@[2001:db8::192.0.2.1]");
    assert_eq!(uri("sip:a@[2001:db8:::192.0.2.1]"), right, "RFC 5118 §4.10");
    assert_eq!(right.to_string(), "sip:a@[2001:db8::c000:201]");
    for text in [
        "sip:[2001:db8:::10]",
        "sip:[2001:db8::::192.0.2.1]",
        "sip:[1::2:::192.0.2.1]",
        "sip:2001:db8::10",
    ] {
        assert!(Uri::parse(text).is_err(), "{text}");
    }
}
