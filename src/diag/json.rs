//! Diagnostics as JSON, one object a line: the form that `--json` prints.

use serde::Serialize;

use super::place::{Place, word};
use super::{Diagnostic, Edit, Fix, Label};
use crate::text::{FileId, Sources};

/// One diagnostic as `--json` prints it. Lines and columns count from 1, columns in characters.
#[derive(Debug, Serialize)]
pub struct Json<'a> {
    r#type: &'static str,
    code: &'static str,
    severity: &'static str,
    message: &'a str,
    /// These are null for a problem without a place in a source text.
    file: Option<&'a str>,
    line: Option<u32>,
    column: Option<u32>,
    end_line: Option<u32>,
    end_column: Option<u32>,
    label: Option<&'a str>,
    related: Vec<Related<'a>>,
    help: &'a [String],
    fixes: Vec<JsonFix<'a>>,
}

#[derive(Debug, Serialize)]
struct Related<'a> {
    /// Only where it is not the file of the diagnostic.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    label: &'a str,
}

#[derive(Debug, Serialize)]
struct JsonFix<'a> {
    title: &'a str,
    edits: Vec<JsonEdit<'a>>,
}

#[derive(Debug, Serialize)]
struct JsonEdit<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    text: &'a str,
}

impl<'a> Json<'a> {
    pub fn new(diagnostic: &'a Diagnostic, sources: &'a Sources) -> Self {
        let primary = diagnostic.labels.first();
        let place = primary.and_then(|l| Place::of(l.span, sources));
        let home = primary.map(|l| l.span.file);
        Json {
            r#type: "diagnostic",
            code: diagnostic.code.id,
            severity: word(diagnostic.severity),
            message: &diagnostic.message,
            file: place.map(|p| p.source.name.as_str()),
            line: place.map(|p| p.line),
            column: place.map(|p| p.column),
            end_line: place.map(|p| p.end_line),
            end_column: place.map(|p| p.end_column),
            label: primary.map(|l| l.text.as_str()).filter(|t| !t.is_empty()),
            related: diagnostic.labels.iter().skip(1).filter_map(|l| related(l, home, sources)).collect(),
            help: &diagnostic.help,
            fixes: diagnostic.fixes.iter().map(|f| fix(f, home, sources)).collect(),
        }
    }

    /// The object on one line, without the line break.
    pub fn line(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

fn related<'a>(label: &'a Label, home: Option<FileId>, sources: &'a Sources) -> Option<Related<'a>> {
    let place = Place::of(label.span, sources)?;
    Some(Related {
        file: (Some(label.span.file) != home).then_some(&place.source.name),
        line: place.line,
        column: place.column,
        end_line: place.end_line,
        end_column: place.end_column,
        label: &label.text,
    })
}

fn fix<'a>(fix: &'a Fix, home: Option<FileId>, sources: &'a Sources) -> JsonFix<'a> {
    JsonFix { title: &fix.title, edits: fix.edits.iter().filter_map(|e| edit(e, home, sources)).collect() }
}

fn edit<'a>(edit: &'a Edit, home: Option<FileId>, sources: &'a Sources) -> Option<JsonEdit<'a>> {
    let place = Place::of(edit.span, sources)?;
    Some(JsonEdit {
        file: (Some(edit.span.file) != home).then_some(&place.source.name),
        line: place.line,
        column: place.column,
        end_line: place.end_line,
        end_column: place.end_column,
        text: &edit.text,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::codes;
    use crate::text::Span;

    #[test]
    fn all_fields_in_the_documented_order() {
        let mut sources = Sources::default();
        let file = sources.add("net.nn", "model M {\n  # ü\n  é: Linaer(1)\n}\n").id;
        let lib = sources.add("blocks.nn", "layer Linear\n").id;
        let name = Span::new(file, 23, 29);
        let diagnostic = Diagnostic::new(&codes::UNKNOWN_NAME, "no layer is called `Linaer`")
            .at(name, "not defined")
            .at(Span::new(file, 6, 7), "in this model")
            .at(Span::new(lib, 6, 12), "this one is near")
            .suggest(name, Some("Linear"));
        assert_eq!(
            Json::new(&diagnostic, &sources).line(),
            concat!(
                r#"{"type":"diagnostic","code":"E201","severity":"error","message":"no layer is called `Linaer`","#,
                r#""file":"net.nn","line":3,"column":6,"end_line":3,"end_column":12,"label":"not defined","#,
                r#""related":[{"line":1,"column":7,"end_line":1,"end_column":8,"label":"in this model"},"#,
                r#"{"file":"blocks.nn","line":1,"column":7,"end_line":1,"end_column":13,"label":"this one is near"}],"#,
                r#""help":["did you mean `Linear`?"],"fixes":[{"title":"write `Linear`","edits":"#,
                r#"[{"line":3,"column":6,"end_line":3,"end_column":12,"text":"Linear"}]}]}"#
            )
        );
    }

    #[test]
    fn a_problem_without_a_place_has_nulls() {
        let diagnostic = Diagnostic::new(&codes::OUTPUT, "the folder `out` exists already");
        let json = serde_json::to_value(Json::new(&diagnostic, &Sources::default())).unwrap();
        assert_eq!(json["line"], serde_json::Value::Null);
        assert_eq!(json["file"], serde_json::Value::Null);
        assert_eq!(json["label"], serde_json::Value::Null);
        assert_eq!(json["related"].as_array().map(Vec::len), Some(0));
        assert_eq!(json["message"], "the folder `out` exists already");
    }
}
