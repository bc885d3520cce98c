/// Reads profiles from JSON and writes them, in the form of docs/hosp.md.
package enum ProfileFile {
    /// What is wrong with a profile, as a sentence that names the setting.
    package struct Problem: Error, Equatable, CustomStringConvertible {
        package var description: String
    }

    private static let keys = [
        "name", "base", "threads", "gateway-timeout-ms", "slow-seconds", "quick-ms", "error-ms", "unknown-path-ms",
        "keepalive-ms", "rates", "factors", "outage",
    ]
    /// An hour is more than any of HOSP's durations, and far from overflow in nanoseconds.
    private static let longest = 3_600_000

    /// Reads a profile from the text of a file or of a request to the control port.
    package static func parse(_ bytes: [UInt8]) throws(Problem) -> Profile {
        do {
            return try parse(try JSONReader.read(bytes))
        } catch let failure as JSONReader.Failure {
            throw Problem(description: "not JSON: \(failure.reason) at byte \(failure.offset)")
        } catch let problem as Problem {
            throw problem
        } catch {
            throw Problem(description: "\(error)")
        }
    }

    /// Reads a profile: a name, or an object whose settings replace those of its `base` (`calm` unless stated).
    package static func parse(_ json: JSONValue) throws(Problem) -> Profile {
        switch json {
        case .string(let name): return try named(name)
        case .object(let members): return try parse(members)
        case .null, .bool, .integer, .double, .array:
            throw Problem(description: "a profile is the name of one or a JSON object")
        }
    }

    private static func named(_ name: String) throws(Problem) -> Profile {
        guard let profile = Profile.named(name) else {
            let names = Profile.builtIn.map(\.name).joined(separator: ", ")
            throw Problem(description: "no profile is called \"\(name)\"; there are \(names)")
        }
        return profile
    }

    private static func parse(_ members: [String: JSONValue]) throws(Problem) -> Profile {
        try onlyKnown(members, keys, in: "a profile")
        var profile = Profile(name: "custom")
        if let base = members["base"] {
            guard let name = base.string else { throw Problem(description: "base must be the name of a profile") }
            profile = try named(name)
            profile.name = "custom"
        }
        if let name = members["name"] {
            guard let text = name.string, !text.isEmpty else { throw Problem(description: "name must be a text") }
            profile.name = text
        }
        profile.threads = try number("threads", members, 1...100_000, profile.threads)
        profile.gatewayTimeout = try number("gateway-timeout-ms", members, 0...longest, profile.gatewayTimeout)
        profile.slowSeconds = try range("slow-seconds", members, 3600, profile.slowSeconds)
        profile.quickMilliseconds = try range("quick-ms", members, longest, profile.quickMilliseconds)
        profile.errorMilliseconds = try number("error-ms", members, 0...longest, profile.errorMilliseconds)
        profile.unknownPathMilliseconds = try number(
            "unknown-path-ms", members, 0...longest, profile.unknownPathMilliseconds)
        profile.keepaliveMilliseconds = try number("keepalive-ms", members, 0...longest, profile.keepaliveMilliseconds)
        profile.rates = try rates(members["rates"], profile.rates)
        if let factors = members["factors"] {
            guard case .object(let inner) = factors else { throw Problem(description: "factors must be an object") }
            try onlyKnown(inner, ["notes", "screen"], in: "factors")
            profile.notesFactor = try real("notes", inner, 0...1000, profile.notesFactor, in: "factors.")
            profile.screenFactor = try real("screen", inner, 0...1000, profile.screenFactor, in: "factors.")
        }
        if let outage = members["outage"] {
            guard let value = outage.string.flatMap(Profile.Outage.init(rawValue:)) else {
                let names = Profile.Outage.allCases.map(\.rawValue).joined(separator: ", ")
                throw Problem(description: "outage must be one of \(names)")
            }
            profile.outage = value
        }
        return profile
    }

    private static func rates(_ json: JSONValue?, _ before: Profile.Rates) throws(Problem) -> Profile.Rates {
        guard let json else { return before }
        guard case .object(let members) = json else { throw Problem(description: "rates must be an object") }
        try onlyKnown(members, Fault.allCases.map(\.rawValue), in: "rates")
        var rates = before
        func rate(_ fault: Fault, _ present: Double) throws(Problem) -> Double {
            try real(fault.rawValue, members, 0...1, present, in: "rates.")
        }
        rates.errorBefore = try rate(.errorBefore, rates.errorBefore)
        rates.errorAfter = try rate(.errorAfter, rates.errorAfter)
        rates.reset = try rate(.reset, rates.reset)
        rates.truncate = try rate(.truncate, rates.truncate)
        rates.malformed = try rate(.malformed, rates.malformed)
        let sum = rates.errorBefore + rates.errorAfter + rates.reset + rates.truncate + rates.malformed
        guard sum <= 1 + 1e-9 else { throw Problem(description: "rates add up to \(sum), which is more than 1") }
        return rates
    }

    static func onlyKnown(_ members: [String: JSONValue], _ known: [String], in place: String) throws(Problem) {
        if let stranger = members.keys.sorted().first(where: { !known.contains($0) }) {
            throw Problem(description: "\(place) has no \"\(stranger)\"; it has \(known.joined(separator: ", "))")
        }
    }

    static func number(
        _ key: String, _ members: [String: JSONValue], _ allowed: ClosedRange<Int>, _ present: Int
    ) throws(Problem) -> Int {
        guard let json = members[key] else { return present }
        guard let number = json.integer, allowed.contains(number) else {
            throw Problem(description: "\(key) must be an integer from \(allowed.lowerBound) to \(allowed.upperBound)")
        }
        return number
    }

    private static func real(
        _ key: String, _ members: [String: JSONValue], _ allowed: ClosedRange<Double>, _ present: Double,
        in place: String
    ) throws(Problem) -> Double {
        let number: Double? =
            switch members[key] {
            case nil: present
            case .integer(let value): Double(value)
            case .double(let value): value
            case .null, .bool, .string, .array, .object: nil
            }
        guard let number, allowed.contains(number) else {
            throw Problem(
                description: "\(place)\(key) must be a number from \(allowed.lowerBound) to \(allowed.upperBound)")
        }
        return number
    }

    private static func range(
        _ key: String, _ members: [String: JSONValue], _ highest: Int, _ present: ClosedRange<Int>
    ) throws(Problem) -> ClosedRange<Int> {
        guard let json = members[key] else { return present }
        let bounds = (json.array ?? [json]).compactMap(\.integer)
        guard let low = bounds.first, let high = bounds.last, bounds.count <= 2,
            bounds.count == (json.array?.count ?? 1),
            0 <= low, low <= high, high <= highest
        else { throw Problem(description: "\(key) must be [lowest, highest], two integers from 0 to \(highest)") }
        return low...high
    }

    /// Writes a profile with all its settings.
    package static func write(_ profile: Profile, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("name", profile.name)
        writer.member("threads", profile.threads)
        writer.member("gateway-timeout-ms", profile.gatewayTimeout)
        for (key, range) in [("slow-seconds", profile.slowSeconds), ("quick-ms", profile.quickMilliseconds)] {
            writer.key(key)
            writer.value(.array([.integer(range.lowerBound), .integer(range.upperBound)]))
        }
        writer.member("error-ms", profile.errorMilliseconds)
        writer.member("unknown-path-ms", profile.unknownPathMilliseconds)
        writer.member("keepalive-ms", profile.keepaliveMilliseconds)
        writer.key("rates")
        writer.value(
            .object([
                Fault.errorBefore.rawValue: .double(profile.rates.errorBefore),
                Fault.errorAfter.rawValue: .double(profile.rates.errorAfter),
                Fault.reset.rawValue: .double(profile.rates.reset),
                Fault.truncate.rawValue: .double(profile.rates.truncate),
                Fault.malformed.rawValue: .double(profile.rates.malformed),
            ]))
        writer.key("factors")
        writer.value(.object(["notes": .double(profile.notesFactor), "screen": .double(profile.screenFactor)]))
        writer.member("outage", profile.outage.rawValue)
        writer.endObject()
    }
}
