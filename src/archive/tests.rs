//! What becomes of recordings, with the real vault and the real store.

use super::*;
use crate::call::record::{AgentName, Content, Direction, Recorded, Role, Segment, Track};
use crate::events::webhooks::Reach;
use crate::id::{AgentId, CallId, LegId, RecordingId};
use crate::settings::Composition;
use crate::store::{Place, Record, Recording};
use crate::vault::{Chunk, Vault};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

struct Desk {
    folder: PathBuf,
    means: Means,
}

impl Desk {
    fn new(account: Account) -> Self {
        static LAST: AtomicU32 = AtomicU32::new(0);
        let number = LAST.fetch_add(1, Ordering::Relaxed);
        let name = format!("cordboard-archive-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).expect("a folder");
        let store = Store::start(&Place::new(None, &folder), |_| {}).expect("a store");
        let account = Arc::new(account);
        let means = Means {
            store: Arc::new(store),
            shelf: Shelf::new(folder.join("recordings"), None),
            account: Box::new(move || Arc::clone(&account)),
            doors: Doors {
                reach: Reach::default(),
                tls: None,
            },
            report: Box::new(|_| {}),
            bell: Bell::default(),
        };
        Self { folder, means }
    }

    /// Records a talk that began at a time.
    fn talk(&self, number: u64, began: Timestamp) -> CallId {
        let call = CallId::mint(1_800_000_000_000 + number, 0);
        let track = |id, role| Track {
            recording: RecordingId(id),
            leg: LegId(id),
            sip_call_id: String::new(),
            role,
        };
        let segment = Segment {
            consented: None,
            call,
            number: 1,
            account: "acme".to_owned(),
            began,
            agent: AgentName {
                id: AgentId(7),
                name: "Ada".to_owned(),
            },
            customer: "+49301".to_owned(),
            called: "+4930111".to_owned(),
            queue: None,
            direction: Direction::Inbound,
            tracks: vec![track(1, Role::Customer), track(2, Role::Agent)],
            films: vec![],
            composition: Composition::Both,
        };
        let store = Arc::clone(&self.means.store);
        let keep = move |made: &Recorded| store.keep(Record::Recorded(made.clone())).is_ok();
        let root = self.folder.join("recordings");
        let vault = Vault::start(root, None, keep, |_| {}).expect("a vault");
        let sender = vault.sender();
        sender.begin(segment).expect("room");
        for id in [1, 2] {
            let recording = RecordingId(id);
            let samples = vec![7; 800];
            let at = 0;
            let piece = Chunk::Samples {
                recording,
                at,
                samples,
            };
            sender.try_send(piece).expect("room");
            let length = 800;
            sender
                .try_send(Chunk::End { recording, length })
                .expect("room");
        }
        vault.stop();
        call
    }

    fn of(&self, call: CallId, content: Content) -> Recording {
        let filter = RecordingFilter {
            call: Some(call),
            deleted: true,
            ..RecordingFilter::default()
        };
        let all = self.means.store.find_recordings(&filter, 9).expect("read");
        let mut all = all.into_iter();
        let found = all.find(|one| one.file.content == content);
        found.expect("a recording")
    }

    fn delete(&self, recording: &Recording) {
        let deleted = self
            .means
            .store
            .delete_recording(recording.id, "user ada", "");
        assert!(deleted.expect("done"));
    }

    fn bytes(&self, recording: &Recording) -> Option<Vec<u8>> {
        std::fs::read(self.folder.join("recordings").join(&recording.file.path)).ok()
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

const CUSTOMER: Content = Content::Leg(Role::Customer);
const AGENT: Content = Content::Leg(Role::Agent);

#[test]
fn r109_r112_one_leg_goes_then_its_voice_in_the_mix_and_with_the_last_leg_the_mix() {
    let desk = Desk::new(Account::new("acme"));
    let call = desk.talk(1, Timestamp::now());
    let (customer, agent) = (desk.of(call, CUSTOMER), desk.of(call, AGENT));
    let before = desk.of(call, Content::Stereo);
    desk.delete(&customer);
    erase::erase_deleted(&desk.means).expect("erased");
    erase::erase_deleted(&desk.means).expect("nothing to do");
    assert_eq!(desk.bytes(&customer), None);
    assert!(desk.bytes(&agent).is_some(), "the other leg stays");
    let mix = desk.of(call, Content::Stereo);
    assert_eq!(&desk.bytes(&mix).expect("there")[44..48], [0, 0, 7, 0]);
    assert_ne!(mix.file.sha256, before.file.sha256);
    desk.delete(&agent);
    erase::erase_deleted(&desk.means).expect("erased");
    erase::erase_deleted(&desk.means).expect("erased");
    assert_eq!(desk.bytes(&mix), None);
    let deleted = desk.of(call, Content::Stereo).deleted.expect("deleted");
    assert_eq!(deleted.by, "user ada");
    let left = std::fs::read_dir(desk.folder.join("recordings/acme")).into_iter();
    let left = left.flatten().flatten().map(|entry| entry.path());
    let files: Vec<_> = left.filter(|path| path.is_file()).collect();
    assert!(files.is_empty(), "{files:?}");
    let log = desk.means.store.audits(None, 9).expect("read");
    assert_eq!(
        log.iter()
            .filter(|note| note.action == "recording.deleted")
            .count(),
        3
    );
}

#[test]
fn r110_r111_what_is_too_old_goes_and_that_it_was_there_goes_after_its_own_time() {
    let mut account = Account::new("acme");
    account.recording.retention_days = Some(30);
    account.recording.audit_days = 60;
    let desk = Desk::new(account);
    let now = Timestamp::now();
    let old = desk.talk(1, days_before(now, 31));
    let new = desk.talk(2, days_before(now, 29));
    sweep(&desk.means).expect("swept");
    erase::erase_deleted(&desk.means).expect("erased");
    let gone = desk.of(old, CUSTOMER);
    assert_eq!(gone.deleted.as_ref().expect("deleted").by, RETENTION);
    assert_eq!(desk.bytes(&gone), None);
    assert!(desk.bytes(&desk.of(new, CUSTOMER)).is_some());
    let log = desk.means.store.audits(None, 9).expect("read");
    assert_eq!(log[0].who, RETENTION);
    let later = now + SignedDuration::from_hours(1);
    assert_eq!(desk.means.store.forget_recordings(later).expect("done"), 3);
}

#[test]
fn r105_what_counts_is_recorded_this_month_and_beyond_it_nothing_is_dropped() {
    let mut account = Account::new("acme");
    account.recording.quota_gb = Some(1);
    let desk = Desk::new(account);
    let now: Timestamp = "2026-03-15T12:00:00Z".parse().expect("a time");
    let bytes = |from: &str| {
        let from = from.parse().expect("a time");
        desk.means.store.recorded_bytes(from).expect("read")
    };
    let before = desk.talk(1, "2026-02-28T23:59:59Z".parse().expect("a time"));
    let new = desk.talk(2, "2026-03-01T00:00:00Z".parse().expect("a time"));
    let all = bytes("2026-02-01T00:00:00Z");
    assert!(all > 0);
    assert_eq!(bytes("2026-03-01T00:00:00Z"), all / 2);
    let account = (desk.means.account)();
    quota::look(&desk.means, &account, now).expect("read");
    for call in [before, new] {
        assert!(desk.bytes(&desk.of(call, CUSTOMER)).is_some());
    }
}
