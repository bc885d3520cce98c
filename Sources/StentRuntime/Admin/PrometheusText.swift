/// Writes metric families in Prometheus' text format.
struct PrometheusText {
    enum Kind: String {
        case counter, gauge
    }

    typealias Labels = [(name: String, value: String)]

    private(set) var bytes: [UInt8] = []

    /// One family with its samples; nothing where there are none.
    mutating func add(_ name: String, _ kind: Kind, _ help: String, _ samples: [(labels: Labels, value: Double)]) {
        guard !samples.isEmpty else { return }
        header(name, kind.rawValue, help)
        for sample in samples { line(name, sample.labels, sample.value) }
    }

    /// One family of histograms that differ in one label.
    ///
    /// - Parameter series: the label, the counts by bucket (not cumulated, the last without bound), and the sum.
    mutating func addHistograms(
        _ name: String, _ help: String, bounds: [Double],
        _ series: [(label: (name: String, value: String), counts: [UInt64], sum: Double)]
    ) {
        guard !series.isEmpty else { return }
        header(name, "histogram", help)
        for (label, counts, sum) in series {
            var total: UInt64 = 0
            for (index, count) in counts.enumerated() {
                total &+= count
                let bound = index < bounds.count ? Self.text(bounds[index]) : "+Inf"
                line("\(name)_bucket", [label, ("le", bound)], Double(total))
            }
            line("\(name)_sum", [label], sum)
            line("\(name)_count", [label], Double(total))
        }
    }

    private mutating func header(_ name: String, _ kind: String, _ help: String) {
        bytes.append(contentsOf: "# HELP \(name) \(help)\n# TYPE \(name) \(kind)\n".utf8)
    }

    private mutating func line(_ name: String, _ labels: Labels, _ value: Double) {
        bytes.append(contentsOf: name.utf8)
        if !labels.isEmpty {
            bytes.append(0x7B)
            for (index, label) in labels.enumerated() {
                if index > 0 { bytes.append(0x2C) }
                bytes.append(contentsOf: "\(label.name)=\"".utf8)
                appendEscaped(label.value)
                bytes.append(0x22)
            }
            bytes.append(0x7D)
        }
        bytes.append(contentsOf: " \(Self.text(value))\n".utf8)
    }

    private mutating func appendEscaped(_ value: String) {
        for byte in value.utf8 {
            switch byte {
            case 0x5C, 0x22: bytes.append(contentsOf: [0x5C, byte])
            case 0x0A: bytes.append(contentsOf: [0x5C, 0x6E])
            case _: bytes.append(byte)
            }
        }
    }

    /// Whole numbers without a fraction, as most counters are.
    private static func text(_ value: Double) -> String {
        value.rounded() == value && value.magnitude < 9e15 ? "\(Int64(value))" : "\(value)"
    }
}
