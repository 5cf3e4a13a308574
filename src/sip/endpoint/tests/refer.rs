//! Transfers: RFC 3515, RFC 4488, RFC 3892, RFC 6665, RFC 3891; and who may ask for what (H5).

use super::calls_out::calling;
use super::*;
use crate::sip::Replaces;

const UNKNOWN: &str = "SIP/2.0 481 Call/Transaction Does Not Exist";

#[test]
fn a_transfer_is_asked_taken_on_and_told_to_its_end() {
    let mut w = Wire::new();
    let (session, tag) = w.talking();
    let by = "Referred-By: <sip:alice@example.org>";
    assert!(w.says(refer(2, &tag).header(by).text()).is_empty());
    let told = w.event();
    let Event::Referred { refer, .. } = &told else {
        panic!("{told:?}");
    };
    assert_eq!((&*refer.user, refer.wants_news), ("0301234", true));
    assert_eq!(
        refer.referred_by.as_ref().map(|by| &*by.user),
        Some("alice")
    );
    let sent = w.wishes(Command::AnswerRefer {
        session,
        status: 202,
    });
    assert_eq!(sent[0].split("\r\n").next(), Some("SIP/2.0 202 Accepted"));
    let notify = &sent[1];
    assert!(notify.starts_with("NOTIFY sip:alice@198.51.100.7:5060 "));
    assert_eq!(header(notify, "Event"), Some("refer;id=2"));
    assert_eq!(
        header(notify, "Subscription-State"),
        Some("active;expires=360")
    );
    assert!(notify.ends_with("\r\n\r\nSIP/2.0 100 Trying\r\n"));
    assert!(
        w.wishes(Command::TellRefer {
            session,
            status: 180
        })
        .is_empty()
    );
    let ringing = w.says(reply(notify, "200 OK", "", "")).remove(0);
    assert!(ringing.ends_with("SIP/2.0 180 Ringing\r\n"));
    w.says(reply(&ringing, "200 OK", "", ""));
    let last = w
        .wishes(Command::TellRefer {
            session,
            status: 486,
        })
        .remove(0);
    assert!(last.ends_with("SIP/2.0 486 Busy Here\r\n"));
    let state = header(&last, "Subscription-State");
    assert_eq!(state, Some("terminated;reason=noresource"));
    w.says(reply(&last, "200 OK", "", ""));
    assert!(
        w.wishes(Command::TellRefer {
            session,
            status: 200
        })
        .is_empty()
    );
    w.wishes(end(session));
}

#[test]
fn a_transfer_that_is_refused_leaves_nothing() {
    let mut w = Wire::new();
    let (session, tag) = w.talking();
    w.says(refer(2, &tag).text());
    w.event();
    let second = w.says(refer(3, &tag).text());
    assert_eq!(firsts(&second), ["SIP/2.0 491 Request Pending"]);
    let sent = w.wishes(Command::AnswerRefer {
        session,
        status: 603,
    });
    assert_eq!(firsts(&sent), ["SIP/2.0 603 Decline"]);
    assert!(
        w.wishes(Command::TellRefer {
            session,
            status: 200
        })
        .is_empty()
    );
}

#[test]
fn who_wants_no_news_gets_none() {
    let mut w = Wire::new();
    let (session, tag) = w.talking();
    let silent = refer(2, &tag)
        .header("Require: norefersub")
        .header("Refer-Sub: false");
    w.says(silent.text());
    let sent = w.wishes(Command::AnswerRefer {
        session,
        status: 202,
    });
    assert_eq!(firsts(&sent), ["SIP/2.0 202 Accepted"]);
    assert_eq!(header(&sent[0], "Refer-Sub"), Some("false"));
}

#[test]
fn who_hangs_up_after_the_transfer_is_told_on() {
    let mut w = Wire::new();
    let (session, tag) = w.talking();
    w.says(refer(2, &tag).text());
    let sent = w.wishes(Command::AnswerRefer {
        session,
        status: 202,
    });
    w.says(reply(&sent[1], "200 OK", "", ""));
    let ok = w.says(within("BYE", 3, &tag).text());
    assert_eq!(firsts(&ok), ["SIP/2.0 200 OK"]);
    let last = w
        .wishes(Command::TellRefer {
            session,
            status: 200,
        })
        .remove(0);
    assert!(last.ends_with("SIP/2.0 200 OK\r\n"));
    assert!(last.contains("CSeq: 2 NOTIFY"));
    w.says(reply(&last, "200 OK", "", ""));
    w.settles();
}

