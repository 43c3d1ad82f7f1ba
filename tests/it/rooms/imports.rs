//! Which file of `src` imports from which, and the circles among them.
//!
//! Reads Rust as far as paths go: `use` trees, and paths in code that begin with `crate`, `super`, `self` or a module that
//! the file declares. A name is followed through re-exports to the file that defines it, so that a parent which only
//! declares its children and re-exports what they define takes no part in a circle.

use std::collections::{BTreeMap, BTreeSet};

/// A module's path below the crate: `["policy", "reach"]` of `src/policy/reach.rs`, `[]` of `src/lib.rs`.
pub type Module = Vec<String>;

/// What stands before the name of something that is defined.
const DEFINING: [&str; 8] = ["struct", "enum", "fn", "const", "static", "type", "trait", "union"];

/// What a file says of other modules.
struct File {
    /// The modules it declares.
    children: BTreeSet<String>,
    /// The names it defines.
    defined: BTreeSet<String>,
    /// The names it imports, each with its path; `*` of a whole module.
    imports: Vec<(String, Vec<String>, bool)>,
    /// The paths and names in its code.
    paths: Vec<Vec<String>>,
}

/// The groups of modules that import from each other, directly or through others.
pub fn circles(sources: &BTreeMap<Module, String>) -> Vec<BTreeSet<String>> {
    let files: BTreeMap<&Module, File> = sources.iter().map(|(module, text)| (module, File::read(text))).collect();
    let edges: BTreeMap<&Module, BTreeSet<Module>> =
        files.iter().map(|(module, file)| (*module, file.imported(module, &files))).collect();
    let reached: BTreeMap<&Module, BTreeSet<&Module>> = edges.keys().map(|from| (*from, reach(from, &edges))).collect();
    let circle = |module: &Module| -> BTreeSet<String> {
        let back = |other: &&&Module| reached[**other].contains(module);
        reached[module].iter().filter(back).map(|other| other.join("/")).collect()
    };
    let found: BTreeSet<BTreeSet<String>> = edges.keys().map(|module| circle(module)).collect();
    found.into_iter().filter(|circle| !circle.is_empty()).collect()
}

/// All modules that a module imports from, directly or through others.
fn reach<'m>(from: &Module, edges: &'m BTreeMap<&Module, BTreeSet<Module>>) -> BTreeSet<&'m Module> {
    let mut reached = BTreeSet::new();
    let mut next: Vec<&Module> = edges[from].iter().collect();
    while let Some(module) = next.pop() {
        if reached.insert(module) {
            next.extend(&edges[module]);
        }
    }
    reached
}

impl File {
    fn read(text: &str) -> Self {
        let words = words(text.split("#[cfg(test)]").next().unwrap());
        let mut file = Self { children: BTreeSet::new(), defined: BTreeSet::new(), imports: vec![], paths: vec![] };
        let mut at = 0;
        while let Some(word) = words.get(at) {
            let next = words.get(at + 1).map(String::as_str);
            match (word.as_str(), next) {
                ("mod", Some(name)) if words.get(at + 2).is_some_and(|word| word == ";") => {
                    file.children.insert(name.to_owned());
                    at += 3;
                }
                // `use<'a>` names lifetimes.
                ("use", Some(next)) if next != "<" => {
                    let public = at > 0 && matches!(words[at - 1].as_str(), "pub" | ")");
                    at += 1;
                    file.read_tree(&words, &mut at, &[], public);
                }
                (keyword, Some(name)) if DEFINING.contains(&keyword) => {
                    file.defined.insert(name.to_owned());
                    at += 2;
                }
                (word, _) if is_name(word) => {
                    let mut path = vec![word.to_owned()];
                    at += 1;
                    while words.get(at).is_some_and(|word| word == "::")
                        && let Some(name) = words.get(at + 1).filter(|name| is_name(name))
                    {
                        path.push(name.clone());
                        at += 2;
                    }
                    file.paths.push(path);
                }
                _ => at += 1,
            }
        }
        file
    }

