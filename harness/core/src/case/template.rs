//! Variables in scalars: `$page`, `$api-tls`, `$method`, `$row.column`, `${name}`, `$$`.

use std::borrow::Cow;
use std::cell::Cell;

use super::axes::ChoiceValue;
use super::fault::{Problem, suggestion};
use crate::server::NamedOrigin;

/// What variables stand for while one permutation is put together.
#[derive(Clone, Debug)]
pub(super) struct Scope<'draft> {
    /// The id of the permutation, for messages.
    pub(super) permutation: &'draft str,
    /// The value chosen on each axis.
    pub(super) axes: &'draft [Chosen<'draft>],
    /// `$page`, `$target`, `$url` and `$final`, as far as they are known yet.
    pub(super) known: Known,
}

/// The fixed variables, in the order in which they become known; none depends on a later one.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    pub(super) page: Option<String>,
    pub(super) target: Option<String>,
    pub(super) url: Option<String>,
    pub(super) final_url: Option<String>,
}

/// The value chosen on an axis.
#[derive(Clone, Debug)]
pub(super) struct Chosen<'draft> {
    pub(super) axis: &'draft str,
    pub(super) value: &'draft ChoiceValue,
    /// Set when the axis is used anywhere; an axis that is not only repeats a scenario.
    pub(super) used: &'draft Cell<bool>,
}

/// Names that are taken by the fixed variables.
pub(super) const FIXED: [&str; 4] = ["page", "target", "url", "final"];

