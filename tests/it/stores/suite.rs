//! What every store has to do.

use std::ops::ControlFlow;
use std::time::{Duration, SystemTime};

use criterion_regress::model::{
    Absent, Benchmark, BenchmarkId, Environment, Executions, Measurement, Sample, SamplingMode, Throughput, Unit,
    WhyAbsent,
};
use criterion_regress::stats::summarize;
use criterion_regress::store::{About, Appended, EnvironmentKey, Record, RunKey, SeriesQuery, Store};

/// Opens a fresh store, and opens it again.
pub(crate) type Open<'a> = &'a dyn Fn() -> Box<dyn Store>;

/// All tests, on stores that `fresh` makes: each call gives an opener of one that is empty.
pub(crate) fn all(fresh: &dyn Fn() -> Box<dyn Fn() -> Box<dyn Store>>) {
    for test in [
        what_is_appended_is_read_back,
        the_same_run_is_kept_once,
        series_are_in_the_order_of_their_revisions,
        another_work_or_machine_is_another_series,
        many_runs_are_folded_and_stay_the_same,
        an_empty_store_has_nothing,
        strange_names_are_kept,
        records_are_appended_together,
        all_series_at_once_are_those_asked_for_one_by_one,
    ] {
        test(&*fresh());
    }
}

pub(crate) fn machine(cpu: &str) -> Environment {
    Environment {
        cpu: Some(cpu.to_owned()),
        cores: Some(8),
        os: Some("linux 6.1.0 x86_64".to_owned()),
        rustc: Some("rustc 1.95.0".to_owned()),
        executables: vec!["ab".repeat(32)],
        ..Environment::default()
    }
}

pub(crate) fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000 + seconds)
}

/// Executions of a benchmark, each of a few measurements around `nanoseconds`.
pub(crate) fn benchmark(id: &str, nanoseconds: &[f64], written: SystemTime) -> Benchmark {
    let executions = nanoseconds.iter().enumerate().map(|(i, typical)| {
        let totals: Vec<f64> = (0..10).map(|k| typical * (1.0 + 0.001 * f64::from(k)) + 1e-3 * i as f64).collect();
        let sample = Sample::new(SamplingMode::Flat, vec![1.0; 10], totals).expect("a sample");
        summarize(&Measurement::Sample(sample), Some(written + Duration::from_millis(7 * i as u64)))
    });
    Benchmark {
        id: BenchmarkId::from_name(id),
        throughput: None,
        unit: Unit::Nanoseconds,
        executions: Executions::collect(executions).expect("at least one"),
        overwritten: None,
    }
}

pub(crate) fn about(revision: &str, seconds: u64) -> About {
    About {
        revision: revision.to_owned(),
        branch: Some("main".to_owned()),
        committed_at: Some(at(seconds)),
        environment: machine("A"),
    }
}

/// A run of `n` benchmarks, the `i`th commit of its branch.
pub(crate) fn run(i: u64, n: usize) -> Record {
    let one = |k: usize| benchmark(&format!("group/bench {k}"), &[100.0 + k as f64 + i as f64], at(i + 60));
    Record::new(about(&format!("{i:040x}"), i), (0..n).map(one).collect(), Vec::new())
}

fn what_is_appended_is_read_back(open: Open<'_>) {
    let mut one = benchmark("a/b", &[100.0, 101.0, 102.0], at(5));
    one.throughput = Some(Throughput::ElementsAndBytes { elements: 3, bytes: u64::MAX });
    let mut other = benchmark("c", &[-1.5], at(3));
    other.unit = Unit::Custom("cycles".into());
    let lost = Absent { id: BenchmarkId::new("", "lost", "l/ost"), why: WhyAbsent::Failed };
    let record = Record::new(about("1234", 1), vec![other, one], vec![lost]);
    assert_eq!(open().append(std::slice::from_ref(&record)).expect("appended"), [Appended::New]);
    let mut store = open();
    assert_eq!(store.record(record.head.key).expect("read"), Some(record.clone()));
    assert_eq!(store.record(RunKey::parse(&"0".repeat(32)).expect("a key")).expect("read"), None);
    let runs = store.runs().expect("read");
    assert_eq!((runs.len(), &*runs[0]), (1, &record.head));
    let series = store.series(&SeriesQuery::of("a/b")).expect("read");
    assert_eq!((series.len(), series[0].points.len()), (1, 3));
    assert!(series[0].points.iter().map(|point| &point.execution).eq(record.benchmarks[0].executions.iter()));
    assert_eq!(*series[0].points[0].run, record.head);
    let listed: Vec<String> = store.list().expect("read").iter().map(|(key, _)| key.id.as_str().to_owned()).collect();
    assert_eq!(listed, ["a/b", "c"]);
    verified(&mut *store, 1, 4);
}

