import StentModel
import StentPolicy
import Testing

private func read(
    _ status: Int, _ content: String?, _ change: (inout ProofSettings) -> Void = { _ in }
) throws -> ProofTable.Answer {
    var settings = ProofSettings(request: "/staffs/me")
    change(&settings)
    return ProofAnswer(settings).read(status: status, content: try content.map { try JSONDocument(Array($0.utf8)) })
}

private func principal(_ id: String, _ name: String) -> ProofTable.Answer {
    .principal(Principal(id: id, name: name))
}

@Suite struct `The answer to who is calling` {
    @Test(arguments: [
        (#"{"id":7,"name":"Ada","hospital_id":1}"#, "7", "Ada"),
        (#"{"id":0}"#, "0", ""), (#"{"id":-3,"name":null}"#, "-3", ""), (#"{"id":7,"name":8}"#, "7", ""),
        (#"{"id":"ada","name":"Ada"}"#, "ada", "Ada"), (#"{"id":"\u0037"}"#, "7", ""),
        (#"{"id":123456789012345678901234567890}"#, "123456789012345678901234567890", ""),
    ])
    func `names the caller by an id`(content: String, id: String, name: String) throws {
        #expect(try read(200, content) == principal(id, name))
    }

    @Test func `is read where the settings say`() throws {
        let answer = try read(200, #"{"staff":[{"no":7,"full name":"Ada"}],"id":1,"name":"x"}"#) {
            $0.id = "/staff/0/no"
            $0.name = "/staff/0/full name"
        }
        #expect(answer == principal("7", "Ada"))
        #expect(try read(200, #"{"id":1}"#) { $0.id = "id" } == .failed)
    }

    @Test(arguments: [
        #"{}"#, #"[]"#, #"7"#, #"{"id":null}"#, #"{"id":true}"#, #"{"id":""}"#, #"{"id":7.0}"#, #"{"id":7e0}"#,
        #"{"id":-0}"#, #"{"id":[7]}"#, #"{"id":{"id":7}}"#, #"{"ID":7}"#,
    ])
    func `names nobody without a plain id`(content: String) throws { #expect(try read(200, content) == .failed) }

    @Test func `names nobody by an id beyond 256 bytes`() throws {
        let longest = String(repeating: "7", count: 256)
        #expect(try read(200, #"{"id":\#(longest)}"#) == principal(longest, ""))
        #expect(try read(200, #"{"id":"\#(longest)"}"#) == principal(longest, ""))
        #expect(try read(200, #"{"id":\#(longest)7}"#) == .failed)
        #expect(try read(200, #"{"id":"\#(longest)7"}"#) == .failed)
    }

    @Test func `refuses with 401 alone, whatever its content`() throws {
        #expect(try read(401, nil) == .refused)
        #expect(try read(401, #"{"id":7}"#) == .refused)
    }

    @Test(arguments: [201, 204, 302, 304, 400, 403, 404, 429, 500, 503])
    func `says nothing with any other status`(status: Int) throws {
        #expect(try read(status, #"{"id":7}"#) == .failed)
        #expect(try read(200, nil) == .failed)
    }
}
