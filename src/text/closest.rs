/// The candidate that was probably meant by `word`, if one is near enough.
///
/// Near is a Damerau-Levenshtein distance of at most a third of the longer word (at least 1), case ignored;
/// ties go to the one that is nearer with case, then to the one that comes first.
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    let letters = lower.chars().count();
    candidates
        .into_iter()
        .filter(|c| !c.is_empty())
        .filter_map(|candidate| {
            let other = candidate.to_lowercase();
            let others = other.chars().count();
            let (length, allowed) = (letters.max(others), (letters.max(others) / 3).max(1));
            // Words of very different length are far apart, whatever they are.
            let distance =
                (letters.abs_diff(others) <= allowed).then(|| strsim::damerau_levenshtein(&lower, &other))?;
            (distance <= allowed && distance < length).then_some((distance, candidate))
        })
        .min_by_key(|(distance, candidate)| (*distance, strsim::damerau_levenshtein(word, candidate)))
        .map(|(_, candidate)| candidate)
}
