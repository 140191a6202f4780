/// The candidate that was probably meant by `word`, if one is near enough.
///
/// Near is a Damerau-Levenshtein distance of at most a third of the longer word (at least 1), case ignored;
/// ties go to the candidate that comes first.
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    candidates
        .into_iter()
        .filter(|c| !c.is_empty())
        .filter_map(|candidate| {
            let other = candidate.to_lowercase();
            let length = lower.chars().count().max(other.chars().count());
            let distance = strsim::damerau_levenshtein(&lower, &other);
            (distance <= (length / 3).max(1) && distance < length).then_some((distance, candidate))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}
