//! A scripted page: an agent's desk or a customer's, with messages of its own making.

use super::browser::Browser;
use super::{SHARED_PORT, SWITCH, World};
use cordboard::id::{AgentId, CallId, PageId, UserId};
use cordboard::page::{Closing, Input, Transmit, Who};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// What a desk does when it rings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Picks {
    /// Up, after so long.
    Up(Duration),
    Nothing,
}

#[derive(Debug)]
pub(crate) struct Page {
    who: Who,
    link: Option<String>,
    /// It is no desk.
    pub(crate) supervises: bool,
    /// The connection; `None`: there is none.
    pub(crate) page: Option<PageId>,
    token: Option<String>,
    seen: u64,
    /// Its microphone and its ears.
    pub(crate) browser: Browser,
    /// Whether they are there: not in lives without sound.
    audible: bool,
    pub(crate) picks: Picks,
    /// Its calls as it knows them: the last that was said of each.
    pub(crate) calls: BTreeMap<String, Value>,
    /// All that was said to it, but what concerns calls.
    pub(crate) told: Vec<Value>,
    /// Why its calls were over, one after the other.
    pub(crate) overs: Vec<String>,
    pub(crate) answers: u32,
    pub(crate) closed: Option<Closing>,
    /// When it picks up.
    due: Option<(Instant, String)>,
}

impl Page {
    fn new(who: Who, link: Option<&str>, browser: Browser, audible: bool) -> Self {
        Self {
            who,
            link: link.map(str::to_owned),
            supervises: false,
            page: None,
            token: None,
            seen: 0,
            browser,
            audible,
            picks: Picks::Nothing,
            calls: BTreeMap::new(),
            told: vec![],
            overs: vec![],
            answers: 0,
            closed: None,
            due: None,
        }
    }

    /// Its one call.
    pub(crate) fn call(&self) -> &Value {
        assert_eq!(self.calls.len(), 1, "one call: {:?}", self.calls);
        self.calls.values().next().expect("one call")
    }

    /// How its calls stand, without those that are over.
    pub(crate) fn states(&self) -> Vec<&str> {
        let states = self
            .calls
            .values()
            .filter_map(|call| call["state"].as_str());
        states.filter(|state| *state != "over").collect()
    }

    /// The last trouble it was told of.
    pub(crate) fn trouble(&self) -> Option<&str> {
        let mut told = self.told.iter().rev();
        told.find(|told| told["type"] == "error")?["code"].as_str()
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let due = self.due.as_ref().map(|(at, _)| *at);
        let media = [
            self.browser.poll_timeout(),
            self.browser.voice.poll_timeout(),
        ];
        media.into_iter().chain([due]).flatten().min()
    }

    /// What it says now, if anything is due.
    pub(crate) fn tick(&mut self, now: Instant) -> Option<Value> {
        let (_, call) = self.due.take_if(|(at, _)| *at <= now)?;
        Some(json!({ "type": "accept", "call": call, "sdp": self.browser.offer() }))
    }

    /// It hears something.
    fn hear(&mut self, now: Instant, text: &str) {
        let said: Value = serde_json::from_str(text).expect("JSON");
        let seq = said["seq"].as_u64().expect("a number");
        if seq > 0 {
            assert_eq!(seq, self.seen + 1, "without gaps: {said}");
            self.seen = seq;
        }
        match said["type"].as_str().expect("a type") {
            "hello" => {
                self.token = said["resume"].as_str().map(str::to_owned);
                if said["resumed"] == false {
                    (self.seen, self.calls) = (0, BTreeMap::new());
                }
                self.told.push(said);
            }
            "call" => {
                let call = said["call"].as_str().expect("a call").to_owned();
                let rings = said["state"] == "ringing" && !self.calls.contains_key(&call);
                if let (true, Picks::Up(after)) = (rings, self.picks) {
                    self.due = Some((now + after, call.clone()));
                }
                if said["state"] == "over" {
                    self.due.take_if(|(_, due)| *due == call);
                    let why = said["why"].as_str();
                    let why = why.unwrap_or_else(|| panic!("over without a reason: {said}"));
                    self.overs.push(why.to_owned());
                }
                self.calls.insert(call, said);
            }
            "answer" => {
                let sdp = said["sdp"].as_str().expect("an answer");
                if self.audible {
                    self.browser.answered(now, sdp);
                }
                self.answers += 1;
            }
            _ => self.told.push(said),
        }
    }
}

impl World {
    /// An agent opens the desk, and does this when it rings.
    pub(crate) fn desk(&mut self, name: &str, agent: u32, picks: Picks) -> &mut Self {
        let who = Who::Agent(AgentId(agent));
        self.add_page(name, who, None).picks = picks;
        self.comes_back(name)
    }

    /// A supervisor opens the page by which they stand beside agents.
    pub(crate) fn supervisor(&mut self, name: &str, user: u32, picks: Picks) -> &mut Self {
        let (user, agent) = (UserId(user), None);
        let page = self.add_page(name, Who::Staff { user, agent }, None);
        (page.picks, page.supervises) = (picks, true);
        self.comes_back(name)
    }

    /// A customer opens a call link.
    pub(crate) fn visitor(&mut self, name: &str, link: &str) -> &mut Self {
        self.pages.remove(name);
        self.add_page(name, Who::Customer, Some(link));
        self.comes_back(name)
    }

