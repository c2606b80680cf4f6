// swift-tools-version: 6.2
import PackageDescription

// A package of its own, because it is compiled another way: the product's modules, reached through
// the link `Product`, with libFuzzer's counters and the address sanitizer in them. The properties
// in FuzzTargets are also a target of the project itself, whose tests replay the corpus.
//
// With TRIBUTARY_FUZZ_CERTIFICATES=1 the program has the targets that need packages too.

let withCertificates = Context.environment["TRIBUTARY_FUZZ_CERTIFICATES"] == "1"

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
  .unsafeFlags(["-sanitize=fuzzer,address"]),
]

func module(
  _ name: String, _ dependencies: [Target.Dependency] = [], sources: [String]? = nil
) -> Target {
  .target(
    name: name, dependencies: dependencies, path: "Product/\(name)", sources: sources,
    swiftSettings: strict)
}

/// Of Transport what needs no network: tokens and addresses; certificates where they are asked for.
let tokenSources = [
  "Base64URL.swift", "CredentialError.swift", "HubURL.swift", "Token.swift",
  "TransportLimits.swift",
]
let certificateSources = [
  "CertificateAuthority.swift", "CertificateBytes.swift", "CertifiedBranch.swift",
  "CredentialFile.swift", "CredentialLifetimes.swift", "DeviceIdentity.swift", "DeviceKey.swift",
  "DeviceRequest.swift", "HostName.swift", "IssuedCertificate.swift", "ServerCertificate.swift",
  "SystemText.swift",
]
let certificatePackages: [Target.Dependency] = [
  .product(name: "Crypto", package: "swift-crypto"),
  .product(name: "SwiftASN1", package: "swift-asn1"),
  .product(name: "X509", package: "swift-certificates"),
]

let package = Package(
  name: "tributary-fuzz",
  platforms: [.macOS(.v15)],
  dependencies: withCertificates
    ? [
      .package(url: "https://github.com/apple/swift-asn1", from: "1.4.0"),
      .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
      .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    ] : [],
  targets: [
    .systemLibrary(name: "CSQLite", path: "Product/CSQLite", pkgConfig: "sqlite3"),
    .systemLibrary(name: "CZstd", path: "Product/CZstd", pkgConfig: "libzstd"),
    .systemLibrary(name: "CCrypto", path: "Product/CCrypto", pkgConfig: "libcrypto"),
    module("Basics", ["CCrypto", "CZstd"]),
    module("Clocks", ["Basics"]),
    module("Deltas", ["Basics", "Clocks"]),
    module("Merging", ["Basics", "Clocks", "Deltas"]),
    module("Policies", ["Clocks", "Deltas", "Merging"]),
    module("Sessions", ["Basics", "Clocks", "Deltas"]),
    module("Storage", ["Basics", "Deltas", "CSQLite"]),
    module("BranchStore", ["Basics", "Clocks", "Deltas", "Merging", "Storage"]),
    module("HubStore", ["Basics", "Clocks", "Deltas", "Merging", "Policies", "Storage"]),
    module("Hub", ["Basics", "Clocks", "Deltas", "Sessions", "Storage", "HubStore"]),
    module(
      "Transport", ["Basics", "Clocks"] + (withCertificates ? certificatePackages : []),
      sources: tokenSources + (withCertificates ? certificateSources : [])),
    .target(
      name: "FuzzTargets",
      dependencies: [
        "Basics", "BranchStore", "Clocks", "CSQLite", "Deltas", "Hub", "HubStore", "Merging",
        "Policies", "Sessions", "Storage", "Transport",
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "tributary-fuzz",
      dependencies: ["FuzzTargets"] + (withCertificates ? ["FuzzCertificates"] : []),
      path: "Sources/TributaryFuzz",
      swiftSettings: strict + [.unsafeFlags(["-parse-as-library"])]
        + (withCertificates ? [.define("CERTIFICATES")] : []),
      linkerSettings: [.unsafeFlags(["-sanitize=fuzzer,address", "-use-ld=lld"])]),
  ]
    + (withCertificates
      ? [
        .target(
          name: "FuzzCertificates",
          dependencies: ["FuzzTargets", "Basics", "Clocks", "Transport"] + certificatePackages,
          swiftSettings: strict)
      ] : [])
)
