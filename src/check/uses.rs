//! `use "file.nn" (Name)`: definitions of other files, each with the names that its own file sees.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use crate::diag::{Diagnostic, Problems, codes};
use crate::syntax::{self, ast};
use crate::text::{FileId, Span, closest};

use super::scope::{Definition, DefinitionKind, Scope};

/// Largest file that is read.
const MAX_BYTES: u64 = 64 << 20;

/// Where the texts of used files come from.
pub enum Files<'a> {
    /// Files, relative to the folder of the program.
    Folder(&'a Path),
    /// What a saved model or a run has kept, by path.
    Kept(&'a BTreeMap<String, String>),
}

/// The used files of a program while it is read.
pub(super) struct Uses<'a> {
    files: Files<'a>,
    /// Files on the way from the program to the one at hand.
    stack: Vec<String>,
    known: BTreeMap<String, FileId>,
    /// Their texts, by path relative to the program's folder.
    pub texts: BTreeMap<String, String>,
    /// Codes that they allow.
    pub allowed: Vec<(Arc<str>, Span)>,
}

impl<'a> Uses<'a> {
    pub fn new(files: Files<'a>) -> Self {
        Uses { files, stack: vec![], known: BTreeMap::new(), texts: BTreeMap::new(), allowed: vec![] }
    }

    /// Reads a used file (once) and brings the names into the scope of the file `into`; `None` is the program itself.
    pub fn bring(
        &mut self,
        used: &ast::Use,
        span: Span,
        into: Option<FileId>,
        scope: &mut Scope,
        problems: &mut Problems,
    ) {
        let path = match &used.from {
            ast::UseFrom::File(path) => path,
            ast::UseFrom::Bundled(name) => {
                problems.push(
                    Diagnostic::new(&codes::NOT_YET, format!("nnrun does not bundle `{}` yet", name.text))
                        .at(span, "part of the language, kept for a later version")
                        .help("definitions of other files are used by path: `use \"blocks.nn\" (Block)`"),
                );
                return;
            }
        };
        let Some(file) = self.file(path, scope, problems) else { return };
        for name in &used.names {
            self.name(name, file, &path.text, into, scope, problems);
        }
    }

    fn name(
        &self,
        name: &ast::Ident,
        file: FileId,
        path: &str,
        into: Option<FileId>,
        scope: &mut Scope,
        problems: &mut Problems,
    ) {
        let own: Vec<Arc<Definition>> = scope.of_file(file).collect();
        let Some(found) = own.iter().find(|d| d.name == name.text) else {
            let d = Diagnostic::new(&codes::UNKNOWN_NAME, format!("`{path}` defines no `{}`", name.text))
                .at(name.span, "not a layer, model, function or optimizer of that file")
                .suggest(name.span, closest(&name.text, own.iter().map(|d| &*d.name)));
            let names: Vec<&str> = own.iter().map(|d| &*d.name).collect();
            problems.push(if names.is_empty() { d } else { d.help(format!("it defines {}", names.join(", "))) });
            return;
        };
        if let Some(first) = scope.bring(found.clone(), name.span, into) {
            let d = Diagnostic::new(&codes::DUPLICATE, format!("`{}` is defined twice", name.text))
                .at(name.span, "brought here again")
                .at(first, "first defined here");
            problems.push(d);
        }
    }

    /// A used file, its definitions in the scope.
    fn file(&mut self, path: &ast::Ident, scope: &mut Scope, problems: &mut Problems) -> Option<FileId> {
        let folder = self.stack.last().and_then(|user| Path::new(user).parent()).unwrap_or(Path::new(""));
        let key = normal(&folder.join(&*path.text));
        if let Some(at) = self.stack.iter().position(|user| *user == key) {
            let mut chain: Vec<&str> = self.stack[at..].iter().map(String::as_str).collect();
            chain.push(&key);
            let d =
                Diagnostic::new(&codes::DUPLICATE, format!("files use each other in a circle: {}", chain.join(" → ")))
                    .at(path.span, "closes the circle")
                    .help("put what both need into a third file");
            problems.push(d);
            return None;
        }
        if let Some(known) = self.known.get(&key) {
            return Some(*known);
        }
        let text = match self.text(&key) {
            Ok(text) => text,
            Err(why) => {
                let d = Diagnostic::new(&codes::FILE, format!("`{}` can't be used: {why}", path.text))
                    .at(path.span, "paths are relative to the file that uses them");
                problems.push(d);
                return None;
            }
        };
        let shown = match self.files {
            Files::Folder(base) => base.join(&key).display().to_string(),
            Files::Kept(_) => key.clone(),
        };
        let source = scope.add_source(shown, text.as_str());
        let parsed = syntax::parse(&source);
        problems.extend(parsed.problems);
        self.texts.insert(key.clone(), text);
        self.known.insert(key.clone(), source.id);
        self.allowed.extend(super::allow::allows(&parsed.file, &source.text, problems));
        scope.add_file(source.id);
        self.stack.push(key);
        for item in parsed.file.items {
            match item.kind {
                ast::ItemKind::Use(used) => self.bring(&used, item.span, Some(source.id), scope, problems),
                ast::ItemKind::Def(def) => {
                    let (Some(kind), Some(name)) = (DefinitionKind::of(&def.kind.text), def.name.clone()) else {
                        continue;
                    };
                    let definition = Definition { kind, name: name.text.clone(), doc: item.doc, def, library: false };
                    if let Some(first) = scope.bring(Arc::new(definition), name.span, Some(source.id)) {
                        let d = Diagnostic::new(&codes::DUPLICATE, format!("`{}` is defined twice", name.text))
                            .at(name.span, "defined again")
                            .at(first, "first defined here");
                        problems.push(d);
                    }
                }
                // What a file does when it is run itself is none of its users' business.
                _ => {}
            }
        }
        self.stack.pop();
        Some(source.id)
    }

    fn text(&self, key: &str) -> Result<String, String> {
        match self.files {
            Files::Kept(texts) => texts.get(key).cloned().ok_or_else(|| "it was not kept".to_string()),
            Files::Folder(base) => {
                let path = base.join(key);
                let info = std::fs::metadata(&path).map_err(|e| match e.kind() {
                    std::io::ErrorKind::NotFound => "there is no such file".to_string(),
                    _ => e.to_string(),
                })?;
                if !info.is_file() {
                    return Err("it is no file".into());
                }
                if info.len() > MAX_BYTES {
                    return Err("it is larger than any program (64 MiB)".into());
                }
                let bytes = std::fs::read(&path).map_err(|e| e.to_string())?;
                String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".into())
            }
        }
    }
}

/// A path without `.` and with `a/..` taken out, with `/` between its parts: the same on every system.
fn normal(path: &Path) -> String {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(out.components().next_back(), Some(Component::Normal(_))) => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out.to_string_lossy().replace('\\', "/")
}
