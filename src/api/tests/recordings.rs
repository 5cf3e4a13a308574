//! Recordings are found, heard and taken away by those who may, and that they were is known (R106–R108).

use super::*;
use crate::call::record::{AgentName, Direction, Recorded, Role as Party, Segment, Track};
use crate::id::{CallId, LegId, RecordingId};
use crate::settings::Composition;
use crate::store::Record;
use crate::vault::{Chunk, Vault};

const RECORDINGS: &str = "/api/v1/recordings";

/// A talk of two seconds with an agent, recorded by the real vault.
fn talk(desk: &Desk, number: u64, agent: u32, customer: &str) -> CallId {
    talk_of("acme", desk, number, agent, customer)
}

pub(super) fn talk_of(
    account: &str,
    desk: &Desk,
    number: u64,
    agent: u32,
    customer: &str,
) -> CallId {
    let call = CallId::mint(1_800_000_000_000 + number, 0);
    let ids = [RecordingId(2 * number), RecordingId(2 * number + 1)];
    let track = |recording, role| Track {
        recording,
        leg: LegId(recording.0),
        sip_call_id: format!("{recording}@host"),
        role,
    };
    let segment = Segment {
        consented: None,
        call,
        number: 1,
        account: account.to_owned(),
        began: Timestamp::from_second(1_800_000_000 + number as i64).expect("a time"),
        agent: AgentName {
            id: AgentId(agent),
            name: "Ada".to_owned(),
        },
        customer: customer.to_owned(),
        called: "+4930111".to_owned(),
        queue: Some("Support".to_owned()),
        direction: Direction::Inbound,
        tracks: vec![track(ids[0], Party::Customer), track(ids[1], Party::Agent)],
        films: vec![],
        composition: Composition::Both,
    };
    let store = Arc::clone(&desk.store);
    let keep = move |recorded: &Recorded| store.keep(Record::Recorded(recorded.clone())).is_ok();
    let vault =
        Vault::start(desk.folder().join("recordings"), None, keep, |_| {}).expect("a vault");
    let sender = vault.sender();
    sender.begin(segment).expect("room");
    for (recording, sample) in [(ids[0], 100), (ids[1], 200)] {
        let samples = vec![sample; 16_000];
        let piece = Chunk::Samples {
            recording,
            at: 0,
            samples,
        };
        sender.try_send(piece).expect("room");
        let length = 16_000;
        sender
            .try_send(Chunk::End { recording, length })
            .expect("room");
    }
    vault.stop();
    call
}

fn audited(desk: &Desk) -> Vec<(String, String)> {
    let log = desk.store.audits(None, 100).expect("read");
    let log = log
        .into_iter()
        .filter(|note| note.action.starts_with("recording."));
    log.map(|note| (note.who, note.action)).collect()
}

