use super::Metric;

/// Every metric, sorted by name.
pub static METRICS: &[Metric] = &[];

pub fn find_metric(name: &str) -> Option<&'static Metric> {
    METRICS.iter().find(|m| m.name == name)
}
