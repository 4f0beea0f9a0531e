//! Builds declarations as expansion does.

use matrixform::for_tests::diagnostic::{Diagnostic, Place, Source};
use matrixform::for_tests::resource::{
    Address, Attribute, Declared, DeclaredValue, Effect, Kind, Origin, Resource, kind,
};
use matrixform::for_tests::secret::Content;

/// A declaration under construction.
pub(crate) struct Declaring(Declared);

/// An empty declaration of this kind and name.
pub(crate) fn declaring(kind: &str, name: &str) -> Declaring {
    Declaring(Declared {
        address: Address::new(kind, name),
        attributes: Default::default(),
        needs: Vec::new(),
        activation: None,
        effect: None,
        why: None,
        origin: Origin { module: "spec".into(), declared: place(), requested: None },
    })
}

fn place() -> Place {
    Place::new(&Source::new("spec.toml", "[[resource]]"), 0..12)
}

impl Declaring {
    /// Adds an attribute.
    pub(crate) fn with(mut self, name: &str, value: DeclaredValue) -> Declaring {
        self.0.attributes.insert(name.into(), Attribute { value, place: place() });
        self
    }

    /// Adds a text attribute.
    pub(crate) fn text(self, name: &str, text: &str) -> Declaring {
        self.with(name, DeclaredValue::Text(Content::plain(text)))
    }

    /// Adds an attribute with a list of texts.
    pub(crate) fn list(self, name: &str, items: &[&str]) -> Declaring {
        let items = items.iter().map(|item| DeclaredValue::Text(Content::plain(*item))).collect();
        self.with(name, DeclaredValue::List(items))
    }

    /// Joins an activation, with an optional effect of its own.
    pub(crate) fn activation(mut self, name: &str, effect: Option<Effect>) -> Declaring {
        self.0.activation = Some(name.into());
        self.0.effect = effect;
        self
    }

    /// Returns the resource.
    pub(crate) fn made(&self) -> Box<dyn Resource> {
        (self.kind().declare)(&self.0).unwrap()
    }

    /// Returns the problems of a declaration that must be refused.
    pub(crate) fn refused(&self) -> Vec<Diagnostic> {
        (self.kind().declare)(&self.0).unwrap_err()
    }

    fn kind(&self) -> &'static Kind {
        kind(&self.0.address.kind).unwrap()
    }
}

/// One record of an answer.
pub(crate) fn record(key: &str, fields: &[(&str, &str)]) -> Vec<u8> {
    let mut body = format!("{key}\0");
    for (name, value) in fields {
        body += &format!("{name}={value}\0");
    }
    (body + "\0").into_bytes()
}