    fn add_page(&mut self, name: &str, who: Who, link: Option<&str>) -> &mut Page {
        let index = self.pages.len() as u8;
        let address = SocketAddr::from(([127, 3, 0, index + 1], 40_000));
        let server = SocketAddr::new(SWITCH, SHARED_PORT);
        let hz = 1300.0 + 200.0 * f32::from(index % 10);
        let audible = self.audible;
        let page = self.pages.entry(name.to_owned());
        page.or_insert_with(|| {
            let browser = Browser::new(address, server, hz);
            Page::new(who, link, browser, audible)
        })
    }

    /// The tones that a page has heard in the last 300 ms; none: silence.
    pub(crate) fn page_hears(&self, name: &str) -> Vec<&'static str> {
        let from = self.now - Duration::from_millis(300);
        self.tones(&self.pages[name].browser.voice.since(from))
    }

    pub(crate) fn page(&mut self, name: &str) -> &mut Page {
        self.pages.get_mut(name).expect("a page of this world")
    }

    /// The page connects, as what it remembers to be.
    pub(crate) fn comes_back(&mut self, name: &str) -> &mut Self {
        self.connections += 1;
        let id = PageId(self.connections);
        let page = self.page(name);
        page.page = Some(id);
        page.closed = None;
        page.browser.cut = false;
        let hello = json!({
            "type": "hello", "resume": page.token, "seen": page.seen, "link": page.link,
            "supervisor": page.supervises,
        });
        let who = page.who;
        self.happens_to_page(Input::Opened { page: id, who });
        self.says(name, &hello)
    }

    /// The network takes its connection away.
    pub(crate) fn loses_page(&mut self, name: &str) -> &mut Self {
        let alive = self.now;
        self.page(name).browser.cut = true;
        match self.page(name).page.take() {
            Some(page) => self.happens_to_page(Input::Closed { page, alive }),
            None => self,
        }
    }

    /// The tab of a visitor is closed, if there is one.
    pub(crate) fn loses_visitor(&mut self, name: &str) -> &mut Self {
        match self.pages.contains_key(name) {
            true => self.loses_page(name),
            false => self,
        }
    }

    /// The user presses *reload*: the page remembers its token alone, and offers anew.
    pub(crate) fn reloads(&mut self, name: &str, seconds: f64) -> &mut Self {
        self.loses_page(name).wait(seconds);
        let page = self.page(name);
        page.seen = 0;
        page.browser.dies();
        page.calls.clear();
        self.comes_back(name).offers_anew(name)
    }

    /// The page offers in all its calls that are up, as one does that has a new connection.
    pub(crate) fn offers_anew(&mut self, name: &str) -> &mut Self {
        let page = self.page(name);
        let up = page.calls.values();
        let up = up.filter(|call| call["state"] != "ringing" && call["state"] != "over");
        let calls: Vec<Value> = up.map(|call| call["call"].clone()).collect();
        let sdp = page.browser.offer();
        for call in calls {
            self.says(name, &json!({ "type": "offer", "call": call, "sdp": sdp }));
        }
        self
    }

    /// A customer calls, or an agent a number.
    pub(crate) fn page_calls(&mut self, name: &str, number: Option<&str>) -> &mut Self {
        let sdp = self.page(name).browser.offer();
        let said = json!({ "type": "call", "sdp": sdp, "number": number });
        self.says(name, &said).wait(0.1)
    }

    /// The camera of a page takes the `nth` picture of the sample, now.
    pub(crate) fn page_shows(&mut self, name: &str, nth: usize) -> &mut Self {
        let (now, taken) = (self.now, self.now - self.start);
        let browser = &mut self.page(name).browser;
        let packet = browser.shows(nth, taken.as_millis() as u32);
        let (from, to) = (browser.voice.address, SocketAddr::new(SWITCH, SHARED_PORT));
        if let Some(bytes) = packet {
            self.network.send(now, from, to, bytes);
        }
        self
    }

    /// Says something about its one call that is not over.
    pub(crate) fn page_does(&mut self, name: &str, mut what: Value) -> &mut Self {
        let calls = self.page(name).calls.values();
        let mut up = calls.filter(|call| call["state"] != "over");
        let call = up.next().map(|call| call["call"].clone());
        what["call"] = call.unwrap_or_else(|| json!(CallId(1)));
        self.says(name, &what)
    }

    pub(crate) fn says(&mut self, name: &str, what: &Value) -> &mut Self {
        let text = what.to_string();
        match self.page(name).page {
            Some(page) => self.happens_to_page(Input::Text { page, text }),
            None => self,
        }
    }

    fn happens_to_page(&mut self, input: Input) -> &mut Self {
        self.happens(cordboard::switch::Input::Page(input))
    }

    /// The switch says something to a page.
    pub(super) fn told(&mut self, transmit: Transmit) {
        let now = self.now;
        let (id, said) = match transmit {
            Transmit::Text { page, text } => (page, Ok(text)),
            Transmit::Close { page, closing } => (page, Err(closing)),
        };
        let mut pages = self.pages.values_mut();
        let Some(page) = pages.find(|page| page.page == Some(id)) else {
            return;
        };
        match said {
            Ok(text) => page.hear(now, &text),
            Err(closing) => (page.page, page.closed) = (None, Some(closing)),
        }
    }
}