#[test]
fn r106_r107_a_recording_is_found_seen_and_heard_and_each_listening_is_known() {
    let desk = Desk::new();
    let call = talk(&desk, 1, 7, "+49301");
    talk(&desk, 2, 8, "+49302");
    let admin = desk.admin();
    let all = desk.get(RECORDINGS, &admin).json();
    assert_eq!(all["recordings"].as_array().expect("a list").len(), 6);
    assert_eq!(all["next"], Value::Null);
    let page = desk.get(&format!("{RECORDINGS}?limit=4"), &admin).json();
    let next = page["next"].as_str().expect("more");
    let rest = desk.get(&format!("{RECORDINGS}?limit=4&after={next}"), &admin);
    assert_eq!(
        rest.json()["recordings"].as_array().expect("a list").len(),
        2
    );
    let path = format!("{RECORDINGS}?number=%2B49301&queue=Support&direction=inbound&longer_s=1");
    let found = desk.get(&path, &admin).json();
    let found = found["recordings"].as_array().expect("a list").clone();
    assert_eq!(found.len(), 3);
    assert!(found.iter().all(|one| one["call"] == call.to_string()));
    let stereo = found
        .iter()
        .find(|one| one["content"] == "stereo")
        .expect("a mix");
    let at = format!("{RECORDINGS}/{}", stereo["id"].as_str().expect("an id"));
    let one = desk.get(&at, &admin).json();
    assert_eq!(one["call_ids"], serde_json::json!(["2@host", "3@host"]));
    assert_eq!(
        (&one["milliseconds"], &one["bytes"]),
        (&2_000.into(), &64_044.into())
    );
    assert_eq!(audited(&desk), [], "looking at lists is no listening");

    let whole = desk.get(&format!("{at}/audio"), &admin);
    assert_eq!((whole.status, whole.bytes.len()), (OK, 64_044));
    assert_eq!(whole.headers["content-type"], "audio/wav");
    assert_eq!(whole.headers["accept-ranges"], "bytes");
    assert_eq!(
        &whole.bytes[44..48],
        &[100, 0, 200, 0],
        "customer left, agent right"
    );
    let range = ("range", "bytes=44-47".to_owned());
    let part = desk.ask(
        "GET",
        &format!("{at}/audio"),
        &[admin.clone(), range],
        Body::empty(),
    );
    assert_eq!(
        (part.status, part.bytes.as_slice()),
        (206, &[100, 0, 200, 0][..])
    );
    assert_eq!(part.headers["content-range"], "bytes 44-47/64044");
    let beyond = ("range", "bytes=64044-".to_owned());
    let beyond = desk.ask(
        "GET",
        &format!("{at}/audio"),
        &[admin.clone(), beyond],
        Body::empty(),
    );
    assert_eq!(beyond.status, 416);
    let known = || ("user root".to_owned(), "recording.heard".to_owned());
    assert_eq!(audited(&desk), [known()], "three pieces are one listening");

    let peaks = desk.get(&format!("{at}/peaks"), &admin).json();
    assert_eq!(peaks["peaks"].as_array().expect("rows").len(), 2);
    let taken = desk.get(&format!("{at}/audio?download=true"), &admin);
    let told = taken.headers["content-disposition"]
        .to_str()
        .expect("text")
        .to_owned();
    assert!(told.contains("_Ada_+49301_20270115080001.wav"), "{told}");
    let csv = desk.get(&format!("{at}/csv"), &admin);
    let text = String::from_utf8(csv.bytes).expect("text");
    assert!(
        text.contains("\"'+49301\"") && text.contains("\"2@host 3@host\""),
        "{text}"
    );
    let log = audited(&desk);
    let actions: Vec<_> = log.iter().map(|(_, action)| action.as_str()).collect();
    assert_eq!(
        actions,
        ["recording.described", "recording.taken", "recording.heard"]
    );
}

#[test]
fn h18_agents_hear_their_own_talks_and_others_are_not_there() {
    let desk = Desk::new();
    let own = talk(&desk, 1, 7, "+49301");
    let others = talk(&desk, 2, 8, "+49302");
    let ada = desk.user("ada", Role::Agent, Some(7));
    let ada = desk.session(ada);
    let found = desk.get(RECORDINGS, &ada).json();
    let found = found["recordings"].as_array().expect("a list").clone();
    assert_eq!(found.len(), 3);
    assert!(found.iter().all(|one| one["call"] == own.to_string()));
    let asked = desk.get(&format!("{RECORDINGS}?agent=8"), &ada).json();
    assert_eq!(asked["recordings"], serde_json::json!([]));
    let nobody = desk.user("nobody", Role::Agent, None);
    let nobody = desk.session(nobody);
    for part in ["", "/audio", "/peaks", "/csv"] {
        let path = |call: CallId| format!("{RECORDINGS}/{call}-1-0{part}");
        assert_eq!(desk.get(&path(own), &ada).status, OK, "{part}");
        assert_eq!(desk.get(&path(others), &ada).status, 404, "{part}");
        assert_eq!(desk.get(&path(own), &nobody).status, 404, "{part}");
    }
    let path = format!("{RECORDINGS}/{others}-1-0/addresses");
    assert_eq!(desk.send("POST", &path, &ada, &Value::Null).status, 404);
    let key = desk.key("reader", &["recordings:read"]);
    assert_eq!(
        desk.get(&format!("{RECORDINGS}/{others}-1-0"), &key).status,
        OK
    );
}

