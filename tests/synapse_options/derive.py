"""Prints what an installed Synapse reads from its configuration, as JSON: {"version": ..., "options": {NAME: [KIND...]}}.

usage: PYTHON_OF_SYNAPSE derive.py

The source of `synapse/config/*.py` is followed by `ast`, nothing of it is run: from the dictionary that `read_config`
gets, through variables, loops, calls, attrs and pydantic classes and JSON schemas. A NAME is `top.below`, `list[]` for
what is in a list and `table.*` for what has a key of the user's own. A KIND is what the source shows of the value; there
may be none. What the scan cannot follow stands in the exceptions beside it.
"""

import ast
import importlib.metadata
import importlib.util
import json
import pathlib
import sys

# Functions that show the kind of their argument, and those that return it unchanged.
TAKES = {
    "parse_duration": "duration", "parse_size": "size", "int": "int", "float": "number", "strtobool": "bool",
    "check_file": "path", "read_file": "path", "read_secret_from_file_once": "path", "abspath": "path",
    "ensure_directory": "path", "bool": "bool", "str": "string",
}
SAME = {"cast", "dict", "list", "set", "frozenset", "tuple", "sorted", "copy", "deepcopy", "enumerate", "Path", "filter"}
NAMES = {
    "bool": "bool", "int": "int", "float": "number", "str": "string", "dict": "table", "list": "list",
    "StrictBool": "bool", "StrictInt": "int", "StrictStr": "string", "FilePath": "path", "AnyHttpUrl": "string",
    "PositiveInt": "int", "NonNegativeInt": "int", "Mapping": "table", "collections.abc.Mapping": "table",
}
JSON_TYPES = {"boolean": "bool", "integer": "int", "number": "number", "string": "string", "array": "list", "object": "table"}


class Module:
    """One file: its functions, classes and constants by name."""

    def __init__(self, path):
        self.name = path.stem
        self.functions, self.classes, self.constants, self.imports = {}, {}, {}, {}
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                self.functions[node.name] = node
            elif isinstance(node, ast.ClassDef):
                self.classes[node.name] = node
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                self.constants[node.targets[0].id] = node.value
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
                self.constants[node.target.id] = node.value
            elif isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    self.imports[alias.asname or alias.name] = (node.module.rsplit(".", 1)[-1], alias.name)


class Scan:
    """All files, and what was found."""

    def __init__(self, paths):
        self.modules = {path.stem: Module(path) for path in paths}
        self.found, self.results = {}, {}

    def record(self, path, kind=None):
        if path:
            kinds = self.found.setdefault(path, set())
            if kind:
                kinds.add(kind)

    def lookup(self, module, name, table):
        """What a name of a module means, wherever it was imported from."""
        here = getattr(module, table).get(name)
        if here is not None:
            return module, here
        source, original = module.imports.get(name, (None, None))
        other = self.modules.get(source)
        return self.lookup(other, original, table) if other and other is not module else (module, None)

    def run(self):
        for module in list(self.modules.values()):
            for cls in module.classes.values():
                for method in methods(cls).values():
                    if method.name in ("read_config", "generate_files"):
                        Function(self, module, cls).call(method, {"config": ("",)})
        return {path: sorted(kinds) for path, kinds in sorted(self.found.items())}


