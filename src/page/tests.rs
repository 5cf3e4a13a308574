//! Pages that come, go, come back, and do what they may not.

use super::*;
use crate::id::{CallId, UserId};
use crate::random::Random;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

const KEEPS: Duration = Duration::from_secs(20);
const ADA: AgentId = AgentId(1);

/// An endpoint in virtual time, and what it has sent.
struct Pages {
    endpoint: Endpoint,
    now: Instant,
    said: Vec<(u64, Value)>,
    closed: Vec<(u64, Closing)>,
    events: Vec<Event>,
}

impl Pages {
    fn new() -> Self {
        Self {
            endpoint: Endpoint::new(KEEPS, Random::seeded(1)),
            now: Instant::now(),
            said: vec![],
            closed: vec![],
            events: vec![],
        }
    }

    fn happens(&mut self, input: Input) -> &mut Self {
        self.endpoint.handle(self.now, input);
        self.settle()
    }

    fn settle(&mut self) -> &mut Self {
        self.endpoint.check();
        while let Some(transmit) = self.endpoint.poll_transmit() {
            match transmit {
                Transmit::Text { page, text } => {
                    let said = serde_json::from_str(&text).expect("JSON");
                    self.said.push((page.0, said));
                }
                Transmit::Close { page, closing } => self.closed.push((page.0, closing)),
            }
        }
        while let Some(event) = self.endpoint.poll_event() {
            self.events.push(event);
        }
        self
    }

    fn opens(&mut self, page: u64, who: Who) -> &mut Self {
        let page = PageId(page);
        self.happens(Input::Opened { page, who })
    }

    fn says(&mut self, page: u64, what: Value) -> &mut Self {
        self.says_raw(page, &what.to_string())
    }

    fn says_raw(&mut self, page: u64, text: &str) -> &mut Self {
        let (page, text) = (PageId(page), text.to_owned());
        self.happens(Input::Text { page, text })
    }

    fn dies(&mut self, page: u64) -> &mut Self {
        let (page, alive) = (PageId(page), self.now);
        self.happens(Input::Closed { page, alive })
    }

    /// A desk of Ada's that has said hello; its token.
    fn desk(&mut self, page: u64) -> String {
        self.opens(page, Who::Agent(ADA));
        self.says(page, json!({"type": "hello"}));
        self.token()
    }

    /// The resume token in the last thing said.
    fn token(&self) -> String {
        let said = &self.said.last().expect("a hello").1;
        said["resume"].as_str().expect("a token").to_owned()
    }

    fn wait(&mut self, seconds: u64) -> &mut Self {
        let end = self.now + Duration::from_secs(seconds);
        while let Some(due) = self.endpoint.poll_timeout().filter(|due| *due <= end) {
            self.now = due;
            self.happens(Input::Timeout);
        }
        self.now = end;
        self
    }

    fn tells(&mut self, visit: VisitId) -> &mut Self {
        let message = ToPage::Agent { agent: Value::Null };
        self.endpoint.tell(visit, message);
        self.settle()
    }

    fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// The numbers of what a page was told since the last look.
    fn numbers(&mut self, page: u64) -> Vec<u64> {
        let said = std::mem::take(&mut self.said).into_iter();
        let of_it = said.filter(|(to, _)| *to == page);
        of_it.filter_map(|(_, said)| said["seq"].as_u64()).collect()
    }
}

const VISIT: VisitId = VisitId(1);

#[test]
fn a_desk_says_hello_and_is_told_whose_it_is() {
    let mut p = Pages::new();
    let token = p.desk(7);
    let whose = Whose::Desk(ADA);
    assert_eq!(
        p.take_events(),
        [Event::Came {
            visit: VISIT,
            whose
        }]
    );
    let hello = json!({
        "seq": 0, "type": "hello", "resume": token, "resumed": false, "keeps_s": 20, "agent": 1,
    });
    assert_eq!(p.said, [(7, hello)]);
    assert_eq!(token.len(), 32, "128 bits");
    let call = CallId(1);
    p.says(7, json!({"type": "reject", "call": call}));
    let what = FromPage::Reject { call };
    assert_eq!(p.take_events(), [Event::Said { visit: VISIT, what }]);
}

