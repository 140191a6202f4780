/// A line of a diff: in both texts, only in the old one, or only in the new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Same,
    Gone,
    New,
}

/// Beyond so many pairs of lines the part that differs is shown as replaced whole.
const MOST_PAIRS: usize = 4_000_000;
/// Lines around a change.
const CONTEXT: usize = 3;

/// A unified diff of two texts with three lines of context, without the lines that name the files; empty if they are equal.
pub fn unified(old: &str, new: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.split_inclusive('\n').collect(), new.split_inclusive('\n').collect());
    let changes = changes(&old, &new);
    let mut out = String::new();
    let mut at = 0;
    while let Some(first) = (at..changes.len()).find(|&i| changes[i].0 != Change::Same) {
        let start = first.saturating_sub(CONTEXT).max(at);
        let end = hunk_end(&changes, first);
        push_hunk(&mut out, &changes, start, end);
        at = end;
    }
    out
}

/// Where the hunk ends whose first change is at `first`: changes with few lines between them share one.
fn hunk_end(changes: &[(Change, &str)], first: usize) -> usize {
    let mut end = first;
    while let Some(next) = (end..changes.len().min(end + 2 * CONTEXT + 1)).find(|&i| changes[i].0 != Change::Same) {
        end = next + 1;
    }
    (end + CONTEXT).min(changes.len())
}

fn push_hunk(out: &mut String, changes: &[(Change, &str)], start: usize, end: usize) {
    let count = |range: &[(Change, &str)], other: Change| range.iter().filter(|(c, _)| *c != other).count();
    let side = |other: Change| {
        let lines = count(&changes[start..end], other);
        // An empty side is named by the line before it.
        format!("{},{lines}", count(&changes[..start], other) + usize::from(lines > 0))
    };
    *out += &format!("@@ -{} +{} @@\n", side(Change::New), side(Change::Gone));
    for (change, line) in &changes[start..end] {
        out.push(match change {
            Change::Same => ' ',
            Change::Gone => '-',
            Change::New => '+',
        });
        *out += line;
        if !line.ends_with('\n') {
            *out += "\n\\ No newline at end of file\n";
        }
    }
}

/// All lines in order, by the longest common subsequence of what differs.
fn changes<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<(Change, &'a str)> {
    let before = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (old_rest, new_rest) = (&old[before..], &new[before..]);
    let after = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let (old_core, new_core) = (&old_rest[..old_rest.len() - after], &new_rest[..new_rest.len() - after]);
    let mut out: Vec<(Change, &str)> = old[..before].iter().map(|l| (Change::Same, *l)).collect();
    if old_core.len() * new_core.len() > MOST_PAIRS {
        out.extend(old_core.iter().map(|l| (Change::Gone, *l)));
        out.extend(new_core.iter().map(|l| (Change::New, *l)));
    } else {
        push_core(&mut out, old_core, new_core);
    }
    out.extend(old[old.len() - after..].iter().map(|l| (Change::Same, *l)));
    out
}

fn push_core<'a>(out: &mut Vec<(Change, &'a str)>, old: &[&'a str], new: &[&'a str]) {
    let wide = new.len() + 1;
    // common[i * wide + j]: length of the longest common subsequence of old[i..] and new[j..].
    let mut common = vec![0u32; (old.len() + 1) * wide];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            common[i * wide + j] = if old[i] == new[j] {
                common[(i + 1) * wide + j + 1] + 1
            } else {
                common[(i + 1) * wide + j].max(common[i * wide + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            out.push((Change::Same, old[i]));
            (i, j) = (i + 1, j + 1);
        } else if i < old.len() && (j == new.len() || common[(i + 1) * wide + j] >= common[i * wide + j + 1]) {
            out.push((Change::Gone, old[i]));
            i += 1;
        } else {
            out.push((Change::New, new[j]));
            j += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_shown_with_three_lines_around_it() {
        let old = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
        assert_eq!(unified(old, &old.replace('5', "five")), "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
        assert_eq!(unified(old, old), "");
    }

    #[test]
    fn near_changes_share_a_hunk_far_ones_do_not() {
        let old: String = (1..=30).map(|n| format!("{n}\n")).collect();
        let near = unified(&old, &old.replace("\n10\n", "\nten\n").replace("\n16\n", "\nsixteen\n"));
        assert_eq!(near.matches("@@ -").count(), 1, "{near}");
        let far = unified(&old, &old.replace("\n10\n", "\nten\n").replace("\n18\n", "\neighteen\n"));
        assert_eq!(far.matches("@@ -").count(), 2, "{far}");
        assert!(far.contains("@@ -15,7 +15,7 @@\n 15\n"), "{far}");
    }

    #[test]
    fn additions_and_removals_at_the_ends() {
        assert_eq!(unified("", "a\n"), "@@ -0,0 +1,1 @@\n+a\n");
        assert_eq!(unified("a\nb", "a\n"), "@@ -1,2 +1,1 @@\n a\n-b\n\\ No newline at end of file\n");
    }

    proptest::proptest! {
        #[test]
        fn the_new_text_can_be_read_off_the_lines(old in "[ab\n]{0,40}", new in "[ab\n]{0,40}") {
            let split = |t: &'_ str| t.split_inclusive('\n').map(String::from).collect::<Vec<_>>();
            let (a, b) = (split(&old), split(&new));
            let (a, b): (Vec<&str>, Vec<&str>) = (a.iter().map(|s| &**s).collect(), b.iter().map(|s| &**s).collect());
            let all = changes(&a, &b);
            let without = |c: Change| all.iter().filter(|x| x.0 != c).map(|x| x.1).collect::<String>();
            proptest::prop_assert_eq!(without(Change::Gone), new.clone());
            proptest::prop_assert_eq!(without(Change::New), old.clone());
            proptest::prop_assert_eq!(unified(&old, &new).is_empty(), old == new);
        }
    }
}
