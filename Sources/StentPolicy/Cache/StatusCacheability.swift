/// What a status code means for storing.
enum StatusCacheability {
    /// Those that may be stored without being told to (RFC 9110 §15.1), less 206, which we don't store.
    static func isHeuristic(_ status: Int) -> Bool {
        switch status {
        case 200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501: true
        case _: false
        }
    }

    /// Those whose caching requirements are followed here (RFC 9111 §5.2.2.3): what RFC 9110 §15 defines.
    static func isUnderstood(_ status: Int) -> Bool {
        switch status {
        case 200...205, 300...303, 305, 307, 308, 400...417, 421, 422, 426, 500...505: true
        case _: false
        }
    }

    /// Those that are about the caller or the moment rather than the resource.
    static func isError(_ status: Int) -> Bool {
        switch status {
        case 401, 403, 429, 500...599: true
        case _: false
        }
    }
}
