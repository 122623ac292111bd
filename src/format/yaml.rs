//! YAML text becomes trees in which every key and every value knows its place. Only `farm.yaml` is read without it.
//!
//! Reads the parser's events itself instead of deserialising into types: serde stops at the first fault, and
//! people want all of them at once. A syntax fault hides the rest of its document, and no other document.
//! Never guesses: duplicate keys, tags and merge keys are refused. Next: [`super::fields`].

use std::collections::HashMap;

use serde::Serialize;
use serde_yaml::granit_parser::{Event, Parser, ScalarStyle, Span, options};

use super::fault::{Fault, Faults};
use super::source::{Place, Source};
use crate::model::words::Text;

mod syntax;

/// The most values that are read of a file, those that aliases repeat counted each time.
const MOST_NODES: usize = 2_000_000;
/// The deepest nesting that is read.
const DEEPEST: usize = 128;

/// A value with its place in the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loc<T> {
    /// The value.
    pub value: T,
    /// Where it stands. Of an alias: where the alias stands.
    pub place: Place,
}

/// A YAML value, not interpreted yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// A text, a number, a date, true, false or nothing at all.
    Scalar {
        /// What is written, escapes resolved.
        text: String,
        /// Whether it stands there without quotes, so that `1` is a number and `true` a truth value.
        plain: bool,
    },
    /// A list.
    List(Vec<Loc<Node>>),
    /// A mapping, in the order of the file. Invariant: no two keys are equal; checked by [`parse`].
    Map(Vec<Entry>),
}

/// One key of a mapping with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub key: Loc<String>,
    /// The value.
    pub value: Loc<Node>,
}

impl Node {
    /// Returns whether there is no value: nothing, `~` or `null`.
    pub fn is_null(&self) -> bool {
        matches!(self, Node::Scalar { text, plain: true } if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }
}

/// Parses all documents of a source; those that can't be read as a whole are left out, and so are empty ones.
///
/// Each fault is noted, at most one syntax fault a document. Of equal keys the first is kept. Where there is no document at all, that is a fault.
pub fn parse(source: &Source<'_>, faults: &mut Faults) -> Vec<Loc<Node>> {
    parse_within(MOST_NODES, source, faults)
}

/// Parses a source that may have `most` values.
fn parse_within(most: usize, source: &Source<'_>, faults: &mut Faults) -> Vec<Loc<Node>> {
    let mut roots = Vec::new();
    let before = faults.count();
    let mut left = most;
    for part in parts(source.text) {
        let mut building = Building {
            source,
            faults,
            base: part.start,
            left,
            anchors: HashMap::new(),
            spoiled: false,
            stack: Vec::new(),
        };
        let stopped = building.documents(&source.text[part.start..part.end], &mut roots);
        left = building.left;
        if let Some(stop) = stopped {
            faults.add(|| *stop.fault);
            if stop.hopeless {
                break;
            }
        }
    }
    if roots.is_empty() && faults.count() == before {
        faults.add(|| empty(source));
    }
    roots
}

/// Renders a value as one YAML document.
///
/// # Errors
/// Passes on what the value's own `Serialize` says.
pub fn render(value: &impl Serialize) -> Result<String, serde_yaml::SerializeError> {
    serde_yaml::to_string(value)
}

/// Returns where the documents of a text stand: each begins at a line that starts with `---`.
///
/// Such a line is a document's beginning even inside of quotes and block texts, so that it can be searched for.
/// Directives stay with the document that follows them.
fn parts(text: &str) -> Vec<Place> {
    let after_marker = |at: usize| text.as_bytes().get(at + 3).is_none_or(u8::is_ascii_whitespace);
    let begins = text.match_indices("\n---").map(|(at, _)| at + 1).filter(|at| after_marker(*at));
    let mut parts = Vec::new();
    let mut start = 0;
    for end in begins.chain([text.len()]) {
        let only_directives = text[start..end].lines().all(|line| line.is_empty() || line.starts_with(['%', '#']));
        if !only_directives || end == text.len() {
            parts.push(Place { start, end });
            start = end;
        }
    }
    parts
}

fn empty(source: &Source<'_>) -> Fault {
    Fault::new("empty-file", Text::new("the file declares nothing", "ファイルに何も宣言されていません"))
        .in_file(source.name)
        .hint(
            "write `version: 1` and the rest; `rolewalk schema topology` and `rolewalk schema connections` list the fields",
            "`version: 1` に続けて内容を書いてください。項目は `rolewalk schema topology` と `rolewalk schema connections` で見られます",
        )
}

/// Why the reading of a document stopped.
struct Stop {
    fault: Box<Fault>,
    /// Whether further documents can't be read either.
    hopeless: bool,
}

/// A list or mapping that is not complete yet, or the document itself.
struct Open {
    node: Node,
    /// The key that waits for its value.
    key: Option<Loc<String>>,
    place: Place,
    anchor: usize,
    /// How many values it holds, itself included.
    size: usize,
    /// How deep the values in it are nested.
    height: usize,
}

/// A complete value with its size, in values, and its height, in levels.
#[derive(Clone)]
struct Built {
    node: Loc<Node>,
    size: usize,
    height: usize,
}

struct Building<'s, 'f> {
    source: &'s Source<'s>,
    faults: &'f mut Faults,
    /// Where the parsed text begins in the source, in bytes.
    base: usize,
    left: usize,
    anchors: HashMap<usize, Built>,
    /// Whether this document has a part that can't be read, so that nothing can be said about the whole.
    spoiled: bool,
    stack: Vec<Open>,
}

impl Building<'_, '_> {
    fn documents(&mut self, text: &str, roots: &mut Vec<Loc<Node>>) -> Option<Stop> {
        let options = options! { emit_comments: false };
        for event in Parser::new_from_str_with_options(text, options) {
            let (event, span) = match event {
                Ok(event) => event,
                Err(error) => return Some(self.syntax(&error)),
            };
            let complete = match self.event(event, self.place(&span)) {
                Ok(complete) => complete,
                Err(stop) => return Some(stop),
            };
            let Some(root) = complete else { continue };
            if !self.spoiled && !root.value.is_null() {
                roots.push(root);
            }
            self.spoiled = false;
            self.anchors.clear();
        }
        None
    }

