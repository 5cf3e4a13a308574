//! What people ask and change: settings, users, sessions, keys, the first user.

use super::*;
use crate::id::UserId;
use crate::store::users::Role;
use jiff::SignedDuration;

fn somebody(name: &str, role: Role) -> NewUser {
    NewUser {
        name: name.to_owned(),
        role,
        password: "$argon2id$…".to_owned(),
        agent: Some(AgentId(7)),
        teams: vec![],
    }
}

fn added(changed: Changed) -> UserId {
    let Changed::Done(id) = changed else {
        panic!("{changed:?}")
    };
    id
}

fn soon() -> Timestamp {
    Timestamp::now() + SignedDuration::from_hours(1)
}

#[test]
fn settings_are_saved_only_over_the_revision_that_was_seen() {
    on_each("store-settings", |ground| {
        let (store, _) = ground.start();
        assert_eq!(store.settings().expect("read"), None);
        let save =
            |text: &str, expected| store.save_settings(text, "ada", expected).expect("saved");
        assert_eq!(save("one", 0), Saved::As(1));
        assert_eq!(save("other", 0), Saved::Conflict(1));
        assert_eq!(save("two", 1), Saved::As(2));
        let latest = store.settings().expect("read").expect("some");
        assert_eq!(
            (latest.number, latest.document.as_str(), latest.by.as_str()),
            (2, "two", "ada")
        );
        drop(store);

        let (store, _) = ground.start();
        for number in 2..205 {
            let saved = store.save_settings("more", "bob", number).expect("saved");
            assert_eq!(saved, Saved::As(number + 1));
        }
        let history = store.settings_history().expect("read");
        assert_eq!(
            (history.len(), history[0].number, history[199].number),
            (200, 205, 6)
        );
        assert_eq!(store.settings_at(5).expect("read"), None);
        assert_eq!(store.settings_at(6).expect("read").expect("kept").by, "bob");
    });
}

#[test]
fn two_who_save_at_once_do_not_overwrite_each_other() {
    on_each("store-settings-race", |ground| {
        let (store, _) = ground.start();
        let store = &store;
        std::thread::scope(|scope| {
            let savers = (0..8).map(|_| {
                scope.spawn(move || store.save_settings("mine", "somebody", 0).expect("saved"))
            });
            let savers: Vec<_> = savers.collect();
            let saved = savers
                .into_iter()
                .map(|saver| saver.join().expect("no panic"));
            let (done, late): (Vec<_>, Vec<_>) = saved.partition(|saved| *saved == Saved::As(1));
            assert_eq!((done.len(), late.len()), (1, 7));
        });
    });
}

#[test]
fn users_have_unique_names_and_one_admin_stays() {
    on_each("store-users", |ground| {
        let (store, _) = ground.start();
        let ada = added(
            store
                .add_user(somebody("ada", Role::Admin))
                .expect("stored"),
        );
        let bob = added(
            store
                .add_user(somebody("bob", Role::Agent))
                .expect("stored"),
        );
        let taken = store
            .add_user(somebody("bob", Role::Agent))
            .expect("stored");
        assert_eq!(taken, Changed::NameTaken);
        let mut changed = store.user(ada).expect("read").expect("there");
        assert_eq!(
            store.user_named("ada").expect("read"),
            Some(changed.clone())
        );
        assert_eq!(
            (changed.role, changed.agent),
            (Role::Admin, Some(AgentId(7)))
        );
        assert!(!format!("{changed:?}").contains("argon2"));

        assert_eq!(store.remove_user(ada).expect("stored"), Changed::LastAdmin);
        changed.disabled = true;
        assert_eq!(
            store.change_user(changed.clone()).expect("stored"),
            Changed::LastAdmin
        );
        changed.disabled = false;
        changed.name = "bob".to_owned();
        assert_eq!(
            store.change_user(changed.clone()).expect("stored"),
            Changed::NameTaken
        );
        let mut second = store.user(bob).expect("read").expect("there");
        assert_eq!(second.teams, [""; 0]);
        (second.role, second.teams) = (Role::Supervisor, vec!["Sales \"A\"".to_owned()]);
        assert_eq!(
            store.change_user(second.clone()).expect("stored"),
            Changed::Done(bob)
        );
        assert_eq!(
            store.user(bob).expect("read").as_ref(),
            Some(&second),
            "with the teams"
        );
        second.role = Role::Admin;
        assert_eq!(
            store.change_user(second).expect("stored"),
            Changed::Done(bob)
        );
        assert_eq!(store.remove_user(ada).expect("stored"), Changed::Done(ada));
        assert_eq!(store.remove_user(ada).expect("stored"), Changed::Missing);
        assert_eq!(
            store.change_user(changed).expect("stored"),
            Changed::Missing
        );
        assert_eq!(store.users().expect("read").len(), 1);
    });
}

