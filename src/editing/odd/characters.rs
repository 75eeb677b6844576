//! Which characters look like others, and what they are called.

/// Spaces that are neither YAML's nor the shell's.
pub(super) fn is_odd_space(c: char) -> bool {
    matches!(
        c,
        '\u{a0}' | '\u{1680}' | '\u{2000}'
            ..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' | '\u{2028}' | '\u{2029}' | '\u{85}'
    )
}

/// Characters that nobody sees.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
        || is_direction(c)
}

/// Marks that turn the direction of writing round, so that what is seen is not what is read.
pub(super) fn is_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The plain characters of a space that is none: a wide one is two columns wide.
pub(super) fn space_for(c: char) -> &'static str {
    if c == '\u{3000}' { "  " } else { " " }
}

/// The ASCII character of a full-width one, or of Chinese punctuation.
pub(super) fn narrow(c: char) -> Option<char> {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0),
        '。' => Some('.'),
        '、' => Some(','),
        '【' => Some('['),
        '】' => Some(']'),
        _ => None,
    }
}

/// The ASCII quote of a curly or full-width one.
pub(super) fn quote_for(c: char) -> Option<&'static str> {
    match c {
        '“' | '”' | '„' | '‟' | '＂' | '″' => Some("\""),
        '‘' | '’' | '‚' | '‛' | '＇' | '′' => Some("'"),
        _ => None,
    }
}

/// Dashes that are no hyphen.
pub(super) fn is_dash(c: char) -> bool {
    matches!(c, '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe63}' | '\u{ff0d}')
}

/// Whether the character belongs to a Chinese, Japanese or Korean text, in which wide punctuation is right.
pub(super) fn is_of_text(c: char) -> bool {
    matches!(
        c,
        '\u{2e80}'..='\u{2fdf}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
            | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}'
    )
}

/// Whether it helps to show the character itself.
pub(super) fn is_seen(c: char) -> bool {
    !c.is_whitespace() && !is_odd_space(c) && !is_invisible(c)
}

/// What a character is called, in Chinese and in English.
pub(super) fn name(c: char) -> (&'static str, &'static str) {
    match c {
        '\t' => ("制表符", "tab"),
        '\u{a0}' => ("不换行空格", "no-break space"),
        '\u{202f}' => ("窄不换行空格", "narrow no-break space"),
        '\u{3000}' => ("全角空格", "full-width space"),
        '\u{2028}' | '\u{2029}' | '\u{85}' => ("特殊换行符", "line separator"),
        '\u{ad}' => ("软连字符", "soft hyphen"),
        '\u{200b}' => ("零宽空格", "zero-width space"),
        '\u{feff}' => ("字节顺序标记", "byte order mark"),
        _ if is_direction(c) => ("方向控制符", "direction mark"),
        _ if is_invisible(c) => ("零宽字符", "zero-width character"),
        _ if is_odd_space(c) => ("特殊空格", "unusual space"),
        '＂' | '＇' => ("全角引号", "full-width quote"),
        _ if quote_for(c).is_some() => ("弯引号", "curly quote"),
        '：' => ("全角冒号", "full-width colon"),
        '，' => ("全角逗号", "full-width comma"),
        '－' => ("全角连字符", "full-width hyphen"),
        _ if is_dash(c) => ("破折号", "dash"),
        '。' | '、' | '【' | '】' => ("中文标点", "Chinese punctuation"),
        _ => ("全角字符", "full-width character"),
    }
}
