import StentConfig
import StentModel
import Testing

@Suite struct ExpansionTests {
    private func directory(_ written: String) throws -> String {
        try Loading.settings(
            "state: { directory: '\(written)' }",
            environment: ["A": "a", "EMPTY": "", "NESTED": "${A}", "YAML": "x, y: [z"],
            files: ["/f": "secret\n", "/two": "two\n\n", "/crlf": "c\r\n", "/none": ""]
        ).state.directory
    }

    @Test(arguments: [
        ("${A}", "a"), ("x${A}y${A}", "xaya"), ("${A:-b}", "a"), ("${B:-b}", "b"), ("${EMPTY:-b}", "b"),
        ("x${B:-}", "x"), ("x${EMPTY}", "x"), ("${B:-a:-b}", "a:-b"), ("$A", "$A"), ("$", "$"), ("a$", "a$"),
        ("$$", "$$"), ("$${A}", "${A}"), ("$$${A}", "$${A}"), ("{A}", "{A}"), ("${file:/f}", "secret"),
        ("${file:/two}", "two\n"), ("${file:/crlf}", "c"), ("x${file:/none}", "x"),
    ])
    func `a variable is replaced by what it stands for`(written: String, expected: String) throws {
        #expect(try directory(written) == expected)
    }

    @Test func `what a variable holds is not read again`() throws {
        #expect(try directory("${NESTED}") == "${A}")
        #expect(try directory("${YAML}") == "x, y: [z")
    }

    @Test(arguments: [
        ("${B}", ConfigProblem.Code.unsetVariable), ("${", .badVariable), ("${A", .badVariable), ("${}", .badVariable),
        ("${1}", .badVariable), ("${A-b}", .badVariable), ("${A:b}", .badVariable), ("${ A}", .badVariable),
        ("${B:-${A}}", .badVariable), ("${file:/missing}", .unreadableFile), ("${file:}", .unreadableFile),
        ("${ä}", .badVariable),
    ])
    func `anything else in braces is a problem`(written: String, code: ConfigProblem.Code) {
        #expect(Loading.codes("state: { directory: '\(written)' }", environment: ["A": "a"]) == [code])
    }

    @Test func `a number may come from a variable although it is quoted`() throws {
        #expect(try Loading.settings("workers: \"${N}\"", environment: ["N": "3"]).workers == 3)
    }

    @Test func `every unset variable is named at once`() {
        let codes = Loading.codes("workers: \"${X}\"\nstate: { directory: \"${Y}${Z}\" }")
        #expect(codes == [.unsetVariable, .unsetVariable, .unsetVariable])
    }

    @Test func `the canonical text holds no content of a file`() throws {
        let loaded = try Loading.load(
            Loading.required + "state: { directory: \"${file:/f}\" }\nlog: { level: \"${L}\" }",
            environment: ["L": "error"], files: ["/f": "hunter2"]
        ).get()
        #expect(loaded.canonicalText.contains("state.directory = ${file:/f}\n"))
        #expect(loaded.canonicalText.contains("log.level = error\n"))
        #expect(!loaded.canonicalText.contains("hunter2"))
    }
}
