import HospKit
import Testing

@Suite struct HospRouteTests {
    @Test(arguments: [
        "/notes/5", "/notes/5/", "//notes/5", "/notes//5", "/notes/05", "/notes/+5", "/notes/5abc", "/notes/5;x=1",
        "/notes/%205", "/notes/5%2ejson", "/notes/5.xml", "/notes/5.json", "/notes/5%00", "/notes/5?a=b",
        "/notes/5.json/",
        "/notes/5%2F6", "/notes/%2B5", "/notes/0_5", "http://elsewhere/notes/5",
    ])
    func `a sloppy path reaches note 5`(target: String) {
        let route = Route(method: "GET", target: target)
        #expect(route.id == 5)
        #expect(route.pattern == "/notes/{id}")
    }

    @Test(arguments: [
        "/nope", "/notes/5/6", "/Notes/5", "/n%6ftes/5", "/notes/5.json.json", "/notes/../notes/5", "/notes/.json", "*",
        "/patients/1/screen/2", "/notes/5.", "/wp-login.php", "notes/5",
    ])
    func `a path that HOSP does not have is unknown`(target: String) {
        #expect(Route(method: "GET", target: target) == .unknown)
    }

    @Test(arguments: [
        ("GET", "/", Route.root), ("HEAD", "/", .root), ("POST", "/", .unknown), ("GET", "/notes", .list(.notes)),
        ("GET", "/notes.json?patient_id=3", .list(.notes)), ("POST", "/patients/", .create(.patients)),
        ("PUT", "/staffs/1", .update(.staffs, id: "1")), ("PATCH", "/hospitals/1.json", .update(.hospitals, id: "1")),
        ("DELETE", "/notes/9", .delete(.notes, id: "9")), ("DELETE", "/notes", .unknown), ("GET", "/staffs/me", .me),
        ("GET", "/staffs/me.json", .me), ("PATCH", "/staffs/me", .update(.staffs, id: "me")),
        ("POST", "/patients/3/screen", .screen(id: "3")), ("POST", "/patients/3/screen.json", .screen(id: "3")),
        ("GET", "/patients/3/screen", .unknown), ("POST", "/notes/3/screen", .unknown), ("OPTIONS", "/notes", .unknown),
    ])
    func `method and path together make the route`(method: String, target: String, expected: Route) {
        #expect(Route(method: method, target: target) == expected)
    }

    @Test(arguments: [
        ("2abc", 2), ("abc", 0), ("", 0), (" \t7", 7), ("-3x", -3), ("+4", 4), ("1_000", 1000), ("1__0", 1), ("_1", 0),
        ("0x10", 0), ("007", 7), ("99999999999999999999", Int.max), ("-99999999999999999999", Int.min), ("3.9", 3),
    ])
    func `a number in a string is read by its prefix`(text: String, expected: Int) {
        #expect(RubyCast.prefix(text) == expected)
    }
}
