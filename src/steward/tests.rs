//! What is set, what is kept, and what is refused.

use super::*;
use crate::id::SoundId;
use crate::store::Place;
use std::sync::atomic::{AtomicU64, Ordering};

/// A folder of its own for each test.
fn folder() -> PathBuf {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let folder = format!("cordboard-steward-{}-{count}", std::process::id());
    let folder = std::env::temp_dir().join(folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

fn voices(folder: &Path) -> Arc<Catalogue> {
    Arc::new(Catalogue::new(folder))
}

fn store(folder: &Path) -> Arc<Store> {
    let store = Store::start(&Place::new(None, folder), |_| {});
    Arc::new(store.expect("a store"))
}

const ACCOUNT: &str = r#"
[account]
name = "acme"
[[agent]]
user = "1001"
password = "a good secret"
[[queue]]
name = "Support"
"#;

fn account() -> Account {
    document::read("test", ACCOUNT, Path::new("")).expect("sound")
}

type Told = Arc<Mutex<Vec<Account>>>;

fn steward(folder: &Path, store: &Arc<Store>) -> (Steward, Told) {
    let began = begin(store, &account(), folder, &voices(folder)).expect("a beginning");
    let told = Told::default();
    let heard = told.clone();
    let steward = Steward::new(
        store.clone(),
        folder,
        began.account,
        began.revision,
        began.studio,
        move |change| heard.lock().expect("told").push(change.settings.account),
    );
    (steward, told)
}

#[test]
fn a_change_is_in_force_and_there_after_a_restart() {
    let folder = folder();
    let store = store(&folder);
    let (steward, told) = steward(&folder, &store);
    let (revision, mut table) = steward.document();
    assert_eq!(revision, 1, "the file's");
    table["timeouts"]["agent_s"] = 20.into();
    assert_eq!(steward.set(table, "ada", 1).expect("fine"), 2);
    let told = told.lock().expect("told").pop().expect("told of it");
    assert_eq!(told.timeouts.agent.as_secs(), 20);
    assert_eq!(told.agents[0].password, account().agents[0].password);
    let again = begin(&store, &account(), &folder, &voices(&folder)).expect("a beginning");
    assert_eq!((again.account, again.revision), (told, 2));
}

#[test]
fn the_file_counts_until_people_have_set_something() {
    let folder = folder();
    let store = store(&folder);
    let mut file = account();
    let begin =
        |file: &Account| begin(&store, file, &folder, &voices(&folder)).expect("a beginning");
    assert_eq!(begin(&file).revision, 1);
    assert_eq!(begin(&file).revision, 1, "the same again");
    file.wrap_up.enabled = true;
    let third = begin(&file);
    assert_eq!((third.revision, third.account.wrap_up.enabled), (2, true));
    let text = document::write(&account(), &folder, Secrets::Shown).to_string();
    store.save_settings(&text, "ada", 2).expect("saved");
    assert!(!begin(&file).account.wrap_up.enabled, "the database's");
}

#[test]
fn nobody_overwrites_what_they_have_not_seen() {
    let folder = folder();
    let store = store(&folder);
    let (steward, told) = steward(&folder, &store);
    let (_, mut table) = steward.document();
    table["timeouts"]["agent_s"] = 20.into();
    assert!(steward.set(table.clone(), "ada", 1).is_ok());
    table["timeouts"]["agent_s"] = 21.into();
    let refused = steward.set(table, "ben", 1).expect_err("too late");
    assert!(matches!(refused, Refused::Conflict(2)), "{refused:?}");
    assert_eq!(told.lock().expect("told").len(), 1);
}

#[test]
fn every_problem_is_told_at_once_and_nothing_changes() {
    let folder = folder();
    let store = store(&folder);
    let (steward, told) = steward(&folder, &store);
    let (_, mut table) = steward.document();
    table["timeouts"]["agent_s"] = 2.into();
    table["wrap_up"]["default_s"] = 9_999.into();
    let Err(Refused::Unsound(problems)) = steward.set(table, "ada", 1) else {
        panic!("unsound")
    };
    let fields: Vec<_> = problems.iter().map(|p| p.field.as_str()).collect();
    assert_eq!(fields, ["timeouts.agent_s", "wrap_up.default_s"]);
    let (_, mut table) = steward.document();
    std::fs::write(folder.join("noise.wav"), "no sound at all").expect("written");
    let music: toml::Table = "music = { file = \"noise.wav\" }".parse().expect("TOML");
    table["queue"][0]
        .as_table_mut()
        .expect("a table")
        .extend(music);
    let Err(Refused::Unsound(problems)) = steward.set(table, "ada", 1) else {
        panic!("it cannot be heard")
    };
    assert_eq!(problems[0].field, "queue[0].music");
    assert!(told.lock().expect("told").is_empty());
    assert_eq!(steward.account().0, 1);
}

#[test]
fn r92_what_is_recorded_changes_only_while_the_master_toggle_is_off() {
    let folder = folder();
    let store = store(&folder);
    let (steward, _) = steward(&folder, &store);
    let with = |enabled: bool, direction: &str| {
        let (revision, mut table) = steward.document();
        let section = format!("enabled = {enabled}\ndirection = \"{direction}\"");
        let section: toml::Table = section.parse().expect("TOML");
        table.insert("recording".into(), section.into());
        steward.set(table, "ada", revision)
    };
    with(true, "inbound").expect("it was off");
    let refused = with(true, "both").expect_err("it is on");
    let Refused::Unsound(problems) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(problems[0].field, "recording.direction");
    with(false, "inbound").expect("off");
    with(true, "both").expect("it was off");
    assert_eq!(
        steward.account().1.recording.direction,
        crate::settings::Directions::Both
    );
}

#[test]
fn what_was_encoded_for_one_start_is_not_encoded_for_the_next() {
    let folder = folder();
    let media = Path::new(env!("CARGO_MANIFEST_DIR")).join("media");
    let music = folder.join("music.wav");
    std::fs::copy(media.join("chime.wav"), &music).expect("copied");
    let mut account = account();
    account.queues[0].waiting.music = Some(crate::settings::Message::File(music.clone()));
    let furnish = || {
        let furnished = Studio::new(voices(&folder)).furnish(&account);
        let (library, _) = furnished.expect("furnished");
        // The first that is made.
        library.get(SoundId(1)).expect("there").to_bytes()
    };
    let first = furnish();
    let kept = || {
        let files = std::fs::read_dir(folder.join("speech")).expect("a cache");
        let files = files.map(|file| file.expect("a file").path());
        let mut mine = files.filter(|path| std::fs::read(path).expect("read") == first);
        mine.next().expect("the music")
    };
    // Another sound under its name is what is found: nothing was encoded.
    let other = crate::media::Sound::new(vec![500; 800]).to_bytes();
    let path = kept();
    std::fs::write(&path, &other).expect("written");
    assert_eq!(furnish(), other);
    // What is broken is made again, and so is what has changed.
    std::fs::write(&path, b"broken").expect("written");
    assert_eq!(furnish(), first);
    assert_eq!(kept(), path);
    std::fs::copy(media.join("greeting.wav"), &music).expect("copied");
    assert_ne!(furnish(), first);
}