impl Scope<'_> {
    /// The text with every variable replaced.
    pub(super) fn expand<'text>(&self, text: &'text str) -> Result<Cow<'text, str>, Problem> {
        self.expand_with(text, true)
    }

    fn expand_with<'text>(&self, text: &'text str, axes: bool) -> Result<Cow<'text, str>, Problem> {
        let Some(first) = text.find('$') else {
            return Ok(Cow::Borrowed(text));
        };
        let mut expanded = text[..first].to_owned();
        let mut rest = &text[first..];
        while let Some(after) = rest.strip_prefix('$') {
            let (value, behind) = self.variable(after, axes)?;
            expanded.push_str(&value);
            let next = behind.find('$').unwrap_or(behind.len());
            expanded.push_str(&behind[..next]);
            rest = &behind[next..];
        }
        Ok(Cow::Owned(expanded))
    }

    /// The value of the variable that `text` begins with (its `$` is gone), and what follows it.
    fn variable<'text>(
        &self,
        text: &'text str,
        axes: bool,
    ) -> Result<(Cow<'_, str>, &'text str), Problem> {
        if let Some(behind) = text.strip_prefix('$') {
            return Ok((Cow::Borrowed("$"), behind));
        }
        if let Some(braced) = text.strip_prefix('{') {
            let Some((inner, behind)) = braced.split_once('}') else {
                return Err(Problem::new("`${` is not closed").hint("write `${name}`"));
            };
            let (name, column) = match inner.split_once('.') {
                Some((name, column)) => (name, Some(column)),
                None => (inner, None),
            };
            return Ok((self.look_up(name, column, axes)?, behind));
        }
        let name = leading_name(text);
        if name.is_empty() {
            return Err(Problem::new("a `$` stands here that begins no variable")
                .hint("a dollar is written `$$`"));
        }
        let behind = &text[name.len()..];
        if self.is_row(name) {
            let column = behind
                .strip_prefix('.')
                .map(leading_name)
                .unwrap_or_default();
            if !column.is_empty() {
                let value = self.look_up(name, Some(column), axes)?;
                return Ok((value, &behind[1 + column.len()..]));
            }
        }
        Ok((self.look_up(name, None, axes)?, behind))
    }

    fn is_row(&self, name: &str) -> bool {
        self.axes
            .iter()
            .any(|chosen| chosen.axis == name && matches!(chosen.value, ChoiceValue::Row(_)))
    }

    fn look_up(
        &self,
        name: &str,
        column: Option<&str>,
        axes: bool,
    ) -> Result<Cow<'_, str>, Problem> {
        if let Some(chosen) = self.axes.iter().find(|chosen| chosen.axis == name) {
            return self.axis(chosen, column, axes);
        }
        if let Some(column) = column {
            let message = format!("`{name}` has no column `{column}`");
            return Err(Problem::new(message).hint("only axes of rows have columns"));
        }
        let fixed = match name {
            "page" => Some(&self.known.page),
            "target" => Some(&self.known.target),
            "url" => Some(&self.known.url),
            "final" => Some(&self.known.final_url),
            _ => None,
        };
        match fixed {
            Some(Some(value)) => Ok(Cow::Borrowed(value)),
            Some(None) => Err(Problem::new(format!(
                "`${name}` is not known yet where this is decided"
            ))
            .hint("the page comes first, then `request.to`, the URL, the redirects, and the rest")),
            None => match name.parse::<NamedOrigin>() {
                Ok(origin) => Ok(Cow::Owned(origin.serialize())),
                Err(_) => Err(self.unknown(name)),
            },
        }
    }

    fn axis(
        &self,
        chosen: &Chosen<'_>,
        column: Option<&str>,
        axes: bool,
    ) -> Result<Cow<'_, str>, Problem> {
        let name = chosen.axis;
        if !axes {
            return Err(
                Problem::new(format!("an axis value cannot use another axis (`${name}`)"))
                    .hint("an axis of rows holds values that belong together"),
            );
        }
        chosen.used.set(true);
        let value = match (chosen.value, column) {
            (ChoiceValue::One(value), None) => value,
            (ChoiceValue::One(_), Some(column)) => {
                let message = format!("the axis `{name}` has no column `{column}`");
                return Err(Problem::new(message).hint(format!("write `${name}`")));
            }
            (ChoiceValue::Row(row), None) => {
                let columns: Vec<_> = row
                    .iter()
                    .map(|(column, _)| format!("`${name}.{column}`"))
                    .collect();
                return Err(
                    Problem::new(format!("the axis `{name}` has rows, not values"))
                        .hint(format!("write {}", columns.join(" or "))),
                );
            }
            (ChoiceValue::Row(row), Some(column)) => {
                match row.iter().find(|(known, _)| known == column) {
                    Some((_, value)) => value,
                    None => {
                        let known: Vec<_> = row.iter().map(|(known, _)| known.as_str()).collect();
                        let message = format!("the axis `{name}` has no column `{column}`");
                        let hint = suggestion(column, &known);
                        return Err(Problem {
                            hint,
                            ..Problem::new(message)
                        });
                    }
                }
            }
        };
        match self.expand_with(&value.value, false) {
            Ok(text) => Ok(Cow::Owned(text.into_owned())),
            Err(problem) => Err(Problem {
                place: Some(value.place),
                ..problem
            }),
        }
    }

    fn unknown(&self, name: &str) -> Problem {
        let origins = NamedOrigin::all();
        let mut known: Vec<&str> = self.axes.iter().map(|chosen| chosen.axis).collect();
        known.extend(FIXED);
        known.extend(origins.iter().map(NamedOrigin::name));
        // `$api-example` was probably meant as `$api` followed by `-example`.
        let prefix = known
            .iter()
            .filter(|word| {
                name.strip_prefix(**word)
                    .is_some_and(|rest| rest.starts_with('-'))
            })
            .max_by_key(|word| word.len());
        let hint = match prefix {
            Some(word) => Some(format!(
                "`${{{word}}}{}` keeps the name apart",
                &name[word.len()..]
            )),
            None => super::nearest::nearest(name, &known)
                .map(|nearest| format!("did you mean `${nearest}`?")),
        };
        let hint = hint.unwrap_or_else(|| "a dollar is written `$$`".to_owned());
        Problem::new(format!("unknown variable `${name}`")).hint(hint)
    }
}

