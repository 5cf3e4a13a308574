//! Several sounds as one.

use super::FRAME;

/// Appends the sum of all sources, as long as the longest of them.
///
/// The sum is limited once at the end, so that what cancels out on the way does not clip.
pub fn mix(sources: &[&[i16]], out: &mut Vec<i16>) {
    let length = sources.iter().map(|source| source.len()).max().unwrap_or(0);
    out.reserve(length);
    for start in (0..length).step_by(FRAME) {
        let mut sums = [0i32; FRAME];
        for source in sources {
            let rest = source.get(start..).unwrap_or_default();
            for (sum, &sample) in sums.iter_mut().zip(rest) {
                *sum += i32::from(sample);
            }
        }
        let wanted = FRAME.min(length - start);
        out.extend(sums.iter().take(wanted).map(|&sum| limited(sum)));
    }
}

/// Adds a sound to another in place, limited sample by sample; what is longer than `into` is left.
pub fn add(into: &mut [i16], sound: &[i16]) {
    for (sum, &sample) in into.iter_mut().zip(sound) {
        *sum = sum.saturating_add(sample);
    }
}

fn limited(sum: i32) -> i16 {
    sum.clamp(i16::MIN.into(), i16::MAX.into()) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_of_any_length_are_added() {
        let (long, short) = (vec![100i16; 400], vec![-30i16; 170]);
        let mut out = vec![7];
        mix(&[&long, &short, &[]], &mut out);
        assert_eq!(out.len(), 401);
        assert_eq!((out[0], out[1], out[170], out[171]), (7, 70, 70, 100));
    }

    #[test]
    fn a_sum_is_limited_and_not_wrapped() {
        let mut out = Vec::new();
        mix(&[&[30_000, -30_000], &[30_000, -30_000]], &mut out);
        assert_eq!(out, [i16::MAX, i16::MIN]);
        out.clear();
        mix(&[&[30_000], &[30_000], &[-30_000]], &mut out);
        assert_eq!(out, [30_000], "limited at the end only");
    }

    #[test]
    fn adding_in_place_leaves_what_is_longer() {
        let mut into = [1, i16::MAX];
        add(&mut into, &[2, 2, 2]);
        assert_eq!(into, [3, i16::MAX]);
    }
}
