//! What the branch does beyond the suite, on real remotes on the disk.

use std::path::{Path, PathBuf};

use criterion_regress::store::{Appended, BranchStore, SeriesQuery, Store, StoreFailure};
use tempfile::TempDir;

use super::suite;
use crate::git::{git, repository};

/// A remote, and a clone of it with two commits.
pub(crate) struct World {
    folder: TempDir,
}

impl World {
    pub(crate) fn new() -> World {
        let folder = tempfile::tempdir().expect("a temporary folder");
        git(folder.path(), &["init", "--quiet", "--bare", "remote.git"]);
        let world = World { folder };
        let first = world.path("first");
        std::fs::create_dir(&first).expect("a folder");
        std::fs::write(first.join("code"), "1").expect("written");
        repository(&first);
        git(&first, &["commit", "--quiet", "--allow-empty", "-m", "two"]);
        git(&first, &["remote", "add", "origin", &world.path("remote.git").to_string_lossy()]);
        git(&first, &["push", "--quiet", "origin", "main"]);
        world
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A clone as a job has it: of one commit.
    pub(crate) fn clone(&self, name: &str) -> PathBuf {
        let remote = format!("file://{}", self.path("remote.git").display());
        git(self.folder.path(), &["clone", "--quiet", "--depth=1", "--branch=main", &remote, name]);
        self.path(name)
    }

    fn store(&self, clone: &str) -> BranchStore {
        BranchStore::open(&self.path(clone), "regress-history", "origin").expect("it can be opened")
    }
}

#[test]
fn the_suite() {
    suite::all(&|| {
        let world = World::new();
        Box::new(move || Box::new(world.store("first")))
    });
}

#[test]
fn the_users_repository_stays_as_it_is() {
    let world = World::new();
    let job = world.clone("job");
    std::fs::write(job.join("code"), "changed").expect("written");
    std::fs::write(job.join("other"), "new").expect("written");
    git(&job, &["add", "other"]);
    let state = || {
        ["status --porcelain", "for-each-ref", "config --local --list", "log --all --oneline", "stash list"]
            .map(|question| git(&job, &question.split(' ').collect::<Vec<_>>()))
    };
    let shallow = || std::fs::read_to_string(job.join(".git/shallow")).expect("a clone of one commit");
    let before = (state(), shallow());
    let mut store = world.store("job");
    store.append(&[suite::run(1, 3)]).expect("appended");
    assert_eq!(store.series(&SeriesQuery::of("group/bench 0")).expect("read").len(), 1);
    assert_eq!((state(), shallow()), before);
}

#[test]
fn nothing_is_fetched_that_need_not_be() {
    let world = World::new();
    git(&world.path("remote.git"), &["config", "uploadpack.allowFilter", "true"]);
    let records: Vec<_> = (0..30).map(|i| suite::run(i, 30)).collect();
    for record in &records {
        world.store("first").append(std::slice::from_ref(record)).expect("appended");
    }
    world.clone("job");
    let mut job = world.store("job");
    assert_eq!(job.append(&[suite::run(100, 30)]).expect("appended"), [Appended::New]);
    assert_eq!(job.append(&[suite::run(3, 30)]).expect("appended"), [Appended::AlreadyThere]);
    let own = std::fs::read_dir(world.path("job/.git/regress")).expect("ours").next().expect("one").expect("one");
    let n_blobs = || {
        let all = git(&own.path().join("repository.git"), &["cat-file", "--batch-all-objects", "--batch-check"]);
        all.lines().filter(|line| line.contains(" blob ")).count()
    };
    assert_eq!(n_blobs(), 1, "its own run, and none of the others'");
    // Whoever asks needs them, and gets them in one go.
    assert_eq!(job.runs().expect("read").len(), 31);
    assert!(n_blobs() >= 31);
}

#[test]
fn twenty_writers_lose_nothing_and_never_force() {
    let world = World::new();
    // A remote that refuses what isn't built on its tip, whatever the client says.
    git(&world.path("remote.git"), &["config", "receive.denyNonFastForwards", "true"]);
    (0..20).for_each(|writer| drop(world.clone(&format!("job{writer}"))));
    std::thread::scope(|scope| {
        for writer in 0..20_u64 {
            let world = &world;
            scope.spawn(move || {
                let mut store = world.store(&format!("job{writer}"));
                assert_eq!(store.append(&[suite::run(writer, 3)]).expect("appended"), [Appended::New]);
            });
        }
    });
    suite::verified(&mut world.store("first"), 20, 60);
    // One commit each, one upon the other.
    assert_eq!(git(&world.path("remote.git"), &["rev-list", "--count", "regress-history"]), "20");
    assert_eq!(git(&world.path("remote.git"), &["rev-list", "--min-parents=2", "--count", "regress-history"]), "0");
}

#[test]
fn writers_and_folders_at_once() {
    let world = World::new();
    for name in ["a", "b", "c"] {
        world.clone(name);
    }
    let records: Vec<_> = (0..10).map(|i| suite::run(i, 2)).collect();
    records
        .iter()
        .for_each(|record| drop(world.store("first").append(std::slice::from_ref(record)).expect("appended")));
    std::thread::scope(|scope| {
        let world = &world;
        for (name, first) in [("a", 100), ("b", 200)] {
            scope.spawn(move || {
                (first..first + 5).for_each(|i| drop(world.store(name).append(&[suite::run(i, 2)]).expect("appended")));
            });
        }
        scope.spawn(move || {
            for _ in 0..3 {
                world.store("c").compact().expect("compacted");
            }
        });
    });
    suite::verified(&mut world.store("first"), 20, 40);
    assert_eq!(world.store("first").runs().expect("read").len(), 20);
}

#[test]
fn folding_shrinks_the_branch() {
    let world = World::new();
    let mut store = world.store("first");
    for i in 0..40 {
        store.append(&[suite::run(i, 50)]).expect("appended");
    }
    let compacted = store.compact().expect("compacted");
    assert_eq!(compacted.n_runs, 40);
    assert!(compacted.after.zip(compacted.before).is_some_and(|(after, before)| after < before), "{compacted:?}");
    let files = git(&world.path("remote.git"), &["ls-tree", "-r", "--name-only", "regress-history"]);
    assert_eq!(files.lines().count(), 3, "{files}");
    assert_eq!(store.compact().expect("nothing to do").n_runs, 0);
    suite::verified(&mut store, 40, 2000);
}

#[test]
fn a_branch_that_was_rewritten_is_read_anew() {
    let world = World::new();
    let mut store = world.store("first");
    store.append(&[suite::run(1, 2)]).expect("appended");
    store.append(&[suite::run(2, 2)]).expect("appended");
    assert_eq!(store.runs().expect("read").len(), 2);
    let remote = world.path("remote.git");
    git(&remote, &["update-ref", "refs/heads/regress-history", "regress-history~1"]);
    assert_eq!(store.runs().expect("read").len(), 1);
}

#[test]
fn what_others_put_on_the_branch_stays_as_it_is() {
    let world = World::new();
    world.store("first").append(&[suite::run(1, 2)]).expect("appended");
    let remote = world.path("remote.git").to_string_lossy().into_owned();
    git(&world.path(""), &["clone", "--quiet", "--branch=regress-history", &remote, "theirs"]);
    let theirs = world.path("theirs");
    std::fs::create_dir_all(theirs.join("docs/deep")).expect("folders");
    std::fs::create_dir_all(theirs.join("runs/deep")).expect("folders");
    for name in ["docs/deep/file", "runs/README", "runs/deep/file", "a name", "\"quoted\"", "tab\tline\nname"] {
        std::fs::write(theirs.join(name), name).expect("written");
    }
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        std::fs::write(theirs.join(std::ffi::OsStr::from_bytes(b"\xff\xfe")), "bytes").expect("written");
        std::os::unix::fs::symlink("README.md", theirs.join("link")).expect("linked");
    }
    git(&theirs, &["add", "--all"]);
    git(&theirs, &["update-index", "--chmod=+x", "a name"]);
    git(&theirs, &["commit", "--quiet", "-m", "theirs"]);
    git(&theirs, &["push", "--quiet"]);
    let listed = |at: &str| {
        let all = git(&world.path("remote.git"), &["ls-tree", "-r", at]);
        let is_theirs = |line: &&str| line.rsplit("\truns/").next().is_none_or(|name| name.len() != 32);
        all.lines().filter(is_theirs).map(str::to_owned).collect::<Vec<_>>()
    };
    let before = listed("regress-history");
    assert!(before.iter().any(|line| line.starts_with("100755 ")), "{before:?}");
    let mut store = world.store("first");
    assert_eq!(store.append(&[suite::run(2, 2)]).expect("appended"), [Appended::New]);
    assert_eq!(listed("regress-history"), before);
    // They are no runs, which is told, and cost none.
    assert_eq!(store.runs().expect("read").len(), 2);
    let damage = store.verify().expect("read").damage;
    assert_eq!(damage, ["runs/README: it is no run of history", "runs/deep: it is no run of history"]);
    assert_eq!(store.compact().expect("folded").n_runs, 2);
    assert!(before.iter().all(|line| listed("regress-history").contains(line)), "{before:?}");
    assert_eq!(store.runs().expect("read").len(), 2);
}