class Function:
    """One function being followed with what its arguments are: paths, or constant words written as `=word`."""

    def __init__(self, scan, module, cls=None, shared=None):
        self.scan, self.module, self.cls = scan, module, cls
        self.env, self.result = {}, ()
        self.shared = shared if shared is not None else {}

    def call(self, node, arguments):
        key = (self.module.name, self.cls.name if self.cls else "", node.name, tuple(sorted(arguments.items())))
        if key in self.scan.results:
            return self.scan.results[key]
        # A recursive call adds nothing.
        self.scan.results[key] = ()
        self.env = dict(arguments)
        # Twice, since names bound in a loop or a later branch may be used above.
        for _ in range(2):
            for statement in node.body:
                self.statement(statement)
        self.scan.results[key] = self.result
        return self.result

    # Statements.

    def statement(self, node):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            self.module.functions.setdefault(node.name, node)
            return
        if isinstance(node, ast.Assign):
            paths = self.eval(node.value)
            for target in node.targets:
                self.bind(target, paths)
        elif isinstance(node, ast.AnnAssign) and node.value:
            paths = self.eval(node.value)
            self.bind(node.target, paths)
            if kind := annotation(node.annotation):
                for path in paths:
                    self.scan.record(path, kind if kind in ("bool", "string", "int", "number") else None)
        elif isinstance(node, ast.For):
            self.loop(node.target, node.iter)
            for inner in node.body + node.orelse:
                self.statement(inner)
        elif isinstance(node, ast.Return) and node.value:
            self.result = join(self.result, self.eval(node.value))
        else:
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.expr):
                    self.eval(child)
                elif isinstance(child, (ast.stmt, ast.ExceptHandler, ast.withitem)):
                    self.statement(child)

    def bind(self, target, paths):
        if isinstance(target, ast.Name):
            self.env[target.id] = join(self.env.get(target.id, ()), paths)
        elif isinstance(target, ast.Attribute) and is_self(target.value):
            self.shared[target.attr] = join(self.shared.get(target.attr, ()), paths)
        elif isinstance(target, (ast.Tuple, ast.List)):
            for part in target.elts:
                self.bind(part, ())
        elif isinstance(target, ast.Subscript):
            # Values that Synapse writes into its own copy are not options.
            self.eval(target.value)

    def loop(self, target, source):
        if isinstance(source, ast.Name):
            source = self.module.constants.get(source.id, source) if source.id not in self.env else source
        if isinstance(source, (ast.Tuple, ast.List, ast.Set)):
            words = [item.value for item in source.elts if isinstance(item, ast.Constant)]
            self.bind(target, tuple("=" + word for word in words if isinstance(word, str)))
            return
        if isinstance(source, ast.Call) and isinstance(source.func, ast.Attribute) and source.func.attr in ("items", "values"):
            constant = self.constant(source.func.value) if isinstance(source.func.value, ast.Name) else None
            if isinstance(constant, dict) and isinstance(target, ast.Tuple):
                self.bind(target.elts[0], tuple("=" + word for word in constant if isinstance(word, str)))
                return
            below = tuple(f"{path}.*" for path in self.eval(source.func.value) if path and not path.startswith("="))
            value = target.elts[-1] if isinstance(target, ast.Tuple) else target
            self.bind(value, below)
            return
        numbered = isinstance(source, ast.Call) and name_of(source.func) == "enumerate"
        paths = self.eval(source.args[0] if numbered else source)
        items = tuple(f"{path}[]" for path in paths if path and not path.startswith("="))
        self.bind(target.elts[-1] if numbered and isinstance(target, ast.Tuple) else target, items)

    # Expressions.

    def eval(self, node):
        if isinstance(node, ast.Name):
            return self.env.get(node.id, ())
        if isinstance(node, ast.Constant):
            return ("=" + node.value,) if isinstance(node.value, str) and node.value else ()
        if isinstance(node, ast.Attribute):
            return self.shared.get(node.attr, ()) if is_self(node.value) else self.skip(node)
        if isinstance(node, ast.Call):
            return self.called(node)
        if isinstance(node, ast.Subscript):
            return self.key(self.eval(node.value), node.slice)
        if isinstance(node, ast.NamedExpr):
            paths = self.eval(node.value)
            self.bind(node.target, paths)
            return paths
        if isinstance(node, ast.BoolOp):
            parts = [self.eval(part) for part in node.values]
            if isinstance(node.op, ast.Or) and len(node.values) == 2 and (kind := literal(node.values[1])):
                for path in parts[0]:
                    self.scan.record(path, kind) if not path.startswith("=") else None
            return join(*parts)
        if isinstance(node, ast.IfExp):
            self.eval(node.test)
            return join(self.eval(node.body), self.eval(node.orelse))
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.In, ast.NotIn)):
            self.key(self.eval(node.comparators[0]), node.left)
            self.eval(node.left) if not isinstance(node.left, ast.Constant) else None
            return ()
        if isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)):
            for part in node.generators:
                self.loop(part.target, part.iter)
                for condition in part.ifs:
                    self.eval(condition)
            self.eval(node.key) if isinstance(node, ast.DictComp) else None
            inner = self.eval(node.value if isinstance(node, ast.DictComp) else node.elt)
            return tuple(path[:-2] for path in inner if path.endswith("[]"))
        return self.skip(node)

    def skip(self, node):
        """Looks at the parts of something that is itself no option."""
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.eval(child)
        return ()

    def key(self, paths, index):
        """What `paths[index]` is: a key when the index is a word, an item of a list when it is a number."""
        words = self.eval(index) if not isinstance(index, ast.Slice) else ()
        words = [word[1:] for word in words if word.startswith("=")]
        paths = [path for path in paths if not path.startswith("=")]
        if not words:
            number = isinstance(index, ast.Constant) and isinstance(index.value, int)
            return tuple(path + "[]" for path in paths if path) if number else tuple(f"{path}.*" for path in paths if path)
        below = tuple(f"{path}.{word}".lstrip(".") for path in paths for word in words)
        for path in below:
            self.scan.record(path)
        return below

    def called(self, node):
        function, args = node.func, node.args
        if isinstance(function, ast.Attribute) and function.attr in ("get", "pop", "setdefault") and args:
            paths = self.key(self.eval(function.value), args[0])
            if len(args) > 1:
                self.eval(args[1])
                for path in paths:
                    self.scan.record(path, literal(args[1]))
            return paths
        name = name_of(function)
        if name == "isinstance" and len(args) == 2:
            for path in self.eval(args[0]):
                for kind in kinds(args[1]):
                    self.scan.record(path, kind) if not path.startswith("=") else None
            return ()
        if name == "validate_config" and len(args) > 1:
            for path in self.eval(args[1]):
                self.schema(self.constant(args[0]), path)
            return ()
        given = [self.eval(arg) for arg in args]
        named = {word.arg: self.eval(word.value) for word in node.keywords}
        if name == "parse_and_validate_mapping":
            for path in given[0] if given else ():
                self.fields(name_of(args[1]), path + ".*")
            return ()
        if name == "model_validate":
            for path in given[0]:
                self.fields(name_of(function.value), path)
            return ()
        if name == "parse" and name_of(function.value) == "RatelimitSettings":
            # It splits the name at its dots, which no scan can follow.
            for path in self.key(given[0], args[1]):
                self.fields("Rate", path)
                while "." in path:
                    path = path.rsplit(".", 1)[0]
                    self.scan.record(path, "table")
            return ()
        if name in TAKES and given:
            for path in given[0]:
                self.scan.record(path, TAKES[name]) if not path.startswith("=") else None
            return given[0]
        if name in SAME and given:
            return given[-1]
        for path in named.get(None, ()):
            self.fields(name, path)
        return self.follow(function, name, given, named)

    def follow(self, function, name, given, named):
        """A function of Synapse's own configuration that gets a part of the dictionary."""
        module, node, cls, shared = self.module, None, None, None
        first = 0
        if isinstance(function, ast.Attribute) and is_self(function.value) and self.cls:
            cls, node = self.cls, methods(self.cls).get(name)
            first, shared = 1, self.shared
        elif isinstance(function, ast.Attribute):
            owner = name_of(function.value)
            module, cls = self.scan.lookup(self.module, owner, "classes")
            node = methods(cls).get(name) if cls else None
            first = 1 if node and not has_decorator(node, "staticmethod") else 0
        else:
            module, node = self.scan.lookup(self.module, name, "functions")
            if node is None:
                module, cls = self.scan.lookup(self.module, name, "classes")
                node, first = methods(cls).get("__init__") if cls else None, 1
        if node is None:
            return ()
        parameters = [arg.arg for arg in node.args.posonlyargs + node.args.args][first if not has_decorator(node, "staticmethod") else 0:]
        arguments = {**dict(zip(parameters, given)), **{word: paths for word, paths in named.items() if word}}
        arguments = {word: paths for word, paths in arguments.items() if paths}
        if not any(not path.startswith("=") for paths in arguments.values() for path in paths):
            return ()
        return Function(self.scan, module, cls, shared).call(node, arguments)

    # Classes and schemas.

    def fields(self, name, path):
        if name == "Rate":
            self.scan.record(path + ".per_second", "number")
            self.scan.record(path + ".burst_count", "int")
        module, cls = self.scan.lookup(self.module, name, "classes")
        if cls is None:
            either = self.module.constants.get(name)
            for part in ast.walk(either) if isinstance(either, ast.BinOp) else ():
                self.fields(name_of(part), path)
            return
        for base in cls.bases:
            Function(self.scan, module).fields(name_of(base), path)
        for field in cls.body:
            if not isinstance(field, ast.AnnAssign) or "ClassVar" in ast.dump(field.annotation):
                continue
            below = f"{path}.{field.target.id}"
            self.scan.record(below, annotation(field.annotation))
            for inner, suffix in models(field.annotation):
                Function(self.scan, module).fields(inner, below + suffix)

    def constant(self, node):
        if isinstance(node, ast.Name):
            module, value = self.scan.lookup(self.module, node.id, "constants")
            return Constants(self.scan, module).value(value) if value is not None else None
        return Constants(self.scan, self.module).value(node)

    def schema(self, schema, path):
        if not isinstance(schema, dict):
            return
        types = schema.get("type")
        for word in types if isinstance(types, list) else [types]:
            self.scan.record(path, JSON_TYPES.get(word))
        for name, inner in (schema.get("properties") or {}).items():
            below = f"{path}.{name}".lstrip(".")
            self.scan.record(below)
            self.schema(inner, below)
        for inner in schema.get("oneOf", []) + schema.get("anyOf", []) + schema.get("allOf", []):
            self.schema(inner, path)
        items = schema.get("items")
        for inner in items if isinstance(items, list) else [items]:
            self.schema(inner, path + "[]")
        if isinstance(schema.get("additionalProperties"), dict):
            self.schema(schema["additionalProperties"], path + ".*")


