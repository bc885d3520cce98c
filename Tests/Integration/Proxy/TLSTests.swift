import Foundation
import NIOSSL
import StentModel
import StentTestKit
import Testing

@Suite struct TLSTests {
    @Test(arguments: [TLSVersion.tlsv12, .tlsv13])
    func `both versions are spoken, and the development certificate can be verified`(version: TLSVersion) async throws {
        try await withStent("hosp.yaml", before: echoingTargets) { stent, _ async throws in
            let client = try await stent.connectSecurely {
                $0.minimumTLSVersion = version
                $0.maximumTLSVersion = version
            }
            #expect(client.negotiated == "http/1.1")
            #expect(try await client.channel.nioSSL_tlsVersion().get() == version)
            #expect(try await client.exchange(get("/a")).text == "/a")
            await client.close()
            #expect(try await stent.metric(#"stent_tls_handshakes_total{result="good"}"#) == 1)
        }
    }

    @Test func `a client that offers only HTTP/2 gets no false promise`() async throws {
        try await withStent("hosp.yaml", before: echoingTargets) { stent, _ async throws in
            let client = try? await stent.connectSecurely { $0.applicationProtocols = ["h2"] }
            #expect(client?.negotiated != "h2")
            await client?.close()
        }
    }

    @Test func `HSTS is on answers and on errors`() async throws {
        try await withStent("hosp.yaml", before: echoingTargets) {
            $0.retry.attempts = 1
        } _: { stent, upstream async throws in
            let client = try await stent.connectSecurely()
            #expect(try await client.exchange(get("/a"))["Strict-Transport-Security"] == "max-age=31536000")
            await upstream.stop()
            let failed = try await client.exchange(get("/a"))
            #expect(failed.status == 502)
            #expect(failed["Strict-Transport-Security"] == "max-age=31536000")
            let refused = try await client.exchange("GET /a HTTP/1.1\r\n\r\n")
            #expect(refused.status == 400)
            #expect(refused["Strict-Transport-Security"] == "max-age=31536000")
            await client.close()
        }
    }

    @Test func `plaintext on the TLS port is cut and does no harm`() async throws {
        let trail = try await withStent("hosp.yaml", before: echoingTargets) { stent, _ async throws in
            for bytes in [get("/a"), String(repeating: "\u{0}", count: 100), "\u{16}\u{3}\u{1}\u{0}\u{1}x"] {
                let client = try await RawConnection.open(port: stent.httpsPort)
                try await client.send(bytes)
                if bytes.utf8.count < 10 { try await client.finishSending() }
                #expect(await client.ends())
                await client.close()
            }
            let good = try await stent.connectSecurely()
            #expect(try await good.exchange(get("/a")).status == 200)
            await good.close()
            #expect(try await stent.metric(#"stent_tls_handshakes_total{result="failed"}"#) >= 2)
        }
        #expect(trail.count == 1)
    }

