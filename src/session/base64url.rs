//! Bytes as characters that an address carries as they are: RFC 4648's base64url, without padding.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The bytes as characters.
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let mut bits = [0_u8; 4];
        bits.iter_mut().skip(1).zip(group).for_each(|(bits, byte)| *bits = *byte);
        let bits = u32::from_be_bytes(bits);
        for place in 0..=group.len() {
            let sextet = bits >> (18 - 6 * place) & 63;
            text.extend(ALPHABET.get(sextet as usize).map(|letter| char::from(*letter)));
        }
    }
    text
}

/// The bytes again; nothing when there are other characters or a part is missing.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 2);
    for group in text.as_bytes().chunks(4) {
        let mut bits = 0_u32;
        for place in 0..4 {
            let sextet = match group.get(place) {
                Some(letter) => u32::try_from(ALPHABET.iter().position(|known| known == letter)?).ok()?,
                None => 0,
            };
            bits = bits << 6 | sextet;
        }
        let whole = match group.len() {
            1 => return None,
            letters => letters - 1,
        };
        bytes.extend(bits.to_be_bytes().into_iter().skip(1).take(whole));
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_4648_examples() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg"),
            ("fo", "Zm8"),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg"),
            ("fooba", "Zm9vYmE"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(encode(bytes.as_bytes()), text);
            assert_eq!(decode(text).as_deref(), Some(bytes.as_bytes()));
        }
        assert_eq!(encode(&[0xfb, 0xff]), "-_8");
    }

    #[test]
    fn what_is_no_base64url_is_nothing() {
        for text in ["A", "AAAAA", "A+==", "Zm9v\n", "容器"] {
            assert_eq!(decode(text), None, "{text:?}");
        }
    }
}
