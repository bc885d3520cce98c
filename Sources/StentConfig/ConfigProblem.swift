/// One thing that is wrong with a configuration file: where, what, and what to write instead.
///
/// A sentence never holds a secret: text that came out of a variable or a file is shown as it is written in the YAML
/// (`${NAME}`), not as what it expanded to.
package struct ConfigProblem: Error, Sendable, Equatable {
    /// What kind of problem. Raw values are an interface: add, never rename.
    package enum Code: String, Sendable, CaseIterable {
        /// The file is not the YAML that stent reads.
        case syntax = "config.syntax"
        case unknownKey = "config.unknown-key"
        case duplicateKey = "config.duplicate-key"
        /// The same value twice in a list where each may stand once.
        case duplicateValue = "config.duplicate-value"
        case missingKey = "config.missing-key"
        case wrongType = "config.wrong-type"
        case outOfRange = "config.out-of-range"
        /// Not one of the words that the setting knows.
        case unknownValue = "config.unknown-value"
        /// A route's `match` that can't be read.
        case badPattern = "config.bad-pattern"
        /// A `${...}` that can't be read.
        case badVariable = "config.bad-variable"
        case unsetVariable = "config.unset-variable"
        case unreadableFile = "config.unreadable-file"
        /// A certificate or key file whose content is not the PEM it should be.
        case notPEM = "config.not-pem"
        /// Settings that are each right and can't hold together.
        case contradiction = "config.contradiction"
        /// A route that never matches, because an earlier one always does. A warning.
        case shadowedRoute = "config.shadowed-route"

        // Of a contract's document; what is wrong with it as YAML or JSON is `config.syntax` and `config.duplicate-key`.

        /// A keyword or a feature that is not enforced: a contract says nothing that does not hold.
        case contractUnsupported = "contract.unsupported"
        /// Nothing that OpenAPI 3.1 or JSON Schema knows.
        case contractUnknownKey = "contract.unknown-key"
        case contractMissingKey = "contract.missing-key"
        case contractWrongType = "contract.wrong-type"
        /// A `$ref` that leads nowhere, or round in circles.
        case contractBadReference = "contract.bad-reference"
        /// A path that can't be read, or does not fit its parameters.
        case contractBadTemplate = "contract.bad-template"
        /// A `pattern` that can't be read.
        case contractBadPattern = "contract.bad-pattern"
        /// What is right by itself and can't hold together.
        case contractConflict = "contract.conflict"
    }

    package var code: Code
    package var place: Place
    package var sentence: String
    /// What to write instead, where that is known.
    package var help: String?

    package init(_ code: Code, at place: Place, _ sentence: String, help: String? = nil) {
        self.code = code
        self.place = place
        self.sentence = sentence
        self.help = help
    }

    /// `file:line:column: code: sentence`, and the help on a line of its own.
    package func text(file: String) -> String {
        let line = "\(file):\(place.line):\(place.column): \(code.rawValue): \(sentence)"
        return help.map { "\(line)\n  help: \($0)" } ?? line
    }
}

/// A position in a configuration file.
package struct Place: Sendable, Hashable, Comparable {
    /// From 1.
    package var line: Int
    /// From 1, in Unicode scalars.
    package var column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    package static let start = Place(line: 1, column: 1)

    package static func < (left: Place, right: Place) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

/// Every problem of one configuration file, in the order of the file, and then those of files that it refers to.
package struct ConfigProblems: Error, Sendable, CustomStringConvertible {
    /// The file's name as the operator gave it.
    package var file: String
    package var problems: [ConfigProblem]
    /// Those of other files that are read because this one names them.
    package var referred: [ConfigProblems]

    package init(file: String, problems: [ConfigProblem], referred: [ConfigProblems] = []) {
        self.file = file
        self.referred = referred
        // Sorted by place; those of one place stay in the order in which they were found.
        self.problems = problems.enumerated()
            .sorted { ($0.element.place, $0.offset) < ($1.element.place, $1.offset) }
            .map(\.element)
    }

    /// Nothing is wrong, here and in the files referred to.
    package var isEmpty: Bool { problems.isEmpty && referred.allSatisfy(\.isEmpty) }

    /// One line for each problem, with its help below it.
    package var description: String {
        (problems.map { $0.text(file: file) } + referred.filter { !$0.isEmpty }.map(\.description))
            .joined(separator: "\n")
    }
}
