//! A tutorial's blocks: files and commands, in their order.

/// What a block gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// A file to be written.
    File {
        /// Where the block begins, counted from 0.
        line: usize,
        /// Its name, where the tutorial tells it.
        name: Option<String>,
        /// Its text.
        text: String,
    },
    /// A command to be typed.
    Command(Command),
}

/// A command and what the tutorial says that it prints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Its first line in the document, counted from 0.
    pub line: usize,
    /// What is typed.
    pub text: String,
    /// Its output; none when the tutorial shows none.
    pub printed: Option<Printed>,
}

/// The lines of an output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Printed {
    /// First line, counted from 0.
    pub from: usize,
    /// Behind the last line.
    pub to: usize,
    /// What stands before each line: an indentation, `# `.
    pub prefix: String,
}

impl Printed {
    /// Its lines without their prefix.
    pub fn texts(&self, lines: &[&str]) -> Vec<String> {
        let lines = lines.get(self.from..self.to).unwrap_or_default();
        let text =
            |line: &&str| line.strip_prefix(self.prefix.as_str()).unwrap_or(line.trim_start()).trim_end().to_owned();
        lines.iter().map(text).map(|line| if line == "#" { String::new() } else { line }).collect()
    }
}

/// A fenced block.
struct Block<'a> {
    /// Line of the opening fence.
    line: usize,
    info: &'a str,
    indent: &'a str,
    lines: Vec<&'a str>,
    /// The nearest line of text before it.
    before: &'a str,
    /// Whether a heading stands between it and the block before.
    is_after_heading: bool,
}

const SHELLS: [&str; 8] = ["shell", "bash", "sh", "zsh", "console", "shell-session", "shellsession", "terminal"];
const OUTPUTS: [&str; 5] = ["", "text", "output", "plaintext", "none"];
const FILES: [&str; 3] = ["yaml", "yml", "json"];

/// Reads a document. `is_incomplete` says whether a command goes on in the next line.
pub fn parts(text: &str, is_incomplete: &dyn Fn(&str) -> bool) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut is_after_shell = false;
    for block in blocks(text) {
        let language = block.info.split([' ', '{', ':', ',']).next().unwrap_or_default().to_ascii_lowercase();
        let has_prompt = block.lines.iter().any(|line| line.trim_start().starts_with("$ "));
        if SHELLS.contains(&language.as_str()) || (language.is_empty() && has_prompt) {
            is_after_shell = true;
            let commands = if has_prompt { prompted(&block) } else { plain(&block, is_incomplete) };
            parts.extend(commands.into_iter().map(Part::Command));
        } else if OUTPUTS.contains(&language.as_str()) {
            if let Some(Part::Command(last)) = parts.last_mut()
                && is_after_shell
                && !block.is_after_heading
                && last.printed.is_none()
            {
                let from = block.line + 1;
                let to = from + block.lines.len();
                last.printed = Some(Printed { from, to, prefix: block.indent.to_owned() });
            }
            is_after_shell = false;
        } else {
            is_after_shell = false;
            if FILES.contains(&language.as_str()) {
                let text =
                    block.lines.iter().map(|line| format!("{}\n", line.strip_prefix(block.indent).unwrap_or(line)));
                parts.push(Part::File { line: block.line, name: file_name(&block), text: text.collect() });
            }
        }
    }
    parts
}

fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut lines = text.lines().enumerate();
    let (mut before, mut is_after_heading) = ("", false);
    while let Some((number, line)) = lines.next() {
        let content = line.trim_start();
        let Some(fence) = ["```", "~~~"].into_iter().find(|fence| content.starts_with(fence)) else {
            is_after_heading |= content.starts_with('#');
            if !content.is_empty() {
                before = content;
            }
            continue;
        };
        let indent = line.get(..line.len() - content.len()).unwrap_or_default();
        let mark = content.chars().take_while(|c| fence.starts_with(*c)).count();
        let closing = |line: &str| {
            let line = line.trim();
            line.len() >= mark && line.chars().all(|c| fence.starts_with(c))
        };
        let inner = lines.by_ref().map(|(_, line)| line).take_while(|line| !closing(line)).collect();
        let info = content.get(mark..).unwrap_or_default().trim();
        blocks.push(Block { line: number, info, indent, lines: inner, before, is_after_heading });
        (before, is_after_heading) = ("", false);
    }
    blocks
}