class Constants:
    """Literals that name other literals."""

    def __init__(self, scan, module):
        self.scan, self.module = scan, module

    def value(self, node):
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Dict):
            plain = {self.value(key): self.value(value) for key, value in zip(node.keys, node.values) if key}
            for key, value in zip(node.keys, node.values):
                if key is None and isinstance(spread := self.value(value), dict):
                    plain = {**spread, **plain}
            return plain
        if isinstance(node, (ast.List, ast.Tuple)):
            return [self.value(item) for item in node.elts]
        if isinstance(node, ast.Name):
            module, value = self.scan.lookup(self.module, node.id, "constants")
            return Constants(self.scan, module).value(value) if value is not None else None
        return None


def methods(cls):
    return {node.name: node for node in cls.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}


def has_decorator(node, name):
    return any(name_of(one) == name for one in node.decorator_list)


def is_self(node):
    return isinstance(node, ast.Name) and node.id in ("self", "cls")


def name_of(node):
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def join(*parts):
    """All paths of all parts; what calls itself for every level of a tree would never end."""
    return tuple(dict.fromkeys(path for part in parts for path in part if path.count(".*") < 3))


def literal(node):
    """The kind of a default, where it tells anything."""
    if isinstance(node, ast.Constant):
        return {bool: "bool", int: "int", float: "number", str: "string"}.get(type(node.value)) if node.value != "" else None
    return {ast.List: "list", ast.Dict: "table"}.get(type(node))