/// The name at the start: `[a-z0-9-]`, not ending in `-`.
fn leading_name(text: &str) -> &str {
    let end = text
        .find(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'))
        .unwrap_or(text.len());
    text[..end].trim_end_matches('-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::fault::Place;
    use crate::case::read::Placed;

    fn expand(text: &str) -> Result<String, Problem> {
        let used = Cell::new(false);
        let value = |text: &str| Placed {
            place: Place::default(),
            value: text.to_owned(),
        };
        let row = vec![
            ("type".into(), value("text/plain")),
            ("to".into(), value("$page")),
        ];
        let values = [
            ("method", ChoiceValue::One(value("PUT"))),
            ("value", ChoiceValue::One(value("$page/ $$"))),
            ("chain", ChoiceValue::One(value("$method"))),
            ("row", ChoiceValue::Row(row)),
        ];
        let axes: Vec<_> = values
            .iter()
            .map(|(axis, value)| Chosen {
                axis,
                value,
                used: &used,
            })
            .collect();
        let known = Known {
            page: Some("http://app.localhost:18080".into()),
            target: Some("http://api.localhost:18080".into()),
            ..Known::default()
        };
        let scope = Scope {
            permutation: "a/b/c",
            axes: &axes,
            known,
        };
        scope.expand(text).map(Cow::into_owned)
    }

    #[test]
    fn a_text_without_a_dollar_is_not_copied() {
        let scope = Scope {
            permutation: "",
            axes: &[],
            known: Known::default(),
        };
        assert!(matches!(scope.expand("GET"), Ok(Cow::Borrowed("GET"))));
    }

    #[test]
    fn a_name_ends_where_it_must() {
        let page = "http://app.localhost:18080";
        assert_eq!(expand("$page").unwrap(), page);
        assert_eq!(expand("$page/").unwrap(), format!("{page}/"));
        assert_eq!(expand("$page, $page").unwrap(), format!("{page}, {page}"));
        assert_eq!(expand("$page-").unwrap(), format!("{page}-"));
        assert_eq!(expand("$page.").unwrap(), format!("{page}."));
        assert_eq!(expand("$page.evil").unwrap(), format!("{page}.evil"));
        assert_eq!(expand("${page}x").unwrap(), format!("{page}x"));
        assert_eq!(expand("$api-tls").unwrap(), "https://api.localhost:18443");
        assert_eq!(expand("a$$b$$").unwrap(), "a$b$");
        assert_eq!(expand("é$method€").unwrap(), "éPUT€");
    }

    #[test]
    fn axis_values_may_use_fixed_variables_and_rows_have_columns() {
        assert_eq!(expand("$value").unwrap(), "http://app.localhost:18080/ $");
        assert_eq!(expand("$row.type;x").unwrap(), "text/plain;x");
        assert_eq!(expand("${row.to}x").unwrap(), "http://app.localhost:18080x");
    }

    #[test]
    fn what_cannot_be_resolved_is_explained() {
        let fault = |text: &str| {
            let problem = expand(text).unwrap_err();
            format!("{} -- {}", problem.message, problem.hint.unwrap())
        };
        assert_eq!(
            fault("$pgae"),
            "unknown variable `$pgae` -- did you mean `$page`?"
        );
        assert_eq!(
            fault("$api-x"),
            "unknown variable `$api-x` -- `${api}-x` keeps the name apart"
        );
        assert_eq!(
            fault("$zebra"),
            "unknown variable `$zebra` -- a dollar is written `$$`"
        );
        assert_eq!(
            fault("5 $"),
            "a `$` stands here that begins no variable -- a dollar is written `$$`"
        );
        assert_eq!(
            fault("$A"),
            "a `$` stands here that begins no variable -- a dollar is written `$$`"
        );
        assert_eq!(fault("${page"), "`${` is not closed -- write `${name}`");
        assert_eq!(
            fault("$row"),
            "the axis `row` has rows, not values -- write `$row.type` or `$row.to`"
        );
        assert_eq!(
            fault("$row.typ"),
            "the axis `row` has no column `typ` -- did you mean `type`?"
        );
        assert_eq!(
            fault("${method.x}"),
            "the axis `method` has no column `x` -- write `$method`"
        );
        assert_eq!(
            fault("$chain"),
            "an axis value cannot use another axis (`$method`) -- an axis of rows holds values that belong together"
        );
        assert!(fault("$url").starts_with("`$url` is not known yet"));
    }
}
