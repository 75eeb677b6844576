//! `resource.Quantity`: amounts of cpu, memory and storage, such as `500m` or `1.5Gi`.
//!
//! Never a float: an amount is a mantissa and a power of ten. As in Go, a small one is an `i64` and a large or
//! fractional one a decimal of any length; which of the two it is shows in rounding and in the pod template's hash.

mod decimal;

use std::cmp::Ordering;
use std::fmt;

use decimal::Decimal;

/// A parsed amount. Equality and order are those of the value: `1` equals `1000m`.
#[derive(Clone, Debug)]
pub struct Quantity {
    amount: Amount,
    format: QuantityFormat,
    text: String,
}

/// How the amount was written, which is how it is written again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuantityFormat {
    /// `12M`: powers of 1000.
    DecimalSI,
    /// `12Mi`: powers of 1024.
    BinarySI,
    /// `12e6`.
    DecimalExponent,
}

/// Why a text is no quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuantityError {
    /// Neither number nor suffix can be made out.
    Format,
    /// The number cannot be read.
    Numeric,
    /// The suffix is unknown.
    Suffix,
}

/// Go's two representations.
#[derive(Clone, Debug)]
pub(crate) enum Amount {
    /// `int64Amount`: value × 10^scale.
    Int { value: i64, scale: i32 },
    /// `infDecAmount`: `scale` counts decimal places of the unscaled integer that Go would hold.
    Dec { value: Decimal, scale: i32 },
}

const NANO: i32 = -9;
const MILLI: i32 = -3;
/// Decimal digits that fit an `i64` in any case.
const MAX_INT64_DIGITS: i32 = 18;

const DECIMAL_SUFFIXES: [(&str, i32); 10] =
    [("n", -9), ("u", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18)];
const BINARY_SUFFIXES: [(&str, i32); 6] = [("Ki", 10), ("Mi", 20), ("Gi", 30), ("Ti", 40), ("Pi", 50), ("Ei", 60)];

impl Quantity {
    /// Reads a quantity. Models resource.ParseQuantity.
    ///
    /// # Errors
    /// When `text` is not a number with an optional suffix.
    pub fn parse(text: &str) -> Result<Self, QuantityError> {
        if text.is_empty() {
            return Err(QuantityError::Format);
        }
        if text == "0" {
            let amount = Amount::Int { value: 0, scale: 0 };
            return Ok(Self { amount, format: QuantityFormat::DecimalSI, text: text.to_owned() });
        }
        let parts = Parts::split(text)?;
        let (exponent, format) = interpret_suffix(parts.suffix).ok_or(QuantityError::Suffix)?;
        match parts.as_int(exponent, format)? {
            Some((value, scale, is_canonical)) => {
                let text = if is_canonical { text.to_owned() } else { String::new() };
                Ok(Self { amount: Amount::Int { value, scale }, format, text })
            }
            None => parts.as_decimal(exponent, format),
        }
    }

    /// So many thousandths, written with decimal suffixes. Models resource.NewMilliQuantity.
    pub fn from_milli(value: i64) -> Self {
        Self { amount: Amount::Int { value, scale: MILLI }, format: QuantityFormat::DecimalSI, text: String::new() }
    }

    /// So many, written with decimal suffixes. Models resource.NewQuantity.
    pub fn from_value(value: i64) -> Self {
        Self { amount: Amount::Int { value, scale: 0 }, format: QuantityFormat::DecimalSI, text: String::new() }
    }

    /// So many, written with binary suffixes.
    pub fn from_bytes(value: i64) -> Self {
        Self { format: QuantityFormat::BinarySI, ..Self::from_value(value) }
    }

