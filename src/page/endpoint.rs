//! All pages at once: who is connected, who may come back, what each may say.

use super::connection::Page;
use super::visit::{Visit, written};
use super::{
    Closing, Event, FromPage, HELLO_WITHIN, Input, LEASE, LONGEST, Link, Transmit, Trouble,
};
use super::{ToPage, Who, Whose};
use crate::id::{AgentId, PageId, UserId, VisitId};
use crate::random::Random;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

/// Pages at once; more are closed.
const MOST_PAGES: usize = 4_096;
/// Visits at once, lost ones included; more are closed.
const MOST_VISITS: usize = 8_192;
/// The longest token that is looked up.
const LONGEST_TOKEN: usize = 256;

/// The longest explanation of what is wrong with a message, characters.
const LONGEST_TROUBLE: usize = 200;

/// The pages of the server.
#[derive(Debug)]
pub struct Endpoint {
    /// How long a lost page is waited for.
    keeps: Duration,
    random: Random,
    pub(super) pages: BTreeMap<PageId, Page>,
    pub(super) visits: BTreeMap<VisitId, Visit>,
    /// By the SHA-256 of the resume token: what is looked up tells nothing of what is kept.
    pub(super) tokens: BTreeMap<[u8; 32], VisitId>,
    pub(super) desks: BTreeMap<AgentId, VisitId>,
    pub(super) supervisors: BTreeMap<UserId, VisitId>,
    pub(super) deadlines: BTreeSet<(Instant, Due)>,
    /// The number of the last visit.
    last: u64,
    transmits: VecDeque<Transmit>,
    events: VecDeque<Event>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Due {
    Hello(PageId),
    Absent(VisitId),
    Gone(VisitId),
}

impl Endpoint {
    /// No page yet. `keeps`: how long a lost one is waited for.
    pub fn new(keeps: Duration, random: Random) -> Self {
        Self {
            keeps,
            random,
            pages: BTreeMap::new(),
            visits: BTreeMap::new(),
            tokens: BTreeMap::new(),
            desks: BTreeMap::new(),
            supervisors: BTreeMap::new(),
            deadlines: BTreeSet::new(),
            last: 0,
            transmits: VecDeque::new(),
            events: VecDeque::new(),
        }
    }

    /// Pages that are lost from now on are waited for so long.
    pub fn keep_for(&mut self, keeps: Duration) {
        self.keeps = keeps;
    }

    /// Takes note of what has happened.
    pub fn handle(&mut self, now: Instant, input: Input) {
        match input {
            Input::Opened { page, who } => self.opened(now, page, who),
            Input::Text { page, text } => self.said(now, page, &text),
            Input::Closed { page, alive } => self.closed(now, page, alive),
            Input::Timeout => self.timeout(now),
        }
    }

    /// The customer's link is fine: it leads there.
    pub fn welcome(&mut self, id: VisitId, link: Link) {
        let Some(visit) = self.visits.get_mut(&id).filter(|visit| !visit.welcome) else {
            return;
        };
        visit.link = Some(link);
        visit.welcome = true;
        // The token is new: only its hash was kept until now.
        let resume = self.new_token(id);
        self.hello(id, resume, false);
    }

    /// They are not welcome, and told why: the visit is over. No event comes of it.
    pub fn turn_away(&mut self, id: VisitId, trouble: Trouble) {
        self.answer(id, ToPage::Error(trouble));
        self.end(id, Closing::NotWelcome);
    }

    /// Tells a page something that it has to have, now or when it comes back.
    pub fn tell(&mut self, id: VisitId, message: ToPage) {
        let Some(visit) = self.visits.get_mut(&id) else {
            return;
        };
        let text = visit.keep(message);
        if let Some(page) = visit.page {
            self.transmits.push_back(Transmit::Text { page, text });
        }
    }

    /// Answers what a page has just said; one that is lost meanwhile will ask anew.
    pub fn answer(&mut self, id: VisitId, message: ToPage) {
        if let Some(page) = self.visits.get(&id).and_then(|visit| visit.page) {
            self.say(page, message);
        }
    }

