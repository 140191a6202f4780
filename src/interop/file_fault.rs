use std::io;
use std::path::{Path, PathBuf};

use crate::diag::{Code, Diagnostic, codes};

/// What went wrong with a file, and which one it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` {kind}", path.display())]
pub struct FileFault {
    pub path: PathBuf,
    pub kind: FaultKind,
}

/// The kinds of trouble with a file; each reads as the end of a sentence that begins with the file's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FaultKind {
    #[error("does not exist")]
    Missing,
    #[error("can't be read: no permission")]
    ReadDenied,
    #[error("is a folder, where a file is needed")]
    IsFolder,
    #[error("is not an ordinary file")]
    NotAFile,
    #[error("can't be read: {0}")]
    Unreadable(String),
    #[error("is not a safetensors file: {0}")]
    NotSafetensors(String),
    #[error("is cut short: it has {found} bytes of at least {expected}")]
    CutShort { found: u64, expected: u64 },
    #[error("was changed or damaged after it was written: {0}")]
    Damaged(String),
    #[error("has numbers that can't be used: {0}")]
    Unusable(String),
    #[error("can't be written: {0}")]
    Invalid(String),
    #[error("can't be written: the disk or the quota is full")]
    DiskFull,
    #[error("can't be written: no permission")]
    WriteDenied,
    #[error("can't be written: its folder does not exist")]
    NoFolder,
    #[error("can't be written: part of its path is a file, not a folder")]
    NotInFolder,
    #[error("can't be written: {0}")]
    Unwritable(String),
}

impl FileFault {
    pub fn new(path: &Path, kind: FaultKind) -> Self {
        FileFault { path: path.to_path_buf(), kind }
    }

    pub(super) fn reading(path: &Path, error: &io::Error) -> Self {
        let kind = match error.kind() {
            io::ErrorKind::NotFound => FaultKind::Missing,
            io::ErrorKind::PermissionDenied => FaultKind::ReadDenied,
            io::ErrorKind::IsADirectory => FaultKind::IsFolder,
            _ => FaultKind::Unreadable(reason(error)),
        };
        FileFault::new(path, kind)
    }

    pub(super) fn writing(path: &Path, error: &io::Error) -> Self {
        let kind = match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => FaultKind::DiskFull,
            io::ErrorKind::PermissionDenied => FaultKind::WriteDenied,
            io::ErrorKind::NotFound => FaultKind::NoFolder,
            io::ErrorKind::NotADirectory => FaultKind::NotInFolder,
            io::ErrorKind::IsADirectory => FaultKind::IsFolder,
            _ => FaultKind::Unwritable(reason(error)),
        };
        FileFault::new(path, kind)
    }
}

/// The system's words without its error number.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let words = text.split(" (os error").next().unwrap_or(&text);
    words.chars().take(1).flat_map(char::to_lowercase).chain(words.chars().skip(1)).collect()
}

impl FaultKind {
    fn code(&self) -> &'static Code {
        use FaultKind::*;
        match self {
            Missing | ReadDenied | IsFolder | NotAFile | Unreadable(_) => &codes::FILE,
            NotSafetensors(_) | CutShort { .. } | Damaged(_) | Unusable(_) => &codes::MODEL_FILE,
            Invalid(_) | DiskFull | WriteDenied | NoFolder | NotInFolder | Unwritable(_) => &codes::OUTPUT,
        }
    }

    fn help(&self) -> &'static str {
        use FaultKind::*;
        match self {
            Missing => "check the spelling; a path in a program is relative to the program's own folder",
            ReadDenied => "give yourself the right to read it, or copy it to where you have it",
            IsFolder => "name a file, for example one inside that folder",
            NotAFile => "copy its contents to an ordinary file first",
            Unreadable(_) => "check that the disk or network drive is connected and sound",
            NotSafetensors(_) => "name a `.safetensors` file, written by nnrun or by Python's safetensors",
            CutShort { .. } => "the copy or download stopped early: fetch the file again",
            Damaged(_) => "fetch the file again, or train and save the model anew",
            Unusable(_) => "save the tensor as float32 where the file was made",
            Invalid(_) => "this is a mistake of the program that writes the file",
            DiskFull => "free some room, or write to another place with `--out`",
            WriteDenied => "choose a folder you may write to with `--out`",
            NoFolder => "create the folder first, or choose another with `--out`",
            NotInFolder => "choose a path whose folders are folders",
            Unwritable(_) => "choose another place with `--out`",
        }
    }
}

impl From<FileFault> for Diagnostic {
    fn from(fault: FileFault) -> Diagnostic {
        Diagnostic::new(fault.kind.code(), fault.to_string()).help(fault.kind.help())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_says_which_file_what_is_wrong_and_what_to_do() {
        let fault = FileFault::new(Path::new("a/b.safetensors"), FaultKind::CutShort { found: 7, expected: 90 });
        let diagnostic = Diagnostic::from(fault);
        assert_eq!(diagnostic.code.id, "E602");
        assert_eq!(diagnostic.message, "`a/b.safetensors` is cut short: it has 7 bytes of at least 90");
        assert_eq!(diagnostic.help, ["the copy or download stopped early: fetch the file again"]);
    }

    #[test]
    fn system_errors_are_told_apart() {
        let write = |kind: io::ErrorKind| FileFault::writing(Path::new("x"), &io::Error::from(kind)).kind;
        assert_eq!(write(io::ErrorKind::StorageFull), FaultKind::DiskFull);
        assert_eq!(write(io::ErrorKind::PermissionDenied), FaultKind::WriteDenied);
        assert_eq!(write(io::ErrorKind::NotFound), FaultKind::NoFolder);
        let read = |kind: io::ErrorKind| FileFault::reading(Path::new("x"), &io::Error::from(kind)).kind;
        assert_eq!(read(io::ErrorKind::PermissionDenied), FaultKind::ReadDenied);
    }

    #[test]
    fn the_systems_error_number_is_left_out() {
        let error = io::Error::from_raw_os_error(5);
        assert!(!reason(&error).contains("os error"), "{}", reason(&error));
    }
}
