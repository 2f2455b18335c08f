//! The words in which stores keep what isn't a number.

use serde::{Deserialize, Serialize};

use super::run_file::{StoredEnvironment, StoredThroughput};
use crate::model::{Absent, BenchmarkId, Environment, Throughput, Unit, WhyAbsent};

#[derive(Serialize, Deserialize)]
struct StoredAbsent {
    id: String,
    directory: String,
    #[serde(default)]
    root: String,
    why: StoredWhy,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum StoredWhy {
    Unreadable,
    LeftOut,
    Failed,
    NotRun,
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("strings and whole numbers have a JSON text")
}

/// An environment without its executables.
pub(super) fn facts_text(environment: &Environment) -> String {
    json(&StoredEnvironment::from(&Environment { executables: Vec::new(), ..environment.clone() }))
}

pub(super) fn facts_of(text: &str) -> Environment {
    serde_json::from_str::<StoredEnvironment>(text).map(Environment::from).unwrap_or_default()
}

/// The hashes of executables, with spaces between them.
pub(super) fn executables_of(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

pub(super) fn throughput_text(throughput: Option<&Throughput>) -> String {
    throughput.map_or_else(String::new, |throughput| json(&StoredThroughput::from(throughput)))
}

pub(super) fn throughput_of(text: &str) -> Option<Throughput> {
    let unknown = || Throughput::Unknown(text.into());
    let read = |text| serde_json::from_str::<StoredThroughput>(text).map_or_else(|_| unknown(), Throughput::from);
    (!text.is_empty()).then(|| read(text))
}

pub(super) fn unit_text(unit: &Unit) -> String {
    match unit {
        Unit::Nanoseconds => "ns".to_owned(),
        Unit::Custom(name) => name.to_string(),
        Unit::Unstated => String::new(),
    }
}

pub(super) fn unit_of(text: &str) -> Unit {
    Unit::from_name(text)
}

pub(super) fn absent_text(absent: &[Absent]) -> String {
    if absent.is_empty() {
        return String::new();
    }
    let stored: Vec<StoredAbsent> = absent
        .iter()
        .map(|absent| StoredAbsent {
            id: absent.id.as_str().to_owned(),
            directory: absent.id.directory().to_owned(),
            root: absent.id.root().to_owned(),
            why: match absent.why {
                WhyAbsent::Unreadable => StoredWhy::Unreadable,
                WhyAbsent::LeftOut => StoredWhy::LeftOut,
                WhyAbsent::Failed => StoredWhy::Failed,
                WhyAbsent::NotRun => StoredWhy::NotRun,
            },
        })
        .collect();
    json(&stored)
}

pub(super) fn absent_of(text: &str) -> Vec<Absent> {
    let stored: Vec<StoredAbsent> = serde_json::from_str(text).unwrap_or_default();
    let absent = stored.into_iter().map(|stored| Absent {
        id: BenchmarkId::new(&stored.root, &stored.directory, &stored.id),
        why: match stored.why {
            StoredWhy::Unreadable => WhyAbsent::Unreadable,
            StoredWhy::LeftOut => WhyAbsent::LeftOut,
            StoredWhy::Failed => WhyAbsent::Failed,
            StoredWhy::NotRun => WhyAbsent::NotRun,
        },
    });
    absent.collect()
}