    /// The desk of an agent, connected or kept.
    pub fn desk(&self, agent: AgentId) -> Option<VisitId> {
        self.desks.get(&agent).copied()
    }

    /// The page by which a supervisor stands beside agents, connected or kept.
    pub fn supervisor(&self, user: UserId) -> Option<VisitId> {
        self.supervisors.get(&user).copied()
    }

    /// Whether the page of a visit is connected.
    pub fn is_connected(&self, visit: VisitId) -> bool {
        let visit = self.visits.get(&visit);
        visit.is_some_and(|visit| visit.page.is_some())
    }

    /// Whose visit it is; `None` for one that is over.
    pub fn whose(&self, visit: VisitId) -> Option<Whose> {
        self.visits.get(&visit).map(|visit| visit.whose)
    }

    /// The next thing to send.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        self.transmits.pop_front()
    }

    /// What pages mean.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When to come back with [`Input::Timeout`] if nothing happens before.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.deadlines.first().map(|(at, _)| *at)
    }

    fn opened(&mut self, now: Instant, id: PageId, who: Who) {
        if self.pages.len() >= MOST_PAGES || self.pages.contains_key(&id) {
            let closing = Closing::NoRoom;
            return self
                .transmits
                .push_back(Transmit::Close { page: id, closing });
        }
        let hello_by = now + HELLO_WITHIN;
        self.deadlines.insert((hello_by, Due::Hello(id)));
        let page = Page {
            who,
            visit: None,
            hello_by,
            full_at: now,
        };
        self.pages.insert(id, page);
    }

    fn said(&mut self, now: Instant, id: PageId, text: &str) {
        let Some(page) = self.pages.get_mut(&id) else {
            return;
        };
        if !page.may_speak(now) {
            return self.drop_page(now, id, Closing::TooFast);
        }
        if text.len() > LONGEST {
            return self.drop_page(now, id, Closing::TooLong);
        }
        let visit = page.visit;
        let message = match serde_json::from_str::<FromPage>(text) {
            Ok(message) => message,
            Err(error) => return self.say(id, bad_message(&error.to_string())),
        };
        match (message, visit) {
            (FromPage::Hello { .. }, Some(_)) => {
                self.say(id, bad_message("hello was said already"))
            }
            (
                FromPage::Hello {
                    resume,
                    seen,
                    link,
                    supervisor,
                },
                None,
            ) => {
                self.greeted(id, resume.as_deref(), seen, link.as_deref(), supervisor);
            }
            (_, None) => self.say(id, bad_message("the first message must be a hello")),
            (what, Some(visit)) => {
                let welcome = self.visits.get(&visit).is_some_and(|visit| visit.welcome);
                match welcome {
                    true => self.events.push_back(Event::Said { visit, what }),
                    false => self.say(id, bad_message("wait for the answer to your hello")),
                }
            }
        }
    }

    /// A hello: a visit begins, or goes on.
    fn greeted(
        &mut self,
        id: PageId,
        resume: Option<&str>,
        seen: u64,
        link: Option<&str>,
        supervisor: bool,
    ) {
        let Some(who) = self.pages.get(&id).map(|page| page.who) else {
            return;
        };
        let resumed = resume.and_then(|token| self.resumed(who, token));
        let whose = match (who, link) {
            (_, Some(token)) => Whose::Customer(hash(token)),
            (Who::Staff { user, agent }, None) if supervisor => Whose::Supervisor { user, agent },
            (Who::Agent(_) | Who::Staff { .. } | Who::Customer, None) => {
                match (who.agent(), &resumed) {
                    (Some(agent), _) => Whose::Desk(agent),
                    (None, Some(_)) => Whose::Customer([0; 32]),
                    (None, None) => {
                        self.say(id, ToPage::Error(no_link()));
                        return self.close(id, Closing::NotWelcome);
                    }
                }
            }
        };
        // A desk goes on whichever page shows it; what it knows, only the old one does.
        let desk = match whose {
            Whose::Desk(agent) => self.desk(agent),
            Whose::Supervisor { user, .. } => self.supervisor(user),
            Whose::Customer(_) => None,
        };
        match (resumed, desk) {
            (Some((visit, token)), _) => self.comes_back(id, visit, Some(token), seen),
            (None, Some(visit)) => self.comes_back(id, visit, None, 0),
            (None, None) => self.comes(id, whose),
        }
    }

    /// The visit that a token belongs to, if this page may go on with it; and the token.
    fn resumed(&self, who: Who, token: &str) -> Option<(VisitId, String)> {
        let fits = token.len() <= LONGEST_TOKEN;
        let &visit = self.tokens.get(&hash(token)).filter(|_| fits)?;
        let whose = self.visits.get(&visit)?.whose;
        let may = match whose {
            Whose::Desk(agent) => who.agent() == Some(agent),
            Whose::Supervisor { user, agent } => who == Who::Staff { user, agent },
            Whose::Customer(_) => true,
        };
        may.then(|| (visit, token.to_owned()))
    }

    fn comes(&mut self, page: PageId, whose: Whose) {
        if self.visits.len() >= MOST_VISITS {
            return self.close(page, Closing::NoRoom);
        }
        self.last += 1;
        let id = VisitId(self.last);
        self.visits.insert(id, Visit::new(whose, page, [0; 32]));
        self.seat(page, id);
        let welcome = match whose {
            Whose::Desk(agent) => {
                self.desks.insert(agent, id);
                true
            }
            Whose::Supervisor { user, .. } => {
                self.supervisors.insert(user, id);
                true
            }
            Whose::Customer(_) => false,
        };
        let resume = self.new_token(id);
        self.events.push_back(Event::Came { visit: id, whose });
        if welcome {
            self.hello(id, resume, false);
        }
    }

    fn comes_back(&mut self, page: PageId, id: VisitId, token: Option<String>, seen: u64) {
        let resume = token.unwrap_or_else(|| self.new_token(id));
        let Some(visit) = self.visits.get_mut(&id) else {
            return;
        };
        for due in [
            visit.absent_at.take().map(|at| (at, Due::Absent(id))),
            visit.gone_at.take().map(|at| (at, Due::Gone(id))),
        ] {
            due.map(|due| self.deadlines.remove(&due));
        }
        let missed = visit.missed(seen);
        if missed.is_none() {
            visit.forget();
        }
        let (welcome, before) = (visit.welcome, visit.page.replace(page));
        self.seat(page, id);
        if let Some(before) = before {
            self.say(before, ToPage::Superseded);
            self.close(before, Closing::Superseded);
        }
        if !welcome {
            // Its link is being looked at: the answer comes to this page.
            return;
        }
        let knows = missed.is_some();
        self.hello(id, resume, knows);
        let missed = missed.into_iter().flatten();
        self.transmits
            .extend(missed.map(|text| Transmit::Text { page, text }));
        self.events.push_back(Event::Back { visit: id, knows });
    }

    /// The page has said hello, and is this visit's now.
    fn seat(&mut self, id: PageId, visit: VisitId) {
        if let Some(page) = self.pages.get_mut(&id) {
            page.visit = Some(visit);
            self.deadlines.remove(&(page.hello_by, Due::Hello(id)));
        }
    }

    /// A token that nobody can guess: of 128 bits, of which only the hash is kept.
    fn new_token(&mut self, id: VisitId) -> String {
        let token = self.random.hex(32);
        let hash = hash(&token);
        if let Some(visit) = self.visits.get_mut(&id) {
            let before = std::mem::replace(&mut visit.token, hash);
            self.tokens.remove(&before);
            self.tokens.insert(hash, id);
        }
        token
    }

    fn hello(&mut self, id: VisitId, resume: String, resumed: bool) {
        let Some(visit) = self.visits.get(&id) else {
            return;
        };
        let agent = match visit.whose {
            Whose::Desk(agent) => Some(agent),
            Whose::Supervisor { .. } | Whose::Customer(_) => None,
        };
        let hello = ToPage::Hello {
            resume,
            resumed,
            keeps_s: self.keeps.as_secs(),
            link: visit.link.clone(),
            agent,
        };
        self.answer(id, hello);
    }

    fn closed(&mut self, now: Instant, id: PageId, alive: Instant) {
        let Some(page) = self.pages.remove(&id) else {
            return;
        };
        self.deadlines.remove(&(page.hello_by, Due::Hello(id)));
        let Some(id) = page.visit else { return };
        let Some(visit) = self.visits.get_mut(&id) else {
            return;
        };
        visit.page = None;
        if !visit.welcome {
            return self.forget(id);
        }
        let gone_at = now + self.keeps;
        visit.gone_at = Some(gone_at);
        self.deadlines.insert((gone_at, Due::Gone(id)));
        if let Whose::Desk(_) = visit.whose {
            let absent_at = (alive + LEASE).max(now);
            visit.absent_at = Some(absent_at);
            self.deadlines.insert((absent_at, Due::Absent(id)));
        }
        self.events.push_back(Event::Lost { visit: id });
    }

    fn timeout(&mut self, now: Instant) {
        while let Some(&(at, due)) = self.deadlines.first()
            && at <= now
        {
            self.deadlines.pop_first();
            match due {
                Due::Hello(page) => {
                    self.pages.remove(&page);
                    self.close(page, Closing::NoHello);
                }
                Due::Absent(visit) => {
                    if let Some(visit) = self.visits.get_mut(&visit) {
                        visit.absent_at = None;
                        if let Whose::Desk(agent) = visit.whose {
                            self.events.push_back(Event::Absent { agent });
                        }
                    }
                }
                Due::Gone(visit) => {
                    let whose = self.visits.get(&visit).map(|visit| visit.whose);
                    self.forget(visit);
                    self.events
                        .extend(whose.map(|whose| Event::Gone { visit, whose }));
                }
            }
        }
    }

    /// Ends a visit from our side.
    fn end(&mut self, id: VisitId, closing: Closing) {
        let page = self.visits.get(&id).and_then(|visit| visit.page);
        self.forget(id);
        if let Some(page) = page {
            self.close(page, closing);
        }
    }

    fn forget(&mut self, id: VisitId) {
        let Some(visit) = self.visits.remove(&id) else {
            return;
        };
        self.tokens.remove(&visit.token);
        match visit.whose {
            Whose::Desk(agent) => self.desks.remove(&agent),
            Whose::Supervisor { user, .. } => self.supervisors.remove(&user),
            Whose::Customer(_) => None,
        };
        for due in [
            visit.absent_at.map(|at| (at, Due::Absent(id))),
            visit.gone_at.map(|at| (at, Due::Gone(id))),
        ] {
            due.map(|due| self.deadlines.remove(&due));
        }
    }

    /// A page that does what it may not: its visit goes on as if the network had cut it off.
    fn drop_page(&mut self, now: Instant, page: PageId, closing: Closing) {
        self.closed(now, page, now);
        self.close(page, closing);
    }

    fn close(&mut self, id: PageId, closing: Closing) {
        if let Some(page) = self.pages.remove(&id) {
            self.deadlines.remove(&(page.hello_by, Due::Hello(id)));
        }
        self.transmits
            .push_back(Transmit::Close { page: id, closing });
    }

    /// Without a number: an answer.
    fn say(&mut self, page: PageId, message: ToPage) {
        let text = written(0, message);
        self.transmits.push_back(Transmit::Text { page, text });
    }

    /// Whether no page is connected and none is waited for.
    pub fn is_idle(&self) -> bool {
        self.pages.is_empty() && self.visits.is_empty()
    }
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

fn bad_message(what: &str) -> ToPage {
    ToPage::Error(Trouble {
        code: "bad_message".to_owned(),
        // What is wrong may be as long as the message was.
        message: what.chars().take(LONGEST_TROUBLE).collect(),
        call: None,
    })
}

fn no_link() -> Trouble {
    Trouble {
        code: "not_allowed".to_owned(),
        message: "Log in as an agent, or come by a call link.".to_owned(),
        call: None,
    }
}