#[test]
fn a_damaged_run_is_told_and_costs_no_other() {
    let world = World::new();
    for i in 0..3 {
        world.store("first").append(&[suite::run(i, 2)]).expect("appended");
    }
    let remote = world.path("remote.git").to_string_lossy().into_owned();
    git(&world.path(""), &["clone", "--quiet", "--branch=regress-history", &remote, "theirs"]);
    let theirs = world.path("theirs");
    let damaged = suite::run(1, 2).head.key;
    let path = theirs.join(format!("runs/{damaged}"));
    let whole = std::fs::read(&path).expect("a run");
    std::fs::write(&path, &whole[..whole.len() / 2]).expect("written");
    git(&theirs, &["commit", "--quiet", "--all", "-m", "damage"]);
    git(&theirs, &["push", "--quiet"]);
    world.clone("job");
    let mut store = world.store("job");
    let error = store.runs().expect_err("a run can't be read");
    assert_eq!(error.kind, StoreFailure::Damaged, "{error}");
    let (heads, damage) = store.readable().expect("the others can");
    assert_eq!((heads.len(), damage.len()), (2, 1), "{damage:?}");
    assert!(damage[0].contains(&damaged.to_string()), "{damage:?}");
    for head in heads {
        assert!(store.record(head.key).expect("read").is_some());
    }
    assert!(store.record(damaged).is_err());
    assert_eq!(store.append(&[suite::run(7, 2)]).expect("appended"), [Appended::New]);
}

