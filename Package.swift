// swift-tools-version: 6.2
import PackageDescription

/// What every target of ours is compiled with.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

/// A module of the product: where it stands in the layers is said in ARCHITECTURE.md.
func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// A library of our own in C, over the system's SQLite.
func cLibrary(_ name: String) -> Target {
  .target(name: name, linkerSettings: [.linkedLibrary("sqlite3")])
}

func tests(
  _ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []
) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: dependencies + ["TestSupport"], exclude: exclude,
    swiftSettings: strict)
}

let package = Package(
  name: "tributary",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "tributary", targets: ["TributaryCommand"]),
    .executable(name: "tributary-simulate", targets: ["SimulateCommand"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-asn1", from: "1.4.0"),
    .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    // Of tests only: what another reader makes of the YAML that ours reads.
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
  ],
  targets: [
    // C libraries of the system
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),

    // 0 basics
    module("Basics", ["CCrypto", "CZstd"]),

    // 1 pure core
    module("Clocks", ["Basics"]),
    module("Deltas", ["Basics", "Clocks"]),
    module("Merging", ["Basics", "Clocks", "Deltas"]),
    module("Policies", ["Clocks", "Deltas", "Merging"]),
    module("Sessions", ["Basics", "Clocks", "Deltas"]),

    // 2 stores
    module("Storage", ["Basics", "Deltas", "CSQLite"]),
    module("BranchStore", ["Basics", "Clocks", "Deltas", "Merging", "Storage"]),
    module("HubStore", ["Basics", "Clocks", "Deltas", "Merging", "Policies", "Storage"]),

    // 3 engines
    module("Agent", ["Basics", "Clocks", "Deltas", "Sessions", "Storage", "BranchStore"]),
    module("Hub", ["Basics", "Clocks", "Deltas", "Merging", "Sessions", "Storage", "HubStore"]),

    // 4 edges
    cLibrary("CCrashVFS"),
    module(
      "Transport",
      [
        "Basics", "Clocks", "Deltas", "Sessions",
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "SwiftASN1", package: "swift-asn1"),
        .product(name: "X509", package: "swift-certificates"),
      ]),
    module(
      "HubServer",
      [
        "Basics", "Clocks", "Deltas", "Sessions", "HubStore", "Hub", "Transport",
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "HummingbirdTLS", package: "hummingbird"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ]),
    module("ProtocolSimulation", ["Basics", "Clocks", "Deltas", "Merging"]),
    module(
      "Simulation",
      [
        "Basics", "Clocks", "Deltas", "Merging", "Sessions", "Storage", "BranchStore", "HubStore",
        "Agent", "Hub", "CCrashVFS",
      ]),

    // 5 commands
    .executableTarget(
      name: "TributaryCommand",
      dependencies: [
        "Basics", "Clocks", "Deltas", "Merging", "Policies", "Sessions", "Storage", "BranchStore",
        "HubStore", "Agent", "Transport", "HubServer",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "SimulateCommand",
      dependencies: [
        "ProtocolSimulation", "Simulation",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),

    // tests
    .target(
      name: "TestSupport", dependencies: ["Basics", "Clocks", "Deltas"],
      path: "Tests/TestSupport", swiftSettings: strict),
    // The fuzzer's properties: Fuzz/Package.swift makes a program of them, Tests/FuzzTests replays.
    .target(
      name: "FuzzTargets",
      dependencies: [
        "Basics", "BranchStore", "Clocks", "CSQLite", "Deltas", "Hub", "HubStore", "Merging",
        "Policies", "Sessions", "Storage", "Transport",
      ],
      path: "Fuzz/Sources/FuzzTargets", swiftSettings: strict),
    .target(
      name: "FuzzCertificates", dependencies: ["FuzzTargets", "Basics", "Clocks", "Transport"],
      path: "Fuzz/Sources/FuzzCertificates", swiftSettings: strict),
    tests("Basics", ["Basics"]),
    tests("Clocks", ["Basics", "Clocks"]),
    tests("Deltas", ["Basics", "Clocks", "Deltas"]),
    tests("Merging", ["Basics", "Clocks", "Deltas", "Merging"]),
    tests(
      "Policies",
      [
        "Basics", "Clocks", "Deltas", "Merging", "Policies", "Storage",
        .product(name: "Yams", package: "Yams"),
      ]),
    tests("Sessions", ["Basics", "Clocks", "Deltas", "Sessions"]),
    tests("Storage", ["Deltas", "Storage"]),
    tests("BranchStore", ["Basics", "Clocks", "Deltas", "Merging", "Storage", "BranchStore"]),
    tests(
      "HubStore", ["Basics", "Clocks", "Deltas", "Merging", "Policies", "Storage", "HubStore"]),
    tests(
      "Agent",
      [
        "Basics", "Clocks", "Deltas", "Merging", "Policies", "Sessions", "Storage", "BranchStore",
        "HubStore", "Agent", "Hub",
      ]),
    tests("Hub", ["Basics", "Clocks", "Deltas", "Sessions", "Storage", "HubStore", "Hub"]),
    tests(
      "Transport",
      [
        "Basics", "Clocks", "Sessions", "Transport",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "SwiftASN1", package: "swift-asn1"),
        .product(name: "X509", package: "swift-certificates"),
      ]),
    tests(
      "HubServer",
      [
        "Basics", "Clocks", "Deltas", "Sessions", "Storage", "HubStore", "Transport", "HubServer",
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOEmbedded", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ]),
    tests(
      "Simulation",
      [
        "Basics", "Clocks", "Deltas", "Sessions", "Storage", "BranchStore", "HubStore", "Agent",
        "Hub", "Simulation",
      ]),
    tests("ProtocolSimulation", ["Clocks", "ProtocolSimulation"]),
    tests("Command", ["Clocks", "Deltas", "Sessions", "Storage", "Transport", "TributaryCommand"]),
    tests("EndToEnd", ["Basics", "TributaryCommand"], exclude: ["Scripts"]),
    tests("Fuzz", ["Basics", "Deltas", "FuzzTargets", "FuzzCertificates"]),
    tests("Tidy", []),
  ]
)
