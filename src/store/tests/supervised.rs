//! What supervisors do is in the audit log (B1).

use super::*;
use crate::call::supervise::{Deed, Supervised};
use crate::id::{AgentId, CallId};

#[test]
fn b1_every_deed_of_a_supervisor_is_in_the_audit_log_once() {
    on_each("store-supervised", |ground| {
        let (store, _) = ground.start();
        let deeds = [Deed::Asks, Deed::Listens, Deed::Barges, Deed::Leaves];
        for (second, deed) in (0..).zip(deeds) {
            store.write(Record::Supervised(Supervised {
                at: time(second),
                by: "user sue".to_owned(),
                call: CallId(7),
                agent: Some(AgentId(3)),
                deed,
            }));
        }
        store.stop();
        let (store, _) = ground.start();
        let log = store.audits(None, 9).expect("read");
        let actions: Vec<&str> = log.iter().rev().map(|each| each.action.as_str()).collect();
        assert_eq!(actions, deeds.map(Deed::action));
        assert!(
            log.iter()
                .all(|each| each.who == "user sue" && each.detail == "agent 3")
        );
        assert!(log.iter().all(|each| each.subject == CallId(7).to_string()));
        let fine = store.check_audit().expect("checked");
        assert!(
            matches!(fine, Checked::Whole { records: 4, .. }),
            "{fine:?}"
        );
    });
}
