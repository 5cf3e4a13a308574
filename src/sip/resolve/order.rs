//! In which order the targets of a service are tried (RFC 2782).

use super::question::Srv;
use crate::random::Random;

/// The lowest priority first; among equals by chance, each as often as its weight asks for.
pub(super) fn ordered(mut all: Vec<Srv>, random: &mut Random) -> Vec<Srv> {
    // Those without weight are first in the running sum, so that they have a small chance at all.
    all.sort_by_key(|srv| (srv.priority, srv.weight));
    let mut ordered = Vec::with_capacity(all.len());
    while let Some(first) = all.first() {
        let equals = all.iter().take_while(|srv| srv.priority == first.priority);
        let sum: u64 = equals.clone().map(|srv| u64::from(srv.weight)).sum();
        let (drawn, mut running) = (random.below(sum + 1), 0);
        let chosen = equals.clone().position(|srv| {
            running += u64::from(srv.weight);
            running >= drawn
        });
        ordered.push(all.remove(chosen.unwrap_or(0)));
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;

    fn srv(priority: u16, weight: u16, target: &str) -> Srv {
        Srv {
            priority,
            weight,
            port: 5060,
            target: target.to_owned(),
        }
    }

    #[test]
    fn priorities_are_kept_and_weights_are_shares() {
        let mut random = Random::seeded(7);
        let all = [
            srv(1, 60, "a"),
            srv(1, 20, "b"),
            srv(1, 20, "c"),
            srv(2, 0, "d"),
        ];
        let mut firsts = std::collections::BTreeMap::new();
        for _ in 0..10_000 {
            let ordered = ordered(all.to_vec(), &mut random);
            assert_eq!(ordered.len(), 4);
            assert_eq!(ordered[3].target, "d", "the lower priority is last");
            *firsts.entry(ordered[0].target.clone()).or_insert(0) += 1;
        }
        let share = |name: &str| firsts[name] / 100;
        assert!((56..=64).contains(&share("a")), "{firsts:?}");
        assert!((16..=24).contains(&share("b")) && (16..=24).contains(&share("c")));
    }

    #[test]
    fn without_weights_each_is_first_at_times_and_beside_weights_rarely() {
        let mut random = Random::seeded(7);
        let mut count = |all: &[Srv]| {
            let draws = (0..2_000).map(|_| ordered(all.to_vec(), &mut random));
            draws.filter(|ordered| ordered[0].target == "none").count()
        };
        let beside = count(&[srv(1, 0, "none"), srv(1, 99, "heavy")]);
        assert!((1..80).contains(&beside), "{beside}");
        // RFC 2782 gives zeros no chance over each other: the order of DNS decides.
        assert_eq!(count(&[srv(1, 0, "none"), srv(1, 0, "other")]), 2_000);
        assert!(ordered(vec![], &mut random).is_empty());
    }
}
