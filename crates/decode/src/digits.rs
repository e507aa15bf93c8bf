//! Digits of bytes, without the formatting machinery: of long strings, this is all there is to do.

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Appends two hexadecimal digits.
pub fn hex(out: &mut Vec<u8>, byte: u8) {
    out.extend_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
}

/// Appends octal digits: three, or as few as there can be.
pub fn octal(out: &mut Vec<u8>, byte: u8, all: bool) {
    let digits = [b'0' + (byte >> 6), b'0' + (byte >> 3 & 7), b'0' + (byte & 7)];
    let skip = match byte {
        _ if all => 0,
        0..8 => 2,
        8..64 => 1,
        64.. => 0,
    };
    out.extend_from_slice(&digits[skip..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_those_of_the_formatter() {
        for byte in 0..=u8::MAX {
            let (mut two, mut few, mut three) = (Vec::new(), Vec::new(), Vec::new());
            hex(&mut two, byte);
            octal(&mut few, byte, false);
            octal(&mut three, byte, true);
            assert_eq!(two, format!("{byte:02x}").as_bytes());
            assert_eq!(few, format!("{byte:o}").as_bytes());
            assert_eq!(three, format!("{byte:03o}").as_bytes());
        }
    }
}
