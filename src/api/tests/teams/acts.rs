//! What bound supervisors do.

use super::*;

#[test]
fn b1_whom_a_supervisor_may_stand_beside_is_told_to_the_switch() {
    let desk = desk();
    let sue = supervisor(&desk, "sue", &["Sales"]);
    let path = |side: Side| format!("/api/v1/calls/{}/supervise", side.call(2));
    let body = json!({ "mode": "listen" });
    assert_eq!(desk.send("POST", &path(THEIRS), &sue, &body).status, 404);
    assert_eq!(desk.asked().len(), 0);
    assert_eq!(desk.send("POST", &path(OURS), &sue, &body).status, 202);
    let asked = desk.asked();
    let Some(Ask::Supervise { by, .. }) = asked.first() else {
        panic!("{asked:?}");
    };
    assert_eq!(by.sees, Some([OURS.agent()].into()));
}

#[test]
fn b1_who_comes_to_another_team_is_beside_its_agents_and_no_others() {
    let desk = desk();
    let sue = supervisor(&desk, "sue", &["Sales"]);
    let path = format!("/api/v1/calls/{}/supervise", OURS.call(2));
    let body = json!({ "mode": "listen" });
    assert_eq!(desk.send("POST", &path, &sue, &body).status, 202);
    let look = || desk.runtime.block_on(crate::api::beside::look(&desk.site));
    look();
    assert_eq!(desk.asked().len(), 1);
    let user = desk.store.user_named("sue").expect("a store").expect("her");
    let path = format!("/api/v1/users/{}", user.id);
    let changed = json!({ "name": "sue", "role": "supervisor", "teams": ["Service"] });
    assert_eq!(desk.send("PUT", &path, &desk.admin(), &changed).status, 200);
    look();
    let asked = desk.asked();
    let Some(Ask::LimitSupervision { by, .. }) = asked.get(1) else {
        panic!("{asked:?}");
    };
    assert_eq!(by.sees, Some([THEIRS.agent()].into()));
}

#[test]
fn a_callback_of_another_team_is_not_picked_and_a_link_not_made() {
    let desk = desk();
    let sue = supervisor(&desk, "sue", &["Sales"]);
    let pick = |callback| {
        let body = json!({ "callback": callback });
        desk.send("POST", "/api/v1/agents/1/callbacks", &sue, &body)
            .status
    };
    assert_eq!([pick(2), pick(77), pick(1)], [404, 404, 202]);
    let link = |agent: u32| {
        let body = json!({ "type": "one_time", "agent": agent });
        desk.send("POST", "/api/v1/links", &sue, &body)
    };
    let refused = link(2);
    assert_eq!(
        (refused.status, refused.fields()),
        (422, vec!["agent".to_owned()])
    );
    assert_eq!(link(1).status, 201);
}
