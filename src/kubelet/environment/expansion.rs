//! `$(NAME)` in values, commands and arguments. Models third_party/forked/golang/expansion.

/// Replaces every `$(NAME)` that `value_of` knows; an unknown one stays as it is, `$$` stands for `$`.
/// Models expansion.Expand with MappingFuncFor.
pub fn expand(input: &str, value_of: impl Fn(&str) -> Option<String>) -> String {
    let mut output = String::with_capacity(input.len());
    let mut rest = input;
    while let Some((before, after)) = rest.split_once('$') {
        output.push_str(before);
        if let Some(after) = after.strip_prefix('$') {
            output.push('$');
            rest = after;
        } else if let Some(reference) = after.strip_prefix('(') {
            match reference.split_once(')') {
                Some((name, after)) => {
                    output.push_str(&value_of(name).unwrap_or_else(|| format!("$({name})")));
                    rest = after;
                }
                None => {
                    output.push_str("$(");
                    rest = reference;
                }
            }
        } else {
            output.push('$');
            rest = after;
        }
    }
    output.push_str(rest);
    output
}

#[cfg(test)]
mod tests {
    use super::expand;

    #[test]
    fn references_escapes_and_what_is_neither() {
        let value_of = |name: &str| (name == "A").then(|| "1".to_owned());
        for (input, output) in [
            ("$(A)-x", "1-x"),
            ("$$(A)", "$(A)"),
            ("$(B)$A$", "$(B)$A$"),
            ("$(A", "$(A"),
            ("$($(A)", "$($(A)"),
            ("$$$(A)é", "$1é"),
        ] {
            assert_eq!(expand(input, value_of), output, "{input}");
        }
    }
}
