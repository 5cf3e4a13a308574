//! Call links.

use super::*;
use crate::call::link::{NotRedeemed, token_hash};
use crate::id::{CallLinkConfigId, LinkId};
use crate::settings::LinkType;
use std::sync::mpsc;

fn terms(kind: LinkType) -> LinkTerms {
    LinkTerms {
        configuration: Some(CallLinkConfigId(3)),
        agent: Some(AgentId(7)),
        kind,
        from: None,
        until: None,
        by: "user ada".to_owned(),
    }
}

fn add(store: &Store, token: &str, terms: LinkTerms) -> CallLink {
    let added = store.add_link(token_hash(token), terms, time(0));
    added.expect("a database").expect("room")
}

/// Begins a call by a link, and waits for what becomes of it.
fn redeem(store: &Store, token: &str, now: Timestamp) -> Result<LinkId, NotRedeemed> {
    let (to, answer) = mpsc::channel();
    let then = move |redeemed| to.send(redeemed).expect("heard");
    store.redeem_link(token_hash(token), now, |link| Some(link.id), then);
    answer.recv_timeout(PATIENCE).expect("an answer")
}

#[test]
fn r6_a_one_time_link_is_good_for_one_call_and_looking_at_it_costs_nothing_r15() {
    on_each("store-link-once", |ground| {
        let (store, _) = ground.start();
        let link = add(&store, "token", terms(LinkType::OneTime));
        for _ in 0..3 {
            let seen = store.link_of(token_hash("token")).expect("a database");
            assert_eq!(seen.as_ref(), Some(&link), "as it was made");
        }
        assert_eq!(redeem(&store, "token", time(5)), Ok(link.id));
        assert_eq!(redeem(&store, "token", time(6)), Err(NotRedeemed::Used));
        assert_eq!(redeem(&store, "tokem", time(6)), Err(NotRedeemed::Unknown));
        store.stop();

        let (store, _) = ground.start();
        assert_eq!(redeem(&store, "token", time(7)), Err(NotRedeemed::Used));
        let link = store.link(link.id).expect("a database").expect("kept");
        assert_eq!((link.used, link.last_used), (1, Some(time(5))));
    });
}

#[test]
fn r6_of_many_at_once_one_gets_it() {
    on_each("store-link-race", |ground| {
        let (store, _) = ground.start();
        let link = add(&store, "token", terms(LinkType::OneTime));
        let (to, answers) = mpsc::channel();
        std::thread::scope(|threads| {
            for _ in 0..8 {
                let (store, to) = (&store, to.clone());
                threads.spawn(move || {
                    let then = move |redeemed| to.send(redeemed).expect("heard");
                    let hash = token_hash("token");
                    store.redeem_link(hash, time(1), |link| Some(link.id), then);
                });
            }
        });
        let answers: Vec<_> = answers.iter().take(8).collect();
        let won = answers.iter().filter(|answer| **answer == Ok(link.id));
        assert_eq!(won.count(), 1, "{answers:?}");
        let lost = answers
            .iter()
            .filter(|answer| **answer == Err(NotRedeemed::Used));
        assert_eq!(lost.count(), 7, "{answers:?}");
    });
}

#[test]
fn r7_a_time_frame_has_its_start_and_not_its_end_r14() {
    on_each("store-link-frame", |ground| {
        let (store, _) = ground.start();
        let frame = LinkTerms {
            from: Some(time(10)),
            until: Some(time(20)),
            ..terms(LinkType::TimeFrame)
        };
        let id = add(&store, "token", frame).id;
        let nearly = |seconds| time(seconds) - jiff::SignedDuration::from_micros(1);
        let at = |now| redeem(&store, "token", now);
        assert_eq!(at(nearly(10)), Err(NotRedeemed::NotYet));
        assert_eq!(at(time(10)), Ok(id));
        assert_eq!(at(nearly(20)), Ok(id), "as often as one likes");
        assert_eq!(at(time(20)), Err(NotRedeemed::Expired));
    });
}

#[test]
fn r8_a_link_is_good_until_it_expires_or_is_taken_back() {
    on_each("store-link-expires", |ground| {
        let (store, _) = ground.start();
        let until = Some(time(20));
        let expires = LinkTerms {
            until,
            ..terms(LinkType::Expiration)
        };
        let id = add(&store, "token", expires).id;
        for second in 0..3 {
            assert_eq!(redeem(&store, "token", time(second)), Ok(id));
        }
        assert!(store.revoke_link(id, time(4)).expect("a database"));
        assert!(store.revoke_link(id, time(5)).expect("a database"), "again");
        assert_eq!(redeem(&store, "token", time(5)), Err(NotRedeemed::Revoked));
        let link = store.link(id).expect("a database").expect("there");
        assert_eq!((link.used, link.revoked), (3, Some(time(4))));
        assert!(!store.revoke_link(LinkId(99), time(5)).expect("a database"));
    });
}

#[test]
fn what_leads_nowhere_is_not_used_up() {
    on_each("store-link-nowhere", |ground| {
        let (store, _) = ground.start();
        let link = add(&store, "token", terms(LinkType::OneTime));
        let (to, answer) = mpsc::channel();
        let then = move |redeemed: Result<(), _>| to.send(redeemed).expect("heard");
        store.redeem_link(token_hash("token"), time(1), |_| None, then);
        let refused = answer.recv_timeout(PATIENCE).expect("an answer");
        assert_eq!(refused, Err(NotRedeemed::Unavailable));
        assert_eq!(redeem(&store, "token", time(2)), Ok(link.id));
    });
}

#[test]
fn an_agent_s_links_are_listed_the_newest_first() {
    on_each("store-link-list", |ground| {
        let (store, _) = ground.start();
        let other = LinkTerms {
            agent: Some(AgentId(8)),
            configuration: None,
            ..terms(LinkType::OneTime)
        };
        let one = add(&store, "one", terms(LinkType::OneTime));
        let two = add(&store, "two", other);
        let three = add(&store, "three", terms(LinkType::Expiration));
        let list = |agent: Option<u32>, before, limit| {
            store
                .links(agent.map(AgentId), before, None, limit)
                .expect("a database")
        };
        assert_eq!(
            list(None, None, 9),
            [three.clone(), two.clone(), one.clone()]
        );
        assert_eq!(list(Some(7), None, 9), [three.clone(), one.clone()]);
        assert_eq!(list(None, Some(three.id), 1), [two]);
        assert_eq!(list(Some(7), Some(three.id), 9), [one]);
        let twice = store.add_link(token_hash("one"), terms(LinkType::OneTime), time(1));
        twice.expect_err("no two of one token");
    });
}

#[test]
fn a_store_that_is_gone_says_so_instead_of_nothing() {
    let folder = Folder::new("store-link-gone");
    let (mut store, _) = start(&folder);
    store.end();
    let answer = redeem(&store, "token", time(1));
    assert_eq!(answer, Err(NotRedeemed::Unavailable));
}
