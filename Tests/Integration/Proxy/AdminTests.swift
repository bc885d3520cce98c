import StentTestKit
import Testing

@Suite struct AdminTests {
    @Test func `health and readiness are said in plain text, whatever the upstream does`() async throws {
        try await withStent(upstream: 1) { stent async throws in
            #expect(try await stent.admin("/healthz").status == 200)
            let ready = try await stent.admin("/readyz")
            #expect(ready.status == 200)
            #expect(ready.text == "ready\n")
            #expect(ready["Cache-Control"] == "no-store")
        }
    }

    @Test func `an unknown path is 404, another method 405 with Allow`() async throws {
        let trail = try await withStent(upstream: 1) { stent async throws in
            #expect(try await stent.admin("/nothing").status == 404)
            let refused = try await stent.admin("/metrics", method: "DELETE")
            #expect(refused.status == 405)
            #expect(refused["Allow"] == "GET, HEAD")
            let head = try await stent.admin("/healthz", method: "HEAD")
            #expect(head.status == 200)
            #expect(head["Content-Length"] == "3")
        }
        #expect(trail.isEmpty, "stent's own endpoint leaves no audit record")
    }

    @Test func `the metrics are valid Prometheus text and count what happened`() async throws {
        try await withStent("hosp.yaml", before: echoingTargets) {
            $0.listen.http?.redirectToHTTPS = false
        } _: {
            stent, _ async throws in
            for _ in 1...3 { #expect(try await stent.once(get("/notes/7")).status == 200) }
            #expect(try await stent.once(get("/somewhere")).status == 200)
            #expect(try await stent.once("BAD\r\n\r\n").status == 400)
            let page = try await stent.admin("/metrics")
            #expect(page["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8")
            let samples = try PrometheusPage(page.text).samples
            let route = "GET /notes/{id}"
            #expect(
                samples[#"stent_requests_total{route="\#(route)",status="2xx",reason="exchange.answered"}"#] == 3)
            #expect(samples[#"stent_request_duration_seconds_count{route="\#(route)"}"#] == 3)
            #expect(samples[#"stent_upstream_tries_total{result="answered"}"#] == 4)
            #expect(samples["stent_exchanges_active"] == 0)
            #expect(samples["stent_audit_writable"] == 1)
            #expect((samples["process_resident_memory_bytes"] ?? 0) > 1_000_000)
        }
    }

    @Test(arguments: [
        "a 1\na 1\n", "# TYPE a counter\na 1\n# TYPE a counter\n", "a{b=\"c} 1\n", "a{b=\"c\",} x\n", "1a 1\n", "a 1",
        "# TYPE a histogram\na_bucket{le=\"1\"} 2\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n",
        "# TYPE a histogram\na_bucket{le=\"1\"} 1\na_sum 1\na_count 1\n",
    ])
    func `the checker of metrics finds what is wrong`(page: String) {
        #expect(throws: PrometheusPage.Problem.self) { try PrometheusPage(page) }
    }
}

/// A strict reader of Prometheus' text format 0.0.4, as far as it is defined for counters, gauges and histograms.
struct PrometheusPage {
    struct Problem: Error { var line: String }

    /// Values by name and labels, as written.
    private(set) var samples: [String: Double] = [:]
    private var types: [String: String] = [:]
    private var family = ""
    /// Families whose samples have ended: they must not come again.
    private var closed: Set<String> = []
    private var lastBucket: (series: String, bound: Double, count: Double)?

    init(_ text: String) throws {
        guard text.hasSuffix("\n") else { throw Problem(line: "the last line has no end") }
        for line in text.dropLast().split(separator: "\n", omittingEmptySubsequences: false) {
            do { try read(String(line)) } catch { throw Problem(line: String(line)) }
        }
        try settleBucket()
    }

    private mutating func read(_ line: String) throws {
        if line.hasPrefix("# HELP ") {
            let words = line.split(separator: " ", maxSplits: 3)
            guard words.count == 4 else { throw Problem(line: line) }
            return try enter(String(words[2]))
        }
        if line.hasPrefix("# TYPE ") {
            let words = line.split(separator: " ")
            guard words.count == 4, ["counter", "gauge", "histogram"].contains(words[3]) else {
                throw Problem(line: line)
            }
            try enter(String(words[2]))
            guard types.updateValue(String(words[3]), forKey: family) == nil else { throw Problem(line: line) }
            return
        }
        try readSample(line)
    }

    private mutating func enter(_ name: String) throws {
        guard name != family else { return }
        try settleBucket()
        guard Self.isName(name), !closed.contains(name) else { throw Problem(line: name) }
        closed.insert(family)
        family = name
    }

    private mutating func readSample(_ line: String) throws {
        let regex =
            /([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"(?:,(?=[a-zA-Z_])|(?=\})))*\})? (\S+)/
        guard let match = line.wholeMatch(of: regex), let value = Double(match.3), !value.isNaN else {
            throw Problem(line: line)
        }
        let name = String(match.1)
        let parts = types[family] == "histogram" ? ["_bucket", "_sum", "_count"].map { family + $0 } : [family]
        if !parts.contains(name) { try enter(name) }
        guard samples.updateValue(value, forKey: name + (match.2 ?? "")) == nil else { throw Problem(line: line) }
        if types[family] == "counter" || types[family] == "histogram", value < 0 { throw Problem(line: line) }
        if types[family] == "histogram" { try readHistogram(name, String(match.2 ?? ""), value) }
    }

    private mutating func readHistogram(_ name: String, _ labels: String, _ value: Double) throws {
        if name == "\(family)_bucket" {
            guard let match = labels.firstMatch(of: /,?le="([^"]+)"/) else { throw Problem(line: labels) }
            let bound = match.1 == "+Inf" ? .infinity : Double(match.1) ?? .nan
            let series = labels.replacing(match.0, with: "")
            if let last = lastBucket, last.series == series {
                guard bound > last.bound, value >= last.count else { throw Problem(line: labels) }
            } else {
                try settleBucket()
            }
            guard !bound.isNaN else { throw Problem(line: labels) }
            lastBucket = (series, bound, value)
        } else if name == "\(family)_count" {
            guard let last = lastBucket, last.bound == .infinity, last.count == value else { throw Problem(line: name) }
            lastBucket = nil
        }
    }

    private mutating func settleBucket() throws {
        if lastBucket != nil { throw Problem(line: "\(family): a histogram without its count") }
    }

    private static func isName(_ name: String) -> Bool { name.wholeMatch(of: /[a-zA-Z_:][a-zA-Z0-9_:]*/) != nil }
}
