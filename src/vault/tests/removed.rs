//! What happens when somebody takes the folder away.

use super::*;

#[test]
fn files_that_somebody_removes_are_put_back_with_all_that_was_in_them() {
    let mut bench = Bench::new();
    bench
        .begin(segment())
        .says(CUSTOMER, 0, &[1; 4_000])
        .says(AGENT, 0, &[2; 4_000])
        .wait(0.3);
    fs::remove_dir_all(bench.root()).expect("removed");
    bench.says(CUSTOMER, 4_000, &[3; 4_000]).wait(1.0);
    assert!(matches!(lock(&bench.events)[..], [Event::Trouble { .. }]));
    let expected = [".segment.json", "-agent.wav", "-customer.wav"];
    let mut found = names(&bench.root());
    found.sort_by_key(|name| !name.starts_with('.'));
    assert_eq!(found, expected, "a kill now would cost nothing");

    fs::remove_dir_all(bench.root()).expect("removed");
    bench.ends(CUSTOMER, 8_000).ends(AGENT, 8_000);
    let files = bench.finish().remove(0).files;
    assert!(files.iter().all(|file| !file.gaps), "nothing is lost");
    let heard = samples(&with(&base(&bench.root()), "-customer.wav"));
    assert_eq!(heard, [[1; 4_000], [3; 4_000]].concat());
}

#[test]
fn files_removed_before_they_are_finished_are_given_up() {
    let mut bench = Bench::new();
    bench.begin(segment()).ends(CUSTOMER, 80).ends(AGENT, 80);
    fs::remove_dir_all(bench.root()).expect("removed");
    for job in std::mem::take(&mut bench.jobs) {
        if let Job::Finish(files, journal) = job {
            assert!(
                finish_one(&files, &journal, None, &mut |_| true, &bench.health),
                "no use to try again"
            );
        }
    }
}

#[test]
fn a_disk_that_recovers_while_nobody_calls_is_noticed() {
    let mut bench = Bench::new();
    fs::write(bench.root(), "no folder").expect("written");
    bench.begin(segment()).ends(CUSTOMER, 80).ends(AGENT, 80);
    bench.wait(11.0).wait(11.0);
    assert!(matches!(lock(&bench.events)[..], [Event::Trouble { .. }]));
    fs::remove_file(bench.root()).expect("removed");
    bench.wait(9.0).wait(2.0);
    assert_eq!(lock(&bench.events).last(), Some(&Event::Recovered));
    assert_eq!(fs::read_dir(bench.root()).expect("a folder").count(), 0);
}
