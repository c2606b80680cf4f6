// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that what it links is not a dependency of the product. It measures the
// program that people run, from outside.
let package = Package(
  name: "tributary-benchmarks",
  platforms: [.macOS(.v15)],
  targets: [
    .systemLibrary(
      name: "CSQLiteSession", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    .executableTarget(
      name: "tributary-bench", dependencies: ["CSQLiteSession"], path: "Sources/TributaryBench",
      swiftSettings: [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .treatAllWarnings(as: .error),
      ]),
  ]
)