    /// Takes one event; returns the document's root where it is complete.
    fn event(&mut self, event: Event<'_>, place: Place) -> Result<Option<Loc<Node>>, Stop> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse_tag(tag.is_some(), place);
                let node = Node::Scalar { text: text.into_owned(), plain: style == ScalarStyle::Plain };
                self.complete(Built { node: Loc { value: node, place }, size: 1, height: 0 }, anchor)
            }
            Event::SequenceStart(_, anchor, tag) => self.open(Node::List(Vec::new()), place, anchor, tag.is_some()),
            Event::MappingStart(_, anchor, tag) => self.open(Node::Map(Vec::new()), place, anchor, tag.is_some()),
            Event::SequenceEnd | Event::MappingEnd => self.close(place),
            Event::Alias(anchor) => self.alias(anchor, place),
            _ => Ok(None),
        }
    }

    fn open(&mut self, node: Node, place: Place, anchor: usize, tagged: bool) -> Result<Option<Loc<Node>>, Stop> {
        self.refuse_tag(tagged, place);
        if self.stack.len() >= DEEPEST {
            return Err(self.too_deep(place));
        }
        self.stack.push(Open { node, key: None, place, anchor, size: 1, height: 0 });
        Ok(None)
    }

    fn close(&mut self, end: Place) -> Result<Option<Loc<Node>>, Stop> {
        let Some(open) = self.stack.pop() else { return Ok(None) };
        let place = Place { start: open.place.start, end: end.end.max(open.place.end) };
        if let Node::Map(entries) = &open.node {
            self.refuse_merge_key(entries);
        }
        let node = match open.node {
            Node::Map(entries) => Node::Map(self.unique(entries)),
            other => other,
        };
        let built = Built { node: Loc { value: node, place }, size: open.size, height: open.height + 1 };
        self.complete(built, open.anchor)
    }

    fn alias(&mut self, anchor: usize, place: Place) -> Result<Option<Loc<Node>>, Stop> {
        let Some(size) = self.anchors.get(&anchor).map(|built| built.size) else {
            return Err(self.stop("recursive-alias", place, syntax::recursive_alias()));
        };
        self.charge(size, place, true)?;
        let Some(mut built) = self.anchors.get(&anchor).cloned() else { return Ok(None) };
        if self.stack.len() + built.height > DEEPEST {
            return Err(self.too_deep(place));
        }
        built.node.place = place;
        self.attach(built)
    }

    /// Files a complete value under its anchor and puts it where it belongs.
    fn complete(&mut self, built: Built, anchor: usize) -> Result<Option<Loc<Node>>, Stop> {
        let place = built.node.place;
        self.charge(1, place, false)?;
        if anchor != 0 {
            self.charge(built.size, place, true)?;
            self.anchors.insert(anchor, built.clone());
        }
        self.attach(built)
    }

    fn attach(&mut self, built: Built) -> Result<Option<Loc<Node>>, Stop> {
        let Some(open) = self.stack.last_mut() else { return Ok(Some(built.node)) };
        open.size += built.size;
        open.height = open.height.max(built.height);
        match (&mut open.node, open.key.take(), built.node) {
            (Node::List(items), _, node) => items.push(node),
            (Node::Map(entries), Some(key), value) => entries.push(Entry { key, value }),
            (_, None, Loc { value: Node::Scalar { text, .. }, place }) => open.key = Some(Loc { value: text, place }),
            (_, _, node) => {
                open.key = Some(Loc { value: String::new(), place: node.place });
                let source = self.source;
                self.spoiled = true;
                self.faults.add(|| syntax::key_not_text().at(source, node.place, "", ""));
            }
        }
        Ok(None)
    }

    /// Notes every key that stands a second time, and leaves its entry out.
    fn unique(&mut self, entries: Vec<Entry>) -> Vec<Entry> {
        let mut seen: HashMap<String, Place> = HashMap::with_capacity(entries.len());
        let (source, faults) = (self.source, &mut *self.faults);
        let mut keep = |entry: &Entry| match seen.get(&entry.key.value) {
            Some(first) => {
                faults.add(|| syntax::duplicate_key(source, &entry.key, *first));
                false
            }
            None => seen.insert(entry.key.value.clone(), entry.key.place).is_none(),
        };
        entries.into_iter().filter(|entry| keep(entry)).collect()
    }

    fn refuse_merge_key(&mut self, entries: &[Entry]) {
        let source = self.source;
        for entry in entries.iter().filter(|entry| entry.key.value == "<<") {
            self.spoiled = true;
            self.faults.add(|| syntax::merge_key().at(source, entry.key.place, "", ""));
        }
    }

    fn refuse_tag(&mut self, tagged: bool, place: Place) {
        let source = self.source;
        if tagged {
            self.faults.add(|| syntax::tag().at(source, place, "", ""));
        }
    }

    /// Takes `size` values from the budget.
    fn charge(&mut self, size: usize, place: Place, repeated: bool) -> Result<(), Stop> {
        let Some(left) = self.left.checked_sub(size) else {
            let (name, fault) = if repeated {
                ("alias-bomb", syntax::alias_bomb(MOST_NODES))
            } else {
                ("too-many-values", syntax::too_many_values(MOST_NODES))
            };
            return Err(Stop { hopeless: true, ..self.stop(name, place, fault) });
        };
        self.left = left;
        Ok(())
    }

    fn too_deep(&self, place: Place) -> Stop {
        self.stop("too-deep", place, syntax::too_deep(DEEPEST))
    }

    fn stop(&self, name: &'static str, place: Place, (message, hint): (Text, Text)) -> Stop {
        let fault = Fault::new(name, message).at(self.source, place, "", "").hint(hint.en, hint.ja);
        Stop { fault: Box::new(fault), hopeless: false }
    }

    fn syntax(&self, error: &serde_yaml::granit_parser::ScanError) -> Stop {
        let offset = error.marker().byte_offset().unwrap_or_default();
        let start = (self.base + offset).min(self.source.text.len());
        let fault = syntax::fault(self.source, error.kind(), start);
        Stop { fault: Box::new(fault), hopeless: false }
    }

    fn place(&self, span: &Span) -> Place {
        let range = span.byte_range().unwrap_or_default();
        Place { start: self.base + range.start, end: self.base + range.end }
    }
}

#[cfg(test)]
mod tests;
