//! Makes a list as short as it can be while something still holds of it.

/// So many shorter lists are tried.
const MOST_TRIES: usize = 400;

/// Leaves out pieces of `all`, half of it at first and single entries at last, as long as `still` holds of the rest.
pub(super) fn shrink<T: Clone>(all: &[T], still: impl Fn(&[T]) -> bool) -> Vec<T> {
    let mut kept = all.to_vec();
    let mut size = kept.len().div_ceil(2);
    let mut tries = 0;
    while size > 0 {
        let mut at = 0;
        let mut has_shrunk = false;
        while at < kept.len() && tries < MOST_TRIES {
            let piece = at..(at + size).min(kept.len());
            let fewer: Vec<T> = kept
                .iter()
                .enumerate()
                .filter(|(place, _)| !piece.contains(place))
                .map(|(_, one)| one.clone())
                .collect();
            tries += 1;
            if still(&fewer) {
                kept = fewer;
                has_shrunk = true;
            } else {
                at += size;
            }
        }
        if tries >= MOST_TRIES {
            break;
        }
        size = if size == 1 && !has_shrunk { 0 } else { size.div_ceil(2).min(size.saturating_sub(1).max(1)) };
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::shrink;

    #[test]
    fn what_does_not_matter_goes() {
        let all: Vec<u32> = (0..40).collect();
        let still = |some: &[u32]| some.contains(&7) && some.contains(&31);
        assert_eq!(shrink(&all, still), [7, 31]);
        assert_eq!(shrink(&all, |_| true), [0_u32; 0]);
    }
}
