//! What people and programs change goes into the audit log, whatever it is: each line of the table that
//! changes something says under which name.
//!
//! Not what the store notes together with the change itself (settings, deleted recordings), and not what
//! is done with calls: that is in the event log.

use super::Site;
use super::who::Caller;
use crate::store::Noted;
use axum::Extension;
use axum::http::header;
use axum::response::Response;
use std::sync::Arc;

/// What a handler says of what it has changed, where the path or the Location does not.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    /// To what it was done: a name, or an id.
    pub(super) subject: String,
    /// What has to be said besides, or nothing.
    pub(super) detail: String,
    /// Who asked said by this very request that they are the subject: a user who logs in.
    pub(super) is_caller: bool,
}

impl Told {
    /// It was done to this.
    pub(super) fn of(subject: impl Into<String>) -> Extension<Self> {
        Extension(Self {
            subject: subject.into(),
            ..Self::default()
        })
    }

    /// This user has done it.
    pub(super) fn by(user: impl Into<String>) -> Extension<Self> {
        Extension(Self {
            subject: user.into(),
            is_caller: true,
            ..Self::default()
        })
    }
}

/// What an answer says of what was done; else what the path says.
pub(super) fn told(answer: &Response, of_path: String) -> Told {
    let place = answer.headers().get(header::LOCATION);
    let place = place.and_then(|place| place.to_str().ok()?.rsplit('/').next());
    let told = answer.extensions().get::<Told>().cloned();
    told.unwrap_or_else(|| Told {
        subject: place.map_or(of_path, str::to_owned),
        ..Told::default()
    })
}

/// Notes that it was done. What cannot be noted is done all the same: the log of the process says so.
pub(super) async fn note(site: &Arc<Site>, action: &'static str, caller: &Caller, told: Told) {
    let Told {
        subject,
        detail,
        is_caller,
    } = told;
    let who = match is_caller {
        true => format!("user {subject}"),
        false => caller.signature(),
    };
    let noted = Noted {
        who: who.clone(),
        action,
        subject,
        detail,
    };
    if site.ask(move |store| store.audit(noted)).await.is_err() {
        tracing::error!(
            who,
            action,
            "what was done cannot be put into the audit log"
        );
    }
}
