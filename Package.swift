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

func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: dependencies + ["TestSupport"], swiftSettings: strict)
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
    .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
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
    module("Sessions", ["Basics", "Clocks", "Deltas"]),

    // 2 stores
    module("Storage", ["Basics", "Clocks", "Deltas", "CSQLite"]),
    module("BranchStore", ["Basics", "Clocks", "Deltas", "Storage"]),
    module("HubStore", ["Basics", "Clocks", "Deltas", "Merging", "Storage"]),

    // 3 engines
    module("Agent", ["Basics", "Clocks", "Deltas", "Sessions", "Storage", "BranchStore"]),
    module(
      "Hub", ["Basics", "Clocks", "Deltas", "Merging", "Sessions", "Storage", "HubStore"]),

    // 4 edges
    module(
      "Transport",
      [
        "Basics", "Sessions",
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "X509", package: "swift-certificates"),
      ]),
    module(
      "HubServer",
      [
        "Basics", "Clocks", "Sessions", "Storage", "HubStore", "Hub", "Transport",
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdTLS", package: "hummingbird"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "X509", package: "swift-certificates"),
      ]),
    module(
      "Simulation",
      [
        "Basics", "Clocks", "Deltas", "Merging", "Sessions", "Storage", "BranchStore", "HubStore",
        "Agent", "Hub",
      ]),

    // 5 commands
    .executableTarget(
      name: "TributaryCommand",
      dependencies: [
        "Basics", "Clocks", "Deltas", "Sessions", "Storage", "BranchStore", "HubStore", "Agent",
        "Hub", "Transport", "HubServer",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "SimulateCommand",
      dependencies: [
        "Simulation", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),
  ]
)
