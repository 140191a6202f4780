//! What a session answers, as plain data; front ends decide how it looks.

use crate::session::{Listener, ModelShapes};

/// One thing to show.
#[derive(Debug, Clone)]
pub enum Reply {
    Line(String),
    /// Something said about the session itself, less important than results.
    Aside(String),
    Table(Table),
    Figure(crate::session::Picture),
    Shapes(ModelShapes),
    /// Several lines as they are: programs, documentation.
    Text(String),
}

/// Rows under headings; numbers stand on the right.
#[derive(Debug, Clone, Default)]
pub struct Table {
    pub title: String,
    /// Name, and whether it holds numbers.
    pub heads: Vec<(String, bool)>,
    pub rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new(title: impl Into<String>, heads: &[(&str, bool)]) -> Table {
        Table { title: title.into(), heads: heads.iter().map(|(n, r)| (n.to_string(), *r)).collect(), rows: vec![] }
    }
}

/// Where the answers of a session go. Events of evaluations and predictions come by the [`Listener`].
pub trait Sink: Listener {
    fn say(&mut self, reply: Reply);

    fn line(&mut self, text: String) {
        self.say(Reply::Line(text));
    }

    fn aside(&mut self, text: String) {
        self.say(Reply::Aside(text));
    }
}
