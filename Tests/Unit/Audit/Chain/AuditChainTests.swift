import StentAudit
import Testing

@Suite struct `The chain` {
    // printf '%s' '{"v":2,"event":"start","seq":1,"prev":"<64 zeros>"' | sha256sum
    private let first =
        #"{"v":2,"event":"start","seq":1,"prev":"0000000000000000000000000000000000000000000000000000000000000000","#
        + #""hash":"d207c9f724257967279c380d52558e090c3570504112b7e676fc56096c2312a7"}"# + "\n"
    // printf '%s' '{"v":2,"event":"stop","seq":2,"prev":"d207…12a7"' | sha256sum
    private let second =
        #"{"v":2,"event":"stop","seq":2,"prev":"d207c9f724257967279c380d52558e090c3570504112b7e676fc56096c2312a7","#
        + #""hash":"f689982eccc79c30de4f7db8a3e0ae418db0734f5be33deabb5c1f17de3f773f"}"# + "\n"
    private let bodies = [#"{"v":2,"event":"start"}"# + "\n", #"{"v":2,"event":"stop"}"# + "\n"]

    @Test func `lines are numbered from 1 and chained by SHA-256`() {
        var chain = AuditChain()
        var output: [UInt8] = []
        chain.append(Array(bodies.joined().utf8), to: &output)
        #expect(String(decoding: output, as: UTF8.self) == first + second)
        #expect(chain.sequence == 2)
        #expect(chain.head.hexadecimal == "f689982eccc79c30de4f7db8a3e0ae418db0734f5be33deabb5c1f17de3f773f")
    }

    @Test func `batches give the same lines as one at a time, behind what is there`() {
        var chain = AuditChain()
        var output = Array("before\n".utf8)
        for body in bodies { chain.append(Array(body.utf8), to: &output) }
        chain.append([], to: &output)
        #expect(String(decoding: output, as: UTF8.self) == "before\n" + first + second)
    }

    @Test func `it goes on behind a last line`() throws {
        for line in [first, String(first.dropLast())] {
            var chain = try AuditChain(resumingAfter: Array(line.utf8))
            var output: [UInt8] = []
            chain.append(Array(bodies[1].utf8), to: &output)
            #expect(String(decoding: output, as: UTF8.self) == second)
        }
    }

    @Test func `it does not go on behind a line that was altered`() {
        let line = Array(first.replacing("start", with: "stort").utf8)
        #expect(throws: AuditChainFault.altered(sequence: 1)) { try AuditChain(resumingAfter: line) }
    }

    @Test func `it does not go on behind what is no line of it`() {
        var lines = [
            "", "\n", "{}\n", bodies[0], String(first.dropFirst()), String(first.dropLast(2)), first + "\n",
            first.replacing(#""seq":1"#, with: #""seq":01"#), first.replacing(#""seq":1"#, with: #""seq":"#),
            first.replacing(#""seq":1"#, with: #""seq": 1"#), first.replacing(#""seq":1"#, with: #""seq":0"#),
            first.replacing(#""seq":1"#, with: #""seq":-1"#), first.replacing(#""hash""#, with: #""Hash""#),
            first.replacing(#""seq":1"#, with: #""seq":1234567890123456789"#),
            first.replacing(#"","hash"#, with: #"", "hash"#),
        ]
        lines.append(String(first.suffix(120)))
        for line in lines {
            #expect(throws: AuditChainFault.unchained, "\(line)") { try AuditChain(resumingAfter: Array(line.utf8)) }
        }
    }

    @Test func `it does not go on behind a number that no trail reaches`() throws {
        let hashed = #"{"v":2,"seq":999999999999999999,"prev":"\#(String(repeating: "0", count: 64))""#
        let hash = ChainHash(of: hashed.utf8.span.bytes).hexadecimal
        #expect(throws: AuditChainFault.tooLarge(sequence: 999_999_999_999_999_999)) {
            try AuditChain(resumingAfter: Array((hashed + #","hash":"\#(hash)"}"#).utf8))
        }
    }

    @Test func `an overlong line is refused unread`() {
        let line = [UInt8](repeating: 0x7B, count: (1 << 20) + 1)
        #expect(throws: AuditChainFault.tooLong(bytes: line.count)) { try AuditChain(resumingAfter: line) }
    }

    @Test func `a hash is read from 64 lower-case digits only, and written as it was read`() throws {
        let text = "0123456789abcdef00ff10a09f9a90f9deadbeefcafef00d0123456789abcdef"
        #expect(try #require(ChainHash(hexadecimal: text)).hexadecimal == text)
        for wrong in [text.uppercased(), String(text.dropLast()), text + "0", text.replacing("a", with: "g"), ""] {
            #expect(ChainHash(hexadecimal: wrong) == nil)
        }
    }
}
