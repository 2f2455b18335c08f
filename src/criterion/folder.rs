//! A folder that is read without ever leaving it: no link is followed, no file read past its limit.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;
use std::time::SystemTime;

#[cfg(target_os = "linux")]
pub(super) use linux::{Folder, Inside};
#[cfg(not(target_os = "linux"))]
pub(super) use portable::{Folder, Inside};

/// What lies directly in a folder.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub(super) folders: Vec<OsString>,
    pub(super) files: Vec<OsString>,
    /// Links, pipes, sockets, devices: nothing that Criterion writes.
    pub(super) others: Vec<OsString>,
}

/// Whether a path leads through folders only, and to one: no links. `is_folder` answers for each part of it.
fn leads_through_folders(path: &str, is_folder: impl Fn(&str) -> bool) -> bool {
    path.match_indices('/').map(|(end, _)| &path[..end]).chain([path]).all(is_folder)
}

impl Inside<'_> {
    /// Whether a path below leads through folders only, and to one: no links.
    pub(super) fn holds_folder(&self, path: &str) -> bool {
        leads_through_folders(path, |part| self.is_folder(part))
    }

    /// Whether a folder in it is known to hold no folders; `false` where that can't be told without listing it.
    pub(super) fn holds_no_folders(&self, folder: &OsStr) -> bool {
        self.n_folders(folder) == Some(0)
    }
}

/// Why a file gave no bytes.
#[derive(Debug)]
pub(super) enum Unread {
    /// There is no such file.
    Missing,
    /// It is larger than the limit.
    TooLarge(u64),
    /// The system refused.
    Failed(io::Error),
}

impl From<io::Error> for Unread {
    fn from(error: io::Error) -> Unread {
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Unread::Missing,
            _ => Unread::Failed(error),
        }
    }
}

