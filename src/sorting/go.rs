//! Sorting in the order in which Go's sort.Sort leaves things: for relations under which what equals a third thing need
//! not equal each other, the result depends on the algorithm.
//!
//! Models src/sort/zsortinterface.go of Go 1.26, which is a pattern-defeating quicksort.

/// Up to so many items are sorted by insertion.
const MAX_INSERTION: usize = 12;
/// From so many items on, the pivot is a median of medians.
const SHORTEST_NINTHER: usize = 50;
/// Swaps while the pivot is chosen when everything stands in the opposite order.
const MAX_SWAPS: usize = 12;
/// Pairs in the wrong order that are mended before a nearly sorted run is given up.
const MAX_STEPS: usize = 5;
/// Shorter runs are not mended.
const SHORTEST_SHIFTING: usize = 50;

/// As Go's `sort.Sort(items)`.
pub fn sort<T>(items: &mut [T], less: impl Fn(&T, &T) -> bool) {
    let places = first(items.len(), items.len(), &|a, b| match (items.get(a), items.get(b)) {
        (Some(a), Some(b)) => less(a, b),
        _ => false,
    });
    super::arrange(places, &mut |a, b| items.swap(a, b));
}

/// Which of `count` items come first, second, … when they are sorted, up to the first `wanted`; the others stand behind
/// them in any order.
pub fn first(count: usize, wanted: usize, less: &dyn Fn(usize, usize) -> bool) -> Vec<usize> {
    let mut sort = Sort { places: (0..count).collect(), wanted, less };
    sort.range(0, count, usize::BITS - count.leading_zeros(), true);
    sort.places
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Hint {
    Unknown,
    Increasing,
    Decreasing,
}

struct Sort<'a> {
    /// Which item stands where.
    places: Vec<usize>,
    wanted: usize,
    less: &'a dyn Fn(usize, usize) -> bool,
}

