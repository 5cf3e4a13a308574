//! What the demo tells people who want to make a first call.

use super::account::Account;
use crate::app::Server;

/// How to make a first call, for a person with a softphone, and for one without.
pub(super) fn first_call(account: &Account, server: &Server) -> String {
    let [internal, external] = account.addresses(server);
    let mut phones = String::new();
    for agent in account.agents().iter().take(3) {
        phones.push_str(&format!(
            "     {:5} password {}   ({})\n",
            agent.user, agent.password, agent.name
        ));
    }
    if account.agents().len() > 3 {
        phones.push_str(&format!(
            "     … {} agents in all, in demo.json\n",
            account.agents().len()
        ));
    }
    format!(
        "
Cordboard is up. A first call takes two softphones on this machine:

  1. An agent. Register a phone at {internal} (UDP or TCP) as one of
{phones}
  2. A customer. From a second phone, without an account, call
     sip:100@{external}

     You are answered, hear a greeting and music; the agent's phone rings. Answer, talk, hang up.
     The recordings are then under {recordings}

{encrypted}  Numbers that need no agent:  9196 echo   9664 hold music

  No phone here?  Stop with Ctrl-C and run   cordboard demo --call

What happens is told below. Message by message:  cordboard ladder --last{http}
",
        encrypted = encrypted(account, server),
        recordings = account.recordings().display(),
        http = http(server),
    )
}

/// Where phones may register over TLS, and what they must be told to trust.
fn encrypted(account: &Account, server: &Server) -> String {
    let at = |name, how: &str| {
        let address = server.address(name)?;
        Some(format!("     {address} ({how})\n"))
    };
    let ways = [
        at("internal-tls", "TLS"),
        at("internal-wss", "secure WebSocket, for browsers"),
    ];
    let ways: String = ways.into_iter().flatten().collect();
    if ways.is_empty() {
        return ways;
    }
    let certificate = account.certificate();
    format!(
        "  Encrypted signalling?  Register at
{ways}     and let the phone trust {certificate}, or not ask: it signs itself.

",
        certificate = certificate.display()
    )
}

/// What a question to this server must say of its HTTP port.
fn http(server: &Server) -> String {
    match server.http() {
        Some(address) if address.port() == 8080 => String::new(),
        Some(address) => format!(" --http {address}"),
        None => " (with an HTTP port)".to_owned(),
    }
}
