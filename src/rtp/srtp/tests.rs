//! The vectors of the RFCs, another implementation as the peer, and what an attacker sends.

use super::cipher::Session;
use super::*;
use rtc_srtp::context::Context;
use rtc_srtp::protection_profile::ProtectionProfile;

const CM_80: Suite = Suite::AesCm128HmacSha1_80;
const GCM: Suite = Suite::AeadAes128Gcm;

#[test]
fn session_keys_are_derived_as_in_rfc_3711_b_3() {
    let session = |label, length| {
        let mut key = vec![0; length];
        cipher::derive(&rfc_3711_master(), label, &mut key);
        key
    };
    let key = "c61e7a93744f39ee10734afe3ff7a087";
    assert_eq!(session(0, 16), hex(key));
    assert_eq!(session(2, 14), hex("30cbbc08863d8c85d49db34a9ae1"));
    let authentication = "cebe321f6ff7716b6fd4ab49af256a156d38baa4";
    assert_eq!(session(1, 20), hex(authentication));
}

#[test]
fn the_keystream_is_that_of_rfc_3711_b_2() {
    let key: [u8; 16] = array("2b7e151628aed2a6abf7158809cf4f3c");
    let counter = array("f0f1f2f3f4f5f6f7f8f9fafbfcfd0000");
    let mut bytes = [0; 48];
    let aes = aes::cipher::KeyInit::new(&key.into());
    cipher::keystream(&aes, &counter, &mut bytes);
    let expected = "e03ead0935c95e80e166b16dd92b4eb4 d23513162b02d0f72a43a2fe4a5f97ab \
                    41e95b3bb0a2e8dd477901e4fca894c0";
    assert_eq!(bytes.to_vec(), hex(expected));
}

/// The key of RFC 3711 B.3; what becomes of a packet under it is what other implementations say.
#[test]
fn a_packet_in_counter_mode_is_sealed_as_others_seal_it() {
    let mut sealer = Sealer::new(CM_80, &rfc_3711_master());
    let mut packet = hex("800f1234decafbadcafebabe abababababababababababababababab");
    assert!(sealer.seal_rtp(&mut packet, 0));
    let sealed = "800f1234decafbadcafebabe 4e55dc4ce79978d88ca4d215949d2402 b78d6acc99ea179b8dbb";
    assert_eq!(packet, hex(sealed));

    let mut report = hex("81c8000bcafebabe abababababababababababababababab");
    // Theirs counts from 1.
    assert!(sealer.seal_rtcp(&mut report.clone(), 0));
    assert!(sealer.seal_rtcp(&mut report, 0));
    let sealed = "81c8000bcafebabe 7128035be487b9bdbef89041f977a5a8 80000001 993e08cd54d6c1230798";
    assert_eq!(report, hex(sealed));
}

#[test]
fn a_packet_in_galois_mode_is_sealed_as_in_rfc_7714_16_1() {
    let cipher = Cipher::with(GCM, 16, &rfc_7714_session());
    let plain = hex(
        "8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 \
         696e2070 61727465 73207472 6573",
    );
    let mut packet = plain.clone();
    cipher.seal_rtp(&mut packet, 0, 12, 0x5501_a0b2, 0xf17b);
    let sealed = "8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f \
                  42a5f47a 51c7d19b 36de3adf 8833899d 7f27beb1 6a9152cf 765ee439 0cce";
    assert_eq!(packet, hex(sealed));
    let length = cipher.open_rtp(&mut packet, 12, 0x5501_a0b2, 0xf17b);
    assert_eq!(packet[..length.expect("authentic")], plain);
}

#[test]
fn a_report_in_galois_mode_is_sealed_as_in_rfc_7714_17_1() {
    let cipher = Cipher::with(GCM, 16, &rfc_7714_session());
    let plain = hex(
        "81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef \
         deadbeef deadbeef deadbeef deadbeef",
    );
    let mut report = plain.clone();
    cipher.seal_rtcp(&mut report, 0, 0x4d61_7273, 0x5d4);
    let sealed = "81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d c676a5f1 \
                  730d6fda 4ce09b46 86303ded 0bb9275b c84aa458 96cf4d2f c5abf872 45d9eade 800005d4";
    assert_eq!(report, hex(sealed));
    let word = cipher.rtcp_word(&report).expect("long enough");
    let length = cipher.open_rtcp(&mut report, 0x4d61_7273, word);
    assert_eq!(report[..length.expect("authentic")], plain);
}