impl Sort<'_> {
    /// Whether the item at place `a` belongs before that at place `b`.
    fn less(&self, a: usize, b: usize) -> bool {
        match (self.places.get(a), self.places.get(b)) {
            (Some(a), Some(b)) => (self.less)(*a, *b),
            _ => false,
        }
    }

    fn swap(&mut self, a: usize, b: usize) {
        self.places.swap(a, b);
    }

    /// Sorts the places from `a` up to `b`. A part behind what is wanted is left alone where it is fenced: where none of it
    /// belongs before what stands in front of it, so that it decides nothing there. Models pdqsort.
    fn range(&mut self, mut a: usize, mut b: usize, mut limit: u32, mut is_fenced: bool) {
        let (mut was_balanced, mut was_partitioned) = (true, true);
        while a < self.wanted || !is_fenced {
            let length = b - a;
            if length <= MAX_INSERTION {
                return self.insertion(a, b);
            }
            if limit == 0 {
                return self.heap(a, b);
            }
            if !was_balanced {
                self.break_patterns(a, b);
                limit -= 1;
            }
            let (mut pivot, mut hint) = self.choose_pivot(a, b);
            if hint == Hint::Decreasing {
                if let Some(part) = self.places.get_mut(a..b) {
                    part.reverse();
                }
                pivot = (b - 1) - (pivot - a);
                hint = Hint::Increasing;
            }
            if was_balanced && was_partitioned && hint == Hint::Increasing && self.partial_insertion(a, b) {
                return;
            }
            // What stands before this part equals the pivot: the part probably holds many equals.
            if a > 0 && !self.less(a - 1, pivot) {
                a = self.partition_equal(a, b, pivot);
                is_fenced = false;
                continue;
            }
            let (middle, was_sorted) = self.partition(a, b, pivot);
            was_partitioned = was_sorted;
            let (left, right) = (middle - a, b - middle);
            let threshold = length / 8;
            if left < right {
                was_balanced = left >= threshold;
                self.range(a, middle, limit, is_fenced);
                (a, is_fenced) = (middle + 1, true);
            } else {
                was_balanced = right >= threshold;
                self.range(middle + 1, b, limit, true);
                b = middle;
            }
        }
    }

    fn insertion(&mut self, a: usize, b: usize) {
        for end in a + 1..b {
            let mut at = end;
            while at > a && self.less(at, at - 1) {
                self.swap(at, at - 1);
                at -= 1;
            }
        }
    }

    fn heap(&mut self, a: usize, b: usize) {
        let length = b - a;
        for root in (0..=(length - 1) / 2).rev() {
            self.sift_down(root, length, a);
        }
        for end in (0..length).rev() {
            self.swap(a, a + end);
            self.sift_down(0, end, a);
        }
    }

    fn sift_down(&mut self, mut root: usize, end: usize, first: usize) {
        loop {
            let mut child = 2 * root + 1;
            if child >= end {
                return;
            }
            if child + 1 < end && self.less(first + child, first + child + 1) {
                child += 1;
            }
            if !self.less(first + root, first + child) {
                return;
            }
            self.swap(first + root, first + child);
            root = child;
        }
    }

    /// Puts what belongs before the pivot before it. Answers the pivot's place, and whether all stood so already.
    fn partition(&mut self, a: usize, b: usize, pivot: usize) -> (usize, bool) {
        self.swap(a, pivot);
        let (mut i, mut j) = self.next_pair(a, a + 1, b - 1);
        let was_sorted = i > j;
        while i <= j {
            self.swap(i, j);
            (i, j) = self.next_pair(a, i + 1, j - 1);
        }
        self.swap(j, a);
        (j, was_sorted)
    }

    /// The next item from the left that does not belong before the pivot at `a`, and from the right that does.
    fn next_pair(&self, a: usize, mut i: usize, mut j: usize) -> (usize, usize) {
        while i <= j && self.less(i, a) {
            i += 1;
        }
        while i <= j && !self.less(j, a) {
            j -= 1;
        }
        (i, j)
    }

    /// Puts what equals the pivot before what is greater. Answers where the greater ones begin.
    fn partition_equal(&mut self, a: usize, b: usize, pivot: usize) -> usize {
        self.swap(a, pivot);
        let (mut i, mut j) = (a + 1, b - 1);
        loop {
            while i <= j && !self.less(a, i) {
                i += 1;
            }
            while i <= j && self.less(a, j) {
                j -= 1;
            }
            if i > j {
                return i;
            }
            self.swap(i, j);
            i += 1;
            j -= 1;
        }
    }

    /// Mends a nearly sorted part. Answers whether it is sorted then.
    fn partial_insertion(&mut self, a: usize, b: usize) -> bool {
        let mut i = a + 1;
        for _ in 0..MAX_STEPS {
            while i < b && !self.less(i, i - 1) {
                i += 1;
            }
            if i == b {
                return true;
            }
            if b - a < SHORTEST_SHIFTING {
                return false;
            }
            self.swap(i, i - 1);
            if i - a >= 2 {
                let mut at = i - 1;
                while at >= 1 && self.less(at, at - 1) {
                    self.swap(at, at - 1);
                    at -= 1;
                }
            }
            if b - i >= 2 {
                let mut at = i + 1;
                while at < b && self.less(at, at - 1) {
                    self.swap(at, at - 1);
                    at += 1;
                }
            }
        }
        false
    }

    /// Scatters three items, by numbers that follow from the length.
    fn break_patterns(&mut self, a: usize, b: usize) {
        let length = b - a;
        if length < 8 {
            return;
        }
        let mut random = length as u64;
        let mask = (1_u64 << (usize::BITS - length.leading_zeros())) - 1;
        let first = a + (length / 4) * 2 - 1;
        for at in 0..3 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            // Masked to less than twice the length.
            let mut other = usize::try_from(random & mask).unwrap_or(0);
            if other >= length {
                other -= length;
            }
            self.swap(first + at, a + other);
        }
    }

    /// Answers a place in the middle of the order, as far as a few comparisons tell, and what they say of the order.
    fn choose_pivot(&self, a: usize, b: usize) -> (usize, Hint) {
        let length = b - a;
        let mut swaps = 0;
        let (mut low, mut middle, mut high) = (a + length / 4, a + length / 4 * 2, a + length / 4 * 3);
        if length >= 8 {
            if length >= SHORTEST_NINTHER {
                for at in [&mut low, &mut middle, &mut high] {
                    *at = self.median(*at - 1, *at, *at + 1, &mut swaps);
                }
            }
            middle = self.median(low, middle, high, &mut swaps);
        }
        match swaps {
            0 => (middle, Hint::Increasing),
            MAX_SWAPS => (middle, Hint::Decreasing),
            _ => (middle, Hint::Unknown),
        }
    }

    fn median(&self, a: usize, b: usize, c: usize, swaps: &mut usize) -> usize {
        let (a, b) = self.in_order(a, b, swaps);
        let (b, _) = self.in_order(b, c, swaps);
        let (_, b) = self.in_order(a, b, swaps);
        b
    }

    fn in_order(&self, a: usize, b: usize, swaps: &mut usize) -> (usize, usize) {
        if self.less(b, a) {
            *swaps += 1;
            (b, a)
        } else {
            (a, b)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Items of which some are equal, and those that are not compare by another number within four.
    type Item = (u64, u64);

    fn is_less(a: &Item, b: &Item) -> bool {
        a.0 != b.0
            && (a.0 / 4, if a.0 / 4 == b.0 / 4 { a.1 } else { 0 }) < (b.0 / 4, if a.0 / 4 == b.0 / 4 { b.1 } else { 0 })
    }

    fn items(pattern: u64, count: u64) -> Vec<Item> {
        let mut state = count * 10 + pattern;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state >> 33
        };
        let mut item = |at: u64| {
            let drawn = next();
            match pattern {
                0 => (drawn % 40, next() % 1000),
                1 => (at, at),
                2 => (count - at, count - at),
                3 => (drawn % 3, next() % 1000),
                4 => {
                    let second = next() % 1000;
                    (if drawn.is_multiple_of(50) { drawn % 100 } else { at * 8 }, second)
                }
                _ => (if at > count / 2 { count - at } else { at }, drawn % 1000),
            }
        };
        (0..count).map(&mut item).collect()
    }

    fn hash(items: &[Item]) -> u64 {
        items.iter().fold(0xcbf2_9ce4_8422_2325, |hash, (first, second)| {
            (hash ^ (first * 1000 + second)).wrapping_mul(0x0000_0100_0000_01b3)
        })
    }

    #[test]
    fn leaves_things_in_the_order_in_which_go_leaves_them() {
        // What Go's sort.Sort makes of these items: pattern, count, hash of the result.
        let told = [
            (0, 5, 0x5983_5798_227d_ce32),
            (0, 12, 0xfac2_c3e4_91d7_b383),
            (0, 13, 0xd676_2a07_534b_8e45),
            (0, 40, 0xc92b_0ea4_77f1_e9fb),
            (0, 60, 0x2a03_8287_4741_6d81),
            (0, 500, 0x6c42_4bc9_a627_8278),
            (0, 3000, 0xadcd_84f7_2dc3_987f),
            (1, 5, 0x8bd2_c52f_ba6c_562f),
            (1, 12, 0xdaac_d606_ae1f_df19),
            (1, 13, 0xb3a1_a259_e048_234f),
            (1, 40, 0x6112_a114_4d3e_ccdd),
            (1, 60, 0xc93b_8ea5_fc6c_1249),
            (1, 500, 0xe854_4ed8_84a8_9c61),
            (1, 3000, 0x7e4a_b849_a518_220d),
            (2, 5, 0x6ea8_e864_a012_e5c0),
            (2, 12, 0x7806_eafb_296e_4855),
            (2, 13, 0x623b_c8c7_66ba_2780),
            (2, 40, 0x1f05_b76a_fbf9_4e1d),
            (2, 60, 0xb9e5_88a0_f3fe_37a5),
            (2, 500, 0x3b27_9cd1_de0d_ecfd),
            (2, 3000, 0x75e4_ab9c_ea08_300d),
            (3, 5, 0xc2a2_6bdf_8a53_e383),
            (3, 12, 0x0a06_f56e_9446_74fa),
            (3, 13, 0x2abd_1018_29d6_aebb),
            (3, 40, 0xb847_7eea_69a1_02ab),
            (3, 60, 0x6350_ada1_a831_9172),
            (3, 500, 0xbef4_3e10_8b9e_a9a2),
            (3, 3000, 0xde2c_1a3e_bc05_6789),
            (4, 5, 0x933d_6270_7320_f7d5),
            (4, 12, 0xaa48_d9d8_a79d_49bf),
            (4, 13, 0x4d79_14a9_00ae_aa84),
            (4, 40, 0x3264_48cc_2497_a591),
            (4, 60, 0x3dbb_705a_5e0e_af01),
            (4, 500, 0x9099_4c21_5e5a_9852),
            (4, 3000, 0x69ed_cd5e_8b89_4684),
            (5, 5, 0x3e23_73d2_0aba_f142),
            (5, 12, 0x073b_473d_db8d_5a31),
            (5, 13, 0x9456_d986_c0a5_e3e0),
            (5, 40, 0x18b7_1d1b_5c16_bcab),
            (5, 60, 0x6a9d_03e5_3958_5489),
            (5, 500, 0x2631_19d0_26d1_c48c),
            (5, 3000, 0x5c29_7d81_627f_e27b),
        ];
        for (pattern, count, expected) in told {
            let given = items(pattern, count);
            let mut sorted = given.clone();
            sort(&mut sorted, is_less);
            assert_eq!(hash(&sorted), expected, "{count} items of pattern {pattern}");
            for wanted in [1, 7, given.len() / 3] {
                let places = first(given.len(), wanted, &|a, b| is_less(&given[a], &given[b]));
                let begins: Vec<Item> = places.iter().take(wanted).map(|at| given[*at]).collect();
                assert_eq!(begins, &sorted[..wanted.min(sorted.len())], "{wanted} of {count}, pattern {pattern}");
            }
        }
    }
}