    @Test(arguments: ["", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}"])
    func `a handshake that does not go on is cut in time`(beginning: String) async throws {
        try await withStent("hosp.yaml", before: echoingTargets) { settings in
            settings.timeouts.tlsHandshake = .milliseconds(250)
        } _: { stent, _ async throws in
            let client = try await RawConnection.open(port: stent.httpsPort)
            if !beginning.isEmpty { try await client.send(beginning) }
            #expect(await client.ends(within: .seconds(5)))
            await client.close()
            #expect(await eventually { OpenSockets.count(ports: [stent.httpsPort]) == 0 })
        }
    }

    @Test func `an answer that breaks off has no close_notify behind it, a whole one has`() async throws {
        try await withStent(
            "minimal.yaml",
            before: { connection, _ in
                let request = try await connection.message()
                try await connection.send("HTTP/1.0 200 OK\r\n\r\nhello")
                if request.target == "/broken" { await connection.reset() }
            }
        ) { stent, _ async throws in
            let client = try await stent.connectSecurely()
            let whole = try await client.exchange("GET /whole HTTP/1.0\r\nHost: a\r\n\r\n")
            #expect(whole.text == "hello")
            await client.close()
            let other = try await stent.connectSecurely()
            try await other.send("GET /broken HTTP/1.0\r\nHost: a\r\n\r\n")
            await #expect(throws: (any Error).self) { try await other.answer() }
            await other.close()
        }
    }

    @Test func `a connection that stent closes is gone when the client has said goodbye too`() async throws {
        try await withStent("minimal.yaml", before: echoingTargets) { stent, _ async throws in
            let client = try await stent.connectSecurely()
            #expect(try await client.exchange(get("/a", "Connection: close\r\n")).text == "/a")
            #expect(await client.endsSilently())
            // Well below the 5 s that the TLS handler waits for a goodbye.
            #expect(await eventually(within: .seconds(3)) { OpenSockets.count(ports: [stent.httpsPort]) == 0 })
        }
    }

    // MARK: what openssl's own client says

    @Test(
        .enabled(if: OpenSSL.isInstalled, "openssl is not installed"),
        arguments: [
            ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"],
            ["-tls1_2", "-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305"],
            ["-tls1_3", "-ciphersuites", "TLS_AES_256_GCM_SHA384"],
        ])
    func `a modern cipher is accepted`(options: [String]) async throws {
        try await withStent("hosp.yaml", before: echoingTargets) { stent, _ async throws in
            let said = try await OpenSSL.connect(port: stent.httpsPort, options)
            #expect(said.contains("Cipher is "), "\(said)")
            #expect(!said.contains("Cipher is (NONE)"), "\(said)")
            #expect(said.contains("Compression: NONE"), "\(said)")
        }
    }

    @Test(
        .enabled(if: OpenSSL.isInstalled, "openssl is not installed"),
        arguments: [
            ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], ["-tls1", "-cipher", "ALL:@SECLEVEL=0"],
            ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0"],
            ["-tls1_2", "-cipher", "AES128-GCM-SHA256:@SECLEVEL=0"],
            ["-tls1_2", "-cipher", "AES128-SHA:@SECLEVEL=0"],
            ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-SHA384:@SECLEVEL=0"],
        ])
    func `an old version or a weak cipher is refused`(options: [String]) async throws {
        try await withStent("hosp.yaml", before: echoingTargets) { stent, _ async throws in
            let said = try await OpenSSL.connect(port: stent.httpsPort, options)
            #expect(said.contains("Cipher is (NONE)"), "\(said)")
            let good = try await stent.connectSecurely()
            #expect(try await good.exchange(get("/a")).status == 200)
            await good.close()
        }
    }

    @Test(.enabled(if: OpenSSL.isInstalled, "openssl is not installed"))
    func `the name asked for selects the certificate`() async throws {
        let directory = try OpenSSL.directory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let first = try await OpenSSL.certificate(["one.example"], in: directory)
        let second = try await OpenSSL.certificate(["two.example", "*.two.example"], in: directory)
        try await withStent("hosp.yaml", before: echoingTargets) { settings in
            settings.listen.https?.certificates = [first, second]
        } _: { stent, _ async throws in
            for (name, expected) in [
                ("one.example", "one.example"), ("two.example", "two.example"), ("TWO.example", "two.example"),
                ("a.two.example", "two.example"), ("a.b.two.example", "one.example"), ("other.example", "one.example"),
            ] {
                var configuration = TLSConfiguration.makeClientConfiguration()
                configuration.certificateVerification = .none
                let client = try await RawConnection.open(
                    port: stent.httpsPort, tls: configuration, serverName: name)
                let certificate = try #require(try await client.channel.nioSSL_peerCertificate().get())
                #expect("\(certificate)".contains("commonName=\(expected)") || "\(certificate)".contains(expected))
                #expect(try await client.exchange(get("/a")).status == 200)
                await client.close()
            }
        }
    }

    // MARK: towards the upstream