#[test]
fn a_session_ends_by_time_by_hand_and_with_what_its_user_may_do() {
    on_each("store-sessions", |ground| {
        let (store, _) = ground.start();
        let ada = added(
            store
                .add_user(somebody("ada", Role::Admin))
                .expect("stored"),
        );
        let bob = added(
            store
                .add_user(somebody("bob", Role::Agent))
                .expect("stored"),
        );
        let is_open = |hash| store.session(hash).expect("read").is_some();
        store.begin_session("one", ada, soon()).expect("stored");
        store.begin_session("two", bob, soon()).expect("stored");
        store
            .begin_session("late", ada, Timestamp::now())
            .expect("stored");
        assert!(is_open("one") && is_open("two") && !is_open("late") && !is_open("none"));
        let (user, _) = store.session("two").expect("read").expect("open");
        assert_eq!(user.id, bob);
        store.end_session("one").expect("stored");
        assert!(!is_open("one"));
        let mut user = user;
        user.password = "another".to_owned();
        assert_eq!(store.change_user(user).expect("stored"), Changed::Done(bob));
        assert!(!is_open("two"), "with another password");
        for number in 0..60 {
            let hash = format!("many {number}");
            let until = soon() + SignedDuration::from_secs(number);
            store.begin_session(&hash, bob, until).expect("stored");
        }
        assert!(!is_open("many 9") && is_open("many 10") && is_open("many 59"));
        store
            .extend_session("many 59", Timestamp::now())
            .expect("stored");
        assert!(!is_open("many 59"));
        store.remove_user(bob).expect("stored");
        assert!(!is_open("many 40"));
    });
}

#[test]
fn a_key_is_good_until_it_is_revoked() {
    on_each("store-keys", |ground| {
        let (store, _) = ground.start();
        let scopes = ["read".to_owned(), "events".to_owned()];
        assert!(store.add_key("crm", "hash", &scopes).expect("stored"));
        assert!(!store.add_key("crm", "other", &scopes).expect("stored"));
        let key = store.key("hash").expect("read").expect("good");
        assert_eq!((key.name.as_str(), &key.scopes[..]), ("crm", &scopes[..]));
        assert!(store.keys().expect("read")[0].used.is_some());
        assert!(store.revoke_key("crm").expect("stored"));
        assert_eq!(store.key("hash").expect("read"), None);
        assert!(store.keys().expect("read")[0].revoked.is_some());
        assert!(!store.revoke_key("other").expect("stored"));
    });
}

#[test]
fn the_first_user_is_made_once_by_whoever_has_the_last_token() {
    on_each("store-setup", |ground| {
        let (store, _) = ground.start();
        let finish = |hash: &str| {
            let first = somebody("ada", Role::Admin);
            store.finish_setup(hash, first).expect("stored")
        };
        assert_eq!(finish("one"), Changed::TokenWrong);
        assert!(store.begin_setup("one").expect("stored"));
        assert!(store.begin_setup("two").expect("stored"), "another start");
        assert_eq!(finish("one"), Changed::TokenWrong);
        added(finish("two"));
        assert_eq!(finish("two"), Changed::TokenWrong);
        assert!(!store.begin_setup("three").expect("stored"));
    });
}