/// Lines behind `$ ` are commands (`> ` goes on), the lines below each are its output.
fn prompted(block: &Block<'_>) -> Vec<Command> {
    let mut commands: Vec<Command> = Vec::new();
    for (offset, line) in block.lines.iter().enumerate() {
        let number = block.line + 1 + offset;
        let content = line.trim_start();
        if let Some(text) = content.strip_prefix("$ ") {
            commands.push(Command { line: number, text: text.to_owned(), printed: None });
            continue;
        }
        let Some(last) = commands.last_mut() else { continue };
        match (&mut last.printed, content.strip_prefix("> ")) {
            (None, Some(more)) => last.text.push_str(&format!("\n{more}")),
            (None, None) if last.text.ends_with('\\') => last.text.push_str(&format!("\n{line}")),
            (None, None) => {
                last.printed = Some(Printed { from: number, to: number + 1, prefix: block.indent.to_owned() });
            }
            (Some(printed), _) => printed.to = number + 1,
        }
    }
    let lines: Vec<&str> = block.lines.clone();
    commands.iter_mut().for_each(|command| trim_blank_end(command, &lines, block.line + 1));
    commands
}

/// An empty line before the next prompt belongs to no output.
fn trim_blank_end(command: &mut Command, lines: &[&str], first: usize) {
    let Some(printed) = &mut command.printed else { return };
    while printed.to > printed.from && lines.get(printed.to - 1 - first).is_some_and(|line| line.trim().is_empty()) {
        printed.to -= 1;
    }
    if printed.from == printed.to {
        command.printed = None;
    }
}

/// Every line is a command. Comments right below one are its output, and so are those below an empty line, unless they
/// stand right above another command.
fn plain(block: &Block<'_>, is_incomplete: &dyn Fn(&str) -> bool) -> Vec<Command> {
    let mut commands: Vec<Command> = Vec::new();
    let mut begun: Option<Command> = None;
    let mut follows_command = false;
    for (offset, line) in block.lines.iter().enumerate() {
        let number = block.line + 1 + offset;
        let content = line.strip_prefix(block.indent).unwrap_or(line);
        if let Some(mut command) = begun.take() {
            command.text.push_str(&format!("\n{content}"));
            if is_incomplete(&command.text) {
                begun = Some(command);
            } else {
                commands.push(command);
                follows_command = true;
            }
        } else if content.trim().is_empty() {
            follows_command = false;
        } else if content.trim_start().starts_with('#') {
            let rest = block.lines.get(offset..).unwrap_or_default();
            let behind = rest.iter().find(|line| !line.trim_start().starts_with('#'));
            let is_note = behind.is_some_and(|line| !line.trim().is_empty());
            let is_output = |last: &&mut Command| follows_command || (last.printed.is_none() && !is_note);
            if let Some(last) = commands.last_mut().filter(is_output) {
                let printed = last.printed.get_or_insert(Printed { from: number, to: number, prefix: String::new() });
                printed.to = number + 1;
                follows_command = true;
            }
        } else {
            let command = Command { line: number, text: content.trim_end().to_owned(), printed: None };
            follows_command = !is_incomplete(&command.text);
            if follows_command { commands.push(command) } else { begun = Some(command) }
        }
    }
    commands.extend(begun);
    for printed in commands.iter_mut().filter_map(|command| command.printed.as_mut()) {
        let lines = block.lines.get(printed.from - block.line - 1..printed.to - block.line - 1).unwrap_or_default();
        let is_spaced = |line: &&str| line.trim() == "#" || line.trim_start().starts_with("# ");
        let mark = if lines.iter().all(is_spaced) { "# " } else { "#" };
        printed.prefix = format!("{}{mark}", block.indent);
    }
    commands
}

