import StentTestKit
import Testing

/// How the runner judges: each table row is a script played through a piece of wire, and the failure it must report.
struct WireRunnerTests {
    private static let answered =
        #"{"event":"exchange","reason":"exchange.answered","status":200,"tries":[{"cause":"a.b"}]}"#

    private func outcome(of script: String, audit: [String] = [answered]) async throws -> String? {
        let read = try WireScript.cases(of: Array("# a01 [control] t\n\(script)\n".utf8), file: "t.wire")
        let runner = WireRunner(RelayPeer(auditLines: audit), patience: .seconds(3))
        return try await runner.run(try #require(read.first))
    }

    @Test(arguments: [
        #"""
        upstream u1 { expect requests 1 }
        client c1 { send "GET /x HTTP/1.1\r\n\r\n" expect status 200 expect header "Content-Length" is "5" expect body "hello" }
        """#,
        #"""
        upstream u1 {
          expect request "POST /x HTTP/1.1"
          expect head "POST /x HTTP/1.1\r\nHost: <any>\r\nContent-Length: 3\r\n\r\n"
          expect body "abc"
          send-split 1 "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" chunk "one" chunk "two" "0\r\n\r\n"
          expect request "GET /still-open"
          answer
          expect closed
        }
        client c1 {
          send-split 3 "POST /x HTTP/1.1\r\nHost: b.example\r\nContent-Length: 3\r\n\r\nabc"
          expect status 200
          expect body "onetwo"
          expect open
          shutdown-write
          expect no-more
        }
        """#,
        #"""
        upstream u1 { expect request "HEAD /x" send "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n" close expect connections 1 }
        client c1 { send "HEAD /x HTTP/1.1\r\n\r\n" expect status 200 without-body expect closed }
        """#,
        #"""
        upstream u1 { expect request "GET /x" send "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort" close }
        client c1 { send "GET /x HTTP/1.1\r\n\r\n" expect status 200 expect truncated }
        """#,
        #"""
        upstream u1 { expect request "GET /x" send "HTTP/1.1 100 Continue\r\n\r\n" wait go answer }
        client c1 { send "GET /x HTTP/1.1\r\n\r\n" expect interim 100 signal go expect status 200 }
        """#,
        #"""
        upstream u1 { expect request "POST /x" expect truncated expect whole-requests 0 }
        client c1 { send "POST /x HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc" shutdown-write }
        """#,
        #"""
        upstream u1 {
          expect request "GET /x"
          send "HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json\r\nContent-Length: 78\r\n\r\n"
               "{\"type\":\"t\",\"title\":\"t\",\"status\":400,\"detail\":\"d\",\"instance\":\"i\",\"reason\":\"r\"}"
        }
        client c1 { send "GET /x HTTP/1.1\r\n\r\n" expect refusal 400 "r" expect json "title" is "t" }
        """#,
    ])
    func `a script whose expectations are all met passes`(script: String) async throws {
        #expect(
            try await outcome(of: script + "\naudit { expect reason \"exchange.answered\" expect cause \"a.b\" }")
                == nil)
    }

    @Test(arguments: [
        (
            #"client c1 { send "GET /x HTTP/1.1\r\n\r\n" expect status 404 }"#,
            #"t.wire:2:44: client c1: expected status 404; got "HTTP/1.1 200 OK\r\n"#
        ),
        (
            #"client c1 { expect status 200 }"#,
            "t.wire:2:13: client c1: expected status 200; got nothing in time after \"\""
        ),
        (
            #"client c1 { send "GET /x HTTP/1.1\r\n\r\n" expect status 200 expect body "bye" }"#,
            #"t.wire:2:62: client c1: expected a body that is "bye"; got 5 bytes "hello""#
        ),
        (
            #"client c1 { send "GET /x HTTP/1.1\r\n\r\n" expect status 200 expect header "X" present }"#,
            "t.wire:2:62: client c1: expected X is present; got"
        ),
        (
            #"client c1 { send "GET /x HTTP/1.1\r\n\r\n" expect status 200 expect closed }"#,
            "client c1: expected the end of the connection; got nothing in time"
        ),
        (
            #"client c1 { send "GET /x HTTP/1.1\r\n\r\nGET /y HTTP/1.1\r\n\r\n" expect status 200 expect body "hello" expect status 200 expect body "hello" expect status 200 }"#,
            "client c1: expected status 200; got nothing in time"
        ),
        (
            #"upstream u1 { expect request "GET /x" send "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi and more" signal said } client c1 { send "GET /x HTTP/1.1\r\n\r\n" expect status 200 expect body "hi" wait said }"#,
            "client c1: expected nothing more; got \" and more\""
        ),
        (
            #"upstream u1 { expect no-connection } client c1 { send "GET /x HTTP/1.1\r\n\r\n" expect status 200 }"#,
            #"t.wire:2:15: upstream u1: expected no connection; got 1 connections, 1 requests "GET /x HTTP/1.1"#
        ),
        (
            #"upstream u1 { expect requests 2 } client c1 { send "GET /x HTTP/1.1\r\n\r\n" expect status 200 }"#,
            "upstream u1: expected 2 requests; got 1 connections, 1 requests"
        ),
        (
            #"upstream u1 { expect request "GET /y" } client c1 { send "GET /x HTTP/1.1\r\n\r\n" }"#,
            "upstream u1: expected request GET /y; got \"GET /x HTTP/1.1"
        ),
        (
            #"upstream u1 { expect request "GET /x" answer } client c1 { send "GET /x HTTP/1.1\r\n\r\n" expect status 200 send "GET /z HTTP/1.1\r\n\r\n" }"#,
            "upstream u1: expected nothing more; got \"GET /z HTTP/1.1"
        ),
        (
            #"upstream u1 { expect request "POST /x" expect body "abc" } client c1 { send "POST /x HTTP/1.1\r\nContent-Length: 3\r\n\r\nabd" }"#,
            "upstream u1: expected a body that is \"abc\"; got 3 bytes, whole: \"abd\""
        ),
        (
            #"upstream u1 { expect request "GET /x" expect header "Host" absent } client c1 { send "GET /x HTTP/1.1\r\nhost: a\r\n\r\n" }"#,
            "upstream u1: expected Host is absent; got"
        ),
        (#"audit { expect lines 2 }"#, "t.wire:2:1: audit: expected 2 lines; got 1"),
        (#"audit { expect reason "x" }"#, #"t.wire:2:9: audit: expected reason is "x"; got {"event""#),
        (#"audit { expect tries 2 }"#, "audit: expected 2 tries; got"),
        (#"audit { expect cause "x" }"#, "audit: expected a try with cause x; got"),
        (#"audit { expect field "tries.0.cause" is "x" }"#, "audit: expected tries.0.cause is \"x\"; got"),
        (#"audit { expect no-text "answered" }"#, "audit: expected `answered` nowhere in the trail"),
    ])
    func `an expectation that is not met is reported with what came instead`(script: String, message: String)
        async throws
    {
        let report = try #require(try await outcome(of: script))
        #expect(report.contains(message))
    }
}
