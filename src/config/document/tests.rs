//! What is written is read as the same account, from TOML and from JSON.

use super::*;
use crate::settings::Secret;
use std::path::PathBuf;

fn example() -> Account {
    let text = include_str!("../../../tools/example.toml");
    let files = Files {
        exists: |_| true,
        read: |_| Err(std::io::Error::other("not there")),
    };
    let config = load::load(Path::new("/sounds/c.toml"), text, &files);
    config.expect("fine").account
}

fn read_back(table: &toml::Table) -> Result<Account, ConfigErrors> {
    let files = Files {
        exists: |_| true,
        read: |_| Err(std::io::Error::other("not there")),
    };
    let text = table.to_string();
    load::account(Path::new("settings"), &text, Path::new("/sounds"), &files)
}

#[test]
fn what_is_written_is_read_as_the_same_account() {
    let account = example();
    let table = write(&account, Path::new("/sounds"), Secrets::Shown);
    assert_eq!(read_back(&table), Ok(account));
}

#[test]
fn json_is_another_spelling_of_it() {
    let account = example();
    let table = write(&account, Path::new("/sounds"), Secrets::Shown);
    let json = serde_json::to_value(&table).expect("JSON");
    let table: toml::Table = serde_json::from_value(json).expect("a table");
    assert_eq!(read_back(&table), Ok(account));
}

#[test]
fn passwords_are_left_out_and_come_back_unchanged() {
    let mut account = example();
    let mut table = write(&account, Path::new("/sounds"), Secrets::Hidden);
    assert!(!table.to_string().contains("change me"));
    // The second agent's is set anew, the third agent is new.
    let agents = table["agent"].as_array_mut().expect("agents");
    let second = agents[1].as_table_mut().expect("a table");
    second.insert("password".into(), "a new secret".into());
    keep_secrets(&mut table, &account);
    account.agents[1].password = Secret("a new secret".into());
    assert_eq!(read_back(&table), Ok(account));
}

#[test]
fn a_problem_names_the_field_and_the_mend() {
    let mut table = write(&example(), Path::new("/sounds"), Secrets::Shown);
    let timeouts = table["timeouts"].as_table_mut().expect("a table");
    timeouts.insert("agent_s".into(), 2.into());
    timeouts.insert("agents_s".into(), 2.into());
    let errors = read_back(&table).expect_err("refused").0;
    let told: Vec<_> = errors
        .iter()
        .map(|e| (e.field.as_str(), e.what.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("timeouts.agent_s", "agent_s: 2 s: must be 3 to 60 s"),
            (
                "timeouts.agents_s",
                "unknown key \"agents_s\" in timeouts; did you mean \"agent_s\"?"
            ),
        ]
    );
}

#[test]
fn a_document_holds_nothing_of_the_process() {
    let wrong = read("settings", "[server]\nhttp = \"off\"", &PathBuf::new());
    let errors = wrong.expect_err("refused").0;
    assert_eq!(errors[0].field, "server");
}

#[test]
fn b22_what_customers_are_told_of_the_recording_is_read_back() {
    let mut account = example();
    account.recording.mask_digits = Some(std::time::Duration::from_secs(9));
    account.recording.consent = Some(crate::settings::Consent {
        message: crate::settings::Message::text("This call is recorded."),
        refuse: Some('*'),
        wait: std::time::Duration::from_secs(7),
    });
    let table = write(&account, Path::new("/sounds"), Secrets::Shown);
    assert_eq!(read_back(&table), Ok(account));
}