#[test]
fn who_says_no_hello_within_five_seconds_is_closed() {
    let mut p = Pages::new();
    p.opens(1, Who::Agent(ADA)).wait(4);
    assert_eq!(p.closed, []);
    p.says(1, json!({"type": "reject", "call": CallId(1)}));
    assert_eq!(p.said.pop().expect("trouble").1["code"], "bad_message");
    p.wait(1);
    assert_eq!(p.closed, [(1, Closing::NoHello)]);
    assert!(p.endpoint.is_idle());
}

#[test]
fn b18_a_page_that_comes_back_gets_what_it_has_missed() {
    let mut p = Pages::new();
    let token = p.desk(1);
    p.tells(VISIT).tells(VISIT).dies(1).tells(VISIT).wait(9);
    p.take_events();
    p.opens(2, Who::Agent(ADA));
    p.numbers(1);
    p.says(2, json!({"type": "hello", "resume": token, "seen": 1}));
    assert_eq!(p.said[0].1["resumed"], true);
    assert_eq!(p.said[0].1["resume"], token, "the same as before");
    assert_eq!(p.numbers(2), [0, 2, 3]);
    let back = Event::Back {
        visit: VISIT,
        knows: true,
    };
    assert_eq!(p.take_events(), [back]);
    assert_eq!(p.tells(VISIT).numbers(2), [4]);
    p.wait(60);
    assert_eq!(p.take_events(), [], "it is here");
}

#[test]
fn a_page_that_was_reloaded_or_has_missed_too_much_is_told_how_things_are() {
    for (told, seen) in [(3, 0), (3, 9), (200, 5)] {
        let mut p = Pages::new();
        let token = p.desk(1);
        p.dies(1);
        (0..told).for_each(|_| {
            p.tells(VISIT);
        });
        p.opens(2, Who::Agent(ADA)).take_events();
        p.said.clear();
        p.says(2, json!({"type": "hello", "resume": token, "seen": seen}));
        assert_eq!(p.said[0].1["resumed"], false);
        let back = Event::Back {
            visit: VISIT,
            knows: false,
        };
        assert_eq!(p.take_events(), [back]);
        p.said.clear();
        assert_eq!(p.tells(VISIT).numbers(2), [1], "the numbers begin anew");
    }
}

#[test]
fn f5_a_page_that_does_not_come_back_is_gone_and_before_that_its_agent_is_absent() {
    let mut p = Pages::new();
    let token = p.desk(1);
    p.take_events();
    p.dies(1);
    assert_eq!(p.take_events(), [Event::Lost { visit: VISIT }]);
    assert_eq!(p.wait(9).take_events(), []);
    assert_eq!(p.wait(1).take_events(), [Event::Absent { agent: ADA }]);
    assert_eq!(p.wait(9).take_events(), []);
    let (visit, whose) = (VISIT, Whose::Desk(ADA));
    let gone = Event::Gone { visit, whose };
    assert_eq!(p.wait(1).take_events(), [gone]);
    assert!(p.endpoint.is_idle());
    p.opens(2, Who::Agent(ADA));
    p.says(2, json!({"type": "hello", "resume": token, "seen": 0}));
    let (visit, whose) = (VisitId(2), Whose::Desk(ADA));
    assert_eq!(p.take_events(), [Event::Came { visit, whose }]);
}

#[test]
fn who_was_silent_before_the_connection_broke_is_absent_earlier() {
    let mut p = Pages::new();
    p.desk(1);
    p.take_events();
    let alive = p.now - Duration::from_secs(9);
    p.happens(Input::Closed {
        page: PageId(1),
        alive,
    });
    p.take_events();
    assert_eq!(p.wait(1).take_events(), [Event::Absent { agent: ADA }]);
}

#[test]
fn an_agent_has_one_desk_the_latest() {
    let mut p = Pages::new();
    let token = p.desk(1);
    p.take_events();
    p.desk(2);
    let told: Vec<_> = p.said.iter().filter(|(page, _)| *page == 1).collect();
    assert_eq!(told.last().expect("it is told").1["type"], "superseded");
    assert_eq!(p.closed, [(1, Closing::Superseded)]);
    let back = Event::Back {
        visit: VISIT,
        knows: false,
    };
    assert_eq!(p.take_events(), [back], "the same visit, with its calls");
    p.says(1, json!({"type": "reject", "call": CallId(1)}))
        .dies(1);
    assert_eq!(p.take_events(), [], "the old page has nothing to say");
    // The token of the old page is worth nothing any more, but the agent is known by the session.
    p.opens(3, Who::Agent(ADA));
    p.says(3, json!({"type": "hello", "resume": token, "seen": 1}));
    assert_ne!(p.token(), token);
}

