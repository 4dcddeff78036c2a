//! A file of options: each key has a value, or a list of them.
//!
//! ```yaml
//! agent: [wire, chromium]
//! jobs: 8
//! ```
//!
//! Which options there are, and what their values are, is known by whoever asks for them.

use std::path::Path;
use std::sync::Arc;

use super::error::{LoadError, Report};
use super::fault::{Fault, Place, Problem, shorten};
use super::read::{expected, mapping};
use super::yaml::{self, Node, Value};

/// The options that a file sets, taken out of it one by one.
#[derive(Debug, Default)]
pub struct Options {
    entries: Vec<Entry>,
    /// Those that were asked for.
    known: Vec<&'static str>,
    faults: Vec<Fault>,
}

#[derive(Debug)]
struct Entry {
    place: Place,
    key: String,
    node: Node,
}

impl Options {
    /// Takes what `take` asks for out of the content of a file.
    ///
    /// # Errors
    ///
    /// Everything that is wrong in it, options that nobody has asked for among them.
    pub fn read<T>(
        path: &Path,
        content: Vec<u8>,
        take: impl FnOnce(&mut Self) -> T,
    ) -> Result<T, LoadError> {
        let mut report = Report::default();
        let file = Arc::new(path.to_path_buf());
        let mut options = Self::default();
        if let Some(source) = report.text(&file, content) {
            match yaml::parse(&source) {
                Ok(node) => options.open(node),
                Err(fault) => options.faults.push(fault),
            }
        }
        let taken = take(&mut options);
        report.add(&file, options.finish());
        report.finish(taken)
    }

    fn open(&mut self, node: Node) {
        if node.value == Value::Null {
            return; // nothing but comments
        }
        let entries = mapping(&node, &mut self.faults).unwrap_or_default();
        self.entries = (entries.iter().cloned())
            .map(|(key, node)| Entry {
                place: key.place,
                key: key.text,
                node,
            })
            .collect();
    }

    fn finish(mut self) -> Vec<Fault> {
        for Entry { place, key, .. } in &self.entries {
            if !self.known.contains(&key.as_str()) {
                let problem = Problem::unknown("option", key, &self.known);
                self.faults.push(problem.at(*place));
            }
        }
        self.faults
    }

    /// The value of an option, as `parse` reads it, which says what it expects where it cannot.
    pub fn value<T>(
        &mut self,
        key: &'static str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let node = self.node(key)?;
        self.parse(key, &node, &parse)
    }

    /// The values of an option of which there may be several; one stands for a list of it.
    pub fn values<T>(
        &mut self,
        key: &'static str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Vec<T> {
        let Some(node) = self.node(key) else {
            return Vec::new();
        };
        let nodes = match node.value {
            Value::Sequence(nodes) => nodes,
            _ => vec![node],
        };
        let values = nodes.iter().map(|node| self.parse(key, node, &parse));
        values.collect::<Vec<_>>().into_iter().flatten().collect()
    }

    fn node(&mut self, key: &'static str) -> Option<Node> {
        self.known.push(key);
        let entry = self.entries.iter().find(|entry| entry.key == key)?;
        // Nothing is said of an option that stands there without a value.
        (entry.node.value != Value::Null).then(|| entry.node.clone())
    }

    fn parse<T>(
        &mut self,
        key: &str,
        node: &Node,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let Value::Scalar(text) = &node.value else {
            self.faults.push(expected("a text", node));
            return None;
        };
        match parse(text) {
            Ok(value) => Some(value),
            Err(message) => {
                let what = format!("`{}` is no value of `{key}`", shorten(text));
                self.faults.push(Fault::new(node.place, what).hint(message));
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    /// What is taken of a file with a number and some words.
    fn read(text: &str) -> Result<(Option<u8>, Vec<String>), LoadError> {
        Options::read(Path::new("o.yaml"), text.into(), |options| {
            let number = |text: &str| text.parse().map_err(|_| "a small number".to_owned());
            let word = |text: &str| Ok(text.to_owned());
            (
                options.value("number", number),
                options.values("words", word),
            )
        })
    }

    #[rstest]
    #[case::nothing("", None, &[])]
    #[case::comments("# nothing yet\n", None, &[])]
    #[case::no_value("number: ~\nwords:\n", None, &[])]
    #[case::both("number: 7\nwords: [a, b]\n", Some(7), &["a", "b"])]
    #[case::one_of_many("words: a\n", None, &["a"])]
    #[case::as_it_is_written("words: [no, 1.0]\n", None, &["no", "1.0"])]
    fn options_are_taken(#[case] text: &str, #[case] number: Option<u8>, #[case] words: &[&str]) {
        let taken = read(text).unwrap();
        assert_eq!(taken.0, number);
        assert_eq!(taken.1, words);
    }

    #[rstest]
    #[case::misspelt(
        "nunber: 7\n",
        "o.yaml:1:1: unknown option `nunber`",
        "did you mean `number`?"
    )]
    #[case::no_number(
        "number: x\n",
        "o.yaml:1:9: `x` is no value of `number`",
        "a small number"
    )]
    #[case::several(
        "number: [1, 2]\n",
        "o.yaml:1:9: expected a text, found a list",
        "only one value can stand here"
    )]
    #[case::a_list(
        "- a\n",
        "o.yaml:1:1: expected a map, found a list",
        "a map is written"
    )]
    #[case::twice(
        "number: 1\nnumber: 2\n",
        "o.yaml:2:1: the key `number` stands twice",
        "remove one"
    )]
    fn what_is_wrong_is_told_with_its_place(
        #[case] text: &str,
        #[case] message: &str,
        #[case] hint: &str,
    ) {
        let error = read(text).unwrap_err();
        assert!(error.to_string().starts_with(message), "{error}");
        let shown = error.render(false);
        assert!(shown.contains(hint), "{shown}");
    }
}
