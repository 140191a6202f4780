//! The grammar's rules in the words of a user.

use super::super::grammar::Rule;
use super::place::Place;

/// `` `,` or `)` ``: what could stand at the place.
pub(super) fn words(place: &Place) -> String {
    let mut words: Vec<&str> = Vec::new();
    for rule in shown(place) {
        let word = word(rule, place.rule);
        if !word.is_empty() && !words.contains(&word) {
            words.push(word);
        }
    }
    match &words[..] {
        [] if place.after_value() => "an operator".to_string(),
        [] => "something else".to_string(),
        [one] => one.to_string(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// The rules worth naming: what can follow any value or type only if there is nothing else.
fn shown(place: &Place) -> Vec<Rule> {
    use Rule::*;
    let mut rules = place.expected.clone();
    if place.expects_value() {
        rules.retain(|r| !matches!(r, prefix | ident | word_value | string | number | lp | lb | k_if | conditional));
        rules.insert(0, expr);
        rules.dedup();
    }
    if place.after_value() {
        rules.retain(|r| !matches!(r, infix | prime | field | lp | lb | lc | k_as | selector | arrow | k_in));
    }
    if rules.iter().any(|r| !matches!(r, k_in | field | lp | lb | k_log)) && place.expects(k_in) {
        rules.retain(|r| !matches!(r, k_in | field | lp | lb));
    }
    if place.expects(ident) {
        rules.retain(|r| *r != string);
    }
    if place.expects(colon) {
        let in_brackets = place.expects(equals) && place.expects(rp);
        rules.retain(|r| *r != lp && !(in_brackets && *r == colon));
    }
    rules.sort_by_key(|r| match r {
        rp | rb | rc => 1,
        EOI => 2,
        _ => 0,
    });
    rules
}

fn word(rule: Rule, start: Rule) -> &'static str {
    use Rule::*;
    match rule {
        EOI if start == one_entry => "the end of the entry",
        EOI => "the end of the line",
        expr | argument | primary | operand | prefix | number | conditional | plotted => "a value",
        ident | field_name | selector => "a name",
        string => "a string",
        type_expr | named_type => "a type",
        item => "an item",
        entry => "an entry",
        dim => "an extent",
        param => "a parameter",
        header => "the kind of an item",
        infix => "an operator",
        lp => "`(`",
        rp => "`)`",
        lb => "`[`",
        rb => "`]`",
        lc | body => "`{`",
        rc => "`}`",
        comma => "`,`",
        colon | named => "`:`",
        equals | setting => "`=`",
        tilde | draw => "`~`",
        arrow | result => "`->`",
        back_arrow | assign => "`<-`",
        k_as => "`as`",
        k_else => "`else`",
        k_in | range => "`in`",
        k_log => "`log`",
        k_of | of => "`of`",
        k_on | on => "`on`",
        k_over | over => "`over`",
        k_then => "`then`",
        k_to | to => "`to`",
        k_when | when => "`when`",
        k_with | with => "`with`",
        _ => "",
    }
}
