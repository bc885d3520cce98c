import StentModel
import StentPolicy
import Testing

private func kept(_ lines: [String]) throws -> String {
    let head = try answer(200, lines)
    return written { StoredFields.append(head, receivedAt: cachedAt, to: &$0) }
}

private let date = "Date: Sat, 21 Nov 2026 00:00:00 GMT\r\n"

@Suite struct `The fields that are kept (RFC 9111 §3.1)` {
    @Test func `are all that are not of one hop, and not written anew at each use`() throws {
        let lines = [
            "Date: {0}", "a: 1", "Connection: a, b, close", "B: 2", "C:  3", "Keep-Alive: x", "Proxy-Authenticate: x",
            "Proxy-Authentication-Info: x", "Proxy-Authorization: x", "Proxy-Connection: x", "TE: x", "Upgrade: x",
            "Age: 5", "Cache-Status: other; hit", "X-Request-Id: 7", "Strict-Transport-Security: x", "Set-Cookie: a=b",
            "Stent-Outcome: committed", "ETag: \"a\"",
        ]
        #expect(try kept(lines) == date + "C: 3\r\nETag: \"a\"\r\n")
    }

    @Test(arguments: [
        "Test-Header: x", "Content-Foo: x", "Cache-Control: max-age=1", "Content-Encoding: x", "Content-Location: /foo",
        "Content-MD5: x", "Content-Range: x", "Content-Security-Policy: default-src 'self'", "Content-Type: text/plain",
        "Clear-Site-Data: cache", "ETag: \"a\"", "Expires: 0", "Public-Key-Pins: x", "Set-Cookie2: a=b",
        "X-Frame-Options: deny", "X-XSS-Protection: 1; mode=block", "Vary: a", "CDN-Cache-Control: max-age=1",
    ])
    func `are kept as they came`(line: String) throws {
        #expect(try kept([line, "Date: {0}"]) == "\(line)\r\n\(date)")
    }

    /// RFC 9110 §6.6.1.
    @Test(arguments: [[], ["Date: foo"]])
    func `have a date though it came with none`(lines: [String]) throws { #expect(try kept(lines) == date) }
}

@Suite struct `The fields after a 304 (RFC 9111 §3.2)` {
    private func updated(
        _ stored: [String], by lines: [String], for purpose: StoredFields.Purpose = .store
    ) throws -> [String] {
        let section = StoredFields.section(Array(stored.map { dated($0) + "\r\n" }.joined().utf8))
        let bytes = StoredFields.updated(section, by: try answer(304, lines), receivedAt: cachedAt, for: purpose)
        return String(decoding: bytes, as: UTF8.self).split(separator: "\r\n").map(String.init)
            .filter { !$0.hasPrefix("Date") }
    }

    @Test(arguments: [
        "Test-Header", "X-Test-Header", "Content-Foo", "X-Content-Foo", "Cache-Control", "Content-Location",
        "Content-Type", "ETag", "Expires", "X-Frame-Options", "Vary", "Last-Modified",
    ])
    func `are the new ones`(name: String) throws {
        #expect(
            try updated(["\(name): A", "X: y"], by: ["\(name.uppercased()): B"]) == ["X: y", "\(name.uppercased()): B"])
    }

    @Test(arguments: ["Content-Length", "Content-Encoding", "Content-Range", "Connection", "Keep-Alive", "Age"])
    func `are the stored ones where they describe what is stored, or one hop`(name: String) throws {
        let value = name == "Content-Length" ? "9" : "close"
        #expect(try updated(["X: y", "\(name): 5"], by: ["\(name): \(value)"]) == ["X: y", "\(name): 5"])
    }

    @Test func `are the stored ones where it says nothing, or names them in Connection`() throws {
        #expect(try updated(["A: 1", "B: 2"], by: ["Connection: b", "B: 3"]) == ["A: 1", "B: 2"])
    }

    @Test func `are replaced with all their lines`() throws {
        #expect(try updated(["A: 1", "B: 2", "a: 3"], by: ["A: 4", "A: 5"]) == ["B: 2", "A: 4", "A: 5"])
    }

    @Test func `hold its cookies for nobody but the client that is answered`() throws {
        #expect(try updated(["A: 1"], by: ["Set-Cookie: a=b"]) == ["A: 1"])
        #expect(try updated(["A: 1"], by: ["Set-Cookie: a=b"], for: .deliver) == ["A: 1", "Set-Cookie: a=b"])
    }

    @Test func `have its date, or that of its receipt`() throws {
        let section = StoredFields.section(Array("Date: Sat, 21 Nov 2020 00:00:00 GMT\r\n".utf8))
        for lines in [["Date: {60}"], ["Date: foo"], []] {
            let bytes = StoredFields.updated(section, by: try answer(304, lines), receivedAt: cachedAt)
            let expected = lines == ["Date: {60}"] ? dated("Date: {60}\r\n") : date
            #expect(String(decoding: bytes, as: UTF8.self) == expected)
        }
    }

    @Test func `give it a new lifetime`() throws {
        let stored = StoredFields.section(Array("Cache-Control: max-age=2\r\nETag: \"a\"\r\n".utf8))
        let answer = try answer(304, ["ETag: \"a\"", "Age: 7", "Cache-Control: max-age=60"])
        let fields = StoredFields.section(StoredFields.updated(stored, by: answer, receivedAt: cachedAt))
        let verdict = StoreRule().decide(
            CacheableResponse(status: 200, updated: fields, by: answer), to: try get([]), instant)
        guard case .store(let life) = verdict else {
            Issue.record("\(verdict)")
            return
        }
        #expect(life.expires == later(53))
    }
}

@Suite struct `Kept lines` {
    @Test func `are read as the section that they were`() throws {
        let section = StoredFields.section(Array("ETag: \"a\"\r\nX-Other:b \r\nVary: c\r\n".utf8))
        #expect(section.lines.map { section.text($0.name) } == ["ETag", "X-Other", "Vary"])
        #expect(section.lines.map { section.text($0.value) } == ["\"a\"", "b", "c"])
        #expect(section.lines.map(\.field) == [.etag, .other, .vary])
        #expect(section.lines.map(\.isCanonical) == [true, false, true])
    }

    @Test(arguments: ["", "\r\n", "a", "a:", ":", ":a\r\n", "a: b", "a: b\r", "\r", "a\r\n: \r\n"])
    func `may be anything without harm`(text: String) { _ = StoredFields.section(Array(text.utf8)) }
}