#[test]
fn what_is_never_told_ends_with_its_time_and_a_deaf_peer_is_told_no_more() {
    for deaf in [true, false] {
        let mut w = Wire::new();
        let (session, tag) = w.talking();
        w.says(refer(2, &tag).text());
        let sent = w.wishes(Command::AnswerRefer {
            session,
            status: 202,
        });
        let answer = if deaf { "481 No" } else { "200 OK" };
        w.says(reply(&sent[1], answer, "", ""));
        let bye = w.wishes(end(session));
        w.says(reply(&bye[0], "200 OK", "", ""));
        if !deaf {
            let last = w.wait(361).remove(0);
            assert_eq!(last.0, 360_000);
            let state = header(&last.1, "Subscription-State");
            assert_eq!(state, Some("terminated;reason=timeout"));
        }
        w.settles();
    }
}

#[test]
fn news_can_be_ended_by_who_asked_for_them() {
    let mut w = Wire::new();
    let (session, tag) = w.talking();
    w.says(refer(2, &tag).text());
    let sent = w.wishes(Command::AnswerRefer {
        session,
        status: 202,
    });
    w.says(reply(&sent[1], "200 OK", "", ""));
    let other = within("SUBSCRIBE", 3, &tag).header("Event: refer;id=9");
    assert_eq!(firsts(&w.says(other.text())), [UNKNOWN]);
    let no_more = within("SUBSCRIBE", 4, &tag)
        .header("Event: refer;id=2")
        .header("Expires: 0");
    let sent = w.says(no_more.text());
    assert_eq!(header(&sent[0], "Expires"), Some("0"));
    let state = header(&sent[1], "Subscription-State");
    assert_eq!(state, Some("terminated;reason=timeout"));
}

#[test]
fn what_cannot_be_followed_is_refused_and_nobody_is_asked() {
    let mut w = Wire::new();
    let (_, tag) = w.talking();
    let lines = [
        (
            "Refer-To: <http://example.org/>",
            "416 Unsupported URI Scheme",
        ),
        ("Refer-To: <sip:b@h;method=BYE>", "405 Method Not Allowed"),
        ("Refer-To: <sip:b@h>, <sip:c@h>", "400 Bad Request"),
        ("Subject: none", "400 Bad Request"),
    ];
    for (cseq, (line, status)) in (2..).zip(lines) {
        let sent = w.says(within("REFER", cseq, &tag).header(line).text());
        assert_eq!(firsts(&sent), [format!("SIP/2.0 {status}")]);
    }
    let mut stranger = refer(9, &tag);
    stranger.from = "<sip:alice@example.org>;tag=mallory".to_owned();
    assert_eq!(firsts(&w.says(stranger.text())), [UNKNOWN]);
    assert_eq!(w.events(), []);
}

#[test]
fn a_call_may_take_the_place_of_one_that_the_same_host_has() {
    let mut w = Wire::new();
    let (session, tag) = w.talking();
    w.says(replacing("call-1", &tag.to_uppercase(), "ALICE").text());
    assert_eq!(w.invitation().replaces, Some(session));
    let mut early_only = replacing("call-1", &format!("{tag};early-only"), "alice").branch("2");
    early_only.call_id = "call-10";
    assert_eq!(
        firsts(&w.says(early_only.text())),
        ["SIP/2.0 486 Busy Here"]
    );
}

