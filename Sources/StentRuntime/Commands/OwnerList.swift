import StentModel
import StentPolicy

/// Owners in a file: a JSON list of records as the upstream answers it, or lines `id,owner`.
enum OwnerList {
    /// - Throws: `StentServer.Failure` that says what is wrong, and where.
    static func read(_ bytes: [UInt8], of resource: OwnedResourceSettings) throws -> [OwnershipFact] {
        let first = bytes.first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }
        return first == UInt8(ascii: "[") ? try json(bytes, resource) : try lines(bytes, resource)
    }

    private static func json(_ bytes: [UInt8], _ resource: OwnedResourceSettings) throws -> [OwnershipFact] {
        let document: JSONDocument
        do throws(JSONFault) {
            document = try JSONDocument(bytes, limits: .init(values: 50_000_000))
        } catch {
            throw StentServer.Failure("the list is not JSON: \(error.kind.rawValue) at byte \(error.offset)")
        }
        var settings = OwnershipSettings()
        settings.resources = [resource]
        let facts = OwnershipRule(settings).facts(of: .reads(0, id: nil), status: 200, content: document)
        guard facts.count == document.root.count else {
            throw StentServer.Failure(
                "\(document.root.count - facts.count) of \(document.root.count) records have no `\(resource.id)` or no "
                    + "`\(resource.field)` that can be read; nothing was imported")
        }
        return facts
    }

    private static func lines(_ bytes: [UInt8], _ resource: OwnedResourceSettings) throws -> [OwnershipFact] {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw StentServer.Failure("the list is not UTF-8")
        }
        var facts: [OwnershipFact] = []
        for (number, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let parts = line.split(separator: ",", omittingEmptySubsequences: false).map(trimmed)
            if parts.allSatisfy(\.isEmpty) || number == 0 && parts.first == resource.id { continue }
            // Quoted, an id would be another one.
            guard parts.count == 2, !parts[0].isEmpty,
                parts.allSatisfy({ $0.utf8.count <= 256 && !$0.contains("\"") })
            else {
                throw StentServer.Failure("line \(number + 1) is not `id,owner`; nothing was imported")
            }
            facts.append(OwnershipFact(OwnedRecord(resource: resource.name, id: parts[0]), owner: parts[1]))
        }
        return facts
    }

    private static func trimmed(_ text: Substring) -> String {
        String(text.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }
}
