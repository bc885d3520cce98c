/// Where in a script something stands; lines and columns from 1.
package struct WirePlace: Sendable, Hashable, CustomStringConvertible {
    package var file: String
    package var line: Int
    package var column: Int

    package init(file: String, line: Int, column: Int) {
        self.file = file
        self.line = line
        self.column = column
    }

    package var description: String { "\(file):\(line):\(column)" }
}

/// What a script says that the language does not have.
package struct WireSyntaxError: Error, Sendable, Equatable, CustomStringConvertible {
    package var place: WirePlace
    package var message: String

    package init(_ message: String, at place: WirePlace) {
        self.place = place
        self.message = message
    }

    package var description: String { "\(place): \(message)" }
}

/// An expectation that was not met: who had it, where it stands, what came instead.
package struct WireFailure: Error, Sendable, CustomStringConvertible {
    package var place: WirePlace
    /// `client c1`, `upstream u1` or `audit`.
    package var party: String
    package var message: String

    package init(_ message: String, party: String, at place: WirePlace) {
        self.place = place
        self.party = party
        self.message = message
    }

    package var description: String { "\(place): \(party): \(message)" }
}