/// The name that a block's info, its first line or the line before it gives.
fn file_name(block: &Block<'_>) -> Option<String> {
    let info = block.info.split([' ', '{', '}', '[', ']', ':', ',']).skip(1);
    let told = info.map(|word| word.rsplit('=').next().unwrap_or(word).trim_matches(['"', '\'']));
    let comment = block.lines.first().and_then(|line| line.trim().strip_prefix('#')).unwrap_or_default().trim();
    let words = block.before.split(|c: char| !(c.is_ascii_alphanumeric() || "._-/".contains(c)));
    let from_words = || {
        let mut named: Vec<&str> =
            words.map(|word| word.trim_end_matches('.')).filter(|word| is_file_name(word)).collect();
        named.dedup();
        if let [name] = named.as_slice() { Some(*name) } else { None }
    };
    let named = told.into_iter().chain([comment]).find(|word| is_file_name(word));
    named.or_else(from_words).map(str::to_owned)
}

fn is_file_name(word: &str) -> bool {
    let is_plain = word.chars().all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c));
    is_plain && word.rsplit_once('.').is_some_and(|(stem, end)| !stem.is_empty() && FILES.contains(&end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commands(text: &str) -> Vec<(String, Vec<String>)> {
        let lines: Vec<&str> = text.lines().collect();
        let incomplete = |text: &str| text.ends_with('\\');
        let commands = parts(text, &incomplete).into_iter().filter_map(|part| match part {
            Part::Command(command) => Some(command),
            Part::File { .. } => None,
        });
        commands.map(|command| (command.text, command.printed.map(|p| p.texts(&lines)).unwrap_or_default())).collect()
    }

    fn names(text: &str) -> Vec<Option<String>> {
        let named = parts(text, &|_| false).into_iter().filter_map(|part| match part {
            Part::File { name, .. } => Some(name),
            Part::Command(_) => None,
        });
        named.collect()
    }

    #[test]
    fn prompts_tell_commands_from_output() {
        let text = "```console\n$ one \\\n  more\nout\n\n$ two\n```\n\n```\nlater\n```\n";
        let expected =
            [("one \\\n  more".to_owned(), vec!["out".to_owned()]), ("two".to_owned(), vec!["later".to_owned()])];
        assert_eq!(commands(text), expected);
    }

    #[test]
    fn comments_below_a_command_are_its_output() {
        let text = "```bash\n# first\none\n# a\n#\n# b\n\n# open another terminal\ntwo\n\n#NAME\n```\n";
        let expected = [
            ("one".to_owned(), vec!["a".to_owned(), String::new(), "b".to_owned()]),
            ("two".to_owned(), vec!["NAME".to_owned()]),
        ];
        assert_eq!(commands(text), expected);
    }

    #[test]
    fn files_are_named_in_four_ways() {
        let block = |info: &str, first: &str| format!("```{info}\n{first}\nkind: X\n```\n");
        assert_eq!(names(&block("yaml title=\"a.yaml\"", "")), [Some("a.yaml".to_owned())]);
        assert_eq!(names(&block("yaml [b/c.yml]", "")), [Some("b/c.yml".to_owned())]);
        assert_eq!(names(&block("yaml", "# d.yaml")), [Some("d.yaml".to_owned())]);
        assert_eq!(names(&format!("Write `e.yaml`:\n\n{}", block("yaml", ""))), [Some("e.yaml".to_owned())]);
        assert_eq!(names(&format!("Not e.yaml but f.yaml:\n\n{}", block("yaml", ""))), [None]);
    }
}
