//! Challenges and credentials, and their judge.

#![no_main]

use cordboard_fuzz::random::Random;
use cordboard_fuzz::sip::auth::{
    Algorithm, Challenge, Credentials, Digest, Verdict, Verifier, respond,
};
use cordboard_fuzz::sip::message::{Message, Method};
use libfuzzer_sys::fuzz_target;
use std::time::Instant;

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    // What we write has no control characters: they become spaces.
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    if let Ok(challenge) = Challenge::parse(&text) {
        let written = challenge.to_string();
        assert_eq!(
            Challenge::parse(&written).as_ref(),
            Ok(&challenge),
            "{written}"
        );
        let answer = respond(&challenge, "u", "p", &Method::Register, "sip:h", 1, "c");
        assert_eq!(Credentials::parse(&answer.to_string()), Ok(answer));
    }
    if let Ok(credentials) = Credentials::parse(&text) {
        let written = credentials.to_string();
        assert_eq!(Credentials::parse(&written), Ok(credentials));
    }
    let request = format!(
        "REGISTER sip:h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:u@h>;tag=1\r\n\
         To: <sip:u@h>\r\nCall-ID: 1\r\nCSeq: 1 REGISTER\r\nAuthorization: {text}\r\n\r\n"
    );
    if let Ok(request) = Message::parse(request.into_bytes()) {
        let now = Instant::now();
        let digest = Digest::new("r", &[Algorithm::Sha256, Algorithm::Md5]);
        let mut verifier = Verifier::new(now, &digest, Random::seeded(1));
        let verdict = verifier.verify(now, &request, |_| Some("secret"));
        assert!(
            !matches!(verdict, Verdict::Passed { .. }),
            "nobody gets in unasked"
        );
        verifier.check();
    }
});
