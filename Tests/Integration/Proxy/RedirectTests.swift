import StentTestKit
import Testing

@Suite struct RedirectTests {
    /// The request's head, and what Location must be; `PORT` stands for the HTTPS port.
    @Test(arguments: [
        ("GET /notes/7?a=b%20c HTTP/1.1\r\nHost: hosp.example\r\n\r\n", "https://hosp.example:PORT/notes/7?a=b%20c"),
        ("GET / HTTP/1.1\r\nHost: hosp.example:8080\r\n\r\n", "https://hosp.example:PORT/"),
        ("GET /a HTTP/1.1\r\nHost: 192.0.2.1:80\r\n\r\n", "https://192.0.2.1:PORT/a"),
        ("GET /a HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n\r\n", "https://[2001:db8::1]:PORT/a"),
        ("GET /a HTTP/1.1\r\nHost: [2001:db8::1]\r\n\r\n", "https://[2001:db8::1]:PORT/a"),
        ("GET http://hosp.example/b?c HTTP/1.1\r\nHost: hosp.example\r\n\r\n", "https://hosp.example:PORT/b?c"),
        ("GET http://hosp.example HTTP/1.1\r\nHost: hosp.example\r\n\r\n", "https://hosp.example:PORT/"),
        ("OPTIONS * HTTP/1.1\r\nHost: hosp.example\r\n\r\n", "https://hosp.example:PORT/"),
        ("HEAD /a HTTP/1.1\r\nHost: hosp.example\r\n\r\n", "https://hosp.example:PORT/a"),
        ("GET /a HTTP/1.0\r\nHost: hosp.example\r\n\r\n", "https://hosp.example:PORT/a"),
    ])
    func `plaintext is sent to the same place on HTTPS`(request: String, location: String) async throws {
        let trail = try await withStent("hosp.yaml", upstream: 1) { stent async throws in
            let answer = try await stent.once(request)
            #expect(answer.status == 308)
            #expect(answer["Location"] == location.replacing("PORT", with: "\(stent.httpsPort)"))
            #expect(answer["Strict-Transport-Security"] == nil, "RFC 6797 §7.2: not over plaintext")
        }
        #expect(trail.map(\.reason) == ["listener.redirect-to-https"])
        #expect(trail.first?.tries?.isEmpty == true)
    }

    @Test func `without a host there is nowhere to send`() async throws {
        try await withStent("hosp.yaml", upstream: 1) { stent async throws in
            let answer = try await stent.once("GET /a HTTP/1.0\r\n\r\n")
            #expect(answer.status == 400)
            #expect(answer.text.contains("request.missing-host"))
        }
    }

    @Test func `a redirected write's content is not read as a request`() async throws {
        let trail = try await withStent("hosp.yaml", upstream: 1) { stent async throws in
            let client = try await stent.connect()
            let smuggled = get("/smuggled")
            try await client.send(post("/notes", smuggled) + get("/next"))
            #expect(try await client.answer()["Location"]?.hasSuffix("/notes") == true)
            #expect(try await client.answer()["Location"]?.hasSuffix("/next") == true)
            await client.close()
        }
        #expect(trail.map(\.path) == ["/notes", "/next"])
    }
}
