//! The definitions that names can stand for: the file's own, those it uses, the prelude's.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::prelude;
use crate::syntax::{self, ast};
use crate::text::{FileId, Sources};

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
    library: RefCell<BTreeMap<&'static str, Option<Arc<Definition>>>>,
    sources: RefCell<Sources>,
    /// Texts of library definitions that take the place of those at hand: a saved model brings its own.
    texts: BTreeMap<String, String>,
}

impl Scope {
    pub fn new(sources: Sources) -> Self {
        Scope {
            own: BTreeMap::new(),
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

    pub fn own(&self) -> impl Iterator<Item = &Arc<Definition>> {
        self.own.values()
    }

    pub fn sources(&self) -> Sources {
        self.sources.borrow().clone()
    }

    /// Adds a text that is read beside the file: what is typed into a session.
    pub fn add_source(&self, name: &str, text: &str) -> Arc<crate::text::Source> {
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