    /// The sum; it is written as the first was, or as the second where the first is nothing. Models Quantity.Add.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        let format = if self.is_zero() { other.format } else { self.format };
        let sum = match (&self.amount, &other.amount) {
            (Amount::Int { value: a, scale: x }, Amount::Int { value: b, scale: y }) => {
                let scale = *x.min(y);
                let at_scale = |value: i64, own: i32| value.checked_mul(10_i64.checked_pow(own.abs_diff(scale))?);
                let sum = at_scale(*a, *x).zip(at_scale(*b, *y)).and_then(|(a, b)| a.checked_add(b));
                sum.map(|value| Amount::Int { value, scale })
            }
            _ => None,
        };
        let amount = sum.unwrap_or_else(|| {
            let places = |amount: &Amount| match amount {
                Amount::Int { scale, .. } => -*scale,
                Amount::Dec { scale, .. } => *scale,
            };
            let scale = places(&self.amount).max(places(&other.amount));
            Amount::Dec { value: self.decimal().plus(&other.decimal()), scale }
        });
        Self { amount, format, text: String::new() }
    }

    /// The difference, written as the first was. Models Quantity.Sub.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        self.plus(&other.negated())
    }

    fn negated(&self) -> Self {
        let amount = match &self.amount {
            Amount::Int { value, scale } => Amount::Int { value: value.saturating_neg(), scale: *scale },
            Amount::Dec { value, scale } => {
                let mut value = value.clone();
                value.set_negative(!value.is_negative());
                Amount::Dec { value, scale: *scale }
            }
        };
        Self { amount, format: self.format, text: String::new() }
    }

    /// How it was written.
    pub fn format(&self) -> QuantityFormat {
        self.format
    }

    /// The canonical text, computed afresh. Models Quantity.CanonicalizeBytes.
    pub fn canonical(&self) -> String {
        let value = self.decimal();
        if value.is_zero() {
            return "0".to_owned();
        }
        let mut format = self.format;
        if format == QuantityFormat::BinarySI {
            let is_small = value.cmp_magnitude(&Decimal::from_i64(1024, 0)).is_lt();
            // Fractions of a byte are kept by writing them with decimal suffixes.
            if is_small || !value.is_integer() {
                format = QuantityFormat::DecimalSI;
            }
        }
        let (digits, suffix) = match format {
            QuantityFormat::BinarySI => {
                let (mantissa, power) = value.split_1024();
                (mantissa, suffix_of(&BINARY_SUFFIXES, power * 10).to_owned())
            }
            QuantityFormat::DecimalSI => {
                let (mantissa, exponent) = value.split_1000();
                (mantissa, suffix_of(&DECIMAL_SUFFIXES, exponent).to_owned())
            }
            QuantityFormat::DecimalExponent => {
                let (mantissa, exponent) = value.split_1000();
                (mantissa, if exponent == 0 { String::new() } else { format!("e{exponent}") })
            }
        };
        let sign = if value.is_negative() { "-" } else { "" };
        format!("{sign}{digits}{suffix}")
    }

    /// The value, rounded up. Models Quantity.Value.
    pub fn value(&self) -> i64 {
        self.scaled_value(0)
    }

    /// Thousandths, rounded up. Models Quantity.MilliValue.
    pub fn milli_value(&self) -> i64 {
        self.scaled_value(MILLI)
    }

    /// -1, 0 or 1.
    pub fn sign(&self) -> i32 {
        let value = self.decimal();
        if value.is_zero() {
            0
        } else if value.is_negative() {
            -1
        } else {
            1
        }
    }

    /// Whether the value is zero.
    pub fn is_zero(&self) -> bool {
        self.decimal().is_zero()
    }

    /// The amount without anything finer than a thousandth. Models Quantity.RoundUp(Milli).
    #[must_use]
    pub fn rounded_up_to_milli(mut self) -> Self {
        match &mut self.amount {
            Amount::Int { scale, .. } if *scale >= MILLI => return self,
            Amount::Int { .. } => {
                let value = self.scaled_value(MILLI);
                self.amount = Amount::Int { value, scale: MILLI };
            }
            Amount::Dec { value, scale } => {
                value.round_up_at(MILLI);
                *scale = -MILLI;
            }
        }
        self.text.clear();
        self
    }

    /// The amount as a whole number, rounded up. Models Quantity.RoundUp(0).
    #[must_use]
    pub fn rounded_up(self) -> Self {
        if self.decimal().is_integer() {
            return self;
        }
        Self { amount: Amount::Int { value: self.value(), scale: 0 }, format: self.format, text: String::new() }
    }

    /// Go's representation, for the hash of a pod template.
    pub(crate) fn amount(&self) -> &Amount {
        &self.amount
    }

    /// The text that Go keeps beside the value; empty unless the input was canonical.
    pub(crate) fn cached_text(&self) -> &str {
        &self.text
    }

    fn decimal(&self) -> Decimal {
        match &self.amount {
            Amount::Int { value, scale } => Decimal::from_i64(*value, *scale),
            Amount::Dec { value, .. } => value.clone(),
        }
    }

    /// Models Quantity.ScaledValue with its two ways of rounding, and of overflowing.
    fn scaled_value(&self, scale: i32) -> i64 {
        match &self.amount {
            Amount::Int { value, scale: own } if *own < scale => {
                let wide = i128::from(*value);
                let places = u32::try_from(scale.saturating_sub(*own)).unwrap_or(0);
                let Some(divisor) = 10_i128.checked_pow(places) else { return wide.signum().try_into().unwrap_or(0) };
                let away = if wide % divisor == 0 { 0 } else { wide.signum() };
                i64::try_from(wide / divisor + away).unwrap_or(0)
            }
            Amount::Int { value, scale: own } => scale_up(*value, own.saturating_sub(scale)),
            Amount::Dec { value, scale: own } => value.scaled(*own, -scale),
        }
    }
}

