//! Names that are too long for their place, shortened so that they still differ.

use std::collections::BTreeMap;

/// Each name as `short` makes it fit `limit`; where several would look the same, what tells them apart is kept.
pub(super) fn distinct(
    names: &[String],
    limit: f64,
    width: impl Fn(&str) -> f64,
    short: impl Fn(&str, f64) -> String,
) -> Vec<String> {
    let mut out: Vec<String> = names.iter().map(|name| short(name, limit)).collect();
    let mut alike: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    out.iter().enumerate().for_each(|(i, text)| alike.entry(text).or_default().push(i));
    let groups: Vec<Vec<usize>> = alike.into_values().filter(|group| group.len() > 1).collect();
    for group in groups {
        let Some(parts) = Parts::of(group.iter().map(|i| names[*i].as_str())) else { continue };
        let all = |context: usize| group.iter().map(|i| parts.around(&names[*i], context)).collect::<Vec<String>>();
        let most = parts.before.max(parts.after);
        let fitting = (0..=most).rev().map(all).find(|texts| texts.iter().all(|t| width(t) <= limit));
        let texts = fitting.unwrap_or_else(|| all(0).iter().map(|t| short(t, limit)).collect());
        group.iter().zip(texts).for_each(|(i, text)| out[*i] = text);
    }
    out
}

/// How many letters some names have in common at their start and at their end.
struct Parts {
    before: usize,
    after: usize,
}

impl Parts {
    /// Nothing if the names are the same.
    fn of<'a>(names: impl Iterator<Item = &'a str>) -> Option<Parts> {
        let letters: Vec<Vec<char>> = names.map(|name| name.chars().collect()).collect();
        let (first, rest) = letters.split_first()?;
        let shortest = letters.iter().map(Vec::len).min()?;
        let same = |at: &dyn Fn(&[char]) -> char| rest.iter().all(|other| at(other) == at(first));
        let before = (0..shortest).take_while(|i| same(&|l| l[*i])).count();
        let after = (0..shortest - before).take_while(|i| same(&|l| l[l.len() - 1 - i])).count();
        letters.iter().any(|l| l != first).then_some(Parts { before, after })
    }

    /// What differs, with at most `context` letters around, of which as many as that again from the name's start.
    fn around(&self, name: &str, context: usize) -> String {
        let letters: Vec<char> = name.chars().collect();
        let text = |part: &[char]| part.iter().collect::<String>();
        let end = letters.len() - self.after;
        let (head, left) = (context.div_ceil(2), context / 2);
        let start = match head + left + 1 < self.before {
            true => format!("{}…{}", text(&letters[..head]), text(&letters[self.before - left..self.before])),
            false => text(&letters[..self.before]),
        };
        let right = context / 2;
        let rest = match right + 1 < self.after {
            true => format!("{}…", text(&letters[end..end + right])),
            false => text(&letters[end..]),
        };
        start + &text(&letters[self.before..end]) + &rest
    }
}

#[cfg(test)]
mod tests {
    use super::super::terminal::{shortened, width};
    use super::*;

    fn made(names: &[&str], limit: usize) -> Vec<String> {
        let names: Vec<String> = names.iter().map(|n| n.to_string()).collect();
        distinct(&names, limit as f64, |t| width(t) as f64, |t, limit| shortened(t, limit as usize))
    }

    #[test]
    fn names_that_differ_in_the_middle_stay_apart() {
        let names = ["feature_extractor.0.0.weight", "feature_extractor.1.0.weight", "feature_extractor.12.0.weight"];
        let short = made(&names, 16);
        assert_eq!(short, ["feat…tor.0.0.w…", "feat…tor.1.0.w…", "feat…tor.12.0.w…"]);
        assert_eq!(made(&names, 40), names);
    }

    #[test]
    fn names_that_differ_at_their_ends_are_as_before() {
        assert_eq!(made(&["a_long_name_first", "a_long_name_other"], 10), ["a_lon…irst", "a_lon…ther"]);
        assert_eq!(made(&["alike_in_all_letters", "alike_in_all_letters"], 9), ["alik…ters", "alik…ters"]);
    }

    #[test]
    fn what_differs_is_shortened_itself_if_it_does_not_fit() {
        let names =
            ["x".repeat(9) + &"ab".repeat(20) + &"y".repeat(9), "x".repeat(9) + &"abc".repeat(20) + &"y".repeat(9)];
        let short = made(&[&names[0], &names[1]], 8);
        assert!(short.iter().all(|t| width(t) <= 8), "{short:?}");
        assert_eq!(made(&["数数数数数a数数数数数", "数数数数数b数数数数数"], 8), ["数…a…", "数…b…"]);
    }
}
