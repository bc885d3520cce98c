/// The parameters of one request, merged from path, body and query as Rails merges them, the path before the query before the body.
package struct Parameters: Sendable, Equatable {
    package private(set) var members: [String: JSONValue]

    /// Types that Rails registers as JSON beside `application/json`.
    private static let jsonTypes: Set<String> = [
        "application/json", "text/x-json", "application/jsonrequest", "application/vnd.api+json",
    ]

    /// Types that `Rack::Request` reads as a form in parts.
    private static let multipartTypes: Set<String> = ["multipart/form-data", "multipart/related", "multipart/mixed"]

    /// The methods that an override may ask for.
    private static let overridable: Set<String> = [
        "GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "PATCH", "LINK", "UNLINK",
    ]

    /// The method that the application sees.
    ///
    /// `Rack::MethodOverride`: on a POST, `_method` of a form body or else the header `X-HTTP-Method-Override`, in any case.
    package static func effectiveMethod(of request: HospRequest) -> String {
        guard request.method == "POST" else { return request.method }
        var override: String?
        if isForm(request), let form = try? formMembers(of: request), let method = form["_method"]?.string {
            override = method
        }
        let wanted = (override ?? request.variable("X_HTTP_METHOD_OVERRIDE"))?.uppercased()
        return wanted.flatMap { overridable.contains($0) ? $0 : nil } ?? request.method
    }

    /// Merges the parameters of a request.
    ///
    /// - Throws: where Rails answers 400: malformed JSON, a bad percent-encoding, a name used as a value and as an object.
    package init(of request: HospRequest, route: Route) throws(NestedParameters.Malformed) {
        let query = try NestedParameters.parse(urlEncoded: Route.query(of: request.target), separators: .query)
        var body: [String: JSONValue] = [:]
        let isJSON = request.mediaType.map { Self.jsonTypes.contains($0) } ?? false
        if isJSON {
            body = try Self.jsonMembers(of: request)
        } else if Self.isForm(request) {
            body = try Self.formMembers(of: request)
        }
        // `request_parameters.merge(query_parameters)`: whole members, so that a `note[title]` of the query hides the body's note
        var members = body.merging(query) { _, fromQuery in fromQuery }
        if isJSON, let resource = route.resource, members[resource.singular] == nil {
            // ParamsWrapper: a flat JSON body is nested under the resource's name, unless that name is taken already
            let columns = Set(resource.fields.map(\.name))
            members[resource.singular] = .object(body.filter { columns.contains($0.key) })
        }
        switch route {
        case .show(_, let id), .update(_, let id), .delete(_, let id), .screen(let id): members["id"] = .string(id)
        case .root, .list, .create, .me, .unknown: break
        }
        self.members = members
    }

    package subscript(name: String) -> JSONValue? {
        members[name]
    }

    /// `params.require(:note)`: the nested parameters, or nil where they are missing, blank or no object.
    package func nested(_ name: String) -> [String: JSONValue]? {
        guard case .object(let members)? = self.members[name], !members.isEmpty else { return nil }
        return members
    }

    private static func isForm(_ request: HospRequest) -> Bool {
        switch request.mediaType {
        case "application/x-www-form-urlencoded": true
        case let type? where multipartTypes.contains(type): true
        case nil: request.method == "POST" && !request.body.isEmpty  // Rack::Request#form_data?
        case .some: false
        }
    }

    private static func formMembers(of request: HospRequest) throws(NestedParameters.Malformed) -> [String: JSONValue] {
        if let type = request.mediaType, multipartTypes.contains(type) {
            return try MultipartForm.parse(request.body, contentType: request.variable("CONTENT_TYPE") ?? "")
        }
        return try NestedParameters.parse(urlEncoded: String(decoding: request.body, as: UTF8.self))
    }

    private static func jsonMembers(of request: HospRequest) throws(NestedParameters.Malformed) -> [String: JSONValue] {
        guard !request.body.isEmpty else { return [:] }
        guard let value = try? JSONReader.read(request.body) else { throw NestedParameters.Malformed() }
        guard case .object(let members) = value else { return ["_json": value] }
        return members
    }
}
