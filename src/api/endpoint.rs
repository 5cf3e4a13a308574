//! One endpoint: what is answered at a method and a path, who may ask, and how it is described.

use super::Site;
use super::who::{Caller, Role, Scope};
use crate::id::AgentId;
use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodFilter, MethodRouter, on};
use serde_json::Value;
use std::borrow::Cow;
use std::sync::Arc;

/// One endpoint. There is none without a [`Rule`].
#[derive(Clone)]
pub(super) struct Endpoint {
    pub(super) method: Method,
    /// As the router reads it: `/api/v1/users/{id}`.
    pub(super) path: &'static str,
    pub(super) rule: Rule,
    /// The group in the document.
    pub(super) tag: &'static str,
    /// One line.
    pub(super) summary: Cow<'static, str>,
    /// What has to be said besides.
    pub(super) notes: &'static str,
    /// The bodies it takes: their media types and schemas.
    pub(super) takes: Vec<(&'static str, Value)>,
    /// What it gives when all goes well: status, media type, schema.
    pub(super) gives: Vec<(u16, Option<(&'static str, Value)>)>,
    /// Query parameters and headers.
    pub(super) asks: Vec<Ask>,
    /// Statuses of refusals besides those that follow from rule and body.
    pub(super) refuses: Vec<u16>,
    /// What the audit log calls it, if it changes something.
    pub(super) noted: Option<&'static str>,
    pub(super) handler: MethodRouter<Arc<Site>>,
}

/// A parameter that is not part of the path.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    pub(super) place: &'static str,
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) schema: Value,
}

/// Who may use an endpoint. What is not allowed here is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// Whoever reaches the port.
    Anyone,
    /// Whoever asks on this machine, under its own name.
    Nearby,
    /// Whoever has said who they are, person or program.
    Anybody,
    /// People of these roles, and programs whose key has the scope.
    Only(&'static [Role], Option<Scope>),
    /// The same; besides, the agent whom the path is about.
    OrOwn(&'static [Role], Option<Scope>),
    /// Those of [`Rule::Only`] who see everybody: what it is about is the whole account's, and names what is of
    /// every team. Not supervisors who are bound to some.
    Whole(&'static [Role], Option<Scope>),
}

/// What a rule says of someone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Allowed,
    /// 401: they have to say who they are.
    Unknown,
    /// 403: they may not, whoever they are.
    Forbidden,
}

impl Rule {
    /// `about`: the agent whom the path names. Nearness is judged elsewhere.
    pub(super) fn judge(self, caller: &Caller, about: Option<AgentId>) -> Verdict {
        let is_bound = matches!(caller, Caller::User { teams, .. } if !teams.is_empty());
        let (roles, needed, own) = match self {
            Self::Anyone | Self::Nearby => return Verdict::Allowed,
            Self::Anybody if *caller == Caller::Nobody => return Verdict::Unknown,
            Self::Anybody => return Verdict::Allowed,
            Self::Whole(..) if is_bound => return Verdict::Forbidden,
            Self::Only(roles, scope) | Self::Whole(roles, scope) => (roles, scope, false),
            Self::OrOwn(roles, scope) => (roles, scope, true),
        };
        let fine = match caller {
            Caller::Nobody => return Verdict::Unknown,
            Caller::User { role, agent, .. } => {
                roles.contains(role) || own && agent.is_some() && *agent == about
            }
            Caller::Key { scopes, .. } => needed.is_some_and(|scope| scopes.contains(&scope)),
        };
        match fine {
            true => Verdict::Allowed,
            false => Verdict::Forbidden,
        }
    }
}

impl Endpoint {
    fn new<H, T>(
        method: Method,
        filter: MethodFilter,
        path: &'static str,
        rule: Rule,
        handler: H,
    ) -> Self
    where
        H: Handler<T, Arc<Site>>,
        T: 'static,
    {
        Self {
            method,
            path,
            rule,
            tag: "",
            summary: "".into(),
            notes: "",
            takes: vec![],
            gives: vec![],
            asks: vec![],
            refuses: vec![],
            noted: None,
            handler: on(filter, handler),
        }
    }

    pub(super) fn says(self, tag: &'static str, summary: impl Into<Cow<'static, str>>) -> Self {
        Self {
            tag,
            summary: summary.into(),
            ..self
        }
    }

    /// The audit log knows it under this name: a thing, and what became of it.
    pub(super) fn noted(self, action: &'static str) -> Self {
        let noted = Some(action);
        Self { noted, ..self }
    }

    pub(super) fn notes(self, notes: &'static str) -> Self {
        Self { notes, ..self }
    }

    /// A JSON body.
    pub(super) fn takes(self, schema: Value) -> Self {
        self.takes_as("application/json", schema)
    }

    pub(super) fn takes_as(mut self, kind: &'static str, schema: Value) -> Self {
        self.takes.push((kind, schema));
        self
    }

    /// A JSON answer.
    pub(super) fn gives(self, status: u16, schema: Value) -> Self {
        self.gives_as(status, "application/json", schema)
    }

    pub(super) fn gives_as(mut self, status: u16, kind: &'static str, schema: Value) -> Self {
        self.gives.push((status, Some((kind, schema))));
        self
    }

    /// An answer without a body.
    pub(super) fn gives_nothing(mut self, status: u16) -> Self {
        self.gives.push((status, None));
        self
    }

    pub(super) fn query(self, name: &'static str, about: &'static str, schema: Value) -> Self {
        self.asks("query", name, about, schema)
    }

    pub(super) fn header(self, name: &'static str, about: &'static str, schema: Value) -> Self {
        self.asks("header", name, about, schema)
    }

    fn asks(
        mut self,
        place: &'static str,
        name: &'static str,
        about: &'static str,
        schema: Value,
    ) -> Self {
        self.asks.push(Ask {
            place,
            name,
            about,
            schema,
        });
        self
    }

    pub(super) fn refuses(mut self, statuses: &[u16]) -> Self {
        self.refuses.extend_from_slice(statuses);
        self
    }

    /// The names of the path's variable parts.
    pub(super) fn parts(&self) -> impl Iterator<Item = &'static str> {
        let parts = self.path.split('/');
        parts.filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
    }
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {:?}", self.method, self.path, self.rule)
    }
}

macro_rules! method {
    ($name:ident, $method:ident) => {
        pub(super) fn $name<H, T>(path: &'static str, rule: Rule, handler: H) -> Endpoint
        where
            H: Handler<T, Arc<Site>>,
            T: 'static,
        {
            Endpoint::new(Method::$method, MethodFilter::$method, path, rule, handler)
        }
    };
}

method!(get, GET);
method!(post, POST);
method!(put, PUT);
method!(delete, DELETE);