#[test]
fn another_implementation_opens_what_we_seal_and_we_what_it_seals() {
    let mut random = Random::seeded(4);
    for suite in Suite::ALL {
        let master = Master::random(suite, &mut random);
        let (mut sealer, mut opener) = pair(suite, &master);
        let (mut sealing, mut opening) = (other(suite, &master), other(suite, &master));
        // Through a turn of the numbers, after which the counter of turns is in every tag.
        for n in 65_000..66_100u32 {
            let plain = packet(n as u16, b"sound in some bytes");
            let mut ours = vec![9; 5];
            ours.extend(&plain);
            assert!(sealer.seal_rtp(&mut ours, 5));
            assert_eq!(ours.len() - 5, plain.len() + suite.rtp_tag());
            assert_eq!(opening.decrypt_rtp(&ours[5..]).expect("opened"), plain);

            let mut theirs = sealing.encrypt_rtp(&plain).expect("sealed").to_vec();
            let length = opener.open_rtp(&mut theirs).expect("authentic");
            assert_eq!(theirs[..length], plain);
        }
        for _ in 0..3 {
            let mut ours = report();
            assert!(sealer.seal_rtcp(&mut ours, 0));
            assert_eq!(opening.decrypt_rtcp(&ours).expect("opened"), report());
            let mut theirs = sealing.encrypt_rtcp(&report()).expect("sealed").to_vec();
            let length = opener.open_rtcp(&mut theirs).expect("authentic");
            assert_eq!(theirs[..length], report());
        }
    }
}

#[test]
fn a_packet_is_taken_once() {
    for suite in Suite::ALL {
        let (mut sealer, mut opener) = pair(suite, &some_master(suite));
        let mut sealed = |n| seal(&mut sealer, n);
        let (first, second, third) = (sealed(1), sealed(2), sealed(3));
        for packet in [&first, &third, &second] {
            assert!(opener.open_rtp(&mut packet.clone()).is_ok());
        }
        for packet in [first, second, third] {
            assert_eq!(opener.open_rtp(&mut packet.clone()), Err(Dropped::Replayed));
        }
        let mut report = report();
        sealer.seal_rtcp(&mut report, 0);
        assert!(opener.open_rtcp(&mut report.clone()).is_ok());
        assert_eq!(opener.open_rtcp(&mut report), Err(Dropped::Replayed));
    }
}

/// RFC 3711 §3.2.3: the index is of the stream, and a sender of two counts each by itself.
#[test]
fn reports_of_two_streams_are_counted_each_by_itself() {
    for suite in Suite::ALL {
        let master = some_master(suite);
        let mut opener = Opener::new(suite, &master);
        for ssrc in [7_u32, 8] {
            let mut sealer = Sealer::new(suite, &master);
            for _ in 0..3 {
                let mut report = report();
                report[4..8].copy_from_slice(&ssrc.to_be_bytes());
                sealer.seal_rtcp(&mut report, 0);
                assert!(opener.open_rtcp(&mut report.clone()).is_ok());
                assert_eq!(opener.open_rtcp(&mut report), Err(Dropped::Replayed));
            }
        }
    }
}

#[test]
fn a_packet_of_an_earlier_turn_is_not_one_of_this_turn() {
    let (mut sealer, mut opener) = pair(CM_80, &some_master(CM_80));
    let mut early = seal(&mut sealer, 100);
    for n in (101..=65_535).chain(0..100) {
        let mut packet = seal(&mut sealer, n);
        assert!(opener.open_rtp(&mut packet).is_ok(), "{n}");
    }
    assert_eq!(opener.open_rtp(&mut early.clone()), Err(Dropped::Forged));
    let mut due = seal(&mut sealer, 100);
    assert!(opener.open_rtp(&mut due).is_ok());
    assert_eq!(opener.open_rtp(&mut early), Err(Dropped::Replayed));
}

#[test]
fn turns_are_counted_through_loss_and_disorder() {
    let mut random = Random::seeded(9);
    for suite in Suite::ALL {
        let (mut sealer, mut opener) = pair(suite, &some_master(suite));
        let mut numbers: Vec<u32> = (30_000..230_000).step_by(7).collect();
        for at in 1..numbers.len() {
            if random.below(4) == 0 {
                numbers.swap(at - 1, at);
            }
        }
        numbers.retain(|_| random.below(5) > 0);
        for n in numbers {
            let mut packet = seal(&mut sealer, n as u16);
            assert!(opener.open_rtp(&mut packet).is_ok(), "{n}");
        }
    }
}

#[test]
fn a_stream_whose_beginning_was_lost_at_the_turn_is_heard() {
    let (mut sealer, mut opener) = pair(CM_80, &some_master(CM_80));
    let lost = [65_533, 65_534, 65_535, 0, 1].map(|n| seal(&mut sealer, n));
    assert!(opener.open_rtp(&mut seal(&mut sealer, 2)).is_ok());
    let mut late = lost.map(|mut packet| opener.open_rtp(&mut packet).is_ok());
    late.sort_unstable();
    assert_eq!(late, [true; 5], "they come late and are new");
}

