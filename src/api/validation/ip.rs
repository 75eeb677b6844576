//! IP addresses and blocks of them, as strict as 1.36 is.
//!
//! Models staging/src/k8s.io/apimachinery/pkg/util/validation/ip.go. What was stored before may stay.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::error::FieldError;
use super::field::Field;
use crate::api::go_text::quote;

/// Models IsValidIPForLegacyField.
pub(super) fn validate(field: &Field<'_>, stored: &[&str], errors: &mut Vec<FieldError>) {
    let text = field.text();
    if stored.contains(&text) {
        return;
    }
    if parse_sloppily(text).is_none() {
        errors.push(field.invalid_text("must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"));
    } else if text.parse::<IpAddr>().is_err() {
        errors.push(field.invalid_text("must not have leading 0s"));
    } else if is_mapped(text) {
        errors.push(field.invalid_text("must not be an IPv4-mapped IPv6 address"));
    }
}

/// Models IsValidCIDRForLegacyField.
pub(super) fn validate_block(field: &Field<'_>, text: &str, stored: &[&str], errors: &mut Vec<FieldError>) {
    if stored.contains(&text) {
        return;
    }
    let Some((address, bits)) = parse_block_sloppily(text) else {
        errors.push(field.invalid(text, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"));
        return;
    };
    let (address_text, bits_text) = text.split_once('/').unwrap_or((text, ""));
    let has_leading_zeros = bits_text.len() > 1 && bits_text.starts_with('0');
    if address_text.parse::<IpAddr>().is_err() || has_leading_zeros {
        errors.push(field.invalid(text, "must not have leading 0s in IP or prefix length"));
    } else if is_mapped(address_text) {
        errors.push(field.invalid(text, "must not have an IPv4-mapped IPv6 address"));
    } else if masked(address, bits) != address {
        errors.push(field.invalid(text, "must not have bits set beyond the prefix length"));
    }
}

/// An address that a client can reach from anywhere. Models ValidateEndpointIP.
pub(super) fn validate_reachable(field: &Field<'_>, errors: &mut Vec<FieldError>) {
    let Some(address) = parse_sloppily(field.text()) else { return };
    if address.is_unspecified() {
        errors.push(field.invalid_text(format!("may not be unspecified ({})", field.text())));
    }
    if address.is_loopback() {
        errors.push(field.invalid_text("may not be in the loopback range (127.0.0.0/8, ::1/128)"));
    }
    let is_link_local = match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.segments()[0] & 0xffc0 == 0xfe80,
    };
    if is_link_local {
        errors.push(field.invalid_text("may not be in the link-local range (169.254.0.0/16, fe80::/10)"));
    }
    let is_link_local_multicast = match address {
        IpAddr::V4(address) => address.octets()[..3] == [224, 0, 0],
        IpAddr::V6(address) => address.segments()[0] & 0xff0f == 0xff02,
    };
    if is_link_local_multicast {
        errors.push(field.invalid_text("may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"));
    }
}

/// Models GetWarningsForIP.
pub(super) fn warnings(field: &Field<'_>, warnings: &mut Vec<String>) {
    let text = field.text();
    let Some(address) = parse_sloppily(text) else { return };
    let (path, quoted) = (field.path(), quote(text));
    if text.parse::<IpAddr>().is_err() || is_mapped(text) {
        let better = quote(&address.to_string());
        warnings.push(format!("{path}: non-standard IP address {quoted} is invalid: use {better}"));
    } else if address.is_ipv6() && address.to_string() != text {
        let better = quote(&address.to_string());
        warnings.push(format!("{path}: IPv6 address {quoted} should be in RFC 5952 canonical format ({better})"));
    }
}

/// Whether it is an IPv6 address.
pub(super) fn is_ipv6(text: &str) -> bool {
    matches!(parse_sloppily(text), Some(IpAddr::V6(_)))
}

/// Models netutils.ParseIPSloppy: leading zeros are ignored, and a mapped IPv4 address is one.
fn parse_sloppily(text: &str) -> Option<IpAddr> {
    if let Ok(address) = text.parse::<Ipv6Addr>() {
        return Some(address.to_ipv4_mapped().map_or(IpAddr::V6(address), IpAddr::V4));
    }
    let parts: Vec<&str> = text.split('.').collect();
    let octet = |part: &&str| {
        let is_number = !part.is_empty() && part.bytes().all(|c| c.is_ascii_digit());
        let digits = part.trim_start_matches('0');
        if is_number && digits.is_empty() { Some(0) } else { digits.parse::<u8>().ok().filter(|_| is_number) }
    };
    let octets: Option<Vec<u8>> = parts.iter().map(octet).collect();
    let octets: [u8; 4] = octets?.try_into().ok()?;
    Some(IpAddr::V4(Ipv4Addr::from(octets)))
}

fn parse_block_sloppily(text: &str) -> Option<(IpAddr, u32)> {
    let (address, bits) = text.split_once('/')?;
    if !bits.bytes().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let bits: u32 = bits.parse().ok()?;
    let address = parse_sloppily(address)?;
    let most = if address.is_ipv6() { 128 } else { 32 };
    (bits <= most).then_some((address, bits))
}

fn masked(address: IpAddr, bits: u32) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
            IpAddr::V4(Ipv4Addr::from(u32::from(address) & mask))
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
            IpAddr::V6(Ipv6Addr::from(u128::from(address) & mask))
        }
    }
}

fn is_mapped(text: &str) -> bool {
    text.parse::<Ipv6Addr>().is_ok_and(|address| address.to_ipv4_mapped().is_some())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn complaint(text: &str) -> Option<String> {
        let value = Value::from(text);
        let mut errors = Vec::new();
        validate(&Field::root(&value), &[], &mut errors);
        errors.first().map(|error| error.detail.clone())
    }

    #[test]
    fn addresses() {
        assert_eq!(complaint("10.0.0.1"), None);
        assert_eq!(complaint("fe80::1"), None);
        assert_eq!(complaint("010.0.0.1").as_deref(), Some("must not have leading 0s"));
        assert_eq!(complaint("::ffff:1.2.3.4").as_deref(), Some("must not be an IPv4-mapped IPv6 address"));
        for none in ["10.0.0", "10.0.0.256", "+1.0.0.1", "10..0.1", "1a.0.0.1", ""] {
            let told = complaint(none);
            assert_eq!(
                told.as_deref(),
                Some("must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"),
                "{none}"
            );
        }
    }

    #[test]
    fn blocks() {
        let complaint = |text: &str| {
            let value = Value::from(text);
            let mut errors = Vec::new();
            validate_block(&Field::root(&value), text, &[], &mut errors);
            errors.first().map(|error| error.detail.clone())
        };
        assert_eq!(complaint("10.0.0.0/8"), None);
        assert_eq!(complaint("0.0.0.0/0"), None);
        assert_eq!(complaint("10.0.0.1/8").as_deref(), Some("must not have bits set beyond the prefix length"));
        assert!(complaint("10.0.0.0/33").is_some());
    }
}
