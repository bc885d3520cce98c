import HospKit
import Testing

@Suite struct HospStoreTests {
    private let then = Timestamp(milliseconds: 1_800_000_000_123)
    private let later = Timestamp(milliseconds: 1_800_000_001_000)
    private let note: [String: JSONValue] = [
        "title": .string("t"), "body": .string("b"), "patient_id": .integer(1), "staff_id": .integer(2),
    ]

    @Test func `the seed data are 3 hospitals, 40 staff, 60 patients and 80 notes, the same each time`() {
        let store = Store.seeded()
        #expect(Resource.allCases.map(store.count) == [3, 40, 60, 80])
        #expect(store.all(.notes) == Store.seeded().all(.notes))
        for number in 1...40 {
            #expect(store.authenticate(name: "staff\(number)", password: "secret\(number)")?.id == number)
        }
        #expect(store.authenticate(name: "staff1", password: "secret2") == nil)
    }

    @Test func `lists come newest id first, and an id is never given twice`() throws {
        var store = Store.seeded()
        #expect(try store.create(.notes, note, at: then).id == 81)
        #expect(store.all(.notes).map(\.id) == Array((1...81).reversed()))
        let wasThere = store.delete(.notes, 81)
        let again = store.delete(.notes, 81)
        #expect(wasThere && !again)
        #expect(try store.create(.notes, note, at: then).id == 82)
    }

    @Test func `a changed record is stamped anew, an unchanged one is not, and none goes back in time`() throws {
        var store = Store.seeded()
        let made = try store.create(.notes, note, at: then)
        #expect(made.createdAt == then && made.updatedAt == then)
        #expect(try store.update(.notes, made.id, ["title": .string("t")], at: later)?.updatedAt == then)
        let changed = try store.update(.notes, made.id, ["title": .string("u")], at: later)
        #expect(changed?.createdAt == then && changed?.updatedAt == later)
        #expect(try store.update(.notes, made.id, ["title": .string("v")], at: then)?.updatedAt == later)
        #expect(try store.update(.notes, 999, [:], at: later) == nil)
    }

    @Test(arguments: [
        (Resource.hospitals, [:] as [String: JSONValue], ["name: can't be blank"]),
        (.hospitals, ["name": .string("  ")], ["name: can't be blank"]),
        (.staffs, ["name": .string("x")], ["hospital: must exist", "password: can't be blank"]),
        (
            .staffs, ["name": .string("staff1"), "hospital_id": .integer(1), "password": .string("x")],
            ["name: has already been taken"]
        ),
        (.patients, ["name": .string("x"), "hospital_id": .integer(99)], ["hospital: must exist"]),
        (
            .notes, ["title": .string(""), "body": .null, "staff_id": .string("x")],
            ["title: can't be blank", "body: can't be blank", "patient: must exist", "staff: must exist"]
        ),
        (
            .notes, ["title": .array([]), "body": .string("b"), "patient_id": .integer(1), "staff_id": .integer(1)],
            [
                "title: can't be blank"
            ]
        ),
    ])
    func `an invalid record is refused in the words of Rails`(
        resource: Resource, attributes: [String: JSONValue], expected: [String]
    ) {
        var store = Store.seeded()
        let failure = #expect(throws: Store.Invalid.self) { try store.create(resource, attributes, at: then) }
        #expect(failure?.messages.flatMap { entry in entry.texts.map { "\(entry.field): \($0)" } } == expected)
        #expect(store.count(resource) == Store.seeded().count(resource))
    }

    @Test func `values are cast as Rails casts them`() throws {
        var store = Store.seeded()
        let made = try store.create(
            .patients,
            [
                "name": .integer(5), "hospital_id": .string("2abc"), "birthdate": .string("2019-02-28T10:00:00Z"),
                "id": .integer(7),
            ],
            at: then)
        #expect(made.id == 61)
        #expect(made.values == ["name": .string("5"), "hospital_id": .integer(2), "birthdate": .string("2019-02-28")])
        let undated = try store.update(.patients, 61, ["birthdate": .string("2019-02-29")], at: later)
        #expect(undated?.values["birthdate"] == nil)
    }

    @Test func `what referred to a deleted record stays, and can't be saved again`() throws {
        var store = Store.seeded()
        let made = try store.create(.notes, note, at: then)
        _ = store.delete(.patients, 1)
        #expect(store.find(.notes, made.id) != nil)
        #expect(throws: Store.Invalid.self) { try store.update(.notes, made.id, ["title": .string("x")], at: later) }
    }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"), (951_782_400_001, "2000-02-29T00:00:00.001Z"),
        (1_700_000_000_000, "2023-11-14T22:13:20.000Z"), (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
        (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
    ])
    func `a timestamp is ISO 8601 in UTC with milliseconds`(milliseconds: Int, expected: String) {
        #expect(Timestamp(milliseconds: milliseconds).description == expected)
    }
}