#[test]
fn after_another_key_the_turns_may_go_on_or_begin_anew() {
    for goes_on in [true, false] {
        let (old, new) = (some_master(CM_80), rfc_3711_master());
        let (mut sealer, mut opener) = pair(CM_80, &old);
        for n in [60_000, 10_000, 40_000, 1_000] {
            assert!(opener.open_rtp(&mut seal(&mut sealer, n)).is_ok());
        }
        let mut opener = Opener::following(CM_80, &new, &opener);
        let mut fresh = Sealer::new(CM_80, &new);
        if goes_on {
            fresh.streams = sealer.streams.clone();
        }
        for n in 1_001..1_100 {
            assert!(opener.open_rtp(&mut seal(&mut fresh, n)).is_ok());
        }
        assert!(opener.open_rtp(&mut seal(&mut sealer, 1_100)).is_err());
    }
}

#[test]
fn the_wrong_key_opens_nothing() {
    for suite in Suite::ALL {
        let mut random = Random::seeded(5);
        let mut sealer = Sealer::new(suite, &Master::random(suite, &mut random));
        let mut opener = Opener::new(suite, &Master::random(suite, &mut random));
        let mut report = report();
        sealer.seal_rtcp(&mut report, 0);
        assert_eq!(opener.open_rtcp(&mut report), Err(Dropped::Forged));
        let mut sealed = seal(&mut sealer, 1);
        assert_eq!(opener.open_rtp(&mut sealed), Err(Dropped::Forged));
    }
}

/// RFC 3711 §3.4: the tag of SRTCP is not optional, whatever the E bit says.
#[test]
fn a_report_that_says_it_is_not_encrypted_is_not_excused_from_its_tag() {
    for suite in Suite::ALL {
        let (_, mut opener) = pair(suite, &some_master(suite));
        let mut forged = report();
        forged.extend(0x7fff_ffff_u32.to_be_bytes());
        forged.extend([0; 16]);
        assert!(opener.open_rtcp(&mut forged.clone()).is_err());
        let word = forged.len() - 4;
        forged[word] = 0;
        assert!(opener.open_rtcp(&mut forged).is_err());
        let mut honest = report();
        Sealer::new(suite, &some_master(suite)).seal_rtcp(&mut honest, 0);
        assert!(opener.open_rtcp(&mut honest).is_ok(), "the window stands");
    }
}

#[test]
fn what_is_not_authentic_leaves_no_trace() {
    let (mut sealer, mut opener) = pair(GCM, &some_master(GCM));
    for ssrc in 0..10_000u32 {
        let mut forged = packet(1, b"0123456789abcdef0123");
        forged[8..12].copy_from_slice(&ssrc.to_be_bytes());
        assert_eq!(opener.open_rtp(&mut forged), Err(Dropped::Forged));
    }
    let mut ahead = packet(9_000, b"0123456789abcdef0123");
    assert!(opener.open_rtp(&mut ahead).is_err());
    assert!((0..MANY).all(|n| opener.open_rtp(&mut seal(&mut sealer, n)).is_ok()));
}

#[test]
fn no_number_is_used_twice_under_one_key() {
    let mut sealer = Sealer::new(GCM, &some_master(GCM));
    assert!(sealer.seal_rtp(&mut packet(5, b"one"), 0));
    assert!(!sealer.seal_rtp(&mut packet(5, b"two"), 0));
    assert!(sealer.seal_rtp(&mut packet(4, b"late"), 0));
    assert!(!sealer.seal_rtp(&mut b"no packet".to_vec(), 0));
    sealer.index = (1 << 31) - 1;
    assert!(sealer.seal_rtcp(&mut report(), 0));
    assert!(!sealer.seal_rtcp(&mut report(), 0), "RFC 3711 §9.2");
}

#[test]
fn mangled_packets_do_no_harm_and_none_is_taken() {
    let mut random = Random::seeded(6);
    for suite in Suite::ALL {
        let (mut sealer, mut opener) = pair(suite, &some_master(suite));
        for n in 0..4_000u16 {
            let whole = seal(&mut sealer, n);
            let mut rtcp = report();
            sealer.seal_rtcp(&mut rtcp, 0);
            for mut bytes in [whole.clone(), rtcp.clone()] {
                match random.below(3) {
                    0 => bytes.truncate(random.below(bytes.len() as u64) as usize),
                    1 => bytes.push(random.u32() as u8),
                    _ => {
                        let at = random.below(bytes.len() as u64) as usize;
                        bytes[at] ^= 1 + random.below(255) as u8;
                    }
                }
                assert!(opener.open_rtp(&mut bytes.clone()).is_err());
                assert!(opener.open_rtcp(&mut bytes).is_err());
            }
            if random.below(2) == 0 {
                assert!(opener.open_rtp(&mut whole.clone()).is_ok());
                assert!(opener.open_rtcp(&mut rtcp).is_ok());
            }
        }
    }
}

