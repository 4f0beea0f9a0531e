//! Kind `debconf` against answers from its database.

use crate::declaring::declaring;
use matrixform::for_tests::resource::{
    Action, Answers, Comparison, Context, DeclaredValue, Observed, Resource,
};
use matrixform::for_tests::secret::{Content, Secret};

fn observe(resource: &dyn Resource, records: &str) -> Comparison {
    let mut answers = Answers::default();
    answers.add("debconf_observe", 0, records.as_bytes());
    let context = Context::default();
    resource.compare(&context, &resource.observe(&context, &answers))
}

#[test]
fn an_answer_is_set_unless_it_is_stored() {
    let debconf = declaring("debconf", "p/q").text("package", "pp").text("value", "a  b").made();
    assert_eq!(observe(&*debconf, "/\0seen=yes\0\0p/q\0value=a  b\0\0"), Comparison::unchanged());
    let other = observe(&*debconf, "/\0seen=yes\0\0p/q\0value=\0\0");
    assert_eq!(other.action, Action::Update);
    let none = observe(&*debconf, "/\0seen=yes\0\0");
    assert_eq!(none.action, Action::Create);
    let step = &debconf.converge(&Context::default(), &none)[0];
    assert_eq!(step.call.args, ["pp", "p/q", "string"]);
    assert_eq!(debconf.provides(), ["debconf:pp"]);
}

#[test]
fn a_secret_answer_is_compared_by_digest() {
    let secret = DeclaredValue::Text(Content::secret(&Secret::new("a/b", "s3cret")));
    let debconf = declaring("debconf", "p/q").text("package", "pp").with("value", secret).made();
    let digest = Content::plain("s3cret").digest();
    let same = format!("/\0seen=yes\0\0p/q\0sha256={digest}\0\0");
    assert_eq!(observe(&*debconf, &same), Comparison::unchanged());
    let other = observe(&*debconf, "/\0seen=yes\0\0p/q\0sha256=00\0\0");
    assert!(other.is_change() && !format!("{other:?}").contains("s3cret"));
}

#[test]
fn an_unreadable_database_is_unknown() {
    let debconf = declaring("debconf", "p/q").text("package", "pp").text("value", "x").made();
    let observed = debconf.observe(&Context::default(), &Answers::default());
    assert!(matches!(observed, Observed::Unknown(_)));
}

#[test]
fn ambiguous_answers_are_refused() {
    let wrong = declaring("debconf", "p q").text("package", "P").text("type", "int");
    assert_eq!(wrong.text("value", "a\npp x/y string z").refused().len(), 4);
}
