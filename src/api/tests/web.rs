//! The pages for people: what browsers are told of them, whether they were built or not.

use super::*;
use crate::api::web::names;
use std::collections::BTreeMap;

const PAGES: [&str; 8] = [
    "/",
    "/login",
    "/link",
    "/desk",
    "/admin",
    "/supervisor",
    "/call",
    "/setup/some-token",
];

impl Desk {
    fn look(&self, path: &str, header: (&'static str, &str)) -> Answer {
        self.get(path, &(header.0, header.1.to_owned()))
    }
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).map(|value| value.to_str());
        value.and_then(Result::ok).unwrap_or_default()
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

#[test]
fn every_page_is_html_that_runs_our_scripts_alone() {
    let desk = Desk::new();
    for path in PAGES {
        let answer = desk.look(path, ("accept", "*/*"));
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src 'none'"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        let page = answer.text();
        assert!(!page.contains("<script>") && !page.contains("<style"));
        assert!(!page.contains("://"), "{path} loads from elsewhere: {page}");
    }
}

#[test]
fn without_pages_the_program_says_how_they_are_built() {
    if names().any(|name| name == "index.html") {
        return;
    }
    let desk = Desk::new();
    let page = desk.look("/", ("accept", "*/*"));
    assert!(page.text().contains("npm --prefix web run build"));
    let setup = desk.look("/setup/some-token", ("accept", "*/*"));
    assert!(setup.text().contains("<form method=\"post\">"));
}

#[test]
fn an_asset_is_kept_and_a_page_is_asked_for_again() {
    let desk = Desk::new();
    for name in names() {
        let path = format!("/{name}");
        let path = match name.strip_suffix(".html") {
            Some("index") => "/",
            Some("login") => "/login",
            Some("link") => "/link",
            Some("desk") => "/desk",
            Some("admin") => "/admin",
            Some("supervisor") => "/supervisor",
            Some(_) => continue,
            None if name.starts_with("assets/") && !name.ends_with("z") => &path,
            None => continue,
        };
        if path.ends_with(".br") {
            continue;
        }
        let answer = desk.look(path, ("accept-encoding", "identity"));
        assert_eq!(answer.status, 200, "{path}");
        let kept = answer.header("cache-control");
        match path.starts_with("/assets/") {
            true => assert!(kept.contains("immutable"), "{path}: {kept}"),
            false => assert_eq!(kept, "no-cache", "{path}"),
        }
        let tag = answer.header("etag").to_owned();
        assert!(tag.len() > 20, "{path}: {tag}");
        let again = desk.look(path, ("if-none-match", &tag));
        assert_eq!((again.status, again.bytes.len()), (304, 0), "{path}");
        for encoding in ["br", "gzip"] {
            let packed = desk.look(path, ("accept-encoding", encoding));
            if packed.header("content-encoding") == encoding {
                assert_ne!(packed.header("etag"), tag, "{path}: two forms, one tag");
                assert_eq!(packed.header("vary"), "accept-encoding");
            }
        }
    }
}

/// What a page may load of scripts, in any language: the scripts that it names, and those that these name.
fn scripts(desk: &Desk, page: &str) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    let mut texts = vec![desk.look(page, ("accept", "*/*")).text()];
    while let Some(text) = texts.pop() {
        let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || "._-".contains(c)));
        for name in words.filter(|word| word.ends_with(".js")) {
            let path = format!("/assets/{name}");
            let plain = desk.look(&path, ("accept-encoding", "identity"));
            if plain.status == OK && !found.contains_key(name) {
                let packed = desk.look(&path, ("accept-encoding", "gzip"));
                found.insert(name.to_owned(), packed.bytes.len());
                texts.push(plain.text());
            }
        }
    }
    found
}

#[test]
fn a_customers_page_has_less_than_60_kb_of_scripts() {
    if !names().any(|name| name == "link.html") {
        return;
    }
    let scripts = scripts(&Desk::new(), "/link");
    let sum: usize = scripts.values().sum();
    assert!(scripts.len() > 3 && sum < 60_000, "{sum}: {scripts:?}");
}

/// What draws recordings is large, and sets styles of its own.
#[test]
fn h17_what_draws_recordings_is_where_they_are_played_and_its_styles_are_allowed_there_alone() {
    if !names().any(|name| name == "link.html") {
        return;
    }
    let desk = Desk::new();
    for page in PAGES.into_iter().filter(|page| !page.starts_with("/setup")) {
        let plays = ["/supervisor", "/call"].contains(&page);
        let scripts = scripts(&desk, page);
        let draws = scripts.keys().any(|name| name.starts_with("drawing-"));
        assert_eq!(draws, plays, "{page}: {scripts:?}");
        let answer = desk.look(page, ("accept", "*/*"));
        let policy = answer.header("content-security-policy");
        let styles = policy.split(';').find(|part| part.contains("style-src"));
        let styles: Vec<_> = styles.expect("said").split_whitespace().collect();
        let [_, "'self'", hashes @ ..] = styles.as_slice() else {
            panic!("{page}: {policy}");
        };
        assert_eq!(hashes.len(), usize::from(plays), "{page}: {policy}");
        let are_hashes = hashes.iter().all(|each| each.starts_with("'sha256-"));
        assert!(are_hashes, "{page}: {policy}");
    }
}

#[test]
fn nothing_is_served_but_what_was_built() {
    let desk = Desk::new();
    for path in [
        "/assets/none.js",
        "/assets/..%2findex.html",
        "/assets/..%2f..%2fCargo.toml",
        "/assets/.gitignore",
        "/assets/%00",
    ] {
        let answer = desk.look(path, ("accept", "*/*"));
        assert_eq!(answer.status, 404, "{path}");
    }
}

#[test]
fn a_desk_knows_reasons_queues_and_colleagues_and_its_own_conversations() {
    let desk = Desk::new();
    let me = desk.session(desk.user("ada", Role::Agent, Some(1)));
    let known = desk.get("/api/v1/agents/1/desk", &me).json();
    assert_eq!(known["agent"]["name"], "Ada");
    assert_eq!(known["reasons"], serde_json::json!(["Break", "Lunch"]));
    assert_eq!(known["queues"][0]["name"], "Support");
    assert_eq!(known["queues"][0]["serves"], true);
    assert_eq!(known["extend_wrap_up"], false);
    let text = known.to_string();
    assert!(!text.contains("password"), "{text}");
    let own = desk.get("/api/v1/agents/1/conversations", &me);
    assert_eq!((own.status, own.json()), (OK, serde_json::json!([])));
    let other = desk.session(desk.user("bob", Role::Agent, Some(2)));
    assert_eq!(desk.get("/api/v1/agents/1/desk", &other).status, 403);
    let admin = desk.admin();
    assert_eq!(desk.get("/api/v1/agents/2/desk", &admin).status, 404);
}