#[test]
fn random_bytes_never_panic() {
    let mut random = Random::seeded(7);
    for suite in Suite::ALL {
        let (mut sealer, mut opener) = pair(suite, &some_master(suite));
        for _ in 0..20_000 {
            let length = random.below(70) as usize;
            let mut bytes = vec![0; length];
            random.fill(&mut bytes);
            if let Some(first) = bytes.first_mut() {
                *first = 0x80 | *first & 0x3f;
            }
            assert!(opener.open_rtp(&mut bytes.clone()).is_err());
            assert!(opener.open_rtcp(&mut bytes.clone()).is_err());
            sealer.seal_rtp(&mut bytes.clone(), 0);
            sealer.seal_rtcp(&mut bytes, 0);
        }
    }
}

#[test]
fn keys_are_read_as_long_as_their_suite_wants_and_never_shown() {
    for suite in Suite::ALL {
        let master = some_master(suite);
        let bytes = master.bytes(suite);
        assert_eq!(bytes.len(), suite.key_length());
        assert_eq!(Master::read(suite, &bytes), Some(master));
        assert_eq!(Master::read(suite, &bytes[1..]), None);
        assert_eq!(Master::read(suite, &[&bytes[..], &[0]].concat()), None);
        let (sealer, opener) = pair(suite, &master);
        let keys = Keys {
            suite,
            ours: master,
            theirs: master,
        };
        let shown = format!("{master:?} {keys:?} {:?} {:?}", sealer.rtp, opener.rtcp);
        let expected = format!("••• Keys {{ suite: {suite:?}, ours: •••, theirs: ••• }} ••• •••");
        assert_eq!(shown, expected);
        assert_eq!(Suite::from_name(suite.name()), Some(suite));
    }
    assert_eq!(Suite::from_name("AES_256_CM_HMAC_SHA1_80"), None);
}

const MANY: u16 = 200;

fn rfc_3711_master() -> Master {
    let bytes = hex("e1f97a0d3e018be0d64fa32c06de4139 0ec675ad498afeebb6960b3aabe6");
    Master::read(CM_80, &bytes).expect("30 bytes")
}

fn rfc_7714_session() -> Session {
    Session {
        key: array("000102030405060708090a0b0c0d0e0f"),
        authentication: [0; 20],
        salt: array("517569642070726f2071756f 0000"),
    }
}

fn some_master(suite: Suite) -> Master {
    Master::random(suite, &mut Random::seeded(3))
}

fn pair(suite: Suite, master: &Master) -> (Sealer, Opener) {
    (Sealer::new(suite, master), Opener::new(suite, master))
}

fn other(suite: Suite, master: &Master) -> Context {
    let profile = match suite {
        Suite::AeadAes128Gcm => ProtectionProfile::AeadAes128Gcm,
        Suite::AesCm128HmacSha1_80 => ProtectionProfile::Aes128CmHmacSha1_80,
        Suite::AesCm128HmacSha1_32 => ProtectionProfile::Aes128CmHmacSha1_32,
    };
    let bytes = master.bytes(suite);
    let (key, salt) = bytes.split_at(16);
    let provider = rtc_crypto::default_provider().expect("one is built in");
    Context::new(key, salt, profile, None, None, provider.crypto()).expect("valid")
}

fn packet(sequence: u16, payload: &[u8]) -> Vec<u8> {
    let header = crate::rtp::Header {
        sequence,
        timestamp: u32::from(sequence) * 160,
        ssrc: 0xcafe_babe,
        ..crate::rtp::Header::default()
    };
    [&header.write(), payload].concat()
}

fn seal(sealer: &mut Sealer, sequence: u16) -> Vec<u8> {
    let mut packet = packet(sequence, b"sound");
    assert!(sealer.seal_rtp(&mut packet, 0));
    packet
}

fn report() -> Vec<u8> {
    hex("80c90001cafebabe 81ca0002cafebabe 01000000")
}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .bytes()
        .filter_map(|c| Some((c as char).to_digit(16)? as u8))
        .collect();
    digits
        .chunks(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}

fn array<const N: usize>(text: &str) -> [u8; N] {
    hex(text).try_into().expect("as many digits")
}
