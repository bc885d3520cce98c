import StentModel

/// Turns an OpenAPI 3.1 document, YAML or JSON, into a contract, or into every problem that it has.
///
/// What a document says and stent does not enforce is a problem: nobody should rely on a sentence that does not hold.
/// What only describes (titles, examples, tags) is read over. docs/contract.md lists both.
package enum ContractReader {
    /// Far above a document that people write, and small enough to be read at each reload.
    static let maximumSize = 1 << 20

    /// A document that was found good.
    struct Document: Sendable {
        var contract: Contract
        /// What the document says, as JSON on one line: what two of them are compared by.
        var canonicalText: String
    }

    /// - Parameters:
    ///   - bytes: the document.
    ///   - path: its name, for messages.
    /// - Returns: the contract, or the problems; at least one.
    package static func read(_ bytes: [UInt8], path: String) -> Result<Contract, ConfigProblems> {
        document(bytes, path: path).map(\.contract)
    }

    static func document(_ bytes: [UInt8], path: String) -> Result<Document, ConfigProblems> {
        do throws(ConfigProblem) {
            let source = try SourceText(bytes, maximumSize: maximumSize)
            var reader = YAMLReader(source, content: "document")
            guard let root = reader.read() else {
                return .failure(ConfigProblems(file: path, problems: reader.problems))
            }
            var reading = ContractReading()
            let contract = reading.contract(of: root)
            let problems = reader.problems + reading.problems
            guard problems.isEmpty else { return .failure(ConfigProblems(file: path, problems: problems)) }
            return .success(Document(contract: contract, canonicalText: root.json))
        } catch {
            return .failure(ConfigProblems(file: path, problems: [error]))
        }
    }
}
