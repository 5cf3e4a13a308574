//! The library of sounds, uploads, and how texts sound (R33, R39, R146, R156, D17).

use super::*;
use serde_json::json;

const SOUNDS: &str = "/api/v1/sounds";

/// A WAV file of so many bytes in all: noise that is no silence.
fn file(bytes: usize) -> Vec<u8> {
    let data = bytes - 44;
    let mut file = Vec::with_capacity(bytes);
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&u32::try_from(bytes - 8).expect("small").to_le_bytes());
    file.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    file.extend_from_slice(&48_000_u32.to_le_bytes());
    file.extend_from_slice(&96_000_u32.to_le_bytes());
    file.extend_from_slice(b"\x02\0\x10\0data");
    file.extend_from_slice(&u32::try_from(data).expect("small").to_le_bytes());
    file.extend((0..data).map(|at| if at % 2 == 1 { (at / 97 % 32) as u8 } else { 7 }));
    file
}

fn upload(desk: &Desk, who: &(&'static str, String), kind: &str, sound: Vec<u8>) -> Answer {
    let kind = ("content-type", kind.to_owned());
    let path = format!("{SOUNDS}?name=Hold%20on");
    desk.ask("POST", &path, &[who.clone(), kind], Body::from(sound))
}

#[test]
fn r39_d17_four_mebibytes_are_taken_and_one_byte_more_is_not() {
    let desk = Desk::new();
    let admin = desk.admin();
    let exactly = upload(&desk, &admin, "audio/wav", file(4_194_304));
    assert_eq!(exactly.status, 201, "{:?}", exactly.json());
    let over = upload(&desk, &admin, "audio/wav", file(4_194_305));
    assert_eq!(over.status, 413);
    assert!(
        over.json()["detail"]
            .as_str()
            .expect("text")
            .contains("4194304")
    );
    // Whatever Content-Length says.
    let kind = ("content-type", "audio/wav".to_owned());
    let lies = ("content-length", "100".to_owned());
    let body = Body::from(file(4_194_305));
    let over = desk.ask("POST", SOUNDS, &[admin, kind, lies], body);
    assert_eq!(over.status, 413);
}

#[test]
fn r33_r121_r156_a_sound_is_uploaded_listed_heard_used_and_deleted() {
    let desk = Desk::new();
    let admin = desk.admin();
    let made = upload(&desk, &admin, "audio/wav", file(96_044));
    assert_eq!(made.status, 201, "{:?}", made.json());
    let about = made.json();
    assert_eq!(
        (&about["name"], &about["seconds"]),
        (&json!("Hold on"), &json!(1.0))
    );
    let name = about["file"].as_str().expect("text").to_owned();
    let place = format!("{SOUNDS}/{name}");
    let list = desk.get(SOUNDS, &admin).json();
    let files: Vec<&str> = list
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|s| s["file"].as_str())
        .collect();
    assert!(
        files.contains(&"hold-music.wav") && files.contains(&name.as_str()),
        "{files:?}"
    );
    let heard = desk.get(&place, &admin);
    assert_eq!(heard.headers[header::CONTENT_TYPE], "audio/wav");
    assert_eq!(
        (&heard.bytes[..4], heard.bytes.len()),
        (b"RIFF".as_slice(), 16_044)
    );
    let again = upload(&desk, &admin, "application/octet-stream", file(96_044));
    assert_eq!(
        again.json()["file"],
        name.as_str(),
        "the same sound is there once"
    );

    let queue = json!({ "name": "Sales", "agents": [], "music": { "file": name } });
    let queue = desk.send("POST", "/api/v1/settings/queues", &admin, &queue);
    assert_eq!(queue.status, 201, "{:?}", queue.json());
    let used = desk.send("DELETE", &place, &admin, &Value::Null);
    assert_eq!(
        (used.status, used.fields()),
        (409, vec!["queue[1].music.file".to_owned()])
    );
    assert_eq!(
        desk.send("DELETE", "/api/v1/settings/queues/2", &admin, &Value::Null)
            .status,
        204
    );
    assert_eq!(
        desk.send("DELETE", &place, &admin, &Value::Null).status,
        204
    );
    assert_eq!(desk.get(&place, &admin).status, 404);
    let shipped = desk.send(
        "DELETE",
        &format!("{SOUNDS}/chime.wav"),
        &admin,
        &Value::Null,
    );
    assert_eq!(shipped.status, 409);
}

