import FuzzOracle

/// What our request decoder accepts, llhttp reads the same way; and how the bytes were split changes nothing.
///
/// The input's first byte draws the split, the rest is what a client sent.
func fuzzRequests(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let all = bytes(data, count)
    guard let seed = all.first else { return 0 }
    let input = Array(all.dropFirst())
    let ours = readRequests(input, nil)
    expectEqual(ours, readRequests(input, Delivery(seed: seed)), "a split changes nothing")
    compare(ours, oracleRequests(input))
    return 0
}
