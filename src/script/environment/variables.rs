//! Variables, arrays and positional parameters, and what a function has of its own.

use std::collections::BTreeMap;

use super::{
    Array, Environment, Frame, LONGEST_TEXT, MOST_FRAMES, MOST_VARIABLE_BYTES, Saved, Settings, VALUE_BYTES, too_long,
};

impl Environment {
    /// Gives a variable its value.
    ///
    /// # Errors
    /// When the value, or all together, would be too long, or the variable is readonly.
    pub fn assign(&mut self, name: &str, value: String) -> Result<(), String> {
        if self.arrays.contains_key(name) {
            return self.assign_at(name, 0, value);
        }
        let before = self.variables.get(name).map_or(0, |value| name.len() + value.len());
        self.make_room(name, before, name.len() + value.len(), value.len())?;
        self.variables.insert(name.to_owned(), value);
        Ok(())
    }

    /// Gives an array one of its values.
    ///
    /// # Errors
    /// As [`Environment::assign`].
    pub fn assign_at(&mut self, name: &str, at: usize, value: String) -> Result<(), String> {
        let old = self.arrays.get(name).and_then(|array| array.get(&at));
        let before = old.map_or(0, |old| VALUE_BYTES + old.len());
        self.make_room(name, before, VALUE_BYTES + value.len(), value.len())?;
        let first = self.variables.remove(name);
        let array = self.arrays.entry(name.to_owned()).or_default();
        array.extend(first.map(|first| (0, first)));
        array.insert(at, value);
        Ok(())
    }

    /// Gives an array all its values.
    ///
    /// # Errors
    /// As [`Environment::assign`].
    pub fn assign_array(&mut self, name: &str, values: Array) -> Result<(), String> {
        if self.readonly.contains(name) {
            return Err(format!("{name}: readonly variable"));
        }
        self.unset(name);
        self.arrays.insert(name.to_owned(), Array::new());
        values.into_iter().try_for_each(|(at, value)| self.assign_at(name, at, value))
    }

    fn make_room(&mut self, name: &str, before: usize, after: usize, length: usize) -> Result<(), String> {
        if self.readonly.contains(name) {
            return Err(format!("{name}: readonly variable"));
        }
        let bytes = self.variable_bytes.saturating_sub(before) + after;
        if length > LONGEST_TEXT {
            return Err(format!("{name}: {}", too_long()));
        }
        if bytes > MOST_VARIABLE_BYTES {
            return Err(format!("{name}: cannot allocate memory: all variables may have {MOST_VARIABLE_BYTES} bytes"));
        }
        self.variable_bytes = bytes;
        Ok(())
    }

    /// Forgets a variable.
    pub fn unset(&mut self, name: &str) {
        if let Some(value) = self.variables.remove(name) {
            self.variable_bytes = self.variable_bytes.saturating_sub(name.len() + value.len());
        }
        if let Some(array) = self.arrays.remove(name) {
            let bytes: usize = array.values().map(|value| VALUE_BYTES + value.len()).sum();
            self.variable_bytes = self.variable_bytes.saturating_sub(bytes);
        }
        self.exported.remove(name);
    }

    /// Forgets one of an array's values.
    pub fn unset_at(&mut self, name: &str, at: usize) {
        if let Some(value) = self.arrays.get_mut(name).and_then(|array| array.remove(&at)) {
            self.variable_bytes = self.variable_bytes.saturating_sub(VALUE_BYTES + value.len());
        }
    }

    /// Begins a function with these arguments; not when functions stand too deep in one another.
    pub fn enter(&mut self, arguments: &[String]) -> bool {
        if self.frames.len() >= MOST_FRAMES {
            return false;
        }
        let positional = std::mem::replace(&mut self.positional, arguments.into());
        self.frames.push(Frame { positional, locals: BTreeMap::new() });
        true
    }

    /// Ends a function: what was local is as it was before.
    pub fn leave(&mut self) {
        let Some(frame) = self.frames.pop() else { return };
        self.positional = frame.positional;
        for (name, saved) in frame.locals {
            self.readonly.remove(&name);
            self.unset(&name);
            // It had room before.
            let _ = saved.value.map(|value| self.assign(&name, value));
            let _ = saved.array.map(|array| self.assign_array(&name, array));
            if saved.is_exported {
                self.exported.insert(name);
            }
        }
    }

    /// Makes a variable the running function's own; false outside of functions.
    pub fn make_local(&mut self, name: &str) -> bool {
        let Some(frame) = self.frames.last_mut() else { return false };
        if !frame.locals.contains_key(name) {
            let value = self.variables.get(name).cloned();
            let array = self.arrays.get(name).cloned();
            let is_exported = self.exported.contains(name);
            frame.locals.insert(name.to_owned(), Saved { value, array, is_exported });
            self.unset(name);
        }
        true
    }

    /// What a program gets to see of the variables.
    pub fn exported_values(&self) -> BTreeMap<String, String> {
        let values = self.exported.iter().filter_map(|name| Some((name.clone(), self.value(name)?)));
        values.collect()
    }

    /// A parameter's value, as `$name` gives it.
    pub fn value(&self, name: &str) -> Option<String> {
        match name {
            "?" => Some(self.last_exit.to_string()),
            "$" => Some("4200".to_owned()),
            "#" => Some(self.positional.len().to_string()),
            "0" => Some(self.name.to_string()),
            "-" => Some(self.letters()),
            "@" | "*" => {
                (!self.positional.is_empty()).then(|| self.positional.join(self.separators().get(..1).unwrap_or("")))
            }
            "PIPESTATUS" => self.pipe_codes.first().map(ToString::to_string),
            name => {
                if let Some(at) = name.parse::<usize>().ok().and_then(|at| at.checked_sub(1)) {
                    return self.positional.get(at).cloned();
                }
                let first = || self.arrays.get(name).and_then(|array| array.get(&0));
                self.variables.get(name).or_else(first).cloned()
            }
        }
    }

    /// All values of an array, or of `@`; a plain variable is an array of one.
    pub fn values(&self, name: &str) -> Vec<(usize, String)> {
        match name {
            "@" | "*" => (1..).zip(self.positional.iter().cloned()).collect(),
            "PIPESTATUS" => self.pipe_codes.iter().map(ToString::to_string).enumerate().collect(),
            name => match self.arrays.get(name) {
                Some(array) => array.iter().map(|(at, value)| (*at, value.clone())).collect(),
                None => self.variables.get(name).map(|value| (0, value.clone())).into_iter().collect(),
            },
        }
    }

    /// What parts words: `$IFS`.
    pub fn separators(&self) -> &str {
        self.variables.get("IFS").map_or(" \t\n", String::as_str)
    }

    /// `$-`
    fn letters(&self) -> String {
        let Settings { errexit, nounset, xtrace, noglob, .. } = self.settings;
        let switches = [('e', errexit), ('f', noglob), ('i', self.interactive), ('u', nounset), ('x', xtrace)];
        switches.into_iter().filter(|(_, on)| *on).map(|(letter, _)| letter).collect::<String>() + "B"
    }
}
