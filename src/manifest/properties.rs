//! The scanner's small tokens: anchors, aliases, tags and directives.

use super::fault::Fault;
use super::scanner::{Kind, Scanner, is_blank, is_blank_or_end, is_break_or_end};

impl Scanner {
    pub(super) fn fetch_anchor(&mut self) -> Result<(), Fault> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let start = self.mark;
        let is_alias = self.at(0) == '*';
        self.skip();
        self.ensure(1);
        let name = self.scan_word();
        let follows = self.at(0);
        if name.is_empty()
            || !(is_blank_or_end(follows) || matches!(follows, '?' | ':' | ',' | ']' | '}' | '%' | '@' | '`'))
        {
            return Err(Fault::scanning("did not find expected alphabetic or numeric character", self.mark));
        }
        self.push(if is_alias { Kind::Alias(name) } else { Kind::Anchor(name) }, start);
        Ok(())
    }

    /// Letters, digits, `_` and `-`.
    pub(super) fn scan_word(&mut self) -> String {
        let mut word = String::new();
        while self.at(0).is_ascii_alphanumeric() || matches!(self.at(0), '_' | '-') {
            self.read(&mut word);
        }
        word
    }

    pub(super) fn skip_comment(&mut self) {
        if self.at(0) == '#' {
            while !is_break_or_end(self.at(0)) {
                self.skip();
                self.ensure(1);
            }
        }
    }

    /// A tag's handle and suffix: `!!` and `str` for `!!str`.
    pub(super) fn scan_tag(&mut self) -> Result<(String, String), Fault> {
        self.ensure(2);
        let (handle, suffix) = if self.at(1) == '<' {
            self.skip();
            self.skip();
            self.ensure(1);
            let suffix = self.scan_tag_uri("")?;
            if self.at(0) != '>' {
                return Err(Fault::scanning("did not find the expected '>'", self.mark));
            }
            self.skip();
            self.ensure(1);
            (String::new(), suffix)
        } else {
            let handle = self.scan_tag_handle(false)?;
            if handle.len() > 1 && handle.ends_with('!') {
                let suffix = self.scan_tag_uri("")?;
                (handle, suffix)
            } else {
                let suffix = self.scan_tag_uri(&handle)?;
                if suffix.is_empty() { (String::new(), "!".to_owned()) } else { ("!".to_owned(), suffix) }
            }
        };
        if !is_blank_or_end(self.at(0)) {
            return Err(Fault::scanning("did not find expected whitespace or line break", self.mark));
        }
        Ok((handle, suffix))
    }

    fn scan_tag_handle(&mut self, in_directive: bool) -> Result<String, Fault> {
        if self.at(0) != '!' {
            return Err(Fault::scanning("did not find expected '!'", self.mark));
        }
        self.skip();
        self.ensure(1);
        let mut handle = format!("!{}", self.scan_word());
        if self.at(0) == '!' {
            self.read(&mut handle);
        } else if in_directive && handle != "!" {
            return Err(Fault::scanning("did not find expected '!'", self.mark));
        }
        Ok(handle)
    }

    fn scan_tag_uri(&mut self, head: &str) -> Result<String, Fault> {
        let mut uri = head.chars().skip(1).collect::<String>();
        let mut found = !head.is_empty();
        while self.at(0).is_ascii_alphanumeric() || "_-;/?:@&=+$,.!~*'()[]%".contains(self.at(0)) {
            found = true;
            if self.at(0) != '%' {
                self.read(&mut uri);
                continue;
            }
            self.scan_uri_escapes(&mut uri)?;
        }
        if found { Ok(uri) } else { Err(Fault::scanning("did not find expected tag URI", self.mark)) }
    }

    /// The octets of one UTF-8 character, each as `%xx`.
    fn scan_uri_escapes(&mut self, uri: &mut String) -> Result<(), Fault> {
        let mut octets = Vec::new();
        let mut width = None;
        while width.is_none_or(|width| octets.len() < width) {
            self.ensure(3);
            let digits = self.at(1).to_digit(16).zip(self.at(2).to_digit(16)).filter(|_| self.at(0) == '%');
            let Some(octet) = digits.and_then(|(high, low)| u8::try_from(high * 16 + low).ok()) else {
                return Err(Fault::scanning("did not find URI escaped octet", self.mark));
            };
            match (width, octet) {
                (None, 0..=0x7f) => width = Some(1),
                (None, 0xc0..=0xdf) => width = Some(2),
                (None, 0xe0..=0xef) => width = Some(3),
                (None, 0xf0..=0xf7) => width = Some(4),
                (None, _) => return Err(Fault::scanning("found an incorrect leading UTF-8 octet", self.mark)),
                (Some(_), 0x80..=0xbf) => {}
                (Some(_), _) => return Err(Fault::scanning("found an incorrect trailing UTF-8 octet", self.mark)),
            }
            octets.push(octet);
            for _ in 0..3 {
                self.skip();
            }
        }
        self.ensure(1);
        uri.push_str(&String::from_utf8_lossy(&octets));
        Ok(())
    }

    pub(super) fn scan_directive(&mut self) -> Result<Kind, Fault> {
        self.skip();
        self.ensure(1);
        let name = self.scan_word();
        if name.is_empty() {
            return Err(Fault::scanning("could not find expected directive name", self.mark));
        }
        if !is_blank_or_end(self.at(0)) {
            return Err(Fault::scanning("found unexpected non-alphabetical character", self.mark));
        }
        let kind = match name.as_str() {
            "YAML" => self.scan_version()?,
            "TAG" => self.scan_tag_directive()?,
            _ => return Err(Fault::scanning("found unknown directive name", self.mark)),
        };
        self.skip_blanks();
        self.skip_comment();
        if !is_break_or_end(self.at(0)) {
            return Err(Fault::scanning("did not find expected comment or line break", self.mark));
        }
        self.ensure(2);
        self.skip_line();
        Ok(kind)
    }

    pub(super) fn skip_blanks(&mut self) {
        while is_blank(self.at(0)) {
            self.skip();
            self.ensure(1);
        }
    }

    fn scan_version(&mut self) -> Result<Kind, Fault> {
        self.skip_blanks();
        let major = self.scan_version_number()?;
        if self.at(0) != '.' {
            return Err(Fault::scanning("did not find expected digit or '.' character", self.mark));
        }
        self.skip();
        self.ensure(1);
        let minor = self.scan_version_number()?;
        Ok(Kind::VersionDirective { major, minor })
    }

    fn scan_version_number(&mut self) -> Result<u8, Fault> {
        let mut digits = String::new();
        while self.at(0).is_ascii_digit() {
            if digits.len() == 2 {
                return Err(Fault::scanning("found extremely long version number", self.mark));
            }
            self.read(&mut digits);
        }
        digits.parse().map_err(|_| Fault::scanning("did not find expected version number", self.mark))
    }

    fn scan_tag_directive(&mut self) -> Result<Kind, Fault> {
        self.skip_blanks();
        let handle = self.scan_tag_handle(true)?;
        if !is_blank(self.at(0)) {
            return Err(Fault::scanning("did not find expected whitespace", self.mark));
        }
        self.skip_blanks();
        let prefix = self.scan_tag_uri("")?;
        if !is_blank_or_end(self.at(0)) {
            return Err(Fault::scanning("did not find expected whitespace or line break", self.mark));
        }
        Ok(Kind::TagDirective { handle, prefix })
    }
}
