//! Call links.

use super::*;
use crate::id::{CallLinkConfigId, StrategyId};

fn link(change: impl FnOnce(&mut CallLinkConfig)) -> impl FnOnce(&mut Account) {
    |account| {
        let mut link = CallLinkConfig::new(CallLinkConfigId(1), "Help");
        change(&mut link);
        account.call_links.configurations.push(link);
    }
}

#[test]
fn r3_a_configuration_makes_sense() {
    refused(link(|_| {}), &[]);
    let rules = |link: &mut CallLinkConfig| link.routing = LinkRouting::RoutingRules;
    refused(link(rules), &["call_link[0].queue"]);
    let gone = link(|it| it.queue = Some(QueueId(99)));
    refused(gone, &["call_link[0].queue"]);
    let strict = link(|it| (it.strict, it.queue) = (true, Some(QueueId(1))));
    refused(strict, &["call_link[0].queue"]);
    let strict = link(|it| {
        rules(it);
        (it.strict, it.queue) = (true, Some(QueueId(1)));
    });
    refused(strict, &["call_link[0].strict"]);
    let types = link(|it| it.types = vec![LinkType::Expiration]);
    refused(types, &["call_link[0].default_type"]);
    let types = link(|it| it.types.clear());
    refused(types, &["call_link[0].types"]);
    for seconds in [59, 366 * 86_400 + 1] {
        let long = link(|it| it.expires_after = Duration::from_secs(seconds));
        refused(long, &["call_link[0].expires_after_s"]);
    }
    let gone = |account: &mut Account| account.call_links.selected = Some(CallLinkConfigId(7));
    refused(gone, &["call_links.selected"]);
    let twice = |account: &mut Account| {
        link(|_| {})(account);
        link(|_| {})(account);
    };
    refused(twice, &["call_link[1].name", "call_link[1].id"]);
}

#[test]
fn d5_a_configuration_is_a_sender() {
    let sender = |name: &str| {
        let name = name.to_owned();
        |account: &mut Account| {
            link(|_| {})(account);
            account.queues[1].waiting = Waiting::default();
            account.strategies = vec![Strategy {
                id: StrategyId(1),
                name: "Web".into(),
                kind: StrategyKind::Senders(vec!["+49*".into(), name]),
                waiting: Waiting::default(),
            }];
        }
    };
    refused(sender("link:Help"), &[]);
    refused(sender("link:Other"), &["strategy[0].senders[1]"]);
    let mut account = sound();
    sender("link:Help")(&mut account);
    let of = |called| {
        account
            .waiting(QueueId(2), Some(called))
            .map(|(key, _)| key)
    };
    let (strategy, queue) = (
        WaitingKey::Strategy(StrategyId(1)),
        WaitingKey::Queue(QueueId(2)),
    );
    assert_eq!(of("link:Help"), Some(strategy));
    assert_eq!(of("link:Helpless"), Some(queue));
    assert_eq!(of("+49301"), Some(strategy), "numbers as before");
}
