//! PostgreSQL: it may be held by another, newer than we are, or away for a while.

use super::*;

/// Only where there is a server.
fn on_postgres(name: &str, test: impl Fn(&Ground, &str, &str)) {
    on_each(name, |ground| {
        if let Place::Postgres { url, .. } = &ground.place {
            let (server, database) = url.rsplit_once('/').expect("a database");
            test(ground, server, database);
        }
    });
}

fn refused(place: &Place) -> String {
    let refused = Store::start(place, |_| {}).expect_err("not ours");
    format!("{refused:#}")
}

#[test]
fn a_second_instance_on_one_postgres_database_is_told_so_f26() {
    on_postgres("store-second", |ground, _, database| {
        let (store, _) = ground.start();
        put(&store, conversation(1));
        let told = refused(&ground.place);
        assert!(
            told.contains("another Cordboard") && told.contains(database),
            "{told}"
        );
        store.stop();
        let (store, _) = ground.start();
        assert_eq!(store.conversations(9).expect("rows").len(), 1);
    });
}

#[test]
fn a_newer_postgres_schema_is_refused_f25() {
    on_postgres("store-newer", |ground, _, _| {
        let (store, _) = ground.start();
        let newer =
            async |db: &mut Database| db.link.script("UPDATE schema SET version = 99").await;
        store.with(newer).expect("set");
        store.stop();
        let told = refused(&ground.place);
        assert!(told.contains("newer Cordboard (schema 99"), "{told}");
    });
}

#[test]
fn a_postgres_server_that_is_not_there_is_named_without_the_password() {
    let folder = Folder::new("store-nowhere");
    let place = Place::Postgres {
        url: "postgres://ada:s3cret@127.0.0.1:9/calls".to_owned(),
        dir: folder.path().to_owned(),
    };
    let told = refused(&place);
    assert!(
        told.contains("127.0.0.1:9/calls") && !told.contains("s3cret"),
        "{told}"
    );
}

#[test]
fn while_postgres_lets_nobody_in_records_are_spooled_and_who_asks_is_told_at_once_f3() {
    on_postgres("store-away", |ground, server, database| {
        let (store, said) = ground.start();
        put(&store, ended(conversation(1)));
        store.flush().expect("written");
        postgres(
            server,
            &format!("ALTER DATABASE {database} ALLOW_CONNECTIONS false"),
        );
        let cut = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'"
        );
        postgres(server, &cut);
        wait_for(|| store.is_failing());
        let began = Instant::now();
        for number in 2..=50 {
            put(&store, ended(conversation(number)));
        }
        store.settings().expect_err("away");
        store.save_settings("text", "ada", 0).expect_err("away");
        store.conversations(9).expect_err("away");
        assert!(
            began.elapsed() < Duration::from_secs(2),
            "{:?}",
            began.elapsed()
        );

        postgres(
            server,
            &format!("ALTER DATABASE {database} ALLOW_CONNECTIONS true"),
        );
        wait_for(|| !store.is_failing());
        store.flush().expect("written");
        assert_eq!(store.conversations(99).expect("rows").len(), 50);
        assert_eq!(ground.lines("calls.jsonl").len(), 50);
        let said = said.lock().expect("no panic");
        assert!(
            matches!(said[..], [Event::Failing { .. }, Event::Recovered]),
            "{said:?}"
        );
    });
}

#[test]
fn a_connection_that_was_cut_is_made_anew_and_nobody_notices_f3() {
    on_postgres("store-cut", |ground, server, database| {
        let (store, said) = ground.start();
        store.flush().expect("open");
        let cut = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'"
        );
        postgres(server, &cut);
        put(&store, ended(conversation(1)));
        store.flush().expect("written");
        assert_eq!(store.conversations(9).expect("rows").len(), 1);
        assert_eq!(*said.lock().expect("no panic"), []);
    });
}
