//! The definitions that names can stand for: the file's own, those it uses, the prelude's.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::prelude;
use crate::syntax::{self, ast};
use crate::text::{FileId, Source, Sources, Span};

/// What a definition defines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefinitionKind {
    Layer,
    Model,
    Function,
    Optimizer,
}

impl DefinitionKind {
    pub fn of(word: &str) -> Option<Self> {
        Some(match word {
            "layer" => DefinitionKind::Layer,
            "model" => DefinitionKind::Model,
            "fn" => DefinitionKind::Function,
            "optimizer" => DefinitionKind::Optimizer,
            _ => return None,
        })
    }

    pub fn article(self) -> &'static str {
        match self {
            DefinitionKind::Layer => "a layer",
            DefinitionKind::Model => "a model",
            DefinitionKind::Function => "a function",
            DefinitionKind::Optimizer => "an optimizer",
        }
    }
}

/// A layer, model, function or optimizer.
#[derive(Debug)]
pub struct Definition {
    pub kind: DefinitionKind,
    pub name: Arc<str>,
    pub def: Arc<ast::Def>,
    pub doc: ast::Doc,
    /// From the prelude: trusted, and errors inside are shown where it was called.
    pub library: bool,
}

impl Definition {
    pub fn file(&self) -> FileId {
        self.def.span.file
    }

    /// The parameter list that is given where the definition is configured; layers, models and optimizers only.
    pub fn config(&self) -> Option<&ast::ParamList> {
        match (self.kind, self.def.params.as_slice()) {
            (DefinitionKind::Function, _) => None,
            (_, [_]) if self.takes_input_first() => None,
            (_, [config, ..]) => Some(config),
            (_, []) => None,
        }
    }

    /// The parameter list that is given where the definition is applied.
    pub fn input(&self) -> Option<&ast::ParamList> {
        match (self.kind, self.def.params.as_slice()) {
            (DefinitionKind::Function, [input]) => Some(input),
            (_, [input]) if self.takes_input_first() => Some(input),
            (_, [_, input, ..]) => Some(input),
            _ => None,
        }
    }

    /// Whether a single list is the input: a layer that returns has something to return from, a sequence has configuration only.
    fn takes_input_first(&self) -> bool {
        match self.kind {
            DefinitionKind::Model | DefinitionKind::Optimizer => true,
            DefinitionKind::Layer => self.has_return(),
            DefinitionKind::Function => false,
        }
    }

    /// Whether the body says itself how values flow.
    pub fn has_return(&self) -> bool {
        self.def.body.entries.iter().any(|e| matches!(e.kind, ast::EntryKind::Return(_)))
    }
}

/// Names of definitions. Prelude entries are parsed when first reached.
pub struct Scope {
    own: BTreeMap<Arc<str>, Arc<Definition>>,
    /// What each used file sees: its own definitions, and what it uses in turn.
    files: BTreeMap<FileId, BTreeMap<Arc<str>, Arc<Definition>>>,
    /// Where names were brought in from other files.
    brought: BTreeMap<Arc<str>, Span>,
    library: RefCell<BTreeMap<&'static str, Option<Arc<Definition>>>>,
    sources: RefCell<Sources>,
    /// Texts of library definitions that take the place of those at hand: a saved model brings its own.
    texts: BTreeMap<String, String>,
}

impl Scope {
    pub fn new(sources: Sources) -> Self {
        Scope {
            own: BTreeMap::new(),
            files: BTreeMap::new(),
            brought: BTreeMap::new(),
            library: RefCell::default(),
            sources: RefCell::new(sources),
            texts: BTreeMap::new(),
        }
    }

    /// A scope in which these texts stand for library definitions of their names.
    pub fn with_library(mut self, texts: BTreeMap<String, String>) -> Self {
        self.texts = texts;
        self
    }

    /// Adds a definition of the file; gives back the one that had the name.
    pub fn define(&mut self, definition: Definition) -> Option<Arc<Definition>> {
        self.own.insert(definition.name.clone(), Arc::new(definition))
    }

