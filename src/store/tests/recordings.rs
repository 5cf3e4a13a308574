//! Recordings are found, deleted and remembered; the audit log shows what was done to it.

use super::*;
use jiff::SignedDuration;

fn file_id(number: u64, segment: u32, position: u32) -> FileId {
    FileId {
        call: conversation(number).id,
        segment,
        position,
    }
}

/// A segment with everything different that can be filtered by.
fn other(number: u64) -> Recorded {
    let mut other = recorded(number, 1);
    if let Some(talk) = &mut other.talk {
        talk.began = time(3_600);
        talk.queue = Some("Sales".to_owned());
        talk.agent.id = AgentId(8);
        talk.customer = "+33".to_owned();
        talk.direction = Direction::Inbound;
    }
    other.files.truncate(1);
    other.files[0].milliseconds = 1_000;
    other
}

#[test]
fn r107_recordings_are_found_by_what_they_are_and_listed_page_by_page() {
    on_each("store-find", |ground| {
        let (store, _) = ground.start();
        store.write(Record::Recorded(recorded(1, 1)));
        store.write(Record::Recorded(other(2)));
        let find = |filter: RecordingFilter| {
            let found = store.find_recordings(&filter, 100).expect("read");
            found.iter().map(|found| found.id).collect::<Vec<_>>()
        };
        let any = RecordingFilter::default();
        let all = [
            file_id(2, 1, 0),
            file_id(1, 1, 2),
            file_id(1, 1, 1),
            file_id(1, 1, 0),
        ];
        assert_eq!(find(any.clone()), all, "the newest first");
        let customer = recorded(1, 1).talk.expect("a talk").customer;
        type Filter = RecordingFilter;
        let (first, second) = (&all[1..], &all[..1]);
        for (filter, expected) in [
            (
                Filter {
                    call: Some(conversation(1).id),
                    ..any.clone()
                },
                first,
            ),
            (
                Filter {
                    from: Some(time(1)),
                    ..any.clone()
                },
                second,
            ),
            (
                Filter {
                    until: Some(time(1)),
                    ..any.clone()
                },
                first,
            ),
            (
                Filter {
                    queue: Some("Sales".into()),
                    ..any.clone()
                },
                second,
            ),
            (
                Filter {
                    agent: Some(AgentId(7)),
                    ..any.clone()
                },
                first,
            ),
            (
                Filter {
                    number: Some(customer),
                    ..any.clone()
                },
                first,
            ),
            (
                Filter {
                    number: Some("03 3".into()),
                    ..any.clone()
                },
                second,
            ),
            (
                Filter {
                    direction: Some(Direction::Inbound),
                    ..any.clone()
                },
                second,
            ),
            (
                Filter {
                    longer: Some(2_000),
                    ..any.clone()
                },
                first,
            ),
            (
                Filter {
                    shorter: Some(2_000),
                    ..any.clone()
                },
                second,
            ),
            (
                Filter {
                    queue: Some("' OR 1=1".into()),
                    ..any.clone()
                },
                &[],
            ),
        ] {
            assert_eq!(find(filter.clone()), expected, "{filter:?}");
        }
        let mut pages = vec![];
        let mut after = None;
        loop {
            let page = RecordingFilter {
                after,
                ..any.clone()
            };
            let page = store.find_recordings(&page, 1).expect("read");
            let Some(last) = page.last() else { break };
            after = Some(last.cursor());
            pages.push(last.id);
        }
        assert_eq!(pages, all);
        let one = store
            .recording(file_id(1, 1, 0))
            .expect("read")
            .expect("there");
        assert_eq!(Some(one.talk), recorded(1, 1).talk);
        assert_eq!(one.file, recorded(1, 1).files[0]);
        assert_eq!(store.recording(file_id(9, 1, 0)).expect("read"), None);
    });
}

#[test]
fn r110_one_file_is_deleted_once_and_that_it_was_there_stays() {
    on_each("store-delete", |ground| {
        let (store, _) = ground.start();
        store.write(Record::Recorded(recorded(1, 1)));
        let id = file_id(1, 1, 1);
        assert!(
            store
                .delete_recording(id, "user ada", "asked")
                .expect("done")
        );
        assert!(!store.delete_recording(id, "user bob", "").expect("done"));
        let none = file_id(9, 1, 0);
        assert!(!store.delete_recording(none, "user bob", "").expect("done"));
        let any = RecordingFilter::default();
        assert_eq!(store.find_recordings(&any, 9).expect("read").len(), 2);
        let all = RecordingFilter {
            deleted: true,
            ..any
        };
        let all = store.find_recordings(&all, 9).expect("read");
        let by = all.iter().filter_map(|one| one.deleted.as_ref());
        assert_eq!(
            by.map(|by| by.by.as_str()).collect::<Vec<_>>(),
            ["user ada"]
        );
        // What is written once more by a repair does not bring it back.
        store.write(Record::Recorded(recorded(1, 1)));
        let left = store.recordings_to_erase(9).expect("read");
        assert_eq!(left.iter().map(|one| one.id).collect::<Vec<_>>(), [id]);
        store.recording_erased(id).expect("done");
        assert_eq!(store.recordings_to_erase(9).expect("read"), []);
        let log = store.audits(None, 9).expect("read");
        let [note] = log.as_slice() else {
            panic!("{log:?}")
        };
        let told = (
            note.who.as_str(),
            note.action.as_str(),
            note.detail.as_str(),
        );
        assert_eq!(told, ("user ada", "recording.deleted", "asked"));
        assert_eq!(note.subject, id.to_string());
    });
}

