//! The tree as a compact s-expression, for tests to compare.

use crate::syntax::ast::*;

pub(super) fn item(item: &Item) -> String {
    match &item.kind {
        ItemKind::Print(exprs) => format!("(print {})", all(exprs, expr)),
        ItemKind::Plot(p) => {
            let clause = |word: &str, e: &Option<Expr>| opt(e, |e| format!(" {word}:{}", expr(e)));
            let with = if p.settings.is_empty() { String::new() } else { format!(" with:{}", all(&p.settings, arg)) };
            let clauses =
                clause("over", &p.over) + &with + &clause("of", &p.of) + &clause("on", &p.on) + &clause("to", &p.to);
            format!("(plot {}{clauses})", all(&p.what, expr))
        }
        ItemKind::Hyper { name, ty, default } => format!("(hyper {} {} {})", name.text, type_expr(ty), expr(default)),
        ItemKind::Use(Use { from: UseFrom::Bundled(from), names }) => {
            format!("(use {} {})", from.text, all(names, text))
        }
        ItemKind::Use(Use { from: UseFrom::File(from), names }) => {
            format!("(use {:?} {})", from.text, all(names, text))
        }
        ItemKind::Weights { name, value } => format!("(weights {} {})", name.text, expr(value)),
        ItemKind::Def(d) => {
            let lists: String = d.params.iter().map(|l| format!(" ({})", all(&l.params, param))).collect();
            let result = opt(&d.result, |ty| format!(" -> {}", type_expr(ty)));
            format!("({}{}{lists}{result} {})", d.kind.text, opt(&d.name, |n| format!(" {}", n.text)), block(&d.body))
        }
        ItemKind::Error => "ERROR".into(),
    }
}

pub(super) fn entry(e: &Entry) -> String {
    let cond = |when: &Option<Expr>| opt(when, |w| format!(" when {}", expr(w)));
    match &e.kind {
        EntryKind::Let { name, value } => format!("(let {} {})", name.text, expr(value)),
        EntryKind::LetDraw { name, dist } => format!("(let {} ~ {})", name.text, expr(dist)),
        EntryKind::Return(value) => format!("(return {})", expr(value)),
        EntryKind::Slot { kind, name, ty, init, when } => format!(
            "({} {}{}{}{})",
            format!("{kind:?}").to_lowercase(),
            name.text,
            opt(ty, |t| format!(" : {}", type_expr(t))),
            opt(init, |i| format!(" = {}", expr(i))),
            cond(when)
        ),
        EntryKind::Assign { name, value, when } => format!("({} <- {}{})", name.text, expr(value), cond(when)),
        EntryKind::Setting { key, value, to } => {
            format!("({} = {}{})", key.text, expr(value), opt(to, |t| format!(" -> {}", expr(t))))
        }
        EntryKind::Draw { name, dims, dist } => format!("({}{} ~ {})", name.text, bracketed(dims), expr(dist)),
        EntryKind::Group { kind, name, body } => format!("({} {} {})", kind.text, name.text, block(body)),
        EntryKind::Named { target, names, value, when } => {
            let target = if *target { "target " } else { "" };
            format!("({target}{}: {}{})", all(names, selector), expr(value), cond(when))
        }
        EntryKind::Stage { value, when: None } => expr(value),
        EntryKind::Stage { value, when } => format!("({}{})", expr(value), cond(when)),
        EntryKind::Each(list) => format!("(each {})", all(list, |(n, e)| format!("{} in {}", n.text, expr(e)))),
        EntryKind::Error => "ERROR".into(),
    }
}

