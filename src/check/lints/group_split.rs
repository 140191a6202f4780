use crate::data::{Kind, Role};
use crate::diag::{Diagnostic, codes};

use super::identifier::is_id_name;
use super::rows::Rows;
use super::{Find, Lint};

pub(super) static LINT: Lint = Lint {
    code: &codes::GROUP_SPLIT,
    reason: "rows of one origin are alike: the model is tested on what it has partly seen",
    source: "Kaufman et al. 2012; scikit-learn, GroupKFold",
    find: Find::Rows(find),
};

fn find(lint: &Lint, look: &Rows) -> Vec<Diagnostic> {
    let Some((plan, span)) = look.is_split_by_chance() else { return vec![] };
    if plan.group.is_some() || plan.fractions[0] >= 1.0 {
        return vec![];
    }
    let named = look
        .schema
        .columns
        .iter()
        .filter(|c| matches!(c.role, Role::Id | Role::Unused) && (c.kind == Kind::Id || is_id_name(&c.name)));
    named
        .filter_map(|c| {
            let column = look.table.column(&c.name)?;
            let levels = column.levels();
            let rows = levels.codes.len() - levels.missing;
            let groups = levels.names.len();
            if groups < 5 || groups * 10 > rows * 8 {
                return None;
            }
            let each = rows as f64 / groups as f64;
            let message = format!("rows of one `{}` are on both sides of the split", c.name);
            let label = format!("{groups} of them in {rows} rows, {each:.1} rows each");
            let place = c.span.unwrap_or(look.item.span);
            Some(
                lint.report(message, span, label)
                    .at(place, "says which rows belong together")
                    .help(format!("keep them on one side: `group = {}` in the split", c.name)),
            )
        })
        .take(1)
        .collect()
}
