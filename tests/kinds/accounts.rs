//! Kinds `user` and `group` against the output of getent and id.

use crate::declaring::declaring;
use matrixform::for_tests::resource::{
    Action, Answers, AttributeValue, Comparison, Context, DeclaredValue, Resource,
};

const ROOT: &[u8] = b"root\0home=/root\0shell=/bin/bash\0groups=root\0\0";
const BRIDGE: &[u8] =
    b"bridge\0home=/var/lib/bridge\0shell=/usr/sbin/nologin\0groups=bridge ssl-cert adm\0\0";

fn compare(resource: &dyn Resource, function: &str, records: &[&[u8]]) -> Comparison {
    let mut answers = Answers::default();
    records.iter().for_each(|record| answers.add(function, 0, record));
    let context = Context::default();
    resource.compare(&context, &resource.observe(&context, &answers))
}

#[test]
fn a_missing_account_is_created_with_suitable_defaults() {
    let system = declaring("user", "bridge").with("system", DeclaredValue::Bool(true)).made();
    let change = compare(&*system, "user_observe", &[ROOT]);
    assert_eq!(change.action, Action::Create);
    let step = &system.converge(&Context::default(), &change)[0];
    let shell = "/usr/sbin/nologin";
    let words = ["bridge", "/nonexistent", shell, "", "", "--no-create-home", "--system"];
    assert_eq!(
        (step.call.function, step.call.args.as_slice()),
        ("user_make", &words.map(String::from)[..])
    );
    assert_eq!(system.provides(), ["user:bridge", "group:bridge"]);
}

#[test]
fn only_declared_attributes_are_compared() {
    let plain = declaring("user", "bridge").made();
    assert_eq!(compare(&*plain, "user_observe", &[ROOT, BRIDGE]), Comparison::unchanged());
    let same = declaring("user", "bridge").text("home", "/var/lib/bridge").text("group", "bridge");
    let same = same.list("groups", &["ssl-cert", "adm", "adm", "bridge"]).made();
    assert_eq!(compare(&*same, "user_observe", &[ROOT, BRIDGE]), Comparison::unchanged());
}

#[test]
fn only_differing_attributes_are_changed() {
    let user = declaring("user", "bridge").text("shell", "/bin/sh").text("home", "/var/lib/bridge");
    let user = user.list("groups", &[]).made();
    let change = compare(&*user, "user_observe", &[ROOT, BRIDGE]);
    assert_eq!(change.action, Action::Update);
    assert!(change.differs("shell") && change.differs("groups") && !change.differs("home"));
    let step = &user.converge(&Context::default(), &change)[0];
    assert_eq!(step.call.args, ["bridge", "", "/bin/sh", "", "="]);
}

#[test]
fn a_missing_answer_is_unknown() {
    for (kind, function) in [("user", "user_observe"), ("group", "group_observe")] {
        let change = compare(&*declaring(kind, "bridge").made(), function, &[]);
        assert!(matches!(change.differences[0].from, AttributeValue::Unknown(_)), "{kind}");
    }
}

#[test]
fn a_missing_group_is_created() {
    let group = declaring("group", "tls").made();
    let root: &[u8] = b"root\0gid=0\0\0";
    assert_eq!(
        compare(&*group, "group_observe", &[root, b"tls\0gid=7\0\0"]),
        Comparison::unchanged()
    );
    assert_eq!(compare(&*group, "group_observe", &[root]).action, Action::Create);
}

#[test]
fn refuses_names_and_paths_that_the_tools_would_misread() {
    for name in ["-r", "0", "a:b", "Root", ""] {
        assert_eq!(declaring("user", name).refused().len(), 1, "{name}");
        assert_eq!(declaring("group", name).refused().len(), 1, "{name}");
    }
    let wrong = declaring("user", "a").text("home", "/a:b").text("shell", "sh").text("group", "-");
    assert_eq!(wrong.list("groups", &["a b"]).refused().len(), 4);
}