    pub(super) fn add_file(&mut self, file: FileId) {
        self.files.entry(file).or_default();
    }

    /// The definitions that stand in a used file.
    pub(super) fn of_file(&self, file: FileId) -> impl Iterator<Item = Arc<Definition>> {
        self.files.get(&file).into_iter().flat_map(|names| names.values()).filter(move |d| d.file() == file).cloned()
    }

    /// Lets a file see a definition (`None`: the program itself); gives back where it has that name from already.
    pub(super) fn bring(&mut self, definition: Arc<Definition>, at: Span, into: Option<FileId>) -> Option<Span> {
        let names = match into {
            Some(file) => self.files.entry(file).or_default(),
            None => &mut self.own,
        };
        if let Some(first) = names.get(&definition.name) {
            return Some(first.def.name.as_ref().map_or(first.def.span, |n| n.span));
        }
        if into.is_none() {
            self.brought.insert(definition.name.clone(), at);
        }
        names.insert(definition.name.clone(), definition);
        None
    }

    /// Where the program brought a name in from another file.
    pub(super) fn brought(&self, name: &str) -> Option<Span> {
        self.brought.get(name).copied()
    }

    /// What a name stands for in the body of a definition, the library aside; outside of bodies in the program.
    pub(super) fn seen_from(&self, body: Option<&Arc<Definition>>, name: &str) -> Option<Arc<Definition>> {
        let names = body.and_then(|d| self.files.get(&d.file())).unwrap_or(&self.own);
        names.get(name).cloned()
    }

    /// Whether a definition stands in a file that the program uses.
    pub(super) fn is_used_file(&self, file: FileId) -> bool {
        self.files.contains_key(&file)
    }

    /// Every definition of the program and the files it uses, once.
    pub(super) fn all(&self) -> Vec<Arc<Definition>> {
        let used = self.files.iter().flat_map(|(file, names)| names.values().filter(|d| d.file() == *file));
        let own = self.own.values().filter(|d| !self.files.contains_key(&d.file()));
        own.chain(used).cloned().collect()
    }

    pub fn own(&self) -> impl Iterator<Item = &Arc<Definition>> {
        self.own.values()
    }

    pub fn sources(&self) -> Sources {
        self.sources.borrow().clone()
    }

    /// Adds a text that is read beside the file: a used file, or what is typed into a session.
    pub fn add_source(&self, name: impl Into<String>, text: &str) -> Arc<Source> {
        self.sources.borrow_mut().add(name, text)
    }

    pub fn lookup(&self, name: &str) -> Option<Arc<Definition>> {
        self.own.get(name).cloned().or_else(|| self.library(name))
    }

    /// A definition of the prelude, whether the file hides it or not.
    pub fn library(&self, name: &str) -> Option<Arc<Definition>> {
        let entry = prelude::lookup(name)?;
        if let Some(known) = self.library.borrow().get(entry.name) {
            return known.clone();
        }
        let text = self.texts.get(entry.name).map_or(entry.text, String::as_str);
        let source = self.sources.borrow_mut().add(format!("prelude/{}.nn", entry.name), text);
        let parsed = syntax::parse(&source);
        let definition = parsed.file.items.into_iter().find_map(|item| match item.kind {
            ast::ItemKind::Def(def) => Some(Arc::new(Definition {
                kind: DefinitionKind::of(&def.kind.text)?,
                name: def.name.as_ref()?.text.clone(),
                doc: item.doc,
                def,
                library: true,
            })),
            _ => None,
        });
        self.library.borrow_mut().insert(entry.name, definition.clone());
        definition
    }

    /// The library's definitions that were reached so far.
    pub fn reached(&self) -> Vec<&'static str> {
        self.library.borrow().keys().copied().collect()
    }

    /// All names that could be meant, for suggestions.
    pub fn names(&self) -> Vec<Arc<str>> {
        let own = self.own.keys().cloned();
        own.chain(prelude::ENTRIES.iter().map(|e| e.name.into())).collect()
    }
}
