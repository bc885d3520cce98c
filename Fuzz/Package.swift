// swift-tools-version: 6.2
import PackageDescription

/// The codec's fuzz targets and its benchmark.
///
/// StentModel and StentCodec are links to the proxy's own sources and not a dependency, so that they are built in this
/// package: instrumented for coverage, and with their `package` declarations in reach.
///
/// `scripts/fuzz` sets STENT_FUZZ; without it only the benchmark is there, built without instrumentation.
let isFuzzing = Context.environment["STENT_FUZZ"] != nil

/// As in the proxy's own manifest, so that the benchmark measures the code that ships.
let house: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]
let instrumented = house + (isFuzzing ? [.unsafeFlags(["-sanitize=fuzzer"])] : [])

func fuzzTarget(_ name: String) -> Target {
    .executableTarget(
        name: name, dependencies: ["FuzzOracle", "StentModel", "StentCodec"], swiftSettings: instrumented,
        linkerSettings: [.unsafeFlags(["-sanitize=fuzzer", "-use-ld=lld"])])
}

let codec: [Target] = [
    .target(name: "StentModel", swiftSettings: instrumented),
    .target(name: "StentCodec", dependencies: ["StentModel"], swiftSettings: instrumented),
]
let fuzzing: [Target] = [
    .target(name: "LibFuzzer"),
    .target(
        name: "FuzzOracle",
        dependencies: [
            "StentModel", "StentCodec", "LibFuzzer",
            .product(name: "NIOCore", package: "swift-nio"),
            .product(name: "NIOEmbedded", package: "swift-nio"),
            .product(name: "NIOHTTP1", package: "swift-nio"),
        ],
        swiftSettings: instrumented),
    fuzzTarget("FuzzRequests"),
    fuzzTarget("FuzzResponses"),
    fuzzTarget("FuzzForwarding"),
]
let benchmark: [Target] = [
    .target(name: "AllocationCount"),
    .executableTarget(
        name: "CodecBench", dependencies: ["StentModel", "StentCodec", "AllocationCount"], swiftSettings: house),
]

let package = Package(
    name: "stent-fuzz",
    dependencies: isFuzzing ? [.package(url: "https://github.com/apple/swift-nio", from: "2.101.2")] : [],
    targets: codec + (isFuzzing ? fuzzing : benchmark)
)
