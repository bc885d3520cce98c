import FuzzOracle

/// What our response decoder accepts, llhttp reads the same way; and how the bytes were split changes nothing.
///
/// The input's first byte draws the split, the lowest bit of the second one tells a HEAD, the rest is what an upstream
/// sent until it closed.
func fuzzResponses(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let all = bytes(data, count)
    guard all.count >= 2 else { return 0 }
    let toHead = all[1] & 1 == 1
    let input = Array(all.dropFirst(2))
    let ours = readResponses(input, to: toHead ? .head : .get, nil)
    expectEqual(
        ours, readResponses(input, to: toHead ? .head : .get, Delivery(seed: all[0])), "a split changes nothing")
    compare(ours, oracleResponses(input, toHead: toHead))
    return 0
}
