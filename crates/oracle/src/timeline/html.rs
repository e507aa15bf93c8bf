//! stub
use super::Timeline;
/// stub
#[must_use]
pub fn html(timeline: &Timeline) -> String {
    timeline.title.clone()
}
