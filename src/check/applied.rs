//! Which parts of the library the user's own text applies, and to what: what the lints look at.

use std::sync::Arc;

use crate::engine::graph::NodeId;
use crate::text::Span;

use super::elaborate::Elaborator;
use super::frame::Frame;
use super::value::{Argument, Value};

/// One layer or function of the library, applied by the user's text.
#[derive(Debug, Clone)]
pub struct Applied {
    /// Without case and underscores, so that the layer and the function of a name are one: `LeakyReLU`, `leaky_relu`.
    pub name: String,
    /// As it is called: `LeakyReLU`.
    pub written: Arc<str>,
    pub span: Span,
    /// Its first tensor.
    pub input: Option<NodeId>,
    pub output: NodeId,
    /// Numbers and switches of its configuration that are known.
    pub config: Vec<(Arc<str>, f64)>,
}

impl Applied {
    /// Gives other numbers in place of each, and no probabilities.
    pub fn is_activation(&self) -> bool {
        self.config.iter().all(|(n, _)| &**n != "out_features")
            && matches!(
                &*self.name,
                "tanh"
                    | "relu"
                    | "relu6"
                    | "gelu"
                    | "silu"
                    | "elu"
                    | "leakyrelu"
                    | "softplus"
                    | "hardtanh"
                    | "softsign"
            )
    }

    pub fn number(&self, name: &str) -> Option<f64> {
        self.config.iter().find(|(n, _)| &**n == name).map(|(_, x)| *x)
    }
}

/// What is known of an application before its body runs.
pub(super) struct Site {
    written: Arc<str>,
    span: Span,
    input: Option<NodeId>,
    config: Vec<(Arc<str>, f64)>,
}

impl Elaborator<'_> {
    /// To be asked before the application; `None` inside of the library's own bodies.
    pub(super) fn application(
        &self,
        written: &str,
        args: &[Argument],
        config: &[(Arc<str>, Value)],
        caller: &Frame,
        span: Span,
    ) -> Option<Site> {
        if caller.definition.as_ref().is_some_and(|d| d.library) {
            return None;
        }
        let input = args.iter().find_map(|a| match &a.value {
            Value::Tensor(t) => Some(t.node),
            _ => None,
        });
        let known = config.iter().filter_map(|(name, value)| {
            let number = match value {
                Value::Bool(b) => b.map(|b| f64::from(u8::from(b))),
                other => other.as_number(),
            };
            Some((name.clone(), number?))
        });
        Some(Site { written: written.into(), span, input, config: known.collect() })
    }

    pub(super) fn note_part(&mut self, site: Option<Site>, result: &Value) {
        let (Some(site), Value::Tensor(result)) = (site, result) else { return };
        let name = site.written.replace('_', "").to_lowercase();
        self.parts.push(Applied {
            name,
            written: site.written,
            span: site.span,
            input: site.input,
            output: result.node,
            config: site.config,
        });
    }
}
