import StentModel
import StentTrail
import Testing

@Suite struct TrailFilterTests {
    /// Ids, or events, of the lines that are found.
    private func found(_ change: (inout TrailFilter) -> Void) -> [String] {
        var filter = TrailFilter()
        change(&filter)
        var found: [String] = []
        TrailSearch.forEachLine(of: Lines.block, filter) { record, _ in
            found.append(record.id.map { $0.count > 4 ? "read" : $0 } ?? record.event ?? "?")
        }
        return found
    }

    @Test func `without a filter every line is found, those about stent too`() {
        #expect(found { _ in } == ["read", "id-2", "id-3", "id-4", "id-5", "audit.rotated"])
    }

    @Test func `a user is found by name and by staff id, and not by a part of either`() {
        #expect(found { $0.users = ["staff7"] } == ["read"])
        #expect(found { $0.users = ["9"] } == ["id-2"])
        #expect(found { $0.users = ["staff"] } == [])
        #expect(found { $0.users = ["staff7", "staff9"] } == ["read", "id-2", "id-5"])
    }

    @Test func `a note is found by its record's id, and by its place in the path`() {
        #expect(found { $0.notes = ["12"] } == ["id-2"])
        #expect(found { $0.notes = ["13"] } == ["id-5"])
        #expect(found { $0.notes = ["1"] } == [])
    }

    @Test func `a patient is found by the path, and what is below it`() {
        #expect(found { $0.patients = ["12"] } == ["read", "id-3"])
        #expect(found { $0.patients = ["1"] } == [])
    }

    @Test func `denied is what a policy refused, or was answered 401 or 403`() {
        #expect(found { $0.denied = true } == ["id-2"])
    }

    @Test func `failed is what was answered 5xx or not at all, or whose outcome is unknown`() {
        #expect(found { $0.failed = true } == ["id-3"])
    }

    @Test func `denied and failed together are either of them`() {
        #expect(
            found {
                $0.denied = true
                $0.failed = true
            } == ["id-2", "id-3"])
    }

    @Test func `a route is found by a part of its name`() {
        #expect(found { $0.routes = ["notes"] } == ["id-2", "id-5"])
        #expect(found { $0.routes = ["{PATCH,PUT"] } == ["id-2"])
    }

    @Test func `a status is found by itself, by its kind, or by its absence`() throws {
        let exact = try #require(StatusFilter("403"))
        let kind = try #require(StatusFilter("2xx"))
        #expect(found { $0.statuses = [exact] } == ["id-2"])
        #expect(found { $0.statuses = [kind] } == ["read", "id-4"])
        #expect(found { $0.statuses = [.none] } == ["id-3"])
    }

    @Test(arguments: ["", "6xx", "0xx", "20", "2000", "2x", "abc", "20x"]) func `other texts are no status`(
        text: String
    ) {
        #expect(StatusFilter(text) == nil)
    }

    @Test func `an id finds the request and what stent asked for it`() {
        #expect(found { $0.ids = ["0195f0c2-7a3b-7c11-9d2e-5b8a4c6f1e20"] } == ["read", "id-4"])
    }

    @Test func `since is met by its own moment, until is not`() {
        #expect(
            found { $0.since = TrailTime.stamp("2026-03-01T09:31:00Z") } == ["id-2", "id-3", "id-5", "audit.rotated"])
        #expect(found { $0.until = TrailTime.stamp("2026-03-01T09:31:00Z") } == ["read", "id-4"])
    }

    @Test func `all that is asked must hold`() {
        #expect(
            found {
                $0.users = ["staff9"]
                $0.statuses = [.exactly(403)]
                $0.notes = ["12"]
            } == ["id-2"])
        #expect(
            found {
                $0.users = ["staff7"]
                $0.failed = true
            } == [])
    }

    @Test func `the sieve hides no line, wherever in a block it stands and however its time is written`() {
        // Padding moves the line through all places that a search of sixteen bytes at a time may have.
        for padding in 0..<40 {
            let line =
                #"{"time":"2026-03-01T10:31:00+01:00","pad":"\#(String(repeating: "x", count: padding))","phase":"outcome","actor":{"user":"staff7"},"status":200}"#
            var filter = TrailFilter()
            filter.users = ["staff7"]
            filter.since = TrailTime.stamp("2026-03-01T09:31:00Z")
            filter.until = TrailTime.stamp("2026-03-01T09:31:01Z")
            var count = 0
            TrailSearch.forEachLine(of: Array("{}\n\(line)\n\n\(line)".utf8), filter) { _, _ in count += 1 }
            #expect(count == 2)
        }
    }

    @Test func `a user whose name lines escape is found all the same`() {
        let line = #"{"v":2,"time":"2026-03-01T09:30:00.123456Z","phase":"outcome","actor":{"user":"a\"b\u202e"}}"#
        var filter = TrailFilter()
        filter.users = ["a\"b\u{202E}"]
        var count = 0
        TrailSearch.forEachLine(of: Array(line.utf8), filter) { _, _ in count += 1 }
        #expect(count == 1)
    }
}
