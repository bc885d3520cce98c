/// Records as HOSP shows them.
struct RecordView {
    /// What URLs begin with: scheme and the host that the request named.
    var origin: String

    init(origin: String) {
        self.origin = origin
    }

    /// - Parameter request: its Host as received; https where X-Forwarded-Proto says so.
    init(for request: HospRequest) {
        let forwarded = request.variable("X_FORWARDED_PROTO")?.split(separator: ",").last
        let scheme = forwarded?.filter { $0 != " " }.lowercased() == "https" ? "https" : "http"
        origin = "\(scheme)://\(request.variable("HOST") ?? "localhost")"
    }

    func location(_ resource: Resource, _ id: Int) -> String {
        "\(origin)/\(resource.rawValue)/\(id)"
    }

    func write(_ record: Record, of resource: Resource, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("id", record.id)
        for field in resource.fields where field.kind != .password {
            writer.key(field.name)
            writer.value(record.values[field.name] ?? .null)
        }
        writer.member("created_at", record.createdAt.description)
        writer.member("updated_at", record.updatedAt.description)
        writer.member("url", "\(location(resource, record.id)).json")
        writer.endObject()
    }
}
