import StentTestKit
import Testing

/// How scripts are read.
struct WireLanguageTests {
    private func cases(_ text: String) throws(WireSyntaxError) -> [WireCase] {
        try WireScript.cases(of: Array(text.utf8), file: "t.wire")
    }

    @Test func `a header line begins a case`() throws {
        let read = try cases(
            """
            # Notes before the first case are comments.

            # b07 [request] two lengths (RFC 9112 §6.3)
            upstream u1 { expect no-connection }
            # b08 [control] one length
            client c1 { send "x" }
            """)
        #expect(read.map(\.id) == ["b07", "b08"])
        #expect(read.map(\.title) == ["two lengths (RFC 9112 §6.3)", "one length"])
        #expect(read.map(\.tag) == [.request, .control])
        #expect(read.map(\.place.line) == [3, 5])
    }

    @Test(
        arguments: [
            (#""a\r\n\t\0\"\\\x41\xfF""#, [0x61, 0x0D, 0x0A, 0x09, 0x00, 0x22, 0x5C, 0x41, 0xFF]),
            (#""ab" "c""#, [0x61, 0x62, 0x63]),
            (#"repeat "ab" 2 "c""#, [0x61, 0x62, 0x61, 0x62, 0x63]),
            (#"chunk "hello world""#, Array("b\r\nhello world\r\n".utf8)),
            (#"chunk repeat "x" 16"#, Array("10\r\nxxxxxxxxxxxxxxxx\r\n".utf8)),
            (##""#  {not}" # a comment"##, Array("#  {not}".utf8)),
        ] as [(String, [UInt8])])
    func `bytes to send are what is written, escapes resolved`(written: String, bytes: [UInt8]) throws {
        let read = try cases("# a01 [control] t\nclient c1 {\n  send \(written)\n}\n")
        guard case .send(let sent, piece: nil)? = read.first?.clients.first?.steps.first?.action else {
            Issue.record("no send step")
            return
        }
        #expect(sent == bytes)
    }

    @Test(arguments: [
        (
            "# a01 [control] t\nserver s1 {}",
            "t.wire:2:1: `server` is not a block; there are config, upstream, client, audit"
        ),
        ("# a01 [control] t\nclient c1 {\n  shout \"x\"\n}", "t.wire:3:3: `shout` is nothing that a client does"),
        ("# a01 [control] t\nclient c1 {\n  send 5\n}", "t.wire:3:8: `5` where bytes to send are expected"),
        ("# a01 [control] t\nclient c1 {\n  expect status x\n}", "t.wire:3:17: `x` where a status is expected"),
        ("# a01 [control] t\nclient c1 {\n  expect header \"A\" like \"b\"\n}", "t.wire:3:21: `like` is no comparison"),
        (
            "# a01 [control] t\nclient c1 { send \"a\\q\" }",
            "t.wire:2:20: there is no escape `\\q`; there are r n t 0 x \" \\"
        ),
        ("# a01 [control] t\nclient c1 { send \"a\\x4\" }", "t.wire:2:20: `\\x` takes two hexadecimal digits"),
        ("# a01 [control] t\nclient c1 { send \"a\n\" }", "t.wire:2:18: the string is not closed on its line"),
        ("# a01 [control] t\nclient c1 { close", "t.wire:3:1: the block is not closed"),
        ("# a01 [control] t\nclient { close }", "t.wire:2:8: `{` where a name is expected"),
        (
            "# a01 [control] t\nconfig maximal",
            "t.wire:2:8: `maximal` is no configuration; there are minimal, hosp, redirect"
        ),
        (
            "# a01 [control] t\nconfig minimal { set limits.head.bytes \"1\" set limits.head \"2\" set limits.head.x \"3\" }",
            "t.wire:2:68: `limits.head.x` can't stand below a setting that has a value"
        ),
        ("# a01 [control] t\nclient c1 { send-split 0 \"x\" }", "t.wire:2:24: a piece has at least one byte"),
        ("# a01 [control] t\naudit { line 0 }", "t.wire:2:14: lines are counted from 1"),
        (
            "# a01 [control] t\nupstream a { answer }\nupstream b { answer }",
            "t.wire:3:1: a case has one upstream; script several connections with `accept`"
        ),
        ("# a01 [wild] t\n", "t.wire:1:1: a header is `# id [tag] title`, the tag one of request, upstream, control"),
        ("client c1 { close }", "t.wire:1:1: a script begins with a header line: `# b07 [request] title`"),
    ])
    func `what can't be read is named with its line and column`(script: String, message: String) {
        let error = #expect(throws: WireSyntaxError.self) { try cases(script) }
        #expect(error?.description == message)
    }

    @Test func `settings of a case stand in the document beside those of its base`() throws {
        let read = try cases("# a01 [control] t\nconfig hosp { set limits.body \"1KiB\" set retry.attempts \"2\" }")
        let document = try #require(read.first).configuration.document(upstreamPort: 81)
        #expect(document.contains(#"limits: { body: 1KiB }"#))
        #expect(document.contains("attempts: 2,"))
        #expect(document.contains(#"servers: ["http://127.0.0.1:81"]"#))
    }
}
