//! Why a call could not be made, in the words of ISDN: the Q.850 cause that goes with a SIP status
//! (RFC 3398 §8.2.6.1, the other way round in RFC 3326).

/// The Q.850 cause of a refusal.
pub(super) fn cause_of(status: u16) -> u16 {
    match status {
        // Unallocated number.
        404 | 485 | 604 => 1,
        // User busy.
        486 | 600 => 17,
        // No user responding; no answer from the user.
        408 => 18,
        480 => 19,
        // Call rejected.
        401..=403 | 407 | 603 => 21,
        // Number changed; exchange routing error; address incomplete.
        410 => 22,
        482 | 483 => 25,
        484 => 28,
        // Bearer capability or service not available.
        405 => 63,
        406 | 415 | 488 | 501 | 606 => 79,
        // Network out of order; recovery on timer expiry; interworking.
        502 => 38,
        504 => 102,
        413 | 414 | 416 | 420 | 421 | 423 | 505 | 513 => 127,
        // Temporary failure.
        _ => 41,
    }
}

/// The status that an agent's phone is refused with, where a trunk has refused us with this one.
pub(super) fn status_for_agent(status: u16) -> u16 {
    match status {
        // Between the trunk and us: the phone is not asked for anything.
        401 | 407 | 420..=423 => 502,
        // None that a phone could do something about, and one that it may try again after.
        408 | 500..600 => 503,
        // We do not redirect.
        300..=399 => 480,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_is_told_what_concerns_it() {
        for (status, told, cause) in [
            (486, 486, 17),
            (404, 404, 1),
            (480, 480, 19),
            (603, 603, 21),
            (407, 502, 21),
            (408, 503, 18),
            (500, 503, 41),
            (302, 480, 41),
        ] {
            assert_eq!((status_for_agent(status), cause_of(status)), (told, cause));
        }
    }
}
