//! Logs agents of a `cordboard demo` in, so that they can open their desks: users are made where there are none, by
//! an administrator of ours, who proves with a file in the demo's folder that the machine is theirs.

use crate::field::Account;
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

/// Passwords are made to take long.
const PATIENCE: Duration = Duration::from_secs(30);
const ADMINISTRATOR: &str = "load";
const PASSWORD: &str = "the administrator of a load";

/// The cookies of the agents' sessions. `data` is the demo's folder.
pub(crate) fn log_in(http: SocketAddr, data: &Path, agents: &[Account]) -> Result<Vec<String>> {
    let site = Site { http };
    let administrator = match site.session(ADMINISTRATOR, PASSWORD)? {
        Some(cookie) => cookie,
        None => site.set_up(data)?,
    };
    let each = (1..).zip(agents).map(|(id, account)| {
        let Account { user, password } = account;
        if let Some(cookie) = site.session(user, password)? {
            return Ok(cookie);
        }
        let body = json!({"name": user, "password": password, "role": "agent", "agent": id});
        let made = site.post("/api/v1/users", Some(&administrator), &body)?;
        made.fine()
            .with_context(|| format!("a user for agent {user}"))?;
        let cookie = site.session(user, password)?;
        cookie.with_context(|| format!("agent {user} cannot log in"))
    });
    each.collect()
}

struct Site {
    http: SocketAddr,
}

impl Site {
    /// The cookie of a new session; `None`: name or password is wrong.
    fn session(&self, name: &str, password: &str) -> Result<Option<String>> {
        let body = json!({"name": name, "password": password});
        let answer = self.post("/api/v1/session", None, &body)?;
        if answer.status == 401 {
            return Ok(None);
        }
        Ok(answer.fine()?.cookie)
    }

    /// Makes the administrator; their cookie.
    fn set_up(&self, data: &Path) -> Result<String> {
        let proof = cordboard::random::Random::from_system().hex(64);
        let file = data.join("setup.proof");
        std::fs::write(&file, &proof).with_context(|| format!("{}", file.display()))?;
        let answer = self.post("/api/v1/setup-urls", None, &json!({"proof": proof}))?;
        let body: Value = serde_json::from_str(&answer.fine()?.body)?;
        let path = body["path"].as_str().context("no path of a set-up URL")?;
        let body = json!({"name": ADMINISTRATOR, "password": PASSWORD});
        let made = self.post(path, None, &body)?.fine()?;
        made.cookie.context("no session of the administrator's")
    }

    fn post(&self, path: &str, cookie: Option<&str>, body: &Value) -> Result<Answer> {
        let (http, body) = (self.http, body.to_string());
        let cookie = cookie.map(|cookie| format!("Cookie: {cookie}\r\n"));
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {http}\r\nConnection: close\r\n{}Content-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            cookie.unwrap_or_default(),
            body.len()
        );
        let mut stream = TcpStream::connect(http).with_context(|| format!("http://{http}"))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(request.as_bytes())?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        Answer::read(&text).with_context(|| format!("http://{http}{path} speaks otherwise"))
    }
}

struct Answer {
    status: u16,
    cookie: Option<String>,
    body: String,
}

impl Answer {
    fn read(text: &str) -> Option<Self> {
        let (head, body) = text.split_once("\r\n\r\n")?;
        let mut lines = head.lines();
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let mut pairs = lines.filter_map(|line| line.split_once(':'));
        let cookie = pairs.find(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
        let cookie = cookie.and_then(|(_, value)| value.trim().split(';').next());
        Some(Self {
            status,
            cookie: cookie.map(str::to_owned),
            body: body.to_owned(),
        })
    }

    fn fine(self) -> Result<Self> {
        if !(200..300).contains(&self.status) {
            bail!("refused with {}: {}", self.status, self.body);
        }
        Ok(self)
    }
}