impl fmt::Display for Quantity {
    /// Models Quantity.String: a canonical input is given back as it was.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.text.is_empty() { f.write_str(&self.canonical()) } else { f.write_str(&self.text) }
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Quantity {}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        self.decimal().cmp(&other.decimal())
    }
}

impl QuantityFormat {
    /// Go's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DecimalSI => "DecimalSI",
            Self::BinarySI => "BinarySI",
            Self::DecimalExponent => "DecimalExponent",
        }
    }
}

impl fmt::Display for QuantityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Format => {
                "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
            }
            Self::Numeric => "unable to parse numeric part of quantity",
            Self::Suffix => "unable to parse quantity's suffix",
        })
    }
}

impl std::error::Error for QuantityError {}

/// A quantity's text, taken apart.
struct Parts<'a> {
    negative: bool,
    /// Digits before the point without leading zeros, at least one.
    whole: &'a str,
    /// Digits behind the point.
    fraction: &'a str,
    suffix: &'a str,
}

impl<'a> Parts<'a> {
    /// Models resource.parseQuantityString, which is more lenient than the expression that its error names.
    fn split(text: &'a str) -> Result<Self, QuantityError> {
        let negative = text.starts_with('-');
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let rest = unsigned.trim_start_matches('0');
        let (whole, rest) = split_digits(rest);
        let (fraction, suffix) = match rest.strip_prefix('.') {
            Some(rest) => split_digits(rest),
            None => ("", rest),
        };
        let after_letters = suffix.trim_start_matches(|c| "eEinumkKMGTP".contains(c));
        let exponent = after_letters.strip_prefix(['-', '+']).unwrap_or(after_letters);
        if !split_digits(exponent).1.is_empty() {
            return Err(QuantityError::Format);
        }
        Ok(Self { negative, whole: if whole.is_empty() { "0" } else { whole }, fraction, suffix })
    }

    /// Go's fast path: value, scale, and whether the text is taken for canonical. `None` asks for a decimal.
    fn as_int(&self, exponent: i32, format: QuantityFormat) -> Result<Option<(i64, i32, bool)>, QuantityError> {
        let digits = i32::try_from(self.whole.len() + self.fraction.len()).unwrap_or(i32::MAX);
        let is_binary = format == QuantityFormat::BinarySI;
        let (room, scale, factor) = if !is_binary {
            (MAX_INT64_DIGITS.saturating_sub(digits), exponent, 1)
        } else if self.fraction.is_empty() {
            // A power of two has about exponent × 3/10 decimal digits.
            (14_i32.saturating_sub(digits) - exponent * 3 / 10, 0, 1_i64 << exponent)
        } else {
            return Ok(None);
        };
        let scale = scale.saturating_sub(i32::try_from(self.fraction.len()).unwrap_or(i32::MAX));
        if room < 0 || scale < NANO {
            return Ok(None);
        }
        let shifted = format!("{}{}", self.whole, self.fraction);
        let value: i64 = shifted.parse().map_err(|_| QuantityError::Numeric)?;
        let Some(result) = value.checked_mul(factor) else { return Ok(None) };
        let is_canonical = if is_binary {
            value & 7 != 0
        } else {
            scale % 3 == 0 && !shifted.ends_with("000") && !shifted.starts_with('0')
        };
        Ok(Some((if self.negative { -result } else { result }, scale, is_canonical)))
    }