    @Test(.enabled(if: OpenSSL.isInstalled, "openssl is not installed"))
    func `an https upstream is verified against the authorities in the settings`() async throws {
        let directory = try OpenSSL.directory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let own = try await OpenSSL.certificate(["localhost"], in: directory)
        let other = try await OpenSSL.certificate(["localhost"], in: directory)
        let upstream = try await ScriptedUpstream.answering(tls: try OpenSSL.server(own)) { ok($0.target) }

        for (authorities, name, status) in [
            (own.chain, nil, 200), (other.chain, nil, 502), (nil, nil, 502), (own.chain, "elsewhere.example", 502),
        ] as [(String?, String?, Int)] {
            let trail = try await withStent(upstream: upstream.port) { settings in
                settings.upstream.servers = [.init(isTLS: true, host: "localhost", port: upstream.port)]
                settings.upstream.tls.authorities = authorities
                settings.upstream.tls.serverName = name
            } _: { stent async throws in
                let answer = try await stent.once(post("/a", "x"))
                #expect(answer.status == status)
                if status == 502 { #expect(answer["Stent-Outcome"] == "not-sent") }
            }
            #expect(trail.map(\.reason) == [status == 200 ? "exchange.answered" : "upstream.tls-failed"])
        }
        await upstream.stop()
    }

    @Test func `an https upstream that speaks plaintext, or nothing, is a failure in time`() async throws {
        let plain = try await ScriptedUpstream.answering { _ in ok("x") }
        let silent = try await ScriptedUpstream.start { connection, _ in await connection.ends() }
        let garbage = try await ScriptedUpstream.start { connection, _ in
            try await connection.send(ok("not TLS"))
            await connection.ends()
        }
        for (upstream, reason) in [
            (garbage, "upstream.tls-failed"), (silent, "upstream.connect-timeout"), (plain, "upstream.connect-timeout"),
        ] {
            let trail = try await withStent(upstream: upstream.port) { settings in
                settings.upstream.servers = [.init(isTLS: true, host: "127.0.0.1", port: upstream.port)]
                settings.upstream.connectTimeout = .milliseconds(400)
            } _: { stent async throws in
                #expect(try await stent.once(get("/")).status >= 502)
                #expect(await eventually { upstream.open == 0 })
            }
            #expect(trail.map(\.reason) == [reason])
        }
        for upstream in [plain, silent, garbage] { await upstream.stop() }
    }
}

/// The command-line tool, as an independent judge and as a maker of certificates.
enum OpenSSL {
    static let isInstalled = FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl")

    static func directory() throws -> String {
        let path = FileManager.default.temporaryDirectory.path + "/stent-tls-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    /// What `openssl s_client` says of a handshake.
    static func connect(port: Int, _ options: [String]) async throws -> String {
        try await run(["s_client", "-connect", "127.0.0.1:\(port)", "-servername", "localhost"] + options)
    }

    /// A self-signed certificate for some names.
    static func certificate(_ names: [String], in directory: String) async throws -> HTTPSListener.Certificate {
        let path = "\(directory)/\(UUID().uuidString)"
        let all = names.map { "DNS:\($0)" }.joined(separator: ",")
        let said = try await run([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", "/CN=\(names.first ?? "")", "-addext", "subjectAltName=\(all)", "-keyout", "\(path).key",
            "-out", "\(path).crt",
        ])
        guard FileManager.default.fileExists(atPath: "\(path).crt") else { throw Failure(description: said) }
        return .init(chain: "\(path).crt", key: "\(path).key")
    }

    static func server(_ certificate: HTTPSListener.Certificate) throws -> TLSConfiguration {
        .makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(certificate.chain).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: certificate.key, format: .pem)))
    }

    struct Failure: Error, CustomStringConvertible { var description: String }

    private static func run(_ arguments: [String]) async throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = arguments
        let path = FileManager.default.temporaryDirectory.path + "/openssl-\(UUID().uuidString)"
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let output = try #require(FileHandle(forWritingAtPath: path))
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        guard await eventually({ !process.isRunning }) else {
            process.terminate()
            throw Failure(description: "openssl does not end")
        }
        return try String(contentsOfFile: path, encoding: .utf8)
    }
}
