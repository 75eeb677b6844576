//! Decimal numbers of any length, as far as quantities need them (Go's `inf.Dec`).

use std::cmp::Ordering;

/// Zeros that are written out at most when a number is expanded to an integer; `1e999999` must not fill the memory.
const MAX_EXPANSION: u32 = 4096;

/// digits × 10^exponent. Digits carry neither leading nor trailing zeros; none at all is zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Decimal {
    negative: bool,
    digits: Vec<u8>,
    exponent: i32,
}

impl Decimal {
    /// value × 10^exponent.
    pub(super) fn from_i64(value: i64, exponent: i32) -> Self {
        let digits = value.unsigned_abs().to_string().bytes().map(|digit| digit - b'0').collect();
        let mut number = Self { negative: value < 0, digits, exponent };
        number.trim();
        number
    }

    /// `whole.fraction`; `None` when one of them holds anything but digits.
    pub(super) fn from_digits(whole: &str, fraction: &str) -> Option<Self> {
        let digits = whole.bytes().chain(fraction.bytes());
        let digits: Option<Vec<u8>> =
            digits.map(|digit| digit.is_ascii_digit().then(|| digit.wrapping_sub(b'0'))).collect();
        let exponent = i32::try_from(fraction.len()).ok()?.checked_neg()?;
        let mut number = Self { negative: false, digits: digits?, exponent };
        number.trim();
        Some(number)
    }

    /// The sum. Digits are written out at most as far as [`MAX_EXPANSION`] allows.
    pub(super) fn plus(&self, other: &Self) -> Self {
        if self.is_zero() {
            return other.clone();
        }
        if other.is_zero() {
            return self.clone();
        }
        let exponent = self.exponent.min(other.exponent);
        let expanded = |number: &Self| -> Vec<u8> {
            let zeros = number.exponent.abs_diff(exponent).min(MAX_EXPANSION) as usize;
            number.digits.iter().copied().chain(std::iter::repeat_n(0, zeros)).collect()
        };
        let (mut large, mut small) = (expanded(self), expanded(other));
        let mut negative = self.negative;
        let is_sum = self.negative == other.negative;
        let length = large.len().max(small.len());
        for digits in [&mut large, &mut small] {
            digits.splice(0..0, std::iter::repeat_n(0, length - digits.len()));
        }
        if !is_sum && large < small {
            std::mem::swap(&mut large, &mut small);
            negative = other.negative;
        }
        let mut digits = Vec::with_capacity(length + 1);
        let mut carry = 0_i8;
        for (a, b) in large.iter().zip(&small).rev() {
            let (a, b) = (a.cast_signed(), b.cast_signed());
            let digit = if is_sum { a + b + carry } else { a - b + carry };
            digits.push(digit.rem_euclid(10).cast_unsigned());
            carry = digit.div_euclid(10);
        }
        if carry > 0 {
            digits.push(1);
        }
        digits.reverse();
        let mut sum = Self { negative, digits, exponent };
        sum.trim();
        sum
    }

    pub(super) fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    pub(crate) fn is_negative(&self) -> bool {
        self.negative
    }

    pub(super) fn set_negative(&mut self, negative: bool) {
        self.negative = negative && !self.is_zero();
    }

    pub(super) fn is_integer(&self) -> bool {
        self.exponent >= 0
    }

    /// Times 10^places.
    pub(super) fn shift(&mut self, places: i32) {
        if !self.is_zero() {
            self.exponent = self.exponent.saturating_add(places);
        }
    }

    /// Times 2^times.
    pub(super) fn double(&mut self, times: i32) {
        for _ in 0..times {
            let mut carry = 0;
            for digit in self.digits.iter_mut().rev() {
                let doubled = *digit * 2 + carry;
                (*digit, carry) = (doubled % 10, doubled / 10);
            }
            if carry > 0 {
                self.digits.insert(0, carry);
            }
        }
        self.trim();
    }

    /// Drops what is smaller than 10^exponent, away from zero.
    pub(super) fn round_up_at(&mut self, exponent: i32) {
        if self.is_zero() || self.exponent >= exponent {
            return;
        }
        let dropped = usize::try_from(i64::from(exponent) - i64::from(self.exponent)).unwrap_or(usize::MAX);
        self.digits.truncate(self.digits.len().saturating_sub(dropped));
        self.exponent = exponent;
        self.increment();
    }

    fn increment(&mut self) {
        for digit in self.digits.iter_mut().rev() {
            *digit = (*digit + 1) % 10;
            if *digit != 0 {
                self.trim();
                return;
            }
        }
        self.digits.insert(0, 1);
        self.trim();
    }

    fn trim(&mut self) {
        let leading = self.digits.iter().take_while(|digit| **digit == 0).count();
        self.digits.drain(..leading);
        while self.digits.last() == Some(&0) {
            self.digits.pop();
            self.exponent = self.exponent.saturating_add(1);
        }
        if self.digits.is_empty() {
            *self = Self::default();
        }
    }