    fn as_decimal(&self, exponent: i32, mut format: QuantityFormat) -> Result<Quantity, QuantityError> {
        let mut value = Decimal::from_digits(self.whole, self.fraction).ok_or(QuantityError::Numeric)?;
        if format == QuantityFormat::BinarySI {
            value.double(exponent);
        } else {
            value.shift(exponent);
        }
        let mut scale = -NANO;
        value.round_up_at(NANO);
        if format == QuantityFormat::BinarySI {
            let max = Decimal::from_i64(i64::MAX, 0);
            if value.cmp(&max).is_gt() {
                value = max;
                scale = 0;
            }
            if !value.is_zero() && value.cmp(&Decimal::from_i64(1, 0)).is_lt() {
                format = QuantityFormat::DecimalSI;
            }
        }
        value.set_negative(self.negative);
        Ok(Quantity { amount: Amount::Dec { value, scale }, format, text: String::new() })
    }
}

/// Models resource.positiveScaleInt64: the scales with a fast path wrap around on overflow, the others give 0.
fn scale_up(value: i64, places: i32) -> i64 {
    let places = places.unsigned_abs();
    if matches!(places, 0..=3 | 6 | 9) {
        return value.wrapping_mul(10_i64.pow(places));
    }
    if value == 0 {
        return 0;
    }
    10_i64.checked_pow(places).and_then(|factor| value.checked_mul(factor)).unwrap_or(0)
}

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().take_while(u8::is_ascii_digit).count())
}

/// Models suffixHandler.interpret: the exponent (of ten, or of two for `BinarySI`) and the format.
fn interpret_suffix(suffix: &str) -> Option<(i32, QuantityFormat)> {
    let find = |table: &[(&str, i32)]| table.iter().find(|(name, _)| *name == suffix).map(|(_, exponent)| *exponent);
    if let Some(exponent) = find(&DECIMAL_SUFFIXES) {
        return Some((exponent, QuantityFormat::DecimalSI));
    }
    if let Some(exponent) = find(&BINARY_SUFFIXES) {
        return Some((exponent, QuantityFormat::BinarySI));
    }
    let exponent: i64 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
    // Go keeps the low 32 bits.
    #[allow(clippy::cast_possible_truncation)]
    Some((exponent as i32, QuantityFormat::DecimalExponent))
}

/// No suffix where the exponent has none, as in Go, although that changes the value.
fn suffix_of(table: &[(&'static str, i32)], exponent: i32) -> &'static str {
    table.iter().find(|(_, own)| *own == exponent).map_or("", |(suffix, _)| suffix)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_text_is_answered(text in "[+-]?[0-9.]{0,25}([eE][+-]?[0-9]{0,12}|[numkMGTPE]i?)?|\\PC{0,8}") {
            if let Ok(quantity) = Quantity::parse(&text) {
                let rounded = quantity.clone().rounded_up_to_milli();
                let magnitude = |quantity: &Quantity| quantity.decimal().cmp_magnitude(&Decimal::from_i64(0, 0));
                prop_assert_eq!(magnitude(&rounded), magnitude(&quantity));
                prop_assert!(quantity.sign() >= 0 || quantity.canonical().starts_with('-'));
                prop_assert!(quantity.value() != 0 || quantity.milli_value() <= 0 || quantity.sign() >= 0);
                prop_assert_eq!(quantity.cmp(&quantity.clone()), Ordering::Equal);
            }
        }
    }

    #[test]
    fn sums_and_differences() {
        let read = |text| Quantity::parse(text).expect("a quantity");
        for (a, b, sum, difference) in [
            ("1500m", "1", "2500m", "500m"),
            ("1Gi", "1Gi", "2Gi", "0"),
            ("1Gi", "500M", "1573741824", "573741824"),
            ("0", "2Mi", "2Mi", "-2Mi"),
            ("9223372036854775807", "1", "9223372036854775808", "9223372036854775806"),
            ("1.5", "0.25", "1750m", "1250m"),
            ("100m", "1k", "1000100m", "-999900m"),
        ] {
            assert_eq!(read(a).plus(&read(b)).to_string(), sum, "{a} + {b}");
            assert_eq!(read(a).minus(&read(b)).to_string(), difference, "{a} - {b}");
        }
    }

    #[test]
    fn order_is_by_value() {
        let read = |text| Quantity::parse(text).ok();
        assert_eq!(read("1"), read("1000m"));
        assert!(read("1Gi") > read("1G") && read("-1") < read("0") && read("1500m") < read("2"));
    }
}