#[test]
fn nobody_goes_on_with_the_visit_of_another() {
    let mut p = Pages::new();
    let token = p.desk(1);
    p.dies(1).take_events();
    let ben = AgentId(2);
    p.opens(2, Who::Agent(ben));
    p.says(2, json!({"type": "hello", "resume": token, "seen": 1}));
    let (visit, whose) = (VisitId(2), Whose::Desk(ben));
    assert_eq!(p.take_events(), [Event::Came { visit, whose }]);
    p.opens(3, Who::Customer);
    p.says(3, json!({"type": "hello", "resume": token, "seen": 1}));
    assert_eq!(p.closed, [(3, Closing::NotWelcome)]);
    assert_eq!(p.take_events(), []);
}

#[test]
fn a_customer_is_welcome_once_the_link_has_been_looked_at() {
    let mut p = Pages::new();
    // Logged in as an agent in the same browser: it is the link that counts.
    p.opens(1, Who::Agent(ADA));
    p.says(1, json!({"type": "hello", "link": "a token"}));
    let whose = Whose::Customer(Sha256::digest("a token").into());
    assert_eq!(
        p.take_events(),
        [Event::Came {
            visit: VISIT,
            whose
        }]
    );
    p.says(1, json!({"type": "call", "sdp": "v=0"}));
    assert_eq!(p.take_events(), [], "not before the answer to the hello");
    let link = Link {
        title: "Support".into(),
        video: false,
    };
    p.endpoint.welcome(VISIT, link);
    p.settle();
    assert_eq!(
        p.said.last().expect("a hello").1["link"]["title"],
        "Support"
    );
    let token = p.token();
    p.dies(1).wait(15).opens(2, Who::Customer);
    p.says(
        2,
        json!({"type": "hello", "resume": token, "seen": 0, "link": "a token"}),
    );
    let back = Event::Back {
        visit: VISIT,
        knows: false,
    };
    assert_eq!(p.take_events(), [Event::Lost { visit: VISIT }, back]);
    assert_eq!(
        p.said.last().expect("a hello").1["link"]["title"],
        "Support"
    );
}

#[test]
fn who_comes_by_a_link_that_cannot_be_used_is_told_why() {
    let mut p = Pages::new();
    p.opens(1, Who::Customer);
    p.says(1, json!({"type": "hello", "link": "an old token"}));
    let trouble = Trouble {
        code: "link_expired".into(),
        message: "Ask for another.".into(),
        call: None,
    };
    p.endpoint.turn_away(VISIT, trouble);
    p.settle();
    assert_eq!(p.said.last().expect("trouble").1["code"], "link_expired");
    assert_eq!(p.closed, [(1, Closing::NotWelcome)]);
    assert!(p.endpoint.is_idle());
}

