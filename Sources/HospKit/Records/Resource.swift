/// The kinds of record that HOSP keeps, with the fields that clients send and the rules these obey.
package enum Resource: String, Sendable, CaseIterable {
    case hospitals
    case staffs
    case patients
    case notes

    /// A column of a resource.
    package struct Field: Sendable {
        package enum Kind: Sendable, Equatable {
            case text
            case date
            /// The id of a record of another resource, which must exist.
            case reference(Resource)
            /// Accepted and used for logging in; never in an answer.
            case password
        }
        package var name: String
        package var kind: Kind
        package var isRequired = true
        package var isUnique = false
    }

    /// The name under which Rails nests the parameters of one record.
    package var singular: String {
        switch self {
        case .hospitals: "hospital"
        case .staffs: "staff"
        case .patients: "patient"
        case .notes: "note"
        }
    }

    package var fields: [Field] {
        switch self {
        case .hospitals: Self.hospitalFields
        case .staffs: Self.staffFields
        case .patients: Self.patientFields
        case .notes: Self.noteFields
        }
    }

    /// The query parameter by which the list can be narrowed.
    package var filter: String? {
        switch self {
        case .hospitals, .staffs: nil
        case .patients: "hospital_id"
        case .notes: "patient_id"
        }
    }

    private static let hospitalFields = [Field(name: "name", kind: .text)]
    private static let staffFields = [
        Field(name: "name", kind: .text, isUnique: true),
        Field(name: "hospital_id", kind: .reference(.hospitals)),
        Field(name: "password", kind: .password),
    ]
    private static let patientFields = [
        Field(name: "name", kind: .text),
        Field(name: "hospital_id", kind: .reference(.hospitals)),
        Field(name: "birthdate", kind: .date, isRequired: false),
    ]
    private static let noteFields = [
        Field(name: "title", kind: .text),
        Field(name: "body", kind: .text),
        Field(name: "patient_id", kind: .reference(.patients)),
        Field(name: "staff_id", kind: .reference(.staffs)),
    ]
}
