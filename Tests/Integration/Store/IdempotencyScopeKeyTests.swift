import Foundation
import StentExchange
import StentStore
import Testing

/// The secret that scopes are made with.
@Suite struct IdempotencyScopeKeyTests {
    private let directory: StateDirectory

    init() throws { directory = try StateDirectory() }

    @Test func `scopes mean the same after a restart`() throws {
        let first = try IdempotencyScopeKey(directory: directory.path)
        let second = try IdempotencyScopeKey(directory: directory.path)
        #expect(first.isNew)
        #expect(!second.isNew)
        #expect(first.scope(caller: [1], route: [2], key: [3]) == second.scope(caller: [1], route: [2], key: [3]))
        #expect(try directory.mode(of: "idempotency.key") == 0o600)
        #expect(try directory.names == ["idempotency.key"])
    }

    @Test func `another installation makes other scopes`() throws {
        let other = try StateDirectory()
        let scopes = try [directory, other].map {
            try IdempotencyScopeKey(directory: $0.path).scope(caller: [1], route: [2], key: [3])
        }
        #expect(scopes[0] != scopes[1])
    }

    @Test func `caller, route and key can't be shifted into one another`() throws {
        let key = try IdempotencyScopeKey(directory: directory.path)
        let scopes: Set = [
            key.scope(caller: [1, 2], route: [3], key: [4]), key.scope(caller: [1], route: [2, 3], key: [4]),
            key.scope(caller: [1], route: [2], key: [3, 4]), key.scope(caller: [], route: [1, 2, 3], key: [4]),
        ]
        #expect(scopes.count == 4)
        #expect(key.fingerprint(method: [1, 2], target: [3], content: [4]).count == 32)
        #expect(
            key.fingerprint(method: [1, 2], target: [3], content: [4])
                != key.scope(caller: [1, 2], route: [3], key: [4]).bytes)
    }

    @Test func `a key file that is cut short is an error, and is left as it is`() throws {
        let path = directory.path + "/idempotency.key"
        try Data(repeating: 1, count: 31).write(to: URL(fileURLWithPath: path))
        #expect(throws: IdempotencyStoreError.self) { try IdempotencyScopeKey(directory: directory.path) }
        #expect(FileManager.default.contents(atPath: path)?.count == 31)
    }

    @Test func `a scope's bytes come back as they went in`() {
        let bytes = (0..<32).map { UInt8($0 * 7) }
        #expect(IdempotencyScope(bytes)?.bytes == bytes)
        #expect(IdempotencyScope(bytes.dropLast()) == nil)
    }
}