pub(super) fn expr(e: &Expr) -> String {
    match &e.kind {
        ExprKind::Number { value, integer: true, percent: false } => format!("{value}"),
        ExprKind::Number { value, integer: false, percent: false } => format!("{value:?}"),
        ExprKind::Number { value, integer, percent: true } => format!("{value}%{}", if *integer { "?" } else { "" }),
        ExprKind::Str(text) => format!("{text:?}"),
        ExprKind::Bool(b) => b.to_string(),
        ExprKind::Training => "TRAINING".into(),
        ExprKind::Name(name) => name.text.to_string(),
        ExprKind::List(list) => format!("[{}]", all(list, expr)),
        ExprKind::Record(fields) => format!("(record {})", all(fields, |(n, e)| format!("{}={}", n.text, expr(e)))),
        ExprKind::Call { callee, args } if args.is_empty() => format!("{}()", expr(callee)),
        ExprKind::Call { callee, args } => format!("{}({})", expr(callee), all(args, arg)),
        ExprKind::Index { base, dims } => format!("{}[{}]", expr(base), all(dims, dim)),
        ExprKind::Field { base, name } => format!("{}.{}", expr(base), name.text),
        ExprKind::Prime(base) => format!("{}'", expr(base)),
        ExprKind::WithBlock { head, block: b } => format!("{} {}", expr(head), block(b)),
        ExprKind::If { cond, then, otherwise } => format!("(if {} {} {})", expr(cond), expr(then), expr(otherwise)),
        ExprKind::Pipe { value, stage } => format!("(|> {} {})", expr(value), expr(stage)),
        ExprKind::Binary { op, left, right, .. } => format!("({} {} {})", op.symbol(), expr(left), expr(right)),
        ExprKind::Unary { op: UnaryOp::Neg, value } => format!("(- {})", expr(value)),
        ExprKind::Unary { op: UnaryOp::Not, value } => format!("(not {})", expr(value)),
        ExprKind::Range { from, to } => format!("(.. {} {})", expr(from), expr(to)),
        ExprKind::Cast { value, ty } => format!("(as {} {})", expr(value), type_expr(ty)),
        ExprKind::Error => "ERROR".into(),
    }
}

pub(super) fn type_expr(ty: &TypeExpr) -> String {
    match &ty.kind {
        TypeKind::Record(fields) => format!("({})", all(fields, |(n, t)| format!("{}:{}", n.text, type_expr(t)))),
        TypeKind::Named { path, args, dims, range, log } => {
            let path: Vec<&str> = path.iter().map(|i| &*i.text).collect();
            let args = if args.is_empty() { String::new() } else { format!("({})", all(args, expr)) };
            let range = opt(range, |r| format!(" in {}", expr(r)));
            path.join(".")
                + &args
                + &opt(dims, |d| format!("[{}]", all(d, dim)))
                + &range
                + if *log { " log" } else { "" }
        }
        TypeKind::Error => "ERROR".into(),
    }
}

pub(super) fn param(p: &Param) -> String {
    let ty = opt(&p.ty, |t| format!(":{}", type_expr(t)));
    format!(
        "{}{ty}{}{}",
        p.name.text,
        opt(&p.default, |e| format!("={}", expr(e))),
        opt(&p.draw, |e| format!("~{}", expr(e)))
    )
}

fn block(block: &Block) -> String {
    format!("{{{}}}", all(&block.entries, entry))
}

fn selector(selector: &Selector) -> String {
    match selector {
        Selector::Name(name) => name.text.to_string(),
        Selector::Pattern { function, args, .. } => format!("{}({})", function.text, all(args, arg)),
    }
}

fn arg(arg: &Arg) -> String {
    opt(&arg.name, |n| format!("{}=", n.text)) + &expr(&arg.value)
}

fn dim(dim: &DimExpr) -> String {
    match dim {
        DimExpr::Star(name) => format!("*{}", name.text),
        DimExpr::Expr(e) => expr(e),
    }
}

fn bracketed(dims: &[DimExpr]) -> String {
    if dims.is_empty() { String::new() } else { format!("[{}]", all(dims, dim)) }
}

fn text(name: &Ident) -> String {
    name.text.to_string()
}

fn all<T>(list: &[T], show: impl Fn(&T) -> String) -> String {
    list.iter().map(show).collect::<Vec<_>>().join(" ")
}

fn opt<T>(value: &Option<T>, show: impl Fn(&T) -> String) -> String {
    value.as_ref().map(show).unwrap_or_default()
}