fn the_same_run_is_kept_once(open: Open<'_>) {
    let record = run(1, 3);
    let mut elsewhere = record.clone();
    // A copy of the files has other times, and may be recorded from a detached head.
    let about = About { branch: None, ..about(&record.head.revision, 1) };
    elsewhere.benchmarks.iter_mut().flat_map(|b| b.executions.iter_mut()).for_each(|e| e.measured_at = None);
    let elsewhere = Record::new(about, elsewhere.benchmarks, Vec::new());
    let mut store = open();
    assert_eq!(store.append(std::slice::from_ref(&record)).expect("appended"), [Appended::New]);
    assert_eq!(store.append(std::slice::from_ref(&record)).expect("appended"), [Appended::AlreadyThere]);
    assert_eq!(open().append(&[elsewhere]).expect("appended"), [Appended::AlreadyThere]);
    assert_eq!(store.record(record.head.key).expect("read"), Some(record));
    // Another measurement of the same revision is another run.
    let again = benchmark("group/bench 0", &[100.5], at(1));
    let again = Record::new(self::about(&format!("{:040x}", 1), 1), vec![again], Vec::new());
    assert_eq!(store.append(&[again]).expect("appended"), [Appended::New]);
    verified(&mut *store, 2, 4);
}

fn series_are_in_the_order_of_their_revisions(open: Open<'_>) {
    let mut store = open();
    for i in [3, 1, 4, 2] {
        store.append(&[run(i, 1)]).expect("appended");
    }
    let revisions = |query: &SeriesQuery, store: &mut dyn Store| -> Vec<u64> {
        let series = store.series(query).expect("read");
        let points = series.iter().flat_map(|series| &series.points);
        points.map(|point| u64::from_str_radix(&point.run.revision, 16).expect("a number")).collect()
    };
    let all = SeriesQuery::of("group/bench 0");
    assert_eq!(revisions(&all, &mut *store), [1, 2, 3, 4]);
    assert_eq!(revisions(&SeriesQuery { since: Some(at(3)), ..all.clone() }, &mut *store), [3, 4]);
    assert_eq!(revisions(&SeriesQuery { branch: Some("main".into()), ..all.clone() }, &mut *store), [1, 2, 3, 4]);
    assert!(revisions(&SeriesQuery { branch: Some("other".into()), ..all }, &mut *store).is_empty());
    let heads: Vec<String> = store.runs().expect("read").iter().map(|head| head.revision.clone()).collect();
    assert!(heads.is_sorted());
}

fn another_work_or_machine_is_another_series(open: Open<'_>) {
    let mut store = open();
    let mut more = benchmark("a", &[200.0], at(2));
    more.throughput = Some(Throughput::Bytes(7));
    let elsewhere = About { environment: machine("B"), ..about("3", 3) };
    let upgraded = Environment { rustc: Some("rustc 1.99.0".into()), ..machine("A") };
    let records = [
        Record::new(about("1", 1), vec![benchmark("a", &[100.0], at(1))], Vec::new()),
        Record::new(about("2", 2), vec![more], Vec::new()),
        Record::new(elsewhere, vec![benchmark("a", &[300.0], at(3))], Vec::new()),
        Record::new(About { environment: upgraded, ..about("4", 4) }, vec![benchmark("a", &[90.0], at(4))], Vec::new()),
    ];
    store.append(&records).expect("appended");
    let here = EnvironmentKey::of(&machine("A"));
    let lengths = |query: &SeriesQuery, store: &mut dyn Store| -> Vec<(bool, usize)> {
        let series = store.series(query).expect("read");
        let mut lengths: Vec<_> = series.iter().map(|s| (s.environment == here, s.points.len())).collect();
        lengths.sort_unstable();
        lengths
    };
    let all = SeriesQuery::of("a");
    assert_eq!(lengths(&all, &mut *store), [(false, 1), (true, 1), (true, 2)]);
    assert_eq!(lengths(&SeriesQuery { environment: Some(here.clone()), ..all }, &mut *store), [(true, 1), (true, 2)]);
    let compilers: Vec<_> =
        store.runs().expect("read").iter().map(|head| head.environment.rustc.clone().unwrap_or_default()).collect();
    assert_eq!(compilers, ["rustc 1.95.0", "rustc 1.95.0", "rustc 1.95.0", "rustc 1.99.0"]);
    assert_eq!(store.list().expect("read").len(), 3);
}

