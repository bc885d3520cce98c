import StentConfig
import StentModel
import Testing

/// OpenAPI documents with mistakes, and every word that an operator reads about them.
///
/// `Config/Contract/NAME.yaml` is read; `Config/Contract/NAME.expected` is what is printed: the problems, or `good`.
@Suite struct ContractProblemTests {
    static let names = Repository.names(in: folder, suffix: ".yaml")
    private static let folder = "Tests/Golden/Config/Contract"

    static func printed(_ name: String) throws -> String {
        switch ContractReader.read(try Repository.bytes("\(folder)/\(name).yaml"), path: "\(name).yaml") {
        case .success: "good\n"
        case .failure(let problems): "\(problems)\n"
        }
    }

    @Test(arguments: names)
    func `a document's problems are printed as expected`(name: String) throws {
        let printed = try Self.printed(name)
        let path = "\(Self.folder)/\(name).expected"
        if Repository.isUpdating { try Repository.write(printed, to: path) }
        #expect(try Repository.text(path) == printed)
        #expect(name.hasPrefix("good-") == (printed == "good\n"))
    }

    @Test func `no text of a document moves the cursor of a terminal`() throws {
        for name in Self.names {
            #expect(try !Self.printed(name).unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" }, "\(name)")
        }
    }

    @Test func `every expected text belongs to a document`() {
        #expect(Repository.names(in: Self.folder, suffix: ".expected") == Self.names)
        #expect(Self.names.count >= 20)
    }
}