#[test]
fn f24_what_is_no_sound_is_refused_with_the_reason_and_leaves_nothing() {
    let desk = Desk::new();
    let admin = desk.admin();
    for nonsense in [
        b"no sound at all".to_vec(),
        b"RIFF\x04\0\0\0WAVE".to_vec(),
        vec![],
    ] {
        let refused = upload(&desk, &admin, "audio/mpeg", nonsense);
        assert_eq!(
            (refused.status, refused.fields()),
            (422, vec!["file".to_owned()])
        );
        let told = refused.json().to_string();
        assert!(!told.contains("cordboard-api-"), "no path of ours: {told}");
    }
    let left = std::fs::read_dir(desk.folder().join("sounds")).expect("a folder");
    let left: Vec<_> = left
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    assert_eq!(left.len(), 7, "what ships alone: {left:?}");
    assert_eq!(upload(&desk, &admin, "text/html", vec![]).status, 415);
}

#[test]
fn h19_no_name_leads_to_another_file() {
    let desk = Desk::new();
    let admin = desk.admin();
    for name in [
        "..%2fcordboard.db",
        "%2e%2e%2fcordboard.db",
        "%2fetc%2fpasswd",
        "x.json",
        ".",
        "hold-music.wav%00",
    ] {
        assert_eq!(
            desk.get(&format!("{SOUNDS}/{name}"), &admin).status,
            404,
            "{name}"
        );
        let removed = desk.send("DELETE", &format!("{SOUNDS}/{name}"), &admin, &Value::Null);
        assert_eq!(removed.status, 404, "{name}");
    }
}

#[test]
fn a_form_brings_a_file_too() {
    let desk = Desk::new();
    let admin = desk.admin();
    let form = |sound: &[u8]| {
        let mut body =
            b"--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"wait.wav\"\r\n\
                         content-type: audio/wav\r\n\r\n"
                .to_vec();
        body.extend_from_slice(sound);
        body.extend_from_slice(b"\r\n--b--\r\n");
        let kind = ("content-type", "multipart/form-data; boundary=b".to_owned());
        desk.ask("POST", SOUNDS, &[admin.clone(), kind], Body::from(body))
    };
    let made = form(&file(96_044));
    assert_eq!(
        (made.status, &made.json()["name"]),
        (201, &json!("wait.wav")),
        "{:?}",
        made.json()
    );
    assert_eq!(
        form(&file(4_194_305)).status,
        413,
        "counted without the form around it"
    );
    let kind = ("content-type", "multipart/form-data; boundary=b".to_owned());
    let empty = desk.ask("POST", SOUNDS, &[admin, kind], Body::from("--b--\r\n"));
    assert_eq!(
        (empty.status, empty.fields()),
        (422, vec!["file".to_owned()])
    );
}

#[test]
fn a_text_that_cannot_be_spoken_is_refused() {
    let desk = Desk::new();
    let admin = desk.admin();
    let path = "/api/v1/speech/preview";
    let refused = desk.send("POST", path, &admin, &json!({ "text": "", "rate": 500 }));
    assert_eq!(
        (refused.status, refused.fields()),
        (422, vec!["text".to_owned(), "rate".to_owned()])
    );
    let none = desk.send(
        "POST",
        path,
        &admin,
        &json!({ "text": "Hello", "voice": "no such voice" }),
    );
    assert_eq!(none.status, 422, "{:?}", none.json());
}