fn many_runs_are_folded_and_stay_the_same(open: Open<'_>) {
    const N: u64 = 150;
    let mut store = open();
    let several = |i: u64| {
        let mut record = run(i, 3);
        record.benchmarks[1] = benchmark("group/bench 1", &[50.0 + i as f64, 60.0, 70.0], at(i));
        Record::new(about(&format!("{i:040x}"), i), record.benchmarks, Vec::new())
    };
    for first in (0..N).step_by(50) {
        let records: Vec<Record> = (first..first + 50).map(several).collect();
        store.append(&records).expect("appended");
    }
    let query = SeriesQuery::of("group/bench 1");
    let (before, all) = (store.series(&query).expect("read"), scanned(&mut *store));
    assert_eq!((before[0].points.len(), all.len()), (3 * 150, 5 * 150));
    store.compact().expect("compacted");
    let mut store = open();
    assert_eq!((&store.series(&query).expect("read"), &scanned(&mut *store)), (&before, &all));
    for i in [0, 77, 149] {
        let record = several(i);
        assert_eq!(store.record(record.head.key).expect("read"), Some(record.clone()));
        assert_eq!(store.append(&[record]).expect("appended"), [Appended::AlreadyThere]);
    }
    store.append(&[several(N)]).expect("appended");
    verified(&mut *store, 151, 5 * 151);
    assert_eq!(store.series(&query).expect("read")[0].points.len(), 3 * 151);
}

fn an_empty_store_has_nothing(open: Open<'_>) {
    let mut store = open();
    assert!(store.append(&[]).expect("nothing to do").is_empty());
    assert!(store.runs().expect("read").is_empty());
    assert!(store.list().expect("read").is_empty());
    assert!(store.series(&SeriesQuery::of("a")).expect("read").is_empty());
    assert!(scanned(&mut *store).is_empty());
    store.compact().expect("nothing to do");
    verified(&mut *store, 0, 0);
}

fn strange_names_are_kept(open: Open<'_>) {
    let id = "a'b\"c\n\u{202e}\\`|;--\t, é\u{1f600}";
    let odd = About { branch: Some(id.into()), ..about(id, 1) };
    let record = Record::new(odd, vec![benchmark(id, &[1.0], at(1))], Vec::new());
    let mut store = open();
    store.append(std::slice::from_ref(&record)).expect("appended");
    assert_eq!(store.record(record.head.key).expect("read"), Some(record));
    assert_eq!(store.series(&SeriesQuery::of(id)).expect("read").len(), 1);
}

fn records_are_appended_together(open: Open<'_>) {
    let mut store = open();
    let (one, two) = (run(1, 2), run(2, 2));
    let appended = store.append(&[one.clone(), two.clone(), one.clone()]).expect("appended");
    assert_eq!(appended, [Appended::New, Appended::New, Appended::AlreadyThere]);
    verified(&mut *store, 2, 4);
}

fn all_series_at_once_are_those_asked_for_one_by_one(open: Open<'_>) {
    let mut store = open();
    let records: Vec<Record> = (0..70).map(|i| run(i, 3)).collect();
    store.append(&records).expect("appended");
    let elsewhere = About { environment: machine("B"), branch: None, ..about("elsewhere", 5) };
    let mut more = benchmark("group/bench 1", &[9.0, 8.0], at(2));
    more.throughput = Some(Throughput::Bytes(7));
    let record = Record::new(elsewhere, vec![more, benchmark("other", &[1.0], at(5))], Vec::new());
    store.append(&[record]).expect("appended");
    let read = |store: &mut dyn Store, is_wanted: &dyn Fn(&str) -> bool, most: usize| {
        let mut all = Vec::new();
        let mut visit = |series| {
            all.push(series);
            if all.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        };
        store.each_series(is_wanted, &mut visit).expect("read");
        all
    };
    let names = ["group/bench 0", "group/bench 1", "group/bench 2", "other"];
    let mut asked = |name: &&str| store.series(&SeriesQuery::of(name)).expect("read");
    let one_by_one: Vec<_> = names.iter().map(&mut asked).collect();
    assert_eq!(one_by_one.iter().map(Vec::len).collect::<Vec<_>>(), [1, 2, 1, 1]);
    assert_eq!(read(&mut *open(), &|_| true, 9), one_by_one);
    assert_eq!(read(&mut *open(), &|name| name == "other", 9), one_by_one[3..]);
    assert_eq!(read(&mut *open(), &|_| true, 2), one_by_one[..2]);
    assert!(read(&mut *open(), &|_| false, 9).is_empty());
}

/// Everything that a scan hands over, sorted.
fn scanned(store: &mut dyn Store) -> Vec<(String, u64, u64)> {
    let mut all = Vec::new();
    let mut visit = |piece: criterion_regress::store::Piece<'_>| {
        assert_eq!(piece.runs.len(), piece.typical.len());
        let one = |typical: &f64| (piece.series.id.as_str().to_owned(), typical.to_bits(), 0);
        all.extend(piece.typical.iter().map(one));
    };
    store.scan(&mut visit).expect("read");
    all.sort();
    all
}

#[track_caller]
pub(crate) fn verified(store: &mut dyn Store, n_runs: usize, n_executions: usize) {
    let verified = store.verify().expect("read");
    assert_eq!((verified.n_runs, verified.n_executions, &verified.damage[..]), (n_runs, n_executions, &[][..]));
}