fn note(number: u32) -> Noted {
    Noted {
        who: "user ada".to_owned(),
        action: "recording.heard",
        subject: number.to_string(),
        detail: "a\0b 'quoted'".to_owned(),
    }
}

#[test]
fn an_altered_removed_or_inserted_record_of_the_audit_log_is_named() {
    on_each("store-audit", |ground| {
        let (store, _) = ground.start();
        for number in 1..=6 {
            store.audit(note(number)).expect("done");
        }
        let fine = store.check_audit().expect("checked");
        let Checked::Whole { records, head, .. } = &fine else {
            panic!("{fine:?}")
        };
        assert_eq!((*records, *head), (6, 6));
        let say = |sql: &'static str| {
            let done = store.with(async move |db| db.link.script(sql).await);
            done.expect("done");
        };
        for (harm, mend, first) in [
            (
                "UPDATE audit SET who = 'user bob' WHERE seq = 4",
                "UPDATE audit SET who = 'user ada' WHERE seq = 4",
                4,
            ),
            (
                "UPDATE audit SET at_us = at_us + 1 WHERE seq = 2",
                "UPDATE audit SET at_us = at_us - 1 WHERE seq = 2",
                2,
            ),
            (
                "UPDATE audit SET seq = 9 WHERE seq = 3",
                "UPDATE audit SET seq = 3 WHERE seq = 9",
                3,
            ),
            (
                "UPDATE audit SET seq = -1 WHERE seq = 1",
                "UPDATE audit SET seq = 1 WHERE seq = -1",
                1,
            ),
            (
                "UPDATE audit_anchor SET seq = 2, hash = (SELECT hash FROM audit WHERE seq = 2)",
                "UPDATE audit_anchor SET seq = 0, hash = (SELECT previous FROM audit WHERE seq = 1)",
                3,
            ),
        ] {
            say(harm);
            let checked = store.check_audit().expect("checked");
            let Checked::Broken { seq, .. } = checked else {
                panic!("{harm}: {checked:?}")
            };
            assert_eq!(seq, first, "{harm}");
            say(mend);
            assert_eq!(store.check_audit().expect("checked"), fine);
        }
    });
}

#[test]
fn r110_old_audit_records_are_forgotten_and_the_chain_stays_whole() {
    on_each("store-audit-forget", |ground| {
        let (store, _) = ground.start();
        for number in 1..=3 {
            store.audit(note(number)).expect("done");
        }
        let last = store.audits(None, 1).expect("read").remove(0).at;
        let middle = last + SignedDuration::from_micros(1);
        store.audit(note(4)).expect("done");
        assert_eq!(store.forget_audit(middle).expect("done"), 3);
        let left = store.audits(None, 9).expect("read");
        let left: Vec<_> = left
            .iter()
            .map(|one| (one.seq, one.action.as_str()))
            .collect();
        assert_eq!(left, [(5, "audit.forgotten"), (4, "recording.heard")]);
        assert!(matches!(
            store.check_audit().expect("checked"),
            Checked::Whole {
                records: 2,
                head: 5,
                ..
            }
        ));
        let old = middle - SignedDuration::from_hours(1);
        assert_eq!(store.forget_audit(old).expect("done"), 0);
        let all = Timestamp::now() + SignedDuration::from_hours(1);
        assert_eq!(store.forget_audit(all).expect("done"), 2);
        store.audit(note(5)).expect("done");
        assert!(matches!(
            store.check_audit().expect("checked"),
            Checked::Whole {
                records: 2,
                head: 7,
                ..
            }
        ));
    });
}

#[test]
fn a_change_of_settings_is_in_the_audit_log() {
    on_each("store-audit-settings", |ground| {
        let (store, _) = ground.start();
        store.save_settings("one", "user ada", 0).expect("saved");
        store.save_settings("late", "user bob", 0).expect("refused");
        let log = store.audits(None, 9).expect("read");
        let told: Vec<_> = log
            .iter()
            .map(|one| (one.who.as_str(), one.subject.as_str()))
            .collect();
        assert_eq!(told, [("user ada", "1")]);
    });
}

#[test]
fn a_record_that_is_kept_is_there_whatever_becomes_of_the_process() {
    on_each("store-keep", |ground| {
        let (store, _) = ground.start();
        store.keep(Record::Recorded(recorded(1, 1))).expect("kept");
        // Not stopped: what a kill leaves.
        let spool = ground.folder.path().join("cordboard.spool.jsonl");
        let at_once = std::fs::read_to_string(spool).expect("a spool");
        let there = at_once.contains("demo/both.wav")
            || store.recordings(conversation(1).id).expect("read").len() == 1;
        assert!(there);
    });
}