/// Reads a whole file from outside the tree, up to `limit` bytes.
pub(super) fn read_file(path: &Path, limit: u64) -> Result<Vec<u8>, Unread> {
    use std::io::Read;
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit { Err(Unread::TooLarge(limit)) } else { Ok(bytes) }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::ffi::OsStr;
    use std::mem::MaybeUninit;
    use std::os::unix::ffi::OsStrExt;
    use std::time::Duration;

    use rustix::fd::{AsFd, OwnedFd};
    use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, RawDir, Stat, fstat, openat, statat};

    use super::{Listing, Path, SystemTime, Unread, io};

    /// An open folder; everything is opened relative to it.
    #[derive(Debug)]
    pub(in crate::criterion) struct Folder {
        root: OwnedFd,
        /// The device on which a folder's link count tells how many folders it holds, if the file system is one of those.
        counts_folders_on: Option<u64>,
    }

    /// Not following links, and not waiting for the other end of a pipe.
    const FILE: OFlags =
        OFlags::RDONLY.union(OFlags::NOFOLLOW).union(OFlags::NONBLOCK).union(OFlags::NOCTTY).union(OFlags::CLOEXEC);
    const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

    /// One folder below it, held open while its files are read: short paths cost the system less.
    #[derive(Debug)]
    pub(in crate::criterion) struct Inside<'a> {
        folder: OwnedFd,
        root: &'a Folder,
    }

    impl Folder {
        pub(in crate::criterion) fn open(path: &Path) -> io::Result<Folder> {
            // The folder itself may be a link: the user named it.
            let root = openat(CWD, path, FOLDER.difference(OFlags::NOFOLLOW), Mode::empty())?;
            let counts_folders_on = counts_folders(&root).then(|| fstat(&root).map(|s| device(&s))).transpose()?;
            Ok(Folder { root, counts_folders_on })
        }

        pub(in crate::criterion) fn enter(&self, folder: &Path) -> io::Result<Inside<'_>> {
            let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            Ok(Inside { folder: openat(&self.root, here, FOLDER, Mode::empty())?, root: self })
        }
    }

    impl Inside<'_> {
        pub(in crate::criterion) fn list(&self) -> io::Result<Listing> {
            let mut listing = Listing::default();
            let mut buffer = [MaybeUninit::uninit(); 8192];
            let mut entries = RawDir::new(self.folder.as_fd(), &mut buffer);
            while let Some(entry) = entries.next() {
                let entry = entry?;
                let name = OsStr::from_bytes(entry.file_name().to_bytes());
                if name == "." || name == ".." {
                    continue;
                }
                let kind = match entry.file_type() {
                    FileType::Unknown => {
                        let stat = statat(&self.folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
                        FileType::from_raw_mode(stat.st_mode)
                    }
                    known => known,
                };
                match kind {
                    FileType::Directory => listing.folders.push(name.to_owned()),
                    FileType::RegularFile => listing.files.push(name.to_owned()),
                    _ => listing.others.push(name.to_owned()),
                }
            }
            Ok(listing)
        }

        /// Whether a path below is a folder, and not a link to one.
        pub(super) fn is_folder(&self, path: &str) -> bool {
            statat(&self.folder, path, AtFlags::SYMLINK_NOFOLLOW)
                .is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Directory)
        }

        /// Opens a folder below this one.
        pub(in crate::criterion) fn enter(&self, folder: &str) -> io::Result<Inside<'_>> {
            Ok(Inside { folder: openat(&self.folder, folder, FOLDER, Mode::empty())?, root: self.root })
        }

        /// How many folders a folder in it holds; `None` where there is none of the name, or where that can't be told
        /// without listing it.
        pub(in crate::criterion) fn n_folders(&self, folder: &OsStr) -> Option<u64> {
            let trusted = self.root.counts_folders_on?;
            let stat = statat(&self.folder, folder, AtFlags::SYMLINK_NOFOLLOW).ok()?;
            let is_folder = FileType::from_raw_mode(stat.st_mode) == FileType::Directory;
            // Two links are "." and the entry in the parent; each folder adds its "..". Too many of them, and it is 1.
            (is_folder && device(&stat) == trusted).then(|| links(&stat).checked_sub(2)).flatten()
        }

        /// Reads a file into `buffer`, replacing what is there.
        pub(in crate::criterion) fn read(&self, file: &str, limit: u64, buffer: &mut Vec<u8>) -> Result<(), Unread> {
            let open = openat(&self.folder, file, FILE, Mode::empty()).map_err(io::Error::from)?;
            read_open(&open, limit, buffer, None)
        }

        /// Reads a file into `buffer`, and says when it was written.
        pub(in crate::criterion) fn read_dated(
            &self,
            file: &str,
            limit: u64,
            buffer: &mut Vec<u8>,
        ) -> Result<Option<SystemTime>, Unread> {
            let open = openat(&self.folder, file, FILE, Mode::empty()).map_err(io::Error::from)?;
            let stat = fstat(&open).map_err(io::Error::from)?;
            read_open(&open, limit, buffer, u64::try_from(stat.st_size).ok())?;
            Ok(written_at(&stat))
        }
    }

    fn read_open(open: &OwnedFd, limit: u64, buffer: &mut Vec<u8>, size: Option<u64>) -> Result<(), Unread> {
        const CHUNK: usize = 16 * 1024;
        buffer.clear();
        loop {
            let start = buffer.len();
            buffer.resize(start + CHUNK, 0);
            let n_read =
                rustix::io::retry_on_intr(|| rustix::io::read(open, &mut buffer[start..])).map_err(io::Error::from)?;
            buffer.truncate(start + n_read);
            if buffer.len() as u64 > limit {
                return Err(Unread::TooLarge(limit));
            }
            // A short read of a regular file is its end; asking again would cost a call per file. Where the size is
            // known, it decides.
            let is_end = match size {
                Some(size) => n_read == 0 || buffer.len() as u64 == size,
                None => n_read < CHUNK,
            };
            if is_end {
                return Ok(());
            }
        }
    }

    fn written_at(stat: &Stat) -> Option<SystemTime> {
        #[allow(clippy::unnecessary_fallible_conversions, reason = "the field's type differs between systems")]
        let nanos = u32::try_from(stat.st_mtime_nsec).unwrap_or(0).min(999_999_999);
        let seconds = Duration::new(stat.st_mtime.unsigned_abs(), nanos);
        if stat.st_mtime >= 0 {
            SystemTime::UNIX_EPOCH.checked_add(seconds)
        } else {
            SystemTime::UNIX_EPOCH.checked_sub(seconds)
        }
    }

    #[allow(clippy::unnecessary_cast, reason = "the field's type differs between systems")]
    fn links(stat: &Stat) -> u64 {
        stat.st_nlink as u64
    }

    #[allow(clippy::unnecessary_cast, reason = "the field's type differs between systems")]
    fn device(stat: &Stat) -> u64 {
        stat.st_dev as u64
    }

    /// Whether the file system keeps the old promise that a folder has two links and one more for each folder in it.
    ///
    /// ext4, XFS, tmpfs and F2FS do; btrfs and overlays always say 1, network and user-space ones say what they like.
    #[cfg(target_os = "linux")]
    fn counts_folders(root: &OwnedFd) -> bool {
        const EXT4: u64 = 0xEF53;
        const XFS: u64 = 0x5846_5342;
        const TMPFS: u64 = 0x0102_1994;
        const F2FS: u64 = 0xF2F5_2010;
        #[allow(clippy::unnecessary_cast, reason = "the field's type differs between systems")]
        rustix::fs::fstatfs(root).is_ok_and(|fs| [EXT4, XFS, TMPFS, F2FS].contains(&(fs.f_type as u64)))
    }

    #[cfg(not(target_os = "linux"))]
    fn counts_folders(_: &OwnedFd) -> bool {
        false
    }
}

#[cfg(any(not(target_os = "linux"), test))]
#[cfg_attr(target_os = "linux", allow(dead_code, reason = "tested on every system, used where there is no getdents"))]
mod portable {
    use std::ffi::OsStr;
    use std::marker::PhantomData;
    use std::path::PathBuf;

    use super::{Listing, Path, SystemTime, Unread, io};

    /// A folder by its path.
    #[derive(Debug)]
    pub(in crate::criterion) struct Folder {
        root: PathBuf,
    }