def kinds(node):
    parts = node.elts if isinstance(node, ast.Tuple) else [node]
    return [NAMES[name_of(part)] for part in parts if name_of(part) in NAMES]


def annotation(node):
    """The kind that a type names; none where it may be several."""
    named = {name_of(part) for part in ast.walk(node)}
    if checked := named & {"parse_size", "parse_duration", "ConfigByteSize"}:
        return "duration" if "parse_duration" in checked else "size"
    found = {NAMES[name] for name in named if name in NAMES}
    whole = name_of(node.value) if isinstance(node, ast.Subscript) else ""
    if whole in ("list", "List", "Sequence", "StrSequence"):
        return "list"
    if whole in ("dict", "Dict", "Mapping"):
        return "table"
    return found.pop() if len(found) == 1 else None


def models(node):
    """Names of classes in a type, with `[]` for those in a list."""
    inside = isinstance(node, ast.Subscript) and name_of(node.value) in ("list", "List", "Sequence", "tuple")
    suffix = "[]" if inside or "list" in {name_of(part) for part in ast.walk(node)} else ""
    return [(part.id, suffix) for part in ast.walk(node) if isinstance(part, ast.Name)]


def main():
    root = pathlib.Path(importlib.util.find_spec("synapse").submodule_search_locations[0])
    options = Scan([*sorted((root / "config").glob("*.py")), root / "util" / "module_loader.py"]).run()
    json.dump({"version": importlib.metadata.version("matrix-synapse"), "options": options}, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
