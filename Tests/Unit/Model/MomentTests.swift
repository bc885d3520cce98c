import StentModel
import Testing

@Suite struct `A moment` {
    @Test(
        arguments: [
            (0, 0, 0), (5, 7, 12), (5, -7, -2), (.max, 1, .max), (.max, .max, .max), (.max - 1, 1, .max),
            (1, .max, .max),
        ] as [(Int64, Int64, Int64)])
    func `advances, at most to the distant future`(start: Int64, span: Int64, end: Int64) {
        #expect(Moment(nanoseconds: start).advanced(by: TimeSpan(nanoseconds: span)) == Moment(nanoseconds: end))
    }

    @Test(
        arguments: [
            (7, 5, 2), (5, 7, 0), (5, 5, 0), (.max, 0, .max), (0, .max, 0), (.max, -1, .max), (.max, .min, .max),
            (.min, .max, 0), (.min, 1, 0), (-5, -7, 2),
        ] as [(Int64, Int64, Int64)])
    func `is later by a span that is never negative`(later: Int64, earlier: Int64, span: Int64) {
        #expect(Moment(nanoseconds: later).since(Moment(nanoseconds: earlier)) == TimeSpan(nanoseconds: span))
    }

    @Test func `is before the distant future`() {
        #expect(Moment(nanoseconds: .max - 1) < .distantFuture)
        #expect(Moment(nanoseconds: 1) < Moment(nanoseconds: 2))
    }
}

@Suite struct `A time span` {
    @Test(
        arguments: [
            (Duration.zero, 0), (.nanoseconds(1), 1), (.seconds(1), 1_000_000_000), (.milliseconds(-3), -3_000_000),
            (.seconds(Int64.max), .max), (.seconds(9_223_372_036), 9_223_372_036_000_000_000),
            (.seconds(9_223_372_037), .max), (.seconds(Int64.min), .min),
            (Duration(secondsComponent: 0, attosecondsComponent: 999_999_999), 0),
        ] as [(Duration, Int64)])
    func `is a duration in nanoseconds, as far as they go`(duration: Duration, nanoseconds: Int64) {
        #expect(TimeSpan(duration).nanoseconds == nanoseconds)
    }

    @Test func `has the units of its names`() {
        #expect(TimeSpan.milliseconds(3) == TimeSpan(nanoseconds: 3_000_000))
        #expect(TimeSpan.seconds(3) == TimeSpan(nanoseconds: 3_000_000_000))
        #expect(TimeSpan.seconds(.max) == TimeSpan(nanoseconds: .max))
        #expect(TimeSpan(nanoseconds: 1_500_000).milliseconds == 1.5)
        #expect(TimeSpan.zero < .milliseconds(1))
    }
}

@Suite struct `A size in bytes` {
    @Test func `has the units of its names`() {
        #expect(ByteCount.kibibytes(3).value == 3_072)
        #expect(ByteCount.mebibytes(3).value == 3_145_728)
        #expect(ByteCount.gibibytes(3).value == 3_221_225_472)
        #expect(ByteCount(1) < .kibibytes(1))
    }
}

@Suite struct `A number in decimal digits` {
    @Test(arguments: [0, 1, 9, 10, 99, 100, 101, 65_535, 1_000_000_000_000, .max, -1, -10, .min])
    func `is written as anywhere`(number: Int) {
        var output: [UInt8] = []
        output.append(decimal: number)
        #expect(String(decoding: output, as: UTF8.self) == "\(number)")
    }
}