#[test]
fn rfc_3891_a_dialog_is_meant_by_its_call_id_and_both_tags() {
    let mut w = Wire::new();
    let (session, tag) = w.talking();
    let meant = |w: &Wire, call_id: &str, to: &str, from: &str| {
        let (call_id, to_tag, from_tag) = (call_id.to_owned(), to.to_owned(), from.to_owned());
        let early_only = false;
        w.endpoint.meant(&Replaces {
            call_id,
            to_tag,
            from_tag,
            early_only,
        })
    };
    let confirmed = Some((session, true));
    assert_eq!(meant(&w, "call-1", &tag.to_uppercase(), "ALICE"), confirmed);
    for (call, to, from) in [
        ("call-2", &*tag, "alice"),
        ("call-1", "0123456789abcdef", "alice"),
        ("call-1", &*tag, "bob"),
        ("call-1", "alice", &*tag),
    ] {
        assert_eq!(meant(&w, call, to, from), None, "{call}, {to}, {from}");
    }
    // One of theirs that rings is early, and one that has ended is none.
    let mut w = Wire::new();
    let session = w.invited();
    let tag = to_tag(&w.wishes(ring(session, 180, None))[0]);
    assert_eq!(meant(&w, "call-1", &tag, "alice"), Some((session, false)));
    w.wishes(end(session));
    assert_eq!(meant(&w, "call-1", &tag, "alice"), None);
}

#[test]
fn to_replace_what_is_not_there_or_not_theirs_is_the_same_481() {
    let mut w = Wire::new();
    let (_, tag) = w.talking();
    for (n, (call, to, from)) in [
        ("call-2", &*tag, "alice"),
        ("call-1", "0123456789abcdef", "alice"),
        ("call-1", &*tag, "bob"),
    ]
    .into_iter()
    .enumerate()
    {
        let ask = replacing(call, to, from).branch(&format!("r{n}"));
        assert_eq!(firsts(&w.says(ask.text())), [UNKNOWN]);
    }
    w.flow.remote = address("198.51.100.66", 5060);
    let stranger = replacing("call-1", &tag, "alice").branch("s");
    assert_eq!(firsts(&w.says(stranger.text())), [UNKNOWN]);
    assert_eq!(w.events(), []);
}

#[test]
fn a_call_of_ours_that_rings_may_be_taken_over_and_one_of_theirs_may_not() {
    let mut w = Wire::new();
    let (session, invite) = calling(&mut w);
    w.says(reply(&invite, "180 Ringing", "bob", ""));
    w.events();
    let ours = header(&invite, "From").and_then(|from| from.split(";tag=").nth(1));
    let call_id = header(&invite, "Call-ID").expect("a Call-ID");
    let ask = replacing(call_id, ours.expect("a tag"), "bob;early-only");
    w.says(ask.text());
    assert_eq!(w.invitation().replaces, Some(session));
    let mut w = Wire::new();
    let session = w.invited();
    let tag = to_tag(&w.wishes(ring(session, 180, None))[0]);
    let ask = replacing("call-1", &tag, "alice");
    assert_eq!(firsts(&w.says(ask.text())), [UNKNOWN]);
}

#[test]
fn where_phones_must_say_who_they_are_nothing_is_told_before() {
    let mut w = Wire::new();
    w.flow.listener = INTERNAL;
    let methods = [
        "SUBSCRIBE",
        "MESSAGE",
        "PUBLISH",
        "NOTIFY",
        "REFER",
        "INFO",
        "UPDATE",
        "PRACK",
        "BYE",
        "DANCE",
    ];
    for method in methods {
        // As long as a phone's: the answer to a stranger is no longer than that (H29).
        let ask = Ask::new(method)
            .header("User-Agent: A phone on a desk, version 1.2.3, of a make with a long name")
            .header("Supported: path, outbound, gruu, replaces, 100rel, timer, norefersub");
        let sent = w.says(ask.text());
        assert_eq!(firsts(&sent), ["SIP/2.0 401 Unauthorized"], "{method}");
        assert_eq!(header(&sent[0], "Allow"), None);
    }
    assert!(w.events().is_empty() && w.endpoint.is_idle());
}

fn refer(cseq: u32, tag: &str) -> Ask {
    within("REFER", cseq, tag).header("Refer-To: <sip:0301234@192.0.2.1>")
}

fn replacing(call: &str, to: &str, from: &str) -> Ask {
    let mut ask = invite().branch("replacing");
    ask.call_id = "call-9";
    ask.header(format!("Replaces: {call};to-tag={to};from-tag={from}"))
}
