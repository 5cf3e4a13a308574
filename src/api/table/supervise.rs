//! The endpoints of supervisors.

use crate::api::endpoint::{Endpoint, delete, get, post};
use crate::api::schema::{list, of};
use crate::api::supervise::{self, MAY};

/// Beside the agent of a call.
pub(super) fn supervise() -> Vec<Endpoint> {
    const TAG: &str = "Supervisors";
    const PATH: &str = "/api/v1/calls/{call}/supervise";
    vec![
        get(PATH, MAY, supervise::list)
            .says(
                TAG,
                "Who stands beside the agent of a call, and how; nobody if the call is not supervised.",
            )
            .notes("As it was a second ago at the most. Agents are not told.")
            .gives(200, list(of("Supervisor")))
            .refuses(&[404]),
        post(PATH, MAY, supervise::begin)
            .says(
                TAG,
                "Listen to a call, whisper to its agent, barge in, or take it over.",
            )
            .notes(
                "Your own device rings: the supervisor's page that is open, or the desk or the phone of the agent who \
                 you are. Said again, it changes the mode. Customer and agent are told nothing. One supervisor of a \
                 call speaks at a time, up to three are there. What becomes of it is told by events: \
                 call.supervised, call.supervision_ended; each is in the audit log. It ends with your session, your role or \
                 your key, and where the agent is in none of your teams any more.",
            )
            .takes(of("Supervise"))
            .gives_nothing(202)
            .refuses(&[404, 409, 503]),
        delete(PATH, MAY, supervise::end)
            .says(TAG, "Ends your supervision of a call: the call goes on.")
            .gives_nothing(204)
            .refuses(&[404, 409]),
    ]
}