    /// The order of the absolute values.
    pub(super) fn cmp_magnitude(&self, other: &Self) -> Ordering {
        match (self.is_zero(), other.is_zero()) {
            (true, true) => return Ordering::Equal,
            (true, false) => return Ordering::Less,
            (false, true) => return Ordering::Greater,
            (false, false) => {}
        }
        let magnitude =
            |number: &Self| i64::from(number.exponent) + i64::try_from(number.digits.len()).unwrap_or(i64::MAX / 2);
        magnitude(self).cmp(&magnitude(other)).then_with(|| self.digits.cmp(&other.digits))
    }

    /// Mantissa (unsigned) and an exponent that is a multiple of 3, as large as the digits allow.
    pub(super) fn split_1000(&self) -> (String, i32) {
        let zeros = self.exponent.rem_euclid(3);
        (self.text(zeros.unsigned_abs()), self.exponent.wrapping_sub(zeros))
    }

    /// Mantissa (unsigned) and power of 1024, as large as the value allows. Only for integers below 2^64.
    pub(super) fn split_1024(&self) -> (String, i32) {
        let mut mantissa = self.low_bits(self.exponent.unsigned_abs(), 0);
        let mut power = 0;
        while mantissa != 0 && mantissa.is_multiple_of(1024) {
            mantissa /= 1024;
            power += 1;
        }
        (mantissa.to_string(), power)
    }

    /// `value × 10^places`, rounded, where Go holds the value with `scale` decimal places.
    /// Models resource.scaledValue, which rounds negative numbers and wraps around in its own way.
    pub(super) fn scaled(&self, scale: i32, places: i32) -> i64 {
        let zeros = u32::try_from(self.exponent.saturating_add(scale)).unwrap_or(0);
        let drop = scale - places;
        let Ok(dropped) = u32::try_from(drop) else {
            let factor = 10_i64.checked_pow(drop.unsigned_abs()).unwrap_or(i64::MIN);
            return self.signed_low_bits(zeros, 0).wrapping_mul(factor);
        };
        let is_small = self.negative || self.digits.len() + (zeros as usize) < 20 && self.fits_i64(zeros);
        if let (true, Some(divisor)) = (is_small, 10_i64.checked_pow(dropped)) {
            let unscaled = self.signed_low_bits(zeros, 0);
            return unscaled / divisor + i64::from(unscaled % divisor != 0);
        }
        let is_exact = self.is_zero() || zeros >= dropped;
        self.signed_low_bits(zeros, dropped).wrapping_add(i64::from(!is_exact))
    }

    fn fits_i64(&self, zeros: u32) -> bool {
        self.text(zeros).parse::<i64>().is_ok_and(|value| value < i64::MAX)
    }

    fn signed_low_bits(&self, zeros: u32, dropped: u32) -> i64 {
        let bits = self.low_bits(zeros, dropped).cast_signed();
        if self.negative { bits.wrapping_neg() } else { bits }
    }

    /// The low 64 bits of digits × 10^(zeros - dropped), rounded down.
    fn low_bits(&self, zeros: u32, dropped: u32) -> u64 {
        let zeros_left = zeros.saturating_sub(dropped);
        let cut = usize::try_from(dropped.saturating_sub(zeros)).unwrap_or(usize::MAX);
        let kept = self.digits.len().saturating_sub(cut);
        let bits = self
            .digits
            .iter()
            .take(kept)
            .fold(0_u64, |bits, digit| bits.wrapping_mul(10).wrapping_add(u64::from(*digit)));
        // 10^64 is a multiple of 2^64.
        bits.wrapping_mul(if zeros_left < 64 { 10_u64.wrapping_pow(zeros_left) } else { 0 })
    }

    /// The digits with `zeros` zeros behind them.
    fn text(&self, zeros: u32) -> String {
        let digits = self.digits.iter().map(|digit| char::from(b'0' + digit));
        digits.chain((0..zeros.min(MAX_EXPANSION)).map(|_| '0')).collect()
    }

    /// The 64-bit words of |value| × 10^scale, least significant first: how Go's `big.Int` holds it.
    pub(crate) fn words(&self, scale: i32) -> Vec<u64> {
        let zeros = u32::try_from(self.exponent.saturating_add(scale)).unwrap_or(0);
        let mut words: Vec<u64> = Vec::new();
        for digit in self.text(zeros).bytes() {
            let mut carry = u128::from(digit - b'0');
            for word in &mut words {
                let wide = u128::from(*word) * 10 + carry;
                // The low half; the high half is carried on.
                #[allow(clippy::cast_possible_truncation)]
                {
                    *word = wide as u64;
                }
                carry = wide >> 64;
            }
            if carry > 0 {
                words.push(u64::try_from(carry).unwrap_or(u64::MAX));
            }
        }
        words
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => self.cmp_magnitude(other),
            (true, true) => other.cmp_magnitude(self),
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
