import StentModel
import StentPolicy
import Testing

/// `identity.changed_by` is a list of these.
@Suite struct `A route's matcher` {
    private static let staffs = RouteMatcher(
        RoutePattern(
            text: "{POST,PUT,PATCH,DELETE} /staffs/**", methods: [.post, .put, .patch, .delete],
            segments: [.oneOf(["staffs"]), .rest]))

    @Test(arguments: [
        "POST /staffs", "POST /staffs.json", "POST /staffs/", "PATCH /staffs/1", "PUT /staffs/1.json",
        "DELETE /staffs/1",
        "DELETE /st%61ffs/1", "PATCH /staffs/1?a=b", "PATCH http://a/staffs/1", "DELETE /staffs/1/anything",
    ])
    func `takes every spelling of what it is about`(line: String) throws {
        #expect(Self.staffs.matches(try requestHead("\(line) HTTP/1.1", "Host: a")))
    }

    @Test(arguments: [
        "GET /staffs/1", "HEAD /staffs", "POST /notes", "POST /", "POST /staff", "POST /staffss", "POST /a/staffs",
        "POST http://a", "OPTIONS /staffs/1", "patch /staffs/1", "MOVE /staffs/1",
    ])
    func `takes nothing else`(line: String) throws {
        #expect(!Self.staffs.matches(try requestHead("\(line) HTTP/1.1", "Host: a")))
    }

    @Test func `takes HEAD with GET, and every method where it names none`() throws {
        let head = try requestHead("HEAD /a HTTP/1.1", "Host: a")
        let odd = try requestHead("PROPFIND /a HTTP/1.1", "Host: a")
        let reads = RouteMatcher(RoutePattern(text: "GET /a", methods: [.get], segments: [.oneOf(["a"])]))
        #expect(reads.matches(head))
        #expect(!reads.matches(odd))
        let all = RouteMatcher(RoutePattern(text: "/a", methods: [], segments: [.oneOf(["a"])]))
        #expect(all.matches(head))
        #expect(all.matches(odd))
    }
}
