use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::{FaultKind, FileFault};

/// Writes a file so that it holds either all of `bytes` or what it held before, even if the machine stops.
///
/// The bytes go to a temporary file in the same folder, to the disk, and then take the name `path`.
/// Devices and pipes, such as `/dev/stdout`, are written in place.
///
/// # Errors
/// A missing or read-only folder, a full disk, or a folder at `path`.
pub fn atomic_write(path: &Path, bytes: &[u8]) -> Result<(), FileFault> {
    atomic_write_with(path, |out| out.write_all(bytes))
}

/// As [`atomic_write`], for contents that are better written piece by piece.
pub fn atomic_write_with(
    path: &Path,
    contents: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), FileFault> {
    let target = behind_links(path);
    match fs::metadata(&target) {
        Ok(existing) if existing.is_dir() => return Err(FileFault::new(path, FaultKind::IsFolder)),
        Ok(existing) if !existing.is_file() => write_in_place(&target, contents),
        _ => replace(&target, contents),
    }
    .map_err(|error| FileFault::writing(path, &error))
}

/// Whether what is written to `path` appears there as a whole; devices and pipes take it piece by piece.
pub fn appears_whole(path: &Path) -> bool {
    fs::metadata(behind_links(path)).map_or(true, |existing| existing.is_file())
}

const PREFIX: &str = ".nnrun-";
const SUFFIX: &str = ".part";

/// Whether a file of this name is one that was being written when its process was ended.
pub fn is_unfinished(name: &str) -> bool {
    name.starts_with(PREFIX) && name.ends_with(SUFFIX)
}

/// What a symbolic link leads to, so that the link itself stays.
fn behind_links(path: &Path) -> PathBuf {
    if path.is_symlink() { fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf()) } else { path.to_path_buf() }
}

fn write_in_place(target: &Path, contents: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = BufWriter::new(fs::OpenOptions::new().write(true).open(target)?);
    contents(&mut out)?;
    out.flush()
}

fn replace(target: &Path, contents: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let folder = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX);
    with_usual_permissions(&mut builder);
    let temporary = builder.tempfile_in(folder)?;
    let mut out = BufWriter::with_capacity(1 << 20, temporary.as_file());
    contents(&mut out)?;
    out.flush()?;
    drop(out);
    temporary.as_file().sync_all()?;
    temporary.persist(target).map_err(|e| e.error)?;
    // Not every file system can sync a folder; the file itself is safe by now.
    let _ = File::open(folder).and_then(|f| f.sync_all());
    Ok(())
}

/// Temporary files are private by default, results should be as the user's umask says.
#[cfg(unix)]
fn with_usual_permissions(builder: &mut tempfile::Builder) {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(fs::Permissions::from_mode(0o666));
}

#[cfg(not(unix))]
fn with_usual_permissions(_: &mut tempfile::Builder) {}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn files_and_new_names_appear_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        assert!(appears_whole(&path));
        atomic_write(&path, b"old").unwrap();
        assert!(appears_whole(&path));
        assert!(!appears_whole(folder.path()));
        #[cfg(unix)]
        assert!(!appears_whole(Path::new("/dev/null")));
    }

    #[test]
    fn a_failure_leaves_the_old_contents_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        atomic_write(&path, b"old").unwrap();
        let fault = atomic_write_with(&path, |out| {
            out.write_all(b"half of the new")?;
            Err(io::Error::from(io::ErrorKind::StorageFull))
        })
        .unwrap_err();
        assert_eq!(fault.kind, FaultKind::DiskFull);
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(names(folder.path()), ["out.csv"]);
    }

    #[test]
    fn folders_missing_folders_and_files_as_folders_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        atomic_write(&file, b"new").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"new");
        let kind = |path: &Path| atomic_write(path, b"x").unwrap_err().kind;
        assert_eq!(kind(folder.path()), FaultKind::IsFolder);
        assert_eq!(kind(&folder.path().join("none/file")), FaultKind::NoFolder);
        assert_eq!(kind(&file.join("below")), FaultKind::NotInFolder);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_device_is_reported_and_stays_a_device() {
        let fault = atomic_write(Path::new("/dev/full"), &[0; 100]).unwrap_err();
        assert_eq!(fault.kind, FaultKind::DiskFull);
        assert!(!fs::metadata("/dev/full").unwrap().is_file());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        atomic_write(&file, b"1").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        atomic_write(&link, b"2").unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read(&file).unwrap(), b"2");
    }
}
