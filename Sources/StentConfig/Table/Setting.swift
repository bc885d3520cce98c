/// What the table says about one key: enough to document it, put it into a schema and explain a wrong value.
package struct Setting: Sendable {
    package enum Shape: Sendable {
        /// One value; `schema` describes it without variables.
        case value(Described)
        /// A list of values, of at least so many.
        case list(Described, minimum: Int)
        case section([Setting])
        /// A list of sections, of at least so many.
        case sections([Setting], minimum: Int)
    }

    /// A type as the documentation names it.
    package struct Described: Sendable {
        var name: String
        var range: String
        var schema: JSON
    }

    package enum Default: Sendable, Equatable {
        case required
        /// As one would write it in YAML.
        case value(String)
        /// Another setting, or nothing at all; in words.
        case words(String)
    }

    /// The key inside its section.
    package var key: String
    package var shape: Shape
    package var `default`: Default
    /// What it is for; one sentence or two.
    package var sentence: String
    /// Whether a reload takes it over; else a restart does.
    package var isReloadable: Bool

    /// The settings inside a section; none for values.
    package var children: [Setting] {
        switch shape {
        case .value, .list: []
        case .section(let settings), .sections(let settings, _): settings
        }
    }

    package var isRequired: Bool { `default` == .required }
}
