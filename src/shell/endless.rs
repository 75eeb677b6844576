//! Commands that end only when they are interrupted.

/// Whether a command ends only when it is interrupted.
pub fn never_ends(command: &str) -> bool {
    let words: Vec<&str> = command.split_whitespace().collect();
    let has = |word: &str| words.contains(&word);
    let is_in_background = words.last().is_some_and(|word| word.ends_with('&'));
    let watches = has("--watch") || has("-w") || has("--watch=true") || words.first() == Some(&"watch");
    let follows = has("logs") && (has("-f") || has("--follow"));
    !is_in_background && !has("timeout") && (watches || follows || is_service(command))
}

/// Whether a command that never ends is there for other commands.
pub fn is_service(command: &str) -> bool {
    command.split_whitespace().any(|word| matches!(word, "port-forward" | "proxy"))
}
