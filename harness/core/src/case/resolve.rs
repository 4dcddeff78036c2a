//! From drafts to values: variables are replaced, defaults of the format filled in.

use std::path::PathBuf;
use std::sync::Arc;

use super::fault::{Fault, Place};
use super::read::{Placed, Setting};
use super::scalar::{FromText, Templated};
use super::scenario::{Located, Location};
use super::template::Scope;

/// Puts one permutation together and collects what is wrong with it.
#[derive(Debug)]
pub(super) struct Resolver<'draft> {
    pub(super) scope: Scope<'draft>,
    pub(super) file: &'draft Arc<PathBuf>,
    /// Whether a server under test answers, and not a script.
    pub(super) has_policy: bool,
    pub(super) faults: Vec<Fault>,
}

impl Resolver<'_> {
    /// The value of a scalar; a `None` has added a fault.
    pub(super) fn value<T: FromText>(&mut self, template: &Templated<T>) -> Option<T> {
        match template.resolve(&self.scope) {
            Ok(value) => Some(value),
            Err(fault) => {
                self.faults.push(fault);
                None
            }
        }
    }

    /// The value of a setting, if it has one.
    pub(super) fn setting<T: FromText>(&mut self, setting: &Setting<Templated<T>>) -> Option<T> {
        setting.given().and_then(|template| self.value(template))
    }

    /// The value of a setting, or what it is by default. A fault in it does not hide those that follow.
    pub(super) fn value_or<T: FromText>(
        &mut self,
        setting: &Setting<Templated<T>>,
        default: &str,
    ) -> Option<T> {
        let value = self.setting(setting);
        value.or_else(|| {
            let text = Placed {
                place: Place::default(),
                value: default.to_owned(),
            };
            self.value(&Templated::new(text))
        })
    }

    /// The value of a setting, and where it is written.
    pub(super) fn located<T: FromText>(
        &mut self,
        setting: &Setting<Templated<T>>,
    ) -> Option<Located<T>> {
        let template = setting.given()?;
        let location = self.location(template.text.place);
        self.value(template)
            .map(|value| Located { value, location })
    }

    pub(super) fn location(&self, place: Place) -> Location {
        Location {
            file: Arc::clone(self.file),
            line: place.line,
            column: place.column,
        }
    }

    /// Adds a fault that this permutation has.
    pub(super) fn refuse(&mut self, place: Place, message: &str, hint: &str) {
        let fault = Fault::new(place, message).hint(hint);
        self.faults.push(match self.scope.axes {
            [] => fault,
            _ => fault.note(format!("in {}", self.scope.permutation)),
        });
    }
}
