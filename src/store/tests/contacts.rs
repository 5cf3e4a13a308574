//! Contacts.

use super::*;
use crate::id::ContactId;

fn details(name: &str, number: &str, tags: &[&str]) -> ContactDetails {
    ContactDetails {
        name: name.to_owned(),
        number: number.to_owned(),
        tags: tags.iter().map(ToString::to_string).collect(),
    }
}

fn add(store: &Store, name: &str, number: &str, tags: &[&str]) -> ContactId {
    let added = store.add_contact(details(name, number, tags), "user ada", time(0));
    let ContactKept::Done(id) = added.expect("a database") else {
        panic!("refused")
    };
    id
}

fn names(store: &Store, filter: &ContactFilter, limit: u32) -> Vec<String> {
    let found = store
        .contacts(filter, limit)
        .expect("a database")
        .into_iter();
    found.map(|contact| contact.details.name).collect()
}

fn beginning(text: &str) -> ContactFilter {
    ContactFilter {
        begins: Some(text.to_owned()),
        ..ContactFilter::default()
    }
}

#[test]
fn r129_contacts_are_found_by_the_beginning_of_a_name_a_word_or_a_number() {
    on_each("store-contacts-find", |ground| {
        let (store, _) = ground.start();
        add(&store, "Zoë Müller", "+4930111", &[EXTERNAL]);
        add(&store, "Müllerei Adler", "+4940222", &[]);
        add(&store, "adam", "+13125550100", &["vip"]);
        let find = |text: &str| names(&store, &beginning(text), 9);
        assert_eq!(
            find("mul"),
            ["Müllerei Adler", "Zoë Müller"],
            "sorted, without accents"
        );
        assert_eq!(find("ZOE MU"), ["Zoë Müller"], "over words");
        assert_eq!(find("ad"), ["adam", "Müllerei Adler"]);
        assert_eq!(find("+49 30"), ["Zoë Müller"]);
        assert_eq!(find("0049-40"), ["Müllerei Adler"]);
        assert_eq!(find("1312"), ["adam"]);
        assert_eq!(find("uller"), [""; 0], "no middle of a word");
        assert_eq!(find("%"), [""; 0], "no wildcards");
        assert_eq!(find("").len(), 3);
        let external = ContactFilter {
            external: true,
            ..beginning("mul")
        };
        assert_eq!(names(&store, &external, 9), ["Zoë Müller"]);
        assert_eq!(store.external_numbers().expect("a database"), ["+4930111"]);
        let first = names(&store, &ContactFilter::default(), 1);
        assert_eq!(first, ["adam"]);
        let next = ContactFilter {
            after: Some(ContactId(3)),
            ..ContactFilter::default()
        };
        assert_eq!(names(&store, &next, 9), ["Müllerei Adler", "Zoë Müller"]);
    });
}

#[test]
fn a_contact_is_changed_and_removed_with_all_that_it_is_found_by() {
    on_each("store-contacts-change", |ground| {
        let (store, _) = ground.start();
        let one = add(&store, "Ada", "+4930111", &[]);
        let two = add(&store, "Ben", "+4930222", &[]);
        let taken = store.add_contact(details("Cleo", "+4930111", &[]), "x", time(1));
        assert_eq!(taken.expect("a database"), ContactKept::NumberTaken(one));
        let change = |id, details| store.change_contact(id, details).expect("a database");
        assert_eq!(
            change(two, details("Ben", "+4930111", &[])),
            ContactKept::NumberTaken(one)
        );
        assert_eq!(
            change(one, details("Dora", "+4930333", &[EXTERNAL])),
            ContactKept::Done(one)
        );
        assert_eq!(
            change(ContactId(9), details("X", "+4930999", &[])),
            ContactKept::Missing
        );
        assert!(names(&store, &beginning("ada"), 9).is_empty());
        assert_eq!(names(&store, &beginning("4930333"), 9), ["Dora"]);
        let dora = store.contact(one).expect("a database").expect("there");
        assert_eq!(
            (dora.details, dora.by.as_str()),
            (details("Dora", "+4930333", &[EXTERNAL]), "user ada")
        );
        assert!(store.remove_contact(one).expect("a database"));
        assert!(!store.remove_contact(one).expect("a database"));
        assert!(names(&store, &beginning("dora"), 9).is_empty());
        assert_eq!(names(&store, &ContactFilter::default(), 9), ["Ben"]);
    });
}

#[test]
fn r126_r127_a_typed_number_is_kept_with_the_tag_and_offered_next_time() {
    on_each("store-contacts-typed", |ground| {
        let (store, _) = ground.start();
        add(&store, "Ada", "+4930111", &["vip"]);
        for number in ["+4930111", "+4930555", "+4930555"] {
            store.keep_number(number, "user ben", time(5));
        }
        let external = ContactFilter {
            external: true,
            ..ContactFilter::default()
        };
        assert_eq!(names(&store, &external, 9), ["+4930555", "Ada"]);
        let ada = store
            .contact(ContactId(1))
            .expect("a database")
            .expect("there");
        assert_eq!(ada.details.tags, ["vip", EXTERNAL]);
    });
}

#[test]
fn neither_name_nor_number_is_printed() {
    let shown = format!("{:?}", details("Ada", "+4930111", &[EXTERNAL]));
    assert!(!shown.contains("Ada") && !shown.contains("4930"), "{shown}");
}
