//! Who may dial what, and through which trunks: the only door to calls that cost money.
//!
//! Nobody comes through it but an agent who has proved to be one, and a queue that redirects a caller.
//! A trunk, whose callers are anybody, has no [`Dialler`] and so no way out (B26).

use super::number::read;
use crate::id::{AgentId, TrunkId};
use crate::settings::{Account, fits};

/// Who dials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialler {
    /// An agent, by their own phone.
    Agent(AgentId),
    /// A queue whose longest wait is over (R25): the account has set the number.
    Queue,
}

/// Why a number is not dialled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Barred {
    /// Nobody may dial it.
    #[error("the number is denied to all")]
    Denied,
    /// Others may dial it.
    #[error("the agent may not dial this number")]
    NotTheirs,
    /// It leads nowhere.
    #[error("no route fits the called number")]
    NoWay,
}

impl Barred {
    /// The SIP status that it is refused with.
    pub fn status(self) -> u16 {
        match self {
            Self::Denied | Self::NotTheirs => 403,
            Self::NoWay => 404,
        }
    }
}

/// The trunks that take a call to this number, in the order of trial: those of the first way out
/// that fits the number and the one who dials.
///
/// # Errors
/// If there is none, or the number is denied.
pub fn ways_out<'a>(
    account: &'a Account,
    dialler: Dialler,
    number: &str,
) -> Result<&'a [TrunkId], Barred> {
    if account
        .dialling
        .deny
        .iter()
        .any(|denied| fits(denied, number))
    {
        return Err(Barred::Denied);
    }
    let mut others = false;
    for way in account
        .outbound
        .iter()
        .filter(|way| fits(&way.number, number))
    {
        let may = match (dialler, &way.agents) {
            (Dialler::Queue, _) | (Dialler::Agent(_), None) => true,
            (Dialler::Agent(agent), Some(agents)) => agents.contains(&agent),
        };
        if may {
            return Ok(&way.trunks);
        }
        others = true;
    }
    Err(if others {
        Barred::NotTheirs
    } else {
        Barred::NoWay
    })
}

/// What an agent has dialled, in E.164 as far as the account's plan says how.
pub fn dialled(account: &Account, written: &str) -> String {
    read(&account.dialling.plan, written)
}

#[cfg(test)]
mod tests {
    use super::super::tests::account;
    use super::*;
    use crate::settings::Outbound;

    const ADA: Dialler = Dialler::Agent(AgentId(1));
    const BEN: Dialler = Dialler::Agent(AgentId(2));

    fn with_ways() -> Account {
        let way = |number: &str, trunk, agents: Option<Vec<AgentId>>| Outbound {
            number: number.into(),
            trunks: vec![TrunkId(trunk)],
            agents,
        };
        Account {
            outbound: vec![
                way("+4930*", 1, None),
                way("+49*", 2, Some(vec![AgentId(1)])),
                way("+43*", 2, Some(vec![])),
            ],
            ..account()
        }
    }

    #[test]
    fn the_first_way_out_that_fits_number_and_agent_counts() {
        let account = with_ways();
        for (who, number, trunk) in [
            (ADA, "+49301", Ok(1)),
            (ADA, "+4989", Ok(2)),
            (BEN, "+49301", Ok(1)),
            (BEN, "+4989", Err(Barred::NotTheirs)),
            (ADA, "+431", Err(Barred::NotTheirs)),
            (Dialler::Queue, "+431", Ok(2)),
            (Dialler::Queue, "+4989", Ok(2)),
            (ADA, "+1202", Err(Barred::NoWay)),
            (ADA, "112", Err(Barred::NoWay)),
        ] {
            let found = ways_out(&account, who, number).map(|trunks| trunks[0].0);
            assert_eq!(found, trunk, "{who:?} {number}");
        }
    }

    #[test]
    fn what_is_denied_is_denied_to_all() {
        let mut account = with_ways();
        account.dialling.deny = vec!["+49900*".into()];
        for who in [ADA, Dialler::Queue] {
            assert_eq!(ways_out(&account, who, "+499001"), Err(Barred::Denied));
        }
    }
}
