//! The values that a function's body is replaced by, from the type that it returns. The same as cargo-mutants takes.

use syn::{GenericArgument, PathArguments, ReturnType, Type, TypePath};

/// Tuples and nested types multiply; beyond these the values say nothing new.
const MOST: usize = 6;

/// What `return` can give back instead. `impl Trait` has none: the body's own type is the only one.
pub fn of_return(output: &ReturnType) -> Vec<String> {
    match output {
        ReturnType::Default => vec!["()".to_owned()],
        ReturnType::Type(_, of) => of_type(of),
    }
}

fn of_type(of: &Type) -> Vec<String> {
    let mut values = match of {
        Type::Path(path) => of_path(path),
        Type::Paren(inner) => of_type(&inner.elem),
        Type::Group(inner) => of_type(&inner.elem),
        Type::Reference(reference) => match &*reference.elem {
            Type::Path(path) if path.path.is_ident("str") => texts(["\"\"", "\"xyzzy\""]),
            Type::Slice(slice) => {
                let mut values = texts(["Vec::leak(Vec::new())"]);
                values.extend(of_type(&slice.elem).iter().map(|value| format!("Vec::leak(vec![{value}])")));
                values
            }
            elem => around(elem, "Box::leak(Box::new(", "))"),
        },
        Type::Tuple(tuple) => {
            let mut rows = vec![String::new()];
            for elem in &tuple.elems {
                let values = of_type(elem);
                rows = rows.iter().flat_map(|row| values.iter().map(move |value| format!("{row}{value}, "))).collect();
            }
            rows.iter().map(|row| format!("({row})")).collect()
        }
        _ => Vec::new(),
    };
    values.truncate(MOST);
    values
}

fn of_path(path: &TypePath) -> Vec<String> {
    let Some(last) = path.path.segments.last() else { return Vec::new() };
    let arguments: Vec<&Type> = match &last.arguments {
        PathArguments::AngleBracketed(list) => list
            .args
            .iter()
            .filter_map(|argument| match argument {
                GenericArgument::Type(of) => Some(of),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    };
    let name = last.ident.to_string();
    match (name.as_str(), arguments.as_slice()) {
        ("bool", _) => texts(["true", "false"]),
        ("String", _) => texts(["String::new()", "\"xyzzy\".into()"]),
        ("u8" | "u16" | "u32" | "u64" | "u128" | "usize", _) => texts(["0", "1"]),
        ("i8" | "i16" | "i32" | "i64" | "i128" | "isize", _) => texts(["0", "1", "-1"]),
        ("f32" | "f64", _) => texts(["0.0", "1.0", "-1.0"]),
        ("Option", [of]) => [texts(["None"]), around(of, "Some(", ")")].concat(),
        ("Result", [of, ..]) => around(of, "Ok(", ")"),
        ("Vec", [of]) => [texts(["vec![]"]), around(of, "vec![", "]")].concat(),
        ("Box" | "Rc" | "Arc", [of]) => around(of, &format!("{name}::new("), ")"),
        ("BTreeSet" | "VecDeque", [of]) => {
            [texts(["Default::default()"]), around(of, &format!("{name}::from(["), "])")].concat()
        }
        _ => texts(["Default::default()"]),
    }
}

fn around(of: &Type, before: &str, after: &str) -> Vec<String> {
    of_type(of).iter().map(|value| format!("{before}{value}{after}")).collect()
}

fn texts<const N: usize>(values: [&str; N]) -> Vec<String> {
    values.map(str::to_owned).to_vec()
}
