//! Legs to browsers: their place on the shared port, their negotiation (RFC 8829).

use super::leg::{Line, Signalling, known};
use super::on_page::{Denied, no_place};
use super::{Port, Switch};
use crate::audio::Codec;
use crate::call::record::Role;
use crate::id::{CallId, LegId, VisitId};
use crate::media::{Command as Media, Place};
use crate::rtc::Credentials;
use crate::sdp::Direction;
use crate::sdp::browser::{self, Agreed, Local};
use crate::settings::{self, Habits};
use std::time::Instant;

/// What a leg to a browser has that others have not.
#[derive(Debug)]
pub(super) struct Browser {
    /// Our ICE credentials, and those of the next restart.
    credentials: Credentials,
    next: Credentials,
    /// What was agreed on last.
    agreed: Option<Box<Agreed>>,
    /// Whether pictures may be sent.
    video: bool,
    /// The microphone is off.
    pub(super) muted: bool,
    /// The call that the leg was in before it came to this one.
    pub(super) moved_from: Option<CallId>,
    /// What the page was told of the call last, without the clocks.
    pub(super) told: Option<crate::page::ToPage>,
}

/// What a browser's leg is to be.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) call: CallId,
    pub(super) role: Role,
    pub(super) visit: VisitId,
    /// The worker of the call's other legs.
    pub(super) worker: Option<usize>,
    /// The codec of whom they will talk to: two who speak the same need no transcoding.
    pub(super) codec: Option<Codec>,
    /// Whether pictures may be sent.
    pub(super) video: bool,
}

impl Switch {
    /// Makes a leg to a browser and opens its media; `None`: there is no place for it.
    pub(super) fn open_browser(&mut self, now: Instant, wanted: Wanted) -> Option<LegId> {
        let port = self.browser_port(wanted.worker)?;
        let mut codecs = vec![
            settings::Codec::Opus,
            settings::Codec::G722,
            settings::Codec::Pcma,
            settings::Codec::Pcmu,
        ];
        codecs.sort_by_key(|each| Some(known(*each)) != wanted.codec);
        let habits = Habits {
            codecs,
            ..Habits::default()
        };
        let credentials = Credentials::random(port.worker, &mut self.random);
        let next = Credentials::random(port.worker, &mut self.random);
        let place = Place::Browser(credentials.clone());
        let leg = self.open_leg_at(now, wanted.call, wanted.role, port, habits, place);
        let line = self.lines.get_mut(&leg)?;
        line.signalling = Some(Signalling::Page(wanted.visit));
        line.browser = Some(Box::new(Browser {
            credentials,
            next,
            agreed: None,
            video: wanted.video,
            muted: false,
            moved_from: None,
            told: None,
        }));
        self.visits.entry(wanted.visit).or_default().insert(leg);
        self.news.insert(wanted.call);
        Some(leg)
    }

    fn browser_port(&mut self, worker: Option<usize>) -> Option<Port> {
        let candidates = &self.browsers.as_ref()?.candidates;
        if candidates.iter().all(Vec::is_empty) {
            return None;
        }
        self.ports.browser(worker)
    }

    /// Whether browsers can call and be called.
    pub(super) fn knows_browsers(&self) -> bool {
        self.browsers.is_some()
    }

    /// Answers an offer of a leg's page, and tells the media what was agreed on.
    pub(super) fn meet(&mut self, leg: LegId, offer: &str) -> Result<String, Denied> {
        let gone = || Denied::new("no_such_call", "this call is over");
        let browsers = self.browsers.as_ref().ok_or_else(gone)?;
        let line = self.lines.get_mut(&leg).ok_or_else(gone)?;
        let candidates = browsers.candidates.get(line.port.worker);
        let page = line.browser.as_mut().ok_or_else(gone)?;
        let local = Local {
            candidates: candidates.cloned().unwrap_or_default(),
            connections: browsers.connections.clone(),
            credentials: page.credentials.clone(),
            next: page.next.clone(),
            fingerprint: browsers.fingerprint,
            codecs: line.habits.codecs.iter().map(|each| known(*each)).collect(),
            session: line.sdp_session,
            version: line.sdp_version + 1,
            direction: Direction::SendRecv,
            video: page.video,
            before: page.agreed.clone(),
        };
        let (answer, agreed) =
            browser::answer(&local, offer).map_err(|refused| Denied::new("bad_offer", refused))?;
        line.sdp_version += 1;
        if agreed.credentials == page.next {
            let next = Credentials::random(line.port.worker, &mut self.random);
            page.credentials = std::mem::replace(&mut page.next, next);
        }
        line.codec = Some(agreed.audio.codec);
        let agreed = Box::new(agreed);
        page.agreed = Some(agreed.clone());
        let call = line.leg.call;
        self.media(leg, |leg| Media::Meet { leg, agreed });
        self.news.insert(call);
        Ok(answer)
    }

    /// The same for the first offer of a leg: one that cannot be answered ends it.
    pub(super) fn meet_first(&mut self, leg: LegId, offer: &str) -> Result<String, Denied> {
        let met = self.meet(leg, offer);
        if met.is_err() {
            self.forget_page(leg);
            self.close_leg(leg);
        }
        met
    }

    /// Whether an offer could be answered: before anything is done for its sake.
    pub(super) fn could_meet(&mut self, offer: &str) -> Result<(), Denied> {
        let browsers = self.browsers.as_ref().ok_or_else(no_place)?;
        let local = Local {
            candidates: browsers.candidates.first().cloned().unwrap_or_default(),
            connections: vec![],
            credentials: Credentials::random(0, &mut self.random),
            next: Credentials::random(0, &mut self.random),
            fingerprint: browsers.fingerprint,
            codecs: vec![Codec::Opus, Codec::G722, Codec::Pcma, Codec::Pcmu],
            session: 1,
            version: 1,
            direction: Direction::SendRecv,
            video: false,
            before: None,
        };
        browser::answer(&local, offer)
            .map(drop)
            .map_err(|refused| Denied::new("bad_offer", refused))
    }

    /// The leg of a page in a call.
    pub(super) fn leg_in(&self, visit: VisitId, call: CallId) -> Result<LegId, Denied> {
        let legs = self.visits.get(&visit).into_iter().flatten().copied();
        let mut legs = legs.filter(|leg| self.call_of(*leg) == Some(call));
        let gone = || Denied::new("no_such_call", "this call is over, or not yours");
        legs.next().ok_or_else(gone)
    }

    /// The page has nothing to do with the leg any more.
    pub(super) fn forget_page(&mut self, leg: LegId) -> Option<VisitId> {
        let line = self.lines.get_mut(&leg)?;
        let visit = line.visit()?;
        line.signalling = None;
        if let Some(legs) = self.visits.get_mut(&visit) {
            legs.remove(&leg);
            if legs.is_empty() {
                self.visits.remove(&visit);
            }
        }
        Some(visit)
    }
}

impl Line {
    /// Whether the leg is of a page that may show pictures.
    pub(super) fn may_show(&self) -> bool {
        self.browser.as_ref().is_some_and(|page| page.video)
    }
}

impl Browser {
    /// Whether the page sends a picture.
    pub(super) fn shows(&self) -> bool {
        let video = self
            .agreed
            .as_ref()
            .and_then(|agreed| agreed.video.as_ref());
        video.is_some_and(|video| video.direction.receives())
    }
}
