/// Which statuses are asked for: `404`, `5xx`, or `none` where the client was sent none.
package enum StatusFilter: Sendable, Hashable {
    case exactly(Int)
    /// 1 to 5.
    case kind(Int)
    case none

    /// `nil` where the text is none of these.
    package init?(_ text: String) {
        if text == "none" {
            self = .none
            return
        }
        let bytes = Array(text.utf8)
        guard bytes.count == 3, (0x31...0x35).contains(bytes[0]) else { return nil }
        if bytes[1...].elementsEqual("xx".utf8) {
            self = .kind(Int(bytes[0] - 0x30))
        } else if let status = Int(text) {
            self = .exactly(status)
        } else {
            return nil
        }
    }

    package func matches(_ status: Int?) -> Bool {
        switch self {
        case .exactly(let wanted): status == wanted
        case .kind(let first): status.map { $0 / 100 == first } ?? false
        case .none: status == nil
        }
    }

    /// Bytes that every line has which matches.
    var needle: String {
        switch self {
        case .exactly(let status): #""status":\#(status)"#
        case .kind(let first): #""status":\#(first)"#
        case .none: #""status":null"#
        }
    }
}
