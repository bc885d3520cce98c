// swift-tools-version: 6.2
import PackageDescription

/// Every target of ours: language mode 6, warnings are errors.
///
/// Release builds drop the run-time exclusivity checks: they cost a measurable share of a request, and every
/// connection's state is confined to one event loop, where an overlapping access would already be a compile-time error
/// or a defect that the debug test suite (which keeps the checks) finds. Bounds and overflow checks stay on. And they
/// inline across our own modules: without it, comparing two cases of an enum of StentModel goes through its protocol
/// witnesses, which was an eighth of the time spent in our code.
let house: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .unsafeFlags(["-enforce-exclusivity=unchecked", "-cross-module-optimization"], .when(configuration: .release)),
]

let nio = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")

let package = Package(
    name: "stent",
    products: [
        .executable(name: "stent", targets: ["stent"]),
        .executable(name: "hosp", targets: ["hosp"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-crypto", "3.12.3"..<"5.0.0"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        // zlib of the system: closed segments of the audit trail are compressed.
        .systemLibrary(name: "CZlib"),
        .target(name: "StentModel", swiftSettings: house),
        .target(name: "StentCodec", dependencies: ["StentModel"], swiftSettings: house),
        .target(name: "StentPolicy", dependencies: ["StentModel"], swiftSettings: house),
        .target(
            name: "StentAudit", dependencies: ["StentModel", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: house),
        .target(
            name: "StentTrail",
            dependencies: ["StentModel", "StentAudit", "CZlib", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: house),
        .target(
            name: "StentExchange", dependencies: ["StentModel", "StentPolicy", "StentAudit"], swiftSettings: house),
        .target(
            name: "StentConfig",
            dependencies: ["StentModel", "StentPolicy", .product(name: "Yams", package: "Yams")],
            swiftSettings: house),
        .target(
            name: "StentProxy",
            dependencies: [
                "StentModel", "StentCodec", "StentPolicy", "StentAudit", "StentExchange", nio, nioPosix,
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: house),
        .target(
            name: "StentStore",
            dependencies: [
                "StentModel", "StentAudit", "StentExchange", "CZlib", .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: house),
        .target(
            name: "StentRuntime",
            dependencies: [
                "StentModel", "StentCodec", "StentPolicy", "StentAudit", "StentExchange", "StentConfig", "StentProxy",
                "StentStore", "StentTrail", nio, nioPosix,
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: house),
        .executableTarget(
            name: "stent",
            dependencies: [
                "StentRuntime", "StentTrail", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: house),

        .target(
            name: "HospKit",
            dependencies: [nio, nioPosix, .product(name: "NIOHTTP1", package: "swift-nio")],
            swiftSettings: house),
        .executableTarget(
            name: "hosp",
            dependencies: ["HospKit", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            swiftSettings: house),

        .target(
            name: "StentTestKit",
            dependencies: [
                "StentModel", "StentAudit", "StentConfig", "StentRuntime", nio, nioPosix,
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: house),
        .testTarget(
            name: "Unit",
            dependencies: [
                "StentModel", "StentCodec", "StentPolicy", "StentAudit", "StentTrail", "StentExchange", "StentConfig",
                "StentProxy", "HospKit",
                "StentTestKit", nio, .product(name: "NIOEmbedded", package: "swift-nio"),
            ],
            swiftSettings: house),
        .testTarget(
            name: "Golden", dependencies: ["StentConfig", "StentModel", "StentTestKit"], exclude: ["Config"],
            swiftSettings: house),
        .testTarget(
            name: "Integration",
            dependencies: [
                "StentModel", "StentPolicy", "StentAudit", "StentTrail", "CZlib", "StentExchange", "StentConfig",
                "StentRuntime", "StentProxy", "StentStore", "HospKit",
                "StentTestKit", nio, nioPosix,
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: house),
        .testTarget(
            name: "Conformance", dependencies: ["StentTestKit"], exclude: ["Scripts"], swiftSettings: house),
        .testTarget(name: "Fault", dependencies: ["StentRuntime", "HospKit", "StentTestKit"], swiftSettings: house),
    ]
)
