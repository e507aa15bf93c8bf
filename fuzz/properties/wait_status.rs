//! Of wait statuses: every one decodes, encodes to itself again, and can be shown.

use lariat_abi::WaitStatus;
use lariat_decode::text::Style;
use lariat_decode::{Value, json};

/// Checks each whole word of the input.
pub fn check(data: &[u8]) {
    for word in data.as_chunks::<4>().0 {
        let raw = i32::from_le_bytes(*word);
        let status = WaitStatus::decode(raw);
        assert_eq!(status.encode(), raw, "{status:?}");
        assert_eq!(WaitStatus::decode(status.encode()), status, "{raw:#x}");

        let mut shown = Vec::new();
        Style::default().value(&mut shown, &Value::WaitStatus(raw as u32));
        assert!(shown.iter().all(|&b| b.is_ascii_graphic() || b == b' '), "{raw:#x}");
        shown.clear();
        json::value(&mut shown, &Value::WaitStatus(raw as u32));
        serde_json::from_slice::<serde_json::Value>(&shown).expect("JSON");
    }
}