#[test]
fn a_signed_address_is_good_without_a_log_in_and_says_who_heard() {
    let desk = Desk::new();
    let call = talk(&desk, 1, 7, "+49301");
    let admin = desk.admin();
    let path = format!("{RECORDINGS}/{call}-1-1/addresses");
    let made = desk.send("POST", &path, &admin, &Value::Null);
    assert_eq!(made.status, 201, "{:?}", made.json());
    let url = made.json()["url"].as_str().expect("an address").to_owned();
    let heard = desk.get(&url, &nobody());
    assert_eq!((heard.status, heard.bytes.len()), (OK, 32_044));
    assert_eq!(
        audited(&desk),
        [("user root".to_owned(), "recording.heard".to_owned())]
    );
    let (start, end) = url.split_at(url.len() - 3);
    for wrong in [
        start.to_owned(),
        format!("{start}AAA"),
        format!("{url}{end}"),
    ] {
        assert_eq!(desk.get(&wrong, &nobody()).status, 404, "{wrong}");
    }
}

#[test]
fn h19_no_spelling_of_an_id_leads_elsewhere() {
    let desk = Desk::new();
    let call = talk(&desk, 1, 7, "+49301");
    let admin = desk.admin();
    for trick in [
        "..%2f..%2fcordboard.db".to_owned(),
        "%2e%2e".to_owned(),
        format!("{call}-1-0%2f..%2f{call}-1-1"),
        format!("{call}-1-00"),
        format!("{call}-1-9"),
        format!("{call}-1-0%00"),
        call.to_string(),
    ] {
        for part in ["", "/audio", "/csv"] {
            let status = desk
                .get(&format!("{RECORDINGS}/{trick}{part}"), &admin)
                .status;
            assert!([400, 404].contains(&status), "{trick}{part}: {status}");
        }
    }
    std::fs::remove_dir_all(desk.folder().join("recordings")).expect("removed");
    let gone = desk.get(&format!("{RECORDINGS}/{call}-1-0/audio"), &admin);
    assert_eq!(gone.status, 404, "{:?}", gone.json());
    assert_eq!(audited(&desk), [], "what was not given was not heard");
}

#[test]
fn the_audit_log_is_read_and_checked_by_administrators() {
    let desk = Desk::new();
    talk(&desk, 1, 7, "+49301");
    let admin = desk.admin();
    let log = desk.get("/api/v1/audit", &admin).json();
    assert_eq!(log[0]["action"], "settings.changed", "{log}");
    let checked = desk.send("POST", "/api/v1/audit/checks", &admin, &Value::Null);
    assert_eq!(checked.json()["whole"], true);
}

#[test]
fn r109_r110_one_file_is_deleted_by_an_administrator_and_that_it_was_there_stays() {
    let desk = Desk::new();
    let call = talk(&desk, 1, 7, "+49301");
    let admin = desk.admin();
    let at = format!("{RECORDINGS}/{call}-1-1");
    let chief = desk.user("chief", Role::Supervisor, None);
    let chief = desk.session(chief);
    assert_eq!(desk.send("DELETE", &at, &chief, &Value::Null).status, 403);
    assert_eq!(desk.send("DELETE", &at, &admin, &Value::Null).status, 204);
    assert_eq!(desk.send("DELETE", &at, &admin, &Value::Null).status, 410);
    assert_eq!(desk.get(&format!("{at}/audio"), &admin).status, 410);
    assert_eq!(desk.get(&format!("{at}/peaks"), &admin).status, 410);
    let one = desk.get(&at, &admin).json();
    assert_eq!(one["deleted"]["by"], "user root", "{one}");
    let left = desk.get(RECORDINGS, &admin).json();
    assert_eq!(left["recordings"].as_array().expect("a list").len(), 2);
    let all = desk
        .get(&format!("{RECORDINGS}?deleted=true"), &admin)
        .json();
    assert_eq!(all["recordings"].as_array().expect("a list").len(), 3);
    assert_eq!(audited(&desk)[0].1, "recording.deleted");
}

