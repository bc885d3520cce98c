extension Store {
    /// The records that every simulator starts with, the same each time: 3 hospitals, `staff1`..`staff40` with passwords
    /// `secret1`..`secret40`, 60 patients spread over the hospitals, 80 notes spread over patients and authors.
    package static func seeded() -> Store {
        var store = Store()
        // 2023-11-14T22:13:20Z and on, a minute apart: before anything a client will create
        var clock = Timestamp(milliseconds: 1_700_000_000_000)
        func add(_ resource: Resource, _ attributes: [String: JSONValue]) {
            clock.milliseconds += 60_000
            do {
                _ = try store.create(resource, attributes, at: clock)
            } catch {
                preconditionFailure("the seed data obeys the rules of the store: \(error)")
            }
        }
        for name in ["Northside Animal Hospital", "Harbour Veterinary Clinic", "Meadow Lane Surgery"] {
            add(.hospitals, ["name": .string(name)])
        }
        for number in 1...40 {
            add(
                .staffs,
                [
                    "name": .string("staff\(number)"), "password": .string("secret\(number)"),
                    "hospital_id": .integer(1 + (number - 1) % 3),
                ])
        }
        let animals = [
            "Bella", "Max", "Luna", "Charlie", "Coco", "Rocky", "Daisy", "Milo", "Nala", "Oscar", "Ruby", "Toby",
        ]
        for number in 1...60 {
            let birthdate = "\(2010 + number % 13)-\(padded(1 + number % 12, 2))-\(padded(1 + number % 28, 2))"
            add(
                .patients,
                [
                    "name": .string("\(animals[(number - 1) % animals.count]) \(number)"),
                    "hospital_id": .integer(1 + (number - 1) % 3), "birthdate": .string(birthdate),
                ])
        }
        let titles = ["Vaccination", "X-ray review", "Dental check", "Follow-up", "Surgery report"]
        for number in 1...80 {
            add(
                .notes,
                [
                    "title": .string("\(titles[(number - 1) % titles.count]) \(number)"),
                    "body": .string("Note \(number): examined, findings recorded, owner informed."),
                    "patient_id": .integer(1 + (number * 7) % 60), "staff_id": .integer(1 + (number * 3) % 40),
                ])
        }
        return store
    }
}