#[test]
fn what_is_no_message_is_told_so_and_changes_nothing() {
    let mut p = Pages::new();
    p.desk(1);
    p.take_events();
    let long = format!(r#"{{"type":"{}"}}"#, "x".repeat(10_000));
    for text in [
        "",
        "null",
        "{}",
        "[",
        r#"{"type":"hello"}"#,
        r#"{"type":"hold"}"#,
        &long,
    ] {
        p.said.clear();
        p.says_raw(1, text);
        let said = &p.said[0].1;
        assert_eq!(
            (&said["type"], &said["code"]),
            (&json!("error"), &json!("bad_message"))
        );
        assert!(said.to_string().len() < 400, "shorter than the question");
    }
    assert_eq!((p.take_events(), p.closed), (vec![], vec![]));
}

#[test]
fn a_page_that_says_too_much_is_closed_and_may_come_back() {
    let mut p = Pages::new();
    let token = p.desk(1);
    p.take_events();
    let say = json!({"type": "reject", "call": CallId(1)});
    for _ in 0..99 {
        p.says(1, say.clone());
    }
    assert_eq!(p.take_events().len(), 99, "a burst is fine");
    p.says(1, say.clone());
    assert_eq!(p.closed, [(1, Closing::TooFast)]);
    assert_eq!(p.take_events(), [Event::Lost { visit: VISIT }]);
    p.opens(2, Who::Agent(ADA));
    p.says(2, json!({"type": "hello", "resume": token, "seen": 0}));
    for _ in 0..100 {
        p.wait(1).says(2, say.clone());
    }
    p.says_raw(2, &"x".repeat(LONGEST + 1));
    assert_eq!(p.closed.last(), Some(&(2, Closing::TooLong)));
}

#[test]
fn random_lives_of_pages_leave_nothing() {
    for seed in 0..200 {
        let (mut p, mut random) = (Pages::new(), Random::seeded(seed));
        let mut tokens = vec!["no token".to_owned()];
        for page in 0..60 {
            let who = match random.below(3) {
                0 => Who::Customer,
                agent => Who::Agent(AgentId(agent as u32)),
            };
            p.opens(page, who);
            let any = random.below(page + 1);
            match random.below(8) {
                0 => p.says_raw(any, "{"),
                1 => p.dies(any),
                2 => p.wait(random.below(12)),
                3 => p.says(page, json!({"type": "hello", "link": "a"})),
                _ => {
                    let token = &tokens[random.below(tokens.len() as u64) as usize];
                    let seen = random.below(4);
                    p.says(
                        page,
                        json!({"type": "hello", "resume": token, "seen": seen}),
                    )
                }
            };
            for event in p.take_events() {
                let (Event::Came { visit, .. } | Event::Back { visit, .. }) = event else {
                    continue;
                };
                match random.below(3) {
                    0 => p.tells(visit),
                    _ => {
                        let link = Link {
                            title: "a".into(),
                            video: true,
                        };
                        p.endpoint.welcome(visit, link);
                        p.settle()
                    }
                };
            }
            let resumes = p.said.drain(..);
            tokens
                .extend(resumes.filter_map(|(_, said)| Some(said["resume"].as_str()?.to_owned())));
        }
        (0..60).for_each(|page| {
            p.dies(page);
        });
        p.wait(100);
        assert!(p.endpoint.is_idle(), "seed {seed}");
        assert_eq!(p.endpoint.poll_timeout(), None, "seed {seed}");
    }
}

#[test]
fn b1_a_supervisors_page_is_no_desk_and_comes_back_like_one() {
    let mut pages = Pages::new();
    let (user, agent) = (UserId(7), Some(ADA));
    let eve = Who::Staff { user, agent };
    let whose = Whose::Supervisor { user, agent };
    let hello = json!({"type": "hello", "supervisor": true});
    pages.opens(1, eve).says(1, json!({"type": "hello"}));
    pages.opens(2, eve).says(2, hello.clone());
    let visit = pages.endpoint.supervisor(user).expect("a page");
    assert_ne!(pages.endpoint.desk(ADA), Some(visit), "the desk is another");
    assert_eq!(pages.endpoint.whose(visit), Some(whose));
    let token = pages.token();
    pages.dies(2).take_events();
    let back = json!({"type": "hello", "supervisor": true, "resume": token, "seen": 0});
    pages.opens(3, eve).says(3, back);
    let knows = false;
    assert_eq!(pages.take_events(), [Event::Back { visit, knows }]);
    // Another tab of theirs takes its place, and nobody else's does.
    let fay = Who::Staff {
        user: UserId(8),
        agent: None,
    };
    let stolen = json!({"type": "hello", "supervisor": true, "resume": pages.token()});
    pages.opens(4, fay).says(4, stolen);
    assert_ne!(pages.endpoint.supervisor(UserId(8)), Some(visit));
    pages.opens(5, eve).says(5, hello.clone());
    assert_eq!(pages.closed, [(3, Closing::Superseded)]);
    // Who is no supervisor has none, whatever they say.
    pages
        .opens(6, Who::Agent(AgentId(2)))
        .says(6, hello.clone());
    assert!(pages.endpoint.desk(AgentId(2)).is_some());
    pages.opens(7, Who::Customer).says(7, hello);
    assert_eq!(pages.closed.last(), Some(&(7, Closing::NotWelcome)));
    pages.dies(1).dies(4).dies(5).dies(6).wait(KEEPS.as_secs());
    assert!(pages.endpoint.is_idle());
}