    /// One folder below it.
    #[derive(Debug)]
    pub(in crate::criterion) struct Inside<'a> {
        folder: PathBuf,
        root: PhantomData<&'a Folder>,
    }

    impl Folder {
        pub(in crate::criterion) fn open(path: &Path) -> io::Result<Folder> {
            std::fs::read_dir(path)?;
            Ok(Folder { root: path.to_owned() })
        }

        pub(in crate::criterion) fn enter(&self, folder: &Path) -> io::Result<Inside<'_>> {
            Ok(Inside { folder: self.root.join(folder), root: PhantomData })
        }
    }

    impl Inside<'_> {
        pub(in crate::criterion) fn list(&self) -> io::Result<Listing> {
            let mut listing = Listing::default();
            for entry in std::fs::read_dir(&self.folder)? {
                let entry = entry?;
                let kind = entry.file_type()?;
                let names = if kind.is_dir() {
                    &mut listing.folders
                } else if kind.is_file() {
                    &mut listing.files
                } else {
                    &mut listing.others
                };
                names.push(entry.file_name());
            }
            Ok(listing)
        }

        pub(super) fn is_folder(&self, path: &str) -> bool {
            std::fs::symlink_metadata(self.folder.join(path)).is_ok_and(|metadata| metadata.is_dir())
        }

        pub(in crate::criterion) fn enter(&self, folder: &str) -> io::Result<Inside<'_>> {
            Ok(Inside { folder: self.folder.join(folder), root: PhantomData })
        }

        pub(in crate::criterion) fn n_folders(&self, _: &OsStr) -> Option<u64> {
            None
        }

        pub(in crate::criterion) fn read(&self, file: &str, limit: u64, buffer: &mut Vec<u8>) -> Result<(), Unread> {
            self.read_dated(file, limit, buffer).map(drop)
        }

        pub(in crate::criterion) fn read_dated(
            &self,
            file: &str,
            limit: u64,
            buffer: &mut Vec<u8>,
        ) -> Result<Option<SystemTime>, Unread> {
            let path = self.folder.join(file);
            let metadata = std::fs::symlink_metadata(&path)?;
            if metadata.is_dir() {
                return Err(Unread::Failed(io::ErrorKind::IsADirectory.into()));
            }
            if !metadata.is_file() {
                return Err(Unread::Failed(io::Error::other("not a regular file")));
            }
            *buffer = super::read_file(&path, limit)?;
            Ok(metadata.modified().ok())
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn both_ways_of_reading_agree() {
        let dir = tempfile::tempdir().expect("a folder");
        fs::create_dir_all(dir.path().join("a/b")).expect("folders");
        fs::write(dir.path().join("a/f"), vec![7_u8; 40_000]).expect("a file");
        fs::write(dir.path().join("a/exact"), vec![7_u8; 16 * 1024]).expect("a file");
        std::os::unix::fs::symlink("f", dir.path().join("a/link")).expect("a link");
        let (unix, portable) =
            (Folder::open(dir.path()).expect("open"), portable::Folder::open(dir.path()).expect("open"));
        let a = Path::new("a");
        let (unix, portable) = (unix.enter(a).expect("enter"), portable.enter(a).expect("enter"));

        let sorted = |mut listing: Listing| {
            listing.files.sort();
            format!("{listing:?}")
        };
        assert_eq!(sorted(unix.list().expect("list")), sorted(portable.list().expect("list")));

        let (mut one, mut two) = (Vec::new(), Vec::new());
        for file in ["f", "exact"] {
            let dated = unix.read_dated(file, 50_000, &mut one).expect("read");
            assert_eq!(dated, portable.read_dated(file, 50_000, &mut two).expect("read"));
            assert_eq!(one, two);
            unix.read(file, 50_000, &mut one).expect("read");
            assert_eq!(one, two);
        }
        assert!(matches!(unix.read("f", 39_999, &mut one), Err(Unread::TooLarge(_))));
        assert!(matches!(portable.read("f", 39_999, &mut one), Err(Unread::TooLarge(_))));
        assert!(matches!(unix.read("none", 9, &mut one), Err(Unread::Missing)));
        assert!(matches!(unix.read("link", 99_999, &mut one), Err(Unread::Failed(_))));
        assert!(matches!(portable.read("link", 99_999, &mut one), Err(Unread::Failed(_))));
        for error in [unix.read("b", 9, &mut one), portable.read("b", 9, &mut one)] {
            assert!(matches!(error, Err(Unread::Failed(e)) if e.kind() == io::ErrorKind::IsADirectory));
        }
        assert!(unix.enter("b").expect("enter").list().expect("list").files.is_empty());
        let holds_folder = |path: &str| leads_through_folders(path, |part| portable.is_folder(part));
        for both in [unix.holds_folder("b"), holds_folder("b")] {
            assert!(both);
        }
        for neither in ["link", "f", "missing/b"] {
            assert!(!unix.holds_folder(neither) && !holds_folder(neither));
        }
        assert!(!unix.holds_no_folders(OsStr::new("missing")));
    }
}
