import StentModel

/// What is wrong with a value, for people.
package struct ContractProblem: Sendable, Equatable {
    /// Where (RFC 6901); of a member that is missing, where it would be. Empty: the whole content, or no content is
    /// meant at all. One that would be longer than `longestPointer` leads to a value around the one that is meant.
    package var pointer: String
    /// `must be a string, not a number`: goes behind the pointer; never holds the value, which may be a patient's data.
    package var sentence: String

    package static let longestPointer = 512

    package init(pointer: String = "", sentence: String) {
        self.pointer = pointer
        self.sentence = sentence
    }
}

/// What came of judging a value by a schema.
package struct SchemaFinding: Sendable, Equatable {
    /// Empty where the value is as the schema says; otherwise the first ones, `SchemaRule.mostProblems` at most.
    package var problems: [ContractProblem] = []
    /// `JSONValue.index` of members that no schema mentions; empty where there are problems or where they were not asked
    /// for.
    package var undeclared: Set<Int> = []

    package init(problems: [ContractProblem] = [], undeclared: Set<Int> = []) {
        self.problems = problems
        self.undeclared = undeclared
    }
}

/// Judges JSON values by the schemas of a contract (JSON Schema 2020-12, the keywords of `ContractSchema`).
///
/// A member is *declared* where a schema of its object lists it or covers it by `additionalProperties`, through `$ref`,
/// `allOf` and the branches of `anyOf` and `oneOf` that the object fits: what `unevaluatedProperties` sees (2020-12 core
/// §11.3). So is one that is only `required`: left out, it would be missing upstream. A value for which there is no schema, or one that says nothing about objects, may hold any members.
///
/// The work is bounded by the size of the value, whatever the schemas make of it: beyond, the value is refused.
package struct SchemaRule: Sendable {
    /// What becomes of members that no schema mentions.
    package enum Undeclared: Sendable {
        case ignored
        case collected
        /// Each is a problem.
        case refused
    }

    package static let mostProblems = 20

    private let plans: [SchemaPlan]

    /// - Throws: the first fault of a pattern.
    package init(_ contract: Contract) throws(PatternFault) {
        var plans: [SchemaPlan] = []
        for schema in contract.schemas { plans.append(try SchemaPlan(schema)) }
        self.plans = plans.indices.map { plans[Self.meaning(of: $0, contract.schemas)] }
    }

    /// The schema that a mere `$ref` stands for, so that it costs no step: most members are described by one.
    private static func meaning(of index: Int, _ schemas: [ContractSchema]) -> Int {
        var index = index
        for _ in 0..<8 {
            guard let target = schemas[index].reference else { return index }
            var plain = ContractSchema()
            plain.reference = target
            plain.title = schemas[index].title
            guard schemas[index] == plain else { return index }
            index = target.value
        }
        return index
    }

    package func judge(_ value: JSONValue, by schema: SchemaIndex, undeclared: Undeclared) -> SchemaFinding {
        var judgement = SchemaJudgement(plans, of: value, undeclared)
        judgement.run(by: schema.value)
        return judgement.finding
    }

    /// Whether a value of that type can fit, as far as `type` says, also behind `$ref`.
    package func admits(_ type: SchemaType, by schema: SchemaIndex) -> Bool {
        let admitted = SchemaJudgement.types(of: schema.value, plans)
        let bit = SchemaPlan.bit(type)
        return admitted == 0 || admitted & bit != 0 || type == .integer && admitted & SchemaPlan.bit(.number) != 0
    }

    /// The bounds of a schema that says nothing but that a value is an integer between two small ones.
    func integers(of schema: SchemaIndex) -> ClosedRange<Int>? {
        let plan = plans[schema.value]
        let source = plan.source
        var plain = ContractSchema()
        plain.types = [.integer]
        plain.minimum = source.minimum
        plain.maximum = source.maximum
        plain.title = source.title
        guard source == plain, source.minimum == nil || plan.minimum?.small != nil,
            source.maximum == nil || plan.maximum?.small != nil
        else { return nil }
        let (lower, upper) = (plan.minimum?.small ?? .min, plan.maximum?.small ?? .max)
        return lower <= upper ? lower...upper : nil
    }
}
