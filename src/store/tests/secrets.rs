//! Passwords in the database are sealed while there is a master key (R154).

use super::super::Place;
use super::super::Store;
use super::super::tests::{Folder, on_each, start_at};
use crate::keys::Keys;
use crate::keys::tests::keys;
use std::sync::Arc;

const DOCUMENT: &str = "[[agent]]\npassword = \"a secret\"\n";

/// All texts that may have passwords, as the database has them.
fn kept(store: &Store) -> Vec<String> {
    let texts = store.with(async |db| {
        let sql = "SELECT document AS text FROM settings UNION ALL SELECT secret FROM webhooks";
        let rows = db.link.rows(sql, &[]).await?;
        rows.iter().map(|row| row.text("text")).collect()
    });
    texts.expect("read")
}

fn holds(store: &Store) {
    let latest = store.settings().expect("read").expect("saved");
    assert_eq!(latest.document, DOCUMENT);
    let first = store.settings_at(1).expect("read").expect("saved");
    assert_eq!(first.document, DOCUMENT);
    let secrets: Vec<_> = store.webhooks().expect("read");
    let secrets: Vec<_> = secrets.iter().map(|each| each.secret.as_str()).collect();
    assert_eq!(secrets, ["whsec_a", "whsec_b"]);
}

#[test]
fn r154_passwords_are_sealed_by_the_first_key_whenever_they_came() {
    on_each("secrets", |ground| {
        let with = |names: &[&str]| -> Option<Arc<Keys>> { Some(Arc::new(keys(names))) };
        let (mut store, _) = ground.start();
        store.save_settings(DOCUMENT, "ada", 0).expect("saved");
        let add = |store: &Store, secret| {
            let id = store.add_webhook("https://example.com", secret, &[], 0);
            id.expect("added").expect("room")
        };
        add(&store, "whsec_a");
        assert_eq!(kept(&store), [DOCUMENT, "whsec_a"], "nobody has set a key");

        assert_eq!(store.seal_with(with(&["a"])).expect("sealed"), 2);
        store.save_settings(DOCUMENT, "ada", 1).expect("saved");
        let id = add(&store, "whsec_b");
        holds(&store);
        let sealed_by = |store: &Store, name: &str| {
            let start = format!("sealed:{name}:");
            kept(store).iter().all(|text| text.starts_with(&start))
        };
        assert!(sealed_by(&store, "a"), "{:?}", kept(&store));
        let mut changed = store.webhooks().expect("read").pop().expect("one");
        changed.disabled = true;
        assert_eq!(changed.id, id);
        assert!(store.change_webhook(changed).expect("changed"));
        assert!(sealed_by(&store, "a"), "{:?}", kept(&store));

        assert_eq!(store.seal_with(with(&["b", "a"])).expect("sealed"), 4);
        assert_eq!(store.seal_with(with(&["b", "a"])).expect("sealed"), 0);
        assert!(sealed_by(&store, "b"));
        assert_eq!(store.seal_with(with(&["b"])).expect("the old is gone"), 0);
        holds(&store);
        for without in [None, with(&["c"])] {
            let why = store.seal_with(without).expect_err("sealed by b");
            assert!(format!("{why:#}").contains("master key b"), "{why:#}");
            assert!(store.settings().is_err() && store.webhooks().is_err());
        }
        assert!(sealed_by(&store, "b"), "nothing is lost");
        assert_eq!(store.seal_with(with(&["b"])).expect("found again"), 0);
        holds(&store);
    });
}

#[test]
fn r154_nothing_of_a_password_stays_in_the_file_once_it_is_sealed() {
    let folder = Folder::new("secrets-file");
    let (mut store, _) = start_at(&Place::Sqlite(folder.database()));
    let long = format!(
        "{DOCUMENT}# {}",
        "so that it needs pages of its own ".repeat(500)
    );
    store.save_settings(&long, "ada", 0).expect("saved");
    let holds = || {
        let files = std::fs::read_dir(folder.path()).expect("a folder");
        let files = files.map(|file| std::fs::read(file.expect("a file").path()).expect("read"));
        let secret = b"a secret";
        files
            .into_iter()
            .any(|bytes| bytes.windows(secret.len()).any(|part| part == secret))
    };
    assert!(holds(), "nobody has set a key");
    let keys = Some(Arc::new(keys(&["a"])));
    assert_eq!(store.seal_with(keys).expect("sealed"), 1);
    assert!(!holds());
}
