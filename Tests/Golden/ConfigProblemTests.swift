import StentConfig
import StentModel
import Testing

/// Configurations with mistakes, and every word that an operator reads about them.
///
/// `Config/NAME.yaml` is loaded; `Config/NAME.expected` is what is printed: the problems, or `good` and the warnings.
@Suite struct ConfigProblemTests {
    static let names = Repository.names(in: folder, suffix: ".yaml")
    private static let folder = "Tests/Golden/Config"

    private static let environment = [
        "PORT": "8443", "EMPTY": "", "SECRET": "hunter2", "NOT_A_PORT": "hunter2",
        "INJECTION": "1\nlog: { level: trace }",
    ]
    private static let files = [
        "/secrets/token": "hunter2\n", "/secrets/port": "127.0.0.1:8443\n", "/secrets/level": "hunter2",
        "/tls/chain.pem": "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n",
        "/tls/key.pem": "-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n",
        "/tls/encrypted.pem": "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n-----END ENCRYPTED PRIVATE KEY-----\n",
        "/tls/empty.pem": "", "/secrets/account": "stent:hunter2\n", "/secrets/no-account": "hunter2\n",
        "good.openapi.yaml": """
        openapi: 3.1.1
        info: { title: T, version: "1" }
        paths:
          /notes: { get: {}, post: {} }
          /notes/{id}:
            parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
            patch: {}
          /patients: { get: {} }
        """,
        "/contracts/broken.yaml":
            "openapi: 3.1.1\ninfo: { title: T, version: \"1\" }\npaths: { \"/a/{b}\": { gett: {} } }\n",
        "/contracts/empty.yaml": "",
    ]

    static func printed(_ name: String) throws -> String {
        let bytes = try Repository.bytes("\(folder)/\(name).yaml")
        let result = ConfigLoader.load(bytes, path: "\(name).yaml", environment: environment) { path in
            guard let text = files[path] else { throw Missing() }
            return Array(text.utf8)
        }
        switch result {
        case .success(let loaded):
            return loaded.warnings.problems.isEmpty ? "good\n" : "good\n\(loaded.warnings)\n"
        case .failure(let problems):
            return "\(problems)\n"
        }
    }

    @Test(arguments: names)
    func `a configuration's problems are printed as expected`(name: String) throws {
        let printed = try Self.printed(name)
        let path = "\(Self.folder)/\(name).expected"
        if Repository.isUpdating { try Repository.write(printed, to: path) }
        #expect(try Repository.text(path) == printed)
    }

    @Test func `no value of a variable and no content of a file is ever printed`() throws {
        for name in Self.names { #expect(try !Self.printed(name).contains("hunter2"), "\(name)") }
    }

    @Test func `every code of a problem has a configuration that shows it`() throws {
        let documents = try ContractProblemTests.names.map(ContractProblemTests.printed)
        let all = try (Self.names.map(Self.printed) + documents).joined()
        for code in ConfigProblem.Code.allCases { #expect(all.contains(": \(code.rawValue): "), "\(code)") }
    }

    @Test func `every expected text belongs to a configuration`() {
        #expect(Repository.names(in: Self.folder, suffix: ".expected") == Self.names)
        #expect(Self.names.count >= 40)
    }

    private struct Missing: Error {}
}
