//! Of siginfos: any bytes can be shown, as one line of text and as JSON.

use lariat_abi::SigInfo;
use lariat_decode::text::{Constants, Style};
use lariat_decode::{json, siginfo};

/// Checks the siginfo that begins like the input.
pub fn check(data: &[u8]) {
    let mut bytes = [0; SigInfo::SIZE];
    let len = data.len().min(bytes.len());
    bytes[..len].copy_from_slice(&data[..len]);
    let info = SigInfo::from_bytes(bytes);
    assert_eq!(info.as_bytes(), &bytes);

    let value = siginfo::siginfo(&info, &lariat_decode::NoNames);
    for constants in [Constants::Abbrev, Constants::Raw, Constants::Verbose] {
        let mut text = Vec::new();
        Style { constants, ..Style::default() }.value(&mut text, &value);
        assert!(text.iter().all(|&b| b.is_ascii_graphic() || b == b' '), "{}", text.escape_ascii());
        assert!(text.starts_with(b"{") && text.ends_with(b"}"), "{}", text.escape_ascii());
    }
    let mut shown = Vec::new();
    json::value(&mut shown, &value);
    let shown: serde_json::Value = serde_json::from_slice(&shown).expect("JSON");
    assert!(shown.is_object());
}