    /// A `use` tree: names behind a path, some of them in braces.
    fn read_tree(&mut self, words: &[String], at: &mut usize, before: &[String], public: bool) {
        let mut path = before.to_vec();
        loop {
            let word = words[*at].as_str();
            *at += 1;
            match word {
                "::" => {}
                "{" => {
                    while words[*at] != "}" {
                        self.read_tree(words, at, &path, public);
                        *at += usize::from(words[*at] == ",");
                    }
                    *at += 1;
                    return;
                }
                "as" => {
                    self.imports.push((words[*at].clone(), path, public));
                    *at += 1;
                    return;
                }
                "*" => {
                    self.imports.push(("*".to_owned(), path, public));
                    return;
                }
                name => {
                    path.push(name.to_owned());
                    if !matches!(words[*at].as_str(), "::" | "as") {
                        // `json::{self, read}` names the module.
                        path.truncate(path.len() - usize::from(path.len() > 1 && path[path.len() - 1] == "self"));
                        self.imports.push((path[path.len() - 1].clone(), path, public));
                        return;
                    }
                }
            }
        }
    }

    /// The other modules whose definitions the file uses.
    fn imported(&self, module: &Module, files: &BTreeMap<&Module, Self>) -> BTreeSet<Module> {
        // A re-export of a child is no use of it, if the file does nothing else with the name.
        let used = |name: &String| self.paths.iter().any(|path| path[0] == *name);
        let only_exported = |name: &String, path: &[String], public| {
            public && self.children.contains(path.iter().find(|name| *name != "self").unwrap()) && !used(name)
        };
        let imports = self.imports.iter().filter(|(name, path, public)| !only_exported(name, path, *public));
        let paths = imports.map(|(_, path, _)| path).chain(self.paths.iter().filter(|path| path.len() > 1));
        let mut imported: BTreeSet<Module> = paths.filter_map(|path| defining(module, path, files, 0)).collect();
        imported.remove(module);
        imported
    }
}

/// The module that defines what a path in another module names; none of what is outside the crate.
fn defining(module: &Module, path: &[String], files: &BTreeMap<&Module, File>, followed: usize) -> Option<Module> {
    assert!(followed < 20, "{module:?} {path:?}: re-exports without end");
    let (mut here, mut rest) = match path[0].as_str() {
        "crate" => (vec![], &path[1..]),
        "self" => (module.clone(), &path[1..]),
        "super" => (module.clone(), path),
        child if files[module].children.contains(child) => (module.clone(), path),
        _ => return None,
    };
    while let [name, behind @ ..] = rest {
        let inner = || here.iter().chain([name]).cloned().collect::<Module>();
        if name == "super" {
            here.pop();
        } else if files.contains_key(&inner()) {
            here = inner();
        } else {
            let File { imports, defined, .. } = &files[&here];
            let own = imports.iter().find(|(known, ..)| known == name).map(|(_, path, _)| path.clone());
            let from_all = || {
                let mut wholes = imports.iter().filter(|(known, ..)| known == "*");
                wholes.next().map(|(_, path, _)| path.iter().chain([name]).cloned().collect())
            };
            return match own.or_else(from_all).filter(|_| !defined.contains(name)) {
                Some(path) => defining(&here, &path, files, followed + 1),
                None => Some(here),
            };
        }
        rest = behind;
    }
    Some(here)
}

/// The words of a text in Rust: names, `::`, and single signs; without comments, texts, characters and lifetimes.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![];
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let raw = rest.strip_prefix('r').map(|rest| rest.trim_start_matches('#')).filter(|rest| rest.starts_with('"'));
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if let Some(inside) = raw {
            let end = format!("\"{}", "#".repeat(rest.len() - inside.len() - 1));
            rest.len() - inside.len() + 1 + inside[1..].find(&end).unwrap() + end.len()
        } else if c == '"' {
            quoted(rest, '"').unwrap()
        } else if c == '\'' {
            // A lifetime has no end.
            quoted(rest, '\'')
                .filter(|length| rest[..*length].chars().count() < 4 || rest[1..].starts_with('\\'))
                .unwrap_or(1)
        } else if rest.starts_with("::") {
            words.push("::".to_owned());
            2
        } else if c.is_alphanumeric() || c == '_' {
            let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            words.push(rest[..length].to_owned());
            length
        } else {
            words.extend((!c.is_whitespace()).then(|| c.to_string()));
            c.len_utf8()
        };
        rest = &rest[length..];
    }
    words
}

/// How many bytes a quoted text has with its quotes, if it ends.
fn quoted(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    let end = text.char_indices().skip(1).find(|(_, c)| {
        let ends = *c == quote && !escaped;
        escaped = *c == '\\' && !escaped;
        ends
    });
    end.map(|(at, _)| at + 1)
}

fn is_name(word: &str) -> bool {
    word.chars().all(|c| c.is_alphanumeric() || c == '_')
}