/// What is left of a git that was killed, in our repository below the user's.
#[test]
fn what_a_killed_git_leaves_behind_is_mended() {
    let world = World::new();
    world.store("first").append(&[suite::run(0, 2)]).expect("appended");
    let ours = std::fs::read_dir(world.path("first/.git/regress")).expect("read").next().expect("one").expect("read");
    let ours = ours.path().join("repository.git");
    let lock = |name: &str| std::fs::write(ours.join(name), "").expect("written");
    let empty_objects = || {
        for entry in walkdir::WalkDir::new(ours.join("objects")).into_iter().flatten() {
            if entry.file_type().is_file() {
                std::fs::remove_file(entry.path()).expect("removed");
                std::fs::write(entry.path(), "").expect("written");
            }
        }
    };
    let damages: [&dyn Fn(); 5] = [
        &|| lock("shallow.lock"),
        &|| lock("refs/history/regress-history.lock"),
        &|| lock("config.lock"),
        &empty_objects,
        &|| {
            std::fs::remove_dir_all(&ours).expect("removed");
            std::fs::create_dir(&ours).expect("made");
            lock("HEAD");
        },
    ];
    for (i, damage) in (1..).zip(damages) {
        let n_runs = 2 * i + 1;
        // Somebody else's run, so that there is something to fetch.
        world.clone(&format!("other-{i}"));
        world.store(&format!("other-{i}")).append(&[suite::run(2 * i as u64, 2)]).expect("appended");
        damage();
        world.store("first").append(&[suite::run(n_runs as u64, 2)]).expect("appended");
        damage();
        assert_eq!(world.store("first").runs().expect("read").len(), n_runs, "{i}");
        damage();
        suite::verified(&mut world.store("first"), n_runs, 2 * n_runs);
    }
}

#[test]
fn what_cannot_be_done_is_said() {
    let world = World::new();
    let open = |folder: &Path, branch: &str, remote: &str| BranchStore::open(folder, branch, remote);
    let first = world.path("first");
    let check = |error: criterion_regress::store::StoreError, want: &str| {
        assert_eq!(error.kind, StoreFailure::Unreachable, "{error}");
        assert!(error.to_string().contains(want), "{error}");
    };
    check(open(&first, "regress-history", "upstream").expect_err("no remote"), "has no remote `upstream`");
    check(open(&first, "a..b", "origin").expect_err("no name"), "is no name for a branch");
    let outside = tempfile::tempdir().expect("a temporary folder");
    check(open(outside.path(), "regress-history", "origin").expect_err("no repository"), "not a git repository");
    std::fs::rename(world.path("remote.git"), world.path("gone.git")).expect("moved");
    let mut store = world.store("first");
    check(store.append(&[suite::run(1, 1)]).expect_err("no remote"), "does not appear to be a git repository");
    std::fs::rename(world.path("gone.git"), world.path("remote.git")).expect("moved");
    assert_eq!(store.append(&[suite::run(1, 1)]).expect("appended"), [Appended::New]);
}
