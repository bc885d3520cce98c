import Glibc

/// Reports a broken property and ends the process, which libFuzzer takes as a crash and keeps the input of.
public func finding(_ rule: String, _ details: String...) -> Never {
    var report = "FINDING: \(rule)\n" + details.map { "  \($0)\n" }.joined()
    report.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
    abort()
}

/// Ends the process unless both are equal.
public func expectEqual<Value: Equatable>(_ left: Value, _ right: Value, _ rule: String) {
    guard left == right else { finding(rule, "left:  \(left)", "right: \(right)") }
}

/// The input as libFuzzer hands it over, copied.
public func bytes(_ data: UnsafePointer<UInt8>?, _ count: Int) -> [UInt8] {
    Array(UnsafeBufferPointer(start: data, count: data == nil ? 0 : count))
}
