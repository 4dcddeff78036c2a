//! The macro that declares a draft.

/// Declares a struct that is read from a map: each field is a key, its documentation the description
/// in the schema for editors.
///
/// Makes the struct and its `Read`, `Merge` and `JsonSchema`.
macro_rules! draft {
    (
        $(#[doc = $about:literal])*
        $(#[derive($derive:ident)])?
        struct $name:ident {
            $(
                $(#[doc = $description:literal])*
                $field:ident: $kind:ty,
            )*
        }
    ) => {
        $(#[doc = $about])*
        #[derive(Clone, Debug)]
        $(#[derive($derive)])?
        pub(super) struct $name {
            $(
                $(#[doc = $description])*
                pub(super) $field: $kind,
            )*
        }

        impl $name {
            /// The keys as they are written.
            pub(super) const KEYS: &'static [&'static str] =
                &[$($crate::case::draft::key(stringify!($field))),*];
        }

        impl $crate::case::read::Read for $name {
            fn read(
                node: &$crate::case::yaml::Node,
                faults: &mut Vec<$crate::case::fault::Fault>,
            ) -> Option<Self> {
                let fields = $crate::case::read::Fields::open(node, Self::KEYS, faults)?;
                // Every field is read before any is missed, so that all faults are found.
                $(
                    let $field = fields.take(
                        $crate::case::draft::key(stringify!($field)),
                        &[$($description),*],
                        faults,
                    );
                )*
                Some(Self { $($field: $field?),* })
            }
        }

        impl $crate::case::read::Merge for $name {
            fn over(&self, base: &Self) -> Self {
                Self {
                    $($field: $crate::case::read::Merge::over(&self.$field, &base.$field),)*
                }
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).trim_end_matches("Draft").into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let mut properties = serde_json::Map::new();
                let mut required: Vec<&str> = Vec::new();
                $(
                    let mut schema = generator.subschema_for::<$kind>();
                    $crate::case::draft::describe(&mut schema, &[$($description),*]);
                    let key = $crate::case::draft::key(stringify!($field));
                    properties.insert(key.to_owned(), schema.to_value());
                    if <$kind as $crate::case::read::Field>::REQUIRED {
                        required.push(key);
                    }
                )*
                let mut schema = schemars::json_schema!({
                    "type": "object",
                    "properties": properties,
                    "additionalProperties": false,
                });
                if !required.is_empty() {
                    schema.insert("required".to_owned(), required.into());
                }
                $crate::case::draft::describe(&mut schema, &[$($about),*]);
                schema
            }
        }
    };
}

pub(super) use draft;

/// The key a field stands for; `type` is a word of Rust's.
pub(super) const fn key(field: &'static str) -> &'static str {
    match field.as_bytes() {
        [b'r', b'#', ..] => field.split_at(2).1,
        _ => field,
    }
}

/// Puts documentation into a schema.
pub(super) fn describe(schema: &mut schemars::Schema, lines: &[&str]) {
    let lines: Vec<&str> = lines.iter().map(|line| line.trim()).collect();
    let text = lines
        .join("\n")
        .replace("\n\n", "\u{0}")
        .replace('\n', " ")
        .replace('\u{0}', "\n\n");
    // A reference with siblings is ignored by readers of draft 7, so it is wrapped.
    if schema.get("$ref").is_some() {
        let reference = std::mem::take(schema);
        *schema = schemars::json_schema!({ "allOf": [reference] });
    }
    schema.insert("description".to_owned(), text.trim().into());
}