#[test]
fn b16_h17_conversations_and_legs_are_tables_in_which_nothing_is_a_formula() {
    let desk = Desk::new();
    let admin = desk.admin();
    let conversation = serde_json::json!({
        "id": CallId::mint(1_800_000_000_000, 5),
        "account": "acme",
        "from": "=HYPERLINK(\"http://evil.example\")",
        "called": "+4930111",
        "queue": "Support",
        "began": "2026-03-04T05:06:07Z",
        "connected": null,
        "ended": "2026-03-04T05:06:17Z",
        "waited_ms": 10_000,
        "talked_ms": 0,
        "agent": null,
        "offers": 1,
        "end": "abandoned",
        "legs": [],
    });
    let conversation = serde_json::from_value(conversation).expect("a conversation");
    desk.store
        .write(Record::Conversation(Box::new(conversation)));
    let csv = desk.get("/api/v1/conversations.csv?limit=10", &admin);
    assert_eq!(
        (csv.status, &csv.headers["content-type"]),
        (
            OK,
            &"text/csv; charset=utf-8; header=present"
                .parse()
                .expect("a value")
        )
    );
    let text = String::from_utf8(csv.bytes).expect("text");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(
        lines[1].contains("\"'=HYPERLINK(\"\"http://evil.example\"\")\""),
        "{text}"
    );
    assert!(lines[1].ends_with("abandoned"), "{text}");
    let legs = desk.get("/api/v1/legs.csv", &admin);
    assert!(legs.bytes.starts_with(b"conversation,leg,role"));
}

#[test]
fn r154_a_storage_is_set_tried_out_and_its_password_never_told() {
    let desk = Desk::new();
    let admin = desk.admin();
    let tried = desk.send("POST", "/api/v1/storage/test", &admin, &Value::Null);
    assert_eq!(tried.json()["why"], "no storage is set");
    let storage = serde_json::json!({
        "kind": "s3",
        "endpoint": "http://127.0.0.1:9",
        "bucket": "recordings",
        "user": "key",
        "password": "a long secret",
    });
    let set = desk.send("PUT", "/api/v1/settings/storage", &admin, &storage);
    assert_eq!(set.status, OK, "{:?}", set.json());
    assert_eq!(set.json()["password"], Value::Null);
    // Once more, as it was told: the password stays.
    let again = desk.send("PUT", "/api/v1/settings/storage", &admin, &set.json());
    assert_eq!(again.status, OK, "{:?}", again.json());
    let kept = (desk.site.archive.account)()
        .storage
        .clone()
        .expect("a storage");
    assert_eq!(kept.password.expect("a password").0, "a long secret");
    let tried = desk.send("POST", "/api/v1/storage/test", &admin, &Value::Null);
    let why = tried.json()["why"].as_str().expect("a reason").to_owned();
    assert!(why.contains("storage_networks"), "H16: {why}");
    let sftp = serde_json::json!({ "kind": "sftp", "user": "x" });
    let refused = desk.send("PUT", "/api/v1/settings/storage", &admin, &sftp);
    assert_eq!(refused.status, 422);
    assert_eq!(
        refused.fields(),
        ["host", "host_key"],
        "{:?}",
        refused.json()
    );
}

#[test]
fn r104_recordings_of_another_account_are_there_for_nobody() {
    let desk = Desk::new();
    let (theirs, ours) = (
        talk_of("other", &desk, 1, 7, "+49301"),
        talk(&desk, 2, 7, "+49302"),
    );
    let admin = desk.admin();
    let all = desk.get(RECORDINGS, &admin).json();
    let all = all["recordings"].as_array().expect("a list").clone();
    assert_eq!(all.len(), 3);
    assert!(all.iter().all(|one| one["call"] == ours.to_string()));
    let at = format!("{RECORDINGS}/{theirs}-1-0");
    for part in ["", "/audio", "/peaks", "/csv"] {
        assert_eq!(
            desk.get(&format!("{at}{part}"), &admin).status,
            404,
            "{part}"
        );
    }
    assert_eq!(desk.send("DELETE", &at, &admin, &Value::Null).status, 404);
    let address = format!("{at}/addresses");
    let address = desk.send("POST", &address, &admin, &Value::Null);
    assert_eq!(address.status, 404);
    assert_eq!(audited(&desk), []);
}
