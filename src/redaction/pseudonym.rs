//! Keyed pseudonyms: who has the key can tell whom one stands for, nobody else can tell or guess.
//!
//! HMAC-SHA256 (RFC 2104), cut. Without a key, a hash of a name would be undone by hashing a list of names.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// A shorter key could be tried out.
const FEWEST_BYTES: usize = 16;

/// The secret behind pseudonyms. It is never printed.
#[derive(Clone)]
pub struct Key(Hmac<Sha256>);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(hidden)")
    }
}

impl Key {
    /// A key of these bytes, blanks and line ends around them left out; none where they are too few to be a secret.
    pub fn new(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.trim_ascii();
        if bytes.len() < FEWEST_BYTES {
            return None;
        }
        Hmac::new_from_slice(bytes).ok().map(Self)
    }

    /// The first hexadecimal digits of the code of a text. The same text of another domain has another code.
    pub fn code(&self, domain: &str, text: &str, digits: usize) -> String {
        let mut mac = self.0.clone();
        mac.update(domain.as_bytes());
        mac.update(&[0]);
        mac.update(text.as_bytes());
        let code = mac.finalize().into_bytes();
        let mut hex: String = code.iter().map(|byte| format!("{byte:02x}")).collect();
        hex.truncate(digits);
        hex
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_hmac_sha256_of_domain_and_text() {
        // python3: hmac.new(b'0123456789abcdef', b'person\0ann', 'sha256').hexdigest()
        let key = Key::new(b"0123456789abcdef\n").unwrap();
        assert_eq!(key.code("person", "ann", 12), EXPECTED);
    }

    const EXPECTED: &str = "97634e7b1d5a";

    #[test]
    fn another_key_or_another_domain_is_another_code() {
        let (one, other) = (Key::new(&[b'a'; 16]).unwrap(), Key::new(&[b'b'; 16]).unwrap());
        assert_ne!(one.code("person", "ann", 10), other.code("person", "ann", 10));
        assert_ne!(one.code("person", "ann", 10), one.code("team", "ann", 10));
    }

    #[test]
    fn a_key_that_could_be_tried_out_is_none() {
        assert!(Key::new(b"secret").is_none());
        assert!(Key::new(b"               \n\n\n      ").is_none());
    }

    #[test]
    fn a_key_does_not_print_itself() {
        assert_eq!(format!("{:?}", Key::new(b"0123456789abcdef")), "Some(Key(hidden))");
    }
}
